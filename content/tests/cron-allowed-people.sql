/*
id: cron-allowed-people
title: Only named people may plan jobs
topic: cron
why: >
  A job runs when its author is long gone. Where cron.allow or at.allow names who may plan jobs, this stays a known
  few.
controls:
  - control: AC-07
    reason: >
      Planning unattended work becomes a right that is given, not one that every account has.
severity: low
parameters: []
tables: [file_facts]
paths: [/etc/cron.allow, /usr/bin/crontab]
empty: not_applicable
fix: |
  printf 'root\n' > /etc/cron.allow && chmod 0640 /etc/cron.allow && chgrp crontab /etc/cron.allow
references: ["crontab(1)"]
*/
SELECT 'cron.allow' AS resource,
       CASE WHEN max(is_there = 1 AND coalesce(type, 'regular') <> 'regular') THEN 'unknown' WHEN max(is_there) = 1 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN max(is_there = 1 AND coalesce(type, 'regular') <> 'regular') THEN '/etc/cron.allow is a ' || max(type) || ' and not a regular file'
            WHEN max(is_there) = 1 THEN 'the file limits who may use crontab' ELSE 'there is no /etc/cron.allow: every account may use crontab' END AS reason
FROM file_facts
WHERE declared = '/etc/cron.allow' AND EXISTS (SELECT 1 FROM file_facts AS c WHERE c.declared = '/usr/bin/crontab' AND c.is_there = 1)
HAVING count(*) > 0
