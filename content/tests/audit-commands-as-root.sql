/*
id: audit-commands-as-root
title: Commands that people run as root are audited
topic: audit
why: >
  sudo records the first command; what is started from there, in a shell of root, only the audit sees, with the person
  who signed in.
controls:
  - control: LOG-01
    reason: >
      Administrative actions are to be logged with who did them.
  - control: AC-11
    reason: >
      Privileged sessions must be recorded to be reviewed.
severity: medium
parameters: []
tables: [audit_rules]
paths: []
empty: unknown
fix: |
  printf -- '-a always,exit -F arch=b64 -S execve -F euid=0 -F auid>=1000 -F auid!=unset -k root-commands\n' > /etc/audit/rules.d/50-root-commands.rules
  augenrules --load
references: ["audit.rules(7)", "augenrules(8)"]
*/
WITH found AS (
    SELECT max(r.loaded = 1) AS is_loaded, max(r.loaded IS NULL AND r.configured = 1) AS is_configured, count(*) AS n
    FROM audit_rules AS r
    WHERE r.action = 'always' AND (',' || r.syscalls || ',' LIKE '%,execve,%' OR r.syscalls = 'all'))
SELECT 'rules for commands run as root' AS resource,
       CASE WHEN is_loaded = 1 THEN 'pass' WHEN is_configured = 1 THEN 'unknown' ELSE 'fail' END AS status,
       CASE WHEN is_loaded = 1 THEN 'the kernel has one' WHEN is_configured = 1 THEN 'a file has one; the kernel did not tell what is loaded'
            WHEN n > 0 THEN 'a file has one, but it is not loaded' ELSE 'no rule records commands run as root' END AS reason
FROM found
