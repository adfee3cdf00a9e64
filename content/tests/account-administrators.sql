/*
id: account-administrators
title: Administrators are those on the approved list
topic: accounts
why: >
  The auditor asks for the list of people with full rights and for its approval. This compares what the host grants,
  by group and by sudo, with the names that are approved.
controls:
  - control: AC-06
    reason: >
      Compares the current holders of full rights with the approved list, which is the control's own test.
severity: high
parameters: [administrators_approved]
tables: [users, group_members, sudo_rules]
paths: []
empty: unknown
fix: |
  deluser NAME sudo           # take the rights away
  # or have the person approved and record it:
  assay record set parameter administrators_approved "{administrators_approved},NAME" --reason "approved by ... on ..."
references: ["sudoers(5)", "deluser(8)"]
*/
WITH holders(username, way) AS (
    SELECT username, 'user id 0' FROM users WHERE uid = 0
    UNION
    SELECT r.principal, 'sudo rule ' || r.file || ':' || r.line
    FROM sudo_rules AS r
    WHERE r.is_all = 1 AND r.negated = 0 AND r.principal_negated = 0 AND r.principal_type = 'user'
    UNION
    SELECT m.username, 'group ' || m.group_name || ' (sudo)'
    FROM group_members AS m
    JOIN sudo_rules AS r ON r.principal_type = 'group' AND r.principal = m.group_name
    WHERE r.is_all = 1 AND r.negated = 0 AND r.principal_negated = 0
)
SELECT username AS resource,
       CASE WHEN instr(',' || replace(:administrators_approved, ' ', '') || ',', ',' || username || ',') > 0 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN instr(',' || replace(:administrators_approved, ' ', '') || ',', ',' || username || ',') > 0
            THEN 'approved; has full rights by ' || group_concat(way, ', ')
            ELSE 'has full rights by ' || group_concat(way, ', ') || ', but is not on the approved list (' || :administrators_approved || ')' END AS reason
FROM (SELECT username, way FROM holders ORDER BY username, way)
GROUP BY username
ORDER BY username
