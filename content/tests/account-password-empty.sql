/*
id: account-password-empty
title: No account signs in without a password
topic: accounts
why: >
  An account with an empty password lets in everybody who knows or guesses its name. No other rule about passwords
  matters while it exists.
controls:
  - control: AC-09
    reason: >
      The control enforces the strength of authentication on key systems: an empty password is none at all.
severity: critical
parameters: []
tables: [shadow]
paths: []
empty: unknown
fix: |
  passwd -l NAME              # lock it at once
  passwd NAME                 # or set a password
references: ["shadow(5)", "passwd(1)"]
*/
SELECT username AS resource,
       CASE state WHEN 'empty' THEN 'fail' WHEN 'invalid' THEN 'unknown' ELSE 'pass' END AS status,
       CASE state WHEN 'empty' THEN username || ' has an empty password; a password must be set or the account locked'
                  WHEN 'invalid' THEN 'the password field of ' || username || ' is malformed'
                  WHEN 'password' THEN 'a password is set'
                  ELSE 'no password can match' END AS reason
FROM shadow
ORDER BY username
