/*
id: ssh-tunnel
title: SSH makes no network tunnels
topic: ssh
why: >
  PermitTunnel joins two networks at the packet level by way of one session.
controls:
  - control: NET-03
    reason: >
      A tunnel device is a flow between segments that nobody approved.
severity: low
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'PermitTunnel no\n' > /etc/ssh/sshd_config.d/10-ssh-tunnel.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'PermitTunnel' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN lower(value) = 'no' THEN 'pass' ELSE 'fail' END AS status,
       'PermitTunnel is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'no' AS reason
FROM sshd_effective
WHERE key = 'permittunnel'
ORDER BY 1
