/*
id: disk-log-separate
title: Logs cannot fill the root file system
topic: disk
why: >
  When logs fill the disk that everything else needs, a flood of log records is enough to take the host down.
controls:
  - control: BCP-08
    reason: >
      A limit between logs and the rest keeps one resource from using up another.
severity: low
parameters: []
tables: [mounts, log_settings]
paths: []
empty: unknown
fix: |
  # a file system of its own for /var/log, or at least a limit for the journal:
  mkdir -p /etc/systemd/journald.conf.d
  printf '[Journal]\nSystemMaxUse=1G\n' > /etc/systemd/journald.conf.d/size.conf
  systemctl restart systemd-journald
references: ["journald.conf(5)", "fstab(5)"]
*/
SELECT '/var/log' AS resource,
       CASE WHEN EXISTS (SELECT 1 FROM mounts WHERE target IN ('/var/log', '/var')) THEN 'pass'
            WHEN EXISTS (SELECT 1 FROM log_settings WHERE system = 'journald' AND key = 'SystemMaxUse' AND value <> '' AND origin <> 'default') THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN EXISTS (SELECT 1 FROM mounts WHERE target IN ('/var/log', '/var')) THEN 'lies on a file system of its own'
            WHEN EXISTS (SELECT 1 FROM log_settings WHERE system = 'journald' AND key = 'SystemMaxUse' AND value <> '' AND origin <> 'default')
            THEN 'shares the root file system; the journal is limited to ' || (SELECT value FROM log_settings WHERE system = 'journald' AND key = 'SystemMaxUse')
            ELSE 'shares the root file system, and the journal has no limit of its own' END AS reason
FROM (SELECT 1 FROM mounts LIMIT 1)
