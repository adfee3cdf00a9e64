/*
id: update-automatic-security
title: Automatic updates take the security archive
topic: update-policy
why: >
  Unattended upgrades install only from the origins that are listed. Without the security origin they run each night
  and leave out what matters.
controls:
  - control: VUL-02
    reason: >
      The mechanism must cover security patches to meet their limits.
severity: medium
parameters: []
tables: [update_policy]
paths: []
empty: not_applicable
fix: |
  dpkg-reconfigure unattended-upgrades             # restores /etc/apt/apt.conf.d/50unattended-upgrades with the security origin
references: ["unattended-upgrade(8)"]
*/
SELECT 'Unattended-Upgrade origins' AS resource,
       CASE WHEN max(lower(value) LIKE '%security%') THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN max(lower(value) LIKE '%security%') THEN 'the security archive is among them' ELSE 'none of ' || count(*) || ' origins names the security archive' END AS reason
FROM update_policy
WHERE (key LIKE 'Unattended-Upgrade::Origins-Pattern%' OR key LIKE 'Unattended-Upgrade::Allowed-Origins%') AND value <> ''
HAVING count(*) > 0
