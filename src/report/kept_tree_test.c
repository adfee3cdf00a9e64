/* A part of a page that is kept is what making it anew gives, whatever came in between; and nobody's is gone while they hold it. */
#include "report/kept_tree.h"

#include "assess/test_records.h"
#include "base/times.h"
#include "report/view_kept.h"

enum { STEPS = 600, KEYS = 80 };
static struct view_kept *kept;
static int64_t clock_ms = INT64_C(1795291440000);
static int made;
static uint64_t seed;

static uint64_t roll(uint64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % below;
}

static void leaf_put(const char *type, const char *stream)
{
    ck_assert_msg(db_run(db, &e, "insert into leaf(idx, type, t, st, sq, hash) values(?1, ?2, 0, ?3, 0, randomblob(32))", A(++leaf), A(str_of(type)), A(str_of(stream))), "%s", e.text);
}

static struct view view_now(struct arena *arena)
{
    return (struct view){.db = db, .arena = arena, .now_ms = clock_ms, .at_ms = clock_ms, .leaf_limit = INT64_MAX - 1, .kept = kept};
}

static int64_t assets(void)
{
    return db_one_int(db, &e, -1, "select count(*) from leaf where st = 'record/asset'");
}

static struct json *count_make(struct view *v, void *context, struct err *failed)
{
    const char *fill = context;
    (void)failed;
    struct json *o = json_object(v->arena);
    made++;
    json_put_int(o, "assets", assets());
    json_put_int(o, "day", view_today(v));
    json_put_str(o, "fill", arena_str(v->arena, str_of(fill)));
    return o;
}

static const struct json *ask(struct view *v, const char *key, const char *fill)
{
    const struct json *found = kept_tree_get(v, str_of(key), "[\"record/asset\",\"run\"]", count_make, (void *)(uintptr_t)fill, &e);
    ck_assert_ptr_nonnull(found);
    return found;
}

START_TEST(what_is_kept_is_what_making_it_anew_gives)
{
    static const char *const streams[] = {"record/asset", "record/person", "seal", "evidence"}, *const types[] = {"record", "record", "seal", "record"};
    kept = view_kept_new();
    made = 0;
    seed = 7;
    leaf_put("record", "record/asset");
    for (int n = 0; n < STEPS; n++) {
        struct arena *request = arena_new("request", 1 << 20);
        struct view v = view_now(request);
        uint64_t what = roll(8);
        if (what < 4)
            leaf_put(types[what], streams[what]);
        else if (what == 4 && roll(5) == 0)
            clock_ms += MS_DAY;
        int before = made;
        bool is_changed = what == 0;
        v = view_now(request);
        const struct json *found = ask(&v, "one", "text");
        ck_assert_int_eq(json_int(found, "assets", -1), assets());
        ck_assert_int_eq(json_int(found, "day", -1), view_today(&v));
        ck_assert(!is_changed || made == before + 1); /* and a leaf of another stream alone makes nothing anew */
        ck_assert(what == 4 || is_changed || n == 0 || made == before);
        arena_free(request);
    }
    ck_assert_int_lt(made, STEPS / 2);
    kept = view_kept_free(kept);
}
END_TEST

START_TEST(an_erasure_a_run_and_another_ledger_make_it_anew)
{
    kept = view_kept_new();
    made = 0;
    leaf_put("record", "record/asset");
    struct arena *request = arena_new("request", 1 << 20);
    struct view v = view_now(request);
    ask(&v, "one", "");
    ask(&v, "one", "");
    ck_assert_int_eq(made, 1);
    leaf_put("erased", "erased");
    ask(&v, "one", "");
    ck_assert_int_eq(made, 2);
    leaf_put("run", "host/1");
    ask(&v, "one", "");
    ck_assert_int_eq(made, 3);
    ck_assert(db_run(db, &e, "update leaf set hash = randomblob(32)"));
    ask(&v, "one", "");
    ck_assert_int_eq(made, 4);
    v.is_past = true;
    ask(&v, "one", "");
    ck_assert_int_eq(made, 5);
    arena_free(request);
    kept = view_kept_free(kept);
}
END_TEST

/* More keys than there are places: those asked for longest ago go, but not from under who holds them. */
START_TEST(what_somebody_holds_outlives_its_place)
{
    kept = view_kept_new();
    leaf_put("record", "record/asset");
    struct arena *holder = arena_new("holder", 1 << 20);
    struct view v = view_now(holder);
    const struct json *first;
    ask(&v, "first", "held");
    first = ask(&v, "first", "held");
    for (int i = 0; i < KEYS; i++) {
        struct arena *request = arena_new("request", 1 << 20);
        struct view other = view_now(request);
        ask(&other, arena_printf(request, "key %d", i).data, "other");
        arena_free(request);
    }
    made = 0;
    ck_assert(str_is(json_text(first, "fill"), "held"));
    ask(&v, "first", "held");
    ck_assert_int_eq(made, 1);
    kept = view_kept_free(kept);
    ck_assert(str_is(json_text(first, "fill"), "held"));
    arena_free(holder);
}
END_TEST

static void *text_make(struct view *v, struct arena *to, struct err *failed)
{
    (void)v;
    (void)failed;
    made++;
    struct str text = arena_printf(to, "%lld", (long long)assets());
    return arena_strndup(to, text.data, text.size);
}

static void object_is(struct view *v, int64_t number, int times)
{
    const char *text = view_kept_object(v, VIEW_KEPT_RISKS, text_make, &e);
    int64_t found = -1;
    ck_assert(str_to_int64(str_of(text), &found));
    ck_assert_int_eq(found, number);
    ck_assert_int_eq(made, times);
}

/* What an assessment is made of may change with every leaf but seals, anchors and what machines saw, and with the minute. */
START_TEST(an_object_is_made_anew_behind_whatever_says_something_and_each_minute)
{
    kept = view_kept_new();
    made = 0;
    leaf_put("record", "record/asset");
    struct arena *holder = arena_new("holder", 1 << 20);
    struct view v = view_now(holder);
    object_is(&v, assets(), 1);
    const char *first = view_kept_object(&v, VIEW_KEPT_RISKS, text_make, &e);
    int64_t before = assets();
    leaf_put("seal", "seal");
    leaf_put("record", "evidence");
    object_is(&v, before, 1);
    leaf_put("record", "record/asset");
    object_is(&v, before + 1, 2);
    object_is(&v, before + 1, 2);
    clock_ms += MS_MINUTE;
    struct arena *request = arena_new("request", 1 << 20);
    v = view_now(request);
    object_is(&v, before + 1, 3);
    ck_assert(db_run(db, &e, "update leaf set hash = randomblob(32)")); /* another ledger */
    object_is(&v, before + 1, 4);
    v.is_past = true;
    object_is(&v, before + 1, 5);
    arena_free(request);
    kept = view_kept_free(kept);
    int64_t found;
    ck_assert(str_to_int64(str_of(first), &found) && found == before); /* whoever holds it */
    arena_free(holder);
}
END_TEST

START_TEST(a_row_opens_as_it_was)
{
    struct json *row = json_object(a);
    json_put_str(row, "title", STR("Ü \"quoted\"\n"));
    json_put_null(json_put_object(row, "owner"), "name");
    json_put_int(row, "n", -5);
    struct buf x BUF_AUTO, y BUF_AUTO;
    buf_init(&x, 1000);
    buf_init(&y, 1000);
    json_write(&x, row);
    json_write(&y, kept_row_open(a, kept_row(a, row)));
    ck_assert(str_equal(buf_view(&x), buf_view(&y)));
}
END_TEST

TEST_MAIN_WITH("kept_tree", setup, teardown, what_is_kept_is_what_making_it_anew_gives, an_erasure_a_run_and_another_ledger_make_it_anew, what_somebody_holds_outlives_its_place,
               an_object_is_made_anew_behind_whatever_says_something_and_each_minute, a_row_opens_as_it_was)
