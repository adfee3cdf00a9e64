/*
id: password-length
title: New passwords are long enough
topic: password
why: >
  Length is what makes a password hard to guess. The rule counts only where PAM enforces it at the moment somebody
  chooses a password.
controls:
  - control: AC-09
    reason: >
      The control enforces the documented password length; this reads the value in effect and whether anything
      enforces it.
severity: high
parameters: [password_length_min]
tables: [password_policy]
paths: []
empty: unknown
fix: |
  apt-get install libpam-pwquality
  printf 'minlen = {password_length_min}\n' > /etc/security/pwquality.conf.d/50-length.conf
  pam-auth-update --enable pwquality
references: ["pwquality.conf(5)", "pam_pwquality(8)"]
*/
SELECT key AS resource,
       CASE WHEN is_enforced = 0 THEN 'fail' WHEN number >= :password_length_min THEN 'pass' WHEN value IS NULL THEN 'unknown' ELSE 'fail' END AS status,
       CASE WHEN is_enforced = 0 THEN 'no PAM module enforces it; expected ' || 'at least ' || :password_length_min || ' characters'
            ELSE key || ' is ' || coalesce(value, 'not known') || ' (' || coalesce(origin, 'default') || '); expected ' || 'at least ' || :password_length_min || ' characters' END AS reason
FROM password_policy
WHERE key = 'minlen'
