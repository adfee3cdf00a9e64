#include "keeper/scrub.h"
#include "base/times.h"
#include "blob/blob.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <unistd.h>

enum { SCRATCH_BYTES_MAX = 64 << 20, STATE_BYTES_MAX = 1 << 20, REST_MS = 200 };
#define NAMES_BYTES_MAX ((size_t)8 << 30)
#define STATE_FILE SCRUB_DIR "/state"
#define RESULT_FILE SCRUB_DIR "/result"
#define OLD_RESULT_FILE "private/scrub.result" /* of programs before this one */

struct name {
    struct sha256 x;
    uint64_t leaf;
};

struct names {
    struct name *items;
    size_t count, capacity;
};

struct scrubbing {
    const struct scrub_options *o;
    struct data_dir data;
    struct pack_store *packs;
    struct arena *arena;   /* the caller's */
    struct arena *scratch; /* a leaf, a blob */
    struct arena *kept;    /* names */
    struct scrub_report *report;
    struct names named, erase, erased;
    struct names from; /* sealed anew, by which leaf; what follows stands in `to` */
    struct names to;
};

static void find(struct scrubbing *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void find(struct scrubbing *s, const char *format, ...)
{
    char text[400];
    va_list arguments;
    s->report->is_ok = false;
    if (s->report->finding_count++ >= SCRUB_FINDINGS_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    s->report->findings[s->report->finding_count - 1] = arena_str(s->arena, str_of(text));
}

/* ---- packs ---- */

static bool bytes_have_name(struct str bytes, const char *x)
{
    char hex[65];
    struct sha256 h = sha256_of(bytes);
    hex_encode(h.bytes, SHA256_SIZE, hex);
    return strcmp(hex, x) == 0;
}

static bool record_check(void *context, const char x[65], struct str bytes, struct err *e)
{
    struct scrubbing *s = context;
    struct str newest;
    struct err unread = {0};
    (void)e;
    s->report->records++;
    s->report->bytes += bytes.size;
    if (bytes_have_name(bytes, x))
        return true;
    /* A record that a crash tore is stored again by whoever asks again: then the newer one holds. */
    bool is_mended = pack_read(s->packs, s->scratch, x, &newest, &unread) && bytes_have_name(newest, x);
    arena_reset(s->scratch);
    if (!is_mended)
        find(s, "blob %.16s: its %zu stored bytes are damaged", x, bytes.size);
    return true;
}

static void state_save(struct scrubbing *s, uint32_t next, int64_t started_at_ms)
{
    struct arena *a = arena_new("scrub state", 8 << 20);
    struct json *o = json_object(a);
    struct buf BUF_AUTO text;
    struct err ignored = {0};
    buf_init(&text, STATE_BYTES_MAX);
    json_put_int(o, "started", started_at_ms);
    json_put_int(o, "pack", next);
    json_put_int(o, "records", (int64_t)s->report->records);
    json_put_int(o, "bytes", (int64_t)s->report->bytes);
    struct json *list = json_put_array(o, "findings");
    for (size_t i = 0; i < s->report->finding_count && i < SCRUB_FINDINGS_MAX; i++)
        json_push_str(list, s->report->findings[i]);
    json_write(&text, o);
    if (!os_file_replace(&os_file_real, s->data.fd, STATE_FILE, buf_view(&text), 0600, &ignored))
        find(s, "its progress cannot be written: %s", ignored.text);
    arena_free(a);
}

/* Where a scheduled scrub was broken off; a state older than a week starts anew. */
static uint32_t state_load(struct scrubbing *s, int64_t *started_at_ms)
{
    struct buf BUF_AUTO text;
    struct err e = {0};
    buf_init(&text, STATE_BYTES_MAX);
    if (!os_file_read(&os_file_real, s->data.fd, STATE_FILE, &text, &e))
        return 0;
    struct json *o = json_parse(s->arena, arena_str(s->arena, buf_view(&text)), JSON_LIMITS_DEFAULT, &e);
    int64_t started = json_int(o, "started", 0);
    if (!o || started < *started_at_ms - 7 * MS_DAY)
        return 0;
    *started_at_ms = started;
    s->report->records = (uint64_t)json_int(o, "records", 0);
    s->report->bytes = (uint64_t)json_int(o, "bytes", 0);
    JSON_EACH (line, json_get(o, "findings"))
        find(s, "%.*s", STR_ARGS(line->text));
    return (uint32_t)json_int(o, "pack", 0);
}

static bool packs_check(struct scrubbing *s, struct err *e)
{
    int64_t started_at_ms = env_now_ms(s->o->env);
    uint32_t n = s->o->is_scheduled ? state_load(s, &started_at_ms) : 0;
    if (!pack_count(s->packs, &s->report->packs, e))
        return false;
    for (; n < s->report->packs; n++) {
        if (s->o->progress)
            s->o->progress(s->o->context, n, s->report->packs, s->report->bytes);
        if (!pack_each_in(s->packs, n, record_check, s, e))
            return false;
        if (s->o->is_scheduled) {
            state_save(s, n + 1, started_at_ms);
            poll(NULL, 0, REST_MS);
        }
    }
    if (pack_damaged_count(s->packs) > 0)
        find(s, "%u packs have a broken place between their blobs", pack_damaged_count(s->packs));
    return true;
}

/* ---- leaves ---- */

static void name_add(struct scrubbing *s, struct names *to, struct str x, uint64_t leaf)
{
    struct name one = {.leaf = leaf};
    if (x.size != 64 || !hex_decode(x, one.x.bytes, SHA256_SIZE))
        return;
    if (to->count == to->capacity)
        to->items = arena_grow(s->kept, to->items, to->count, &to->capacity, sizeof(*to->items));
    to->items[to->count++] = one;
}

static bool leaf_read(void *context, uint64_t index, struct str bytes, struct err *e)
{
    struct scrubbing *s = context;
    struct leaf leaf;
    arena_reset(s->scratch);
    if (!leaf_parse(s->scratch, bytes, &leaf, e))
        return err_wrap(e, "leaf %llu", (unsigned long long)index);
    s->report->leaves++;
    const struct json *list = json_get(leaf.json, "b");
    if (list && list->type == JSON_ARRAY)
        JSON_EACH (blob, list)
            name_add(s, &s->named, json_text(blob, "x"), index);
    if (str_is(leaf.type, "erase"))
        name_add(s, &s->erase, json_text(leaf.json, "x"), index);
    else if (str_is(leaf.type, "erased"))
        name_add(s, &s->erased, json_text(leaf.json, "x"), index);
    else if (str_is(leaf.type, "reencrypt")) {
        name_add(s, &s->from, json_text(leaf.json, "from"), s->to.count); /* the number of what follows */
        name_add(s, &s->to, json_text(leaf.json, "x"), index);
    }
    return true;
}

static int name_compare(const void *a, const void *b)
{
    return memcmp(((const struct name *)a)->x.bytes, ((const struct name *)b)->x.bytes, SHA256_SIZE);
}

static bool is_among(const struct names *names, const struct name *one)
{
    return names->count && bsearch(one, names->items, names->count, sizeof(*one), name_compare) != NULL;
}

/* The name under which the blob has to lie now. Former bytes that are there are told. */
static bool name_follow(struct scrubbing *s, struct name *one, struct err *e)
{
    for (size_t steps = 0; steps < s->from.count; steps++) {
        const struct name *move = bsearch(one, s->from.items, s->from.count, sizeof(*one), name_compare);
        bool is_there = false;
        char x[65];
        if (!move || move->leaf >= s->to.count)
            break;
        if (!pack_has(s->packs, &one->x, &is_there, e))
            return false;
        hex_encode(one->x.bytes, SHA256_SIZE, x);
        const struct name *next = &s->to.items[move->leaf];
        if (is_there)
            find(s, "blob %.16s is there, although leaf %llu says that it was encrypted anew; the next start of the keeper destroys it", x,
                 (unsigned long long)next->leaf);
        one->x = next->x;
    }
    return true;
}

static bool names_check(struct scrubbing *s, struct err *e)
{
    if (s->erase.count)
        qsort(s->erase.items, s->erase.count, sizeof(struct name), name_compare);
    if (s->from.count)
        qsort(s->from.items, s->from.count, sizeof(struct name), name_compare);
    s->report->blobs = s->named.count;
    for (size_t i = 0; i < s->named.count; i++) {
        struct name *one = &s->named.items[i];
        bool is_there = false, is_erased = is_among(&s->erase, one);
        char x[65];
        if (!name_follow(s, one, e) || !pack_has(s->packs, &one->x, &is_there, e))
            return false;
        hex_encode(one->x.bytes, SHA256_SIZE, x);
        s->report->erased += is_erased;
        if (!is_there && !is_erased)
            find(s, "leaf %llu: blob %.16s is gone, and no leaf says that it was erased", (unsigned long long)one->leaf, x);
    }
    for (size_t i = 0; i < s->erased.count; i++) {
        bool is_there = false;
        char x[65];
        if (!name_follow(s, &s->erased.items[i], e) || !pack_has(s->packs, &s->erased.items[i].x, &is_there, e))
            return false;
        hex_encode(s->erased.items[i].x.bytes, SHA256_SIZE, x);
        if (is_there)
            find(s, "blob %.16s is there again, although leaf %llu says that it was erased; the next start of the keeper destroys it",
                 x, (unsigned long long)s->erased.items[i].leaf);
    }
    return true;
}

static bool leaves_check(struct scrubbing *s, struct err *e)
{
    int fd = data_dir_ledger(&s->data, e);
    struct err missing = {0};
    if (fd < 0)
        return false;
    struct ledger_reader *r = ledger_reader_open(fd, &missing);
    close(fd);
    if (!r)
        return missing.code == ERR_NOT_FOUND ? true : (*e = missing, false); /* nothing is signed yet */
    bool ok = ledger_reader_each(r, 0, ledger_reader_head(r)->size, leaf_read, s, e) && names_check(s, e);
    ledger_reader_close(r);
    return ok;
}

/* ---- the whole ---- */

struct json *scrub_report_json(struct arena *a, const struct scrub_report *r)
{
    struct json *o = json_object(a);
    json_put_bool(o, "ok", r->is_ok);
    json_put_int(o, "packs", r->packs);
    json_put_int(o, "records", (int64_t)r->records);
    json_put_int(o, "bytes", (int64_t)r->bytes);
    json_put_int(o, "leaves", (int64_t)r->leaves);
    json_put_int(o, "blobs", (int64_t)r->blobs);
    json_put_int(o, "erased", (int64_t)r->erased);
    json_put_int(o, "finding_count", (int64_t)r->finding_count);
    struct json *list = json_put_array(o, "findings");
    for (size_t i = 0; i < r->finding_count && i < SCRUB_FINDINGS_MAX; i++)
        json_push_str(list, r->findings[i]);
    return o;
}

static bool result_save(struct scrubbing *s, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, STATE_BYTES_MAX);
    struct json *o = scrub_report_json(s->arena, s->report);
    json_put_int(o, "at", env_now_ms(s->o->env));
    json_write(&text, o);
    if (!os_file_replace(&os_file_real, s->data.fd, RESULT_FILE, buf_view(&text), 0600, e))
        return false;
    unlinkat(s->data.fd, STATE_FILE, 0);
    return true;
}

struct json *scrub_result(const struct data_dir *d, struct arena *a)
{
    struct buf BUF_AUTO text;
    struct err e = {0};
    buf_init(&text, STATE_BYTES_MAX);
    if (!os_file_read(&os_file_real, d->fd, RESULT_FILE, &text, &e) && !os_file_read(&os_file_real, d->fd, OLD_RESULT_FILE, &text, &e))
        return NULL;
    return json_parse(a, arena_str(a, buf_view(&text)), JSON_LIMITS_DEFAULT, &e);
}

bool scrub_is_due(const struct data_dir *d, int64_t now_ms)
{
    struct arena *a = arena_new("scrub result", 8 << 20);
    struct json *last = scrub_result(d, a);
    bool is_due = !last || json_int(last, "at", 0) + SCRUB_EVERY_MS <= now_ms || faccessat(d->fd, STATE_FILE, F_OK, 0) == 0;
    arena_free(a);
    return is_due;
}

bool scrub(const char *data_dir, const struct scrub_options *o, struct arena *a, struct scrub_report *ret, struct err *e)
{
    struct scrub_report report = {.is_ok = true, .findings = arena_array(a, SCRUB_FINDINGS_MAX, sizeof(struct str))};
    struct scrubbing s = {.o = o, .arena = a, .report = &report};
    if (!data_dir_open(&s.data, data_dir, e))
        return false;
    if ((o->is_scheduled && !os_dir_make(&os_file_real, s.data.fd, SCRUB_DIR, 0700, e)) || (o->confine && !o->confine(&s.data, e))) {
        data_dir_close(&s.data);
        return false;
    }
    s.scratch = arena_new("scrub: one leaf", (size_t)1 << 30);
    s.kept = arena_new("scrub: names", NAMES_BYTES_MAX);
    int blobs = openat(s.data.fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = blobs >= 0 ? true : err_errno(e, errno, "%s/blobs", s.data.path);
    ok = ok && (s.packs = pack_open(&os_file_real, blobs, false, e)) && packs_check(&s, e) && leaves_check(&s, e) &&
         (!o->is_scheduled || result_save(&s, e));
    pack_close(s.packs);
    if (blobs >= 0)
        close(blobs);
    arena_free(s.scratch);
    arena_free(s.kept);
    data_dir_close(&s.data);
    if (ok)
        *ret = report;
    return ok;
}
