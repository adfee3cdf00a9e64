/*
id: listener-administration
title: Administration is not offered to every network
topic: listeners
why: >
  Control panels, remote desktops and the interfaces of container engines hand over the whole host. They belong behind
  a bastion or a VPN, never on an address that everybody can reach.
controls:
  - control: NET-01
    reason: >
      Administrative ports must never be open to the internet; these listen on every or a public address.
  - control: NET-04
    reason: >
      Remote administration must go through the secured remote path.
severity: high
parameters: []
tables: [listening]
paths: []
empty: not_applicable
fix: |
  # Docker: remove -H tcp://... from the unit, use the local socket or ssh://
  systemctl edit --full UNIT && systemctl restart UNIT
references: ["ss(8)"]
*/
WITH admin(first, last, what) AS (VALUES (2375, 2376, 'Docker API'), (10250, 10250, 'kubelet'), (6443, 6443, 'Kubernetes API'), (10000, 10000, 'Webmin'),
    (9090, 9090, 'Cockpit or Prometheus'), (3389, 3389, 'remote desktop'), (5900, 5910, 'VNC'), (6000, 6063, 'X11'), (8006, 8006, 'Proxmox'),
    (5985, 5986, 'WinRM'), (623, 623, 'IPMI'), (8500, 8500, 'Consul'), (15672, 15672, 'RabbitMQ management'), (9001, 9001, 'Supervisor'))
SELECT a.what || ' ' || l.proto || '/' || l.port AS resource,
       CASE WHEN max(l.scope IN ('any', 'public')) THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN max(l.scope IN ('any', 'public')) THEN coalesce(max(l.name), 'a program') || ' listens on '
            || max(CASE WHEN l.scope IN ('any', 'public') THEN l.addr END) || '; expected a private or loopback address'
            ELSE 'listens on ' || max(l.addr) END AS reason
FROM listening AS l
JOIN admin AS a ON l.port BETWEEN a.first AND a.last
GROUP BY a.what, l.proto, l.port
ORDER BY 1
