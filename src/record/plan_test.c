/* What lists ask of the engine, for every type: no query may read a table from end to end, and an order that a page offers comes from an
 * index. The plans are those of any size: the projection has no statistics that could change them. */
#include "base/test.h"
#include "record/test_records.h"

#include <sqlite3.h>

enum { STATEMENTS_MAX = 64 };

static struct records w;
static char *statements[STATEMENTS_MAX];
static size_t statement_count;

static int on_statement(unsigned what, void *context, void *statement, void *text)
{
    (void)what, (void)context, (void)text;
    char *sql = sqlite3_expanded_sql(statement);
    if (statement_count < STATEMENTS_MAX && sql && strncmp(sql, "--", 2) != 0) /* else what the full text says of itself */
        statements[statement_count++] = strdup(sql);
    sqlite3_free(sql);
    return 0;
}

static bool each_nothing(void *context, const struct record *r, struct err *e)
{
    (void)context, (void)r, (void)e;
    return true;
}

/* A step of a plan that grows with the table: "SCAN r" alone. "USING INDEX" goes along one, as far as the page needs it. */
/* Nothing can match: SQLite looks at such a condition once, before the first row. */
static bool is_never(const char *sql)
{
    return strstr(sql, " in ())") || strstr(sql, " and (0) ");
}

static bool is_full_scan(const char *step)
{
    return strncmp(step, "SCAN ", 5) == 0 && !strstr(step, "INDEX") && strcmp(step, "SCAN json_each") != 0 && !strstr(step, "CONSTANT ROW");
}

static void check_plan(const char *sql, bool may_sort)
{
    struct err e = {0};
    struct str question = arena_printf(w.arena, "explain query plan %s", sql);
    DB_EACH (row, w.db, &e, db_known(w.db, question)) {
        struct str step = arena_str(w.arena, db_text(row, 3));
        ck_assert_msg(is_never(sql) || !is_full_scan(step.data), "%s\n  in: %s", step.data, sql);
        ck_assert_msg(may_sort || !str_contains(step, "TEMP B-TREE FOR ORDER BY"), "%s\n  in: %s", step.data, sql);
    }
    ck_assert_msg(!e.code, "%s: %s", e.text, sql);
}

/* Runs the list and looks at the plan of everything that it asked. may_sort: few rows are left to be sorted. */
static void check_list(const struct record_type *t, struct record_query q, bool may_sort)
{
    struct err e = {0};
    int64_t total;
    q.page = 3;
    q.per_page = 50;
    q.leaf_limit = INT64_MAX;
    statement_count = 0;
    sqlite3_trace_v2(db_sqlite(w.db), SQLITE_TRACE_STMT, on_statement, NULL);
    ck_assert_msg(record_list(w.db, w.arena, t, &q, each_nothing, NULL, &total, &e), "%s: %s", t->id, e.text);
    sqlite3_trace_v2(db_sqlite(w.db), 0, NULL, NULL);
    ck_assert(statement_count > 0 && statement_count < STATEMENTS_MAX);
    for (size_t i = 0; i < statement_count; i++) {
        check_plan(statements[i], may_sort);
        free(statements[i]);
    }
}

static bool has_column(const struct record_field *f)
{
    return f && field_is_stored(f->type);
}

START_TEST(every_order_that_a_list_offers_comes_from_an_index)
{
    for (size_t i = 0; i < content_record_type_count; i++) {
        const struct record_type *t = &content_record_types[i];
        const struct record_field *f = record_type_field(t, str_of(t->sort + (*t->sort == '-')));
        check_list(t, (struct record_query){0}, f && !has_column(f));
        for (size_t k = 0; k < t->columns.count; k++) {
            const char *column = t->columns.items[k];
            if (record_type_field(t, str_of(column)) && !has_column(record_type_field(t, str_of(column))))
                continue; /* computed: a value of its own for each row */
            check_list(t, (struct record_query){.sort = str_of(column)}, false);
            check_list(t, (struct record_query){.sort = arena_printf(w.arena, "-%s", column)}, false);
        }
    }
}
END_TEST

START_TEST(every_filter_and_state_is_found_without_reading_all)
{
    for (size_t i = 0; i < content_record_type_count; i++) {
        const struct record_type *t = &content_record_types[i];
        for (size_t k = 0; k < t->state_count; k++)
            check_list(t, (struct record_query){.state = str_of(t->states[k].id)}, true);
        check_list(t, (struct record_query){.state = STR("open")}, true);
        for (size_t k = 0; k < t->filters.count; k++) {
            const struct record_field *f = record_type_field(t, str_of(t->filters.items[k]));
            bool takes_word = f && (f->type == FIELD_PERSON || f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES || f->type == FIELD_CHOICE);
            if (takes_word)
                check_list(t, (struct record_query){.where = arena_printf(w.arena, "%s=x", f->id)}, true);
        }
    }
}
END_TEST

START_TEST(words_are_found_by_the_full_text)
{
    for (size_t i = 0; i < content_record_type_count; i++)
        check_list(&content_record_types[i], (struct record_query){.q = STR("backup")}, true);
}
END_TEST

/* What who makes and brings sees of a type that is not read by role. */
START_TEST(own_records_are_found_by_whose_they_are)
{
    struct access x = {.actor = STR("account:1"), .account = STR("1"), .person = STR("P-0001")};
    for (size_t i = 0; i < content_record_type_count; i++)
        check_list(&content_record_types[i], (struct record_query){.access = &x}, true);
}
END_TEST

START_TEST(one_record_its_history_and_its_referrers_are_found_by_id)
{
    struct err e = {0};
    records_create(&w, "person", "{\"name\":\"Ann\",\"kind\":\"employee\"}");
    struct record_types *types = record_types_open(w.db, &e);
    statement_count = 0;
    sqlite3_trace_v2(db_sqlite(w.db), SQLITE_TRACE_STMT, on_statement, NULL);
    const struct record_type *t = record_types_find(types, STR("person"));
    ck_assert(record_get(w.db, w.arena, t, STR("P-0001"), INT64_MAX, &e) != NULL);
    ck_assert(record_get(w.db, w.arena, t, STR("P-0001"), 0, &e) != NULL);
    ck_assert(record_get_brief(w.db, w.arena, t, STR("P-0001"), INT64_MAX, &e) != NULL);
    ck_assert(record_history(w.db, w.arena, t, STR("P-0001"), INT64_MAX, &e) != NULL);
    sqlite3_trace_v2(db_sqlite(w.db), 0, NULL, NULL);
    for (size_t i = 0; i < statement_count; i++) {
        check_plan(statements[i], false);
        free(statements[i]);
    }
    record_types_close(types);
}
END_TEST

static void start(void)
{
    records_init(&w);
}
static void end(void)
{
    records_release(&w);
}

TEST_MAIN_WITH("plan", start, end, every_order_that_a_list_offers_comes_from_an_index, every_filter_and_state_is_found_without_reading_all,
               words_are_found_by_the_full_text, own_records_are_found_by_whose_they_are, one_record_its_history_and_its_referrers_are_found_by_id)
