#include "base/test.h"
#include "db/db.h"

static struct db *memory(void)
{
    struct err e = {0};
    struct db *db = db_open("", DB_MEMORY, &e);
    ck_assert_msg(db != NULL, "%s", e.text);
    ck_assert(db_script(db, "create table t(id integer primary key, name text unique, data blob) strict", &e));
    return db;
}

START_TEST(typed_arguments_come_back_as_they_went_in)
{
    struct db *db = memory();
    struct err e = {0};
    int64_t big = INT64_MAX;
    ck_assert(db_run(db, &e, "insert into t values(?1,?2,?3)", A(big), A(STR("x\0y")), db_blob("\0\1", 2)));
    ck_assert(db_run(db, &e, "insert into t values(?1,?2,?3)", A(1), A((const char *)NULL), DB_NULL));
    int rows = 0;
    DB_EACH(row, db, &e, "select id, name, data from t order by id desc") {
        if (rows++ == 0) {
            ck_assert_int_eq(db_int(row, 0), INT64_MAX);
            ck_assert_uint_eq(db_text(row, 1).size, 3);
            ck_assert_uint_eq(db_bytes(row, 2).size, 2);
        } else {
            ck_assert(db_is_null(row, 1) && db_text(row, 1).data == NULL);
        }
    }
    ck_assert_int_eq(e.code, ERR_NONE);
    ck_assert_int_eq(rows, 2);
    ck_assert_int_eq(db_one_int(db, &e, -1, "select max(id) from t where id < ?1", A(0)), -1);
    db_close(db);
}
END_TEST

START_TEST(leaving_a_loop_early_frees_its_statement)
{
    struct db *db = memory();
    struct err e = {0};
    for (int i = 0; i < 10; i++)
        ck_assert(db_run(db, &e, "insert into t(name) values(?1)", A(i % 2 ? "odd" : NULL)) == (i < 2 || i % 2 == 0) || e.code == ERR_CONFLICT);
    for (int i = 0; i < 3; i++)
        DB_EACH(row, db, &e, "select id from t") {
            DB_EACH(inner, db, &e, "select id from t")
                break;
            break;
        }
    db_close(db);
}
END_TEST

START_TEST(a_refused_savepoint_rolls_back_alone)
{
    struct db *db = memory();
    struct err e = {0};
    ck_assert(db_begin(db, &e));
    ck_assert(db_run(db, &e, "insert into t(name) values('kept')"));
    ck_assert(db_savepoint(db, &e));
    ck_assert(db_run(db, &e, "insert into t(name) values('gone')"));
    ck_assert(!db_run(db, &e, "insert into t(name) values('kept')"));
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    db_savepoint_undo(db);
    ck_assert(db_commit(db, &e));
    ck_assert_int_eq(db_one_int(db, &e, 0, "select count(*) from t"), 1);
    db_close(db);
}
END_TEST

START_TEST(a_missing_database_is_one_clear_error)
{
    struct err e = {0};
    ck_assert(db_open("/nonexistent/x.db", DB_READ, &e) == NULL);
    ck_assert_int_eq(e.code, ERR_UNAVAILABLE);
}
END_TEST

TEST_MAIN("db", typed_arguments_come_back_as_they_went_in, leaving_a_loop_early_frees_its_statement, a_refused_savepoint_rolls_back_alone,
          a_missing_database_is_one_clear_error)
