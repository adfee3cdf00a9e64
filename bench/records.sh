#!/bin/sh
# Records at size: PEOPLE, ITEMS (evidence) and CHANGES are made through the real operations, ten thousand to one of them, and lists are timed as
# SQL inside one process would be by the web: bench/records.sh [ITEMS [PEOPLE [CHANGES]]]. KEEP=DIR leaves the data directory there for bench/web.
set -eu
. "$(dirname "$0")/lib.sh"
items=${1:-100000} people=${2:-10000} changes=${3:-1000000}
data=${KEEP:-$scratch/data}
batch=10000
seconds() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(seconds)" 'BEGIN { printf "%.2f", b - a }'; }

"$assay" --data "$data" init >"$scratch/out"
python3 - "$scratch" "$items" "$people" "$batch" <<'PY'
import sys
scratch, items, people, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
def files(name, head, count, row):
    for first in range(0, count, batch):
        with open(f"{scratch}/{name}.{first // batch:03}.csv", "w") as f:
            f.write(head + "\n")
            for i in range(first, min(count, first + batch)):
                f.write(row(i) + "\n")
files("people", "name,email,kind,department", people, lambda i: f"Person {i},person{i}@example.org,employee,Dept {i % 20}")
files("items", "title,period_from,period_to,owner", items,
      lambda i: f"Export {i} of system {i % 97},2026-{i % 12 + 1:02}-01,2026-{i % 12 + 1:02}-28,P-{i % people + 1:04}")
PY
for kind in people items; do
    type=person
    [ $kind = items ] && type=evidence
    for file in "$scratch/$kind".*.csv; do
        at=$(seconds)
        "$assay" --data "$data" record import $type "$file" >"$scratch/out"
        echo "import_${kind}_s $(since "$at")  # $(cat "$scratch/out")"
    done
done
# Each round gives every item another title: as many versions as there are items.
made=$((items + people)) round=0
while [ "$made" -lt "$changes" ]; do
    round=$((round + 1)) first=0
    while [ "$first" -lt "$items" ] && [ "$made" -lt "$changes" ]; do
        awk -v from="$first" -v n="$batch" -v max="$items" -v round="$round" \
            'BEGIN { print "id,title"; for (i = from + 1; i <= from + n && i <= max; i++) printf "EV-%04d,Export %d round %d\n", i, i, round }' >"$scratch/change.csv"
        "$assay" --data "$data" record import evidence "$scratch/change.csv" >"$scratch/out"
        made=$((made + batch)) first=$((first + batch))
    done
    echo "changes $made"
done
for query in "--sort -changed" "--sort title --state received" "--where owner=P-0007" "--sort period_from --where period_to<2026-06-01" "--find system"; do
    at=$(seconds)
    # shellcheck disable=SC2086
    "$assay" --data "$data" record list evidence $query --limit 50 --json >"$scratch/out"
    echo "list_s $(since "$at")  # with the start of a process: $query, $(grep -m1 '"total"' "$scratch/out")"
done
du -sm "$data" | awk '{ print "data_mb " $1 }'
