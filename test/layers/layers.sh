#!/bin/sh
# The layering of doc/architecture.md, held against the includes; then the same with one forbidden include, which must be found.
set -eu
cd "$(dirname "$0")/../.."
files=$(find src -name '*.c' -o -name '*.h' | sort)
# shellcheck disable=SC2086
awk -f test/layers/layers.awk $files
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/src/base"
cp -r src/* "$scratch/src/"
echo '#include "keeper/keeper.h"' >"$scratch/src/base/breach.c"
if (cd "$scratch" && awk -f "$OLDPWD/test/layers/layers.awk" $(find src -name '*.c' -o -name '*.h')) >"$scratch/out"; then
    echo "a forbidden include was not found"
    echo "0 passed, 1 failed"
    exit 1
fi
grep -q 'base/breach.c:1: base (floor 0) may not know keeper' "$scratch/out"
echo "1 passed, 0 failed"
