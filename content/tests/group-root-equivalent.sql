/*
id: group-root-equivalent
title: Groups that amount to root hold approved members only
topic: accounts
why: >
  Members of docker, lxd, disk, shadow or kmem can make themselves root in one step, without a password and without a
  line in the log of sudo. Such groups belong on every list of administrators and are seldom on one.
controls:
  - control: AC-06
    reason: >
      Membership gives full privilege around sudo, so it must be limited to the approved administrators.
severity: high
parameters: [administrators_approved]
tables: [groups, group_members]
paths: []
empty: not_applicable
fix: |
  deluser NAME docker
  # for containers without root: apt-get install podman uidmap
references: ["group(5)", "deluser(8)"]
*/
WITH risky(name) AS (SELECT name FROM groups
                     WHERE name IN ('docker', 'lxd', 'incus-admin', 'disk', 'shadow', 'kmem', 'libvirt', 'podman'))
SELECT r.name || coalesce(': ' || m.username, '') AS resource,
       CASE WHEN m.username IS NULL THEN 'pass'
            WHEN instr(',' || replace(:administrators_approved, ' ', '') || ',', ',' || m.username || ',') > 0 THEN 'pass'
            ELSE 'fail' END AS status,
       CASE WHEN m.username IS NULL THEN 'the group has no members'
            WHEN instr(',' || replace(:administrators_approved, ' ', '') || ',', ',' || m.username || ',') > 0 THEN m.username || ' is an approved administrator'
            ELSE m.username || ' can become root through group ' || r.name || ', but is not on the approved list (' || :administrators_approved || ')' END AS reason
FROM risky AS r
LEFT JOIN group_members AS m ON m.group_name = r.name
ORDER BY 1
