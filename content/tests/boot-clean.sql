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
WITH boots AS (
    SELECT start, clean, kernel, start / 86400000 + 719468 AS z, (start / 60000) % 1440 AS minute
    FROM boot_history
    WHERE is_current = 0 AND start >= :now_ms - :boot_days_looked_back * 86400000),
-- The date of a day number, in the proleptic Gregorian calendar, in eras of 400 years that begin on 1 March.
eras AS (SELECT *, z / 146097 AS era, z % 146097 AS doe FROM boots),
years AS (SELECT *, (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365 AS yoe FROM eras),
days AS (SELECT *, doe - (365 * yoe + yoe / 4 - yoe / 100) AS doy FROM years),
months AS (SELECT *, (5 * doy + 2) / 153 AS mp FROM days)
SELECT 'boot of ' || printf('%04d-%02d-%02d %02d:%02d UTC', yoe + era * 400 + (mp >= 10), CASE WHEN mp < 10 THEN mp + 3 ELSE mp - 9 END,
                            doy - (153 * mp + 2) / 5 + 1, minute / 60, minute % 60) AS resource,
       CASE WHEN clean IS NULL THEN 'unknown' WHEN clean = 1 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN clean IS NULL THEN 'how it ended is not known' WHEN clean = 1 THEN 'ended with an orderly shutdown' ELSE 'ended without an orderly shutdown' END
           || ', kernel ' || coalesce(kernel, 'not known') AS reason
FROM months
ORDER BY start
