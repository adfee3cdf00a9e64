/*
id: file-accounts-protected
title: Only root can change the list of accounts
topic: files
why: >
  Whoever can write /etc/passwd or /etc/group makes themselves root or a member of any group.
controls:
  - control: AC-01
    reason: >
      The list of identities must be changed only through its administration.
  - control: AC-06
    reason: >
      Write access there is full privilege.
severity: critical
parameters: []
tables: [file_facts]
paths: [/etc/passwd, /etc/passwd-, /etc/group, /etc/group-, /etc/subuid, /etc/subgid]
empty: unknown
fix: |
  chown root:root /etc/passwd /etc/group && chmod 0644 /etc/passwd /etc/group
references: ["passwd(5)", "group(5)"]
*/
SELECT path AS resource,
       CASE WHEN type IN ('directory', 'fifo', 'socket', 'block', 'character') THEN 'unknown'
            WHEN uid = 0 AND gid = 0 AND NOT ((CAST(substr(mode, -1, 1) AS INTEGER) & 2) <> 0 OR (CAST(substr(mode, -2, 1) AS INTEGER) & 2) <> 0) THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN type IN ('directory', 'fifo', 'socket', 'block', 'character') THEN 'is a ' || type || ' and not a regular file, so its mode tells nothing'
            ELSE 'mode ' || mode || ', owner ' || coalesce(user_name, uid) || ', group ' || coalesce(group_name, gid) || '; expected 0644 or less, root:root' END AS reason
FROM file_facts
WHERE declared IN ('/etc/passwd', '/etc/passwd-', '/etc/group', '/etc/group-', '/etc/subuid', '/etc/subgid') AND is_there = 1
ORDER BY path
