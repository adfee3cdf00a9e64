/* cmd_erase.c - takes the content of blobs away for good: an `erase` leaf, destruction, an `erased` leaf. */
#include "cli/officer.h"
#include "keeper/key_backup.h"
#include "keeper/kinds.h"
#include "ledger/erase.h"

enum { STATEMENT_BYTES_MAX = 60 << 10, REASON_BYTES_MAX = 4000, TARGETS_MAX = 256 };

/* One blob that is to go. */
struct target {
    uint64_t leaf;
    struct str type, stream, table, media, c, x, lh;
    int64_t *also;
    size_t also_count;
    struct str held_by; /* a hold's id, or empty */
};

struct erasing {
    struct cli_context *c;
    struct officer officer;
    struct target targets[TARGETS_MAX];
    size_t count;
    int64_t *derived; /* evaluations that may repeat what is erased */
    size_t derived_count, derived_capacity;
};

static bool is_erased(struct erasing *r, struct str x, int64_t *ret_by, struct err *e)
{
    *ret_by = db_one_int(r->officer.projection, e, -1, "select max(leaf) from erasure where x=?1", A(x));
    return e->code == ERR_NONE;
}

static bool target_add(struct erasing *r, uint64_t index, struct str bytes, const struct leaf *leaf, const struct json *blob,
                       struct err *e)
{
    struct arena *a = r->c->arena;
    struct sha256 hash = merkle_leaf_hash(bytes);
    struct target t = {.leaf = index,
                       .type = leaf->type,
                       .stream = json_text(leaf->json, "st"),
                       .table = json_text(leaf->json, "tbl"),
                       .media = json_text(blob, "m"),
                       .c = json_text(blob, "c"),
                       .x = json_text(blob, "x")};
    char hex[65];
    hex_encode(hash.bytes, SHA256_SIZE, hex);
    t.lh = arena_str(a, str_make(hex, 64));
    if (!erase_shared_leaves(r->officer.projection, a, t.x, (int64_t)index, &t.also, &t.also_count, e) ||
        !hold_over_leaf(r->officer.projection, a, index, bytes, &t.held_by, e))
        return false;
    for (size_t i = 0; i < t.also_count && t.held_by.size == 0; i++) {
        struct str other;
        if (!ledger_reader_leaf(r->officer.ledger, a, (uint64_t)t.also[i], &other, e) ||
            !hold_over_leaf(r->officer.projection, a, (uint64_t)t.also[i], other, &t.held_by, e))
            return false;
    }
    for (size_t i = 0; i < r->count; i++)
        if (str_equal(r->targets[i].x, t.x))
            return true; /* named by two of the leaves given */
    if (r->count == TARGETS_MAX)
        return err_set(e, ERR_LIMIT, "at most %d blobs at once", TARGETS_MAX);
    r->targets[r->count++] = t;
    return true;
}

/* The evaluations that read this capture: they may name the same people. */
static bool derived_find(struct erasing *r, uint64_t index, const struct leaf *leaf, struct err *e)
{
    struct db *db = r->officer.projection;
    struct str subject = json_text(leaf->json, "sub"), table = json_text(leaf->json, "tbl");
    if (!str_is(leaf->type, "item"))
        return true;
    int64_t next = db_one_int(db, e, INT64_MAX, "select leaf from capture where subject=?1 and tbl=?2 and leaf>?3 order by leaf",
                              A(subject), A(table), A((int64_t)index));
    DB_EACH (row, db, e,
             "select leaf from evaluation where subject=?1 and run>?2 and run<?3 and x is not null and x not in (select x from "
             "erasure) order by leaf",
             A(subject), A((int64_t)index), A(next)) {
        if (r->derived_count == r->derived_capacity)
            r->derived = arena_grow(r->c->arena, r->derived, r->derived_count, &r->derived_capacity, sizeof(*r->derived));
        r->derived[r->derived_count++] = db_int(row, 0);
    }
    return e->code == ERR_NONE;
}

/* The blobs of one leaf, or the one that --blob names (from 1). */
static bool leaf_add(struct erasing *r, uint64_t index, int64_t only, bool is_named, struct err *e)
{
    struct str bytes;
    struct leaf leaf;
    if (index >= ledger_reader_head(r->officer.ledger)->size)
        return err_set(e, ERR_NOT_FOUND, "leaf %llu: there is none", (unsigned long long)index);
    if (!ledger_reader_leaf(r->officer.ledger, r->c->arena, index, &bytes, e) || !leaf_parse(r->c->arena, bytes, &leaf, e))
        return false;
    const struct json *list = json_get(leaf.json, "b");
    size_t before = r->count;
    int64_t number = 0, by = -1;
    if (list)
        JSON_EACH (blob, list) {
            number++;
            if (only > 0 && only != number)
                continue;
            if (!is_erased(r, json_text(blob, "x"), &by, e))
                return false;
            if (by < 0 && !target_add(r, index, bytes, &leaf, blob, e))
                return false;
        }
    if (number == 0)
        return err_set(e, ERR_INVALID, "leaf %llu has no blob: there is nothing to erase", (unsigned long long)index);
    if (only > number)
        return err_set(e, ERR_INVALID, "leaf %llu has %lld blobs", (unsigned long long)index, (long long)number);
    if (is_named && r->count == before)
        return by >= 0 ? err_set(e, ERR_INVALID, "leaf %llu: erased already by leaf %lld", (unsigned long long)index, (long long)by)
                       : true;
    return derived_find(r, index, &leaf, e);
}

static struct json *target_json(struct arena *a, const struct target *t)
{
    struct json *o = json_object(a);
    json_put_int(o, "leaf", (int64_t)t->leaf);
    json_put_str(o, "type", t->type);
    json_put_str(o, "stream", t->stream);
    json_put_str(o, "media", t->media);
    json_put_str(o, "x", t->x);
    struct json *also = json_put_array(o, "also");
    for (size_t i = 0; i < t->also_count; i++)
        json_push_int(also, t->also[i]);
    if (t->held_by.size)
        json_put_str(o, "hold", t->held_by);
    return o;
}

static int print_targets(struct erasing *r, int64_t leaf, bool is_dry)
{
    struct buf BUF_AUTO b;
    struct json *o = json_object(r->c->arena), *list = json_put_array(o, "blobs"), *derived = json_put_array(o, "derived");
    buf_init(&b, 4 << 20);
    for (size_t i = 0; i < r->count; i++) {
        const struct target *t = &r->targets[i];
        json_push(list, target_json(r->c->arena, t));
        buf_printf(&b, "%s leaf %llu, %.*s, blob %.16s…%s%.*s\n", is_dry ? "would erase" : "erased", (unsigned long long)t->leaf,
                   STR_ARGS(t->stream), t->x.data, t->held_by.size ? ", under hold " : "", STR_ARGS(t->held_by));
        for (size_t k = 0; k < t->also_count; k++)
            buf_printf(&b, "  leaf %lld names the same blob\n", (long long)t->also[k]);
    }
    for (size_t i = 0; i < r->derived_count; i++)
        json_push_int(derived, r->derived[i]);
    if (r->derived_count && !cli_flag(r->c, "with-derived")) {
        buf_printf(&b, "%zu %s made from it and may name the same (--with-derived erases the results, too):", r->derived_count,
                   r->derived_count == 1 ? "evaluation was" : "evaluations were");
        for (size_t i = 0; i < r->derived_count && i < 20; i++)
            buf_printf(&b, " %lld", (long long)r->derived[i]);
        buf_cstr(&b, r->derived_count > 20 ? " …\n" : "\n");
    }
    json_put_bool(o, "dry_run", is_dry);
    if (!is_dry) {
        json_put_int(o, "leaf", leaf);
        buf_printf(&b, "leaf %lld says so; keys, sealed bytes and what was derived from them are gone\n", (long long)leaf);
    }
    return r->c->json ? cli_print_json(o) : cli_print(buf_view(&b));
}

static bool entry_put(struct erasing *r, struct json *list, const struct target *t, const struct op_blob *why, int64_t horizon,
                      struct err *e)
{
    struct cli_context *c = r->c;
    struct json *entry = json_push_object(list), *s = json_put_object(entry, "erase"), *also;
    json_put_int(s, "tgt", (int64_t)t->leaf);
    json_put_str(s, "lh", t->lh);
    json_put_str(s, "c", t->c);
    json_put_str(s, "x", t->x);
    also = json_put_array(s, "also");
    for (size_t i = 0; i < t->also_count; i++)
        json_push_int(also, t->also[i]);
    json_put_cstr(s, "basis", cli_option(c, "basis"));
    json_put_int(s, "req", env_now_ms(c->env));
    json_put_int(s, "hor", horizon);
    json_put_cstr(s, "why", why->c);
    struct buf BUF_AUTO text, lines;
    buf_init(&text, STATEMENT_BYTES_MAX);
    buf_init(&lines, STATEMENT_BYTES_MAX);
    if (!erase_statement_text(c->arena, str_of(r->officer.data.origin), s, &text, e) ||
        !officer_sign(&r->officer, buf_view(&text), officer_second(c), &lines, e))
        return false;
    json_put_str(entry, "sig", arena_str(c->arena, buf_view(&lines)));
    return true;
}

static bool submit(struct erasing *r, int64_t *ret_leaf, struct err *e)
{
    struct cli_context *c = r->c;
    struct op op = {.kind = "erase", .actor = STR("local:admin"), .body = json_object(c->arena)};
    struct json *list = json_put_array(op.body, "list"), *answer;
    int64_t horizon = 0;
    op_id_new(c->env, op.id);
    if (!key_backup_horizon(&r->officer.data, env_now_ms(c->env), &horizon, e) ||
        !op_blob_seal(c->env, c->arena, &op, "text/plain", str_of(cli_option(c, "reason")), e))
        return false;
    for (size_t i = 0; i < r->count; i++)
        if (!entry_put(r, list, &r->targets[i], &op.blobs[0], horizon, e))
            return false;
    if (!keeper_submit(r->officer.keeper, c->arena, &op, &answer, e))
        return false;
    *ret_leaf = json_int(answer, "leaf", -1);
    return keeper_flush(r->officer.keeper, e) ||
           err_wrap(e, "the erasure is recorded (leaf %lld); it is finished at the next start", (long long)*ret_leaf);
}

static int check_options(struct cli_context *c, bool is_dry)
{
    const char *basis = cli_option(c, "basis"), *reason = cli_option(c, "reason");
    bool is_known = false;
    if (is_dry)
        return 0;
    for (size_t i = 0; erase_bases[i][0]; i++)
        is_known = is_known || (basis && strcmp(basis, erase_bases[i][0]) == 0);
    if (!is_known)
        return cli_wrong_use(c, "--basis is one of request, retention, consent, order, mistake");
    if (!reason || !reason[0] || strlen(reason) > REASON_BYTES_MAX || !str_is_utf8(str_of(reason)))
        return cli_wrong_use(c, "an erasure needs a reason: --reason \"...\", of at most %d bytes", (int)REASON_BYTES_MAX);
    return 0;
}

static int erase(struct erasing *r, bool is_dry)
{
    struct cli_context *c = r->c;
    struct err e = {0};
    int64_t only = 0, leaf = -1;
    int64_t texts[TARGETS_MAX];
    size_t text_count = 0;
    if (cli_option(c, "blob") && (!str_to_int64(str_of(cli_option(c, "blob")), &only) || only < 1))
        return cli_wrong_use(c, "--blob is a number from 1 on");
    for (int i = 0; i < c->argument_count; i++) {
        int64_t index;
        if (!str_to_int64(str_of(c->arguments[i]), &index) || index < 0)
            return cli_wrong_use(c, "%.40s: a leaf is a number", c->arguments[i]);
        if (!leaf_add(r, (uint64_t)index, only, true, &e))
            return cli_fail(&e);
    }
    /* The text of a document's file goes with it. */
    for (size_t i = 0; i < r->count; i++)
        DB_EACH (row, r->officer.projection, &e, "select leaf from document_text where x = ?1 and text_x is not null and text_x not in (select x from erasure)", A(r->targets[i].x))
            if (text_count < TARGETS_MAX)
                texts[text_count++] = db_int(row, 0);
    for (size_t i = 0; i < text_count && !e.code; i++)
        if (!leaf_add(r, (uint64_t)texts[i], 0, false, &e))
            break;
    if (e.code)
        return cli_fail(&e);
    for (size_t i = 0; cli_flag(c, "with-derived") && i < r->derived_count; i++)
        if (!leaf_add(r, (uint64_t)r->derived[i], 0, false, &e))
            return cli_fail(&e);
    for (size_t i = 0; !is_dry && i < r->count; i++)
        if (r->targets[i].held_by.size && !officer_second(c)) {
            err_set(&e, ERR_INVALID,
                    "leaf %llu is under hold %.*s: to erase it takes a second signature, --with-root or --with-officer NAME",
                    (unsigned long long)r->targets[i].leaf, STR_ARGS(r->targets[i].held_by));
            return cli_fail(&e);
        }
    if (!is_dry && !submit(r, &leaf, &e))
        return cli_fail(&e);
    return print_targets(r, leaf, is_dry);
}

static int run(struct cli_context *c)
{
    bool is_dry = cli_flag(c, "dry-run");
    struct err e = {0};
    int status = check_options(c, is_dry);
    if (status)
        return status;
    struct erasing *r = ARENA_NEW(c->arena, struct erasing);
    r->c = c;
    status = officer_open(c, !is_dry, &r->officer, &e) ? erase(r, is_dry) : cli_fail(&e);
    officer_close(&r->officer);
    return status;
}

const struct cli_command cli_command_erase = {
    .name = "erase",
    .summary = "destroy the content of a leaf's blobs for good; the leaf and its proof stay",
    .usage = "LEAF… --basis CODE --reason TEXT [--blob N] [--with-derived] [--with-root]",
    .example = "assay erase 4711 --basis request --reason \"asked for by letter of 2026-03-01\"",
    .options =
        (const struct cli_option[]){
            {"basis", 0, "CODE", "request, retention, consent, order or mistake"},
            {"reason", 0, "TEXT", "why; kept sealed beside the leaf"},
            {"blob", 0, "N", "only the leaf's Nth blob (from 1); otherwise all"},
            {"with-derived", 0, NULL, "the results of evaluations that read it, too"},
            {"with-root", 0, NULL, "sign with the root key as well: for what is under hold"},
            {"with-officer", 0, "NAME", "sign with the second officer's key private/keys/NAME as well"},
            {"dry-run", 0, NULL, "only say what would go"},
            {0}},
    .details = "Two leaves are written: `erase`, signed by the officer's key, and `erased` when keys, sealed bytes and what was derived\n"
               "from them are gone. It cannot be taken back. Backups of keys that were made before hold the key until they expire.",
    .arguments_min = 1,
    .arguments_max = -1,
    .has_json = true,
    .run = run,
};
