/*
id: signin-records
title: Sign-ins are recorded
topic: sign-ins
why: >
  wtmp and btmp hold who came and who was refused. If they are missing, the first question of any investigation has no
  answer.
controls:
  - control: LOG-01
    reason: >
      Authentication events must be kept; these files are their record on the host.
severity: medium
parameters: []
tables: [file_facts]
paths: [/var/log/wtmp, /var/log/btmp]
empty: unknown
fix: |
  touch /var/log/wtmp /var/log/btmp && chown root:utmp /var/log/wtmp /var/log/btmp && chmod 0664 /var/log/wtmp && chmod 0660 /var/log/btmp
references: ["wtmp(5)"]
*/
SELECT path AS resource,
       CASE WHEN is_there = 0 THEN 'fail' WHEN type IN ('directory', 'fifo', 'socket', 'block', 'character') THEN 'fail' WHEN (CAST(substr(mode, -1, 1) AS INTEGER) & 2) <> 0 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN is_there = 0 THEN 'the file does not exist, so nothing is recorded'
            WHEN type IN ('directory', 'fifo', 'socket', 'block', 'character') THEN 'is a ' || type || ' and not a regular file, so nothing is recorded'
            WHEN (CAST(substr(mode, -1, 1) AS INTEGER) & 2) <> 0 THEN 'mode ' || mode || ': everybody may change the record' ELSE 'it is there' END AS reason
FROM file_facts
WHERE declared IN ('/var/log/wtmp', '/var/log/btmp')
ORDER BY path
