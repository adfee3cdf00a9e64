#!/bin/sh
# Erasing what somebody may ask to be forgotten, holds, the keyring's backups, and the scrub: as a person does it.
. "$(dirname "$0")/lib.sh"

leaf_of() { # leaf_of TABLE: the newest capture
    "$assay" --data "$d/data" dump | sed -n "s/^\[\"capture\",\([0-9]*\),[0-9-]*,\"[^\"]*\",\"$1\",.*/\1/p" | tail -1
}
make_zebedee() {
    make_host "$d/host"
    printf 'zebedee:x:1001:1001:Zebedee Quixote:/home/zebedee:/bin/bash\n' >>"$d/host/etc/passwd"
    expect 0 "$assay" --data "$d/data" init
    collect "$d/data" "$d/host"
    leaf=$(leaf_of users)
    [ -n "$leaf" ] || fail "no capture of users"
}

case_what_is_erased_is_nowhere_and_all_else_stands() {
    make_zebedee
    "$assay" --data "$d/data" dump | grep -q zebedee || fail "the projection does not know the account"
    expect 0 "$assay" --data "$d/data" erase "$leaf" --dry-run
    grep -q "would erase leaf $leaf" "$d/out"
    for table in users accounts groups group_members passwd; do
        other=$(leaf_of $table)
        [ -z "$other" ] || leaves="${leaves-} $other"
    done
    # shellcheck disable=SC2086
    expect 0 "$assay" --data "$d/data" erase $leaves --basis request --reason "a letter" --with-derived
    grep -q 'keys, sealed bytes' "$d/out"
    "$assay" --data "$d/data" dump >"$d/dump"
    ! grep -aq 'zebedee' "$d/dump" || fail "the projection still names the account"
    ! grep -raql 'zebedee' "$d/data" || fail "a file still names the account"
    rebuild_is_same
    expect 0 "$assay" --data "$d/data" verify
    grep -q 'erased .* of host/' "$d/out"
    expect 0 "$assay" --data "$d/data" verify --json
    expect 0 "$assay" --data "$d/data" verify --explain "$leaf"
    has '^  erased    blob [0-9a-f]\{16\}... by leaf [0-9]*$'
    expect 0 "$assay" --data "$d/data" verify --explain 1
    lacks '^  erased'
    expect 0 "$assay" --data "$d/data" scrub
    expect 0 "$assay" --data "$d/data" reperform
    grep -q "which it read, was erased by leaf" "$d/out"
    expect 2 "$assay" --data "$d/data" erase "$leaf" --basis request --reason again && one_line "erased already by leaf"
    collect "$d/data" "$d/host" # and life goes on
    expect 0 "$assay" --data "$d/data" verify
    rebuild_is_same
}

case_what_is_unknown_after_an_erasure_is_no_pass() {
    make_zebedee
    expect 0 "$assay" --data "$d/data" erase "$leaf" --basis mistake --reason x
    expect 0 "$assay" --data "$d/data" query --at now --json "select state, reason from table_status where tbl='users'"
    grep -q "erased by leaf" "$d/out" || fail "table_status does not tell of the erasure"
}

case_a_hold_takes_a_second_signature() {
    make_zebedee
    expect 0 "$assay" --data "$d/data" hold add "$leaf" --reason "audit"
    id=$(sed -n 's/^hold \([0-9a-f]*\) is in force.*/\1/p' "$d/out")
    expect 0 "$assay" --data "$d/data" hold list
    grep -q "$id  in force  leaf $leaf .*audit" "$d/out"
    expect 2 "$assay" --data "$d/data" erase "$leaf" --basis request --reason x && one_line "under hold $id.*second signature"
    expect 2 "$assay" --data "$d/data" hold release "$id" --reason over
    expect 0 "$assay" --data "$d/data" hold release "$id" --reason over --with-root
    expect 0 "$assay" --data "$d/data" erase "$leaf" --basis request --reason x
    expect 0 "$assay" --data "$d/data" hold add AC-06 --reason "a control"
    expect 0 "$assay" --data "$d/data" hold add --period 2020-01-01/2099-01-01 --reason "a period"
    other=$(leaf_of groups)
    expect 2 "$assay" --data "$d/data" erase "$other" --basis request --reason x && one_line "under hold"
    expect 0 "$assay" --data "$d/data" erase "$other" --basis request --reason x --with-root
    expect 0 "$assay" --data "$d/data" verify
    expect 0 "$assay" --data "$d/data" hold list --json
}

case_wrong_use_of_erase_and_hold_is_one_line() {
    make_zebedee
    expect 2 "$assay" --data "$d/data" erase x --basis request --reason y
    expect 2 "$assay" --data "$d/data" erase "$leaf" --reason y
    expect 2 "$assay" --data "$d/data" erase "$leaf" --basis request
    expect 2 "$assay" --data "$d/data" erase 0 --basis request --reason y && one_line "has no blob"
    expect 2 "$assay" --data "$d/data" erase 99999 --basis request --reason y && one_line "there is none"
    expect 2 "$assay" --data "$d/data" hold add ZZ-99 --reason y && one_line "neither a leaf nor a control"
    expect 2 "$assay" --data "$d/data" hold add --reason y
    expect 2 "$assay" --data "$d/data" hold forget
    expect 2 "$assay" --data "$d/data" hold release 0123456789abcdef --reason y --with-root && one_line "none of this name"
}

case_a_lost_officer_key_is_not_replaced_in_silence() {
    make_zebedee
    mv "$d/data/private/keys/officer" "$d/officer"
    expect 3 "$assay" --data "$d/data" erase "$leaf" --basis request --reason x && one_line "officer key"
    expect 0 "$assay" --data "$d/data" verify
    mv "$d/officer" "$d/data/private/keys/officer"
    expect 0 "$assay" --data "$d/data" erase "$leaf" --basis request --reason x
    expect 0 "$assay" --data "$d/data" verify
}

case_killed_erasures_are_finished_at_the_next_start() {
    make_zebedee
    cp -a "$d/data" "$d/original"
    for delay in 0.05 0.1 0.15 0.2 0.25 0.3 0.4 0.5; do
        rm -rf "$d/data"
        cp -a "$d/original" "$d/data"
        setsid "$assay" --data "$d/data" erase "$leaf" --basis request --reason x >"$d/out" 2>"$d/err" </dev/null &
        pid=$!
        sleep $delay
        kill -9 -- "-$pid" 2>/dev/null || :
        wait $pid 2>/dev/null || :
        for p in $(cd /proc && ls | grep '^[0-9]*$'); do # keeper and signer outlive their starter
            tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline" | grep -q -- "$d/data" && kill -9 "$p" 2>/dev/null || :
        done
        sleep 0.1
        collect "$d/data" "$d/host" # the next start
        expect 0 "$assay" --data "$d/data" verify
        ! grep -q 'not finished' "$d/out" || fail "an erasure is not finished after $delay s"
        expect 0 "$assay" --data "$d/data" scrub
        rebuild_is_same
    done
}

case_key_backups_end_and_do_not_bring_erased_keys_back() {
    make_zebedee
    expect 0 "$assay" --data "$d/data" keyring backup "$d/keys.1" --days 7
    expect 2 "$assay" --data "$d/data" keyring backup "$d/keys.1" && one_line "there already"
    expect 0 "$assay" --data "$d/data" erase "$leaf" --basis request --reason x
    "$assay" --data "$d/data" dump | grep '^\["erasure"' | grep -q ',"request",[0-9]*,7,' || fail "the erasure does not say 7 days"
    rm "$d/data/private/keyring/keys"
    expect 1 "$assay" --data "$d/data" verify
    expect 0 "$assay" --data "$d/data" keyring restore "$d/keys.1"
    grep -Eq '^[0-9]+ keys put back; [12] left out' "$d/out" || fail "what was restored"
    expect 0 "$assay" --data "$d/data" keyring list
    expect 2 "$assay" --data "$d/data" keyring restore /etc/passwd
}

case_scrub_finds_damage_and_loss_without_any_key() {
    make_zebedee
    rm -rf "$d/data/private/keys"
    expect 0 "$assay" --data "$d/data" scrub --json
    grep -q '"ok": true' "$d/out"
    cp "$d/data/blobs/pack/00000000.pack" "$d/pack"
    flip "$d/data/blobs/pack/00000000.pack" 3000
    expect 1 "$assay" --data "$d/data" scrub
    : >"$d/data/blobs/pack/00000000.pack"
    expect 1 "$assay" --data "$d/data" scrub
    grep -q 'is gone, and no leaf says' "$d/out"
    cp "$d/pack" "$d/data/blobs/pack/00000000.pack"
    expect 0 "$assay" --data "$d/data" scrub --scheduled
    [ -s "$d/data/private/scrub/result" ] || fail "a scheduled scrub leaves no result"
    expect 2 "$assay" --data "$d/nothing" scrub
}

# What the server starts by schedule: it gets at ledger and blobs alone, whatever stands in them.
case_the_scheduled_scrub_cannot_read_keys() {
    make_zebedee
    expect 0 "$assay" --role scrub "$d/data"
    rm "$d/data/private/scrub/result"
    checkpoint=$(echo "$d"/data/ledger/*/checkpoint)
    cp "$checkpoint" "$d/data/private/keys/copy"
    ln -sf ../../private/keys/copy "$checkpoint"
    expect 0 "$assay" --data "$d/data" scrub --scheduled
    "$assay" --data "$d/data" doctor >"$d/out" 2>"$d/err" || :
    grep -q 'Landlock.*ABI' "$d/out" && ! grep -q 'under sanitizers' "$d/out" || skip "jails are off here"
    expect 3 "$assay" --role scrub "$d/data"
    grep -q 'Permission denied' "$d/err" || fail "it read below private/keys"
}

run_cases "$@"
