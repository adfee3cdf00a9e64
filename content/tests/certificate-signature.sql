/*
id: certificate-signature
title: Certificates are signed with a sound digest
topic: certificates
why: >
  Signatures with MD5 or SHA-1 can be forged: somebody could make a certificate that looks like yours.
controls:
  - control: CRY-02
    reason: >
      Weak signatures undo encryption in transit.
severity: medium
parameters: []
tables: [certificates]
paths: []
empty: not_applicable
fix: |
  # have the issuer make a new certificate with SHA-256, put it at PATH, and:
  systemctl reload SERVICE
references: ["x509(1ssl)"]
*/
SELECT path AS resource,
       CASE WHEN sig_alg IS NULL THEN 'unknown' WHEN lower(sig_alg) LIKE '%md5%' OR lower(sig_alg) LIKE '%sha1%' OR lower(sig_alg) LIKE '%md2%' THEN 'fail' ELSE 'pass' END AS status,
       'signed with ' || coalesce(sig_alg, 'something that could not be read') AS reason
FROM certificates
WHERE is_ca_store = 0 AND position = 0
ORDER BY path
