/*
id: ssh-key-exchange
title: SSH agrees on keys by no weak method
topic: ssh
why: >
  The key exchange makes the secret of the session. Small groups and SHA-1 put that secret within reach of
  well-equipped attackers, for recordings too.
controls:
  - control: CRY-02
    reason: >
      Strong ciphers for every connection that carries confidential data: this reads what the server would agree to.
severity: high
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,diffie-hellman-group16-sha512\n' > /etc/ssh/sshd_config.d/10-ssh-key-exchange.conf
  sshd -t && systemctl reload ssh
  ssh -Q kex           # what this version knows
references: ["sshd_config(5)"]
*/
WITH weak(name) AS (VALUES ('diffie-hellman-group1-sha1'), ('diffie-hellman-group14-sha1'), ('diffie-hellman-group-exchange-sha1'), ('rsa1024-sha1'))
SELECT s.key || CASE WHEN s.match = '' THEN '' ELSE ' (Match ' || s.match || ')' END AS resource,
       CASE WHEN EXISTS (SELECT 1 FROM weak WHERE instr(',' || s.value || ',', ',' || weak.name || ',') > 0) THEN 'fail' ELSE 'pass' END AS status,
       coalesce('accepts ' || (SELECT group_concat(weak.name, ', ') FROM weak WHERE instr(',' || s.value || ',', ',' || weak.name || ',') > 0)
                || ' (' || coalesce(s.origin, 'default') || '); expected none of them', 'no weak algorithm is offered') AS reason
FROM sshd_effective AS s
WHERE s.key = 'kexalgorithms'
ORDER BY 1
