/* choose.c - what an auditor of an engagement sees, leaf by leaf. */
#include "ledger/leaf_rules.h"
#include "report/bundle/internal.h"

enum { PAGE = 1000 };

static size_t slot_of(const struct audit_bundle *b, struct str type, struct str id)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < type.size; i++)
        h = (h ^ (uint8_t)type.data[i]) * UINT64_C(1099511628211);
    for (size_t i = 0; i < id.size; i++)
        h = (h ^ (uint8_t)id.data[i]) * UINT64_C(1099511628211);
    size_t at = (size_t)h & (b->seen_room - 1);
    while (b->seen[at].id.data && !(str_equal(b->seen[at].id, id) && str_equal(b->seen[at].type, type)))
        at = (at + 1) & (b->seen_room - 1);
    return at;
}

const struct seen_record *bundle_observed(const struct audit_bundle *b, struct str type, struct str id)
{
    const struct seen_record *s = b->seen_room ? &b->seen[slot_of(b, type, id)] : NULL;
    return s && s->id.data ? s : NULL;
}

static void seen_add(struct audit_bundle *b, struct seen_record s)
{
    if (2 * (b->seen_count + 1) > b->seen_room) {
        struct audit_bundle grown = {.seen_room = b->seen_room ? 2 * b->seen_room : 1024};
        grown.seen = arena_array(b->a, grown.seen_room, sizeof(*grown.seen));
        for (size_t i = 0; i < b->seen_room; i++)
            if (b->seen[i].id.data)
                grown.seen[slot_of(&grown, b->seen[i].type, b->seen[i].id)] = b->seen[i];
        b->seen = grown.seen;
        b->seen_room = grown.seen_room;
    }
    b->seen[slot_of(b, s.type, s.id)] = s;
    b->seen_count++;
}

bool bundle_records_each(struct audit_bundle *b, const struct record_type *t, struct arena *a, bool (*each)(void *context, const struct record *r, struct err *e), void *context,
                         struct err *e)
{
    struct record_query q = {.sort = STR("id"), .per_page = PAGE, .page = 1, .leaf_limit = INT64_MAX, .access = &b->access, .now_ms = b->at_ms};
    int64_t total = PAGE;
    for (; (q.page - 1) * PAGE < total; q.page++) {
        arena_reset(a);
        if (!record_list(b->o.db, a, t, &q, each, context, &total, e))
            return false;
    }
    return true;
}

static bool record_see(void *context, const struct record *r, struct err *e)
{
    struct audit_bundle *b = context;
    struct err failed = {0};
    int64_t first = examine_first_leaf(b->o.db, b->a, &b->access, r, &failed);
    if (failed.code)
        return (*e = failed, false);
    b->seen_place = b->seen_type == r->type ? b->seen_place + 1 : 0;
    b->seen_type = r->type;
    seen_add(b, (struct seen_record){str_of(r->type->id), arena_str(b->a, r->id), arena_str(b->a, str_slice(record_title(r), 0, 200)), first, b->seen_place});
    return true;
}

static bool seen_read(struct audit_bundle *b, struct err *e)
{
    struct arena *a = arena_new("records that an auditor sees", AUDIT_BUNDLE_BYTES_MAX);
    bool ok = true;
    JSON_EACH (item, json_get(examine_table(), "types")) {
        const struct record_type *t = record_types_find(b->o.types, json_text(item, "type"));
        ok = ok && (!t || bundle_records_each(b, t, a, record_see, b, e));
    }
    arena_free(a);
    return ok;
}

static bool time_read(struct audit_bundle *b, struct err *e)
{
    struct str bytes;
    struct leaf leaf;
    struct arena *a = arena_new("a leaf", 1 << 20);
    b->size = ledger_reader_head(b->o.ledger)->size;
    bool ok = (b->size > 0 || err_set(e, ERR_INVALID, "bundle: nothing is signed yet")) && ledger_reader_leaf(b->o.ledger, a, b->size - 1, &bytes, e) && leaf_parse(a, bytes, &leaf, e);
    b->at_ms = ok ? json_int(leaf.json, "t", 0) : 0;
    arena_free(a);
    return ok;
}

struct audit_bundle *audit_bundle_open(struct arena *a, const struct audit_bundle_options *o, struct err *e)
{
    struct audit_bundle *b = ARENA_NEW(a, struct audit_bundle);
    *b = (struct audit_bundle){.a = a, .o = *o};
    if (!time_read(b, e) || !engagement_read(o->db, a, o->engagement, INT64_MAX, &b->g, e) || !examine_preview(o->db, a, o->engagement, b->at_ms, &b->access, e) || !seen_read(b, e))
        return NULL;
    if (!bundle_assess(o->db, a, o->blobs, &b->g, b->at_ms, (int64_t)b->size - 1, &b->as, &b->fed, &b->observed, e))
        return NULL;
    return engagement_scope(o->db, a, &b->g, INT64_MAX, &b->scope, e) ? b : NULL;
}

bool bundle_has_control_page(const struct audit_bundle *b, struct str control)
{
    for (size_t i = 0; i < b->scope.control_count; i++)
        if (str_is(control, b->scope.controls[i].control->id))
            return true;
    return false;
}

struct str bundle_type_page(struct arena *a, const char *type, int64_t number)
{
    return number ? arena_printf(a, "%s-%lld.html", type, (long long)number + 1) : arena_printf(a, "%s.html", type);
}

bool bundle_is_proven(const struct audit_bundle *b, int64_t leaf)
{
    return leaf < b->proven_to;
}

/* What machines captured and concluded, and the catalogues; of records whatever is seen, from where on it is. All else stays: people, accounts, sessions. */
bool audit_bundle_wants(void *context, uint64_t index, struct str type, const struct json *leaf)
{
    static const char *const types[] = {"item", "run", "eval", "alert", "catalog", "anchor", "draw", "close", "opinion"};
    const struct audit_bundle *b = context;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_is(type, types[i]))
            return true;
    if (!str_is(type, "record") && !leaf_is_record_change(type, leaf))
        return false;
    struct str kind = json_text(leaf, "k"), what = json_text(leaf, "type");
    if (str_is(kind, "record.type"))
        return true;
    const struct seen_record *s = str_is(kind, "record.change")    ? bundle_observed(b, what, json_text(leaf, "id"))
                                  : str_is(kind, "evidence.check") ? bundle_observed(b, STR("evidence"), json_text(leaf, "id"))
                                                                   : NULL;
    return s && (int64_t)index >= s->first_leaf;
}

bool audit_bundle_pages(void *context, struct bundle_sink *s, struct err *e)
{
    struct audit_bundle *b = context;
    return bundle_statements_write(b, s, e) && bundle_html_write(b, s, e);
}

void audit_bundle_close(struct audit_bundle *b)
{
    (void)b; /* all of it lies in the arena */
}

const char *audit_bundle_audience(const struct audit_bundle *b)
{
    return b->g.firm.size ? arena_str(b->a, b->g.firm).data : "the auditors of the engagement";
}

const char *audit_bundle_purpose(const struct audit_bundle *b)
{
    return arena_printf(b->a, "%.*s: %.*s", STR_ARGS(b->g.id), STR_ARGS(b->g.title)).data;
}
