/* Adopting the starter set: the controls of it and all others in scope that nobody has adopted, by who usually owns them, and the people to choose from. */
#include "report/gap_book.h"

enum { ROLES_MAX = 64 };

struct owner_kind {
    const char *name;
    int64_t open, core;
    struct json *controls;
};

static struct owner_kind *owner_kind_of(struct owner_kind *roles, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(roles[i].name, name) == 0)
            return &roles[i];
    if (*count == ROLES_MAX)
        return &roles[ROLES_MAX - 1];
    roles[*count] = (struct owner_kind){.name = name};
    return &roles[(*count)++];
}

static int compare_kinds(const void *a, const void *b)
{
    const struct owner_kind *x = a, *y = b;
    int order = (y->core > x->core) - (y->core < x->core);
    return order ? order : strcmp(x->name, y->name);
}

struct json *view_adopt(struct view *v, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    struct json *page = as ? page_new(v, STR("Adopt controls"), e) : NULL;
    if (!page || !people_put(v, page, e))
        return NULL;
    struct owner_kind *roles = arena_array(v->arena, ROLES_MAX, sizeof *roles);
    size_t count = 0;
    int64_t adopted = 0, core = 0, open = 0;
    for (size_t i = 0; i < as->control_count; i++) {
        const struct control_state *c = &as->controls[i];
        bool is_starter = control_is_starter(as, i);
        if (!is_starter && !control_is_in_scope(as, i) && !(c->program->is_own && c->program->adoption == ADOPTION_NONE))
            continue;
        if (c->program->adoption != ADOPTION_NONE) {
            adopted += c->program->adoption == ADOPTION_ADOPTED;
            continue;
        }
        struct owner_kind *r = owner_kind_of(roles, &count, c->control->owner_role[0] ? c->control->owner_role : "Own controls");
        r->open++;
        r->core += is_starter;
        open++;
        core += is_starter;
        if (!r->controls)
            r->controls = json_array(v->arena);
        struct json *o = push_link(v, r->controls, c->control->id, c->control->title, url_control(v, c->control));
        json_put_bool(o, "is_core", is_starter);
    }
    qsort(roles, count, sizeof *roles, compare_kinds);
    struct json *list = json_put_array(page, "roles");
    for (size_t i = 0; i < count; i++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "role", roles[i].name);
        json_put_int(o, "open", roles[i].open);
        json_put_int(o, "core", roles[i].core);
        json_put(o, "controls", roles[i].controls);
    }
    json_put_int(page, "adopted", adopted);
    json_put_int(page, "open", open);
    json_put_int(page, "core", core);
    return page;
}
