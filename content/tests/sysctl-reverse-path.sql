/*
id: sysctl-reverse-path
title: Packets with a forged origin are dropped
topic: kernel-parameters
why: >
  The host can see that an answer to the sender would go another way than the packet came, and drop it.
controls:
  - control: VUL-05
    reason: >
      Network parameters of the host are part of its hardened baseline: this compares what is in effect on each
      interface with it.
  - control: NET-01
    reason: >
      Refuses traffic that pretends to come from inside the boundary.
severity: medium
parameters: []
tables: [sysctl]
paths: []
empty: unknown
fix: |
  printf 'net.ipv4.conf.all.rp_filter = 1\nnet.ipv4.conf.default.rp_filter = 1\n' > /etc/sysctl.d/60-sysctl-reverse-path.conf
  sysctl --system
  for f in /proc/sys/net/ipv4/conf/*; do echo 1 > $f/rp_filter; done       # interfaces that exist already keep their own value
references: ["ip-sysctl (kernel documentation, networking)", "sysctl.d(5)"]
*/
WITH v(iface, value) AS (
    SELECT substr(name, 15, length(name) - 24), CAST(coalesce(value, configured) AS INTEGER)
    FROM sysctl
    WHERE name GLOB 'net.ipv4.conf.*.rp_filter' AND coalesce(value, configured) IS NOT NULL),
e(iface, value) AS (
    SELECT i.iface, max(i.value, a.value)
    FROM v AS i
    JOIN v AS a ON a.iface = 'all'
    WHERE i.iface NOT IN ('all', 'lo'))
SELECT CASE iface WHEN 'default' THEN 'interfaces to come' ELSE 'interface ' || iface END AS resource,
       CASE WHEN value IN (1, 2) THEN 'pass' ELSE 'fail' END AS status,
       'rp_filter is in effect ' || value || ' (the kernel combines that of all with that of the interface); expected 1 or 2' AS reason
FROM e
ORDER BY iface
