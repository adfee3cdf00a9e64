/* bundle_read.c - see bundle_read.h. The file is mapped; nothing in it is believed before it was compared. */
#include "ledger/bundle_read.h"

#include "base/cursor.h"
#include "ledger/bundle_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512, NAME_MAX_BYTES = 99, MANIFEST_BYTES_MAX = 1 << 20, FORGET_BYTES = 8 << 20, KEPT_BYTES_MAX = 64 << 20 };

/* A blob: where it lies, and what salts.jsonl says of it. */
struct place {
    uint8_t c[32], x[32];
    struct sha256 digest; /* as members.jsonl says */
    uint64_t offset, size;
    int64_t leaf;
    bool is_damaged;
};

struct bundle_file {
    struct arena *arena;
    struct str map;
    struct bundle_facts facts;
    struct bundle_fault faults[BUNDLE_FAULTS_MAX];
    size_t fault_count;
    bool is_sound;
    struct str members, salts, checkpoints;
    uint64_t first_member; /* offset of the header of the first one that members.jsonl names */
    struct place *places;  /* in the order of salts.jsonl */
    size_t place_count, place_capacity;
    uint32_t *slots; /* by c: place and one; 0: free */
    size_t slot_count;
};

/* One line of members.jsonl. */
struct member {
    struct str name;
    struct sha256 digest;
    uint64_t size;
};

static struct bundle_fault *fault_add(struct bundle_file *b, struct str member, const char *format, ...) __attribute__((format(printf, 3, 4)));
static struct bundle_fault *fault_add(struct bundle_file *b, struct str member, const char *format, ...)
{
    static struct bundle_fault beyond;
    struct bundle_fault *f = b->fault_count < BUNDLE_FAULTS_MAX ? &b->faults[b->fault_count] : &beyond;
    va_list list;
    b->fault_count++;
    *f = (struct bundle_fault){.leaf = -1};
    snprintf(f->member, sizeof(f->member), "%.*s", STR_ARGS(str_slice(member, 0, NAME_MAX_BYTES)));
    va_start(list, format);
    vsnprintf(f->text, sizeof(f->text), format, list);
    va_end(list);
    return f;
}

/* ---- the container ---- */

static uint64_t padded(uint64_t size)
{
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

static void digest_words(struct sha256 digest, char ret[65])
{
    hex_encode(digest.bytes, SHA256_SIZE, ret);
}

/* A header as it lies there: its size. False: it is none. */
static bool header_size(struct str map, uint64_t offset, const char *name, uint64_t *ret)
{
    char wanted[BLOCK];
    if (offset > map.size || map.size - offset < BLOCK)
        return false;
    struct cursor c = cursor_of(str_slice(map, offset, offset + BLOCK));
    cursor_skip(&c, 124);
    struct str digits = cursor_take(&c, 11);
    return !c.failed && str_to_uint64_base(digits, 8, ret) && *ret <= map.size - offset - BLOCK && ustar_header(name, *ret, wanted) &&
           memcmp(map.data + offset, wanted, BLOCK) == 0;
}

/* {"h":"…","n":"…","z":N} in the one spelling that it has. */
static bool member_next(struct cursor *c, struct member *ret)
{
    if (!cursor_accept(c, "{\"h\":\""))
        return false;
    struct str hex = cursor_take(c, 64);
    struct str line = cursor_accept(c, "\",\"n\":\"") ? cursor_line(c) : (struct str){0};
    ptrdiff_t quote = line.data ? str_find_char(line, '"') : -1;
    if (c->failed || quote <= 0 || quote > NAME_MAX_BYTES || !hex_decode(hex, ret->digest.bytes, SHA256_SIZE))
        return false;
    ret->name = str_slice(line, 0, (size_t)quote);
    struct str rest = str_slice(line, (size_t)quote, line.size);
    int64_t size = -1;
    if (!str_starts(rest, "\",\"z\":") || !str_ends(rest, "}") || !str_to_int64(str_slice(rest, 6, rest.size - 1), &size) || size < 0)
        return false;
    ret->size = (uint64_t)size;
    return true;
}

/* Plain names only: what is extracted lands where it says. */
static bool name_is_plain(struct str name)
{
    char before = '/';
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool is_sign = c == '/' || c == '.';
        bool is_letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
        if ((!is_sign && !is_letter) || (is_sign && (before == '/' || before == '.')))
            return false;
        before = c;
    }
    return name.size > 0 && before != '/';
}

static struct place *place_find(const struct bundle_file *b, const uint8_t c[32])
{
    uint64_t h;
    memcpy(&h, c, sizeof(h));
    for (size_t i = (size_t)h & (b->slot_count - 1); b->slot_count && b->slots[i]; i = (i + 1) & (b->slot_count - 1))
        if (memcmp(b->places[b->slots[i] - 1].c, c, 32) == 0)
            return &b->places[b->slots[i] - 1];
    return NULL;
}

static bool slots_fill(struct bundle_file *b)
{
    b->slot_count = 16;
    while (b->slot_count < 2 * b->place_count)
        b->slot_count *= 2;
    b->slots = calloc(b->slot_count, sizeof(*b->slots));
    for (size_t i = 0; b->slots && i < b->place_count; i++) {
        uint64_t h;
        memcpy(&h, b->places[i].c, sizeof(h));
        size_t at = (size_t)h & (b->slot_count - 1);
        while (b->slots[at])
            at = (at + 1) & (b->slot_count - 1);
        b->slots[at] = (uint32_t)i + 1;
    }
    return b->slots != NULL;
}

/* ---- salts.jsonl ---- */

static bool salt_line(struct bundle_file *b, const struct json *line)
{
    struct place p = {.leaf = json_int(line, "i", -1)};
    bool is_read = hex_decode(json_text(line, "c"), p.c, 32) && hex_decode(json_text(line, "x"), p.x, 32) && p.leaf >= 0;
    if (json_get(line, "e"))
        b->facts.erased += is_read;
    else if (!json_get(line, "s") && !json_get(line, "of"))
        b->facts.withheld += is_read;
    if (!is_read || !json_get(line, "s"))
        return is_read;
    uint8_t salt[32];
    if (!hex_decode(json_text(line, "s"), salt, 32) || json_int(line, "z", -1) < 0 || b->place_count == UINT32_MAX / 2)
        return false;
    if (b->place_count == b->place_capacity) {
        size_t wanted = b->place_capacity ? 2 * b->place_capacity : 256;
        struct place *grown = realloc(b->places, wanted * sizeof(*grown));
        if (!grown)
            return false;
        b->places = grown;
        b->place_capacity = wanted;
    }
    p.size = (uint64_t)json_int(line, "z", 0);
    memcpy(p.digest.bytes, salt, 32); /* until its member is met: then it is the digest, and the salt was used */
    b->places[b->place_count++] = p;
    b->facts.disclosed++;
    return true;
}

static void salts_read(struct bundle_file *b)
{
    struct arena *a = arena_new("a line of salts.jsonl", 1 << 20);
    struct str rest = b->salts, line;
    struct err e = {0};
    bool ok = true;
    while (ok && str_next_line(&rest, &line)) {
        arena_reset(a);
        const struct json *o = json_parse(a, line, (struct json_limits){.depth_max = 2, .nodes_max = 16}, &e);
        ok = o && salt_line(b, o);
    }
    arena_free(a);
    if (!ok || !slots_fill(b)) {
        fault_add(b, STR("salts.jsonl"), "a line of it says nothing of a blob");
        b->is_sound = false;
    }
}

/* ---- members ---- */

/* c = SHA-256("assay/blob@v1" 00 || salt || u64be size || digest). */
static struct sha256 commitment_of(const uint8_t salt[32], uint64_t size, struct sha256 digest)
{
    uint8_t bytes[14 + 32 + 8 + 32] = "assay/blob@v1";
    memcpy(bytes + 14, salt, 32);
    for (int i = 0; i < 8; i++)
        bytes[46 + i] = (uint8_t)(size >> (56 - 8 * i));
    memcpy(bytes + 54, digest.bytes, 32);
    return sha256_of(str_make(bytes, sizeof(bytes)));
}

static void blob_meet(struct bundle_file *b, const struct member *m, uint64_t offset, size_t *due, struct bundle_fault *f)
{
    char name[80], hex[65];
    if (!b->salts.data)
        return; /* it is damaged itself, and that was told */
    if (*due >= b->place_count) {
        fault_add(b, m->name, "salts.jsonl says nothing of this blob");
        b->is_sound = false;
        return;
    }
    struct place *p = &b->places[(*due)++];
    hex_encode(p->c, 32, hex);
    snprintf(name, sizeof(name), "blobs/%s", hex);
    struct sha256 c = commitment_of(p->digest.bytes, m->size, m->digest);
    bool is_its = str_is(m->name, name) && p->size == m->size && memcmp(c.bytes, p->c, 32) == 0;
    p->digest = m->digest;
    p->offset = offset;
    p->is_damaged = f || !is_its;
    if (!is_its && !f)
        f = fault_add(b, m->name, "content, salt or size is not what leaf %lld committed to", (long long)p->leaf);
    if (f) {
        f->leaf = p->leaf;
        memcpy(f->c, p->c, 32);
        memcpy(f->x, p->x, 32);
    }
}

/* One member at `offset`: at most one fault. False: the file ends before it. */
static bool member_check(struct bundle_file *b, const struct member *m, uint64_t offset, struct bundle_fault **ret)
{
    char name[NAME_MAX_BYTES + 1], wanted[BLOCK], stored[65], computed[65];
    *ret = NULL;
    if (m->size > b->map.size || b->map.size - m->size < BLOCK || offset > b->map.size - m->size - BLOCK || padded(m->size) > b->map.size - offset - BLOCK) {
        *ret = fault_add(b, m->name, "the file ends before it");
        return false;
    }
    snprintf(name, sizeof(name), "%.*s", STR_ARGS(m->name));
    struct str content = str_slice(b->map, offset + BLOCK, offset + BLOCK + m->size);
    struct sha256 digest = sha256_of(content);
    digest_words(m->digest, stored);
    digest_words(digest, computed);
    bool is_padded = true;
    for (uint64_t i = m->size; i < padded(m->size); i++)
        is_padded = is_padded && content.data[i] == 0;
    if (!sha256_equal(digest, m->digest))
        *ret = fault_add(b, m->name, "stored digest %s, computed %s", stored, computed);
    else if (!ustar_header(name, m->size, wanted) || memcmp(b->map.data + offset, wanted, BLOCK) != 0)
        *ret = fault_add(b, m->name, "its header is not the one that members.jsonl makes due here");
    else if (!is_padded)
        *ret = fault_add(b, m->name, "something stands where padding belongs");
    return true;
}

static void members_check(struct bundle_file *b)
{
    struct cursor c = cursor_of(b->members);
    struct member m;
    uint64_t offset = b->first_member, forgotten = 0;
    size_t due = 0;
    while (!cursor_at_end(&c)) {
        struct bundle_fault *f = NULL;
        if (b->facts.members == BUNDLE_MEMBERS_MAX || !member_next(&c, &m) || !name_is_plain(m.name)) {
            fault_add(b, STR("members.jsonl"), "line %llu of it names no member", (unsigned long long)b->facts.members + 1);
            b->is_sound = false;
            return;
        }
        b->facts.members++;
        if (!member_check(b, &m, offset, &f)) {
            b->is_sound = false;
            return;
        }
        struct str content = str_slice(b->map, offset + BLOCK, offset + BLOCK + m.size);
        bool is_blob = str_starts(m.name, "blobs/");
        b->is_sound = b->is_sound && (!f || is_blob);
        if (is_blob)
            blob_meet(b, &m, offset + BLOCK, &due, f);
        else if (str_is(m.name, "checkpoints.txt"))
            b->checkpoints = content;
        else if (str_is(m.name, "salts.jsonl") && !f) {
            b->salts = content;
            salts_read(b);
        }
        offset += BLOCK + padded(m.size);
        if (offset - forgotten > FORGET_BYTES) { /* only the memory */
            uint64_t begin = forgotten / 4096 * 4096;
            (void)madvise((void *)(uintptr_t)(b->map.data + begin), (offset - begin) / 4096 * 4096, MADV_DONTNEED);
            forgotten = offset;
        }
    }
    static const char end[2 * BLOCK];
    if (b->map.size - offset != sizeof(end) || memcmp(b->map.data + offset, end, sizeof(end)) != 0) {
        fault_add(b, STR("end"), "what follows the last member is not the end of the archive");
        b->is_sound = false;
    } else if (due != b->place_count) {
        fault_add(b, STR("salts.jsonl"), "%zu blobs that it has a salt for are not here", b->place_count - due);
        b->is_sound = false;
    }
}

/* ---- the manifest ---- */

static bool manifest_read(struct bundle_file *b, struct str note, struct sha256 *ret_hash, uint64_t *ret_size, struct err *e)
{
    struct cursor c = cursor_of(note);
    struct str line = cursor_accept(&c, "assay/bundle@v1\n") ? cursor_line(&c) : (struct str){0};
    struct json *m = line.data && !c.failed ? json_parse(b->arena, line, (struct json_limits){.depth_max = 4, .nodes_max = 200}, e) : NULL;
    const struct json *members = json_get(m, "mem");
    int64_t size = json_int(members, "z", -1), leaves = json_int(m, "size", -1), from = json_int(m, "from", -1), to = json_int(m, "to", -1);
    if (!m || size < 0 || leaves < 1 || from < 0 || to < from || to > leaves || !hex_decode(json_text(members, "h"), ret_hash->bytes, SHA256_SIZE))
        return err_set(e, ERR_CORRUPT, "manifest.note: not of the format assay/bundle@v1");
    *ret_size = (uint64_t)size;
    b->facts.origin = json_text(m, "log");
    b->facts.mode = json_text(m, "mode");
    b->facts.audience = json_text(m, "aud");
    b->facts.engagement = json_get(m, "eng") ? json_text(m, "eng") : STR("");
    b->facts.size = (uint64_t)leaves;
    b->facts.from = (uint64_t)from;
    b->facts.to = (uint64_t)to;
    return true;
}

/* The note behind a header that cannot be believed: up to the zeros, or to the next header. False: none is there. */
static bool note_behind(struct str map, uint64_t *ret)
{
    struct str note = str_slice(map, BLOCK, map.size);
    size_t size = 0, left = note.size < MANIFEST_BYTES_MAX ? note.size : MANIFEST_BYTES_MAX;
    if (!str_starts(note, "assay/bundle@v1\n"))
        return false;
    while (size < left && note.data[size] != 0 && !(size % BLOCK == 0 && str_starts(str_slice(note, size, note.size), "members.jsonl")))
        size++;
    *ret = size;
    return true;
}

/* The first header is not the one that its note makes due: a fault that says which byte, and everything behind it is looked at. */
static void manifest_header_fault(struct bundle_file *b, uint64_t note)
{
    static const struct {
        size_t behind;
        const char *words;
    } fields[] = {{100, "name"}, {108, "mode"}, {116, "owner"}, {124, "group"}, {136, "size"}, {148, "time"}, {156, "checksum"}, {157, "type"}, {257, "link"}, {265, "format"},
                  {297, "owner's name"}, {329, "group's name"}, {345, "device"}, {500, "prefix"}, {BLOCK, "padding"}};
    char wanted[BLOCK];
    size_t at = 0, field = 0;
    if (!ustar_header("manifest.note", note, wanted))
        return;
    while (at < BLOCK - 1 && b->map.data[at] == wanted[at])
        at++;
    while (fields[field].behind <= at)
        field++;
    fault_add(b, STR("manifest.note"), "byte %zu of the file, in the %s of its tar header, is 0x%02x, and 0x%02x belongs there: the bundle was changed after it was written", at,
              fields[field].words, (unsigned char)b->map.data[at], (unsigned char)wanted[at]);
}

static bool file_read(struct bundle_file *b, const char *path, struct err *e)
{
    uint64_t size = 0, note = 0, there = 0;
    struct sha256 digest;
    char stored[65], computed[65];
    bool has_header = header_size(b->map, 0, "manifest.note", &note) && note <= MANIFEST_BYTES_MAX;
    if (!has_header && !note_behind(b->map, &note))
        return err_set(e, ERR_INVALID, "%s: no bundle: it does not begin with manifest.note", path);
    if (!has_header)
        manifest_header_fault(b, note);
    if (!manifest_read(b, str_slice(b->map, BLOCK, BLOCK + note), &digest, &size, e))
        return false;
    uint64_t at = BLOCK + padded(note);
    b->first_member = at + BLOCK + padded(size);
    if (size > b->map.size || b->first_member > b->map.size) {
        fault_add(b, STR("members.jsonl"), "the file ends before it");
        return true;
    }
    b->members = str_slice(b->map, at + BLOCK, at + BLOCK + size);
    struct sha256 now = sha256_of(b->members);
    digest_words(digest, stored);
    digest_words(now, computed);
    if (!sha256_equal(now, digest)) {
        fault_add(b, STR("members.jsonl"), "stored digest %s, computed %s", stored, computed);
        return true;
    }
    bool is_formed = header_size(b->map, at, "members.jsonl", &there) && there == size;
    for (uint64_t i = size; i < padded(size); i++)
        is_formed = is_formed && b->members.data[i] == 0;
    if (!is_formed)
        fault_add(b, STR("members.jsonl"), "its header or padding is not as it has to be");
    b->is_sound = has_header && is_formed;
    if (is_formed)
        members_check(b);
    return true;
}

struct bundle_file *bundle_file_open(const char *path, struct err *e)
{
    struct stat facts;
    struct bundle_file *b = calloc(1, sizeof(*b));
    int fd = b ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    bool ok = b || err_set(e, ERR_LIMIT, "a bundle: no memory");
    ok = ok && (fd >= 0 || err_errno(e, errno, "%s", path)) && (fstat(fd, &facts) == 0 || err_errno(e, errno, "%s", path));
    ok = ok && ((S_ISREG(facts.st_mode) && facts.st_size > 2 * BLOCK) || err_set(e, ERR_INVALID, "%s: no bundle", path));
    if (ok) {
        void *map = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        ok = map != MAP_FAILED || err_errno(e, errno, "%s", path);
        if (ok)
            b->map = str_make(map, (size_t)facts.st_size);
    }
    if (fd >= 0)
        close(fd);
    if (ok) {
        b->arena = arena_new("a bundle that is read", KEPT_BYTES_MAX);
        b->facts.bytes = b->map.size;
        ok = file_read(b, path, e);
    }
    return ok ? b : bundle_file_close(b);
}

struct bundle_file *bundle_file_close(struct bundle_file *b)
{
    if (!b)
        return NULL;
    if (b->map.data)
        munmap((void *)(uintptr_t)b->map.data, b->map.size);
    arena_free(b->arena);
    free(b->places);
    free(b->slots);
    free(b);
    return NULL;
}

/* ---- what is in it ---- */

const struct bundle_facts *bundle_file_facts(const struct bundle_file *b)
{
    return &b->facts;
}
size_t bundle_file_fault_count(const struct bundle_file *b)
{
    return b->fault_count;
}
const struct bundle_fault *bundle_file_fault(const struct bundle_file *b, size_t i)
{
    return &b->faults[i];
}
bool bundle_file_is_sound(const struct bundle_file *b)
{
    return b->is_sound;
}

bool bundle_file_blob(const struct bundle_file *b, struct str c_hex, struct str *ret, struct err *e)
{
    uint8_t c[32];
    const struct place *p = hex_decode(c_hex, c, 32) ? place_find(b, c) : NULL;
    if (!p)
        return err_set(e, ERR_NOT_FOUND, "blob %.16s is not in this bundle", c_hex.data);
    if (p->is_damaged || p->offset == 0)
        return err_set(e, ERR_CORRUPT, "blob %.16s is damaged in this bundle", c_hex.data);
    *ret = str_slice(b->map, p->offset, p->offset + p->size);
    return true;
}

/* Goes over the members from the first on; `each` false ends it. */
static bool members_walk(const struct bundle_file *b, bool (*each)(void *context, const struct member *m, struct str content, struct err *e), void *context, struct err *e)
{
    struct cursor c = cursor_of(b->members);
    struct member m;
    uint64_t offset = b->first_member;
    while (!cursor_at_end(&c) && member_next(&c, &m) && m.size < b->map.size && offset < b->map.size - m.size) {
        if (!each(context, &m, str_slice(b->map, offset + BLOCK, offset + BLOCK + m.size), e))
            return false;
        offset += BLOCK + padded(m.size);
    }
    return true;
}

struct wanted {
    const char *name;
    struct str content;
};

static bool is_wanted(void *context, const struct member *m, struct str content, struct err *e)
{
    struct wanted *w = context;
    (void)e;
    if (!str_is(m->name, w->name))
        return true;
    w->content = content;
    return false;
}

bool bundle_file_member(const struct bundle_file *b, const char *name, struct str *ret, struct err *e)
{
    struct wanted w = {.name = name};
    struct err none = {0};
    for (size_t i = 0; i < b->fault_count && i < BUNDLE_FAULTS_MAX; i++)
        if (strcmp(b->faults[i].member, name) == 0)
            return err_set(e, ERR_CORRUPT, "%s is damaged in this bundle", name);
    if (members_walk(b, is_wanted, &w, &none))
        return err_set(e, ERR_NOT_FOUND, "%s is not in this bundle", name);
    *ret = w.content;
    return true;
}

/* ---- the C2SP part ---- */

static bool file_make(int dir, struct str name, struct str content, struct err *e)
{
    char path[NAME_MAX_BYTES + 1];
    snprintf(path, sizeof(path), "%.*s", STR_ARGS(name));
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdirat(dir, path, 0700) != 0 && errno != EEXIST)
            return err_errno(e, errno, "%s", path);
        *slash = '/';
    }
    int fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(e, errno, "%s", path);
    bool ok = true;
    for (size_t done = 0; ok && done < content.size;) {
        ssize_t n = write(fd, content.data + done, content.size - done);
        ok = n > 0 || (n < 0 && errno == EINTR) || err_errno(e, errno, "%s", path);
        done += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    return ok;
}

static bool tile_extract(void *context, const struct member *m, struct str content, struct err *e)
{
    return !str_starts(m->name, "tile/") || file_make(*(const int *)context, m->name, content, e);
}

/* The last note of checkpoints.txt, each of which stands behind "== BYTES". */
static bool head_note(struct str all, struct str *ret)
{
    struct cursor c = cursor_of(all);
    ret->data = NULL;
    while (!cursor_at_end(&c)) {
        int64_t size = -1;
        struct str digits = cursor_accept(&c, "== ") ? cursor_line(&c) : (struct str){0};
        if (c.failed || !digits.data || !str_to_int64(digits, &size) || size < 0)
            return false;
        *ret = cursor_take(&c, (size_t)size);
        if (c.failed)
            return false;
    }
    return ret->data != NULL;
}

bool bundle_file_extract(const struct bundle_file *b, int dir, struct err *e)
{
    struct str note;
    if (!head_note(b->checkpoints, &note))
        return err_set(e, ERR_CORRUPT, "checkpoints.txt: no head is in it");
    return members_walk(b, tile_extract, &dir, e) && file_make(dir, STR("checkpoint"), note, e);
}
