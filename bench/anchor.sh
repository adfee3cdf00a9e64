#!/bin/sh
# Anchor lag (G8): three witnesses of which one is down, a server that records something now and then. How long is what is recorded
# without anybody outside vouching for it?
#
#   anchor.sh [SECONDS] [EVERY]      600 and PT50S unless given; BUILD names the build directory (build-plain)
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build-plain}
seconds=${1:-600} every=${2:-PT50S}
assay=$build/assay
d=$(mktemp -d)
pids=
finish() {
    for p in $pids; do kill "$p" 2>/dev/null || :; done
    wait 2>/dev/null || :
    rm -rf "$d"
}
trap finish EXIT
trap 'exit 130' INT TERM
"$assay" --data "$d/data" init >/dev/null
log=$("$assay" --data "$d/data" key list | sed -n 2p)
for i in 1 2 3; do
    mkdir "$d/w$i"
    "$build/test/anchor/witness-server" "$d/w$i" "witness.example/w$i" "$log" &
    pids="$pids $!"
    while [ ! -s "$d/w$i/url" ]; do sleep 0.05; done
    echo "witness w$i $(cat "$d/w$i/vkey") $(cat "$d/w$i/url")" >>"$d/policy"
done
printf 'group two 2 w1 w2 w3\nquorum two\n' >>"$d/policy"
kill "${pids##* }" # the third is down
"$assay" --data "$d/data" anchor policy "$d/policy" >/dev/null
"$assay" --data "$d/data" serve --listen "unix:$d/http" --no-collect --no-link --anchor-every "$every" >/dev/null 2>"$d/err" &
pids="$pids $!"
witnessed=$d/data/ledger/$(ls "$d/data/ledger")/checkpoint.witnessed
until [ -s "$witnessed" ]; do sleep 0.2; done
# One sample a second: now minus the older of the two cosignatures, whose times are in the note; and how many leaves are not under it.
end=$(($(date +%s) + seconds)) n=0
while [ "$(date +%s)" -lt "$end" ]; do
    [ $((n % 20)) -ne 10 ] ||
        "$assay" --data "$d/data" record set parameter ssh_max_auth_tries $((3 + n / 20 % 2)) --reason bench >/dev/null 2>&1 || :
    n=$((n + 1))
    "$assay" --data "$d/data" anchor list --json | sed -n 's/^ *"lag_ms": \([0-9]*\).*/\1/p' >>"$d/lag"
    sleep 1
done
sort -n "$d/lag" >"$d/sorted"
count=$(wc -l <"$d/sorted")
at() { sed -n "$(((count * $1 + 99) / 100))p" "$d/sorted"; }
echo "anchor lag over $count samples in $seconds s, a round every $every, 2 of 3 witnesses up:"
echo "  p50 $(at 50) ms   p90 $(at 90) ms   p99 $(at 99) ms   max $(tail -1 "$d/sorted") ms   (goal G8: p99 at most 60000 ms)"
[ -s "$d/err" ] && sed 's/^/  /' "$d/err" || :
