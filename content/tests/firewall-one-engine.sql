/*
id: firewall-one-engine
title: One engine of the kernel filters, not two
topic: firewall
why: >
  When both nf_tables and the legacy iptables hold rules, each tool shows only its half. A review of one list then
  misses what the other does.
controls:
  - control: NET-02
    reason: >
      A rule review is complete only if one list shows all rules.
severity: low
parameters: []
tables: [firewall_chains]
paths: []
empty: not_applicable
fix: |
  iptables-legacy-save > /root/iptables-legacy.rules   # look at what is there
  iptables-legacy -F && iptables-legacy -P INPUT ACCEPT
references: ["iptables-legacy(8)", "nft(8)"]
*/
SELECT 'inbound filter' AS resource,
       CASE WHEN count(DISTINCT backend) > 1 THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN count(DISTINCT backend) > 1 THEN 'nf_tables and iptables-legacy both hold rules; expected one of them' ELSE 'only ' || min(backend) || ' holds rules' END AS reason
FROM firewall_chains
WHERE hook = 'input' AND (rules > 0 OR policy = 'drop')
HAVING count(*) > 0
