/*
id: audit-time-changes
title: Changes of the clock are audited
topic: audit
why: >
  Whoever sets the clock back can make records look older than they are, or newer. The record of the change keeps them
  usable.
controls:
  - control: LOG-02
    reason: >
      Logs are evidence only with clocks that can be trusted; this records tampering with them.
severity: low
parameters: []
tables: [audit_rules]
paths: []
empty: unknown
fix: |
  printf -- '-a always,exit -F arch=b64 -S adjtimex,settimeofday,clock_settime -k time-change\n-w /etc/localtime -p wa -k time-change\n' > /etc/audit/rules.d/50-time.rules
  augenrules --load
references: ["audit.rules(7)", "augenrules(8)"]
*/
WITH found AS (
    SELECT max(r.loaded = 1) AS is_loaded, max(r.loaded IS NULL AND r.configured = 1) AS is_configured, count(*) AS n
    FROM audit_rules AS r
    WHERE r.action = 'always' AND (',' || r.syscalls || ',' LIKE '%,adjtimex,%' OR ',' || r.syscalls || ',' LIKE '%,settimeofday,%' OR ',' || r.syscalls || ',' LIKE '%,clock_settime,%' OR r.syscalls = 'all' OR r.path = '/etc/localtime'))
SELECT 'rules for changes of the clock' AS resource,
       CASE WHEN is_loaded = 1 THEN 'pass' WHEN is_configured = 1 THEN 'unknown' ELSE 'fail' END AS status,
       CASE WHEN is_loaded = 1 THEN 'the kernel has one' WHEN is_configured = 1 THEN 'a file has one; the kernel did not tell what is loaded'
            WHEN n > 0 THEN 'a file has one, but it is not loaded' ELSE 'no rule records changes of the clock' END AS reason
FROM found
