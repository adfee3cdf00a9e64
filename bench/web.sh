#!/bin/sh
# The web interface under load (wrk, 16 connections, loopback): requests a second and p99 of each page, cold start to first page, and memory
# (PSS, summed over the family) after 10,000 requests.
#   web.sh [overview]: with `overview`, only that page. ASSAY_BENCH_DATA: a data directory to serve instead of a fresh one.
set -eu
. "$(dirname "$0")/lib.sh"
data=${ASSAY_BENCH_DATA:-$scratch/data}
port=${ASSAY_BENCH_PORT:-18471}
pages="/ /criteria /controls /tests /evidence /api/v1/overview"
[ "${1-}" = overview ] && pages=/

if [ ! -e "$data/config.json" ]; then
    "$assay" --data "$data" init >/dev/null
    "$assay" --data "$data" collect >/dev/null || [ $? -eq 1 ]
fi
from=$(date +%s%N)
"$assay" --data "$data" serve --listen "127.0.0.1:$port" --every never >"$scratch/serve" 2>&1 &
parent=$!
trap 'kill $parent 2>/dev/null; wait $parent 2>/dev/null || :; cleanup' EXIT
until curl -s -o /dev/null "http://127.0.0.1:$port/sign-in"; do
    [ $(($(date +%s%N) - from)) -lt 10000000000 ] || { cat "$scratch/serve" >&2; exit 3; }
    sleep 0.005
done
echo "cold_start $((($(date +%s%N) - from) / 1000000)) ms (goal 200)"

tries=0
until grep -q 'sign-in?token' "$scratch/serve" || [ $tries -gt 200 ]; do sleep 0.02; tries=$((tries + 1)); done
link=$(grep -o 'http://[^ ]*sign-in[^ ]*' "$scratch/serve" | head -1)
curl -s -o /dev/null -c "$scratch/jar" -L "$link"
curl -s -o /dev/null -c "$scratch/jar" -b "$scratch/jar" -X POST -d "token=${link##*token=}" "http://127.0.0.1:$port/sign-in" || :
cookie=$(awk '$6 == "assay" { printf "%s=%s", $6, $7 }' "$scratch/jar")
for page in $pages; do
    code=$(curl -s -o "$scratch/page" -w '%{http_code} %{size_download}' -H "Cookie: $cookie" "http://127.0.0.1:$port$page")
    wrk -t1 -c16 -d3s --latency -H "Cookie: $cookie" "http://127.0.0.1:$port$page" >"$scratch/wrk"
    echo "page $page $code bytes: $(awk '/Requests\/sec/ { print $2 }' "$scratch/wrk") requests/s, p99 $(awk '$1 == "99%" { print $2 }' "$scratch/wrk")"
done
# The Overview while something is written all the time: each change makes it stale.
n=0
while :; do
    n=$((n + 1))
    "$assay" --data "$data" record set parameter password_length_min $((12 + n % 4)) --reason bench >/dev/null 2>&1 </dev/null
    echo $n >"$scratch/changes"
    sleep 0.2
done &
writer=$!
wrk -t1 -c16 -d5s --latency -H "Cookie: $cookie" "http://127.0.0.1:$port/" >"$scratch/wrk"
kill $writer
wait $writer 2>/dev/null || :
echo "page / through $(cat "$scratch/changes") changes: $(awk '/Requests\/sec/ { print $2 }' "$scratch/wrk") requests/s, p99 $(awk '$1 == "99%" { print $2 }' "$scratch/wrk"), longest $(awk '$1 == "Latency" { print $4 }' "$scratch/wrk")"
family() { for pid in "$@"; do echo "$pid"; family $(pgrep -P "$pid"); done; }
total=0
for pid in $(family $parent); do
    pss=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")
    total=$((total + pss))
done
echo "memory_pss $((total / 1024)) MB over $(family $parent | wc -l) processes (goal 60)"
