/*
id: ssh-gateway-ports
title: Forwarded ports are not opened to the network
topic: ssh
why: >
  With GatewayPorts a user can make the server listen for others on the network: a way into internal systems that no
  firewall rule and no diagram shows.
controls:
  - control: NET-01
    reason: >
      Only documented services may be reachable; this would let users open others.
  - control: NET-03
    reason: >
      Forwarding open to the network bridges segments that are meant to be apart.
severity: medium
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'GatewayPorts no\n' > /etc/ssh/sshd_config.d/10-ssh-gateway-ports.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'GatewayPorts' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN lower(value) = 'no' THEN 'pass' ELSE 'fail' END AS status,
       'GatewayPorts is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'no' AS reason
FROM sshd_effective
WHERE key = 'gatewayports'
ORDER BY 1
