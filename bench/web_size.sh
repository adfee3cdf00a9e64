#!/bin/sh
# Records at size under load, at each of these numbers of changes (one in ten makes evidence, one in a hundred a person), beside Fossil:
#   web_size.sh [CHANGES...]; without: 1000 10000 100000 1000000. ASSAY_BENCH_DATA: a directory that bench-records has filled already (one size).
# A page made anew for each request (bench/web.lua), or some again and again, which is what the server keeps while nothing is written; a keep-alive connection, wrk. CPU is that of the web process, user and system.
set -eu
. "$(dirname "$0")/lib.sh"
port=${ASSAY_BENCH_PORT:-18472}
records=$PWD/${ASSAY_BUILD:-build}/bench/bench-records
data=${ASSAY_BENCH_DATA:-$scratch/data}
seconds=${ASSAY_BENCH_SECONDS:-2}
[ $# -gt 0 ] || set -- 1000 10000 100000 1000000

ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }
# load KIND CONNECTIONS: sets $p50 and $p99 (ms), $rate (requests a second), $cpu (us a request).
load() {
    before=$(ticks "$web")
    wrk -t1 -c"$2" -d"${seconds}s" --latency -s bench/web.lua -H "Cookie: $cookie" "http://127.0.0.1:$port" -- "$1" "$pages" "$items" >"$scratch/wrk"
    after=$(ticks "$web")
    grep -q 'Non-2xx' "$scratch/wrk" && { grep 'Non-2xx' "$scratch/wrk" >&2; exit 3; }
    ms='function ms(t) { return t ~ /us$/ ? t / 1000 : t ~ /ms$/ ? t + 0 : t * 1000 }'
    p50=$(awk "$ms"' $1 == "50%" { printf "%.2f", ms($2) }' "$scratch/wrk")
    p99=$(awk "$ms"' $1 == "99%" { printf "%.2f", ms($2) }' "$scratch/wrk")
    rate=$(awk '/Requests\/sec/ { printf "%.0f", $2 }' "$scratch/wrk")
    cpu=$(awk -v t=$((after - before)) '/requests in/ { printf "%.0f", t * 10000 / $1 }' "$scratch/wrk")
}
bytes() { curl -s -o /dev/null -w '%{size_download}' -H "Cookie: $cookie" "http://127.0.0.1:$port$1"; }

: >"$scratch/table"
for changes; do
    items=$((changes / 10)) pages=$((changes / 1500 + 1))
    if [ -z "${ASSAY_BENCH_DATA-}" ]; then
        "$records" "$data" "$changes" >"$scratch/made"
        echo "made $changes changes of $items items: $(figure leaves_per_second "$scratch/made") leaves/s, $(figure seconds "$scratch/made") s"
    fi
    web_start "$data"
    bytes / >/dev/null
    load list 1; line="$changes $p50 $cpu"; echo "  list alone: p50 $p50 ms, p99 $p99 ms, $cpu us CPU (goal 3 ms)"
    load deep 1; line="$line $cpu"; echo "  any page of it: p50 $p50 ms, p99 $p99 ms, $cpu us CPU"
    load one 1; line="$line $cpu"; echo "  one record: p50 $p50 ms, p99 $p99 ms, $cpu us CPU"
    load search 1; line="$line $p50 $cpu"; echo "  search: p50 $p50 ms, p99 $p99 ms, $cpu us CPU (goal 10 ms)"
    load api 16; line="$line $rate $cpu"; echo "  API list, made anew, 16 connections: $rate requests/s, p99 $p99 ms, $cpu us CPU (goal 3000)"
    load kept 16; echo "  API list, 40 pages again and again: $rate requests/s, p99 $p99 ms, $cpu us CPU"
    load list 16; anew=$rate; line="$line $rate"; echo "  list, made anew, 16 connections: $rate requests/s, p99 $p99 ms, $cpu us CPU"
    load again 16; ours=$rate; line="$line $rate"; echo "  list, 40 pages again and again: $rate requests/s, p99 $p99 ms, $cpu us CPU"
    echo "  bytes of a list page: $(bytes '/records/evidence?sort=title&state=received') (goal 61440); of the API's: $(bytes '/api/v1/records/evidence?sort=title')"
    echo "  memory after that: web $(own "$web") MB of its own, all processes $(own $(family "$parent")) MB (goal 100); with what is mapped of the database $(pss $(family "$parent")) MB PSS"
    echo "$line" >>"$scratch/table"
    [ "$changes" = "$(eval echo "\$$#")" ] || web_stop
done

# ten thousand rows, into the largest
awk 'BEGIN { print "title,period_from,period_to,owner,kind"
    for (i = 1; i <= 10000; i++) printf "Imported %d of payroll,2026-01-01,2026-03-31,P-%04d,export\n", i, i % 10 + 1 }' >"$scratch/rows.csv"
measure -n 1 import_dry_run -- "$assay" --data "$data" record import evidence "$scratch/rows.csv" --dry-run
before=$(ticks "$(pgrep -P "$parent" -f -- '--role keeper' | head -1)")
measure -n 1 import -- "$assay" --data "$data" record import evidence "$scratch/rows.csv"
after=$(ticks "$(pgrep -P "$parent" -f -- '--role keeper' | head -1)")
echo "import_keeper_cpu $(awk -v t=$((after - before)) 'BEGIN { printf "%.2f", t / 100 }') s (10,000 rows; goal 2 s wall)"
web_stop

if fossil_timeline; then
    echo "fossil /timeline, 16 connections: $theirs requests/s of $theirs_bytes bytes; our list $(ratio "$ours" "$theirs") times that (40 pages, where Fossil has one; goal 10), each page made anew $(ratio "$anew" "$theirs") times"
else
    echo "fossil is not installed: no comparison with its timeline"
fi

echo "growth (p50 in ms, CPU in us a request):"
echo "changes list_p50 list_cpu deep_cpu record_cpu search_p50 search_cpu api/s api_cpu list16/s again16/s" | cat - "$scratch/table" | awk '{ for (i = 1; i <= NF; i++) printf "%-11s", $i; print "" }'
awk '{ printf "%8d changes  list %5d us %s\n", $1, $3, substr("########################################", 1, int($3 / 100 + 0.5)) }' "$scratch/table"
