/*
id: boot-not-too-long
title: The host was restarted within the patch rhythm
topic: boot
why: >
  A host that has not been restarted for a very long time runs an old kernel whatever was installed since, and
  nobody knows whether it still starts.
controls:
  - control: VUL-02
    reason: >
      Kernel fixes count from the restart; a long uptime means that none was taken into use.
severity: medium
parameters: [uptime_days_max]
tables: [uptime]
paths: []
empty: unknown
fix: |
  apt-get update && apt-get upgrade
  systemctl reboot                 # in a maintenance window
references: ["uptime(1)"]
*/
SELECT 'uptime' AS resource,
       CASE WHEN seconds IS NULL THEN 'unknown' WHEN seconds <= :uptime_days_max * 86400 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN seconds IS NULL THEN 'could not be read' ELSE 'was started ' || CASE WHEN seconds <= :uptime_days_max * 86400 THEN 'at most ' ELSE 'more than ' END || :uptime_days_max || ' days ago' END AS reason
FROM uptime
