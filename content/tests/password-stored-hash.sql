/*
id: password-stored-hash
title: No stored password has a weak hash
topic: password
why: >
  A hash stays as it was made until the password is changed. Hashes of old methods can be guessed at billions of tries
  a second.
controls:
  - control: AC-09
    reason: >
      Stored hashes of broken methods undo the strength rule for exactly those accounts.
severity: high
parameters: []
tables: [shadow]
paths: []
empty: not_applicable
fix: |
  chage -d 0 NAME             # a new password at the next sign-in, stored with the current method
references: ["shadow(5)", "crypt(5)", "chage(1)"]
*/
SELECT username AS resource,
       CASE WHEN hash_alg IN ('yescrypt', 'gost_yescrypt', 'scrypt', 'bcrypt', 'sha512', 'sha256') THEN 'pass'
            WHEN hash_alg = 'unknown' OR hash_alg IS NULL THEN 'unknown' ELSE 'fail' END AS status,
       CASE WHEN hash_alg = 'unknown' OR hash_alg IS NULL THEN 'the method of the hash is not known'
            ELSE 'hashed with ' || hash_alg || '; expected yescrypt, sha512 or another current method' END AS reason
FROM shadow
WHERE state IN ('password', 'locked')
ORDER BY username
