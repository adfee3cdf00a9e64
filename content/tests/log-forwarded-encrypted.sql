/*
id: log-forwarded-encrypted
title: Forwarded logs travel encrypted
topic: logging
why: >
  Logs tell names, addresses and sometimes secrets. On the network they should not be readable, and their
  receiver should be known.
controls:
  - control: CRY-02
    reason: >
      Log traffic is a connection that carries confidential data.
severity: medium
parameters: []
tables: [log_targets]
paths: []
empty: not_applicable
fix: |
  apt-get install rsyslog-gnutls
  # in /etc/rsyslog.d/60-forward.conf: action(type="omfwd" target="loghost.example" port="6514" protocol="tcp"
  #   StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name")
  systemctl restart rsyslog
references: ["rsyslog.conf(5)"]
*/
SELECT target AS resource,
       CASE WHEN tls = 1 THEN 'pass' WHEN target LIKE '127.%' OR target LIKE 'localhost%' OR target LIKE '[::1]%' THEN 'skip' WHEN tls = 0 THEN 'fail' ELSE 'unknown' END AS status,
       CASE WHEN tls = 1 THEN 'encrypted' WHEN target LIKE '127.%' OR target LIKE 'localhost%' OR target LIKE '[::1]%' THEN 'stays on this host'
            WHEN tls = 0 THEN 'sent unencrypted over ' || coalesce(protocol, 'the network') || ' (' || file || coalesce(':' || line, '') || ')' ELSE 'whether it is encrypted is not known' END AS reason
FROM log_targets
WHERE kind = 'remote'
ORDER BY target, file, line
