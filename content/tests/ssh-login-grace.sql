/*
id: ssh-login-grace
title: An SSH connection must sign in soon
topic: ssh
why: >
  Connections that never sign in hold places that others need. A short time makes it harder to block the door, and
  bounds attacks on the code before sign-in.
controls:
  - control: AC-09
    reason: >
      Bounds the time that an unauthenticated session may last.
severity: low
parameters: [ssh_login_grace_seconds_max]
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'LoginGraceTime {ssh_login_grace_seconds_max}\n' > /etc/ssh/sshd_config.d/10-ssh-login-grace.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'LoginGraceTime' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN CAST(value AS INTEGER) BETWEEN 1 AND :ssh_login_grace_seconds_max THEN 'pass' ELSE 'fail' END AS status,
       'LoginGraceTime is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || '1 to ' || :ssh_login_grace_seconds_max || ' seconds' AS reason
FROM sshd_effective
WHERE key = 'logingracetime'
ORDER BY 1
