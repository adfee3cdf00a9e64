/*
id: password-lockout
title: Guessing passwords locks the account
topic: password
why: >
  Without a limit a program may try passwords until one fits. Lockout after a few wrong ones makes guessing slow and
  visible.
controls:
  - control: AC-09
    reason: >
      The control names lockout or rate limiting as a required setting; this reads whether pam_faillock is in force
      and at which count.
severity: high
parameters: [password_attempts_max]
tables: [password_policy]
paths: []
empty: unknown
fix: |
  printf 'deny = {password_attempts_max}\n' >> /etc/security/faillock.conf
  # In /etc/pam.d/common-auth: before pam_unix.so "auth requisite pam_faillock.so preauth",
  # after it "auth [default=die] pam_faillock.so authfail"; in common-account "account required pam_faillock.so"
  editor /etc/pam.d/common-auth /etc/pam.d/common-account
references: ["pam_faillock(8)", "faillock.conf(5)"]
*/
SELECT key AS resource,
       CASE WHEN is_enforced = 0 THEN 'fail' WHEN number BETWEEN 1 AND :password_attempts_max THEN 'pass' WHEN value IS NULL THEN 'unknown' ELSE 'fail' END AS status,
       CASE WHEN is_enforced = 0 THEN 'no PAM module enforces it; expected ' || '1 to ' || :password_attempts_max || ' attempts'
            ELSE key || ' is ' || coalesce(value, 'not known') || ' (' || coalesce(origin, 'default') || '); expected ' || '1 to ' || :password_attempts_max || ' attempts' END AS reason
FROM password_policy
WHERE key = 'deny'
