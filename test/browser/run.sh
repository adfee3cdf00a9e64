#!/bin/sh
# Browser tests: Debian's Chromium (its shell without a window), driven by playwright-core, over a real `assay serve` on a free loopback port.
#
#   run.sh [ASSAY]        the program to test; $ASSAY_PLAIN or build/assay unless given
#
# Each file has a server of its own, over a copy of one data directory in which this host was read once: a file begins from nothing, whatever the others
# do. As many files as there are processors (two to four) run side by side.
#
# ASSAY_BROWSER_TESTS: only these files. ASSAY_BROWSER_DATA: a data directory to serve instead, to all files, one after the other. ASSAY_SHOTS: where
# screenshots go; none are made without it. ASSAY_BROWSER_LANES: how many files at a time.
set -eu

# lane FILE: one file over its own server; tap, the server's output and its log stay in $scratch/NAME.
lane() {
    name=$(basename "$1" .test.mjs)
    mine=$scratch/$name
    server=
    mkdir "$mine"
    trap 'kill $server 2>/dev/null || :' EXIT
    trap 'exit 130' INT TERM
    if [ -n "${ASSAY_BROWSER_DATA:-}" ]; then data=$ASSAY_BROWSER_DATA; else
        data=$mine/data
        cp -a "$scratch/base" "$data"
    fi
    : >"$mine/out"
    "$assay" --data "$data" serve --listen 127.0.0.1:0 >"$mine/out" 2>"$mine/log" &
    server=$!
    tries=0
    until grep -q 'sign-in' "$mine/out"; do
        tries=$((tries + 1))
        if [ $tries -gt 600 ] || ! kill -0 "$server" 2>/dev/null; then
            printf 'not ok 1 - a server for %s\n# pass 0\n# fail 1\n' "$name" >"$mine/tap"
            exit 0
        fi
        sleep 0.1
    done
    ASSAY_URL=$(sed -n 's/^Assay is at //p' "$mine/out")
    ASSAY_LINK=$(grep -o 'http://[^ ]*sign-in[^ ]*' "$mine/out" | head -1)
    export ASSAY_URL ASSAY_LINK ASSAY_LOG="$mine/log" ASSAY_PROGRAM="$assay" ASSAY_DATA_DIR="$data"
    node --test --test-reporter=tap "$1" >"$mine/tap" 2>&1 || touch "$mine/failed"
    kill "$server"
    wait "$server" || :
    server=
    # What the server says of itself is a test as well: memory, and templates that ask for what no view has.
    if grep -qE 'Sanitizer|runtime error|why="template: [a-z_]*[.]html' "$mine/log"; then
        grep -A25 -E 'Sanitizer|runtime error|why="template: [a-z_]*[.]html' "$mine/log" | head -80 >>"$mine/tap"
        printf 'not ok - the log of the server of %s\n# fail 1\n' "$name" >>"$mine/tap"
        touch "$mine/failed"
    fi
    [ -n "${ASSAY_BROWSER_DATA:-}" ] || rm -rf "$data"
}
if [ "${1-}" = --lane ]; then
    lane "$2"
    exit 0
fi

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
assay=${1:-${ASSAY_PLAIN:-$top/build/assay}}
scratch=$(mktemp -d)
export assay scratch
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

if ! "$top/script/node-modules"; then
    echo "0 passed, 1 failed"
    exit 1
fi

lanes=${ASSAY_BROWSER_LANES:-$(nproc)}
[ "$lanes" -ge 2 ] || [ -n "${ASSAY_BROWSER_LANES:-}" ] || lanes=2
[ "$lanes" -le 4 ] || lanes=4
if [ -n "${ASSAY_BROWSER_DATA:-}" ]; then
    lanes=1
    [ -e "$ASSAY_BROWSER_DATA/config.json" ] || "$assay" --data "$ASSAY_BROWSER_DATA" init >/dev/null
elif ! "$assay" --data "$scratch/base" init >/dev/null || ! "$assay" --data "$scratch/base" collect >"$scratch/collected" 2>&1; then
    cat "$scratch/collected"
    echo "0 passed, 1 failed"
    exit 1
fi
[ -z "${ASSAY_SHOTS:-}" ] || mkdir -p "$ASSAY_SHOTS"

# The longest begin first: those that look at every page, and then by their size.
files=$(for name in demo pages accounts; do echo "$here/$name.test.mjs"; done && ls -S "$here"/*.test.mjs)
# shellcheck disable=SC2086
printf '%s\n' ${ASSAY_BROWSER_TESTS:-$files} | awk '!seen[$0]++' | xargs -P "$lanes" -n 1 "$0" --lane
status=0
for tap in "$scratch"/*/tap; do
    mine=$(dirname "$tap")
    grep -q '^# fail [1-9]' "$tap" || [ -e "$mine/failed" ] || continue
    status=1
    echo "=== $(basename "$mine")" && cat "$tap"
    echo "--- the server's log, its end" && tail -30 "$mine/log"
done
cat "$scratch"/*/tap | awk '/^# pass / { passed += $3 } /^# fail / { failed += $3 } END { printf "%d passed, %d failed\n", passed, failed }'
exit $status
