/*
id: kernel-drift
title: Kernel parameters are what the files say
topic: kernel-parameters
why: >
  A value that differs from the file was changed by hand or by a program. It will be another after the next start:
  either the protection or the service breaks then.
controls:
  - control: VUL-06
    reason: >
      Compares the live configuration with the approved one, which is the control's purpose.
  - control: CHG-01
    reason: >
      A change outside of the files went past the change record.
severity: medium
parameters: []
tables: [sysctl]
paths: []
empty: unknown
fix: |
  sysctl --system                                  # sets what the files say; or change the file by an approved change
references: ["sysctl.d(5)"]
*/
SELECT name AS resource, 'fail' AS status,
       'is ' || value || ', but ' || configured_in || ' says ' || configured AS reason
FROM sysctl
WHERE drift = 1
UNION ALL
SELECT 'kernel parameters' AS resource, 'pass' AS status, n || ' parameters that files set have these values' AS reason
FROM (SELECT count(configured) AS n, coalesce(sum(drift = 1), 0) AS bad, count(value) AS known FROM sysctl)
WHERE bad = 0 AND known > 0
ORDER BY 1
