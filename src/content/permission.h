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
    PERMISSION_END
};
#define PERMISSION_BIT(permission) (UINT32_C(1) << (permission))

/* "read"; "public" for PERMISSION_PUBLIC. */
const char *permission_name(enum permission permission);
/* 0: there is none of this name (nobody can be given "public"). */
enum permission permission_of_name(struct str name);

#endif
