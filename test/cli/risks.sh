#!/bin/sh
# Risks by the command line: what remains follows the controls, what makes a decision old opens it again, an assessment closes only whole.
set -eu
. "$(dirname "$0")/lib.sh"

risk() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" risk "$@"
}
record() { expect 0 "$assay" --data "$d/data" record "$@"; }
refused() { expect 2 "$assay" --data "$d/data" record "$@"; }
day() { date -u -d "$1" +%F; }
# decide ID CATEGORY FIELD=VALUE...
decide() {
    id=$1
    shift
    record change risk "$id" owner=ann@example.org inherent_l_why='seen elsewhere' inherent_i_why='customers' treatment=mitigate review_on="$(day '+100 days')" "$@"
    record move risk "$id" decide
}

case_a_risk_is_decided_and_says_what_it_needs() {
    expect 0 "$assay" --data "$d/data" init
    risk 0 && has 'No risk yet'
    record add person name=Ann email=ann@example.org
    record add risk title='Accounts are taken over' category=access inherent_l=4 inherent_i=4 controls_l2=AC-06 controls_i1=MON-01
    refused move risk R-0001 decide && one_line 'owner'
    decide R-0001
    risk 0 list && has 'Accounts are taken over' && has '1 above the appetite, 1 of them without'
    risk 0 show R-0001 && has 'by half'
    risk 0 show R-0001 --json && has '"need": *"treatment"'
    risk 0 matrix && has 'likelihood 3'
    risk 0 matrix --by inherent && has 'Without controls'
    risk 0 method && has 'over 75 %'
    risk 0 history R-0001 && has '3 × 4 = 12'
    record add risk_treatment title='Second factors' risk=R-0001 plan='Roll out' owner=ann@example.org due_on="$(day '+30 days')"
    record move risk_treatment TRT-0001 begin
    risk 0 show R-0001 && has 'TRT-0001 in treatment until'
    risk 0 list --need covered && has 'R-0001'
    risk 2 nonsense && one_line 'none of list'
    expect 2 "$assay" --data "$d/data" risk show R-9999 && one_line 'R-9999'
    expect 0 "$assay" verify "$d/data"
}

case_the_library_comes_as_proposals_once() {
    expect 0 "$assay" --data "$d/data" init
    risk 0 adopt && has 'adopted as proposals'
    risk 0 list --json
    has '"is_proposed": *true'
    risk 0 adopt && has 'nothing to adopt'
    risk 0 list --category fraud && has 'Insider'
    expect 0 "$assay" --data "$d/data" rebuild
    risk 0 list && has 'proposed'
    expect 0 "$assay" verify "$d/data"
}

case_a_register_comes_in_from_csv() {
    expect 0 "$assay" --data "$d/data" init
    record add person name=Ann email=ann@example.org
    printf 'title,category,owner,inherent_l,inherent_i,controls_l1,controls_i2\nLaptops are lost,physical,ann@example.org,3,4,"AC-06,AC-01",MON-01\nNobody answers,fraud,,6,2,,\n' >"$d/r.csv"
    refused import risk "$d/r.csv"
    grep -q 'row 3' "$d/err" || grep -q 'row 3' "$d/out" || fail 'the row is not named'
    risk 0 && has 'No risk yet'
    sed -i 's/,6,2,,/,2,2,,/' "$d/r.csv"
    record import risk "$d/r.csv"
    risk 0 list && has 'Laptops are lost' && has 'Nobody answers'
    risk 0 show R-0001 && has 'likelihood 3 − 1 = 2, impact 4 − 1 = 3'
}

case_an_assessment_closes_only_with_fraud_vendors_and_change() {
    expect 0 "$assay" --data "$d/data" init
    record add person name=Ann email=ann@example.org
    for c in fraud vendor change; do
        record add risk title="A risk of $c" category=$c inherent_l=2 inherent_i=2
    done
    record add risk_campaign title='Yearly' area='All of it' owner=ann@example.org assessors=ann@example.org due_on="$(day '+30 days')" summary='Fine.'
    record move risk_campaign RA-0001 start
    n=0
    for c in fraud vendor change; do
        expect 2 "$assay" --data "$d/data" record move risk_campaign RA-0001 close
        one_line "no risk of"
        n=$((n + 1))
        decide R-000$n
        record add risk_review title="A risk of $c" campaign=RA-0001 risk=R-000$n category=$c on_date="$(day today)" inherent_l=2 inherent_i=2 residual_l=2 residual_i=2
    done
    expect 0 "$assay" --data "$d/data" status --json && has 'no_risk_assessment'
    record move risk_campaign RA-0001 close
    risk 0 campaign RA-0001 && has '3 of 3 risks looked at' && lacks 'Not yet'
    "$assay" --data "$d/data" status --json >"$d/out" 2>/dev/null || :
    lacks 'no_risk_assessment'
    risk 0 check && has 'changes made'
    record show evidence EV-0001 && has 'Risk assessment RA-0001'
    risk 0 check && has 'nothing was due'
    expect 0 "$assay" verify "$d/data"
}

case_what_was_to_be_reviewed_is_opened_again_with_a_task() {
    expect 0 "$assay" --data "$d/data" init
    record add person name=Ann email=ann@example.org
    record add risk title='One region' category=availability inherent_l=3 inherent_i=5
    decide R-0001
    record add risk_acceptance title='One region' risk=R-0001 reason='A second one costs more than it saves' accepted_l=3 accepted_i=5 owner=ann@example.org expires_on="$(day '+2 days')"
    got=0
    "$assay" --data "$d/data" record move risk_acceptance ACPT-0001 accept >"$d/out" 2>"$d/err" || got=$?
    [ "$got" -ne 0 ] || fail 'it takes an executive'
    one_line 'executive'
    risk 0 check && has 'nothing was due'
    ASSAY_TEST_NOW_MS=$(($(date -u -d '+120 days' +%s) * 1000))
    export ASSAY_TEST_NOW_MS
    risk 0 check && has 'changes made'
    unset ASSAY_TEST_NOW_MS
    risk 0 show R-0001 && has 'again since' && has 'It was to be looked at again by'
    record list task && has 'Look at R-0001 again'
    risk 0 check && has 'nothing was due'
}

case_a_control_that_fails_raises_its_risks_and_says_so() {
    make_data
    record add person name=Ann email=ann@example.org
    record add control ACME-1 title='Only root is root' statement='We look.' owner=ann@example.org model=config_state frequency=daily tests=account-uid-zero criteria_key=CC6.1
    record add risk title='A second root' category=access inherent_l=4 inherent_i=4 controls_l2=ACME-1
    decide R-0001
    risk 0 show R-0001 && has '16 Very high → .*8 Moderate' && has 'OK: counts in full'
    sleep 1 # instants on the command line are whole seconds
    before=$(date -u +%FT%TZ)
    sleep 1
    printf 'toor:x:0:0:toor:/root:/bin/bash\n' >>"$d/host/etc/passwd"
    collect "$d/data" "$d/host"
    risk 0 show R-0001 && has 'failing: counts for nothing' && has 'rose from 8 to 16; ACME-1: OK → Failing'
    risk 0 show R-0001 --at "$before" && has '8 Moderate' && lacks 'rose'
    risk 0 check
    risk 0 show R-0001 && has 'What remains rose from 8 to 16, above the appetite: ACME-1 is Failing'
    sed -i '/^toor/d' "$d/host/etc/passwd"
    collect "$d/data" "$d/host"
    risk 0 show R-0001 && has 'counts for nothing' # failing for most of what is known of it: it did not operate
    expect 0 "$assay" verify "$d/data"
}

run_cases
