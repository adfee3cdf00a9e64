/*
id: listener-database
title: Databases and caches do not listen to everybody
topic: listeners
why: >
  Databases, caches and queues are made for the few programs that use them. Many ask for no password at all in their
  first setting; on an open address the first scanner finds them.
controls:
  - control: NET-03
    reason: >
      Data stores belong into a segment that only approved flows reach; listening on every address leaves that to one
      firewall rule.
  - control: NET-01
    reason: >
      A data store is not among the services that may be reachable from outside.
severity: high
parameters: []
tables: [listening]
paths: []
empty: not_applicable
fix: |
  # PostgreSQL: listen_addresses = 'localhost' in postgresql.conf; MariaDB: bind-address = 127.0.0.1; Redis: bind 127.0.0.1 ::1
  systemctl restart UNIT
references: ["ss(8)"]
*/
WITH stores(port, what) AS (VALUES (3306, 'MySQL'), (5432, 'PostgreSQL'), (6379, 'Redis'), (27017, 'MongoDB'), (9200, 'Elasticsearch'),
    (9300, 'Elasticsearch'), (11211, 'memcached'), (5984, 'CouchDB'), (1433, 'SQL Server'), (1521, 'Oracle'), (9042, 'Cassandra'), (2379, 'etcd'),
    (8086, 'InfluxDB'), (5672, 'RabbitMQ'), (9092, 'Kafka'), (2181, 'ZooKeeper'), (8123, 'ClickHouse'), (7000, 'Cassandra'))
SELECT s.what || ' ' || l.proto || '/' || l.port AS resource,
       CASE WHEN max(l.scope IN ('any', 'public')) THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN max(l.scope IN ('any', 'public')) THEN 'listens on ' || max(CASE WHEN l.scope IN ('any', 'public') THEN l.addr END)
            || '; expected a private or loopback address' ELSE 'listens on ' || max(l.addr) END AS reason
FROM listening AS l
JOIN stores AS s ON s.port = l.port
GROUP BY s.what, l.proto, l.port
ORDER BY 1
