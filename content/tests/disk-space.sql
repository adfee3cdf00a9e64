/*
id: disk-space
title: File systems have room
topic: disk
why: >
  A full disk stops services, loses log records and breaks databases. It gives weeks of warning to who looks.
controls:
  - control: BCP-08
    reason: >
      Storage is one of the resources that the control measures against thresholds.
severity: high
parameters: [disk_free_percent_min]
tables: [mounts]
paths: []
empty: unknown
fix: |
  df -h TARGET
  du -xh --max-depth=2 TARGET | sort -h | tail
  apt-get clean; journalctl --vacuum-size=500M
references: ["df(1)"]
*/
SELECT target AS resource,
       CASE WHEN free_percent IS NULL THEN CASE WHEN free IS NULL THEN 'skip' ELSE 'unknown' END WHEN free_percent >= :disk_free_percent_min THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN free_percent IS NULL THEN 'is mounted read-only' ELSE CASE WHEN free_percent >= :disk_free_percent_min THEN 'at least ' ELSE 'less than ' END || :disk_free_percent_min || ' % is free' END AS reason
FROM mounts
WHERE total IS NOT NULL AND total > 0 AND fstype NOT IN ('tmpfs', 'devtmpfs', 'overlay', 'squashfs', 'iso9660', 'ramfs')
ORDER BY target
