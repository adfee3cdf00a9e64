/*
id: module-usb-storage
title: USB disks are not accepted
topic: kernel-modules
why: >
  A USB disk carries data out of a server, or malicious software in. A server in a rack needs none.
controls:
  - control: END-04
    reason: >
      The control blocks writing to removable media: without this driver a USB disk does not even appear.
severity: medium
parameters: []
tables: [kernel_modules]
paths: []
empty: unknown
fix: |
  printf 'install usb_storage /bin/false\n' >> /etc/modprobe.d/disabled.conf
  modprobe -r usb_storage
references: ["modprobe.d(5)"]
*/
WITH wanted(name) AS (VALUES ('usb_storage'))
SELECT w.name AS resource,
       CASE WHEN m.loaded = 1 OR m.builtin = 1 THEN 'fail'
            WHEN m.name IS NULL OR m.available = 0 THEN 'pass'
            WHEN m.install_override IN ('/bin/true', '/bin/false', '/usr/bin/true', '/usr/bin/false') THEN 'pass'
            WHEN m.available IS NULL AND m.loaded IS NULL THEN 'unknown'
            ELSE 'fail' END AS status,
       CASE WHEN m.loaded = 1 THEN 'is loaded into the running kernel'
            WHEN m.builtin = 1 THEN 'is built into the kernel and cannot be left out'
            WHEN m.name IS NULL OR m.available = 0 THEN 'this kernel does not have it'
            WHEN m.install_override IN ('/bin/true', '/bin/false', '/usr/bin/true', '/usr/bin/false') THEN 'cannot be loaded (' || m.configured_in || ')'
            WHEN m.available IS NULL AND m.loaded IS NULL THEN 'whether this kernel has it could not be read'
            WHEN m.blacklisted = 1 THEN 'is only blacklisted (' || m.configured_in || '): it can still be loaded by name'
            ELSE 'can be loaded on demand' END AS reason
FROM wanted AS w
LEFT JOIN kernel_modules AS m ON m.name = w.name
ORDER BY w.name
