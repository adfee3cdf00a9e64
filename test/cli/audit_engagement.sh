#!/bin/sh
# Engagements by the command line: opened with warnings, begun with the approved scope, followed without a gap.
. "$(dirname "$0")/lib.sh"

audit() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" audit "$@"
}
record() { expect 0 "$assay" --data "$d/data" record "$@"; }
begin() {
    expect 0 "$assay" --data "$d/data" init
    record add person name='Ann Lead' email=ann@example.org
}

case_a_short_window_wants_a_reason_and_a_shorter_one_is_refused() {
    begin
    audit 0 list && has 'No engagement yet'
    audit 2 open --type 2 --from 2026-01-01 --to 2026-03-30 && grep -q 'under three months' "$d/err"
    audit 2 open --type 2 --from 2026-01-01 --to 2026-05-31 && grep -q -- '--short-reason' "$d/err"
    audit 2 open --type 2 --from 2026-06-01 --to 2026-01-01 && grep -q 'ends before it begins' "$d/err"
    audit 2 open --type 1 --as-of 2026-13-01 && grep -q 'no date' "$d/err"
    audit 2 open --type 3
    audit 0 list && has 'No engagement yet'
    audit 0 open --type 2 --from 2026-01-01 --to 2026-05-31 --short-reason 'The first one' --firm Reed
    has 'ENG-0001' && has '2026-01-01 to 2026-05-31' && has 'MS-0001' && has 'Report issued'
}

case_windows_adjoin_unless_a_reason_is_given() {
    begin
    audit 0 open --type 2 --from 2026-01-01 --to 2026-12-31 --firm Reed
    audit 0 open --after ENG-0001 --json && has '"when": *"2027-01-01 to 2027-12-31"'
    audit 2 open --type 2 --from 2028-01-15 --to 2028-12-31 && grep -q -- '--gap-reason' "$d/err"
    audit 2 open --type 2 --from 2027-12-01 --to 2028-12-31 && grep -q 'already' "$d/err"
    audit 0 open --type 2 --from 2028-01-15 --to 2028-12-31 --gap-reason 'The system was sold' && has 'ENG-0003'
    audit 0 list && [ "$(grep -c ENG- "$d/out")" -eq 3 ] || fail 'three engagements are listed'
    audit 0 after ENG-0001 && has 'followed by ENG-0002: 2027-01-01 to 2027-12-31'
    audit 0 after ENG-0003 && has 'the next window: 2029-01-01 to'
}

case_planning_ends_with_the_scope_that_was_approved() {
    begin
    audit 0 open --type 2 --from 2026-01-01 --to 2026-12-31 --firm Reed
    has 'planning cannot end: it lacks an approved scope'
    audit 3 begin ENG-0001 && one_line 'never approved'
    audit 2 begin ENG-0009 && one_line 'no engagement'
    audit 2 show && grep -q 'takes the id' "$d/err"
    audit 2 nonsense && grep -q 'none of list' "$d/err"
}

case_milestones_are_reached_and_move_what_waits_for_them() {
    begin
    audit 0 open --type 1 --as-of 2026-12-31 --firm Reed --json && has '"kind": *"type1"' && has 'SOC 2 Type 1, 2026'
    id=$("$assay" --data "$d/data" audit show ENG-0001 | sed -n 's/.*\(MS-[0-9]*\) .* Kick-off: scope.*/\1/p' | head -1)
    audit 0 reach ENG-0001 "$id" --on 2026-10-09
    grep "$id" "$d/out" | grep -q '●' || fail 'it is not reached'
    audit 2 reach ENG-0001 MS-9999 && one_line 'no milestone'
}

case_firms_are_compared_by_weighed_scores() {
    begin
    audit 0 firms && has 'No firm yet'
    record add auditor_candidate name='Reed & Partners' licence=CPA-1 peer_review=pass is_independent=yes independence='Nothing else' experience_score=5 sector_score=5 method_score=5 people_score=5 price_score=0
    record add auditor_candidate name='Cheap & Co' experience_score=1 sector_score=1 method_score=1 people_score=1 price_score=5
    audit 0 firms
    [ "$(sed -n 1p "$d/out" | grep -c Reed)" -eq 1 ] || fail 'the better one is not first'
    has '90 of 100' && has '28 of 100' && has 'licence is not written down'
    audit 0 trend
}

run_cases
