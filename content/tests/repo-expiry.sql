/*
id: repo-expiry
title: Archives that are out of date are refused
topic: update-policy
why: >
  Somebody on the way can keep showing an old, correctly signed archive, in which the security updates are missing.
  The expiry date in it shows the trick, unless the check is off.
controls:
  - control: VUL-02
    reason: >
      Keeps the list of missing patches honest: a stale archive hides them.
severity: medium
parameters: []
tables: [repos]
paths: []
empty: unknown
fix: |
  editor /etc/apt/sources.list                     # remove [check-valid-until=no]
references: ["sources.list(5)"]
*/
SELECT uri || ' ' || suite AS resource,
       CASE WHEN min(coalesce(check_valid_until, 1)) = 0 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN min(coalesce(check_valid_until, 1)) = 0 THEN 'check-valid-until=no accepts archives that have expired (' || max(file || ':' || line) || ')' ELSE 'expiry is checked' END AS reason
FROM repos
WHERE enabled = 1
GROUP BY uri, suite
ORDER BY 1
