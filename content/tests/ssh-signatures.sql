/*
id: ssh-signatures
title: SSH accepts no signatures of broken kinds
topic: ssh
why: >
  ssh-rsa here means a signature over SHA-1, and ssh-dss a key of 1024 bits. Both can be forged with means that can be
  rented.
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
  printf 'PubkeyAcceptedAlgorithms -ssh-rsa,ssh-dss\n' > /etc/ssh/sshd_config.d/10-ssh-signatures.conf
  sshd -t && systemctl reload ssh
  ssh -Q key           # what this version knows
references: ["sshd_config(5)"]
*/
WITH weak(name) AS (VALUES ('ssh-rsa'), ('ssh-dss'), ('ssh-rsa-cert-v01@openssh.com'), ('ssh-dss-cert-v01@openssh.com'))
SELECT s.key || CASE WHEN s.match = '' THEN '' ELSE ' (Match ' || s.match || ')' END AS resource,
       CASE WHEN EXISTS (SELECT 1 FROM weak WHERE instr(',' || s.value || ',', ',' || weak.name || ',') > 0) THEN 'fail' ELSE 'pass' END AS status,
       coalesce('accepts ' || (SELECT group_concat(weak.name, ', ') FROM weak WHERE instr(',' || s.value || ',', ',' || weak.name || ',') > 0)
                || ' (' || coalesce(s.origin, 'default') || '); expected none of them', 'no weak algorithm is offered') AS reason
FROM sshd_effective AS s
WHERE s.key = 'pubkeyacceptedalgorithms'
ORDER BY 1
