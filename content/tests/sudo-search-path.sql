/*
id: sudo-search-path
title: sudo uses a fixed search path
topic: sudo
why: >
  Without secure_path a command given by name is looked up in the caller's folders first, where the caller may have
  put another program of that name.
controls:
  - control: AC-07
    reason: >
      Keeps permitted commands to the programs that were meant.
severity: medium
parameters: []
tables: [sudo_rules, sudo_defaults]
paths: []
empty: not_applicable
fix: |
  printf 'Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n' | EDITOR='tee -a' visudo -f /etc/sudoers.d/10-hardening
references: ["sudoers(5)"]
*/
SELECT 'Defaults secure_path' AS resource,
       CASE WHEN coalesce(value, 'false') NOT IN ('false', '') AND ':' || value || ':' NOT LIKE '%::%' AND ':' || value || ':' NOT LIKE '%:.:%' THEN 'pass' ELSE 'fail' END AS status,
       'secure_path is ' || coalesce(value, 'not set') || '; expected a list of system folders' AS reason
FROM (SELECT (SELECT d.value FROM sudo_defaults AS d WHERE d.key = 'secure_path' AND d.scope = '' ORDER BY d.file DESC, d.line DESC LIMIT 1) AS value)
WHERE EXISTS (SELECT 1 FROM sudo_rules) OR EXISTS (SELECT 1 FROM sudo_defaults)
