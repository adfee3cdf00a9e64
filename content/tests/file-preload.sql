/*
id: file-preload
title: No library is forced into every program
topic: files
why: >
  A library named in /etc/ld.so.preload is loaded into each program that starts. Debian does not ship the file;
  rootkits do.
controls:
  - control: END-02
    reason: >
      The file is a common way in which malicious code hides from every tool of the host.
  - control: VUL-06
    reason: >
      An unapproved component in every program.
severity: high
parameters: []
tables: [file_facts]
paths: [/etc/ld.so.preload]
empty: unknown
fix: |
  cat /etc/ld.so.preload && dpkg -S $(cat /etc/ld.so.preload)   # look first; if nobody knows it, treat it as an incident
  mv /etc/ld.so.preload /root/ld.so.preload.found
references: ["ld.so(8)"]
*/
SELECT path AS resource,
       CASE WHEN is_there = 0 OR (size = 0 AND coalesce(type, 'regular') = 'regular') THEN 'pass' ELSE 'fail' END AS status,
       CASE WHEN is_there = 0 THEN 'the file does not exist' WHEN size = 0 AND coalesce(type, 'regular') = 'regular' THEN 'the file is empty' ELSE 'the file exists (' || coalesce(size || ' bytes', type) || ', changed by ' || coalesce(user_name, uid) || '); expected none' END AS reason
FROM file_facts
WHERE declared = '/etc/ld.so.preload'
