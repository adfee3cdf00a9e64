/*
id: audit-rules-locked
title: Audit rules cannot be changed until the next restart
topic: audit
why: >
  An intruder with full rights first switches the audit rules off. Locked rules force a restart, and a restart
  is noticed.
controls:
  - control: LOG-02
    reason: >
      Protects the log at its source: rules that can't be switched off quietly.
severity: low
parameters: []
tables: [audit_status]
paths: []
empty: unknown
fix: |
  printf -- '-e 2\n' > /etc/audit/rules.d/99-finalize.rules
  augenrules --load
references: ["auditctl(8)", "augenrules(8)"]
*/
SELECT 'audit rules' AS resource,
       CASE WHEN enabled IS NULL THEN 'unknown' WHEN enabled = 0 THEN 'fail' WHEN immutable = 1 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN enabled IS NULL THEN 'the kernel did not tell' WHEN enabled = 0 THEN 'auditing is off' WHEN immutable = 1 THEN 'are locked' ELSE 'can be changed at any time' END AS reason
FROM audit_status
