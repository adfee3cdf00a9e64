/*
id: account-shared-name
title: No account stands for nobody in particular
topic: accounts
why: >
  A name such as admin or support is shared by habit. When something goes wrong, the log says that admin did it, and
  nobody did.
controls:
  - control: AC-01
    reason: >
      The control forbids shared accounts unless they are approved, vaulted and attributable; a generic name is the
      sign of one.
severity: medium
parameters: [account_names_shared]
tables: [users]
paths: []
empty: not_applicable
fix: |
  adduser ada                 # an account for each person
  usermod -aG sudo ada
  usermod -L -e 1 admin       # close the shared one
references: ["adduser(8)", "usermod(8)"]
*/
SELECT username AS resource,
       CASE WHEN instr(',' || replace(:account_names_shared, ' ', '') || ',', ',' || lower(username) || ',') = 0 THEN 'pass'
            WHEN login_enabled IS NULL THEN 'unknown' WHEN login_enabled = 0 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN instr(',' || replace(:account_names_shared, ' ', '') || ',', ',' || lower(username) || ',') = 0 THEN 'not on the list of shared names'
            WHEN login_enabled IS NULL THEN 'a shared name; whether it can sign in could not be read'
            WHEN login_enabled = 0 THEN 'a shared name, but it cannot sign in'
            ELSE 'a shared name that can sign in; expected an account of a person' END AS reason
FROM users
WHERE is_system = 0 AND has_login_shell = 1
ORDER BY username
