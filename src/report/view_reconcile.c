/* view_reconcile.c - the roster against the accounts: numbered differences, and rosters that were taken in. */
#include "assess/reconcile_records.h"
#include "report/kept_tree.h"
#include "report/people_internal.h"

enum { DIFFERENCES_MAX = 50000, ROSTERS_SHOWN = 20, MISSING_MAX = 500 };

#define DIFFERENCE_COLUMNS                                                                                                                                                      \
    "d.id, d.title, d.kind, d.person, (select p.name from people p where p.id = d.person), d.system, (select s.name from systems s where s.id = d.system), d.account, d.found_on, " \
    "d.due_on, d.lag, d.explanation, d.state, d.version, d.owner, (select p.name from people p where p.id = d.owner), (select x.id from deviations x where x.difference = d.id)"

static const char *state_words_of(struct str state)
{
    return str_is(state, "open") ? "Open" : str_is(state, "explained") ? "Explained" : "Mended";
}

static enum result_status difference_fill(struct view *v, const struct view_records *r, struct db_row *row, struct json *o)
{
    struct str id = people_text(v, row, 0), state = people_text(v, row, 12), due = people_text(v, row, 9), deviation = people_text(v, row, 16);
    bool is_open = str_is(state, "open");
    json_put_str(o, "id", id);
    json_put_str(o, "title", people_text(v, row, 1));
    json_put_str(o, "url", record_url(v, "difference", id));
    json_put_str(o, "kind", people_text(v, row, 2));
    json_put_str(o, "kind_words", people_choice(r, "difference", "kind", people_text(v, row, 2)));
    people_who(v, o, "person", people_text(v, row, 3), people_text(v, row, 4));
    people_who(v, o, "owner", people_text(v, row, 14), people_text(v, row, 15));
    struct json *system = json_put_object(o, "system");
    json_put_str(system, "id", people_text(v, row, 5));
    json_put_str(system, "name", people_text(v, row, 6));
    json_put_str(o, "account", people_text(v, row, 7));
    json_put_str(o, "found_on", people_text(v, row, 8));
    json_put_str(o, "due_on", due);
    json_put_str(o, "when", is_open ? people_when(v, due) : STR(""));
    if (db_is_null(row, 10))
        json_put_null(o, "lag");
    else
        json_put_int(o, "lag", db_int(row, 10));
    json_put_str(o, "explanation", people_text(v, row, 11));
    json_put_int(o, "version", db_int(row, 13));
    if (deviation.size)
        put_link(v, o, "deviation", deviation.data, deviation.data, record_url(v, "deviation", deviation));
    else
        json_put_null(o, "deviation");
    bool is_own = str_equal(people_text(v, row, 3), r->access->person) && r->access->person.size;
    bool may = !r->access->changes_own_only && (access_has_role(r->access, "compliance_lead") || access_has_role(r->access, "administrator") || access_has_role(r->access, "owner"));
    json_put_bool(o, "may_explain", is_open && may && !is_own && !v->is_past);
    enum result_status s = is_open ? RESULT_FAIL : str_is(state, "explained") ? RESULT_UNKNOWN : RESULT_SKIP;
    put_status_as(o, s, state_words_of(state));
    return s;
}

bool people_put_differences(struct view *v, const struct view_records *r, struct json *page, struct str person, struct err *e)
{
    struct json *list = json_put_array(page, "differences");
    struct err inner = {0};
    DB_EACH (row, v->db, &inner, "select " DIFFERENCE_COLUMNS " from differences_versions d where d.person = ?2 and d.state <> 'gone' and " VIEW_AS_OF("d") " order by d.id",
             A(view_record_limit(v)), A(person))
        difference_fill(v, r, row, json_push_object(list));
    return inner.code ? (*e = inner, false) : true;
}

/* {"counts":{},"differences":[{"id","count"}],"systems":[{"id","name","taken","accounts"}]}: everybody against every account. */
static struct json *match_make(struct view *v, void *context, struct err *e)
{
    struct reconciliation now;
    (void)context;
    if (!reconciliation_load(v->db, v->arena, view_today(v), view_record_limit(v), &now, e))
        return NULL;
    struct json *made = json_object(v->arena), *o = json_put_object(made, "counts");
    json_put_int(o, "accounts", (int64_t)now.counts.accounts);
    json_put_int(o, "matched", (int64_t)now.counts.matched);
    json_put_int(o, "unmatched", (int64_t)now.counts.unmatched);
    json_put_int(o, "persons", (int64_t)now.counts.persons);
    json_put_int(o, "present", (int64_t)now.counts.present);
    json_put_int(o, "left", (int64_t)now.counts.left);
    json_put_int(o, "differences", (int64_t)now.counts.total);
    struct json *kinds = json_put_object(made, "differences"), *systems = json_put_array(made, "systems");
    for (int i = 0; i < DIFFERENCE_KINDS; i++)
        json_put_int(kinds, difference_ids[i], (int64_t)now.counts.differences[i]);
    for (size_t i = 0; i < now.facts.system_count; i++) {
        const struct roster_system *s = &now.facts.systems[i];
        struct json *one = json_push_object(systems);
        int64_t accounts = 0;
        for (size_t k = 0; k < now.facts.account_count; k++)
            accounts += str_equal(now.facts.accounts[k].system, s->id);
        json_put_str(one, "id", s->id);
        json_put_str(one, "name", s->name);
        json_put_int(one, "taken", s->taken_ms);
        json_put_int(one, "accounts", accounts);
    }
    return made;
}

static bool put_counts_now(struct view *v, struct json *page, struct err *e)
{
    const struct json *content = lifecycle_content(v->arena, e), *now = NULL;
    if (!content ||
        !(now = kept_tree_get(v, STR("reconcile"),
                              "[\"record/person\",\"record/system_account\",\"record/account_extract\",\"record/system\",\"record/lifecycle\",\"record/lifecycle_step\",\"record/difference\",\"parameter\"]",
                              match_make, NULL, e)))
        return false;
    json_put(page, "counts", json_copy(v->arena, json_get(now, "counts")));
    struct json *kinds = json_put_array(page, "kinds"), *systems = json_put_array(page, "systems");
    JSON_EACH (k, json_get(content, "differences")) {
        struct json *one = json_push_object(kinds);
        json_put_str(one, "id", json_text(k, "id"));
        json_put_str(one, "label", json_text(k, "label"));
        json_put_str(one, "words", json_text(k, "words"));
        json_put_str(one, "control", json_text(k, "control"));
        json_put_int(one, "count", json_int(json_get(now, "differences"), arena_str(v->arena, json_text(k, "id")).data, 0));
    }
    JSON_EACH (s, json_get(now, "systems")) {
        struct json *one = json_push_object(systems);
        json_put_str(one, "name", json_text(s, "name"));
        json_put_str(one, "url", record_url(v, "system", json_text(s, "id")));
        put_time(v, one, "taken", json_int(s, "taken", 0));
        json_put_int(one, "accounts", json_int(s, "accounts", 0));
    }
    return true;
}

struct json *view_reconcile(struct view *v, const struct view_records *r, const struct view_filter *f, struct err *e)
{
    struct list l;
    struct err inner = {0};
    int64_t place = 0;
    struct json *page = record_page_new(v, STR("Roster and accounts"), true, e);
    if (!page)
        return NULL;
    list_init(&l, v, f);
    DB_EACH (row, v->db, &inner, "select " DIFFERENCE_COLUMNS " from differences_versions d where " VIEW_AS_OF("d") " order by d.state = 'open' desc, d.state = 'explained' desc, d.due_on, d.id limit ?2",
             A(view_record_limit(v)), A((int64_t)DIFFERENCES_MAX)) {
        struct json *o = json_object(v->arena);
        enum result_status s = difference_fill(v, r, row, o);
        struct str by = sort_is(f, "found_on") ? json_text(o, "found_on") : sort_is(f, "id") ? json_text(o, "id") : STR("");
        list_add(&l, (struct list_row){.row = o, .status = s, .group = STR(""), .sort_number = by.size ? 0 : place++, .sort_text = by,
                                       .text = arena_printf(v->arena, "%.*s %.*s", STR_ARGS(json_text(o, "id")), STR_ARGS(json_text(o, "title")))});
    }
    if (inner.code)
        return *e = inner, NULL;
    list_finish(&l, page, NULL);
    list_name_statuses(page, "Open", "Explained", "Mended", "Mended");
    return put_counts_now(v, page, e) ? page : NULL;
}

/* ---- rosters ---- */

static bool put_missing(struct view *v, struct json *page, struct err *e)
{
    struct json *list = json_put_array(page, "missing");
    struct err inner = {0};
    DB_EACH (row, v->db, &inner,
             "select p.id, p.name, p.version, p.department, p.job_title from record_link k join people_versions p on p.id = k.target and p.state = 'active' and p.left_on is null and " VIEW_AS_OF("p")
             " where k.type = 'roster' and k.field = 'missing' and k.id = (select x.id from rosters_versions x where x.is_full = 1 and " VIEW_AS_OF("x") " order by x.taken_at desc, x.id desc limit 1) "
             "and k.to_leaf is null order by p.name limit ?2",
             A(view_record_limit(v)), A((int64_t)MISSING_MAX)) {
        struct json *o = json_push_object(list);
        struct str id = people_text(v, row, 0);
        json_put_str(o, "id", id);
        json_put_str(o, "name", people_text(v, row, 1));
        json_put_str(o, "url", arena_printf(v->arena, "/people/%.*s", STR_ARGS(id)));
        json_put_int(o, "version", db_int(row, 2));
        json_put_str(o, "department", people_text(v, row, 3));
        json_put_str(o, "job_title", people_text(v, row, 4));
    }
    return inner.code ? (*e = inner, false) : true;
}

struct json *view_roster(struct view *v, const struct view_records *r, struct err *e)
{
    struct err inner = {0};
    struct json *page = record_page_new(v, STR("Roster"), true, e);
    if (!page || !put_missing(v, page, e))
        return NULL;
    struct json *list = json_put_array(page, "taken"), *sources = json_put_array(page, "sources");
    DB_EACH (row, v->db, &inner,
             "select x.id, x.source, x.taken_at, x.rows, x.made, x.changes, x.is_full, (select count(*) from record_link k where k.type = 'roster' and k.id = x.id and k.field = 'missing' and "
             "k.to_leaf is null) from rosters_versions x where " VIEW_AS_OF("x") " order by x.taken_at desc, x.id desc limit ?2",
             A(view_record_limit(v)), A((int64_t)ROSTERS_SHOWN)) {
        struct json *o = json_push_object(list);
        struct str id = people_text(v, row, 0);
        json_put_str(o, "id", id);
        json_put_str(o, "url", record_url(v, "roster", id));
        json_put_str(o, "source", people_text(v, row, 1));
        put_time(v, o, "at", db_int(row, 2));
        json_put_int(o, "rows", db_int(row, 3));
        json_put_int(o, "made", db_int(row, 4));
        json_put_int(o, "changes", db_int(row, 5));
        json_put_bool(o, "is_full", db_int(row, 6) != 0);
        json_put_int(o, "missing", db_int(row, 7));
    }
    DB_EACH (row, v->db, &inner, "select id, settings from identity_source where id <> 'site' order by id") {
        struct err ignored = {0};
        struct json *settings = json_parse(v->arena, people_text(v, row, 1), JSON_LIMITS_DEFAULT, &ignored);
        if (!str_is(json_text(settings, "kind"), "ldap"))
            continue;
        struct json *o = json_push_object(sources);
        struct str id = people_text(v, row, 0), label = json_text(settings, "label");
        json_put_str(o, "id", id);
        json_put_str(o, "label", label.size ? label : id);
    }
    json_put_int(page, "people", db_one_int(v->db, &inner, 0, "select count(*) from people where state = 'active'"));
    (void)r;
    return inner.code ? (*e = inner, NULL) : page;
}
