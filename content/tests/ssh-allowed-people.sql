/*
id: ssh-allowed-people
title: SSH lets in only the people and groups that are named
topic: ssh
why: >
  Without a list every account that can sign in at all can do so from the network, the one made yesterday by a package
  included.
controls:
  - control: AC-07
    reason: >
      Remote entry becomes a right that a role gives, instead of one that every account has.
  - control: AC-03
    reason: >
      A named group makes each grant of remote access a change that can be matched to an approval.
severity: medium
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  groupadd -f ssh-users && usermod -aG ssh-users NAME
  printf 'AllowGroups ssh-users\n' > /etc/ssh/sshd_config.d/10-allow.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'AllowUsers or AllowGroups' AS resource,
       CASE WHEN max(key IN ('allowusers', 'allowgroups') AND value NOT IN ('', '*') AND match = '') THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN max(key IN ('allowusers', 'allowgroups') AND value NOT IN ('', '*') AND match = '')
            THEN 'limited to named ones' ELSE 'every account may sign in over SSH; expected AllowGroups or AllowUsers' END AS reason
FROM sshd_effective
HAVING count(*) > 0
