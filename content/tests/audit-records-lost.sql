/*
id: audit-records-lost
title: No audit records were lost
topic: audit
why: >
  Lost records are holes in the history of who did what. They come from a buffer that is too small or a disk
  that is full.
controls:
  - control: LOG-01
    reason: >
      Completeness of the log is what makes it evidence; a loss is a gap.
severity: medium
parameters: []
tables: [audit_status]
paths: []
empty: unknown
fix: |
  printf -- '-b 8192\n' > /etc/audit/rules.d/01-buffer.rules
  augenrules --load
references: ["auditctl(8)"]
*/
SELECT 'audit records' AS resource,
       CASE WHEN lost IS NULL THEN 'unknown' WHEN lost = 0 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN lost IS NULL THEN 'the kernel did not tell' WHEN lost = 0 THEN 'none was lost since the start' ELSE 'some were lost since the start; at most ' || coalesce(backlog_limit, 0) || ' may wait' END AS reason
FROM audit_status
