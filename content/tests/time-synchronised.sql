/*
id: time-synchronised
title: The clock is synchronised
topic: time
why: >
  A running daemon that reaches no source keeps nothing. The kernel knows whether its clock is being steered.
controls:
  - control: LOG-02
    reason: >
      Shows the effect, not the configuration: the clock follows its source.
severity: medium
parameters: [time_offset_ms_max]
tables: [time_sync]
paths: []
empty: unknown
fix: |
  chronyc tracking                # or: timedatectl timesync-status
  # open UDP port 123 outwards, or name servers that can be reached in /etc/chrony/chrony.conf
references: ["adjtimex(2)", "chronyc(1)"]
*/
SELECT 'clock' AS resource,
       CASE WHEN synced IS NULL THEN 'unknown' WHEN synced = 0 THEN 'fail' WHEN abs(coalesce(offset, 0)) > :time_offset_ms_max THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN synced IS NULL THEN 'the kernel did not tell' WHEN synced = 0 THEN 'is not synchronised'
            ELSE 'is synchronised, ' || CASE WHEN abs(coalesce(offset, 0)) > :time_offset_ms_max THEN 'more than ' ELSE 'within ' END || :time_offset_ms_max || ' ms' END AS reason
FROM time_sync
WHERE kind = 'kernel'
