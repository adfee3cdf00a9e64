/*
id: service-debug-shell
title: No root shell waits on a console
topic: services
why: >
  debug-shell gives a shell of root on the ninth console, without asking for anything. It is meant for one repair and
  forgotten.
controls:
  - control: AC-06
    reason: >
      Whoever reaches the console is administrator without a name.
  - control: VUL-05
    reason: >
      The unit is for debugging and in no approved baseline.
severity: critical
parameters: []
tables: [services]
paths: []
empty: unknown
fix: |
  systemctl disable --now debug-shell.service
references: ["systemd-debug-generator(8)"]
*/
SELECT 'debug-shell.service' AS resource,
       CASE WHEN max(active = 'active') OR max(enabled IN ('enabled', 'enabled-runtime')) THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN max(active = 'active') OR max(enabled IN ('enabled', 'enabled-runtime')) THEN 'switched on: a root shell without password on tty9' ELSE 'off' END AS reason
FROM (SELECT active, enabled FROM services WHERE unit = 'debug-shell.service' UNION ALL SELECT 'inactive', 'disabled' FROM services)
HAVING count(*) > 0
