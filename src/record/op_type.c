/* op_type.c - record.type: the organisation adds a type, or fields, states and transitions to one. */
#include "blob/blob.h"
#include "record/internal.h"

enum { DEFINITION_BYTES_MAX = 1 << 20, SCHEMA_BYTES_MAX = 4 << 20, TYPES_MAX = 200, FIELDS_MAX = 150 };

bool record_type_op(const struct env *env, struct arena *a, const struct record_type *definition, struct str why, const struct access *x, struct op *ret,
                    struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, DEFINITION_BYTES_MAX);
    struct json *o = json_object(a);
    json_put_str(o, "by", access_who(x));
    json_put(o, "definition", record_type_json(a, definition));
    json_put_str(o, "why", why);
    if (!json_write_canonical(&text, o, e))
        return false;
    if (text.full)
        return err_set(e, ERR_TOO_LARGE, "record type %s: over %d bytes", definition->id, DEFINITION_BYTES_MAX);
    *ret = (struct op){.kind = "record.type", .actor = x->actor, .body = json_object(a)};
    if (!op_blob_seal(env, a, ret, "application/json", buf_view(&text), e))
        return false;
    op_id_new(env, ret->id);
    json_put_cstr(ret->body, "id", definition->id);
    return true;
}

static const struct record_type *definition_read(struct arena *a, struct str plain, struct json **ret_blob, struct err *e)
{
    struct json *o = json_parse(a, plain, JSON_LIMITS_DEFAULT, e);
    const struct json *definition = json_get(o, "definition");
    if (o && !definition)
        err_set(e, ERR_INVALID, "record.type: no definition");
    *ret_blob = o;
    const struct record_type *t = definition ? record_type_of_json(a, definition, e) : NULL;
    return t ? record_type_digested(a, t, e) : NULL;
}

/* What was there stays: fields keep their type, ids how they are made; records that are there go on being read. */
static bool fits(const struct record_type *t, const struct record_type *base, struct err *e)
{
    if (t->field_count > FIELDS_MAX)
        return err_set(e, ERR_LIMIT, "record type %s: %zu fields, at most %d", t->id, t->field_count, FIELDS_MAX);
    if (!base)
        return true;
    if (strcmp(t->table, base->table) != 0 || strcmp(t->prefix ? t->prefix : "", base->prefix ? base->prefix : "") != 0)
        return err_set(e, ERR_INVALID, "record type %s: table and prefix stay as they are", t->id);
    for (size_t i = 0; i < base->field_count; i++) {
        const struct record_field *old = &base->fields[i], *now = record_type_field(t, str_of(old->id));
        if (!now || now->type != old->type || now->decimals != old->decimals)
            return err_set(e, ERR_INVALID, "record type %s: field %s keeps its type and is retired, not taken out", t->id, old->id);
    }
    for (size_t i = 0; i < base->state_count; i++)
        if (!record_type_state(t, str_of(base->states[i].id)))
            return err_set(e, ERR_INVALID, "record type %s: state %s stays", t->id, base->states[i].id);
    return true;
}

static bool table_is_free(struct db *db, const struct record_type *t, struct err *e)
{
    struct err failed = {0};
    struct arena *a = arena_new("table", 1 << 20);
    struct str versions = arena_printf(a, "%s_versions", t->table);
    int64_t taken = db_one_int(db, &failed, 0, "select count(*) from sqlite_schema where name=?1 or name=?2", A(t->table), A(versions));
    int64_t types = db_one_int(db, &failed, 0, "select count(distinct type) from record_definition");
    arena_free(a);
    if (failed.code)
        return (*e = failed, false);
    if (types >= TYPES_MAX)
        return err_set(e, ERR_LIMIT, "record types: at most %d of your own", TYPES_MAX);
    return !taken || err_set(e, ERR_EXISTS, "record type %s: the name of its table, %s, is taken", t->id, t->table);
}

static bool type_schema(struct db *db, const struct record_type *t, const struct record_type *base, struct err *e)
{
    struct buf BUF_AUTO sql;
    buf_init(&sql, SCHEMA_BYTES_MAX);
    record_type_schema(t, base, &sql);
    if (sql.full)
        return err_set(e, ERR_LIMIT, "record type %s: its tables", t->id);
    return db_script(db, buf_view(&sql).data, e);
}

static bool type_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct access x;
    struct str plain;
    struct json *blob;
    struct err failed = {0};
    if (!access_read(projection, a, op->actor, op_now_ms(op), &x, e))
        return false;
    if (!access_has_role(&x, "administrator"))
        return err_set(e, ERR_DENIED, "record.type: takes an administrator");
    if (op->blob_count != 1 || !blob_open(a, op->blobs[0].ciphertext, op->blobs[0].c, op->blobs[0].x, op->blobs[0].dek, DEFINITION_BYTES_MAX, &plain, &failed))
        return err_set(e, ERR_INVALID, "record.type: one blob with the definition: %s", failed.text);
    const struct record_type *t = definition_read(a, plain, &blob, e);
    if (!t || !str_is(json_text(op->body, "id"), t->id) || !str_equal(json_text(blob, "by"), access_who(&x)))
        return t ? err_set(e, ERR_INVALID, "record.type: malformed, or somebody else's") : false;
    const struct record_type *base = record_type_in_force(projection, str_of(t->id), &failed);
    if (!base && failed.code && failed.code != ERR_NOT_FOUND)
        return (*e = failed, false);
    if (base && strcmp(base->digest ? base->digest : "", t->digest) == 0) {
        *ret = (struct leaf_drafts){0}; /* it is so already */
        return true;
    }
    if (!fits(t, base, e) || (!base && !table_is_free(projection, t, e)))
        return err_wrap(e, "%s", t->id);
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    *draft = (struct leaf_draft){.type = "record", .stream = STR("record_type"), .body = json_object(a), .blob_count = 1};
    json_put_cstr(draft->body, "type", "record_type");
    json_put_str(draft->body, "id", arena_str(a, str_of(t->id)));
    json_put_str(draft->body, "d", arena_str(a, str_of(t->digest)));
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool type_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    const struct json *b = json_at(json_get(leaf->json, "b"), 0);
    struct str plain;
    struct json *blob;
    struct err failed = {0};
    if (!blobs->read(blobs->context, a, json_text(b, "c"), json_text(b, "x"), &plain, &failed)) {
        if (failed.code != ERR_NOT_FOUND)
            return (*e = failed, false);
        return true; /* erased: the type is as it was without it */
    }
    const struct record_type *t = definition_read(a, plain, &blob, e);
    if (!t)
        return err_wrap(e, "leaf %llu", (unsigned long long)leaf->index);
    const struct record_type *base = record_type_in_force(projection, str_of(t->id), &failed);
    if (!base && failed.code != ERR_NOT_FOUND)
        return (*e = failed, false);
    struct buf BUF_AUTO text;
    buf_init(&text, DEFINITION_BYTES_MAX);
    if (!json_write_canonical(&text, json_get(blob, "definition"), e))
        return false;
    return type_schema(projection, t, base, e) &&
           db_run(projection, e, "insert into record_definition(leaf, type, t, actor, why, digest, definition) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)", A((int64_t)leaf->index),
                  A(t->id), A(leaf->t), A(json_text(blob, "by")), A(json_text(blob, "why")), A(t->digest), A(buf_view(&text)));
}

const struct op_kind op_record_type = {.kind = "record.type", .leaf_type = "record", .make = type_make, .apply = type_apply};
