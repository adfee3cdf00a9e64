/*
id: ssh-empty-password
title: SSH refuses empty passwords
topic: ssh
why: >
  With this on, an account with an empty password is open to the network.
controls:
  - control: AC-09
    reason: >
      An empty password is no authentication; the server must refuse it whatever else is set.
severity: critical
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'PermitEmptyPasswords no\n' > /etc/ssh/sshd_config.d/10-ssh-empty-password.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'PermitEmptyPasswords' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN lower(value) = 'no' THEN 'pass' ELSE 'fail' END AS status,
       'PermitEmptyPasswords is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'no' AS reason
FROM sshd_effective
WHERE key = 'permitemptypasswords'
ORDER BY 1
