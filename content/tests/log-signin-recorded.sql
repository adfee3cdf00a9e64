/*
id: log-signin-recorded
title: Sign-ins and rights are logged
topic: logging
why: >
  Who signed in and who took administrative rights is the first question of every investigation. These records
  carry the facility auth or authpriv.
controls:
  - control: LOG-01
    reason: >
      The control names authentication events first among what has to be logged.
severity: high
parameters: []
tables: [log_targets]
paths: []
empty: unknown
fix: |
  printf 'auth,authpriv.* /var/log/auth.log\n' > /etc/rsyslog.d/40-auth.conf
  systemctl restart rsyslog
  # or keep the journal on disk: mkdir -p /var/log/journal && systemctl restart systemd-journald
references: ["rsyslog.conf(5)", "journald.conf(5)"]
*/
SELECT 'authentication events' AS resource,
       CASE WHEN count(CASE WHEN kind IN ('file', 'remote', 'journal') AND (selector IS NULL OR selector LIKE '%auth%' OR selector LIKE '*.*%') THEN 1 END) > 0 THEN 'pass' ELSE 'fail' END AS status,
       coalesce('written to ' || group_concat(CASE WHEN kind IN ('file', 'remote', 'journal') AND (selector IS NULL OR selector LIKE '%auth%' OR selector LIKE '*.*%') THEN target END, ', '),
                'no target takes the facility auth or authpriv') AS reason
FROM (SELECT kind, target, selector FROM log_targets ORDER BY target)
HAVING count(*) > 0
