#!/bin/sh
# Evidence by the command line: brought, looked at in a jail, found wanting, decided by somebody else; and what hostile files do.
set -eu
. "$(dirname "$0")/lib.sh"

evidence() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" evidence "$@"
}

case_a_file_is_looked_at_and_the_same_again_is_found_out() {
    expect 0 "$assay" --data "$d/data" init
    printf 'account,reviewed\nann,2026-06-20\n' >"$d/users.csv"
    evidence 0 add "$d/users.csv" --title 'Review Q2' --period 2026-04-01..2026-06-30 --control AC-06 --source IdP
    has 'EV-0001 is recorded' && has '^pass *readable *users.csv: 2 rows, 2 columns' && has '^pass *period'
    evidence 1 add "$d/users.csv" --title 'Review Q3' --period 2026-07-01..2026-09-30 --control AC-06
    has '^problem *period .*none lies within' && has '^problem *same .*EV-0001' && has '^problem *unchanged .*byte for byte what EV-0001'
    printf 'account, reviewed\nann,2026-06-20\n' | tr -d ' ' >"$d/other.txt"
    evidence 0 check && has '0 looked at'
    evidence 1 check EV-0002
    evidence 0 show EV-0001
    evidence 0 show EV-0001 --json && has '"status": "pass"'
    expect 3 "$assay" --data "$d/data" record move evidence EV-0001 accept && one_line 'takes somebody else than author'
    rebuild_is_same
    expect 0 "$assay" verify "$d/data"
}

case_what_is_brought_long_after_its_time_is_late() {
    expect 0 "$assay" --data "$d/data" init
    echo "as of $(date -u +%F)" >"$d/new.txt"
    evidence 0 add "$d/new.txt" --title New --period "$(date -u +%F)"
    expect 0 "$assay" verify "$d/data" && lacks W51
    echo 'as of 2026-01-02' >"$d/old.txt"
    evidence 0 add "$d/old.txt" --title Old --period 2026-01-02
    expect 0 "$assay" verify "$d/data" && has '^W51 *leaf .*: late by .*what people bring may take a week'
    [ "$(cat "$d"/data/ledger/*/tile/entries/000.p/* | grep -ac 'assay/leaf@v1 upload$')" -ge 2 ] || fail 'not leaves of type upload'
    rebuild_is_same
}

case_what_is_claimed_wrongly_is_said() {
    expect 0 "$assay" --data "$d/data" init
    echo 'as of 2026-07-02' >"$d/a.txt"
    evidence 1 add "$d/a.txt" --period 2026-01-01..2099-01-01 && has '^problem *period .*that time had not passed'
    evidence 1 add --link https://example.org/doc --title Link --period 2026-07-01 && has '^problem *snapshot'
    echo 'as it lay there on 2026-07-03' >"$d/b.txt"
    evidence 0 add "$d/b.txt" --link https://example.org/doc --period 2026-07-01..2026-07-31 --sha256 "$(sha256sum <"$d/b.txt" | cut -c1-64)"
    has '^pass *snapshot'
    evidence 2 add "$d/a.txt" && one_line 'period'
    evidence 2 add "$d/a.txt" --period 2026-07-01 --control NO-99 && one_line 'controls'
    evidence 2 add "$d/none" --period 2026-07-01 && one_line 'none'
}

case_hostile_files_end_with_their_reader() {
    expect 0 "$assay" --data "$d/data" init
    head -c 80000000 /dev/zero | gzip -9 >"$d/zeros.gz"
    evidence 1 add "$d/zeros.gz" --period 2026-07-01 && has '^problem *expansion .*bomb'
    printf 'GIF89a%%PDF-1.4 nothing' >"$d/a.gif"
    evidence 1 add "$d/a.gif" --period 2026-07-01 && has '^problem *one .*PDF as well'
    printf '<svg onload="alert(1)"></svg>' >"$d/a.svg"
    evidence 1 add "$d/a.svg" --period 2026-07-01 && has '^problem *active'
    printf '%%PDF-1.7\n1 0 obj <</Type /Page /AA <</S /J#61vaScript>>>> endobj\ntrailer <</Encrypt 2 0 R>>\nstartxref\n9\n%%%%EOF\n' >"$d/a.pdf"
    evidence 1 add "$d/a.pdf" --period 2026-07-01 && has '^problem *readable .*encrypted' && has '^problem *active .*JavaScript'
    : >"$d/empty.txt"
    evidence 1 add "$d/empty.txt" --period 2026-07-01 && has '^problem *content .*0 bytes'
    printf '\177ELF\002' >"$d/tool"
    evidence 2 add "$d/tool" --period 2026-07-01 && one_line 'program'
    head -c 33554433 /dev/zero >"$d/large.bin"
    evidence 2 add "$d/large.bin" --period 2026-07-01
    rebuild_is_same
    expect 0 "$assay" verify "$d/data"
}

case_a_death_while_uploading_leaves_nothing_half_written() {
    expect 0 "$assay" --data "$d/data" init
    head -c 30000000 /dev/urandom >"$d/big.bin"
    for wait in 0.05 0.2 0.4 0.8; do
        "$assay" --data "$d/data" evidence add "$d/big.bin" --period 2026-07-01 >/dev/null 2>&1 &
        pid=$!
        sleep "$wait"
        kill -9 "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
    done
    tries=0
    until expect_quiet verify "$d/data"; do
        tries=$((tries + 1))
        [ $tries -lt 50 ] || fail "does not verify"
        sleep 0.1
    done
    "$assay" --data "$d/data" evidence check >"$d/out" 2>&1 || fail "check"
    rebuild_is_same
}
expect_quiet() { "$assay" "$@" >"$d/out" 2>"$d/err" </dev/null; }

run_cases
