#!/bin/sh
# The ledger beside the machine's limits (bench-ledger) and beside others that keep records, on as many records of 1 KiB.
#   bench/ledger.sh [RECORDS]
. "$(dirname "$0")/lib.sh"
records=${1:-100000}
"$PWD/${ASSAY_BUILD:-build}/bench/bench-ledger" "$scratch" | tee "$scratch/ours"
peers() {
python3 - "$scratch" "$records" <<'PY'
import os, sqlite3, subprocess, sys, time
scratch, records = sys.argv[1], int(sys.argv[2])
row = os.urandom(512).hex().encode()
def figure(name, value, unit): print(f"{name:<36} {value:12.2f} {unit}", flush=True)
db = sqlite3.connect(scratch + "/peer.db", isolation_level=None)
db.execute("pragma journal_mode=wal"); db.execute("pragma synchronous=full"); db.execute("create table t(i integer primary key, b blob)")
for name, batch, count in (("sqlite_wal_full_1", 1, min(records, 500)), ("sqlite_wal_full_1000", 1000, records)):
    start = time.monotonic()
    for first in range(0, count, batch):
        db.execute("begin"); db.executemany("insert into t(b) values(?)", ((row,) for _ in range(batch))); db.execute("commit")
    figure(name, count / (time.monotonic() - start), "rows/s")
db.close()
repo = scratch + "/peer.git"
subprocess.run(["git", "init", "-q", "--bare", repo], check=True)
stream = b"".join(b"blob\nmark :%d\ndata 1024\n%016d%s\n" % (i + 1, i, row[:1008]) for i in range(records))
subprocess.run(["git", "-C", repo, "fast-import", "--quiet"], input=stream, check=True)
start = time.monotonic(); subprocess.run(["git", "-C", repo, "fsck", "--no-progress"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
figure("git_fsck_packed", records / (time.monotonic() - start), "objects/s")
PY
files="$scratch/files"
mkdir "$files"
python3 - "$files" "$records" <<'PY'
import os, sys
for i in range(int(sys.argv[2])):
    if i % 1000 == 0: os.mkdir(f"{sys.argv[1]}/{i // 1000}")
    with open(f"{sys.argv[1]}/{i // 1000}/{i}", "wb") as f: f.write(os.urandom(1024))
PY
timed() { # NAME COMMAND...: records a second
    name=$1; shift
    start=$(date +%s.%N)
    "$@" >/dev/null 2>&1 || { echo "$name failed"; return 0; }
    awk -v n="$name" -v r="$records" -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%-36s %12.2f files/s\n", n, r / (b - a) }'
}
if command -v restic >/dev/null 2>&1; then
    export RESTIC_PASSWORD=bench
    restic -q -r "$scratch/restic" init && restic -q -r "$scratch/restic" backup "$files"
    timed restic_check_read_data restic -q -r "$scratch/restic" check --read-data
else
    echo "restic is not installed: left out"
fi
if command -v borg >/dev/null 2>&1; then
    export BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_BASE_DIR="$scratch/borg-home"
    borg init -e none "$scratch/borg" && borg create "$scratch/borg::a" "$files"
    timed borg_check_verify_data borg check --verify-data "$scratch/borg"
else
    echo "borg is not installed: left out"
fi
# A sealed journal of its own, with sealing keys that only a private mount namespace sees: nothing of the host's journal is touched.
remote=/lib/systemd/systemd-journal-remote
if [ -x "$remote" ] && unshare -m true 2>/dev/null; then
    python3 - "$scratch/journal.export" "$records" <<'PY'
import os, sys, time
machine, start = open("/etc/machine-id").read().strip(), int(time.time() * 1e6) + 30_000_000 # not before the first key
with open(sys.argv[1], "w") as f:
    for i in range(int(sys.argv[2])):
        f.write(f"__REALTIME_TIMESTAMP={start + i}\n__MONOTONIC_TIMESTAMP={i + 1}\n_BOOT_ID={machine}\n_MACHINE_ID={machine}\nMESSAGE={i:016d}{os.urandom(504).hex()}\n\n")
PY
    unshare -m sh -s "$scratch" "$remote" "$records" <<'SH' || echo "journalctl --verify failed"
set -eu
mkdir -p /var/log/journal
mount -t tmpfs none /var/log/journal
mkdir "/var/log/journal/$(cat /etc/machine-id)"
key=$(journalctl --setup-keys --interval=10s --force 2>/dev/null | tail -1)
"$2" --seal=yes --compress=no --split-mode=none --output="$1/peer.journal" "$1/journal.export" >/dev/null 2>&1
start=$(date +%s.%N)
journalctl --verify --quiet --verify-key="$key" --file="$1/peer.journal" >/dev/null 2>&1
awk -v r="$3" -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%-36s %12.2f entries/s\n", "journald_verify_sealed", r / (b - a) }'
SH
else
    echo "journald_verify_sealed is left out: systemd-journal-remote is not installed, or no mount namespace may be made"
fi
}
peers | tee "$scratch/peers"
# compare FIGURE PEER: how many of our leaves to one of theirs. Both are of 1 KiB, in the same minutes; rates do not depend on how many.
compare() {
    theirs=$(figure "$2" "$scratch/peers")
    case $theirs in
    '' | *[!0-9.]*) echo "$1: no figure of $2 to compare with" ;;
    *) printf '%-60s %8s times\n' "$1 against $2" "$(ratio "$(figure "$1" "$scratch/ours")" "$theirs")" ;;
    esac
}
compare append_and_integrate sqlite_wal_full_1000
for peer in git_fsck_packed restic_check_read_data borg_check_verify_data journald_verify_sealed; do
    compare verify_tree_1_thread "$peer"
done
