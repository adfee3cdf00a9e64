#!/bin/sh
# Worked cases through the evaluator of audit windows, as whoever checks our arithmetic runs them.
. "$(dirname "$0")/lib.sh"
cases=$(cd "$(dirname "$0")/../.." && pwd)/content/cases/worked.yaml

case_all_worked_cases_come_out_as_expected() {
    expect 0 "$assay" evaluate "$cases"
    grep -q ' 0 different$' "$d/out" || fail "$(grep '^■' "$d/out")"
    [ "$(grep -c '^●' "$d/out")" -ge 45 ] || fail "cases are missing"
    ! grep -q note: "$d/err" || fail "a field is not known: $(cat "$d/err")"
}

case_a_difference_is_named_and_ends_with_1() {
    sed 's/fail_subject_days: 3$/fail_subject_days: 4/' "$cases" >"$d/cases.yaml"
    expect 1 "$assay" evaluate "$d/cases.yaml"
    grep -q '^■ SC-01 *fail_subject_days: expected 4, comes out as 3$' "$d/out" || fail "not named: $(cat "$d/out")"
    expect 1 "$assay" evaluate --json "$d/cases.yaml"
    grep -q '"differing": 1' "$d/out" || fail "not in the JSON"
}

case_a_malformed_case_is_refused_with_its_line() {
    sed "s/model: config_state/model: config_stat/" "$cases" >"$d/cases.yaml"
    expect 2 "$assay" evaluate "$d/cases.yaml"
    grep -Eq "cases.yaml:[0-9]+:[0-9]+: model: 'config_stat' is none of" "$d/err" || fail "$(cat "$d/err")"
    sed "s/performed_at: '2025-04-08'/performed_at: '2025-04-31x'/" "$cases" >"$d/cases.yaml"
    expect 2 "$assay" evaluate "$d/cases.yaml"
    grep -Eq "cases.yaml:[0-9]+:[0-9]+: performed_at: '2025-04-31x' is no date" "$d/err" || fail "$(cat "$d/err")"
    printf 'scenarios: [\n' >"$d/cases.yaml"
    expect 2 "$assay" evaluate "$d/cases.yaml"
}

case_a_misspelt_field_is_told() {
    sed "s/grace_days: 15/grace_dais: 15/" "$cases" >"$d/cases.yaml"
    "$assay" evaluate "$d/cases.yaml" >"$d/out" 2>"$d/err" || :
    grep -q 'note: .*grace_dais: not a field that is known here' "$d/err" || fail "$(cat "$d/err")"
}

run_cases "$@"
