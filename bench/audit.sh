#!/bin/sh
# An audit's year: evaluating a window over so many hosts, its pages, its report and its bundle, each as it grows; goals are said beside.
#   audit.sh [HOSTS:EVENTS...]; without: 50:5000 167:16667 500:50000. ASSAY_BENCH_RUNS: of each evaluation (5). ASSAY_BENCH_KEEP: a directory in which what was
#   made stays, and is taken from there the next time.
# In the same run: the machine's own limit (SQLite's shell adding up the same bytes; the same spans as plain rows), and as a peer the same question in one
# statement of SQL, put to the sqlite3 shell over plain rows. At the first size it also counts how often each control began to fail: that has to be our number.
set -eu
. "$(dirname "$0")/lib.sh"
program=$PWD/${ASSAY_BUILD:-build}/bench/bench-audit
runs=${ASSAY_BENCH_RUNS:-5}
keep=${ASSAY_BENCH_KEEP:-$scratch}
port=${ASSAY_BENCH_PORT:-18474}
[ $# -gt 0 ] || set -- 50:5000 167:16667 500:50000
mkdir -p "$keep"
pages() { pdfinfo "$1" 2>/dev/null | awk '$1 == "Pages:" { print $2 }'; }

# The worst of a control's tests at each instant, on each host: how long it was what, within the window.
cat >"$scratch/question.sql" <<'SQL'
with edges as (
  select m.control, s.subject, max(s.from_t, :from) as at, s.status = 3 as fail, s.status = 2 as unknown, s.status = 1 as pass from span s join control_test m using(test) where s.to_t > :from
  union all
  select m.control, s.subject, s.to_t, -(s.status = 3), -(s.status = 2), -(s.status = 1) from span s join control_test m using(test) where s.to_t > :from),
sums as (
  select control, subject, at, sum(fail) over w as fail, sum(unknown) over w as unknown, sum(pass) over w as pass, lead(at) over w as until from edges
  window w as (partition by control, subject order by at rows between unbounded preceding and current row))
select control, sum(case when fail > 0 then until - at else 0 end) as fail, sum(case when fail = 0 and unknown > 0 then until - at else 0 end) as unknown,
  sum(case when fail = 0 and unknown = 0 and pass > 0 then until - at else 0 end) as pass from sums group by control order by control;
SQL

sed 's/^select control, sum(case.*/, steps as (select control, subject, fail > 0 as now, lag(fail > 0) over (partition by control, subject order by at) as before from sums where until > at)/
    s/^  sum(case when fail = 0 and unknown = 0.*/select control, count(*) from steps where now and not coalesce(before, 0) group by control order by control;/' "$scratch/question.sql" >"$scratch/failures.sql"
compare() { # DATA PEER
    sed "s/:from/$window/g" "$scratch/failures.sql" | sqlite3 "$2" >"$scratch/theirs"
    "$assay" --data "$1" audit evaluate --engagement ENG-0001 --json | python3 -c '
import json, sys
ours = {c["id"]: c["deviations"] for c in json.load(sys.stdin)["controls"]}
theirs = dict(line.strip().split("|") for line in open(sys.argv[1]))
wrong = [c for c in theirs if ours.get(c) != int(theirs[c])]
print(f"failures of {len(theirs)} controls counted in SQL:", "the same as ours" if theirs and not wrong else f"DIFFERENT: {wrong}")' "$scratch/theirs"
}

: >"$scratch/table"
for size; do
    hosts=${size%:*} events=${size#*:}
    data=$keep/audit-$hosts peer=$keep/audit-$hosts.peer
    if [ ! -e "$data/made" ]; then
        rm -rf "$data" "$peer"*
        "$program" "$data" "$hosts" "$events" "$peer" >"$scratch/made" || exit 3
        mv "$scratch/made" "$data/made"
    fi
    echo "== $hosts hosts: $(figure spans "$data/made") spans of $(figure evaluations "$data/made") evaluations, $events events, $(figure controls "$data/made") controls"
    window=$(figure from_ms "$data/made")
    sed "s/:from/$window/g" "$scratch/question.sql" >"$scratch/asked.sql"
    {
        measure -n "$runs" evaluate -- "$assay" --data "$data" audit evaluate --engagement ENG-0001 --json
        measure -n "$runs" packed -- sqlite3 "$data/db/assay.db" 'select count(*), sum(length(spans)) from test_span_chunk'
        measure -n "$runs" scan -- sqlite3 "$peer" 'select count(*), sum(to_t - from_t) from span'
        measure -n 1 peer -- sqlite3 "$peer" ".read $scratch/asked.sql"
        for format in html pdf; do
            measure -n 3 "report_$format" -- "$assay" --data "$data" report type2 --engagement ENG-0001 --format "$format" --output "$scratch/type2.$format"
        done
    } >"$scratch/figures"
    bytes=$(sqlite3 "$data/db/assay.db" 'select sum(length(spans)) from test_span_chunk')
    for name in evaluate packed scan peer report_html report_pdf; do
        printf '%-11s %7s s, CPU %7s s, %6s MB\n' "$name" "$(figure ${name}_wall "$scratch/figures")" "$(figure ${name}_cpu "$scratch/figures")" "$(figure ${name}_peak "$scratch/figures")"
    done
    [ -s "$scratch/table" ] || compare "$data" "$peer"
    echo "$hosts $(figure spans "$data/made") $(figure evaluate_wall "$scratch/figures") $(figure evaluate_cpu "$scratch/figures") $(figure evaluate_peak "$scratch/figures") $(figure scan_cpu "$scratch/figures") $(figure peer_cpu "$scratch/figures") $bytes" \
        "$(pages "$scratch/type2.pdf") $(figure report_html_wall "$scratch/figures") $(figure report_html_cpu "$scratch/figures") $(figure report_pdf_wall "$scratch/figures") $(figure report_pdf_cpu "$scratch/figures") $(figure report_pdf_peak "$scratch/figures")" >>"$scratch/table"
done
echo "growth: hosts, spans, s, CPU s, MB, CPU ns a span; times a scan of plain rows, the peer's CPU is so many times ours, bytes a span (goal at 500 hosts: 2 s, 300 MB)"
awk '{ printf "%4d %8d %7.3f %7.3f %6.1f %6.0f   %.2f %6.1f %5.1f\n", $1, $2, $3, $4, $5, $4 * 1e9 / $2, $4 / $6, $7 / $4, $8 / $2 }' "$scratch/table"
echo "report: pages; HTML s, CPU s; PDF s, CPU s, MB; PDF's CPU ms a page without the evaluation (goal at 150 pages: HTML 1 s, PDF 4 s)"
awk '{ printf "%4d %7.3f %7.3f %7.3f %7.3f %6.1f %6.1f\n", $9, $10, $11, $12, $13, $14, $9 ? ($13 - $4) * 1000 / $9 : 0 }' "$scratch/table"

# ---- pages, report and bundle of the last size ----
echo "== pages over $hosts hosts"
web_start "$data"
day() { date -u -d "@$(($1 / 1000))" +%F; }
days="from=$(day "$window")&to=$(day $((window + 364 * 86400000)))"
for path in / /audit/ENG-0001 "/controls/period?$days" "/controls/AC-09?$days" /controls/AC-09; do
    curl -s -o /dev/null -b "$scratch/jar" "http://127.0.0.1:$port$path"
    curl -s -o /dev/null -b "$scratch/jar" -w "%{time_total} s, %{size_download} bytes, status %{http_code}" "http://127.0.0.1:$port$path"
    echo "  $path"
done
echo "memory: web $(pss "$web") MB PSS, all $(pss $(family "$parent"))"
web_stop
parent=

echo "== bundle of the engagement, and one of 4,000 blobs of 64 KiB (goal: 300 MB/s), beside hashing, packing and writing the same bytes once"
measure -n 1 bundle -- "$assay" --data "$data" audit bundle ENG-0001 --output "$scratch/audit.slb"
stat -c 'bundle_bytes %s' "$scratch/audit.slb"
mkdir "$scratch/blobs"
"${program%audit}bundle" "$scratch/blobs" 20000 0 4000 >"$scratch/written"
cat "$scratch/written"
file=$scratch/blobs/full.slb
{
    measure -n 3 sha256 -- openssl dgst -sha256 "$file"
    measure -n 3 zstd -- zstd -q -3 -f "$file" -o "$scratch/packed"
    measure -n 3 disk -- dd "if=$file" "of=$scratch/copy" bs=1M conv=fdatasync
} >"$scratch/limits"
awk -v bytes="$(stat -c %s "$file")" -v s="$(figure bundle_write "$scratch/written")" 'BEGIN { printf "written %.0f MB/s\n", bytes / s / 1e6 }
    /_wall/ { printf "%s %.0f MB/s\n", $1, bytes / $2 / 1e6 }' "$scratch/limits"
