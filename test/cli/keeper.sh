#!/bin/sh
# Data directory, keeper, signer and server as whole programs: what they refuse, what they survive, how they end.
. "$(dirname "$0")/lib.sh"

serve() { # serve DIR: in the background, ready when it returns; $server is its pid
    : >"$d/serve.out"
    "$assay" --data "$1" serve --listen "unix:$d/http" --no-collect >"$d/serve.out" 2>"$d/serve.err" </dev/null &
    server=$!
    wait_for "grep -q '^Assay is at' $d/serve.out"
}
wait_for() {
    i=0
    until eval "$1"; do
        i=$((i + 1))
        [ $i -lt 200 ] || { fail "waited for: $1"; return 1; }
        sleep 0.05
    done
}
child_of() { # child_of PARENT ROLE: the pid
    for p in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
        [ -r "/proc/$p/cmdline" ] || continue
        tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline" | grep -q -- "--role $2 " && echo "$p" && return
    done
    return 1
}
await_child() { # as child_of, and waits until there is one
    wait_for "child_of $1 $2 >/dev/null" && child_of "$1" "$2"
}
stop_server() {
    kill "$server"
    code=0
    wait "$server" || code=$?
    [ $code -eq 0 ] || fail "the server ended with $code"
}

case_every_command_has_help_with_an_example() {
    expect 0 "$assay" --help
    sed -n 's/^  \([a-z]*\)  .*/\1/p' "$d/out" >"$d/names"
    [ "$(wc -l <"$d/names")" -ge 8 ]
    while read -r name; do
        expect 0 "$assay" "$name" --help
        grep -A1 '^example:' "$d/out" | grep -q '^  assay' || fail "$name has no example"
    done <"$d/names"
}

case_a_mistyped_command_is_answered_with_the_nearest() {
    expect 2 "$assay" verfy && one_line 'did you mean "verify"'
    expect 2 "$assay" && one_line 'no command'
    expect 2 "$assay" --data && one_line 'needs a directory'
    expect 2 "$assay" dump --json && one_line 'no such option --json'
    expect 2 "$assay" verify a b && one_line 'too many arguments'
    expect 2 "$assay" verify --last-seen && one_line 'needs a value'
}

case_init_makes_everything_private() {
    expect 0 "$assay" --data "$d/data" init
    [ -z "$(find "$d/data" -type d ! -perm 0700)" ] || fail "a directory is open to others"
    [ -z "$(find "$d/data/private" "$d/data/db" "$d/data/config.json" -type f ! -perm 0600)" ] || fail "a file is open to others"
    expect 0 "$assay" --data "$d/data" key list
    [ "$(wc -l <"$d/out")" -eq 4 ]
    expect 0 "$assay" verify "$d/data"
}

case_init_refuses_a_directory_that_is_not_its_own() {
    mkdir "$d/other" && touch "$d/other/letter"
    expect 2 "$assay" --data "$d/other" init && one_line 'not empty'
    [ "$(ls "$d/other")" = letter ]
    touch "$d/file"
    expect 2 "$assay" --data "$d/file" init && one_line "$d/file"
}

case_an_init_that_was_broken_off_is_completed() {
    expect 0 "$assay" --data "$d/whole" init
    for lost in config.json private/keys/root private/keys/collector private/signer.head db; do
        cp -r "$d/whole" "$d/half"
        rm -r "$d/half/config.json" "$d/half/db" "$d/half/ledger" "$d/half/private/wal" "$d/half/private/cp.log" "$d/half/private/guard" \
            "$d/half"/private/state.* "$d/half/private/signer.head" 2>/dev/null || :
        rm -rf "$d/half/${lost:?}"
        expect 0 "$assay" --data "$d/half" init
        expect 0 "$assay" verify "$d/half"
        rm -r "$d/half"
    done
}

case_a_lost_config_does_not_cost_the_ledger() {
    expect 0 "$assay" --data "$d/data" init
    rm "$d/data/config.json"
    expect 1 "$assay" --data "$d/data" init && one_line 'put it back'
}

case_two_writers_at_once_share_one_keeper() {
    expect 0 "$assay" --data "$d/data" init
    for i in 1 2 3 4; do
        "$assay" --data "$d/data" record set parameter password_length_min $((i + 12)) --reason "case $i" >"$d/out$i" 2>"$d/err$i" </dev/null &
        eval "pid$i=$!"
    done
    wait "$pid1" && wait "$pid2" && wait "$pid3" && wait "$pid4" || fail "one of four writers failed: $(cat "$d"/err?)"
    expect 0 "$assay" --data "$d/data" dump
    [ "$(grep -c '^\["parameter"' "$d/out")" -eq 4 ]
    expect 0 "$assay" verify "$d/data"
}

case_a_server_ends_cleanly_and_leaves_nothing_running() {
    expect 0 "$assay" --data "$d/data" init
    serve "$d/data"
    keeper=$(await_child $server keeper)
    signer=$(await_child "$keeper" signer)
    stop_server
    [ ! -d "/proc/$keeper" ] && [ ! -d "/proc/$signer" ] || fail "a process outlived its server"
    [ ! -S "$d/data/private/keeper.sock" ]
    expect 0 "$assay" verify "$d/data"
}

case_a_second_server_and_a_rebuild_are_refused_beside_a_server() {
    expect 0 "$assay" --data "$d/data" init
    serve "$d/data"
    expect 3 "$assay" --data "$d/data" serve --listen "unix:$d/http2" && one_line 'is served already, by process'
    expect 3 "$assay" --data "$d/data" rebuild && one_line 'another process'
    expect 0 "$assay" --data "$d/data" record set parameter password_length_min 13 --reason "beside a server"
    stop_server
    expect 0 "$assay" verify "$d/data"
}

case_a_killed_keeper_signer_or_web_is_started_again() {
    expect 0 "$assay" --data "$d/data" init
    serve "$d/data"
    for role in keeper web keeper; do
        pid=$(await_child $server $role)
        kill -9 "$pid"
        wait_for "new=\$(child_of $server $role) && [ \"\$new\" != $pid ]"
    done
    keeper=$(await_child $server keeper)
    kill -9 "$(await_child "$keeper" signer)"
    # The operation is recorded. Whoever asks for the signature at once is told that there is none yet, unless the next signer is up by then.
    code=0
    "$assay" --data "$d/data" record set parameter password_length_min 13 --reason "without a signer" >"$d/out" 2>"$d/err" </dev/null || code=$?
    [ $code -eq 0 ] || [ $code -eq 3 ] || fail "exit status $code without a signer"
    [ $code -eq 0 ] || one_line 'recorded, but not signed'
    wait_for "new=\$(child_of $server keeper) && [ \"\$new\" != $keeper ]"
    wait_for '"$assay" --data "$d/data" record set parameter password_length_min 14 --reason "with a new signer" >/dev/null 2>&1 </dev/null'
    stop_server
    expect 0 "$assay" verify "$d/data"
    expect 0 "$assay" --data "$d/data" dump
    [ "$(grep -c '^\["parameter"' "$d/out")" -ge 2 ] || fail "a value that was recorded is gone"
}

case_a_server_whose_parent_is_killed_leaves_nothing_running() {
    expect 0 "$assay" --data "$d/data" init
    serve "$d/data"
    keeper=$(await_child $server keeper)
    web=$(await_child $server web)
    kill -9 "$server"
    wait "$server" || :
    wait_for "[ ! -d /proc/$keeper ] && [ ! -d /proc/$web ]"
    expect 0 "$assay" verify "$d/data"
    serve "$d/data"
    stop_server
}

case_a_damaged_ledger_is_not_written_to() {
    make_data
    cp -r "$d/data" "$d/copy"
    # The signer has signed more than the journal holds: a rollback of everything but the signer's head.
    "$assay" --data "$d/data" record set parameter password_length_min 13 --reason later >/dev/null
    cp "$d/data/private/signer.head" "$d/copy/private/signer.head"
    expect 1 "$assay" --data "$d/copy" record set parameter password_length_min 14 --reason fork && one_line 'set back'
    expect 0 "$assay" --data "$d/copy" dump
    ! grep -q fork "$d/out"
}

case_a_missing_signer_head_is_named() {
    expect 0 "$assay" --data "$d/data" init
    rm "$d/data/private/signer.head"
    expect 1 "$assay" --data "$d/data" record set parameter password_length_min 14 --reason x && one_line 'signer.head'
}

case_file_size_limits_refuse_cleanly() {
    make_data
    expect 0 "$assay" --data "$d/data" dump && cp "$d/out" "$d/before"
    code=0
    (ulimit -f 1 && "$assay" --data "$d/data" record set parameter password_length_min 14 --reason x >"$d/out" 2>"$d/err" </dev/null) || code=$?
    [ $code -eq 3 ] || [ $code -eq 0 ] || fail "status $code under a file size limit"
    [ $code -eq 0 ] || one_line .
    expect 0 "$assay" verify "$d/data"
}

case_doctor_tells_what_is_active() {
    expect 0 "$assay" --data "$d/none" doctor
    expect 0 "$assay" --data "$d/data" init
    expect 0 "$assay" --data "$d/data" doctor
    grep -qi landlock "$d/out" && grep -qi seccomp "$d/out"
    for word in origin 'root key' guard; do grep -qi "$word" "$d/out" || fail "doctor does not speak of the $word"; done
    : >"$d/data/private/keys/master.next"
    expect 0 "$assay" --data "$d/data" doctor
    grep -q 'master key.*master.next' "$d/out" || fail "doctor does not speak of a master key that waits"
    rm "$d/data/private/keys/master.next"
    expect 0 "$assay" --data "$d/data" doctor --json
    python3 -m json.tool "$d/out" >/dev/null
}

run_cases "$@"
