# Shared by the bench scripts: where the programs are, a scratch directory, reading a figure. Sourced.
cd "$(dirname "$0")/.."
assay=$PWD/${ASSAY_BUILD:-build}/assay
limits=$PWD/${ASSAY_BUILD:-build}/bench/bench-limits
scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/assay-bench-XXXXXX")
cleanup() { rm -rf "$scratch"; }
trap cleanup EXIT
trap 'exit 3' INT TERM

measure() { python3 bench/measure.py "$@"; }
# figure NAME FILE: the value that stands behind NAME.
figure() { awk -v name="$1" '$1 == name { print $2; exit }' "$2"; }
# ratio A B
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }'; }
# pad_tree DIR INODES: small files below usr/share/pad until there are so many inodes.
pad_tree() {
    mkdir -p "$1/usr/share/pad"
    python3 - "$1" "$2" <<'PY'
import os, sys
root, wanted = sys.argv[1], int(sys.argv[2])
count = sum(len(d) + len(f) for _, d, f in os.walk(root))
n = 0
while count < wanted:
    d = f"{root}/usr/share/pad/{n:04d}"
    os.mkdir(d)
    count += 1
    for i in range(min(99, wanted - count)):
        with open(f"{d}/f{i}", "wb") as f:
            f.write(b"x" * (i * 13 % 4000))
        count += 1
    n += 1
PY
}
# make_tree DIR INODES: this host's /etc, package data and units, padded with small files to INODES.
make_tree() {
    mkdir -p "$1/var/lib/dpkg" "$1/usr/lib/systemd" "$1/var/lib/apt"
    tar -C / -cf - --ignore-failed-read etc 2>/dev/null | tar -C "$1" -xf -
    cp -a /var/lib/dpkg/status "$1/var/lib/dpkg/" 2>/dev/null || :
    cp -a /var/lib/dpkg/info "$1/var/lib/dpkg/" 2>/dev/null || :
    cp -a /var/lib/apt/lists "$1/var/lib/apt/" 2>/dev/null || :
    cp -a /usr/lib/systemd/system "$1/usr/lib/systemd/" 2>/dev/null || :
    pad_tree "$1" "$2"
}

# web_start DATA: serves it on $port, signs in; sets $parent, $web (the process of the web), $cookie, $cold_ms.
web_start() {
    from=$(date +%s%N)
    "$assay" --data "$1" serve --listen "127.0.0.1:$port" --every never >"$scratch/serve" 2>&1 &
    parent=$!
    trap 'web_stop; cleanup' EXIT
    until curl -s -o /dev/null "http://127.0.0.1:$port/sign-in"; do
        [ $(($(date +%s%N) - from)) -lt 10000000000 ] || { cat "$scratch/serve" >&2; exit 3; }
        sleep 0.005
    done
    cold_ms=$((($(date +%s%N) - from) / 1000000))
    tries=0
    until grep -q 'sign-in?token' "$scratch/serve" || [ $tries -gt 1500 ]; do sleep 0.02; tries=$((tries + 1)); done
    link=$(grep -o 'http://[^ ]*sign-in[^ ]*' "$scratch/serve" | head -1)
    curl -s -o /dev/null -c "$scratch/jar" -L "$link"
    curl -s -o /dev/null -c "$scratch/jar" -b "$scratch/jar" -X POST -d "token=${link##*token=}" "http://127.0.0.1:$port/sign-in" || :
    cookie=$(awk '$6 == "assay" { printf "%s=%s", $6, $7 }' "$scratch/jar")
    web=$(for pid in $(family "$parent"); do tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q -- '--role web ' && echo "$pid"; done | head -1)
}
web_stop() {
    [ -n "${parent-}" ] || return 0
    kill "$parent" 2>/dev/null || :
    wait "$parent" 2>/dev/null || :
    parent=
}
family() { for pid in "$@"; do echo "$pid"; family $(pgrep -P "$pid"); done; }
memory() {
    field=$1 total=0
    shift
    for pid in "$@"; do
        total=$((total + $(awk -v f="$field:" '$1 == f { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null || echo 0)))
    done
    echo $((total / 1024))
}
# MB of these processes: what they share is shared out among them. With what they have mapped of the database, which the kernel takes back when others want it ...
pss() { memory Pss "$@"; }
# ... and what is their own.
own() { memory Pss_Anon "$@"; }
# fossil_timeline: Fossil's timeline of 50 check-ins, out of 2,000, 16 connections for $seconds: sets $theirs (requests a second), $theirs_cpu (us a request,
# its processes together) and $theirs_bytes (of the page). Fails where it is not installed.
fossil_timeline() {
    command -v fossil >/dev/null 2>&1 || return 1
    export HOME="$scratch" USER=bench
    awk 'BEGIN { for (i = 0; i < 2000; i++) { text = "line " i "\n"; body = "Change " i " of part " i % 97 ": what the reviewer saw\n"
        printf "commit refs/heads/master\nmark :%d\ncommitter Person %d <p%d@example.org> %d +0000\ndata %d\n%s", i + 1, i % 100, i % 100, 1700000000 + i * 60, length(body), body
        if (i) printf "from :%d\n", i
        printf "M 100644 inline f%d.txt\ndata %d\n%s\n", i % 50, length(text), text } }' >"$scratch/fast-import"
    fossil import --git "$scratch/peer.fossil" "$scratch/fast-import" >/dev/null 2>&1
    fossil server --localhost --port $((port + 1)) "$scratch/peer.fossil" >/dev/null 2>&1 &
    parent=$!
    tries=0
    until curl -s -o "$scratch/page" "http://127.0.0.1:$((port + 1))/timeline?n=50" || [ $tries -gt 200 ]; do sleep 0.02; tries=$((tries + 1)); done
    before=$(sed 's/.*) //' "/proc/$parent/stat" | awk '{ print $12 + $13 + $14 + $15 }')
    wrk -t1 -c16 -d"${seconds}s" --latency "http://127.0.0.1:$((port + 1))/timeline?n=50" >"$scratch/wrk"
    after=$(sed 's/.*) //' "/proc/$parent/stat" | awk '{ print $12 + $13 + $14 + $15 }')
    web_stop
    theirs=$(awk '/Requests\/sec/ { printf "%.0f", $2 }' "$scratch/wrk")
    theirs_cpu=$(awk -v t=$((after - before)) '/requests in/ { printf "%.0f", $1 ? t * 10000 / $1 : 0 }' "$scratch/wrk")
    theirs_bytes=$(wc -c <"$scratch/page")
}
