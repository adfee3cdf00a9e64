#!/bin/sh
# Nothing passes by absence: what was not read, was left out or was read too long ago is unknown, wherever a result is shown.
. "$(dirname "$0")/lib.sh"

# The state of one test as assay test tells it: pass, fail, unknown or skip for each resource, one a line.
states() {
    got=0
    "$assay" --data "$d/data" test --stored --json "$1" >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -le 1 ] || fail "test --stored $1 ended with $got"
    python3 -c 'import json, sys; print("\n".join(sorted({r["status"] for r in json.load(sys.stdin)["results"]})))' <"$d/out"
}
# What assay status counts: pass fail unknown skip.
counts() {
    expect 0 "$assay" --data "$d/data" status --json
    python3 -c 'import json, sys; t = json.load(sys.stdin)["tests"]; print(t["pass"], t["fail"], t["unknown"], t["skip"])' <"$d/out"
}

case_a_table_that_was_never_asked_for_makes_its_tests_unknown() {
    make_host "$d/host"
    expect 0 "$assay" --data "$d/data" init
    got=0
    "$assay" --data "$d/data" collect --root "$d/host" users groups >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -le 1 ] || fail "collect ended with $got"
    for test in update-security-age file-suid-known module-usb-storage password-age signin-failures; do
        [ "$(states $test)" = unknown ] || fail "$test, of whose tables nothing was captured: $(states $test)"
    done
    [ "$(states account-uid-zero)" = pass ]
    expect 0 "$assay" --data "$d/data" query --at now --format csv "select state, reason from table_status where tbl = 'shadow'"
    grep -q '^none,it was not captured yet' "$d/out"
    expect 0 "$assay" --data "$d/data" reperform
}

case_a_run_over_a_few_tables_does_not_refresh_the_others() {
    make_host "$d/host"
    ASSAY_TEST_NOW_MS=1795300000000 expect 0 "$assay" --data "$d/data" init
    ASSAY_TEST_NOW_MS=1795300000000 collect "$d/data" "$d/host"
    export ASSAY_TEST_NOW_MS=$((1795300000000 + 80 * 3600000))
    expect 0 "$assay" --data "$d/data" collect --root "$d/host" users
    [ "$(states account-uid-zero)" = pass ] || fail "users were read just now"
    [ "$(states account-name-unique)" = pass ] || fail "users were read just now"
    [ "$(states file-suid-known)" = unknown ] || fail "the walk is 80 hours old"
    set -- $(counts)
    [ "$1" -le 10 ] || fail "$1 tests pass though only one table is fresh"
    expect 0 "$assay" --data "$d/data" reperform
    collect "$d/data" "$d/host"
    [ "$(states file-suid-known)" != unknown ] || fail "read again, and still unknown"
    expect 0 "$assay" --data "$d/data" reperform
    unset ASSAY_TEST_NOW_MS
}

case_a_missed_run_is_unknown_after_the_limit() {
    make_host "$d/host"
    ASSAY_TEST_NOW_MS=1795300000000 expect 0 "$assay" --data "$d/data" init
    ASSAY_TEST_NOW_MS=1795300000000 collect "$d/data" "$d/host"
    ASSAY_TEST_NOW_MS=$((1795300000000 + 70 * 3600000))
    export ASSAY_TEST_NOW_MS
    set -- $(counts)
    [ "$1" -gt 0 ] || fail "nothing passes within the limit"
    ASSAY_TEST_NOW_MS=$((1795300000000 + 80 * 3600000))
    set -- $(counts)
    [ "$1 $2 $4" = "0 0 0" ] || fail "after the limit: $*"
    [ "$(states account-uid-zero)" = unknown ] || fail "test --stored still relies on what is too old"
    # as it was known then, it is as it was
    expect 0 "$assay" --data "$d/data" status --json --at 2026-11-22T01:00:00Z
    grep -q '"is_stale": false' "$d/out"
    unset ASSAY_TEST_NOW_MS
}

case_two_hosts_with_one_machine_id_are_flagged() {
    make_host "$d/one"
    make_host "$d/two"
    printf 'web1\n' >"$d/one/etc/hostname"
    printf 'web2\n' >"$d/two/etc/hostname"
    expect 0 "$assay" --data "$d/data" init
    collect "$d/data" "$d/one"
    collect "$d/data" "$d/one"
    expect 0 "$assay" --data "$d/data" status
    ! grep -q '^Warning' "$d/out" || fail "one host is flagged"
    collect "$d/data" "$d/two"
    expect 0 "$assay" --data "$d/data" status
    grep -q '^Warning.*Two hosts, web1 and web2, deliver as one' "$d/out" || fail "two hosts with one machine-id are not flagged"
    expect 0 "$assay" --data "$d/data" status --json
    python3 -c 'import json, sys; w = json.load(sys.stdin)["warnings"]; assert [x["code"] for x in w] == ["cloned_machine_id"], w' <"$d/out" || fail "not in JSON"
    # the ledger names neither, and the projection is the same when it is built again
    ! grep -rqa 'web[12]' "$d/data/ledger" || fail "a name stands in the public ledger"
    expect 0 "$assay" --data "$d/data" dump
    cp "$d/out" "$d/before"
    expect 0 "$assay" --data "$d/data" rebuild
    expect 0 "$assay" --data "$d/data" dump
    cmp -s "$d/out" "$d/before" || fail "rebuild gives another projection"
    expect 0 "$assay" verify "$d/data"
}

# Of a tree, nothing stored: the states of one test.
tree_states() {
    got=0
    "$assay" test --root "$1" --json "$2" >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -le 1 ] || fail "test --root $2 ended with $got"
    python3 -c 'import json, sys; print("\n".join(sorted({r["status"] for r in json.load(sys.stdin)["results"]})))' <"$d/out"
}

# All tests over a tree: how many there are, and those of which anything passes and nothing says unknown or fail (the states of a test as
# a whole), one a line.
tree_passes() {
    got=0
    "$assay" test --root "$1" --json >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -le 1 ] || fail "test --root ended with $got"
    python3 -c '
import json, sys
tests = {}
for r in json.load(sys.stdin)["results"]:
    assert r["reason"] and "the test is broken" not in r["reason"], r
    assert r["resource"], r
    tests.setdefault(r["test"], set()).add(r["status"])
print(len(tests))
print("\n".join(sorted(t for t, s in tests.items() if "pass" in s and not s & {"fail", "unknown"})))' <"$d/out" || fail "a result has no reason, or a test is broken"
}

case_no_test_passes_on_an_empty_tree() {
    all=$(ls "$(dirname "$0")"/../../content/tests/*.sql | wc -l)
    mkdir -p "$d/empty"
    tree_passes "$d/empty" >"$d/passes"
    [ "$(head -1 "$d/passes")" -eq "$all" ] || fail "of $all tests $(head -1 "$d/passes") have a result"
    ! grep -Eq "\"status\": *\"pass\"" "$d/out" || fail "passes over nothing: $(tail -n +2 "$d/passes" | tr "\n" " ")"
    # folders alone hold nothing to judge either
    mkdir -p "$d/folders/etc" "$d/folders/usr/bin" "$d/folders/var/log" "$d/folders/root" "$d/folders/home" "$d/folders/etc/pam.d" "$d/folders/etc/ssh"
    tree_passes "$d/folders" >"$d/passes"
    [ -z "$(tail -n +2 "$d/passes" | tr -d '\n')" ] || fail "passes over empty folders: $(tail -n +2 "$d/passes" | tr '\n' ' ')"
}

case_what_is_no_file_is_not_judged_as_one() {
    # a FIFO wherever a table looks for a file
    for path in $(sed -n 's/^paths: \[\(.*\)\]$/\1/p' "$(dirname "$0")"/../../content/tests/*.sql | tr -d '" ' | tr ',' '\n' | grep -Ev '\*|^/root$|sudoers.d$' | sort -u) \
        /etc/pam.d/su /etc/ssh/sshd_config.d/a.conf /etc/sudoers.d/a /var/log/journal /etc/systemd/system/a.service /etc/nsswitch.conf \
        /etc/login.defs /etc/os-release /var/lib/dpkg/status /etc/apt/sources.list /etc/crontab /etc/security/pwquality.conf /usr/lib/systemd/systemd-journald; do
        mkdir -p "$d/pipes$(dirname "$path")"
        [ -e "$d/pipes$path" ] || mkfifo "$d/pipes$path"
    done
    tree_passes "$d/pipes" >"$d/passes"
    [ -z "$(tail -n +2 "$d/passes" | tr -d '\n')" ] || fail "passes over pipes: $(tail -n +2 "$d/passes" | tr '\n' ' ')"
}

case_one_file_of_a_system_tells_nothing_of_the_others() {
    mkdir -p "$d/one/etc"
    printf 'root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n' >"$d/one/etc/passwd"
    tree_passes "$d/one" >"$d/passes"
    # what the list of accounts alone proves, and no more
    [ "$(tail -n +2 "$d/passes" | tr '\n' ' ')" = "account-hash-in-passwd account-name-unique account-uid-unique account-uid-zero " ] ||
        fail "$(tail -n +2 "$d/passes" | tr '\n' ' ')"
}

case_garbage_where_a_database_belongs_is_unknown() {
    make_host "$d/host"
    mkdir -p "$d/host/var/lib/dpkg" "$d/host/var/lib/apt/lists" "$d/host/etc/ssl"
    head -c 5000 /dev/urandom >"$d/host/var/lib/dpkg/status"
    printf 'Package: a\nVersion: 1\n\n' >"$d/host/var/lib/apt/lists/deb.example.org_debian_dists_bookworm_main_binary-amd64_Packages"
    for test in update-security-age update-other-age package-finished; do
        [ "$(tree_states "$d/host" $test)" = unknown ] || fail "$test: $(tree_states "$d/host" $test)"
    done
    ln -s openssl.cnf "$d/host/etc/ssl/openssl.cnf"
    tree_states "$d/host" tls-strength-system | grep -q unknown || fail "a loop of links is taken for a file that is not there"
    rm "$d/host/etc/ssl/openssl.cnf"
    printf 'openssl_conf = x\n' >"$d/host/etc/ssl/openssl.cnf"
    printf 'garbage\n' >"$d/host/etc/os-release"
    tree_states "$d/host" tls-strength-system | grep -q unknown || fail "what is built in is known without knowing the system"
}

case_a_tree_tells_nothing_of_what_only_runs() {
    make_host "$d/host"
    for test in usb-storage-attached disk-encrypted firewall-default-deny listener-approved audit-enabled; do
        [ "$(tree_states "$d/host" $test)" = unknown ] || fail "$test: $(tree_states "$d/host" $test)"
    done
}

case_a_query_names_the_scanned_tables_that_were_not_read() {
    make_host "$d/host"
    expect 0 "$assay" query --root "$d/host" "select count(*) from users"
    [ ! -s "$d/err" ] || fail "a table that was read is named"
    rm "$d/host/etc/shadow"
    expect 0 "$assay" query --root "$d/host" --json "select count(*) as n from shadow"
    one_line 'query: table shadow could not be read: .*No such file'
    python3 -c 'import json, sys; assert json.load(sys.stdin) == [{"n": 0}]' <"$d/out" || fail "standard output is no JSON"
    printf 'torn\n' >>"$d/host/etc/group"
    expect 0 "$assay" query --root "$d/host" "select count(*) from groups"
    one_line 'query: table groups was read in part: '
}

case_a_query_before_the_first_run_says_that_nothing_was_captured() {
    make_data
    expect 0 "$assay" --data "$d/data" query --at now "select count(*) from users"
    [ ! -s "$d/err" ] || fail "a table that was captured is named"
    expect 0 "$assay" --data "$d/data" query --at 2001-01-01 "select count(*) from shadow"
    one_line 'query: table shadow could not be read: it was not captured yet'
}

run_cases "$@"
