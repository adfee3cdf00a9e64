/*
id: audit-enabled
title: The kernel's audit is on, with a daemon to write it down
topic: audit
why: >
  Without auditing nobody can say afterwards who changed an account, a rule or a log. The auditor asks for
  exactly that.
controls:
  - control: LOG-01
    reason: >
      Administrative and access events of the host come from the kernel's audit; this shows that it runs.
severity: high
parameters: []
tables: [audit_status]
paths: []
empty: unknown
fix: |
  apt-get install auditd
  systemctl enable --now auditd
references: ["auditd(8)", "auditctl(8)"]
*/
SELECT 'audit' AS resource,
       CASE WHEN enabled IS NULL THEN 'unknown' WHEN enabled = 1 AND coalesce(pid, 0) > 0 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN enabled IS NULL THEN 'the kernel did not tell' WHEN enabled = 0 THEN 'auditing is off'
            WHEN coalesce(pid, 0) = 0 THEN 'auditing is on, but no daemon writes the records down' ELSE 'on, written by process ' || pid END AS reason
FROM audit_status
