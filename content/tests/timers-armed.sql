/*
id: timers-armed
title: Enabled timers are armed
topic: cron
why: >
  A timer that is enabled and not active will never run: somebody stopped it and forgot.
controls:
  - control: MON-01
    reason: >
      Periodic checks and clean-ups only count when they are armed; this finds those that silently are not.
severity: low
parameters: []
tables: [timers]
paths: []
empty: not_applicable
fix: |
  systemctl start UNIT
references: ["systemctl(1)"]
*/
SELECT unit AS resource,
       CASE WHEN active IS NULL OR active = 'skipped' THEN 'skip' WHEN active = 'active' THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN active IS NULL THEN 'systemd does not run here' WHEN active = 'skipped' THEN 'its conditions do not hold here, as in a container' WHEN active = 'active' THEN 'waits for its time' ELSE 'is enabled and ' || active END AS reason
FROM timers
WHERE enabled = 'enabled'
ORDER BY unit
