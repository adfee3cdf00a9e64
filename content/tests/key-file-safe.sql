/*
id: key-file-safe
title: Nobody else can add an SSH key to an account
topic: keys
why: >
  Who can write the file or its folder can add a key and sign in as that person, without knowing any password.
controls:
  - control: AC-10
    reason: >
      The list of keys of an account must be under its owner's control only.
severity: high
parameters: []
tables: [ssh_authorized_keys]
paths: []
empty: not_applicable
fix: |
  chown -R NAME: /home/NAME/.ssh
  chmod 0700 /home/NAME/.ssh && chmod 0600 /home/NAME/.ssh/authorized_keys
references: ["authorized_keys(5)", "chmod(1)"]
*/
SELECT username || ' ' || path AS resource,
       CASE WHEN max(is_file_safe IS NULL) THEN 'unknown' WHEN min(is_file_safe) = 0 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN max(is_file_safe IS NULL) THEN 'owner and mode could not be read'
            WHEN min(is_file_safe) = 0 THEN 'the file (mode ' || coalesce(max(mode), '?') || ', owner ' || coalesce(max(owner), '?')
                                           || ') or its folder can be written by others; expected 0600 in a folder of 0700'
            ELSE 'only the account and root can write it' END AS reason
FROM ssh_authorized_keys
GROUP BY username, path
ORDER BY 1
