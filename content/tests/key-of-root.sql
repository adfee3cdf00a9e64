/*
id: key-of-root
title: No key opens root's account directly
topic: keys
why: >
  A key in root's file gives whoever holds it the whole host, without a name. Such keys are copied to many hosts and
  forgotten when people leave.
controls:
  - control: AC-06
    reason: >
      A key for root is privileged access that is on no list of people.
  - control: AC-04
    reason: >
      When a person leaves, their key in root's file stays; disabling their account does not touch it.
severity: high
parameters: []
tables: [users, ssh_authorized_keys]
paths: []
empty: not_applicable
fix: |
  # give people accounts with sudo, then:
  sed -i '1d' /root/.ssh/authorized_keys           # the line named above
  # a key of a machine: restrict,command="/usr/local/sbin/backup" ssh-ed25519 ...
references: ["authorized_keys(5)"]
*/
SELECT k.username || ' ' || k.path || ':' || k.line AS resource,
       CASE WHEN k.options LIKE '%command=%' THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN k.options LIKE '%command=%' THEN 'bound to one command'
            ELSE 'key ' || coalesce(k.comment, k.fingerprint, '') || ' opens ' || k.username || ' (user id 0) directly; expected none, or one bound by command=' END AS reason
FROM ssh_authorized_keys AS k
JOIN users AS u ON u.username = k.username
WHERE u.uid = 0
ORDER BY 1
