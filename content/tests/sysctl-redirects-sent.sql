/*
id: sysctl-redirects-sent
title: This host sends no redirects
topic: kernel-parameters
why: >
  Only a router tells others to take another way. A host that does so can be made to lead traffic through somebody who
  listens.
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
  printf 'net.ipv4.conf.all.send_redirects = 0\nnet.ipv4.conf.default.send_redirects = 0\n' > /etc/sysctl.d/60-sysctl-redirects-sent.conf
  sysctl --system
  for f in /proc/sys/net/ipv4/conf/*; do echo 0 > $f/send_redirects; done       # interfaces that exist already keep their own value
references: ["ip-sysctl (kernel documentation, networking)", "sysctl.d(5)"]
*/
WITH v(iface, value) AS (
    SELECT substr(name, 15, length(name) - 29), CAST(coalesce(value, configured) AS INTEGER)
    FROM sysctl
    WHERE name GLOB 'net.ipv4.conf.*.send_redirects' AND coalesce(value, configured) IS NOT NULL),
e(iface, value) AS (
    SELECT i.iface, max(i.value, a.value)
    FROM v AS i
    JOIN v AS a ON a.iface = 'all'
    WHERE i.iface NOT IN ('all', 'lo'))
SELECT CASE iface WHEN 'default' THEN 'interfaces to come' ELSE 'interface ' || iface END AS resource,
       CASE WHEN value = 0 THEN 'pass' ELSE 'fail' END AS status,
       'send_redirects is in effect ' || value || ' (the kernel combines that of all with that of the interface); expected 0' AS reason
FROM e
ORDER BY iface
