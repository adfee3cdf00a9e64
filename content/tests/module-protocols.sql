/*
id: module-protocols
title: Rare network protocols cannot be loaded
topic: kernel-modules
why: >
  Any user can have the kernel load a rare protocol just by asking for such a socket. Several privilege
  escalations began in exactly these.
controls:
  - control: VUL-05
    reason: >
      Leaving out what is not needed is part of a hardened baseline; this reads what the kernel has and may load.
severity: medium
parameters: []
tables: [kernel_modules]
paths: []
empty: unknown
fix: |
  printf 'install dccp /bin/false\n' >> /etc/modprobe.d/disabled.conf
  printf 'install sctp /bin/false\n' >> /etc/modprobe.d/disabled.conf
  printf 'install rds /bin/false\n' >> /etc/modprobe.d/disabled.conf
  printf 'install tipc /bin/false\n' >> /etc/modprobe.d/disabled.conf
  modprobe -r dccp
  modprobe -r sctp
  modprobe -r rds
  modprobe -r tipc
references: ["modprobe.d(5)"]
*/
WITH wanted(name) AS (VALUES ('dccp'), ('sctp'), ('rds'), ('tipc'))
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
