/* view_person.c - one person: what they owe, where they stand in coming, moving or leaving, what they have. */
#include "report/people_internal.h"

#include <stdlib.h>

struct duties {
    struct view *v;
    struct json *list;
    struct str today;
};

static void duty_add(struct duties *d, const char *kind, const char *label, struct str id, struct str title, struct str url, struct str due)
{
    struct json *o = json_push_object(d->list);
    bool is_late = due.size && str_compare(due, d->today) < 0;
    json_put_cstr(o, "kind", kind);
    json_put_cstr(o, "label", label);
    json_put_str(o, "id", id);
    json_put_str(o, "title", title);
    json_put_str(o, "url", url);
    json_put_str(o, "due", due);
    json_put_str(o, "when", people_when(d->v, due));
    json_put_bool(o, "is_overdue", is_late);
    put_status_as(o, is_late ? RESULT_FAIL : RESULT_UNKNOWN, is_late ? "Overdue" : "Open");
}

#define OWN_SIGNATURE(OF) \
    "select count(*) from policy_versions_versions y join acknowledgements_versions a on a.policy_version = y.id and a.digest = y.digest and a.person = ?4 and " OF("a") \
    " where y.policy = ?2 and y.number >= ?3 and y.state in ('in_force', 'superseded') and " OF("y")
static bool policies_add(struct duties *d, const struct people_book *b, const struct owing *p, struct err *e)
{
    struct view *v = d->v;
    for (size_t k = 0; str_is(p->state, "active") && k < b->policy_count; k++) {
        const struct policy_wanted *w = &b->policies[k];
        struct err inner = {0};
        bool is_signed = db_one_int(v->db, &inner, 0,
                                    VIEW_SQL(v, OWN_SIGNATURE),
                                    A(view_record_limit(v)), A(w->id), A(w->signs_from), A(p->id)) > 0;
        if (inner.code)
            return *e = inner, false;
        if (!is_signed && policy_is_wanted(w, p))
            duty_add(d, "policy", "Read and sign", w->id, w->title, arena_printf(v->arena, "/handbook/%.*s", STR_ARGS(w->id)), STR(""));
    }
    return true;
}

static bool rows_add(struct duties *d, const char *kind, const char *label, const char *type, struct str person, const char *sql, struct err *e)
{
    struct view *v = d->v;
    struct err inner = {0};
    DB_EACH (row, v->db, &inner, sql, A(view_record_limit(v)), A(person)) {
        struct str id = people_text(v, row, 0);
        duty_add(d, kind, label, id, people_text(v, row, 1), type ? record_url(v, type, id) : arena_printf(v->arena, "/people/joiners/%.*s", STR_ARGS(people_text(v, row, 3))), people_text(v, row, 2));
    }
    return inner.code ? (*e = inner, false) : true;
}

static int duty_order(const void *a, const void *b)
{
    const struct json *x = *(const struct json *const *)a, *y = *(const struct json *const *)b;
    struct str dx = json_text(x, "due"), dy = json_text(y, "due");
    if ((dx.size == 0) != (dy.size == 0))
        return dx.size == 0 ? 1 : -1;
    int order = str_compare(dx, dy);
    order = order ? order : str_compare(json_text(x, "kind"), json_text(y, "kind"));
    return order ? order : str_compare(json_text(x, "id"), json_text(y, "id"));
}

static struct json *duties_sorted(struct duties *d)
{
    struct json **items = arena_array(d->v->arena, d->list->count + 1, sizeof *items), *sorted = json_array(d->v->arena);
    size_t n = 0;
    JSON_EACH (item, d->list)
        items[n++] = item;
    qsort(items, n, sizeof(struct json *), duty_order);
    for (size_t i = 0; i < n; i++) {
        items[i]->next = NULL;
        json_push(sorted, items[i]);
    }
    return sorted;
}

#define OWN_TRAININGS(OF) \
    "select t.id, t.title, t.due_on, t.id from training_assignments_versions t where t.person = ?2 and +t.state in ('assigned', 'started', 'quiz') and " OF("t")
#define OWN_STEPS(OF) \
    "select s.id, s.title, s.due_on, s.lifecycle from lifecycle_steps_versions s where s.owner = ?2 and +s.state = 'open' and " OF("s")
#define OWN_LINES(OF) \
    "select x.id, x.title || ': ' || count(*) || ' to decide', x.due_on, x.id from (" PEOPLE_LINES(OF, "?2") ") k cross join access_reviews_versions x on x.id = k.review and " \
    "+x.state = 'open' and " OF("x") " group by x.id"

static struct json *duties_of(struct view *v, const struct people_book *b, const struct owing *p, struct err *e)
{
    struct duties d = {.v = v, .list = json_array(v->arena), .today = people_today(v)};
    if (!policies_add(&d, b, p, e) ||
        !rows_add(&d, "training", "Training", "training_assignment", p->id,
                  VIEW_SQL(v, OWN_TRAININGS), e) ||
        !rows_add(&d, "step", "Step", NULL, p->id,
                  VIEW_SQL(v, OWN_STEPS), e) ||
        !rows_add(&d, "access", "Access review", "access_review", p->id,
                  VIEW_SQL(v, OWN_LINES), e))
        return NULL;
    if (p->needs_device)
        duty_add(&d, "device", "Device", p->id, STR("No device is registered"), STR("/records/device"), STR(""));
    if (p->needs_check)
        duty_add(&d, "background_check", "Background check", p->id, STR("No background check is answered"), STR("/records/background_check"), STR(""));
    return duties_sorted(&d);
}

struct json *person_duties(struct view *v, struct str person, struct err *e)
{
    struct people_book b;
    if (!people_one_read(v, person, &b, e))
        return NULL;
    const struct owing *p = people_book_find(&b, person);
    return p ? duties_of(v, &b, p, e) : json_array(v->arena);
}

/* ---- the page of one ---- */

#define OWN_ACCOUNTS(OF) \
    "select a.id, a.name, a.state, a.privileged, a.enabled, a.last_used_on, a.gone_on, (select s.name from systems s where s.id = a.system) from system_accounts_versions a where a.person = ?2 " \
    "and " OF("a") " order by a.state desc, 8, a.name"
static bool put_accounts(struct view *v, struct json *page, struct str id, struct err *e)
{
    struct json *list = json_put_array(page, "accounts");
    struct err inner = {0};
    DB_EACH (row, v->db, &inner,
             VIEW_SQL(v, OWN_ACCOUNTS),
             A(view_record_limit(v)), A(id)) {
        struct json *o = json_push_object(list);
        bool is_there = str_is(db_text(row, 2), "present"), is_off = !db_is_null(row, 4) && db_int(row, 4) == 0;
        struct str account = people_text(v, row, 0);
        json_put_str(o, "id", account);
        json_put_str(o, "name", people_text(v, row, 1));
        json_put_str(o, "url", record_url(v, "system_account", account));
        json_put_str(o, "system", people_text(v, row, 7));
        json_put_bool(o, "is_privileged", db_int(row, 3) != 0);
        json_put_str(o, "last_used", people_text(v, row, 5));
        json_put_str(o, "gone_on", people_text(v, row, 6));
        put_status_as(o, is_there ? (is_off ? RESULT_UNKNOWN : RESULT_PASS) : RESULT_SKIP, is_there ? (is_off ? "Disabled" : "There") : "Gone");
    }
    return inner.code ? (*e = inner, false) : true;
}

#define OWN_DEVICES(OF) \
    "select d.id, d.name, d.kind, d.serial, d.is_encrypted, d.is_managed, d.state, (select h.subject from subject_host h where h.name = ifnull(d.host, d.name) or h.subject = d.host limit 1) " \
    "from devices_versions d where d.owner = ?2 and " OF("d") " order by d.id"
static bool put_devices(struct view *v, const struct view_records *r, struct json *page, struct str id, struct err *e)
{
    struct json *list = json_put_array(page, "devices");
    const struct record_type *t = record_types_find(r->types, STR("device"));
    struct err inner = {0};
    DB_EACH (row, v->db, &inner,
             VIEW_SQL(v, OWN_DEVICES),
             A(view_record_limit(v)), A(id)) {
        struct json *o = json_push_object(list);
        struct str device = people_text(v, row, 0);
        json_put_str(o, "id", device);
        json_put_str(o, "name", people_text(v, row, 1));
        json_put_str(o, "url", record_url(v, "device", device));
        json_put_str(o, "kind_words", people_choice(r, "device", "kind", people_text(v, row, 2)));
        json_put_str(o, "serial", people_text(v, row, 3));
        json_put_bool(o, "is_encrypted", db_int(row, 4) != 0);
        json_put_bool(o, "is_managed", db_int(row, 5) != 0);
        json_put_str(o, "captured", people_text(v, row, 7));
        json_put(o, "state", record_state_json(v, t, people_text(v, row, 6)));
    }
    return inner.code ? (*e = inner, false) : true;
}

struct json *view_person(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct people_book b;
    const struct record_type *t = record_types_find(r->types, STR("person"));
    struct record *record = record_get(v->db, v->arena, t, id, view_record_limit(v), e);
    if (!record)
        return NULL;
    if (record->is_deleted || !access_matches(r->access, &t->may_read, record))
        return err_set(e, ERR_NOT_FOUND, "person %.*s: there is none of this name that you may read", STR_ARGS(str_slice(id, 0, 64))), NULL;
    struct json *page = record_page_new(v, record_title(record), true, e);
    if (!page || !people_one_read(v, id, &b, e))
        return NULL;
    people_checks_hide(&b, r);
    const struct owing *p = people_book_find(&b, id);
    struct json *duties = p ? duties_of(v, &b, p, e) : NULL;
    if (!duties)
        return e->code ? NULL : (err_set(e, ERR_NOT_FOUND, "person: there is none of this name"), NULL);
    struct json *o = json_put_object(page, "person");
    json_put_str(o, "id", id);
    json_put_str(o, "name", p->name);
    json_put_str(o, "kind_words", people_choice(r, "person", "kind", p->kind));
    json_put_str(o, "job_title", p->job_title);
    json_put_str(o, "department", p->department);
    json_put_str(o, "team", p->team);
    json_put_str(o, "started_on", p->started_on);
    json_put_str(o, "left_on", p->left_on);
    json_put(o, "state", record_state_json(v, t, p->state));
    struct str manager = db_one_text(v->arena, v->db, e, "select name from people where id = ?1", A(p->manager));
    people_who(v, o, "manager", p->manager, manager.data ? manager : STR(""));
    json_put_int(o, "version", record->version);
    json_put_bool(o, "sees_check", people_sees_check(r, id));
    put_status_as(o, p->has_check ? RESULT_PASS : p->needs_check ? RESULT_UNKNOWN : RESULT_SKIP, p->has_check ? "Checked" : p->needs_check ? "Not checked" : "Not needed");
    json_put_str(page, "record_url", record_url(v, "person", id));
    json_put(page, "duties", duties);
    return people_put_lifecycles(v, r, page, id, e) && put_accounts(v, page, id, e) && put_devices(v, r, page, id, e) && people_put_differences(v, r, page, id, e) ? page : NULL;
}
