#!/bin/sh
# The long run of the matrix, 1,000 mutants of each class, with the plain build: sanitized it would take most of a day.
#   long.sh        ASSAY_PLAIN names the plain program (script/test --long gives it), beside which tamper_test and assay-verify were built
build=$(dirname "${ASSAY_PLAIN-/}")
[ -x "$build/test/tamper/tamper_test" ] || { echo "ASSAY_PLAIN does not name a plain build with tamper_test"; exit 77; }
ASSAY_VERIFY=$build/verify/assay-verify ASSAY_TEST_LONG=1
export ASSAY_VERIFY ASSAY_TEST_LONG
exec "$build/test/tamper/tamper_test"
