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

requests() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" audit requests "$@"
}

case_the_list_is_read_with_its_ageing_and_goes_to_the_firm_and_back() {
    make_request
    record add audit_request title='Leavers of the year' engagement=ENG-0001 kind=population firm_id=R-7 due_on=2026-01-05
    requests 0 ENG-0001 && has 'REQ-0001 .*Minutes of the board' && has 'REQ-0002 .*d late' && has '2 wait for the organisation, 0 for the auditor' && has '^Olga'
    requests 0 ENG-0001 --show late && has REQ-0002 && lacks 'Minutes'
    requests 0 ENG-0001 --json && has '"ageing"' && has '"late": *1'
    requests 2 ENG-0001 --show some && grep -q 'waiting, late' "$d/err"
    requests 2 ENG-0009 && one_line 'no engagement ENG-0009'
    requests 2 && grep -q 'takes the id of an engagement' "$d/err"
    requests 0 ENG-0001 --export "$d/list.csv" && grep -q '^REQ-0001,' "$d/list.csv" || fail 'no CSV'
    requests 0 ENG-0001 --export - && has '^Id,'
    requests 2 ENG-0001 --export "$d/list.pdf" && grep -q 'ends with .xlsx or .csv' "$d/err"
    # The firm fills in its numbers, changes a day and asks for one thing more.
    printf 'Id,Ref,Request,Due date,Room\nREQ-0001,R-1,Minutes of the board,2026-11-30,\n,R-9,Network plan,2026-12-15,Cellar\n' >"$d/back.csv"
    requests 0 ENG-0001 --import "$d/back.csv" --dry-run && has '1 new, 1 changed' && has 'nothing was stored' && has 'Room: kept in the words'
    requests 0 ENG-0001 --show all && lacks 'Network plan'
    requests 0 ENG-0001 --import "$d/back.csv" && has '1 new, 1 changed'
    requests 0 ENG-0001 --show all && has 'REQ-0003 .*2026-12-15 .*Network plan' && has 'REQ-0001 .*2026-11-30'
    requests 0 ENG-0001 --import "$d/back.csv" --json && has '"made": *0' && has '"same": *2'
    printf 'Id,Request,Due date\nREQ-0001,Minutes,soon\n' >"$d/bad.csv"
    requests 2 ENG-0001 --import "$d/bad.csv" && grep -q 'row 2, .*soon' "$d/err" && grep -q '1 problem; nothing was stored' "$d/err"
    rebuild_is_same
    expect 0 "$assay" verify "$d/data"
}

case_a_workbook_goes_out_and_comes_back() {
    make_request
    got=0
    "$assay" --data "$d/data" audit requests ENG-0001 --export "$d/list.xlsx" >"$d/out" 2>"$d/err" </dev/null || got=$?
    ! grep -q 'libxlsxwriter' "$d/err" || skip 'libxlsxwriter is not installed'
    [ "$got" -eq 0 ] && [ "$(head -c 2 "$d/list.xlsx")" = PK ] || fail "no workbook: $(cat "$d/err")"
    requests 0 ENG-0001 --import "$d/list.xlsx" && has '0 new, 0 changed, 1 as they are'
    printf 'PK\003\004 no workbook' >"$d/broken.xlsx"
    requests 2 ENG-0001 --import "$d/broken.xlsx" && one_line 'broken.xlsx'
}

run_cases
