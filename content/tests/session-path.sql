/*
id: session-path
title: The search path holds protected folders only
topic: sessions
why: >
  A dot, an empty element or a folder that others can write makes an administrator start somebody else's program by
  its usual name.
controls:
  - control: AC-06
    reason: >
      A trap in the path of administrators is a way to their rights.
severity: high
parameters: []
tables: [shell_env]
paths: []
empty: not_applicable
fix: |
  editor FILE                                      # remove the element from PATH
references: ["environ(7)"]
*/
SELECT file || ':' || line AS resource,
       CASE WHEN path_issue IS NULL THEN 'pass' ELSE 'fail' END AS status,
       coalesce(path_issue || ' in ' || path, 'folders are absolute and protected') AS reason
FROM shell_env
WHERE path IS NOT NULL
ORDER BY 1
