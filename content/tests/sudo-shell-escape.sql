/*
id: sudo-shell-escape
title: Commands given by sudo cannot be turned into a root shell
topic: sudo
why: >
  Editors, interpreters, pagers, archivers and package managers can start a shell or write any file. Who may run one
  as root may do everything, though the rule names a single harmless program.
controls:
  - control: AC-07
    reason: >
      Finds rights that look narrow and are full, which a review of roles by title would miss.
  - control: AC-06
    reason: >
      Such a rule makes an unlisted administrator.
severity: high
parameters: []
tables: [sudo_rules]
paths: []
empty: not_applicable
fix: |
  visudo -f FILE
  # for editing: sudoedit /etc/hosts instead of /usr/bin/vim /etc/hosts
  # for reading: put NOEXEC: before the command
references: ["sudoers(5)", "sudoedit(8)"]
*/
WITH escapes(program) AS (VALUES
    ('vi'), ('vim'), ('vim.basic'), ('nano'), ('ed'), ('emacs'), ('less'), ('more'), ('man'), ('find'), ('awk'), ('gawk'), ('mawk'), ('sed'),
    ('perl'), ('python'), ('python3'), ('ruby'), ('lua'), ('node'), ('php'), ('bash'), ('sh'), ('dash'), ('zsh'), ('env'), ('tar'), ('zip'),
    ('rsync'), ('tee'), ('cp'), ('mv'), ('dd'), ('chmod'), ('chown'), ('git'), ('apt'), ('apt-get'), ('dpkg'), ('docker'), ('nmap'), ('tcpdump'),
    ('su'), ('xargs'), ('nice'), ('timeout'), ('strace'), ('gdb'), ('ssh'), ('scp'), ('make'), ('crontab'), ('visudo'))
SELECT CASE principal_type WHEN 'group' THEN '%' WHEN 'netgroup' THEN '+' ELSE '' END || principal || ': ' || command AS resource,
       CASE WHEN EXISTS (SELECT 1 FROM escapes WHERE command LIKE '%/' || program OR command LIKE '%/' || program || ' %') AND instr(tags, 'NOEXEC') = 0
            THEN 'fail' ELSE 'pass' END AS status,
       CASE WHEN EXISTS (SELECT 1 FROM escapes WHERE command LIKE '%/' || program OR command LIKE '%/' || program || ' %') AND instr(tags, 'NOEXEC') = 0
            THEN 'can start a shell or write any file as ' || runas || ', which amounts to full rights (' || file || ':' || line || ')'
            ELSE 'no known way from it to a shell, or NOEXEC is set' END AS reason
FROM sudo_rules
WHERE is_all = 0 AND negated = 0 AND principal_negated = 0 AND principal <> 'root'
ORDER BY 1
