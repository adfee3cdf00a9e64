#!/bin/sh
# People: a roster as HR systems write it, taken in twice; joiners, movers and leavers by themselves; a leaver who is proven, and one who is late.
. "$(dirname "$0")/lib.sh"
run() { "$assay" --data "$d/data" "$@"; }
on() { date -u -d "$1" +%F; }

begin() {
    expect 0 run init
    expect 0 run record add person name="Lea Lead" kind=employee
    expect 0 run record add organisation name=Example lead=P-0001 report_type=type2
    expect 0 run record add system name=IdP kind=identity owner=P-0001
}
roster() {
    printf 'Employee ID;First Name;Last Name;Work Email;Employment Type;Job Title;Department;Reports To;Hire Date;Termination Date\n'
    printf 'E1;Lea;Lead;lea@example.org;Full-Time;CEO;Board;;01.02.2020;\n'
    printf 'E2;Ada;Byron;ada@example.org;Full-Time;Engineer;Engineering;E1;%s;\n' "$(date -u -d '+3 days' +%d.%m.%Y)"
    printf 'E3;Leo;Gone;leo@example.org;Contractor;Engineer;Engineering;lea@example.org;15.03.2021;%s\n' "$1"
}

case_a_roster_is_known_by_its_columns_and_taken_in_once() {
    begin
    roster '' >"$d/hr.csv"
    expect 0 run people import "$d/hr.csv" --full --dry-run
    grep -q '3 rows: 2 new, 1 changed' "$d/out" || fail "not what it would do"
    expect 0 run people import "$d/hr.csv" --full
    expect 0 run record show person P-0001 --json
    grep -q '"employee_number": *"E1"' "$d/out" || fail "somebody of the same name is not found again"
    expect 0 run record show person P-0003 --json
    grep -q '"manager": *"P-0001"' "$d/out" || fail "no manager"
    grep -q '"started_on": *"2021-03-15"' "$d/out" || fail "no first day"
    grep -q '"kind": *"contractor"' "$d/out" || fail "not a contractor"
    expect 0 run people joiners
    grep -q 'Joiner: Ada Byron' "$d/out" || fail "the joiner is not opened"
    ! grep -q 'Lea Lead' "$d/out" || fail "somebody who began years ago is no joiner"
    size=$(run status --json | grep -o '"leaf": *[0-9]*' | head -1)
    expect 0 run people import "$d/hr.csv" --full
    grep -q '3 rows: 0 new, 0 changed, 3 as they are' "$d/out" || fail "not the same"
    [ "$(run status --json | grep -o '"leaf": *[0-9]*' | head -1)" = "$size" ] || fail "the second time left a trace"
    expect 0 run people import "$d/hr.csv" --full --json
    grep -q '"missing": *\[\]' "$d/out" || fail "somebody is missing"
}

case_whoever_is_missing_is_proposed_and_stays() {
    begin
    roster '' >"$d/hr.csv"
    expect 0 run people import "$d/hr.csv"
    roster '' | grep -v E2 >"$d/less.csv"
    expect 0 run people import "$d/less.csv" --full
    grep -q 'not in it: P-0002 Ada Byron' "$d/out" || fail "nobody is proposed"
    expect 0 run record show person P-0002 --json
    grep -q '"id": *"active"' "$d/out" || grep -q '"state": *"active"' "$d/out" || fail "she is gone"
}

case_what_cannot_be_told_is_said_and_nothing_is_written() {
    begin
    printf 'Name,Phone\nAda,1\n' >"$d/hr.csv"
    expect 2 run people import "$d/hr.csv"
    grep -q 'e-mail address or employee number' "$d/out" || fail "not said"
    printf 'Name,Email,Hire Date\n\nAda,ada@example.org,03/04/2026\n' >"$d/hr.csv"
    expect 2 run people import "$d/hr.csv"
    grep -q 'row 3, Hire Date: it cannot be told which is the day' "$d/out" || fail "guessed"
    printf 'Name,Email,Type\nAda,ada@example.org,Wizard\n' >"$d/hr.csv"
    expect 2 run people import "$d/hr.csv"
    expect 2 run people import "$d/none.csv"
    expect 2 run people sync nowhere
    expect 2 run people leave P-0001 --on soon
    expect 2 run people dance
    [ "$(run record list person | wc -l)" -eq 1 ] || fail "something was written"
}

case_a_leaver_late_by_two_days_is_a_deviation() {
    begin
    roster "$(date -u -d '-6 days' +%d.%m.%Y)" >"$d/hr.csv"
    expect 0 run people import "$d/hr.csv"
    expect 0 run people joiners --kind leaver
    grep -q 'Leaver: Leo Gone.*late' "$d/out" || fail "not late"
    expect 0 run record list deviation
    grep -q 'Overdue: Take away the account of IdP: Leo Gone' "$d/out" || fail "no deviation"
    expect 0 run record show deviation DEV-0001 --json
    grep -q 'AC-04' "$d/out" || grep -q 'HR-09' "$d/out" || fail "of no control"
    expect 0 run people look
    grep -q '^0 changes' "$d/out" || fail "it is not said once"
}

case_a_leaver_is_done_when_an_extract_shows_it() {
    begin
    roster '' >"$d/hr.csv"
    expect 0 run people import "$d/hr.csv"
    printf 'login,email,name\nlea,lea@example.org,Lea Lead\nleo,leo@example.org,Leo Gone\nghost,,Old Ghost\n' >"$d/before.csv"
    expect 0 run access extract "$d/before.csv" --system IdP --query 'all users' --complete 'count equals the console'
    expect 0 run people look
    expect 0 run people reconcile
    grep -q 'Account without a person: ghost' "$d/out" || fail "the orphan is not found"
    expect 0 run people leave P-0003 --on "$(on '-2 days')" --involuntary
    grep -q 'Leaver' "$d/out" || fail "no checklist"
    expect 0 run people reconcile
    grep -q 'Leaver with an account: leo' "$d/out" || fail "the leaver's account is no difference"
    expect 0 run record list lifecycle_step
    step=$(grep 'Take away the account of IdP: Leo Gone' "$d/out" | cut -d' ' -f1)
    [ -n "$step" ] || fail "no step for the system"
    printf 'login,email,name\nlea,lea@example.org,Lea Lead\nghost,,Old Ghost\n' >"$d/after.csv"
    expect 0 run access extract "$d/after.csv" --system IdP --query 'all users' --complete 'count equals the console'
    expect 0 run people look
    expect 0 run record show lifecycle_step "$step" --json
    grep -q 'proven' "$d/out" || fail "not proven"
    grep -q '"lag": *[1-9]' "$d/out" || fail "no lag"
    expect 0 run people reconcile --json
    ! grep -q 'Leaver with an account: leo.*"Open"' "$d/out" || fail "still a difference"
    expect 0 run people show P-0003
    grep -q 'account leo in IdP: Gone' "$d/out" || fail "the account is not gone"
    expect 0 run verify "$d/data"
    run dump >"$d/one"
    expect 0 run rebuild
    run dump >"$d/two"
    cmp -s "$d/one" "$d/two" || fail "rebuilt, it is another"
}

case_leavers_are_a_population_for_the_evaluator() {
    begin
    roster "$(date -u -d '-20 days' +%d.%m.%Y)" >"$d/hr.csv"
    expect 0 run people import "$d/hr.csv"
    expect 0 run people population AC-04
    cp "$d/out" "$d/a.json"
    grep -q '"independent_count": *1' "$d/a.json" || fail "the leaver is not in it"
    expect 0 run evaluate "$d/a.json"
    grep -q 'NOT_OPERATING' "$d/out" || fail "an open one is no deviation"
    expect 0 run people population HR-01 --from "$(on '-1 days')" --to "$(on '+10 days')"
    grep -q '"screening_completed_before_access": *false' "$d/out" || fail "nobody to be screened"
    expect 2 run people population CHG-01
}

case_who_changes_place_is_a_mover_once() {
    begin
    roster '' >"$d/hr.csv"
    expect 0 run people import "$d/hr.csv"
    printf 'login,email,name\nleo,leo@example.org,Leo Gone\n' >"$d/list.csv"
    expect 0 run access extract "$d/list.csv" --system IdP --query 'all users' --complete 'count equals the console'
    expect 0 run record change person P-0003 department=Sales
    expect 0 run record change person P-0003 job_title="Account manager"
    expect 0 run people look
    expect 0 run people joiners --kind mover
    [ "$(grep -c 'Mover: Leo Gone' "$d/out")" -eq 1 ] || fail "not one move"
    expect 0 run people look
    grep -q '^0 changes' "$d/out" || fail "again"
}
run_cases "$@"
