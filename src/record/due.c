/* due.c - what is due, of all types. */
#include "record/due.h"
#include "base/times.h"
#include "record/internal.h"

#include <stdlib.h>

bool due_is_open(const struct record_type *t, const struct record_state *s)
{
    if (s->is_end)
        return false;
    /* A performance that happened stays open to the reviewer, but nothing of it is due any more. */
    return strcmp(t->id, "occurrence") != 0 || strcmp(s->id, "expected") == 0 || strcmp(s->id, "missed") == 0;
}

/* ---- the question ---- */

static const struct record_field *due_field(const struct record_type *t)
{
    const struct record_field *f = t->due_field && *t->due_field ? record_type_field(t, str_of(t->due_field)) : NULL;
    bool has_owner = t->owner_field && *t->owner_field && record_type_field(t, str_of(t->owner_field));
    return has_owner ? f : NULL;
}

static int compare_types(const void *a, const void *b)
{
    return strcmp((*(const struct record_type *const *)a)->id, (*(const struct record_type *const *)b)->id);
}

/* By id, and only those of which something can be due. */
const struct record_type **due_types(struct arena *a, const struct record_types *types, size_t *ret_count)
{
    size_t count = record_types_count(types);
    const struct record_type **list = arena_array(a, count + 1, sizeof(*list));
    *ret_count = 0;
    for (size_t i = 0; i < count; i++)
        if (due_field(record_types_at(types, i)))
            list[(*ret_count)++] = record_types_at(types, i);
    if (*ret_count)
        qsort(list, *ret_count, sizeof(*list), compare_types);
    return list;
}

static void put_due(struct query_text *q, const struct record_field *f)
{
    if (f->type == FIELD_COMPUTED)
        buf_printf(&q->sql, "(%s)", f->sql);
    else
        buf_printf(&q->sql, "r.\"%s\"", f->id);
}

/* Of somebody's own there are few: they are found by whose they are, and the day is looked at then; of everybody's the days lead (a plus keeps from an index). */
static void put_due_condition(struct query_text *q, const struct record_field *f, const struct due_query *asked)
{
    if (asked->person.size || (asked->access && asked->access->is_own_only))
        buf_char(&q->sql, '+');
    put_due(q, f);
}

static bool is_instant(const struct record_field *f)
{
    return f->type == FIELD_INSTANT || (f->type == FIELD_COMPUTED && f->sql_type == FIELD_INSTANT);
}

/* A day as the field has it, clamped to what a text of four digits can say. */
static void put_bound(struct query_text *q, const struct record_field *f, int64_t day, bool is_end)
{
    static const struct date first = {1970, 1, 1}, last = {9999, 12, 30};
    char text[TIME_TEXT_SIZE];
    int64_t low = day_of_date(first), high = day_of_date(last);
    day = day < low ? low : day > high ? high : day;
    if (is_instant(f))
        query_arg(q, A((day + is_end) * MS_DAY - is_end));
    else
        query_arg(q, A(arena_str(q->arena, str_of(time_format_date(day * MS_DAY, text)))));
}

/* Whose it is: the owner's; while they are away whoever stands in for them; a delegate's; and whoever was told that it is late. */
static void put_person(struct query_text *q, const struct record_type *t, const struct due_query *asked)
{
    char day[TIME_TEXT_SIZE];
    if (!asked->person.size)
        return;
    const char *now = query_each_now(q);
    buf_printf(&q->sql, " and ((r.\"%s\" = ", t->owner_field);
    query_arg(q, A(asked->person));
    buf_printf(&q->sql, "%s)", now);
    if (asked->today > 0) {
        struct str today = arena_str(q->arena, str_of(time_format_date(asked->today * MS_DAY, day)));
        buf_printf(&q->sql, " or (r.\"%s\" in (select w.id from people w where w.delegate = ", t->owner_field);
        query_arg(q, A(asked->person));
        buf_cstr(&q->sql, " and w.away_from <= ");
        query_arg(q, A(today));
        buf_cstr(&q->sql, " and ifnull(w.away_until, '9') >= ");
        query_arg(q, A(today));
        buf_printf(&q->sql, ")%s)", now);
        if (record_type_field(t, STR("delegate")) && record_type_field(t, STR("delegate_until"))) {
            buf_cstr(&q->sql, " or (r.delegate = ");
            query_arg(q, A(asked->person));
            buf_cstr(&q->sql, " and ifnull(r.delegate_until, '9') >= ");
            query_arg(q, A(today));
            buf_printf(&q->sql, "%s)", now);
        }
        if (record_type_field(t, STR("escalated_to"))) {
            buf_cstr(&q->sql, " or (r.escalated_to = ");
            query_arg(q, A(asked->person));
            buf_printf(&q->sql, "%s)", now);
        }
    }
    buf_char(&q->sql, ')');
}

static void put_where(struct query_text *q, const struct record_type *t, const struct record_field *f, const struct due_query *asked)
{
    buf_printf(&q->sql, " from %s_versions r where ", t->table);
    query_as_of(q, "r", asked->leaf_limit);
    buf_cstr(&q->sql, " and r.is_deleted = 0 and ");
    put_due_condition(q, f, asked);
    if (asked->from_day > 0) {
        buf_cstr(&q->sql, " >= ");
        put_bound(q, f, asked->from_day, false);
        buf_cstr(&q->sql, " and ");
        put_due_condition(q, f, asked);
    }
    buf_cstr(&q->sql, " <= ");
    put_bound(q, f, asked->to_day, true);
    buf_cstr(&q->sql, " and r.state not in (''");
    for (size_t i = 0; i < t->state_count; i++)
        if (!due_is_open(t, &t->states[i]))
            buf_printf(&q->sql, ", '%s'", t->states[i].id); /* a word of a-z, 0-9 and _ */
    buf_char(&q->sql, ')');
    put_person(q, t, asked);
    q->is_led = asked->person.size > 0;
    query_access(q, t, asked->access, asked->leaf_limit);
    q->is_led = false;
}

static bool is_asked(const struct record_type *t, const struct due_query *q)
{
    return due_field(t) && q->to_day >= q->from_day && (q->type.size == 0 || str_is(q->type, t->id));
}

/* ---- answers ---- */

struct found {
    struct arena *arena;
    struct due_item *items;
    size_t count, capacity;
};

static void put_columns(struct query_text *q, const struct record_type *t, const struct record_field *f)
{
    bool escalates = record_type_field(t, STR("escalate_to")) && record_type_field(t, STR("escalate_days"));
    const struct record_field *title = record_type_field(t, str_of(t->title_field));
    buf_cstr(&q->sql, "select r.id, ");
    if (title && field_is_stored(title->type))
        buf_printf(&q->sql, "r.\"%s\"", title->id);
    else
        buf_cstr(&q->sql, "r.id");
    buf_printf(&q->sql, ", r.state, r.\"%s\", (select p.name from people p where p.id = r.\"%s\"), r.created_by, ", t->owner_field, t->owner_field);
    buf_cstr(&q->sql, "(select a.person from account a where 'account:' || a.id = r.created_by), ");
    buf_cstr(&q->sql, !escalates                                      ? "null, null, "
                      : record_type_field(t, STR("escalated_to")) ? "coalesce(r.escalated_to, r.escalate_to), r.escalate_days, "
                                                                  : "r.escalate_to, r.escalate_days, ");
    buf_cstr(&q->sql, "r.from_t, ");
    put_due(q, f);
}

static bool item_add(struct found *x, struct db_row *row, const struct record_type *t, const struct record_field *f)
{
    int64_t at_ms;
    if (is_instant(f))
        at_ms = db_int(row, 10);
    else if (!time_parse(db_text(row, 10), 0, &at_ms))
        return false;
    if (x->count == x->capacity)
        x->items = arena_grow(x->arena, x->items, x->count, &x->capacity, sizeof(*x->items));
    struct due_item *item = &x->items[x->count++];
    *item = (struct due_item){.type = t, .id = arena_str(x->arena, db_text(row, 0)), .title = arena_str(x->arena, db_text(row, 1)),
                              .state = arena_str(x->arena, db_text(row, 2)), .owner = arena_str(x->arena, db_text(row, 3)),
                              .owner_name = arena_str(x->arena, db_text(row, 4)), .created_by = arena_str(x->arena, db_text(row, 5)),
                              .author = arena_str(x->arena, db_text(row, 6)), .escalate_to = arena_str(x->arena, db_text(row, 7)),
                              .escalate_days = db_int(row, 8), .changed_t = db_int(row, 9), .due_day = day_of(at_ms)};
    if (item->title.size == 0)
        item->title = item->id;
    return true;
}

static bool type_read(struct db *db, struct found *x, const struct record_type *t, const struct due_query *asked, struct err *e)
{
    const struct record_field *f = due_field(t);
    struct query_text q;
    query_init(&q, x->arena);
    put_columns(&q, t, f);
    put_where(&q, t, f, asked);
    buf_cstr(&q.sql, " order by ");
    put_due(&q, f);
    buf_cstr(&q.sql, ", r.id limit ");
    query_arg(&q, A(asked->limit > 0 ? asked->limit : (int64_t)DUE_MAX));
    struct err failed = {0};
    struct db_row *row = query_run(&q, db, &failed);
    while (row && db_next(row, &failed))
        item_add(x, row, t, f); /* what is no date by now is not due */
    db_row_release(&row);
    query_release(&q);
    return failed.code ? (*e = failed, false) : true;
}

static int compare_items(const void *a, const void *b)
{
    const struct due_item *x = a, *y = b;
    if (x->due_day != y->due_day)
        return x->due_day < y->due_day ? -1 : 1;
    int order = strcmp(x->type->id, y->type->id);
    return order ? order : str_compare(x->id, y->id);
}

bool due_list(struct db *db, struct arena *a, const struct record_type *const *types, size_t type_count, const struct due_query *q,
              struct due_item **ret, size_t *ret_count, struct err *e)
{
    struct found x = {.arena = a};
    for (size_t i = 0; i < type_count; i++)
        if (is_asked(types[i], q) && !type_read(db, &x, types[i], q, e))
            return false;
    if (x.count)
        qsort(x.items, x.count, sizeof(*x.items), compare_items);
    *ret = x.items;
    *ret_count = x.count;
    return true;
}

/* What is kept of the type by day and state says it, where everybody's is asked for now by somebody who reads all of it. */
static bool is_kept(const struct record_type *t, const struct due_query *q)
{
    return t->counted.count >= 2 && strcmp(t->counted.items[0], t->due_field) == 0 && strcmp(t->counted.items[1], "state") == 0 && q->person.size == 0 &&
           q->leaf_limit == INT64_MAX && (!q->access || access_reads_all(q->access, t));
}

static void put_kept(struct query_text *q, const char *columns, const struct record_type *t, const struct due_query *asked)
{
    const struct record_field *f = due_field(t);
    buf_printf(&q->sql, "select %s from record_tally where type = ", columns);
    query_arg(q, A(t->id));
    buf_cstr(&q->sql, " and a > '' and a <= ");
    put_bound(q, f, asked->to_day, true);
    if (asked->from_day > 0) {
        buf_cstr(&q->sql, " and a >= ");
        put_bound(q, f, asked->from_day, false);
    }
    buf_cstr(&q->sql, " and b not in (''");
    for (size_t i = 0; i < t->state_count; i++)
        if (!due_is_open(t, &t->states[i]))
            buf_printf(&q->sql, ", '%s'", t->states[i].id);
    buf_char(&q->sql, ')');
}

bool due_count(struct db *db, struct arena *a, const struct record_type *const *types, size_t type_count, const struct due_query *asked, int64_t max,
               int64_t *ret, struct err *e)
{
    struct err failed = {0};
    *ret = 0;
    for (size_t i = 0; i < type_count && !failed.code; i++) {
        if (!is_asked(types[i], asked))
            continue;
        struct query_text q;
        query_init(&q, a);
        if (is_kept(types[i], asked)) {
            put_kept(&q, "ifnull(sum(n), 0)", types[i], asked);
        } else {
            buf_cstr(&q.sql, "select count(*) from (select 1");
            put_where(&q, types[i], due_field(types[i]), asked);
            buf_cstr(&q.sql, " limit ");
            query_arg(&q, A(max));
            buf_char(&q.sql, ')');
        }
        struct db_row *row = query_run(&q, db, &failed);
        if (row && db_next(row, &failed))
            *ret += db_int(row, 0) < max ? db_int(row, 0) : max;
        db_row_release(&row);
        query_release(&q);
    }
    return failed.code ? (*e = failed, false) : true;
}

bool due_total(struct db *db, struct arena *a, const struct record_type *const *types, size_t type_count, const struct due_query *q, int64_t *ret, struct err *e)
{
    return due_count(db, a, types, type_count, q, INT64_MAX, ret, e);
}

bool due_days(struct db *db, struct arena *a, const struct record_type *t, const struct due_query *asked, int64_t *ret, struct err *e)
{
    const struct record_field *f = due_field(t);
    struct err failed = {0};
    struct query_text q;
    if (!is_asked(t, asked))
        return true;
    query_init(&q, a);
    if (is_kept(t, asked)) {
        put_kept(&q, "a, sum(n)", t, asked);
        buf_cstr(&q.sql, " group by a");
    } else {
        buf_cstr(&q.sql, "select ");
        put_due(&q, f);
        buf_cstr(&q.sql, ", count(*)");
        put_where(&q, t, f, asked);
        buf_cstr(&q.sql, " group by 1");
    }
    struct db_row *row = query_run(&q, db, &failed);
    while (row && db_next(row, &failed)) {
        int64_t at_ms = is_instant(f) ? db_int(row, 0) : 0, day;
        if (!is_instant(f) && !time_parse(db_text(row, 0), 0, &at_ms))
            continue;
        day = day_of(at_ms);
        if (day >= asked->from_day && day <= asked->to_day)
            ret[day - asked->from_day] += db_int(row, 1);
    }
    db_row_release(&row);
    query_release(&q);
    return failed.code ? (*e = failed, false) : true;
}
