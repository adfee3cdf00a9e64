#include "base/test.h"
#include "record/frozen.h"
#include "record/test_records.h"

static struct arena *a;
static struct err e;

static void start(void)
{
    a = arena_new("test", (size_t)1 << 30);
    e = (struct err){0};
}

static uint64_t seed = 1;
static uint64_t next_random(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 33;
}

static struct str cells_of(size_t i, size_t column)
{
    static const char *const odd[] = {"a\"b", "line\nof two", "\xc3\xa4", "\xff\x01", "", "plain"};
    return column == 0 ? arena_printf(a, "%zu", i / 2) : str_of(odd[i % 6]);
}

/* The rows in the order of `order`. */
static struct str write_all(const size_t *order, size_t count)
{
    struct frozen_writer w;
    struct str text, columns[] = {STR("id"), STR("what"), STR("n")};
    ck_assert(frozen_begin(&w, columns, 3, &e));
    for (size_t i = 0; i < count; i++) {
        frozen_text(&w, cells_of(order[i], 0));
        frozen_text(&w, order[i] % 7 ? cells_of(order[i], 1) : (struct str){0});
        frozen_int(&w, (int64_t)(order[i] % 3));
        ck_assert(frozen_row_end(&w, &e));
    }
    ck_assert(frozen_end(&w, a, &text, &e));
    return text;
}

START_TEST(the_order_of_rows_makes_no_difference_and_writing_twice_gives_the_same)
{
    start();
    for (size_t round = 0; round < 40; round++) {
        size_t count = next_random() % 60, order[60];
        for (size_t i = 0; i < count; i++)
            order[i] = i;
        struct str first = write_all(order, count);
        for (size_t i = count; i > 1; i--) {
            size_t k = next_random() % i, kept = order[i - 1];
            order[i - 1] = order[k];
            order[k] = kept;
        }
        struct str second = write_all(order, count);
        struct sha256 digest;
        int64_t rows;
        ck_assert(str_equal(first, second));
        ck_assert_msg(frozen_check(first, &rows, &digest, &e), "%s", e.text);
        ck_assert_int_eq(rows, (int64_t)count);
    }
    arena_free(a);
}
END_TEST

START_TEST(a_row_has_its_number_and_its_cells)
{
    start();
    size_t order[] = {3, 1, 7};
    struct frozen f;
    struct str cells[3];
    bool is_null[3];
    ck_assert(frozen_open(a, write_all(order, 3), &f, &e));
    ck_assert_int_eq(f.count, 3);
    ck_assert_int_eq(frozen_column(&f, STR("what")), 1);
    ck_assert(frozen_row(&f, a, 1, cells, is_null));
    ck_assert(str_is(cells[0], "0") && str_is(cells[1], "line\nof two") && str_is(cells[2], "1"));
    ck_assert(frozen_row(&f, a, 2, cells, is_null));
    ck_assert(str_is(cells[1], "0xff01"));
    ck_assert(frozen_row(&f, a, 3, cells, is_null) && is_null[1]);
    ck_assert(!frozen_row(&f, a, 0, cells, NULL) && !frozen_row(&f, a, 4, cells, NULL));
    arena_free(a);
}
END_TEST

START_TEST(what_is_not_written_so_is_refused)
{
    static const char *const bad[] = {"", "{\"columns\":[\"a\"]}", "{\"columns\":[]}\n", "{\"columns\":[1]}\n", "{\"columns\": [\"a\"]}\n", "{\"columns\":[\"a\"],\"x\":1}\n",
                                      "{\"columns\":[\"a\"]}\n[2]\n[1]\n", "{\"columns\":[\"a\"]}\n[1]", "{\"columns\":[\"a\"]}\n\n", "{\"columns\":[\"a\"]}\n[\"\xff\"]\n", "[1]\n"};
    struct sha256 digest;
    int64_t rows;
    start();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        e = (struct err){0};
        ck_assert_msg(!frozen_check(str_of(bad[i]), &rows, &digest, &e) && e.code, "%zu", i);
    }
    ck_assert(frozen_check(STR("{\"columns\":[\"a\"]}\n[1]\n[1]\n"), &rows, &digest, &e) && rows == 2);
    struct frozen_writer w;
    ck_assert(!frozen_begin(&w, (struct str[]){STR("a"), STR("a")}, 2, &e));
    arena_free(a);
}
END_TEST

/* ---- what the keeper takes ---- */

static struct records w;

static struct record_change freezing(const char *id, const char *rows, int64_t said, struct op_blob *blob)
{
    struct json *file, *set = json_object(w.arena);
    struct sha256 digest = sha256_of(str_of(rows));
    ck_assert(record_seal_file(&env_system, w.arena, STR("rows.ndjson"), FROZEN_MEDIA, str_of(rows), blob, &file, &e));
    json_push(json_put_array(set, "files"), file);
    json_put_int(set, "rows", said);
    json_put_hex(set, "digest", digest.bytes, 32);
    json_put_cstr(set, "columns", "id");
    json_put_int(set, "run_at", 1000);
    json_put_cstr(set, "run_by", "local:admin");
    return (struct record_change){.type = STR("population"), .id = str_of(id), .act = RECORD_MOVE, .version = 1, .transition = STR("freeze"), .set = set, .files = blob, .file_count = 1};
}

static void change_to(const char *id, enum record_act act, int64_t version, const char *transition, const char *set, bool is_taken)
{
    struct record_change c = {.type = STR("population"), .id = str_of(id), .act = act, .version = version, .transition = str_of(transition), .set = records_json(&w, set), .why = STR("x")};
    e = (struct err){0};
    ck_assert_msg(records_do(&w, &c, &e) == is_taken, "%s", e.text);
}

START_TEST(the_keeper_counts_by_itself_and_what_is_frozen_stays)
{
    static const char rows[] = "{\"columns\":[\"id\"]}\n[\"a\"]\n[\"b\"]\n";
    struct op_blob blob;
    struct record_change c;
    start();
    records_init(&w);
    const char *engagement = records_create(&w, "engagement", "{\"title\":\"E\",\"kind\":\"type2\",\"categories\":[\"security\"]}");
    const char *id = records_create(&w, "population", arena_printf(w.arena, "{\"title\":\"P\",\"engagement\":\"%s\",\"controls\":[\"AC-04\"],\"system\":\"HR\",\"query\":\"select 1\",\"period_from\":\"2026-01-01\",\"period_to\":\"2026-06-30\"}", engagement).data);
    change_to(id, RECORD_CHANGE, 1, "", "{\"rows\":5}", false);
    change_to(id, RECORD_MOVE, 1, "freeze", "{\"rows\":2,\"digest\":\"00\",\"run_at\":1,\"run_by\":\"x\",\"columns\":\"id\"}", false);
    c = freezing(id, rows, 3, &blob);
    ck_assert(!records_do(&w, &c, &e) && strstr(e.text, "there are 2"));
    e = (struct err){0};
    c = freezing(id, "{\"columns\":[\"id\"]}\n[\"b\"]\n[\"a\"]\n", 2, &blob);
    ck_assert(!records_do(&w, &c, &e) && strstr(e.text, "line 2"));
    e = (struct err){0};
    c = freezing(id, rows, 2, &blob);
    json_put_null(c.set, "source_file");
    ck_assert_msg(records_do(&w, &c, &e), "%s", e.text);
    ck_assert(str_is(records_get(&w, "population", id)->state, "frozen"));
    change_to(id, RECORD_CHANGE, 2, "", "{\"query\":\"select 2\"}", false);
    change_to(id, RECORD_UNDO, 2, "", "{}", false);
    change_to(id, RECORD_MOVE, 2, "check", "{\"completeness_by\":\"count\",\"expected_rows\":2,\"completeness\":\"x\",\"accuracy_rows\":\"1\",\"accuracy\":\"x\"}", false);
    ck_assert_msg(strstr(e.text, "somebody else"), "%s", e.text);
    change_to(id, RECORD_MOVE, 2, "replace", "{}", true);
    records_release(&w);
    arena_free(a);
}
END_TEST

TEST_MAIN("frozen", the_order_of_rows_makes_no_difference_and_writing_twice_gives_the_same, a_row_has_its_number_and_its_cells, what_is_not_written_so_is_refused,
          the_keeper_counts_by_itself_and_what_is_frozen_stays)
