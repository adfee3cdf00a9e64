/*
id: sysctl-magic-keys
title: Console key combinations cannot take over the host
topic: kernel-parameters
why: >
  Key combinations on the console can kill every process or dump memory without a password. Restarting safely
  (value 176 and less) is all that is needed.
controls:
  - control: VUL-05
    reason: >
      A hardened baseline is the control; this parameter is one line of it, read from the running kernel.
severity: low
parameters: []
tables: [sysctl]
paths: []
empty: unknown
fix: |
  printf 'kernel.sysrq = 0\n' >> /etc/sysctl.d/60-hardening.conf
  sysctl --system
references: ["sysrq (kernel documentation, admin-guide)"]
*/
WITH wanted(name, low, high) AS (VALUES ('kernel.sysrq', 0, 176))
SELECT w.name AS resource,
       CASE WHEN s.name IS NULL AND EXISTS (SELECT 1 FROM sysctl WHERE value IS NOT NULL) THEN 'skip'
            WHEN coalesce(s.value, s.configured) IS NULL THEN 'unknown'
            WHEN coalesce(s.value, s.configured) = '1' THEN 'fail' -- 1 allows everything
            WHEN CAST(coalesce(s.value, s.configured) AS INTEGER) BETWEEN w.low AND w.high THEN 'pass'
            ELSE 'fail' END AS status,
       CASE WHEN s.name IS NULL AND EXISTS (SELECT 1 FROM sysctl WHERE value IS NOT NULL) THEN 'this kernel has no such parameter'
            WHEN coalesce(s.value, s.configured) IS NULL THEN 'nothing configures it, and the running value cannot be seen'
            ELSE 'is ' || coalesce(s.value, s.configured) || CASE WHEN s.value IS NULL THEN ' by configuration' ELSE '' END
                 || ', expected 0, or a mask up to 176'
                 || CASE WHEN s.configured_in IS NOT NULL THEN ' (' || s.configured_in || ')' ELSE '' END END AS reason
FROM wanted AS w
LEFT JOIN sysctl AS s ON s.name = w.name
ORDER BY w.name
