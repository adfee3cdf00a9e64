/*
id: file-sticky
title: Shared folders protect the files of others
topic: files
why: >
  In a folder that all may write, only the sticky bit keeps people from removing or replacing the files of others.
controls:
  - control: AC-07
    reason: >
      Separates what accounts on one host may do to each other's files.
severity: medium
parameters: []
tables: [file_findings]
paths: []
empty: unknown
fix: |
  chmod +t FOLDER
references: ["chmod(1)"]
*/
SELECT path AS resource, 'fail' AS status,
       type || ' of mode ' || mode || ', owner ' || coalesce(user_name, uid) || ', group ' || coalesce(group_name, gid) || ': everybody may remove the files of others; expected the sticky bit (1777)' AS reason
FROM file_findings
WHERE kind IN ('no_sticky')
UNION ALL
SELECT 'local file systems' AS resource, 'pass' AS status, 'every folder that all may write has the sticky bit' AS reason
FROM (SELECT coalesce(sum(kind IN ('no_sticky')), 0) AS bad FROM file_findings)
WHERE bad = 0
ORDER BY 1
