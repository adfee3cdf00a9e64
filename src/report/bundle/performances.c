/*
 * performances.c - what people perform in a rhythm, line by line: when each performance was due and done, and which accepted evidence shows it. Days and
 * evidence are all that an auditor is told of a performance whose record stays with the organisation; no names. State, version and leaf of each line are
 * those of leaves in the bundle, so that performing again finds a line that says otherwise; the counts that conclusions rest on follow from the lines.
 */
#include "report/bundle/internal.h"

bool bundle_is_performed(const struct audit_bundle *b, size_t control)
{
    const struct control_facts *f = &b->as->controls[control].facts;
    return bundle_is_stated(b->as, control) && f->model != MODEL_CONFIG_STATE && !(b->fed && b->fed[control].is_event_model);
}

/* Those of a list that are evaluated from performances. Controls that are not seen are not named. */
static void controls_put(const struct audit_bundle *b, struct json *values, const struct json *list)
{
    struct json *out = json_put_array(values, "controls");
    JSON_EACH (id, list) {
        size_t at = assessment_control_index(b->as, id->text);
        if (at != SIZE_MAX && bundle_is_performed(b, at))
            json_push_str(out, id->text);
    }
}

static void value_put(struct json *values, const char *key, const struct json *from)
{
    struct str text = json_text(from, key);
    if (text.size)
        json_put_str(values, key, text);
}

struct writing {
    struct audit_bundle *b;
    struct bundle_sink *s;
    struct arena *line;
    struct buf text;
};

static bool line_write(struct writing *x, const struct record *r, struct json *values, struct err *e)
{
    struct record told = *r;
    told.values = values;
    buf_clear(&x->text);
    return bundle_line(&x->text, bundle_record_state(x->line, &told), e) && bundle_page_add(x->s, buf_view(&x->text), e);
}

static bool occurrence_write(struct writing *x, const struct record *r, struct err *e)
{
    size_t at = assessment_control_index(x->b->as, json_text(r->values, "control"));
    if (at == SIZE_MAX || !bundle_is_performed(x->b, at))
        return true;
    struct json *values = json_object(x->line), *list;
    value_put(values, "control", r->values);
    value_put(values, "due_on", r->values);
    value_put(values, "performed_on", r->values);
    list = json_put_array(values, "evidence");
    JSON_EACH (id, json_get(r->values, "evidence"))
        json_push_str(list, id->text);
    return line_write(x, r, values, e);
}

static bool evidence_write(struct writing *x, const struct record *r, struct err *e)
{
    struct json *values = json_object(x->line);
    if (!str_is(r->state, "accepted"))
        return true;
    value_put(values, "occurrence", r->values);
    value_put(values, "period_to", r->values);
    controls_put(x->b, values, json_get(r->values, "controls"));
    bool counts = json_get(values, "occurrence") || json_get(values, "controls")->count > 0;
    return !counts || line_write(x, r, values, e);
}

/* All of a type, by id, as they are now. */
static bool type_write(struct writing *x, const char *type, const char *sql, bool (*each)(struct writing *x, const struct record *r, struct err *e), struct err *e)
{
    const struct record_type *t = record_types_find(x->b->o.types, str_of(type));
    struct err failed = {0};
    bool ok = true;
    if (!t)
        return true;
    struct arena *ids = arena_new("ids of performances", AUDIT_BUNDLE_BYTES_MAX);
    struct json *list = json_array(ids);
    DB_EACH (row, x->b->o.db, &failed, sql)
        json_push_str(list, arena_str(ids, db_text(row, 0)));
    JSON_EACH (id, list) {
        arena_reset(x->line);
        struct record *r = ok && !failed.code ? record_get(x->b->o.db, x->line, t, id->text, INT64_MAX, &failed) : NULL;
        ok = r && each(x, r, &failed);
    }
    arena_free(ids);
    return failed.code ? (*e = failed, false) : ok;
}

bool bundle_performances_write(struct audit_bundle *b, struct bundle_sink *s, struct err *e)
{
    struct writing x = {.b = b, .s = s, .line = arena_new("a performance", 64 << 20)};
    buf_init(&x.text, 16 << 20);
    bool ok = !b->as || (bundle_page_begin(s, BUNDLE_PERFORMANCES, e) &&
                         type_write(&x, "evidence", "select id from evidence_items_versions where to_leaf is null and is_deleted = 0 and state = 'accepted' order by id", evidence_write, e) &&
                         type_write(&x, "occurrence", "select id from occurrences_versions where to_leaf is null and is_deleted = 0 order by id", occurrence_write, e) && bundle_page_end(s, e));
    buf_release(&x.text);
    arena_free(x.line);
    return ok;
}
