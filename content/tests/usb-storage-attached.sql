/*
id: usb-storage-attached
title: No USB storage is attached
topic: kernel-modules
why: >
  An attached stick or disk is a copy of data outside of the host's protection, or a way in for programs.
controls:
  - control: END-04
    reason: >
      Shows removable storage in use; each needs an approved exception.
severity: medium
parameters: []
tables: [usb_storage]
paths: []
empty: unknown
fix: |
  umount /dev/sdX1 && udisksctl power-off -b /dev/sdX
references: ["umount(8)", "udisksctl(1)"]
*/
SELECT CASE WHEN attached = 1 THEN coalesce(vendor, '') || ' ' || coalesce(product, 'device') || coalesce(' ' || serial, '') ELSE 'USB ports' END AS resource,
       CASE WHEN attached = 1 THEN 'fail' WHEN usb_present IS NULL THEN 'unknown' ELSE 'pass' END AS status,
       CASE WHEN attached = 1 THEN 'USB storage is attached; expected none without an approved exception'
            WHEN usb_present IS NULL THEN 'only the running host can tell what is attached'
            ELSE 'no USB storage is attached' END AS reason
FROM usb_storage
WHERE attached = 1 OR NOT EXISTS (SELECT 1 FROM usb_storage WHERE attached = 1)
ORDER BY 1
