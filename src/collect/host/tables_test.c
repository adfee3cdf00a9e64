/*
 * tables_test.c - one check over the declarations of all host tables: names, words, units, criteria, order of the registry, and
 * whether each example is a query that runs.
 */
#include "base/test.h"
#include "collect/host/host.h"
#include <sqlite3.h>

static bool is_name(const char *name)
{
    if (*name < 'a' || *name > 'z')
        return false;
    for (; *name; name++) {
        if (!((*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9') || *name == '_'))
            return false;
    }
    return true;
}

static bool is_sentence(const char *words)
{
    size_t size = strlen(words);
    return size > 1 && words[size - 1] == '.' && words[0] != ' ';
}

/* "CC6.1, A1.2": letters, digit, point, digits. */
static bool are_criteria(const char *text)
{
    struct str rest = str_of(text), one;
    bool has_more = true;
    while (has_more) {
        has_more = str_cut(&rest, ',', &one);
        one = str_trim(one);
        size_t i = 0;
        while (i < one.size && one.data[i] >= 'A' && one.data[i] <= 'Z')
            i++;
        if (i == 0 || i > 2 || one.size < i + 3 || one.data[i + 1] != '.')
            return false;
    }
    return true;
}

START_TEST(the_registry_is_sorted_and_finds_each_table)
{
    for (size_t i = 0; host_tables[i]; i++) {
        const char *name = host_tables[i]->schema->name;
        ck_assert_ptr_eq(host_table_find(str_of(name)), host_tables[i]);
        if (i)
            ck_assert_msg(strcmp(host_tables[i - 1]->schema->name, name) != 0, "%s stands twice", name);
    }
    ck_assert_ptr_null(host_table_find(STR("no_such_table")));
    ck_assert_ptr_null(host_table_find(STR("")));
}
END_TEST

START_TEST(each_table_and_column_is_named_and_explained)
{
    for (size_t i = 0; host_tables[i]; i++) {
        const struct table_schema *s = host_tables[i]->schema;
        ck_assert_msg(is_name(s->name), "%s", s->name);
        ck_assert_msg(is_sentence(s->words), "%s: words", s->name);
        ck_assert_msg(are_criteria(s->criteria), "%s: criteria '%s'", s->name, s->criteria);
        ck_assert_msg(s->version >= 1 && s->column_count > 0, "%s", s->name);
        for (size_t c = 0; c < s->column_count; c++) {
            const struct column *column = &s->columns[c];
            ck_assert_msg(is_name(column->name), "%s.%s", s->name, column->name);
            ck_assert_msg(is_sentence(column->words), "%s.%s: words", s->name, column->name);
            ck_assert_msg(column->unit != NULL, "%s.%s: unit", s->name, column->name);
            for (size_t d = 0; d < c; d++)
                ck_assert_msg(strcmp(s->columns[d].name, column->name) != 0, "%s.%s stands twice", s->name, column->name);
        }
    }
}
END_TEST

static bool no_pages(void *context, struct arena *a, const struct table_schema *schema, const struct hint *hints,
                     size_t hint_count, const struct table_page **ret_pages, size_t *ret_count, struct err *e)
{
    (void)context;
    (void)a;
    (void)schema;
    (void)hints;
    (void)hint_count;
    (void)e;
    *ret_pages = NULL;
    *ret_count = 0;
    return true;
}

START_TEST(each_example_is_a_query_over_its_table)
{
    struct table_provider providers[256] = {0};
    size_t count = 0;
    struct err e = {0};
    sqlite3 *db;
    for (; host_tables[count]; count++) {
        ck_assert_uint_lt(count, 256);
        providers[count] = (struct table_provider){.schema = host_tables[count]->schema, .pages = no_pages};
    }
    ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    ck_assert_msg(vtab_register(db, providers, count, &e), "%s", e.text);
    for (size_t i = 0; i < count; i++) {
        const struct table_schema *s = providers[i].schema;
        sqlite3_stmt *statement = NULL;
        ck_assert_msg(sqlite3_prepare_v2(db, s->example, -1, &statement, NULL) == SQLITE_OK, "%s: %s", s->name,
                      sqlite3_errmsg(db));
        ck_assert_msg(sqlite3_stmt_readonly(statement), "%s", s->name);
        ck_assert_msg(str_contains(str_of(s->example), s->name), "%s: the example asks another table", s->name);
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
}
END_TEST

TEST_MAIN("declarations of tables", the_registry_is_sorted_and_finds_each_table, each_table_and_column_is_named_and_explained,
          each_example_is_a_query_over_its_table)
