/*
id: update-timers
title: The jobs that update the host are switched on
topic: update-policy
why: >
  Settings alone install nothing: two timers run the work. If they are masked or disabled, the policy is only text.
controls:
  - control: VUL-02
    reason: >
      Shows that the mechanism for timely patches is in operation, not only configured.
severity: medium
parameters: []
tables: [timers]
paths: []
empty: unknown
fix: |
  systemctl unmask apt-daily.timer apt-daily-upgrade.timer && systemctl enable --now apt-daily.timer apt-daily-upgrade.timer
references: ["systemd.timer(5)"]
*/
SELECT unit AS resource,
       CASE WHEN enabled IN ('enabled', 'static', 'enabled-runtime') AND coalesce(active, 'active') = 'active' THEN 'pass' ELSE 'fail' END AS status,
       unit || ' is ' || coalesce(enabled, '?') || coalesce(' and ' || active, '') || '; expected enabled and active' AS reason
FROM timers
WHERE unit IN ('apt-daily.timer', 'apt-daily-upgrade.timer')
ORDER BY unit
