/*
id: firewall-admin-ports
title: The firewall opens administrative ports to known sources only
topic: firewall
why: >
  SSH, remote desktops and databases open to every address are tried by machines within minutes. A rule that names the
  sources keeps almost all of them out.
controls:
  - control: NET-01
    reason: >
      Administrative ports are never open to the internet: a rule without source address opens them to all.
severity: high
parameters: []
tables: [firewall_chains, firewall_rules]
paths: []
empty: not_applicable
fix: |
  ufw delete allow OpenSSH
  ufw allow from 203.0.113.0/24 to any port 22 proto tcp
references: ["ufw(8)", "nft(8)"]
*/
WITH admin(port, what) AS (VALUES (22, 'SSH'), (3389, 'remote desktop'), (5900, 'VNC'), (3306, 'MySQL'), (5432, 'PostgreSQL'), (6379, 'Redis'),
    (27017, 'MongoDB'), (9200, 'Elasticsearch'), (2375, 'Docker'), (2376, 'Docker'), (6443, 'Kubernetes'), (10250, 'kubelet'), (5985, 'WinRM')),
opened AS (
    SELECT r.family, r.tbl, r.chain, r.pos, r.saddr, r.dport, min(a.what) AS what
    FROM firewall_rules AS r
    JOIN admin AS a ON ',' || replace(r.dport, ' ', '') || ',' LIKE '%,' || a.port || ',%'
                       OR (r.dport GLOB '[0-9]*-[0-9]*' AND instr(r.dport, ',') = 0
                           AND a.port BETWEEN CAST(r.dport AS INTEGER) AND CAST(substr(r.dport, instr(r.dport, '-') + 1) AS INTEGER))
    WHERE r.verdict = 'accept' AND coalesce(r.iif, '') <> 'lo' AND coalesce(r.proto, 'tcp') = 'tcp'
          AND NOT EXISTS (SELECT 1 FROM firewall_chains AS c WHERE c.family = r.family AND c.tbl = r.tbl AND c.name = r.chain
                                                                   AND c.hook IN ('output', 'postrouting', 'forward', 'prerouting'))
    GROUP BY r.family, r.tbl, r.chain, r.pos, r.saddr, r.dport)
SELECT family || ' ' || tbl || ' ' || chain || ' rule ' || pos AS resource,
       CASE WHEN saddr IS NULL OR saddr IN ('0.0.0.0/0', '::/0') THEN 'fail' ELSE 'pass' END AS status,
       what || ' (port ' || dport || ') is open to ' || coalesce(saddr, 'every source') || '; expected named sources' AS reason
FROM opened
UNION ALL
SELECT 'inbound rules' AS resource, 'pass' AS status, 'no rule opens an administrative port' AS reason
FROM (SELECT count(*) AS n FROM firewall_chains)
WHERE n > 0 AND NOT EXISTS (SELECT 1 FROM opened)
ORDER BY 1
