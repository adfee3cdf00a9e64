/*
id: disk-read-only
title: No file system has fallen back to read-only
topic: disk
why: >
  When the kernel finds a damaged file system it mounts it read-only. Services then run on without being able to save
  anything.
controls:
  - control: BCP-08
    reason: >
      A component that no longer takes writes has no capacity at all; monitoring must notice.
  - control: LOG-05
    reason: >
      Shows a fault that health monitoring should have raised.
severity: high
parameters: []
tables: [mounts, fstab]
paths: []
empty: not_applicable
fix: |
  dmesg --level=err | tail                         # why
  # check it from a rescue system: fsck /dev/NAME ; then mount -o remount,rw /
references: ["mount(8)", "fsck(8)"]
*/
SELECT f.target AS resource,
       CASE WHEN m.target IS NULL THEN 'fail' WHEN instr(',' || m.options || ',', ',ro,') > 0 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN m.target IS NULL THEN 'not mounted, though /etc/fstab names it' WHEN instr(',' || m.options || ',', ',ro,') > 0 THEN 'mounted read-only; /etc/fstab says read-write (' || f.options || ')' ELSE 'read-write' END AS reason
FROM fstab AS f
LEFT JOIN mounts AS m ON m.target = f.target
WHERE f.target LIKE '/%' AND f.fstype NOT IN ('swap', 'iso9660', 'udf', 'squashfs') AND instr(',' || f.options || ',', ',ro,') = 0
      AND instr(',' || f.options || ',', ',noauto,') = 0 AND instr(',' || f.options || ',', ',x-systemd.automount,') = 0
ORDER BY f.target
