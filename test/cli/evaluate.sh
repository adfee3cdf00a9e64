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

case_each_sentence_of_the_rules_holds_at_its_edge() {
    for file in "$(dirname "$cases")/../../test/cases"/*.yaml; do
        expect 0 "$assay" evaluate "$file"
        grep -q ' 0 different$' "$d/out" || fail "$(grep '^■' "$d/out")"
        ! grep -q note: "$d/err" || fail "a field is not known: $(cat "$d/err")"
    done
}

# refused KIND-AND-FIELDS MESSAGE: one line that says where, and exit status 2
refused() {
    printf 'scenarios:\n- {id: A, kind: %s}\n' "$1" >"$d/cases.yaml"
    expect 2 "$assay" evaluate "$d/cases.yaml"
    [ "$(grep -vc note: "$d/err")" = 1 ] || fail "not one line: $(cat "$d/err")"
    grep -Eq "cases.yaml:[0-9]+:[0-9]+: $2" "$d/err" || fail "$1: $(cat "$d/err")"
}

case_what_is_of_the_wrong_type_is_never_passed_over() {
    w='control, window: {start: 2025-01-01, end: 2025-12-31}, control'
    refused "$w: {model: periodic, cadence: monthly}, instances: [{period: 2025-01, performed_at: 2025-02-01, attributes: fine}]" 'attributes: a map'
    refused "$w: {model: periodic, cadence: monthly}, instances: [done]" 'instances: a list of maps'
    refused "$w: {model: event_attributes}, mode: full, items: [fine, fine]" 'items: a list of maps'
    refused "$w: {model: event_attributes}, population: 10, deviations: 1, cause: {a: b}" 'cause: isolated'
    refused "$w: {model: event_attributes}, population: 1.5, deviations: 1" "population: '1.5' is no whole number"
    refused "$w: {model: event_attributes}, population: 99999999999999999999, deviations: 1" 'population: '
    refused "$w: {model: event_sla, sla: P1D}, events: [{trigger: 2025-02-30}]" "trigger: '2025-02-30' is no date"
    refused "$w: {model: event_sla, sla: P1D}, events: [{trigger: 2025-02-03, extension: later}]" 'extension: '
    refused "$w: {model: event_sla, sla: P1D}, events: [], population_check: {listed: -1, independent_count: -1}" 'population_check: '
    refused "$w: {model: event_sla, sla: P1D}, events: [], time_zone: Mars/Olympus" 'time_zone: there is no zone'
    refused "$w: {model: config_state}, subjects: [all]" 'subjects: a list of maps'
    refused "$w: {model: config_state}, subjects: [{segments: [{from: 2025-02-01, to: 2025-01-01, result: pass}]}]" 'to: is before from'
    refused "$w: {model: config_state}, parameters: {min_coverage: 1.2.3}, subjects: []" "min_coverage: '1.2.3' is no number"
    refused "$w: {model: config_state}, parameters: {max_gap_days: 1e11}, subjects: []" 'parameters: numbers of days'
    refused 'type1, as_of: 2025-06-30, design: yes' 'design: a map'
    refused 'criterion, controls: [{role: key, conclusion: OPERATED, flags: [[PARTIAL]]}]' 'flags: '
    refused 'readiness, criteria: [{key_scores: [1]}], blockers: -1' 'blockers: '
    refused 'sample_size, profile: attribute_90_10, population: 9223372036854775807' 'population: at most'
    refused 'opinion, criteria: [MET]' 'criteria: a map'
}

case_aliases_that_grow_without_end_are_refused() {
    printf 'a: &a [x, x, x, x, x, x, x, x, x, x]\n' >"$d/cases.yaml"
    last=a
    for next in b c d e f g h i j k; do
        printf '%s: &%s [*%s, *%s, *%s, *%s, *%s, *%s]\n' $next $next $last $last $last $last $last $last >>"$d/cases.yaml"
        last=$next
    done
    expect 2 "$assay" evaluate "$d/cases.yaml"
    grep -q 'cases.yaml:[0-9]*:[0-9]*: aliases: ' "$d/err" || fail "$(cat "$d/err")"
}

case_a_misspelt_field_is_told() {
    sed "s/grace_days: 15/grace_dais: 15/" "$cases" >"$d/cases.yaml"
    "$assay" evaluate "$d/cases.yaml" >"$d/out" 2>"$d/err" || :
    grep -q 'note: .*grace_dais: not a field that is known here' "$d/err" || fail "$(cat "$d/err")"
}

run_cases "$@"
