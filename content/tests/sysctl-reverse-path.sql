/*
id: sysctl-reverse-path
title: Packets with a forged origin are dropped
topic: kernel-parameters
why: >
  A packet that came in where its answer would not go out has a forged sender. Dropping it stops spoofing of
  inside addresses. Loose checking (2) is for hosts with several ways out.
controls:
  - control: NET-01
    reason: >
      Dropping packets with forged origin is part of denying inbound traffic by default.
severity: medium
parameters: []
tables: [sysctl]
paths: []
empty: unknown
fix: |
  printf 'net.ipv4.conf.all.rp_filter = 1\n' >> /etc/sysctl.d/60-hardening.conf
  printf 'net.ipv4.conf.default.rp_filter = 1\n' >> /etc/sysctl.d/60-hardening.conf
  sysctl --system
references: ["ip-sysctl (kernel documentation, networking)"]
*/
WITH wanted(name, low, high) AS (VALUES ('net.ipv4.conf.all.rp_filter', 1, 2), ('net.ipv4.conf.default.rp_filter', 1, 2))
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
