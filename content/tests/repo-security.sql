/*
id: repo-security
title: The archive of security updates is used
topic: update-policy
why: >
  Without the security archive a host gets fixes only with the next point release, months later, and reports that
  nothing is pending.
controls:
  - control: VUL-02
    reason: >
      Security patches can only be applied in time if the host asks the archive that has them.
severity: critical
parameters: []
tables: [repos, host_identity]
paths: []
empty: unknown
fix: |
  sed 's,debian bookworm main,debian-security bookworm-security main,' /etc/apt/sources.list > /etc/apt/sources.list.d/security.list && apt-get update
references: ["sources.list(5)"]
*/
SELECT coalesce(h.os || coalesce(' ' || h.codename, '') || ' ', '') || 'security archive' AS resource,
       CASE WHEN h.os IS NULL THEN 'unknown'
            WHEN h.os NOT IN ('debian', 'ubuntu') THEN 'skip'
            WHEN EXISTS (SELECT 1 FROM repos AS r WHERE r.enabled = 1 AND r.type = 'deb' AND (r.suite LIKE '%security%' OR r.suite LIKE '%/updates' OR r.uri LIKE '%security%')) THEN 'pass'
            ELSE 'fail' END AS status,
       CASE WHEN h.os IS NULL THEN 'no /etc/os-release says whose archives these should be'
            WHEN h.os NOT IN ('debian', 'ubuntu') THEN 'how ' || h.os || ' ships security updates is not known to this test'
            WHEN EXISTS (SELECT 1 FROM repos AS r WHERE r.enabled = 1 AND r.type = 'deb' AND (r.suite LIKE '%security%' OR r.suite LIKE '%/updates' OR r.uri LIKE '%security%'))
            THEN 'it is among the archives' ELSE 'no enabled archive is one for security updates' END AS reason
FROM host_identity AS h
