/* pam.h - the rules of a PAM service, flattened; pam_rules shows them, password_policy reads arguments off them. */
#ifndef COLLECT_HOST_PAM_H
#define COLLECT_HOST_PAM_H

#include "collect/host/host.h"

struct pam_rule {
    struct str type; /* auth, account, password, session */
    bool is_optional_module;
    struct str control; /* one word, or [..] as written */
    struct str module;  /* without its folder */
    struct str args;    /* one space between */
    struct str file;
    int64_t line;
    int depth;
};

struct pam_rules {
    struct pam_rule *items;
    size_t count, capacity;
    size_t files; /* read so far: includes that multiply end at a limit */
};

/* The rules of `service` (a file of /etc/pam.d), with includes followed. False when there is no such file. What could not be read
 * is told with gather_missing. */
bool pam_read_service(struct gather *g, struct str service, struct pam_rules *ret);
/* The value of "name" or "name=value" among the arguments; false when it is not there. */
bool pam_argument(struct str args, const char *name, struct str *ret_value);

#endif
