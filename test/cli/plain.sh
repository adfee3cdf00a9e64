#!/bin/sh
# Runs a program test with the plain build instead of the sanitized one: jails are off under sanitizers, and only here are they on.
#   plain.sh TEST.sh        ASSAY_PLAIN names the plain program (script/test gives it)
[ -x "${ASSAY_PLAIN-}" ] || { echo "ASSAY_PLAIN does not name a plain build of the program"; exit 77; }
ASSAY=$ASSAY_PLAIN
export ASSAY
exec "$(dirname "$0")/$1"
