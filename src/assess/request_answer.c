/* request_answer.c - handing in: evidence, policies, registers and files in one step. */
#include "assess/request_answer.h"

enum { REGISTER_BYTES_MAX = 16 << 20, FILES_MAX = 20 };

struct answering {
    struct db *db;
    const struct env *env;
    struct arena *a;
    struct record_types *types;
    const struct access *x;
    int64_t now_ms;
    const struct record *r;
    struct json *set;
    struct op_blob *blobs;
    size_t blob_count;
    struct json *files;
};

static bool has_text(const struct json *list, struct str id)
{
    JSON_EACH (item, list)
        if (str_equal(item->text, id))
            return true;
    return false;
}

/* What is given already, and what comes. */
static void references_put(struct answering *w, const char *field, const struct strings *ids)
{
    struct json *list = json_array(w->a);
    JSON_EACH (item, json_get(w->r->values, field))
        json_push_str(list, item->text);
    for (size_t i = 0; i < ids->count; i++)
        if (!has_text(list, str_of(ids->items[i])))
            json_push_str(list, str_of(ids->items[i]));
    if (ids->count)
        json_put(w->set, field, list);
}

static void file_copy(struct answering *w, const struct json *file)
{
    struct json *copy = json_push_object(w->files);
    JSON_EACH (m, file)
        json_put(copy, arena_str(w->a, m->key).data, m->type == JSON_NUMBER ? json_new_int(w->a, m->integer) : json_new_str(w->a, m->text));
}

static bool register_add(struct answering *w, const char *id, struct err *e)
{
    const struct record_type *t = record_types_find(w->types, str_of(id));
    struct record_query q = {.access = w->x, .leaf_limit = INT64_MAX, .now_ms = w->now_ms};
    struct buf BUF_AUTO text;
    struct json *value;
    buf_init(&text, REGISTER_BYTES_MAX);
    if (!t)
        return err_set(e, ERR_INVALID, "registers: there is none of the name %s", id);
    if (!record_csv_write(w->db, w->a, t, &q, &text, e))
        return err_wrap(e, "%s", t->labels);
    struct str name = arena_printf(w->a, "%s-%.*s.csv", t->table, STR_ARGS(day_text(w->a, day_of(w->now_ms))));
    if (text.full)
        return err_set(e, ERR_TOO_LARGE, "%s: over %d MiB as CSV; bring an extract as evidence", t->labels, REGISTER_BYTES_MAX >> 20);
    if (!record_seal_file(w->env, w->a, name, "text/csv", arena_str(w->a, buf_view(&text)), &w->blobs[w->blob_count], &value, e))
        return false;
    w->blob_count++;
    json_push(w->files, value);
    return true;
}

static bool files_put(struct answering *w, const struct request_answer *wish, struct err *e)
{
    size_t max = wish->registers.count + wish->file_count;
    if (max == 0)
        return true;
    w->blobs = arena_array(w->a, max, sizeof(*w->blobs));
    w->files = json_array(w->a);
    JSON_EACH (file, json_get(w->r->values, "files"))
        file_copy(w, file);
    for (size_t i = 0; i < wish->registers.count; i++)
        if (!register_add(w, wish->registers.items[i], e))
            return false;
    size_t i = 0;
    JSON_EACH (value, wish->file_values) {
        file_copy(w, value);
        w->blobs[w->blob_count++] = wish->files[i++];
    }
    if (w->files->count > FILES_MAX)
        return err_set(e, ERR_LIMIT, "files: at most %d with one request", FILES_MAX);
    json_put(w->set, "files", w->files);
    return true;
}

bool request_answer_change(struct db *db, const struct env *env, struct arena *a, struct record_types *types, const struct access *x, int64_t now_ms,
                           const struct request_answer *wish, struct record_change *ret, struct err *e)
{
    struct answering w = {.db = db, .env = env, .a = a, .types = types, .x = x, .now_ms = now_ms, .set = json_object(a)};
    const struct record_type *t = record_types_find(types, STR("audit_request"));
    w.r = t ? record_get(db, a, t, wish->id, INT64_MAX, e) : NULL;
    if (!w.r)
        return false;
    references_put(&w, "evidence", &wish->evidence);
    references_put(&w, "policy_versions", &wish->policies);
    if (wish->has_text && !str_equal(wish->text, json_text(w.r->values, "answer")))
        json_put_str(w.set, "answer", wish->text);
    if (!files_put(&w, wish, e))
        return false;
    const struct json *evidence = json_get(w.set, "evidence") ? json_get(w.set, "evidence") : json_get(w.r->values, "evidence");
    const struct json *policies = json_get(w.set, "policy_versions") ? json_get(w.set, "policy_versions") : json_get(w.r->values, "policy_versions");
    const struct json *files = json_get(w.set, "files") ? json_get(w.set, "files") : json_get(w.r->values, "files");
    struct str text = wish->has_text ? wish->text : json_text(w.r->values, "answer");
    if (!(evidence && evidence->count) && !(policies && policies->count) && !(files && files->count) && str_trim(text).size == 0)
        return err_set(e, ERR_INVALID, "answer: give evidence, a policy, a register or a file, or say in words why there is none");
    *ret = (struct record_change){.type = STR("audit_request"), .id = wish->id, .act = RECORD_MOVE, .version = wish->version ? wish->version : w.r->version,
                                  .transition = STR("submit"), .set = w.set, .files = w.blobs, .file_count = w.blob_count};
    return true;
}
