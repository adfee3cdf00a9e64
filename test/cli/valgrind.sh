#!/bin/sh
# One pass of valgrind over the command line, with the plain build: no invalid access, no use of uninitialised values, no lost memory.
. "$(dirname "$0")/lib.sh"
command -v valgrind >/dev/null 2>&1 || { echo "valgrind is not installed"; exit 77; }

checked() {
    wanted=$1
    shift
    code=0
    valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --trace-children=yes --child-silent-after-fork=no \
        "$@" >"$d/out" 2>"$d/err" </dev/null || code=$?
    case " $wanted " in
    *" $code "*) ;;
    *) fail "status $code: $*" ;;
    esac
}

case_commands_run_clean() {
    make_host "$d/host"
    checked 0 "$assay" --data "$d/data" init
    checked "0 1" "$assay" --data "$d/data" collect --root "$d/host"
    checked "0 1" "$assay" --data "$d/data" status
    checked 0 "$assay" --data "$d/data" query --root "$d/host" "select * from users"
    checked 0 "$assay" tables
    checked 0 "$assay" verify "$d/data"
    checked 0 "$assay" --data "$d/data" rebuild
    checked "0 1" "$assay" --data "$d/data" report readiness --format json
}

run_cases "$@"
