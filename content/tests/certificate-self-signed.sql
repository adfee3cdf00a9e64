/*
id: certificate-self-signed
title: Services use certificates that others can check
topic: certificates
why: >
  A certificate that signs itself proves nothing: people click the warning away, and an impostor's looks the same.
controls:
  - control: CRY-02
    reason: >
      Encryption in transit protects only if the other end can be checked.
severity: medium
parameters: []
tables: [certificates]
paths: []
empty: not_applicable
fix: |
  certbot --nginx -d www.example.org               # or have your own authority issue one
references: ["certbot(1)", "x509(1ssl)"]
*/
SELECT path AS resource,
       CASE WHEN self_signed = 1 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN self_signed = 1 THEN used_by || ' uses a certificate that is signed by itself (' || coalesce(subject, '') || '); expected one of a known authority' ELSE 'issued by ' || coalesce(issuer, '?') END AS reason
FROM certificates
WHERE used_by IS NOT NULL AND is_ca_store = 0 AND position = 0
ORDER BY path
