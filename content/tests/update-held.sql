/*
id: update-held
title: No package with a pending security update is held back
topic: updates
why: >
  Holding a package back is a decision to stay vulnerable. It may be right for a week, with a reason; it is usually
  forgotten.
controls:
  - control: VUL-02
    reason: >
      A hold keeps a finding open past its limit unless an acceptance is recorded.
severity: high
parameters: []
tables: [packages, pending_updates]
paths: []
empty: not_applicable
fix: |
  apt-mark unhold PACKAGE && apt-get upgrade
references: ["apt-mark(8)"]
*/
SELECT p.name AS resource,
       CASE WHEN EXISTS (SELECT 1 FROM pending_updates AS u WHERE u.pkg = p.name AND u.is_security = 1) THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN EXISTS (SELECT 1 FROM pending_updates AS u WHERE u.pkg = p.name AND u.is_security = 1)
            THEN 'held at ' || coalesce(p.version, '?') || ' while a security update is pending' ELSE 'held at ' || coalesce(p.version, '?') || ', no security update is pending' END AS reason
FROM packages AS p
WHERE p.held = 1
ORDER BY p.name
