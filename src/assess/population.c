/* population.c - see population.h: the library, the record, its rows and what is checked of them. population_freeze.c makes the rows. */
#include "assess/population.h"

#include "base/times.h"

#include <stdlib.h>

/* ---- the library ---- */

static struct strings texts_of(struct arena *a, const struct json *list)
{
    const char **items = arena_array(a, (list ? list->count : 0) + 1, sizeof *items);
    struct strings s = {.items = items};
    JSON_EACH (v, list)
        items[s.count++] = arena_str(a, v->text).data;
    return s;
}

bool population_library(struct arena *a, const struct population_template **ret, size_t *ret_count, struct err *e)
{
    struct json *root = json_parse(a, str_of(content_populations_json), JSON_LIMITS_DEFAULT, e);
    const struct json *list = json_get(root, "populations");
    struct population_template *all = arena_array(a, (list ? list->count : 0) + 1, sizeof *all);
    *ret = all;
    *ret_count = 0;
    JSON_EACH (o, list) {
        const struct json *against = json_get(o, "against");
        const struct json *second = json_get(o, "is_second");
        all[(*ret_count)++] = (struct population_template){.id = json_text(o, "id"), .title = json_text(o, "title"), .system = json_text(o, "system"),
                                                           .sql = json_text(o, "sql"), .ask = json_text(o, "ask"), .complete = json_text(o, "complete"),
                                                           .sla = json_text(o, "sla"), .controls = texts_of(a, json_get(o, "controls")),
                                                           .columns = texts_of(a, json_get(o, "columns")), .is_import = str_is(json_text(o, "kind"), "import"),
                                                           .is_second = second != NULL, .against = json_text(against, "population"),
                                                           .against_columns = texts_of(a, json_get(against, "columns"))};
    }
    return root != NULL;
}

const struct population_template *population_template_find(const struct population_template *all, size_t count, struct str id)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(all[i].id, id))
            return &all[i];
    return NULL;
}

const struct population_template *population_template_of(const struct population_template *all, size_t count, struct str control)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; !all[i].is_second && k < all[i].controls.count; k++)
            if (str_is(control, all[i].controls.items[k]))
                return &all[i];
    return NULL;
}

/* "P{access_removal_business_days}BD" as of now. */
static struct str sla_filled(struct db *db, struct arena *a, struct str text, struct err *e)
{
    struct buf BUF_AUTO b;
    struct str piece, name;
    buf_init(&b, 4096);
    while (str_cut(&text, '{', &piece)) {
        buf_str(&b, piece);
        if (!str_cut(&text, '}', &name) || !content_parameter(name))
            break;
        buf_str(&b, parameter_value(db, a, arena_str(a, name).data, INT64_MAX, e));
        piece = STR("");
    }
    buf_str(&b, piece);
    return arena_str(a, buf_view(&b));
}

bool population_draft(struct db *db, struct arena *a, const struct population_template *t, struct str engagement, struct str from, struct str to, struct record_change *ret,
                      struct err *e)
{
    struct json *set = json_object(a);
    struct buf BUF_AUTO columns;
    buf_init(&columns, 16 << 10);
    for (size_t i = 0; i < t->columns.count; i++)
        buf_printf(&columns, "%s%s", i ? ", " : "", t->columns.items[i]);
    json_put_str(set, "title", t->title);
    json_put_str(set, "engagement", engagement);
    struct json *controls = json_put_array(set, "controls");
    for (size_t i = 0; i < t->controls.count; i++)
        json_push_str(controls, str_of(t->controls.items[i]));
    json_put_str(set, "library", t->id);
    json_put_cstr(set, "kind", t->is_import ? "import" : "query");
    json_put_str(set, "system", t->system);
    json_put_str(set, "query", t->is_import ? arena_printf(a, "%.*s\n\nColumns: %.*s", STR_ARGS(t->ask), STR_ARGS(buf_view(&columns))) : t->sql);
    json_put_str(set, "period_from", from);
    json_put_str(set, "period_to", to);
    if (t->sla.size)
        json_put_str(set, "sla", sla_filled(db, a, t->sla, e));
    *ret = (struct record_change){.type = STR("population"), .act = RECORD_CREATE, .set = set};
    return e->code == ERR_NONE;
}

/* ---- one ---- */

#define POPULATION_COLUMNS                                                                                                                                     \
    "select r.id, r.title, r.state, r.engagement, r.library, r.kind, r.system, r.query, r.parameters, r.period_from, r.period_to, r.roles, r.sla, "           \
    "r.control_total, r.run_by, r.columns, r.digest, r.completeness_by, r.completeness, r.accuracy_rows, r.accuracy, r.reconciled_with, "                      \
    "r.version, ifnull(r.run_at, -1), ifnull(r.as_of_leaf, -1), ifnull(r.rows, -1), ifnull(r.expected_rows, -1), f.c, f.x, ifnull(f.leaf, -1), h.hash "        \
    "from populations_versions r left join record_file f on f.type = 'population' and f.id = r.id and f.field = 'files' and f.place = 0 and f.to_leaf is null " \
    "left join leaf h on h.idx = f.leaf where r.from_leaf <= ?2 and (r.to_leaf is null or r.to_leaf > ?2) and r.is_deleted = 0 "

static void population_take(struct arena *a, struct db_row *row, struct population *p)
{
    struct str *texts[] = {&p->id,     &p->title, &p->state, &p->engagement,    &p->library, &p->kind,    &p->system, &p->query,           &p->parameters,   &p->from,          &p->to,
                           &p->roles,  &p->sla,   &p->control_total, &p->run_by, &p->columns, &p->digest, &p->completeness_by, &p->completeness, &p->accuracy_rows, &p->accuracy,
                           &p->reconciled_with};
    int64_t *numbers[] = {&p->version, &p->run_at, &p->as_of_leaf, &p->rows, &p->expected_rows};
    enum { TEXTS = sizeof texts / sizeof texts[0], NUMBERS = sizeof numbers / sizeof numbers[0] };
    *p = (struct population){0};
    for (int i = 0; i < TEXTS; i++)
        *texts[i] = arena_str(a, db_is_null(row, i) ? STR("") : db_text(row, i));
    for (int i = 0; i < NUMBERS; i++)
        *numbers[i] = db_int(row, TEXTS + i);
    p->c = arena_str(a, db_is_null(row, TEXTS + NUMBERS) ? STR("") : db_text(row, TEXTS + NUMBERS));
    p->x = arena_str(a, db_is_null(row, TEXTS + NUMBERS + 1) ? STR("") : db_text(row, TEXTS + NUMBERS + 1));
    p->leaf = db_int(row, TEXTS + NUMBERS + 2);
    struct str hash = db_bytes(row, TEXTS + NUMBERS + 3);
    if (hash.size == SHA256_SIZE)
        memcpy(p->seed.bytes, hash.data, SHA256_SIZE);
}

static bool controls_read(struct db *db, struct arena *a, struct population *p, int64_t leaf_limit, struct err *e)
{
    size_t capacity = 0;
    const char **items = NULL;
    DB_EACH (row, db, e, "select target from record_link where type = 'population' and id = ?1 and field = 'controls' and from_leaf <= ?2 and (to_leaf is null or to_leaf > ?2) order by place",
             A(p->id), A(leaf_limit)) {
        if (p->controls.count == capacity)
            items = arena_grow(a, items, p->controls.count, &capacity, sizeof *items);
        items[p->controls.count++] = arena_str(a, db_text(row, 0)).data;
    }
    p->controls.items = items;
    return e->code == ERR_NONE;
}

bool population_read(struct db *db, struct arena *a, struct str id, int64_t leaf_limit, struct population *ret, struct err *e)
{
    bool is_there = false;
    DB_EACH (row, db, e, POPULATION_COLUMNS "and r.id = ?1", A(id), A(leaf_limit)) {
        population_take(a, row, ret);
        is_there = true;
    }
    if (e->code || !is_there)
        return e->code == ERR_NONE && err_set(e, ERR_NOT_FOUND, "there is no population %.*s", STR_ARGS(str_slice(id, 0, 60)));
    return controls_read(db, a, ret, leaf_limit, e);
}

bool populations_of(struct db *db, struct arena *a, struct str engagement, int64_t leaf_limit, struct population **ret, size_t *ret_count, struct err *e)
{
    *ret = arena_array(a, POPULATIONS_MAX, sizeof **ret);
    *ret_count = 0;
    DB_EACH (row, db, e, POPULATION_COLUMNS "and r.engagement = ?1 and r.state <> 'replaced' order by r.id limit 500", A(engagement), A(leaf_limit))
        population_take(a, row, &(*ret)[(*ret_count)++]);
    for (size_t i = 0; i < *ret_count && !e->code; i++)
        (void)controls_read(db, a, &(*ret)[i], leaf_limit, e);
    return e->code == ERR_NONE;
}

bool population_is_frozen(const struct population *p)
{
    return p->x.size > 0;
}

struct str population_role(const struct population *p, struct str role)
{
    struct str rest = p->roles, word, name;
    while (str_next_word(&rest, &word))
        if (str_cut(&word, '=', &name) && str_equal(name, role) && word.size)
            return word;
    return role;
}

const char *population_ipe(struct str state)
{
    return str_is(state, "checked") ? "complete_and_accurate" : str_is(state, "failed") ? "failed" : "not_checked";
}

const char *population_ipe_words(struct str state)
{
    return str_is(state, "checked") ? "Complete and accurate" : str_is(state, "failed") ? "Check failed" : str_is(state, "draft") ? "Not frozen" : "Not checked";
}

/* ---- rows ---- */

bool population_rows(const struct blob_opener *blobs, struct arena *a, const struct population *p, struct frozen *ret, struct err *e)
{
    struct str text;
    char hex[65];
    if (!population_is_frozen(p))
        return err_set(e, ERR_NOT_FOUND, "%.*s is not frozen yet", STR_ARGS(p->id));
    if (!blobs || !blobs->open)
        return err_set(e, ERR_UNAVAILABLE, "%.*s: the rows are sealed, and nobody here can open them", STR_ARGS(p->id));
    if (!blobs->open(blobs->context, a, (uint64_t)p->leaf, p->c.data, p->x.data, &text, e))
        return err_wrap(e, "%.*s: its rows", STR_ARGS(p->id));
    struct sha256 digest = sha256_of(text);
    hex_encode(digest.bytes, SHA256_SIZE, hex);
    if (!str_is(p->digest, hex))
        return err_set(e, ERR_CORRUPT, "%.*s: its rows have another digest than was recorded", STR_ARGS(p->id));
    return frozen_open(a, text, ret, e) && ((int64_t)ret->count == p->rows || err_set(e, ERR_CORRUPT, "%.*s: %zu rows, %lld were recorded", STR_ARGS(p->id), ret->count, (long long)p->rows));
}

static int by_number(const void *x, const void *y)
{
    size_t p = *(const size_t *)x, q = *(const size_t *)y;
    return p < q ? -1 : p > q;
}

size_t population_draw(const struct population *p, size_t ret[POPULATION_TRACED_MAX])
{
    size_t rows = p->rows > 0 ? (size_t)p->rows : 0, count = 0, wanted = rows < POPULATION_TRACED_MAX ? rows : POPULATION_TRACED_MAX;
    for (uint64_t i = 0; count < wanted && population_is_frozen(p); i++) {
        uint8_t bytes[SHA256_SIZE + 8];
        memcpy(bytes, p->seed.bytes, SHA256_SIZE);
        for (int k = 0; k < 8; k++)
            bytes[SHA256_SIZE + k] = (uint8_t)(i >> (56 - 8 * k));
        struct sha256 h = sha256_of(str_make(bytes, sizeof bytes));
        uint64_t n = 0;
        for (int k = 0; k < 8; k++)
            n = n << 8 | h.bytes[k];
        size_t row = 1 + (size_t)(n % rows);
        bool is_new = true;
        for (size_t k = 0; k < count; k++)
            is_new &= ret[k] != row;
        if (is_new)
            ret[count++] = row;
    }
    qsort(ret, count, sizeof *ret, by_number);
    return count;
}

/* ---- a sequence without holes ---- */

static bool number_split(struct str id, struct str *ret_prefix, int64_t *ret_number)
{
    size_t from = id.size;
    while (from > 0 && id.data[from - 1] >= '0' && id.data[from - 1] <= '9')
        from--;
    *ret_prefix = str_slice(id, 0, from);
    return id.size - from <= 15 && str_to_int64(str_slice(id, from, id.size), ret_number);
}

static int by_value(const void *x, const void *y)
{
    int64_t p = *(const int64_t *)x, q = *(const int64_t *)y;
    return p < q ? -1 : p > q;
}

static void holes_count(struct population_sequence *s, const int64_t *numbers, size_t count)
{
    s->first = numbers[0];
    s->last = numbers[count - 1];
    for (size_t i = 1; i < count; i++) {
        s->duplicates += numbers[i] == numbers[i - 1];
        s->holes += numbers[i] > numbers[i - 1] ? numbers[i] - numbers[i - 1] - 1 : 0;
        for (int64_t n = numbers[i - 1] + 1; n < numbers[i] && s->shown_count < SEQUENCE_HOLES_SHOWN; n++)
            s->shown[s->shown_count++] = n;
    }
    /* Numbers that are anything else (times, keys at random) would leave far more holes than there are rows. */
    s->is_sequence = s->holes <= (int64_t)count;
}

bool population_sequence(const struct frozen *f, struct arena *a, struct str column, struct population_sequence *ret)
{
    size_t at = frozen_column(f, column);
    int64_t *numbers = arena_array(a, f->count + 1, sizeof *numbers);
    struct str *cells = arena_array(a, f->column_count + 1, sizeof *cells), prefix;
    struct arena *own = arena_new("sequence", 16 << 20);
    bool is_ok = at != SIZE_MAX && f->count >= 2;
    *ret = (struct population_sequence){.prefix = STR("")};
    for (size_t i = 1; is_ok && i <= f->count; i++) {
        is_ok = frozen_row(f, own, i, cells, NULL) && number_split(cells[at], &prefix, &numbers[i - 1]);
        if (is_ok && i == 1)
            ret->prefix = arena_str(a, prefix);
        is_ok = is_ok && str_equal(prefix, ret->prefix);
        if (i % 1000 == 0)
            arena_reset(own);
    }
    arena_free(own);
    if (!is_ok)
        return false;
    qsort(numbers, f->count, sizeof *numbers, by_value);
    holes_count(ret, numbers, f->count);
    return ret->is_sequence;
}
