#!/bin/sh
# OSCAL by the command line: eight files that the schema takes, the same bytes twice, what others wrote in and our own back again.
#
# The schema and NIST's files are no part of the repository: $ASSAY_SHARED_DATA/oscal, and what looks at them is skipped where they are not.
set -eu
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")/.." && pwd)
shared=${ASSAY_SHARED_DATA:-/nonexistent}/oscal
models="catalog profile component-definition system-security-plan assessment-plan assessment-results plan-of-action-and-milestones mapping-collection"

record() { expect 0 "$assay" --data "$d/data" record "$@"; }
import() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" import oscal "$@"
}
export_to() { expect 0 "$assay" --data "$d/data" report oscal --output "$@"; }
has() { grep -q -- "$1" "$d/out" || fail "not in the output: $1"; }
# Every file of a directory holds by the schema, if both it and ajv are here.
validate() {
    [ -f "$shared/schema/oscal_complete_schema-1.2.2.json" ] || skip "no schema in $shared/schema"
    got=0
    node "$here/oscal/validate.mjs" "$shared/schema/oscal_complete_schema-1.2.2.json" "$@" >"$d/out" 2>"$d/err" || got=$?
    [ "$got" -ne 77 ] || skip "ajv is not installed (npm ci)"
    [ "$got" -eq 0 ] || fail "ajv: $(head -3 "$d/out")"
}
company() {
    make_data
    record add person name=Ann email=ann@example.org
    record add control AC-04 title=Leavers owner=ann@example.org
    record move control AC-04 adopt
    record add organisation name='Example Ltd' what='Does things.' data_flows='In, and out.' data_kinds=contact
    record add scope name=Scope boundary='All of it' owner=ann@example.org
    record add category name=Availability category=availability is_in=yes rationale=Promised
    record add system name=Shop kind=application
    record add service name='Shop as a service' what=Sells systems=SYS-0001
    record add asset name=web-1 kind=host system=SYS-0001
    record add subservice name=Cloud what=Hosts rationale='Own report' controls_assumed='Doors' criteria=CC6.4 report_until=2026-03-31
    record add data_store name=Orders class=confidential
    record add commitment title=Up text='99.9 %' category=availability source=sla
    record add gap title='No review' kind=missing controls=AC-04 criteria=CC6.2 plan=Begin due_on=2099-09-01
    record add deviation title=Late control=AC-04 happened_on=2026-05-02 response=Sorry
    record add engagement title='Type 2' kind=type2 window_from=2026-01-01 window_to=2026-12-31 categories=security firm=CPA
}

case_eight_files_hold_by_the_schema_with_and_without_an_engagement() {
    company
    export_to "$d/plain"
    for m in $models; do has "$d/plain/$m.json"; done
    export_to "$d/engagement" --engagement ENG-0001 --json
    has '"assessment-results"'
    grep -q 'ENG-0001' "$d/engagement/assessment-results.json" || fail 'the engagement is not named'
    grep -q '"satisfied"\|"not-satisfied"' "$d/plain/assessment-results.json" || fail 'no finding'
    validate "$d"/plain/*.json "$d"/engagement/*.json
    sed 's/"oscal-version": "1.2.2"/"oscal-version": " "/' "$d/plain/catalog.json" >"$d/broken.json"
    ! node "$here/oscal/validate.mjs" "$shared/schema/oscal_complete_schema-1.2.2.json" "$d/broken.json" >"$d/out" || fail 'a broken file holds, too'
}

case_the_same_head_gives_the_same_bytes_later_and_after_a_rebuild() {
    company
    export_to "$d/one"
    ASSAY_TEST_NOW_MS=4102444800000 "$assay" --data "$d/data" report oscal --output "$d/two" >"$d/out"
    expect 0 "$assay" --data "$d/data" rebuild
    export_to "$d/three"
    for m in $models; do
        cmp -s "$d/one/$m.json" "$d/two/$m.json" || fail "$m differs by the clock"
        cmp -s "$d/one/$m.json" "$d/three/$m.json" || fail "$m differs after a rebuild"
    done
}

case_our_own_catalog_read_again_changes_nothing() {
    company
    export_to "$d/o"
    import 0 "$d/o/catalog.json" && has '61 are here already' && has 'nothing to import'
    import 0 "$d/o/assessment-results.json" --dry-run && has 'nothing is written'
    for m in profile component-definition system-security-plan assessment-plan plan-of-action-and-milestones mapping-collection; do
        import 2 "$d/o/$m.json" && one_line "$m.json: /$m: what is read is a catalog or assessment-results"
    done
}

case_a_catalog_becomes_requirements_all_or_none() {
    expect 0 "$assay" --data "$d/data" init
    import 0 "$here/oscal/catalog.json" --dry-run && has '4 of the type requirement would be new'
    expect 0 "$assay" --data "$d/data" record list requirement
    [ ! -s "$d/out" ] || ! grep -q RQM "$d/out" || fail 'a dry run wrote'
    import 0 "$here/oscal/catalog.json" && has '4 of the type requirement are new' && has 'not taken: 1 withdrawn'
    import 0 "$here/oscal/catalog.json" && has '4 are here already'
    sed 's/Agreements/Contracts/' "$here/oscal/catalog.json" >"$d/later.json"
    import 0 "$d/later.json" && has '0 of the type requirement are new, 2 are changed'
    record show requirement RQM-0001 && has 'Contracts' && has 'PS-6' && has 'again \[how often\]' && has 'CC1.1'
    record history requirement RQM-0001 && has 'OSCAL catalog'
    expect 0 "$assay" verify "$d/data"
}

case_findings_become_gaps_and_deviations_and_the_file_is_kept() {
    expect 0 "$assay" --data "$d/data" init
    import 0 "$here/oscal/results.json" && has '1 of the type gap are new' && has '1 of the type deviation are new' && has '1 of the type evidence are new'
    record show gap GAP-0001 && has 'found_in *EV-0001' && has 'CC6.1' && has '2026-09-01'
    record show deviation DEV-0001 && has 'AC-04'
    import 0 "$here/oscal/results.json" --json && has '"same": 2' && has '"pointer": "/assessment-results/results/0/findings/0"'
    expect 0 "$assay" verify "$d/data"
    expect 0 "$assay" --data "$d/data" rebuild
    record show gap GAP-0001 && has EV-0001
}

case_the_api_and_the_archive_give_what_the_command_writes() {
    command -v curl >/dev/null || skip 'needs curl'
    company
    expect 0 "$assay" --data "$d/data" user add ann --roles compliance_lead --name Ann
    expect 0 "$assay" --data "$d/data" token add ann --label t --scope read,records,export
    token=$(tail -1 "$d/out")
    "$assay" --data "$d/data" serve --listen 127.0.0.1:0 >"$d/serving" 2>"$d/log" </dev/null &
    server=$!
    trap 'kill $server 2>/dev/null || :' EXIT
    for _ in $(seq 600); do
        grep -q 'sign-in' "$d/serving" && break
        sleep 0.1
    done
    url=$(sed -n 's/^Assay is at //p' "$d/serving")
    curl -sf -H "Authorization: Bearer $token" "$url/reports/oscal.tar?engagement=ENG-0001" -o "$d/oscal.tar" || fail 'no archive'
    tar -C "$d" -xf "$d/oscal.tar"
    for m in $models; do [ -s "$d/oscal/$m.json" ] || fail "$m is not in the archive"; done
    curl -sf -H "Authorization: Bearer $token" "$url/api/v1/oscal/mapping-collection" | grep -q '"nist_800\|ac-2"' || fail 'no mapping'
    [ "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" "$url/api/v1/oscal/none")" = 404 ] || fail 'a model that is none'
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$url/api/v1/oscal/catalog")" = 401 ] || fail 'without a token'
    send() { curl -s -H "Authorization: Bearer $token" -H 'Content-Type: application/json' --data-binary "@$1" "$url/api/v1/oscal?name=theirs.json$2"; }
    send "$here/oscal/catalog.json" '&dry_run=1' | grep -q '"taken":4' || fail 'no dry run over the API'
    send "$here/oscal/catalog.json" '' | grep -q '"taken":4' || fail 'not taken over the API'
    send "$here/oscal/results.json" '' | grep -q '"type":"deviation"' || fail 'no deviation over the API'
    send "$here/oscal/catalog.json" '' | grep -q '"same":4' || fail 'taken twice over the API'
    send "$d/oscal/profile.json" '' | grep -q '/profile: what is read' || fail 'no pointer over the API'
    kill $server
    wait $server || :
    trap - EXIT
    validate "$d"/oscal/*.json
}

case_what_is_wrong_gives_one_line_with_its_place() {
    expect 0 "$assay" --data "$d/data" init
    sed 's/"id": "ps-6.1"/"id": "no token"/' "$here/oscal/catalog.json" >"$d/bad.json"
    import 2 "$d/bad.json" && one_line 'bad.json: /catalog/groups/0/controls/0/controls/0/id: is no token'
    head -c 400 "$here/oscal/catalog.json" >"$d/cut.json"
    import 2 "$d/cut.json" && one_line 'cut.json: line '
    printf '<catalog/>' >"$d/x.xml"
    import 2 "$d/x.xml" && one_line 'it is XML'
    import 2 "$d/none.json" && one_line 'No such file'
    i=0
    while [ $i -lt 3000 ]; do printf '{"a":['; i=$((i + 1)); done >"$d/deep.json"
    import 2 "$d/deep.json" && one_line 'deep.json'
    expect 2 "$assay" --data "$d/data" import csv "$d/x.xml" && one_line 'what is read is oscal'
    expect 2 "$assay" --data "$d/data" report oscal && one_line 'wants --output DIR'
    expect 2 "$assay" --data "$d/data" report oscal --output "$d/o" --engagement ENG-9999 && one_line 'ENG-9999'
    expect 2 "$assay" --data "$d/data" report oscal --output "$d/bad.json" && one_line 'bad.json'
}

case_what_nist_publishes_is_taken_or_refused_in_one_line() {
    [ -d "$shared/nist-catalogs" ] || skip "no NIST files in $shared"
    expect 0 "$assay" --data "$d/data" init
    for f in "$shared"/nist-catalogs/* "$shared"/examples/* "$shared"/own-samples/*; do
        case $f in
        *resolved-profile_catalog*.json | *CSF*.json | */basic-catalog.json | */tsc-ownwords-catalog.json | *assessment-results*.json) import 0 "$f" ;;
        *) import 2 "$f" && one_line 'what is read is' ;;
        esac
    done
    # 287 + 370 + 102 of the three baselines, 106 of the framework with its 34 categories, 4 of the example.
    record export requirement
    [ "$(grep -c '^RQM-' "$d/out")" -eq 903 ] || fail "$(grep -c '^RQM-' "$d/out") requirements"
    expect 0 "$assay" verify "$d/data"
}

run_cases "$@"
