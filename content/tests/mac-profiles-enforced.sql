/*
id: mac-profiles-enforced
title: Loaded profiles are enforced
topic: mac
why: >
  A profile in complain mode only writes down what it would have refused. It is meant for an afternoon of
  testing and tends to stay.
controls:
  - control: VUL-05
    reason: >
      Shows profiles of the baseline that do not protect.
severity: medium
parameters: []
tables: [mac_status]
paths: []
empty: not_applicable
fix: |
  aa-enforce /etc/apparmor.d/NAME
  aa-status
references: ["aa-enforce(8)"]
*/
SELECT profile AS resource,
       CASE WHEN profile_mode IN ('enforce', 'kill') THEN 'pass' WHEN profile_mode = 'unconfined' THEN 'skip' WHEN profile_mode = 'complain' THEN 'fail' ELSE 'unknown' END AS status,
       CASE WHEN profile_mode IN ('enforce', 'kill') THEN 'is enforced' WHEN profile_mode = 'unconfined' THEN 'only names the program and confines nothing by design'
            WHEN profile_mode = 'complain' THEN 'only complains: nothing is refused' ELSE 'its mode is not known' END AS reason
FROM mac_status
WHERE profile IS NOT NULL
ORDER BY profile
