#include "collect/host/wtmp.h"
#include "collect/host/unpack.h"
#include <stdlib.h>

/* ---- which files ---- */

struct rotated {
    struct str path;
    bool is_dated;
    int64_t number; /* wtmp.2 is older than wtmp.1; of dates the smaller is the older */
};

static int compare_age(const void *a, const void *b)
{
    const struct rotated *x = a, *y = b;
    if (x->is_dated != y->is_dated)
        return x->is_dated ? -1 : 1;
    if (x->number != y->number)
        return (x->number < y->number) == x->is_dated ? -1 : 1;
    return str_compare(x->path, y->path);
}

static bool is_rotated(struct str name, struct rotated *ret)
{
    struct str stem = name;
    unpack_kind_of(name, &stem);
    if (!str_starts(stem, "wtmp.") && !str_starts(stem, "wtmp-"))
        return false;
    ret->is_dated = stem.data[4] == '-';
    return str_to_int64(str_slice(stem, 5, stem.size), &ret->number) && ret->number >= 0;
}

void wtmp_files(struct gather *g, struct conf_paths *ret)
{
    struct str *names;
    size_t name_count, count = 0;
    *ret = (struct conf_paths){0};
    conf_list(g, "/var/log", &names, &name_count);
    struct rotated *list = arena_array(g->arena, name_count, sizeof(*list));
    for (size_t i = 0; i < name_count; i++)
        if (is_rotated(names[i], &list[count]))
            list[count++].path = arena_printf(g->arena, "/var/log/%.*s", STR_ARGS(names[i]));
    if (count)
        qsort(list, count, sizeof(*list), compare_age);
    size_t first = count >= WTMP_FILES_MAX ? count - (WTMP_FILES_MAX - 1) : 0;
    if (first)
        gather_missing(g, STR("/var/log/wtmp"), "the oldest rotated files", "there are more than are read");
    for (size_t i = first; i < count; i++)
        conf_paths_add(g->arena, ret, list[i].path);
    conf_paths_add(g->arena, ret, STR("/var/log/wtmp"));
}

/* ---- reading ---- */

/* The tail of what is unpacked: twice as much as is wanted, so that moving costs little. */
struct tail {
    char *bytes;
    size_t size, capacity, wanted;
    uint64_t total;
};

static bool keep_tail(void *context, struct str piece)
{
    struct tail *t = context;
    t->total += piece.size;
    if (piece.size > t->wanted)
        piece = str_slice(piece, piece.size - t->wanted, piece.size);
    if (t->size + piece.size > t->capacity) {
        size_t kept = t->wanted < t->size ? t->wanted : t->size;
        memmove(t->bytes, t->bytes + t->size - kept, kept);
        t->size = kept;
    }
    memcpy(t->bytes + t->size, piece.data, piece.size);
    t->size += piece.size;
    return true;
}

static bool read_packed(struct gather *g, const char *path, enum unpack_kind kind, size_t size_max, struct str *ret, uint64_t *ret_size,
                        struct err *e)
{
    struct str packed;
    if (!source_read(g->source, g->arena, path, WTMP_PACKED_BYTES_MAX, &packed, e))
        return false;
    struct tail t = {.capacity = 2 * size_max, .wanted = size_max};
    t.bytes = arena_alloc(g->arena, t.capacity);
    struct unpack *u = unpack_new(kind, WTMP_UNPACKED_BYTES_MAX, keep_tail, &t);
    bool ok = unpack_feed(u, packed, e) && unpack_end(u, e);
    unpack_free(u);
    if (!ok)
        return false;
    size_t kept = t.size < size_max ? t.size : size_max;
    *ret = str_make(t.bytes + t.size - kept, kept);
    *ret_size = t.total;
    return true;
}

bool wtmp_read(struct gather *g, const char *path, size_t size_max, struct str *ret_bytes, bool *ret_has_more, bool *ret_is_torn,
               struct err *e)
{
    struct str stem, bytes;
    uint64_t size = 0;
    enum unpack_kind kind = unpack_kind_of(str_of(path), &stem);
    if (kind == UNPACK_PLAIN ? !source_read_slice(g->source, g->arena, path, -(int64_t)size_max, size_max, &bytes, &size, e)
                             : !read_packed(g, path, kind, size_max, &bytes, &size, e))
        return false;
    size_t skip = size > bytes.size ? (size_t)((WTMP_RECORD_BYTES - (size - bytes.size) % WTMP_RECORD_BYTES) % WTMP_RECORD_BYTES) : 0;
    *ret_bytes = str_slice(bytes, skip < bytes.size ? skip : bytes.size, bytes.size);
    *ret_has_more = size > bytes.size;
    *ret_is_torn = size % WTMP_RECORD_BYTES != 0;
    return true;
}
