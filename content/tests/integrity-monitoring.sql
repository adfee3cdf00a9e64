/*
id: integrity-monitoring
title: Something notices changed system files
topic: malware
why: >
  An intruder changes programs and settings to stay. A tool that compares them with a reference shows it within a day.
controls:
  - control: VUL-06
    reason: >
      The control asks for a comparison of live state with the baseline at least daily; such a tool does it for files.
severity: medium
parameters: []
tables: [security_agents]
paths: []
empty: unknown
fix: |
  apt-get install aide && aideinit && mv /var/lib/aide/aide.db.new /var/lib/aide/aide.db
references: ["aide(1)"]
*/
SELECT 'integrity monitoring' AS resource,
       CASE WHEN max(installed = 1) THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN max(installed = 1) THEN (SELECT group_concat(name, ', ') FROM (SELECT name FROM security_agents WHERE (kind = 'integrity' OR name IN ('wazuh', 'osquery', 'ossec')) AND installed = 1 ORDER BY name)) || ' is installed'
            ELSE 'no tool that compares files with a reference (AIDE, Tripwire, Samhain, Wazuh, osquery) is installed' END AS reason
FROM security_agents
WHERE kind = 'integrity' OR name IN ('wazuh', 'osquery', 'ossec')
HAVING count(*) > 0
