/*
id: sysctl-router-advertisements
title: Strangers cannot hand this host an IPv6 route
topic: kernel-parameters
why: >
  Any machine on the local network can announce itself as the router for IPv6, on networks too where nobody uses it.
  Where addresses do come by advertisement, a waiver says so.
controls:
  - control: VUL-05
    reason: >
      Network parameters of the host are part of its hardened baseline: this compares what is in effect on each
      interface with it.
severity: low
parameters: []
tables: [sysctl]
paths: []
empty: unknown
fix: |
  printf 'net.ipv6.conf.all.accept_ra = 0\nnet.ipv6.conf.default.accept_ra = 0\n' > /etc/sysctl.d/60-sysctl-router-advertisements.conf
  sysctl --system
  for f in /proc/sys/net/ipv6/conf/*; do echo 0 > $f/accept_ra; done       # interfaces that exist already keep their own value
references: ["ip-sysctl (kernel documentation, networking)", "sysctl.d(5)"]
*/
WITH v(iface, value) AS (
    SELECT substr(name, 15, length(name) - 24), CAST(coalesce(value, configured) AS INTEGER)
    FROM sysctl
    WHERE name GLOB 'net.ipv6.conf.*.accept_ra' AND coalesce(value, configured) IS NOT NULL),
e(iface, value) AS (
    SELECT i.iface, CASE WHEN CAST(f.value AS INTEGER) = 1 AND i.value = 1 THEN 0 ELSE i.value END
    FROM v AS i
    JOIN v AS a ON a.iface = 'all'
    LEFT JOIN sysctl AS f ON f.name = 'net.ipv6.conf.' || i.iface || '.forwarding'
    WHERE i.iface NOT IN ('all', 'lo'))
SELECT CASE iface WHEN 'default' THEN 'interfaces to come' ELSE 'interface ' || iface END AS resource,
       CASE WHEN value = 0 THEN 'pass' ELSE 'fail' END AS status,
       'accept_ra is in effect ' || value || ' (each interface has its own); expected 0' AS reason
FROM e
ORDER BY iface
