/*
id: update-automatic
title: Security updates are installed without waiting for a person
topic: update-policy
why: >
  Automatic installation is the only way in which a host keeps a limit of days through holidays and illness.
controls:
  - control: VUL-02
    reason: >
      Shows a mechanism that meets the remediation limits by itself; without it each update depends on somebody.
severity: high
parameters: []
tables: [update_policy]
paths: []
empty: unknown
fix: |
  apt-get install unattended-upgrades
  printf 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n' > /etc/apt/apt.conf.d/20auto-upgrades
references: ["unattended-upgrade(8)", "apt.conf(5)"]
*/
WITH v(what, value) AS (
    SELECT 'APT::Periodic::Update-Package-Lists', (SELECT max(value) FROM update_policy WHERE key = 'APT::Periodic::Update-Package-Lists')
    UNION ALL
    SELECT 'APT::Periodic::Unattended-Upgrade', (SELECT max(value) FROM update_policy WHERE key = 'APT::Periodic::Unattended-Upgrade'))
SELECT what AS resource,
       CASE WHEN CAST(coalesce(value, '0') AS INTEGER) >= 1 OR value = 'always' THEN 'pass' ELSE 'fail' END AS status,
       what || ' is ' || coalesce(value, 'not set') || '; expected 1 (every day)' AS reason
FROM v
ORDER BY what
