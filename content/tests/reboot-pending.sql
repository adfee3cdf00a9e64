/*
id: reboot-pending
title: Updates of the kernel take effect in time
topic: updates
why: >
  A new kernel on disk protects nothing: the old one runs until the host is restarted.
controls:
  - control: VUL-02
    reason: >
      The limit for a fix ends when the fixed kernel runs, not when it is unpacked.
severity: high
parameters: [reboot_days_max]
tables: [reboot_required]
paths: []
empty: unknown
fix: |
  systemctl reboot                                 # in a maintenance window
references: ["reboot(8)"]
*/
SELECT CASE reason WHEN 'kernel' THEN 'kernel' ELSE 'flag /run/reboot-required' END AS resource,
       CASE WHEN max(required IS NULL) THEN 'unknown' WHEN max(required) = 0 THEN 'pass'
            WHEN min(since) IS NULL THEN 'fail' WHEN min(since) >= :now_ms - :reboot_days_max * 86400000 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN max(required IS NULL) THEN 'it could not be told' || coalesce(' (' || max(detail) || ')', '')
            WHEN max(required) = 0 THEN 'no restart is needed'
            ELSE 'a restart is needed' || CASE WHEN min(since) IS NULL THEN '' WHEN min(since) >= :now_ms - :reboot_days_max * 86400000
                 THEN ', since less than ' || :reboot_days_max || ' days' ELSE ' for more than ' || :reboot_days_max || ' days' END || coalesce(' (' || max(detail) || ')', '') END AS reason
FROM reboot_required
WHERE reason IN ('kernel', 'flag_file')
GROUP BY reason
ORDER BY 1
