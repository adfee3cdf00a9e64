/*
id: service-not-root
title: Services that strangers can reach do not run as root
topic: services
why: >
  A hole in a service that runs as root gives away the host; in one with its own account it gives away that service.
controls:
  - control: AC-10
    reason: >
      Service accounts get least privilege; a network service as root has all of it.
severity: medium
parameters: []
tables: [listening, processes]
paths: []
empty: not_applicable
fix: |
  adduser --system --group app
  systemctl edit UNIT                              # [Service] User=app AmbientCapabilities=CAP_NET_BIND_SERVICE
  systemctl restart UNIT
references: ["systemd.exec(5)", "capabilities(7)"]
*/
SELECT coalesce(p.unit, p.name) AS resource,
       CASE WHEN max(p.euid IS NULL) THEN 'unknown' WHEN max(p.euid = 0) = 0 THEN 'pass'
            WHEN p.name IN ('sshd', 'systemd', 'dhclient', 'dhcpcd', 'NetworkManager', 'chronyd', 'master', 'nginx', 'apache2', 'haproxy', 'dovecot') THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN max(p.euid IS NULL) THEN 'its user could not be read' WHEN max(p.euid = 0) = 0 THEN 'runs as user id ' || max(p.euid)
            WHEN p.name IN ('sshd', 'systemd', 'dhclient', 'dhcpcd', 'NetworkManager', 'chronyd', 'master', 'nginx', 'apache2', 'haproxy', 'dovecot')
            THEN 'needs root for a small part and gives it up for the rest' ELSE p.name || ' runs as root and listens on ' || min(l.proto || '/' || l.port) || '; expected an account of its own' END AS reason
FROM listening AS l
JOIN processes AS p ON p.pid = l.pid
WHERE l.scope <> 'loopback'
GROUP BY coalesce(p.unit, p.name), p.name
ORDER BY 1
