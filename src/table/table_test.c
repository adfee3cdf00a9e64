/* table_test.c - the canonical encoding, and tables in SQL. */
#include "base/test.h"
#include "table/vtab.h"
#include <sqlite3.h>

static const struct column columns[] = {
    {"name", COLUMN_TEXT, "", "A name.", COLUMN_KEY},
    {"size", COLUMN_INTEGER, "bytes", "A size."},
    {"note", COLUMN_TEXT, "", "Any bytes."},
};
static const struct table_schema things = {.name = "things",
                                           .version = 3,
                                           .words = "Things.",
                                           .criteria = "CC1.1",
                                           .example = "",
                                           .columns = columns,
                                           .column_count = 3};

static void add(struct rows *r, const char *name, int64_t size, struct str note)
{
    row_begin(r);
    row_cstr(r, name);
    row_int(r, size);
    row_text(r, note);
    row_end(r);
}

START_TEST(encoding_sorts_lines_and_shows_odd_bytes_as_hex)
{
    struct arena *a = arena_new("test", 1 << 20);
    struct rows *r = rows_new(a, &things);
    add(r, "b", INT64_MIN, STR("caf\xc3\xa9\n"));
    add(r, "a", 7, str_make("\xff\x00", 2));
    add(r, "c", 0, (struct str){0});
    struct buf BUF_AUTO out;
    buf_init(&out, 1 << 20);
    rows_encode(r, &out);
    ck_assert_str_eq(out.data, "{\"columns\":[\"name\",\"size\",\"note\"],\"table\":\"things\",\"version\":3}\n"
                               "[\"a\",7,{\"hex\":\"ff00\"}]\n"
                               "[\"b\",-9223372036854775808,\"caf\xc3\xa9\\n\"]\n"
                               "[\"c\",0,null]\n");
    arena_free(a);
}
END_TEST

static struct str random_text(struct arena *a, uint64_t *state)
{
    static const char *const pieces[] = {"\"", "\\",          "\x01", "\x7f", "\xc3\xa9", "\xff",        "\xf0\x9f\x98\x80",
                                         "a",  "{\"hex\":\"", ",",    "]",    "\n",       "\xed\xa0\x80"};
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 10);
    for (uint64_t i = test_random(state) % 8; i > 0; i--) {
        uint64_t pick = test_random(state) % 14;
        if (pick == 13)
            buf_char(&b, '\0');
        else
            buf_cstr(&b, pieces[pick]);
    }
    return arena_str(a, buf_view(&b));
}

static bool cells_equal(const struct cell *x, const struct cell *y)
{
    return x->type == y->type && (x->type != CELL_INTEGER || x->integer == y->integer) &&
           (x->type != CELL_TEXT || str_equal(x->text, y->text));
}

START_TEST(decoding_gives_back_what_was_encoded)
{
    uint64_t state = (uint64_t)_i + 1;
    struct arena *a = arena_new("test", 64 << 20);
    struct rows *r = rows_new(a, &things);
    for (uint64_t n = test_random(&state) % 50; n > 0; n--) {
        row_begin(r);
        for (int i = 0; i < 3; i++)
            switch (test_random(&state) % 3) {
            case 0:
                row_null(r);
                break;
            case 1:
                row_int(r, (int64_t)test_random(&state) >> (test_random(&state) % 64));
                break;
            default:
                row_text(r, random_text(a, &state));
            }
        row_end(r);
    }
    struct buf BUF_AUTO out, again;
    buf_init(&out, 16 << 20);
    buf_init(&again, 16 << 20);
    rows_encode(r, &out);
    struct err e = {0};
    int version = 0;
    struct rows *back = rows_decode(a, &things, buf_view(&out), &version, &e);
    ck_assert_msg(back != NULL, "%s", e.text);
    ck_assert_int_eq(version, 3);
    ck_assert_uint_eq(back->row_count, r->row_count);
    rows_encode(back, &again);
    ck_assert(str_equal(buf_view(&out), buf_view(&again)));
    size_t found = 0;
    for (size_t i = 0; i < r->row_count; i++)
        for (size_t k = 0; k < back->row_count; k++)
            if (cells_equal(rows_cell(r, i, 0), rows_cell(back, k, 0)) &&
                cells_equal(rows_cell(r, i, 1), rows_cell(back, k, 1)) &&
                cells_equal(rows_cell(r, i, 2), rows_cell(back, k, 2))) {
                found++;
                break;
            }
    ck_assert_uint_eq(found, r->row_count);
    arena_free(a);
}
END_TEST

START_TEST(decoding_never_accepts_what_encoding_does_not_write)
{
    const char *header = "{\"columns\":[\"name\",\"size\",\"note\"],\"table\":\"things\",\"version\":3}\n";
    static const char *const bad[] = {"[\"a\",1,null]",
                                      "[\"a\",1]\n",
                                      "[\"a\",1,null,2]\n",
                                      "[\"a\", 1,null]\n",
                                      "[\"a\",01,null]\n",
                                      "[\"a\",-0,null]\n",
                                      "[\"a\",1,{\"hex\":\"61\"}]\n",
                                      "[\"a\",1,{\"hex\":\"FF\"}]\n",
                                      "[\"\\u0041\",1,null]\n",
                                      "[\"\\/\",1,null]\n",
                                      "[\"a\xff\",1,null]\n",
                                      "[\"a\",1.0,null]\n",
                                      "[\"b\",1,null]\n[\"a\",1,null]\n",
                                      "\n",
                                      "[\"a\",true,null]\n",
                                      "[\"a\",99999999999999999999,null]\n",
                                      "[\"a\\\",1,null]\n",
                                      "[\"a\",1,{\"hex\":\"f\"}]\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct arena *a = arena_new("test", 1 << 20);
        struct str text = arena_printf(a, "%s%s", header, bad[i]);
        struct err e = {0};
        int version = 0;
        ck_assert_msg(!rows_decode(a, &things, text, &version, &e), "accepted %s", bad[i]);
        ck_assert_int_eq(e.code, ERR_CORRUPT);
        arena_free(a);
    }
}
END_TEST

START_TEST(rows_of_another_version_are_read_by_the_names_of_columns)
{
    struct arena *a = arena_new("test", 1 << 20);
    struct err e = {0};
    int version = 0;
    struct rows *r = rows_decode(
        a, &things, STR("{\"columns\":[\"gone\",\"size\",\"name\"],\"table\":\"things\",\"version\":1}\n[true_is_no_cell]\n"),
        &version, &e);
    ck_assert(!r);
    e = (struct err){0};
    r = rows_decode(a, &things,
                    STR("{\"columns\":[\"gone\",\"size\",\"name\"],\"table\":\"things\",\"version\":1}\n[\"x\",5,\"n\"]\n"),
                    &version, &e);
    ck_assert_msg(r != NULL, "%s", e.text);
    ck_assert_int_eq(version, 1);
    ck_assert(str_is(rows_cell(r, 0, 0)->text, "n"));
    ck_assert_int_eq(rows_cell(r, 0, 1)->integer, 5);
    ck_assert_int_eq(rows_cell(r, 0, 2)->type, CELL_NULL);
    arena_free(a);
}
END_TEST

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

START_TEST(changed_bytes_are_refused_or_written_again_as_they_are)
{
    uint64_t state = (uint64_t)_i + 1;
    struct arena *a = arena_new("test", 16 << 20);
    struct rows *r = rows_new(a, &things);
    for (int n = 0; n < 6; n++)
        add(r, random_text(a, &state).data, (int64_t)test_random(&state), random_text(a, &state));
    struct buf BUF_AUTO out;
    buf_init(&out, 1 << 20);
    rows_encode(r, &out);
    for (int k = 0; k < 200; k++) {
        uint8_t *copy = malloc(out.size);
        memcpy(copy, out.data, out.size);
        for (uint64_t changes = test_random(&state) % 3; changes > 0; changes--)
            copy[test_random(&state) % out.size] = (uint8_t) "\"\\,[]{}:\n0-9nulx\xff"[test_random(&state) % 18];
        LLVMFuzzerTestOneInput(copy, k % 4 ? out.size : test_random(&state) % out.size);
        free(copy);
    }
    arena_free(a);
}
END_TEST

/* ---- SQL ---- */

struct fake {
    struct rows *rows;
    size_t calls;
    struct hint last_hint;
    size_t last_hint_count;
};

static bool fake_pages(void *context, struct arena *a, const struct table_schema *schema, const struct hint *hints,
                       size_t hint_count, const struct table_page **ret_pages, size_t *ret_count, struct err *e)
{
    struct fake *f = context;
    (void)schema;
    f->calls++;
    f->last_hint_count = hint_count;
    if (hint_count)
        f->last_hint = hints[0];
    if (!f->rows)
        return err_set(e, ERR_UNAVAILABLE, "the host is gone");
    struct table_page *page = ARENA_NEW(a, struct table_page);
    *page = (struct table_page){.rows = f->rows, .subject = STR("s:00"), .taken_at_ms = 5};
    *ret_pages = page;
    *ret_count = 1;
    return true;
}

/* The answer's rows as text: cells by |, rows by LF; or "error: ...". */
static struct str ask(struct arena *a, sqlite3 *db, const char *sql)
{
    struct buf BUF_AUTO out;
    buf_init(&out, 1 << 20);
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(s);
        if (rc != SQLITE_ROW)
            break;
        for (int i = 0; i < sqlite3_column_count(s); i++)
            buf_printf(&out, "%s%s", i ? "|" : "", sqlite3_column_text(s, i) ? (const char *)sqlite3_column_text(s, i) : "null");
        buf_char(&out, '\n');
    }
    if (rc != SQLITE_DONE)
        buf_printf(&out, "error: %s", sqlite3_errmsg(db));
    sqlite3_finalize(s);
    return arena_str(a, buf_view(&out));
}

struct fixture {
    struct arena *arena;
    sqlite3 *db;
    struct fake fake;
    struct table_provider provider;
};

static void fixture_open(struct fixture *f, bool uses_hints)
{
    *f = (struct fixture){.arena = arena_new("test", 16 << 20)};
    f->fake.rows = rows_new(f->arena, &things);
    for (int i = 0; i < 1000; i++)
        add(f->fake.rows, arena_printf(f->arena, "name%d", i).data, i % 10, (struct str){0});
    f->provider = (struct table_provider){.schema = &things, .pages = fake_pages, .context = &f->fake, .uses_hints = uses_hints};
    ck_assert_int_eq(sqlite3_open(":memory:", &f->db), SQLITE_OK);
    struct err e = {0};
    ck_assert(vtab_register(f->db, &f->provider, 1, &e));
    sql_confine(f->db);
}

static void fixture_close(struct fixture *f)
{
    sqlite3_close(f->db);
    arena_free(f->arena);
}

START_TEST(sql_reads_rows_and_hidden_columns)
{
    struct fixture f;
    fixture_open(&f, false);
    struct str answer =
        ask(f.arena, f.db, "SELECT count(*), sum(size), max(subject), min(taken_at), max(received_at) FROM things");
    ck_assert_str_eq(answer.data, "1000|4500|s:00|5|null\n");
    ck_assert_str_eq(ask(f.arena, f.db, "SELECT * FROM things WHERE name = 'name7'").data, "name7|7|null\n");
    ck_assert_str_eq(ask(f.arena, f.db, "SELECT name FROM things WHERE size = '3' AND name LIKE 'NAME3'").data, "name3\n");
    fixture_close(&f);
}
END_TEST

START_TEST(joins_are_answered_by_an_index_and_ask_the_provider_once_a_cursor)
{
    struct fixture f;
    fixture_open(&f, false);
    struct str answer =
        ask(f.arena, f.db, "SELECT count(*) FROM things a JOIN things b ON b.name = a.name JOIN things c ON c.size = a.size");
    ck_assert_str_eq(answer.data, "100000\n");
    ck_assert_uint_eq(f.fake.calls, 3);
    ck_assert_str_eq(
        ask(f.arena, f.db, "SELECT count(*) FROM things a WHERE EXISTS (SELECT 1 FROM things b WHERE b.name = a.name || 'x')")
            .data,
        "0\n");
    fixture_close(&f);
}
END_TEST

START_TEST(keys_are_pushed_down_as_hints)
{
    struct fixture f;
    fixture_open(&f, true);
    ask(f.arena, f.db, "SELECT * FROM things WHERE name = 'name7'");
    ck_assert_uint_eq(f.fake.last_hint_count, 1);
    ck_assert_int_eq(f.fake.last_hint.op, HINT_EQUAL);
    ck_assert_str_eq(ask(f.arena, f.db, "SELECT name FROM things WHERE name LIKE 'name99_'  LIMIT 2").data, "name990\nname991\n");
    ck_assert_int_eq(f.fake.last_hint.op, HINT_PREFIX);
    ck_assert_str_eq(ask(f.arena, f.db, "SELECT count(*) FROM things WHERE name GLOB 'name1*'").data, "111\n");
    ck_assert_str_eq(ask(f.arena, f.db, "SELECT count(*) FROM things WHERE size = 3").data, "100\n");
    ck_assert_uint_eq(f.fake.last_hint_count, 0);
    fixture_close(&f);
}
END_TEST

START_TEST(a_provider_that_fails_is_an_sql_error_with_its_words)
{
    struct fixture f;
    fixture_open(&f, false);
    f.fake.rows = NULL;
    ck_assert_str_eq(ask(f.arena, f.db, "SELECT * FROM things").data, "error: things: the host is gone");
    fixture_close(&f);
}
END_TEST

START_TEST(confined_sql_only_selects)
{
    static const char *const refused[] = {
        "CREATE TABLE t(a)",
        "ATTACH '/tmp/x' AS x",
        "PRAGMA user_version",
        "INSERT INTO things VALUES('a',1,'b')",
        "SELECT load_extension('x')",
        "SELECT random()",
        "SELECT zeroblob(1000000000)",
        "SELECT * FROM sqlite_schema",
        "SELECT * FROM pragma_database_list",
        "VACUUM INTO '/tmp/assay-x'",
        "BEGIN",
        "SELECT * FROM no_such_table",
        "SELECT \"no such column\" FROM things",
    };
    struct fixture f;
    fixture_open(&f, false);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ck_assert_msg(str_starts(ask(f.arena, f.db, refused[i]), "error: "), "allowed: %s", refused[i]);
    ck_assert_str_eq(
        ask(f.arena, f.db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 5) SELECT sum(i) FROM n").data,
        "15\n");
    ck_assert_str_eq(ask(f.arena, f.db, "SELECT upper(name), row_number() OVER (ORDER BY name) FROM things LIMIT 1").data,
                     "NAME0|1\n");
    ck_assert_str_eq(ask(f.arena, f.db, "SELECT value FROM json_each('[1]')").data, "1\n");
    fixture_close(&f);
}
END_TEST

START_TEST(statements_end_at_their_time_limit)
{
    struct fixture f;
    fixture_open(&f, false);
    sql_limit_time(f.db, 50);
    struct str answer = ask(f.arena, f.db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT max(i) FROM n");
    ck_assert_str_eq(answer.data, "error: interrupted");
    sql_limit_time(f.db, 0);
    ck_assert_str_eq(ask(f.arena, f.db, "SELECT 1").data, "1\n");
    fixture_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("table");
    TCase *c = tcase_create("table");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, encoding_sorts_lines_and_shows_odd_bytes_as_hex);
    tcase_add_loop_test(c, decoding_gives_back_what_was_encoded, 0, 200);
    tcase_add_loop_test(c, changed_bytes_are_refused_or_written_again_as_they_are, 0, 50);
    tcase_add_test(c, decoding_never_accepts_what_encoding_does_not_write);
    tcase_add_test(c, rows_of_another_version_are_read_by_the_names_of_columns);
    tcase_add_test(c, sql_reads_rows_and_hidden_columns);
    tcase_add_test(c, joins_are_answered_by_an_index_and_ask_the_provider_once_a_cursor);
    tcase_add_test(c, keys_are_pushed_down_as_hints);
    tcase_add_test(c, a_provider_that_fails_is_an_sql_error_with_its_words);
    tcase_add_test(c, confined_sql_only_selects);
    tcase_add_test(c, statements_end_at_their_time_limit);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
