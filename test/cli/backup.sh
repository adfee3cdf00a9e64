#!/bin/sh
# Backups: beside a server, restored and checked, and never a second history.
. "$(dirname "$0")/lib.sh"

head_of() { "$assay" verify "$1" --json 2>/dev/null | python3 -c 'import json,sys; r=json.load(sys.stdin); print("%d:%s" % (r["size"], r["root"]))'; }

case_a_restore_that_cannot_be_says_why() {
    make_data
    expect 0 "$assay" --data "$d/data" backup "$d/all.tar"
    expect 2 "$assay" --data "$d/again" restore --keyring "$d/none" "$d/all.tar" && one_line 'none: No such file'
    expect 2 "$assay" --data "$d/again" restore "$d/none"
    [ ! -e "$d/again" ] || fail "something was made"
    mount_small "$d/small" 200k
    expect 3 "$assay" --data "$d/small/again" restore "$d/all.tar" && one_line 'No space left'
    [ -z "$(ls "$d/small")" ] || fail "left behind: $(ls "$d/small")"
}

case_a_restore_that_was_killed_is_begun_anew() {
    make_data
    expect 0 "$assay" --data "$d/data" backup --with-keyring "$d/all.tar"
    mkdir -p "$d/again.part/private/keys" "$d/again.part/blobs/pack" && : >"$d/again.part/private/restored" && : >"$d/again.part/blobs/pack/x"
    expect 0 "$assay" --data "$d/again/" restore "$d/all.tar"
    [ ! -e "$d/again.part" ] || fail "the part is left"
    expect 0 "$assay" verify "$d/again"
    mkdir "$d/third" "$d/third.part" && : >"$d/third.part/mine"
    expect 2 "$assay" --data "$d/third" restore "$d/all.tar" && one_line 'no restore has left it'
    [ -e "$d/third.part/mine" ] || fail "a file that is not ours was removed"
}

case_a_restored_directory_is_whole_and_waits_to_be_confirmed() {
    make_data
    expect 0 "$assay" --data "$d/data" keyring backup "$d/keys.bak"
    expect 0 "$assay" --data "$d/data" backup "$d/all.tar"
    tar tf "$d/all.tar" >"$d/names"
    grep -q '^members.sha256$' "$d/names" && ! grep -q keyring/keys "$d/names" || fail "members"
    mkdir "$d/plain" && tar xf "$d/all.tar" -C "$d/plain" && (cd "$d/plain" && sha256sum -c --quiet members.sha256) || fail "tar and sha256sum do not agree"
    expect 2 "$assay" --data "$d/data" backup "$d/all.tar" && one_line 'never overwrites'
    expect 0 "$assay" --data "$d/again" restore --keyring "$d/keys.bak" "$d/all.tar"
    expect 0 "$assay" verify "$d/again"
    for x in data again; do expect 0 "$assay" --data "$d/$x" dump; cp "$d/out" "$d/dump.$x"; done
    cmp "$d/dump.data" "$d/dump.again"
    expect 0 "$assay" reperform "$d/again"
    expect 3 "$assay" --data "$d/again" record set parameter password_length_min 13 --reason x && one_line 'made from a backup'
    expect 0 "$assay" --data "$d/again" restore --confirm "$(head_of "$d/data")"
    expect 0 "$assay" --data "$d/again" record set parameter password_length_min 13 --reason x
    expect 0 "$assay" verify "$d/again"
}

case_an_older_backup_may_not_go_on() {
    make_data
    expect 0 "$assay" --data "$d/data" backup --with-keyring "$d/all.tar"
    expect 0 "$assay" --data "$d/data" record set parameter password_length_min 13 --reason "after the backup"
    expect 0 "$assay" --data "$d/again" restore "$d/all.tar"
    expect 1 "$assay" --data "$d/again" restore --confirm "$(head_of "$d/data")" && one_line 'E14'
    expect 2 "$assay" --data "$d/again" restore --confirm "$(head_of "$d/data")" --nobody-else-has-seen-it
    expect 3 "$assay" --data "$d/again" record set parameter password_length_min 14 --reason x
    expect 0 "$assay" --data "$d/again" status
}

case_a_backup_beside_a_busy_server_is_consistent() {
    expect 0 "$assay" --data "$d/data" init
    "$assay" --data "$d/data" serve --listen "unix:$d/http" >"$d/log" 2>&1 </dev/null &
    server=$!
    for i in $(seq 1 200); do [ -S "$d/http" ] && break; sleep 0.1; done
    (for i in $(seq 1 15); do "$assay" --data "$d/data" record set parameter password_length_min $((12 + i)) --reason "r$i" || :; done) >/dev/null 2>&1 </dev/null &
    writer=$!
    ok=0
    for i in 1 2 3; do
        "$assay" --data "$d/data" backup --with-keyring "$d/$i.tar" >"$d/out" 2>"$d/err" </dev/null || ok=1
        "$assay" --data "$d/again$i" restore "$d/$i.tar" >>"$d/out" 2>>"$d/err" </dev/null || ok=2
    done
    wait "$writer"
    kill "$server"
    wait "$server" || :
    [ "$ok" -eq 0 ] || fail "backup $ok"
    [ ! -e "$d/data/private/snapshot" ]
}

case_a_backup_waits_for_no_other_and_trusts_no_file_that_lies_there() {
    expect 0 "$assay" --data "$d/data" init
    : >"$d/all.tar.part" && chmod 666 "$d/all.tar.part"
    exec 9<"$d/all.tar.part"
    expect 3 flock "$d/data/private" "$assay" --data "$d/data" backup "$d/all.tar" && one_line 'another backup of it is being written'
    expect 0 "$assay" --data "$d/data" backup --with-keyring "$d/all.tar"
    [ "$(stat -c %a "$d/all.tar")" = 600 ] || fail "$(stat -c %a "$d/all.tar")"
    [ "$(wc -c <&9)" -eq 0 ] || fail "the file that lay there got the keys"
    exec 9<&-
}

case_a_damaged_backup_leaves_one_line() {
    make_data
    expect 0 "$assay" --data "$d/data" backup --with-keyring "$d/all.tar"
    size=$(stat -c %s "$d/all.tar")
    for at in 3 300 1600 $((size / 3)) $((size / 2)) $((size - 2000)); do
        cp "$d/all.tar" "$d/bad.tar"
        flip "$d/bad.tar" "$at"
        rm -rf "$d/again"
        code=0
        "$assay" --data "$d/again" restore "$d/bad.tar" >"$d/out" 2>"$d/err" </dev/null || code=$?
        [ "$code" -eq 1 ] || [ "$code" -eq 2 ] || fail "byte $at: exit $code"
        [ "$(grep -c '^assay: ' "$d/err")" -eq 1 ] || fail "byte $at: not one line"
    done
    head -c $((size / 2)) "$d/all.tar" >"$d/bad.tar"
    rm -rf "$d/again"
    expect 1 "$assay" --data "$d/again" restore "$d/bad.tar"
    [ ! -e "$d/again" ] && [ ! -e "$d/again.part" ] || fail "half a directory"
    printf 'x' >"$d/x" && tar cf "$d/evil.tar" -P --transform 's,.*,../evil,' "$d/x"
    expect 1 "$assay" --data "$d/again2" restore "$d/evil.tar"
    [ ! -e "$d/evil" ]
    expect 2 "$assay" --data "$d/data" restore "$d/all.tar" && grep -q 'is not empty' "$d/err"
}

run_cases
