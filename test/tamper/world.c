/* world.c - a sound data directory, written by the real writer: runs with blobs, seals that say everything, witnesses, a time
 * stamping authority, a hold, an erasure, leaves that are not signed yet. */
#include "tamper.h"

#include <errno.h>

static const char *const stream_names[] = {"anchor", "erase", "hold", "officer", "free"};

/* The machine's own clock, which seals name; it runs with the wall clock unless a test moves that. */
static int64_t monotonic_now(void *context)
{
    struct tamper_world *w = context;
    return w->d.ledger.now_ms - INT64_C(1795291000000) - w->clock_step_ms;
}

static int64_t wall_now(void *context)
{
    return ((struct tamper_world *)context)->d.ledger.now_ms;
}

static void fill(void *context, void *ret, size_t size)
{
    test_fill(&((struct tamper_world *)context)->d.ledger, ret, size);
}

static bool facts(void *context, struct ledger_seal_facts *ret, struct err *e)
{
    struct tamper_world *w = context;
    struct test_directory *d = &w->d;
    if (w->has_no_heads)
        return err_set(e, ERR_UNAVAILABLE, "no facts");
    if (d->writer->seal_sequence > 0)
        ck_assert(stream_heads_set(d->heads, STR("seal"), (int64_t)d->writer->seal_sequence - 1, d->writer->seal_leaf));
    ck_assert(stream_heads_root(d->heads, &ret->heads));
    for (int i = 0; i < SHA256_SIZE; i++)
        ret->heads.bytes[i] ^= w->heads_lie.bytes[i];
    ret->streams = stream_heads_count(d->heads);
    ret->erased = d->erased + w->erased_lie;
    ret->clock_source = "ntp";
    ret->clock_error_ms = 12;
    ret->every_ms = d->every_ms;
    return true;
}

void world_seal(struct tamper_world *w)
{
    struct err e = {0};
    w->d.ledger.now_ms += 1000;
    ck_assert_msg(ledger_heartbeat(w->d.writer, &e), "%s", e.text);
}

void world_append(struct tamper_world *w, const char *type, enum stream stream, struct json *leaf, struct str signatures)
{
    struct test_stream kept = w->d.streams[3];
    w->d.streams[3] = w->more[stream];
    test_directory_append(&w->d, type, 3, leaf, signatures);
    w->more[stream] = w->d.streams[3];
    w->d.streams[3] = kept;
}

struct str vkey_text(struct arena *a, const struct note_key *key)
{
    struct buf BUF_AUTO text;
    buf_init(&text, 1024);
    note_key_format(key, &text);
    return arena_str(a, buf_view(&text));
}

struct json *world_leaf(struct tamper_world *w, const char *stream, uint64_t sequence, const struct sha256 *previous)
{
    struct json *leaf = json_object(w->d.arena);
    uint8_t nonce[16];
    env_random(&w->d.ledger.env, nonce, sizeof(nonce));
    json_put_int(leaf, "v", 1);
    json_put_cstr(leaf, "log", TEST_ORIGIN);
    json_put_hex(leaf, "n", nonce, sizeof(nonce));
    json_put_int(leaf, "t", ledger_clock(w->d.writer, NULL));
    json_put_cstr(leaf, "st", stream);
    json_put_int(leaf, "sq", (int64_t)sequence);
    json_put_hex(leaf, "sp", previous ? previous->bytes : NULL, previous ? SHA256_SIZE : 0);
    return leaf;
}

void world_append_bytes(struct tamper_world *w, struct str bytes)
{
    struct err e = {0};
    uint64_t index = 0;
    ck_assert_msg(ledger_append(w->d.writer, &bytes, 1, &index, &e), "%s", e.text);
    w->d.writer->options.seal_facts = NULL; /* the leaf is in no stream that the facts know */
}

void world_blob_store(struct tamper_world *w, const struct blob_sealed *blob)
{
    struct err e = {0};
    struct test_directory *d = &w->d;
    ck_assert(pack_add(d->packs, blob->x, blob->bytes, &e) && keyring_add(d->keys, &d->ledger.env, blob->x, blob->dek, &e) &&
              pack_sync(d->packs, &e) && keyring_sync(d->keys, &e));
    ledger_count_blobs(d->writer, 1, blob->bytes.size);
}

struct json *world_blob_list(struct tamper_world *w, const struct blob_sealed *blob)
{
    struct json *list = json_array(w->d.arena), *entry = json_push_object(list);
    json_put_str(entry, "c", arena_str(w->d.arena, str_of(blob->c)));
    json_put_cstr(entry, "m", "text/plain");
    json_put_str(entry, "x", arena_str(w->d.arena, str_of(blob->x)));
    json_put_cstr(entry, "z", "<=4k");
    return list;
}

struct json *world_blob(struct tamper_world *w, struct str plain, struct blob_sealed *ret)
{
    struct err e = {0};
    ck_assert(blob_seal(&w->d.ledger.env, w->d.arena, plain, ret, &e));
    world_blob_store(w, ret);
    return world_blob_list(w, ret);
}

const char *world_public(const char *name, char ret[200])
{
    char path[80];
    ledger_path(TEST_ORIGIN, path);
    snprintf(ret, 200, "%s/%s", path, name);
    return ret;
}

static uint64_t now_s(const struct tamper_world *w)
{
    return (uint64_t)w->d.ledger.now_ms / 1000;
}

struct str checkpoint_signed(struct arena *a, const struct checkpoint *c, const struct note_key *key,
                             const struct ed25519_private *p)
{
    struct buf BUF_AUTO text, note;
    buf_init(&text, 4096);
    buf_init(&note, 8192);
    checkpoint_text(c, &text);
    buf_str(&note, buf_view(&text));
    buf_char(&note, '\n');
    note_sign_line(key, p, buf_view(&text), &note);
    return arena_str(a, buf_view(&note));
}

/* The published checkpoint with cosignatures of both witnesses. */
struct str world_note(struct tamper_world *w, struct checkpoint *ret)
{
    struct buf BUF_AUTO text, note;
    buf_init(&text, 4096);
    buf_init(&note, 8192);
    *ret = (struct checkpoint){.size = ledger_signed_size(w->d.writer), .root = ledger_signed_root(w->d.writer)};
    snprintf(ret->origin, sizeof(ret->origin), "%s", TEST_ORIGIN);
    checkpoint_text(ret, &text);
    buf_str(&note, checkpoint_signed(w->d.arena, ret, &w->d.ledger.key, &w->d.ledger.private_key));
    for (int i = 0; i < 2; i++)
        cosignature_sign_line(&w->witness[i], &w->witness_private[i], buf_view(&text), now_s(w), &note);
    return arena_str(w->d.arena, buf_view(&note));
}

void strangers_format(struct tamper *t, uint64_t count, struct buf *out)
{
    for (uint64_t i = 0; i < count; i++) {
        char name[40];
        struct ed25519_private someone = {{(uint8_t)draw(t, 256), 3}};
        snprintf(name, sizeof(name), "someone.example/%llu", (unsigned long long)i);
        struct note_key key = note_key_make(name, ed25519_public_of(&someone));
        uint8_t signature[64] = {(uint8_t)i};
        note_line_format(&key, str_make(signature, 64), out);
    }
}

void world_keep_note(struct tamper_world *w, struct str note)
{
    char path[200];
    struct err e = {0};
    int private_dir = openat(w->d.ledger.dir, "private", O_RDONLY | O_DIRECTORY);
    ck_assert_msg(anchor_log_append(&os_file_real, private_dir, ANCHOR_LOG_FILE, note, &e), "%s", e.text);
    close(private_dir);
    test_file_write(w->d.ledger.dir, world_public(ANCHOR_WITNESSED_FILE, path), note);
}

/* An anchor leaf of cosignatures over the published checkpoint, and the note in its files. */
void world_cosigned(struct tamper_world *w)
{
    struct anchor a = {.by = STR("w0,w1"), .at_ms = (int64_t)now_s(w) * 1000};
    a.note = world_note(w, &a.checkpoint);
    a.digest = sha256_of(a.note);
    world_keep_note(w, a.note);
    world_append(w, "anchor", S_ANCHOR, anchor_leaf_body(w->d.arena, &a), STR(""));
    ledger_set_beacon(w->d.writer, a.digest);
}

void world_stamped(struct tamper_world *w)
{
    static const uint8_t nonce[TST_NONCE_SIZE] = {1};
    struct buf BUF_AUTO request, stamp;
    struct blob_sealed sealed;
    struct anchor a = {.is_tst = true, .by = STR("t")};
    buf_init(&request, 4096);
    buf_init(&stamp, 1 << 20);
    a.note = world_note(w, &a.checkpoint);
    w->tsa.now = (time_t)now_s(w);
    tst_request(a.note, nonce, &request);
    test_tsa_answer(&w->tsa, buf_view(&request), &stamp);
    a.at_ms = (int64_t)w->tsa.now * 1000 + 250;
    a.digest = sha256_of(buf_view(&stamp));
    struct json *leaf = anchor_leaf_body(w->d.arena, &a);
    json_put(leaf, "b", world_blob(w, buf_view(&stamp), &sealed));
    world_append(w, "anchor", S_ANCHOR, leaf, STR(""));
    ledger_set_beacon(w->d.writer, a.digest);
}

void world_hold(struct tamper_world *w, uint64_t target)
{
    struct json *leaf = json_object(w->d.arena), *hold = json_put_object(leaf, "hold");
    struct buf BUF_AUTO text, lines;
    struct err e = {0};
    buf_init(&text, 8192);
    buf_init(&lines, 8192);
    json_put_cstr(leaf, "type", "hold");
    json_put_cstr(hold, "act", "add");
    json_put_cstr(hold, "id", "0123456789abcdef");
    json_put_cstr(hold, "why", "0000000000000000000000000000000000000000000000000000000000000000");
    json_put_int(hold, "leaf", (int64_t)target);
    ck_assert(hold_statement_text(STR(TEST_ORIGIN), hold, &text, &e));
    note_sign_line(&w->officer, &w->officer_private, buf_view(&text), &lines);
    world_append(w, "record", S_HOLD, leaf, arena_str(w->d.arena, buf_view(&lines)));
}

struct json *world_erase_body(struct tamper_world *w, uint64_t target, struct sha256 hash, const struct blob_sealed *blob)
{
    struct json *leaf = json_object(w->d.arena);
    json_put_int(leaf, "tgt", (int64_t)target);
    json_put_hex(leaf, "lh", hash.bytes, SHA256_SIZE);
    json_put_str(leaf, "c", arena_str(w->d.arena, str_make(blob->c, 64)));
    json_put_str(leaf, "x", arena_str(w->d.arena, str_make(blob->x, 64)));
    json_put_array(leaf, "also");
    json_put_str(leaf, "why", arena_str(w->d.arena, str_make(blob->c, 64)));
    json_put_int(leaf, "req", 1000);
    json_put_int(leaf, "hor", 30);
    json_put_cstr(leaf, "basis", "request");
    return leaf;
}

struct str world_erase_sign(struct tamper_world *w, struct json *leaf, const struct note_key *key,
                            const struct ed25519_private *p)
{
    struct buf BUF_AUTO text, lines;
    struct err e = {0};
    buf_init(&text, 8192);
    buf_init(&lines, 8192);
    ck_assert(erase_statement_text(w->d.arena, STR(TEST_ORIGIN), leaf, &text, &e));
    note_sign_line(key, p, buf_view(&text), &lines);
    return arena_str(w->d.arena, buf_view(&lines));
}

static void outside_begin(struct tamper_world *w)
{
    struct buf BUF_AUTO text;
    struct test_tsa_options lasting = {.not_before = (time_t)now_s(w) - 86400, .not_after = (time_t)now_s(w) + 86400};
    w->tsa = test_tsa_make(&lasting);
    w->stranger = test_tsa_make(&lasting);
    buf_init(&text, 8192);
    for (int i = 0; i < 2; i++) {
        char name[32];
        w->witness_private[i].seed[0] = (uint8_t)(50 + i);
        snprintf(name, sizeof(name), "witness.example/%d", i);
        w->witness[i] = note_key_make_typed(name, NOTE_KEY_COSIGNATURE, ed25519_public_of(&w->witness_private[i]));
        buf_printf(&text, "witness w%d ", i);
        note_key_format(&w->witness[i], &text);
        buf_char(&text, '\n');
    }
    buf_cstr(&text, "group g all w0 w1\nquorum g\n");
    w->policy = arena_str(w->d.arena, buf_view(&text));
    struct json *policy = json_object(w->d.arena), *tsa = json_object(w->d.arena);
    json_put_cstr(policy, "type", "anchor_policy");
    json_put_str(policy, "text", w->policy);
    test_directory_append(&w->d, "record", 3, policy, STR(""));
    json_put_cstr(tsa, "type", "anchor_tsa");
    json_put_cstr(tsa, "act", "add");
    json_put_cstr(tsa, "id", "t");
    json_put_cstr(tsa, "url", "http://127.0.0.1/");
    json_put_str(tsa, "ca", str_of(w->tsa.ca_pem));
    json_put_int(tsa, "every", 3600000);
    test_directory_append(&w->d, "record", 3, tsa, STR(""));
}

struct tamper_world *world_new(bool has_outside)
{
    struct tamper_world *w = calloc(1, sizeof(*w));
    ck_assert(w != NULL);
    test_directory_make_sized(&w->d, 256 << 10); /* it is written, searched and removed once for each mutant */
    w->pinned = w->d.ledger.key;
    w->d.ledger.env = (struct env){.now_ms = wall_now, .monotonic_ms = monotonic_now, .random = fill, .context = w};
    for (size_t i = 0; i < sizeof(stream_names) / sizeof(stream_names[0]); i++)
        w->more[i].name = stream_names[i];
    /* The three key leaves are there already. */
    w->d.heads = stream_heads_new();
    ck_assert(stream_heads_set(w->d.heads, STR("key"), 2, w->d.streams[0].last));
    w->d.writer->options.seal_facts = facts;
    w->d.writer->options.seal_context = w;
    w->d.every_ms = 5 * 60 * 1000;
    w->officer_private.seed[0] = 11;
    w->second_private.seed[0] = 12;
    w->officer = note_key_make(TEST_ORIGIN "/officer", ed25519_public_of(&w->officer_private));
    w->second = note_key_make(TEST_ORIGIN "/officer/2", ed25519_public_of(&w->second_private));
    test_directory_key(&w->d, "officer", &w->officer);
    test_directory_key(&w->d, "officer", &w->second);
    if (has_outside)
        outside_begin(w);
    return w;
}

struct tamper_world *world_free(struct tamper_world *w)
{
    if (!w)
        return NULL;
    if (w->tsa.key) {
        test_tsa_release(&w->tsa);
        test_tsa_release(&w->stranger);
    }
    stream_heads_free(w->d.heads);
    test_directory_remove(&w->d);
    free(w);
    return NULL;
}

/* ---- one for each mutant ---- */

/* Its file system cannot promise space: five megabytes for the journal and the reserve would be made and thrown away each time. The linker puts these in
 * between, see meson.build. */
static bool has_no_space_to_promise;
int __real_fallocate64(int fd, int mode, off64_t offset, off64_t size);
int __wrap_fallocate64(int fd, int mode, off64_t offset, off64_t size);
int __wrap_fallocate64(int fd, int mode, off64_t offset, off64_t size)
{
    if (!has_no_space_to_promise)
        return __real_fallocate64(fd, mode, offset, size);
    errno = EOPNOTSUPP;
    return -1;
}
int __real_fallocate(int fd, int mode, off_t offset, off_t size);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t size);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t size)
{
    return __wrap_fallocate64(fd, mode, offset, size);
}

struct tamper_world *own_new(struct tamper *t, bool has_outside)
{
    has_no_space_to_promise = true;
    t->own = world_new(has_outside);
    t->own->d.ledger.seed = draw(t, UINT64_MAX);
    return t->own;
}

void own_check(struct tamper *t, const struct tamper_class *c)
{
    tamper_check(t, c, t->own->d.ledger.path, &(struct tamper_trust){&t->own->pinned, &t->own->d.root, NULL});
}

void own_restore(struct tamper *t)
{
    t->own = world_free(t->own);
    has_no_space_to_promise = false;
}
