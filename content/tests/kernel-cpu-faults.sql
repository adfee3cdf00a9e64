/*
id: kernel-cpu-faults
title: Known processor faults are mitigated
topic: kernel
why: >
  Processors leak data between programs unless the kernel works around their faults. The kernel says for each
  fault whether it does.
controls:
  - control: VUL-02
    reason: >
      A vulnerable entry is an open finding whose fix is a newer kernel, microcode or a start parameter.
severity: high
parameters: []
tables: [cpu_vulnerabilities]
paths: []
empty: unknown
fix: |
  apt-get update && apt-get install --only-upgrade linux-image-amd64 intel-microcode amd64-microcode
  # remove mitigations=off from GRUB_CMDLINE_LINUX in /etc/default/grub, then:
  update-grub && systemctl reboot
references: ["hw-vuln (kernel documentation, admin-guide)"]
*/
SELECT name AS resource,
       CASE state WHEN 'not_affected' THEN 'pass' WHEN 'mitigated' THEN 'pass' WHEN 'vulnerable' THEN 'fail' ELSE 'unknown' END AS status,
       CASE state WHEN 'not_affected' THEN 'this processor is not affected' ELSE 'the kernel says: ' || coalesce(detail, state) END AS reason
FROM cpu_vulnerabilities
ORDER BY name
