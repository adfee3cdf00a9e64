/*
id: service-discovery
title: Services made for desktops and old networks are off
topic: services
why: >
  Printing, discovery of neighbours and the port mapper answer everybody on the network and are needed by few servers.
  Where they are needed, a waiver says so.
controls:
  - control: VUL-05
    reason: >
      What a server does not need is not in its baseline; each is one more program that reads packets from strangers.
severity: low
parameters: []
tables: [services]
paths: []
empty: not_applicable
fix: |
  systemctl disable --now UNIT
references: ["systemctl(1)"]
*/
SELECT unit AS resource,
       CASE WHEN active = 'active' OR enabled IN ('enabled', 'enabled-runtime') THEN 'fail' ELSE 'pass' END AS status,
       coalesce(enabled, '?') || coalesce(', ' || active, '') || '; expected disabled and inactive on a server' AS reason
FROM services
WHERE unit IN ('avahi-daemon.service', 'avahi-daemon.socket', 'cups.service', 'cups.socket', 'cups-browsed.service', 'rpcbind.service', 'rpcbind.socket',
               'bluetooth.service', 'ModemManager.service', 'geoclue.service')
ORDER BY unit
