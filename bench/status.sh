#!/bin/sh
# `assay status` and the Overview page on a year of hourly captures of 1, 10 and 50 hosts, made through the real operations.
#   ASSAY_BENCH_DAYS=30 makes a shorter one.
set -eu
. "$(dirname "$0")/lib.sh"
days=${ASSAY_BENCH_DAYS:-365}
year=$PWD/${ASSAY_BUILD:-build}/bench/bench-year

for hosts in ${ASSAY_BENCH_HOSTS:-1 10 50}; do
    data=$scratch/data-$hosts
    "$year" "$data" "$hosts" "$days" >"$scratch/year"
    echo "== $hosts hosts, $days days: $(du -sm "$data" | cut -f1) MB, $(du -sm "$data/db" | cut -f1) MB of it the projection"
    measure -n 11 "status_$hosts" -- "$assay" --data "$data" status >"$scratch/figures"
    cat "$scratch/figures"
    ASSAY_BENCH_DATA=$data bench/web.sh overview
    rm -rf "$data"
done
