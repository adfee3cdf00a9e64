/*
id: audit-log-kept
title: Full audit logs are kept, not overwritten
topic: audit
why: >
  By default the audit daemon overwrites its oldest file when the last one is full. Then history goes exactly
  when much happens.
controls:
  - control: LOG-02
    reason: >
      Retention of the audit log depends on what the daemon does when a file is full.
severity: low
parameters: []
tables: [auditd_settings]
paths: []
empty: unknown
fix: |
  sed -Ei 's/^max_log_file_action = .+/max_log_file_action = keep_logs/' /etc/audit/auditd.conf
  service auditd restart
  # then let logrotate or a shipper carry the files away
references: ["auditd.conf(5)"]
*/
SELECT 'max_log_file_action' AS resource,
       CASE WHEN lower(value) = 'keep_logs' THEN 'pass' WHEN lower(value) = 'rotate' AND EXISTS (
                SELECT 1 FROM auditd_settings AS n WHERE n.key = 'num_logs' AND CAST(n.value AS INTEGER) >= 50) THEN 'pass' ELSE 'fail' END AS status,
       'is ' || value || coalesce(' with num_logs ' || (SELECT n.value FROM auditd_settings AS n WHERE n.key = 'num_logs'), '') || '; expected keep_logs, or rotate with at least 50 files' AS reason
FROM auditd_settings
WHERE key = 'max_log_file_action'
