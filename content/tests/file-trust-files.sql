/*
id: file-trust-files
title: No file lets other hosts or people in unasked
topic: files
why: >
  hosts.equiv, .rhosts and .shosts grant entry to whoever comes from a named machine, without a password and without
  anybody's approval.
controls:
  - control: AC-03
    reason: >
      Access is granted by approval; these files grant it by themselves.
  - control: AC-09
    reason: >
      They let people in without authentication.
severity: high
parameters: []
tables: [file_facts]
paths: [/etc/hosts.equiv, /etc/shosts.equiv, /root/.rhosts, /root/.shosts, "/home/*\x2f.rhosts", "/home/*\x2f.shosts"]
empty: unknown
fix: |
  rm FILE
references: ["hosts.equiv(5)"]
*/
SELECT path AS resource, 'fail' AS status, 'the file exists (owner ' || coalesce(user_name, uid) || '); expected none' AS reason
FROM file_facts
WHERE declared IN ('/etc/hosts.equiv', '/etc/shosts.equiv', '/root/.rhosts', '/root/.shosts', '/home/*/.rhosts', '/home/*/.shosts') AND is_there = 1
UNION ALL
SELECT 'trust files' AS resource, 'pass' AS status, 'there is none' AS reason
FROM (SELECT count(*) AS n, coalesce(sum(is_there), 0) AS bad
      FROM file_facts WHERE declared IN ('/etc/hosts.equiv', '/etc/shosts.equiv', '/root/.rhosts', '/root/.shosts', '/home/*/.rhosts', '/home/*/.shosts'))
WHERE n > 0 AND bad = 0
ORDER BY 1
