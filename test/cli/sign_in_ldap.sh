#!/bin/sh
# Signing in through a directory: a real slapd with TLS, people in groups, and what goes wrong.
. "$(dirname "$0")/lib.sh"
base=dc=example,dc=org

run() { "$assay" --data "$d/data" "$@"; }
wait_for() { # WHAT COMMAND…
    what=$1
    shift
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || fail "$what does not start: $(tail -3 "$d/log" "$d/slapd.log" 2>/dev/null)"
        sleep 0.1
    done
}
free_port() { # some port that nobody listens on now
    port=$((20000 + $(od -An -tu2 -N2 /dev/urandom) % 20000))
    while ss -Hltn "sport = :$port" | grep -q .; do port=$((port + 1)); done
    echo $port
}
slapd_make() {
    command -v slapd >/dev/null || skip "slapd is not installed"
    mkdir -p "$d/ldap"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
        -keyout "$d/key.pem" -out "$d/cert.pem" >/dev/null 2>&1
    cat >"$d/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile $d/slapd.pid
TLSCertificateFile $d/cert.pem
TLSCertificateKeyFile $d/key.pem
database mdb
suffix "$base"
rootdn "cn=admin,$base"
rootpw rootsecret
directory $d/ldap
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,$base" read by * none
CONF
    cat >"$d/tree.ldif" <<LDIF
dn: $base
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: cn=reader,$base
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: readersecret

dn: ou=people,$base
objectClass: organizationalUnit
ou: people

dn: ou=groups,$base
objectClass: organizationalUnit
ou: groups

dn: uid=ann,ou=people,$base
objectClass: inetOrgPerson
uid: ann
cn: Ann Example
sn: Example
mail: ann@example.org
userPassword: annsecret

dn: uid=eve,ou=people,$base
objectClass: inetOrgPerson
uid: eve
cn: Eve
sn: Eve
userPassword: evesecret

dn: uid=zo\C3\AB,ou=people,$base
objectClass: inetOrgPerson
uid: zoë
cn: Zoë
sn: Z
userPassword: zoesecret

dn: cn=leads,ou=groups,$base
objectClass: groupOfNames
cn: leads
member: uid=ann,ou=people,$base
member: uid=zo\C3\AB,ou=people,$base
LDIF
}
slapd_start() {
    slapd -h "ldap://127.0.0.1:$ldap ldaps://127.0.0.1:$ldaps" -f "$d/slapd.conf" -d 0 2>"$d/slapd.log" &
    slapd=$!
    wait_for slapd ldapwhoami -x -H "ldap://127.0.0.1:$ldap" -D "cn=admin,$base" -w rootsecret
}
slapd_stop() {
    kill "$slapd"
    wait "$slapd" || :
}
as_root_of_it() { "$@" -x -H "ldap://127.0.0.1:$ldap" -D "cn=admin,$base" -w rootsecret >/dev/null 2>&1 || fail "$*"; }
serve() {
    "$assay" --data "$d/data" serve --no-collect --listen 127.0.0.1:0 >"$d/serve" 2>"$d/log" &
    server=$!
    wait_for assay grep -q '^Assay is at' "$d/serve"
    url=$(sed -n 's/^Assay is at //p' "$d/serve")
}
stop() {
    kill "$server"
    wait "$server" || :
    server=
}
begin() { # a directory, a program that knows it, a server
    slapd_make
    ldap=$(free_port)
    ldaps=$((ldap + 1))
    slapd_start
    trap 'kill $slapd ${server:-} 2>/dev/null' EXIT
    as_root_of_it ldapadd -f "$d/tree.ldif"
    expect 0 run init
    printf 'readersecret\n' >"$d/reader"
    printf 'compliance_lead: CN=leads,ou=groups,%s\n' "$base" >"$d/roles"
    source_set
    serve
}
source_set() { # NAME=VALUE…
    expect 0 run sign-in ldap corp "ldaps://127.0.0.1:$ldaps" "base=ou=people,$base" "bind_dn=cn=reader,$base" "label=Company account" --secret-file "$d/reader" \
        --tls-ca "$d/cert.pem" --roles-file "$d/roles" "$@"
}
# sign_in NAME PASSWORD: prints the status; cookies in $d/jar, the page in $d/page.
sign_in() {
    rm -f "$d/jar"
    curl -s -o "$d/page" -w '%{http_code}' -c "$d/jar" --data-urlencode "login=$1" --data-urlencode "password=$2" "$url/sign-in"
}
says() { grep -q "$1" "$d/page" || fail "the page does not say: $1: $(grep -o 'role="alert">[^<]*' "$d/page")"; }

case_people_of_a_directory_sign_in_and_get_an_account() {
    begin
    expect 0 run sign-in try corp ann
    grep -q 'is compliance_lead' "$d/out" || fail "the group gives no role"
    [ "$(sign_in ann annsecret)" = 303 ] || fail "ann does not get in: $(cat "$d/page" "$d/log")"
    curl -s -b "$d/jar" "$url/settings/sign-in" >"$d/page"
    says 'Ann Example, signed in as <code>ann</code> by LDAP'
    says 'signs in elsewhere and has no password here'
    expect 0 run user list --json
    tr -d ' \n' <"$d/out" >"$d/flat"
    grep -q '"login":"ann","name":"AnnExample","state":"inforce","kind":"ldap".*"roles":\["compliance_lead"\]' "$d/flat" || fail "the account is not as the directory says"
    [ "$(sign_in zoë zoesecret)" = 303 ] || fail "zoë does not get in"
    expect 0 run verify "$d/data"
    ! grep -rq 'ann@example.org\|annsecret\|readersecret' "$d/data/ledger" "$d/data/db" --include='*' -l 2>/dev/null | grep ledger || fail "names or secrets stand in the ledger"
    stop
}

case_wrong_passwords_and_empty_ones_are_refused() {
    begin
    [ "$(sign_in ann wrong)" = 403 ] || fail "a wrong password"
    says 'The name or the password is not right'
    [ "$(sign_in ann '')" = 403 ] || fail "an empty password is an anonymous bind"
    [ "$(sign_in nobody annsecret)" = 403 ] || fail "an unknown name"
    says 'The name or the password is not right'
    expect 0 run user list
    grep -q 'nobody has an account' "$d/out" || fail "somebody got an account"
    stop
}

case_a_name_is_never_a_filter() {
    begin
    for name in '*' 'a*' 'ann)(uid=*' '*)(|(uid=*' 'ann)(|(objectClass=*' '\61nn' 'uid=ann,ou=people,dc=example,dc=org' 'ann\00'; do
        rm -f "$d/page"
        code=$(sign_in "$name" annsecret)
        [ "$code" = 403 ] || [ "$code" = 429 ] || fail "$name: $code"
    done
    expect 0 run user list
    grep -q 'nobody has an account' "$d/out" || fail "somebody got an account"
    stop
}

case_who_is_in_no_group_is_not_let_in_and_who_leaves_is_ended() {
    begin
    [ "$(sign_in eve evesecret)" = 403 ] || fail "eve is in no group"
    says 'nothing here is open to you'
    [ "$(sign_in ann annsecret)" = 303 ] || fail "ann does not get in"
    printf 'dn: cn=leads,ou=groups,%s\nchangetype: modify\ndelete: member\nmember: uid=ann,ou=people,%s\n' "$base" "$base" >"$d/leave.ldif"
    as_root_of_it ldapmodify -f "$d/leave.ldif"
    cp "$d/jar" "$d/old"
    [ "$(sign_in ann annsecret)" = 403 ] || fail "ann has left"
    [ "$(curl -s -o /dev/null -w '%{http_code}' -b "$d/old" "$url/settings/sign-in")" = 303 ] || fail "the session goes on"
    expect 0 run user list
    grep -q '^ann *disabled' "$d/out" || fail "the account is not ended"
    sed -i 's/^delete:/add:/' "$d/leave.ldif"
    as_root_of_it ldapmodify -f "$d/leave.ldif"
    [ "$(sign_in ann annsecret)" = 303 ] || fail "ann is back"
    expect 0 run user disable ann
    [ "$(sign_in ann annsecret)" = 403 ] || fail "whom a person has disabled the directory does not bring back"
    expect 0 run user enable ann
    as_root_of_it ldapdelete "uid=ann,ou=people,$base"
    [ "$(sign_in ann annsecret)" = 403 ] || fail "ann is gone"
    expect 0 run user list
    grep -q '^ann *disabled' "$d/out" || fail "who is gone there is not ended here"
    stop
}

case_a_directory_that_is_down_leaves_the_rest_working() {
    begin
    slapd_stop
    code=$(sign_in ann annsecret)
    [ "$code" = 503 ] || fail "down: $code"
    says 'Company account does not answer at the moment'
    ! grep -q "127.0.0.1:$ldaps" "$d/page" || fail "the page says where the directory is"
    grep -q "ldaps://127.0.0.1:$ldaps" "$d/log" || fail "the log does not say why"
    token=$(run user link | sed 's/.*token=//')
    [ "$(curl -s -o /dev/null -w '%{http_code}' -d "token=$token" "$url/sign-in")" = 303 ] || fail "the local administrator is shut out"
    expect 3 run sign-in try corp ann
    one_line "ldaps://127.0.0.1:$ldaps"
    slapd_start
    sleep 5.1
    [ "$(sign_in ann annsecret)" = 303 ] || fail "ann does not get in again"
    stop
}

case_tls_is_verified_and_never_left_out() {
    begin
    expect 2 run sign-in ldap far ldap://ldap.example.org base="$base" tls=none
    one_line 'in the clear'
    expect 0 run sign-in ldap corp "ldap://127.0.0.1:$ldap" "base=ou=people,$base" "bind_dn=cn=reader,$base" --tls-ca "$d/cert.pem" --secret-file "$d/reader" default_roles=employee
    expect 0 run sign-in try corp ann
    expect 0 run sign-in ldap corp "ldap://127.0.0.1:$ldap" "base=ou=people,$base" "bind_dn=cn=reader,$base" default_roles=employee
    expect 3 run sign-in try corp ann
    one_line 'StartTLS'
    expect 0 run sign-in ldap corp "ldaps://127.0.0.1:$ldaps" "base=ou=people,$base" "bind_dn=cn=reader,$base" --tls-ca "$d/cert.pem" default_roles=employee
    expect 0 run sign-in try corp ann
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other -keyout /dev/null -out "$d/other.pem" >/dev/null 2>&1
    expect 0 run sign-in ldap corp "ldaps://127.0.0.1:$ldaps" "base=ou=people,$base" "bind_dn=cn=reader,$base" --tls-ca "$d/other.pem" default_roles=employee
    expect 3 run sign-in try corp ann
    printf 'wrong\n' >"$d/wrong"
    expect 0 run sign-in ldap corp "ldaps://127.0.0.1:$ldaps" "base=ou=people,$base" "bind_dn=cn=reader,$base" --tls-ca "$d/cert.pem" --secret-file "$d/wrong" default_roles=employee
    expect 3 run sign-in try corp ann
    one_line 'does not let this program search'
    stop
}

case_settings_that_cannot_work_are_refused() {
    expect 0 run init
    expect 2 run sign-in ldap corp ldaps://ldap.example.org
    one_line 'base'
    expect 2 run sign-in ldap corp ldaps://ldap.example.org "base=$base" 'filter=(uid=ann)'
    one_line 'no .login.'
    expect 2 run sign-in ldap corp ldaps://ldap.example.org "base=$base" 'filter=(uid={login}'
    one_line 'brackets'
    expect 2 run sign-in ldap corp http://ldap.example.org "base=$base"
    expect 2 run sign-in ldap corp ldaps://ldap.example.org "base=$base" default_roles=king
    one_line 'no such role'
    expect 2 run sign-in ldap corp ldaps://ldap.example.org "base=$base" default_roles=auditor
    one_line 'last day'
    expect 2 run sign-in ldap corp ldaps://ldap.example.org "base=$base" colour=red
    expect 2 run sign-in ldap 'Big Corp' ldaps://ldap.example.org "base=$base"
    expect 2 run sign-in oidc id http://id.example.org client_id=x
    expect 2 run sign-in oidc id https://id.example.org
    one_line 'client_id'
    expect 2 run sign-in oidc id https://id.example.org client_id=x 'scope=profile email'
    one_line 'openid'
    expect 2 run sign-in site http://assay.example.org
    expect 0 run sign-in site https://assay.example.org
    expect 0 run user add bob --roles viewer
    grep -q '^https://assay.example.org/sign-in?token=' "$d/out" || fail "the link does not begin with the address that was set"
    expect 2 run sign-in remove corp
    expect 0 run sign-in remove site
    expect 0 run sign-in list
    grep -q 'sign in here only' "$d/out" || fail "something is left"
}

# A directory that gives at most 500 entries to one question; 1,201 people in it have an address.
many() {
    slapd_make
    sed -i '/^directory/a limits dn.exact="cn=reader,'"$base"'" size.soft=500 size.hard=500 size.prtotal=unlimited' "$d/slapd.conf"
    ldap=$(free_port)
    ldaps=$((ldap + 1))
    seq 1 1200 | while read -r n; do
        printf '\ndn: uid=u%s,ou=people,%s\nobjectClass: inetOrgPerson\nuid: u%s\ncn: User %s\nsn: U\nmail: u%s@example.org\nemployeeNumber: %s\n' "$n" "$base" "$n" "$n" "$n" "$n"
    done >>"$d/tree.ldif"
    slapd -T add -f "$d/slapd.conf" -l "$d/tree.ldif" >/dev/null 2>&1 || fail "slapadd"
    slapd_start
    trap 'kill $slapd ${server:-} 2>/dev/null' EXIT
    expect 0 run init
    printf 'readersecret\n' >"$d/reader"
    : >"$d/roles"
    source_set default_roles=employee "$@"
}

case_a_roster_longer_than_one_answer_is_read_page_by_page() {
    many
    ldapsearch -x -H "ldap://127.0.0.1:$ldap" -D "cn=reader,$base" -w readersecret -b "ou=people,$base" '(objectClass=person)' dn >"$d/plain" 2>&1 && fail "the directory has no limit"
    grep -q 'Size limit' "$d/plain" || fail "no limit: $(tail -3 "$d/plain")"
    expect 0 run people sync corp --full --dry-run
    grep -q '1201 rows: 1201 new' "$d/out" || fail "not everybody: $(head -2 "$d/out")"
}

case_a_directory_that_is_asked_every_night_fills_the_roster_by_itself() {
    expect_hour=$(date -u +%H)
    [ "$expect_hour" -ge 2 ] || skip "before two in the morning nothing is asked"
    many roster=nightly
    serve
    tries=0
    until run record list person --json 2>/dev/null | tr -d ' \n' | grep -q '"total":1201'; do
        tries=$((tries + 1))
        [ $tries -lt 240 ] || fail "nobody came: $(cat "$d/log")"
        sleep 0.5
    done
    run record list roster --json | tr -d ' \n' >"$d/flat"
    grep -q 'directorycorp' "$d/flat" || fail "the list itself is not recorded"
    stop
    # The next start asks again, and there is nothing new.
    before=$(run record list roster --json | grep -c '"id"' || :)
    serve
    sleep 4
    [ "$(run record list roster --json | grep -c '"id"' || :)" = "$before" ] || fail "the same list left a trace"
    stop
    expect 2 run sign-in ldap corp "ldaps://127.0.0.1:$ldaps" "base=ou=people,$base" roster=weekly
}

run_cases "$@"
