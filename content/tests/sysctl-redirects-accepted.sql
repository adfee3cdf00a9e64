/*
id: sysctl-redirects-accepted
title: Routers may not change this host's routes
topic: kernel-parameters
why: >
  A message from anybody on the local network can redirect traffic through the sender's machine. Servers have fixed
  routes and need none.
controls:
  - control: VUL-05
    reason: >
      Network parameters of the host are part of its hardened baseline: this compares what is in effect on each
      interface with it.
severity: medium
parameters: []
tables: [sysctl]
paths: []
empty: unknown
fix: |
  printf 'net.ipv4.conf.all.accept_redirects = 0\nnet.ipv4.conf.default.accept_redirects = 0\n' > /etc/sysctl.d/60-sysctl-redirects-accepted.conf
  sysctl --system
  for f in /proc/sys/net/ipv4/conf/*; do echo 0 > $f/accept_redirects; done       # interfaces that exist already keep their own value
references: ["ip-sysctl (kernel documentation, networking)", "sysctl.d(5)"]
*/
WITH v(iface, value) AS (
    SELECT substr(name, 15, length(name) - 31), CAST(coalesce(value, configured) AS INTEGER)
    FROM sysctl
    WHERE name GLOB 'net.ipv4.conf.*.accept_redirects' AND coalesce(value, configured) IS NOT NULL),
e(iface, value) AS (
    SELECT i.iface, CASE WHEN CAST(f.value AS INTEGER) = 1 THEN min(i.value, a.value) ELSE max(i.value, a.value) END
    FROM v AS i
    JOIN v AS a ON a.iface = 'all'
    LEFT JOIN sysctl AS f ON f.name = 'net.ipv4.conf.' || i.iface || '.forwarding'
    WHERE i.iface NOT IN ('all', 'lo'))
SELECT CASE iface WHEN 'default' THEN 'interfaces to come' ELSE 'interface ' || iface END AS resource,
       CASE WHEN value = 0 THEN 'pass' ELSE 'fail' END AS status,
       'accept_redirects is in effect ' || value || ' (the kernel combines that of all with that of the interface); expected 0' AS reason
FROM e
ORDER BY iface
