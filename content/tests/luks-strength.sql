/*
id: luks-strength
title: Encrypted volumes use strong settings
topic: encryption
why: >
  An encrypted disk is as strong as its cipher and as the work it costs to try a passphrase. Volumes made years ago
  keep the settings of their day.
controls:
  - control: CRY-01
    reason: >
      The control asks for approved algorithms; this reads the header of each volume.
severity: medium
parameters: []
tables: [block_devices]
paths: []
empty: not_applicable
fix: |
  cryptsetup luksHeaderBackup /dev/NAME --header-backup-file /root/NAME.luks
  cryptsetup convert /dev/NAME --type luks2        # offline; then for each key:
  cryptsetup luksConvertKey --pbkdf argon2id /dev/NAME
references: ["cryptsetup(8)"]
*/
SELECT name AS resource,
       CASE WHEN luks_version IS NULL OR luks_cipher IS NULL THEN 'unknown'
            WHEN luks_version >= 2 AND luks_cipher LIKE 'aes-xts%' AND luks_key_bits >= 256 AND coalesce(luks_kdf, 'argon2id') LIKE 'argon2%' THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN luks_version IS NULL OR luks_cipher IS NULL THEN 'its header could not be read (this needs root)'
            ELSE 'LUKS' || luks_version || ', ' || luks_cipher || ', ' || coalesce(luks_key_bits || ' bits', '?') || ', ' || coalesce(luks_kdf, '?')
                 || '; expected LUKS2, aes-xts of 256 bits or more, argon2id' END AS reason
FROM block_devices
WHERE fs = 'crypto_LUKS'
ORDER BY name
