#!/bin/sh
# What the evidence comes to over a period, by the command line.
set -eu
. "$(dirname "$0")/lib.sh"

evaluate() {
    status=$1
    shift
    expect "$status" "$assay" --data "$d/data" audit evaluate "$@"
}

case_a_period_is_concluded_for_each_control_in_scope() {
    make_data
    collect "$d/data" "$d/host"
    evaluate 0 --json
    has '"days": *90'
    evaluate 0 --from 2026-01-01
    has 'Signal for management, never an opinion: Too much cannot be concluded'
    has 'as its tests observed it; for part of the period only' # the host was there for one day of many
    evaluate 0 --from 2024-01-01 --to 2024-06-30 --json
    has '"from": *"2024-01-01"' && has '"to": *"2024-06-30"' && has '"days": *182'
    evaluate 0 --from 2024-01-01 --to 2024-06-30
    ! grep -q '^● ' "$d/out" || fail 'something operated before anything was observed'
}

case_what_is_no_period_is_said() {
    make_data
    evaluate 2 --from 2026-13-01 && one_line 'no day'
    evaluate 2 --from 2999-01-01 && one_line 'yet to come'
    evaluate 2 --from 2026-01-01 --to 2025-12-31 && one_line 'before from'
    evaluate 2 --from 2001-01-01 && one_line 'at most'
    expect 2 "$assay" --data "$d/data" audit nonsense
}

run_cases
