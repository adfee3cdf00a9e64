/*
id: firewall-accept-everything
title: No rule of the firewall lets everything in
topic: firewall
why: >
  One rule that accepts every packet, often left from a test, makes all rules behind it and the policy meaningless,
  while the list still looks long.
controls:
  - control: NET-01
    reason: >
      Such a rule undoes default deny though the policy says drop.
  - control: NET-02
    reason: >
      The half-yearly rule review should have removed it.
severity: high
parameters: []
tables: [firewall_chains, firewall_rules]
paths: []
empty: not_applicable
fix: |
  nft -a list chain inet filter input             # shows the handle of each rule
  nft delete rule inet filter input handle N      # and take it out of /etc/nftables.conf, or: ufw status numbered, ufw delete N
references: ["nft(8)", "ufw(8)"]
*/
SELECT c.family || ' ' || c.tbl || ' ' || c.name AS resource,
       CASE WHEN r.pos IS NULL THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN r.pos IS NULL THEN 'no rule accepts every packet'
            ELSE 'rule ' || r.pos || ' accepts every packet' || coalesce(' (' || r.comment || ')', '') END AS reason
FROM firewall_chains AS c
LEFT JOIN firewall_rules AS r ON r.family = c.family AND r.tbl = c.tbl AND r.chain = c.name AND r.backend = c.backend
                                 AND r.verdict = 'accept' AND r.is_unconditional = 1 AND r.iif IS NULL
WHERE c.hook = 'input' AND coalesce(c.kind, 'filter') = 'filter'
ORDER BY 1
