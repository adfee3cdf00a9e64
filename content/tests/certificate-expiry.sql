/*
id: certificate-expiry
title: Certificates do not run out soon
topic: certificates
why: >
  A certificate that runs out takes the service down, and users learn to click warnings away. Weeks before is
  the time to renew.
controls:
  - control: CRY-02
    reason: >
      Current certificates are what encryption in transit stands on.
severity: high
parameters: [certificate_days_left_min]
tables: [certificates]
paths: []
empty: not_applicable
fix: |
  certbot renew                   # or have the issuer make a new one, put it at PATH, and:
  systemctl reload SERVICE
references: ["x509(1ssl)", "certbot(1)"]
*/
SELECT path AS resource,
       CASE WHEN not_after IS NULL THEN 'unknown' WHEN not_after < :now_ms THEN 'fail' WHEN not_before > :now_ms THEN 'fail'
            WHEN not_after < :now_ms + :certificate_days_left_min * 86400000 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN not_after IS NULL THEN 'its validity could not be read' WHEN not_before > :now_ms THEN 'is not valid yet'
            WHEN not_after < :now_ms THEN 'has run out'
            ELSE 'is valid for ' || CASE WHEN not_after < :now_ms + :certificate_days_left_min * 86400000 THEN 'less' ELSE 'more' END
                 || ' than ' || :certificate_days_left_min || ' days' END
           || coalesce(' (used by ' || used_by || ')', '') || ': ' || coalesce(subject, '') AS reason
FROM certificates
WHERE is_ca_store = 0 AND position = 0
ORDER BY path
