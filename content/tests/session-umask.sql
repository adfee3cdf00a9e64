/*
id: session-umask
title: New files are closed to other people
topic: sessions
why: >
  The umask decides who may read what people make without thinking of it.
controls:
  - control: AC-07
    reason: >
      Least privilege by default for what people and scripts create.
severity: low
parameters: []
tables: [shell_env]
paths: []
empty: unknown
fix: |
  sed -i 's|^UMASK.*|UMASK 027|' /etc/login.defs && printf 'umask 027\n' > /etc/profile.d/60-umask.sh
references: ["umask(2)", "login.defs(5)"]
*/
SELECT 'umask in ' || file AS resource,
       CASE WHEN min(substr(umask, -1, 1) = '7' AND CAST(substr(umask, -2, 1) AS INTEGER) & 2 = 2) THEN 'pass' ELSE 'fail' END AS status,
       'umask ' || group_concat(DISTINCT umask) || '; expected 0027 or stricter' AS reason
FROM shell_env
WHERE umask IS NOT NULL
GROUP BY file
ORDER BY file
