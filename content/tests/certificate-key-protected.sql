/*
id: certificate-key-protected
title: Private keys of certificates are readable by their service only
topic: certificates
why: >
  Who can read the key can pretend to be the service, or read recorded traffic.
controls:
  - control: CRY-03
    reason: >
      Keys restricted to named roles: on a host that is the mode of the key's file.
severity: high
parameters: []
tables: [certificates]
paths: []
empty: not_applicable
fix: |
  chmod 0640 KEY && chown root:ssl-cert KEY
references: ["chmod(1)"]
*/
SELECT key_path AS resource,
       CASE WHEN key_mode IS NULL THEN 'unknown' WHEN key_mode & 7 THEN 'fail' WHEN key_mode & 16 THEN 'fail' ELSE 'pass' END AS status,
       'mode is ' || coalesce(printf('%04o', key_mode), 'not known') || CASE WHEN key_mode & 7 THEN ': everybody can reach it' WHEN key_mode & 16 THEN ': its group may write it' ELSE '' END
           || '; the key of ' || path AS reason
FROM certificates
WHERE is_ca_store = 0 AND position = 0 AND key_path IS NOT NULL
ORDER BY key_path, path
