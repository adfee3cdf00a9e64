/*
id: cron-files-protected
title: Scheduled jobs can be changed by administrators only
topic: cron
why: >
  A job that runs as root and that somebody else may edit is a way to full rights, at the next full hour.
controls:
  - control: CHG-01
    reason: >
      Scheduled jobs are production changes in waiting; only those who may change production may change them.
severity: high
parameters: []
tables: [cron]
paths: []
empty: not_applicable
fix: |
  chown root:root FILE && chmod 0644 FILE
references: ["crontab(5)", "cron(8)"]
*/
SELECT file AS resource,
       CASE WHEN min(mode) IS NULL THEN 'unknown' WHEN max(mode & 18) > 0 THEN 'fail' WHEN max(CASE WHEN source = 'spool' OR source = 'at' THEN 0 ELSE coalesce(uid, 0) END) > 0 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN min(mode) IS NULL THEN 'its mode is not known' WHEN max(mode & 2) > 0 THEN 'everybody may write it' WHEN max(mode & 16) > 0 THEN 'its group may write it'
            WHEN max(CASE WHEN source = 'spool' OR source = 'at' THEN 0 ELSE coalesce(uid, 0) END) > 0 THEN 'belongs to user id ' || max(uid) || ', expected root' ELSE 'mode ' || printf('%04o', max(mode)) END AS reason
FROM cron
GROUP BY file
ORDER BY file
