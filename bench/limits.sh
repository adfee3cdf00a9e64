#!/bin/sh
# The machine's own limits (bench/limits.c).
exec "$(dirname "$0")/../build/bench/bench-limits" "${1:-/}"
