#!/bin/sh
# The gap analysis by the command line: its order, the plan, what others found, what is complete.
set -eu
. "$(dirname "$0")/lib.sh"

gap() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" gap "$@"
}
record() { expect 0 "$assay" --data "$d/data" record "$@"; }

case_the_register_says_what_comes_first_and_why() {
    expect 0 "$assay" --data "$d/data" init
    gap 0 && has 'No gap yet'
    record add person name=Ann email=ann@example.org
    record add organisation name=Example window_from=2099-01-01
    record add gap title='Low one' kind=missing impact=1 likelihood=2 effort=s
    record add gap title='High one' kind=operation impact=3 likelihood=2 effort=m owner=ann@example.org lead_days=91
    gap 0 list && has 'High; 14 days of work and 91 days until a first proof'
    sed -n 1p "$d/out" | grep -q 'High one' || fail 'the high one is not first'
    record add gap title='Waits' kind=operation impact=3 likelihood=3 effort=s depends_on=GAP-0002
    gap 0 plan && has 'The window can begin on'
    gap 0 plan --json
    has '"is_known": *true'
    record change gap GAP-0002 depends_on=GAP-0003
    gap 0 plan && has 'wait for each other'
    gap 0 readiness && has 'No baseline yet'
    gap 2 nonsense && one_line 'none of list'
}

case_what_others_found_comes_in_whole_or_not_at_all() {
    expect 0 "$assay" --data "$d/data" init
    record add person name=Ann email=ann@example.org
    printf 'finding,control,severity,owner,due\nLeavers keep access,AC-04,high,ann@example.org,2099-12-31\nNobody,ZZ-99,huge,,\n' >"$d/f.csv"
    gap 2 import "$d/f.csv"
    grep -q "row 3: control: there is no control 'ZZ-99'" "$d/err" || fail 'the row and column are not named'
    gap 0 && has 'No gap yet'
    printf 'finding,control,severity,owner,due\nLeavers keep access,AC-04,high,ann@example.org,2099-12-31\n' >"$d/f.csv"
    gap 0 import "$d/f.csv" --dry-run && has '1 gaps and 0 answers would be new'
    gap 0 import "$d/f.csv" --by 'Example LLP' && has '1 gaps, 0 answers'
    gap 0 import "$d/f.csv" && has 'here already'
    record history gap GAP-0001 && has 'from the assessment of Example LLP'
    printf '{"answers":[{"question":"GOV-01-Q1","answer":"no"}]}' >"$d/a.json"
    gap 0 import "$d/a.json" && has '0 gaps, 1 answers'
    gap 0 list && has '1 proposed'
    printf '{"assessment-results":{}}' >"$d/o.json"
    gap 2 import "$d/o.json" && one_line 'OSCAL'
    expect 0 "$assay" verify "$d/data"
}

case_completeness_counts_what_is_there() {
    expect 0 "$assay" --data "$d/data" init
    gap 0 completeness && has 'Controls in scope adopted'
    gap 0 completeness --json
    has '"topics"'
    record add person name=Ann email=ann@example.org
    record add control ACME-1 title='Ours' statement='We do it.' owner=ann@example.org frequency=monthly criteria_key=CC1.1
    record move control ACME-1 adopt
    gap 0 completeness --json
    has 'Own controls'
}

run_cases
