/*
id: disk-boot-space
title: The next kernel fits on /boot
topic: disk
why: >
  When /boot is full the update of the kernel stops halfway, and with it every update behind it.
controls:
  - control: VUL-02
    reason: >
      A full /boot keeps kernel fixes from being installed.
  - control: BCP-08
    reason: >
      Capacity of the boot volume.
severity: medium
parameters: [boot_free_megabytes_min]
tables: [mounts]
paths: []
empty: not_applicable
fix: |
  apt-get autoremove --purge                       # removes old kernels
references: ["apt-get(8)"]
*/
SELECT '/boot' AS resource,
       CASE WHEN free IS NULL THEN 'unknown' WHEN free >= :boot_free_megabytes_min * 1048576 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN free IS NULL THEN 'its free space could not be read' WHEN free >= :boot_free_megabytes_min * 1048576 THEN 'at least ' || :boot_free_megabytes_min || ' MB are free'
            ELSE 'less than ' || :boot_free_megabytes_min || ' MB are free' END AS reason
FROM mounts
WHERE target = '/boot'
