/*
id: sudo-remembers-briefly
title: sudo forgets the password soon
topic: sudo
why: >
  As long as sudo remembers that a password was given, whoever sits down at the terminal is root. A negative value
  means until the end of the session.
controls:
  - control: AC-09
    reason: >
      This is the idle limit of the elevated session, one of the settings that the control enforces.
severity: medium
parameters: [sudo_timestamp_minutes_max]
tables: [sudo_rules, sudo_defaults]
paths: []
empty: not_applicable
fix: |
  printf 'Defaults timestamp_timeout={sudo_timestamp_minutes_max}\n' | EDITOR='tee -a' visudo -f /etc/sudoers.d/10-hardening
references: ["sudoers(5)"]
*/
SELECT 'Defaults timestamp_timeout' AS resource,
       CASE WHEN value IS NULL AND 15 <= :sudo_timestamp_minutes_max OR value NOT LIKE '-%' AND CAST(value AS REAL) <= :sudo_timestamp_minutes_max THEN 'pass' ELSE 'fail' END AS status,
       'timestamp_timeout is ' || coalesce(value || ' minutes', '15 minutes (built in)') || '; expected at most ' || :sudo_timestamp_minutes_max || ' minutes and not negative' AS reason
FROM (SELECT (SELECT d.value FROM sudo_defaults AS d WHERE d.key = 'timestamp_timeout' AND d.scope = '' ORDER BY d.file DESC, d.line DESC LIMIT 1) AS value)
WHERE EXISTS (SELECT 1 FROM sudo_rules) OR EXISTS (SELECT 1 FROM sudo_defaults)
