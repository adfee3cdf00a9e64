#!/bin/sh
# A full assessment (all tables, ledger, all tests): of a made tree of 20,000 files, and of this running host, beside one walk and read.
set -eu
. "$(dirname "$0")/lib.sh"

echo "== a tree of 20,000 files"
make_tree "$scratch/tree" 20000
"$limits" "$scratch/tree" >"$scratch/limits"
measure --prepare "rm -rf $scratch/data && $assay --data $scratch/data init" tree_first -- "$assay" --data "$scratch/data" collect --root "$scratch/tree" >"$scratch/figures"
measure tree_again -- "$assay" --data "$scratch/data" collect --root "$scratch/tree" >>"$scratch/figures"
cat "$scratch/figures"
echo "limit_facts_cpu $(figure facts_cpu "$scratch/limits") s"
echo "tree_first_to_limit $(ratio "$(figure tree_first_cpu "$scratch/figures")" "$(figure facts_cpu "$scratch/limits")") times one walk and read"

echo "== this host"
"$limits" / >"$scratch/limits"
rm -rf "$scratch/data" && "$assay" --data "$scratch/data" init >/dev/null
measure -n 3 host -- "$assay" --data "$scratch/data" collect >"$scratch/figures"
cat "$scratch/figures"
echo "host_inodes $(figure walk_inodes "$scratch/limits") count"
echo "limit_facts_cpu $(figure facts_cpu "$scratch/limits") s"
echo "host_to_limit $(ratio "$(figure host_cpu "$scratch/figures")" "$(figure facts_cpu "$scratch/limits")") times one walk and read (goal 1.5)"
