/*
id: account-system-login
title: System accounts cannot sign in
topic: accounts
why: >
  Accounts of services have no person behind them. If one can sign in, it can be used without anybody being
  accountable, and a hole in the service becomes a session on the host.
controls:
  - control: AC-10
    reason: >
      Non-human credentials must have least privilege: a service account needs no interactive sign-in.
  - control: AC-01
    reason: >
      Sign-ins through a service account cannot be attributed to a person.
severity: medium
parameters: []
tables: [users]
paths: []
empty: unknown
fix: |
  usermod -s /usr/sbin/nologin NAME
  passwd -l NAME
references: ["usermod(8)", "nologin(8)"]
*/
SELECT username AS resource,
       CASE WHEN has_login_shell = 0 OR shell IN ('/bin/sync', '/usr/bin/sync', '/sbin/shutdown', '/sbin/halt') THEN 'pass'
            WHEN login_enabled IS NULL THEN 'unknown'
            WHEN login_enabled = 0 THEN 'pass'
            ELSE 'fail' END AS status,
       CASE WHEN has_login_shell = 0 THEN 'its shell ' || coalesce(shell, '') || ' lets nobody in'
            WHEN shell IN ('/bin/sync', '/usr/bin/sync', '/sbin/shutdown', '/sbin/halt') THEN 'its shell only runs ' || shell
            WHEN login_enabled IS NULL THEN 'it has the shell ' || shell || ', and whether it has a password could not be read'
            WHEN login_enabled = 0 THEN 'it has the shell ' || shell || ', but no way to sign in'
            ELSE 'system account (user id ' || uid || ') can sign in with shell ' || shell || '; expected /usr/sbin/nologin or a locked account' END AS reason
FROM users
WHERE is_system = 1 AND uid <> 0
ORDER BY username
