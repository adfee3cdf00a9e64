/*
id: time-sources
title: The time comes from named sources
topic: time
why: >
  One source can be wrong or gone without anybody noticing; none at all means the daemon has nothing to follow.
controls:
  - control: LOG-02
    reason: >
      Names the trusted source that the control asks for.
severity: low
parameters: [time_sources_min]
tables: [time_sync]
paths: []
empty: unknown
fix: |
  printf 'pool 2.debian.pool.ntp.org iburst\n' > /etc/chrony/sources.d/pool.sources
  chronyc reload sources
references: ["chrony.conf(5)", "timesyncd.conf(5)"]
*/
SELECT 'time sources' AS resource,
       CASE WHEN count(source) + 3 * count(CASE WHEN source LIKE '%pool.%' THEN 1 END) >= :time_sources_min THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN count(source) = 0 THEN 'none is configured' ELSE 'configured: ' || group_concat(source, ', ') END
           || '; expected at least ' || :time_sources_min || ' (a pool counts as four)' AS reason
FROM (SELECT source FROM time_sync WHERE kind = 'source' AND source IS NOT NULL ORDER BY source)
WHERE EXISTS (SELECT 1 FROM time_sync)
