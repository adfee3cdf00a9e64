#!/bin/sh
# A verifier that shares no code with Assay (Go, golang.org/x/mod/sumdb) accepts ledgers that Assay wrote and rejects damaged ones.
# Usage: go-verifier.sh LEDGER-SAMPLE [ASSAY]; with the program itself also a data directory that it made and wrote to. Prints "N passed, N failed". Skipped (77) where Debian's golang-go and golang-golang-x-mod-dev are missing.
set -eu
sample=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
if ! command -v go >/dev/null || [ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; then
    echo "skipped: golang-go and golang-golang-x-mod-dev are not installed"
    exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE="$scratch/cache"
go build -o "$scratch/verifier" "$here/verifier.go"
passed=0
failed=0
verify() {
    "$scratch/verifier" "$1/log" "$(cat "$1/log/log.vkey")" "$(cat "$1/log/entry.index")" "$1/log/entry.json" 2>&1
}
expect() { # expect OK|FAIL DIR WHAT
    answer=$(verify "$2" || true)
    case $answer in
    "$1"*) passed=$((passed + 1)) ;;
    *)
        failed=$((failed + 1))
        echo "$3: wanted $1, got: $answer"
        ;;
    esac
}
flip() { # flip FILE OFFSET
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "$(printf '\\%03o' $(((byte + 1) % 256)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
for count in 10 255 256 700 1000 66000; do
    mkdir "$scratch/$count"
    "$sample" "$scratch/$count" "$count"
    expect OK "$scratch/$count" "$count leaves"
done
damaged() { # damaged WHAT COMMAND...: a copy of the ledger of 1000 leaves, changed by the command, must be rejected
    what=$1
    shift
    rm -rf "$scratch/damaged"
    cp -a "$scratch/1000" "$scratch/damaged"
    (cd "$scratch/damaged/log" && "$@")
    expect FAIL "$scratch/damaged" "$what"
}
damaged "a byte of a level-0 tile" flip tile/0/001 100
damaged "a byte of the partial level-0 tile" flip "tile/0/003.p/$(ls "$scratch/1000/log/tile/0/003.p" | sort -n | tail -1)" 5
damaged "a byte of a level-1 tile" flip "tile/1/000.p/$(ls "$scratch/1000/log/tile/1/000.p" | sort -n | tail -1)" 40
damaged "a byte of an entry bundle" flip tile/entries/002 300
damaged "a cut entry bundle" truncate -s -1 tile/entries/000
damaged "a missing tile" rm tile/0/002
damaged "swapped tiles" sh -c 'mv tile/0/000 t; mv tile/0/001 tile/0/000; mv t tile/0/001'
damaged "another entry" sh -c 'echo x >>entry.json'
damaged "another index" sh -c 'echo 3 >entry.index'
damaged "a byte of the root" flip checkpoint 45
damaged "another size" sed -i 's/^1002$/1001/' checkpoint
damaged "the signature" sed -i 's/.=$/==/' checkpoint
damaged "an old head that is none" cp log.vkey checkpoint.old
if [ $# -gt 1 ]; then # the program's own data directory, all leaves of it
    assay=$(realpath "$2")
    data=$scratch/data
    "$assay" --data "$data" init >/dev/null
    cp "$data"/ledger/*/checkpoint "$scratch/old"
    for value in 3 4 5; do
        "$assay" --data "$data" record set parameter account_dormant_days_max "8$value" --reason "a conformance test" >/dev/null
    done
    mkdir "$scratch/real"
    cp -a "$data"/ledger/* "$scratch/real/log"
    log=$scratch/real/log
    cp "$scratch/old" "$log/checkpoint.old"
    "$assay" --data "$data" key list | grep -F "$(head -1 "$log/checkpoint")+" >"$log/log.vkey"
    bundle=$log/tile/entries/000.p/$(sed -n 2p "$log/checkpoint")
    size=$(od -An -tu1 -N 2 "$bundle" | awk '{ print $1 * 256 + $2 }')
    tail -c +3 "$bundle" | head -c "$size" >"$log/entry.json"
    echo 0 >"$log/entry.index"
    expect OK "$scratch/real" "a data directory of the program's own"
    flip "$bundle" 200
    expect FAIL "$scratch/real" "a byte of its entry bundle"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
