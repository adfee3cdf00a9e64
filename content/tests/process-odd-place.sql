/*
id: process-odd-place
title: No program runs from a folder for temporary files
topic: malware
why: >
  Intruders put their tools where everybody may write and start them there. Ordinary software does not run from such
  places.
controls:
  - control: END-02
    reason: >
      A classic sign of malicious code at work.
  - control: END-03
    reason: >
      Software from there was approved by nobody.
severity: high
parameters: []
tables: [processes]
paths: []
empty: unknown
fix: |
  # treat it as an incident: keep the program before ending it
  cp /proc/PID/exe /root/found-PID && ls -l /proc/PID/fd && kill -STOP PID
references: ["proc(5)"]
*/
SELECT path AS resource, 'fail' AS status,
       'runs as user id ' || min(coalesce(euid, uid, '?')) || CASE WHEN max(deleted) = 1 THEN ', and its file was removed' ELSE '' END || '; expected programs below /usr or /opt' AS reason
FROM processes
WHERE path GLOB '/tmp/*' OR path GLOB '/var/tmp/*' OR path GLOB '/dev/shm/*' OR path GLOB '/run/user/*' OR path GLOB '/memfd:*'
GROUP BY path
UNION ALL
SELECT 'processes' AS resource, 'pass' AS status, 'no process runs from there' AS reason
FROM (SELECT count(path) AS n, coalesce(sum(path GLOB '/tmp/*' OR path GLOB '/var/tmp/*' OR path GLOB '/dev/shm/*' OR path GLOB '/run/user/*' OR path GLOB '/memfd:*'), 0) AS bad
      FROM processes)
WHERE n > 0 AND bad = 0
ORDER BY 1
