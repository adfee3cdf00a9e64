/*
id: file-secrets-in-homes
title: Passwords and keys in homes are closed to others
topic: files
why: >
  Tools keep passwords and tokens in files of the home directory. Where they cannot be avoided, nobody else may read
  them.
controls:
  - control: CRY-04
    reason: >
      Secrets belong in a vault; this finds those in files that other accounts can read.
  - control: AC-10
    reason: >
      Tokens of machines and people must not be readable by others.
severity: medium
parameters: []
tables: [file_facts]
paths: [/root/.netrc, /root/.pgpass, /root/.my.cnf, /root/.git-credentials, /root/.aws/credentials, /root/.docker/config.json, /root/.kube/config, "/home/*\x2f.netrc", "/home/*\x2f.pgpass", "/home/*\x2f.my.cnf", "/home/*\x2f.git-credentials", "/home/*\x2f.aws/credentials", "/home/*\x2f.docker/config.json", "/home/*\x2f.kube/config"]
empty: not_applicable
fix: |
  chmod 0600 FILE                                  # and move the secret into the vault where the tool allows it
references: ["chmod(1)"]
*/
SELECT path AS resource,
       CASE WHEN substr(mode, -2) = '00' THEN 'pass' ELSE 'fail' END AS status,
       'mode ' || mode || ', owner ' || coalesce(user_name, uid) || '; expected 0600' AS reason
FROM file_facts
WHERE is_there = 1 AND type = 'regular' AND (declared LIKE '%/.netrc' OR declared LIKE '%/.pgpass' OR declared LIKE '%/.my.cnf' OR declared LIKE '%/.git-credentials'
      OR declared LIKE '%/.aws/credentials' OR declared LIKE '%/.docker/config.json' OR declared LIKE '%/.kube/config')
ORDER BY 1
