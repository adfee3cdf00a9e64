/*
id: file-path-folders
title: Nobody but root can put programs into the search path
topic: files
why: >
  A program put under the right name into such a folder is started by the next administrator who types that name.
controls:
  - control: AC-06
    reason: >
      Writing there is a way to become root.
  - control: END-03
    reason: >
      Programs could be installed there without approval.
severity: critical
parameters: []
tables: [file_findings]
paths: []
empty: unknown
fix: |
  chown root:root FOLDER && chmod go-w FOLDER
references: ["environ(7)"]
*/
SELECT path AS resource, 'fail' AS status,
       type || ' of mode ' || mode || ', owner ' || coalesce(user_name, uid) || ', group ' || coalesce(group_name, gid) || ': programs that root starts by name are looked for here; expected it to be writable by root only' AS reason
FROM file_findings
WHERE kind IN ('path_writable')
UNION ALL
SELECT 'local file systems' AS resource, 'pass' AS status, 'only root can write the folders of the search path' AS reason
FROM (SELECT coalesce(sum(kind IN ('path_writable')), 0) AS bad FROM file_findings)
WHERE bad = 0
ORDER BY 1
