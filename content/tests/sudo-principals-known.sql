/*
id: sudo-principals-known
title: Rules of sudo name existing users and groups
topic: sudo
why: >
  A rule for a name that no longer exists waits for the next account of that name, and gives it the old rights unseen.
controls:
  - control: AC-04
    reason: >
      Shows rights that outlived the account: removal on leaving was not complete.
  - control: AC-05
    reason: >
      The review of entitlements should have removed rules of nobody.
severity: low
parameters: []
tables: [sudo_rules, users, groups]
paths: []
empty: not_applicable
fix: |
  visudo -f FILE              # remove the line
references: ["sudoers(5)"]
*/
SELECT CASE principal_type WHEN 'group' THEN '%' WHEN 'netgroup' THEN '+' ELSE '' END || principal || ' (' || r.file || ':' || r.line || ')' AS resource,
       CASE WHEN r.principal_type = 'user' AND NOT EXISTS (SELECT 1 FROM users AS u WHERE u.username = r.principal) THEN 'fail'
            WHEN r.principal_type = 'group' AND NOT EXISTS (SELECT 1 FROM groups AS g WHERE g.name = r.principal) THEN 'fail'
            ELSE 'pass' END AS status,
       CASE WHEN r.principal_type = 'user' AND NOT EXISTS (SELECT 1 FROM users AS u WHERE u.username = r.principal)
            THEN 'there is no account ' || r.principal
            WHEN r.principal_type = 'group' AND NOT EXISTS (SELECT 1 FROM groups AS g WHERE g.name = r.principal)
            THEN 'there is no group ' || r.principal
            ELSE 'it exists' END AS reason
FROM sudo_rules AS r
WHERE r.principal_type IN ('user', 'group')
ORDER BY 1
