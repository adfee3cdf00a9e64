/* record_fuzz.c - any bytes: first byte 0 a filter expression and the words of a search, which are refused or become SQL that runs; 1 a
 * change's values, typed; 2 the same as texts; 3 a CSV file. Never more than the arena holds, never SQL that the engine does not take. */
#include "record/internal.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct db *db;

static bool each(void *context, const struct record *r, struct err *e)
{
    (void)context, (void)r, (void)e;
    return true;
}

static void filter(struct arena *a, const struct record_type *t, struct str text)
{
    struct err e = {0};
    struct access x = {.actor = STR("account:aa"), .account = STR("aa"), .person = STR("P-0001"), .roles = {"owner"}, .role_count = 1};
    struct record_query q = {.where = text, .leaf_limit = INT64_MAX, .access = &x};
    int64_t total;
    bool ok = record_list(db, a, t, &q, each, NULL, &total, &e);
    assert(ok || e.code == ERR_INVALID || e.code == ERR_TOO_LARGE || e.code == ERR_LIMIT);
    e = (struct err){0};
    q = (struct record_query){.q = text, .leaf_limit = 5, .access = &x};
    ok = record_list(db, a, t, &q, each, NULL, &total, &e);
    assert(ok);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    if (!db) {
        db = db_open("", DB_MEMORY, &e);
        assert(db && db_script(db, content_schema_sql, &e));
    }
    if (size == 0 || size > 65536)
        return 0;
    struct arena *a = arena_new("fuzz", 512 << 20);
    struct str text = str_make(data + 1, size - 1);
    const struct record_type *t = record_type_in_force(db, STR("gap"), &e);
    if (data[0] == 0) {
        filter(a, t, text);
    } else if (data[0] <= 2) {
        struct json *set = json_parse(a, text, JSON_LIMITS_DEFAULT, &e);
        const struct json *problems = set ? record_check(db, a, t, set, data[0] == 2, true, &e) : NULL;
        assert(problems || e.code == ERR_INVALID || e.code == ERR_TOO_LARGE);
        if (problems && problems->count == 0) { /* what is taken as text is taken as what it became */
            problems = record_check(db, a, t, set, false, true, &e);
            assert(problems && problems->count == 0);
        }
    } else {
        struct record_csv csv;
        struct access x = {.actor = STR("local:admin"), .roles = {"administrator"}, .role_count = 1};
        bool ok = record_csv_read(db, a, t, text, NULL, &x, 0, &csv, &e);
        assert(ok || e.code == ERR_INVALID || e.code == ERR_LIMIT);
    }
    arena_free(a);
    return 0;
}
