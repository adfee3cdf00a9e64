#!/bin/sh
# The web interface under load (wrk, 16 connections, loopback): requests a second and p99 of each page, cold start to first page, and memory
# (PSS, summed over the family) after 10,000 requests.
#   web.sh [overview]: with `overview`, only that page, else web_size.sh as well. ASSAY_BENCH_DATA: a data directory to serve, not a fresh one.
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
web_start "$data"
echo "cold_start $cold_ms ms (goal 200)"
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
echo "memory_pss $(pss $(family "$parent")) MB over $(family "$parent" | wc -l) processes (goal 60)"
web_stop
[ "${1-}" = overview ] || bench/web_size.sh
