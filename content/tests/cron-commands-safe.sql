/*
id: cron-commands-safe
title: Jobs of root run programs from protected places
topic: cron
why: >
  A job of root that runs a program from a home directory or from /tmp runs whatever stands there, with full
  rights.
controls:
  - control: CHG-05
    reason: >
      Whoever can change such a program deploys to production without being one of the few who may.
severity: high
parameters: []
tables: [cron]
paths: []
empty: not_applicable
fix: |
  install -o root -g root -m 0755 SCRIPT /usr/local/sbin/SCRIPT
  # and name that path in the job
references: ["crontab(5)"]
*/
WITH jobs AS (SELECT DISTINCT file, line, command FROM cron WHERE user = 'root' AND command IS NOT NULL)
SELECT file || coalesce(':' || line, '') AS resource,
       CASE WHEN command LIKE '%/tmp/%' OR command LIKE '%/home/%' OR command LIKE '%/dev/shm/%' THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN command LIKE '%/tmp/%' OR command LIKE '%/home/%' OR command LIKE '%/dev/shm/%' THEN 'uses a path that others may write: ' ELSE 'runs ' END || substr(command, 1, 160) AS reason
FROM jobs
ORDER BY file, line, command
