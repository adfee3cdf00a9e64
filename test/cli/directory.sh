#!/bin/sh
# Accounts and groups that only a directory service knows. The services are NSS modules, as on a real host: Debian's extrausers, and
# small ones made here. /etc/nsswitch.conf is changed in a mount namespace of its own, so it takes root.
. "$(dirname "$0")/lib.sh"

# in_namespace SERVICES COMMAND...: the command with `passwd` and `group` of nsswitch.conf set to "files SERVICES", and $d/extra as
# /var/lib/extrausers.
in_namespace() {
    is_root || skip "needs root for a mount namespace"
    unshare -m true 2>/dev/null || skip "may not make a mount namespace here"
    printf 'passwd: files %s # and no more\ngroup: files [NOTFOUND=continue UNAVAIL=continue] %s\nshadow: files\nhosts: files\n' "$1" "$1" >"$d/nsswitch.conf"
    mkdir -p "$d/extra"
    shift
    # shellcheck disable=SC2016
    LD_LIBRARY_PATH="$d" unshare -m sh -c '
        mount --make-rprivate / && mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf || exit 99
        [ ! -d /var/lib/extrausers ] || mount --bind "$0/extra" /var/lib/extrausers || exit 99
        exec "$@"' "$d" "$@"
}
query() {
    services=$1
    shift
    got=0
    in_namespace "$services" "$assay" query --format csv "$@" >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -ne 99 ] || skip "may not mount here"
    [ "$got" -eq 0 ] || fail "query ended with $got"
}
# module NAME C-CODE: an NSS module libnss_NAME.so.2 in $d.
module() {
    command -v gcc >/dev/null 2>&1 || skip "needs a compiler"
    printf '#include <nss.h>\n#include <pwd.h>\n#include <unistd.h>\n#include <stdlib.h>\n#include <errno.h>\n%s\n' "$2" >"$d/$1.c"
    gcc -shared -fPIC -o "$d/libnss_$1.so.2" "$d/$1.c" || skip "the compiler makes no shared object"
}

case_accounts_of_a_service_are_rows_that_name_it() {
    ls /lib/*/libnss_extrausers.so.2 /lib/libnss_extrausers.so.2 2>/dev/null | grep -q . || skip "libnss-extrausers is not installed"
    mkdir -p "$d/extra"
    printf 'directory-ann:x:70001:70000:Ann, of elsewhere:/home/ann:/bin/sh\nroot:x:0:0:not this one:/:/bin/sh\n' >"$d/extra/passwd"
    printf 'directory-bob:$6$salt$secret:70002:70000::/home/bob:/usr/sbin/nologin\n' >>"$d/extra/passwd"
    printf 'directory-staff:x:70000:directory-ann,nobody-knows\n' >"$d/extra/group"
    : >"$d/extra/shadow"
    query extrausers "select username, uid, gecos, password_field, is_locked, login_enabled, source from users where source like 'nss:%' or (uid = 0 and username = 'root') order by uid"
    grep -q '^directory-ann,70001,"Ann, of elsewhere",service,,,nss:extrausers' "$d/out" || fail "$(cat "$d/out")"
    grep -q '^directory-bob,70002,,hash,0,0,nss:extrausers' "$d/out" || fail "$(cat "$d/out")"
    grep -q '^root,0,.*,/etc/passwd:' "$d/out" || fail "the files come first"
    [ "$(grep -c '^root,' "$d/out")" -eq 1 ] || fail "root stands twice"
    ! grep -q secret "$d/out" || fail "a hash left the service"
    query extrausers "select name, gid, member_count, source from groups where gid = 70000"
    grep -q '^directory-staff,70000,2,nss:extrausers' "$d/out" || fail "$(cat "$d/out")"
    query extrausers "select username, is_known, via from group_members where gid = 70000 order by 1, 3"
    printf 'username,is_known,via\ndirectory-ann,1,member\ndirectory-ann,1,primary\ndirectory-bob,1,primary\nnobody-knows,0,member\n' | tr -d '\r' >"$d/wanted"
    tr -d '\r' <"$d/out" | cmp -s - "$d/wanted" || fail "$(cat "$d/out")"
    mkdir -p "$d/home"
    ssh-keygen -q -t ed25519 -N '' -f "$d/key" -C ann 2>/dev/null && {
        mkdir -p "$d/home/ann/.ssh"
        cp "$d/key.pub" "$d/home/ann/.ssh/authorized_keys"
        sed -i "s|/home/ann|$d/home/ann|" "$d/extra/passwd"
        query extrausers "select username, type from ssh_authorized_keys where username like 'directory-%'"
        grep -q '^directory-ann,ssh-ed25519' "$d/out" || fail "$(cat "$d/out")"
    }
    query extrausers "select state from table_status where tbl = 'users'"
    grep -q '^complete' "$d/out" || fail "$(cat "$d/out")"
    # captured, and re-performed from what the service said
    expect 0 "$assay" --data "$d/data" init
    got=0
    in_namespace extrausers "$assay" --data "$d/data" collect users groups group_members >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -le 1 ] || fail "collect ended with $got"
    expect 0 "$assay" --data "$d/data" query --at now --format csv "select source from users where uid = 70001"
    grep -q '^nss:extrausers' "$d/out" || fail "$(cat "$d/out")"
    expect 0 "$assay" --data "$d/data" reperform
}

case_a_service_that_hangs_costs_its_time_limit_and_is_said() {
    module hang 'enum nss_status _nss_hang_setpwent(int s) { (void)s; for (;;) pause(); }
enum nss_status _nss_hang_getpwent_r(struct passwd *p, char *b, size_t n, int *e) { (void)p; (void)b; (void)n; (void)e; for (;;) pause(); }'
    from=$(date +%s)
    query hang "select count(*) from users; " || :
    query hang "select scope, state, reason from table_status where tbl = 'users'"
    grep -q '^hang,partial,the service hang did not answer within 4 s' "$d/out" || fail "$(cat "$d/out")"
    [ $(($(date +%s) - from)) -lt 40 ] || fail "it was waited for too long"
}

case_a_service_that_crashes_or_lists_nothing_is_said() {
    module crash 'enum nss_status _nss_crash_setpwent(int s) { (void)s; return NSS_STATUS_SUCCESS; }
enum nss_status _nss_crash_getpwent_r(struct passwd *p, char *b, size_t n, int *e) { (void)p; (void)b; (void)n; (void)e; abort(); }'
    module mute 'enum nss_status _nss_mute_setpwent(int s) { (void)s; return NSS_STATUS_SUCCESS; }
enum nss_status _nss_mute_getpwent_r(struct passwd *p, char *b, size_t n, int *e) { (void)p; (void)b; (void)n; *e = ENOENT; return NSS_STATUS_NOTFOUND; }'
    query "crash mute not-installed" "select scope, state, reason from table_status where tbl = 'users' order by 1"
    grep -q '^crash,partial,the module of the service crash ended before it had answered' "$d/out" || fail "$(cat "$d/out")"
    grep -q '^mute,partial,.*lists nothing' "$d/out" || fail "$(cat "$d/out")"
    grep -q '^not-installed,partial,.*lists nothing' "$d/out" || fail "$(cat "$d/out")"
}

case_what_a_service_says_makes_no_lines_of_its_own() {
    module liar 'static int n;
enum nss_status _nss_liar_setpwent(int s) { (void)s; n = 0; return NSS_STATUS_SUCCESS; }
enum nss_status _nss_liar_getpwent_r(struct passwd *p, char *b, size_t z, int *e) { (void)b; (void)z; if (n++) { *e = ENOENT; return NSS_STATUS_NOTFOUND; }
    *p = (struct passwd){"eve\nroot2:x:0:0::/:/bin/sh", "x", 71001, 71001, "a:b\nc", "/home/eve:x", "/bin/sh"}; return NSS_STATUS_SUCCESS; }'
    query liar "select count(*), max(uid) from users where source = 'nss:liar'"
    grep -q '^1,71001' "$d/out" || fail "$(cat "$d/out")"
}

run_cases "$@"
