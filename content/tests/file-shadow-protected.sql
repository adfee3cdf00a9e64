/*
id: file-shadow-protected
title: Only root can read the password hashes
topic: files
why: >
  Whoever can read the hashes can guess passwords on their own machines, unseen and as fast as they can pay for.
controls:
  - control: AC-09
    reason: >
      Lockout and rate limits mean nothing when hashes can be taken away.
severity: critical
parameters: []
tables: [file_facts]
paths: [/etc/shadow, /etc/shadow-, /etc/gshadow, /etc/gshadow-]
empty: unknown
fix: |
  chown root:shadow /etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow- && chmod 0640 /etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow-
references: ["shadow(5)"]
*/
SELECT path AS resource,
       CASE WHEN type IN ('directory', 'fifo', 'socket', 'block', 'character') THEN 'unknown'
            WHEN uid = 0 AND substr(mode, -1, 1) = '0' AND substr(mode, -2, 1) IN ('0', '4') AND (gid = 0 OR group_name = 'shadow') THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN type IN ('directory', 'fifo', 'socket', 'block', 'character') THEN 'is a ' || type || ' and not a regular file, so its mode tells nothing'
            ELSE 'mode ' || mode || ', owner ' || coalesce(user_name, uid) || ', group ' || coalesce(group_name, gid) || '; expected 0640 or less, root:shadow' END AS reason
FROM file_facts
WHERE declared IN ('/etc/shadow', '/etc/shadow-', '/etc/gshadow', '/etc/gshadow-') AND is_there = 1
ORDER BY path
