/*
id: mac-active
title: Programs are confined by a mandatory policy
topic: mac
why: >
  When a service is broken into, a mandatory policy (AppArmor or SELinux) limits what it can reach, whatever
  rights it has.
controls:
  - control: VUL-05
    reason: >
      Mandatory access control is part of the hardened baseline of Debian hosts.
severity: high
parameters: []
tables: [mac_status]
paths: []
empty: unknown
fix: |
  apt-get install apparmor apparmor-utils
  systemctl enable --now apparmor
  # if the kernel was started without it: add apparmor=1 security=apparmor to GRUB_CMDLINE_LINUX, update-grub, restart
references: ["apparmor(7)", "selinux(8)"]
*/
WITH system AS (SELECT system, mode, configured_mode FROM mac_status WHERE profile IS NULL)
SELECT 'mandatory access control' AS resource,
       CASE WHEN EXISTS (SELECT 1 FROM system WHERE mode IN ('enforcing', 'enabled', 'enforce')) THEN 'pass'
            WHEN EXISTS (SELECT 1 FROM system WHERE mode IS NULL) AND NOT EXISTS (SELECT 1 FROM system WHERE mode IS NOT NULL) THEN 'unknown'
            ELSE 'fail' END AS status,
       coalesce((SELECT group_concat(system || ' is ' || coalesce(mode, 'not known') || coalesce(' (configured: ' || configured_mode || ')', ''), ', ')
                 FROM (SELECT * FROM system ORDER BY system)), 'no system for it was found') AS reason
WHERE EXISTS (SELECT 1 FROM system)
