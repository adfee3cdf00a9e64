/*
id: ssh-second-factor
title: SSH asks for two factors
topic: ssh
why: >
  One stolen key or one phished password must not be enough to get into production. The server can ask for a key and
  then for a code or a hardware token.
controls:
  - control: AC-02
    reason: >
      The control wants a second factor for every administrative or remote entry to production; this reads whether the
      server enforces one itself.
severity: high
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  apt-get install libpam-google-authenticator     # or libpam-u2f; each person enrols
  printf 'KbdInteractiveAuthentication yes\nAuthenticationMethods publickey,keyboard-interactive\n' > /etc/ssh/sshd_config.d/10-second-factor.conf
  # in /etc/pam.d/sshd: "auth required pam_google_authenticator.so" in place of "@include common-auth"
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)", "pam.conf(5)"]
*/
SELECT 'AuthenticationMethods' || CASE WHEN s.match = '' THEN '' ELSE ' (Match ' || s.match || ')' END AS resource,
       CASE WHEN s.value LIKE '%,%' AND NOT EXISTS (SELECT 1 FROM json_each('["' || replace(replace(s.value, '"', ''), ' ', '","') || '"]') AS one
                                                  WHERE one.value NOT LIKE '%,%' AND one.value <> '') THEN 'pass'
            ELSE 'fail' END AS status,
       'AuthenticationMethods is ' || s.value || ' (' || coalesce(s.origin, 'default')
           || '); expected two methods in each alternative, as publickey,keyboard-interactive. A bastion that asks for it instead is a case for a waiver' AS reason
FROM sshd_effective AS s
WHERE s.key = 'authenticationmethods'
ORDER BY 1
