/*
id: tls-versions-system
title: Old versions of TLS are switched off for the whole host
topic: certificates
why: >
  TLS 1.0 and 1.1 are broken in known ways. The library's own setting covers every program that does not say
  otherwise.
controls:
  - control: CRY-02
    reason: >
      The control asks for current TLS versions; this is the default of everything that uses OpenSSL.
severity: medium
parameters: []
tables: [crypto_policy]
paths: []
empty: unknown
fix: |
  # in /etc/ssl/openssl.cnf, section [system_default_sect]:
  MinProtocol = TLSv1.2
  CipherString = DEFAULT:@SECLEVEL=2
references: ["config(5ssl)"]
*/
SELECT 'openssl MinProtocol' AS resource,
       CASE WHEN value IN ('TLSv1.2', 'TLSv1.3') THEN 'pass' ELSE 'fail' END AS status,
       'is ' || value || ' (' || coalesce(origin, '') || '), expected TLSv1.2 or higher' AS reason
FROM crypto_policy
WHERE system = 'openssl' AND lower(key) = 'minprotocol'
