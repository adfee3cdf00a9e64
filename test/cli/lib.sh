# Shared by the program tests: each case is a function case_<name>; run_cases runs them all and prints "N passed, N failed". Sourced.
#
# ASSAY names the program under test. Each case gets an empty scratch directory $d and may use:
#   expect STATUS COMMAND...     the command ends with this status; its output is in $d/out and $d/err
#   has PATTERN, lacks PATTERN   a line of its output matches; none does
#   rebuild_is_same [DATA]       the projection of $d/data, made again from the ledger, is what it was
#   one_line PATTERN             standard error of the last command is exactly one line "assay: ..." that matches PATTERN
#   skip REASON                  leave the case out, and say why
assay=${ASSAY:?ASSAY names the program under test}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/assay-cli-XXXXXX")
d=$scratch
mounts=
cleanup() {
    for m in $mounts; do umount "$m" 2>/dev/null || :; done
    rm -rf "$scratch"
}
trap cleanup EXIT

# Each case runs in a subshell of its own: fail and skip leave it at once, wherever they are called.
fail() {
    echo "  $*"
    cat "$d/err" "$d/out" 2>/dev/null | sed 's/^/  | /' | head -5
    exit 1
}
expect() {
    wanted=$1
    shift
    got=0
    : >"$d/err"
    "$@" >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -eq "$wanted" ] || fail "exit status $got instead of $wanted: $*"
}
has() { grep -q "$1" "$d/out" || fail "not in the output: $1"; }
lacks() { ! grep -q "$1" "$d/out" || fail "in the output: $1"; }
rebuild_is_same() {
    of=${1:-$d/data}
    "$assay" --data "$of" dump >"$d/before.dump" || fail "dump"
    expect 0 "$assay" --data "$of" rebuild
    "$assay" --data "$of" dump >"$d/after.dump" || fail "dump"
    cmp -s "$d/before.dump" "$d/after.dump" || fail "another dump after the rebuild"
}
one_line() {
    [ "$(wc -l <"$d/err")" -eq 1 ] || fail "not one line on standard error"
    grep -Eq "^assay: .*$1" "$d/err" || fail "the line does not match: $1"
}
# flip FILE OFFSET: another byte there, whatever it was.
flip() {
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "$(printf '\\%03o' $(((byte + 1) % 256)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
skip() {
    echo "  skipped: $*"
    exit 77
}
is_root() { [ "$(id -u)" -eq 0 ]; }
# A scratch file system of SIZE at $1, or the case is skipped.
mount_small() {
    is_root || skip "needs root to mount"
    mkdir -p "$1"
    mount -t tmpfs -o "size=$2" tmpfs "$1" 2>/dev/null || skip "may not mount here"
    mounts="$mounts $1"
}
# A small tree that is not running, enough for the tables of accounts; with a program, since a tree without one is a part at most.
make_host() {
    mkdir -p "$1/etc" "$1/usr/bin"
    : >"$1/usr/bin/true"
    printf 'root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n' >"$1/etc/passwd"
    printf 'root:x:0:\nann:x:1000:\n' >"$1/etc/group"
    printf 'root:*:19000:0:99999:7:::\nann:!:19000:0:99999:7:::\n' >"$1/etc/shadow"
    printf '0123456789abcdef0123456789abcdef\n' >"$1/etc/machine-id"
    printf 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\nVERSION_ID="12"\n' >"$1/etc/os-release"
}
# A data directory with one collected run of such a tree.
make_data() {
    make_host "$d/host"
    expect 0 "$assay" --data "$d/data" init
    collect "$d/data" "$d/host"
}
# Collects; failing tests (status 1) are what a bare tree gives.
collect() {
    got=0
    "$assay" --data "$1" collect --root "$2" >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -le 1 ] || fail "collect ended with status $got"
}
run_cases() {
    passed=0 failed=0 skipped=0
    for name in $(sed -n 's/^case_\([a-z0-9_]*\)() {$/\1/p' "$0"); do
        case ${1-} in "" | "$name") ;; *) continue ;; esac
        d=$scratch/$name
        mkdir -p "$d"
        (
            set -e
            "case_$name"
        )
        code=$?
        case $code in
        0) passed=$((passed + 1)) ;;
        77) skipped=$((skipped + 1)); echo "skipped: $name" ;;
        *) failed=$((failed + 1)); echo "failed: $name" ;;
        esac
        for m in "$d"/*; do mountpoint -q "$m" 2>/dev/null && umount "$m"; done
        chmod -R u+w "$d" 2>/dev/null || :
        rm -rf "$d"
    done
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}
