#include "assess/people_case.h"

#include "assess/lifecycle_internal.h"

struct population {
    struct db *db;
    struct arena *a;
    struct str control, from, to;
    int64_t at_ms, listed, checked;
    struct json *one;
};

static const struct people_control {
    const char *control, *kind, *parameter;
    bool is_business;
} controls[] = {{"AC-04", "leaver", "access_removal_business_days", true},
                {"AC-08", "mover", "access_mover_business_days", true},
                {"HR-04", "joiner", "training_start_days", false},
                {"HR-09", "leaver", "asset_return_business_days", true},
                {"HR-01", "joiner", NULL, false}};

static struct str instant(struct population *p, int64_t at_ms)
{
    char text[TIME_TEXT_SIZE];
    return arena_str(p->a, str_of(time_format(at_ms, text)));
}

/* Everybody whose record says that they came or left; of movers, that they moved, only the checklists tell. */
static const char persons_sql[] =
    "select x.person, x.day, x.is_involuntary, count(s.id), sum(s.state = 'open'), max(s.done_at), l.id from ("
    "select p.id as person, case ?4 when 'joiner' then p.started_on else p.left_on end as day, ?4 = 'leaver' and ifnull(p.is_involuntary, 0) as is_involuntary from people p where ?4 <> 'mover' "
    "and p.kind in ('employee', 'contractor', 'consultant') "
    "union all select m.person, m.event_on, 0 from lifecycles m where ?4 = 'mover' and m.kind = 'mover' and m.state <> 'dropped') x "
    "left join lifecycles l on l.person = x.person and l.kind = ?4 and l.event_on = x.day and l.state <> 'dropped' "
    "left join lifecycle_steps s on s.lifecycle = l.id and s.control = ?3 and s.state <> 'dropped' where x.day between ?1 and ?2 group by x.person, x.day order by x.day, x.person";

static void event_put(struct population *p, struct json *list, struct db_row *row)
{
    struct json *o = json_push_object(list);
    int64_t steps = db_int(row, 3), open = db_int(row, 4);
    bool has_checklist = !db_is_null(row, 6);
    json_put_str(o, "id", arena_str(p->a, db_text(row, 0)));
    json_put_str(o, "trigger", arena_str(p->a, db_text(row, 1)));
    if (db_int(row, 2) && str_is(p->control, "AC-04"))
        json_put_cstr(o, "sla", "P0BD");
    if (has_checklist && open == 0)
        json_put_str(o, "completed", steps ? instant(p, db_int(row, 5)) : arena_str(p->a, db_text(row, 1)));
    p->listed++;
    p->checked += has_checklist;
}

/* Before the first day, and before the account that came first. */
static void item_put(struct population *p, struct json *list, struct db_row *row)
{
    struct json *o = json_push_object(list);
    struct err ignored = {0};
    struct str person = arena_str(p->a, db_text(row, 0)), day = arena_str(p->a, db_text(row, 1));
    bool is_before = db_one_int(p->db, &ignored, 0,
                                "select count(*) from background_checks b where b.person = ?1 and b.state = 'done' and b.is_clear = 1 and b.done_on <= ?2 and "
                                "not exists(select 1 from system_accounts_versions a where a.person = ?1 and a.created_on < b.done_on)",
                                A(person), A(day)) > 0;
    json_put_str(o, "id", person);
    json_put_bool(json_put_object(o, "attributes"), "screening_completed_before_access", is_before);
    p->listed++;
    p->checked += !db_is_null(row, 6);
}

static bool population_put(struct population *p, const struct people_control *k, struct err *e)
{
    struct err inner = {0};
    bool is_events = k->parameter != NULL;
    struct json *list = json_put_array(p->one, is_events ? "events" : "items");
    DB_EACH (row, p->db, &inner, persons_sql, A(p->from), A(p->to), A(p->control), A(k->kind))
        if (is_events)
            event_put(p, list, row);
        else
            item_put(p, list, row);
    if (!is_events)
        json_put_cstr(p->one, "mode", "full");
    struct json *holidays = json_put_array(p->one, "holidays");
    DB_EACH (row, p->db, &inner, "select on_date from holidays where on_date is not null order by on_date")
        json_push_str(holidays, arena_str(p->a, db_text(row, 0)));
    return inner.code ? (*e = inner, false) : true;
}

struct json *people_case(struct db *db, struct arena *a, struct str control, int64_t first, int64_t last, int64_t at_ms, struct err *e)
{
    const struct people_control *k = NULL;
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
        k = str_is(control, controls[i].control) ? &controls[i] : k;
    if (!k)
        return err_set(e, ERR_NOT_FOUND, "%.*s: its population is not one of people; AC-04, AC-08, HR-01, HR-04 and HR-09 are", STR_ARGS(str_slice(control, 0, 40))), NULL;
    struct json *doc = json_object(a), *one = json_push_object(json_put_array(doc, "scenarios"));
    struct population p = {db, a, control, day_text(a, first), day_text(a, last), at_ms, 0, 0, one};
    json_put_str(one, "id", arena_printf(a, "%.*s-%.*s", STR_ARGS(control), STR_ARGS(p.to)));
    json_put_str(one, "title", arena_printf(a, "%.*s, %ss of %.*s to %.*s", STR_ARGS(control), k->kind, STR_ARGS(p.from), STR_ARGS(p.to)));
    json_put_cstr(one, "kind", "control");
    struct json *window = json_put_object(one, "window");
    json_put_str(window, "start", p.from);
    json_put_str(window, "end", p.to);
    json_put_str(one, "evaluation_at", p.to.size && at_ms ? instant(&p, at_ms) : p.to);
    struct json *definition = json_put_object(one, "control");
    json_put_str(definition, "id", control);
    json_put_cstr(definition, "model", k->parameter ? "event_sla" : "event_attributes");
    if (k->parameter) {
        struct str days = parameter_value(db, a, k->parameter, INT64_MAX, e);
        json_put_str(definition, "sla", arena_printf(a, "P%.*s%s", STR_ARGS(days), k->is_business ? "BD" : "D"));
    }
    if (e->code || !population_put(&p, k, e))
        return NULL;
    struct json *check = json_put_object(one, "population_check");
    json_put_int(check, "listed", p.checked);
    json_put_int(check, "independent_count", p.listed);
    json_put_cstr(check, "source", "records of people, as the newest roster left them");
    return doc;
}
