/*
id: session-timeout
title: Idle shells end
topic: sessions
why: >
  A shell left open on an unlocked screen, or in a session that somebody else picks up, has all rights of its owner.
  TMOUT ends it.
controls:
  - control: AC-09
    reason: >
      The idle limit is one of the session settings that the control enforces.
severity: medium
parameters: [session_idle_minutes_max]
tables: [shell_env]
paths: []
empty: unknown
fix: |
  printf 'TMOUT=%d\nreadonly TMOUT\nexport TMOUT\n' "$(( {session_idle_minutes_max} * 60 ))" > /etc/profile.d/60-session-timeout.sh
references: ["bash(1)"]
*/
SELECT 'TMOUT' AS resource,
       CASE WHEN max(tmout BETWEEN 1 AND :session_idle_minutes_max * 60 AND is_conditional = 0 AND tmout_readonly = 1) THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN count(tmout) = 0 THEN 'no start file of the shell sets TMOUT; expected at most ' || (:session_idle_minutes_max * 60) || ' seconds'
            ELSE 'TMOUT is ' || min(tmout) || ' seconds in ' || max(CASE WHEN tmout IS NOT NULL THEN file END)
                 || CASE WHEN max(coalesce(tmout_readonly, 0)) = 0 THEN ', and users may change it (not readonly)' ELSE '' END
                 || CASE WHEN min(CASE WHEN tmout IS NOT NULL THEN is_conditional END) = 1 THEN ', under a condition' ELSE '' END
                 || '; expected 1 to ' || (:session_idle_minutes_max * 60) || ', readonly' END AS reason
FROM shell_env
HAVING count(*) > 0
