/*
id: session-open-long
title: No session stays open for days
topic: sessions
why: >
  A session that has been open for a week has outlived lockouts, changes of role and perhaps its owner's employment.
controls:
  - control: AC-09
    reason: >
      Sessions must end; this finds those that do not.
  - control: AC-11
    reason: >
      Production sessions are time-boxed.
severity: low
parameters: [session_open_days_max]
tables: [logged_in]
paths: []
empty: not_applicable
fix: |
  loginctl list-sessions && loginctl terminate-session ID
references: ["loginctl(1)"]
*/
SELECT username || ' on ' || coalesce(tty, '?') AS resource,
       CASE WHEN since IS NULL THEN 'unknown' WHEN since < :now_ms - :session_open_days_max * 86400000 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN since IS NULL THEN 'when it began is not known'
            ELSE 'open for ' || CASE WHEN since < :now_ms - :session_open_days_max * 86400000 THEN 'more' ELSE 'less' END || ' than ' || :session_open_days_max || ' days'
                 || CASE WHEN coalesce(host, '') <> '' THEN ', from ' || host ELSE '' END END AS reason
FROM logged_in
ORDER BY 1
