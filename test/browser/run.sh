#!/bin/sh
# Browser tests: Debian's Chromium, driven by playwright-core, over a real `assay serve` on a free loopback port.
#
#   run.sh [ASSAY]        the program to test; $ASSAY_PLAIN or build/assay unless given
#
# ASSAY_BROWSER_TESTS: only these files. ASSAY_BROWSER_DATA: a data directory to serve instead of a fresh one of this host. ASSAY_SHOTS: where screenshots go.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
assay=${1:-${ASSAY_PLAIN:-$top/build/assay}}
scratch=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || :
        wait "$server" 2>/dev/null || :
    fi
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT TERM

if [ ! -d "$top/node_modules/playwright-core" ] || [ "$top/package-lock.json" -nt "$top/node_modules/.package-lock.json" ]; then
    if ! (cd "$top" && npm ci --no-audit --no-fund) >"$scratch/npm" 2>&1; then
        echo "npm ci did not bring the test tools:"
        tail -5 "$scratch/npm"
        echo "0 passed, 1 failed"
        exit 1
    fi
fi

data=${ASSAY_BROWSER_DATA:-$scratch/data}
if [ ! -e "$data/config.json" ]; then
    "$assay" --data "$data" init >/dev/null
fi
"$assay" --data "$data" serve --listen 127.0.0.1:0 >"$scratch/out" 2>"$scratch/log" &
server=$!
tries=0
until grep -q 'sign-in' "$scratch/out"; do
    tries=$((tries + 1))
    if [ $tries -gt 200 ] || ! kill -0 "$server" 2>/dev/null; then
        cat "$scratch/out" "$scratch/log" >&2
        echo "0 passed, 1 failed"
        exit 1
    fi
    sleep 0.1
done

# The first run, which serve starts by itself, must have been tested.
until "$assay" --data "$data" status --json | grep -q '"has_evidence": *true'; do
    tries=$((tries + 1))
    if [ $tries -gt 900 ]; then
        echo "no run within 90 s" && cat "$scratch/log"
        echo "0 passed, 1 failed"
        exit 1
    fi
    sleep 0.1
done

ASSAY_URL=$(sed -n 's/^Assay is at //p' "$scratch/out")
ASSAY_LINK=$(grep -o 'http://[^ ]*sign-in[^ ]*' "$scratch/out" | head -1)
ASSAY_LOG=$scratch/log
ASSAY_PROGRAM=$assay
ASSAY_DATA_DIR=$data
ASSAY_SHOTS=${ASSAY_SHOTS:-${TMPDIR:-/tmp}/assay-shots}
export ASSAY_URL ASSAY_LINK ASSAY_LOG ASSAY_SHOTS ASSAY_PROGRAM ASSAY_DATA_DIR
mkdir -p "$ASSAY_SHOTS"
status=0
node --test --test-concurrency=1 --test-reporter=tap ${ASSAY_BROWSER_TESTS:-"$here"/*.test.mjs} >"$scratch/tap" 2>&1 || status=$?
if [ $status -ne 0 ]; then
    cat "$scratch/tap"
    echo "--- the server's log, its end" && tail -30 "$scratch/log"
fi
kill "$server"
wait "$server" || :
server=
if grep -E 'Sanitizer|runtime error' "$scratch/log" >&2; then
    grep -A25 -E 'Sanitizer|runtime error' "$scratch/log" | head -80
    status=1
    echo "# fail 1" >>"$scratch/tap"
fi
passed=$(sed -n 's/^# pass //p' "$scratch/tap")
failed=$(sed -n 's/^# fail //p' "$scratch/tap" | awk '{ n += $1 } END { print n }')
echo "${passed:-0} passed, ${failed:-1} failed"
exit $status
