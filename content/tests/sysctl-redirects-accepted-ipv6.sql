/*
id: sysctl-redirects-accepted-ipv6
title: Routers may not change this host's IPv6 routes
topic: kernel-parameters
why: >
  IPv6 is on by default and seldom looked at. A forged message there redirects traffic as well as with IPv4.
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
  printf 'net.ipv6.conf.all.accept_redirects = 0\nnet.ipv6.conf.default.accept_redirects = 0\n' > /etc/sysctl.d/60-sysctl-redirects-accepted-ipv6.conf
  sysctl --system
  for f in /proc/sys/net/ipv6/conf/*; do echo 0 > $f/accept_redirects; done       # interfaces that exist already keep their own value
references: ["ip-sysctl (kernel documentation, networking)", "sysctl.d(5)"]
*/
WITH v(iface, value) AS (
    SELECT substr(name, 15, length(name) - 31), CAST(coalesce(value, configured) AS INTEGER)
    FROM sysctl
    WHERE name GLOB 'net.ipv6.conf.*.accept_redirects' AND coalesce(value, configured) IS NOT NULL),
e(iface, value) AS (
    SELECT i.iface, i.value
    FROM v AS i
    JOIN v AS a ON a.iface = 'all'
    WHERE i.iface NOT IN ('all', 'lo'))
SELECT CASE iface WHEN 'default' THEN 'interfaces to come' ELSE 'interface ' || iface END AS resource,
       CASE WHEN value = 0 THEN 'pass' ELSE 'fail' END AS status,
       'accept_redirects is in effect ' || value || ' (each interface has its own); expected 0' AS reason
FROM e
ORDER BY iface
