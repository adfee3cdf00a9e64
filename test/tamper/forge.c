/* forge.c - the public part, rewritten and signed again with the log key: what root on the server can do to whoever holds no
 * earlier checkpoint, and what holding one is worth. The copy has no private/, as at a mirror or an auditor. */
#include "tamper.h"

enum forgery { DROP, INSERT_COPY, EXCHANGE, EDIT, CUT_TAIL, FOREIGN_LEAF, FORK, ROLLBACK, OTHER_KEY, SIZE, ROOT };
enum { LEAVES_MAX = 400 };

static struct str leaves[LEAVES_MAX];
static size_t leaf_count;
static struct arena *kept;
static struct checkpoint seen;
static struct tamper_world *world;

static bool leaf_take(void *context, uint64_t index, struct str leaf, struct err *e)
{
    (void)context;
    (void)index;
    (void)e;
    ck_assert_uint_lt(leaf_count, LEAVES_MAX);
    leaves[leaf_count++] = arena_str(kept, leaf);
    return true;
}

static void begin(struct tamper *t)
{
    struct tamper_world *w = world = world_new(false);
    struct err e = {0};
    char path[200];
    (void)t;
    kept = arena_new("forge", 64 << 20);
    leaf_count = 0;
    for (int i = 0; i < 6; i++) {
        test_directory_run(&w->d, 100);
        test_directory_parameter(&w->d, i);
    }
    world_seal(w);
    while (ledger_size(w->d.writer) < 259)
        test_directory_parameter(&w->d, (int64_t)ledger_size(w->d.writer));
    world_seal(w);
    int dir = openat(w->d.ledger.dir, world_public("", path), O_RDONLY | O_DIRECTORY);
    struct ledger_reader *r = ledger_reader_open(dir, &e);
    ck_assert_msg(r && ledger_reader_each(r, 0, ledger_signed_size(w->d.writer), leaf_take, NULL, &e), "%s", e.text);
    ledger_reader_close(r);
    close(dir);
    seen = (struct checkpoint){
        .origin = TEST_ORIGIN, .size = ledger_signed_size(w->d.writer), .root = ledger_signed_root(w->d.writer)};
}

static void end(struct tamper *t)
{
    (void)t;
    world = world_free(world);
    kept = arena_free(kept);
}

/* ---- writing the copy ---- */

static int copy_open(const struct tamper *t)
{
    char path[80];
    struct err e = {0};
    int top = open(t->copy, O_RDONLY | O_DIRECTORY);
    ledger_path(TEST_ORIGIN, path);
    ck_assert(durable_dir_make(&os_file_real, top, path, 0700, false, &e));
    int dir = openat(top, path, O_RDONLY | O_DIRECTORY);
    close(top);
    return dir;
}

void copy_write(struct tamper *t, const struct str *list, size_t count, struct checkpoint *ret)
{
    struct edge *g = calloc(1, sizeof(*g));
    struct err e = {0};
    snprintf(t->copy, sizeof(t->copy), "%s/assay-forged-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ck_assert(g && mkdtemp(t->copy));
    int dir = copy_open(t);
    edge_init(g, &os_file_real, dir);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(edge_push(g, list[i], &e), "%s", e.text);
    ck_assert_msg(edge_flush(g, &e), "%s", e.text);
    edge_collect(g);
    *ret = (struct checkpoint){.origin = TEST_ORIGIN, .size = count, .root = edge_root(g)};
    edge_release(g);
    free(g);
    close(dir);
}

void copy_sign(struct tamper *t, const struct checkpoint *c, const struct note_key *key, const struct ed25519_private *p)
{
    int dir = copy_open(t);
    test_file_write(dir, "checkpoint", checkpoint_signed(t->arena, c, key, p));
    close(dir);
}

void copy_remove(struct tamper *t)
{
    if (t->copy[0])
        test_tree_remove(t->copy);
    t->copy[0] = 0;
}

static void forgery_write(struct tamper *t, const struct str *list, size_t count, enum forgery how)
{
    struct checkpoint c;
    struct ed25519_private other = {{(uint8_t)(100 + draw(t, 100)), 4}};
    struct note_key other_key = note_key_make(TEST_ORIGIN, ed25519_public_of(&other));
    copy_write(t, list, count, &c);
    if (how == SIZE)
        c.size = draw(t, 2) ? c.size + 1 + draw(t, 300) : draw(t, c.size);
    if (how == ROOT)
        c.root.bytes[draw(t, 32)] ^= (uint8_t)(1 + draw(t, 255));
    copy_sign(t, &c, how == OTHER_KEY ? &other_key : &world->d.ledger.key,
              how == OTHER_KEY ? &other : &world->d.ledger.private_key);
}

static bool make(struct tamper *t, const struct tamper_class *c)
{
    struct str list[LEAVES_MAX + 1];
    size_t count = leaf_count, at = 8 + draw(t, count - 8), other = 8 + draw(t, count - 8);
    enum forgery how = (enum forgery)c->what;
    memcpy(list, leaves, count * sizeof(list[0]));
    switch (how) {
    case DROP:
        memmove(&list[at], &list[at + 1], (--count - at) * sizeof(list[0]));
        break;
    case INSERT_COPY:
        memmove(&list[at + 1], &list[at], (count++ - at) * sizeof(list[0]));
        list[at] = list[other];
        break;
    case EXCHANGE:
        if (at == other)
            return false;
        list[at] = leaves[other];
        list[other] = leaves[at];
        break;
    case EDIT:
    case FORK: { /* another value of a parameter; in the fork everything behind is left out as well, but for the seal */
        struct buf BUF_AUTO text;
        buf_init(&text, LIMIT_LEAF_BYTES);
        at = how == FORK ? count - 2 : at;
        buf_str(&text, list[at]);
        char *value = strstr(text.data, "\"val\":");
        if (!value)
            return false;
        value += strlen("\"val\":");
        *value = (char)('1' + (*value - '0' + 1 + (int)draw(t, 7)) % 9);
        list[at] = arena_str(t->arena, buf_view(&text));
        if (how == FORK)
            count--; /* the last seal named the other leaf; without it nothing in the copy alone speaks against it but the seal */
        break;
    }
    case CUT_TAIL:
        count -= 1 + draw(t, 100);
        break;
    case FOREIGN_LEAF: {
        struct buf BUF_AUTO text;
        buf_init(&text, LIMIT_LEAF_BYTES);
        buf_str(&text, list[at]);
        char *origin = strstr(text.data, TEST_ORIGIN "\",\"n\"");
        if (!origin)
            return false;
        origin[strlen(TEST_ORIGIN) - 1 - draw(t, 16)] = 'a' + (char)draw(t, 6);
        list[at] = arena_str(t->arena, buf_view(&text));
        if (str_equal(list[at], leaves[at]))
            return false;
        break;
    }
    case ROLLBACK: /* as it was at the first seal, which is a state that was signed once */
        while (count > 0 && (count == leaf_count || !str_starts(list[count - 1], "assay/leaf@v1 seal\n")))
            count--;
        break;
    default:
        break;
    }
    forgery_write(t, list, count, how);
    return true;
}

/* A forked or older copy is sound in itself: it takes what was seen before to tell. */
static void check(struct tamper *t, const struct tamper_class *c)
{
    tamper_check(t, c, t->copy, &(struct tamper_trust){&world->d.ledger.key, &world->d.root, &seen});
}

static const struct tamper_class classes[] = {
    {"forged: a leaf deleted", "E44 E45 E50", make, DROP, NULL},
    {"forged: a leaf inserted again", "E44 E45 E50", make, INSERT_COPY, NULL},
    {"forged: two leaves swapped", "E44 E45 E50", make, EXCHANGE, NULL},
    {"forged: a leaf edited", "E44 E50", make, EDIT, NULL},
    {"forged: a leaf of another ledger", "E41", make, FOREIGN_LEAF, NULL},
    {"forged: the tail cut, with last seen", "E14", make, CUT_TAIL, NULL},
    {"forged: a fork, with last seen", "E14", make, FORK, NULL},
    {"forged: rolled back, with last seen", "E14", make, ROLLBACK, NULL},
    {"forged: signed by another log key", "E10", make, OTHER_KEY, NULL},
    {"forged: another size signed", "E30 E31 E32 E33 E50", make, SIZE, NULL},
    {"forged: another root signed", "E30", make, ROOT, NULL},
};

const struct tamper_family tamper_forge = {"forge",
                                           classes,
                                           sizeof(classes) / sizeof(classes[0]),
                                           {"forged: the same again", FINE, make, HONEST, NULL, NULL},
                                           begin,
                                           end,
                                           check,
                                           copy_remove};
