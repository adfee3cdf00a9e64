/*
id: kernel-forwarding
title: The host forwards packets only where it is meant to
topic: kernel-parameters
why: >
  A host with two networks and forwarding on joins them. Hosts for containers and VPNs need it, others do not; a
  waiver says which.
controls:
  - control: NET-03
    reason: >
      Segments stay apart only if hosts with a foot in two of them do not forward.
severity: low
parameters: []
tables: [sysctl]
paths: []
empty: unknown
fix: |
  printf 'net.ipv4.ip_forward = 0\nnet.ipv6.conf.all.forwarding = 0\n' > /etc/sysctl.d/60-forwarding.conf && sysctl --system
references: ["sysctl.d(5)"]
*/
SELECT name AS resource,
       CASE WHEN value IS NULL THEN 'unknown' WHEN CAST(value AS INTEGER) = 0 THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN value IS NULL THEN 'could not be read' ELSE name || ' is ' || value || coalesce(' (configured in ' || configured_in || ')', CASE WHEN CAST(value AS INTEGER) = 0 THEN '' ELSE ' (in no file: a program has set it)' END) || '; expected 0 unless it is a router, VPN or container host' END AS reason
FROM sysctl
WHERE name IN ('net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding')
ORDER BY name
