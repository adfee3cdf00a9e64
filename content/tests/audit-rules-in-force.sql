/*
id: audit-rules-in-force
title: The audit rules that are written are loaded
topic: audit
why: >
  Rules in a file record nothing until the kernel has them. One line with a mistake keeps all lines behind it from
  being loaded.
controls:
  - control: LOG-01
    reason: >
      Shows that configured audit logging is in operation.
  - control: VUL-06
    reason: >
      A difference between file and kernel is a drift of a security setting.
severity: medium
parameters: []
tables: [audit_rules]
paths: []
empty: not_applicable
fix: |
  augenrules --check; augenrules --load && auditctl -l
references: ["augenrules(8)", "auditctl(8)"]
*/
SELECT 'rule ' || coalesce(file, 'in the kernel') || coalesce(' (' || path || ')', '') AS resource,
       CASE WHEN configured = 1 AND loaded IS NULL THEN 'unknown' WHEN configured = 1 AND loaded = 1 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN configured = 1 AND loaded IS NULL THEN 'the kernel did not tell what is loaded'
            WHEN configured = 1 AND loaded = 1 THEN 'written and loaded'
            WHEN configured = 1 THEN 'written, but not loaded' ELSE 'loaded, but in no file: it will be gone after the next start' END AS reason
FROM audit_rules
WHERE kind <> 'control'
ORDER BY 1
