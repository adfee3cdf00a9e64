#!/bin/sh
# What somebody with rights on the disk can do behind our back, and how verify tells it.
. "$(dirname "$0")/lib.sh"

# Two states of one data directory: $d/old after one run, $d/data after three.
make_two() {
    make_data
    cp -r "$d/data" "$d/old"
    printf 'eve:x:1001:1001::/home/eve:/bin/bash\n' >>"$d/host/etc/passwd"
    collect "$d/data" "$d/host"
    collect "$d/data" "$d/host"
}
# Puts the parts named back to what they were after the first run, in $d/copy.
roll_back() {
    rm -rf "$d/copy"
    cp -r "$d/data" "$d/copy"
    for part in "$@"; do
        rm -rf "$d/copy/$part"
        cp -r "$d/old/$part" "$d/copy/$part"
    done
}

case_a_result_edited_in_the_database_is_found() {
    make_two
    expect 0 "$assay" verify "$d/data"
    python3 - "$d/data/db/assay.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
assert db.execute("update span set status = 'pass' where status = 'fail'").rowcount > 0
db.commit()
PY
    expect 1 "$assay" verify "$d/data"
    grep -q '^E86 .*assay rebuild' "$d/out"
    expect 0 "$assay" --data "$d/data" rebuild
    expect 0 "$assay" verify "$d/data"
}

case_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting() {
    make_data
    cp "$d/data/private/cp.log" "$d/data/private/anchors.log" # a note of the log, that nobody cosigned
    (cd "$d/data" && find . -type f ! -path './db/*' ! -path './volatile*' ! -name lock ! -name reserve) >"$d/files"
    [ "$(wc -l <"$d/files")" -gt 15 ] || fail "$(cat "$d/files")"
    while read -r name; do
        rm -rf "$d/copy"
        cp -r "$d/data" "$d/copy"
        rm "$d/copy/$name"
        mkfifo "$d/copy/$name"
        got=0
        timeout 30 "$assay" verify "$d/copy" >"$d/out" 2>"$d/err" </dev/null || got=$?
        case $name in
        # Which are not looked at by this command, or without which less is checked, which is said.
        */private/keys/master | */config.json) [ "$got" -eq 1 ] || [ "$got" -eq 2 ] || fail "$name: status $got" ;;
        */private/keys/* | ./private/backup.json | */private/keyring/backups) [ "$got" -le 1 ] || fail "$name: status $got" ;;
        *) [ "$got" -eq 1 ] || fail "$name: status $got" ;;
        esac
        got=0
        timeout 30 "$assay" --data "$d/copy" record set parameter password_length_min 15 --reason x >"$d/out" 2>"$d/err" </dev/null || got=$?
        [ "$got" -le 3 ] || fail "$name: writing ended with status $got"
    done <"$d/files"
}

case_parts_set_back_to_an_older_copy_are_found_and_not_written_to() {
    make_two
    for parts in ledger private "private/guard private/signer.head" "private/state.0 private/state.1 private/wal" \
        "ledger private/wal private/state.0 private/state.1 private/cp.log private/guard"; do
        # shellcheck disable=SC2086
        roll_back $parts
        expect 1 "$assay" verify "$d/copy"
        got=0
        "$assay" --data "$d/copy" collect --root "$d/host" >"$d/out" 2>"$d/err" </dev/null || got=$?
        grep -q '^assay: ' "$d/err" || fail "$parts set back, and collect (status $got) goes on"
    done
}

case_a_lost_projection_is_made_again() {
    make_two
    expect 0 "$assay" --data "$d/data" dump && cp "$d/out" "$d/before"
    rm -r "$d/data/db"
    expect 0 "$assay" verify "$d/data"
    grep -q 'no projection' "$d/out"
    expect 0 "$assay" --data "$d/data" rebuild
    expect 0 "$assay" --data "$d/data" dump
    cmp "$d/out" "$d/before"
}

case_a_foreign_log_key_signs_nothing_and_that_is_said() {
    make_data
    expect 0 "$assay" --data "$d/other" init
    cp "$d/other/private/keys/log" "$d/data/private/keys/log"
    got=0
    "$assay" --data "$d/data" collect --root "$d/host" >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -ge 1 ] || fail "collect ended with $got though nothing could be signed"
    one_line 'not signed|signer'
}

run_cases "$@"
