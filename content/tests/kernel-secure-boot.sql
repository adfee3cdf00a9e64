/*
id: kernel-secure-boot
title: Secure Boot is on
topic: kernel
why: >
  With Secure Boot the host starts only signed software. Without it somebody with a moment at the console, or
  with full rights, can place software that starts before every protection.
controls:
  - control: VUL-05
    reason: >
      The baseline of hosts that start by UEFI includes Secure Boot.
severity: low
parameters: []
tables: [kernel]
paths: []
empty: unknown
fix: |
  # in the firmware set-up: Secure Boot on; then check with
  mokutil --sb-state
references: ["mokutil(1)"]
*/
SELECT 'secure boot' AS resource,
       CASE WHEN uefi = 0 THEN 'skip' WHEN secure_boot = 1 THEN 'pass' WHEN secure_boot = 0 THEN 'fail' ELSE 'unknown' END AS status,
       CASE WHEN uefi = 0 THEN 'this host does not start by UEFI' WHEN secure_boot = 1 THEN 'is on' WHEN secure_boot = 0 THEN 'is off'
            ELSE 'its state could not be read' END AS reason
FROM kernel
