/* batch.c - operations become leaves. */
#include "keeper/process.h"
#include "ledger/leaf_rules.h"
#include <stdio.h>

enum { ANSWER_BYTES_MAX = 4 << 20 };

void question_fail(struct keeper *k, struct question *q, const struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, 1024);
    wire_error_encode(e, &text);
    q->answer_type = WIRE_ERROR;
    q->answer = arena_str(k->batch.arena, buf_view(&text));
}

void question_answer_json(struct keeper *k, struct question *q, const struct json *answer)
{
    struct buf BUF_AUTO text;
    buf_init(&text, ANSWER_BYTES_MAX);
    struct err e = {0};
    if (!json_write_canonical(&text, answer, &e)) {
        question_fail(k, q, &e);
        return;
    }
    q->answer_type = WIRE_ANSWER;
    q->answer = arena_str(k->batch.arena, buf_view(&text));
}

void batch_start(struct keeper *k)
{
    struct batch *b = &k->batch;
    arena_reset(b->arena);
    b->question_count = b->leaf_count = b->leaf_bytes = b->blob_count = b->move_count = 0;
    b->is_in_transaction = false;
}

/* ledger.md 2.7: a class, not the size, which could tell what a small blob says. */
static const char *size_class(uint64_t size)
{
    return size <= 4u << 10    ? "<=4k"
           : size <= 64u << 10 ? "<=64k"
           : size <= 1u << 20  ? "<=1m"
           : size <= 16u << 20 ? "<=16m"
                               : "<=256m";
}

static const struct op_kind *kind_for_op(const struct keeper *k, const char *kind)
{
    for (size_t i = 0; i < k->o->kind_count; i++)
        if ((k->o->kinds[i].make || k->o->kinds[i].make_over) && strcmp(k->o->kinds[i].kind, kind) == 0)
            return &k->o->kinds[i];
    return NULL;
}

/* The name for member `k` of the leaf: needed where its type alone would lead to another entry than this operation's. */
static const char *kind_to_name(const struct keeper *k, const struct op_kind *kind, const char *type)
{
    if (strcmp(kind->leaf_type, type) != 0)
        return NULL; /* a leaf beside the operation's own: the first entry of its type */
    for (size_t i = 0; i < k->o->kind_count; i++)
        if (strcmp(k->o->kinds[i].leaf_type, type) == 0)
            return &k->o->kinds[i] == kind ? NULL : kind->kind;
    return NULL;
}

struct composing {
    struct keeper *k;
    const struct op *op;
    const struct op_kind *kind;
};

/* Where the stream stands: the sequence and hash of its last leaf. */
static bool put_stream(struct keeper *k, struct json *leaf, struct str stream, struct err *e)
{
    struct err failed = {0};
    int64_t sequence = 0;
    char hash[65];
    DB_EACH (row, k->projection.db, &failed, "select sq, hash from stream where st=?1", A(stream)) {
        sequence = db_int(row, 0) + 1;
        hex_encode(db_bytes(row, 1).data, SHA256_SIZE, hash);
    }
    if (failed.code)
        return (*e = failed, false);
    json_put_str(leaf, "st", stream);
    json_put_int(leaf, "sq", sequence);
    if (sequence > 0)
        json_put_str(leaf, "sp", arena_str(k->batch.arena, str_make(hash, 64)));
    return true;
}

static void put_blobs(struct arena *a, struct json *leaf, const struct op *op, const struct leaf_draft *draft)
{
    struct json *list = json_put_array(leaf, "b");
    for (size_t i = draft->blob_first; i < draft->blob_first + draft->blob_count; i++) {
        struct json *blob = json_push_object(list);
        json_put_str(blob, "c", arena_str(a, str_of(op->blobs[i].c)));
        json_put_str(blob, "x", arena_str(a, str_of(op->blobs[i].x)));
        json_put_cstr(blob, "m", op->blobs[i].media);
        json_put_cstr(blob, "z", size_class(op->blobs[i].plain_size));
    }
}

static bool put_draft_body(struct arena *a, struct json *leaf, const struct json *body, struct err *e)
{
    JSON_EACH (member, body) {
        char *key = arena_strndup(a, member->key.data, member->key.size);
        if (json_get(leaf, key))
            return err_set(e, ERR_INTERNAL, "a draft may not carry the member %s", key);
        struct json *copy = ARENA_NEW(a, struct json);
        *copy = *member;
        copy->next = NULL;
        json_put(leaf, key, copy);
    }
    return true;
}

/* What a verifier would hold against the leaf (E42, E43) is refused before it is journalled: the operation is at fault then, and
 * not the ledger for good. Who signed, each kind has checked. */
static bool draft_check(const struct keeper *k, const struct leaf_draft *draft, const struct json *leaf, struct err *e)
{
    char fault[LEAF_FAULT_SIZE];
    struct leaf view = {.type = str_of(draft->type), .json = leaf, .signatures = draft->signatures};
    const char *role = leaf_rule_role(view.type);
    if (!leaf_rule_holds(&view, k->projection.next, fault))
        return err_set(e, ERR_INVALID, "%s: no such leaf is written: %s", draft->type, fault);
    if (role && !role[0] && draft->signatures.size > 0)
        return err_set(e, ERR_INVALID, "%s: no such leaf is written: nobody signs this type", draft->type);
    if (role && role[0] && draft->signatures.size == 0 && !leaf_rule_may_be_unsigned(view.type))
        return err_set(e, ERR_INVALID, "%s: no such leaf is written: the %s has to sign it", draft->type, role);
    return true;
}

static bool compose_leaf(struct composing *c, const struct leaf_draft *draft, struct str *ret_bytes, struct err *e)
{
    struct keeper *k = c->k;
    struct arena *a = k->batch.arena;
    struct json *leaf = json_object(a);
    uint8_t nonce[16];
    char actor[SUBJECT_TEXT_SIZE];
    if (draft->blob_first > c->op->blob_count || draft->blob_count > c->op->blob_count - draft->blob_first)
        return err_set(e, ERR_INTERNAL, "a draft names blobs that the operation does not have");
    env_random(k->o->env, nonce, sizeof(nonce));
    subject_pseudonym(k->subject_key, c->op->actor, actor);
    json_put_int(leaf, "v", 1);
    json_put_cstr(leaf, "log", k->dir.origin);
    json_put_hex(leaf, "n", nonce, sizeof(nonce));
    json_put_int(leaf, "t", k->batch.t);
    json_put_cstr(leaf, "op", c->op->id);
    json_put_str(leaf, "a", arena_str(a, str_of(actor)));
    if (k->batch.clock_went_back)
        json_put_bool(leaf, "back", true);
    const char *kind = kind_to_name(k, c->kind, draft->type);
    if (kind)
        json_put_cstr(leaf, "k", kind);
    if (draft->blob_count)
        put_blobs(a, leaf, c->op, draft);
    if (!put_stream(k, leaf, draft->stream, e) || !put_draft_body(a, leaf, draft->body, e) || !draft_check(k, draft, leaf, e))
        return false;
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, LIMIT_LEAF_BYTES);
    if (!leaf_compose(draft->type, leaf, draft->signatures, &bytes, e))
        return false;
    *ret_bytes = arena_str(a, buf_view(&bytes));
    return true;
}

/* Blobs of an operation that is not stored yet, and of those that are. */
struct live_reader {
    struct keeper *k;
    const struct op *op;
    size_t next; /* leaves ask for blobs in order */
};

static bool live_read(void *context, struct arena *a, struct str c, struct str x, struct str *ret_plain, struct err *e)
{
    struct live_reader *r = context;
    for (size_t n = 0; n < r->op->blob_count; n++) {
        size_t i = (r->next + n) % r->op->blob_count;
        const struct op_blob *b = &r->op->blobs[i];
        r->next = str_is(x, b->x) ? i + 1 : r->next;
        if (str_is(x, b->x) && str_is(c, b->c))
            return blob_open(a, b->ciphertext, b->c, b->x, b->dek, LIMIT_BLOB_BYTES, ret_plain, e);
    }
    struct blob_reader stored = blob_store_reader(&r->k->store);
    return stored.read(stored.context, a, c, x, ret_plain, e);
}

static bool answer_again(struct keeper *k, struct question *q, const struct op *op, bool *ret_is_known, struct err *e)
{
    struct err failed = {0};
    struct str answer = db_one_text(k->batch.arena, k->projection.db, &failed, "select answer from operation where id=?1",
                                    A((const char *)op->id));
    if (failed.code)
        return (*e = failed, false);
    *ret_is_known = answer.data != NULL;
    if (answer.data) {
        q->answer_type = WIRE_ANSWER;
        q->answer = answer;
        q->is_replayed = true;
    }
    return true;
}

static bool leaves_of_op(struct composing *c, const struct leaf_drafts *drafts, struct question *q, struct err *e)
{
    struct keeper *k = c->k;
    struct batch *b = &k->batch;
    struct live_reader reader = {.k = k, .op = c->op};
    struct blob_reader blobs = {.read = live_read, .context = &reader};
    struct str answer = {0};
    size_t op_bytes = 0;
    for (size_t i = 0; i < drafts->count; i++) {
        struct str bytes;
        if (!compose_leaf(c, &drafts->items[i], &bytes, e) ||
            !projection_apply(&k->projection, b->arena, bytes, &blobs, &answer, e))
            return false;
        b->leaves[b->leaf_count++] = bytes;
        b->leaf_bytes += bytes.size;
        if ((op_bytes += bytes.size) > LIMIT_OPERATION_LEAF_BYTES)
            return err_set(e, ERR_LIMIT, "operation %s: its leaves are over %d bytes", c->op->kind, LIMIT_OPERATION_LEAF_BYTES);
    }
    q->answer_type = WIRE_ANSWER;
    q->answer = answer;
    q->makes_leaves = true;
    return true;
}

static bool batch_begin(struct keeper *k, struct err *e)
{
    if (k->batch.is_in_transaction)
        return true;
    k->batch.t = ledger_clock(k->ledger, &k->batch.clock_went_back);
    k->clock_back_seen = k->clock_back_seen || k->batch.clock_went_back;
    k->batch.is_in_transaction = db_begin(k->projection.db, e);
    return k->batch.is_in_transaction;
}

/* Leaves out of the tiles. */
static bool source_read(void *context, struct arena *a, uint64_t index, struct str *ret_leaf, struct err *e)
{
    struct keeper *k = context;
    if (index >= ledger_signed_size(k->ledger))
        return index >= ledger_size(k->ledger)
                   ? err_set(e, ERR_NOT_FOUND, "leaf %llu: there is none", (unsigned long long)index)
                   : err_set(e, ERR_CONFLICT, "leaf %llu is not signed yet; ask again in a second", (unsigned long long)index);
    if (!k->reader)
        k->reader = ledger_reader_open(k->ledger_fd, e);
    return k->reader && ledger_reader_leaf(k->reader, a, index, ret_leaf, e);
}

static uint64_t source_head(void *context)
{
    struct keeper *k = context;
    return ledger_signed_size(k->ledger);
}

static bool source_root(void *context, uint64_t size, struct sha256 *ret, struct err *e)
{
    struct keeper *k = context;
    if (size > ledger_signed_size(k->ledger))
        return err_set(e, ERR_CONFLICT, "a head of %llu leaves is not signed yet; ask again in a second", (unsigned long long)size);
    if (!k->reader || ledger_reader_head(k->reader)->size < size) {
        ledger_reader_close(k->reader);
        k->reader = ledger_reader_open(k->ledger_fd, e);
    }
    return k->reader && ledger_reader_root(k->reader, size, ret, e);
}

static bool make_drafts(struct keeper *k, const struct op_kind *kind, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct leaf_source leaves = {.read = source_read, .head = source_head, .root = source_root, .blobs = blob_store_reader(&k->store), .context = k};
    struct op taken = *op;
    taken.now_ms = k->batch.t;
    return kind->make_over ? kind->make_over(k->projection.db, &leaves, k->batch.arena, &taken, ret, e)
                           : kind->make(k->projection.db, k->batch.arena, &taken, ret, e);
}

/* Names that follow others: they are noted with the blobs, before the leaf that says so. */
static void moves_note(struct keeper *k, const struct op_kind *kind, const struct leaf_drafts *drafts)
{
    struct batch *b = &k->batch;
    if (strcmp(kind->leaf_type, "reencrypt") != 0)
        return;
    for (size_t i = 0; i < drafts->count && b->move_count < BATCH_BLOBS_MAX; i++) {
        const struct json *leaf = drafts->items[i].body;
        if (hex_decode(json_text(leaf, "from"), b->moves[b->move_count].from.bytes, SHA256_SIZE) &&
            hex_decode(json_text(leaf, "x"), b->moves[b->move_count].to.bytes, SHA256_SIZE))
            b->move_count++;
    }
    k->has_reencrypted = k->has_reencrypted || drafts->count > 0;
}

/* In a savepoint: either all leaves of the operation are in the batch and applied, or the operation left no trace. */
static enum batch_outcome batch_try(struct keeper *k, const struct op *op, const struct op_kind *kind, struct question *q,
                                    struct err *e)
{
    struct batch *b = &k->batch;
    struct leaf_drafts drafts = {0};
    size_t leaf_count = b->leaf_count, leaf_bytes = b->leaf_bytes;
    uint64_t next = k->projection.next;
    struct err refused = {0};
    if (!db_savepoint(k->projection.db, e))
        return BATCH_BROKEN;
    bool ok = make_drafts(k, kind, op, &drafts, &refused);
    if (ok && drafts.count > LIMIT_BATCH_LEAVES)
        ok = err_set(&refused, ERR_LIMIT, "operation %s: %zu leaves, at most %d", kind->kind, drafts.count, LIMIT_BATCH_LEAVES);
    if (ok && (drafts.count > LIMIT_BATCH_LEAVES - leaf_count || op->blob_count > BATCH_BLOBS_MAX - b->blob_count)) {
        db_savepoint_undo(k->projection.db);
        return BATCH_FULL;
    }
    struct composing c = {.k = k, .op = op, .kind = kind};
    if (ok && drafts.count == 0) {
        q->answer_type = WIRE_ANSWER;
        q->answer = STR("{\"leaf\":-1}");
    }
    ok = ok && (drafts.count == 0 || leaves_of_op(&c, &drafts, q, &refused));
    if (ok && db_savepoint_keep(k->projection.db, e)) {
        for (size_t i = 0; i < op->blob_count && drafts.count; i++)
            b->blobs[b->blob_count++] = &op->blobs[i];
        moves_note(k, kind, &drafts);
        k->has_erasures = k->has_erasures || (drafts.count && strcmp(kind->leaf_type, "erase") == 0);
        k->has_rewrap = k->has_rewrap || strcmp(kind->kind, "keyring") == 0;
        k->has_key_leaves = k->has_key_leaves || (drafts.count && strcmp(kind->leaf_type, "key") == 0);
        return BATCH_TAKEN;
    }
    if (ok)
        return BATCH_BROKEN;
    db_savepoint_undo(k->projection.db);
    b->leaf_count = leaf_count;
    b->leaf_bytes = leaf_bytes;
    k->projection.next = next;
    q->makes_leaves = false;
    question_fail(k, q, &refused);
    return BATCH_TAKEN;
}

enum batch_outcome batch_operation(struct keeper *k, struct str body, struct question *q, struct err *e)
{
    struct op *op = ARENA_NEW(k->batch.arena, struct op);
    struct err refused = {0};
    if (!wire_op_decode(k->batch.arena, body, op, &refused)) {
        question_fail(k, q, &refused);
        return BATCH_TAKEN;
    }
    memcpy(q->op_id, op->id, sizeof(q->op_id));
    const struct op_kind *kind = kind_for_op(k, op->kind);
    bool is_known = false;
    if (!kind || op->actor.size == 0) {
        err_set(&refused, ERR_INVALID, kind ? "operation %s: without an actor" : "operation: no such kind %s", op->kind);
        question_fail(k, q, &refused);
        return BATCH_TAKEN;
    }
    if (k->batch.leaf_bytes > LIMIT_BATCH_BYTES)
        return BATCH_FULL;
    if (!batch_begin(k, e) || !answer_again(k, q, op, &is_known, e))
        return BATCH_BROKEN;
    return is_known ? BATCH_TAKEN : batch_try(k, op, kind, q, e);
}

/* I2: what leaves name is durable, sealed bytes and keys, before a leaf of the batch is in the journal. */
static bool store_blobs(struct keeper *k, struct err *e)
{
    struct batch *b = &k->batch;
    uint64_t stored_bytes = 0;
    for (size_t i = 0; i < b->blob_count; i++) {
        stored_bytes += b->blobs[i]->ciphertext.size;
        if (!pack_add(k->packs, b->blobs[i]->x, b->blobs[i]->ciphertext, e) ||
            !keyring_add(k->keys, k->o->env, b->blobs[i]->x, b->blobs[i]->dek, e))
            return false;
    }
    if (b->blob_count == 0)
        return true;
    for (size_t i = 0; i < b->move_count; i++)
        if (!pack_move(k->packs, &b->moves[i].from, &b->moves[i].to, e))
            return false;
    if (!pack_sync(k->packs, e) || !keyring_sync(k->keys, e))
        return false;
    ledger_count_blobs(k->ledger, (uint32_t)(b->blob_count - b->move_count), stored_bytes); /* a seal counts what leaves name */
    return true;
}

static void fail_all(struct keeper *k, enum err_code code, const char *why)
{
    for (size_t i = 0; i < k->batch.question_count; i++) {
        struct question *q = &k->batch.questions[i];
        struct err e = {0};
        if (!q->makes_leaves && !q->is_replayed)
            continue;
        if (code == ERR_UNCERTAIN)
            err_set(&e, code, "operation %s may or may not be recorded (%s): ask again with the same id", q->op_id, why);
        else
            err_set(&e, code, "%s", why);
        question_fail(k, q, &e);
    }
}

bool batch_commit(struct keeper *k, struct err *e)
{
    struct batch *b = &k->batch;
    if (!b->is_in_transaction)
        return true;
    b->is_in_transaction = false;
    if (b->leaf_count == 0) {
        db_rollback(k->projection.db);
        return true;
    }
    uint64_t first = 0, expected = k->projection.next - b->leaf_count;
    struct err failed = {0};
    if (!projection_note_next(&k->projection, &failed) || !store_blobs(k, &failed)) {
        db_rollback(k->projection.db);
        fail_all(k, ERR_UNAVAILABLE, failed.text); /* nothing reached the journal: it did not happen */
        return (*e = failed, false);
    }
    bool is_journalled = ledger_append(k->ledger, b->leaves, b->leaf_count, &first, &failed);
    if (is_journalled && first != expected)
        is_journalled = err_set(&failed, ERR_CORRUPT, "the journal gave leaf %llu where %llu was due", (unsigned long long)first,
                                (unsigned long long)expected);
    if (!is_journalled || !db_commit(k->projection.db, &failed)) {
        db_rollback(k->projection.db);
        /* ledger_append says UNAVAILABLE only when nothing was written. */
        fail_all(k, !is_journalled && failed.code == ERR_UNAVAILABLE ? ERR_UNAVAILABLE : ERR_UNCERTAIN, failed.text);
        return (*e = failed, false);
    }
    return true;
}

bool batch_own(struct keeper *k, const struct op *op, struct leaf_draft *draft, struct err *e)
{
    struct question unasked = {.type = WIRE_OP};
    struct leaf_drafts drafts = {.items = draft, .count = 1};
    struct composing c = {.k = k, .op = op};
    for (size_t i = 0; i < k->o->kind_count && !c.kind; i++)
        if (strcmp(k->o->kinds[i].kind, op->kind) == 0)
            c.kind = &k->o->kinds[i];
    batch_start(k);
    if (!c.kind)
        return err_set(e, ERR_INTERNAL, "operation: no such kind %s", op->kind);
    if (!batch_begin(k, e))
        return false;
    if (!leaves_of_op(&c, &drafts, &unasked, e)) {
        db_rollback(k->projection.db);
        k->batch.is_in_transaction = false;
        return false;
    }
    return batch_commit(k, e);
}
