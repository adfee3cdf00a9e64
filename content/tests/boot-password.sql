/*
id: boot-password
title: The start of the host cannot be edited at the console
topic: boot
why: >
  At the menu of the loader one word on the command line gives a shell of root without any password, on a remote
  console as well.
controls:
  - control: AC-06
    reason: >
      Root at the console of a virtual or remote host is privileged access past every list of people.
severity: low
parameters: []
tables: [bootloader]
paths: []
empty: not_applicable
fix: |
  grub-mkpasswd-pbkdf2                             # gives the hash for the next line
  printf 'cat <<X\nset superusers="admin"\npassword_pbkdf2 admin HASH\nX\n' > /etc/grub.d/01_password && chmod 0700 /etc/grub.d/01_password
  sed -i 's|^CLASS="|CLASS="--unrestricted |' /etc/grub.d/10_linux && update-grub
references: ["grub-mkpasswd-pbkdf2(1)"]
*/
SELECT loader || ' (' || file || ')' AS resource,
       CASE WHEN max(password_set IS NULL) THEN 'unknown' WHEN max(password_set) = 1 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN max(password_set IS NULL) THEN 'whether a password is set could not be read'
            WHEN max(password_set) = 1 THEN 'editing asks for a password' ELSE 'entries can be edited without a password' END AS reason
FROM bootloader
GROUP BY loader, file
ORDER BY 1
