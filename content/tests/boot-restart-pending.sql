/*
id: boot-restart-pending
title: No restart is pending
topic: boot
why: >
  After an update the old code goes on running until it is restarted: the hole is fixed on disk and open in
  memory.
controls:
  - control: VUL-02
    reason: >
      A fix counts when it runs; this finds the kernel and services that still run the old version.
severity: medium
parameters: [restart_days_max]
tables: [reboot_required]
paths: []
empty: not_applicable
fix: |
  systemctl restart UNIT           # for a service
  systemctl reboot                 # for the kernel
references: ["needrestart(1)"]
*/
SELECT CASE WHEN pid IS NULL THEN reason ELSE reason || ': ' || coalesce(unit, name, 'process') END AS resource,
       CASE WHEN max(required) = 0 THEN 'pass' WHEN min(since) IS NULL THEN 'fail' WHEN min(since) >= :now_ms - :restart_days_max * 86400000 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN max(required) = 0 THEN 'no restart is needed'
            ELSE 'a restart has been needed' || coalesce(' for ' || ((:now_ms - min(since)) / 86400000) || ' days', '') || ', expected at most ' || :restart_days_max || ': ' || coalesce(min(detail), '') END AS reason
FROM reboot_required
GROUP BY CASE WHEN pid IS NULL THEN reason ELSE reason || ': ' || coalesce(unit, name, 'process') END
ORDER BY 1
