/* op_change.c - record.change asked for: the operation is built, and the keeper checks every change of it before it becomes a leaf.
 *
 * Body {"changes":[{"type","id","act","ver","by":transition,"blobs":1 and files}…],"step":how the person was asked again}; the blobs stand
 * in the order of the changes, the values' blob before the files' of each. */
#include "base/times.h"
#include "blob/blob.h"
#include "record/apply.h"
#include "record/frozen.h"
#include "record/internal.h"

#include <stdarg.h>

static const struct json_limits VALUE_LIMITS = {.depth_max = 8, .nodes_max = 100000};

/* ---- asking ---- */

static void blob_take(struct op *op, const struct op_blob *b)
{
    op->blobs[op->blob_count++] = *b;
}

bool record_seal_file(const struct env *env, struct arena *a, struct str name, const char *media, struct str bytes, struct op_blob *ret,
                      struct json **ret_value, struct err *e)
{
    if (!op_blob_make(env, a, arena_strndup(a, media, strlen(media)), bytes, ret, e))
        return err_wrap(e, "%.*s", STR_ARGS(str_slice(name, 0, 100)));
    struct json *v = json_object(a);
    struct sha256 digest = sha256_of(bytes);
    json_put_str(v, "c", arena_str(a, str_of(ret->c)));
    json_put_hex(v, "digest", digest.bytes, sizeof(digest.bytes));
    json_put_str(v, "media", str_of(ret->media));
    json_put_str(v, "name", arena_str(a, name));
    json_put_int(v, "size", (int64_t)bytes.size);
    json_put_str(v, "x", arena_str(a, str_of(ret->x)));
    *ret_value = v;
    return true;
}

static bool change_seal(const struct env *env, struct arena *a, const struct record_change *change, const struct access *x, struct op_blob *ret,
                        struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, RECORD_BYTES_MAX + 4096);
    struct json *o = json_object(a);
    json_put_str(o, "by", access_who(x));
    if (!str_equal(access_who(x), x->actor))
        json_put_str(o, "via", x->actor);
    struct json *set = json_object(a);
    set->first = change->set ? change->set->first : NULL; /* the caller's tree stays as it is */
    set->last = change->set ? change->set->last : NULL;
    set->count = change->set ? change->set->count : 0;
    json_put(o, "set", set);
    json_put_str(o, "why", change->why.data ? change->why : STR(""));
    if (!json_write_canonical(&text, o, e))
        return false;
    if (text.full)
        return err_set(e, ERR_TOO_LARGE, "a change's values are over %d bytes", RECORD_BYTES_MAX);
    return op_blob_make(env, a, "application/json", buf_view(&text), ret, e);
}

bool record_op(const struct env *env, struct arena *a, const struct record_change *changes, size_t count, const struct access *x, struct op *ret, struct err *e)
{
    size_t blob_count = count;
    if (count == 0 || count > RECORD_CHANGES_MAX)
        return err_set(e, ERR_LIMIT, "%zu changes: an operation has 1 to %d", count, RECORD_CHANGES_MAX);
    for (size_t i = 0; i < count; i++)
        blob_count += changes[i].file_count;
    *ret = (struct op){.kind = "record.change", .actor = x->actor, .body = json_object(a), .blobs = arena_array(a, blob_count, sizeof(struct op_blob))};
    op_id_new(env, ret->id);
    struct json *list = json_put_array(ret->body, "changes");
    for (size_t i = 0; i < count; i++) {
        const struct record_change *c = &changes[i];
        struct op_blob sealed;
        if (!change_seal(env, a, c, x, &sealed, e))
            return err_wrap(e, "%.*s %.*s", STR_ARGS(c->type), STR_ARGS(c->id));
        blob_take(ret, &sealed);
        for (size_t j = 0; j < c->file_count; j++)
            blob_take(ret, &c->files[j]);
        struct json *o = json_push_object(list);
        json_put_cstr(o, "act", record_act_name(c->act));
        json_put_int(o, "blobs", 1 + (int64_t)c->file_count);
        json_put_str(o, "by", c->transition.data ? c->transition : STR(""));
        json_put_str(o, "id", c->id.data ? c->id : STR(""));
        json_put_str(o, "type", c->type);
        if (c->is_sure)
            json_put_bool(o, "sure", true);
        json_put_int(o, "ver", c->version);
        if (c->signature.size) {
            json_put_str(o, "cp", c->head.data ? c->head : STR(""));
            json_put_str(o, "sig", c->signature);
        }
    }
    if (x->has_stepped_up)
        json_put_cstr(ret->body, "step", x->step ? x->step : "session");
    return true;
}

/* ---- checking: what holds for the whole operation ---- */

struct making {
    struct db *db;
    struct arena *a;
    const struct op *op;
    struct access access;
    struct str step;
    struct name_set touched; /* "type id", and "type.field=value" of unique ones */
    struct record_siblings siblings;
    struct {
        const struct record_type *type;
        int64_t next;
    } numbers[32]; /* ids made in this operation */
    size_t number_count;
    struct err *e;
};

/* One change of it. */
struct asking {
    const struct record_type *type;
    struct str id, transition_id, why;
    enum record_act act;
    int64_t version;
    struct record *record; /* NULL: create */
    struct json *set;
    const struct record_transition *transition;
    const char *to;
    bool is_vote, is_sure;
    size_t blob_first, blob_count;
};

static bool refuse(struct making *m, const struct asking *q, enum err_code code, const char *format, ...) __attribute__((format(printf, 4, 5)));
static bool refuse(struct making *m, const struct asking *q, enum err_code code, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return err_set(m->e, code, "%s%s%.*s: %s", q->type->id, q->id.size ? " " : "", STR_ARGS(q->id), text);
}

static bool act_read(struct str name, enum record_act *ret)
{
    for (enum record_act act = RECORD_CREATE; act <= RECORD_UNDO; act++)
        if (str_is(name, record_act_name(act))) {
            *ret = act;
            return true;
        }
    return false;
}

static bool is_natural_id(struct str id)
{
    bool is_ok = id.size > 0 && id.size <= RECORD_ID_MAX && id.data[0] != '.';
    for (size_t i = 0; is_ok && i < id.size; i++) {
        char c = id.data[i];
        is_ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    }
    return is_ok;
}

/* PREFIX-0001 in order, also within the operation. */
static bool id_make(struct making *m, struct asking *q)
{
    size_t i = 0;
    struct err failed = {0};
    while (i < m->number_count && m->numbers[i].type != q->type)
        i++;
    if (i == m->number_count) {
        if (i == sizeof(m->numbers) / sizeof(m->numbers[0]))
            return refuse(m, q, ERR_LIMIT, "too many types in one operation");
        m->numbers[i].type = q->type;
        m->numbers[i].next = 1 + db_one_int(m->db, &failed, 0, "select max(number) from record_head where type=?1", A(q->type->id));
        m->number_count++;
    }
    if (failed.code)
        return (*m->e = failed, false);
    struct str next = arena_printf(m->a, "%s-%04lld", q->type->prefix, (long long)m->numbers[i].next++);
    if (q->id.size && !str_equal(q->id, next)) /* record_number gave it, and others came between */
        return refuse(m, q, ERR_CONFLICT, "is not the next id, which is %.*s; try again", STR_ARGS(next));
    q->id = next;
    return true;
}

static bool id_check(struct making *m, struct asking *q)
{
    struct err failed = {0};
    bool is_there = false;
    if (q->act != RECORD_CREATE)
        return true;
    if (q->type->prefix && q->type->prefix[0])
        return q->id.size == 0 || siblings_make(&m->siblings, m->a, q->type->id, q->id) ? id_make(m, q) : refuse(m, q, ERR_INVALID, "id: ids of this type are made");
    if (!is_natural_id(q->id))
        return refuse(m, q, ERR_INVALID, "id: is made of letters, digits, dots, underscores and hyphens, at most %d", RECORD_ID_MAX);
    bool is_of_content = strcmp(q->type->natural, "any") != 0;
    if (is_of_content && !target_exists(m->db, NULL, q->type->natural, q->id, &is_there, m->e))
        return false;
    if (is_of_content && !is_there)
        return refuse(m, q, ERR_INVALID, "id: there is no such %s", q->type->natural);
    if (db_one_int(m->db, &failed, 0, "select count(*) from record_head where type=?1 and id=?2", A(q->type->id), A(q->id)) > 0)
        return refuse(m, q, ERR_EXISTS, "is there already");
    return failed.code ? (*m->e = failed, false) : true;
}

/* The values' blob says who; that has to be who asks. */
static bool blob_read(struct making *m, struct asking *q)
{
    const struct op_blob *b = &m->op->blobs[q->blob_first];
    struct str plain;
    struct err failed = {0};
    if (!blob_open(m->a, b->ciphertext, b->c, b->x, b->dek, RECORD_BYTES_MAX + 4096, &plain, &failed))
        return refuse(m, q, ERR_INVALID, "its values do not open: %s", failed.text);
    struct json *o = json_parse(m->a, plain, VALUE_LIMITS, &failed);
    struct json *set = (struct json *)(uintptr_t)json_get(o, "set");
    struct str via = json_text(o, "via");
    bool is_them = str_equal(json_text(o, "by"), access_who(&m->access)) && str_equal(via.size ? via : json_text(o, "by"), m->access.actor);
    if (!o || !set || set->type != JSON_OBJECT || !is_them || strcmp(b->media, "application/json") != 0)
        return refuse(m, q, ERR_INVALID, "its values are malformed, or somebody else's");
    q->set = set;
    q->why = json_text(o, "why");
    if (q->why.size > RECORD_WHY_MAX || !str_is_utf8(q->why))
        return refuse(m, q, ERR_INVALID, "the reason is UTF-8 of at most %d bytes", RECORD_WHY_MAX);
    return true;
}

static bool asking_read(struct making *m, const struct json *entry, size_t blob_first, struct asking *q)
{
    int64_t blobs = json_int(entry, "blobs", 0);
    *q = (struct asking){.id = json_text(entry, "id"), .transition_id = json_text(entry, "by"), .version = json_int(entry, "ver", -1),
                        .is_sure = json_bool(entry, "sure"), .blob_first = blob_first};
    q->type = record_type_in_force(m->db, json_text(entry, "type"), m->e);
    if (!q->type)
        return false;
    if (!act_read(json_text(entry, "act"), &q->act) || q->version < 0 || q->id.size > RECORD_ID_MAX || blobs < 1 || blobs > 63 ||
        (size_t)blobs > m->op->blob_count - blob_first)
        return refuse(m, q, ERR_INVALID, "malformed");
    q->blob_count = (size_t)blobs;
    return blob_read(m, q);
}

/* ---- checking: one change ---- */

static bool record_load(struct making *m, struct asking *q)
{
    if (q->act == RECORD_CREATE)
        return q->version == 0 || refuse(m, q, ERR_INVALID, "a new record is based on version 0");
    q->record = record_read(m->db, m->a, q->type, q->id, INT64_MAX, false, m->e);
    if (!q->record)
        return false;
    if (q->record->version != q->version)
        return refuse(m, q, ERR_CONFLICT, "somebody else changed it: version %lld, not %lld", (long long)q->record->version, (long long)q->version);
    if (q->record->is_deleted && q->act != RECORD_UNDO)
        return refuse(m, q, ERR_NOT_FOUND, "is deleted; undo that first");
    return true;
}

static bool may_read_it(struct making *m, const struct asking *q)
{
    return !q->record || access_matches(&m->access, &q->type->may_read, q->record) || refuse(m, q, ERR_NOT_FOUND, "there is none");
}

static bool is_one_of(const struct strings *list, struct str name)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_is(name, list->items[i]))
            return true;
    return false;
}

/* Nothing but what the transition itself lets whoever takes it set. */
static bool sets_only_its_own(const struct asking *q)
{
    JSON_EACH (v, q->set)
        if (!is_one_of(&q->transition->sets, v->key))
            return false;
    return true;
}

/* Four eyes: the step may fill in what was left empty (a note, a date), and changes nothing of what somebody else had to say. */
static bool decided_as_it_is(struct making *m, const struct asking *q)
{
    JSON_EACH (v, q->transition->not_by.count ? q->set : NULL) {
        const struct record_field *f = record_type_field(q->type, v->key);
        const struct json *now = json_get(q->record->values, f ? f->id : "");
        bool is_empty = !now || now->type == JSON_NULL || (now->type == JSON_ARRAY && now->count == 0);
        if (f && (f->type == FIELD_FILES || !is_empty) && !is_one_of(&q->transition->sets, v->key) && !value_equal(now, v))
            return refuse(m, q, ERR_DENIED, "%s: \"%s\" takes it as it is; change it before, then somebody else decides", f->id, q->transition->label);
    }
    return true;
}

/* Nothing is put where whoever puts it may not change what lies there. */
static bool folder_check(struct making *m, const struct asking *q)
{
    JSON_EACH (v, q->set) {
        const struct record_field *f = record_type_field(q->type, v->key);
        bool is_place = f && f->type == FIELD_REFERENCE && f->target && strcmp(f->target, "folder") == 0 && (str_is(v->key, "folder") || str_is(v->key, "parent"));
        struct str id = v->type == JSON_STRING ? v->text : STR("");
        if (!is_place || (id.size == 0 && q->act == RECORD_CREATE) || siblings_make(&m->siblings, m->a, "folder", id) || folder_may_change(&m->access, id))
            continue;
        /* One that may not be seen is not there. */
        return folder_may_read(&m->access, id) ? refuse(m, q, ERR_DENIED, "%s: you may read that folder, and put nothing into it", f->id)
                                               : refuse(m, q, ERR_INVALID, "%s: there is no folder %.*s", f->id, STR_ARGS(str_slice(id, 0, 60)));
    }
    return true;
}

/* What lies in folders is named by those who may read it; for others it is not there. */
static bool seen_check(struct making *m, const struct asking *q)
{
    JSON_EACH (v, m->access.is_system ? NULL : q->set) {
        const struct record_field *f = record_type_field(q->type, v->key);
        bool is_asked = f && (f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES) && (strcmp(f->target, "document") == 0 || strcmp(f->target, "folder") == 0);
        const struct record_type *t = is_asked ? record_type_in_force(m->db, str_of(f->target), m->e) : NULL;
        if (is_asked && !t)
            return false;
        for (const struct json *item = !t ? NULL : v->type == JSON_ARRAY ? v->first : v; item; item = item == v ? NULL : item->next) {
            struct err failed = {0};
            struct record *r = item->type == JSON_STRING && item->text.size && !siblings_make(&m->siblings, m->a, t->id, item->text)
                                   ? record_read(m->db, m->a, t, item->text, INT64_MAX, false, &failed)
                                   : NULL;
            if (r && !access_matches(&m->access, &t->may_read, r))
                return refuse(m, q, ERR_INVALID, "%s: there is no %s %.*s", f->id, t->id, STR_ARGS(item->text));
        }
    }
    return true;
}

static bool promises_check(struct making *m, const struct asking *q)
{
    struct record_promise promise = {0};
    if (m->access.is_system)
        return true;
    if (!record_promises(m->db, m->a, &m->access, q->type, q->record, q->act, q->transition_id, q->set, &promise, m->e))
        return false;
    return !promise.why || refuse(m, q, ERR_INVALID, "%s: %s", promise.field, promise.why);
}

static bool values_check(struct making *m, struct asking *q)
{
    const struct record_state *state = q->record ? record_type_state(q->type, q->record->state) : NULL;
    if ((q->act == RECORD_DELETE || q->act == RECORD_UNDO) && (q->set->count || q->blob_count > 1))
        return refuse(m, q, ERR_INVALID, "sets no values");
    if (q->set->count && state && state->is_locked && !(q->act == RECORD_MOVE && sets_only_its_own(q)))
        return refuse(m, q, ERR_DENIED, "nothing changes while it is \"%s\"", state->label);
    if (q->act == RECORD_CHANGE && q->set->count == 0)
        return refuse(m, q, ERR_INVALID, "changes nothing");
    if (q->act == RECORD_MOVE && !sets_only_its_own(q) && !record_allows(&m->access, q->type, q->record, RECORD_CHANGE, NULL, m->e))
        return false;
    if (q->act == RECORD_MOVE && !decided_as_it_is(m, q))
        return false;
    struct json *problems =
        record_check_among(m->db, m->a, q->type, q->record, q->set, false, &m->op->blobs[q->blob_first + 1], q->blob_count - 1, &m->siblings, m->e);
    if (!problems)
        return false;
    const struct json *first = json_at(problems, 0);
    return first ? refuse(m, q, ERR_INVALID, "%.*s: %.*s", STR_ARGS(json_text(first, "field")), STR_ARGS(json_text(first, "why"))) : folder_check(m, q) && seen_check(m, q) && promises_check(m, q);
}

/* Every file blob of the change is named by one of its values. */
static bool files_check(struct making *m, const struct asking *q)
{
    for (size_t i = 1; i < q->blob_count; i++) {
        const struct op_blob *b = &m->op->blobs[q->blob_first + i];
        bool is_named = false;
        JSON_EACH (v, q->set)
            JSON_EACH (item, v->type == JSON_ARRAY ? v : NULL) {
                if (!str_is(json_text(item, "x"), b->x))
                    continue;
                is_named = true;
                if (json_int(item, "size", -1) != (int64_t)b->plain_size || !str_is(json_text(item, "media"), b->media))
                    return refuse(m, q, ERR_INVALID, "%.*s: a file of another size or type", STR_ARGS(v->key));
            }
        if (!is_named)
            return refuse(m, q, ERR_INVALID, "a file that no value names");
    }
    return true;
}

/* The program is asked the same: what was frozen stays, whoever comes. */
static bool frozen_stays(struct making *m, const struct asking *q)
{
    if (strcmp(q->type->id, "population") != 0)
        return true;
    const char *why = frozen_refusal(m->a, q->record, q->act, q->transition_id, q->set, &m->op->blobs[q->blob_first + 1], q->blob_count - 1);
    return !why || refuse(m, q, ERR_INVALID, "%s", why);
}

/* What a set of changes may not do to one another. */
static bool together_check(struct making *m, const struct asking *q)
{
    if (!name_set_add(&m->touched, arena_printf(m->a, "%s %.*s", q->type->id, STR_ARGS(q->id))))
        return refuse(m, q, ERR_INVALID, "changes twice in one operation");
    JSON_EACH (v, q->set) {
        const struct record_field *f = record_type_field(q->type, v->key);
        if (!f || !f->is_unique || v->type != JSON_STRING)
            continue;
        if (!name_set_add(&m->touched, arena_printf(m->a, "%s.%s=%.*s", q->type->id, f->id, STR_ARGS(text_lower(m->a, v->text)))))
            return refuse(m, q, ERR_INVALID, "%s: another record of this operation has the same", f->id);
    }
    return true;
}

/* ---- transitions ---- */

/* "review.open": is what the field names in one of the states that are listed for it? */
static bool guard_only_while(struct making *m, const struct asking *q)
{
    const struct strings *list = &q->transition->only_while;
    for (size_t i = 0; i < list->count; i++) {
        struct str state = str_of(list->items[i]), id, field = {0};
        str_cut(&state, '.', &field);
        const struct record_field *f = record_type_field(q->type, field);
        id = json_text(q->record->values, arena_str(m->a, field).data);
        const struct record_type *target = f && id.size ? record_type_in_force(m->db, str_of(f->target), m->e) : NULL;
        if (!target)
            return m->e->code == ERR_NONE && refuse(m, q, ERR_CONFLICT, "%.*s: names nothing", STR_ARGS(field));
        struct record *r = record_read(m->db, m->a, target, id, INT64_MAX, false, m->e);
        if (!r)
            return false;
        bool is_in = false;
        for (size_t k = 0; k < list->count; k++) {
            struct str other = str_of(list->items[k]), its = {0};
            is_in |= str_cut(&other, '.', &its) && str_equal(its, field) && str_equal(other, r->state);
        }
        if (!is_in) {
            const struct record_state *s = record_type_state(target, r->state);
            return refuse(m, q, ERR_CONFLICT, "\"%s\" is not possible while %.*s is \"%s\"", q->transition->label, STR_ARGS(id), s ? s->label : "");
        }
    }
    return true;
}

static bool guard_fields(struct making *m, const struct asking *q)
{
    for (size_t i = 0; i < q->transition->requires.count; i++) {
        const char *field = q->transition->requires.items[i];
        const struct json *v = json_get(q->set, field);
        v = v ? v : json_get(q->record->values, field);
        const struct record_field *f = record_type_field(q->type, str_of(field));
        if (!v || v->type == JSON_NULL || (v->type == JSON_ARRAY && v->count == 0))
            return refuse(m, q, ERR_INVALID, "%s: \"%s\" has to be filled in before \"%s\"", field, f ? f->label : field, q->transition->label);
    }
    if (q->transition->needs_reason && str_trim(q->why).size == 0)
        return refuse(m, q, ERR_INVALID, "why: \"%s\" needs a reason", q->transition->label);
    /* Whoever sits at the machine's own command line has its root's powers already. */
    if (q->transition->needs_step_up && m->step.size == 0 && !m->access.is_system && !str_is(m->access.actor, "local:admin"))
        return refuse(m, q, ERR_DENIED, "step_up_required: \"%s\" asks for your password or passkey again", q->transition->label);
    return true;
}

static bool guard_rules(struct making *m, const struct asking *q)
{
    const struct record_rule *broken;
    if (!rules_check(m->db, m->a, q->record, q->transition, q->set, op_now_ms(m->op), &broken, m->e))
        return false;
    return !broken || refuse(m, q, ERR_INVALID, "\"%s\" is not possible: %s", q->transition->label, broken->why);
}

static bool guard_four_eyes(struct making *m, const struct asking *q)
{
    struct err failed = {0};
    const char *other;
    if (!record_other_eyes(m->db, m->a, &m->access, q->record, q->transition, &other, &failed))
        return (*m->e = failed, false);
    if (other)
        return refuse(m, q, ERR_DENIED, "\"%s\" takes somebody else than %s", q->transition->label, other[0] == '@' ? other + 1 : "who did the step before");
    return true;
}

/* What others refer to is not taken from under them; some types ask instead. */
static bool guard_referrers(struct making *m, const struct asking *q)
{
    const char *rule = q->transition ? q->transition->when_referred : q->type->when_referred;
    bool asks = rule && strcmp(rule, "ask") == 0;
    struct str names;
    if ((q->transition && (!rule || !rule[0])) || (asks && q->is_sure))
        return true;
    if (!refer_check(m->db, m->a, q->record, q->transition, &m->siblings, &names, m->e))
        return false;
    if (names.size == 0)
        return true;
    return asks ? refuse(m, q, ERR_CONFLICT, "sure: %.*s refer to it; say that you are sure", STR_ARGS(names))
                : refuse(m, q, ERR_CONFLICT, "%.*s refer to it; let them name something else first", STR_ARGS(names));
}

#define VOTERS                                                                                                                    \
    "select ifnull(nullif(a.person, ''), c.actor) as who from record_change c left join account a on c.actor = 'account:' || a.id " \
    "where c.type=?1 and c.id=?2 and c.act='vote' and c.transition=?3 and c.version=?4"

/* Enough different people for this version? The last of them moves it, those before vote. */
static bool guard_quorum(struct making *m, struct asking *q)
{
    struct err failed = {0};
    struct str who = access_who(&m->access);
    int64_t needed = record_quorum(q->record, q->transition);
    if (needed <= 1)
        return true;
    if (q->set->count)
        return refuse(m, q, ERR_INVALID, "\"%s\" takes several people: values are set before", q->transition->label);
    /* Several accounts of one person are one. */
    struct str person = m->access.person.size ? m->access.person : who;
    int64_t mine = db_one_int(m->db, &failed, 0, "select count(*) from (" VOTERS ") where who in (?5, ?6)", A(q->type->id), A(q->id), A(q->transition_id),
                              A(q->version), A(who), A(person));
    int64_t others = db_one_int(m->db, &failed, 0, "select count(distinct who) from (" VOTERS ")", A(q->type->id), A(q->id), A(q->transition_id), A(q->version));
    if (failed.code)
        return (*m->e = failed, false);
    if (mine)
        return refuse(m, q, ERR_EXISTS, "you have asked for \"%s\" already; %lld of %lld have", q->transition->label, (long long)others, (long long)needed);
    q->is_vote = others + 1 < needed;
    return true;
}

static bool move_check(struct making *m, struct asking *q)
{
    q->transition = record_type_transition(q->type, q->transition_id);
    if (!q->transition)
        return refuse(m, q, ERR_INVALID, "there is no transition %.*s", STR_ARGS(str_slice(q->transition_id, 0, 60)));
    if (q->transition->from.count > 0 && !is_one_of(&q->transition->from, q->record->state))
        return refuse(m, q, ERR_CONFLICT, "\"%s\" is not possible from state %.*s", q->transition->label, STR_ARGS(q->record->state));
    q->to = q->transition->to;
    return record_allows(&m->access, q->type, q->record, RECORD_MOVE, q->transition, m->e) && guard_fields(m, q) && guard_only_while(m, q) && guard_four_eyes(m, q) && guard_referrers(m, q) &&
           guard_quorum(m, q);
}

/* An undo brings back what was in force just before, as a whole: so it was allowed then. Whoever may not make that step is not let back
 * over it either, unless it was their own. */
static bool undo_check(struct making *m, struct asking *q)
{
    struct err failed = {0};
    struct record *before = q->version > 1 ? record_read(m->db, m->a, q->type, q->id, q->record->leaf - 1, false, &failed) : NULL;
    if (failed.code && failed.code != ERR_NOT_FOUND)
        return (*m->e = failed, false);
    if (!before)
        return refuse(m, q, ERR_INVALID, "there is nothing before its first version");
    if (before->is_deleted)
        return refuse(m, q, ERR_INVALID, "the version before is a deletion; delete it instead");
    q->to = arena_strndup(m->a, before->state.data, before->state.size);
    bool is_same_state = str_equal(before->state, q->record->state), is_own = str_equal(q->record->changed_by, access_who(&m->access));
    if (!is_same_state && !is_own && !access_has_role(&m->access, "administrator"))
        return refuse(m, q, ERR_DENIED, "a step of somebody else's is taken back by a step, not by undoing it");
    for (size_t i = 0; i < q->type->transition_count && !is_same_state && !is_own; i++) {
        const struct record_transition *t = &q->type->transitions[i];
        const char *other = NULL;
        if (strcmp(t->to, q->to) == 0 && !record_other_eyes(m->db, m->a, &m->access, before, t, &other, m->e))
            return false;
        if (other)
            return refuse(m, q, ERR_DENIED, "\"%s\" takes somebody else than you; undoing is no way around that", t->label);
    }
    /* What was unique then may be taken by now, and what it referred to may be gone. */
    struct json *again = json_object(m->a);
    for (size_t i = 0; i < q->type->field_count; i++) {
        const struct record_field *f = &q->type->fields[i];
        bool is_asked = f->is_unique || f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES || f->type == FIELD_PERSON;
        const struct json *v = is_asked && !f->is_retired ? json_get(before->values, f->id) : NULL;
        if (v && (f->is_unique || q->record->is_deleted || !value_equal(v, json_get(q->record->values, f->id))))
            json_put(again, f->id, value_copy(m->a, v));
    }
    struct json *problems = record_check_among(m->db, m->a, q->type, q->record, again, false, NULL, 0, &m->siblings, m->e);
    const struct json *first = json_at(problems, 0);
    return problems && (!first || refuse(m, q, ERR_CONFLICT, "%.*s: %.*s", STR_ARGS(json_text(first, "field")), STR_ARGS(json_text(first, "why"))));
}

static const char *start_state(const struct record_type *t)
{
    for (size_t i = 0; i < t->state_count; i++)
        if (t->states[i].is_start)
            return t->states[i].id;
    return t->states[0].id;
}

static bool asking_check(struct making *m, struct asking *q)
{
    if (!id_check(m, q) || !record_load(m, q) || !may_read_it(m, q))
        return false;
    /* Whom a new record names may make it where the type says so; nobody is its author yet. */
    struct record new = {.type = q->type, .id = q->id, .created_by = STR(""), .values = q->set};
    if (q->act == RECORD_MOVE ? !move_check(m, q) : !record_allows(&m->access, q->type, q->act == RECORD_CREATE ? &new : q->record, q->act, NULL, m->e))
        return false;
    if (q->act == RECORD_DELETE && !guard_referrers(m, q))
        return false;
    if (q->act == RECORD_CREATE)
        q->to = start_state(q->type);
    else if (q->act != RECORD_MOVE)
        q->to = arena_strndup(m->a, q->record->state.data, q->record->state.size);
    if (!values_check(m, q) || !files_check(m, q) || !frozen_stays(m, q) || (q->act == RECORD_UNDO && !undo_check(m, q)) || (q->transition && !guard_rules(m, q)) || !together_check(m, q))
        return false;
    siblings_set(&m->siblings, q->type, q->id, q->set);
    return true;
}

static struct str claimed(const struct asking *q, const char *field)
{
    const struct json *v = json_get(q->set, field);
    v = v || !q->record ? v : json_get(q->record->values, field);
    return v && v->type == JSON_STRING ? v->text : STR("");
}

/* What somebody brings is as old as they say (W51 counts from there): of the day it was taken, or of the end of its time. */
static void put_observed(struct making *m, const struct asking *q, struct json *body)
{
    struct str taken = claimed(q, "taken_on");
    int64_t from, to, now_ms = op_now_ms(m->op);
    if (!time_parse(taken.size ? taken : claimed(q, "period_to"), 0, &to) || !time_parse(claimed(q, "period_from"), 0, &from) || from > now_ms)
        return;
    struct json *span = json_put_array(body, "obs");
    to = to + MS_DAY - 1 < now_ms ? to + MS_DAY - 1 : now_ms;
    json_push_int(span, from < to ? from : to);
    json_push_int(span, to);
}

/* What lies in the boundary of the system is decided with these two steps; opening it again takes the decision back and says nothing new. */
static bool is_scope_decision(const struct asking *q)
{
    return strcmp(q->type->id, "boundary_item") == 0 && q->transition && !q->is_vote && (str_is(q->transition_id, "approve") || str_is(q->transition_id, "remove"));
}

/* Files that are brought as evidence, a policy's words, what is in scope, and what takes two people or a person asked again, are leaves of types of
 * their own (ledger.md 2.2): they say of themselves what they are to whoever reads the ledger without these types. */
static const char *leaf_type_of(const struct asking *q)
{
    if (q->act == RECORD_CREATE || q->act == RECORD_CHANGE)
        return strcmp(q->type->id, "evidence") == 0 && q->blob_count > 1 ? "upload" : strcmp(q->type->id, "policy_version") == 0 ? "policy" : "record";
    if (is_scope_decision(q))
        return "scope";
    return q->is_vote || (q->transition && q->transition->needs_step_up) ? "decision" : "record";
}

static void put_scope(struct making *m, const struct asking *q, struct json *body)
{
    struct json *scope = json_put_object(body, "scope");
    const struct json *is_in = json_get(q->set, "is_in");
    is_in = is_in ? is_in : json_get(q->record->values, "is_in");
    bool takes_in = str_is(q->transition_id, "approve") && is_in && is_in->type == JSON_BOOL && is_in->boolean;
    struct str kind = claimed(q, "kind");
    json_put_cstr(scope, "act", takes_in ? "in" : "out");
    json_put_str(scope, "id", q->id);
    json_put_str(scope, "kind", kind.size ? arena_str(m->a, kind) : STR("unknown"));
}

static void draft(struct making *m, const struct asking *q, size_t i, size_t count, struct leaf_draft *ret)
{
    const char *type = leaf_type_of(q);
    struct arena *a = m->a;
    struct json *body = json_object(a);
    bool has_step = q->transition && m->step.size;
    json_put_cstr(body, "act", q->is_vote ? "vote" : record_act_name(q->act));
    json_put_str(body, "by", q->transition ? q->transition_id : STR(""));
    struct json *fields = json_put_array(body, "f");
    JSON_EACH (v, q->set)
        json_push_str(fields, v->key);
    json_put_str(body, "id", q->id);
    if (count > 1) {
        struct json *nth = json_put_array(body, "nth");
        json_push_int(nth, (int64_t)i);
        json_push_int(nth, (int64_t)count);
    }
    if (has_step)
        json_put_str(body, "step", m->step);
    json_put_cstr(body, "to", q->is_vote ? arena_strndup(a, q->record->state.data, q->record->state.size) : q->to);
    json_put_str(body, "tv", str_slice(str_of(q->type->digest), 0, 16));
    json_put_cstr(body, "type", q->type->id);
    json_put_int(body, "ver", q->is_vote ? q->version : q->version + 1);
    if (strcmp(type, "record") != 0)
        json_put_cstr(body, "k", op_record_change.kind); /* which the keeper adds to leaves of type record */
    if (strcmp(type, "decision") == 0)
        json_put_int(body, "of", q->record->leaf);
    if (strcmp(type, "upload") == 0)
        put_observed(m, q, body);
    if (strcmp(type, "scope") == 0)
        put_scope(m, q, body);
    *ret = (struct leaf_draft){.type = type,
                               .stream = arena_printf(a, "record/%s", q->type->id),
                               .body = body,
                               .blob_first = q->blob_first,
                               .blob_count = q->blob_count};
}

static bool making_begin(struct making *m, size_t count)
{
    if (!access_read(m->db, m->a, m->op->actor, op_now_ms(m->op), &m->access, m->e))
        return false;
    name_set_init(&m->touched, m->a, 4 * count);
    siblings_init(&m->siblings, m->a, count);
    return true;
}

static bool change_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    const struct json *changes = json_get(op->body, "changes");
    struct making m = {.db = projection, .a = a, .op = op, .step = json_text(op->body, "step"), .e = e};
    if (!changes || changes->type != JSON_ARRAY || changes->count == 0 || changes->count > RECORD_CHANGES_MAX || m.step.size > 32)
        return err_set(e, ERR_INVALID, "record.change: 1 to %d changes", RECORD_CHANGES_MAX);
    if (!making_begin(&m, changes->count))
        return false;
    JSON_EACH (entry, changes) {
        enum record_act act;
        if (act_read(json_text(entry, "act"), &act))
            siblings_add(&m.siblings, act, arena_str(a, json_text(entry, "type")).data, json_text(entry, "id"));
    }
    struct leaf_draft *drafts = arena_array(a, changes->count, sizeof(*drafts));
    size_t i = 0, blob = 0;
    JSON_EACH (entry, changes) {
        struct asking q;
        if (!asking_read(&m, entry, blob, &q) || !asking_check(&m, &q))
            return changes->count > 1 ? err_wrap(e, "change %zu", i + 1) : false;
        draft(&m, &q, i, changes->count, &drafts[i]);
        i++;
        blob += q.blob_count;
    }
    if (blob != op->blob_count)
        return err_set(e, ERR_INVALID, "record.change: %zu blobs belong to no change", op->blob_count - blob);
    *ret = (struct leaf_drafts){drafts, changes->count};
    return true;
}

/* ---- trying: the same questions, before anything is sealed ---- */

/* "gap GAP-0001: owner: there is none": the field, and what is wrong with it. */
static void trial_put(struct json *list, const struct asking *q, size_t i, const char *text)
{
    struct str rest = str_of(text), head, field;
    struct arena *a = list->arena;
    struct str prefix = arena_printf(a, "%s%s%.*s: ", q->type->id, q->id.size ? " " : "", STR_ARGS(q->id));
    rest = str_starts(rest, prefix.data) ? str_slice(rest, prefix.size, rest.size) : rest;
    head = rest;
    bool has_field = str_cut(&head, ':', &field) && (record_type_field(q->type, field) || str_is(field, "id") || str_is(field, "why") || str_is(field, "sure"));
    struct json *o = json_push_object(list);
    json_put_int(o, "change", (int64_t)i);
    json_put_cstr(o, "type", q->type->id);
    json_put_str(o, "id", arena_str(a, q->id));
    json_put_str(o, "field", has_field ? arena_str(a, field) : STR(""));
    json_put_str(o, "why", arena_str(a, has_field ? str_trim(head) : rest));
}

static bool trial(struct making *m, const struct record_change *c, size_t blob_first, size_t i, struct json *list)
{
    struct err failed = {0}, *outer = m->e;
    struct asking q = {.id = c->id, .transition_id = c->transition, .why = c->why, .act = c->act, .version = c->version, .is_sure = c->is_sure,
                       .set = value_copy(m->a, c->set ? c->set : json_object(m->a)), .blob_first = blob_first, .blob_count = 1 + c->file_count};
    m->e = &failed;
    q.type = record_type_in_force(m->db, c->type, &failed);
    bool is_ok = q.type && asking_check(m, &q);
    m->e = outer;
    if (is_ok)
        return true;
    if (!q.type || failed.code == ERR_INTERNAL || failed.code == ERR_CORRUPT || failed.code == ERR_UNAVAILABLE)
        return (*outer = failed, false);
    trial_put(list, &q, i, failed.text);
    return true;
}

struct json *record_try(struct db *db, struct arena *a, const struct record_change *changes, size_t count, const struct access *x, struct err *e)
{
    size_t blob_count = count, blob = 0;
    for (size_t i = 0; i < count; i++)
        blob_count += changes[i].file_count;
    struct op op = {.actor = x->actor, .blobs = arena_array(a, blob_count, sizeof(struct op_blob)), .blob_count = blob_count};
    struct making m = {.db = db, .a = a, .op = &op, .step = STR("asked"), .e = e};
    struct json *list = json_array(a);
    if (!making_begin(&m, count))
        return NULL;
    m.access = *x; /* which may be narrower than what the account may */
    for (size_t i = 0; i < count; i++)
        siblings_add(&m.siblings, changes[i].act, arena_str(a, changes[i].type).data, changes[i].id);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < changes[i].file_count; j++)
            op.blobs[blob + 1 + j] = changes[i].files[j];
        if (!trial(&m, &changes[i], blob, i, list))
            return NULL;
        blob += 1 + changes[i].file_count;
    }
    return list;
}

const struct op_kind op_record_change = {
    .kind = "record.change", .leaf_type = "record", .make = change_make, .apply = record_change_apply, .answer = record_change_answer};
