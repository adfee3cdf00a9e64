/*
id: key-of-locked-account
title: Locked accounts have no working SSH key
topic: keys
why: >
  Locking a password does not touch keys: the person who left still gets in. An account must expire, or its keys must
  go.
controls:
  - control: AC-04
    reason: >
      Finds accounts that were locked for a leaver and still let them in: the exact failure that the control must
      prevent.
severity: critical
parameters: []
tables: [shadow, ssh_authorized_keys]
paths: []
empty: not_applicable
fix: |
  usermod -e 1 NAME                                # the account expires: PAM refuses keys too
  mv /home/NAME/.ssh/authorized_keys /root/NAME.authorized_keys.removed
references: ["usermod(8)", "authorized_keys(5)"]
*/
SELECT k.username || ' ' || k.path || ':' || k.line AS resource,
       CASE WHEN s.expire IS NOT NULL AND s.expire <= :now_ms THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN s.expire IS NOT NULL AND s.expire <= :now_ms THEN 'the account has expired, so the key does not let anybody in'
            ELSE 'the password of ' || k.username || ' is locked, but this key still works; expected an expired account or no key' END AS reason
FROM ssh_authorized_keys AS k
JOIN shadow AS s ON s.username = k.username
WHERE s.state = 'locked'
ORDER BY 1
