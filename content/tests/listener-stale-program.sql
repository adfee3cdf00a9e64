/*
id: listener-stale-program
title: Services run the program that is installed
topic: listeners
why: >
  After an update a service goes on running the old program until it is restarted. The package list says patched, the
  network sees the hole.
controls:
  - control: VUL-02
    reason: >
      A finding is fixed only when the fixed program runs; this finds services that still run the replaced one.
severity: medium
parameters: []
tables: [listening, processes]
paths: []
empty: not_applicable
fix: |
  systemctl restart UNIT
references: ["systemctl(1)", "proc(5)"]
*/
SELECT coalesce(p.unit, p.name) AS resource,
       CASE WHEN max(p.deleted IS NULL) THEN 'unknown' WHEN max(p.deleted) = 1 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN max(p.deleted IS NULL) THEN 'its program could not be looked at'
            WHEN max(p.deleted) = 1 THEN max(p.path) || ' was replaced or removed since it was started; restart ' || coalesce(max(p.unit), 'it')
            ELSE 'runs the installed ' || max(p.path) END AS reason
FROM listening AS l
JOIN processes AS p ON p.pid = l.pid
GROUP BY coalesce(p.unit, p.name)
ORDER BY 1
