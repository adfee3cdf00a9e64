/*
id: account-home-private
title: Home directories are closed to other people
topic: accounts
why: >
  Home directories hold keys, tokens, shell histories and drafts. Whoever may write there can plant a key and sign in
  as the owner; whoever may read there can copy what was meant for one person.
controls:
  - control: AC-07
    reason: >
      Least privilege between people on one host begins with homes that others can neither write nor list.
severity: medium
parameters: []
tables: [users, file_facts]
paths: [/root, "/home/*"]
empty: unknown
fix: |
  chmod 0750 /home/NAME
  chown NAME: /home/NAME
  # and for new ones: set DIR_MODE=0750 in /etc/adduser.conf and HOME_MODE 0750 in /etc/login.defs
references: ["chmod(1)", "adduser.conf(5)", "login.defs(5)"]
*/
SELECT u.username || ': ' || u.home AS resource,
       CASE WHEN f.path IS NULL THEN 'unknown'
            WHEN f.is_there = 0 THEN 'skip'
            WHEN f.type <> 'directory' THEN 'unknown'
            WHEN f.uid <> u.uid AND f.uid <> 0 THEN 'fail'
            WHEN (CAST(substr(f.mode, -2, 1) AS INTEGER) & 2) <> 0 OR substr(f.mode, -1, 1) <> '0' THEN 'fail'
            ELSE 'pass' END AS status,
       CASE WHEN f.path IS NULL THEN 'not under /home, so its mode was not looked at'
            WHEN f.is_there = 0 THEN 'the directory does not exist'
            WHEN f.type <> 'directory' THEN 'is a ' || f.type || ' and not a directory'
            WHEN f.uid <> u.uid AND f.uid <> 0 THEN 'belongs to ' || coalesce(f.user_name, 'user id ' || f.uid) || ' instead of ' || u.username
            WHEN (CAST(substr(f.mode, -2, 1) AS INTEGER) & 2) <> 0 OR substr(f.mode, -1, 1) <> '0' THEN 'mode ' || f.mode || '; expected 0750 or less'
            ELSE 'mode ' || f.mode END AS reason
FROM users AS u
LEFT JOIN file_facts AS f ON f.path = rtrim(u.home, '/') AND f.declared IN ('/root', '/home/*')
WHERE u.has_login_shell = 1 AND (u.is_system = 0 OR u.uid = 0)
ORDER BY 1
