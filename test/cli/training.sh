#!/bin/sh
# Training on a terminal: courses, a campaign that assigns by itself, who is late, and what nobody may write.
# usage: ASSAY=build/assay training.sh [CASE]
set -u
. "$(dirname "$0")/lib.sh"

case_courses_are_listed_and_a_completion_is_nobodys_to_make() {
    export ASSAY_DATA="$d/data"
    expect 0 "$assay" init
    expect 0 "$assay" training
    grep -q '^security_awareness .*0 completed' "$d/out" || fail "the course is not listed"
    expect 0 "$assay" training --json
    grep -q '"privacy"' "$d/out" || fail "no JSON"
    expect 0 "$assay" training overdue
    grep -qx 'Nobody is late.' "$d/out" || fail "somebody is late"
    expect 0 "$assay" record add person name='Ann Field' kind=employee
    expect 0 "$assay" record add campaign title=Yearly course=privacy audience=all due_on=2030-01-01
    expect 2 "$assay" record add campaign title=Wrong course=nothing audience=all due_on=2030-01-01
    one_line 'course: there is no course nothing'
    expect 0 "$assay" record move campaign CAMP-0001 begin
    expect 0 "$assay" training campaign CAMP-0001
    grep -q '^Yearly: 0 of 0 completed' "$d/out" || fail "the campaign is not shown"
    expect 3 "$assay" record add training_completion title=x course=privacy course_digest=x person=P-0001 name=x score=100 right=20 asked=20 pass_percent=80 attempt=1 seed=x \
        started_at=2026-01-01T00:00:00Z finished_at=2026-01-01T00:00:00Z
    one_line 'making one takes'
    expect 2 "$assay" training certificate DONE-0001 --output "$d/x.pdf"
    one_line 'DONE-0001'
    [ ! -e "$d/x.pdf" ] || fail "a file was made"
    expect 2 "$assay" training nonsense
    expect 2 "$assay" training certificate DONE-0001
}

run_cases "$@"
