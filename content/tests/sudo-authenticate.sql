/*
id: sudo-authenticate
title: sudo's question for a password is not switched off
topic: sudo
why: >
  Defaults !authenticate turns off the password question for all rules at once, and no rule shows it.
controls:
  - control: AC-09
    reason: >
      Authentication at elevation must not be switched off; this setting does so for everybody.
severity: high
parameters: []
tables: [sudo_rules, sudo_defaults]
paths: []
empty: not_applicable
fix: |
  visudo                      # remove "Defaults !authenticate"
references: ["sudoers(5)"]
*/
SELECT 'Defaults authenticate' AS resource,
       CASE WHEN coalesce(value, 'true') = 'true' THEN 'pass' ELSE 'fail' END AS status,
       'authenticate is ' || coalesce(value, 'true (built in)') || '; expected true' AS reason
FROM (SELECT (SELECT d.value FROM sudo_defaults AS d WHERE d.key = 'authenticate' AND d.scope = '' ORDER BY d.file DESC, d.line DESC LIMIT 1) AS value)
WHERE EXISTS (SELECT 1 FROM sudo_rules) OR EXISTS (SELECT 1 FROM sudo_defaults)
