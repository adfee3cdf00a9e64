/*
id: kernel-start-parameters
title: The kernel was started without switching protection off
topic: kernel
why: >
  Parameters like mitigations=off or audit=0 at the start switch protection off for good, and nothing else on
  the host shows it.
controls:
  - control: VUL-05
    reason: >
      Start parameters are part of the baseline; these ones contradict it.
severity: high
parameters: []
tables: [kernel]
paths: []
empty: unknown
fix: |
  # take the parameter out of GRUB_CMDLINE_LINUX and GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub, then:
  update-grub && systemctl reboot
references: ["kernel-parameters (kernel documentation, admin-guide)"]
*/
WITH bad(word, why) AS (VALUES
    ('mitigations=off', 'switches the mitigation of processor faults off'), ('nopti', 'switches page table isolation off'),
    ('pti=off', 'switches page table isolation off'), ('nospectre_v1', 'switches a mitigation off'), ('nospectre_v2', 'switches a mitigation off'),
    ('nokaslr', 'puts the kernel at a known address'), ('nosmep', 'lets the kernel run the memory of programs'), ('nosmap', 'lets the kernel read the memory of programs'),
    ('audit=0', 'switches auditing off'), ('apparmor=0', 'switches AppArmor off'), ('selinux=0', 'switches SELinux off'), ('enforcing=0', 'lets SELinux only warn'),
    ('module.sig_enforce=0', 'accepts unsigned modules'), ('slub_debug=-', 'switches checks of kernel memory off'))
SELECT b.word AS resource,
       CASE WHEN k.cmdline IS NULL THEN 'unknown' WHEN instr(' ' || k.cmdline || ' ', ' ' || b.word || ' ') > 0 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN k.cmdline IS NULL THEN 'the start parameters could not be read'
            WHEN instr(' ' || k.cmdline || ' ', ' ' || b.word || ' ') > 0 THEN 'is given at the start: it ' || b.why
            ELSE 'is not given' END AS reason
FROM kernel AS k, bad AS b
ORDER BY b.word
