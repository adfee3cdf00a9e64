/*
id: sysctl-odd-packets-logged
title: Impossible packets are logged
topic: kernel-parameters
why: >
  Packets that can't be true are a sign of an attack or of a broken network; somebody should be able to see that
  they came.
controls:
  - control: LOG-01
    reason: >
      Adds a network event to what the host logs; without it such packets leave no trace.
severity: low
parameters: []
tables: [sysctl]
paths: []
empty: unknown
fix: |
  printf 'net.ipv4.conf.all.log_martians = 1\n' >> /etc/sysctl.d/60-hardening.conf
  sysctl --system
references: ["ip-sysctl (kernel documentation, networking)"]
*/
WITH wanted(name, low, high) AS (VALUES ('net.ipv4.conf.all.log_martians', 1, 1))
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
