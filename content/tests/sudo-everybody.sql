/*
id: sudo-everybody
title: No rule of sudo gives rights to everybody
topic: sudo
why: >
  A rule for ALL gives the right to each account on the host, service accounts included. Every break-in into any of
  them is then a break-in into root.
controls:
  - control: AC-06
    reason: >
      Administrative rights must be limited to named people; a rule for ALL names nobody.
  - control: AC-07
    reason: >
      A rule that holds for everybody is the opposite of rights by role.
severity: critical
parameters: []
tables: [sudo_rules]
paths: []
empty: not_applicable
fix: |
  visudo -f FILE              # name a user or a %group instead of ALL
references: ["sudoers(5)", "visudo(8)"]
*/
SELECT file || ':' || line AS resource,
       CASE WHEN principal_type = 'all' AND principal_negated = 0 AND negated = 0 AND runas NOT IN ('', '%') THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN principal_type = 'all' AND principal_negated = 0 AND negated = 0 THEN 'every account may run ' || command || ' as ' || runas
            ELSE 'limited to ' || principal END AS reason
FROM sudo_rules
ORDER BY 1
