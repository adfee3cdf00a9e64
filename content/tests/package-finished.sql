/*
id: package-finished
title: Every package is completely installed
topic: updates
why: >
  A package that was unpacked but not configured may run half old and half new, and keeps later updates from being
  installed.
controls:
  - control: VUL-02
    reason: >
      An update that stopped halfway is not applied and may block those that follow.
severity: medium
parameters: []
tables: [packages]
paths: []
empty: unknown
fix: |
  dpkg --configure -a && apt-get -f install
references: ["dpkg(1)"]
*/
SELECT name AS resource, 'fail' AS status, 'state ' || status || '; expected installed' AS reason
FROM packages
WHERE status NOT IN ('installed', 'config-files')
UNION ALL
SELECT 'packages' AS resource, 'pass' AS status, 'all packages are completely installed' AS reason
FROM (SELECT count(*) AS n, coalesce(sum(status NOT IN ('installed', 'config-files')), 0) AS bad FROM packages)
WHERE bad = 0 AND n > 0
ORDER BY 1
