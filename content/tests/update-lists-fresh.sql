/*
id: update-lists-fresh
title: The host looks for updates
topic: updates
why: >
  A host that does not refresh its package lists does not know what it misses: it shows no pending update and is
  wrong.
controls:
  - control: VUL-01
    reason: >
      Finding missing patches is part of scanning each host; stale lists make the result incomplete.
  - control: VUL-02
    reason: >
      Remediation in time begins with knowing of the update.
severity: high
parameters: [update_check_days_max]
tables: [update_policy]
paths: []
empty: unknown
fix: |
  apt-get update
  printf 'APT::Periodic::Update-Package-Lists "1";\n' > /etc/apt/apt.conf.d/20auto-upgrades
  systemctl enable --now apt-daily.timer
references: ["apt.conf(5)", "apt-get(8)"]
*/
SELECT 'last refresh of the package lists' AS resource,
       CASE WHEN max(at) IS NULL THEN 'unknown' WHEN max(at) >= :now_ms - :update_check_days_max * 86400000 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN max(at) IS NULL THEN 'no stamp tells when the package lists were last refreshed'
            WHEN max(at) >= :now_ms - :update_check_days_max * 86400000 THEN 'refreshed within the last ' || :update_check_days_max || ' days'
            ELSE 'not refreshed for more than ' || :update_check_days_max || ' days' END AS reason
FROM (SELECT at FROM update_policy WHERE key = 'stamp::update' UNION ALL SELECT NULL)
