/*
id: cron-owner-known
title: Jobs belong to existing accounts
topic: cron
why: >
  A crontab left by an account that is gone starts to run again for the next account of that name; jobs of leavers run
  on with their rights.
controls:
  - control: AC-04
    reason: >
      Removing a leaver includes the jobs they left; this finds those of accounts that are gone or locked.
severity: medium
parameters: []
tables: [cron, users, shadow]
paths: []
empty: not_applicable
fix: |
  crontab -u NAME -l > /root/NAME.crontab; crontab -u NAME -r   # or rm the file, after saving what it did
references: ["crontab(1)"]
*/
SELECT c.user || ' in ' || c.file AS resource,
       CASE WHEN max(u.username IS NULL) THEN 'fail' WHEN max(s.state = 'locked' AND u.is_system = 0) THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN max(u.username IS NULL) THEN 'there is no account ' || c.user WHEN max(s.state = 'locked' AND u.is_system = 0) THEN 'the account ' || c.user || ' is locked, but its jobs still run'
            ELSE 'the account exists' END AS reason
FROM cron AS c
LEFT JOIN users AS u ON u.username = c.user
LEFT JOIN shadow AS s ON s.username = c.user
WHERE c.user IS NOT NULL
GROUP BY c.user, c.file
ORDER BY 1
