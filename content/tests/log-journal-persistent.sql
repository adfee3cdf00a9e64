/*
id: log-journal-persistent
title: The journal survives a restart
topic: logging
why: >
  A journal in memory is gone with the restart that an intruder, or a crash, causes.
controls:
  - control: LOG-02
    reason: >
      Retention begins with a log that is on disk.
severity: medium
parameters: []
tables: [log_settings]
paths: []
empty: unknown
fix: |
  mkdir -p /var/log/journal
  systemd-tmpfiles --create --prefix /var/log/journal
  systemctl restart systemd-journald
references: ["journald.conf(5)"]
*/
SELECT 'journal' AS resource,
       CASE lower(value) WHEN 'yes' THEN 'pass' ELSE 'fail' END AS status,
       CASE lower(value) WHEN 'yes' THEN 'is kept on disk' ELSE 'is kept in memory only' END || ' (' || coalesce(origin, 'default') || ')' AS reason
FROM log_settings
WHERE system = 'journald' AND key = 'persistent'
