#include "content/content.h"

const struct criterion *content_criterion(struct str id)
{
    for (size_t i = 0; i < content_criterion_count; i++)
        if (str_is(id, content_criteria[i].id))
            return &content_criteria[i];
    return NULL;
}

const struct control *content_control(struct str id)
{
    for (size_t i = 0; i < content_control_count; i++)
        if (str_is(id, content_controls[i].id))
            return &content_controls[i];
    return NULL;
}

const struct policy *content_policy(struct str id)
{
    for (size_t i = 0; i < content_policy_count; i++)
        if (str_is(id, content_policies[i].id))
            return &content_policies[i];
    return NULL;
}

const struct test *content_test(struct str id)
{
    size_t from = 0, to = content_test_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = str_compare(id, str_of(content_tests[middle].id));
        if (order == 0)
            return &content_tests[middle];
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

const struct library_course *content_course(struct str id)
{
    for (size_t i = 0; i < content_course_count; i++)
        if (str_is(id, content_courses[i].id))
            return &content_courses[i];
    return NULL;
}

const struct role *content_role(struct str id)
{
    for (size_t i = 0; i < content_role_count; i++)
        if (str_is(id, content_roles[i].id))
            return &content_roles[i];
    return NULL;
}

static const char *const permission_names[PERMISSION_END] = {
    [PERMISSION_PUBLIC] = "public",   [PERMISSION_OWN_PAGE] = "own_page", [PERMISSION_READ] = "read",
    [PERMISSION_RUN] = "run",         [PERMISSION_RECORDS] = "records",   [PERMISSION_EXPORT] = "export",
    [PERMISSION_AUDIT] = "audit",     [PERMISSION_USERS] = "users",       [PERMISSION_SETTINGS] = "settings",
    [PERMISSION_KEYS] = "keys",
    [PERMISSION_EXAMINE] = "examine",
};

const char *permission_name(enum permission permission)
{
    return permission_names[permission_full(permission)];
}

enum permission permission_full(enum permission permission)
{
    return permission == PERMISSION_OWN_OR_READ ? PERMISSION_READ : permission == PERMISSION_OWN_OR_RECORDS ? PERMISSION_RECORDS : permission;
}

bool permission_is_given(enum permission permission, uint32_t permissions, uint32_t rights)
{
    uint32_t full = PERMISSION_BIT(permission_full(permission));
    if (permission == PERMISSION_PUBLIC || (permissions & full))
        return true;
    return permission_full(permission) != permission && !(rights & full) && (permissions & PERMISSION_BIT(PERMISSION_OWN_PAGE));
}

enum permission permission_of_name(struct str name)
{
    for (int i = PERMISSION_PUBLIC + 1; i < PERMISSION_END; i++)
        if (str_is(name, permission_names[i]))
            return (enum permission)i;
    return (enum permission)0;
}

uint32_t role_permissions(const struct role *role)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < role->permissions.count; i++)
        bits |= PERMISSION_BIT(permission_of_name(str_of(role->permissions.items[i])));
    return bits;
}

const struct parameter *content_parameter(struct str name)
{
    for (size_t i = 0; i < content_parameter_count; i++)
        if (str_is(name, content_parameters[i].name))
            return &content_parameters[i];
    return NULL;
}
