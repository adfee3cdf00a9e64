/*
id: ssh-dead-sessions
title: SSH ends sessions whose other end is gone
topic: ssh
why: >
  Without probes a session whose laptop was closed stays open for days with its rights, ready for whoever gets hold of
  the connection or the process.
controls:
  - control: AC-09
    reason: >
      Session limits are among the enforced settings; this ends sessions whose client does not answer (idle shells are
      the matter of the TMOUT test).
severity: low
parameters: [session_idle_minutes_max]
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'ClientAliveInterval %d\nClientAliveCountMax 3\n' "$(( {session_idle_minutes_max} * 20 ))" > /etc/ssh/sshd_config.d/10-ssh-dead-sessions.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
WITH v(interval_s, probes) AS (
    SELECT (SELECT CAST(value AS INTEGER) FROM sshd_effective WHERE key = 'clientaliveinterval' AND match = ''),
           (SELECT CAST(value AS INTEGER) FROM sshd_effective WHERE key = 'clientalivecountmax' AND match = ''))
SELECT 'ClientAliveInterval' AS resource,
       CASE WHEN interval_s > 0 AND probes > 0 AND interval_s * probes <= :session_idle_minutes_max * 60 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN interval_s = 0 OR probes = 0 THEN 'dead sessions are never ended'
            ELSE 'a dead session ends after ' || (interval_s * probes) || ' seconds' END
            || ' (interval ' || interval_s || ', probes ' || probes || '); expected within ' || (:session_idle_minutes_max * 60) || ' seconds' AS reason
FROM v
WHERE interval_s IS NOT NULL AND probes IS NOT NULL
