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
empty: not_applicable
fix: |
  sed -i 's|^# *auth *required *pam_wheel.so$|auth required pam_wheel.so use_uid group=sudo|' /etc/pam.d/su
references: ["pam_wheel(8)", "su(1)"]
*/
SELECT 'su' AS resource,
       CASE WHEN max(r.module = 'pam_wheel.so' AND r.control IN ('required', 'requisite') AND ' ' || r.args || ' ' NOT LIKE '% deny %') THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN max(r.module = 'pam_wheel.so' AND r.control IN ('required', 'requisite') AND ' ' || r.args || ' ' NOT LIKE '% deny %')
            THEN 'pam_wheel.so restricts su to a group'
            ELSE 'no required pam_wheel.so in /etc/pam.d/su: every account may try' END AS reason
FROM pam_rules AS r
WHERE r.service = 'su' AND r.type = 'auth'
HAVING count(*) > 0
