/*
id: ssh-auth-tries
title: One SSH connection may try only a few times
topic: ssh
why: >
  Each attempt within a connection is a guess. Few attempts make guessing slow and fill the log with connections that
  can be noticed.
controls:
  - control: AC-09
    reason: >
      Rate limiting of guesses is one of the settings that the control enforces.
severity: medium
parameters: [ssh_auth_tries_max]
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'MaxAuthTries {ssh_auth_tries_max}\n' > /etc/ssh/sshd_config.d/10-ssh-auth-tries.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'MaxAuthTries' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN CAST(value AS INTEGER) BETWEEN 1 AND :ssh_auth_tries_max THEN 'pass' ELSE 'fail' END AS status,
       'MaxAuthTries is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'at most ' || :ssh_auth_tries_max AS reason
FROM sshd_effective
WHERE key = 'maxauthtries'
ORDER BY 1
