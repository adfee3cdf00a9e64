/*
id: audit-modules
title: Loading of kernel modules is audited
topic: audit
why: >
  A module has all rights there are. Loading one is rare on a server and always worth a record.
controls:
  - control: LOG-01
    reason: >
      A change of the kernel is an administrative action that must be logged.
  - control: VUL-06
    reason: >
      Gives drift detection the record of code that entered the kernel.
severity: medium
parameters: []
tables: [audit_rules]
paths: []
empty: unknown
fix: |
  printf -- '-a always,exit -F arch=b64 -S init_module,finit_module,delete_module -k modules\n' > /etc/audit/rules.d/50-modules.rules
  augenrules --load
references: ["audit.rules(7)", "augenrules(8)"]
*/
WITH found AS (
    SELECT max(r.loaded = 1) AS is_loaded, max(r.loaded IS NULL AND r.configured = 1) AS is_configured, count(*) AS n
    FROM audit_rules AS r
    WHERE r.action = 'always' AND (',' || r.syscalls || ',' LIKE '%,init_module,%' OR ',' || r.syscalls || ',' LIKE '%,finit_module,%' OR ',' || r.syscalls || ',' LIKE '%,delete_module,%' OR r.syscalls = 'all'))
SELECT 'rules for loading of kernel modules' AS resource,
       CASE WHEN is_loaded = 1 THEN 'pass' WHEN is_configured = 1 THEN 'unknown' ELSE 'fail' END AS status,
       CASE WHEN is_loaded = 1 THEN 'the kernel has one' WHEN is_configured = 1 THEN 'a file has one; the kernel did not tell what is loaded'
            WHEN n > 0 THEN 'a file has one, but it is not loaded' ELSE 'no rule records loading of kernel modules' END AS reason
FROM found
