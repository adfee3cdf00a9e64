/*
id: restart-pending
title: Programs run the libraries that are installed
topic: updates
why: >
  A library update reaches a program only when it starts anew. Until then a service answers the network with the code
  that the update was meant to replace.
controls:
  - control: VUL-02
    reason: >
      A vulnerability in a library is open as long as any process has the old one loaded.
severity: medium
parameters: []
tables: [reboot_required]
paths: []
empty: unknown
fix: |
  systemctl restart UNIT                           # needrestart shows all of them
references: ["needrestart(1)"]
*/
SELECT coalesce(unit, name, 'running programs') AS resource,
       CASE WHEN max(required IS NULL) THEN 'unknown' WHEN max(required) = 1 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN max(required IS NULL) THEN 'it could not be told' WHEN max(required) = 1 THEN 'still runs replaced files: ' || substr(coalesce(max(detail), '?'), 1, 150)
            ELSE 'no program runs replaced files' END AS reason
FROM reboot_required
WHERE reason = 'libraries'
GROUP BY 1
ORDER BY 1
