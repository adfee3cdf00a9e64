/*
id: file-world-writable
title: No file can be written by everybody
topic: files
why: >
  What everybody may write, an intruder may write: a script that root runs later, a configuration, a log that is
  evidence.
controls:
  - control: AC-07
    reason: >
      Least privilege on files: write access for all accounts is approved for nobody.
  - control: VUL-06
    reason: >
      Any account could change such a file without a trace of who did.
severity: high
parameters: []
tables: [file_findings]
paths: []
empty: unknown
fix: |
  chmod o-w FILE
references: ["chmod(1)"]
*/
SELECT path AS resource, 'fail' AS status,
       type || ' of mode ' || mode || ', owner ' || coalesce(user_name, uid) || ', group ' || coalesce(group_name, gid) || ': every account may write it' AS reason
FROM file_findings
WHERE kind IN ('world_writable')
UNION ALL
SELECT 'local file systems' AS resource, 'pass' AS status, 'no file can be written by everybody' AS reason
FROM (SELECT coalesce(sum(kind IN ('world_writable')), 0) AS bad FROM file_findings)
WHERE bad = 0
ORDER BY 1
