/* cmd_reencrypt.c - seals blobs anew under keys of their own; their content and commitments stay. */
#include "base/limits.h"
#include "blob/blob.h"
#include "cli/cli.h"
#include "keeper/kinds.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { SEALED_AT_ONCE_BYTES = 8 << 20 };

struct candidate {
    uint64_t leaf;
    char c[65], x[65];
    struct str media; /* in the command's arena */
};

struct reencrypting {
    struct cli_context *c;
    struct data_dir dir;
    struct keeper_client *keeper;
    struct ledger_reader *reader;
    struct pack_store *packs;
    struct db *projection;
    struct candidate *list;
    size_t count, capacity;
    struct arena *scratch; /* one operation: plaintexts and sealed bytes */
    struct arena *leaf;
    struct op op;
    struct json *entries;
    size_t bytes; /* sealed, in the operation */
    uint64_t done, erased;
    int64_t last_leaf;
};

/* ---- which ---- */

static bool is_erased(struct reencrypting *r, struct str x, bool *ret, struct err *e)
{
    *ret = db_one_int(r->projection, e, 0, "select count(*) from erasure where x=?1", A(x)) > 0;
    return e->code == ERR_NONE;
}

static bool candidate_add(struct reencrypting *r, uint64_t leaf, const struct json *blob, struct err *e)
{
    struct candidate one = {.leaf = leaf};
    struct str c = json_text(blob, "c"), x = json_text(blob, "x");
    bool gone = false;
    if (c.size != 64 || x.size != 64)
        return err_set(e, ERR_CORRUPT, "leaf %llu: a blob without c and x", (unsigned long long)leaf);
    if (!is_erased(r, x, &gone, e))
        return false;
    r->erased += gone;
    if (gone)
        return true;
    memcpy(one.c, c.data, 64);
    memcpy(one.x, x.data, 64);
    one.media = arena_str(r->c->arena, json_text(blob, "m"));
    if (r->count == r->capacity)
        r->list = arena_grow(r->c->arena, r->list, r->count, &r->capacity, sizeof(*r->list));
    r->list[r->count++] = one;
    return true;
}

/* number: only this blob of the leaf, from 1; 0: all. */
static bool leaf_blobs(struct reencrypting *r, uint64_t index, struct str bytes, int64_t number, int64_t *ret_blobs,
                       struct err *e)
{
    struct leaf leaf;
    arena_reset(r->leaf);
    if (!leaf_parse(r->leaf, bytes, &leaf, e))
        return false;
    const struct json *blobs = json_get(leaf.json, "b");
    *ret_blobs = 0;
    if (blobs && blobs->type == JSON_ARRAY)
        JSON_EACH (blob, blobs) {
            (*ret_blobs)++;
            if ((number == 0 || number == *ret_blobs) && !candidate_add(r, index, blob, e))
                return false;
        }
    return true;
}

static bool each_leaf(void *context, uint64_t index, struct str bytes, struct err *e)
{
    int64_t ignored;
    return leaf_blobs(context, index, bytes, 0, &ignored, e);
}

static bool named_leaf(struct reencrypting *r, uint64_t index, int64_t number, struct err *e)
{
    struct str bytes;
    int64_t blobs = 0;
    if (index >= ledger_reader_head(r->reader)->size)
        return err_set(e, ERR_NOT_FOUND, "leaf %llu: there is none", (unsigned long long)index);
    size_t before = r->count;
    if (!ledger_reader_leaf(r->reader, r->c->arena, index, &bytes, e) || !leaf_blobs(r, index, bytes, number, &blobs, e))
        return false;
    if (blobs == 0)
        return err_set(e, ERR_INVALID, "leaf %llu has no blob", (unsigned long long)index);
    if (number > blobs)
        return err_set(e, ERR_INVALID, "leaf %llu has %lld blobs", (unsigned long long)index, (long long)blobs);
    return r->count > before || err_set(e, ERR_INVALID, "leaf %llu: its content is erased", (unsigned long long)index);
}

static int name_compare(const void *a, const void *b)
{
    const struct candidate *p = a, *q = b;
    int order = memcmp(p->x, q->x, 64);
    return order ? order : (p->leaf > q->leaf) - (p->leaf < q->leaf);
}

static int leaf_compare(const void *a, const void *b)
{
    const struct candidate *p = a, *q = b;
    return (p->leaf > q->leaf) - (p->leaf < q->leaf);
}

/* Leaves that name the same bytes share them: once, for the first. */
static void duplicates_drop(struct reencrypting *r)
{
    size_t kept = 0;
    if (r->count == 0)
        return;
    qsort(r->list, r->count, sizeof(*r->list), name_compare);
    for (size_t i = 0; i < r->count; i++)
        if (kept == 0 || strcmp(r->list[kept - 1].x, r->list[i].x) != 0)
            r->list[kept++] = r->list[i];
    r->count = kept;
    qsort(r->list, r->count, sizeof(*r->list), leaf_compare);
}

/* ---- anew ---- */

static bool send(struct reencrypting *r, struct err *e)
{
    struct json *answer;
    if (r->op.blob_count == 0)
        return true;
    op_id_new(r->c->env, r->op.id);
    if (!keeper_submit(r->keeper, r->scratch, &r->op, &answer, e))
        return false;
    r->last_leaf = json_int(answer, "leaf", -1);
    r->done += r->op.blob_count;
    for (size_t i = 0; i < r->op.blob_count; i++)
        memory_wipe(r->op.blobs[i].dek, sizeof(r->op.blobs[i].dek));
    r->op.blob_count = 0;
    return true;
}

static void operation_begin(struct reencrypting *r)
{
    arena_reset(r->scratch);
    r->op = (struct op){.kind = "reencrypt", .actor = STR("local:admin"), .body = json_object(r->scratch)};
    r->op.blobs = arena_array(r->scratch, REENCRYPT_AT_ONCE_MAX, sizeof(struct op_blob));
    r->entries = json_put_array(r->op.body, "list");
    r->bytes = 0;
}

static bool reseal(struct reencrypting *r, const struct candidate *one, struct err *e)
{
    struct keeper_blob blob;
    struct str stored;
    struct blob_opened opened;
    struct blob_sealed sealed;
    bool ok = keeper_blob_key(r->keeper, one->leaf, one->x, &blob, e) && pack_read_at(r->packs, r->scratch, blob.x, blob.place, &stored, e) &&
              blob_open_whole(r->scratch, stored, one->c, blob.x, blob.dek, LIMIT_BLOB_BYTES, &opened, e) &&
              blob_reseal(r->c->env, r->scratch, opened.plain, opened.salt, &sealed, e);
    memory_wipe(blob.dek, sizeof(blob.dek));
    memory_wipe(&opened, sizeof(opened));
    if (!ok)
        return err_wrap(e, "leaf %llu", (unsigned long long)one->leaf);
    struct json *entry = json_push_object(r->entries);
    json_put_int(entry, "of", (int64_t)one->leaf);
    json_put_cstr(entry, "c", one->c);
    json_put_str(entry, "from", arena_str(r->scratch, str_of(blob.x)));
    struct op_blob *b = &r->op.blobs[r->op.blob_count++];
    *b = (struct op_blob){
        .media = arena_str(r->scratch, one->media).data, .plain_size = sealed.plain_size, .ciphertext = sealed.bytes};
    memcpy(b->c, sealed.c, sizeof(b->c));
    memcpy(b->x, sealed.x, sizeof(b->x));
    memcpy(b->dek, sealed.dek, sizeof(b->dek));
    memory_wipe(&sealed, sizeof(sealed));
    r->bytes += b->ciphertext.size;
    return true;
}

static bool reencrypt_all(struct reencrypting *r, struct err *e)
{
    bool shows = isatty(STDERR_FILENO) && !r->c->json, ok = true;
    operation_begin(r);
    for (size_t i = 0; ok && i < r->count; i++) {
        ok = reseal(r, &r->list[i], e);
        if (ok && (r->op.blob_count == REENCRYPT_AT_ONCE_MAX || r->bytes >= SEALED_AT_ONCE_BYTES)) {
            ok = send(r, e);
            operation_begin(r);
        }
        if (shows)
            fprintf(stderr, "\r%zu of %zu blobs", i + 1, r->count);
    }
    fputs(shows ? "\r\033[K" : "", stderr);
    return ok && send(r, e) && keeper_flush(r->keeper, e);
}

static int report(struct reencrypting *r)
{
    struct cli_context *c = r->c;
    if (c->json) {
        struct json *o = json_object(c->arena);
        json_put_int(o, "blobs", (int64_t)r->done);
        json_put_int(o, "erased", (int64_t)r->erased);
        json_put_int(o, "leaf", r->last_leaf);
        return cli_print_json(o);
    }
    if (r->done == 0)
        return cli_print(STR("nothing to encrypt anew\n"));
    return cli_print(arena_printf(
        c->arena, "%llu blobs are encrypted anew, the last by leaf %lld; their former keys and sealed bytes are destroyed\n",
        (unsigned long long)r->done, (long long)r->last_leaf));
}

static bool sources_open(struct reencrypting *r, struct err *e)
{
    if (!data_dir_open(&r->dir, r->c->data_dir, e)) {
        r->dir.fd = -1;
        return false;
    }
    if (!(r->keeper = keeper_open(r->c->data_dir, e)) || !keeper_flush(r->keeper, e))
        return false;
    int ledger = data_dir_ledger(&r->dir, e), blobs = openat(r->dir.fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = ledger >= 0 && (blobs >= 0 || err_errno(e, errno, "%s/blobs", r->dir.path));
    ok = ok && (r->reader = ledger_reader_open(ledger, e)) && (r->packs = pack_open(&os_file_real, blobs, false, e)) &&
         (r->projection = data_dir_projection(&r->dir, e));
    if (ledger >= 0)
        close(ledger);
    if (blobs >= 0)
        close(blobs);
    return ok;
}

static int reencrypt(struct reencrypting *r, int64_t number)
{
    struct cli_context *c = r->c;
    struct err e = {0};
    if (!sources_open(r, &e))
        return cli_fail(&e);
    if (cli_flag(c, "all") && !ledger_reader_each(r->reader, 0, ledger_reader_head(r->reader)->size, each_leaf, r, &e))
        return cli_fail(&e);
    for (int i = 0; i < c->argument_count; i++) {
        int64_t index;
        if (!str_to_int64(str_of(c->arguments[i]), &index) || index < 0)
            return cli_wrong_use(c, "%.40s: a leaf is a number", c->arguments[i]);
        if (!named_leaf(r, (uint64_t)index, number, &e))
            return cli_fail(&e);
    }
    duplicates_drop(r);
    return reencrypt_all(r, &e) ? report(r) : cli_fail(&e);
}

static int run(struct cli_context *c)
{
    struct reencrypting r = {.c = c, .dir.fd = -1, .last_leaf = -1};
    int64_t number = 0;
    if (cli_flag(c, "all") == (c->argument_count > 0))
        return cli_wrong_use(c, "wants leaves, or --all");
    if (cli_option(c, "blob") && (c->argument_count != 1 || !str_to_int64(str_of(cli_option(c, "blob")), &number) || number < 1))
        return cli_wrong_use(c, "--blob is a number from 1 on, of one leaf");
    r.scratch = arena_new("reencrypt: sealed", (size_t)LIMIT_BLOB_BYTES * 6);
    r.leaf = arena_new("reencrypt: one leaf", 16 << 20);
    int status = reencrypt(&r, number);
    db_close(r.projection);
    pack_close(r.packs);
    ledger_reader_close(r.reader);
    keeper_close(r.keeper);
    if (r.dir.fd >= 0)
        data_dir_close(&r.dir);
    arena_free(r.leaf);
    arena_free(r.scratch);
    return status;
}

const struct cli_command cli_command_reencrypt = {
    .name = "reencrypt",
    .summary = "seal the content of leaves anew, each blob under a new key; commitments and proofs stay",
    .usage = "LEAF… [--blob N] | --all",
    .example = "assay reencrypt --all",
    .options = (const struct cli_option[]){{"all", 0, NULL, "every blob that is not erased"},
                                           {"blob", 0, "N", "only the leaf's Nth blob (from 1)"},
                                           {0}},
    .details = "For a key that somebody may have seen, or a better way to seal. A leaf says which sealed bytes follow which; the "
               "former ones and\n"
               "their key are destroyed. Whoever has a copy of both, of a backup say, can read that copy still. When it is "
               "broken off, what is\n"
               "done is done: ask again for the rest. `assay keyring rewrap` is for the master key.",
    .arguments_max = -1,
    .has_json = true,
    .run = run,
};
