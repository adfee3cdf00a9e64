/*
id: ssh-config-protected
title: Only root can change the settings of the SSH server
topic: ssh
why: >
  Whoever can write the configuration of the SSH server decides who gets in.
controls:
  - control: AC-09
    reason: >
      The enforced settings stand in these files; others must not be able to change them.
  - control: NET-04
    reason: >
      The secured remote entry is defined here.
severity: high
parameters: []
tables: [file_facts]
paths: [/etc/ssh/sshd_config, "/etc/ssh/sshd_config.d/*"]
empty: not_applicable
fix: |
  chown root:root /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*
  chmod 0600 /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*
references: ["sshd_config(5)"]
*/
SELECT path AS resource,
       CASE WHEN type IN ('directory', 'fifo', 'socket', 'block', 'character') THEN 'unknown'
            WHEN uid <> 0 OR (CAST(substr(mode, -1, 1) AS INTEGER) & 2) <> 0 OR (CAST(substr(mode, -2, 1) AS INTEGER) & 2) <> 0 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN type IN ('directory', 'fifo', 'socket', 'block', 'character') THEN 'is a ' || type || ' and not a regular file, so its mode tells nothing'
            ELSE 'mode ' || mode || ', owner ' || coalesce(user_name, uid) || '; expected 0644 or less and owner root' END AS reason
FROM file_facts
WHERE declared IN ('/etc/ssh/sshd_config', '/etc/ssh/sshd_config.d/*') AND is_there = 1
ORDER BY path
