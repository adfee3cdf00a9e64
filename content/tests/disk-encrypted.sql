/*
id: disk-encrypted
title: File systems with data are encrypted
topic: encryption
why: >
  A disk leaves the building as a fault, a return or a theft, a virtual one as a snapshot. Encryption makes all of
  that harmless.
controls:
  - control: CRY-01
    reason: >
      Volumes that hold confidential data must be encrypted; this follows each mount down to its block devices.
severity: high
parameters: []
tables: [mounts]
paths: []
empty: not_applicable
fix: |
  # a new data volume:
  cryptsetup luksFormat --type luks2 /dev/sdX && cryptsetup open /dev/sdX data && mkfs.ext4 /dev/mapper/data
  printf 'data /dev/sdX none luks\n' >> /etc/crypttab
  # the system disk: install again with "encrypted LVM", or cryptsetup reencrypt --encrypt from a rescue system
references: ["cryptsetup(8)", "crypttab(5)"]
*/
SELECT target AS resource,
       CASE WHEN target IN ('/boot', '/boot/efi', '/efi') THEN 'skip' WHEN encrypted = 1 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN target IN ('/boot', '/boot/efi', '/efi') THEN 'holds the loader and kernel only'
            WHEN encrypted = 1 THEN 'on dm-crypt (' || coalesce(backing, source) || ')'
            ELSE 'on ' || coalesce(backing, source) || ' without dm-crypt; expected LUKS. If the provider encrypts the volume below, record its evidence in a waiver' END AS reason
FROM mounts
WHERE encrypted IS NOT NULL AND fstype NOT IN ('squashfs', 'iso9660', 'erofs') AND instr(',' || options || ',', ',bind,') = 0
      AND NOT EXISTS (SELECT 1 FROM mounts AS o WHERE o.source = mounts.source AND o.encrypted IS NOT NULL AND length(o.target) < length(mounts.target)
                      AND mounts.target NOT IN ('/boot', '/boot/efi', '/efi'))
GROUP BY target
ORDER BY target
