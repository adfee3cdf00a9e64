/*
id: update-other-age
title: Other updates are installed in time
topic: updates
why: >
  Point releases mend faults that were not announced as security problems, or not yet. A host that lags behind also
  makes urgent updates harder.
controls:
  - control: VUL-02
    reason: >
      Patches without a severity follow the medium limit of the remediation rule.
  - control: VUL-05
    reason: >
      The approved baseline moves with the distribution's point releases.
severity: medium
parameters: [patch_days_other_max]
tables: [pending_updates]
paths: []
empty: unknown
fix: |
  apt-get update && apt-get upgrade
references: ["apt-get(8)"]
*/
SELECT pkg AS resource,
       CASE WHEN behind_since < :now_ms - :patch_days_other_max * 86400000 THEN 'fail' ELSE 'unknown' END AS status,
       'installed ' || installed || ', ' || candidate || ' is pending' || coalesce(' in ' || origin, '')
           || CASE WHEN behind_since < :now_ms - :patch_days_other_max * 86400000 THEN '; something newer has been out for more than ' || :patch_days_other_max || ' days'
                   ELSE '; the archive does not tell whether that has been out for more than ' || :patch_days_other_max || ' days' END
           || CASE WHEN held = 1 THEN ' (held back)' ELSE '' END AS reason
FROM pending_updates
WHERE is_security = 0
UNION ALL
SELECT 'other updates' AS resource, 'pass' AS status, 'none is pending' AS reason
FROM (SELECT count(*) AS n FROM pending_updates WHERE is_security = 0)
WHERE n = 0
ORDER BY 1
