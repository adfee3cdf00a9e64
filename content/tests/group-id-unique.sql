/*
id: group-id-unique
title: No two groups share an id
topic: accounts
why: >
  Rights on files go to the group id. If two groups share one, membership in either gives the rights of both, which no
  review of one of them shows.
controls:
  - control: AC-05
    reason: >
      A review of entitlements is only complete if each group stands for one set of rights.
severity: medium
parameters: []
tables: [groups]
paths: []
empty: unknown
fix: |
  groupmod -g 1050 ops
  find / -xdev -gid 0 -print  # then give files of the group their new id
references: ["group(5)", "groupmod(8)"]
*/
SELECT 'gid ' || gid AS resource,
       CASE WHEN count(*) > 1 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN count(*) > 1 THEN count(*) || ' groups share id ' || gid || ': ' || group_concat(name, ', ') ELSE 'only ' || min(name) || ' has it' END AS reason
FROM (SELECT gid, name FROM groups ORDER BY gid, name)
GROUP BY gid
ORDER BY gid
