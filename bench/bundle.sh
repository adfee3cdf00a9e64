#!/bin/sh
# assay-verify on a ledger of a million captures, as a directory and as a bundle, beside SHA-256 over the same bytes; with a signed run
# behind every 90 captures; and a bundle with blobs of 64 KiB.
# Leaves as they are in use, about 600 bytes each.
set -eu
. "$(dirname "$0")/lib.sh"
verify=build/verify/assay-verify
leaves=${ASSAY_BENCH_LEAVES:-1000000}

echo "== assay-verify: $(stat -c %s $verify) bytes"
mkdir "$scratch/plain" "$scratch/runs" "$scratch/blobs"
build/bench/bench-bundle "$scratch/plain" "$leaves" 0 0 | grep -E 'leaves|bundle_bytes|bundle_write_cpu'
measure -n 3 verify_directory -- "$verify" "$scratch/plain/log/"
find "$scratch/plain/log/tile/entries" -type f -exec cat {} + >"$scratch/plain/entries"
measure -n 3 openssl_sha256_of_entries -- openssl dgst -sha256 "$scratch/plain/entries"
measure -n 3 verify_bundle -- "$verify" "$scratch/plain/full.slb"
measure -n 3 openssl_sha256_of_bundle -- openssl dgst -sha256 "$scratch/plain/full.slb"
rm -rf "$scratch/plain"
echo "== $((leaves / 10)) leaves, a signed run behind every 90"
build/bench/bench-bundle "$scratch/runs" $((leaves / 10)) 1 0 | grep -E 'leaves'
measure -n 3 verify_runs -- "$verify" "$scratch/runs/log/"
blobs=${ASSAY_BENCH_BLOBS:-16000}
echo "== $blobs blobs of 64 KiB (goal: written at 300 MB/s), beside what the machine can do with the same bytes: hash them once, write them once"
build/bench/bench-bundle "$scratch/blobs" 20000 0 "$blobs" | tee "$scratch/written" | grep -E 'bundle_'
{
    measure -n 3 sha256 -- openssl dgst -sha256 "$scratch/blobs/full.slb"
    measure -n 3 disk -- dd "if=$scratch/blobs/full.slb" "of=$scratch/copy" bs=1M conv=fdatasync
} >"$scratch/limits"
awk -v bytes="$(figure bundle_bytes "$scratch/written")" -v wall="$(figure bundle_write "$scratch/written")" -v cpu="$(figure bundle_write_cpu "$scratch/written")" '
    BEGIN { printf "written %.0f MB/s by the clock, %.0f MB a second of CPU\n", bytes / wall / 1e6, bytes / cpu / 1e6 }
    /_wall/ { printf "%s %.0f MB/s, ratio %.2f\n", $1, bytes / $2 / 1e6, wall / $2 }' "$scratch/limits"
rm -f "$scratch/copy"
measure -n 3 verify_blobs -- "$verify" "$scratch/blobs/full.slb"
