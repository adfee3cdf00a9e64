#!/bin/sh
# assay demo: the made company passes what any ledger has to pass, has deviations of each kind, and is the same for the same seed and day.
set -eu
. "$(dirname "$0")/lib.sh"

# Shortly after midnight, when nothing of the last day's routine has happened yet.
midnight=1795134000000 # 2026-11-20T00:20Z
demo() { expect 0 env ASSAY_TEST_NOW_MS=$midnight "$assay" --data "$1" demo --json; }
of() { "$assay" --data "$d/data" "$@" >"$d/out" 2>"$d/err" || fail "exit status $?: $*"; }

is_plain() { ! grep -q __asan_init "$assay"; }

# All that records say, without what is made of keys, salts and the ledger's heads: hashes, and what the heads drew (samples, the sheets that stand on them,
# rows that are traced).
records_of() {
    for file in "$(dirname "$0")"/../../content/records/*.yaml; do
        type=$(basename "$file" .yaml)
        case $type in sample | test_sheet | audit_exception | response | population | device_check) continue ;; esac
        echo "== $type"
        "$assay" --data "$1" record export "$type" 2>/dev/null | sed -E 's/[0-9a-f]{32,}/H/g; s/s:[0-9a-f]+/H/g'
    done >"$2"
    [ "$(wc -l <"$2")" -gt 2000 ] || fail 'nearly nothing to compare'
}

case_the_company_holds_and_is_the_same_for_the_same_seed_and_day() {
    is_plain || [ -n "${ASSAY_TEST_LONG-}" ] || skip 'a year takes seven minutes under sanitizers (script/test --long demo)'
    demo "$d/data"
    grep -q '"engagement": *"ENG-0002"' "$d/out" || fail 'no engagement is under way'
    [ "$(grep -c '"link"' "$d/out")" -ge 4 ] || fail 'links for fewer than four people'
    grep -q '"origin": *"demo/assay/' "$d/data/config.json" || grep -q '"origin":"demo/assay/' "$d/data/config.json" || fail 'the origin does not say demo'
    expect 0 "$assay" --data "$d/data" verify
    last=$("$assay" --data "$d/data" status --json | sed -n '/"last_run"/,/"t"/s/.*"t": *\([0-9]*\).*/\1/p' | head -1)
    [ "$last" -le $midnight ] || fail 'hosts were read in the future'
    expect 0 "$assay" --data "$d/data" reperform --last 3
    has 'no difference'
    rebuild_is_same
    what_is_in_it
    demo "$d/again"
    records_of "$d/data" "$d/one.csv"
    records_of "$d/again" "$d/two.csv"
    cmp -s "$d/one.csv" "$d/two.csv" || fail "$(diff "$d/one.csv" "$d/two.csv" | head -3)"
}

what_is_in_it() {
    of record list person && [ "$(grep -c . "$d/out")" -ge 40 ] || fail 'fewer than forty people'
    of status && has 'Readiness'
    of audit evaluate --engagement ENG-0002
    for control in AC-09 LOG-01 RSK-02 BCP-04 VUL-02 LOG-04 CHG-01 CHG-02 AST-02 AC-04; do
        grep -Eq "$control .*(OPERATED_WITH_DEVIATIONS|NOT_OPERATING)" "$d/out" || fail "$control has no deviation"
    done
    of audit sample list && has 'SMP-0001'
    of audit sample draw-again SMP-0001 && has 'same'
    of audit sheet list && has 'TS-0001'
    of report type2 --engagement ENG-0002 --format pdf --output "$d/report.pdf"
    [ "$(grep -ac '/Type */Page\b' "$d/report.pdf")" -ge 0 ] && [ "$(wc -c <"$d/report.pdf")" -gt 100000 ] || fail 'the report is short'
}

case_only_an_empty_directory_is_filled() {
    expect 0 "$assay" --data "$d/data" init
    expect 2 "$assay" --data "$d/data" demo
    one_line 'data'
    mkdir "$d/other" && echo x >"$d/other/file"
    expect 2 "$assay" --data "$d/other" demo
    one_line 'not empty'
    expect 2 "$assay" --data "$d/new" demo --until tomorrow
    one_line 'no day'
    [ ! -e "$d/new" ] || fail 'a directory was made'
}

run_cases
