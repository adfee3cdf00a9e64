/*
id: ssh-password-signin
title: SSH accepts keys, not passwords
topic: ssh
why: >
  Passwords are guessed, reused and phished; machines try them against every SSH server day and night. A key cannot be
  guessed.
controls:
  - control: NET-04
    reason: >
      Remote entry should rest on something stronger than a reusable password.
  - control: AC-09
    reason: >
      Settles the strength of authentication at the entry that is attacked most.
severity: high
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'PasswordAuthentication no\nKbdInteractiveAuthentication no\n' > /etc/ssh/sshd_config.d/10-ssh-password-signin.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'PasswordAuthentication' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN lower(value) = 'no' THEN 'pass' ELSE 'fail' END AS status,
       'PasswordAuthentication is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'no' AS reason
FROM sshd_effective
WHERE key = 'passwordauthentication'
ORDER BY 1
