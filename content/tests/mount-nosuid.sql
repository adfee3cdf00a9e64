/*
id: mount-nosuid
title: Shared folders hold no set-uid programs
topic: mounts
why: >
  A set-uid program that was brought into such a folder, by a stick, an archive or a fault, makes its user root. With
  nosuid the bit has no effect.
controls:
  - control: AC-06
    reason: >
      Closes a way to privileges that no list of administrators shows.
  - control: VUL-05
    reason: >
      Part of the hardened baseline of file systems.
severity: medium
parameters: []
tables: [mounts]
paths: []
empty: unknown
fix: |
  mount -o remount,nosuid /dev/shm
  # and for the next start, in /etc/fstab: ... /dev/shm ... defaults,nosuid,nodev 0 0
references: ["mount(8)", "fstab(5)"]
*/
WITH wanted(target) AS (VALUES ('/dev/shm'), ('/home'), ('/tmp'), ('/var/tmp'))
SELECT w.target AS resource,
       CASE WHEN m.target IS NULL THEN 'skip' WHEN instr(',' || m.options || ',', ',nosuid,') > 0 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN m.target IS NULL THEN 'no file system of its own is mounted there, so it cannot have options of its own'
            ELSE 'mounted with ' || m.options || '; expected nosuid' END AS reason
FROM wanted AS w
LEFT JOIN mounts AS m ON m.target = w.target
WHERE EXISTS (SELECT 1 FROM mounts)
ORDER BY w.target
