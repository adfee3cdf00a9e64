/*
id: firewall-forwarding
title: A host that forwards packets filters them
topic: firewall
why: >
  With forwarding on, the host joins the networks it is attached to. Unless the forward chain refuses by default, it
  is an unplanned bridge between segments.
controls:
  - control: NET-03
    reason: >
      Only approved flows may pass between segments; this host would pass all of them.
severity: medium
parameters: []
tables: [sysctl, firewall_chains, firewall_rules]
paths: []
empty: not_applicable
fix: |
  ufw default deny routed
  # or, if it should not forward: printf 'net.ipv4.ip_forward = 0\n' > /etc/sysctl.d/50-forward.conf && sysctl --system
references: ["ufw(8)", "sysctl.d(5)"]
*/
WITH v(what, family, name) AS (VALUES ('forwarded IPv4', 'ip', 'net.ipv4.ip_forward'), ('forwarded IPv6', 'ip6', 'net.ipv6.conf.all.forwarding'))
SELECT v.what AS resource,
       CASE WHEN s.value IS NULL THEN 'unknown' WHEN CAST(s.value AS INTEGER) = 0 THEN 'skip'
            WHEN EXISTS (SELECT 1 FROM firewall_chains AS c WHERE c.hook = 'forward' AND c.family IN (v.family, 'inet') AND c.policy = 'drop') THEN 'pass'
            WHEN EXISTS (SELECT 1 FROM firewall_rules AS r JOIN firewall_chains AS c ON c.family = r.family AND c.tbl = r.tbl AND c.name = r.chain
                         WHERE c.hook = 'forward' AND c.family IN (v.family, 'inet') AND r.is_unconditional = 1 AND r.verdict IN ('drop', 'reject')) THEN 'pass'
            ELSE 'fail' END AS status,
       CASE WHEN s.value IS NULL THEN 'whether it forwards could not be read' WHEN CAST(s.value AS INTEGER) = 0 THEN 'the host does not forward'
            ELSE v.name || ' is ' || s.value || '; expected a forward chain that refuses by default' END AS reason
FROM v
JOIN sysctl AS s ON s.name = v.name
ORDER BY 1
