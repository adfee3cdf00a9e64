/*
id: swap-encrypted
title: Swap is encrypted
topic: encryption
why: >
  Memory that is written to swap holds passwords, keys and customers' data, and stays on the disk after the power is
  off.
controls:
  - control: CRY-01
    reason: >
      Swap is storage that receives confidential data by itself.
severity: medium
parameters: []
tables: [swaps]
paths: []
empty: not_applicable
fix: |
  swapoff /dev/sdX2
  printf 'swap /dev/sdX2 /dev/urandom swap,cipher=aes-xts-plain64,size=512\n' >> /etc/crypttab   # and /dev/mapper/swap none swap sw 0 0 in /etc/fstab
  systemctl daemon-reload && systemctl start systemd-cryptsetup@swap && swapon /dev/mapper/swap
references: ["crypttab(5)", "swapon(8)"]
*/
SELECT name AS resource,
       CASE WHEN type = 'zram' THEN 'pass' WHEN encrypted IS NULL THEN 'unknown' WHEN encrypted = 1 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN type = 'zram' THEN 'stays in memory' WHEN encrypted IS NULL THEN 'its device was not found'
            WHEN encrypted = 1 THEN 'on dm-crypt' ELSE type || ' on ' || coalesce(backing, '?') || ' without dm-crypt; expected encryption' END AS reason
FROM swaps
ORDER BY name
