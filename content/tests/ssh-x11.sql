/*
id: ssh-x11
title: SSH does not carry X11
topic: ssh
why: >
  A graphical program forwarded from a server lets that server read the keyboard and screen of the person in front.
controls:
  - control: VUL-05
    reason: >
      Switching off what servers do not need is the baseline; X11 forwarding widens the attack on administrators'
      computers.
severity: low
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'X11Forwarding no\n' > /etc/ssh/sshd_config.d/10-ssh-x11.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'X11Forwarding' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN lower(value) = 'no' THEN 'pass' ELSE 'fail' END AS status,
       'X11Forwarding is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'no' AS reason
FROM sshd_effective
WHERE key = 'x11forwarding'
ORDER BY 1
