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
empty: unknown
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
            WHEN (SELECT count(time) FROM last_login) = 0 THEN 'unknown'
            ELSE 'fail' END AS status,
       CASE WHEN u.login_enabled IS NULL THEN 'whether it can sign in could not be read'
            WHEN l.time >= :now_ms - :account_dormant_days_max * 86400000 THEN 'signed in within the last ' || :account_dormant_days_max || ' days'
            WHEN l.time IS NOT NULL THEN 'has not signed in for more than ' || :account_dormant_days_max || ' days'
            WHEN s.last_change IS NULL THEN 'no sign-in is recorded, and when it was made is not known'
            WHEN s.last_change >= :now_ms - :account_dormant_days_max * 86400000 THEN 'has not signed in yet; its password is not older than '
                 || :account_dormant_days_max || ' days'
            WHEN (SELECT count(time) FROM last_login) = 0 THEN 'no sign-in of any account is recorded here, so its silence tells nothing; its password was set more than '
                 || :account_dormant_days_max || ' days ago'
            ELSE 'has never signed in, and its password was set more than ' || :account_dormant_days_max || ' days ago' END AS reason
FROM users AS u
LEFT JOIN last_login AS l ON l.username = u.username
LEFT JOIN shadow AS s ON s.username = u.username
WHERE u.is_system = 0 AND (u.login_enabled = 1 OR (u.login_enabled IS NULL AND u.has_login_shell = 1))
UNION ALL
SELECT 'accounts of people' AS resource, 'skip' AS status, 'no account of a person can sign in' AS reason
FROM (SELECT count(*) AS n, coalesce(sum(is_system = 0 AND (login_enabled = 1 OR (login_enabled IS NULL AND has_login_shell = 1))), 0) AS open FROM users)
WHERE n > 0 AND open = 0
ORDER BY 1
