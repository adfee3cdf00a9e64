/*
id: pam-su-restricted
title: Only administrators may use su
topic: pam
why: >
  su lets everybody who knows root's password become root, from every account. With pam_wheel only members of one
  group may try.
controls:
  - control: AC-06
    reason: >
      Restricts the way to root to the people in a named group, so that a known root password alone is not enough.
severity: medium
parameters: []
tables: [pam_rules]
paths: []
empty: unknown
fix: |
  sed -i 's|^# *auth *required *pam_wheel.so$|auth required pam_wheel.so use_uid group=sudo|' /etc/pam.d/su
references: ["pam_wheel(8)", "su(1)"]
*/
WITH s AS (SELECT CASE WHEN EXISTS (SELECT 1 FROM pam_rules WHERE service = 'su') THEN 'su' ELSE 'other' END AS name),
     r AS (SELECT s.name, coalesce(max(p.control IN ('required', 'requisite') AND (p.module = 'pam_deny.so' OR
                                       (p.module = 'pam_wheel.so' AND ' ' || p.args || ' ' NOT LIKE '% deny %'))), 0) AS is_closed
           FROM s LEFT JOIN pam_rules AS p ON p.service = s.name AND p.type = 'auth' AND p.module IN ('pam_wheel.so', 'pam_deny.so')
                                              AND (s.name = 'other' OR p.module = 'pam_wheel.so')
           GROUP BY s.name)
SELECT 'su' AS resource,
       CASE WHEN is_closed THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN name = 'su' AND is_closed THEN 'pam_wheel.so restricts su to a group'
            WHEN name = 'su' THEN 'no required pam_wheel.so in /etc/pam.d/su: every account may try'
            WHEN is_closed THEN 'there is no /etc/pam.d/su, and /etc/pam.d/other refuses everybody, or all but a group'
            ELSE 'there is no /etc/pam.d/su, and /etc/pam.d/other lets every account try' END AS reason
FROM r
WHERE EXISTS (SELECT 1 FROM pam_rules)
