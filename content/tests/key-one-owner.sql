/*
id: key-one-owner
title: No SSH key opens several accounts
topic: keys
why: >
  A key that opens two accounts is shared by two people, or lets one person act under two names. Either way the log
  names the wrong one.
controls:
  - control: AC-01
    reason: >
      One identity per person: a key in several accounts is a shared credential.
  - control: AC-10
    reason: >
      Each key needs one registered owner.
severity: medium
parameters: []
tables: [ssh_authorized_keys]
paths: []
empty: not_applicable
fix: |
  sed -i '/KEY/d' /home/NAME/.ssh/authorized_keys  # leave it with its owner; the other person makes a key of their own
references: ["authorized_keys(5)"]
*/
SELECT 'key ' || fingerprint AS resource,
       CASE WHEN count(DISTINCT username) > 1 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN count(DISTINCT username) > 1 THEN 'opens ' || count(DISTINCT username) || ' accounts: ' || group_concat(DISTINCT username)
            ELSE 'opens ' || min(username) || ' only' END AS reason
FROM (SELECT fingerprint, username FROM ssh_authorized_keys WHERE fingerprint IS NOT NULL ORDER BY fingerprint, username)
GROUP BY fingerprint
ORDER BY fingerprint
