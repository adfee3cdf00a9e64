/*
id: firewall-at-boot
title: The firewall is there again after a restart
topic: firewall
why: >
  Rules typed by hand are gone after the next start, and so is the protection, at a moment when nobody looks.
controls:
  - control: NET-01
    reason: >
      The boundary must hold throughout the period, across restarts as well.
severity: high
parameters: []
tables: [firewall_chains, services]
paths: []
empty: not_applicable
fix: |
  nft list ruleset > /etc/nftables.conf
  systemctl enable nftables
references: ["nft(8)", "systemctl(1)"]
*/
SELECT 'firewall service' AS resource,
       CASE WHEN max(s.enabled IN ('enabled', 'enabled-runtime', 'generated')) THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN max(s.enabled IN ('enabled', 'enabled-runtime', 'generated'))
            THEN max(CASE WHEN s.enabled IN ('enabled', 'enabled-runtime', 'generated') THEN s.unit END) || ' loads rules at boot'
            ELSE 'rules are loaded now, but no service loads them at boot (nftables, ufw, firewalld, netfilter-persistent, shorewall, ferm)' END AS reason
FROM (SELECT 1 AS one FROM firewall_chains WHERE hook = 'input' LIMIT 1) AS c
LEFT JOIN services AS s ON s.unit IN ('nftables.service', 'ufw.service', 'firewalld.service', 'netfilter-persistent.service', 'iptables.service',
                                      'shorewall.service', 'ferm.service')
GROUP BY c.one
