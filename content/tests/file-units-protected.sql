/*
id: file-units-protected
title: Only root can change what systemd starts
topic: files
why: >
  A unit says which program runs as root at the next start.
controls:
  - control: CHG-05
    reason: >
      Only the approved path may change what runs in production.
  - control: AC-06
    reason: >
      Write access to a unit is a way to root.
severity: critical
parameters: []
tables: [file_facts]
paths: ["/etc/systemd/system/*", "/etc/systemd/system/*.d/*", "/etc/systemd/*.conf", "/usr/local/lib/systemd/system/*"]
empty: not_applicable
fix: |
  chown root:root UNITFILE && chmod 0644 UNITFILE
references: ["systemd.unit(5)"]
*/
SELECT path AS resource,
       CASE WHEN type = 'character' THEN 'skip'
            WHEN type IN ('fifo', 'socket', 'block') THEN 'unknown'
            WHEN uid = 0 AND NOT ((CAST(substr(mode, -1, 1) AS INTEGER) & 2) <> 0) AND (NOT ((CAST(substr(mode, -2, 1) AS INTEGER) & 2) <> 0) OR gid = 0) THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN type = 'character' THEN 'masked: a link to a device, which starts nothing'
            WHEN type IN ('fifo', 'socket', 'block') THEN 'is a ' || type || ' and not a file or directory, so its mode tells nothing'
            ELSE 'mode ' || mode || ', owner ' || coalesce(user_name, uid) || ', group ' || coalesce(group_name, gid) || '; expected writable by root only' END AS reason
FROM file_facts
WHERE declared IN ('/etc/systemd/system/*', '/etc/systemd/system/*.d/*', '/etc/systemd/*.conf', '/usr/local/lib/systemd/system/*') AND is_there = 1
ORDER BY path
