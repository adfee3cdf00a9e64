/*
id: sysctl-redirects-secure
title: Not even known gateways may change routes by message
topic: kernel-parameters
why: >
  Messages that claim to come from a known gateway are as easy to forge as others.
controls:
  - control: VUL-05
    reason: >
      Network parameters of the host are part of its hardened baseline: this compares the running value with it.
severity: low
parameters: []
tables: [sysctl]
paths: []
empty: unknown
fix: |
  printf 'net.ipv4.conf.all.secure_redirects = 0\n' >> /etc/sysctl.d/60-hardening.conf
  printf 'net.ipv4.conf.default.secure_redirects = 0\n' >> /etc/sysctl.d/60-hardening.conf
  sysctl --system
references: ["ip-sysctl (kernel documentation, networking)"]
*/
WITH wanted(name, low, high) AS (VALUES ('net.ipv4.conf.all.secure_redirects', 0, 0), ('net.ipv4.conf.default.secure_redirects', 0, 0))
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
