/*
 * permission.h - what an address of the program asks for, and what roles are made of (content/roles.yaml says it in words).
 */
#ifndef CONTENT_PERMISSION_H
#define CONTENT_PERMISSION_H

#include "base/str.h"
#include <stdint.h>

enum permission {
    PERMISSION_PUBLIC = 1, /* anybody */
    PERMISSION_OWN_PAGE,
    PERMISSION_READ,
    PERMISSION_RUN,
    PERMISSION_RECORDS,
    PERMISSION_EXPORT,
    PERMISSION_AUDIT,
    PERMISSION_USERS,
    PERMISSION_SETTINGS,
    PERMISSION_KEYS,
    PERMISSION_EXAMINE,
    PERMISSION_END,
    /* Of addresses alone: that permission, or own_page for what concerns oneself, where one's account does not have it at all. */
    PERMISSION_OWN_OR_READ,
    PERMISSION_OWN_OR_RECORDS
};
#define PERMISSION_BIT(permission) (UINT32_C(1) << (permission))

/* What an address asks for in full. */
enum permission permission_full(enum permission permission);
/* Do the permissions of a request, of an account with these rights, let it in? */
bool permission_is_given(enum permission permission, uint32_t permissions, uint32_t rights);
/* "read"; "public" for PERMISSION_PUBLIC; of the last two that in full. */
const char *permission_name(enum permission permission);
/* 0: there is none of this name (nobody can be given "public"). */
enum permission permission_of_name(struct str name);

#endif
