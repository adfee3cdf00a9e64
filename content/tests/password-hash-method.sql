/*
id: password-hash-method
title: New passwords are stored with a strong hash
topic: password
why: >
  If /etc/shadow leaks, the hash decides whether passwords fall in minutes or in years. Old methods were made for
  machines of decades ago.
controls:
  - control: AC-09
    reason: >
      The method that PAM uses for new passwords is part of the authentication strength of the system.
severity: medium
parameters: []
tables: [password_policy]
paths: []
empty: unknown
fix: |
  # In /etc/pam.d/common-password the line of pam_unix.so ends with: yescrypt
  pam-auth-update --force
  sed -i 's|^ENCRYPT_METHOD.*|ENCRYPT_METHOD YESCRYPT|' /etc/login.defs
references: ["pam_unix(8)", "crypt(5)"]
*/
SELECT 'hash of new passwords' AS resource,
       CASE WHEN value IS NULL THEN 'unknown'
            WHEN lower(value) IN ('yescrypt', 'gost_yescrypt', 'scrypt', 'bcrypt', 'blowfish', 'sha512') THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN value IS NULL THEN 'the method is not known'
            ELSE 'method ' || value || ' (' || coalesce(origin, 'default') || '); expected yescrypt or sha512' END AS reason
FROM password_policy
WHERE key = 'hash'
