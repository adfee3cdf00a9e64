/*
id: account-uid-zero
title: Only root has user id 0
topic: accounts
why: >
  Whoever has user id 0 is root, whatever the name says. A second such account is full administrative access that no
  list of administrators shows, and a customary way to keep a way back in.
controls:
  - control: AC-06
    reason: >
      The control limits administrative roles to named people: an account with user id 0 besides root is unlisted full
      privilege.
  - control: AC-01
    reason: >
      Actions of two names with one user id cannot be told apart in the logs, so they cannot be attributed to one
      person.
severity: critical
parameters: []
tables: [users]
paths: []
empty: unknown
fix: |
  # Give the account a user id of its own, or remove it:
  usermod -u 1999 toor        # if somebody needs the account
  userdel toor                # if nobody does
references: ["passwd(5)", "usermod(8)"]
*/
SELECT username AS resource,
       CASE WHEN username = 'root' THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN username = 'root' THEN 'root has user id 0, as it should'
            ELSE username || ' has user id 0 (' || coalesce(source, '/etc/passwd') || '); only root may have it' END AS reason
FROM users
WHERE uid = 0
ORDER BY username
