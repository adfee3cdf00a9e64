/* population_match.c - see population_match.h. */
#include "assess/population_match.h"

#include <stdlib.h>

const char *match_kind_name(enum match_kind k)
{
    static const char *const names[] = {"missing_here", "missing_there", "differs"};
    return names[k];
}

bool match_columns(struct str text, const struct frozen *here, const struct frozen *there, size_t *ret_here, size_t *ret_there, size_t *ret_count, struct err *e)
{
    struct str rest = text, one, left;
    *ret_count = 0;
    for (bool is_more = str_trim(text).size > 0; is_more;) {
        is_more = str_cut(&rest, ',', &one);
        struct str right = str_trim(one);
        bool has_two = str_cut(&right, '=', &left);
        left = str_trim(left);
        right = has_two ? str_trim(right) : left;
        if (*ret_count == MATCH_COLUMNS_MAX)
            return err_set(e, ERR_LIMIT, "over %d columns", MATCH_COLUMNS_MAX);
        size_t p = frozen_column(here, left), q = frozen_column(there, right);
        if (p == SIZE_MAX || q == SIZE_MAX)
            return err_set(e, ERR_INVALID, "%.*s: no column of %s is called so", STR_ARGS(str_slice(p == SIZE_MAX ? left : right, 0, 60)), p == SIZE_MAX ? "this population" : "the other one");
        ret_here[*ret_count] = p;
        ret_there[(*ret_count)++] = q;
    }
    return true;
}

/* ---- rows with their keys ---- */

struct keyed {
    struct str key, item, values[MATCH_COLUMNS_MAX];
    size_t row;
};

static struct str folded(struct arena *a, struct str s)
{
    s = str_trim(s);
    char *text = arena_strndup(a, s.data ? s.data : "", s.size);
    for (size_t i = 0; i < s.size; i++)
        text[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
    return str_make(text, s.size);
}

static struct str joined(struct arena *a, const struct str *cells, const size_t *columns, size_t count, const char *between, bool is_folded)
{
    struct str out = STR("");
    for (size_t i = 0; i < count; i++) {
        struct str one = is_folded ? folded(a, cells[columns[i]]) : str_trim(cells[columns[i]]);
        out = i ? arena_printf(a, "%.*s%s%.*s", STR_ARGS(out), between, STR_ARGS(one)) : arena_str(a, one);
    }
    return out;
}

static bool is_empty_key(struct str key)
{
    for (size_t i = 0; i < key.size; i++)
        if (key.data[i] != '\x1f')
            return false;
    return true;
}

/* By key, then by what they say, so that several of one key are paired alike whatever the order they come in. */
static int by_key(const void *x, const void *y)
{
    const struct keyed *p = x, *q = y;
    int c = str_compare(p->key, q->key);
    for (size_t i = 0; c == 0 && i < MATCH_COLUMNS_MAX; i++)
        c = str_compare(p->values[i], q->values[i]);
    return c ? c : p->row < q->row ? -1 : p->row > q->row;
}

static struct keyed *side_read(struct arena *a, const struct match_side *s, size_t key_count, size_t value_count)
{
    struct keyed *all = arena_array(a, s->rows->count + 1, sizeof *all);
    struct str *cells = arena_array(a, s->rows->column_count + 1, sizeof *cells);
    for (size_t i = 0; i < s->rows->count; i++) {
        struct keyed *k = &all[i];
        *k = (struct keyed){.row = i + 1, .key = STR(""), .item = STR("")};
        for (size_t v = 0; v < MATCH_COLUMNS_MAX; v++)
            k->values[v] = STR("");
        if (!frozen_row(s->rows, a, i + 1, cells, NULL))
            continue;
        k->key = joined(a, cells, s->keys, key_count, "\x1f", true);
        k->item = joined(a, cells, s->keys, key_count, " \xc2\xb7 ", false);
        for (size_t v = 0; v < value_count; v++)
            k->values[v] = folded(a, cells[s->values[v]]);
    }
    qsort(all, s->rows->count, sizeof *all, by_key);
    return all;
}

/* ---- holding them against one another ---- */

struct matching {
    struct arena *a;
    const struct match_side *here, *there;
    size_t value_count;
    struct match_difference *items;
    size_t count, capacity;
    struct match_counts *counts;
};

static void difference_add(struct matching *m, enum match_kind kind, const struct keyed *p, const struct keyed *q, struct str detail)
{
    if (m->count == m->capacity)
        m->items = arena_grow(m->a, m->items, m->count, &m->capacity, sizeof *m->items);
    struct str item = p ? p->item : q->item;
    m->items[m->count++] = (struct match_difference){kind, is_empty_key(p ? p->key : q->key) ? STR("(no key)") : item, detail, p ? p->row : 0, q ? q->row : 0};
    m->counts->missing_here += kind == MATCH_MISSING_HERE;
    m->counts->missing_there += kind == MATCH_MISSING_THERE;
    m->counts->differing += kind == MATCH_DIFFERS;
}

static void pair_compare(struct matching *m, const struct keyed *p, const struct keyed *q)
{
    struct str detail = STR("");
    m->counts->matched++;
    for (size_t v = 0; v < m->value_count; v++)
        if (!str_equal(p->values[v], q->values[v]))
            detail = arena_printf(m->a, "%.*s%s%.*s: \"%.*s\" here, \"%.*s\" there", STR_ARGS(detail), detail.size ? "; " : "", STR_ARGS(m->here->rows->columns[m->here->values[v]]),
                                  STR_ARGS(str_prefix(p->values[v], 100)), STR_ARGS(str_prefix(q->values[v], 100)));
    if (detail.size)
        difference_add(m, MATCH_DIFFERS, p, q, str_prefix(detail, 1000));
}

/* Rows of one key on both sides: those that say the same belong together, the others by their order. */
static void group_match(struct matching *m, const struct keyed *p, size_t p_count, const struct keyed *q, size_t q_count)
{
    bool *p_used = arena_array(m->a, p_count + 1, sizeof *p_used), *q_used = arena_array(m->a, q_count + 1, sizeof *q_used);
    bool is_nobody = is_empty_key(p_count ? p->key : q->key);
    for (size_t i = 0, k = 0; i < p_count && k < q_count && !is_nobody;) {
        int c = 0;
        for (size_t v = 0; c == 0 && v < m->value_count; v++)
            c = str_compare(p[i].values[v], q[k].values[v]);
        if (c == 0) {
            m->counts->matched++;
            p_used[i++] = q_used[k++] = true;
        } else if (c < 0) {
            i++;
        } else {
            k++;
        }
    }
    size_t k = 0;
    for (size_t i = 0; i < p_count; i++) {
        if (p_used[i])
            continue;
        while (k < q_count && q_used[k])
            k++;
        if (k < q_count && !is_nobody)
            pair_compare(m, &p[i], &q[k++]);
        else
            difference_add(m, MATCH_MISSING_THERE, &p[i], NULL, STR(""));
    }
    for (; k < q_count; k++)
        if (!q_used[k])
            difference_add(m, MATCH_MISSING_HERE, NULL, &q[k], STR(""));
}

static size_t group_end(const struct keyed *all, size_t from, size_t count)
{
    size_t end = from + 1;
    while (end < count && str_equal(all[end].key, all[from].key))
        end++;
    return end;
}

bool population_match(struct arena *a, const struct match_side *here, const struct match_side *there, size_t key_count, size_t value_count, struct match_difference **ret,
                      size_t *ret_count, struct match_counts *ret_counts, struct err *e)
{
    *ret_counts = (struct match_counts){.here = here->rows->count, .there = there->rows->count};
    struct matching m = {.a = a, .here = here, .there = there, .value_count = value_count, .counts = ret_counts};
    if (key_count == 0)
        return err_set(e, ERR_INVALID, "keys: name the columns by which both call the same thing");
    struct keyed *p = side_read(a, here, key_count, value_count), *q = side_read(a, there, key_count, value_count);
    for (size_t i = 0, k = 0; i < here->rows->count || k < there->rows->count;) {
        int c = i == here->rows->count ? 1 : k == there->rows->count ? -1 : str_compare(p[i].key, q[k].key);
        size_t i_end = c <= 0 ? group_end(p, i, here->rows->count) : i, k_end = c >= 0 ? group_end(q, k, there->rows->count) : k;
        group_match(&m, &p[i], i_end - i, &q[k], k_end - k);
        i = i_end;
        k = k_end;
        if (m.count > MATCH_DIFFERENCES_MAX)
            return err_set(e, ERR_LIMIT, "over %d differences: these columns do not name the same things", MATCH_DIFFERENCES_MAX);
    }
    *ret = m.items;
    *ret_count = m.count;
    return true;
}

/* ---- what becomes of them ---- */

static const char *title_format(enum match_kind k)
{
    return k == MATCH_MISSING_HERE ? "Only in the other source: " : k == MATCH_MISSING_THERE ? "Missing in the other source: " : "Differs: ";
}

bool population_match_changes(struct db *db, struct arena *a, struct str here, struct str there, const struct match_difference *items, size_t count, struct record_change **ret,
                              size_t *ret_count, size_t *ret_known, struct err *e)
{
    int64_t number = db_one_int(db, e, 0, "select max(number) from population_differences where population = ?1 and other = ?2", A(here), A(there));
    *ret = arena_array(a, count + 1, sizeof **ret);
    *ret_count = *ret_known = 0;
    for (size_t i = 0; i < count && !e->code; i++) {
        const struct match_difference *d = &items[i];
        int64_t is_there = db_one_int(db, e, 0,
                                      "select count(*) from population_differences where population = ?1 and other = ?2 and kind = ?3 and ifnull(row_here, 0) = ?4 and ifnull(row_there, 0) = ?5",
                                      A(here), A(there), A(match_kind_name(d->kind)), A((int64_t)d->row_here), A((int64_t)d->row_there));
        if (is_there) {
            ++*ret_known;
            continue;
        }
        struct json *set = json_object(a);
        json_put_str(set, "title", arena_printf(a, "%s%.*s", title_format(d->kind), STR_ARGS(str_prefix(d->item, 160))));
        json_put_str(set, "population", here);
        json_put_str(set, "other", there);
        json_put_cstr(set, "kind", match_kind_name(d->kind));
        json_put_int(set, "number", ++number);
        json_put_str(set, "item", str_prefix(d->item, 250));
        if (d->row_here)
            json_put_int(set, "row_here", (int64_t)d->row_here);
        if (d->row_there)
            json_put_int(set, "row_there", (int64_t)d->row_there);
        if (d->detail.size)
            json_put_str(set, "detail", d->detail);
        (*ret)[(*ret_count)++] = (struct record_change){.type = STR("population_difference"), .act = RECORD_CREATE, .set = set};
    }
    return e->code == ERR_NONE;
}

/* ---- all of it ---- */

bool population_reconcile(struct db *db, struct arena *a, struct arena *big, const struct blob_opener *blobs, const struct population *here, struct str other, struct str keys,
                          struct str values, struct reconciliation *ret, struct err *e)
{
    struct population there;
    struct frozen p, q;
    struct match_side x = {.rows = &p}, y = {.rows = &q};
    size_t key_count, value_count;
    *ret = (struct reconciliation){0};
    if (!population_read(db, a, other, INT64_MAX, &there, e))
        return false;
    if (str_equal(here->id, there.id) || !str_equal(here->engagement, there.engagement))
        return err_set(e, ERR_INVALID, "other: another population of this engagement is wanted");
    if (!population_rows(blobs, big, here, &p, e) || !population_rows(blobs, big, &there, &q, e) || (!match_columns(keys, &p, &q, x.keys, y.keys, &key_count, e) && !err_wrap(e, "keys")) ||
        (!match_columns(values, &p, &q, x.values, y.values, &value_count, e) && !err_wrap(e, "values")) ||
        !population_match(big, &x, &y, key_count, value_count, &ret->items, &ret->count, &ret->counts, e) ||
        !population_match_changes(db, a, here->id, there.id, ret->items, ret->count, &ret->changes, &ret->change_count, &ret->known, e))
        return false;
    bool is_checked = str_is(here->state, "checked") || str_is(there.state, "checked");
    return !is_checked || ret->change_count == 0 ||
           err_set(e, ERR_CONFLICT, "other: one of them is said to be complete and accurate; before new differences, that is taken back (\"The check failed\")");
}
