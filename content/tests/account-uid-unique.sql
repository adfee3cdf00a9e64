/*
id: account-uid-unique
title: No two accounts share a user id
topic: accounts
why: >
  Files, processes and audit records carry the user id, not the name. Two accounts with one id are one identity with
  two doors: nobody can say later who did something.
controls:
  - control: AC-01
    reason: >
      The control asks for individual accounts: a shared user id is a shared account under two names.
severity: high
parameters: []
tables: [users]
paths: []
empty: not_applicable
fix: |
  # Give one of them an id of its own; usermod changes the owner of files in its home, the rest by hand:
  usermod -u 1001 bob
  find / -xdev -uid 1000 -print
references: ["passwd(5)", "usermod(8)"]
*/
SELECT 'uid ' || uid AS resource,
       CASE WHEN count(*) > 1 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN count(*) > 1 THEN count(*) || ' accounts share user id ' || uid || ': ' || group_concat(username, ', ')
            ELSE 'only ' || min(username) || ' has it' END AS reason
FROM (SELECT uid, username FROM users WHERE uid <> 0 ORDER BY uid, username)
GROUP BY uid
ORDER BY uid
