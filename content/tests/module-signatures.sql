/*
id: module-signatures
title: Loaded kernel modules are signed
topic: kernel-modules
why: >
  Software in the kernel can hide itself from everything else. Signed modules come from the distribution; an
  unsigned one was put there by somebody.
controls:
  - control: END-03
    reason: >
      Shows software in the kernel that did not come from the approved, signed source.
severity: high
parameters: []
tables: [kernel_modules]
paths: []
empty: not_applicable
fix: |
  modprobe -r NAME                       # if it is not needed
  # or sign it with the key that the host trusts (mokutil --list-enrolled), and accept it with a reason
references: ["module-signing (kernel documentation, admin-guide)"]
*/
SELECT name AS resource,
       CASE signed WHEN 1 THEN 'pass' WHEN 0 THEN 'fail' ELSE 'unknown' END AS status,
       CASE signed WHEN 1 THEN 'carries a signature' WHEN 0 THEN 'is loaded and carries no signature' ELSE 'its file could not be read, so its signature is not known' END AS reason
FROM kernel_modules
WHERE loaded = 1
ORDER BY name
