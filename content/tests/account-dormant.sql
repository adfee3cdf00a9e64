/*
id: account-dormant
title: Accounts that nobody uses are closed
topic: accounts
why: >
  An account that nobody has used for months belongs to somebody who has left or changed jobs, or to nobody at all. It
  is missed by nobody when it is misused.
controls:
  - control: AC-05
    reason: >
      The quarterly review must find accounts that are no longer needed: dormant ones are the first candidates, and
      this shows whether the last review removed them.
  - control: AC-01
    reason: >
      Each account must match a worker or a registered service; an account unused for this long is a likely orphan.
severity: medium
parameters: [account_dormant_days_max]
tables: [users, last_login, shadow]
paths: []
empty: not_applicable
fix: |
  usermod -L -e 1 NAME        # lock the password and let the account expire, which also stops SSH keys
  userdel NAME                # once nobody needs its files
references: ["lastlog(8)", "usermod(8)"]
*/
SELECT u.username AS resource,
       CASE WHEN u.login_enabled IS NULL THEN 'unknown'
            WHEN l.time IS NOT NULL AND l.time >= :now_ms - :account_dormant_days_max * 86400000 THEN 'pass'
            WHEN l.time IS NOT NULL THEN 'fail'
            WHEN s.last_change IS NULL THEN 'unknown'
            WHEN s.last_change >= :now_ms - :account_dormant_days_max * 86400000 THEN 'pass'
            ELSE 'fail' END AS status,
       CASE WHEN u.login_enabled IS NULL THEN 'whether it can sign in could not be read'
            WHEN l.time >= :now_ms - :account_dormant_days_max * 86400000 THEN 'signed in within the last ' || :account_dormant_days_max || ' days'
            WHEN l.time IS NOT NULL THEN 'has not signed in for more than ' || :account_dormant_days_max || ' days'
            WHEN s.last_change IS NULL THEN 'no sign-in is recorded, and when it was made is not known'
            WHEN s.last_change >= :now_ms - :account_dormant_days_max * 86400000 THEN 'has not signed in yet; its password is not older than '
                 || :account_dormant_days_max || ' days'
            ELSE 'has never signed in, and its password was set more than ' || :account_dormant_days_max || ' days ago' END AS reason
FROM users AS u
LEFT JOIN last_login AS l ON l.username = u.username
LEFT JOIN shadow AS s ON s.username = u.username
WHERE u.is_system = 0 AND (u.login_enabled = 1 OR (u.login_enabled IS NULL AND u.has_login_shell = 1))
ORDER BY u.username
