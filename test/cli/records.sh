#!/bin/sh
# Records by the command line: made, changed, guarded, listed, of the past, imported, exported, of one's own types, and the same after a rebuild.
set -eu
. "$(dirname "$0")/lib.sh"

record() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" record "$@"
}

case_a_gap_lives_from_finding_to_acceptance() {
    expect 0 "$assay" --data "$d/data" init
    record 0 add person name=Ann email=ann@example.org && has 'person P-0001, version 1'
    record 0 add gap title='No reviews' kind=missing owner=ann@example.org controls='AC-06, AC-01' due_on=2026-12-01 && has 'GAP-0001'
    record 0 list gap --where 'owner=P-0001 due_on<2027-01-01 controls=AC-06' && has 'No reviews'
    record 0 list gap --where 'kind=design' && has 'no Gaps'
    record 2 list gap --where 'nonsense=1' && one_line 'there is no such field'
    record 0 list gap --find revi && has 'GAP-0001'
    record 0 change gap GAP-0001 impact=3 plan='Quarterly' && has 'version 2'
    record 3 change gap GAP-0001 impact=1 --version 1 && one_line 'somebody else changed it: version 2, not 1'
    record 2 change gap GAP-0001 impact=9 && one_line 'impact: has to be from 1 to 3'
    record 2 change gap GAP-0001 severity=low && one_line 'severity: is computed'
    record 2 change gap GAP-0001 owner=P-0099 && one_line 'there is no person P-0099'
    record 0 move gap GAP-0001 plan && has 'version 3'
    record 3 move gap GAP-0001 close && one_line 'not possible from state planned'
    record 3 move gap GAP-0001 accept --reason x && one_line 'takes somebody else than author'
    record 0 undo gap GAP-0001 && has 'version 4'
    record 0 show gap GAP-0001 && has '^Open, version 4'
    record 0 history gap GAP-0001 && has 'impact: 2 -> 3'
    record 2 show gap GAP-0009 && one_line 'there is none'
    record 2 list nonsense && one_line 'record type nonsense: there is none'
    rebuild_is_same
    expect 0 "$assay" verify "$d/data"
}

case_the_past_is_listed_as_it_was() {
    expect 0 env ASSAY_TEST_NOW_MS=1795000000000 "$assay" --data "$d/data" init
    expect 0 env ASSAY_TEST_NOW_MS=1795000001000 "$assay" --data "$d/data" record add holiday name=One on_date=2026-12-25
    expect 0 env ASSAY_TEST_NOW_MS=1795000100000 "$assay" --data "$d/data" record list holiday --json
    has One
    expect 0 env ASSAY_TEST_NOW_MS=1795000100000 "$assay" --data "$d/data" record list holiday --at 2026-11-18T00:00:00Z
}

case_a_file_of_records_comes_in_whole_or_not_at_all() {
    expect 0 "$assay" --data "$d/data" init
    printf 'Name;E-mail;Works as;Extra\nAnn;ann@example.org;Employee;x\nBob;bob@example.org;contractor;y\n' >"$d/p.csv"
    record 2 import person "$d/p.csv"
    grep -q 'row 1: Extra: is no field of person' "$d/err" || fail 'the column is not named'
    record 0 import person "$d/p.csv" --map 'Extra=' --dry-run && has '2 rows, 2 changes'
    record 0 list person && has 'no People'
    record 0 import person "$d/p.csv" --map 'Extra=' && has '2 rows, 2 changes'
    printf 'name,email,kind,manager\nCid,ann@example.org,employee,\n\nDan,dan@example.org,nobody,bob@example.org\n"Eve, ""E""",eve@example.org,employee,bob@example.org\n' >"$d/q.csv"
    record 2 import person "$d/q.csv"
    grep -q 'row 2: email: P-0001 has this one already' "$d/err" || fail 'row 2, below the heading'
    grep -q 'row 4: kind: is one of' "$d/err" || fail 'row 4, after a blank one'
    record 0 list person --json && has '"total": 2'
    printf 'name,email,kind,manager\n"=cmd(""x"")",eve@example.org,employee,bob@example.org\n' >"$d/q.csv"
    record 0 import person "$d/q.csv"
    record 0 export person
    grep -q "'=cmd" "$d/out" || fail 'a formula gets out'
    cp "$d/out" "$d/all.csv"
    record 0 import person "$d/all.csv" --dry-run && has '3 rows, 0 changes'
    rebuild_is_same
}

case_an_organisation_adds_fields_states_and_types() {
    expect 0 "$assay" --data "$d/data" init
    record 0 add gap title=Old kind=missing
    printf 'id: gap\nversion: 2\nfields:\n  cost: {label: Cost, type: money}\n  tags: {label: Tags, type: choices, choices: {a: A, b: B}}\nstates:\n  paused: {label: Paused}\n' >"$d/gap.yaml"
    printf 'transitions:\n  pause: {label: Pause, from: [open], to: paused, who: [administrator]}\n' >>"$d/gap.yaml"
    record 0 type add "$d/gap.yaml" --reason 'we count money' && has 'gap: changed'
    record 0 type add "$d/gap.yaml" && has 'is so already'
    record 0 change gap GAP-0001 cost='12.50 EUR' tags='a, B'
    record 0 show gap GAP-0001 && has '12.50 EUR' && has 'a, b'
    record 0 move gap GAP-0001 pause
    record 0 list gap --state paused && has Old
    printf 'id: pet\ntable: pets\nlabel: Pet\nlabels: Pets\nroom: people\nwords: Animals.\nprefix: PET\ntitle: name\nfields:\n  name: {label: Name, type: text, required: true}\n' >"$d/pet.yaml"
    printf 'states:\n  in: {label: In, start: true}\n  out: {label: Out, end: true}\ntransitions:\n  leave: {label: Leave, from: [in], to: out, who: [administrator], quorum: 2}\n' >>"$d/pet.yaml"
    printf 'may: {read: ["@everyone"], create: [administrator], change: [administrator]}\nlist: {columns: [id, name], sort: name}\n' >>"$d/pet.yaml"
    record 0 type add "$d/pet.yaml"
    record 0 add pet name=Rex
    record 0 move pet PET-0001 leave && has 'one of several'
    record 2 move pet PET-0001 leave && one_line 'already'
    printf 'id: gap\nfields:\n  cost: {label: Cost, type: text}\n' >"$d/bad.yaml"
    record 2 type add "$d/bad.yaml"
    rebuild_is_same
    record 0 show gap GAP-0001 && has '12.50 EUR'
    expect 0 "$assay" verify "$d/data"
}

case_what_is_kept_about_somebody_is_handed_out_and_erased() {
    expect 0 "$assay" --data "$d/data" init
    record 0 add person name='Ann Secret' email=ann@example.org kind=employee
    record 0 change person P-0001 job_title=Spy
    record 0 personal P-0001 --json && has 'Ann Secret' && has '"fields"'
    record 0 personal P-0001 && has 'to erase: assay erase'
    leaves=$(sed -n 's/^to erase: assay erase \([0-9 ]*\) --basis.*/\1/p' "$d/out")
    # shellcheck disable=SC2086
    expect 0 "$assay" --data "$d/data" erase $leaves --basis request --reason 'asked for'
    record 0 personal P-0001 && has 'erased'
    record 0 show person P-0001 --json
    if grep -q 'Secret\|Spy\|ann@' "$d/out"; then fail 'something personal is left'; fi
    record 0 list person --find Secret && has 'no People'
    expect 0 "$assay" verify "$d/data"
}

case_references_stay_whole() {
    expect 0 "$assay" --data "$d/data" init
    record 0 add person name=Ann email=ann@example.org
    record 0 add gap title=One kind=missing owner=ANN@example.org
    record 3 delete person P-0001 --reason x && one_line 'gap GAP-0001 .Owner. refer to it'
    record 0 change person P-0001 left_on=2026-01-01
    record 3 move person P-0001 leave && one_line 'sure: gap GAP-0001 .Owner. refer to it'
    record 0 move person P-0001 leave --sure && has 'version 3'
    printf '[{"type":"person","values":{"name":"Bob","manager":"new:2"}},{"type":"person","values":{"name":"Cid"}},' >"$d/c.json"
    printf '{"act":"change","type":"gap","id":"GAP-0001","version":1,"values":{"owner":"new:1"}}]' >>"$d/c.json"
    record 0 apply "$d/c.json" --dry-run && has '3 changes, nothing wrong'
    record 0 apply "$d/c.json" && has 'person P-0003, version 1'
    record 0 show gap GAP-0001 && has 'P-0002'
    record 2 apply "$d/c.json"
    grep -q 'changes\[2\]: .*somebody else changed it' "$d/err" || fail 'the change is not named'
    printf '[{"type":"gap","values":{"title":"x","kind":"missing","owner":"new:7"}}]' >"$d/c.json"
    record 2 apply "$d/c.json"
    grep -q 'changes\[0\].values.owner: there is no person new:7' "$d/err" || fail 'the field is not named'
    printf 'key,name,manager\na,Dan,b\nb,Eve,ann@example.org\n' >"$d/p.csv"
    record 0 import person "$d/p.csv"
    record 0 show person P-0004 && has 'P-0005'
    record 2 add person name=F email=ANN@EXAMPLE.ORG && one_line 'has this one already'
    rebuild_is_same
    expect 0 "$assay" verify "$d/data"
}

run_cases
