/*
id: group-members-known
title: Groups list existing accounts only
topic: accounts
why: >
  A name left in a group after its account was removed waits for the next account of that name and gives it the old
  rights.
controls:
  - control: AC-04
    reason: >
      Removing a leaver must remove the memberships too; a name without account shows that it did not.
  - control: AC-05
    reason: >
      Memberships of accounts that do not exist should have been found and removed by the review.
severity: low
parameters: []
tables: [group_members]
paths: []
empty: unknown
fix: |
  gpasswd -d NAME GROUP
  grpck -r                    # shows further faults of /etc/group, changes nothing
references: ["group(5)", "grpck(8)"]
*/
SELECT coalesce(group_name, 'gid ' || gid) || ': ' || username AS resource,
       CASE WHEN group_name IS NULL OR is_known = 0 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN group_name IS NULL THEN 'the primary group ' || gid || ' of ' || username || ' does not exist'
            WHEN is_known = 0 THEN username || ' is a member of ' || group_name || ', but there is no such account'
            ELSE 'the account exists' END AS reason
FROM group_members
ORDER BY 1
