#!/bin/sh
# Notices as people get them: a real mail server and a webhook's other end, what the program does because a day has come, and what goes wrong.
. "$(dirname "$0")/lib.sh"
servers=$(dirname "$0")/../notify/servers.py
python=/usr/bin/python3
today=$(date -u +%F)
yesterday=$(date -u -d yesterday +%F)

run() { "$assay" --data "$d/data" "$@"; }
start_servers() {
    "$python" -c 'import aiosmtpd' 2>/dev/null || skip "python3-aiosmtpd is not installed"
    mkdir -p "$d/post"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
        -keyout "$d/key.pem" -out "$d/cert.pem" >/dev/null 2>&1
    mkfifo "$d/alive"
    "$python" "$servers" "$d/post" "$d/cert.pem" "$d/key.pem" <"$d/alive" 2>"$d/post.err" &
    exec 9>"$d/alive"
    i=0
    until [ -s "$d/post/ports" ]; do
        i=$((i + 1))
        [ $i -lt 400 ] || fail "the servers do not start: $(cat "$d/post.err")"
        sleep 0.05
    done
    read -r smtp starttls hook <"$d/post/ports"
}
make_program() { # a person with something due today, and one with nothing
    expect 0 "$assay" --data "$d/data" init
    expect 0 run record add person name="Ada Łukasiewicz" email=ada@example.org kind=employee
    expect 0 run record add person name=Bob email=bob@example.org kind=employee
    expect 0 run record add task title="Review the firewall" owner=P-0001 due_on="$today"
}

case_a_digest_arrives_once_over_mail_and_webhook() {
    start_servers
    make_program
    printf 'hook-key\n' >"$d/hook.key"
    expect 0 run notify mail "smtp://127.0.0.1:$smtp" --from assay@example.org --base-url https://assay.example.org
    expect 0 run notify webhook chat "http://127.0.0.1:$hook/hook" --secret-file "$d/hook.key"
    expect 0 run notify send
    grep -q '^2 sent, 0 failed, 0 told earlier today' "$d/out" || fail "not both were sent"
    grep -q '^envelope: assay@example.org ada@example.org' "$d/post/mail-1" || fail "not for Ada"
    grep -q '^Subject: 1 due' "$d/post/mail-1" || fail "no subject"
    grep -q 'Review the firewall is due on' "$d/post/mail-1" || fail "the reminder is missing"
    grep -q 'https://assay.example.org/records/task/TASK-0001' "$d/post/mail-1" || fail "the link is missing"
    t=$(sed -n 's/^Assay-Signature: t=\([0-9]*\),v1=.*/\1/p' "$d/post/hook-1" | tr -d '\r')
    v1=$(sed -n 's/^Assay-Signature: t=[0-9]*,v1=//p' "$d/post/hook-1" | tr -d '\r')
    body=$(tail -n 1 "$d/post/hook-1")
    want=$(printf '%s.%s' "$t" "$body" | openssl dgst -sha256 -hmac hook-key | sed 's/.*= //')
    [ "$v1" = "$want" ] || fail "the signature does not hold"
    expect 0 run notify send
    grep -q '^0 sent, 0 failed, 2 told earlier today' "$d/out" || fail "told twice"
    expect 0 run verify "$d/data"
    ! grep -qr 'ada@example.org' "$d/data/ledger" || fail "an address stands in the public ledger"
}

case_mail_goes_over_verified_tls_with_a_password() {
    start_servers
    make_program
    printf 'secret\n' >"$d/password"
    printf 'wrong\n' >"$d/wrong"
    expect 0 run notify mail "smtp://localhost:$starttls" --from assay@example.org --user assay --secret-file "$d/password" --tls-ca "$d/cert.pem"
    expect 0 run notify test bob@example.org
    grep -q '^envelope: assay@example.org bob@example.org' "$d/post/mail-1" || fail "no test message"
    expect 0 run notify mail "smtp://localhost:$starttls" --from assay@example.org --user assay --secret-file "$d/wrong" --tls-ca "$d/cert.pem"
    expect 3 run notify test bob@example.org
    one_line "smtp://localhost"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other -keyout "$d/k2.pem" -out "$d/other.pem" >/dev/null 2>&1
    expect 0 run notify mail "smtp://localhost:$starttls" --from assay@example.org --user assay --secret-file "$d/password" --tls-ca "$d/other.pem"
    expect 3 run notify test bob@example.org
    one_line "smtp://localhost"
    [ ! -e "$d/post/mail-2" ] || fail "a message went out all the same"
}

case_what_does_not_go_out_is_recorded_and_tried_again() {
    start_servers
    make_program
    expect 0 run notify mail "smtp://127.0.0.1:1" --from assay@example.org
    expect 3 run notify send
    grep -q '^0 sent, 1 failed' "$d/out" || fail "not counted"
    expect 0 run notify mail "smtp://127.0.0.1:$smtp" --from assay@example.org
    expect 0 run notify send
    grep -q '^1 sent, 0 failed' "$d/out" || fail "not tried again"
    expect 0 run notify webhook bad "http://127.0.0.1:$hook/refused"
    expect 3 run notify send
    grep -q 'answers 403' "$d/err" || fail "the refusal is not said"
}

case_bad_settings_are_refused() {
    expect 0 "$assay" --data "$d/data" init
    expect 2 run notify mail http://mail.example.org --from assay@example.org
    one_line "no smtp:// or smtps:// address"
    expect 2 run notify mail smtp://mail.example.org --from "assay example.org"
    one_line "is no mail address"
    expect 2 run notify mail smtp://mail.example.org
    expect 2 run notify webhook chat http://example.org/hook
    one_line "begins with https://"
    expect 2 run notify remove nothing
    one_line "there is no such channel"
    expect 0 run notify list
    grep -q 'Nobody is told anything yet' "$d/out" || fail "the empty list does not say how to begin"
}

case_a_server_registers_performances_and_marks_what_was_missed() {
    expect 0 "$assay" --data "$d/data" init
    expect 0 run record add person name=Ada kind=employee
    expect 0 run record add control AC-05 title="Access review" library=AC-05 owner=P-0001 frequency=weekly
    expect 0 run record move control AC-05 adopt
    expect 0 run record add occurrence title="Old review" control=AC-05 period_from=2026-01-01 period_to=2026-01-31 due_on=2026-02-02 grace_until="$yesterday" owner=P-0001
    "$assay" --data "$d/data" serve --listen "unix:$d/web.sock" --no-collect --no-link >"$d/serve.out" 2>"$d/serve.err" </dev/null &
    server=$!
    trap 'kill $server 2>/dev/null || :' EXIT
    i=0
    until run record list deviation --json 2>/dev/null | grep -q DEV-0001; do
        i=$((i + 1))
        [ $i -lt 300 ] || fail "no deviation: $(cat "$d/serve.err")"
        sleep 0.1
    done
    expect 0 run record list occurrence --json
    grep -q '"missed"' "$d/out" || fail "the old one is not missed"
    [ "$(grep -o '"OCC-[0-9]*"' "$d/out" | sort -u | wc -l)" -ge 3 ] || fail "nothing is registered ahead"
    kill $server
    wait $server || :
    expect 0 run verify "$d/data"
}
run_cases "$@"
