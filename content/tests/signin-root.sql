/*
id: signin-root
title: Nobody signed in from the network as root
topic: sign-ins
why: >
  Whatever the settings say now, the record of sign-ins shows what was done in the past month.
controls:
  - control: AC-11
    reason: >
      Human access to production goes through named elevation; each direct session of root is an exception to review.
  - control: AC-01
    reason: >
      Shows use of the one account that nobody owns.
severity: high
parameters: []
tables: [login_history]
paths: []
empty: unknown
fix: |
  printf 'PermitRootLogin no\n' > /etc/ssh/sshd_config.d/10-root.conf && sshd -t && systemctl reload ssh
references: ["last(1)", "sshd_config(5)"]
*/
SELECT 'root from ' || host AS resource, 'fail' AS status,
       'root signed in from there within the last 30 days; expected nobody' AS reason
FROM login_history
WHERE type = 'login' AND username = 'root' AND coalesce(host, '') <> '' AND host NOT LIKE ':%' AND login >= :now_ms - 30 * 86400000
GROUP BY host
UNION ALL
SELECT 'sign-ins of root' AS resource, 'pass' AS status, 'none from the network in the last 30 days' AS reason
FROM (SELECT count(*) AS n, coalesce(sum(type = 'login' AND username = 'root' AND coalesce(host, '') <> '' AND host NOT LIKE ':%' AND login >= :now_ms - 30 * 86400000), 0) AS bad
      FROM login_history)
WHERE n > 0 AND bad = 0
ORDER BY 1
