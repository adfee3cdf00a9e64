/*
id: log-fresh
title: Logs are being written
topic: logging
why: >
  A log that stopped growing is a collector that died, a full disk, or somebody who switched it off. It should
  be noticed the same day.
controls:
  - control: LOG-01
    reason: >
      Source coverage is checked daily: the last write shows that the source still speaks.
severity: medium
parameters: [log_silence_hours_max]
tables: [log_files]
paths: []
empty: unknown
fix: |
  systemctl status rsyslog systemd-journald
  df -h /var/log
  logger -p auth.info test && tail -1 /var/log/auth.log
references: ["rsyslogd(8)"]
*/
SELECT path AS resource,
       CASE WHEN last_write IS NULL THEN 'unknown' WHEN last_write >= :now_ms - :log_silence_hours_max * 3600000 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN last_write IS NULL THEN 'when it was written is not known'
            WHEN last_write >= :now_ms - :log_silence_hours_max * 3600000 THEN 'was written within the last ' || :log_silence_hours_max || ' hours'
            ELSE 'was not written for more than ' || :log_silence_hours_max || ' hours' END AS reason
FROM log_files
WHERE path IN ('/var/log/syslog', '/var/log/auth.log', '/var/log/messages', '/var/log/secure', '/var/log/audit/audit.log')
ORDER BY path
