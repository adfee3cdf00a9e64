#!/bin/sh
# A year of the program at size: the pages that people use, with what bench-program makes at these percentages of a large organisation (10,000 people, 100,000
# signatures, 50,000 documents, 20,000 accounts under review), beside Fossil's timeline in the same run:
#   web_year.sh [PERCENT...]; without: 1 10 100. ASSAY_BENCH_SECONDS: of each load (1). ASSAY_BENCH_ONLY: pages whose name matches this.
#   ASSAY_BENCH_KEEP: a directory in which what was made stays, and is taken from there the next time.
# Each page is made anew for each request, over a keep-alive connection, by wrk. CPU is that of the web process, user and system, and says more than the
# times where others use the machine.
set -eu
. "$(dirname "$0")/lib.sh"
port=${ASSAY_BENCH_PORT:-18473}
program=$PWD/${ASSAY_BUILD:-build}/bench/bench-program
seconds=${ASSAY_BENCH_SECONDS:-1}
only=${ASSAY_BENCH_ONLY:-.}
keep=${ASSAY_BENCH_KEEP:-$scratch}
[ $# -gt 0 ] || set -- 1 10 100

ticks() { for pid in "$@"; do sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null; done | awk '{ t += $12 + $13 } END { print t + 0 }'; }
# name | who: lead or employee | goal of p50 alone in ms, - none | addresses, one after the other
pages() {
    cat <<'END'
people|lead|3|/people?page=1 /people?page=2 /people?page=3
people_sorted|lead|3|/people?sort=team&page=1 /people?sort=late&desc=1 /people?sort=total&desc=1
people_filtered|lead|3|/people?status=fail /people?group=manager:P-0007 /people?q=Ada
person|lead|3|/people/P-0051 /people/P-0060 /people/P-0077
person_records|lead|3|/records/person?sort=name&page=1 /records/person?f.department=Department+3 /records/person?q=Ada
joiners|lead|3|/people/joiners
reconcile|lead|3|/people/reconcile
policies|lead|3|/policies
policy|lead|3|/policies/BENCH-0001 /policies/BENCH-0002
matrix|lead|-|/policies/matrix
handbook|lead|3|/handbook
handbook_own|employee|3|/handbook
my|employee|3|/my
tasks|lead|3|/tasks
calendar|lead|-|/calendar?month=2026-11
documents|lead|3|/documents?page=1 /documents?page=2
documents_folder|lead|3|/documents?f.folder=FLD-0001&page=1 /documents?f.folder=FLD-0001&page=7 /documents?f.folder=FLD-0001&sort=title
documents_search|lead|10|/documents?q=payroll+33 /documents?q=gateway+101 /documents?q=Document+77
document|lead|3|/documents/DOC-0007 /documents/DOC-0101
holds|lead|-|/documents/holds
retention|lead|-|/documents/retention
disposition|lead|-|/documents/disposition
search|lead|10|/search?q=payroll /search?q=Ada /search?q=store-7
access|lead|3|/access
review|lead|3|/access/AR-0001
review_lines|lead|3|/access/AR-0001/lines /access/AR-0001/lines?show=flagged /access/AR-0001/lines?q=user7
accounts|lead|3|/access/accounts?system=SYS-0003 /access/accounts
training|lead|3|/training
campaign|lead|3|/training/campaigns/CAMP-0001
overdue|lead|3|/training/overdue
risks|lead|3|/risks
risk|lead|3|/risks/R-0001
assets|lead|3|/assets /assets?page=3
stores|lead|3|/assets/stores
encryption|lead|3|/assets/encryption
overview|lead|-|/
api_people|lead|3|/api/v1/records/person?page=1 /api/v1/records/person?page=9&sort=name
api_owing|lead|3|/api/v1/people?page=1 /api/v1/people?page=2
api_signatures|lead|3|/api/v1/records/acknowledgement?page=1 /api/v1/records/acknowledgement?f.policy_version=PV-0001
api_documents|lead|3|/api/v1/records/document?page=1 /api/v1/records/document?f.owner=P-0051
api_lines|lead|3|/api/v1/records/access_line?f.review=AR-0001 /api/v1/access/AR-0001/lines
api_policies|lead|3|/api/v1/policies
END
}
auth_of() { [ "$1" = employee ] && echo "Authorization: Bearer $employee" || echo "Cookie: $cookie"; }
# load CONNECTIONS: sets $p50, $p99 (ms), $rate (requests a second), $cpu (us a request)
load() {
    before=$(ticks "$web")
    wrk -t1 -c"$1" -d"${seconds}s" --timeout 30s --latency -s bench/year.lua -H "$(auth_of "$who")" "http://127.0.0.1:$port" -- "$scratch/paths" >"$scratch/wrk"
    after=$(ticks "$web")
    bad=$(awk '/Non-2xx/ { print $NF }' "$scratch/wrk")
    ms='function ms(t) { return t ~ /us$/ ? t / 1000 : t ~ /ms$/ ? t + 0 : t ~ /m$/ ? t * 60000 : t * 1000 }'
    p50=$(awk "$ms"' $1 == "50%" { printf "%.2f", ms($2) }' "$scratch/wrk")
    p99=$(awk "$ms"' $1 == "99%" { printf "%.2f", ms($2) }' "$scratch/wrk")
    rate=$(awk '/Requests\/sec/ { printf "%.0f", $2 }' "$scratch/wrk")
    cpu=$(awk -v t=$((after - before)) '/requests in/ { printf "%.0f", $1 ? t * 10000 / $1 : 0 }' "$scratch/wrk")
}
largest() { # bytes of the largest of these pages; and is each there?
    tr ' ' '\n' <"$1" | while read -r path; do
        curl -s -o /dev/null -w '%{size_download} %{http_code}\n' -H "$(auth_of "$who")" "http://127.0.0.1:$port$path"
    done | awk '$2 != 200 { wrong = $2 } $1 > max { max = $1 } END { print wrong ? "status-" wrong : max + 0 }'
}
: >"$scratch/table"
for percent; do
    data=$keep/program-$percent
    if [ ! -e "$data/config.json" ]; then
        timeout 300 "$program" "$data" "$percent" >"$scratch/made" || { rm -rf "$data"; exit 3; }
        echo "made $percent %: $(figure changes "$scratch/made") changes, $(figure leaves_per_second "$scratch/made") leaves/s, $(figure seconds "$scratch/made") s"
        "$assay" --data "$data" user add employee --roles employee --person P-0060 --name Employee >/dev/null
        "$assay" --data "$data" user add reviewer --roles compliance_lead --person P-0002 --name Reviewer >/dev/null
    fi
    employee=$("$assay" --data "$data" token add employee --label bench --scope own_page | tail -1)
    reviewer=$("$assay" --data "$data" token add reviewer --label bench --scope read,records | tail -1)
    web_start "$data"
    curl -s -o /dev/null -H "Cookie: $cookie" "http://127.0.0.1:$port/"
    began=$(date +%s)
    schedule=$(pgrep -P "$parent" -f -- '--role schedule' | head -1)
    echo "$percent %: memory before $(own $(family "$parent")) MB of its own, $(pss $(family "$parent")) MB PSS"
    pages | awk -F'|' -v only="$only" '$1 ~ only' | while IFS='|' read -r name who goal paths; do
        echo "$paths" | tr ' ' '\n' >"$scratch/paths"
        size=$(largest "$scratch/paths")
        load 1
        line=$(printf '%-17s alone p50 %8s p99 %8s ms, %7s us CPU' "$name" "$p50" "$p99" "$cpu")
        echo "$name $percent $p50 $cpu $goal $size" >>"$scratch/table"
        load 16
        echo "$line; 16: $rate requests/s, p99 $p99 ms, $cpu us CPU; $size bytes${bad:+; $bad FAILED}"
    done
    if echo decisions | grep -Eq "$only"; then
        keeper=$(pgrep -P "$parent" -f -- '--role keeper' | head -1)
        curl -s -H "Authorization: Bearer $reviewer" "http://127.0.0.1:$port/api/v1/access/AR-0001/lines?show=mine" >"$scratch/lines"
        python3 - "$scratch" <<'PY'
import json, sys
rows = json.load(open(sys.argv[1] + "/lines"))["rows"]
open(sys.argv[1] + "/ids", "w").write("".join(f"{r['id']} {r['version']}\n" for r in rows if r.get("may") and not r["is_flagged"]))
PY
        head -20 "$scratch/ids" >"$scratch/first_ids"
        before_web=$(ticks "$web") before_keeper=$(ticks "$keeper")
        while read -r id version; do
            curl -s -o "$scratch/answer" -w '%{time_total} %{http_code}\n' -H "Authorization: Bearer $reviewer" -H 'Content-Type: application/json' -H "If-Match: \"$version\"" \
                -d '{"transition":"keep"}' "http://127.0.0.1:$port/api/v1/records/access_line/$id/moves"
        done <"$scratch/first_ids" >"$scratch/decided"
        in_web=$(($(ticks "$web") - before_web)) in_keeper=$(($(ticks "$keeper") - before_keeper))
        sort -n "$scratch/decided" | awk -v web=$in_web -v keeper=$in_keeper '{ t[NR] = $1 * 1000; if ($2 != 200) wrong = $2 } END { if (NR)
            printf "decision          alone p50 %8.2f longest %.2f ms of %d, CPU each: web %.1f, keeper %.1f ms%s\n", t[int((NR + 1) / 2)], t[NR], NR, web * 10 / NR, keeper * 10 / NR, wrong ? "; status " wrong : "" }'
        # While one record is changed after the other, what a page costs that looks at it: nothing is kept between two requests then.
        who=lead; echo "/people?page=1" >"$scratch/paths"
        while :; do curl -s -o /dev/null -H "Authorization: Bearer $reviewer" -H 'Content-Type: application/json' -d '{"values":{"name":"laptop","kind":"laptop","owner":"P-0009"}}' "http://127.0.0.1:$port/api/v1/records/device"; sleep 0.1; done &
        writer=$!
        load 1
        kill $writer
        wait $writer 2>/dev/null || :
        printf 'people, ten changes a second: alone p50 %s p99 %s ms\n' "$p50" "$p99"
    fi
    echo "$percent %: memory after $(own $(family "$parent")) MB of its own (web $(own "$web")), $(pss $(family "$parent")) MB PSS; schedule has used $(($(ticks "$schedule") * 10)) ms of CPU in $(($(date +%s) - began)) s"
    web_stop
done

if fossil_timeline; then
    echo "fossil /timeline, 16 connections: $theirs requests/s, $theirs_cpu us CPU a request of $theirs_bytes bytes"
else
    echo "fossil is not installed: no comparison with its timeline"
    theirs_cpu=0
fi
echo "growth: CPU in us a request at each size, times the first, p50 alone in ms at the last, goal; Fossil's CPU is so many times ours:"
awk -v theirs="$theirs_cpu" '{ if (!($1 in seen)) { order[++n] = $1; seen[$1] = 1; first[$1] = $4 } cpu[$1] = cpu[$1] " " $4; last[$1] = $4; p50[$1] = $3; goal[$1] = $5; bytes[$1] = $6 }
    END { for (i = 1; i <= n; i++) { k = order[i]; split(cpu[k], c, " "); line = sprintf("%-17s", k); for (j = 1; j in c; j++) line = line sprintf("%8d", c[j]);
        printf "%s  x%-6.1f %8.2f ms (goal %s)%s  %6s bytes  fossil x%.1f\n", line, first[k] ? last[k] / first[k] : 0, p50[k], goal[k], (goal[k] != "-" && p50[k] > goal[k] + 0 ? " MISSED" : ""), bytes[k], last[k] ? theirs / last[k] : 0 } }' "$scratch/table"
