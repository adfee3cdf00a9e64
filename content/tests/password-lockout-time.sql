/*
id: password-lockout-time
title: A locked account stays locked for a while
topic: password
why: >
  A lock that opens again after seconds does not slow down guessing.
controls:
  - control: AC-09
    reason: >
      Lockout needs a duration that makes guessing impractical; this reads the one in effect.
severity: medium
parameters: [password_lockout_minutes_min]
tables: [password_policy]
paths: []
empty: unknown
fix: |
  sed -i "s|^#* *unlock_time *=.*|unlock_time = $(( {password_lockout_minutes_min} * 60 ))|" /etc/security/faillock.conf
references: ["faillock.conf(5)"]
*/
SELECT key AS resource,
       CASE WHEN is_enforced = 0 THEN 'fail' WHEN (number = 0 OR number >= :password_lockout_minutes_min * 60) THEN 'pass' WHEN value IS NULL THEN 'unknown' ELSE 'fail' END AS status,
       CASE WHEN is_enforced = 0 THEN 'no PAM module enforces it; expected ' || 'at least ' || (:password_lockout_minutes_min * 60) || ' seconds, or 0 for until an administrator unlocks'
            ELSE key || ' is ' || coalesce(value, 'not known') || ' (' || coalesce(origin, 'default') || '); expected ' || 'at least ' || (:password_lockout_minutes_min * 60) || ' seconds, or 0 for until an administrator unlocks' END AS reason
FROM password_policy
WHERE key = 'unlock_time'
