/*
id: ssh-pam
title: SSH signs in by way of PAM
topic: ssh
why: >
  Lockout, account expiry, second factors and limits live in PAM. If the SSH server goes around PAM, none of them
  holds at the door that matters most.
controls:
  - control: AC-09
    reason: >
      Lockout and account rules are set in PAM; this shows that they hold for SSH.
  - control: AC-04
    reason: >
      Expired accounts are refused by PAM's account check; without it a leaver's key may still work.
severity: medium
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'UsePAM yes\n' > /etc/ssh/sshd_config.d/10-ssh-pam.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'UsePAM' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN lower(value) = 'yes' THEN 'pass' ELSE 'fail' END AS status,
       'UsePAM is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'yes' AS reason
FROM sshd_effective
WHERE key = 'usepam'
ORDER BY 1
