/*
id: signin-failures
title: Nobody is guessing passwords
topic: sign-ins
why: >
  Hundreds of refused sign-ins from one address within a day are somebody at work. They should have raised an alert or
  been blocked.
controls:
  - control: LOG-03
    reason: >
      Suspicious sign-ins are among the events that alert rules must catch; this shows whether there is something to
      catch.
  - control: AC-09
    reason: >
      Shows that rate limiting does not hold.
severity: medium
parameters: [signin_failures_max]
tables: [failed_logins]
paths: []
empty: unknown
fix: |
  apt-get install fail2ban && systemctl enable --now fail2ban
  # better: close SSH to unknown addresses: ufw delete allow OpenSSH && ufw allow from 203.0.113.0/24 to any port 22 proto tcp
references: ["lastb(1)", "fail2ban-client(1)"]
*/
SELECT 'from ' || CASE WHEN coalesce(host, '') = '' THEN 'the console' ELSE host END AS resource, 'fail' AS status,
       'more than ' || :signin_failures_max || ' refused sign-ins within a day' AS reason
FROM failed_logins
WHERE time >= :now_ms - 86400000
GROUP BY host
HAVING count(*) > :signin_failures_max
UNION ALL
SELECT 'refused sign-ins' AS resource, 'pass' AS status, 'no address was refused more than ' || :signin_failures_max || ' times within a day' AS reason
FROM (SELECT coalesce(max(n), 0) AS most
      FROM (SELECT count(*) AS n FROM failed_logins WHERE time >= :now_ms - 86400000 GROUP BY host))
WHERE most <= :signin_failures_max
ORDER BY 1
