/*
id: key-strength
title: SSH keys of people are strong
topic: keys
why: >
  A short key can be computed from its public half. What lets people in must hold for years.
controls:
  - control: AC-10
    reason: >
      Keys are credentials under governance; weak ones must be found and replaced.
  - control: AC-09
    reason: >
      A key of too few bits weakens authentication as a short password does.
severity: high
parameters: [ssh_rsa_bits_min]
tables: [ssh_authorized_keys]
paths: []
empty: not_applicable
fix: |
  ssh-keygen -t ed25519       # by the person; then replace the line in authorized_keys
references: ["ssh-keygen(1)", "authorized_keys(5)"]
*/
SELECT username || ' ' || path || ':' || line AS resource,
       CASE WHEN type IS NULL THEN 'unknown'
            WHEN type LIKE 'ssh-dss%' THEN 'fail'
            WHEN type LIKE 'ssh-rsa%' AND bits IS NULL THEN 'unknown'
            WHEN type LIKE 'ssh-rsa%' AND bits < :ssh_rsa_bits_min THEN 'fail'
            ELSE 'pass' END AS status,
       CASE WHEN type IS NULL THEN 'the line is malformed'
            WHEN type LIKE 'ssh-dss%' THEN 'a DSA key (1024 bits); expected Ed25519, ECDSA or RSA of ' || :ssh_rsa_bits_min || ' bits'
            ELSE type || coalesce(' of ' || bits || ' bits', ' of unknown size') || '; RSA must have at least ' || :ssh_rsa_bits_min || ' bits' END AS reason
FROM ssh_authorized_keys
ORDER BY 1
