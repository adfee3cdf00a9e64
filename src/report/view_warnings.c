/* What makes evidence doubtful as a whole, said above it. */
#include "report/view_internal.h"

enum { CLONE_DAYS = 7, WARNINGS_MAX = 20 };

/* Hosts that delivered as one subject within a week of each other: of another name on other (or unknown) hardware, or taking turns. */
static const char clones[] =
    "select a.subject, a.name, b.name, a.last_t, b.last_t from subject_host a join subject_host b on b.subject = a.subject"
    " and (a.name_fp, a.hardware_fp) < (b.name_fp, b.hardware_fp)"
    " where max(a.first_leaf, b.first_leaf) <= ?1 and abs(a.last_t - b.last_t) <= ?3 and max(a.last_t, b.last_t) >= ?2 - ?3"
    " and (a.returns + b.returns > 0 or (a.name_fp <> b.name_fp"
    " and (a.hardware_fp <> b.hardware_fp or a.hardware_fp = '' or b.hardware_fp = ''))) order by a.subject, a.name, b.name limit ?4";

bool put_warnings(struct view *v, struct json *page, struct err *e)
{
    struct err inner = {0};
    struct json *list = json_put_array(page, "warnings");
    DB_EACH (row, v->db, &inner, clones, A(v->leaf_limit), A(v->at_ms), A((int64_t)CLONE_DAYS * MS_DAY), A((int64_t)WARNINGS_MAX)) {
        struct json *o = json_push_object(list);
        struct str subject = arena_str(v->arena, db_text(row, 0)), one = arena_str(v->arena, db_text(row, 1)),
                   other = arena_str(v->arena, db_text(row, 2));
        if (str_compare(one, other) > 0) { /* the rows come by keyed hashes: any order */
            struct str first = other;
            other = one;
            one = first;
        }
        json_put_cstr(o, "code", "cloned_machine_id");
        json_put(o, "subject", subject_new(v, subject));
        json_put_str(o, "text",
                     str_equal(one, other) ? arena_printf(v->arena, "Two machines called %.*s deliver as one host", STR_ARGS(one))
                                           : arena_printf(v->arena, "Two hosts, %.*s and %.*s, deliver as one", STR_ARGS(one), STR_ARGS(other)));
        json_put_cstr(o, "why", "they share a machine-id, as clones of one disk do; what is shown of the one may have been seen on the other");
        json_put_cstr(o, "command", "rm /etc/machine-id && systemd-machine-id-setup");
    }
    if (inner.code)
        *e = inner;
    return !inner.code;
}
