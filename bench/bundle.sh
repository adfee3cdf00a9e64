#!/bin/sh
# assay-verify on a ledger of a million captures, as a directory and as a bundle, beside SHA-256 over the same bytes; with a signed run
# behind every 90 captures; and a bundle with blobs of 64 KiB. Leaves as they are in use, about 600 bytes each.
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
echo "== 4,000 blobs of 64 KiB"
build/bench/bench-bundle "$scratch/blobs" 20000 0 4000 | grep -E 'bundle_'
measure -n 3 verify_blobs -- "$verify" "$scratch/blobs/full.slb"
