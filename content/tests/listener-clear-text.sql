/*
id: listener-clear-text
title: No service takes passwords or data in clear text
topic: listeners
why: >
  Old protocols send names, passwords and data readable for everybody on the way. There is no setting that mends them.
controls:
  - control: CRY-02
    reason: >
      Clear-text protocols must be blocked; these ports are those of protocols without encryption.
severity: high
parameters: []
tables: [listening]
paths: []
empty: not_applicable
fix: |
  systemctl disable --now UNIT
  apt-get purge telnetd rsh-server tftpd-hpa      # what is there of them; SSH and SFTP take their place
references: ["ss(8)", "services(5)"]
*/
WITH clear(proto, port, protocol, can_upgrade) AS (VALUES
    ('tcp', 23, 'Telnet', 0), ('tcp', 512, 'rexec', 0), ('tcp', 513, 'rlogin', 0), ('tcp', 514, 'rsh or plain syslog', 0), ('tcp', 79, 'finger', 0),
    ('udp', 69, 'TFTP', 0), ('tcp', 873, 'rsync daemon', 0), ('udp', 161, 'SNMP (versions 1 and 2 are clear text)', 1), ('tcp', 21, 'FTP', 1),
    ('tcp', 110, 'POP3', 1), ('tcp', 143, 'IMAP', 1), ('tcp', 389, 'LDAP', 1), ('udp', 514, 'syslog', 0), ('tcp', 1883, 'MQTT', 0))
SELECT l.proto || '/' || l.port || coalesce(' ' || max(l.name), '') AS resource,
       CASE WHEN min(l.scope = 'loopback') THEN 'pass' WHEN c.protocol IS NULL THEN 'pass' WHEN c.can_upgrade = 1 THEN 'unknown' ELSE 'fail' END AS status,
       CASE WHEN min(l.scope = 'loopback') THEN 'reachable on this host only'
            WHEN c.protocol IS NULL THEN 'not the port of a clear-text protocol'
            WHEN c.can_upgrade = 1 THEN c.protocol || ' may or may not ask for encryption; that cannot be told from the port'
            ELSE c.protocol || ' has no encryption; expected it to be off or on this host only' END AS reason
FROM listening AS l
LEFT JOIN clear AS c ON c.proto = l.proto AND c.port = l.port
GROUP BY l.proto, l.port
ORDER BY l.proto, l.port
