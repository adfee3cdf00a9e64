/*
id: crypttab-key-private
title: Key files of volumes can be read by root only
topic: encryption
why: >
  A volume that is opened at boot by a file with the key is as safe as that file.
controls:
  - control: CRY-03
    reason: >
      Keys are restricted to those who need them.
severity: critical
parameters: []
tables: [crypttab]
paths: []
empty: not_applicable
fix: |
  chown root:root KEYFILE && chmod 0400 KEYFILE
references: ["crypttab(5)"]
*/
SELECT coalesce(key_file, name) AS resource,
       CASE WHEN key_file IS NULL OR key_file IN ('/dev/urandom', '/dev/random') THEN 'pass' WHEN key_mode IS NULL THEN 'unknown'
            WHEN (key_mode & 63) = 0 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN key_file IS NULL THEN name || ' is opened without a key file' WHEN key_file IN ('/dev/urandom', '/dev/random') THEN name || ' gets a new key at each start'
            WHEN key_mode IS NULL THEN 'the key file of ' || name || ' is missing or could not be looked at'
            ELSE 'mode ' || printf('%04o', key_mode) || '; expected 0400' END AS reason
FROM crypttab
ORDER BY 1
