/*
id: repo-signed
title: Packages are only taken from signed archives
topic: update-policy
why: >
  The signature is what tells a package of the distributor from one that somebody put on the way. Switching it off
  lets anybody on the network install software as root.
controls:
  - control: END-03
    reason: >
      Only approved software may be installed; without signatures its origin cannot be told.
severity: critical
parameters: []
tables: [repos]
paths: []
empty: unknown
fix: |
  editor /etc/apt/sources.list                     # remove [trusted=yes] or [allow-insecure=yes]
  # and name the key: deb [signed-by=/etc/apt/keyrings/vendor.asc] https://repo.example.org/apt bookworm main
references: ["sources.list(5)", "apt-secure(8)"]
*/
SELECT uri || ' ' || suite AS resource,
       CASE WHEN max(trusted = 1) OR max(allow_insecure = 1) THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN max(trusted = 1) THEN 'trusted=yes switches signatures off (' || max(file || ':' || line) || ')'
            WHEN max(allow_insecure = 1) THEN 'allow-insecure or allow-weak is set (' || max(file || ':' || line) || ')'
            ELSE 'signatures are checked' END AS reason
FROM repos
WHERE enabled = 1
GROUP BY uri, suite
ORDER BY 1
