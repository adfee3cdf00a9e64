/*
id: package-legacy
title: No programs for insecure remote access are installed
topic: services
why: >
  Servers for telnet, rsh, tftp or NIS have no place on a current host. Installed they wait for somebody to start
  them.
controls:
  - control: VUL-05
    reason: >
      A hardened baseline leaves them out.
  - control: END-03
    reason: >
      They are software that no one approves today.
severity: medium
parameters: []
tables: [packages]
paths: []
empty: unknown
fix: |
  apt-get purge PACKAGE
references: ["apt-get(8)"]
*/
WITH legacy(name) AS (VALUES ('telnetd'), ('inetutils-telnetd'), ('telnetd-ssl'), ('rsh-server'), ('rsh-redone-server'), ('nis'), ('ypserv'), ('tftpd'),
    ('tftpd-hpa'), ('atftpd'), ('talkd'), ('inetutils-talkd'), ('fingerd'), ('xinetd'), ('openbsd-inetd'), ('inetutils-inetd'), ('rstatd'), ('rusersd'))
SELECT l.name AS resource, 'fail' AS status, 'installed, version ' || coalesce(p.version, '?') || '; expected not to be' AS reason
FROM legacy AS l
JOIN packages AS p ON p.name = l.name AND p.status = 'installed'
UNION ALL
SELECT 'packages' AS resource, 'pass' AS status, 'none of these programs is installed' AS reason
FROM (SELECT count(*) AS n, coalesce(sum(p.status = 'installed' AND p.name IN (SELECT name FROM legacy)), 0) AS bad FROM packages AS p)
WHERE bad = 0 AND n > 0
ORDER BY 1
