/*
id: tls-strength-system
title: Weak algorithms are refused for the whole host
topic: certificates
why: >
  OpenSSL's security level refuses short keys and broken digests for all programs that use it, the forgotten ones too.
controls:
  - control: CRY-02
    reason: >
      Sets the lower bound of ciphers for every connection of the host.
severity: low
parameters: []
tables: [crypto_policy]
paths: []
empty: not_applicable
fix: |
  editor /etc/ssl/openssl.cnf                      # [system_default_sect] CipherString = DEFAULT:@SECLEVEL=2
references: ["config(5ssl)", "SSL_CTX_set_security_level(3ssl)"]
*/
SELECT 'OpenSSL security level' AS resource,
       CASE WHEN v IS NULL THEN 'unknown' WHEN CAST(v AS INTEGER) >= 2 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN v IS NULL THEN 'no level is known' ELSE 'is ' || v || coalesce(' (' || origin || ')', '') || '; expected 2 or more' END AS reason
FROM (SELECT (SELECT value FROM crypto_policy WHERE system = 'openssl' AND lower(key) = 'seclevel' ORDER BY origin LIMIT 1) AS v,
             (SELECT origin FROM crypto_policy WHERE system = 'openssl' AND lower(key) = 'seclevel' ORDER BY origin LIMIT 1) AS origin)
WHERE EXISTS (SELECT 1 FROM crypto_policy WHERE system = 'openssl')
