#!/bin/sh
# Concerns: what is reported anonymously leaves no account, session, address or time finer than the day in the data directory or the log, is handed over when
# its day is over, and is seen by nobody but those who receive it.
. "$(dirname "$0")/lib.sh"

server=
stop() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || :; }
    server=
}
# start SECONDS: a server whose clock stands there; its log is $d/log-SECONDS.
start() {
    stop
    : >"$d/serving" # what the last one said
    ASSAY_TEST_NOW_MS=${1}456 "$assay" --data "$d/data" serve --listen 127.0.0.1:0 >"$d/serving" 2>"$d/log-$1" </dev/null &
    server=$!
    trap stop EXIT
    for _ in $(seq 600); do
        grep -q 'sign-in' "$d/serving" && break
        sleep 0.1
    done
    url=$(sed -n 's/^Assay is at //p' "$d/serving")
    [ -n "$url" ] || fail "no server: $(tail -3 "$d/log-$1")"
    curl -s --retry 50 --retry-delay 1 --retry-connrefused -o /dev/null "$url/health"
}
ask() { # ask PATH [curl options]
    path=$1
    shift
    curl -s -b "$d/cookies" "$@" "$url$path"
}
db() { sqlite3 -readonly "file:$d/data/db/assay.db?mode=ro" "$@"; }
record() { expect 0 "$assay" --data "$d/data" record "$@"; }

prepare() {
    command -v curl >/dev/null && command -v sqlite3 >/dev/null || skip "needs curl and sqlite3"
    export ASSAY_TEST_NOW_MS=1795168800000
    expect 0 "$assay" --data "$d/data" init
    record add person name='Hanna Handler' kind=employee
    record add person name='Otto Other' kind=employee
    record add concern_channel "open_to=$1" handlers=P-0001,P-0002
    unset ASSAY_TEST_NOW_MS
    : >"$d/cookies"
}
sign_in() {
    token=$(grep -o 'token=[0-9a-f]*' "$d/serving" | head -1 | cut -d= -f2)
    for _ in $(seq 25); do # until the keeper is there
        curl -s -o /dev/null -c "$d/cookies" -H "Origin: $url" --data "token=$token&back=/" "$url/sign-in"
        ! grep -q assay "$d/cookies" || return 0
        sleep 1
    done
    fail "no session: $(tail -3 "$d"/log-*)"
}
key_of() { grep -oE '[A-Z0-9]{4}(-[A-Z0-9]{4}){4}' "$1" | head -1; }

case_an_anonymous_report_leaves_no_trace() {
    prepare anyone
    start 1795168900
    sign_in
    session=$(sqlite3 "$d/data/volatile.db" "select substr(hash, 1, 16) from signed_in limit 1")
    [ ${#session} -eq 16 ] || fail "which session: $session"
    start 1795169042 # the time that nothing may tell: 10:04:02
    ask / -o /dev/null
    ask /concern -o "$d/form"
    grep -q 'You stay anonymous' "$d/form" || fail "no form: $(head -c 300 "$d/form")"
    leaves=$(db 'select count(*) from leaf')
    ask /concern --data-urlencode about=fraud --data-urlencode 'whom=otto other, in purchasing' --data-urlencode 'text=Zebrawort was paid twice.' -d anonymous=1 -o "$d/reported"
    key=$(key_of "$d/reported")
    [ -n "$key" ] || fail "no key: $(sed -n '/<main/,$p' "$d/reported" | head -20)"
    # it waits: in the box, under its day, and in no leaf
    grep -aq Zebrawort "$d/data/concerns" || fail "it is not kept"
    grep -rlaq Zebrawort "$d/data/ledger" "$d/data/blobs" "$d/data/db" "$d/data/private" && fail "it is in the ledger before its day is over"
    for word in "$session" local:admin 127.0.0.1 1795169042 10:04; do
        [ -z "$word" ] || ! grep -aq -- "$word" "$d/data/concerns" || fail "the box has $word"
    done
    ask /concern/follow -d "key=$key" -o "$d/followed"
    grep -q 'handed over when the day is over' "$d/followed" || fail "the reporter does not see it"
    ask /concern/follow --data-urlencode "key=$(echo "$key" | tr 'A-Z-' 'a-z ')" --data-urlencode 'text=Also in Quaggaville.' -o "$d/followed"
    grep -q Quaggaville "$d/followed" || fail "nothing was added"
    expect 0 stat -c '%Y %Z' "$d/data"
    cp "$d/log-1795169042" "$d/log"
    grep -E 'path=/(concern|a/)' "$d/log" && fail "the log has it"
    grep -q 'path=/ ' "$d/log" || fail "nothing is logged at all"
    # the next day
    start 1795224000
    for _ in $(seq 100); do
        [ "$(db "select count(*) from concerns where talk like '%Quagga%'")" = 1 ] && break
        sleep 0.1
    done
    [ "$(db "select state || received_on || created_by || changed_by || anonymous || ifnull(reporter, '') from concerns")" = "received2026-11-20system:concernsystem:concern1" ] ||
        fail "the record: $(db 'select * from concerns')"
    # whom it is about does not receive it
    [ "$(db "select group_concat(target) from record_link where type = 'concern' and field = 'handlers'")" = P-0001 ] || fail "Otto receives what is about him"
    db ".mode list" "select * from concerns_versions" "select * from record_change where type = 'concern'" \
        "select l.* from leaf l join record_change c on c.leaf = l.idx where c.type = 'concern'" "select * from record_link where type = 'concern'" >"$d/rows"
    for word in "$session" local:admin account: 127.0.0.1 1795169042 10:04:02; do
        [ -z "$word" ] || ! grep -aq -- "$word" "$d/rows" || fail "the rows have $word"
    done
    [ "$(db "select count(*) from leaf l join record_change c on c.leaf = l.idx where c.type = 'concern' and l.t < 1795219200000")" = 0 ] || fail "a leaf of the day itself"
    grep -aq Zebrawort "$d/data/concerns" && fail "the box still has it"
    ask /concern/follow -d "key=$key" -o "$d/followed"
    grep -q '<b>Received</b>' "$d/followed" || fail "the reporter does not find it again"
    ask /concern/follow -d "key=AAAA-BBBB-CCCC-DDDD-EEEE" -o "$d/followed"
    grep -q 'no concern of this key' "$d/followed" || fail "any key opens"
    stop
    grep -raql Zebrawort "$d"/log-* && fail "the log has the text"
    expect 0 "$assay" --data "$d/data" verify
}

case_nobody_else_sees_it() {
    prepare anyone
    start 1795168900
    sign_in
    ask /concern --data-urlencode about=security --data-urlencode 'text=Zebrawort lies open.' -d anonymous=1 -o "$d/reported"
    key_of "$d/reported" >/dev/null
    start 1795224000
    for _ in $(seq 100); do
        [ "$(db "select count(*) from concerns")" = 1 ] && break
        sleep 0.1
    done
    sign_in
    for path in / /my /tasks /calendar /search?q=lies /api/v1/search?q=lies /api/v1/search-index /records /records/concern /records/concern/CON-0001 /api/v1/records/concern \
        /api/v1/records/concern/CON-0001 /api/v1/records/concern/CON-0001/history /records/concern/export.csv /records/concern/board /concerns /concerns/CON-0001 /api/v1/concerns \
        /api/v1/concerns/CON-0001 /people /records/person/P-0001 "/ledger/$(db "select max(leaf) from record_change where type='concern'")"; do
        ask "$path" -o "$d/page"
        grep -aqi zebrawort "$d/page" && fail "$path shows it to the administrator"
    done
    expect 0 "$assay" --data "$d/data" record list concern
    grep -q CON-0001 "$d/out" && fail "the terminal lists it"
    got=0
    "$assay" --data "$d/data" record show concern CON-0001 >"$d/out" 2>"$d/err" || got=$?
    [ "$got" -ne 0 ] && ! grep -q Zebrawort "$d/out" || fail "the terminal shows it"
    got=0
    "$assay" --data "$d/data" record move concern CON-0001 take >"$d/out" 2>"$d/err" || got=$?
    [ "$got" -ne 0 ] || fail "the terminal takes it up"
}

case_a_bundle_withholds_it() {
    prepare anyone
    start 1795168900
    ask /concern --data-urlencode about=law --data-urlencode 'text=Zebrawort again.' -d anonymous=1 -o "$d/reported"
    start 1795224000
    for _ in $(seq 100); do
        [ "$(db "select count(*) from concerns")" = 1 ] && break
        sleep 0.1
    done
    stop
    expect 0 "$assay" --data "$d/data" bundle -o "$d/all.slb" --audience 'Example CPA' --purpose 'SOC 2' --blobs all
    grep -aq Zebrawort "$d/all.slb" && fail "the bundle has it"
    expect 0 "$assay" verify "$d/all.slb"
}

case_without_an_account_only_where_it_is_open() {
    prepare signed_in
    start 1795168900
    curl -s "$url/concern" >"$d/page"
    grep -q 'Sign in first' "$d/page" || fail "the form is open to anybody"
    [ "$(curl -s -o /dev/null -w '%{http_code}' -d 'about=fraud&text=x' "$url/concern")" = 403 ] || fail "anybody reports"
    [ "$(curl -s -o /dev/null -w '%{http_code}' -H 'Origin: https://elsewhere.example' -d 'about=fraud&text=x' "$url/concern")" = 403 ] || fail "another site reports"
    sign_in
    n=0
    while [ $n -lt 5 ]; do
        ask /concern -d 'about=other&text=again' -o "$d/page"
        n=$((n + 1))
    done
    [ "$(ask /concern -d 'about=other&text=again' -o "$d/page" -w '%{http_code}')" = 429 ] || fail "there is no end to reporting"
    grep -q again "$d/page" || fail "what was typed is gone"
}

run_cases "$@"
