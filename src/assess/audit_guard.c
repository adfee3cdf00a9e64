/* audit_guard.c - who writes what of an examination, and in which order: asked by the keeper of every change, whatever the types say by then. */
#include "assess/audit_guard.h"

#include "base/times.h"
#include "blob/blob.h"

#include <stdarg.h>

static const struct json_limits SET_LIMITS = {.depth_max = 8, .nodes_max = 200000};

bool audit_refuse(const struct audit_asking *q, struct err *e, enum err_code code, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return err_set(e, code, "%s%s%.*s: %s", q->type, q->id.size ? " " : "", STR_ARGS(q->id), text);
}

static bool is_move(const struct audit_asking *q, const char *transition)
{
    return str_is(q->act, "move") && str_is(q->transition, transition);
}

static bool is_set(const struct audit_asking *q, const char *field)
{
    return json_get(q->set, field) != NULL;
}

static bool has_any(const struct audit_asking *q, const char *const *fields, const char **ret)
{
    for (; *fields; fields++)
        if (is_set(q, *fields)) {
            *ret = *fields;
            return true;
        }
    return false;
}

/* ---- the two sides ---- */

static bool is_ours(const struct access *x)
{
    static const char *const roles[] = {"administrator", "compliance_lead", "owner", "executive", "consultant"};
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (access_has_role(x, roles[i]))
            return true;
    return false;
}

/* Whose hand it takes. An account that is of both sides is of neither. */
static bool side_check(const struct audit_asking *q, struct err *e)
{
    bool is_auditor = access_has_role(&q->access, "auditor"), ours = is_ours(&q->access);
    bool is_response = strcmp(q->type, "response") == 0;
    bool wants_ours = is_response ? !is_move(q, "verify") : strcmp(q->type, "audit_exception") == 0 && is_move(q, "agree");
    if (is_auditor && ours)
        return audit_refuse(q, e, ERR_DENIED, "this account is an auditor's and the organisation's at once; it writes for neither");
    if (wants_ours)
        return !is_auditor || audit_refuse(q, e, ERR_DENIED, "management alone writes it, never an auditor");
    if (is_response)
        return true;
    if (!is_auditor)
        return audit_refuse(q, e, ERR_DENIED, "auditors alone write it, nobody of the organisation");
    return true;
}

static bool forward_check(const struct audit_asking *q, struct err *e)
{
    if (str_is(q->act, "undo") || str_is(q->act, "delete"))
        return audit_refuse(q, e, ERR_DENIED, "what was said in an examination is not taken back, it is followed by something else");
    return true;
}

/* Field auditors work on what they are assigned to, until the report is issued. */
static bool engagement_check(const struct audit_asking *q, struct err *e)
{
    struct str id = json_text(q->after->values, "engagement"), state = STR("");
    struct err failed = {0};
    if (q->before && !str_equal(json_text(q->before->values, "engagement"), id))
        return audit_refuse(q, e, ERR_INVALID, "engagement: belongs to another one and stays there");
    state = db_one_text(q->a, q->db, &failed, "select state from engagements where id = ?1", A(id));
    int64_t mine = db_one_int(q->db, &failed, 0, "select count(*) from record_link where type = 'engagement' and id = ?1 and field = 'auditors' and target = ?2 and to_leaf is null", A(id),
                              A(q->access.person));
    if (failed.code)
        return (*e = failed, false);
    if (!state.data)
        return audit_refuse(q, e, ERR_INVALID, "engagement: there is none");
    if (str_is(state, "issued") || str_is(state, "closed") || str_is(state, "ended"))
        return audit_refuse(q, e, ERR_CONFLICT, "engagement %.*s is over", STR_ARGS(id));
    if (access_has_role(&q->access, "auditor") && !mine)
        return audit_refuse(q, e, ERR_DENIED, "you are not among the auditors of %.*s", STR_ARGS(id));
    return true;
}

/* ---- samples ---- */

static bool root_of(void *context, uint64_t size, struct sha256 *ret, struct err *e)
{
    const struct leaf_source *l = context;
    return l && l->root ? l->root(l->context, size, ret, e) : err_set(e, ERR_UNAVAILABLE, "no ledger to draw from");
}

static bool rows_of(void *context, struct arena *a, int64_t leaf, struct str c, struct str x, struct str *ret, struct err *e)
{
    const struct leaf_source *l = context;
    (void)leaf;
    return l && l->blobs.read ? l->blobs.read(l->blobs.context, a, c, x, ret, e) : err_set(e, ERR_UNAVAILABLE, "no blobs to read");
}

static struct sample_source source_of(const struct audit_asking *q)
{
    return (struct sample_source){root_of, rows_of, (void *)(uintptr_t)q->leaves};
}

/* Each computed member is what is set, and nothing else is. */
static bool is_computed(const struct audit_asking *q, const struct json *computed, struct err *e)
{
    if (!computed)
        return false;
    JSON_EACH (v, computed) {
        const struct json *said = json_get(q->set, arena_str(q->a, v->key).data);
        bool is_same = said && said->type == v->type && (v->type == JSON_STRING ? str_equal(said->text, v->text) : v->type == JSON_BOOL ? said->boolean == v->boolean : said->integer == v->integer);
        if (!is_same)
            return audit_refuse(q, e, ERR_INVALID, "%.*s: is not what the draw gives", STR_ARGS(v->key));
    }
    JSON_EACH (v, q->set)
        if (!json_get(computed, arena_str(q->a, v->key).data))
            return audit_refuse(q, e, ERR_INVALID, "%.*s: is not set by this step", STR_ARGS(v->key));
    return true;
}

static bool commit_check(struct audit_asking *q, struct err *e)
{
    static const char *const later[] = {"nonce", "close_leaf", "head_size", "root", "seed", "rows", "digest", "is_late", "drawn", "items", "items_digest", "extended_to", "is_extension", NULL};
    struct sampling_frame p;
    struct sha256 commitment;
    enum draw_method method;
    const char *field;
    const struct json *v = q->after->values;
    if (has_any(q, later, &field))
        return audit_refuse(q, e, ERR_INVALID, "%s: follows from the draw", field);
    if (!sampling_frame_read(q->db, q->a, json_text(v, "population"), &p, e))
        return false;
    if (!str_equal(p.engagement, json_text(v, "engagement")))
        return audit_refuse(q, e, ERR_INVALID, "population: is of another engagement");
    if (p.is_gone)
        return audit_refuse(q, e, ERR_CONFLICT, "population: was replaced by another one");
    if (!hex_decode(json_text(v, "commitment"), commitment.bytes, SHA256_SIZE))
        return audit_refuse(q, e, ERR_INVALID, "commitment: is the SHA-256 of your number, 64 hex digits");
    if (!str_equal(json_text(v, "definition"), p.definition))
        return audit_refuse(q, e, ERR_CONFLICT, "definition: is not that of the population as it is now");
    if (!draw_method_of(json_text(v, "method"), &method) || (str_trim(json_text(v, "strata")).size && method != DRAW_RANDOM))
        return audit_refuse(q, e, ERR_INVALID, "strata: go with random items");
    return audit_leaf_commit(q, e);
}

static bool extend_check(struct audit_asking *q, const struct sample_source *s, struct err *e)
{
    struct err failed = {0};
    struct sheet sheet;
    struct str why, id = db_one_text(q->a, q->db, &failed, "select id from test_sheets where sample = ?1 and state = 'draft' order by id limit 1", A(q->id));
    if (failed.code)
        return (*e = failed, false);
    if (!id.data)
        return audit_refuse(q, e, ERR_CONFLICT, "no test sheet that is being written stands on it");
    if (!sheet_read(q->db, q->a, id, &sheet, e))
        return false;
    int64_t to = sheet_extension(q->a, &sheet, &why);
    return to ? is_computed(q, sample_extend(q->db, q->a, s, q->before, to, e), e) : audit_refuse(q, e, ERR_CONFLICT, "no extension: %.*s", STR_ARGS(why));
}

/* What the last lines ask for, computed again. */
/* A sheet that was concluded speaks of the items as they were then: a prepared one goes back to its preparer first, a signed one keeps them for good. */
static bool rests_no_sheet(struct audit_asking *q, struct err *e)
{
    struct err failed = {0};
    struct str id = STR(""), state = STR("");
    DB_EACH (row, q->db, &failed, "select id, state from test_sheets where sample = ?1 and state in ('prepared', 'locked') order by state = 'locked' desc, id limit 1", A(q->id)) {
        id = arena_str(q->a, db_text(row, 0));
        state = arena_str(q->a, db_text(row, 1));
    }
    if (failed.code)
        return (*e = failed, false);
    if (id.size == 0)
        return true;
    return audit_refuse(q, e, ERR_CONFLICT, str_is(state, "locked") ? "test sheet %.*s was signed off on its items: they stay; take another sample" : "test sheet %.*s is prepared on its items: send it back to the preparer first", STR_ARGS(id));
}

static bool later_check(struct audit_asking *q, const struct sample_source *s, struct err *e)
{
    struct sample_items before, after;
    if (!sample_items_read(q->a, json_text(q->before->values, "drawn"), &before, e) || !sample_items_read(q->a, json_text(q->set, "drawn"), &after, e))
        return false;
    if (after.count <= before.count)
        return audit_refuse(q, e, ERR_INVALID, "drawn: gets longer, never shorter");
    if (is_move(q, "replace"))
        return is_computed(q, sample_replace(q->db, q->a, s, q->before, after.items[after.count - 1].instead, e), e);
    int64_t *items = arena_array(q->a, after.count, sizeof(*items));
    for (size_t i = before.count; i < after.count; i++)
        items[i - before.count] = after.items[i].item;
    return is_computed(q, sample_target(q->a, q->before, items, after.count - before.count, e), e);
}

bool audit_sample_check(struct audit_asking *q, struct err *e)
{
    static const char *const free_fields[] = {"title", "size_reason", "auditor"};
    struct sample_source s = source_of(q);
    bool wants_reason = is_move(q, "replace") || is_move(q, "add") || is_move(q, "extend") || is_move(q, "void");
    if (wants_reason && str_trim(q->why).size == 0)
        return audit_refuse(q, e, ERR_INVALID, "why: items come and go for a reason alone");
    if (str_is(q->act, "create"))
        return commit_check(q, e);
    if (str_is(q->act, "change"))
        JSON_EACH (v, q->set)
            if (!str_is(v->key, free_fields[0]) && !str_is(v->key, free_fields[1]) && !str_is(v->key, free_fields[2]))
                return audit_refuse(q, e, ERR_DENIED, "%.*s: stays what was committed to; make it void and commit again", STR_ARGS(v->key));
    if (is_move(q, "reveal")) {
        const struct json *shown = sample_show(q->db, q->a, &s, q->before, json_text(q->set, "nonce"), e);
        return is_computed(q, shown, e) && audit_leaf_show(q, shown, e);
    }
    static const char *const moved[] = {"replace", "add", "extend", "void"};
    for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++)
        if (is_move(q, moved[i]) && !rests_no_sheet(q, e))
            return false;
    if (is_move(q, "replace") || is_move(q, "add"))
        return later_check(q, &s, e);
    if (is_move(q, "extend"))
        return extend_check(q, &s, e);
    return true;
}

/* ---- test sheets ---- */

static bool grid_check(struct audit_asking *q, const struct sheet *s, struct err *e)
{
    struct err failed = {0};
    if (s->sample && !str_equal(json_text(s->sample->values, "engagement"), s->engagement))
        return audit_refuse(q, e, ERR_INVALID, "sample: is of another engagement");
    if (s->population.record && !str_equal(s->population.engagement, s->engagement))
        return audit_refuse(q, e, ERR_INVALID, "population: is of another engagement");
    for (size_t i = 0; i < s->grid.row_count; i++) {
        const struct sheet_row *r = &s->grid.rows[i];
        struct str rest = r->evidence, id;
        if (s->sample && s->items.count && !sample_item_find(&s->items, r->item))
            return audit_refuse(q, e, ERR_INVALID, "results: item %lld is not in the sample", (long long)r->item);
        for (bool more = rest.size > 0; more;) {
            more = str_cut(&rest, ',', &id);
            if (db_one_int(q->db, &failed, 0, "select count(*) from record_head where type = 'evidence' and id = ?1 and is_deleted = 0", A(id)) == 0)
                return failed.code ? (*e = failed, false) : audit_refuse(q, e, ERR_INVALID, "results: item %lld: there is no evidence %.*s", (long long)r->item, STR_ARGS(str_slice(id, 0, 40)));
        }
    }
    return true;
}

static bool is_inquiry_alone(const struct record *r)
{
    const struct json *methods = json_get(r->values, "method");
    return methods && methods->count == 1 && methods->first->type == JSON_STRING && str_is(methods->first->text, "inquiry");
}

/* What a conclusion stands on has to be there, and be sound. */
static bool ground_check(struct audit_asking *q, const struct sheet *s, struct err *e)
{
    const struct json *evidence = json_get(q->after->values, "evidence");
    if (str_is(s->conclusion, "not_tested") || str_is(s->conclusion, "could_not"))
        return true;
    if (is_inquiry_alone(q->after))
        return audit_refuse(q, e, ERR_INVALID, "method: inquiry alone shows nothing of operation; observe, inspect or perform it again");
    if (s->sample && !str_is(s->sample->state, "revealed"))
        return audit_refuse(q, e, ERR_CONFLICT, "sample: is not drawn");
    if (s->population.record && !s->population.is_checked)
        return audit_refuse(q, e, ERR_CONFLICT, "population: %.*s was not found complete and accurate: without that nothing is concluded", STR_ARGS(s->population.record->id));
    if (!evidence || evidence->count == 0)
        return audit_refuse(q, e, ERR_INVALID, "evidence: name what the conclusion rests on");
    return true;
}

static bool prepare_check(struct audit_asking *q, const struct sheet *s, struct err *e)
{
    struct str words;
    const struct json *v = q->after->values;
    if (s->conclusion.size == 0)
        return audit_refuse(q, e, ERR_CONFLICT, "results: %lld items are not marked to the end", (long long)s->count.open);
    if (!str_equal(json_text(v, "conclusion"), s->conclusion))
        return audit_refuse(q, e, ERR_INVALID, "conclusion: the sheet says %.*s: %lld of %lld deviate", STR_ARGS(s->conclusion), (long long)(s->count.deviations + s->count.targeted_deviations),
                            (long long)(s->count.tested + s->count.targeted));
    if (!ground_check(q, s, e) || !sheet_words(q->db, q->a, s, &words, e))
        return false;
    if (!str_equal(words, json_text(v, "conclusion_words")))
        return audit_refuse(q, e, ERR_INVALID, "conclusion_words: are computed: %.*s", STR_ARGS(str_slice(words, 0, 200)));
    if (json_int(v, "items_tested", -1) != s->count.tested || json_int(v, "deviations_found", -1) != s->count.deviations || json_int(v, "targeted", 0) != s->count.targeted ||
        json_int(v, "targeted_deviations", 0) != s->count.targeted_deviations)
        return audit_refuse(q, e, ERR_INVALID, "items_tested, deviations_found: are not what the results say");
    if (q->access.person.size == 0 || !str_equal(json_text(v, "preparer"), q->access.person))
        return audit_refuse(q, e, ERR_INVALID, "preparer: is whoever prepares it; your account has to be a person's");
    return true;
}

/* "2026-11-22 Ann (P-0001): …" behind what stands there. */
static bool addendum_check(struct audit_asking *q, struct err *e)
{
    struct str old = json_text(q->before->values, "addendum"), now = json_text(q->set, "addendum");
    struct str day = day_text(q->a, day_of(q->now_ms)), who = arena_printf(q->a, " (%.*s): ", STR_ARGS(q->access.person));
    if (q->access.person.size == 0)
        return audit_refuse(q, e, ERR_INVALID, "addendum: your account has to be a person's");
    if (old.size && (now.size <= old.size + 1 || !str_equal(str_slice(now, 0, old.size), old) || now.data[old.size] != '\n'))
        return audit_refuse(q, e, ERR_DENIED, "addendum: what stands there stays; add a paragraph behind it");
    struct str added = str_trim(old.size ? str_slice(now, old.size, now.size) : now);
    ptrdiff_t at = str_find(added, who);
    if (!str_starts(added, day.data) || at < 0 || str_trim(str_slice(added, (size_t)at + who.size, added.size)).size == 0)
        return audit_refuse(q, e, ERR_INVALID, "addendum: begins with the day and who you are: %.*s Name%.*s…", STR_ARGS(day), STR_ARGS(who));
    return true;
}

bool audit_sheet_check(struct audit_asking *q, struct err *e)
{
    static const char *const later[] = {"conclusion", "conclusion_words", "preparer", "prepared_on", "reviewer", "reviewed_on", "addendum", NULL};
    static const char *const signing[] = {"reviewer", "reviewed_on"};
    const char *field;
    struct sheet s;
    if ((str_is(q->act, "create") || str_is(q->act, "change")) && has_any(q, later, &field))
        return audit_refuse(q, e, ERR_INVALID, "%s: is set by the step that it belongs to", field);
    if (q->before && str_is(q->before->state, "locked") && !is_move(q, "add"))
        return audit_refuse(q, e, ERR_DENIED, "it is signed off: addenda alone are made");
    if (q->before && str_is(q->before->state, "prepared") && !is_move(q, "back") && !is_move(q, "sign"))
        return audit_refuse(q, e, ERR_DENIED, "it is prepared: it is signed, or goes back");
    if (is_move(q, "add"))
        return addendum_check(q, e);
    if (!sheet_read_record(q->db, q->a, q->after, &s, e) || !grid_check(q, &s, e))
        return false;
    if (is_move(q, "prepare"))
        return prepare_check(q, &s, e);
    if (!is_move(q, "sign"))
        return true;
    JSON_EACH (v, q->set)
        if (!str_is(v->key, signing[0]) && !str_is(v->key, signing[1]))
            return audit_refuse(q, e, ERR_DENIED, "%.*s: is signed as it was prepared", STR_ARGS(v->key));
    if (q->access.person.size == 0 || !str_equal(json_text(q->after->values, "reviewer"), q->access.person))
        return audit_refuse(q, e, ERR_INVALID, "reviewer: is whoever signs; your account has to be a person's");
    return ground_check(q, &s, e) && audit_leaf_opinion(q, &s, e);
}

/* ---- exceptions ---- */

bool audit_exception_check(struct audit_asking *q, struct err *e)
{
    static const char *const words[] = {"items", "of_items", "expected", "facts", "cause", "sheet", "control", NULL};
    struct err failed = {0};
    const struct json *v = q->after->values;
    struct str sheet = json_text(v, "sheet"), state = STR(""), control = STR(""), engagement = STR("");
    const char *field = "";
    DB_EACH (row, q->db, &failed, "select state, control, engagement from test_sheets where id = ?1", A(sheet)) {
        state = arena_str(q->a, db_text(row, 0));
        control = arena_str(q->a, db_text(row, 1));
        engagement = arena_str(q->a, db_text(row, 2));
    }
    if (failed.code)
        return (*e = failed, false);
    if (!str_equal(control, json_text(v, "control")) || !str_equal(engagement, json_text(v, "engagement")))
        return audit_refuse(q, e, ERR_INVALID, "sheet: is of another control or engagement");
    if (json_int(v, "items", 0) > json_int(v, "of_items", 0))
        return audit_refuse(q, e, ERR_INVALID, "items: are no more than all that were tested");
    if ((str_is(q->act, "create") || is_move(q, "withdraw") || has_any(q, words, &field)) && !str_is(state, "draft"))
        return audit_refuse(q, e, ERR_CONFLICT, "its test sheet %.*s is %s: what was concluded from it stays", STR_ARGS(sheet), str_is(state, "locked") ? "signed off" : "prepared");
    return true;
}

/* ---- one change ---- */

struct record *audit_after_of(struct audit_asking *q, const struct record_type *t)
{
    struct record *r = ARENA_NEW(q->a, struct record);
    *r = q->before ? *q->before : (struct record){.type = t, .id = q->id, .state = STR("")};
    r->values = json_object(q->a);
    JSON_EACH (v, q->before ? q->before->values : NULL)
        if (!json_get(q->set, arena_str(q->a, v->key).data)) {
            struct json *copy = ARENA_NEW(q->a, struct json);
            *copy = *v;
            copy->next = NULL;
            json_put(r->values, arena_str(q->a, v->key).data, copy);
        }
    JSON_EACH (v, q->set)
        if (v->type != JSON_NULL) {
            struct json *copy = ARENA_NEW(q->a, struct json);
            *copy = *v;
            copy->next = NULL;
            json_put(r->values, arena_str(q->a, v->key).data, copy);
        }
    return r;
}

static bool asking_open(struct audit_asking *q, const struct json *entry, const struct op_blob *b, const struct json *draft, struct err *e)
{
    struct str plain;
    const struct record_type *t = record_type_in_force(q->db, str_of(q->type), e);
    q->id = json_text(draft, "id");
    q->act = json_text(entry, "act");
    q->transition = json_text(entry, "by");
    if (!t || !blob_open(q->a, b->ciphertext, b->c, b->x, b->dek, RECORD_BYTES_MAX + 4096, &plain, e))
        return false;
    const struct json *o = json_parse(q->a, plain, SET_LIMITS, e);
    q->set = json_get(o, "set");
    q->why = json_text(o, "why");
    q->before = NULL;
    if (!q->set)
        return e->code == ERR_NONE && audit_refuse(q, e, ERR_INVALID, "its values are malformed");
    if (!str_is(q->act, "create") && !(q->before = record_get(q->db, q->a, t, q->id, INT64_MAX, e)))
        return false;
    q->after = audit_after_of(q, t);
    return true;
}

static bool change_check(struct audit_asking *q, struct err *e)
{
    if (strcmp(q->type, "engagement") == 0)
        return audit_engagement_check(q, e);
    if (strcmp(q->type, "population") == 0) {
        bool is_back = str_is(q->act, "undo") || str_is(q->act, "delete");
        if (is_back && !str_is(q->before->state, "draft"))
            return audit_refuse(q, e, ERR_DENIED, "it is frozen: it is only ever replaced, with a reason");
        return !is_move(q, "freeze") || audit_leaf_close(q, e);
    }
    if (!side_check(q, e) || !forward_check(q, e))
        return false;
    if (strcmp(q->type, "response") == 0)
        return true;
    return engagement_check(q, e) && (strcmp(q->type, "sample") == 0 ? audit_sample_check(q, e) : strcmp(q->type, "test_sheet") == 0 ? audit_sheet_check(q, e) : audit_exception_check(q, e));
}

static const char *type_of(struct str name)
{
    static const char *const types[] = {"sample", "test_sheet", "audit_exception", "response", "population", "engagement"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_is(name, types[i]))
            return types[i];
    return NULL;
}

bool audit_change_make(struct db *projection, const struct leaf_source *leaves, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    const struct json *changes = json_get(op->body, "changes");
    struct audit_asking q = {.db = projection, .a = a, .leaves = leaves, .op = op, .now_ms = op_now_ms(op)};
    struct leaf_draft *drafts = NULL;
    size_t i = 0, blob = 0, extra = 0;
    struct err failed = {0};
    if (!op_record_change.make(projection, a, op, ret, e))
        return false;
    JSON_EACH (entry, changes) {
        q.type = type_of(json_text(entry, "type"));
        if (q.type) {
            struct leaf_draft more = {0};
            if (!drafts) {
                drafts = arena_array(a, 2 * ret->count, sizeof(*drafts));
                memcpy(drafts, ret->items, ret->count * sizeof(*drafts));
                q.leaf = db_one_int(projection, &failed, -1, "select max(idx) from leaf");
                if (failed.code)
                    return (*e = failed, false);
                if (!access_read(projection, a, op->actor, q.now_ms, &q.access, e))
                    return false;
            }
            struct audit_asking one = q;
            one.leaf = q.leaf + 1 + (int64_t)i;
            one.extra = &more;
            one.signature = json_text(entry, "sig");
            one.head = json_text(entry, "cp");
            if (!asking_open(&one, entry, &op->blobs[blob], ret->items[i].body, e) || !change_check(&one, e) || (more.type && !audit_sign_check(&one, e)))
                return changes->count > 1 ? err_wrap(e, "change %zu", i + 1) : false;
            if (more.type)
                drafts[ret->count + extra++] = more;
        }
        i++;
        blob += (size_t)json_int(entry, "blobs", 1);
    }
    if (extra)
        *ret = (struct leaf_drafts){drafts, ret->count + extra};
    return true;
}
