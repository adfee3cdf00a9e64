/*
id: update-security-age
title: Security updates are installed in time
topic: updates
why: >
  A published security update tells everybody where the hole is. From that day on it is a race, and auditors recompute
  it: published when, installed when.
controls:
  - control: VUL-02
    reason: >
      Patches follow the remediation limits by severity; this gives the age of each missing security update.
severity: critical
parameters: [patch_days_security_max]
tables: [pending_updates]
paths: []
empty: unknown
fix: |
  apt-get update && apt-get upgrade
references: ["apt-get(8)"]
*/
SELECT pkg AS resource,
       CASE WHEN age_days IS NULL THEN 'unknown' WHEN age_days > :patch_days_security_max THEN 'fail' ELSE 'pass' END AS status,
       'installed ' || installed || '; ' || candidate || ' was published ' || CASE WHEN age_days IS NULL THEN 'at an unknown time'
           WHEN age_days > :patch_days_security_max THEN 'more than ' || :patch_days_security_max || ' days ago' ELSE 'within the last ' || :patch_days_security_max || ' days' END
           || coalesce(' in ' || origin, '') || CASE WHEN held = 1 THEN ' (held back)' ELSE '' END AS reason
FROM pending_updates
WHERE is_security = 1
UNION ALL
SELECT 'security updates' AS resource, 'pass' AS status, 'none is pending' AS reason
FROM (SELECT count(*) AS n FROM pending_updates WHERE is_security = 1)
WHERE n = 0
ORDER BY 1
