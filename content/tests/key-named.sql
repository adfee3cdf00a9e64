/*
id: key-named
title: Every SSH key says whose it is
topic: keys
why: >
  A review of keys can only decide about keys whose owner it can tell. The comment behind the key is the place for it.
controls:
  - control: AC-10
    reason: >
      The control asks for a registered owner of each key; an unnamed key cannot be matched to one.
severity: low
parameters: []
tables: [ssh_authorized_keys]
paths: []
empty: not_applicable
fix: |
  editor /home/NAME/.ssh/authorized_keys           # write owner and purpose behind the key
references: ["authorized_keys(5)"]
*/
SELECT username || ' ' || path || ':' || line AS resource,
       CASE WHEN trim(coalesce(comment, '')) = '' THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN trim(coalesce(comment, '')) = '' THEN 'key ' || coalesce(fingerprint, '') || ' has no comment; expected its owner and purpose'
            ELSE 'comment: ' || comment END AS reason
FROM ssh_authorized_keys
WHERE type IS NOT NULL
ORDER BY 1
