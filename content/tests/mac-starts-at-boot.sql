/*
id: mac-starts-at-boot
title: The mandatory policy comes back after a restart
topic: mac
why: >
  A policy that runs now and is switched off in the configuration is gone after the next restart, without
  anybody noticing.
controls:
  - control: VUL-05
    reason: >
      Compares what runs with what will run after a restart.
severity: medium
parameters: []
tables: [mac_status]
paths: []
empty: unknown
fix: |
  systemctl enable apparmor
  # SELinux: SELINUX=enforcing in /etc/selinux/config
references: ["apparmor(7)", "selinux_config(5)"]
*/
SELECT system AS resource,
       CASE WHEN configured_mode IN ('enabled', 'enforcing') THEN 'pass'
            WHEN configured_mode IS NULL AND coalesce(mode, 'disabled') = 'disabled' THEN 'skip'
            WHEN configured_mode IS NULL THEN 'unknown'
            WHEN coalesce(mode, 'disabled') = 'disabled' AND EXISTS (SELECT 1 FROM mac_status AS o WHERE o.profile IS NULL AND o.system <> m.system AND o.configured_mode IN ('enabled', 'enforcing')) THEN 'skip'
            ELSE 'fail' END AS status,
       'configured: ' || coalesce(configured_mode, 'nothing') || ', now: ' || coalesce(mode, 'not known') AS reason
FROM mac_status AS m
WHERE profile IS NULL
ORDER BY system
