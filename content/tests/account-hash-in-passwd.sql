/*
id: account-hash-in-passwd
title: Password hashes lie in /etc/shadow only
topic: accounts
why: >
  Every account may read /etc/passwd. A hash or an empty field there can be copied and guessed at leisure, or let
  people in without a password, while /etc/shadow looks in order.
controls:
  - control: AC-09
    reason: >
      Password rules protect nothing when the hashes can be read by everybody and guessed offline.
severity: high
parameters: []
tables: [users]
paths: []
empty: unknown
fix: |
  pwconv                      # moves hashes from /etc/passwd to /etc/shadow
  passwd -l NAME              # for an empty field
references: ["passwd(5)", "shadow(5)", "pwconv(8)"]
*/
SELECT username AS resource,
       CASE WHEN password_field IN ('shadow', 'locked', 'service') THEN 'pass' WHEN password_field IS NULL THEN 'unknown' ELSE 'fail' END AS status,
       CASE password_field WHEN 'shadow' THEN 'the hash lies in /etc/shadow' WHEN 'service' THEN 'a directory service keeps the hash'
                           WHEN 'locked' THEN 'locked in /etc/passwd'
                           WHEN 'hash' THEN '/etc/passwd itself holds a hash, readable by everybody; expected x'
                           WHEN 'empty' THEN 'the password field of /etc/passwd is empty; expected x'
                           ELSE 'the password field could not be read' END AS reason
FROM users
ORDER BY username
