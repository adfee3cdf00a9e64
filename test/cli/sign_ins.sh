#!/bin/sh
# Sign-ins from the files that hosts really keep: wtmp with its rotated and packed files, and the SQLite databases of wtmpdb and lastlog2,
# made here by sqlite3 as those programs make them.
. "$(dirname "$0")/lib.sh"

# records FILE START COUNT: so many sign-ins of user uN, a minute apart.
records() {
    python3 - "$@" <<'PYTHON'
import struct, sys
path, start, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open(path, "wb") as f:
    for n in range(count):
        f.write(struct.pack("=hhi32s4s32s256shhiii16s20s", 7, 0, 100, b"pts/%d" % (n % 7), b"", b"u%d" % (start + n), b"10.0.0.9", 0, 0, 0,
                            1767000000 + 60 * (start + n), 0, b"", b""))
PYTHON
}
query() {
    expect 0 "$assay" query --root "$d/host" --format csv "$@"
}

case_rotated_and_packed_files_are_read_oldest_first() {
    make_host "$d/host"
    mkdir -p "$d/host/var/log"
    records "$d/host/var/log/wtmp-20250901" 0 3
    records "$d/host/var/log/wtmp.2" 3 4
    records "$d/host/var/log/wtmp.1" 7 5
    records "$d/host/var/log/wtmp" 12 6
    gzip "$d/host/var/log/wtmp-20250901" "$d/host/var/log/wtmp.2"
    printf 'no wtmp' >"$d/host/var/log/wtmp.old"
    query "select count(*), count(distinct username), min(source), count(distinct source) from login_history where type = 'login'"
    grep -q '^18,18,/var/log/wtmp,4' "$d/out" || fail "$(cat "$d/out")"
    # a session ends with the next sign-in on its terminal, also when that stands in the next file
    query "select count(*) from login_history where source like '%.gz' and logout is not null"
    grep -q '^7' "$d/out" || fail "$(cat "$d/out")"
    query "select state from table_status where tbl = 'login_history'"
    grep -q '^complete' "$d/out" || fail "$(cat "$d/out")"
    # captured bytes are the packed ones, and re-performing unpacks them again
    expect 0 "$assay" --data "$d/data" init
    got=0
    "$assay" --data "$d/data" collect --root "$d/host" login_history >"$d/out" 2>"$d/err" </dev/null || got=$?
    [ "$got" -le 1 ] || fail "collect ended with $got"
    expect 0 "$assay" --data "$d/data" reperform
}

case_a_packed_file_that_is_broken_or_a_bomb_is_said() {
    make_host "$d/host"
    mkdir -p "$d/host/var/log"
    records "$d/host/var/log/wtmp" 0 2
    records "$d/w" 0 50
    gzip -c "$d/w" | head -c 300 >"$d/host/var/log/wtmp.1.gz"
    head -c 1000 /dev/urandom >"$d/host/var/log/wtmp.2.gz"
    head -c 300000000 /dev/zero | gzip -1 >"$d/host/var/log/wtmp.3.gz"
    query "select scope, state from table_status where tbl = 'login_history' order by 1"
    for n in 1 2 3; do
        grep -q "^/var/log/wtmp.$n.gz,partial" "$d/out" || fail "wtmp.$n.gz: $(cat "$d/out")"
    done
    query "select count(*) from login_history"
    grep -q '^2' "$d/out" || fail "$(cat "$d/out")"
}

case_only_the_newest_records_of_a_large_packed_file_are_read() {
    make_host "$d/host"
    mkdir -p "$d/host/var/log"
    records "$d/host/var/log/wtmp.1" 0 60000
    gzip -1 "$d/host/var/log/wtmp.1"
    records "$d/host/var/log/wtmp" 60000 1
    query "select count(*), max(login), min(login) from login_history where source like '%.gz'"
    grep -q '^50000,1770599940000,1767600000000' "$d/out" || fail "$(cat "$d/out")"
    query "select scope, missing from table_status where tbl = 'login_history'"
    grep -q '^/var/log/wtmp.1.gz,older records' "$d/out" || fail "$(cat "$d/out")"
}

case_wtmpdb_is_read_with_or_without_a_write_ahead_log() {
    command -v sqlite3 >/dev/null || skip "needs sqlite3"
    for mode in delete wal; do
        rm -rf "$d/host"
        make_host "$d/host"
        mkdir -p "$d/host/var/lib/wtmpdb"
        sqlite3 "$d/host/var/lib/wtmpdb/wtmp.db" "pragma journal_mode=$mode;
            CREATE TABLE wtmp(ID INTEGER PRIMARY KEY, Type INTEGER, User TEXT NOT NULL, Login INTEGER, Logout INTEGER, TTY TEXT, RemoteHost TEXT, Service TEXT) STRICT;
            INSERT INTO wtmp(Type, User, Login, Logout, TTY, RemoteHost, Service) VALUES
                (1, 'reboot', 1767000000000000, NULL, '~', '6.12.0', NULL),
                (3, 'ann', 1767000060000000, 1767000120000000, 'pts/0', '10.0.0.9', 'sshd'),
                (3, 'bob', 1767000180000000, NULL, 'tty1', NULL, 'login');" >/dev/null
        query "select username, tty, host, login, logout, type from login_history order by login"
        printf 'reboot,~,6.12.0,1767000000000,,boot\nann,pts/0,10.0.0.9,1767000060000,1767000120000,login\nbob,tty1,,1767000180000,,login\n' >"$d/wanted"
        tr -d '\r' <"$d/out" | tail -n +2 | sed 's/""//' | cmp -s - "$d/wanted" || fail "$mode: $(cat "$d/out")"
    done
    head -c 3000 /dev/urandom >"$d/host/var/lib/wtmpdb/wtmp.db"
    query "select state, reason from table_status where tbl = 'login_history'"
    ! grep -q complete "$d/out" || fail "garbage is taken for a database: $(cat "$d/out")"
}

case_lastlog2_is_read() {
    command -v sqlite3 >/dev/null || skip "needs sqlite3"
    make_host "$d/host"
    mkdir -p "$d/host/var/lib/lastlog"
    sqlite3 "$d/host/var/lib/lastlog/lastlog2.db" "CREATE TABLE Lastlog2(Name TEXT PRIMARY KEY, Time INTEGER, TTY TEXT, RemoteHost TEXT, Service TEXT) STRICT;
        INSERT INTO Lastlog2 VALUES ('ann', 1767000060, 'pts/0', '10.0.0.9', 'sshd'), ('gone', 1767000061, 'pts/1', '', 'sshd');"
    query "select username, time, host, tty, source from last_login order by 1"
    grep -q '^ann,1767000060000,10.0.0.9,pts/0,/var/lib/lastlog/lastlog2.db' "$d/out" || fail "$(cat "$d/out")"
    grep -q '^root,,' "$d/out" || fail "$(cat "$d/out")"
    ! grep -q gone "$d/out" || fail "an account that is not there has a row"
}

run_cases "$@"
