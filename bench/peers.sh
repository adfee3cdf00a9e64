#!/bin/sh
# Side by side with the peers, as whole processes: CPU seconds (user and system) of assay and of `lynis audit system`, first in a Debian 12
# tree of about 20,000 files (made by debootstrap, entered by chroot: needs root), then on this host.
set -eu
. "$(dirname "$0")/lib.sh"
tree=${ASSAY_BENCH_TREE:-$PWD/build/bench-tree}

. script/packages.sh
install_packages lynis debootstrap
if [ "$(id -u)" -eq 0 ]; then
    if [ ! -e "$tree/usr/sbin/lynis" ]; then
        say "making a Debian 12 tree in $tree"
        debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,openssh-server,sudo,cron,rsyslog,auditd,chrony,nftables,lynis,perl,python3,libsqlite3-0,libzstd1,liblz4-1,liblzma5,libyaml-0-2,libmicrohttpd12,libseccomp2 \
            bookworm "$tree" ${ASSAY_BENCH_MIRROR-} >/dev/null
    fi
    mkdir -p "$tree/opt/assay" && cp "$assay" "$tree/opt/assay/"
    pad_tree "$tree" 20000
    cat >"$scratch/inside" <<'SH'
#!/bin/sh
# inside TREE COMMAND...: with processes of its own, so that nothing outlives it
exec unshare --mount --pid --fork sh -c 'tree=$1; shift; mount -t proc proc "$tree/proc"; exec chroot "$tree" "$@"' sh "$@"
SH
    chmod +x "$scratch/inside"
    echo "== Debian 12 tree, $(find "$tree" -xdev | wc -l) inodes"
    measure -n 3 --prepare "rm -rf $tree/opt/assay/data && $scratch/inside $tree /opt/assay/assay --data /opt/assay/data init" assay_tree -- \
        "$scratch/inside" "$tree" /opt/assay/assay --data /opt/assay/data collect >"$scratch/a"
    measure -n 1 lynis_tree -- "$scratch/inside" "$tree" lynis audit system --quick --no-colors >"$scratch/l"
    cat "$scratch/a" "$scratch/l"
    echo "lynis_to_assay_tree $(ratio "$(figure lynis_tree_cpu "$scratch/l")" "$(figure assay_tree_cpu "$scratch/a")") times the CPU (goal 60)"
else
    echo "== Debian 12 tree: left out, needs root"
fi

echo "== this host, $("$limits" / | awk '$1 == "walk_inodes" { print $2 }') inodes"
"$assay" --data "$scratch/data" init >/dev/null
measure -n 3 assay_host -- "$assay" --data "$scratch/data" collect >"$scratch/a"
measure -n 1 lynis_host -- lynis audit system --quick --no-colors >"$scratch/l"
cat "$scratch/a" "$scratch/l"
echo "lynis_to_assay_host $(ratio "$(figure lynis_host_cpu "$scratch/l")" "$(figure assay_host_cpu "$scratch/a")") times the CPU (goal 8 at a million files)"

content=/usr/share/xml/scap/ssg/content/ssg-debian12-ds.xml
if command -v oscap >/dev/null 2>&1 && [ -e "$content" ]; then
    measure -n 1 oscap_host -- oscap xccdf eval --profile xccdf_org.ssgproject.content_profile_cis_level1_server "$content"
else
    echo "oscap: left out: no content for Debian 12 is installed (Debian 12's own package has Debian 10 and 11 only)"
fi
