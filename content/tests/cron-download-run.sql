/*
id: cron-download-run
title: No job runs what it has just downloaded
topic: cron
why: >
  A job that pipes a download into a shell runs whatever the other end, or somebody on the way, sends at that moment,
  often as root.
controls:
  - control: END-03
    reason: >
      Software that was approved by nobody is installed and run each time.
  - control: CHG-01
    reason: >
      Each run may be a change of production that no record describes.
severity: high
parameters: []
tables: [cron]
paths: []
empty: not_applicable
fix: |
  editor FILE                                      # install the program by a package or a pinned, checked file instead; if nobody knows the job, treat it as an incident
references: ["crontab(5)"]
*/
SELECT file || coalesce(':' || line, '') AS resource,
       CASE WHEN (command LIKE '%curl %' OR command LIKE '%wget %') AND (command LIKE '%|%sh' OR command LIKE '%| sh%' OR command LIKE '%|sh%' OR command LIKE '%bash%' OR command LIKE '%python%' OR command LIKE '%| sudo%')
                 OR command LIKE '%/dev/tcp/%' OR command LIKE '%base64 -d%' OR command LIKE '%base64 --decode%' THEN 'fail' ELSE 'pass' END AS status,
       'runs as ' || coalesce(user, '?') || ': ' || substr(command, 1, 160) AS reason
FROM cron
WHERE command IS NOT NULL
ORDER BY 1
