/*
id: log-files-protected
title: Log files can be changed by the system only
topic: logging
why: >
  A log that ordinary users may write proves nothing, and one that they may read tells them too much.
controls:
  - control: LOG-02
    reason: >
      The control wants logs write-protected and limited in access.
severity: medium
parameters: []
tables: [log_files]
paths: []
empty: unknown
fix: |
  chmod 0640 PATH && chown root:adm PATH
references: ["chmod(1)"]
*/
SELECT path AS resource,
       CASE WHEN mode IS NULL THEN 'unknown' WHEN mode & 2 THEN 'fail'
            WHEN mode & 4 AND path NOT LIKE '%/wtmp%' AND path NOT LIKE '%/lastlog%' AND path NOT LIKE '%/dpkg.log%' AND path NOT LIKE '%/apt/%'
                 AND path NOT LIKE '%/alternatives.log%' AND path NOT LIKE '%/fontconfig.log%' AND path NOT LIKE '%/faillog%' AND path NOT LIKE '%/bootstrap.log%' THEN 'fail'
            ELSE 'pass' END AS status,
       'mode is ' || coalesce(printf('%04o', mode), 'not known') || CASE WHEN mode & 2 THEN ': everybody may write it' WHEN mode & 4 AND path NOT LIKE '%/wtmp%' AND path NOT LIKE '%/lastlog%' AND path NOT LIKE '%/dpkg.log%' AND path NOT LIKE '%/apt/%'
                 AND path NOT LIKE '%/alternatives.log%' AND path NOT LIKE '%/fontconfig.log%' AND path NOT LIKE '%/faillog%' AND path NOT LIKE '%/bootstrap.log%' THEN ': everybody may read it'
            WHEN mode & 4 THEN ': meant to be read by everybody' ELSE '' END AS reason
FROM log_files
ORDER BY path
