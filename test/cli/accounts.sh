#!/bin/sh
# Accounts from the command line: adding, changing, ending; links, tokens; what is in the ledger of it, and what is not; TLS.
. "$(dirname "$0")/lib.sh"

serve() {
    : >"$d/serve"
    "$assay" --data "$d/data" serve --no-collect "$@" >"$d/serve" 2>"$d/log" &
    server=$!
    tries=0
    until grep -q '^Assay is at' "$d/serve"; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] && kill -0 "$server" 2>/dev/null || fail "serve does not start: $(cat "$d/log")"
        sleep 0.1
    done
}
stop() {
    kill "$server"
    wait "$server" || :
}

case_accounts_are_added_changed_and_ended() {
    expect 0 "$assay" --data "$d/data" init
    expect 0 "$assay" --data "$d/data" user list
    grep -q 'nobody has an account' "$d/out" || fail "an empty list says nothing"
    expect 0 "$assay" --data "$d/data" user add ann@example.org --roles administrator,compliance_lead --name "Ann Example"
    grep -q 'sign-in?token=[0-9a-f]\{64\}$' "$d/out" || fail "no link"
    expect 2 "$assay" --data "$d/data" user add ANN@example.org --roles viewer
    one_line 'taken already'
    expect 2 "$assay" --data "$d/data" user add bob --roles king
    one_line 'no such role'
    expect 2 "$assay" --data "$d/data" user add bob
    expect 2 "$assay" --data "$d/data" user add 'bob <script>' --roles viewer
    expect 2 "$assay" --data "$d/data" user add ada --roles auditor
    one_line 'needs a last day'
    expect 0 "$assay" --data "$d/data" user add ada --roles auditor --until 2099-06-30
    expect 0 "$assay" --data "$d/data" user disable ann@example.org
    expect 0 "$assay" --data "$d/data" user list
    grep -q '^ann@example.org *disabled *administrator,compliance_lead' "$d/out" || fail "not disabled"
    grep -q '^ada *in force *auditor until 2099-06-30' "$d/out" || fail "no last day"
    expect 0 "$assay" --data "$d/data" user enable ann@example.org
    expect 0 "$assay" --data "$d/data" user roles ann@example.org viewer
    expect 0 "$assay" --data "$d/data" user list --json
    grep -q '"viewer"' "$d/out" || fail "roles are not changed"
    expect 2 "$assay" --data "$d/data" user disable nobody
    expect 2 "$assay" --data "$d/data" user dance ann
}

case_names_are_in_blobs_and_not_in_the_ledger() {
    expect 0 "$assay" --data "$d/data" init
    expect 0 "$assay" --data "$d/data" user add zebra@example.org --roles employee --name "Zelda Zebra" --email zz@example.org
    expect 0 "$assay" --data "$d/data" token add zebra@example.org --label "zebra crossing" --scope own_page
    ! grep -rqa -e zebra -e Zelda "$d/data/ledger" || fail "a name lies in the public ledger"
    expect 0 "$assay" --data "$d/data" verify
    "$assay" --data "$d/data" dump >"$d/before" || fail "dump"
    expect 0 "$assay" --data "$d/data" rebuild
    "$assay" --data "$d/data" dump >"$d/after" || fail "dump"
    cmp -s "$d/before" "$d/after" || fail "rebuild gives another projection"
}

case_tokens_have_a_scope_and_an_end_and_are_shown_once() {
    command -v curl >/dev/null || skip "needs curl"
    expect 0 "$assay" --data "$d/data" init
    expect 0 "$assay" --data "$d/data" user add ci --roles viewer
    expect 3 "$assay" --data "$d/data" token add ci --label x --scope users
    one_line 'never may more'
    expect 2 "$assay" --data "$d/data" token add ci --label x --scope everything
    expect 2 "$assay" --data "$d/data" token add ci --label x --scope read --days 400
    expect 0 "$assay" --data "$d/data" token add ci --label x --scope read
    token=$(cat "$d/out")
    id=$(echo "$token" | cut -d_ -f2)
    serve --listen 127.0.0.1:0
    at=$(sed -n 's/^Assay is at //p' "$d/serve")
    ask() { curl -s -o "$d/answer" -w '%{http_code}' -H "Authorization: Bearer $1" "$at/api/v1/$2"; }
    [ "$(ask "$token" tests)" = 200 ] || fail "the token does not read: $(cat "$d/answer")"
    [ "$(ask "$token" users)" = 403 ] || fail "the token may more than its scope"
    [ "$(ask "${token%?}0" tests)$(ask asy_ tests)$(ask x tests)" = 401401401 ] || [ "${token%?}0" = "$token" ] || fail "a wrong token"
    expect 0 "$assay" --data "$d/data" user disable ci
    sleep 1.1
    [ "$(ask "$token" tests)" = 403 ] || fail "the token outlives its account"
    expect 0 "$assay" --data "$d/data" user enable ci
    expect 0 "$assay" --data "$d/data" token revoke "$id"
    [ "$(ask "$token" tests)" = 401 ] || fail "a revoked token"
    expect 2 "$assay" --data "$d/data" token revoke "$id"
    stop
}

case_an_account_is_over_after_its_last_day() {
    expect 0 "$assay" --data "$d/data" init
    expect 0 "$assay" --data "$d/data" user add ada --roles auditor --until 2026-01-31
    expect 0 "$assay" --data "$d/data" user list
    grep -q '^ada *over' "$d/out" || fail "not over"
    expect 3 "$assay" --data "$d/data" token add ada --label x --scope read
}

case_tls_gives_secure_cookies_and_refuses_what_is_old() {
    command -v curl >/dev/null && command -v openssl >/dev/null || skip "needs curl and openssl"
    expect 0 "$assay" --data "$d/data" init
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$d/key" -out "$d/cert" -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null || skip "openssl makes no certificate"
    expect 2 "$assay" --data "$d/data" serve --tls-cert "$d/cert"
    expect 2 "$assay" --data "$d/data" serve --tls-cert "$d/nothing" --tls-key "$d/key"
    serve --listen 127.0.0.1:0 --tls-cert "$d/cert" --tls-key "$d/key"
    at=$(sed -n 's/^Assay is at //p' "$d/serve")
    case $at in https://127.0.0.1:*) ;; *) fail "the address is $at" ;; esac
    token=$(grep -o '[0-9a-f]\{64\}$' "$d/serve")
    curl -s --cacert "$d/cert" -D "$d/head" -o /dev/null --data "token=$token" "$at/sign-in" || fail "no answer over TLS"
    grep -qi '^Set-Cookie: __Host-assay=[0-9a-f]\{64\}; Path=/; .*HttpOnly; Secure' "$d/head" || fail "$(cat "$d/head")"
    grep -qi '^Strict-Transport-Security: max-age=31536000' "$d/head" || fail "no HSTS"
    ! curl -s --cacert "$d/cert" --tls-max 1.1 "$at/health" >/dev/null || fail "TLS 1.1 is spoken"
    ! curl -s "http://${at#https://}/health" >/dev/null || fail "plain HTTP is spoken on the same port"
    stop
}

case_what_matters_asks_again_after_five_minutes() {
    command -v curl >/dev/null && command -v sqlite3 >/dev/null || skip "needs curl and sqlite3"
    expect 0 "$assay" --data "$d/data" init
    expect 0 "$assay" --data "$d/data" user add ann --roles employee
    token=$(grep -o '[0-9a-f]\{64\}$' "$d/out")
    serve --listen 127.0.0.1:0
    at=$(sed -n 's/^Assay is at //p' "$d/serve")
    web() { curl -s -b "$d/jar" -c "$d/jar" -o "$d/page" -w '%{http_code}' "$@"; }
    token_of() {
        web "$at/settings/sign-in" >/dev/null
        csrf=$(grep -o 'name="csrf" value="[0-9a-f]\{64\}"' "$d/page" | head -1 | grep -o '[0-9a-f]\{64\}')
    }
    [ "$(web --data "token=$token" "$at/sign-in")" = 303 ] || fail "the link"
    token_of
    [ "$(web --data "csrf=$csrf" --data-urlencode "password=correct horse battery" --data-urlencode "again=correct horse battery" "$at/settings/sign-in/password")" = 303 ] ||
        fail "the password"
    stop
    # five minutes go by
    sqlite3 "$d/data/volatile.db" "update signed_in set stepped_up_at = stepped_up_at - 301000"
    port=${at##*:}
    serve --listen "127.0.0.1:$port"
    token_of
    form="--data csrf=$csrf --data label=ci --data days=5 --data scope=own_page"
    [ "$(web $form "$at/settings/tokens")" = 403 ] || fail "it does not ask again"
    grep -q 'Confirm that it is you' "$d/page" || fail "no page that asks"
    grep -q 'name="label" value="ci"' "$d/page" && grep -q 'action="/settings/tokens"' "$d/page" || fail "the form is lost"
    [ "$(web $form --data step_password=wrong "$at/settings/tokens")" = 403 ] || fail "a wrong password confirms"
    [ "$(web $form --data-urlencode "step_password=correct horse battery" "$at/settings/tokens")" = 200 ] || fail "the right password does not"
    grep -q 'asy_[0-9a-f]\{16\}_[0-9a-f]\{64\}' "$d/page" || fail "no token"
    [ "$(web $form "$at/settings/tokens")" = 200 ] || fail "it asks again at once"
    [ "$(curl -s -b "$d/jar" -o "$d/page" -w '%{http_code}' $form "$at/api/v1/me/tokens")" = 200 ] || fail "the API"
    stop
    expect 0 "$assay" --data "$d/data" user list
    # how it was confirmed stands in the leaf
    grep -rqa '"step":"password"' "$d/data/ledger" || fail "the leaf does not say how"
}

run_cases "$@"
