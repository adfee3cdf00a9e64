#!/bin/sh
# Bad input and broken surroundings: each gets one clear line and the right exit status, and what was acknowledged before is still there.
. "$(dirname "$0")/lib.sh"

# flip FILE OFFSET: one bit of one byte; a hex digit stays one.
flip() {
    python3 - "$1" "$2" <<'PY'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2])); b = f.read(1); f.seek(int(sys.argv[2])); f.write(bytes([b[0] ^ 1]))
PY
}

case_wrong_flags_are_exit_2_and_one_line() {
    expect 2 "$assay" collect --no-such-flag
    one_line 'no-such-flag'
    expect 2 "$assay" nonsense
    one_line 'nonsense'
    expect 2 "$assay" status --at yesterday-ish
    one_line 'yesterday-ish'
    expect 2 "$assay" query
    grep -q '^assay: ' "$d/err"
    expect 2 "$assay" report readiness --format docx
}

case_what_commands_of_the_ledger_miss_is_one_line() {
    make_data
    expect 2 "$assay" --data "$d/data" --data "$d/data" status && one_line 'given twice'
    expect 2 "$assay" --data "$d/data" status --data "$d/data" && one_line 'given twice'
    expect 0 "$assay" key -h
    expect 2 "$assay" --data "$d/data" key rotate && one_line 'rotate: .*--help'
    expect 2 "$assay" --data "$d/data" key quorum 0 && one_line 'root keys'
    expect 2 "$assay" --data "$d/data" hold release zz --reason x && one_line '16 hex digits'
    expect 2 "$assay" --data "$d/data" hold add AC-06 && one_line 'at most'
    got=0
    "$assay" --data "$d/data" prove 1 >/dev/full 2>"$d/err" || got=$?
    [ $got -eq 3 ] || fail "a full standard output gave $got"
    one_line 'standard output'
}

case_a_missing_data_directory_says_what_to_do() {
    expect 2 "$assay" --data "$d/none" status
    one_line 'assay init'
}

case_init_twice_changes_nothing() {
    expect 0 "$assay" --data "$d/data" init
    sum=$(cat "$d/data/config.json" | cksum)
    expect 2 "$assay" --data "$d/data" init
    one_line 'exists|already'
    [ "$sum" = "$(cat "$d/data/config.json" | cksum)" ]
}

case_a_damaged_projection_is_named_and_rebuilt() {
    make_data
    expect 0 "$assay" --data "$d/data" dump && cp "$d/out" "$d/before"
    dd if=/dev/urandom of="$d/data/db/assay.db" bs=4096 count=4 conv=notrunc 2>/dev/null
    rm -f "$d/data/db/assay.db-wal" "$d/data/db/assay.db-shm"
    code=0
    "$assay" --data "$d/data" status >"$d/out" 2>"$d/err" || code=$?
    [ $code -eq 1 ] || [ $code -eq 3 ] || fail "status ended with $code on a damaged projection"
    one_line 'rebuild'
    expect 0 "$assay" --data "$d/data" rebuild
    expect 0 "$assay" --data "$d/data" dump
    cmp "$d/out" "$d/before"
}

case_a_flipped_byte_anywhere_in_the_ledger_or_blobs_is_found() {
    make_data
    expect 0 "$assay" verify "$d/data"
    for file in $(find "$d/data/ledger" "$d/data/blobs" -type f -size +0); do
        size=$(stat -c %s "$file")
        cp "$file" "$d/saved"
        python3 - "$file" $((size / 2)) <<'PY'
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2])); b = f.read(1); f.seek(int(sys.argv[2])); f.write(bytes([b[0] ^ 1]))
PY
        expect 1 "$assay" verify "$d/data" || fail "a flipped byte in $file was not found"
        cat "$d/saved" >"$file"
    done
    expect 0 "$assay" verify "$d/data"
}

case_a_second_writer_is_refused() {
    make_data
    "$assay" --data "$d/data" serve --listen "unix:$d/socket" --every never >"$d/serve" 2>&1 &
    pid=$!
    i=0
    while [ ! -S "$d/data/private/keeper.sock" ] && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
    code=0
    "$assay" --data "$d/data" serve --listen "unix:$d/socket2" --every never >"$d/out" 2>"$d/err" </dev/null || code=$?
    kill $pid
    wait $pid || :
    [ $code -eq 3 ] || fail "the second writer ended with $code"
    grep -q '^assay: ' "$d/err"
}

case_a_full_disk_refuses_cleanly_and_goes_on_when_there_is_room() {
    mount_small "$d/disk" 160m
    make_host "$d/host"
    expect 0 "$assay" --data "$d/disk/data" init
    collect "$d/disk/data" "$d/host"
    dd if=/dev/zero of="$d/disk/fill" bs=64k 2>/dev/null || :
    printf 'eve:x:1001:1001::/home/eve:/bin/bash\n' >>"$d/host/etc/passwd"
    code=0
    "$assay" --data "$d/disk/data" collect --root "$d/host" >"$d/out" 2>"$d/err" </dev/null || code=$?
    [ $code -eq 3 ] || [ $code -le 1 ] || fail "collect on a full disk ended with $code"
    [ $code -ne 3 ] || grep -q '^assay: ' "$d/err"
    rm "$d/disk/fill"
    collect "$d/disk/data" "$d/host"
    expect 0 "$assay" verify "$d/disk/data"
}

case_a_disk_that_fills_up_stops_the_ledger_at_a_seal() {
    mount_small "$d/disk" 48m
    expect 0 "$assay" --data "$d/disk/data" init
    expect 0 "$assay" --data "$d/disk/data" record set parameter password_length_min 13 --reason "room enough"
    dd if=/dev/zero of="$d/disk/fill" bs=4k 2>/dev/null || :
    n=0
    code=0
    while [ $code -eq 0 ] && [ $n -lt 60 ]; do
        n=$((n + 1))
        "$assay" --data "$d/disk/data" record set parameter password_length_min $((n % 20 + 8)) --reason "on a full disk $n" >"$d/out" 2>"$d/err" </dev/null || code=$?
    done
    [ $code -eq 3 ] || fail "a full disk ended with $code after $n records"
    grep -Eqi 'full|space' "$d/err" || fail "the line does not say why"
    "$assay" verify "$d/disk/data" >"$d/out" 2>"$d/err" </dev/null || fail "verify on the full disk"
    rm "$d/disk/fill"
    expect 0 "$assay" --data "$d/disk/data" record set parameter password_length_min 15 --reason "room again"
    expect 0 "$assay" verify "$d/disk/data"
}

case_a_read_only_disk_can_be_read_and_not_written() {
    mount_small "$d/disk" 256m
    make_host "$d/host"
    expect 0 "$assay" --data "$d/disk/data" init
    collect "$d/disk/data" "$d/host"
    mount -o remount,ro "$d/disk"
    expect 3 "$assay" --data "$d/disk/data" collect --root "$d/host"
    grep -qi 'read-only' "$d/err"
    code=0
    "$assay" --data "$d/disk/data" status >"$d/out" 2>"$d/err" || code=$?
    [ $code -le 1 ] || fail "status ended with $code"
    expect 0 "$assay" verify "$d/disk/data"
}

case_a_clock_that_jumps_back_keeps_order() {
    make_host "$d/host"
    ASSAY_TEST_NOW_MS=1795300000000 expect 0 "$assay" --data "$d/data" init
    ASSAY_TEST_NOW_MS=1795300000000 collect "$d/data" "$d/host"
    printf 'eve:x:1001:1001::/home/eve:/bin/bash\n' >>"$d/host/etc/passwd"
    ASSAY_TEST_NOW_MS=1795200000000 collect "$d/data" "$d/host"
    expect 0 "$assay" verify "$d/data"
}

case_a_host_without_machine_id_is_known_by_its_path_and_says_so() {
    make_host "$d/host"
    rm "$d/host/etc/machine-id"
    expect 0 "$assay" --data "$d/data" init
    collect "$d/data" "$d/host"
    grep -q 'known by its path' "$d/out" || fail "it is not said: $(tail -5 "$d/out")"
}

case_a_table_of_100_megabytes_is_bounded() {
    make_host "$d/host"
    python3 - "$d/host/etc/passwd" <<'PY'
import sys
with open(sys.argv[1], "a") as f:
    for i in range(1500000):
        f.write(f"user{i:07d}:x:{100000+i}:100000::/home/user{i:07d}:/usr/sbin/nologin\n")
PY
    expect 0 "$assay" --data "$d/data" init
    collect "$d/data" "$d/host"
    expect 0 "$assay" verify "$d/data"
}

case_a_fifo_or_socket_where_a_file_was_expected_is_unknown() {
    make_host "$d/host"
    rm "$d/host/etc/shadow" && mkfifo "$d/host/etc/shadow"
    rm "$d/host/etc/group" && python3 -c "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])" "$d/host/etc/group"
    expect 0 "$assay" --data "$d/data" init
    collect "$d/data" "$d/host"
    expect 0 "$assay" --data "$d/data" query --at now --format csv "select tbl, state, reason from table_status where tbl = 'shadow'"
    grep -Eq 'shadow,(none|partial)' "$d/out" || fail "the table is not said to be unreadable: $(cat "$d/out")"
}

case_symlink_loops_and_odd_names_are_survived() {
    make_host "$d/host"
    ln -s loop "$d/host/etc/loop"
    ln -s . "$d/host/etc/self"
    mkdir -p "$d/host/etc/ssh"
    ln -s sshd_config "$d/host/etc/ssh/sshd_config"
    touch "$(printf '%s/host/etc/bad\377name\n' "$d")"
    chmod 4755 "$(printf '%s/host/etc/bad\377name' "$d")"
    expect 0 "$assay" --data "$d/data" init
    collect "$d/data" "$d/host"
    expect 0 "$assay" verify "$d/data"
    expect 0 "$assay" query --root "$d/host" --format json "select path, kind from file_findings"
}

case_a_query_that_writes_or_reaches_out_is_refused() {
    for sql in "delete from users" "create table x(a)" "pragma writable_schema=1" "attach '/etc/passwd' as x" "select load_extension('x')"; do
        expect 2 "$assay" query "$sql"
    one_line .
    done
    expect 2 "$assay" query "selec 1"
    one_line 'syntax'
}

case_a_query_that_runs_for_ever_is_stopped() {
    expect 3 timeout 60 "$assay" query --time-limit 1 "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    one_line 'time|limit|interrupt'
}

case_a_damaged_state_slot_is_named_and_mended_by_the_next_write() {
    make_data
    for name in state.0 state.1; do
        cp -r "$d/data" "$d/copy"
        : >"$d/copy/private/$name"
        expect 0 "$assay" verify "$d/copy"
        grep -q "^W80 .*$name" "$d/out" || fail "the slot is not named: $(cat "$d/out")"
        collect "$d/copy" "$d/host"
        expect 0 "$assay" verify "$d/copy"
        grep -q '^W80 ' "$d/out" && fail "the slot is not mended: $(cat "$d/out")"
        rm -rf "$d/copy"
    done
    : >"$d/data/private/state.0"
    : >"$d/data/private/state.1"
    expect 1 "$assay" verify "$d/data"
    grep -q '^E80 ' "$d/out" || fail "without any state slot: $(cat "$d/out")"
}

case_a_lost_journal_segment_and_a_damaged_key_are_found() {
    make_data
    rm -rf "$d/copy" && cp -r "$d/data" "$d/copy"
    rm "$d"/copy/private/wal/*.seg
    expect 1 "$assay" verify "$d/copy"
    grep -q '^E81 ' "$d/out" || fail "the segment is not missed: $(cat "$d/out")"
    for file in log root collector subject master; do
        rm -rf "$d/copy" && cp -r "$d/data" "$d/copy"
        flip "$d/copy/private/keys/$file" 20
        expect 1 "$assay" verify "$d/copy"
        grep -q "^E87 .*$file" "$d/out" || fail "a flip in $file is not found: $(cat "$d/out")"
    done
    rm "$d/data/private/keys/check"
    expect 0 "$assay" verify "$d/data"
    grep -q 'no check value' "$d/out" || fail "a missing check value is not told: $(cat "$d/out")"
}

case_a_flip_in_the_signers_head_is_told() {
    make_data
    for at in 20 300 530 900; do
        cp "$d/data/private/signer.head" "$d/saved"
        flip "$d/data/private/signer.head" $at
        code=0
        "$assay" verify "$d/data" >"$d/out" 2>"$d/err" || code=$?
        grep -q '^[WE]82 .*signer' "$d/out" || fail "a flip at $at is not told ($code): $(cat "$d/out")"
        cat "$d/saved" >"$d/data/private/signer.head"
    done
}

case_files_of_200_mb_of_nul_are_said_to_be_unread_and_the_rest_goes_on() {
    make_host "$d/host"
    truncate -s 200M "$d/host/etc/passwd"
    truncate -s 200M "$d/host/etc/group"
    expect 0 "$assay" query --root "$d/host" --format csv \
        "select (select count(*) from users), (select count(*) from groups), (select count(*) from group_members), (select count(*) from shadow)"
    grep -Eq ',2.?$' "$d/out" || fail "shadow was not read: $(cat "$d/out")"
    grep -q '^assay: query: table groups ' "$d/err" || fail "nothing is said of groups"
    expect 1 "$assay" test --root "$d/host"
}

case_too_few_open_files_are_said_in_one_line() {
    make_data
    for files in 64 32 20; do
        code=0
        (ulimit -n $files && "$assay" --data "$d/data" collect --root "$d/host" >"$d/out" 2>"$d/err" </dev/null) || code=$?
        [ $code -eq 3 ] || fail "status $code with $files open files"
        one_line "only $files files may be open at once here, at least 128 are needed; raise it: ulimit -n"
        code=0
        (ulimit -n $files && timeout 20 "$assay" --data "$d/data" serve --listen "unix:$d/web.sock" --every never >"$d/out" 2>"$d/err" </dev/null) || code=$?
        [ $code -eq 3 ] || fail "serve: status $code with $files open files"
        one_line "only $files files may be open at once here"
    done
    (ulimit -n 128 && "$assay" --data "$d/data" record set parameter password_length_min 15 --reason x >"$d/out" 2>"$d/err" </dev/null) ||
        fail "128 are not enough: $(cat "$d/err")"
    expect 0 "$assay" verify "$d/data"
}

run_cases "$@"
