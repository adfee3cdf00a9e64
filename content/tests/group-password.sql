/*
id: group-password
title: No group has a password
topic: accounts
why: >
  A group password lets everybody who knows it join the group, and it is shared by nature: who used it cannot be told.
controls:
  - control: AC-01
    reason: >
      A group password is a shared credential; rights must come from membership of individual accounts.
severity: low
parameters: []
tables: [groups]
paths: []
empty: unknown
fix: |
  gpasswd -r GROUP
references: ["gpasswd(1)", "gshadow(5)"]
*/
SELECT name AS resource,
       CASE WHEN has_password IS NULL THEN 'unknown' WHEN has_password = 1 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN has_password IS NULL THEN '/etc/gshadow could not be read'
            WHEN has_password = 1 THEN 'group ' || name || ' has a password; expected none' ELSE 'no password' END AS reason
FROM groups
ORDER BY name
