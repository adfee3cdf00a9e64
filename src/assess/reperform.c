#include "assess/reperform.h"

#include "assess/catalog.h"
#include "assess/stored.h"
#include "collect/host_run.h"

#include <stdarg.h>
#include <stdlib.h>

enum { STEP_BYTES_MAX = 0x7fffffff };

/* A capture that was looked at. */
struct seen {
    int64_t leaf;
    bool is_sound;
    int64_t erased_by; /* -1: not */
};

/* Names of blobs, by their first eight bytes: they are hashes. */
struct names {
    uint64_t *slots;
    size_t count, room;
};

struct reperforming {
    const struct reperform_options *o;
    struct arena *arena; /* of the report */
    struct arena *step;  /* of one evaluation */
    struct reperform_report *report;
    int64_t evaluation;
    struct seen *seen; /* sorted by leaf */
    size_t seen_count, seen_capacity;
    struct catalog catalog; /* of catalog_leaf, in catalog_arena */
    int64_t catalog_leaf;
    struct arena *catalog_arena;
    const char *unsure; /* "erased", "damaged": results were, and what the ledger recorded as a whole is not known just now; NULL: it is */
    struct blob_opener opener; /* o->blobs, watched: what was opened, and what could not be */
    struct names opened, damaged;
};

static void differ(struct reperforming *r, const char *kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void differ(struct reperforming *r, const char *kind, const char *format, ...)
{
    char text[2048];
    va_list list;
    r->report->difference_count++;
    if (r->report->kept == REPERFORM_DIFFERENCES_MAX)
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    r->report->differences[r->report->kept++] =
        (struct reperform_difference){kind, r->evaluation, arena_str(r->arena, str_of(text))};
}

static void left_out(struct reperforming *r, const char *kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void left_out(struct reperforming *r, const char *kind, const char *format, ...)
{
    char text[2048];
    va_list list;
    r->report->erased_count++;
    if (r->report->erased_kept == REPERFORM_DIFFERENCES_MAX)
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    r->report->erased[r->report->erased_kept++] =
        (struct reperform_difference){kind, r->evaluation, arena_str(r->arena, str_of(text))};
}
#define erased(r, ...) left_out(r, "erased", __VA_ARGS__)

/* ---- blobs ---- */

static uint64_t name_key(struct str x)
{
    uint8_t bytes[8] = {0};
    uint64_t key;
    if (!hex_decode(str_slice(x, 0, 16), bytes, sizeof(bytes)))
        return 1;
    memcpy(&key, bytes, sizeof(key));
    return key ? key : 1;
}

static bool names_has(const struct names *n, uint64_t key)
{
    for (size_t i = (size_t)key & (n->room - 1); n->room && n->slots[i]; i = (i + 1) & (n->room - 1))
        if (n->slots[i] == key)
            return true;
    return false;
}

static void names_add(struct names *n, uint64_t key)
{
    if (names_has(n, key))
        return;
    if (2 * (n->count + 1) > n->room) {
        struct names grown = {.room = n->room ? 2 * n->room : 256};
        grown.slots = calloc(grown.room, sizeof(*grown.slots));
        if (!grown.slots)
            return; /* what is not remembered is looked at twice */
        for (size_t i = 0; i < n->room; i++)
            if (n->slots[i])
                names_add(&grown, n->slots[i]);
        free(n->slots);
        *n = grown;
    }
    size_t i = (size_t)key & (n->room - 1);
    while (n->slots[i])
        i = (i + 1) & (n->room - 1);
    n->slots[i] = key;
    n->count++;
}

static const struct json *ledger_leaf(struct reperforming *r, int64_t index);

struct str reperform_blob_words(struct arena *a, int64_t index, struct str type, const struct json *leaf, struct str c)
{
    size_t place = 0, i = 0;
    JSON_EACH (b, json_get(leaf, "b")) {
        place = str_equal(json_text(b, "c"), c) ? i : place;
        i++;
    }
    long long n = (long long)index;
    struct str table = json_text(leaf, "tbl"), id = json_text(leaf, "id"), what = json_text(leaf, "type"), subject = json_text(leaf, "sub");
    if (table.size)
        return arena_printf(a, "capture %lld, table %.*s, subject %.*s, leaf %lld, %s", n, STR_ARGS(table), STR_ARGS(subject), n, place ? "the bytes it was read from" : "rows");
    if (str_is(type, "eval"))
        return arena_printf(a, "evaluation %lld, stream %.*s, leaf %lld, results", n, STR_ARGS(json_text(leaf, "st")), n);
    if (str_is(type, "catalog"))
        return arena_printf(a, "catalogue %lld, leaf %lld, tests", n, n);
    if (id.size && place)
        return arena_printf(a, "%.*s %.*s, leaf %lld, file %zu", STR_ARGS(what), STR_ARGS(id), n, place);
    if (id.size)
        return arena_printf(a, "%.*s %.*s, leaf %lld, values", STR_ARGS(what), STR_ARGS(id), n);
    return arena_printf(a, "leaf %lld (%.*s), blob %zu", n, STR_ARGS(type), place);
}

/* Told once for each blob. */
static void damaged(struct reperforming *r, int64_t index, struct str c, struct str x, const struct err *e)
{
    if (names_has(&r->damaged, name_key(x)))
        return;
    names_add(&r->damaged, name_key(x));
    struct arena *a = arena_new("a damaged blob", 1 << 20);
    struct str text;
    struct leaf leaf = {0};
    struct err none = {0};
    bool is_read = r->o->ledger && index >= 0 && ledger_reader_leaf(r->o->ledger, a, (uint64_t)index, &text, &none) && leaf_parse(a, text, &leaf, &none);
    struct str words = is_read ? reperform_blob_words(a, index, leaf.type, leaf.json, c) : arena_printf(a, "leaf %lld", (long long)index);
    differ(r, "bytes", "%.*s: %s", STR_ARGS(words), e->text);
    arena_free(a);
}

static bool opener_open(void *context, struct arena *a, uint64_t leaf, const char *c, const char *x, struct str *ret_plain, struct err *e)
{
    struct reperforming *r = context;
    struct err failed = {0};
    names_add(&r->opened, name_key(str_of(x)));
    if (names_has(&r->damaged, name_key(str_of(x))))
        return err_set(e, ERR_CORRUPT, "blob %.16s is damaged", x);
    if (r->o->blobs->open(r->o->blobs->context, a, leaf, c, x, ret_plain, &failed))
        return true;
    if (failed.code == ERR_NOT_FOUND && r->o->is_part)
        names_add(&r->damaged, name_key(str_of(x))); /* withheld: nothing to tell, and nothing to build on */
    else if (failed.code == ERR_CORRUPT || failed.code == ERR_NOT_FOUND)
        damaged(r, (int64_t)leaf, str_of(c), str_of(x), &failed);
    return (*e = failed, false);
}

/* The erase leaf of blob x of a leaf; -1: it was not erased. */
static int64_t erased_by(struct reperforming *r, int64_t leaf, struct str x)
{
    struct err e = {0};
    return db_one_int(r->o->projection, &e, -1, "select max(leaf) from erasure where target = ?1 and x = ?2", A(leaf), A(x));
}

/* The leaf's JSON from the ledger itself; NULL without a reader or when it is not integrated. */
static const struct json *ledger_leaf(struct reperforming *r, int64_t index)
{
    struct err e = {0};
    struct str text;
    struct leaf leaf;
    if (!r->o->ledger || index < 0 || (uint64_t)index >= ledger_reader_head(r->o->ledger)->size)
        return NULL;
    if (!ledger_reader_leaf(r->o->ledger, r->step, (uint64_t)index, &text, &e) || !leaf_parse(r->step, text, &leaf, &e)) {
        differ(r, "ledger", "leaf %lld: %s", (long long)index, e.text);
        return NULL;
    }
    return leaf.json;
}

static bool names_blob(const struct json *leaf, size_t index, struct str c, struct str x)
{
    const struct json *b = json_at(json_get(leaf, "b"), index);
    return str_equal(json_text(b, "c"), c) && str_equal(json_text(b, "x"), x);
}

static bool blob_read(struct reperforming *r, struct arena *a, int64_t leaf, struct str c, struct str x, struct str *ret,
                      struct err *e)
{
    const char *name = arena_strndup(r->step, x.data, x.size), *commitment = arena_strndup(r->step, c.data, c.size);
    return r->opener.open(r->opener.context, a, (uint64_t)leaf, commitment, name, ret, e);
}

/* ---- captures ---- */

static int64_t made_at(struct reperforming *r, int64_t capture)
{
    struct err e = {0};
    return db_one_int(r->o->projection, &e, 0,
                      "select taken_from from run where leaf = (select run from capture where leaf = ?1)", A(capture));
}

/* The bytes it was read from, through the parser of today. */
static void capture_reparse(struct reperforming *r, const struct capture *c, struct str plain, struct str record)
{
    struct err e = {0};
    struct str again;
    const struct host_table *t = host_table_find(c->table);
    if (!t || record.size == 0) {
        r->report->rows_only++;
        return;
    }
    if (!host_reperform(r->step, t, record, made_at(r, c->leaf), &again, &e)) {
        if (e.code == ERR_UNSUPPORTED)
            r->report->rows_only++; /* a file too large to keep: its digest is all there is */
        else
            differ(r, "parser", "capture %lld, table %.*s: parsing the recorded bytes again fails: %s", (long long)c->leaf,
                   STR_ARGS(c->table), e.text);
        return;
    }
    r->report->reparsed++;
    if (str_equal(plain, again))
        return;
    struct str was, is, rest_was = plain, rest_is = again;
    bool has_was, has_is;
    int line = 0;
    do {
        has_was = str_next_line(&rest_was, &was);
        has_is = str_next_line(&rest_is, &is);
        line++;
    } while (has_was && has_is && str_equal(was, is));
    differ(r, "parser",
           "capture %lld, table %.*s: parsing the recorded bytes again gives other rows (parser version %lld then, %d now); line "
           "%d was %.*s, is %.*s",
           (long long)c->leaf, STR_ARGS(c->table), (long long)c->version, t->schema->version, line,
           has_was ? (int)(was.size < 300 ? was.size : 300) : 7, has_was ? was.data : "nothing",
           has_is ? (int)(is.size < 300 ? is.size : 300) : 7, has_is ? is.data : "nothing");
}

static bool capture_check(struct reperforming *r, struct captures *captures, const struct capture *c)
{
    struct err e = {0};
    struct str plain, record;
    r->report->captures++;
    const struct json *leaf = ledger_leaf(r, c->leaf);
    if (leaf &&
        (!names_blob(leaf, 0, c->c, c->x) || !str_equal(json_text(leaf, "tbl"), c->table) ||
         !str_equal(json_text(leaf, "sub"), c->subject) || (c->bytes_x.data && !names_blob(leaf, 1, c->bytes_c, c->bytes_x)))) {
        differ(r, "ledger", "capture %lld, table %.*s: the projection is not what the ledger says (assay rebuild)",
               (long long)c->leaf, STR_ARGS(c->table));
        return false;
    }
    if (c->erased_by >= 0)
        return true; /* said with each evaluation that read it */
    if (c->record_erased_by >= 0) {
        erased(r, "capture %lld, table %.*s: the bytes it was read from were erased by leaf %lld", (long long)c->leaf,
               STR_ARGS(c->table), (long long)c->record_erased_by);
        return true;
    }
    if (!captures_bytes(captures, r->step, c, &plain, &record, &e)) {
        if (!names_has(&r->damaged, name_key(c->x)) && !(c->bytes_x.data && names_has(&r->damaged, name_key(c->bytes_x)))) /* else told by whoever opened it */
            differ(r, "bytes", "capture %lld, table %.*s: %s", (long long)c->leaf, STR_ARGS(c->table), e.text);
        return false;
    }
    capture_reparse(r, c, plain, record);
    return true;
}

/* Each capture is looked at once, whatever the number of runs that rely on it. */
static bool captures_check(struct reperforming *r, struct captures *captures)
{
    const struct capture *items;
    size_t count = captures_list(captures, &items);
    bool are_sound = true;
    for (size_t i = 0; i < count; i++) {
        size_t low = 0, high = r->seen_count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (r->seen[middle].leaf < items[i].leaf)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == r->seen_count || r->seen[low].leaf != items[i].leaf) {
            struct seen made = {items[i].leaf, capture_check(r, captures, &items[i]), items[i].erased_by};
            if (r->seen_count == r->seen_capacity)
                r->seen = arena_grow(r->arena, r->seen, r->seen_count, &r->seen_capacity, sizeof *r->seen);
            memmove(r->seen + low + 1, r->seen + low, (r->seen_count - low) * sizeof *r->seen);
            r->seen[low] = made;
            r->seen_count++;
        }
        are_sound = are_sound && r->seen[low].is_sound;
        if (are_sound && r->seen[low].erased_by > r->evaluation) { /* it was there when the tests ran */
            erased(r, "evaluation %lld: not run again: capture %lld of table %.*s, which it read, was erased by leaf %lld",
                   (long long)r->evaluation, (long long)items[i].leaf, STR_ARGS(items[i].table),
                   (long long)r->seen[low].erased_by);
            return false;
        }
    }
    if (!are_sound)
        left_out(r, "damaged", "evaluation %lld: not run again: a capture that it read is damaged", (long long)r->evaluation);
    return are_sound;
}

/* ---- catalogue and parameters ---- */

static bool catalog_open(struct reperforming *r, int64_t leaf)
{
    struct err e = {0};
    struct str text, x = {0}, c = {0}, digest = {0};
    if (r->catalog_leaf == leaf)
        return r->catalog.test_count > 0;
    arena_reset(r->catalog_arena);
    r->catalog_leaf = leaf;
    r->catalog = (struct catalog){0};
    DB_EACH (row, r->o->projection, &e, "select x, c, digest from catalog where leaf = ?1", A(leaf)) {
        x = arena_str(r->step, db_text(row, 0));
        c = arena_str(r->step, db_text(row, 1));
        digest = arena_str(r->step, db_text(row, 2));
    }
    int64_t by = x.data ? erased_by(r, leaf, x) : -1;
    if (by >= 0) {
        erased(r, "catalogue %lld was erased by leaf %lld: its evaluations are not run again", (long long)leaf, (long long)by);
        return false;
    }
    if (!blob_read(r, r->catalog_arena, leaf, c, x, &text, &e)) {
        left_out(r, "damaged", "catalogue %lld is damaged: its evaluations are not run again", (long long)leaf);
        return false;
    }
    if (!catalog_parse(r->catalog_arena, text, &r->catalog, &e)) {
        differ(r, "bytes", "catalogue %lld: %s", (long long)leaf, e.text);
        return false;
    }
    const struct json *json = ledger_leaf(r, leaf);
    if (!str_equal(r->catalog.digest, digest) || (json && !str_equal(json_text(json, "digest"), digest)))
        differ(r, "test", "catalogue %lld: its tests are not those that it names", (long long)leaf);
    for (size_t i = 0; i < r->catalog.test_count; i++) {
        const struct test *t = &r->catalog.tests[i];
        struct sha256 d = sha256_of(str_of(t->source));
        char hex[2 * SHA256_SIZE + 1];
        hex_encode(d.bytes, SHA256_SIZE, hex);
        if (strcmp(hex, t->digest) != 0)
            differ(r, "test", "catalogue %lld, test %s: its text is not the one it names", (long long)leaf, t->id);
    }
    return true;
}

/* The defaults of the catalogue under the values of then. */
static bool values_open(struct reperforming *r, int64_t leaf, struct test_value **ret, size_t *ret_count, struct err *e)
{
    struct test_value *set;
    size_t set_count;
    int64_t newest;
    if (!parameter_values(r->o->projection, r->step, leaf, &set, &set_count, &newest, e))
        return false;
    DB_EACH (row, r->o->projection, e, "select leaf, name, value from parameter where leaf <= ?1", A(leaf)) {
        const struct json *json = ledger_leaf(r, db_int(row, 0));
        if (json && (!str_equal(json_text(json, "id"), db_text(row, 1)) || !str_equal(json_text(json, "val"), db_text(row, 2))))
            differ(r, "parameter", "parameter %.*s: the ledger's leaf %lld says %.*s, the projection %.*s",
                   STR_ARGS(db_text(row, 1)), (long long)db_int(row, 0), STR_ARGS(json_text(json, "val")),
                   STR_ARGS(db_text(row, 2)));
    }
    struct test_value *values = arena_array(r->step, r->catalog.parameter_count + set_count + 1, sizeof *values);
    size_t count = 0;
    for (size_t i = 0; i < set_count; i++)
        values[count++] = set[i];
    for (size_t i = 0; i < r->catalog.parameter_count; i++) {
        bool is_set = false;
        for (size_t k = 0; k < set_count; k++)
            is_set = is_set || str_is(set[k].name, r->catalog.parameters[i].name);
        if (!is_set)
            values[count++] =
                (struct test_value){str_of(r->catalog.parameters[i].name), str_of(r->catalog.parameters[i].default_value)};
    }
    *ret = values;
    *ret_count = count;
    return e->code == ERR_NONE;
}

/* ---- results ---- */

/* What the ledger says is the result set after this evaluation: the one before, with the difference applied. */
static bool recorded_apply(struct reperforming *r, struct results *set, struct str text)
{
    struct str line, digest = {0};
    struct err e = {0};
    size_t old_count = set->count;
    bool is_first = true;
    bool *is_gone = arena_array(r->step, old_count + 1, sizeof *is_gone);
    while (str_next_line(&text, &line)) {
        struct json *v = json_parse(r->step, line, JSON_LIMITS_DEFAULT, &e);
        if (!v) {
            differ(r, "bytes", "evaluation %lld: %s", (long long)r->evaluation, e.text);
            return false;
        }
        if (is_first) {
            digest = json_text(v, "digest");
            is_first = false;
            continue;
        }
        const struct json *sign = json_at(v, 0), *test = json_at(v, 1), *resource = json_at(v, 2), *status = json_at(v, 3),
                          *reason = json_at(v, 4);
        struct result key = {.test = test ? test->text : (struct str){0},
                             .resource = resource ? resource->text : (struct str){0}};
        size_t low = 0, high = old_count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (result_compare(&set->items[middle], &key) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < old_count && result_compare(&set->items[low], &key) == 0)
            is_gone[low] = true;
        enum result_status s;
        if (sign && str_is(sign->text, "+") && status && reason && result_status_parse(status->text, &s))
            results_add(set, key.test, key.resource, s, reason->text);
    }
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++)
        if (i >= old_count || !is_gone[i])
            set->items[kept++] = set->items[i];
    set->count = kept;
    results_finish(set, 0);
    struct sha256 d = results_digest(set->items, set->count);
    char hex[2 * SHA256_SIZE + 1];
    hex_encode(d.bytes, SHA256_SIZE, hex);
    if (str_is(digest, hex))
        r->unsure = NULL;
    else if (!r->unsure)
        differ(r, "bytes", "evaluation %lld: the recorded differences do not add up to the result set that it names",
               (long long)r->evaluation);
    return true;
}

static void results_compare(struct reperforming *r, const struct results *was, const struct results *is)
{
    size_t i = 0, k = 0;
    r->report->results += is->count;
    while (i < was->count || k < is->count) {
        const struct result *w = i < was->count ? &was->items[i] : NULL, *n = k < is->count ? &is->items[k] : NULL;
        int c = !w ? 1 : !n ? -1 : result_compare(w, n);
        if (c < 0)
            differ(r, "result", "test %.*s, resource %.*s: was %s (%.*s), is not there now", STR_ARGS(w->test),
                   STR_ARGS(w->resource), result_status_name(w->status), STR_ARGS(w->reason));
        else if (c > 0)
            differ(r, "result", "test %.*s, resource %.*s: was not there, is %s (%.*s)", STR_ARGS(n->test), STR_ARGS(n->resource),
                   result_status_name(n->status), STR_ARGS(n->reason));
        else if (!result_same(w, n))
            differ(r, "result", "test %.*s, resource %.*s: was %s (%.*s), is %s (%.*s)", STR_ARGS(w->test), STR_ARGS(w->resource),
                   result_status_name(w->status), STR_ARGS(w->reason), result_status_name(n->status), STR_ARGS(n->reason));
        i += c <= 0;
        k += c >= 0;
    }
}

/* What the projection does where the results of an evaluation were erased (op_eval.c). */
static void recorded_forget(struct reperforming *r, struct results *set, int64_t evaluation)
{
    char text[100];
    snprintf(text, sizeof text, ERASED_REASON, (long long)evaluation);
    for (size_t i = 0; i < set->count; i++) {
        set->items[i].status = RESULT_UNKNOWN;
        set->items[i].reason = arena_str(set->arena, str_of(text));
    }
    r->unsure = "erased";
}

/* Its results can't be read: what the tests give again stands in for them, until the digest of a later evaluation says that this was right. */
static void recorded_replace(struct reperforming *r, struct results *set, const struct results *again)
{
    set->count = 0;
    for (size_t i = 0; i < again->count; i++) {
        const struct result *s = &again->items[i];
        results_add(set, arena_str(set->arena, s->test), arena_str(set->arena, s->resource), s->status, arena_str(set->arena, s->reason));
    }
    results_finish(set, 0);
    r->unsure = "damaged";
}

struct evaluation {
    int64_t leaf, run, catalog, parameter, at_ms;
    struct str x, c; /* data NULL: nothing changed */
};

static void leaf_compare(struct reperforming *r, const struct evaluation *v)
{
    const struct json *leaf = ledger_leaf(r, v->leaf);
    if (!leaf)
        return;
    bool is_same = json_int(leaf, "run", -1) == v->run && json_int(leaf, "cat", -1) == v->catalog &&
                   json_int(leaf, "par", -1) == v->parameter && json_int(leaf, "at", -1) == v->at_ms &&
                   (v->x.data ? names_blob(leaf, 0, v->c, v->x) : json_at(json_get(leaf, "b"), 0) == NULL);
    if (!is_same)
        differ(r, "ledger", "evaluation %lld: the projection is not what the ledger says (assay rebuild)", (long long)v->leaf);
}

/* One evaluation again. `recorded` goes along with the ledger; is_wanted: run the tests, too. */
static bool evaluation_check(struct reperforming *r, struct str subject, const struct evaluation *v, struct results *recorded,
                             bool is_wanted, struct err *e)
{
    struct err unread = {0};
    struct str text;
    bool is_lost = false;
    r->evaluation = v->leaf;
    if (v->x.data) {
        int64_t by = erased_by(r, v->leaf, v->x);
        if (by >= 0) {
            erased(r, "evaluation %lld: its results were erased by leaf %lld", (long long)v->leaf, (long long)by);
            recorded_forget(r, recorded, v->leaf);
        } else if (!blob_read(r, r->step, v->leaf, v->c, v->x, &text, &unread))
            is_lost = true;
        else
            recorded_apply(r, recorded, text);
    }
    r->unsure = is_lost ? "damaged" : r->unsure;
    if (!is_wanted && !is_lost)
        return true;
    leaf_compare(r, v);
    struct captures_options options = {.subject = subject, .run_leaf = v->run, .now_ms = v->at_ms};
    struct captures *captures = captures_open(r->o->projection, &r->opener, &options, e);
    struct test_inputs inputs = {.subject = subject, .now_ms = v->at_ms};
    struct test_value *values;
    struct results again;
    if (!captures)
        return false;
    bool is_ok = true;
    results_init(&again, r->step);
    if (captures_check(r, captures) && catalog_open(r, v->catalog)) {
        inputs_over_captures(r->step, captures, &inputs);
        is_ok = values_open(r, v->parameter, &values, &inputs.value_count, e);
        inputs.values = is_ok ? values : NULL;
        is_ok = is_ok && test_run_all(&inputs, r->catalog.tests, r->catalog.test_count, &again, e);
        if (is_ok && r->unsure)
            left_out(r, r->unsure, "evaluation %lld: run again, but not compared: results that it builds on were %s", (long long)v->leaf, r->unsure);
        else if (is_ok)
            results_compare(r, recorded, &again);
        if (is_ok && is_lost)
            recorded_replace(r, recorded, &again);
        r->report->evaluations += is_ok;
    }
    captures_close(captures);
    return is_ok;
}

static bool subject_check(struct reperforming *r, struct str subject, uint64_t *done, uint64_t all, struct err *e)
{
    struct evaluation *list = NULL;
    size_t count = 0, capacity = 0;
    struct arena *a = arena_new("a subject's evaluations", STEP_BYTES_MAX);
    struct results recorded;
    results_init(&recorded, a);
    r->unsure = NULL;
    DB_EACH (row, r->o->projection, e,
             "select leaf, run, catalog, parameter, taken_at, x, c from evaluation where subject = ?1 order by leaf",
             A(subject)) {
        if (count == capacity)
            list = arena_grow(a, list, count, &capacity, sizeof *list);
        list[count++] =
            (struct evaluation){db_int(row, 0), db_int(row, 1), db_int(row, 2), db_int(row, 3), db_int(row, 4), {0}, {0}};
        if (!db_is_null(row, 5)) {
            list[count - 1].x = arena_str(a, db_text(row, 5));
            list[count - 1].c = arena_str(a, db_text(row, 6));
        }
    }
    bool is_ok = e->code == ERR_NONE;
    for (size_t i = 0; i < count && is_ok; i++) {
        if (r->o->progress)
            r->o->progress(r->o->context, (*done)++, all);
        bool is_wanted = r->o->last <= 0 || count - i <= (size_t)r->o->last;
        is_ok = evaluation_check(r, subject, &list[i], &recorded, is_wanted, e);
        arena_reset(r->step);
    }
    arena_free(a);
    return is_ok;
}

/* ---- every other blob ---- */

static bool blob_look(struct reperforming *r, struct arena *a, uint64_t index, struct str c, struct str x)
{
    struct err e = {0};
    struct str plain;
    if (names_has(&r->opened, name_key(x)) || names_has(&r->damaged, name_key(x)))
        return true;
    if (erased_by(r, (int64_t)index, x) >= 0)
        return true;
    r->report->blobs++;
    if (r->o->blobs->open(r->o->blobs->context, a, index, arena_str(a, c).data, arena_str(a, x).data, &plain, &e))
        return true;
    if (e.code == ERR_NOT_FOUND && r->o->is_part)
        return r->report->blobs--, true;
    if (e.code == ERR_CORRUPT || e.code == ERR_NOT_FOUND)
        damaged(r, (int64_t)index, c, x, &e);
    return true;
}

static bool leaf_look(void *context, uint64_t index, struct str bytes, struct err *e)
{
    struct reperforming *r = context;
    struct leaf leaf;
    arena_reset(r->step);
    if (!leaf_parse(r->step, bytes, &leaf, e))
        return false;
    r->evaluation = -1;
    JSON_EACH (b, json_get(leaf.json, "b"))
        if (!blob_look(r, r->step, index, json_text(b, "c"), json_text(b, "x")))
            return false;
    return true;
}

bool reperform(const struct reperform_options *o, struct arena *a, struct reperform_report *ret, struct err *e)
{
    struct reperform_report report = {.differences =
                                          arena_array(a, REPERFORM_DIFFERENCES_MAX, sizeof(struct reperform_difference)),
                                      .erased = arena_array(a, REPERFORM_DIFFERENCES_MAX, sizeof(struct reperform_difference))};
    struct reperforming r = {.o = o,
                             .arena = a,
                             .report = &report,
                             .evaluation = -1,
                             .catalog_leaf = -1,
                             .step = arena_new("an evaluation", STEP_BYTES_MAX),
                             .catalog_arena = arena_new("a catalogue", (size_t)256 << 20)};
    struct err inner = {0};
    struct str *subjects = NULL;
    size_t count = 0, capacity = 0;
    uint64_t done = 0;
    r.opener = (struct blob_opener){.open = opener_open, .context = &r};
    for (size_t i = 0; i < o->damaged_count; i++) {
        char hex[2 * SHA256_SIZE + 1];
        hex_encode(o->damaged[i].bytes, SHA256_SIZE, hex);
        names_add(&r.damaged, name_key(str_of(hex)));
    }
    int64_t all = db_one_int(o->projection, &inner, 0, "select count(*) from evaluation");
    DB_EACH (row, o->projection, &inner, "select id from subject order by id") {
        if (count == capacity)
            subjects = arena_grow(a, subjects, count, &capacity, sizeof *subjects);
        subjects[count++] = arena_str(a, db_text(row, 0));
    }
    bool is_ok = inner.code == ERR_NONE;
    for (size_t i = 0; i < count && is_ok; i++)
        is_ok = subject_check(&r, subjects[i], &done, (uint64_t)all, &inner);
    is_ok = is_ok && (!o->with_all_blobs || !o->ledger || ledger_reader_each(o->ledger, 0, ledger_reader_head(o->ledger)->size, leaf_look, &r, &inner));
    free(r.opened.slots);
    free(r.damaged.slots);
    arena_free(r.step);
    arena_free(r.catalog_arena);
    if (!is_ok) {
        *e = inner;
        return false;
    }
    *ret = report;
    return true;
}
