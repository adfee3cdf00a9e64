/* rule.c - what must hold for a transition: SQL conditions of the type, asked of the row as it will be. */
#include "base/times.h"
#include "record/internal.h"
#include "record/local_day.h"

/* The row's columns: those that are set come as arguments, the others from the table. */
static void put_row(struct query_text *q, const struct record *r, const struct json *set)
{
    const struct record_type *t = r->type;
    buf_cstr(&q->sql, "(select o.id, o.version, o.state, o.from_leaf, o.from_t, o.created_leaf, o.created_t, o.created_by, o.changed_by");
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        const struct json *value = json_get(set, f->id);
        struct db_arg currency;
        if (!field_is_stored(f->type))
            continue;
        buf_cstr(&q->sql, ", ");
        if (!value) {
            buf_printf(&q->sql, "o.\"%s\"", f->id);
            if (f->type == FIELD_MONEY)
                buf_printf(&q->sql, ", o.\"%s_currency\"", f->id);
            continue;
        }
        struct db_arg arg = column_arg(f, value, q->arena, &currency);
        query_arg(q, arg);
        buf_printf(&q->sql, " as \"%s\"", f->id);
        if (f->type == FIELD_MONEY) {
            buf_cstr(&q->sql, ", ");
            query_arg(q, currency);
            buf_printf(&q->sql, " as \"%s_currency\"", f->id);
        }
    }
    buf_printf(&q->sql, " from %s_versions o where o.to_leaf is null and o.id = ", t->table);
    query_arg(q, A(r->id));
    buf_cstr(&q->sql, ") r");
}

/* What a rule calls 'now' is what the clock shows where the organisation is: date('now') is the day there. The clock is that of whoever asks: a simulated
 * one rules it as well. */
static void put_rule(struct query_text *q, struct str sql, int64_t there_ms)
{
    static const struct str now = {"'now'", 5};
    for (ptrdiff_t at; (at = str_find(sql, now)) >= 0; sql = str_slice(sql, (size_t)at + now.size, sql.size)) {
        buf_str(&q->sql, str_slice(sql, 0, (size_t)at));
        buf_printf(&q->sql, "%lld, 'unixepoch'", (long long)(there_ms / MS_SECOND));
    }
    buf_str(&q->sql, sql);
}

bool rules_check(struct db *db, struct arena *a, const struct record *r, const struct record_transition *move, const struct json *set, int64_t now_ms, const struct record_rule **ret,
                 struct err *e)
{
    struct err failed = {0};
    int64_t there_ms = move->rule_count ? local_ms(db, now_ms) : now_ms;
    *ret = NULL;
    for (size_t i = 0; i < move->rule_count && !*ret && !failed.code; i++) {
        struct query_text q;
        query_init(&q, a);
        buf_cstr(&q.sql, "select (");
        put_rule(&q, str_of(move->rules[i].sql), there_ms);
        buf_cstr(&q.sql, ") from ");
        put_row(&q, r, set);
        struct db_row *row = query_run(&q, db, &failed);
        bool holds = row && db_next(row, &failed) && db_int(row, 0) != 0;
        db_row_release(&row);
        query_release(&q);
        if (!holds)
            *ret = &move->rules[i];
    }
    return failed.code ? (*e = failed, false) : true;
}

bool record_rules_hold(struct db *db, struct arena *a, const struct record *r, const struct record_transition *transition, const char **ret_why, struct err *e)
{
    const struct record_rule *broken;
    if (!rules_check(db, a, r, transition, NULL, env_now_ms(&env_system), &broken, e))
        return false;
    *ret_why = broken ? broken->why : NULL;
    return true;
}
