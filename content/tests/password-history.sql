/*
id: password-history
title: Old passwords cannot be used again
topic: password
why: >
  Where passwords are changed after a suspected leak, going back to the old one would undo the change.
controls:
  - control: AC-09
    reason: >
      Reuse undoes a forced change; a history keeps the strength that the rule is meant to give.
severity: low
parameters: [password_history_min]
tables: [password_policy]
paths: []
empty: unknown
fix: |
  # In /etc/pam.d/common-password, before pam_unix.so:
  # password requisite pam_pwhistory.so remember={password_history_min} use_authtok
  editor /etc/pam.d/common-password
references: ["pam_pwhistory(8)"]
*/
SELECT key AS resource,
       CASE WHEN is_enforced = 0 THEN 'fail' WHEN number >= :password_history_min THEN 'pass' WHEN value IS NULL THEN 'unknown' ELSE 'fail' END AS status,
       CASE WHEN is_enforced = 0 THEN 'no PAM module enforces it; expected ' || 'at least ' || :password_history_min || ' remembered'
            ELSE key || ' is ' || coalesce(value, 'not known') || ' (' || coalesce(origin, 'default') || '); expected ' || 'at least ' || :password_history_min || ' remembered' END AS reason
FROM password_policy
WHERE key = 'remember'
