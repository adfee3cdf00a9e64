#!/bin/sh
# Reports by the command line: one tree as HTML, PDF, XLSX and JSON; what is missing is said with what to do; words that a report may not use are refused by place.
set -eu
. "$(dirname "$0")/lib.sh"

record() { expect 0 "$assay" --data "$d/data" record "$@"; }
report() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" report "$@"
}
day() { date -u -d "$1" +%F; }
json() { python3 -c "import json,sys; o=json.load(open(sys.argv[1])); assert eval(sys.argv[2]), sys.argv[2]" "$1" "$2" || fail "not so: $2"; }

# A small organisation with all registers that a description is drafted from.
make_program() {
    expect 0 "$assay" --data "$d/data" init
    record add person name='Ann Field' email=ann@example.org department=Engineering job_title=CTO
    record add person name='Bob Stone' email=bob@example.org department=Operations
    record add organisation name='Example Freight Ltd' what='We plan routes for carriers since 2014.' archetype=saas report_type=type2 window_from="$(day '-200 days')" window_to="$(day '-15 days')" \
        as_of="$(day '-15 days')" data_flows='Orders come in over the API and are kept in the database.' sponsor=ann@example.org
    record add service name='Route planner' what='Plans routes and tells drivers.' owner=ann@example.org
    record add system name='Order database' kind=database owner=bob@example.org data_class=confidential
    record add commitment title='99.9 percent a month' text='The planner is there 99.9 percent of each month.' category=availability source=sla requirements='Two zones; fail over in minutes.' controls=BCP-01
    record add commitment title='Notice of a breach' text='We tell of a breach within 72 hours.' category=security source=contract requirements='Who is on call knows whom to tell.' controls=BCP-01
    record add subservice name='Cloud One' what='Runs our servers.' method=carve_out rationale='It has a report of its own.' controls_assumed='- Entry to data centres is limited.
- Hardware is destroyed safely.' criteria=CC6.4 monitoring=VEN-06
    record add boundary_item name='Office network' kind=infrastructure is_in=no reason='No customer data is reachable from it.'
    record add user_control title='Leavers' text='Customers take away accounts of their own leavers.' criteria=CC6.2
    for c in GOV-01 AC-05 AC-06 VEN-06; do
        record add control "$c" title="$c" owner=ann@example.org
        record move control "$c" adopt
    done
}

case_every_format_comes_from_one_tree() {
    make_program
    report 0 type2 --format html,pdf,xlsx,json --output "$d/type2.pdf"
    for f in html pdf xlsx json; do [ -s "$d/type2.$f" ] || fail "no $f"; done
    grep -q 'Example Freight Ltd' "$d/type2.html" || fail 'no name in the page'
    if grep -Eq '<script|src=|href="[^#]|@import|url\(' "$d/type2.html"; then fail 'the page fetches something'; fi
    json "$d/type2.json" 'o["kind"] == "type2" and len(o["document"]["body"]) > 50 and o["is_refused"] is False'
    if command -v pdftotext >/dev/null; then
        pdftotext -layout "$d/type2.pdf" "$d/type2.txt"
        for words in 'Contents' 'Report of the independent service auditor' 'belongs to the audit firm' 'Route planner' 'Customers take away accounts' 'Unaudited'; do
            grep -q "$words" "$d/type2.txt" || fail "not in the PDF: $words"
        done
    fi
    python3 - "$d/type2.xlsx" <<'PY' || fail 'the workbook'
import sys, zipfile, re
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
names = re.findall(r'<sheet name="([^"]+)"', z.read('xl/workbook.xml').decode())
assert names[0] == 'Report' and 'Commitments' in names and len(names) > 6, names
PY
    if command -v soffice >/dev/null; then
        (cd "$d" && HOME="$d" soffice --headless --convert-to csv type2.xlsx >/dev/null 2>&1) && grep -q 'Example Freight' "$d/type2.csv" || fail 'LibreOffice does not open the workbook'
    fi
    for kind in type1 readiness gap soa risk board representation; do
        report 0 "$kind" --format html --output "$d/$kind.html"
        report 0 "$kind" --format pdf --output "$d/$kind.pdf"
        [ -s "$d/$kind.pdf" ] || fail "$kind"
    done
    if command -v pdftotext >/dev/null; then
        pdftotext -layout "$d/readiness.pdf" "$d/readiness.txt"
        grep -q 'check it with: assay verify, assay reperform\.' "$d/readiness.txt" || fail 'the footer of a page is cut'
    fi
    report 2 nonsense && one_line 'no such report'
    report 2 type2 --format docx && one_line 'html, pdf, xlsx'
    report 2 type2 --format html,pdf && one_line 'output'
    report 2 type2 --engagement ENG-9999 && one_line 'ENG-9999'
}

case_what_is_missing_is_said_with_what_to_do() {
    expect 0 "$assay" --data "$d/data" init
    report 1 type2 --check && has 'DC 1: Neither a register' && has 'Dates' && has 'no control is adopted\|No control is adopted'
    rm -rf "$d/data"
    make_program
    report 1 type2 --check && lacks 'DC 1: Neither' && lacks 'DC 2: Neither' && has 'DC 4: Neither' && has 'DC 9: Neither' && has 'own words belong'
    record change user_control CUEC-0001 criteria=
    record change subservice SUB-0001 monitoring= controls_assumed=
    record change organisation ORG-0001 what='We plan routes [...] since TODO.'
    report 1 type2 --check && has 'belongs to no criterion' && has 'no control of yours watches it' && has 'no control is named that you assume' && has '"\[\.\.\.\]"\|TODO'
    record add incident title='Database lost' severity=sev1 happened_on="$(day '-100 days')"
    report 1 type2 --check && has 'INC-0001 Database lost: Severity 1 or 2, neither'
    record change incident INC-0001 in_description=yes text='It was gone for two hours.'
    report 1 type2 --check && lacks 'Severity 1 or 2, neither' && lacks 'DC 4: Neither'
    record change control GOV-01 effective_from="$(day '-50 days')"
    report 1 type2 --check && has 'GOV-01: "PARTIAL_PERIOD"'
    record add significant_change title='A code of conduct' happened_on="$(day '-50 days')" kind=control text='There was none.' controls=GOV-01
    report 1 type2 --check && lacks 'PARTIAL_PERIOD' && lacks 'DC 9: Neither'
}

case_words_that_a_report_may_not_use_are_refused_by_place() {
    make_program
    record change service SVC-0001 what='Our planner is SOC 2 ''certified'' and plans routes.'
    report 3 type2 --format html && one_line 'SVC-0001 Route planner: "SOC 2 certified"'
    report 3 type2 --format pdf --output "$d/x.pdf"
    [ ! -e "$d/x.pdf" ] || fail 'a file was made'
    report 0 type2 --format json && json "$d/out" 'o["is_refused"] and o["checks"][0]["place"] == "SVC-0001 Route planner"'
    record change service SVC-0001 what='Controls operated effectively throughout the period.'
    report 0 type2 --format html --output "$d/two.html"
    report 3 type1 --format html && one_line 'SVC-0001'
    record change service SVC-0001 what='It plans routes.'
    report 0 type1 --format html --output "$d/one.html"
    if grep -Ei 'throughout the period|operated effectively|operating effectiveness' "$d/one.html"; then fail 'a Type 1 speaks of a period'; fi
}

run_cases
