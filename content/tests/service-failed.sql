/*
id: service-failed
title: No service has failed
topic: services
why: >
  A failed unit may be the backup, the log forwarder or the agent that protects the host. The host goes on without it,
  and nobody notices.
controls:
  - control: LOG-05
    reason: >
      Service health must be watched; a unit that stays failed shows that nobody was told or nobody acted.
severity: medium
parameters: []
tables: [services]
paths: []
empty: unknown
fix: |
  journalctl -u UNIT -n 50
  systemctl restart UNIT                           # or, if it is not needed: systemctl disable UNIT && systemctl reset-failed UNIT
references: ["systemctl(1)", "journalctl(1)"]
*/
SELECT unit AS resource, 'fail' AS status, 'failed (' || coalesce(sub, '?') || '); see journalctl -u ' || unit AS reason
FROM services
WHERE active = 'failed'
UNION ALL
SELECT 'systemd units' AS resource, CASE WHEN known = 0 THEN 'unknown' ELSE 'pass' END AS status,
       CASE WHEN known = 0 THEN 'their states are known only where systemd runs' ELSE 'no unit has failed' END AS reason
FROM (SELECT count(active) AS known, coalesce(sum(active = 'failed'), 0) AS bad, count(*) AS n FROM services)
WHERE bad = 0 AND n > 0
ORDER BY 1
