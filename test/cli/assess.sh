#!/bin/sh
# Status, tests, parameters, reports and re-performance, on a small tree, through the program.
. "$(dirname "$0")/lib.sh"

# json FILE EXPRESSION: the expression over the parsed file `o` is true.
json() { python3 -c 'import json, sys; o = json.load(open(sys.argv[1])); sys.exit(0 if eval(sys.argv[2]) else 1)' "$1" "$2" || fail "not so: $2"; }
# tamper SQL: changes the projection behind Assay's back.
tamper() { python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()' "$d/data/db/assay.db" "$1"; }

case_status_shows_nothing_before_the_first_run_and_results_after_it() {
    expect 0 "$assay" --data "$d/data" init
    expect 0 "$assay" --data "$d/data" status
    grep -q 'nothing has been captured yet' "$d/out"
    make_host "$d/host"
    collect "$d/data" "$d/host"
    expect 0 "$assay" --data "$d/data" status --json
    json "$d/out" 'o["has_evidence"] and o["tests"]["pass"] > 0 and len(o["readiness"]["worst"]) == 3 and len(o["window"]["cells"]) == 90'
    if grep -q "$(printf '\033')" "$d/out"; then fail "colour without a terminal"; fi
    expect 0 "$assay" --data "$d/data" status --at now-1d --json
    json "$d/out" 'not o["has_evidence"] and o["tests"]["pass"] == 0'
    expect 2 "$assay" --data "$d/data" status --at 2999-01-01
}

case_tests_run_over_a_tree_and_store_nothing() {
    make_host "$d/host"
    printf 'eve::0:0::/root:/bin/sh\n' >>"$d/host/etc/passwd"
    expect 1 "$assay" --data "$d/none" test --root "$d/host" account-uid-zero
    grep -q '■.*eve' "$d/out"
    [ ! -e "$d/none" ]
    expect 1 "$assay" --data "$d/none" test --root "$d/host" account-uid-zero --json
    json "$d/out" 'o["counts"]["fail"] == 1'
    expect 2 "$assay" test no-such-test
    one_line 'no-such-test'
}

case_a_test_is_explained_with_sql_parameters_captures_rows_and_reasons() {
    make_data
    expect 0 "$assay" --data "$d/data" test --stored --explain account-uid-zero
    for word in Why Controls SQL 'SELECT' 'users: leaf' 'Rows of users' Results 'How to fix'; do
        grep -q "$word" "$d/out" || fail "no \"$word\""
    done
}

case_a_parameter_has_limits_a_reason_and_a_history() {
    make_data
    expect 2 "$assay" --data "$d/data" record set parameter password_length_min 14
    one_line 'reason'
    expect 2 "$assay" --data "$d/data" record set parameter password_length_min many --reason x
    one_line 'integer'
    expect 2 "$assay" --data "$d/data" record set parameter no_such 1 --reason x
    one_line 'no_such'
    expect 0 "$assay" --data "$d/data" record set parameter password_length_min 14 --reason 'policy of 2026'
    expect 0 "$assay" --data "$d/data" record history parameter password_length_min
    grep -q 'password_length_min = 14.*policy of 2026' "$d/out"
    expect 0 "$assay" --data "$d/data" test --stored --explain password-length
    grep -q 'minlen = 14' "$d/out" || fail 'the fix does not show the value in force'
    expect 0 "$assay" --data "$d/data" rebuild
    expect 0 "$assay" --data "$d/data" record list parameter --json
    json "$d/out" '[p["value"] for p in o if p["name"] == "password_length_min"] == ["14"]'
}

case_one_value_stands_in_policy_control_and_test() {
    make_data
    expect 0 "$assay" --data "$d/data" record set parameter password_length_min 15 --reason 'policy of 2026'
    expect 0 "$assay" --data "$d/data" record show parameter password_length_min
    grep -q '^policy  POL-08 .*15 characters' "$d/out" || fail 'the policy has another value'
    grep -q '^control AC-09: .*15 characters' "$d/out" || fail 'the control has another value'
    grep -q '^test    password-length:' "$d/out" || fail 'no test uses it'
    expect 0 "$assay" --data "$d/data" test --stored --explain password-length
    grep -q 'minlen = 15' "$d/out" || fail 'the test has another value'
    expect 2 "$assay" --data "$d/data" record set parameter access_review_cadence daily --reason x
    one_line 'none of weekly'
}

case_a_parameter_that_takes_two_people_waits_for_the_second() {
    make_data
    expect 0 "$assay" --data "$d/data" record set parameter breach_notice_hours 48 --reason 'our contracts'
    grep -q '^proposed: breach_notice_hours = 48.*somebody else decides' "$d/out"
    expect 0 "$assay" --data "$d/data" record show parameter breach_notice_hours
    grep -q '^breach_notice_hours = 72' "$d/out" || fail 'it is in force already'
    expect 3 "$assay" --data "$d/data" record approve parameter breach_notice_hours --reason 'by myself'
    one_line 'does not approve it'
    expect 0 "$assay" --data "$d/data" record refuse parameter breach_notice_hours --reason 'a mistake'
    expect 2 "$assay" --data "$d/data" record approve parameter breach_notice_hours --reason x
    one_line 'nobody proposes'
    expect 0 "$assay" --data "$d/data" rebuild
    expect 0 "$assay" verify "$d/data"
}

case_the_report_is_one_page_that_fetches_nothing() {
    make_data
    expect 0 "$assay" --data "$d/data" report readiness --output "$d/report.html"
    grep -q '<h1>SOC 2 readiness' "$d/report.html"
    if grep -Eq 'src=|href="[^#]|<script|@import|url\(' "$d/report.html"; then fail "it fetches something"; fi
    expect 0 "$assay" --data "$d/data" report readiness --format json
    json "$d/out" 'o["kind"] == "readiness" and len(o["criteria"]) == 61 and len(o["controls"]) == 140'
}

case_past_runs_are_performed_again_without_a_difference() {
    make_data
    expect 0 "$assay" --data "$d/data" record set parameter password_length_min 14 --reason x
    printf 'eve:x:0:0::/root:/bin/sh\n' >>"$d/host/etc/passwd"
    collect "$d/data" "$d/host"
    expect 0 "$assay" reperform "$d/data"
    grep -q 'no difference' "$d/out"
    expect 0 "$assay" reperform "$d/data" --json
    json "$d/out" 'o["evaluations"] == 2 and o["reparsed"] > 5 and o["differences"] == []'
}

case_a_test_that_turns_from_pass_to_fail_is_a_leaf_that_needs_no_key_to_read() {
    make_data
    printf 'root:x:0:0:root:/root:/bin/bash\nann:x:0:1000::/home/ann:/bin/bash\n' >"$d/host/etc/passwd"
    collect "$d/data" "$d/host"
    evaluation=$(sed -n 's/.*(evaluation \([0-9]*\)).*/\1/p' "$d/out")
    expect 0 "$assay" --data "$d/data" verify --explain "$((evaluation - 1))" "$d/data"
    has '^    assay/leaf@v1 alert$'
    has '"ctl":\["account-administrators","account-uid-zero"\],"k":"eval.alert","kind":"test-failed"'
    collect "$d/data" "$d/host"
    evaluation=$(sed -n 's/.*(evaluation \([0-9]*\)).*/\1/p' "$d/out")
    expect 0 "$assay" --data "$d/data" verify --explain "$((evaluation - 1))" "$d/data"
    lacks 'leaf@v1 alert'
    expect 0 "$assay" --data "$d/data" verify
    rebuild_is_same
}

case_what_was_changed_behind_our_back_is_named() {
    make_data
    expect 0 "$assay" --data "$d/data" record set parameter password_length_min 14 --reason x
    collect "$d/data" "$d/host"
    cp -a "$d/data" "$d/good"
    tamper "update parameter set value = '8'"
    expect 1 "$assay" reperform "$d/data"
    grep -q '^parameter: .*password_length_min' "$d/out"
    rm -rf "$d/data" && cp -a "$d/good" "$d/data"
    tamper "update capture set c = replace(c, substr(c, 1, 1), '0'), x = (select x from capture where tbl = 'groups') where tbl = 'users'"
    expect 1 "$assay" reperform "$d/data"
    grep -q '^ledger: .*users' "$d/out"
    rm -rf "$d/data" && cp -a "$d/good" "$d/data"
    pack=$(find "$d/data/blobs" -type f -size +0 | head -1)
    python3 - "$pack" <<'PY'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(200); b = f.read(1); f.seek(200); f.write(bytes([b[0] ^ 1]))
PY
    expect 1 "$assay" reperform "$d/data"
    grep -q '^bytes: ' "$d/out"
}

run_cases "$@"
