/*
id: audit-watches
title: Changes to accounts and rights are audited
topic: audit
why: >
  The files that decide who may do what change rarely. Each change should be in the log with the person behind
  it.
controls:
  - control: LOG-01
    reason: >
      The control wants administrative changes in the log; these rules make the kernel write them.
severity: medium
parameters: []
tables: [audit_rules]
paths: []
empty: unknown
fix: |
  printf -- '-w /etc/passwd -p wa -k identity\n' >> /etc/audit/rules.d/50-identity.rules
  printf -- '-w /etc/shadow -p wa -k identity\n' >> /etc/audit/rules.d/50-identity.rules
  printf -- '-w /etc/group -p wa -k identity\n' >> /etc/audit/rules.d/50-identity.rules
  printf -- '-w /etc/sudoers -p wa -k identity\n' >> /etc/audit/rules.d/50-identity.rules
  printf -- '-w /etc/ssh/sshd_config -p wa -k identity\n' >> /etc/audit/rules.d/50-identity.rules
  augenrules --load
references: ["audit.rules(7)"]
*/
WITH wanted(path, what) AS (VALUES ('/etc/passwd', 'accounts'), ('/etc/shadow', 'passwords'), ('/etc/group', 'groups'), ('/etc/sudoers', 'administrative rights'), ('/etc/ssh/sshd_config', 'remote access')),
found AS (SELECT path, max(coalesce(loaded, 0)) AS loaded, min(loaded IS NULL) AS is_unseen, max(configured) AS configured
          FROM audit_rules WHERE path IS NOT NULL AND action = 'always' AND permissions LIKE '%w%' GROUP BY path)
SELECT w.path AS resource,
       CASE WHEN f.loaded = 1 THEN 'pass' WHEN f.path IS NULL THEN 'fail' WHEN f.is_unseen = 1 AND f.configured = 1 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN f.loaded = 1 THEN 'changes to ' || w.what || ' are audited' WHEN f.path IS NULL THEN 'no rule watches ' || w.what
            WHEN f.is_unseen = 1 AND f.configured = 1 THEN 'a rule for ' || w.what || ' is configured; the kernel did not tell what is loaded'
            ELSE 'a rule for ' || w.what || ' is configured and not loaded' END AS reason
FROM wanted AS w
LEFT JOIN found AS f ON f.path = w.path
ORDER BY w.path
