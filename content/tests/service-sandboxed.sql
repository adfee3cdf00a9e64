/*
id: service-sandboxed
title: Services that strangers can reach are fenced in
topic: services
why: >
  When a network service is broken into, systemd's sandbox decides what the intruder has got: the service's own data,
  or the host.
controls:
  - control: VUL-05
    reason: >
      Sandbox settings are part of hardening a server; this counts them for the exposed services.
severity: low
parameters: [service_hardening_min]
tables: [listening, services]
paths: []
empty: not_applicable
fix: |
  systemd-analyze security UNIT
  systemctl edit UNIT                              # [Service] NoNewPrivileges=yes ProtectSystem=strict ProtectHome=yes PrivateTmp=yes PrivateDevices=yes
  systemctl restart UNIT
references: ["systemd.exec(5)", "systemd-analyze(1)"]
*/
SELECT s.unit AS resource,
       CASE WHEN s.hardening_score IS NULL THEN 'unknown' WHEN s.hardening_score >= :service_hardening_min THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN s.hardening_score IS NULL THEN 'its settings could not be read'
            ELSE 'uses ' || s.hardening_score || ' of 20 sandbox settings; expected at least ' || :service_hardening_min END AS reason
FROM services AS s
WHERE s.type = 'service' AND s.unit NOT LIKE 'user@%' AND s.unit IN (SELECT l.unit FROM listening AS l WHERE l.scope <> 'loopback')
ORDER BY s.unit
