/* Random changes against a model that knows nothing of SQL: what is now, what was at every leaf, and the same rows again from leaves alone. */
#include "base/test.h"
#include "record/test_records.h"

#include <sqlite3.h>

enum { RECORDS_MAX = 12, VERSIONS_MAX = 400 };

struct model_version {
    struct str values; /* JSON of title, impact, controls */
    struct str state;
    bool is_deleted;
    int64_t leaf;
};
struct model_record {
    char id[16];
    struct model_version versions[VERSIONS_MAX];
    size_t count;
};

static struct records w;
static struct model_record model[RECORDS_MAX];
static size_t model_count;

static struct str text_of(const struct json *v)
{
    struct buf BUF_AUTO b;
    struct err e = {0};
    buf_init(&b, 1 << 20);
    ck_assert(json_write_canonical(&b, v, &e));
    return arena_str(w.arena, buf_view(&b));
}

static struct model_version *now(struct model_record *m)
{
    return &m->versions[m->count - 1];
}

static void put(struct json *o, const char *key, const struct json *v)
{
    if (v && v->type != JSON_NULL && !(v->type == JSON_ARRAY && v->count == 0))
        json_put(o, key, value_copy(w.arena, v));
}

static struct str laid_over(struct str values, const struct json *set)
{
    static const char *const keys[] = {"title", "impact", "controls", "due_on"};
    struct err e = {0};
    const struct json *old = json_parse(w.arena, values, JSON_LIMITS_DEFAULT, &e);
    struct json *o = json_object(w.arena);
    for (size_t i = 0; i < 4; i++)
        put(o, keys[i], json_get(set, keys[i]) ? json_get(set, keys[i]) : json_get(old, keys[i]));
    return text_of(o);
}

static struct str values_of(const struct record *r)
{
    return laid_over(STR("{}"), r->values);
}

static struct json *random_set(uint64_t *seed, bool is_create)
{
    static const char *const controls[] = {"AC-01", "AC-02", "AC-03", "AC-06"};
    struct json *set = json_object(w.arena);
    if (is_create || test_random(seed) % 2)
        json_put_str(set, "title", arena_printf(w.arena, "t\"%llu ü", (unsigned long long)(test_random(seed) % 5)));
    if (is_create || test_random(seed) % 2)
        json_put_int(set, "impact", 1 + (int64_t)(test_random(seed) % 3));
    if (test_random(seed) % 3 == 0)
        json_put(set, "due_on", test_random(seed) % 2 ? json_new_null(w.arena) : json_new_str(w.arena, STR("2026-12-01")));
    if (test_random(seed) % 2 || set->count == 0) {
        struct json *list = json_put_array(set, "controls");
        for (size_t i = 0; i < 4; i++)
            if (test_random(seed) % 2)
                json_push_str(list, str_of(controls[i]));
    }
    if (is_create) {
        json_put_str(set, "kind", STR("missing"));
        json_put_int(set, "likelihood", 2);
        json_put_str(set, "effort", STR("m"));
        json_put_str(set, "source", STR("person"));
    }
    return set;
}

static void model_add(struct model_record *m, struct str values, struct str state, bool is_deleted)
{
    ck_assert_uint_lt(m->count, VERSIONS_MAX);
    m->versions[m->count++] = (struct model_version){values, state, is_deleted, w.next - 1};
}

/* One step that the rules allow, or one that they don't: the model says which, and what follows. */
static void step(uint64_t *seed)
{
    struct err e = {0};
    struct model_record *m = model_count ? &model[test_random(seed) % model_count] : NULL;
    if (model_count < RECORDS_MAX && (!m || test_random(seed) % 6 == 0)) {
        m = &model[model_count++];
        struct record_change c = {.type = STR("gap"), .act = RECORD_CREATE, .set = random_set(seed, true)};
        ck_assert_msg(records_do(&w, &c, &e), "%s", e.text);
        snprintf(m->id, sizeof(m->id), "GAP-%04zu", model_count);
        model_add(m, laid_over(STR("{}"), c.set), STR("open"), false);
        return;
    }
    struct record_change c = {.type = STR("gap"), .id = str_of(m->id), .version = (int64_t)m->count, .set = json_object(w.arena), .why = STR("why")};
    struct model_version was = *now(m);
    bool is_locked = str_is(was.state, "closed") || str_is(was.state, "accepted"), is_allowed = !was.is_deleted;
    struct str state = was.state;
    switch (test_random(seed) % 5) {
    case 0:
    case 1:
        c.act = RECORD_CHANGE;
        c.set = random_set(seed, false);
        is_allowed = is_allowed && !is_locked;
        break;
    case 2:
        c.act = RECORD_MOVE;
        c.transition = STR("reopen");
        is_allowed = is_allowed && !str_is(was.state, "open");
        state = STR("open");
        break;
    case 3:
        c.act = RECORD_MOVE;
        c.transition = STR("accept");
        is_allowed = is_allowed && str_is(was.state, "open");
        state = STR("accepted");
        w.actor = "account:bb"; /* not its author */
        break;
    default:
        c.act = RECORD_UNDO;
        is_allowed = m->count > 1 && !m->versions[m->count - 2].is_deleted;
        break;
    }
    if (test_random(seed) % 10 == 0) {
        c.version--;
        is_allowed = false;
    }
    w.step = "password";
    bool ok = records_do(&w, &c, &e);
    w.actor = "local:admin";
    ck_assert_msg(ok == is_allowed, "%s %s: %s", m->id, record_act_name(c.act), e.text);
    if (!ok)
        return;
    if (c.act == RECORD_UNDO)
        model_add(m, m->versions[m->count - 2].values, m->versions[m->count - 2].state, false);
    else
        model_add(m, laid_over(was.values, c.set), state, false);
}

static void compare(struct db *db, const struct model_record *m, int64_t leaf_limit)
{
    struct err e = {0};
    const struct model_version *want = NULL;
    for (size_t i = 0; i < m->count; i++)
        if (m->versions[i].leaf <= leaf_limit)
            want = &m->versions[i];
    struct record *r = record_get(db, w.arena, records_type(&w, "gap"), str_of(m->id), leaf_limit, &e);
    ck_assert((r != NULL) == (want != NULL));
    if (!want)
        return;
    ck_assert_str_eq(values_of(r).data, want->values.data);
    ck_assert(str_equal(r->state, want->state) && r->is_deleted == want->is_deleted && r->leaf == want->leaf);
}

static void setup(void)
{
    struct err e = {0};
    records_init(&w);
    model_count = 0;
    memset(model, 0, sizeof(model));
    ck_assert_msg(db_run(w.db, &e, "insert into account(id, leaf, t, login, name, email, person, kind, state, valid_until, roles, first_leaf) values('bb', 0, 0, 'b', '', '', '', "
                                   "'local', 'active', 0, '[\"administrator\"]', 0)"),
                  "%s", e.text);
}

/* What is kept of it by day and state is what counting gives. */
static void tallies_hold(void)
{
    static const char counted[] = "select ifnull(due_on, '') as a, state as b, count(*) as n from gap_records group by 1, 2", kept[] = "select a, b, n from record_tally where type = 'gap'";
    struct err e = {0};
    ck_assert_int_eq(db_one_int(w.db, &e, -1, arena_printf(w.arena, "select count(*) from (%s except %s)", counted, kept).data), 0);
    ck_assert_int_eq(db_one_int(w.db, &e, -1, arena_printf(w.arena, "select count(*) from (%s except %s)", kept, counted).data), 0);
}

START_TEST(random_changes_do_what_a_model_does_now_and_at_every_leaf)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        setup();
        uint64_t state = seed;
        for (int i = 0; i < 250; i++)
            step(&state);
        for (size_t i = 0; i < model_count; i++) {
            compare(w.db, &model[i], INT64_MAX);
            for (int64_t leaf = 0; leaf < w.next; leaf += 7)
                compare(w.db, &model[i], leaf);
        }
        int64_t counted = db_one_int(w.db, &(struct err){0}, -1, "select sum(n) from record_count where type='gap'");
        ck_assert_int_eq(counted, db_one_int(w.db, &(struct err){0}, -2, "select count(*) from gap_records"));
        tallies_hold();
        records_release(&w);
    }
}
END_TEST

START_TEST(leaves_alone_give_the_same_rows_again_and_the_past_is_a_replay_to_there)
{
    setup();
    uint64_t state = 9;
    for (int i = 0; i < 200; i++)
        step(&state);
    struct err e = {0};
    ck_assert(db_run(w.db, &e, "delete from account"));
    struct db *again = records_replay(&w, w.next);
    ck_assert_str_eq(records_dump(&w, again).data, records_dump(&w, w.db).data);
    db_close(again);
    int64_t half = w.next / 2;
    struct db *then = records_replay(&w, half);
    for (size_t i = 0; i < model_count; i++) {
        struct err none = {0};
        struct record *was = record_get(w.db, w.arena, records_type(&w, "gap"), str_of(model[i].id), half - 1, &none);
        struct record *is = record_get(then, w.arena, records_type(&w, "gap"), str_of(model[i].id), INT64_MAX, &none);
        ck_assert((was == NULL) == (is == NULL));
        if (was)
            ck_assert(str_equal(text_of(was->values), text_of(is->values)) && was->version == is->version);
    }
    db_close(then);
    records_release(&w);
}
END_TEST

static int remaining;
static int give_up(void *context)
{
    (void)context;
    return --remaining == 0; /* once: taking it back works */
}

START_TEST(an_operation_that_breaks_off_anywhere_leaves_no_trace)
{
    setup();
    uint64_t state = 3;
    for (int i = 0; i < 30; i++)
        step(&state);
    struct str before = records_dump(&w, w.db);
    bool ok = false;
    for (int k = 1; !ok && k < 4000; k += 1 + k / 8) {
        struct err e = {0};
        struct record_change changes[2] = {{.type = STR("gap"), .act = RECORD_CREATE, .set = random_set(&state, true)},
                                           {.type = STR("gap"), .act = RECORD_CREATE, .set = random_set(&state, true)}};
        struct access x = records_access(&w);
        struct op op;
        ck_assert(record_op(&env_system, w.arena, changes, 2, &x, &op, &e));
        remaining = k;
        sqlite3_progress_handler(db_sqlite(w.db), 3, give_up, NULL);
        ok = records_op(&w, &op_record_change, &op, &e);
        sqlite3_progress_handler(db_sqlite(w.db), 0, NULL, NULL);
        ck_assert_msg(ok || e.code == ERR_TIMEOUT, "%s", e.text);
        if (!ok)
            ck_assert_str_eq(records_dump(&w, w.db).data, before.data);
    }
    ck_assert(ok);
    records_release(&w);
}
END_TEST

TEST_MAIN("model", random_changes_do_what_a_model_does_now_and_at_every_leaf, leaves_alone_give_the_same_rows_again_and_the_past_is_a_replay_to_there,
          an_operation_that_breaks_off_anywhere_leaves_no_trace)
