/*
id: ssh-log-level
title: SSH logs who signs in and how
topic: ssh
why: >
  Sign-ins are the first thing an investigation looks at. Below INFO they are not logged; with VERBOSE the key used is
  logged as well.
controls:
  - control: LOG-01
    reason: >
      Authentication events of this entry must be logged; the level decides whether they are.
severity: medium
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'LogLevel VERBOSE\n' > /etc/ssh/sshd_config.d/10-ssh-log-level.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'LogLevel' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN upper(value) IN ('INFO', 'VERBOSE') THEN 'pass' ELSE 'fail' END AS status,
       'LogLevel is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'INFO or VERBOSE (DEBUG levels log private matters)' AS reason
FROM sshd_effective
WHERE key = 'loglevel'
ORDER BY 1
