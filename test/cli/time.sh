#!/bin/sh
# Seals, late evidence and gaps as a person meets them: what a silent server leaves behind, and where it shows.
. "$(dirname "$0")/lib.sh"

t0=1795291440000
hour=3600000

# at MS COMMAND...: with the wall clock standing there
at() {
    ASSAY_TEST_NOW_MS=$1
    export ASSAY_TEST_NOW_MS
    shift
    "$@"
    unset ASSAY_TEST_NOW_MS
}
serve() { # serve DIR OPTION...: in the background until the line is there; $server is its pid
    data=$1
    shift
    : >"$d/serve.out"
    "$assay" --data "$data" serve --listen "unix:$d/http" --no-collect --no-link "$@" >"$d/serve.out" 2>"$d/serve.err" </dev/null &
    server=$!
    tries=0
    until grep -q '^Assay is at' "$d/serve.out"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "the server did not start: $(cat "$d/serve.err")"
        sleep 0.1
    done
}
stop() {
    kill "$server"
    wait "$server" || :
}
leaves() {
    "$assay" --data "$d/data" verify --json | sed -n 's/^  "size": \([0-9]*\),/\1/p'
}
out_has() {
    grep -Eq "$1" "$d/out" || fail "not in the output: $1"
}
out_lacks() {
    ! grep -Eq "$1" "$d/out" || fail "in the output: $1"
}

case_an_idle_ledger_is_sealed_while_a_server_runs() {
    expect 0 "$assay" --data "$d/data" init
    before=$(leaves)
    serve "$d/data" --seal-every 1s
    sleep 5
    stop
    after=$(leaves)
    [ "$after" -ge $((before + 3)) ] || fail "$before leaves, then $after"
    expect 0 "$assay" --data "$d/data" verify
    out_lacks 'W53'
}

case_the_time_off_is_one_gap_not_two() {
    expect 0 "$assay" --data "$d/data" init
    serve "$d/data" --seal-every PT1S
    stop
    sleep 3
    serve "$d/data" --seal-every PT1S
    sleep 1
    stop
    expect 0 "$assay" --data "$d/data" record gaps
    [ "$(grep -c 'the server was not running' "$d/out")" -eq 1 ] || fail "the gap is not told once"
    out_lacks 'did not get to it'
}

case_a_server_that_was_off_leaves_a_gap_that_a_person_can_explain() {
    make_host "$d/host"
    at $t0 expect 0 "$assay" --data "$d/data" init
    at $t0 collect "$d/data" "$d/host"
    at $t0 serve "$d/data"
    stop
    later=$((t0 + 3 * hour))
    # nobody wrote meanwhile: the silence shows before any leaf tells of it
    at $later expect 0 "$assay" --data "$d/data" status
    out_has 'Gaps .*Since 2026-11-21T20:04:00Z nothing has been recorded \(3 h\): the server is silent'
    out_has 'Start the server'
    out_has '■ 0 fail'
    at $later expect 0 "$assay" --data "$d/data" record set parameter password_length_min 15 --reason "to write something"
    at $later expect 0 "$assay" --data "$d/data" record gaps
    # the test moves the wall clock only, and the keeper sees that
    out_has '^[0-9]+ +Between 2026-11-21T20:04:00Z and 2026-11-21T23:04:00Z nothing was recorded \(3 h\): the clock was moved, or the machine slept; not explained'
    leaf=$(sed -n 's/^\([0-9]*\) .*/\1/p' "$d/out")
    at $later expect 0 "$assay" --data "$d/data" verify
    out_has "^W53  no seal from 2026-11-21T20:04:00Z to 2026-11-21T23:04:00Z \(3 h\): gap leaf $leaf, which nobody has explained"
    at $later expect 2 "$assay" --data "$d/data" record explain-gap 0 --reason x
    one_line 'leaf 0 is no gap'
    at $later expect 2 "$assay" --data "$d/data" record explain-gap "$leaf"
    at $later expect 0 "$assay" --data "$d/data" record explain-gap "$leaf" --reason "moved to another rack"
    at $later expect 0 "$assay" --data "$d/data" record gaps
    out_has 'explained \(leaf [0-9]+\): moved to another rack'
    at $later expect 0 "$assay" --data "$d/data" verify
    out_has "gap leaf $leaf, explained by leaf"
    at $later expect 0 "$assay" --data "$d/data" status
    out_has 'Gaps .*Between .*explained: moved to another rack'
    at $later expect 0 "$assay" --data "$d/data" report readiness --output "$d/report.html"
    grep -q 'moved to another rack' "$d/report.html" || fail "the report does not tell of the gap"
    at $later expect 0 "$assay" --data "$d/data" status --json
    tr -d ' \n' <"$d/out" | grep -q '"gaps":{"count":1,' || fail "no gap in the JSON"
    grep -q '2026-11-21: .*observed in part: nothing was recorded for 3 h of it' "$d/out" && grep -q '"in_part": 1' "$d/out" || fail "the day does not say how much of it is missing"
    # as it was known before the silence there is none
    at $later expect 0 "$assay" --data "$d/data" record gaps --at 2026-11-21T20:05:00Z
    out_has 'no gaps'
}

case_after_a_broken_promise_commands_by_hand_promise_nothing() {
    make_host "$d/host"
    expect 0 "$assay" --data "$d/data" init
    serve "$d/data" --seal-every PT1S
    sleep 2
    stop
    sleep 4
    expect 0 "$assay" --data "$d/data" collect --root "$d/host" # the gap ends here
    sleep 4
    expect 0 "$assay" --data "$d/data" status
    out_lacks 'stale'
    expect 0 "$assay" verify "$d/data"
    out_has '^W53 .*gap leaf'
}

case_a_rebuild_gives_the_same_gaps() {
    at $t0 expect 0 "$assay" --data "$d/data" init
    at $t0 serve "$d/data"
    stop
    later=$((t0 + 3 * hour))
    at $later expect 0 "$assay" --data "$d/data" record set parameter password_length_min 15 --reason "to write something"
    expect 0 "$assay" --data "$d/data" dump
    cp "$d/out" "$d/before"
    expect 0 "$assay" --data "$d/data" rebuild
    expect 0 "$assay" --data "$d/data" dump
    cmp -s "$d/out" "$d/before" || fail "the rebuilt projection is another one"
    grep -q '"gap"' "$d/out" || fail "no gap in the dump"
}

case_a_cadence_that_is_no_cadence_is_refused() {
    expect 0 "$assay" --data "$d/data" init
    expect 2 "$assay" --data "$d/data" serve --seal-every PT1H
    expect 2 "$assay" --data "$d/data" serve --seal-every soon
}

run_cases "$@"
