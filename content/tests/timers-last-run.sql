/*
id: timers-last-run
title: Timers ended well
topic: cron
why: >
  Backups, renewals and clean-ups run by timers. One that failed, fails again every night until somebody looks.
controls:
  - control: LOG-05
    reason: >
      A failed timer is a breach of health that somebody has to see.
severity: medium
parameters: []
tables: [timers]
paths: []
empty: not_applicable
fix: |
  systemctl status SERVICE
  journalctl -u SERVICE -n 50
  systemctl reset-failed SERVICE && systemctl start SERVICE
references: ["systemd.timer(5)"]
*/
SELECT unit AS resource,
       CASE WHEN active = 'failed' THEN 'fail' WHEN result IS NULL THEN 'skip' WHEN result = 'success' THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN active = 'failed' THEN 'the timer itself has failed' WHEN result IS NULL THEN 'has not run, or systemd does not run here'
            WHEN result = 'success' THEN coalesce(activates, 'its unit') || ' ended well' ELSE coalesce(activates, 'its unit') || ' ended with ' || result END AS reason
FROM timers
WHERE coalesce(enabled, '') NOT IN ('masked', 'disabled') OR active = 'active'
ORDER BY unit
