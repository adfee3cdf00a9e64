/*
id: ssh-root-password
title: Root cannot sign in over SSH with a password
topic: ssh
why: >
  root is the one name that every attacker knows. If its password is accepted over the network, only guessing stands
  between the internet and the whole host.
controls:
  - control: AC-06
    reason: >
      Privileged access must come from named people in elevated sessions, not from a password typed at root's own
      door.
  - control: NET-04
    reason: >
      Remote entry must not rest on a password alone, least of all for root.
severity: critical
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'PermitRootLogin no\n' > /etc/ssh/sshd_config.d/10-ssh-root-password.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'PermitRootLogin' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN lower(value) IN ('no', 'prohibit-password', 'without-password', 'forced-commands-only') THEN 'pass' ELSE 'fail' END AS status,
       'PermitRootLogin is ' || value || ' (' || coalesce(origin, 'default') || '); expected no or prohibit-password' AS reason
FROM sshd_effective
WHERE key = 'permitrootlogin'
ORDER BY 1
