/*
id: os-supported
title: The operating system still gets security updates
topic: updates
why: >
  After its end of life a release gets no fixes. No patch process can work on it.
controls:
  - control: VUL-02
    reason: >
      Vulnerabilities of an unsupported release cannot be remediated within any limit.
  - control: VUL-05
    reason: >
      An unsupported release cannot be an approved baseline.
severity: critical
parameters: []
tables: [host_identity]
paths: []
empty: unknown
fix: |
  apt-get update && apt-get full-upgrade            # after changing the release in /etc/apt/sources.list; read the release notes first
references: ["sources.list(5)"]
*/
WITH ends(os, version, end_ms, day) AS (VALUES
    ('debian', '9', 1656633600000, '2022-06-30'), ('debian', '10', 1719792000000, '2024-06-30'), ('debian', '11', 1788220800000, '2026-08-31'),
    ('debian', '12', 1846022400000, '2028-06-30'), ('debian', '13', 1909094400000, '2030-06-30'),
    ('ubuntu', '18.04', 1685577600000, '2023-05-31'), ('ubuntu', '20.04', 1748736000000, '2025-05-31'),
    ('ubuntu', '22.04', 1809129600000, '2027-04-30'), ('ubuntu', '24.04', 1872288000000, '2029-04-30'))
SELECT coalesce(h.pretty_name, h.os || coalesce(' ' || h.version, ''), 'operating system') AS resource,
       CASE WHEN e.end_ms IS NULL THEN 'unknown' WHEN e.end_ms < :now_ms THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN h.os IS NULL THEN 'no /etc/os-release says what this is'
            WHEN e.end_ms IS NULL THEN 'the end of life of this release is not known to the test'
            WHEN e.end_ms < :now_ms THEN 'support (long-term support included) ended on ' || e.day
            ELSE 'supported (long-term support included) until ' || e.day END AS reason
FROM host_identity AS h
LEFT JOIN ends AS e ON e.os = h.os AND (h.version = e.version OR h.version LIKE e.version || '.%')
