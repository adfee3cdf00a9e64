/*
id: password-changed-in-future
title: No password was changed in the future
topic: password
why: >
  A date of change that lies ahead keeps a password from ever growing old. It comes from a wrong clock or from
  somebody who edited the file.
controls:
  - control: AC-09
    reason: >
      Age rules cannot work on a date in the future; it also hints at editing around the tools.
severity: low
parameters: []
tables: [shadow]
paths: []
empty: not_applicable
fix: |
  chage -d 0 NAME             # asks for a new password at the next sign-in
references: ["shadow(5)", "chage(1)"]
*/
SELECT username AS resource,
       CASE WHEN last_change > :now_ms + 86400000 THEN 'fail' WHEN last_change IS NULL THEN 'skip' ELSE 'pass' END AS status,
       CASE WHEN last_change > :now_ms + 86400000 THEN 'the last change of the password lies in the future'
            WHEN last_change IS NULL THEN 'no change of the password is recorded'
            ELSE 'the last change lies in the past' END AS reason
FROM shadow
WHERE state IN ('password', 'locked')
ORDER BY username
