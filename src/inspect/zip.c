/* zip.c - ZIP archives (APPNOTE 6.3.10) by their central directory, as unzip reads them, and gzip. Every entry is inflated within the limits and its
 * CRC compared; what is inside another archive is not opened. */
#include "inspect/internal.h"
#include <stdlib.h>

enum { FLAG_ENCRYPTED = 1, METHOD_STORED = 0, METHOD_DEFLATED = 8, END_BYTES = 22 };

bool job_inflate(struct job *j, struct str bytes, enum inflate_form form, uint64_t size_max, struct buf *out, struct inflated *ret)
{
    struct err e = {0};
    uint64_t left = INSPECT_EXPANDED_BYTES - j->expanded;
    *ret = (struct inflated){0};
    if (j->is_bomb || !inflate_part(bytes, form, size_max < left ? size_max : left, out, ret, &e)) {
        if (e.code)
            check_worsen(j, INSPECT_READABLE, INSPECT_UNKNOWN, "%s", e.text);
        return false;
    }
    j->expanded += ret->size < left ? ret->size : left;
    j->compressed += ret->used;
    bool is_dense = j->expanded > INSPECT_RATIO_FROM && j->expanded > j->compressed * INSPECT_RATIO_MAX;
    if (is_dense || (ret->is_too_large && size_max >= left)) {
        j->is_bomb = true;
        check_worsen(j, INSPECT_EXPANSION, is_dense ? INSPECT_PROBLEM : INSPECT_UNKNOWN,
                     is_dense ? "%llu bytes expand to over %llu: a bomb" : "%llu bytes expand to over %llu, more than is looked at here",
                     (unsigned long long)j->compressed, (unsigned long long)j->expanded);
    }
    return ret->is_whole && !ret->is_too_large && !j->is_bomb;
}

/* ---- the directory ---- */

static bool find_end(struct str bytes, size_t *ret)
{
    if (bytes.size < END_BYTES)
        return false;
    size_t last = bytes.size - END_BYTES, lowest = last > 65535 ? last - 65535 : 0;
    for (size_t at = last + 1; at-- > lowest;)
        if (memcmp(bytes.data + at, "PK\x05\x06", 4) == 0) {
            *ret = at;
            return true;
        }
    return false;
}

/* The bytes of one entry, by its local header. */
static bool entry_locate(struct job *j, struct zip_entry *e, uint64_t packed)
{
    struct cursor c = cursor_of(str_slice(j->bytes, (size_t)e->from, j->bytes.size));
    if (cursor_u32le(&c) != 0x04034b50)
        return false;
    cursor_skip(&c, 22);
    uint16_t name = cursor_u16le(&c), extra = cursor_u16le(&c);
    struct str local = cursor_take(&c, name);
    cursor_skip(&c, extra);
    if (packed > cursor_left(&c))
        return false;
    e->data = cursor_take(&c, (size_t)packed);
    return !c.failed && str_equal(local, e->name);
}

static bool directory_read(struct job *j, struct zip *z)
{
    size_t end;
    if (!find_end(j->bytes, &end))
        return check_set(j, INSPECT_READABLE, INSPECT_PROBLEM, "the archive is cut off: its directory is not there"), false;
    struct cursor tail = cursor_of(str_slice(j->bytes, end + 10, j->bytes.size));
    size_t count = cursor_u16le(&tail), size = cursor_u32le(&tail), at = cursor_u32le(&tail);
    if (count == 0xffff || at == 0xffffffff)
        return check_set(j, INSPECT_READABLE, INSPECT_UNKNOWN, "an archive of the large kind (ZIP64) is not read here"), false;
    if (count > INSPECT_ENTRIES_MAX)
        return check_set(j, INSPECT_READABLE, INSPECT_UNKNOWN, "%zu entries, more than %d", count, INSPECT_ENTRIES_MAX), false;
    if (at > end || size > end - at)
        return check_set(j, INSPECT_READABLE, INSPECT_PROBLEM, "its directory lies outside of the file"), false;
    if (at + size != end)
        check_worsen(j, INSPECT_ONE, INSPECT_PROBLEM, "something stands before or inside the archive");
    struct cursor c = cursor_of(str_slice(j->bytes, at, end));
    z->entries = arena_array(j->a, count + 1, sizeof *z->entries);
    for (size_t i = 0; i < count; i++) {
        struct zip_entry *e = &z->entries[z->count];
        if (cursor_u32le(&c) != 0x02014b50)
            break;
        cursor_skip(&c, 4);
        e->flags = cursor_u16le(&c);
        e->method = cursor_u16le(&c);
        cursor_skip(&c, 4);
        e->crc = cursor_u32le(&c);
        uint32_t packed = cursor_u32le(&c);
        e->size = cursor_u32le(&c);
        uint16_t name = cursor_u16le(&c), extra = cursor_u16le(&c), comment = cursor_u16le(&c);
        cursor_skip(&c, 8);
        e->from = cursor_u32le(&c);
        e->name = cursor_take(&c, name);
        cursor_skip(&c, (size_t)extra + comment);
        if (c.failed || e->from > at || !entry_locate(j, e, packed))
            break;
        z->count++;
    }
    if (z->count != count)
        return check_set(j, INSPECT_READABLE, INSPECT_PROBLEM, "its directory is broken at entry %zu of %zu", z->count + 1, count), false;
    return true;
}

static int entry_compare(const void *pa, const void *pb)
{
    const struct zip_entry *a = *(const struct zip_entry *const *)pa, *b = *(const struct zip_entry *const *)pb;
    return a->from < b->from ? -1 : a->from > b->from;
}

/* Entries that lie over one another are how a small file gets to hold terabytes. And what lies before the first is not the archive's. */
static void layout_check(struct job *j, const struct zip *z)
{
    const struct zip_entry **sorted = arena_array(j->a, z->count + 1, sizeof *sorted);
    for (size_t i = 0; i < z->count; i++)
        sorted[i] = &z->entries[i];
    qsort(sorted, z->count, sizeof *sorted, entry_compare);
    if (z->count && sorted[0]->from > 0)
        check_worsen(j, INSPECT_ONE, INSPECT_PROBLEM, "%llu bytes stand before the archive", (unsigned long long)sorted[0]->from);
    for (size_t i = 1; i < z->count; i++)
        if (sorted[i - 1]->data.data + sorted[i - 1]->data.size > j->bytes.data + sorted[i]->from) {
            j->is_bomb = true;
            check_worsen(j, INSPECT_EXPANSION, INSPECT_PROBLEM, "its entries overlap, as in a bomb");
            return;
        }
}

bool zip_open(struct job *j, struct zip *z)
{
    if (!directory_read(j, z))
        return false;
    layout_check(j, z);
    return true;
}

const struct zip_entry *zip_find(const struct zip *z, const char *name)
{
    for (size_t i = 0; i < z->count; i++)
        if (str_is(z->entries[i].name, name))
            return &z->entries[i];
    return NULL;
}

bool zip_read(struct job *j, const struct zip_entry *e, uint64_t size_max, struct str *ret)
{
    if (e->flags & FLAG_ENCRYPTED)
        return false;
    if (e->method == METHOD_STORED) {
        *ret = str_slice(e->data, 0, (size_t)(e->data.size < size_max ? e->data.size : size_max));
        return crc32_of(0, e->data) == e->crc;
    }
    struct inflated done;
    struct buf BUF_AUTO out;
    buf_init(&out, (size_t)size_max);
    bool ok = e->method == METHOD_DEFLATED && job_inflate(j, e->data, INFLATE_RAW, size_max, &out, &done) && done.crc == e->crc;
    *ret = arena_str(j->a, buf_view(&out));
    return ok;
}

/* ---- archives that are nothing else ---- */

struct looked {
    size_t files, encrypted, broken, unread, nested;
};

static void entry_look(struct job *j, const struct zip_entry *e, struct looked *l)
{
    char ending[16];
    struct inflated done = {0};
    name_ending(e->name, ending);
    if (str_ends(e->name, "/"))
        return;
    l->files++;
    if (sniff_runs(ending))
        check_worsen(j, INSPECT_ACTIVE, INSPECT_PROBLEM, "it holds a program: %.*s", STR_ARGS(str_slice(e->name, 0, 100)));
    if (strcmp(ending, "zip") == 0 || strcmp(ending, "gz") == 0 || strcmp(ending, "7z") == 0 || strcmp(ending, "rar") == 0)
        l->nested++;
    if (e->flags & FLAG_ENCRYPTED)
        l->encrypted++;
    else if (e->method == METHOD_STORED)
        l->broken += crc32_of(0, e->data) != e->crc;
    else if (e->method != METHOD_DEFLATED)
        l->unread++;
    else if (!job_inflate(j, e->data, INFLATE_RAW, INSPECT_EXPANDED_BYTES, NULL, &done))
        l->broken += !j->is_bomb;
    else
        l->broken += done.crc != e->crc || done.size != e->size;
}

static void archive_look(struct job *j, const struct zip *z)
{
    struct looked l = {0};
    check_worsen(j, INSPECT_ACTIVE, INSPECT_PASS, "no program by its name");
    for (size_t i = 0; i < z->count && !j->is_bomb; i++)
        entry_look(j, &z->entries[i], &l);
    if (l.encrypted)
        check_worsen(j, INSPECT_READABLE, INSPECT_PROBLEM, "%zu of %zu files are encrypted: nobody can look into it", l.encrypted, l.files);
    else if (l.broken)
        check_worsen(j, INSPECT_READABLE, INSPECT_PROBLEM, "%zu of %zu files are damaged", l.broken, l.files);
    else if (j->is_bomb)
        check_worsen(j, INSPECT_READABLE, INSPECT_UNKNOWN, "it was not read to its end");
    else if (l.unread || l.nested)
        check_worsen(j, INSPECT_READABLE, INSPECT_UNKNOWN, l.nested ? "it holds archives, which are not opened" : "it is packed in a way that is not read here");
    else
        check_worsen(j, INSPECT_READABLE, INSPECT_PASS, "%zu files, all whole", l.files);
    if (l.files == 0)
        check_set(j, INSPECT_CONTENT, INSPECT_PROBLEM, "an archive without a file");
    if (l.nested)
        check_worsen(j, INSPECT_ACTIVE, INSPECT_UNKNOWN, "what is in the archives inside is not known");
}

void inspect_zip(struct job *j)
{
    struct zip z = {0};
    check_set(j, INSPECT_CONTENT, INSPECT_PASS, "%zu bytes", j->bytes.size);
    if (zip_open(j, &z)) {
        if (!inspect_office(j, &z))
            archive_look(j, &z);
    }
    if (!j->is_bomb && j->found->checks[INSPECT_READABLE].status == INSPECT_PASS)
        check_worsen(j, INSPECT_EXPANSION, INSPECT_PASS, "%llu bytes inside", (unsigned long long)j->expanded);
    if (j->found->checks[INSPECT_READABLE].status == INSPECT_PASS)
        check_worsen(j, INSPECT_ONE, INSPECT_PASS, "an archive from beginning to end");
}

void inspect_gzip(struct job *j)
{
    struct inflated done;
    struct buf BUF_AUTO plain;
    buf_init(&plain, INSPECT_TEXT_BYTES);
    bool ok = job_inflate(j, j->bytes, INFLATE_GZIP, INSPECT_EXPANDED_BYTES, &plain, &done);
    check_set(j, INSPECT_CONTENT, ok && done.size == 0 ? INSPECT_PROBLEM : INSPECT_PASS, "%llu bytes inside", (unsigned long long)done.size);
    if (j->is_bomb)
        return;
    check_set(j, INSPECT_EXPANSION, INSPECT_PASS, "%llu bytes inside", (unsigned long long)done.size);
    if (!ok) {
        check_set(j, INSPECT_READABLE, INSPECT_PROBLEM, "it is damaged or cut off");
        return;
    }
    check_set(j, INSPECT_READABLE, INSPECT_PASS, "it is whole");
    if (done.used == j->bytes.size)
        check_set(j, INSPECT_ONE, INSPECT_PASS, "one file, and nothing behind it");
    struct sniffed inside = sniff(j->a, STR(""), buf_view(&plain));
    if (inside.family == FAMILY_TEXT && done.size == plain.size && str_is_utf8(buf_view(&plain))) {
        text_add(j, buf_view(&plain));
        j->found->has_text = true;
        check_set(j, INSPECT_ACTIVE, INSPECT_PASS, "text does nothing");
    } else if (inside.family == FAMILY_PROGRAM) {
        check_set(j, INSPECT_ACTIVE, INSPECT_PROBLEM, "it holds a %s", inside.words);
    }
}
