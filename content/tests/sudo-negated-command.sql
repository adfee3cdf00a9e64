/*
id: sudo-negated-command
title: No rule of sudo tries to exclude commands from ALL
topic: sudo
why: >
  Everything except a few commands excludes nothing: the excluded program can be copied, renamed or reached through
  another one. The rule looks like least privilege and is full privilege.
controls:
  - control: AC-07
    reason: >
      Rights must be only those needed; exclusion lists give full rights while the review sees a restriction.
severity: medium
parameters: []
tables: [sudo_rules]
paths: []
empty: not_applicable
fix: |
  visudo -f FILE              # write the commands that are needed instead of ALL, !/bin/su
references: ["sudoers(5)"]
*/
SELECT CASE r.principal_type WHEN 'group' THEN '%' WHEN 'netgroup' THEN '+' ELSE '' END || r.principal || ': !' || command AS resource,
       CASE WHEN EXISTS (SELECT 1 FROM sudo_rules AS a
                         WHERE a.principal = r.principal AND a.principal_type = r.principal_type AND a.is_all = 1 AND a.negated = 0) THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN EXISTS (SELECT 1 FROM sudo_rules AS a
                         WHERE a.principal = r.principal AND a.principal_type = r.principal_type AND a.is_all = 1 AND a.negated = 0)
            THEN 'excluding ' || command || ' from ALL has no effect that holds; list the allowed commands instead'
            ELSE 'excluded from a list of named commands' END AS reason
FROM sudo_rules AS r
WHERE negated = 1
ORDER BY 1
