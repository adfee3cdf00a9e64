/*
id: ssh-strict-modes
title: SSH refuses key files that others can write
topic: ssh
why: >
  If others can write a person's authorized_keys, they can add their own key. With StrictModes the server refuses such
  files.
controls:
  - control: AC-10
    reason: >
      Protects the list of keys that let somebody in from being changed by others.
severity: high
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'StrictModes yes\n' > /etc/ssh/sshd_config.d/10-ssh-strict-modes.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'StrictModes' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN lower(value) = 'yes' THEN 'pass' ELSE 'fail' END AS status,
       'StrictModes is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'yes' AS reason
FROM sshd_effective
WHERE key = 'strictmodes'
ORDER BY 1
