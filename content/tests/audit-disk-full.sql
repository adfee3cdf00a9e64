/*
id: audit-disk-full
title: A full disk does not silence the audit unnoticed
topic: audit
why: >
  If records are dropped when the disk is full, filling the disk is a way to act unseen.
controls:
  - control: LOG-02
    reason: >
      Protects the audit log from ending without anybody being told.
severity: medium
parameters: []
tables: [auditd_settings]
paths: []
empty: not_applicable
fix: |
  sed -i 's|^space_left_action.*|space_left_action = email|; s|^admin_space_left_action.*|admin_space_left_action = single|' /etc/audit/auditd.conf
  pkill -HUP auditd
references: ["auditd.conf(5)"]
*/
WITH wanted(key, bad) AS (VALUES ('space_left_action', ',ignore,syslog,'), ('admin_space_left_action', ',ignore,syslog,rotate,email,'), ('disk_full_action', ',ignore,rotate,'))
SELECT w.key AS resource,
       CASE WHEN s.value IS NULL THEN 'fail' WHEN instr(w.bad, ',' || lower(s.value) || ',') > 0 THEN 'fail' ELSE 'pass' END AS status,
       coalesce('is ' || s.value, 'is not set') || '; expected ' || CASE w.key WHEN 'space_left_action' THEN 'email, exec, suspend, single or halt' ELSE 'suspend, single or halt' END AS reason
FROM wanted AS w
LEFT JOIN auditd_settings AS s ON s.key = w.key
WHERE EXISTS (SELECT 1 FROM auditd_settings)
ORDER BY w.key
