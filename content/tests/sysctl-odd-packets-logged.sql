/*
id: sysctl-odd-packets-logged
title: Impossible packets are logged
topic: kernel-parameters
why: >
  A sender address that cannot be right shows a fault in the network or somebody who forges. Only the log shows it.
controls:
  - control: LOG-03
    reason: >
      Gives the alert rules a sign of forged traffic that nothing else on the host shows.
severity: low
parameters: []
tables: [sysctl]
paths: []
empty: unknown
fix: |
  printf 'net.ipv4.conf.all.log_martians = 1\nnet.ipv4.conf.default.log_martians = 1\n' > /etc/sysctl.d/60-sysctl-odd-packets-logged.conf
  sysctl --system
  for f in /proc/sys/net/ipv4/conf/*; do echo 1 > $f/log_martians; done       # interfaces that exist already keep their own value
references: ["ip-sysctl (kernel documentation, networking)", "sysctl.d(5)"]
*/
WITH v(iface, value) AS (
    SELECT substr(name, 15, length(name) - 27), CAST(coalesce(value, configured) AS INTEGER)
    FROM sysctl
    WHERE name GLOB 'net.ipv4.conf.*.log_martians' AND coalesce(value, configured) IS NOT NULL),
e(iface, value) AS (
    SELECT i.iface, max(i.value, a.value)
    FROM v AS i
    JOIN v AS a ON a.iface = 'all'
    WHERE i.iface NOT IN ('all', 'lo'))
SELECT CASE iface WHEN 'default' THEN 'interfaces to come' ELSE 'interface ' || iface END AS resource,
       CASE WHEN value = 1 THEN 'pass' ELSE 'fail' END AS status,
       'log_martians is in effect ' || value || ' (the kernel combines that of all with that of the interface); expected 1' AS reason
FROM e
ORDER BY iface
