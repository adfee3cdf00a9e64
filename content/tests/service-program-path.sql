/*
id: service-program-path
title: Services start programs from protected folders
topic: services
why: >
  A service whose program lies in a home or in a folder for temporary files can be replaced by whoever may write
  there, and then runs with the service's rights.
controls:
  - control: CHG-05
    reason: >
      Only the approved path may put code into production; a program in a person's folder goes around it.
  - control: END-03
    reason: >
      Software on production hosts comes from approved places.
severity: high
parameters: []
tables: [services]
paths: []
empty: unknown
fix: |
  install -o root -g root -m 0755 /home/ada/app/run /usr/local/bin/app
  systemctl edit --full app.service && systemctl restart app.service
references: ["systemd.service(5)"]
*/
SELECT unit AS resource,
       CASE WHEN exec GLOB '/tmp/*' OR exec GLOB '/var/tmp/*' OR exec GLOB '/dev/shm/*' OR exec GLOB '/home/*' OR exec GLOB '/root/*'
                 OR fragment GLOB '/tmp/*' OR fragment GLOB '/home/*' THEN 'fail' ELSE 'pass' END AS status,
       'starts ' || substr(exec, 1, 120) || CASE WHEN exec GLOB '/tmp/*' OR exec GLOB '/var/tmp/*' OR exec GLOB '/dev/shm/*' OR exec GLOB '/home/*' OR exec GLOB '/root/*'
                 OR fragment GLOB '/tmp/*' OR fragment GLOB '/home/*' THEN ' (unit ' || coalesce(fragment, '?') || '); expected a program below /usr or /opt' ELSE '' END AS reason
FROM services
WHERE type = 'service' AND exec IS NOT NULL AND exec <> '' AND (enabled IN ('enabled', 'enabled-runtime') OR active = 'active')
ORDER BY unit
