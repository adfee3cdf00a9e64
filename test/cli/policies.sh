#!/bin/sh
# Policies by the command line: the library's words, rules of texts, drafts from files, what differs, what was signed elsewhere, receipts.
set -eu
. "$(dirname "$0")/lib.sh"

policy() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" policy "$@"
}
record() { expect 0 "$assay" --data "$d/data" record "$@"; }

case_the_library_is_shown_and_keeps_its_own_rules() {
    expect 0 "$assay" --data "$d/data" init
    policy 0 && has 'POL-01 .*Not taken over'
    [ "$(grep -c '^. POL-' "$d/out")" = 27 ] || fail 'not 27 policies'
    policy 0 lint && has '27 texts keep all rules'
    policy 0 show POL-08 && has '12 characters'
    policy 0 show POL-08 --json
    has '"is_library": *true'
    policy 0 matrix && has 'criteria in scope have no policy in force'
    policy 2 show POL-99 && one_line 'none of this name'
    policy 2 nonsense && one_line 'none of list'
}

case_a_text_that_breaks_rules_is_told_with_its_lines() {
    expect 0 "$assay" --data "$d/data" init
    printf '# Mine\n\n## Purpose\nShort.\n\n{{nothing}} and AC-99.\n' >"$d/p.md"
    policy 1 lint "$d/p.md"
    has 'p.md:6: there is no parameter {{nothing}}'
    has 'p.md:6: there is no control AC-99'
    has 'the section "Scope" is missing'
    has 'a policy that is read has 600 to 2000'
    policy 1 lint "$d/p.md" --json
    has '"line": *6'
}

case_a_draft_is_written_frozen_and_decided_on_by_somebody_else() {
    expect 0 "$assay" --data "$d/data" init
    record add person name=Ann email=ann@example.org
    policy 0 take POL-05 --owner P-0001 && has 'taken over'
    policy 2 take POL-05 --owner P-0001 && one_line 'there already'
    policy 0 show POL-05 --json
    has '"number": *1'
    "$assay" --data "$d/data" policy show POL-05 --version 1 >"$d/shown"
    printf '# Acceptable use policy\n\nOurs: at least {{password_length_min}}.\n' >"$d/p.md"
    policy 0 write POL-05 "$d/p.md" --what 'In our words' && has 'version 1 is written'
    policy 0 submit POL-05 && has 'frozen'
    expect 0 "$assay" --data "$d/data" record show policy_version PV-0001 --json
    has "\"digest\": *\"$(printf '# Acceptable use policy\n\nOurs: at least 12 characters.\n' | sha256sum | cut -c1-64)\""
    expect 3 "$assay" --data "$d/data" record move policy_version PV-0001 approve && one_line 'somebody else'
    policy 3 publish POL-05 && one_line 'not approved'
    policy 3 write POL-05 "$d/p.md" && one_line 'waits for approval'
    policy 2 acknowledge POL-05 --person P-0001 --elsewhere 'on paper' && one_line 'no version of it is in force'
    expect 0 "$assay" --data "$d/data" record move policy_version PV-0001 reject --reason 'not yet'
    policy 0 write POL-05 "$d/p.md" --minor && has 'version 1'
    policy 2 receipt 3 && one_line 'no approval and no signature'
    expect 0 "$assay" verify "$d/data"
}

run_cases
