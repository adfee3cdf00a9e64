/*
id: sysctl-source-route
title: Senders cannot choose the way of their packets
topic: kernel-parameters
why: >
  Packets that carry their own route can go around the network's boundary. Nothing legitimate uses them.
controls:
  - control: NET-01
    reason: >
      Refusing routes chosen by the sender keeps traffic on the way that boundary rules cover.
severity: medium
parameters: []
tables: [sysctl]
paths: []
empty: unknown
fix: |
  printf 'net.ipv4.conf.all.accept_source_route = 0\n' >> /etc/sysctl.d/60-hardening.conf
  printf 'net.ipv4.conf.default.accept_source_route = 0\n' >> /etc/sysctl.d/60-hardening.conf
  printf 'net.ipv6.conf.all.accept_source_route = 0\n' >> /etc/sysctl.d/60-hardening.conf
  sysctl --system
references: ["ip-sysctl (kernel documentation, networking)"]
*/
WITH wanted(name, low, high) AS (VALUES ('net.ipv4.conf.all.accept_source_route', 0, 0), ('net.ipv4.conf.default.accept_source_route', 0, 0), ('net.ipv6.conf.all.accept_source_route', -1, 0))
SELECT w.name AS resource,
       CASE WHEN s.name IS NULL AND EXISTS (SELECT 1 FROM sysctl WHERE value IS NOT NULL) THEN 'skip'
            WHEN coalesce(s.value, s.configured) IS NULL THEN 'unknown'
            WHEN CAST(coalesce(s.value, s.configured) AS INTEGER) BETWEEN w.low AND w.high THEN 'pass'
            ELSE 'fail' END AS status,
       CASE WHEN s.name IS NULL AND EXISTS (SELECT 1 FROM sysctl WHERE value IS NOT NULL) THEN 'this kernel has no such parameter'
            WHEN coalesce(s.value, s.configured) IS NULL THEN 'nothing configures it, and the running value cannot be seen'
            ELSE 'is ' || coalesce(s.value, s.configured) || CASE WHEN s.value IS NULL THEN ' by configuration' ELSE '' END
                 || ', expected ' || w.low || CASE WHEN w.high > w.low THEN ' to ' || w.high ELSE '' END
                 || CASE WHEN s.configured_in IS NOT NULL THEN ' (' || s.configured_in || ')' ELSE '' END END AS reason
FROM wanted AS w
LEFT JOIN sysctl AS s ON s.name = w.name
ORDER BY w.name
