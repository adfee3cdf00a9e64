#!/bin/sh
# Every test that doc/threat-model.md names exists, every row says which, and a row without any says so openly. Then the same with a
# name that does not exist, which must be found.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
{
    grep -rhoE 'START_TEST\(\w+' src test --include='*.[ch]' | sed 's/START_TEST(//'
    grep -rhoE '^case_\w+' test/cli | sed 's/^case_//'
    grep -hoE '^    \{"[^"]+"' test/tamper/*.c | sed 's/^    {"/class: /; s/"$//'
} | sort -u >"$scratch/there"

# Lists what is wrong with the page: names that are nowhere, rows without a line of tests, rows that say "Detected" and name none.
look() {
    grep '^- Tests: ' "$1" | grep -oE '`[^`]+`' | tr -d '`' | sort -u | comm -23 - "$scratch/there" | sed 's/^/no such test: /'
    awk '/^### / { if (row && !tests) print "no tests named: " row; row = $0; tests = 0; open = 0 }
         /^- Detected: (not|\*\*not|\*\*never)/ { open = 1 }
         /^- Tests: / { tests = 1; if (!/`/ && !open) print "nothing shows: " row }
         END { if (row && !tests) print "no tests named: " row }' "$1"
}
look doc/threat-model.md >"$scratch/out"
rows=$(grep -c '^### [0-9]' doc/threat-model.md)
if [ -s "$scratch/out" ] || [ "$rows" -ne 30 ]; then
    cat "$scratch/out"
    echo "$rows rows of 30"
    echo "0 passed, 1 failed"
    exit 1
fi
sed '0,/^- Tests: /s//- Tests: `no_test_has_this_name`, /' doc/threat-model.md >"$scratch/page.md"
look "$scratch/page.md" | grep -q 'no such test: no_test_has_this_name' || { echo "a missing test was not found"; echo "0 passed, 1 failed"; exit 1; }
echo "1 passed, 0 failed"
