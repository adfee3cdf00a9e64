/* bytes.c - one file of a sound directory is changed, each part of it that means something in each way that makes sense. */
#include "tamper.h"

#include "base/cursor.h"
#include <errno.h>

/* ---- changing ---- */

bool tamper_change(struct tamper *t, enum change how, struct str bytes, size_t from, size_t to, struct buf *out)
{
    size_t at = from + draw(t, to - from), size = 1 + draw(t, 64), other = from + draw(t, to - from);
    size = size < to - at ? size : to - at;
    if (how == SWAP) {
        if (other < at)
            size = size < at - other ? size : at - other;
        else
            size = size < other - at ? size : other - at;
        size = size < to - other ? size : to - other;
    }
    struct str head = str_slice(bytes, 0, at), piece = str_slice(bytes, at, at + size),
               tail = str_slice(bytes, at + size, bytes.size);
    buf_clear(out);
    buf_str(out, bytes);
    switch (how) {
    case FLIP:
        out->data[at] ^= (char)(1 << draw(t, 8));
        break;
    case ZERO:
        memset(out->data + at, 0, size);
        break;
    case CUT:
        out->size = at;
        break;
    case EXTEND:
        for (size_t i = 0; i < size; i++)
            buf_char(out, (char)draw(t, 256));
        break;
    case SWAP:
        memcpy(out->data + at, bytes.data + other, size);
        memcpy(out->data + other, bytes.data + at, size);
        break;
    case DELETE:
    case DUPLICATE:
    case INSERT:
        buf_clear(out);
        buf_str(out, head);
        if (how == DUPLICATE)
            buf_str(out, piece);
        for (size_t i = 0; how == INSERT && i < size; i++)
            buf_char(out, (char)draw(t, 256));
        if (how != DELETE)
            buf_str(out, piece);
        buf_str(out, tail);
        break;
    }
    return !str_equal(buf_view(out), bytes);
}

void file_write(struct tamper *t, const char *path, struct str bytes)
{
    int fd = openat(t->dir, path, O_WRONLY | O_TRUNC | O_CREAT, 0600);
    ck_assert_msg(fd >= 0 && write(fd, bytes.data, bytes.size) == (ssize_t)bytes.size, "%s", path);
    close(fd);
}

void file_take(struct tamper *t, const char *path)
{
    struct err e = {0};
    snprintf(t->changed, sizeof(t->changed), "%s", path);
    buf_clear(&t->kept);
    ck_assert_msg(os_file_read(&os_file_real, t->dir, path, &t->kept, &e), "%s", e.text);
}

void file_restore(struct tamper *t)
{
    if (!t->changed[0])
        return;
    if (t->was_removed)
        unlinkat(t->dir, t->changed, 0);
    else
        file_write(t, t->changed, buf_view(&t->kept));
    if (t->was_removed) /* and the directories that were made for it */
        for (char *slash; (slash = strrchr(t->changed, '/')) && strstr(t->changed, "/tile/");) {
            *slash = 0;
            if (unlinkat(t->dir, t->changed, AT_REMOVEDIR) != 0)
                break;
        }
    t->was_removed = false;
    t->changed[0] = 0;
}

/* ---- where ---- */

struct place {
    const char *path;
    size_t from, to;
};

static void public_place(struct place *p, const char *name)
{
    static char path[200];
    p->path = world_public(name, path);
}

static void tile_place(struct tamper *t, struct place *p, int level, bool is_partial)
{
    static char name[TILE_PATH_SIZE];
    uint64_t size = ledger_signed_size(t->w->d.writer), n = level == 1 || !is_partial ? 0 : size / TILE_WIDTH;
    tile_path(level, n, tile_width(level, n, size), name);
    public_place(p, name);
}

/* The nth line of the file taken, from..to without its LF. */
static void line_place(struct tamper *t, struct place *p, int number)
{
    p->from = 0;
    for (int i = 0; i < number; i++)
        p->from += strcspn(t->kept.data + p->from, "\n") + 1;
    p->to = p->from + strcspn(t->kept.data + p->from, "\n");
}

/* In a signature line: base64 of 4 bytes key id, then the rest. */
static void signature_place(struct tamper *t, struct place *p, int number, size_t from_byte, size_t to_byte)
{
    line_place(t, p, number);
    while (p->to > p->from && t->kept.data[p->to - 1] != ' ')
        p->to--;
    size_t base = p->to;
    p->from = base + from_byte * 4 / 3 + (from_byte % 3 != 0);
    p->to = base + to_byte * 4 / 3;
}

enum spot {
    WHOLE,
    TILE_0,
    TILE_0_PARTIAL,
    TILE_1,
    BUNDLE,
    BUNDLE_PARTIAL,
    LENGTHS,
    LEAVES,
    CP_ORIGIN,
    CP_SIZE,
    CP_ROOT,
    CP_SIGNATURE,
    CP_KEY_ID,
    CP_NAME,
    WIT_TIME,
    WIT_SIGNATURE,
    WIT_KEY_ID,
    WIT_SIZE,
    STATE,
    GUARD,
    CP_LOG_HEAD,
    CP_LOG_NOTE,
    ANCHOR_LOG,
    FRAME_HEAD,
    FRAME_BODY,
    FRAME_CRC,
    PACK,
    WRAPPED,
    MASTER,
    ORIGIN
};

void entry_find(const struct tamper *t, uint64_t index, bool is_length, size_t *ret_from, size_t *ret_to)
{
    const uint8_t *bytes = (const uint8_t *)t->kept.data;
    size_t at = 0;
    for (uint64_t i = 0; i < index; i++)
        at += 2 + ((size_t)bytes[at] << 8 | bytes[at + 1]);
    *ret_from = is_length ? at : at + 2;
    *ret_to = at + 2 + (is_length ? 0 : (size_t)bytes[at] << 8 | bytes[at + 1]);
}

/* A record {magic 4, u32be size, crc 4, note} that has others behind it. */
static void record_place(struct tamper *t, struct place *p, bool is_head)
{
    size_t starts[64], count = 0;
    for (size_t at = 0; at + 12 <= t->kept.size && count < 64;) {
        struct cursor c = cursor_of(str_slice(buf_view(&t->kept), at + 4, at + 8));
        starts[count++] = at;
        at += 12 + cursor_u32be(&c);
    }
    ck_assert_uint_gt(count, 2);
    size_t n = draw(t, count - 1);
    p->from = is_head ? starts[n] : starts[n] + 12;
    p->to = is_head ? starts[n] + 12 : starts[n + 1];
}

/* A frame of the journal that is not signed yet and has others behind it. */
static void frame_place(struct tamper *t, struct place *p, enum spot spot)
{
    struct journal_position at = t->w->d.writer->state.position;
    size_t start = (size_t)at.offset;
    struct cursor c = cursor_of(str_slice(buf_view(&t->kept), start + 8, start + 12));
    size_t size = cursor_u32be(&c);
    p->from = spot == FRAME_CRC ? start + JOURNAL_HEADER_SIZE - 4 : spot == FRAME_BODY ? start + JOURNAL_HEADER_SIZE : start;
    p->to = spot == FRAME_BODY ? p->from + size : start + JOURNAL_HEADER_SIZE - (spot == FRAME_HEAD ? 4 : 0);
}

static const char *path_of(struct tamper *t, enum spot spot, struct place *p)
{
    static char path[64];
    switch (spot) {
    case TILE_0:
    case TILE_1:
        tile_place(t, p, spot == TILE_1, spot == TILE_1);
        return p->path;
    case TILE_0_PARTIAL:
        tile_place(t, p, 0, true);
        return p->path;
    case BUNDLE:
    case BUNDLE_PARTIAL:
    case LENGTHS:
    case LEAVES:
        tile_place(t, p, LEVEL_ENTRIES, spot == BUNDLE_PARTIAL);
        return p->path;
    case CP_ORIGIN:
    case CP_SIZE:
    case CP_ROOT:
    case CP_SIGNATURE:
    case CP_KEY_ID:
    case CP_NAME:
    case WHOLE:
        public_place(p, "checkpoint");
        return p->path;
    case WIT_TIME:
    case WIT_SIGNATURE:
    case WIT_KEY_ID:
    case WIT_SIZE:
        public_place(p, ANCHOR_WITNESSED_FILE);
        return p->path;
    case STATE:
        return draw(t, 2) ? "private/state.0" : "private/state.1";
    case GUARD:
        return "private/guard";
    case CP_LOG_HEAD:
    case CP_LOG_NOTE:
        return "private/cp.log";
    case ANCHOR_LOG:
        return "private/" ANCHOR_LOG_FILE;
    case FRAME_HEAD:
    case FRAME_BODY:
    case FRAME_CRC:
        snprintf(path, sizeof(path), "private/wal/%08llu.seg", (unsigned long long)t->w->d.writer->state.position.segment);
        return path;
    case PACK:
        return "blobs/pack/00000000.pack";
    case WRAPPED:
        return "private/keyring/keys";
    case MASTER:
        return "private/keys/master";
    default:
        return "config.json";
    }
}

static void place_find(struct tamper *t, enum spot spot, struct place *p)
{
    *p = (struct place){0};
    p->path = path_of(t, spot, p);
    file_take(t, p->path);
    buf_char(&t->kept, 0); /* lines are searched for */
    t->kept.size--;
    p->to = t->kept.size;
    if (spot >= CP_ORIGIN && spot <= CP_ROOT)
        line_place(t, p, spot - CP_ORIGIN);
    else if (spot == CP_SIGNATURE || spot == CP_KEY_ID)
        signature_place(t, p, 4, spot == CP_KEY_ID ? 0 : 6, spot == CP_KEY_ID ? 4 : 68);
    else if (spot == CP_NAME)
        line_place(t, p, 4);
    else if (spot == WIT_SIZE)
        line_place(t, p, 1);
    else if (spot >= WIT_TIME && spot <= WIT_KEY_ID)
        signature_place(t, p, 5 + (int)draw(t, 2),
                        spot == WIT_TIME     ? 6
                        : spot == WIT_KEY_ID ? 0
                                             : 12,
                        spot == WIT_TIME     ? 12
                        : spot == WIT_KEY_ID ? 4
                                             : 75);
    else if (spot == LENGTHS || spot == LEAVES)
        entry_find(t, draw(t, TILE_WIDTH), spot == LENGTHS, &p->from, &p->to);
    else if (spot == CP_LOG_HEAD || spot == CP_LOG_NOTE || spot == ANCHOR_LOG)
        record_place(t, p, spot == CP_LOG_HEAD);
    else if (spot >= FRAME_HEAD && spot <= FRAME_CRC)
        frame_place(t, p, spot);
    else if (spot == MASTER)
        p->to--;
    else if (spot == ORIGIN) {
        p->from = strlen("{\"format\":1,\"origin\":\"");
        p->to = p->from + strlen(TEST_ORIGIN);
    }
}

#define OF(spot, how) ((spot)*16 + (how))

static bool change_make(struct tamper *t, const struct tamper_class *c)
{
    struct place p;
    struct buf BUF_AUTO out;
    place_find(t, (enum spot)(c->what / 16), &p);
    buf_init(&out, t->kept.size + 4096);
    if (!tamper_change(t, (enum change)(c->what % 16), buf_view(&t->kept), p.from, p.to, &out))
        return false;
    file_write(t, p.path, buf_view(&out));
    return true;
}

static bool remove_make(struct tamper *t, const struct tamper_class *c)
{
    struct place p;
    place_find(t, (enum spot)c->what, &p);
    ck_assert(unlinkat(t->dir, p.path, 0) == 0);
    return true;
}

/* A file that nobody wrote, somewhere below ledger/; or a tile of more leaves than there are, which whoever does not see the
 * journal has to take for that of a writer at work. */
static bool stray_make(struct tamper *t, const struct tamper_class *c)
{
    static const char *const names[] = {"tile/0/x000/000", "tile/8/000",  "checkpoint.old",     "tile/0/0",
                                        "notes.txt",       "tile/0/000~", "tile/1/000.p/0",     "tile/1/000.p/256",
                                        "tile/0/000.p/07", "tile/-1/000", "tile/entries/001/p", "tile/00/000"},
                             *const beyond[] = {"tile/0/001",     "tile/0/002.p/7",         "tile/2/000",     "tile/entries/002",
                                                "tile/1/000.p/2", "tile/entries/001.p/255", "tile/3/000.p/1", "tile/0/x001/000"};
    char name[100], path[200];
    snprintf(name, sizeof(name), "%s",
             c->what ? beyond[draw(t, sizeof(beyond) / sizeof(beyond[0]))] : names[draw(t, sizeof(names) / sizeof(names[0]))]);
    world_public(name, path);
    if (faccessat(t->dir, path, F_OK, 0) == 0)
        return false;
    char *slash = strrchr(path, '/');
    struct err e = {0};
    *slash = 0;
    ck_assert(durable_dir_make(&os_file_real, t->dir, path, 0700, false, &e));
    *slash = '/';
    snprintf(t->changed, sizeof(t->changed), "%s", path);
    t->was_removed = true; /* it was not there */
    file_write(t, path, STR("what is this"));
    return true;
}

/* The lines of a checkpoint or of its signatures in another order, or a line twice. */
static bool lines_make(struct tamper *t, const struct tamper_class *c)
{
    struct place p;
    struct str lines[16], rest;
    size_t count = 0;
    struct buf BUF_AUTO out;
    place_find(t, WHOLE, &p);
    buf_init(&out, 64 << 10);
    for (rest = buf_view(&t->kept); count < 16 && str_cut(&rest, '\n', &lines[count]);)
        count++;
    size_t from = draw(t, count), to = draw(t, count);
    if (c->what == SWAP) {
        struct str kept = lines[from];
        lines[from] = lines[to];
        lines[to] = kept;
    }
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < (c->what == DUPLICATE && i == from && from < 3 ? 2 : c->what == DELETE && i == from ? 0 : 1); k++) {
            buf_str(&out, lines[i]);
            buf_char(&out, '\n');
        }
    file_write(t, p.path, buf_view(&out));
    return !str_equal(buf_view(&out), buf_view(&t->kept));
}

/* The one line that counts comes after more lines than a verifier reads. */
static bool many_lines_make(struct tamper *t, const struct tamper_class *c)
{
    struct place p;
    struct buf BUF_AUTO out;
    (void)c;
    place_find(t, WHOLE, &p);
    buf_init(&out, 256 << 10);
    line_place(t, &p, 4);
    buf_str(&out, str_slice(buf_view(&t->kept), 0, p.from));
    strangers_format(t, 65 + draw(t, 100), &out);
    buf_str(&out, str_slice(buf_view(&t->kept), p.from, t->kept.size));
    file_write(t, p.path, buf_view(&out));
    return true;
}

/* guard: what an older copy, or another writer, would hold. */
static bool guard_make(struct tamper *t, const struct tamper_class *c)
{
    struct guard g;
    struct err e = {0};
    struct buf BUF_AUTO out;
    int private_dir = openat(t->dir, "private", O_RDONLY | O_DIRECTORY);
    file_take(t, "private/guard");
    ck_assert(guard_read(&os_file_real, private_dir, &g, &e));
    close(private_dir);
    buf_init(&out, 4096);
    if (c->what == 0)
        g.head.size -= 1 + draw(t, g.head.size);
    else if (c->what == 1)
        g.head.size += 1000 + draw(t, 1 << 30);
    else if (c->what == 2)
        g.head.root.bytes[draw(t, 32)] ^= (uint8_t)(1 + draw(t, 255));
    else if (c->what == 3)
        g.epoch += 2 + draw(t, 1000);
    if (c->what == 4) /* leaves that the journal holds, and no checkpoint yet */
        g.head.size += 1 + draw(t, ledger_size(t->w->d.writer) - g.head.size);
    guard_encode(&g, &out);
    file_write(t, "private/guard", buf_view(&out));
    return true;
}

/* ---- the family ---- */

void tamper_sound(struct tamper *t)
{
    if (t->w)
        return;
    struct blob_sealed blob;
    struct tamper_world *w = t->w = world_new(true);
    for (int i = 0; i < 6; i++)
        test_directory_run(&w->d, 200 + (size_t)i);
    world_seal(w);
    world_cosigned(w);
    world_seal(w);
    w->d.ledger.now_ms += 61000;
    world_stamped(w);
    /* What is erased: an upload with a blob of its own. */
    struct json *upload = json_object(w->d.arena);
    uint64_t target = ledger_size(w->d.writer);
    json_put(upload, "b", world_blob(w, STR("who signed in"), &blob));
    world_append(w, "upload", S_FREE, upload, STR(""));
    struct sha256 hash = w->more[S_FREE].last, name;
    world_hold(w, 7);
    struct json *erase = world_erase_body(w, target, hash, &blob), *erased = json_object(w->d.arena);
    uint64_t of = ledger_size(w->d.writer);
    world_append(w, "erase", S_ERASE, erase, world_erase_sign(w, erase, &w->officer, &w->officer_private));
    struct err e = {0};
    ck_assert(hex_decode(str_of(blob.x), name.bytes, 32) && keyring_erase(w->d.keys, &name, 1, &e) &&
              pack_erase(w->d.packs, &name, 1, &e));
    json_put_int(erased, "of", (int64_t)of);
    json_put_str(erased, "x", arena_str(w->d.arena, str_of(blob.x)));
    world_append(w, "erased", S_ERASE, erased, STR(""));
    w->d.erased++;
    world_seal(w);
    world_cosigned(w);
    while (ledger_size(w->d.writer) < 263)
        test_directory_parameter(&w->d, (int64_t)ledger_size(w->d.writer));
    world_seal(w);
    struct checkpoint c;
    w->d.ledger.now_ms += 2000;
    world_keep_note(w, world_note(w, &c));
    for (int i = 0; i < 3; i++)
        test_directory_parameter(&w->d, i);
}

static void begin(struct tamper *t)
{
    buf_init(&t->kept, 64 << 20);
    tamper_sound(t);
    t->dir = t->w->d.ledger.dir;
}

static void check(struct tamper *t, const struct tamper_class *c)
{
    struct tamper_world *w = t->w;
    struct checkpoint seen = {.size = ledger_signed_size(w->d.writer), .root = ledger_signed_root(w->d.writer)};
    tamper_check(t, c, w->d.ledger.path, &(struct tamper_trust){&w->d.ledger.key, &w->d.root, &seen});
}

static void end(struct tamper *t)
{
    buf_release(&t->kept);
}

static bool honest_make(struct tamper *t, const struct tamper_class *c)
{
    struct place p;
    (void)c;
    place_find(t, draw(t, 2) ? LEAVES : STATE, &p);
    file_write(t, p.path, buf_view(&t->kept));
    return true;
}

static const struct tamper_class classes[] = {
    {"level-0 tile: flip", "E34 E30", change_make, OF(TILE_0, FLIP), NULL},
    {"level-0 tile: zero", "E34 E30", change_make, OF(TILE_0, ZERO), NULL},
    {"level-0 tile: truncate", "E30", change_make, OF(TILE_0, CUT), NULL},
    {"level-0 tile: extend", "E30", change_make, OF(TILE_0, EXTEND), NULL, "E30 E31"},
    {"level-0 tile: swap", "E34 E30", change_make, OF(TILE_0, SWAP), NULL},
    {"level-0 tile: delete", "E30", change_make, OF(TILE_0, DELETE), NULL},
    {"level-0 tile: gone", "E31", remove_make, TILE_0, NULL},
    {"partial tile: flip", "E34 E30", change_make, OF(TILE_0_PARTIAL, FLIP), NULL},
    {"partial tile: truncate", "E30", change_make, OF(TILE_0_PARTIAL, CUT), NULL},
    {"partial tile: extend", "E30", change_make, OF(TILE_0_PARTIAL, EXTEND), NULL},
    {"partial tile: swap", "E34 E30", change_make, OF(TILE_0_PARTIAL, SWAP), NULL},
    {"partial tile: insert", "E30", change_make, OF(TILE_0_PARTIAL, INSERT), NULL},
    {"partial tile: gone", "E31", remove_make, TILE_0_PARTIAL, NULL},
    {"level-1 tile: flip", "E30", change_make, OF(TILE_1, FLIP), NULL},
    {"level-1 tile: zero", "E30", change_make, OF(TILE_1, ZERO), NULL},
    {"level-1 tile: truncate", "E30", change_make, OF(TILE_1, CUT), NULL},
    {"level-1 tile: extend", "E30", change_make, OF(TILE_1, EXTEND), NULL},
    {"level-1 tile: gone", "E31", remove_make, TILE_1, NULL},
    {"entry bundle: zero", "E33 E34", change_make, OF(BUNDLE, ZERO), NULL},
    {"entry bundle: truncate", "E33", change_make, OF(BUNDLE, CUT), NULL},
    {"entry bundle: extend", "E33", change_make, OF(BUNDLE, EXTEND), NULL},
    {"entry bundle: swap", "E33 E34", change_make, OF(BUNDLE, SWAP), NULL},
    {"entry bundle: duplicate", "E33", change_make, OF(BUNDLE, DUPLICATE), NULL, "E33 E34"},
    {"entry bundle: delete", "E33", change_make, OF(BUNDLE, DELETE), NULL, "E33 E34"},
    {"entry bundle: insert", "E33", change_make, OF(BUNDLE, INSERT), NULL, "E33 E34"},
    {"entry bundle: gone", "E31", remove_make, BUNDLE, NULL},
    {"partial bundle: flip", "E33 E34", change_make, OF(BUNDLE_PARTIAL, FLIP), NULL},
    {"partial bundle: truncate", "E33", change_make, OF(BUNDLE_PARTIAL, CUT), NULL},
    {"u16 length of a leaf: flip", "E33 E34", change_make, OF(LENGTHS, FLIP), NULL},
    {"u16 length of a leaf: zero", "E33 E34", change_make, OF(LENGTHS, ZERO), NULL},
    {"u16 length of a leaf: delete", "E33 E34", change_make, OF(LENGTHS, DELETE), NULL},
    {"leaf byte: flip", "E34", change_make, OF(LEAVES, FLIP), NULL},
    {"leaf bytes: zero", "E34", change_make, OF(LEAVES, ZERO), NULL},
    {"leaf bytes: swap", "E34", change_make, OF(LEAVES, SWAP), NULL},
    {"a file that does not belong there", "E32", stray_make, 0, NULL},
    {"a tile of more leaves than there are", "E32", stray_make, 1, NULL, UNSEEN},
    {"checkpoint origin: flip", "E02 E10", change_make, OF(CP_ORIGIN, FLIP), NULL, "E10 E41"},
    {"checkpoint origin: insert", "E02 E10", change_make, OF(CP_ORIGIN, INSERT), NULL, "E10 E41"},
    {"checkpoint size: flip", "E10 E14", change_make, OF(CP_SIZE, FLIP), NULL},
    {"checkpoint size: insert", "E10", change_make, OF(CP_SIZE, INSERT), NULL},
    {"checkpoint root: flip", "E10", change_make, OF(CP_ROOT, FLIP), NULL},
    {"checkpoint root: swap", "E10", change_make, OF(CP_ROOT, SWAP), NULL},
    {"checkpoint signature: flip", "E10", change_make, OF(CP_SIGNATURE, FLIP), NULL},
    {"checkpoint signature: zero", "E10", change_make, OF(CP_SIGNATURE, ZERO), NULL},
    {"checkpoint key id: flip", "E10", change_make, OF(CP_KEY_ID, FLIP), NULL},
    {"checkpoint signature line: flip", "E10", change_make, OF(CP_NAME, FLIP), NULL},
    {"checkpoint lines: swap", "E10 E02", lines_make, SWAP, NULL},
    {"checkpoint lines: duplicate", "E10", lines_make, DUPLICATE, NULL},
    {"checkpoint lines: delete", "E10 E02", lines_make, DELETE, NULL},
    {"checkpoint with more than 64 signature lines", "E10", many_lines_make, 0, NULL},
    {"checkpoint: truncate", "E10", change_make, OF(WHOLE, CUT), NULL},
    {"checkpoint: gone", "E80", remove_make, WHOLE, NULL, "E10"},
    {"cosignature time: flip", "E11 E10", change_make, OF(WIT_TIME, FLIP), NULL, UNSEEN},
    {"cosignature: flip", "E11 E10", change_make, OF(WIT_SIGNATURE, FLIP), NULL, UNSEEN},
    {"cosignature: swap", "E11 E10", change_make, OF(WIT_SIGNATURE, SWAP), NULL, UNSEEN},
    {"cosignature key id: flip", "E11 E10", change_make, OF(WIT_KEY_ID, FLIP), NULL, UNSEEN},
    {"cosigned checkpoint size: flip", "E10 E14", change_make, OF(WIT_SIZE, FLIP), NULL, UNSEEN},
    {"state slot: flip", "W80", change_make, OF(STATE, FLIP), NULL, UNSEEN},
    {"state slot: zero", "W80", change_make, OF(STATE, ZERO), NULL, UNSEEN},
    {"state slot: truncate", "W80", change_make, OF(STATE, CUT), NULL, UNSEEN},
    {"state slot: extend", "W80", change_make, OF(STATE, EXTEND), NULL, UNSEEN},
    {"guard: flip", "E82", change_make, OF(GUARD, FLIP), NULL, UNSEEN},
    {"guard: truncate", "E82", change_make, OF(GUARD, CUT), NULL, UNSEEN},
    {"guard: insert", "E82", change_make, OF(GUARD, INSERT), NULL, UNSEEN},
    {"guard: gone", "E82", remove_make, GUARD, NULL, UNSEEN},
    {"guard: set back", "E82", guard_make, 0, NULL, UNSEEN},
    {"guard: ahead of the ledger", "E82", guard_make, 1, NULL, UNSEEN},
    {"guard: another root", "E82", guard_make, 2, NULL, UNSEEN},
    {"guard: of another writer", "E82", guard_make, 3, NULL, UNSEEN},
    {"guard: ahead, within the journal, with another root", "E82", guard_make, 4, NULL, UNSEEN},
    {"cp.log record header: flip", "E83", change_make, OF(CP_LOG_HEAD, FLIP), NULL, UNSEEN},
    {"cp.log record: flip", "E83", change_make, OF(CP_LOG_NOTE, FLIP), NULL, UNSEEN},
    {"cp.log record: delete", "E83", change_make, OF(CP_LOG_NOTE, DELETE), NULL, UNSEEN},
    {"cp.log: truncate", "E83", change_make, OF(CP_LOG_NOTE, CUT), NULL, UNSEEN},
    {"cp.log: gone", "E83", remove_make, CP_LOG_NOTE, NULL, UNSEEN},
    {"log of cosigned notes: flip", "E83", change_make, OF(ANCHOR_LOG, FLIP), NULL, UNSEEN},
    {"log of cosigned notes: insert", "E83", change_make, OF(ANCHOR_LOG, INSERT), NULL, UNSEEN},
    {"journal frame header: flip", "E81", change_make, OF(FRAME_HEAD, FLIP), NULL, UNSEEN},
    {"journal frame header: swap", "E81", change_make, OF(FRAME_HEAD, SWAP), NULL, UNSEEN},
    {"journal frame body: flip", "E81", change_make, OF(FRAME_BODY, FLIP), NULL, UNSEEN},
    {"journal frame body: zero", "E81", change_make, OF(FRAME_BODY, ZERO), NULL, UNSEEN},
    {"journal frame crc: flip", "E81", change_make, OF(FRAME_CRC, FLIP), NULL, UNSEEN},
    {"sealed blob: flip", "E60 E63 E85", change_make, OF(PACK, FLIP), NULL, UNSEEN},
    {"sealed blob: truncate", "E60 E63", change_make, OF(PACK, CUT), NULL, UNSEEN},
    {"sealed blob: delete", "E60 E63 E85", change_make, OF(PACK, DELETE), NULL, UNSEEN},
    {"sealed blobs: gone", "E63", remove_make, PACK, NULL, UNSEEN},
    {"wrapped key of a blob: flip", "E61 E84", change_make, OF(WRAPPED, FLIP), NULL, UNSEEN},
    {"wrapped key of a blob: zero", "E61 E84", change_make, OF(WRAPPED, ZERO), NULL, UNSEEN},
    {"wrapped key of a blob: truncate", "E61 E84", change_make, OF(WRAPPED, CUT), NULL, UNSEEN},
    {"wrapped keys: gone", "E61 E84", remove_make, WRAPPED, NULL, UNSEEN},
    {"master key: flip", "E61 E84", change_make, OF(MASTER, FLIP), NULL, UNSEEN},
    {"name of the ledger: flip", "refused E02 E80", change_make, OF(ORIGIN, FLIP), NULL, UNSEEN},
};

const struct tamper_family tamper_bytes = {"bytes",
                                           classes,
                                           sizeof(classes) / sizeof(classes[0]),
                                           {"a file written again", FINE, honest_make, HONEST, NULL, NULL},
                                           begin,
                                           end,
                                           check,
                                           file_restore};
