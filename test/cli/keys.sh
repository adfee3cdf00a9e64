#!/bin/sh
# Keys: rotated, retired, found stolen, and by whom that has to be signed.
. "$(dirname "$0")/lib.sh"

param() { expect 0 "$assay" --data "$d/data" record set parameter password_length_min "$1" --reason "change $1"; }
lines_of_checkpoint() { grep -c '^— ' "$d"/data/ledger/*/checkpoint; }
id_of() { "$assay" --data "$d/data" key list | grep -- "$1+" | tail -1 | sed 's/.*+\([0-9a-f]\{8\}\)+.*/\1/'; }
origin() { sed -n 1p "$d"/data/ledger/*/checkpoint; }

case_a_log_key_is_rotated_and_an_auditor_with_the_old_key_follows() {
    make_data
    first=$("$assay" --data "$d/data" key list | grep "^$(origin)+")
    old=$(id_of "$(origin)")
    expect 3 "$assay" --data "$d/data" key retire "$old" && one_line 'no other log key has signed'
    expect 0 "$assay" --data "$d/data" key rotate log
    second=$(cat "$d/out")
    expect 3 "$assay" --data "$d/data" key rotate log && one_line 'two log keys are signing already'
    param 13
    [ "$(lines_of_checkpoint)" -eq 2 ] || fail "$(cat "$d"/data/ledger/*/checkpoint)"
    for key in "$first" "$second"; do
        expect 0 "$assay" verify "$d/data" --key "$key"
    done
    expect 0 "$assay" --data "$d/data" key retire "$old"
    param 14
    [ "$(lines_of_checkpoint)" -eq 1 ] || fail "the retired key still signs"
    [ "$(ls "$d/data/private/keys" | grep -c '^log')" -eq 1 ] || fail "$(ls "$d/data/private/keys")"
    expect 0 "$assay" verify "$d/data" --key "$first" # it signed for its successor
    expect 0 "$assay" verify "$d/data" --key "$second"
    expect 0 "$assay" --data "$d/data" key rotate log # and again
    param 15
    expect 0 "$assay" verify "$d/data" --key "$first"
    "$assay" --data "$d/data" key list --json >"$d/out"
    grep -q '"state": *"retired"' "$d/out"
    expect 0 "$assay" --data "$d/data" key list log # of one role, for whoever pastes it
    [ "$(grep -c "^$(origin)+" "$d/out")" -eq "$(wc -l <"$d/out")" ] || fail "other keys than those of the log"
    has "^$second$"
    expect 0 "$assay" --data "$d/data" key list log --all
    has "^$first  retired by leaf [0-9]*$"
    expect 2 "$assay" --data "$d/data" key list king
    one_line 'king is none of the roles'
}

case_the_witness_policy_follows_the_log_key() {
    make_data
    first=$("$assay" --data "$d/data" key list | grep "^$(origin)+")
    "$assay" witness key --dir "$d/w" --name firm.example/w >"$d/w.vkey"
    printf 'log %s https://l.example/log\nwitness w %s\nquorum w\n' "$first" "$(cat "$d/w.vkey")" >"$d/policy"
    expect 0 "$assay" --data "$d/data" anchor policy "$d/policy"
    expect 0 "$assay" --data "$d/data" key rotate log
    second=$(cat "$d/out")
    grep -q 'the witness policy names the log keys' "$d/err" || fail "nothing is said of the policy"
    expect 0 "$assay" --data "$d/data" anchor policy
    has "^log $first https://l.example/log$" && has "^log $second https://l.example/log$" && has '^quorum w$'
    param 13
    expect 0 "$assay" --data "$d/data" key retire "$(echo "$first" | cut -d+ -f2)"
    expect 0 "$assay" --data "$d/data" anchor policy
    lacks "^log $first" && has "^log $second https://l.example/log$"
    expect 0 "$assay" verify "$d/data"
}

case_a_stolen_log_key_is_no_ground_for_trust() {
    make_data
    root=$("$assay" --data "$d/data" key list | grep '/root+')
    first=$("$assay" --data "$d/data" key list | grep "^$(origin)+")
    old=$(id_of "$(origin)")
    expect 0 "$assay" --data "$d/data" key rotate log
    param 13
    expect 0 "$assay" --data "$d/data" key revoke "$old" --trust 5
    param 14
    expect 1 "$assay" verify "$d/data" --key "$first" && grep -q 'E01 .*stolen' "$d/out"
    expect 0 "$assay" verify "$d/data" --root-key "$root"
    [ "$(grep -c '^note .*found stolen later' "$d/out")" -eq 1 ] || fail "not one line on earlier checkpoints"
}

case_a_rotation_that_broke_off_goes_on() {
    make_data
    old=$(id_of "$(origin)")
    expect 3 "$assay" --data "$d/data" key revoke "$old" && one_line 'the last log key cannot go'
    # As a power cut leaves it between the key's file and its leaf.
    expect 0 "$assay" key new "$(origin)" "$d/next"
    next=$(sed 's/.*+\([0-9a-f]\{8\}\)+.*/\1/' "$d/out")
    cp "$d/next" "$d/data/private/keys/log.$next"
    expect 0 "$assay" --data "$d/data" key rotate log
    grep -q "+$next+" "$d/out" || fail "another key than the one that waited"
    param 13
    [ "$(lines_of_checkpoint)" -eq 2 ] || fail "$(cat "$d"/data/ledger/*/checkpoint)"
    expect 0 "$assay" --data "$d/data" key revoke "$old" # the one that is left signs
    param 14
    expect 0 "$assay" --data "$d/data" key rotate log
    param 15
    expect 0 "$assay" verify "$d/data"
}

in_force() { "$assay" --data "$d/data" key list | grep -c -- "/$1"; }

case_a_rotation_of_an_officer_or_collector_that_broke_off_is_finished() {
    make_data
    for role in officer collector; do
        # Nothing but the next key's file is there.
        name=$("$assay" --data "$d/data" key list | grep -- "/$role" | sed 's/+.*//')
        expect 0 "$assay" key new "$name" "$d/$role.waits"
        waits=$(cat "$d/out")
        cp "$d/$role.waits" "$d/data/private/keys/$role.next"
        cp "$d/data/private/keys/$role" "$d/$role.old"
        expect 0 "$assay" --data "$d/data" key rotate "$role"
        [ "$(cat "$d/out")" = "$waits" ] || fail "another key than the one that waited"
        [ ! -e "$d/data/private/keys/$role.next" ] || fail "the next key did not take its place"
        [ "$(in_force "$role")" -eq 1 ] || fail "not one $role key in force"
        # The leaves are there, the file was not moved yet: the next start moves it.
        mv "$d/data/private/keys/$role" "$d/data/private/keys/$role.next"
        cp "$d/$role.old" "$d/data/private/keys/$role"
        expect 0 "$assay" --data "$d/data" record set parameter password_length_min $((13 + ${#role})) --reason "any command that writes"
        [ ! -e "$d/data/private/keys/$role.next" ] || fail "the rotation was not finished by the next start"
        cmp "$d/$role.waits" "$d/data/private/keys/$role"
    done
    expect 0 "$assay" --data "$d/data" hold add AC-06 --reason "the officer signs"
    collect "$d/data" "$d/host"
    expect 0 "$assay" --data "$d/data" dump && cp "$d/out" "$d/dump"
    expect 0 "$assay" --data "$d/data" rebuild
    expect 0 "$assay" --data "$d/data" dump && cmp "$d/out" "$d/dump"
    expect 0 "$assay" verify "$d/data"
}

case_what_a_stolen_collector_key_signed_is_told() {
    make_data
    old=$(id_of 'collector/[0-9a-f]*')
    expect 0 "$assay" --data "$d/data" key rotate collector
    expect 0 "$assay" verify "$d/data" && ! grep -q W43 "$d/out" || fail "retired is not stolen"
    expect 0 "$assay" --data "$d/data" key revoke "$old" --trust 2
    expect 0 "$assay" verify "$d/data"
    grep -q 'W43 .*signed by the collector key' "$d/out" || fail "$(cat "$d/out")"
}

case_root_keys_sign_from_a_file_elsewhere_and_by_quorum() {
    expect 0 "$assay" --data "$d/data" init
    expect 0 "$assay" --data "$d/data" key export-root "$d/root-1"
    [ ! -e "$d/data/private/keys/root" ]
    expect 2 "$assay" --data "$d/data" key rotate officer && one_line 'root key is not in this directory'
    expect 0 "$assay" --data "$d/data" key rotate officer --root "$d/root-1"
    vkey=$("$assay" key new "example/root-2" "$d/root-2")
    expect 0 "$assay" --data "$d/data" key add root "$vkey" --root "$d/root-1"
    expect 0 "$assay" --data "$d/data" key quorum 2 --root "$d/root-1"
    expect 3 "$assay" --data "$d/data" key rotate collector --root "$d/root-2" && one_line 'signed by 1 root keys, 2 have to sign'
    expect 0 "$assay" --data "$d/data" key rotate collector --root "$d/root-1,$d/root-2"
    make_host "$d/host"
    expect 0 "$assay" --data "$d/data" collect --root "$d/host"
    expect 0 "$assay" --data "$d/data" hold add AC-06 --reason "signed by the officer, needs no root key here"
    expect 0 "$assay" verify "$d/data"
    expect 0 "$assay" --data "$d/data" dump
    cp "$d/out" "$d/before"
    expect 0 "$assay" --data "$d/data" rebuild
    expect 0 "$assay" --data "$d/data" dump
    cmp "$d/out" "$d/before"
}

case_a_rotation_beside_a_server_needs_no_restart_by_hand() {
    expect 0 "$assay" --data "$d/data" init
    "$assay" --data "$d/data" serve --listen "unix:$d/http" >"$d/log" 2>&1 </dev/null &
    server=$!
    for i in $(seq 1 200); do [ -S "$d/http" ] && break; sleep 0.1; done
    code=0
    "$assay" --data "$d/data" key rotate log >"$d/out" 2>"$d/err" </dev/null || code=$?
    "$assay" --data "$d/data" record set parameter password_length_min 13 --reason "after" >"$d/out2" 2>"$d/err2" </dev/null || code=$((code + 10))
    kill "$server"
    wait "$server" || :
    [ "$code" -eq 0 ] || fail "code $code: $(cat "$d/err2" "$d/log")"
    [ "$(lines_of_checkpoint)" -eq 2 ] || fail "$(cat "$d"/data/ledger/*/checkpoint)"
    expect 0 "$assay" verify "$d/data"
}

case_wrong_use_is_one_line() {
    expect 0 "$assay" --data "$d/data" init
    expect 2 "$assay" --data "$d/data" key rotate root && grep -q 'a root key: assay key new' "$d/err"
    expect 2 "$assay" --data "$d/data" key retire 00000000 && one_line 'no key 00000000'
    expect 2 "$assay" --data "$d/data" key retire "$(id_of /root)" && one_line 'the last root key cannot go'
    expect 2 "$assay" --data "$d/data" key quorum 2 && one_line 'from 1 to the 1 root keys'
    expect 2 "$assay" key new "a b" "$d/x"
}

run_cases
