/*
 * bundle.c - a bundle that was damaged on its way, and one that its officer remade: content changed, then members.jsonl and the
 * manifest made again and signed, as a person with the officer's key can. Checked by assay-verify's own checks.
 */
#include "tamper.h"

#include "ledger/bundle.h"
#include <sys/mman.h>

enum { MEMBERS_MAX = 256, BLOCK = 512 };

struct member {
    char name[100];
    struct str content; /* in the bundle */
    size_t at;          /* of its header */
};
struct archive {
    struct member members[MEMBERS_MAX];
    size_t count;
};

static struct buf sound, older;
static struct checkpoint seen;
static bool is_seen; /* by whoever checks the mutant */

/* ---- making and reading ---- */

static bool wanted(void *context, uint64_t index, struct str type, const struct json *leaf)
{
    (void)context;
    (void)type;
    (void)leaf;
    return index % 3 != 0; /* some are withheld */
}

static bool blob_give(void *context, struct arena *a, uint64_t leaf, const char *c, const char *x, struct blob_opened *ret, struct err *e)
{
    struct tamper_world *w = context;
    struct str stored;
    uint8_t dek[DEK_SIZE];
    (void)leaf, (void)c;
    return pack_read(w->d.packs, a, x, &stored, e) && keyring_get(w->d.keys, x, dek, e) && blob_unseal(a, stored, x, dek, 1 << 20, ret, e);
}

static bool sign(void *context, struct str text, struct buf *lines, struct err *e)
{
    struct tamper_world *w = context;
    (void)e;
    note_sign_line(&w->officer, &w->officer_private, text, lines);
    return true;
}

void world_bundle(struct tamper_world *w, enum bundle_mode mode, uint64_t from, uint64_t to, struct buf *out)
{
    char path[200];
    struct err e = {0};
    struct bundle_report report;
    uint64_t *leaves = arena_array(w->d.arena, to, sizeof(*leaves));
    for (uint64_t i = 0; i < to; i++)
        leaves[i] = i;
    int fd = memfd_create("bundle", MFD_CLOEXEC), tmp = open(w->d.ledger.path, O_RDONLY | O_DIRECTORY);
    struct bundle_options o = {.ledger_dir = openat(w->d.ledger.dir, world_public("", path), O_RDONLY | O_DIRECTORY),
                               .origin = TEST_ORIGIN,
                               .mode = mode,
                               .from = from,
                               .to = to,
                               .leaves = leaves + from,
                               .leaf_count = to - from,
                               .blobs = {.is_wanted = wanted, .context = w, .open = blob_give, .open_context = w},
                               .policy = w->policy,
                               .tsa_chain = w->tsa.ca_pem[0] ? str_of(w->tsa.ca_pem) : STR(""),
                               .audience = "auditor",
                               .purpose = "test",
                               .sign = sign,
                               .sign_context = w};
    ck_assert_msg(bundle_write(&o, fd, tmp, &report, &e), "%s", e.text);
    buf_init(out, 64 << 20);
    char piece[4096];
    ck_assert(lseek(fd, 0, SEEK_SET) == 0);
    for (ssize_t n; (n = read(fd, piece, sizeof(piece))) > 0;)
        buf_append(out, piece, (size_t)n);
    close(fd);
    close(tmp);
    close(o.ledger_dir);
}

static void archive_read(struct str bytes, struct archive *ret)
{
    ret->count = 0;
    for (size_t at = 0; at + BLOCK <= bytes.size && bytes.data[at] && ret->count < MEMBERS_MAX;) {
        struct member *m = &ret->members[ret->count++];
        size_t size = 0;
        snprintf(m->name, sizeof(m->name), "%.99s", bytes.data + at);
        for (size_t i = 0; i < 11; i++)
            size = size * 8 + (size_t)(bytes.data[at + 124 + i] - '0');
        m->at = at;
        m->content = str_slice(bytes, at + BLOCK, at + BLOCK + size);
        at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
    }
}

static struct member *member_find(struct tamper *t, struct archive *a, const char *prefix)
{
    struct member *found[MEMBERS_MAX];
    size_t count = 0, size = strcspn(prefix, "#"); /* # is a digit */
    for (size_t i = 0; i < a->count; i++) {
        const char *name = a->members[i].name;
        if (strncmp(name, prefix, size) == 0 && (!prefix[size] || (name[size] >= '0' && name[size] <= '9')))
            found[count++] = &a->members[i];
    }
    return count ? found[draw(t, count)] : NULL;
}

static bool member_change(struct tamper *t, const struct member *m, enum change how, struct str *ret)
{
    struct buf BUF_AUTO changed;
    ck_assert(m != NULL);
    buf_init(&changed, m->content.size + 4096);
    if (m->content.size == 0 || !tamper_change(t, how, m->content, 0, m->content.size, &changed))
        return false;
    *ret = arena_str(t->arena, buf_view(&changed));
    return true;
}

static void octal(char *field, size_t size, size_t value)
{
    field[size - 1] = 0;
    for (size_t i = size - 1; i-- > 0; value >>= 3)
        field[i] = (char)('0' + (value & 7));
}

static void member_write(struct buf *out, const char *name, struct str content)
{
    char header[BLOCK] = {0};
    unsigned sum = 0;
    snprintf(header, 100, "%s", name);
    octal(header + 100, 8, 0644);
    octal(header + 108, 8, 0);
    octal(header + 116, 8, 0);
    octal(header + 124, 12, content.size);
    octal(header + 136, 12, 0);
    memset(header + 148, ' ', 8);
    header[156] = '0';
    memcpy(header + 257,
           "ustar\0"
           "00",
           8);
    octal(header + 329, 8, 0);
    octal(header + 337, 8, 0);
    for (int i = 0; i < BLOCK; i++)
        sum += (uint8_t)header[i];
    octal(header + 148, 7, sum);
    buf_append(out, header, BLOCK);
    buf_str(out, content);
    while (out->size % BLOCK)
        buf_char(out, 0);
}

static void tail_write(struct buf *out)
{
    for (int i = 0; i < 2 * BLOCK; i++)
        buf_char(out, 0);
}

static void archive_write(struct tamper *t, const struct archive *a)
{
    for (size_t i = 0; i < a->count; i++)
        member_write(&t->bundle, a->members[i].name, a->members[i].content);
    tail_write(&t->bundle);
}

/* ---- remade by the officer ---- */

struct remake {
    const char *member; /* of the manifest, an integer to be changed; NULL: none */
    int64_t by;
    bool is_stranger, flips_root;
};

static struct str manifest_make(struct tamper *t, const struct archive *a, struct str members, const struct remake *how)
{
    struct err e = {0};
    struct buf BUF_AUTO text, lines;
    struct str rest = a->members[0].content, head, line;
    buf_init(&text, 64 << 10);
    buf_init(&lines, 4096);
    ck_assert(str_cut(&rest, '\n', &head) && str_cut(&rest, '\n', &line));
    struct json *o = json_parse(t->arena, line, JSON_LIMITS_DEFAULT, &e), *mem = (struct json *)(uintptr_t)json_get(o, "mem");
    ck_assert_msg(o && mem, "%s", e.text);
    struct sha256 h = sha256_of(members);
    char hex[65];
    hex_encode(h.bytes, 32, hex);
    ((struct json *)(uintptr_t)json_get(mem, "h"))->text = arena_str(t->arena, str_of(hex));
    ((struct json *)(uintptr_t)json_get(mem, "z"))->integer = (int64_t)members.size;
    struct json *counts = (struct json *)(uintptr_t)json_get(o, "cnt");
    ((struct json *)(uintptr_t)json_get(counts, "members"))->integer = (int64_t)a->count - 2;
    if (how->member) {
        struct json *value = (struct json *)(uintptr_t)json_get(json_get(o, how->member) ? o : counts, how->member);
        ck_assert(value != NULL);
        value->integer += how->by;
    }
    if (how->flips_root) {
        struct json *root = (struct json *)(uintptr_t)json_get(o, "root");
        ck_assert(hex_decode(root->text, h.bytes, 32));
        h.bytes[draw(t, 32)] ^= (uint8_t)(1 + draw(t, 255));
        hex_encode(h.bytes, 32, hex);
        root->text = arena_str(t->arena, str_of(hex));
    }
    buf_cstr(&text, "assay/bundle@v1\n");
    ck_assert(json_write_canonical(&text, o, &e));
    buf_char(&text, '\n');
    struct ed25519_private other = {{(uint8_t)(1 + draw(t, 200)), 8}};
    struct note_key stranger = note_key_make(t->w->officer.name, ed25519_public_of(&other));
    note_sign_line(how->is_stranger ? &stranger : &t->w->officer, how->is_stranger ? &other : &t->w->officer_private,
                   buf_view(&text), &lines);
    buf_char(&text, '\n');
    buf_str(&text, buf_view(&lines));
    return arena_str(t->arena, buf_view(&text));
}

static void archive_remake(struct tamper *t, struct archive *a, const struct remake *how)
{
    struct buf BUF_AUTO lines;
    buf_init(&lines, 1 << 20);
    for (size_t i = 2; i < a->count; i++) {
        struct sha256 h = sha256_of(a->members[i].content);
        char hex[65];
        hex_encode(h.bytes, 32, hex);
        buf_printf(&lines, "{\"h\":\"%s\",\"n\":\"%s\",\"z\":%zu}\n", hex, a->members[i].name, a->members[i].content.size);
    }
    a->members[1].content = arena_str(t->arena, buf_view(&lines));
    a->members[0].content = manifest_make(t, a, a->members[1].content, how);
    archive_write(t, a);
}

/* ---- classes ---- */

static bool is_changed(struct tamper *t)
{
    return !str_equal(buf_view(&t->bundle), buf_view(&sound));
}

/* A member's bytes change, and nobody mends the rest. */
static bool damage_make(struct tamper *t, const struct tamper_class *c)
{
    static struct archive a;
    archive_read(buf_view(&sound), &a);
    const struct member *m = member_find(t, &a, c->where);
    ck_assert(m != NULL);
    size_t from = (size_t)(m->content.data - sound.data);
    return m->content.size &&
           tamper_change(t, (enum change)c->what, buf_view(&sound), from, from + m->content.size, &t->bundle) && is_changed(t);
}

static bool header_make(struct tamper *t, const struct tamper_class *c)
{
    static struct archive a;
    (void)c;
    archive_read(buf_view(&sound), &a);
    size_t at = a.members[draw(t, a.count)].at;
    return tamper_change(t, FLIP, buf_view(&sound), at, at + BLOCK, &t->bundle);
}

static bool whole_make(struct tamper *t, const struct tamper_class *c)
{
    return tamper_change(t, (enum change)c->what, buf_view(&sound), c->what == CUT ? BLOCK : 0, sound.size, &t->bundle);
}

/* Members left out, twice, in another order, added. */
static bool order_make(struct tamper *t, const struct tamper_class *c)
{
    static struct archive a;
    archive_read(buf_view(&sound), &a);
    size_t one = 2 + draw(t, a.count - 2), other = 2 + draw(t, a.count - 2);
    if (c->what == SWAP && one == other)
        return false;
    for (size_t i = 0; i < a.count; i++) {
        const struct member *m = &a.members[c->what == SWAP && i == one ? other : c->what == SWAP && i == other ? one : i];
        if (c->what == DELETE && i == one)
            continue;
        if (c->what == INSERT && i == one)
            member_write(&t->bundle, draw(t, 2) ? "extra.txt" : "blobs/00", STR("extra"));
        member_write(&t->bundle, m->name, m->content);
        if (c->what == DUPLICATE && i == one)
            member_write(&t->bundle, m->name, m->content);
    }
    tail_write(&t->bundle);
    return is_changed(t);
}

/* The same, and the officer makes manifest and list again. */
static bool reorder_make(struct tamper *t, const struct tamper_class *c)
{
    static struct archive a;
    archive_read(buf_view(&sound), &a);
    size_t one = 2 + draw(t, a.count - 2), other = 2 + draw(t, a.count - 2);
    if (c->what == SWAP) {
        struct member kept = a.members[one];
        a.members[one] = a.members[other];
        a.members[other] = kept;
        if (one == other)
            return false;
    } else if (c->what == DELETE) {
        if (strcmp(a.members[one].name, "tsa/ca.pem") == 0)
            return false; /* may be left out: whoever checks brings the authorities that they trust */
        memmove(&a.members[one], &a.members[one + 1], (--a.count - one) * sizeof(a.members[0]));
    } else {
        memmove(&a.members[one + 1], &a.members[one], (a.count++ - one) * sizeof(a.members[0]));
        if (c->what == INSERT)
            snprintf(a.members[one].name, sizeof(a.members[one].name), "extra.%llu", (unsigned long long)draw(t, 1000));
    }
    archive_remake(t, &a, &(struct remake){0});
    return true;
}

/* A member's bytes change, and list and manifest with them. */
static bool remake_make(struct tamper *t, const struct tamper_class *c)
{
    static struct archive a;
    struct str changed;
    archive_read(buf_view(&sound), &a);
    struct member *m = member_find(t, &a, c->where);
    if (!member_change(t, m, (enum change)c->what, &changed))
        return false;
    m->content = changed;
    archive_remake(t, &a, &(struct remake){0});
    return true;
}

/* A line of a checkpoint that is still well formed and now is by a key that nobody knows, by its name or its id: C2SP signed-note
 * has every reader leave it alone, whatever is in it. That of the log is another matter, without it there is no checkpoint. */
static bool is_by_nobody(struct str was, struct str is)
{
    struct str names[2], lines[2] = {was, is};
    struct buf bytes[2];
    bool is_line = true;
    for (int i = 0; i < 2; i++) {
        buf_init(&bytes[i], NOTE_SIGNATURE_BYTES_MAX);
        is_line = is_line && note_line_parse(lines[i], &names[i], &bytes[i]);
    }
    bool is_same = is_line && str_equal(names[0], names[1]) && memcmp(bytes[0].data, bytes[1].data, 4) == 0;
    for (int i = 0; i < 2; i++)
        buf_release(&bytes[i]);
    return is_line && !is_same && !str_is(names[0], TEST_ORIGIN);
}

enum nobody { SOMEBODY, NOBODY, NOBODY_NEWEST };

/* What a change of one byte of checkpoints.txt made. */
static enum nobody nobody_find(struct str was, struct str is)
{
    struct str rest = was, line;
    size_t at = 0;
    bool is_found = false, has_later = false;
    while (str_cut(&rest, '\n', &line)) {
        bool is_cosignature = str_starts(line, "\xe2\x80\x94 witness.example/");
        struct str same = str_slice(is, at, at + line.size);
        if (is_found && str_starts(line, "== ")) /* a later note: one with cosignatures? */
            has_later = has_later || memmem(rest.data, rest.size, "witness.example/", 16);
        if (!str_equal(line, same)) {
            if (!is_cosignature || !is_by_nobody(line, same))
                return SOMEBODY;
            is_found = true;
        }
        at += line.size + 1;
    }
    return !is_found ? SOMEBODY : has_later ? NOBODY : NOBODY_NEWEST;
}

static bool checkpoint_make(struct tamper *t, const struct tamper_class *c)
{
    static struct archive a;
    struct str changed;
    archive_read(buf_view(&sound), &a);
    struct member *m = member_find(t, &a, c->where);
    if (!member_change(t, m, FLIP, &changed) || nobody_find(m->content, changed) != (enum nobody)c->what)
        return false;
    m->content = changed;
    archive_remake(t, &a, &(struct remake){0});
    return true;
}

static bool manifest_lie(struct tamper *t, const struct tamper_class *c)
{
    static struct archive a;
    archive_read(buf_view(&sound), &a);
    struct remake how = {.member = c->where, .by = (draw(t, 2) ? 1 : -1) * (1 + (int64_t)draw(t, 300))};
    if (c->what == 1)
        how = (struct remake){.is_stranger = true};
    if (c->what == 2)
        how = (struct remake){.flips_root = true};
    archive_remake(t, &a, &how);
    return true;
}

/* members.jsonl says another name, length or hash, and the manifest agrees with it. */
static bool list_lie(struct tamper *t, const struct tamper_class *c)
{
    static struct archive a;
    struct buf BUF_AUTO lines;
    buf_init(&lines, 1 << 20);
    archive_read(buf_view(&sound), &a);
    buf_str(&lines, a.members[1].content);
    size_t places[MEMBERS_MAX], count = 0, size = strlen(c->where);
    for (size_t i = 0; i + size < lines.size && count < MEMBERS_MAX; i++)
        if (memcmp(lines.data + i, c->where, size) == 0)
            places[count++] = i + size;
    char *at = &lines.data[places[draw(t, count)] + (c->what == 1 ? draw(t, 64) : 0)];
    *at = (char)(c->what == 2 ? '1' + (*at - '0' + (int)draw(t, 8)) % 9 : *at == 'a' ? 'b' : 'a');
    if (str_equal(buf_view(&lines), a.members[1].content))
        return false;
    a.members[1].content = arena_str(t->arena, buf_view(&lines));
    a.members[0].content = manifest_make(t, &a, a.members[1].content, &(struct remake){0});
    archive_write(t, &a);
    return true;
}

static bool honest_make(struct tamper *t, const struct tamper_class *c)
{
    static struct archive a;
    (void)c;
    archive_read(buf_view(&sound), &a);
    archive_remake(t, &a, &(struct remake){0});
    ck_assert(!is_changed(t)); /* remade, byte for byte */
    is_seen = true;
    return true;
}

static bool older_make(struct tamper *t, const struct tamper_class *c)
{
    static struct archive a;
    (void)c;
    archive_read(buf_view(&older), &a);
    archive_remake(t, &a, &(struct remake){.member = "lag", .by = (int64_t)draw(t, 1)});
    is_seen = true;
    return true;
}

/* ---- the family ---- */

static void check(struct tamper *t, const struct tamper_class *c)
{
    char path[64];
    int fd = memfd_create("mutant", 0); /* the program inherits it */
    (void)c;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ck_assert(fd >= 0 && write(fd, t->bundle.data, t->bundle.size) == (ssize_t)t->bundle.size);
    tamper_check_bundle(t, path, &(struct tamper_trust){&t->w->d.ledger.key, &t->w->d.root, is_seen ? &seen : NULL});
    close(fd);
}

static void restore(struct tamper *t)
{
    buf_clear(&t->bundle);
    is_seen = false;
}

static void begin(struct tamper *t)
{
    struct tamper_world *first = world_new(true);
    tamper_sound(t);
    buf_init(&t->bundle, 64 << 20);
    test_directory_run(&first->d, 100);
    world_seal(first);
    world_seal(first);
    world_bundle(first, BUNDLE_FULL, 0, ledger_signed_size(first->d.writer), &older);
    world_bundle(t->w, BUNDLE_FULL, 0, ledger_signed_size(t->w->d.writer), &sound);
    world_free(first);
    seen = (struct checkpoint){.size = ledger_signed_size(t->w->d.writer), .root = ledger_signed_root(t->w->d.writer)};
}

static void end(struct tamper *t)
{
    buf_release(&t->bundle);
    buf_release(&sound);
    buf_release(&older);
}

static const struct tamper_class classes[] = {
    {"bundle manifest: flip", "E01 E02 E03 E05 E06", damage_make, FLIP, "manifest.note"},
    {"bundle member list: flip", "E04 E05 E06", damage_make, FLIP, "members.jsonl"},
    {"bundle policy: flip", "E06", damage_make, FLIP, "policy"},
    {"bundle keys: flip", "E06", damage_make, FLIP, "keys.jsonl"},
    {"bundle checkpoints: flip", "E06", damage_make, FLIP, "checkpoints.txt"},
    {"bundle time stamp: flip", "E06", damage_make, FLIP, "tsa/"},
    {"bundle tile: flip", "E06", damage_make, FLIP, "tile/"},
    {"bundle salts: flip", "E06", damage_make, FLIP, "salts.jsonl"},
    {"bundle blob: flip", "E06", damage_make, FLIP, "blobs/"},
    {"bundle blob: zero", "E06", damage_make, ZERO, "blobs/"},
    {"bundle README: flip", "E06", damage_make, FLIP, "README.txt"},
    {"bundle member header: flip", "E03 E04 E05", header_make, 0, NULL},
    {"bundle: truncate", "E03 E04 E05 E06", whole_make, CUT, NULL},
    {"bundle: extend", "E05", whole_make, EXTEND, NULL},
    {"bundle member order: swap", "E04 E05", order_make, SWAP, NULL},
    {"bundle member: delete", "E04 E05", order_make, DELETE, NULL},
    {"bundle member: duplicate", "E04 E05", order_make, DUPLICATE, NULL},
    {"bundle member: insert", "E04 E05", order_make, INSERT, NULL},
    {"bundle list, remade: another name", "E04 E32", list_lie, 0, "\"n\":\""},
    {"bundle list, remade: another length", "E04 E05", list_lie, 2, "\"z\":"},
    {"bundle list, remade: another hash", "E06 E04", list_lie, 1, "{\"h\":\""},
    {"bundle, remade: members swapped", "E04 E31 E32 E60", reorder_make, SWAP, NULL},
    {"bundle, remade: a member deleted", "E04 E20 E31 E32 E60 E63", reorder_make, DELETE, NULL},
    {"bundle, remade: a member inserted", "E32", reorder_make, INSERT, NULL},
    {"bundle, remade by somebody else", "E01", manifest_lie, 1, NULL},
    {"bundle, remade: another root", "E02", manifest_lie, 2, NULL},
    {"bundle, remade: another size", "E03 E12 E30 E31 E32", manifest_lie, 0, "size"},
    {"bundle, remade: another end", "E03 E31 E32", manifest_lie, 0, "to"},
    {"bundle, remade: another count of withheld blobs", "E03", manifest_lie, 0, "withheld"},
    {"bundle, remade: another count of erased blobs", "E03", manifest_lie, 0, "erased"},
    {"bundle, remade: another count of leaves", "E03 E31 E32", manifest_lie, 0, "leaves"},
    {"bundle, remade: another lag", "E22 E03", manifest_lie, 0, "lag"},
    {"bundle, remade: policy changed", "E11 E03", remake_make, FLIP, "policy"},
    {"bundle, remade: keys changed", "E40 E43", remake_make, FLIP, "keys.jsonl"},
    {"bundle, remade: a checkpoint changed", "E02 E10 E11 E12 E13", checkpoint_make, SOMEBODY, "checkpoints.txt"},
    {"bundle, remade: a cosignature that is by nobody known", FINE, checkpoint_make, NOBODY, "checkpoints.txt"},
    {"bundle, remade: the newest cosignature by nobody known", "E03", checkpoint_make, NOBODY_NEWEST, "checkpoints.txt"},
    {"bundle, remade: a time stamp changed", "E20", remake_make, FLIP, "tsa/#"},
    {"bundle, remade: level-0 tile: flip", "E30", remake_make, FLIP, "tile/0"},
    {"bundle, remade: level-0 tile: swap", "E30", remake_make, SWAP, "tile/0"},
    {"bundle, remade: level-1 tile: flip", "E30", remake_make, FLIP, "tile/1"},
    {"bundle, remade: entries: flip", "E33 E34", remake_make, FLIP, "tile/entries"},
    {"bundle, remade: entries: delete", "E33 E34", remake_make, DELETE, "tile/entries"},
    {"bundle, remade: entries: truncate", "E33", remake_make, CUT, "tile/entries"},
    {"bundle, remade: a salt changed", "E60 E62 E63", remake_make, FLIP, "salts.jsonl"},
    {"bundle, remade: a blob: flip", "E62", remake_make, FLIP, "blobs/"},
    {"bundle, remade: a blob: truncate", "E62", remake_make, CUT, "blobs/"},
    {"bundle: an older one, with last seen", "E14", older_make, 0, NULL},
};

const struct tamper_family tamper_bundle = {"bundle",
                                            classes,
                                            sizeof(classes) / sizeof(classes[0]),
                                            {"bundle, remade as it was", FINE, honest_make, HONEST, NULL, NULL},
                                            begin,
                                            end,
                                            check,
                                            restore};
