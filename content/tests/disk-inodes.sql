/*
id: disk-inodes
title: File systems have room for files
topic: disk
why: >
  A file system can be full of files while it has bytes left; the errors look the same and puzzle everybody.
controls:
  - control: BCP-08
    reason: >
      Inodes run out like bytes do, and are measured the same way.
severity: medium
parameters: [disk_free_percent_min]
tables: [mounts]
paths: []
empty: unknown
fix: |
  df -i TARGET
  find TARGET -xdev -type d -size +1M
references: ["df(1)"]
*/
SELECT target AS resource,
       CASE WHEN inodes_free_percent IS NULL THEN 'skip' WHEN inodes_free_percent >= :disk_free_percent_min THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN inodes_free_percent IS NULL THEN 'does not count inodes' ELSE CASE WHEN inodes_free_percent >= :disk_free_percent_min THEN 'at least ' ELSE 'less than ' END || :disk_free_percent_min || ' % of inodes are free' END AS reason
FROM mounts
WHERE total IS NOT NULL AND total > 0 AND fstype NOT IN ('tmpfs', 'devtmpfs', 'overlay', 'squashfs', 'iso9660', 'ramfs')
ORDER BY target
