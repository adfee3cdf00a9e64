/*
id: sudo-terminal
title: sudo gives each command a terminal of its own
topic: sudo
why: >
  Without use_pty a program that sudo ran can stay behind and type into the terminal of the person after the command
  has ended.
controls:
  - control: AC-06
    reason: >
      Keeps the elevated session apart from the ordinary one, as the control asks.
  - control: VUL-05
    reason: >
      use_pty is part of the hardened baseline of sudo and Debian's shipped setting.
severity: medium
parameters: []
tables: [sudo_rules, sudo_defaults]
paths: []
empty: not_applicable
fix: |
  printf 'Defaults use_pty\n' | EDITOR='tee -a' visudo -f /etc/sudoers.d/10-hardening
references: ["sudoers(5)"]
*/
SELECT 'Defaults use_pty' AS resource,
       CASE WHEN value = 'true' THEN 'pass' ELSE 'fail' END AS status,
       'use_pty is ' || coalesce(value, 'not set') || '; expected set' AS reason
FROM (SELECT (SELECT d.value FROM sudo_defaults AS d WHERE d.key = 'use_pty' AND d.scope = '' ORDER BY d.file DESC, d.line DESC LIMIT 1) AS value)
WHERE EXISTS (SELECT 1 FROM sudo_rules) OR EXISTS (SELECT 1 FROM sudo_defaults)
