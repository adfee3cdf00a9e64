/*
id: mount-network-encrypted
title: Network file systems are encrypted
topic: mounts
why: >
  NFS and SMB send files readable over the network unless told otherwise.
controls:
  - control: CRY-02
    reason: >
      Internal connections that carry confidential data must be encrypted; this reads the mount options that decide
      it.
severity: high
parameters: []
tables: [mounts]
paths: []
empty: not_applicable
fix: |
  # NFS, in /etc/fstab: nas:/a /srv/a nfs4 sec=krb5p,_netdev 0 0        SMB: //nas/b /srv/b cifs seal,credentials=/root/.smb,_netdev 0 0
  mount -o remount /srv/a || { umount /srv/a && mount /srv/a; }
references: ["nfs(5)", "mount.cifs(8)"]
*/
SELECT target || ' (' || source || ')' AS resource,
       CASE WHEN fstype IN ('nfs', 'nfs4') AND options LIKE '%sec=krb5p%' THEN 'pass' WHEN fstype IN ('nfs', 'nfs4') AND (options LIKE '%xprtsec=tls%' OR options LIKE '%xprtsec=mtls%') THEN 'pass'
            WHEN fstype IN ('cifs', 'smb3') AND ',' || options || ',' LIKE '%,seal,%' THEN 'pass' WHEN fstype LIKE 'fuse.sshfs' THEN 'pass' ELSE 'fail' END AS status,
       fstype || ' with ' || options || '; expected ' || CASE WHEN fstype IN ('cifs', 'smb3') THEN 'seal' WHEN fstype LIKE 'fuse.sshfs' THEN 'SSH' ELSE 'sec=krb5p or xprtsec=tls' END AS reason
FROM mounts
WHERE fstype IN ('nfs', 'nfs4', 'cifs', 'smb3', 'fuse.sshfs', '9p', 'ceph', 'glusterfs', 'fuse.glusterfs') AND fstype <> '9p'
ORDER BY target
