/*
id: pam-open-door
title: No service signs people in without asking
topic: pam
why: >
  A rule that says pam_permit is sufficient lets everybody in before any password is looked at. It is left over from
  debugging, or it was put there on purpose.
controls:
  - control: AC-09
    reason: >
      Such a rule switches authentication off for a service, whatever the documented settings are.
  - control: VUL-05
    reason: >
      A hardened baseline has no authentication stack that permits everybody; this is a deviation from it.
severity: critical
parameters: []
tables: [pam_rules]
paths: []
empty: unknown
fix: |
  editor /etc/pam.d/SERVICE   # remove the line with pam_permit.so, leave "@include common-auth"
  pam-auth-update             # writes the common files again
references: ["pam_permit(8)", "pam.conf(5)"]
*/
SELECT service AS resource,
       CASE WHEN max(module = 'pam_permit.so' AND (control = 'sufficient' OR control LIKE '%success=done%')) THEN 'fail'
            WHEN max(module NOT IN ('pam_permit.so', 'pam_env.so', 'pam_warn.so')) = 0 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN max(module = 'pam_permit.so' AND (control = 'sufficient' OR control LIKE '%success=done%'))
            THEN 'pam_permit.so is sufficient to sign in'
            WHEN max(module NOT IN ('pam_permit.so', 'pam_env.so', 'pam_warn.so')) = 0 THEN 'the auth rules ask for nothing'
            ELSE 'other modules decide' END AS reason
FROM pam_rules
WHERE type = 'auth' AND control NOT IN ('include', 'substack') AND service NOT LIKE 'common-%'
GROUP BY service
ORDER BY service
