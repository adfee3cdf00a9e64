#!/bin/sh
# One pass of valgrind over the command line, with the plain build: no invalid access, no use of uninitialised values, no lost memory.
ASSAY=${ASSAY_PLAIN-}
[ -x "$ASSAY" ] || { echo "ASSAY_PLAIN does not name a plain build of the program"; exit 77; }
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

# Debian 12's valgrind does not know pidfd_open, by which writing commands hold their children: those run plain here (and with
# sanitizers in the other tests), and valgrind looks at everything that reads, gathers, tests and verifies.
case_commands_run_clean() {
    make_data
    checked "0 1" "$assay" --data "$d/data" status
    checked "0 1" "$assay" --data "$d/data" status --json
    checked 0 "$assay" --data "$d/data" query --root "$d/host" "select * from users"
    checked 0 "$assay" --data "$d/data" query --at now "select * from users"
    checked 0 "$assay" tables
    checked "0 1" "$assay" --data "$d/data" test --stored
    checked 0 "$assay" --data "$d/data" test --explain account-uid-zero
    checked 0 "$assay" verify "$d/data"
    checked 0 "$assay" reperform "$d/data"
    checked 0 "$assay" --data "$d/data" dump
    checked 0 "$assay" --data "$d/data" record list parameter
    checked "0 1" "$assay" --data "$d/data" report readiness --format json
    checked "0 1" "$assay" --data "$d/data" report readiness --format html
}

case_every_table_is_gathered_clean() {
    # One command for all of them; the tables that look at every file would take minutes on a large disk.
    "$assay" tables --json >"$d/tables"
    sql=$(python3 - "$d/tables" <<'PY'
import json, sys
tables = json.load(open(sys.argv[1], encoding="utf-8"))
names = [t["name"] for t in (tables["tables"] if isinstance(tables, dict) else tables)]
left_out = {"files", "file_findings", "file_hashes", "table_status", "package_files"}
print("select " + ", ".join(f"(select count(*) from {n})" for n in names if n not in left_out))
PY
)
    checked 0 "$assay" query "$sql"
}

run_cases "$@"
