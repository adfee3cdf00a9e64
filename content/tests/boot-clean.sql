/*
id: boot-clean
title: The last shutdowns were clean
topic: boot
why: >
  An unclean end is a crash, a power cut or somebody who pulled the plug. Each should have an explanation.
controls:
  - control: LOG-05
    reason: >
      Crashes are breaches of health; they show here even if nobody was paged.
severity: low
parameters: [boot_days_looked_back]
tables: [boot_history]
paths: []
empty: not_applicable
fix: |
  last -x | head -20
  journalctl -b -1 -n 100          # the end of the boot before this one
references: ["last(1)", "journalctl(1)"]
*/
SELECT 'boot of ' || (start / 1000) AS resource,
       CASE WHEN clean IS NULL THEN 'unknown' WHEN clean = 1 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN clean IS NULL THEN 'how it ended is not known' WHEN clean = 1 THEN 'ended with an orderly shutdown' ELSE 'ended without an orderly shutdown' END
           || ', ' || ((:now_ms - start) / 86400000) || ' days ago, kernel ' || coalesce(kernel, 'not known') AS reason
FROM boot_history
WHERE is_current = 0 AND start >= :now_ms - :boot_days_looked_back * 86400000
ORDER BY start
