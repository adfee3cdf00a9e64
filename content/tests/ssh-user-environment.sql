/*
id: ssh-user-environment
title: Users cannot set variables for their SSH session before it starts
topic: ssh
why: >
  A variable such as LD_PRELOAD set from the user's file runs code before a forced command or a restricted shell takes
  hold.
controls:
  - control: AC-07
    reason: >
      Forced commands and restricted shells are least-privilege rules that this setting lets users escape.
severity: medium
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'PermitUserEnvironment no\n' > /etc/ssh/sshd_config.d/10-ssh-user-environment.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'PermitUserEnvironment' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN lower(value) = 'no' THEN 'pass' ELSE 'fail' END AS status,
       'PermitUserEnvironment is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'no' AS reason
FROM sshd_effective
WHERE key = 'permituserenvironment'
ORDER BY 1
