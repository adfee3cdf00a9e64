/*
id: password-dictionary
title: New passwords are checked against known words
topic: password
why: >
  Long passwords made of dictionary words or the account's name fall to the first list that an attacker tries. The
  check refuses them when they are chosen.
controls:
  - control: AC-09
    reason: >
      Refusing guessable passwords is part of the authentication strength that the control sets.
severity: medium
parameters: []
tables: [password_policy]
paths: []
empty: unknown
fix: |
  apt-get install libpam-pwquality cracklib-runtime
  printf 'dictcheck = 1\n' > /etc/security/pwquality.conf.d/50-dictionary.conf
  pam-auth-update --enable pwquality
references: ["pwquality.conf(5)"]
*/
SELECT key AS resource,
       CASE WHEN is_enforced = 0 THEN 'fail' WHEN number >= 1 THEN 'pass' WHEN value IS NULL THEN 'unknown' ELSE 'fail' END AS status,
       CASE WHEN is_enforced = 0 THEN 'no PAM module enforces it; expected ' || '1 (on)'
            ELSE key || ' is ' || coalesce(value, 'not known') || ' (' || coalesce(origin, 'default') || '); expected ' || '1 (on)' END AS reason
FROM password_policy
WHERE key = 'dictcheck'
