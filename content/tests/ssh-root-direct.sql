/*
id: ssh-root-direct
title: Nobody signs in over SSH as root
topic: ssh
why: >
  A session of root shows no person. Administrators who sign in under their own name and then elevate leave a trace of
  who did what.
controls:
  - control: AC-01
    reason: >
      Direct sessions of root cannot be attributed to one person.
  - control: AC-11
    reason: >
      Human access to production goes through named, logged elevation; signing in as root goes around it.
severity: high
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'PermitRootLogin no\n' > /etc/ssh/sshd_config.d/10-ssh-root-direct.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'PermitRootLogin' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN lower(value) IN ('no', 'forced-commands-only') THEN 'pass' ELSE 'fail' END AS status,
       'PermitRootLogin is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'no (or forced-commands-only)' AS reason
FROM sshd_effective
WHERE key = 'permitrootlogin'
ORDER BY 1
