/*
 * test_records.h - a projection in memory for tests that read records: versions and links written by hand, one leaf each.
 */
#ifndef ASSESS_TEST_RECORDS_H
#define ASSESS_TEST_RECORDS_H

#include "content/content.h"
#include "db/db.h"

#include "base/test.h"

static struct db *db;
static struct arena *a;
static struct err e;
static int64_t leaf;

static inline void setup(void)
{
    e = (struct err){0};
    leaf = 0;
    a = arena_new("test", 256 << 20);
    db = db_open("", DB_MEMORY, &e);
    ck_assert_msg(db && db_script(db, content_schema_sql, &e), "%s", e.text);
}
static inline void teardown(void)
{
    db_close(db);
    arena_free(a);
}

/* Closes the open version of a record, if there is one, and opens the next with these columns. */
static inline void version_put(const char *table, const char *id, const char *state, const char *columns, const char *values)
{
    leaf++;
    struct str close = arena_printf(a, "update %s_versions set to_leaf = %lld, to_t = 0 where id = '%s' and to_leaf is null", table, (long long)leaf, id);
    struct str open = arena_printf(a, "insert into %s_versions(id, version, state, from_leaf, from_t, created_leaf, created_t, created_by, changed_by, is_deleted%s%s) "
                                      "values('%s', %lld, '%s', %lld, 0, 0, 0, 'x', 'x', 0%s%s)",
                                   table, columns[0] ? ", " : "", columns, id, (long long)leaf, state, (long long)leaf, values[0] ? ", " : "", values);
    ck_assert_msg(db_script(db, close.data, &e) && db_script(db, open.data, &e), "%s", e.text);
}

static inline void link_put(const char *type, const char *id, const char *field, const char *target)
{
    leaf++;
    ck_assert_msg(db_run(db, &e, "insert into record_link(type, id, field, target_type, target, place, from_leaf) values(?1, ?2, ?3, '', ?4, 0, ?5)", A(type), A(id),
                         A(field), A(target), A(leaf)), "%s", e.text);
}

#endif
