#!/bin/sh
# Populations of an engagement by the command line: from the library, from files, held against one another, and what the evaluator says.
. "$(dirname "$0")/lib.sh"

pop() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" audit population "$@"
}
record() { expect 0 "$assay" --data "$d/data" record "$@"; }
begin() {
    expect 0 "$assay" --data "$d/data" init
    record add engagement title='Of the year' kind=type2 window_from=2026-01-01 window_to=2026-06-30 categories=security firm=Reed
    record add person name='Ann Field' email=ann@example.org started_on=2026-02-01
    record add person name='Bob Stone' email=bob@example.org started_on=2026-03-02
    record add person name='Cat Owner' email=cat@example.org started_on=2025-03-02
}

case_one_of_the_library_is_frozen_and_twice_it_is_the_same() {
    begin
    pop 0 library && has '^leavers  *query'
    pop 0 freeze hires --engagement ENG-0001 && has '^POP-0001: 2 rows, [0-9a-f]\{64\}$'
    sed 's/.*, //' "$d/out" >"$d/first"
    record add person name='Dan Later' started_on=2026-04-01
    pop 0 freeze hires --engagement ENG-0001 && has '^POP-0002: 3 rows'
    ! grep -q "$(cat "$d/first")" "$d/out" || fail 'somebody more, and the same digest'
    pop 0 rows POP-0001 --json && has 'Ann Field' && has '"found": *2'
    pop 0 rows POP-0001 --q bob && has 'Bob Stone'
    ! grep -q 'Ann' "$d/out" || fail 'rows that do not hold it'
    pop 0 show POP-0001 && has '(h) Unchanged  *Same digest' && has 'rows to trace: 1 2'
    pop 3 freeze POP-0001 && one_line 'frozen already'
    expect 0 "$assay" --data "$d/data" verify
    rebuild_is_same
    pop 0 rows POP-0001 --q bob && has 'Bob Stone'
}

case_as_of_an_instant_says_what_was_known_then() {
    begin
    pop 0 freeze hires --engagement ENG-0001 --at 2026-01-01 && has ': 0 rows'
    pop 0 freeze hires --engagement ENG-0001 --from 2026-03-01 --to 2026-03-31 && has ': 1 row'
}

case_a_file_in_any_order_gives_the_same_digest_and_a_bad_one_nothing() {
    begin
    printf 'id,date,change_record_exists\nD-1,2026-01-05,yes\nD-2,2026-01-06,no\n' >"$d/a.csv"
    printf 'id;date;change_record_exists\r\n"D-2";2026-01-06;no\r\nD-1;2026-01-05;yes\r\n' >"$d/b.csv"
    pop 0 freeze deployments --file "$d/a.csv" && sed 's/.*, //' "$d/out" >"$d/first"
    pop 0 freeze deployments --file "$d/b.csv" && grep -q "$(cat "$d/first")" "$d/out" || fail 'another digest'
    printf 'id,date\nD-1,"2026' >"$d/bad.csv"
    pop 2 freeze deployments --file "$d/bad.csv" && one_line 'bad.csv: line 2: a quote is not closed'
    pop 2 freeze POP-0003 && one_line 'come from a file'
    pop 0 show POP-0003 && has 'Not frozen'
    head -c 200000 /dev/urandom >"$d/noise.csv"
    pop 2 freeze POP-0003 --file "$d/noise.csv" && one_line 'not UTF-8'
    pop 0 show POP-0003 && has 'Not frozen'
}

case_a_query_that_runs_away_or_looks_where_it_may_not_is_refused() {
    begin
    record add population title=Own engagement=ENG-0001 controls=AC-04 system=HR query='with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) as c from n' period_from=2026-01-01 period_to=2026-06-30
    pop 3 freeze POP-0001 --time-limit 1 && one_line 'not done within 1 s'
    record change population POP-0001 query='select login, id from account'
    pop 3 freeze POP-0001 && one_line 'your roles may read'
    record change population POP-0001 query='drop table account'
    pop 3 freeze POP-0001 && one_line 'changes nothing'
    pop 0 show POP-0001 && has 'Not frozen'
}

case_two_sources_are_held_against_one_another() {
    begin
    printf 'number,name,date\n7,Ann Field,2026-02-01\n8,Eve Unknown,2026-02-01\n' >"$d/pay.csv"
    pop 0 freeze hires
    pop 0 freeze payroll_joiners --file "$d/pay.csv"
    pop 1 reconcile POP-0001 POP-0002 --keys name --alike date && has '2 here, 2 there, 1 the same thing; 1 missing here, 1 missing there, 0 differ; 2 recorded now'
    pop 1 reconcile POP-0001 POP-0002 --keys name --alike date --json && has '"new": *0'
    pop 2 reconcile POP-0001 POP-0002 --keys nothing && one_line 'nothing: no column'
    pop 0 show POP-0002 && has 'Open  *1 Missing' && has 'Eve Unknown'
}

case_nothing_is_concluded_from_what_nobody_checked() {
    begin

    pop 0 freeze leavers
    expect 0 "$assay" --data "$d/data" audit evaluate --engagement ENG-0001 --json
    has '"rules": *"2"'
    expect 2 "$assay" --data "$d/data" audit evaluate --engagement ENG-0001 --from 2026-01-01 && one_line 'has its own days'
    pop 0 list && has 'controls need a population'
}

run_cases "$@"
