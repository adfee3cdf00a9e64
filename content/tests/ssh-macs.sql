/*
id: ssh-macs
title: SSH uses no weak message check
topic: ssh
why: >
  The message check notices changes on the way. MD5 and SHA-1 are broken hashes, and tags of 64 bits are short; newer
  ones cost nothing more.
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
  printf 'MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,umac-128-etm@openssh.com\n' > /etc/ssh/sshd_config.d/10-ssh-macs.conf
  sshd -t && systemctl reload ssh
  ssh -Q mac           # what this version knows
references: ["sshd_config(5)"]
*/
WITH weak(name) AS (VALUES ('hmac-md5'), ('hmac-md5-96'), ('hmac-md5-etm@openssh.com'), ('hmac-md5-96-etm@openssh.com'), ('hmac-sha1'), ('hmac-sha1-96'), ('hmac-sha1-etm@openssh.com'), ('hmac-sha1-96-etm@openssh.com'), ('umac-64@openssh.com'), ('umac-64-etm@openssh.com'), ('hmac-ripemd160'))
SELECT s.key || CASE WHEN s.match = '' THEN '' ELSE ' (Match ' || s.match || ')' END AS resource,
       CASE WHEN EXISTS (SELECT 1 FROM weak WHERE instr(',' || s.value || ',', ',' || weak.name || ',') > 0) THEN 'fail' ELSE 'pass' END AS status,
       coalesce('accepts ' || (SELECT group_concat(weak.name, ', ') FROM weak WHERE instr(',' || s.value || ',', ',' || weak.name || ',') > 0)
                || ' (' || coalesce(s.origin, 'default') || '); expected none of them', 'no weak algorithm is offered') AS reason
FROM sshd_effective AS s
WHERE s.key = 'macs'
ORDER BY 1
