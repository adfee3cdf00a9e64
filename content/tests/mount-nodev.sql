/*
id: mount-nodev
title: Shared folders hold no device files
topic: mounts
why: >
  A device file in a folder that users can write gives raw access to a disk or to memory, past all permissions.
controls:
  - control: VUL-05
    reason: >
      Part of the hardened baseline of file systems.
severity: low
parameters: []
tables: [mounts]
paths: []
empty: unknown
fix: |
  mount -o remount,nodev /dev/shm
  # and for the next start, in /etc/fstab: ... /dev/shm ... defaults,nosuid,nodev 0 0
references: ["mount(8)", "fstab(5)"]
*/
WITH wanted(target) AS (VALUES ('/dev/shm'), ('/home'), ('/tmp'), ('/var/tmp'))
SELECT w.target AS resource,
       CASE WHEN m.target IS NULL THEN 'skip' WHEN instr(',' || m.options || ',', ',nodev,') > 0 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN m.target IS NULL THEN 'no file system of its own is mounted there, so it cannot have options of its own'
            ELSE 'mounted with ' || m.options || '; expected nodev' END AS reason
FROM wanted AS w
LEFT JOIN mounts AS m ON m.target = w.target
WHERE EXISTS (SELECT 1 FROM mounts)
ORDER BY w.target
