#!/bin/sh
# The long run of the matrix, 1,000 mutants of each class, with the plain build: sanitized it would take most of a day. Without
# ASSAY_TEST_LONG there is nothing to do here, the short run is that of the sanitized build.
#   long.sh        ASSAY_PLAIN names the plain program (script/test gives it), beside which tamper_test and assay-verify were built
[ -n "${ASSAY_TEST_LONG-}" ] || { echo "0 passed, 0 failed"; exit 0; }
build=$(dirname "${ASSAY_PLAIN-/}")
[ -x "$build/test/tamper/tamper_test" ] || { echo "ASSAY_PLAIN does not name a plain build with tamper_test"; exit 77; }
ASSAY_VERIFY=$build/verify/assay-verify
export ASSAY_VERIFY
exec "$build/test/tamper/tamper_test"
