/*
id: ssh-ciphers
title: SSH uses no weak cipher
topic: ssh
why: >
  Old ciphers can be read or altered on the way by somebody with patience. What the server still offers, an attacker
  in between can make the client use.
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
  printf 'Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr\n' > /etc/ssh/sshd_config.d/10-ssh-ciphers.conf
  sshd -t && systemctl reload ssh
  ssh -Q cipher           # what this version knows
references: ["sshd_config(5)"]
*/
WITH weak(name) AS (VALUES ('3des-cbc'), ('aes128-cbc'), ('aes192-cbc'), ('aes256-cbc'), ('rijndael-cbc@lysator.liu.se'), ('blowfish-cbc'), ('cast128-cbc'), ('arcfour'), ('arcfour128'), ('arcfour256'))
SELECT s.key || CASE WHEN s.match = '' THEN '' ELSE ' (Match ' || s.match || ')' END AS resource,
       CASE WHEN EXISTS (SELECT 1 FROM weak WHERE instr(',' || s.value || ',', ',' || weak.name || ',') > 0) THEN 'fail' ELSE 'pass' END AS status,
       coalesce('accepts ' || (SELECT group_concat(weak.name, ', ') FROM weak WHERE instr(',' || s.value || ',', ',' || weak.name || ',') > 0)
                || ' (' || coalesce(s.origin, 'default') || '); expected none of them', 'no weak algorithm is offered') AS reason
FROM sshd_effective AS s
WHERE s.key = 'ciphers'
ORDER BY 1
