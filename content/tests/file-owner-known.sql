/*
id: file-owner-known
title: Every file belongs to an existing account
topic: files
why: >
  A file of an account that was removed belongs to the next one that gets its number, often the next person who joins.
controls:
  - control: AC-04
    reason: >
      Shows what was left behind when an account was removed.
severity: medium
parameters: []
tables: [file_findings]
paths: []
empty: unknown
fix: |
  chown NAME:GROUP FILE                            # or remove it, after looking at what it is
references: ["chown(1)"]
*/
SELECT path AS resource, 'fail' AS status,
       type || ' of mode ' || mode || ', owner ' || coalesce(user_name, uid) || ', group ' || coalesce(group_name, gid) || ': no such account or group; expected a known owner' AS reason
FROM file_findings
WHERE kind IN ('unowned', 'ungrouped')
UNION ALL
SELECT 'local file systems' AS resource, 'pass' AS status, 'every file has a known owner and group' AS reason
FROM (SELECT coalesce(sum(kind IN ('unowned', 'ungrouped')), 0) AS bad FROM file_findings)
WHERE bad = 0
ORDER BY 1
