/*
id: ssh-rhosts
title: SSH ignores .rhosts and .shosts
topic: ssh
why: >
  Files of this kind let users grant others entry to their account without anybody's approval.
controls:
  - control: AC-03
    reason: >
      Access is approved before it is granted; .rhosts lets a user grant it alone.
severity: medium
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'IgnoreRhosts yes\n' > /etc/ssh/sshd_config.d/10-ssh-rhosts.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'IgnoreRhosts' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN lower(value) = 'yes' THEN 'pass' ELSE 'fail' END AS status,
       'IgnoreRhosts is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'yes' AS reason
FROM sshd_effective
WHERE key = 'ignorerhosts'
ORDER BY 1
