#!/bin/sh
# An auditor's own key: made and used on a machine without a ledger, registered here, and from then on nothing of that auditor is taken without it.
set -eu
. "$(dirname "$0")/lib.sh"

sign() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/nowhere" audit sign "$@"
}
# A statement as the page gives it, by P-0001 of a ledger.
statement() {
    printf 'assay/draw@v1\nhost/assay/0123456789abcdef\n{"act":"commit","by":"P-0001","eng":"ENG-0001","n":25,"p":"POP-0001","pop":"00","seed":"11","smp":"SMP-0001"}\n' >"$d/statement"
}

case_a_key_is_made_and_signs_where_no_ledger_is() {
    expect 0 "$assay" --data "$d/nowhere" audit key new "$d/key" --name host/assay/0123456789abcdef/auditor/P-0001
    has '^host/assay/0123456789abcdef/auditor/P-0001+'
    vkey=$(cat "$d/out")
    [ "$(stat -c %a "$d/key")" = 600 ] || fail "the private key is open: $(stat -c %a "$d/key")"
    [ ! -e "$d/nowhere" ] || fail 'a data directory was made'
    expect 1 "$assay" --data "$d/nowhere" audit key new "$d/key" --name host/assay/0123456789abcdef/auditor/P-0001 && one_line 'exists'
    expect 2 "$assay" --data "$d/nowhere" audit key new "$d/other" --name ann && grep -q 'as the page of the audit room says' "$d/err"
    statement
    sign 0 "$d/statement" --key "$d/key" && has '^— host/assay/0123456789abcdef/auditor/P-0001 '
    head -3 "$d/out" | cmp -s - "$d/statement" || fail 'what is signed is not what was given'
    grep -q 'sample SMP-0001 of ENG-0001, population POP-0001, 25 items: the commitment' "$d/err" || fail "it does not say what it signs: $(cat "$d/err")"
    cp "$d/out" "$d/signed"
    # The key comes in from a program that keeps it encrypted; the statement from a clipboard.
    got=0
    "$assay" --data "$d/nowhere" audit sign "$d/statement" --key - <"$d/key" >"$d/out" 2>"$d/err" || got=$?
    [ "$got" -eq 0 ] && cmp -s "$d/out" "$d/signed" || fail 'the key from standard input'
    got=0
    sed 's/$/\r/' "$d/statement" | "$assay" --data "$d/nowhere" audit sign - --key "$d/key" >"$d/out" 2>"$d/err" || got=$?
    [ "$got" -eq 0 ] && cmp -s "$d/out" "$d/signed" || fail 'the statement from standard input'
    # OpenSSL agrees.
    command -v openssl >/dev/null || skip 'needs openssl'
    printf '%s' "$vkey" | cut -d+ -f3- | base64 -d | tail -c 32 >"$d/raw"
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; cat "$d/raw"; } >"$d/public.der"
    tail -1 "$d/signed" | sed 's/.* //' | base64 -d | tail -c 64 >"$d/signature"
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$d/public.der" -rawin -in "$d/statement" -sigfile "$d/signature" >"$d/out" 2>&1 || fail 'openssl refuses it'
}

case_what_is_not_the_auditors_is_not_signed() {
    expect 0 "$assay" --data "$d/nowhere" audit key new "$d/key" --name host/assay/0123456789abcdef/auditor/P-0001
    statement
    sed 's/P-0001/P-0002/' "$d/statement" >"$d/bob"
    sign 3 "$d/bob" --key "$d/key" && one_line "by P-0002, the key is P-0001's"
    sed 's/0123456789abcdef/fedcba9876543210/' "$d/statement" >"$d/theirs"
    sign 3 "$d/theirs" --key "$d/key" && one_line 'for another ledger'
    printf 'assay/key@v1\nx\n{}\n' >"$d/key-leaf"
    sign 2 "$d/key-leaf" --key "$d/key" && one_line 'no statement of an auditor'
    { cat "$d/statement"; echo more; } >"$d/more"
    sign 2 "$d/more" --key "$d/key" && one_line 'no statement of an auditor'
    sign 1 "$d/statement" --key "$d/statement" && one_line "no private key"
    expect 2 "$assay" audit sign "$d/statement" && grep -q 'and --key FILE' "$d/err"
}

serve() {
    "$assay" --data "$d/data" serve --listen 127.0.0.1:0 >"$d/serving" 2>"$d/log" </dev/null &
    server=$!
    trap 'kill $server 2>/dev/null || :' EXIT
    for _ in $(seq 600); do
        grep -q 'sign-in' "$d/serving" && break
        sleep 0.1
    done
    url=$(sed -n 's/^Assay is at //p' "$d/serving")
}
stop() {
    kill $server
    wait $server || :
    trap - EXIT
}
# post PATH JSON STATUS
post() {
    got=$(curl -s -o "$d/out" -w '%{http_code}' -H "Authorization: Bearer $token" -H 'Content-Type: application/json' --data-binary "$2" "$url$1")
    [ "$got" = "$3" ] || fail "$1: $got: $(head -c 300 "$d/out")"
}
member() { sed -n "s/.*\"$1\":\"\\(\\([^\"\\\\]\\|\\\\.\\)*\\)\".*/\\1/p" "$d/out" | head -1; }

case_once_a_key_is_registered_nothing_is_taken_without_it() {
    command -v curl >/dev/null || skip 'needs curl'
    expect 0 "$assay" --data "$d/data" init
    expect 0 "$assay" --data "$d/data" record add person name='Audra Auditor' kind=contractor
    expect 0 "$assay" --data "$d/data" record add engagement title='SOC 2' window_from=2026-01-01 window_to=2026-06-30 categories=security auditors=P-0001
    expect 0 "$assay" --data "$d/data" record add population title=Merges engagement=ENG-0001 controls=CHG-02 system=Repository query='select 1 as id' period_from=2026-01-01 period_to=2026-06-30
    name=$(sed -n 1p "$d"/data/ledger/*/checkpoint)/auditor/P-0001
    vkey=$("$assay" audit key new "$d/key" --name "$name" 2>/dev/null)
    expect 2 "$assay" --data "$d/data" key add auditor "$vkey" && one_line 'P-0001 has no account of the role auditor'
    expect 0 "$assay" --data "$d/data" user add audra --roles auditor --until 2099-01-01 --person P-0001
    expect 2 "$assay" --data "$d/data" key add auditor "$("$assay" key new reed/auditor "$d/reed")" && one_line "an auditor's key is called $(printf '%s' "$name" | sed 's/P-0001//')"
    expect 0 "$assay" --data "$d/data" audit key list && has 'No auditor has a key'
    expect 0 "$assay" --data "$d/data" token add audra --label t --scope examine
    token=$(tail -1 "$d/out")
    serve
    number=$(printf '%s' 0011223344556677 | sha256sum | cut -d' ' -f1)
    commitment=$(printf '%s' "$number" | xxd -r -p | sha256sum | cut -d' ' -f1)
    body='{"population":"POP-0001","size":5,"commitment":"'$commitment'"}'
    post /api/v1/audit/ENG-0001/samples "$body" 200 && has 'SMP-0001' # before there is a key
    expect 0 "$assay" --data "$d/data" key add auditor "$vkey"
    expect 0 "$assay" --data "$d/data" audit key list && has '^P-0001 *in force'
    post /api/v1/audit/ENG-0001/samples "$body" 200 && has '"statement":"assay/draw@v1' && has 'SMP-0002'
    member statement | sed 's/\\n/\n/g; s/\\"/"/g' | sed '$d' >"$d/statement"
    sign 0 "$d/statement" --key "$d/key"
    signed=$(sed ':a;N;$!ba;s/\n/\\n/g; s/"/\\"/g' "$d/out")
    # The generic address asks for it as well, and takes nothing unsigned.
    post /api/v1/records/sample '{"values":{"title":"S","engagement":"ENG-0001","population":"POP-0001","size":5,"commitment":"'$commitment'","definition":"'$(sed -n 's/.*"pop":"\([0-9a-f]*\)".*/\1/p' "$d/statement")'"}}' 200
    has '"statement":"assay/draw@v1'
    "$assay" key new "$name" "$d/forged" >/dev/null
    "$assay" audit sign "$d/statement" --key "$d/forged" >"$d/forgery" 2>/dev/null
    post /api/v1/audit/ENG-0001/samples '{"population":"POP-0001","size":5,"commitment":"'$commitment'","signed":"'"$(sed ':a;N;$!ba;s/\n/\\n/g; s/"/\\"/g' "$d/forgery")"'"}' 403
    has 'not signed by your key'
    post /api/v1/audit/ENG-0001/samples '{"population":"POP-0001","size":6,"commitment":"'$commitment'","signed":"'"$signed"'"}' 403
    has 'is not what there is to sign now'
    post /api/v1/audit/ENG-0001/samples '{"population":"POP-0001","size":5,"commitment":"'$commitment'","signed":"'"$signed"'"}' 200
    has 'SMP-0002'
    curl -s -H "Authorization: Bearer $token" "$url/api/v1/audit/ENG-0001/room" | grep -q "\"key\":\"$name+" || fail 'the room does not show the key'
    stop
    expect 0 "$assay" verify "$d/data"
    rebuild_is_same
    # Retired: still nothing without a key.
    expect 0 "$assay" --data "$d/data" key retire "$(printf '%s' "$vkey" | sed 's/.*+\([0-9a-f]\{8\}\)+.*/\1/')"
    serve
    post /api/v1/audit/ENG-0001/samples "$body" 409 && has 'counts no more'
    stop
    expect 0 "$assay" verify "$d/data"
}

run_cases
