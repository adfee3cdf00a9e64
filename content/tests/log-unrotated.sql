/*
id: log-unrotated
title: No log grows without end
topic: logging
why: >
  A log that nothing rotates fills the disk one day, and then all logging stops.
controls:
  - control: BCP-08
    reason: >
      Unbounded growth is the usual way in which storage runs out.
  - control: LOG-02
    reason: >
      Retention needs a rule; without one the log is kept until the disk is full.
severity: low
parameters: [log_unrotated_megabytes_max]
tables: [log_files]
paths: []
empty: unknown
fix: |
  printf '/var/log/app.log {\n  weekly\n  rotate 53\n  compress\n  missingok\n  notifempty\n}\n' > /etc/logrotate.d/app && logrotate --debug /etc/logrotate.conf
references: ["logrotate(8)"]
*/
SELECT path AS resource, 'fail' AS status, 'is larger than ' || :log_unrotated_megabytes_max || ' MB, and nothing rotates it' AS reason
FROM log_files
WHERE rotated = 0 AND size > :log_unrotated_megabytes_max * 1048576 AND path NOT GLOB '/var/log/journal/*' AND path NOT IN ('/var/log/lastlog', '/var/log/faillog')
UNION ALL
SELECT 'log files' AS resource, 'pass' AS status, 'every large one is rotated' AS reason
FROM (SELECT count(*) AS n, coalesce(sum(rotated = 0 AND size > :log_unrotated_megabytes_max * 1048576 AND path NOT GLOB '/var/log/journal/*'
                                         AND path NOT IN ('/var/log/lastlog', '/var/log/faillog')), 0) AS bad FROM log_files)
WHERE n > 0 AND bad = 0
ORDER BY 1
