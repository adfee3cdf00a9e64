/*
id: pam-files-protected
title: Only root can change the rules of PAM
topic: pam
why: >
  Whoever can write a file in /etc/pam.d decides how everybody signs in.
controls:
  - control: AC-09
    reason: >
      The settings that the control enforces are only as safe as the files they stand in.
  - control: VUL-06
    reason: >
      A writable rule file allows unapproved change of a security setting without privileges.
severity: high
parameters: []
tables: [file_facts]
paths: ["/etc/pam.d/*"]
empty: unknown
fix: |
  chown root:root /etc/pam.d/*
  chmod 0644 /etc/pam.d/*
references: ["pam.conf(5)", "chmod(1)"]
*/
SELECT path AS resource,
       CASE WHEN type IN ('directory', 'fifo', 'socket', 'block', 'character') THEN 'unknown'
            WHEN uid <> 0 OR (CAST(substr(mode, -1, 1) AS INTEGER) & 2) <> 0 OR ((CAST(substr(mode, -2, 1) AS INTEGER) & 2) <> 0 AND gid <> 0)
            THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN type IN ('directory', 'fifo', 'socket', 'block', 'character') THEN 'is a ' || type || ' and not a regular file, so its mode tells nothing'
            ELSE 'mode ' || mode || ', owner ' || coalesce(user_name, uid) || '; expected 0644 or less and owner root' END AS reason
FROM file_facts
WHERE declared = '/etc/pam.d/*' AND is_there = 1
ORDER BY path
