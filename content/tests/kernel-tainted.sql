/*
id: kernel-tainted
title: The kernel runs nothing from outside of the distribution
topic: kernel
why: >
  The kernel marks itself when modules from outside were loaded or forced. Such code has not been through the
  distribution's updates.
controls:
  - control: END-03
    reason: >
      A tainted kernel runs software that did not come from the approved source.
severity: low
parameters: []
tables: [kernel]
paths: []
empty: unknown
fix: |
  cat /proc/sys/kernel/tainted; dmesg | grep -i taint     # which module it was
  modprobe -r NAME                                          # then restart to clear the mark
references: ["tainted-kernels (kernel documentation, admin-guide)"]
*/
SELECT 'kernel ' || coalesce(release, '') AS resource,
       CASE WHEN tainted IS NULL THEN 'unknown' WHEN tainted & (1 | 2 | 4096 | 8192) THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN tainted IS NULL THEN 'its marks could not be read'
            WHEN tainted & (1 | 2 | 4096 | 8192) THEN 'is marked ' || coalesce(taint_flags, tainted) || ': proprietary (P), forced (F), from outside (O) or unsigned (E) modules were loaded'
            ELSE 'no module from outside was loaded' END AS reason
FROM kernel
