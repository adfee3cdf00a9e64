/*
id: account-name-unique
title: No account name stands twice
topic: accounts
why: >
  Of two lines with the same name most programs use the first, some the last. What one program shows of the account is
  then not what another lets in.
controls:
  - control: AC-01
    reason: >
      Individual accounts need one definition each: a second line for a name gives it two identities.
severity: high
parameters: []
tables: [users]
paths: []
empty: unknown
fix: |
  pwck -r                     # shows duplicates and other faults, changes nothing
  vipw                        # remove the line that does not belong there, then: vipw -s
references: ["passwd(5)", "pwck(8)", "vipw(8)"]
*/
SELECT username AS resource,
       CASE WHEN count(*) > 1 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN count(*) > 1 THEN username || ' is defined ' || count(*) || ' times, with user ids ' || group_concat(uid, ', ')
            ELSE 'defined once' END AS reason
FROM (SELECT username, uid FROM users ORDER BY username, uid)
GROUP BY username
ORDER BY username
