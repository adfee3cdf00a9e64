#!/bin/sh
# A client that shares no code with Assay (Go, golang.org/x/mod/sumdb) speaks tlog-witness to `assay witness` and gets every status the
# specification names; then a mirror's checkpoint and copy are judged by Go too. Usage: go-witness.sh ASSAY LEDGER-SAMPLE. Skipped (77)
# without Debian's golang-go and golang-golang-x-mod-dev.
set -eu
assay=$(realpath "$1")
sample=$(realpath "$2")
here=$(dirname "$(realpath "$0")")
if ! command -v go >/dev/null || [ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; then
    echo "skipped: golang-go and golang-golang-x-mod-dev are not installed"
    exit 77
fi
scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || :; rm -rf "$scratch"' EXIT
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE="$scratch/cache"
go build -o "$scratch/witness" "$here/witness.go"
go build -o "$scratch/verifier" "$here/verifier.go"
passed=0
failed=0
count() { # count WHAT COMMAND...
    what=$1
    shift
    if "$@" >"$scratch/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$what:"
        head -20 "$scratch/out"
    fi
}
serve() { # serve COMMAND...: starts it, waits until it has printed its address
    : >"$scratch/hello"
    "$@" >"$scratch/hello" 2>"$scratch/log" &
    server=$!
    n=0
    until grep -q '^listens on http' "$scratch/hello"; do
        n=$((n + 1))
        kill -0 "$server" 2>/dev/null && [ $n -lt 300 ] || { cat "$scratch/log"; exit 1; }
        sleep 0.1
    done
    url=$(sed -n 's/^listens on //p' "$scratch/hello")
    vkey=$(head -1 "$scratch/hello")
}
"$scratch/witness" genkey log.example/go >"$scratch/keys"
serve "$assay" witness --dir "$scratch/w" --name witness.example/w1 --listen 127.0.0.1:0 --log "$(sed -n 2p "$scratch/keys")"
count "tlog-witness by Go" "$scratch/witness" "$url" "$vkey" "$(sed -n 1p "$scratch/keys")"
kill "$server"
wait "$server" 2>/dev/null || :
mkdir "$scratch/sample"
"$sample" "$scratch/sample" 1000
log=$scratch/sample/log
serve "$assay" mirror --dir "$scratch/m" --name mirror.example/m1 --listen 127.0.0.1:0 --log "$(cat "$log/log.vkey")"
count "push" "$assay" mirror push "$log" "$url"
copy=$(echo "$scratch"/m/ledger/*)
count "the mirror's checkpoint by Go" "$scratch/witness" verify "$copy/checkpoint" "$(cat "$log/log.vkey")" "$vkey"
cp "$log/checkpoint.old" "$copy/checkpoint.old"
count "the copy by Go" "$scratch/verifier" "$copy" "$(cat "$log/log.vkey")" "$(cat "$log/entry.index")" "$log/entry.json"
count "pulling from a mirror" "$assay" mirror --once --cosign --from "$url/$(basename "$copy")" --dir "$scratch/m2" --log "$(cat "$log/log.vkey")"
second=$(echo "$scratch"/m2/ledger/*)
cp "$log/checkpoint.old" "$second/checkpoint.old"
count "the second copy by Go" "$scratch/verifier" "$second" "$(cat "$log/log.vkey")" "$(cat "$log/entry.index")" "$log/entry.json"
grep -q passed "$scratch/out" || :
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
