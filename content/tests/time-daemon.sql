/*
id: time-daemon
title: One daemon keeps the clock
topic: time
why: >
  Times of different hosts can be compared only if their clocks agree. One daemon must run and come back after a
  restart; two fight each other.
controls:
  - control: LOG-02
    reason: >
      The control wants clocks synchronised to a trusted source.
severity: high
parameters: []
tables: [time_sync]
paths: []
empty: unknown
fix: |
  apt-get install chrony          # replaces systemd-timesyncd
  systemctl enable --now chrony
references: ["chronyd(8)", "systemd-timesyncd.service(8)"]
*/
WITH d AS (SELECT daemon, enabled, running FROM time_sync WHERE kind = 'daemon')
SELECT 'time daemon' AS resource,
       CASE WHEN (SELECT sum(coalesce(running, enabled)) FROM d) > 1 THEN 'fail'
            WHEN EXISTS (SELECT 1 FROM d WHERE enabled = 1 AND coalesce(running, 1) = 1) THEN 'pass'
            ELSE 'fail' END AS status,
       coalesce((SELECT group_concat(daemon || CASE running WHEN 1 THEN ' is running and ' WHEN 0 THEN ' is not running and ' ELSE ' ' END
                                     || CASE enabled WHEN 1 THEN 'starts at boot' ELSE 'does not start at boot' END, '; ') FROM (SELECT * FROM d ORDER BY daemon)),
                'no daemon for the time is installed') AS reason
FROM (SELECT 1 FROM time_sync LIMIT 1)
