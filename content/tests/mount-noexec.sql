/*
id: mount-noexec
title: Programs cannot be started from shared folders
topic: mounts
why: >
  Intruders bring their tools into folders that everybody can write. With noexec they cannot simply start them there.
controls:
  - control: END-03
    reason: >
      Software runs from approved places only.
severity: low
parameters: []
tables: [mounts]
paths: []
empty: unknown
fix: |
  mount -o remount,noexec /dev/shm
  # and for the next start, in /etc/fstab: ... /dev/shm ... defaults,nosuid,nodev,noexec 0 0
references: ["mount(8)", "fstab(5)"]
*/
WITH wanted(target) AS (VALUES ('/dev/shm'), ('/tmp'), ('/var/tmp'))
SELECT w.target AS resource,
       CASE WHEN m.target IS NULL THEN 'skip' WHEN instr(',' || m.options || ',', ',noexec,') > 0 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN m.target IS NULL THEN 'no file system of its own is mounted there, so it cannot have options of its own'
            ELSE 'mounted with ' || m.options || '; expected noexec' END AS reason
FROM wanted AS w
LEFT JOIN mounts AS m ON m.target = w.target
WHERE EXISTS (SELECT 1 FROM mounts)
ORDER BY w.target
