/*
id: boot-config-protected
title: Only root can change how the host starts
topic: boot
why: >
  The configuration of the loader says which kernel starts and with which protections. Whoever writes it decides both;
  whoever reads it sees the hash of its password.
controls:
  - control: VUL-06
    reason: >
      Keeps the start of the host from being changed without approval.
  - control: AC-06
    reason: >
      Writing there is a way to root at the next start.
severity: high
parameters: []
tables: [bootloader]
paths: []
empty: not_applicable
fix: |
  chown root:root /boot/grub/grub.cfg && chmod 0600 /boot/grub/grub.cfg
references: ["grub-mkconfig(8)"]
*/
SELECT file AS resource,
       CASE WHEN max(cfg_mode IS NULL) THEN 'unknown' WHEN max(cfg_uid) <> 0 OR (max(cfg_mode) & 18) <> 0 THEN 'fail'
            WHEN max(password_set) = 1 AND (max(cfg_mode) & 4) <> 0 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN max(cfg_mode IS NULL) THEN 'its mode could not be read'
            ELSE 'mode ' || printf('%04o', max(cfg_mode)) || ', owner ' || max(cfg_uid) || '; expected 0600 or less and owner 0' END AS reason
FROM bootloader
GROUP BY file
ORDER BY file
