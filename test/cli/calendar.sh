#!/bin/sh
# What days bring: the feed for calendar programs under a strict reader, its token, and a late task that is told on.
. "$(dirname "$0")/lib.sh"
reader=$(dirname "$0")/calendar.py
run() { "$assay" --data "$d/data" "$@"; }

serve() {
    : >"$d/serve"
    "$assay" --data "$d/data" serve --listen 127.0.0.1:0 --no-collect >"$d/serve" 2>"$d/log" </dev/null &
    server=$!
    trap 'kill $server 2>/dev/null || :' EXIT
    i=0
    until grep -q '^Assay is at' "$d/serve"; do
        i=$((i + 1))
        [ $i -lt 300 ] || fail "serve does not start: $(cat "$d/log")"
        sleep 0.1
    done
    url=$(sed -n 's/^Assay is at //p' "$d/serve")
}

case_the_feed_holds_under_a_strict_reader_and_ends_with_its_token() {
    command -v python3 >/dev/null 2>&1 || skip "python3 is not installed"
    command -v curl >/dev/null 2>&1 || skip "curl is not installed"
    expect 0 run init
    expect 0 run record add person name="Ada Łukasiewicz-Żółć" kind=employee
    expect 0 run record add person name=Bob kind=employee
    expect 0 run record add task title="Review; of, \\ the firewall: $(printf 'ünïcödé %.0s' 1 2 3 4 5 6 7 8 9 10 11 12)" owner=P-0001 due_on="$(date -u +%F)"
    expect 0 run record add task title="Somebody else's" owner=P-0002 due_on="$(date -u +%F)"
    expect 0 run record add organisation name=Example report_type=type2 window_from="$(date -u -d '+10 days' +%F)" window_to="$(date -u -d '+200 days' +%F)"
    expect 0 run user add ada@example.org --roles employee --person P-0001
    expect 0 run token add ada@example.org --label calendar --scope own_page
    token=$(grep -o 'asy_[A-Za-z0-9_-]*' "$d/out" | head -1)
    [ -n "$token" ] || fail "no token"
    serve
    [ "$(curl -s -o "$d/feed" -w '%{http_code}' "$url/calendar.ics?token=$token")" = 200 ] || fail "no feed"
    python3 "$reader" "$d/feed" >"$d/events" 2>"$d/err" || fail "not strictly a calendar"
    grep -q 'Review; of, \\ the firewall' "$d/events" || fail "the task is missing"
    ! grep -q "Somebody else's" "$d/events" || fail "somebody else's task"
    expect 0 run token list --json
    id=$(grep -o '"id": *"[0-9a-f]*"' "$d/out" | head -1 | sed 's/.*"\([0-9a-f]*\)"/\1/')
    expect 0 run token revoke "$id"
    i=0
    until [ "$(curl -s -o /dev/null -w '%{http_code}' "$url/calendar.ics?token=$token")" = 401 ]; do
        i=$((i + 1))
        [ $i -lt 50 ] || fail "the feed goes on without its token"
        sleep 0.1
    done
}

case_a_late_task_is_told_on_and_a_stand_in_finds_it() {
    expect 0 run init
    expect 0 run record add person name=Boss kind=employee
    expect 0 run record add person name=Ada kind=employee manager=P-0001
    expect 0 run record add task title="Restore a backup" owner=P-0002 due_on="$(date -u -d '-5 days' +%F)"
    serve
    i=0
    until run record show task TASK-0001 --json 2>/dev/null | grep -q '"escalated_to": *"P-0001"'; do
        i=$((i + 1))
        [ $i -lt 300 ] || fail "nobody was told: $(cat "$d/log")"
        sleep 0.1
    done
    expect 0 run record history task TASK-0001
    grep -qi 'schedule' "$d/out" || fail "the history does not say who told"
    kill $server
    wait $server || :
    expect 0 run verify "$d/data"
}
run_cases "$@"
