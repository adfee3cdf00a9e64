/*
id: sudo-logged
title: Every use of sudo is logged
topic: sudo
why: >
  The log of sudo says who did what as root. Without it administrative work leaves no trace, and an auditor cannot
  sample it.
controls:
  - control: LOG-01
    reason: >
      Administrative actions are among the events that must be logged; sudo's own log is their source on this host.
  - control: AC-11
    reason: >
      Privileged sessions must be logged to be reviewed.
severity: high
parameters: []
tables: [sudo_rules, sudo_defaults]
paths: []
empty: not_applicable
fix: |
  visudo                      # remove "Defaults !syslog", or set Defaults logfile=/var/log/sudo.log
references: ["sudoers(5)"]
*/
SELECT 'log of sudo' AS resource,
       CASE WHEN coalesce(syslog, 'auth') <> 'false' OR coalesce(logfile, 'false') <> 'false' THEN 'pass' ELSE 'fail' END AS status,
       'syslog is ' || coalesce(syslog, 'auth (built in)') || ', logfile is ' || coalesce(logfile, 'not set') || '; expected one of them' AS reason
FROM (SELECT (SELECT d.value FROM sudo_defaults AS d WHERE d.key = 'syslog' AND d.scope = '' ORDER BY d.file DESC, d.line DESC LIMIT 1) AS syslog,
             (SELECT d.value FROM sudo_defaults AS d WHERE d.key = 'logfile' AND d.scope = '' ORDER BY d.file DESC, d.line DESC LIMIT 1) AS logfile)
WHERE EXISTS (SELECT 1 FROM sudo_rules) OR EXISTS (SELECT 1 FROM sudo_defaults)
