/*
id: service-legacy
title: No insecure network service is switched on
topic: services
why: >
  Services of earlier decades trust names, addresses or clear-text passwords.
controls:
  - control: VUL-05
    reason: >
      A hardened baseline has none of them running.
  - control: CRY-02
    reason: >
      They carry sign-ins and data in clear text.
severity: high
parameters: []
tables: [services]
paths: []
empty: unknown
fix: |
  systemctl disable --now UNIT                     # and remove its package
references: ["systemctl(1)"]
*/
WITH legacy(unit) AS (VALUES ('telnet.socket'), ('inetd.service'), ('inetutils-inetd.service'), ('xinetd.service'), ('rsh.socket'), ('rlogin.socket'),
    ('rexec.socket'), ('tftp.socket'), ('tftpd-hpa.service'), ('atftpd.service'), ('ypserv.service'), ('ypbind.service'), ('nis.service'), ('talk.socket'),
    ('vsftpd.service'), ('proftpd.service'), ('pure-ftpd.service'), ('rsync.service'))
SELECT l.unit AS resource,
       CASE WHEN s.active = 'active' OR s.enabled IN ('enabled', 'enabled-runtime', 'generated') THEN 'fail' ELSE 'pass' END AS status,
       coalesce(s.enabled, '?') || coalesce(', ' || s.active, '') || '; expected disabled and inactive' AS reason
FROM legacy AS l
JOIN services AS s ON s.unit = l.unit
UNION ALL
SELECT 'systemd units' AS resource, 'pass' AS status, 'none of these services is there' AS reason
FROM (SELECT count(*) AS n, coalesce(sum(unit IN (SELECT unit FROM legacy)), 0) AS found FROM services)
WHERE found = 0 AND n > 0
ORDER BY 1
