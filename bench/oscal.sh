#!/bin/sh
# OSCAL: writing the eight models, and taking NIST's catalog of SP 800-53 in, beside ajv reading the same bytes.
#
# The schema and the catalog are no part of the repository: $ASSAY_SHARED_DATA/oscal (the build's ../shared/data without it).
set -eu
. "$(dirname "$0")/lib.sh"
shared=${ASSAY_SHARED_DATA:-$PWD/../shared/data}/oscal
schema=$shared/schema/oscal_complete_schema-1.2.2.json
catalog=$shared/nist-catalogs/NIST_SP-800-53_rev5_HIGH-baseline-resolved-profile_catalog-min.json
[ -f "$schema" ] && [ -f "$catalog" ] || { echo "oscal: skipped: no schema or catalog in $shared"; exit 0; }
ajv_ms() { node test/oscal/validate.mjs --time "$schema" "$@" 2>/dev/null | awk '{ s += $1 } END { print s + 0 }'; }

"$assay" --data "$scratch/data" init >/dev/null
make_tree "$scratch/tree" 5000
"$assay" --data "$scratch/data" collect --root "$scratch/tree" >/dev/null || [ $? -eq 1 ]
measure -n 10 export -- "$assay" --data "$scratch/data" report oscal --output "$scratch/oscal" >"$scratch/figures"
measure -n 10 --prepare "rm -rf $scratch/new && $assay --data $scratch/new init" import -- "$assay" --data "$scratch/new" import oscal "$catalog" >>"$scratch/figures"
measure -n 10 read -- "$assay" --data "$scratch/new" import oscal "$catalog" --dry-run >>"$scratch/figures"
cat "$scratch/figures"
echo "export_bytes $(cat "$scratch"/oscal/*.json | wc -c) bytes in 8 files"
echo "import_bytes $(wc -c <"$catalog") bytes, 370 controls"
node test/oscal/validate.mjs "$schema" "$catalog" >/dev/null 2>&1 || { echo "ajv: skipped: not installed (npm ci)"; exit 0; }
echo "ajv_export $(ajv_ms "$scratch"/oscal/*.json) ms of CPU to read and check what was exported, without starting"
echo "ajv_import $(ajv_ms "$catalog") ms of CPU to read and check the catalog, without starting"
