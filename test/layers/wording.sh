#!/bin/sh
# A SOC 2 report is an attestation: nothing here says certificate, certified or compliant of it. Then the same with a sentence that does, which must be found.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
look() {
    grep -rniE 'soc ?2[- ]?(type (1|2|i|ii)[- ])?(certif|complian(t|ce cert)|accredit)|certified (by|for|to|under|organi)|(get|become|being|are|is) (soc ?2 )?certified|(passed|failed) (the|an|its|our) audit' "$@" || :
}
look web/pages web/assets content src verify doc README.md >"$scratch/found"
echo "<p>We are SOC 2 Type II certified.</p>" >"$scratch/page.html"
if [ -s "$scratch/found" ]; then
    cat "$scratch/found"
    echo "0 passed, 1 failed"
    exit 1
fi
look "$scratch/page.html" | grep -q certified || { echo "a wrong sentence was not found"; echo "0 passed, 1 failed"; exit 1; }
echo "1 passed, 0 failed"
