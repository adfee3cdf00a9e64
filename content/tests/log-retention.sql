/*
id: log-retention
title: Log files are kept long enough
topic: logging
why: >
  An intrusion is found after months on average. Logs that are gone by then cannot tell how it happened.
controls:
  - control: LOG-02
    reason: >
      Compares rotation with the retention that the policy promises; central copies count where they are kept
      instead.
severity: medium
parameters: [log_retention_days_min]
tables: [log_files]
paths: []
empty: unknown
fix: |
  # in the file's entry in /etc/logrotate.d: daily, rotate {log_retention_days_min}, compress
  logrotate --debug /etc/logrotate.conf
references: ["logrotate(8)"]
*/
SELECT path AS resource,
       CASE WHEN rotated = 0 THEN 'pass' WHEN retention_days IS NULL THEN 'unknown' WHEN retention_days >= :log_retention_days_min THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN rotated = 0 THEN 'is never rotated away' WHEN retention_days IS NULL THEN 'is rotated by size: how long it is kept cannot be told (' || coalesce(origin, '') || ')'
            ELSE 'is kept ' || retention_days || ' days, expected at least ' || :log_retention_days_min || ' (' || coalesce(origin, '') || ')' END AS reason
FROM log_files
ORDER BY path
