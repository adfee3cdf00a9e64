/*
id: sudo-files-protected
title: Only root can change the rules of sudo
topic: sudo
why: >
  Whoever can write a file of sudoers makes themselves administrator with one line.
controls:
  - control: AC-06
    reason: >
      The approved list of administrators means nothing if others can extend it.
severity: critical
parameters: []
tables: [file_facts]
paths: [/etc/sudoers, /etc/sudoers.d, "/etc/sudoers.d/*"]
empty: not_applicable
fix: |
  chown root:root /etc/sudoers.d/*
  chmod 0440 /etc/sudoers.d/*
  visudo -c
references: ["sudoers(5)", "visudo(8)"]
*/
SELECT path AS resource,
       CASE WHEN type IN ('fifo', 'socket', 'block', 'character') THEN 'unknown'
            WHEN uid <> 0 OR (CAST(substr(mode, -1, 1) AS INTEGER) & 2) <> 0 OR (CAST(substr(mode, -2, 1) AS INTEGER) & 2) <> 0 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN type IN ('fifo', 'socket', 'block', 'character') THEN 'is a ' || type || ' and not a file or directory, so its mode tells nothing'
            ELSE 'mode ' || mode || ', owner ' || coalesce(user_name, uid) || '; expected ' || CASE WHEN type = 'directory' THEN '0755' ELSE '0440' END || ' or less and owner root' END AS reason
FROM file_facts
WHERE declared IN ('/etc/sudoers', '/etc/sudoers.d', '/etc/sudoers.d/*') AND is_there = 1
ORDER BY path
