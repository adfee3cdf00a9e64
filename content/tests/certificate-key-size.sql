/*
id: certificate-key-size
title: Certificates have strong keys
topic: certificates
why: >
  Keys that are too short can be worked out by somebody patient with money. 2048 bits of RSA or 256 of an
  elliptic curve are the least today.
controls:
  - control: CRY-02
    reason: >
      Strong ciphers begin with strong keys.
severity: medium
parameters: [certificate_rsa_bits_min]
tables: [certificates]
paths: []
empty: not_applicable
fix: |
  openssl req -new -newkey rsa:{certificate_rsa_bits_min} -nodes -keyout KEY -out REQUEST      # then have the issuer sign it
references: ["req(1ssl)"]
*/
SELECT path AS resource,
       CASE WHEN key_alg IS NULL OR bits IS NULL THEN 'unknown'
            WHEN upper(key_alg) LIKE 'RSA%' THEN CASE WHEN bits >= :certificate_rsa_bits_min THEN 'pass' ELSE 'fail' END
            WHEN upper(key_alg) LIKE 'EC%' OR upper(key_alg) LIKE 'ED%' OR upper(key_alg) = 'ID-ECPUBLICKEY' THEN CASE WHEN bits >= 224 THEN 'pass' ELSE 'fail' END
            WHEN upper(key_alg) LIKE 'DSA%' THEN 'fail' ELSE 'unknown' END AS status,
       coalesce(key_alg, 'its key') || ' of ' || coalesce(bits, 'not known') || ' bits; expected RSA of at least ' || :certificate_rsa_bits_min || ', or an elliptic curve of at least 224' AS reason
FROM certificates
WHERE is_ca_store = 0 AND position = 0
ORDER BY path
