/*
id: pam-empty-passwords
title: PAM refuses empty passwords
topic: pam
why: >
  The option nullok lets accounts with an empty password in. Debian sets it for the sake of the installer; afterwards
  it only turns a slip into an open door.
controls:
  - control: AC-09
    reason: >
      With nullok an empty password counts as valid, against every documented password rule.
severity: medium
parameters: []
tables: [pam_rules]
paths: []
empty: unknown
fix: |
  sed -i '/pam_unix.so/s/ nullok\(_secure\)\?//' /etc/pam.d/common-auth
  # and in /usr/share/pam-configs/unix, so that pam-auth-update keeps it
references: ["pam_unix(8)"]
*/
SELECT r.service AS resource,
       CASE WHEN max(' ' || r.args || ' ' LIKE '% nullok %' OR ' ' || r.args || ' ' LIKE '% nullok_secure %') THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN max(' ' || r.args || ' ' LIKE '% nullok %' OR ' ' || r.args || ' ' LIKE '% nullok_secure %')
            THEN 'pam_unix.so has nullok (' || max(r.file || ':' || r.line) || '); expected without' ELSE 'pam_unix.so is used without nullok' END AS reason
FROM pam_rules AS r
WHERE r.module = 'pam_unix.so' AND r.type = 'auth'
GROUP BY r.service
ORDER BY r.service
