/*
id: ssh-host-based
title: SSH does not trust other hosts to have checked the user
topic: ssh
why: >
  Host-based sign-in believes what another machine says about its users. One broken machine then opens all the others.
controls:
  - control: NET-04
    reason: >
      Every remote entry must be authenticated itself; trusting the other host is no authentication of the person.
  - control: AC-09
    reason: >
      Takes away the factor that the documented sign-in asks for.
severity: high
parameters: []
tables: [sshd_effective]
paths: []
empty: not_applicable
fix: |
  printf 'HostbasedAuthentication no\n' > /etc/ssh/sshd_config.d/10-ssh-host-based.conf
  sshd -t && systemctl reload ssh
references: ["sshd_config(5)"]
*/
SELECT 'HostbasedAuthentication' || CASE WHEN match = '' THEN '' ELSE ' (Match ' || match || ')' END AS resource,
       CASE WHEN lower(value) = 'no' THEN 'pass' ELSE 'fail' END AS status,
       'HostbasedAuthentication is ' || value || ' (' || coalesce(origin, 'default') || '); expected ' || 'no' AS reason
FROM sshd_effective
WHERE key = 'hostbasedauthentication'
ORDER BY 1
