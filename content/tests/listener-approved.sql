/*
id: listener-approved
title: Only documented services can be reached
topic: listeners
why: >
  Each open port is a way in. The list of approved ones is what the firewall, the diagram and the reviewer should all
  agree on; a port outside of it is a service that nobody decided to offer.
controls:
  - control: NET-01
    reason: >
      The control denies inbound traffic except documented services; this compares what listens with the documented
      list.
  - control: AST-01
    reason: >
      Finds services that the inventory does not know.
severity: high
parameters: [listeners_approved]
tables: [listening]
paths: []
empty: not_applicable
fix: |
  systemctl disable --now UNIT                    # if nobody needs it
  # or bind it to 127.0.0.1 in its configuration; or approve it:
  assay record set parameter listeners_approved "{listeners_approved},tcp/443" --reason "web front end, approved by ..."
references: ["ss(8)"]
*/
SELECT proto || '/' || port || coalesce(' ' || max(name), '') AS resource,
       CASE WHEN min(scope = 'loopback') THEN 'pass'
            WHEN instr(',' || replace(:listeners_approved, ' ', '') || ',', ',' || proto || '/' || port || ',') > 0 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN min(scope = 'loopback') THEN 'reachable on this host only'
            WHEN instr(',' || replace(:listeners_approved, ' ', '') || ',', ',' || proto || '/' || port || ',') > 0 THEN 'on the approved list'
            ELSE coalesce(max(unit), max(path), max(name), 'a program') || ' listens on ' || max(CASE WHEN scope <> 'loopback' THEN addr END)
                 || '; approved are ' || :listeners_approved END AS reason
FROM listening
GROUP BY proto, port
ORDER BY proto, port
