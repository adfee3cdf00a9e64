/*
id: host-key-private
title: Only root can read the private keys of the SSH server
topic: keys
why: >
  Whoever has a copy of the private host key can pose as this server and read what people type into it.
controls:
  - control: CRY-03
    reason: >
      Keys must be restricted to those who need them; here that is the SSH server alone.
severity: critical
parameters: []
tables: [ssh_host_keys]
paths: []
empty: not_applicable
fix: |
  chown root:root /etc/ssh/ssh_host_*_key
  chmod 0600 /etc/ssh/ssh_host_*_key
  # if others could read it: make new keys (ssh-keygen -A after removing the old ones)
references: ["sshd(8)", "ssh-keygen(1)"]
*/
SELECT replace(path, '.pub', '') AS resource,
       CASE WHEN private_mode IS NULL THEN 'skip'
            WHEN private_owner <> 0 OR substr(private_mode, -1, 1) <> '0' OR substr(private_mode, -2, 1) NOT IN ('0', '4') THEN 'fail'
            ELSE 'pass' END AS status,
       CASE WHEN private_mode IS NULL THEN 'there is no private half on this host'
            ELSE 'mode ' || private_mode || ', owner ' || private_owner || '; expected 0600 and owner 0' END AS reason
FROM ssh_host_keys
ORDER BY path
