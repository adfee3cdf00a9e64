/*
id: log-forwarded
title: Logs leave the host
topic: logging
why: >
  Logs that lie only on the host that was broken into are the first thing an intruder cleans. A copy elsewhere
  survives.
controls:
  - control: LOG-01
    reason: >
      The control wants a central store; this shows where the host sends its logs.
severity: high
parameters: []
tables: [log_targets]
paths: []
empty: unknown
fix: |
  printf '*.* @@(o)loghost.example:6514\n' > /etc/rsyslog.d/60-forward.conf
  systemctl restart rsyslog
references: ["rsyslog.conf(5)", "systemd-journal-upload.service(8)"]
*/
SELECT 'log forwarding' AS resource,
       CASE WHEN count(CASE WHEN kind = 'remote' THEN 1 END) > 0 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN count(CASE WHEN kind = 'remote' THEN 1 END) > 0
            THEN 'sent to ' || group_concat(CASE WHEN kind = 'remote' THEN target END, ', ')
            ELSE count(*) || ' places are configured, and none of them is another host' END AS reason
FROM (SELECT kind, target FROM log_targets ORDER BY target)
HAVING count(*) > 0
