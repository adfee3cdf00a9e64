#!/bin/sh
# Lists of accounts and access reviews by the command line.
. "$(dirname "$0")/lib.sh"

access() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" access "$@"
}
record() { expect 0 "$assay" --data "$d/data" record "$@"; }
begin() {
    expect 0 "$assay" --data "$d/data" init
    record add person name='Ann Field' email=ann@example.org
    record add person name='Bob Stone' email=bob@example.org
    record add person name='Cat Owner' email=cat@example.org
    record add system name=Payroll kind=application
    printf 'User,Email,Roles,Last login,Status,Created\nann,ann@example.org,"billing, admin",2026-11-20,active,2025-01-01\nbob,bob@example.org,billing,2025-01-05T10:00:00Z,active,2024-01-01\nghost,,viewer,never,active,2024-01-01\n' >"$d/users.csv"
}

case_a_list_is_tried_then_read_in_and_compared_with_the_one_before() {
    begin
    access 0 && has 'No access review yet'
    access 0 extract "$d/users.csv" --system Payroll --query all --complete counted --dry-run
    has '3 accounts: 3 new, 0 changed, 0 gone' && has '2 by e-mail'
    record list system_account && ! grep -q ACC- "$d/out" || fail 'a dry run wrote something'
    access 0 extract "$d/users.csv" --system Payroll --query all --complete counted && has '^EXT-0001: 3 accounts: 3 new'
    access 0 extract "$d/users.csv" --system Payroll --query all --complete counted && has '3 accounts: 0 new, 0 changed, 0 gone'
    sed -i '/^ghost/d; s/"billing, admin"/billing/' "$d/users.csv"
    access 0 extract "$d/users.csv" --system Payroll --query all --complete counted --json
    has '"changed": *1' && has '"gone": *1'
    record show system_account ACC-0003 && has 'Gone'
    record history system_account ACC-0001 && has 'billing'
}

case_a_bad_list_is_refused_whole_by_row_and_column() {
    begin
    printf 'User,Last login\nann,12/31/2025\n,2026-01-01\nANN,2026-01-01\n' >"$d/bad.csv"
    access 2 extract "$d/bad.csv" --system Payroll --query all --complete counted
    grep -q 'row 2, Last login: "12/31/2025" is no date' "$d/err" || fail 'the date is not named'
    grep -q 'row 3: the account has no name' "$d/err" || fail 'the name is not named'
    grep -q 'row 4: "ANN" stands in row 2 already' "$d/err" || fail 'the repeated name is not named'
    printf 'User\n' >"$d/bad.csv"
    access 2 extract "$d/bad.csv" --system Payroll --query all --complete counted
    access 2 extract "$d/users.csv" --system Payroll && one_line 'have to be said'
    access 2 extract "$d/users.csv" --system Nowhere --query all --complete counted && one_line 'no such system'
    access 2 extract "$d/users.csv" --system Payroll --query all --complete counted --map Nothing=email
    access 2 nonsense && grep -q 'none of list' "$d/err"
    record list system_account && ! grep -q ACC- "$d/out" || fail 'something was written'
}

case_a_list_that_loses_most_accounts_takes_a_second_yes() {
    begin
    { echo User && seq -f 'u%03g' 1 30; } >"$d/users.csv"
    access 0 extract "$d/users.csv" --system Payroll --query all --complete counted
    { echo User && seq -f 'u%03g' 1 5; } >"$d/users.csv"
    access 2 extract "$d/users.csv" --system Payroll --query all --complete counted && one_line '25 of 30 accounts would be gone'
    access 0 extract "$d/users.csv" --system Payroll --query all --complete counted --yes && has '25 gone'
}

case_a_review_freezes_the_list_and_asks_nobody_about_themselves() {
    begin
    access 0 review --system Payroll --owner cat@example.org --reviewer ann@example.org && has 'AR-0001 waits for a list of the accounts of Payroll'
    access 0 extract "$d/users.csv" --system Payroll --query all --complete counted
    access 0 list && has 'AR-0001  open' && has '3 lines, 3 open'
    access 0 lines AR-0001 && sed -n 1p "$d/out" | grep -q 'ghost .*orphan dormant' || fail 'what is flagged is not first'
    access 0 lines AR-0001 --json
    tr -d '\n ' <"$d/out" | grep -q '"name":"ann","system":"SYS-0001","state":"open","flags":"","rights":"admin,billing","person":"P-0001","reviewer":"P-0003"' || fail 'ann reviews herself'
    access 0 attributes AR-0001
    cp "$d/out" "$d/case.json"
    expect 0 "$assay" evaluate "$d/case.json"
    access 2 lines AR-0009 && one_line 'name a review'
    expect 2 "$assay" --data "$d/data" record move access_line AR-0001 keep
    expect 3 "$assay" --data "$d/data" record move access_line AL-0001 keep && one_line 'takes one of: @reviewer, @delegate'
    expect 0 "$assay" --data "$d/data" verify
}

case_a_captured_host_is_a_list_at_once() {
    begin
    make_host "$d/host"
    collect "$d/data" "$d/host"
    access 0 extract --host '' && has '2 accounts: 2 new' && has '1 by login'

    record list system_account && has root
    record show account_extract EXT-0001 && has 'users:'
}

run_cases "$@"
