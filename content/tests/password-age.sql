/*
id: password-age
title: Passwords are changed within the time the organisation sets
topic: password
why: >
  Current advice is not to change passwords without cause. Where a policy or a contract still asks for it, the host
  must do what the policy says; the parameter holds the number.
controls:
  - control: AC-09
    reason: >
      Compares the maximum age in force for each person with the documented value.
severity: low
parameters: [password_age_days_max]
tables: [users, shadow]
paths: []
empty: not_applicable
fix: |
  # only where the organisation asks for a periodic change (more than 0 days)
  [ {password_age_days_max} -gt 0 ] && chage -M {password_age_days_max} NAME
  [ {password_age_days_max} -gt 0 ] && sed -i 's|^PASS_MAX_DAYS.*|PASS_MAX_DAYS {password_age_days_max}|' /etc/login.defs
references: ["chage(1)", "login.defs(5)"]
*/
SELECT s.username AS resource,
       CASE WHEN :password_age_days_max = 0 THEN 'skip'
            WHEN s.max_days IS NOT NULL AND s.max_days <= :password_age_days_max THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN :password_age_days_max = 0 THEN 'the organisation asks for no periodic change (password_age_days_max is 0)'
            ELSE 'maximum age ' || coalesce(s.max_days || ' days', 'none') || '; expected at most ' || :password_age_days_max || ' days' END AS reason
FROM shadow AS s
JOIN users AS u ON u.username = s.username
WHERE s.state = 'password' AND u.is_system = 0
ORDER BY s.username
