/*
id: module-filesystems
title: Rare file systems cannot be loaded
topic: kernel-modules
why: >
  Code for file systems that nobody uses is rarely looked at and can be reached by plugging in a prepared disk.
controls:
  - control: VUL-05
    reason: >
      Leaving out what is not needed is part of a hardened baseline; this reads what the kernel has and may load.
severity: low
parameters: []
tables: [kernel_modules]
paths: []
empty: unknown
fix: |
  printf 'install cramfs /bin/false\n' >> /etc/modprobe.d/disabled.conf
  printf 'install freevxfs /bin/false\n' >> /etc/modprobe.d/disabled.conf
  printf 'install hfs /bin/false\n' >> /etc/modprobe.d/disabled.conf
  printf 'install hfsplus /bin/false\n' >> /etc/modprobe.d/disabled.conf
  printf 'install jffs2 /bin/false\n' >> /etc/modprobe.d/disabled.conf
  modprobe -r cramfs
  modprobe -r freevxfs
  modprobe -r hfs
  modprobe -r hfsplus
  modprobe -r jffs2
references: ["modprobe.d(5)"]
*/
WITH wanted(name) AS (VALUES ('cramfs'), ('freevxfs'), ('hfs'), ('hfsplus'), ('jffs2'))
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
