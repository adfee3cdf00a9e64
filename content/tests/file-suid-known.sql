/*
id: file-suid-known
title: Programs with borrowed rights are the known ones
topic: files
why: >
  A set-uid program runs with its owner's rights, whoever starts it. Each is a possible way to root, and planting one
  is the oldest way to keep it.
controls:
  - control: VUL-06
    reason: >
      Compares the set-uid programs with those that the distribution ships and that were approved: an unknown one is
      an unapproved component.
  - control: AC-06
    reason: >
      A set-uid program of root gives privileged rights to everybody who can start it.
severity: high
parameters: [suid_programs_approved]
tables: [file_findings]
paths: []
empty: unknown
fix: |
  dpkg -S FILE                                     # which package brought it
  chmod u-s,g-s FILE                               # if it needs no such right
  assay record set parameter suid_programs_approved "/opt/vendor/helper" --reason "needed by ..., approved by ..."
references: ["chmod(1)", "dpkg-query(1)"]
*/
WITH known(path) AS (VALUES
    ('/usr/bin/at'), ('/usr/bin/batch'), ('/usr/bin/bsd-write'), ('/usr/bin/chage'), ('/usr/bin/chfn'), ('/usr/bin/chsh'),
    ('/usr/bin/crontab'), ('/usr/bin/dotlockfile'), ('/usr/bin/expiry'), ('/usr/bin/fusermount'), ('/usr/bin/fusermount3'),
    ('/usr/bin/gpasswd'), ('/usr/bin/mount'), ('/usr/bin/newgidmap'), ('/usr/bin/newgrp'), ('/usr/bin/newuidmap'),
    ('/usr/bin/ntfs-3g'), ('/usr/bin/passwd'), ('/usr/bin/pkexec'), ('/usr/bin/plocate'), ('/usr/bin/locate'), ('/usr/bin/mlocate'),
    ('/usr/bin/ssh-agent'), ('/usr/bin/staprun'), ('/usr/bin/su'), ('/usr/bin/sudo'), ('/usr/bin/sudoedit'),
    ('/usr/bin/traceroute6.iputils'), ('/usr/bin/ping'), ('/usr/bin/umount'), ('/usr/bin/wall'), ('/usr/bin/write'),
    ('/usr/bin/write.ul'), ('/usr/bin/dumpcap'), ('/usr/bin/screen'), ('/usr/bin/sg'), ('/usr/bin/sudoreplay'),
    ('/usr/bin/procmail'), ('/usr/bin/lockfile'), ('/usr/sbin/exim4'), ('/usr/sbin/mount.nfs'), ('/usr/sbin/mount.cifs'),
    ('/usr/sbin/mount.ecryptfs_private'), ('/usr/sbin/pam_extrausers_chkpwd'), ('/usr/sbin/postdrop'), ('/usr/sbin/postqueue'),
    ('/usr/sbin/pppd'), ('/usr/sbin/unix_chkpwd'), ('/usr/sbin/sensible-mda'), ('/usr/sbin/uml_net'),
    ('/usr/lib/dbus-1.0/dbus-daemon-launch-helper'), ('/usr/lib/openssh/ssh-keysign'), ('/usr/lib/polkit-1/polkit-agent-helper-1'),
    ('/usr/lib/policykit-1/polkit-agent-helper-1'), ('/usr/lib/eject/dmcrypt-get-device'), ('/usr/lib/snapd/snap-confine'),
    ('/usr/lib/xorg/Xorg.wrap'), ('/usr/lib/x86_64-linux-gnu/utempter/utempter'), ('/usr/lib/aarch64-linux-gnu/utempter/utempter'),
    ('/usr/lib/libvte-2.91-0/gnome-pty-helper'), ('/usr/lib/squid/basic_pam_auth'), ('/usr/lib/virtualbox/VBoxHeadless'),
    ('/usr/lib/chromium/chrome-sandbox'), ('/usr/libexec/polkit-agent-helper-1'), ('/usr/libexec/utempter/utempter'),
    ('/usr/libexec/camel-lock-helper-1.2'))
SELECT path AS resource, 'fail' AS status,
       kind || ' program of ' || coalesce(user_name, uid) || ':' || coalesce(group_name, gid) || ', mode ' || mode
           || CASE WHEN (CAST(substr(mode, -2, 1) AS INTEGER) & 2) <> 0 OR (CAST(substr(mode, -1, 1) AS INTEGER) & 2) <> 0 THEN ', which others than its owner can write'
                   WHEN path GLOB '/home/*' OR path GLOB '/tmp/*' OR path GLOB '/var/tmp/*' OR path GLOB '/dev/shm/*' OR path GLOB '/srv/*' THEN ', in a place where none belongs'
                   ELSE '; not one of the customary ones and not in suid_programs_approved' END AS reason
FROM file_findings
WHERE kind IN ('suid', 'sgid') AND type = 'regular'
      AND ((CAST(substr(mode, -2, 1) AS INTEGER) & 2) <> 0 OR (CAST(substr(mode, -1, 1) AS INTEGER) & 2) <> 0 OR (path NOT IN (SELECT path FROM known)
           AND instr(',' || replace(:suid_programs_approved, ' ', '') || ',', ',' || path || ',') = 0))
UNION ALL
SELECT 'set-uid and set-gid programs' AS resource, 'pass' AS status, 'all are customary or approved' AS reason
FROM (SELECT coalesce(sum((CAST(substr(mode, -2, 1) AS INTEGER) & 2) <> 0 OR (CAST(substr(mode, -1, 1) AS INTEGER) & 2) <> 0 OR (path NOT IN (SELECT path FROM known)
                      AND instr(',' || replace(:suid_programs_approved, ' ', '') || ',', ',' || path || ',') = 0)), 0) AS bad
      FROM file_findings WHERE kind IN ('suid', 'sgid') AND type = 'regular')
WHERE bad = 0
ORDER BY 1
