/*
 * audit_rule.h - rules of the Linux audit subsystem: as auditctl(8) writes them and as the kernel holds them, in one form, so
 * that what is configured can be compared with what is loaded; and the questions to the kernel over NETLINK_AUDIT.
 */
#ifndef COLLECT_HOST_AUDIT_RULE_H
#define COLLECT_HOST_AUDIT_RULE_H

#include "collect/host/host.h"
#include <linux/audit.h>

enum { AUDIT_RULES_MAX = 20000, AUDIT_TIMEOUT_MS = 1000 };

/* data NULL where a rule does not say. Lists are sorted and joined by commas (conditions by spaces), so that equal rules are
 * equal bytes. */
struct audit_rule {
    const char *kind; /* "watch", "syscall", "control" */
    struct str key, action, list, path, permissions, fields, syscalls, arch;
    struct str origin; /* file:line */
    bool is_loaded;
    bool is_configured;
};

/* A line of a rules file. False for one that is none. */
bool audit_rule_parse(struct arena *a, struct str line, struct audit_rule *ret);
/* struct audit_rule_data as the kernel sends it. False if it is malformed. */
bool audit_rule_decode(struct arena *a, struct str bytes, struct audit_rule *ret);
/* Whether both say the same (where they stand does not matter). */
bool audit_rule_equal(const struct audit_rule *x, const struct audit_rule *y);
/* NULL if it is not known. */
const char *audit_syscall_name(uint32_t arch, unsigned number);

/* Asks the kernel. ERR_DENIED without CAP_AUDIT_CONTROL, ERR_UNAVAILABLE inside containers, ERR_UNSUPPORTED: no auditing in this
 * kernel. */
bool audit_ask_status(struct audit_status *ret, struct err *e) MUST_USE;
bool audit_ask_rules(struct arena *a, struct audit_rule **ret_rules, size_t *ret_count, struct err *e) MUST_USE;

#endif
