/*
id: sudo-password-asked
title: sudo asks for a password before it gives full rights
topic: sudo
why: >
  Without a password, whoever gets at an open session or at a key of an administrator is root at once. The question is
  the last check that the person is the one who signed in.
controls:
  - control: AC-06
    reason: >
      The control asks for separate or elevated sessions for administrative work; NOPASSWD makes the elevation free of
      any check.
  - control: AC-09
    reason: >
      Authentication at elevation is a session setting that this rule turns off.
severity: high
parameters: []
tables: [sudo_rules]
paths: []
empty: not_applicable
fix: |
  visudo -f /etc/sudoers.d/90-cloud-init-users    # take NOPASSWD: out
  passwd NAME                                     # the person needs a password then
references: ["sudoers(5)", "visudo(8)"]
*/
SELECT CASE principal_type WHEN 'group' THEN '%' WHEN 'netgroup' THEN '+' ELSE '' END || principal || ' (' || file || ':' || line || ')' AS resource,
       CASE WHEN nopasswd = 1 AND principal <> 'root' THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN nopasswd = 1 AND principal <> 'root' THEN CASE principal_type WHEN 'group' THEN '%' WHEN 'netgroup' THEN '+' ELSE '' END || principal || ' may run everything as root without a password; expected without NOPASSWD'
            ELSE 'a password is asked for' END AS reason
FROM sudo_rules
WHERE is_all = 1 AND negated = 0 AND principal_negated = 0
ORDER BY 1
