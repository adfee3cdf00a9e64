#!/bin/sh
# assay audit sample, sheet, exception: numbers for auditors, lists, and that the machine's own command line writes nothing that is an auditor's.
set -eu
. "$(dirname "$0")/lib.sh"

audit() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" audit "$@"
}
record() { expect 0 "$assay" --data "$d/data" record "$@"; }
denied() {
    got=0
    "$assay" --data "$d/data" record "$@" >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -ne 0 ] || fail "it was taken: $*"
    one_line 'auditor'
}

# On an auditor's own machine, without any data directory.
case_a_number_comes_with_its_commitment() {
    expect 0 "$assay" --data "$d/nowhere" audit sample nonce --json
    nonce=$(sed -n 's/.*"nonce": *"\([0-9a-f]*\)".*/\1/p' "$d/out")
    commitment=$(sed -n 's/.*"commitment": *"\([0-9a-f]*\)".*/\1/p' "$d/out")
    [ "$(printf '%s' "$nonce" | xxd -r -p | sha256sum | cut -d' ' -f1)" = "$commitment" ] || fail 'the commitment is not the SHA-256 of the number'
    expect 0 "$assay" --data "$d/nowhere" audit sample nonce && has '^number ' && has '^commitment '
}

case_lists_are_there_before_anything_is_drawn() {
    expect 0 "$assay" --data "$d/data" init
    audit 0 sample && has 'No sample yet'
    audit 0 sheet list && has 'No test sheet yet'
    audit 0 exception list && has 'No exception'
    audit 0 sample list --json && has '\[\]'
    audit 2 sample show && one_line 'wants an id'
    audit 2 sample draw-again SMP-0009 && one_line 'SMP-0009'
    audit 2 sample nonsense && one_line 'draw-again'
}

case_the_command_line_of_the_audited_writes_nothing_of_the_auditors() {
    expect 0 "$assay" --data "$d/data" init
    record add engagement title='SOC 2' window_from=2026-01-01 window_to=2026-06-30 categories=security
    record add population title=Merges engagement=ENG-0001 controls=CHG-02 system=Repository query='select 1 as id' period_from=2026-01-01 period_to=2026-06-30
    denied add sample title=Ours engagement=ENG-0001 population=POP-0001 size=5
    denied add test_sheet title=Ours engagement=ENG-0001 control=CHG-02 criteria=CC8.1 method=inspection
    audit 0 sample && has 'No sample yet'
    expect 0 "$assay" verify "$d/data"
    rebuild_is_same
}

run_cases
