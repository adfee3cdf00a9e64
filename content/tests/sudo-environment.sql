/*
id: sudo-environment
title: sudo starts commands with a clean environment
topic: sudo
why: >
  Variables such as LD_PRELOAD or PYTHONPATH make a program load other code. With !env_reset the caller decides what
  root's program loads.
controls:
  - control: AC-07
    reason: >
      A rule for one command is only as narrow as the environment it runs in; without env_reset it can run any code.
severity: high
parameters: []
tables: [sudo_rules, sudo_defaults]
paths: []
empty: not_applicable
fix: |
  visudo                      # remove "Defaults !env_reset"
references: ["sudoers(5)"]
*/
SELECT 'Defaults env_reset' AS resource,
       CASE WHEN coalesce(value, 'true') = 'true' THEN 'pass' ELSE 'fail' END AS status,
       'env_reset is ' || coalesce(value, 'true (built in)') || '; expected true' AS reason
FROM (SELECT (SELECT d.value FROM sudo_defaults AS d WHERE d.key = 'env_reset' AND d.scope = '' ORDER BY d.file DESC, d.line DESC LIMIT 1) AS value)
WHERE EXISTS (SELECT 1 FROM sudo_rules) OR EXISTS (SELECT 1 FROM sudo_defaults)
