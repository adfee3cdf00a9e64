#include "web/reads.h"

#include "web/ops.h"

#include <stdlib.h>

enum { READS_MAX = 1000, ADDRESS_MAX = 300, AGE_MS = 5000, BATCH_ARENA_BYTES = 16 << 20, BATCH_BYTES_MAX = 1 << 20, ENGAGEMENT_MAX = 64 };

struct read {
    int64_t t_ms;
    char engagement[ENGAGEMENT_MAX + 1], actor[SESSION_ACTOR_SIZE], address[ADDRESS_MAX + 1];
};

struct reads {
    pthread_mutex_t mutex;    /* guards what follows */
    pthread_mutex_t handing;  /* one at a time hands over */
    size_t count;
    struct read items[READS_MAX];
};

struct reads *reads_new(void)
{
    struct reads *r = calloc(1, sizeof(*r));
    if (r) {
        pthread_mutex_init(&r->mutex, NULL);
        pthread_mutex_init(&r->handing, NULL);
    }
    return r;
}

struct reads *reads_free(struct reads *r)
{
    if (r) {
        pthread_mutex_destroy(&r->mutex);
        pthread_mutex_destroy(&r->handing);
    }
    free(r);
    return NULL;
}

bool reads_have_room(struct reads *r)
{
    pthread_mutex_lock(&r->mutex);
    bool has = r->count < READS_MAX;
    pthread_mutex_unlock(&r->mutex);
    return has;
}

void reads_note(struct reads *r, struct str engagement, const char *actor, int64_t t_ms, struct str address)
{
    pthread_mutex_lock(&r->mutex);
    if (r->count < READS_MAX) {
        struct read *one = &r->items[r->count++];
        one->t_ms = t_ms;
        snprintf(one->engagement, sizeof(one->engagement), "%.*s", STR_ARGS(engagement));
        snprintf(one->actor, sizeof(one->actor), "%s", actor);
        snprintf(one->address, sizeof(one->address), "%.*s", STR_ARGS(str_slice(address, 0, ADDRESS_MAX)));
    }
    pthread_mutex_unlock(&r->mutex);
}

/* The reads of one engagement among the first `count`, as an operation. */
static bool op_build(struct site *s, struct arena *a, const struct read *items, size_t count, const char *engagement, struct op *ret, struct err *e)
{
    struct json *plain = json_object(a), *list = json_put_array(plain, "reads");
    struct buf BUF_AUTO text;
    buf_init(&text, BATCH_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i].engagement, engagement) != 0)
            continue;
        struct json *o = json_push_object(list);
        json_put_str(o, "at", str_is_utf8(str_of(items[i].address)) ? str_of(items[i].address) : STR(""));
        json_put_cstr(o, "by", items[i].actor);
        json_put_int(o, "t", items[i].t_ms);
    }
    *ret = (struct op){.kind = "room.read", .actor = STR("system:web"), .body = json_object(a)};
    json_put_int(ret->body, "cnt", (int64_t)list->count);
    json_put_cstr(ret->body, "id", engagement);
    op_id_new(s->env, ret->id);
    return json_write_canonical(&text, plain, e) && op_blob_seal(s->env, a, ret, "application/json", buf_view(&text), e);
}

static bool batch_submit(struct site *s, const struct read *items, size_t count, struct err *e)
{
    struct arena *a = arena_new("reads", BATCH_ARENA_BYTES);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        bool is_first = true;
        for (size_t k = 0; k < i && is_first; k++)
            is_first = strcmp(items[k].engagement, items[i].engagement) != 0;
        struct op op;
        struct json *answer;
        ok = !is_first || (op_build(s, a, items, count, items[i].engagement, &op, e) && keeper_link_submit(s->keeper, a, &op, &answer, e));
    }
    arena_free(a);
    return ok;
}

bool reads_flush(struct site *s, bool is_all, struct err *e)
{
    struct reads *r = s->reads;
    pthread_mutex_lock(&r->handing);
    pthread_mutex_lock(&r->mutex);
    size_t count = r->count > 0 && (is_all || env_now_ms(s->env) - r->items[0].t_ms >= AGE_MS || r->items[0].t_ms > env_now_ms(s->env)) ? r->count : 0;
    struct read *items = count ? malloc(count * sizeof(*items)) : NULL;
    if (items)
        memcpy(items, r->items, count * sizeof(*items));
    pthread_mutex_unlock(&r->mutex);
    bool ok = !items || batch_submit(s, items, count, e);
    if (items && ok) {
        pthread_mutex_lock(&r->mutex);
        memmove(r->items, r->items + count, (r->count - count) * sizeof(*items));
        r->count -= count;
        pthread_mutex_unlock(&r->mutex);
    }
    free(items);
    pthread_mutex_unlock(&r->handing);
    return ok;
}

/* ---- the operation ---- */

static bool read_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str id = json_text(op->body, "id");
    int64_t count = json_int(op->body, "cnt", 0);
    (void)projection;
    if (!str_is(op->actor, "system:web"))
        return err_set(e, ERR_DENIED, "room.read: only the program says what was read");
    if (op->blob_count != 1 || id.size > ENGAGEMENT_MAX || count < 1 || count > READS_MAX)
        return err_set(e, ERR_INVALID, "room.read: needs an engagement, a number of reads and one blob");
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    *draft = (struct leaf_draft){.type = "record", .stream = STR("room"), .body = json_object(a), .blob_count = 1};
    json_put_int(draft->body, "cnt", count);
    json_put_str(draft->body, "id", id);
    json_put_cstr(draft->body, "type", "room_read");
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool read_apply(struct db *db, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    const struct json *b = json_at(json_get(leaf->json, "b"), 0), *found = NULL;
    struct err gone = {0};
    struct str plain;
    int64_t n = 0;
    if (blobs->read(blobs->context, a, json_text(b, "c"), json_text(b, "x"), &plain, &gone)) {
        found = json_parse(a, plain, (struct json_limits){.depth_max = 4, .nodes_max = 8 * READS_MAX}, e);
        if (!found)
            return false;
    } else if (gone.code != ERR_NOT_FOUND) {
        return (*e = gone, false);
    }
    JSON_EACH (o, json_get(found, "reads"))
        if (!db_run(db, e, "insert into room_read(leaf, n, engagement, actor, t, address) values(?1, ?2, ?3, ?4, ?5, ?6)", A((int64_t)leaf->index), A(n++),
                    A(json_text(leaf->json, "id")), A(json_text(o, "by")), A(json_int(o, "t", 0)), A(json_text(o, "at"))))
            return false;
    return true;
}

const struct op_kind op_room_read = {.kind = "room.read", .leaf_type = "record", .make = read_make, .apply = read_apply};
