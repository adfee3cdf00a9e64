#!/bin/sh
# Requests of the auditor by the command line: management answers and hands in, and neither accepts nor sends back its own; a rebuild and the verifier agree.
set -eu
. "$(dirname "$0")/lib.sh"

record() { expect 0 "$assay" --data "$d/data" record "$@"; }

make_request() {
    expect 0 "$assay" --data "$d/data" init
    record add person name=Olga email=olga@example.org
    record add engagement title='SOC 2 Type 2' kind=type2 window_from=2026-01-01 window_to=2026-12-31 categories=security
    record add audit_request title='Minutes of the board' engagement=ENG-0001 kind=document template=PBC-012 owner=olga@example.org due_on=2026-12-01
}

case_the_organisation_answers_and_decides_nothing() {
    make_request
    record change audit_request REQ-0001 answer='Minutes of all four meetings'
    record move audit_request REQ-0001 submit
    record show audit_request REQ-0001 --json && has '"submitted"'
    for step in accept return withdraw; do
        ! "$assay" --data "$d/data" record move audit_request REQ-0001 $step --reason because >"$d/out" 2>"$d/err" || fail "$step was taken by the organisation"
        grep -q 'takes one of: auditor' "$d/err" || fail "$step was not refused as the auditor's"
    done
    record show audit_request REQ-0001 --json && has '"submitted"'
    rebuild_is_same
    expect 0 "$assay" verify "$d/data"
}

case_comments_are_said_once_and_for_their_side() {
    make_request
    record add audit_comment title='Soon' text='You will have them on Friday.' engagement=ENG-0001 request=REQ-0001 side=management
    expect 2 "$assay" --data "$d/data" record add audit_comment title='x' text='x' engagement=ENG-0001 request=REQ-0001 side=auditor
    one_line 'that of who writes'
    ! "$assay" --data "$d/data" record change audit_comment CMT-0001 text='Never' >"$d/out" 2>"$d/err" || fail 'a comment was edited'
    rebuild_is_same
}

case_an_auditor_stands_alone_and_has_a_last_day() {
    make_request
    expect 2 "$assay" --data "$d/data" user add audrey --roles auditor && one_line 'last day'
    expect 2 "$assay" --data "$d/data" user add audrey --roles auditor,owner --until 2099-01-01 && one_line 'stands alone'
    expect 0 "$assay" --data "$d/data" user add audrey --roles auditor --until 2099-01-01
}

run_cases
