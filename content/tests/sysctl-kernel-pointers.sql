/*
id: sysctl-kernel-pointers
title: Kernel addresses are hidden from ordinary users
topic: kernel-parameters
why: >
  An attacker who runs as an ordinary user needs kernel addresses to gain full rights. Hiding them closes the
  easiest way to get them.
controls:
  - control: VUL-05
    reason: >
      A hardened baseline is the control; this parameter is one line of it, read from the running kernel.
severity: medium
parameters: []
tables: [sysctl]
paths: []
empty: unknown
fix: |
  printf 'kernel.kptr_restrict = 1\n' >> /etc/sysctl.d/60-hardening.conf
  sysctl --system
references: ["sysctl/kernel (kernel documentation, admin-guide)"]
*/
WITH wanted(name, low, high) AS (VALUES ('kernel.kptr_restrict', 1, 2))
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
