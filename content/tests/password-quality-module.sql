/*
id: password-quality-module
title: Something checks the quality of new passwords
topic: password
why: >
  Rules about length and words are only text until a PAM module applies them when a password is set.
controls:
  - control: AC-09
    reason: >
      Without a quality module in the password stack none of the documented password rules is enforced.
severity: high
parameters: []
tables: [password_policy]
paths: []
empty: unknown
fix: |
  apt-get install libpam-pwquality
  pam-auth-update --enable pwquality
references: ["pam_pwquality(8)", "pam-auth-update(8)"]
*/
SELECT 'quality module' AS resource,
       CASE WHEN value IS NULL OR is_enforced = 0 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN value IS NULL OR is_enforced = 0 THEN 'no quality module (pam_pwquality, pam_cracklib, pam_passwdqc) is in the password stack'
            ELSE value || ' checks new passwords (' || coalesce(origin, '') || ')' END AS reason
FROM password_policy
WHERE key = 'quality_module'
