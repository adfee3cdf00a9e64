#!/bin/sh
# The keyring: another master key, and backups of keys that come back into a restored directory.
. "$(dirname "$0")/lib.sh"

param() { expect 0 "$assay" --data "$d/data" record set parameter password_length_min "$1" --reason "change $1"; }

case_every_key_is_wrapped_under_a_new_master_key_and_the_old_one_is_gone() {
    make_data
    old=$(cat "$d/data/private/keys/master")
    expect 0 "$assay" --data "$d/data" keyring backup "$d/old.keys"
    cp "$d/data/private/keys/master" "$d/old.master"
    expect 0 "$assay" --data "$d/data" keyring rewrap --json
    grep -q '"generation": 2' "$d/out" || fail "$(cat "$d/out")"
    ! grep -rq "$old" "$d/data" || fail "the old master key is there"
    [ "$(ls "$d/data/private/keyring" | tr '\n' ' ')" = "backups keys " ] || fail "$(ls "$d/data/private/keyring")"
    param 13
    expect 0 "$assay" verify "$d/data"
    rebuild_is_same "$d/data"
    expect 0 "$assay" reperform "$d/data"
    # Another master key than the ledger's is named.
    cp "$d/data/private/keys/master" "$d/new.master" && cp "$d/old.master" "$d/data/private/keys/master"
    expect 1 "$assay" verify "$d/data" && grep -q 'E87 .*not the master key of leaf' "$d/out" || fail "E87"
    cp "$d/new.master" "$d/data/private/keys/master"
    # Keys from before come back with the master key of their time only.
    rm "$d/data/private/keyring/keys"
    expect 2 "$assay" --data "$d/data" keyring restore "$d/old.keys" && one_line 'another one followed since'
    expect 2 "$assay" --data "$d/data" keyring restore "$d/old.keys" --master "$d/new.master" && one_line 'wrapped under master key'
    expect 0 "$assay" --data "$d/data" keyring restore "$d/old.keys" --master "$d/old.master" --json
    grep -q '"erased": 0' "$d/out"
    "$assay" verify "$d/data" >"$d/out" || :
    ! grep -q 'E61.*damaged, or wrapped' "$d/out" || fail "keys that were put back do not open"
}

case_it_goes_on_beside_a_server() {
    make_data
    "$assay" --data "$d/data" serve --listen "unix:$d/http" >"$d/log" 2>&1 </dev/null &
    server=$!
    for i in $(seq 1 200); do [ -S "$d/http" ] && break; sleep 0.1; done
    code=0
    "$assay" --data "$d/data" keyring rewrap >"$d/out" 2>"$d/err" </dev/null || code=1
    "$assay" --data "$d/data" record set parameter password_length_min 13 --reason "after" >"$d/out2" 2>"$d/err2" </dev/null || code=2
    "$assay" verify "$d/data" >"$d/out3" 2>&1 </dev/null || code=3
    kill "$server"
    wait "$server" || :
    [ "$code" -eq 0 ] || fail "code $code: $(cat "$d/err2" "$d/out3")"
    [ ! -e "$d/data/private/keys/master.next" ] || fail "not finished"
    expect 0 "$assay" verify "$d/data"
}

case_a_directory_without_its_keys_gets_them_back_later() {
    make_data
    expect 0 "$assay" --data "$d/data" keyring backup "$d/first.keys"
    param 13
    expect 0 "$assay" --data "$d/data" keyring backup "$d/second.keys" --days 3
    expect 0 "$assay" --data "$d/data" backup "$d/all.tar"
    expect 0 "$assay" --data "$d/again" restore "$d/all.tar"
    grep -q 'The keys of its blobs are not here' "$d/out" || fail "it does not say that keys are missing"
    [ "$(ls "$d/again/private/keyring")" = backups ] || fail "$(ls "$d/again/private/keyring")"
    expect 0 "$assay" --data "$d/again" keyring list
    [ "$(wc -l <"$d/out")" -eq 2 ] && grep -q second.keys "$d/out" || fail "the list of backups is lost"
    expect 1 "$assay" verify "$d/again"
    # One backup after the other: what is there already stays.
    expect 0 "$assay" --data "$d/again" keyring restore "$d/first.keys" --json
    grep -q '"added": [1-9]' "$d/out"
    expect 0 "$assay" --data "$d/again" keyring restore "$d/second.keys" --json
    expect 0 "$assay" --data "$d/again" keyring restore "$d/second.keys" --json
    grep -q '"added": 0' "$d/out"
    expect 0 "$assay" --data "$d/again" rebuild
    expect 0 "$assay" verify "$d/again"
    for x in data again; do expect 0 "$assay" --data "$d/$x" dump; cp "$d/out" "$d/dump.$x"; done
    cmp "$d/dump.data" "$d/dump.again"
    # With the keys at once, and with a backup that holds the whole keyring beside its list.
    expect 0 "$assay" --data "$d/third" restore --keyring "$d/second.keys" "$d/all.tar"
    expect 0 "$assay" verify "$d/third"
    expect 0 "$assay" --data "$d/data" backup --with-keyring "$d/keys.tar"
    expect 0 "$assay" --data "$d/fourth" restore "$d/keys.tar"
    expect 0 "$assay" verify "$d/fourth"
    expect 0 "$assay" --data "$d/fourth" keyring restore "$d/second.keys"
}

case_wrong_use_is_one_line() {
    expect 0 "$assay" --data "$d/data" init
    expect 2 "$assay" --data "$d/data" keyring rewrap now && grep -q 'takes nothing' "$d/err"
    expect 2 "$assay" --data "$d/data" keyring turn && grep -q 'backup, restore, rewrap or list' "$d/err"
    expect 0 "$assay" --data "$d/data" keyring rewrap # with no key to wrap
    expect 0 "$assay" verify "$d/data"
    printf 'x' >"$d/bad"
    expect 2 "$assay" --data "$d/data" keyring restore "$d/bad" && one_line 'no backup of a keyring'
}

run_cases
