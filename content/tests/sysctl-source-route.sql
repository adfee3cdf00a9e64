/*
id: sysctl-source-route
title: Senders cannot choose the way of their packets
topic: kernel-parameters
why: >
  A packet that names its own way can get around a firewall and be answered to a forged sender.
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
  printf 'net.ipv4.conf.all.accept_source_route = 0\nnet.ipv4.conf.default.accept_source_route = 0\n' > /etc/sysctl.d/60-sysctl-source-route.conf
  sysctl --system
  for f in /proc/sys/net/ipv4/conf/*; do echo 0 > $f/accept_source_route; done       # interfaces that exist already keep their own value
references: ["ip-sysctl (kernel documentation, networking)", "sysctl.d(5)"]
*/
WITH v(iface, value) AS (
    SELECT substr(name, 15, length(name) - 34), CAST(coalesce(value, configured) AS INTEGER)
    FROM sysctl
    WHERE name GLOB 'net.ipv4.conf.*.accept_source_route' AND coalesce(value, configured) IS NOT NULL),
e(iface, value) AS (
    SELECT i.iface, min(i.value, a.value)
    FROM v AS i
    JOIN v AS a ON a.iface = 'all'
    WHERE i.iface NOT IN ('all', 'lo'))
SELECT CASE iface WHEN 'default' THEN 'interfaces to come' ELSE 'interface ' || iface END AS resource,
       CASE WHEN value = 0 THEN 'pass' ELSE 'fail' END AS status,
       'accept_source_route is in effect ' || value || ' (the kernel combines that of all with that of the interface); expected 0' AS reason
FROM e
ORDER BY iface
