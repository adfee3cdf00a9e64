/*
id: update-security-age
title: Security updates are installed in time
topic: updates
why: >
  A published security update tells everybody where the hole is. From that day on it is a race, and auditors recompute
  it: published when, installed when. An archive dates only its whole index, so a pending update is in time for sure
  only once it is installed.
controls:
  - control: VUL-02
    reason: >
      Patches follow the remediation limits by severity; this finds packages with a security update pending that have
      been behind for longer than the limit, and shows the others as not proven.
severity: critical
parameters: [patch_days_security_max]
tables: [pending_updates, repos, host_identity]
paths: []
empty: unknown
fix: |
  apt-get update && apt-get upgrade
references: ["apt-get(8)"]
*/
SELECT pkg AS resource,
       CASE WHEN behind_since < :now_ms - :patch_days_security_max * 86400000 THEN 'fail' ELSE 'unknown' END AS status,
       'installed ' || installed || ', ' || candidate || ' is pending' || coalesce(' in ' || origin, '')
           || CASE WHEN behind_since < :now_ms - :patch_days_security_max * 86400000 THEN '; something newer has been out for more than ' || :patch_days_security_max || ' days'
                   ELSE '; the archive does not tell whether that has been out for more than ' || :patch_days_security_max || ' days' END
           || CASE WHEN held = 1 THEN ' (held back)' ELSE '' END AS reason
FROM pending_updates
WHERE is_security = 1
UNION ALL
SELECT 'security updates' AS resource, CASE WHEN is_asked THEN 'pass' ELSE 'unknown' END AS status,
       CASE WHEN is_asked THEN 'none is pending' ELSE 'no archive of security updates is asked, so none can be seen' END AS reason
FROM (SELECT count(*) AS n,
             NOT EXISTS (SELECT 1 FROM host_identity WHERE os IN ('debian', 'ubuntu'))
             OR EXISTS (SELECT 1 FROM repos AS r WHERE r.enabled = 1 AND r.type = 'deb' AND (r.suite LIKE '%security%' OR r.suite LIKE '%/updates' OR r.uri LIKE '%security%')) AS is_asked
      FROM pending_updates WHERE is_security = 1)
WHERE n = 0
ORDER BY 1
