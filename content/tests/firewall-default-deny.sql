/*
id: firewall-default-deny
title: The firewall refuses what is not allowed
topic: firewall
why: >
  Default deny means that a new service is closed until somebody opens it. Without it every program that starts to
  listen is open to the network at once.
controls:
  - control: NET-01
    reason: >
      Denying inbound traffic except documented services is the control itself; this reads the policy that is loaded
      in the kernel.
severity: high
parameters: []
tables: [firewall_chains, firewall_rules, interfaces]
paths: []
empty: unknown
fix: |
  apt-get install ufw
  ufw allow OpenSSH && ufw default deny incoming && ufw enable
references: ["ufw(8)", "nft(8)"]
*/
WITH wanted(what, family, colon) AS (VALUES ('inbound IPv4', 'ip', '%.%'), ('inbound IPv6', 'ip6', '%:%')),
guards(family, what) AS (
    SELECT c.family, c.tbl || ' ' || c.name || CASE WHEN c.policy = 'drop' THEN ', policy drop' ELSE ', last rule ' || r.verdict END
    FROM firewall_chains AS c
    LEFT JOIN firewall_rules AS r ON r.family = c.family AND r.tbl = c.tbl AND r.chain = c.name AND r.backend = c.backend
                                     AND r.is_unconditional = 1 AND r.verdict IN ('drop', 'reject')
    WHERE c.hook = 'input' AND (c.policy = 'drop' OR r.pos IS NOT NULL))
SELECT w.what AS resource,
       CASE WHEN EXISTS (SELECT 1 FROM guards AS g WHERE g.family IN (w.family, 'inet')) THEN 'pass'
            WHEN NOT EXISTS (SELECT 1 FROM interfaces AS i WHERE i.addr LIKE w.colon AND i.scope <> 'loopback') THEN 'skip'
            ELSE 'fail' END AS status,
       coalesce((SELECT 'refused by ' || min(g.what) FROM guards AS g WHERE g.family IN (w.family, 'inet')),
                CASE WHEN NOT EXISTS (SELECT 1 FROM interfaces AS i WHERE i.addr LIKE w.colon AND i.scope <> 'loopback')
                     THEN 'no interface has such an address'
                     WHEN NOT EXISTS (SELECT 1 FROM firewall_chains AS c WHERE c.hook = 'input' AND c.family IN (w.family, 'inet'))
                     THEN 'no chain filters inbound packets; expected one with policy drop'
                     ELSE 'the inbound chains accept what no rule refuses; expected policy drop or a last rule that refuses' END) AS reason
FROM wanted AS w
ORDER BY 1
