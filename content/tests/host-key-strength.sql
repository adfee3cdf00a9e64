/*
id: host-key-strength
title: The SSH server proves itself with strong keys
topic: keys
why: >
  By its host key a client knows that it talks to the right server. A key that can be computed lets another machine
  pose as this one.
controls:
  - control: CRY-02
    reason: >
      The encrypted channel is only worth something if the other end is the right one.
severity: medium
parameters: [ssh_rsa_bits_min]
tables: [ssh_host_keys]
paths: []
empty: not_applicable
fix: |
  rm /etc/ssh/ssh_host_dsa_key /etc/ssh/ssh_host_dsa_key.pub
  ssh-keygen -t rsa -b {ssh_rsa_bits_min} -N '' -f /etc/ssh/ssh_host_rsa_key   # tell users of the new fingerprint
  systemctl reload ssh
references: ["sshd(8)", "ssh-keygen(1)"]
*/
SELECT path AS resource,
       CASE WHEN type LIKE 'ssh-dss%' THEN 'fail' WHEN type LIKE 'ssh-rsa%' AND bits IS NULL THEN 'unknown'
            WHEN type LIKE 'ssh-rsa%' AND bits < :ssh_rsa_bits_min THEN 'fail' ELSE 'pass' END AS status,
       type || coalesce(' of ' || bits || ' bits', '') || '; expected Ed25519, ECDSA or RSA of at least ' || :ssh_rsa_bits_min || ' bits' AS reason
FROM ssh_host_keys
ORDER BY path
