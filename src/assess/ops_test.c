#include "assess/world.h"

#include "assess/span_store.h"
#include "base/test.h"

#define HOST "s:00112233445566778899aabbccddeeff"

static struct str rows_of(struct world *w, const char *sql)
{
    struct err e = {0};
    struct buf b;
    buf_init(&b, 1 << 20);
    DB_EACH (row, w->db, &e, sql) {
        for (int i = 0; i < 6; i++)
            buf_printf(&b, "%s%.*s", i ? "|" : "", STR_ARGS(db_text(row, i)));
        buf_char(&b, '\n');
    }
    ck_assert_msg(!e.code, "%s", e.text);
    struct str text = arena_str(w->arena, buf_view(&b));
    buf_release(&b);
    return text;
}

#define SPANS "select test, resource, status, reason, from_t, ifnull(to_t, '-') from span order by id"
#define TEST_SPANS "select test, status, pass || '/' || fail || '/' || unknown || '/' || skip, from_t, '-', '' from test_span order by test"
#define TEST_CHUNKS "select subject, to_t, to_leaf, hex(spans), '', '' from test_span_chunk order by id"
#define COVERAGE "select subject = '" HOST "', from_t, to_t, '', '', '' from coverage order by id"

/* The closed ones, as the chunks have them. */
static struct str closed_of(struct world *w)
{
    struct err e = {0};
    struct buf b;
    buf_init(&b, 1 << 20);
    DB_EACH (row, w->db, &e, "select spans from test_span_chunk order by id") {
        struct span_reader r;
        struct stored_span s;
        span_chunk_open(&r, db_bytes(row, 0));
        while (span_chunk_next(&r, &s)) {
            struct str name = db_one_text(w->arena, w->db, &e, "select name from test_name where id = ?1", A(s.test));
            const int64_t *of = s.counts.of;
            buf_printf(&b, "%.*s|%s|%lld/%lld/%lld/%lld|%lld|%lld\n", STR_ARGS(name), result_status_name(s.status), (long long)of[RESULT_PASS], (long long)of[RESULT_FAIL],
                       (long long)of[RESULT_UNKNOWN], (long long)of[RESULT_SKIP], (long long)s.from_ms, (long long)s.to_ms);
        }
        ck_assert(!r.is_damaged);
    }
    ck_assert_msg(!e.code, "%s", e.text);
    struct str text = arena_str(w->arena, buf_view(&b));
    buf_release(&b);
    return text;
}

START_TEST(only_changes_open_and_close_spans)
{
    struct world w;
    world_init(&w);
    world_subject(&w, HOST, "web-1", 0);
    world_result(&w, "a", "x", RESULT_PASS, "");
    world_result(&w, "a", "y", RESULT_FAIL, "old");
    world_result(&w, "b", "host", RESULT_UNKNOWN, "no table");
    world_evaluate(&w, HOST, 1000);
    world_result(&w, "a", "x", RESULT_PASS, "");
    world_result(&w, "a", "y", RESULT_FAIL, "old");
    world_result(&w, "b", "host", RESULT_UNKNOWN, "no table");
    world_evaluate(&w, HOST, 2000);
    world_result(&w, "a", "x", RESULT_FAIL, "new");
    world_result(&w, "b", "host", RESULT_PASS, "");
    world_evaluate(&w, HOST, 3000);
    ck_assert_str_eq(rows_of(&w, SPANS).data, "a|x|pass||1000|3000\na|y|fail|old|1000|3000\nb|host|unknown|no table|1000|3000\n"
                                              "a|x|fail|new|3000|-\nb|host|pass||3000|-\n");
    ck_assert_str_eq(closed_of(&w).data, "a|fail|1/1/0/0|1000|3000\nb|unknown|0/0/1/0|1000|3000\n");
    ck_assert_str_eq(rows_of(&w, TEST_SPANS).data, "a|fail|0/1/0/0|3000|-|\nb|pass|1/0/0/0|3000|-|\n");
    ck_assert_str_eq(rows_of(&w, "select taken_at, x is null, pass, fail, unknown, skip from evaluation order by leaf").data,
                     "1000|0|1|1|1|0\n2000|1|1|1|1|0\n3000|0|1|1|0|0\n");
    ck_assert_str_eq(rows_of(&w, COVERAGE).data, "1|1000|3000|||\n");
    world_release(&w);
}
END_TEST

START_TEST(a_long_silence_breaks_the_coverage_and_a_clock_that_goes_back_does_not)
{
    struct world w;
    world_init(&w);
    world_subject(&w, HOST, "web-1", 0);
    static const int64_t at[] = {MS_DAY, 2 * MS_DAY, 2 * MS_DAY - MS_HOUR, 5 * MS_DAY, 5 * MS_DAY + MS_HOUR};
    for (size_t i = 0; i < 5; i++) {
        world_result(&w, "a", "x", i % 2 ? RESULT_PASS : RESULT_FAIL, "");
        world_evaluate(&w, HOST, at[i]);
    }
    ck_assert_str_eq(rows_of(&w, COVERAGE).data, "1|86400000|172800000|||\n1|432000000|435600000|||\n");
    ck_assert_str_eq(rows_of(&w, "select from_t <= ifnull(to_t, from_t), '', '', '', '', '' from span group by 1").data,
                     "1|||||\n");
    world_release(&w);
}
END_TEST

START_TEST(a_clock_that_runs_ahead_does_not_make_a_host_look_fresh)
{
    struct world w;
    world_init(&w);
    world_subject(&w, HOST, "web-1", 0);
    world_result(&w, "a", "x", RESULT_PASS, "");
    world_evaluate_at(&w, HOST, 900 * MS_DAY, 10 * MS_DAY); /* it says day 900; we received it on day 10 */
    ck_assert_str_eq(rows_of(&w, COVERAGE).data, "1|864000000|864000000|||\n");
    ck_assert_str_eq(rows_of(&w, "select taken_at / 86400000, seen_at / 86400000, '', '', '', '' from evaluation").data,
                     "900|10||||\n");
    world_release(&w);
}
END_TEST

START_TEST(parameters_are_checked_and_keep_their_history)
{
    struct world w;
    struct err e = {0};
    world_init(&w);
    ck_assert(!parameter_check(STR("no_such_parameter"), STR("1"), &e));
    ck_assert_int_eq(e.code, ERR_NOT_FOUND);
    for (size_t i = 0; i < content_parameter_count; i++) {
        const struct parameter *p = &content_parameters[i];
        e = (struct err){0};
        ck_assert_msg(parameter_check(str_of(p->name), str_of(p->default_value), &e), "%s", e.text);
        if (strcmp(p->type, "integer") != 0)
            continue;
        ck_assert(!parameter_check(str_of(p->name), STR("many"), &e));
        ck_assert(!parameter_check(str_of(p->name), arena_printf(w.arena, "%lld", (long long)p->max + 1), &e));
        if (p->has_four_eyes)
            continue;
        int64_t first = -1;
        for (int n = 0; n < 2; n++) {
            struct op op = {.body = parameter_body(w.arena, str_of(p->name), str_of(p->default_value), STR("because"))};
            int64_t leaf = world_op(&w, &op_parameter_set, &op, (struct str){0}, 7000 + n);
            first = first < 0 ? leaf : first;
        }
        struct test_value *values;
        size_t count;
        int64_t newest;
        ck_assert(parameter_values(w.db, w.arena, first, &values, &count, &newest, &e));
        ck_assert_int_eq(newest, first);
        ck_assert(str_equal(test_value_of(values, count, str_of(p->name)), str_of(p->default_value)));
    }
    world_release(&w);
}
END_TEST

static int64_t proposed(struct world *w, const char *actor, const char *value)
{
    struct op op = {.actor = str_of(actor), .body = parameter_body(w->arena, STR("breach_notice_hours"), str_of(value), STR("because"))};
    return world_op(w, &op_parameter_propose, &op, (struct str){0}, 7000);
}
static bool decision_is_taken(struct world *w, const char *actor, int64_t of, struct err *ret)
{
    struct leaf_drafts drafts;
    struct op op = {.actor = str_of(actor), .body = parameter_decision_body(w->arena, of, true, STR("agreed"))};
    *ret = (struct err){0};
    return op_parameter_decide.make(w->db, w->arena, &op, &drafts, ret);
}

START_TEST(what_takes_two_people_is_in_force_when_another_approves)
{
    struct world w;
    struct err e = {0};
    struct leaf_drafts drafts;
    world_init(&w);
    world_check(db_script(w.db, "insert into token(id, account, label, scope, hash, t, leaf, expires_t, revoked_leaf) values('t1', 'ada', 'x', 0, x'00', 1, 1, 2, 3)", &e), &e);
    struct op set = {.body = parameter_body(w.arena, STR("breach_notice_hours"), STR("48"), STR("because"))};
    ck_assert(!op_parameter_set.make(w.db, w.arena, &set, &drafts, &e));
    ck_assert_int_eq(e.code, ERR_DENIED);
    int64_t of = proposed(&w, "token:t1", "48");
    ck_assert(str_is(parameter_value(w.db, w.arena, "breach_notice_hours", INT64_MAX, &e), "72"));
    e = (struct err){0};
    ck_assert(!op_parameter_propose.make(w.db, w.arena, &set, &drafts, &e));
    ck_assert_int_eq(e.code, ERR_EXISTS);
    ck_assert(!decision_is_taken(&w, "token:t1", of, &e));
    ck_assert_int_eq(e.code, ERR_DENIED);
    ck_assert(!decision_is_taken(&w, "account:ada", of, &e)); /* with the token of this account, though it is revoked by now */
    ck_assert_int_eq(e.code, ERR_DENIED);
    ck_assert(!decision_is_taken(&w, "account:bob", of + 77, &e));
    ck_assert_int_eq(e.code, ERR_NOT_FOUND);
    struct op op = {.actor = STR("account:bob"), .body = parameter_decision_body(w.arena, of, true, STR("agreed"))};
    int64_t decided = world_op(&w, &op_parameter_decide, &op, (struct str){0}, 7001);
    e = (struct err){0};
    ck_assert(str_is(parameter_value(w.db, w.arena, "breach_notice_hours", decided, &e), "48"));
    ck_assert(str_is(parameter_value(w.db, w.arena, "breach_notice_hours", decided - 1, &e), "72"));
    ck_assert(!decision_is_taken(&w, "account:bob", of, &e));
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    of = proposed(&w, "account:bob", "24");
    struct op withdraw = {.actor = STR("account:bob"), .body = parameter_decision_body(w.arena, of, false, STR("a mistake"))};
    world_op(&w, &op_parameter_decide, &withdraw, (struct str){0}, 7002);
    e = (struct err){0};
    ck_assert(str_is(parameter_value(w.db, w.arena, "breach_notice_hours", INT64_MAX, &e), "48"));
    world_release(&w);
}
END_TEST

START_TEST(an_evaluation_of_no_run_is_refused)
{
    struct world w;
    struct err e = {0};
    struct leaf_drafts drafts;
    world_init(&w);
    struct op op = {.body = json_object(w.arena)};
    json_put_int(op.body, "run", 5);
    ck_assert(!op_eval.make(w.db, w.arena, &op, &drafts, &e));
    ck_assert_int_eq(e.code, ERR_INVALID);
    world_release(&w);
}
END_TEST

START_TEST(tests_that_held_and_fail_now_are_told_in_front_of_the_evaluation)
{
    struct world w;
    world_init(&w);
    world_subject(&w, HOST, "web-1", 0);
    world_result(&w, "a", "x", RESULT_PASS, "");
    world_result(&w, "a", "y", RESULT_PASS, "");
    world_result(&w, "b", "x", RESULT_UNKNOWN, "");
    world_result(&w, "c", "x", RESULT_FAIL, "");
    world_result(&w, "d", "x", RESULT_PASS, "");
    world_evaluate(&w, HOST, 1000);
    ck_assert_ptr_null(w.alert); /* what fails from the start did not turn */
    world_result(&w, "a", "x", RESULT_FAIL, "");
    world_result(&w, "a", "y", RESULT_FAIL, "");
    world_result(&w, "b", "x", RESULT_FAIL, "");
    world_result(&w, "c", "x", RESULT_FAIL, "again");
    world_result(&w, "d", "x", RESULT_UNKNOWN, "");
    world_result(&w, "e", "x", RESULT_FAIL, "");
    int64_t leaf = world_evaluate(&w, HOST, 2000);
    ck_assert_ptr_nonnull(w.alert);
    ck_assert_int_eq(json_get(w.alert, "ctl")->count, 1);
    ck_assert(str_is(json_at(json_get(w.alert, "ctl"), 0)->text, "a"));
    ck_assert_int_eq(json_int(w.alert, "cnt", 0), 1);
    ck_assert_int_eq(json_int(w.alert, "of", 0), leaf - 1);
    ck_assert(str_is(json_text(w.alert, "sub"), HOST));
    world_result(&w, "a", "x", RESULT_FAIL, "");
    world_evaluate(&w, HOST, 3000);
    ck_assert_ptr_null(w.alert);
    world_release(&w);
}
END_TEST

/* A random history: the spans that are open are always exactly the last result set, spans of one resource never overlap, and a
 * second projection that only sees the leaves holds the same rows. */
START_TEST(open_spans_are_the_last_results_and_replay_gives_the_same_rows)
{
    uint64_t seed = 5;
    struct world w, second;
    world_init(&w);
    world_init(&second);
    w.replay = &second;
    world_subject(&w, HOST, "web-1", 0);
    for (int run = 1; run < 60; run++) {
        struct results want;
        results_init(&want, w.arena);
        for (int i = 0; i < 30; i++)
            if (test_random(&seed) % 5) {
                const char *test = arena_printf(w.arena, "t%d", i / 6).data, *resource = arena_printf(w.arena, "r%d", i).data;
                enum result_status s = (enum result_status)(test_random(&seed) % 16 ? (uint64_t)i % 4 : test_random(&seed) % 4);
                world_result(&w, test, resource, s, test_random(&seed) % 9 ? "" : "why");
            }
        for (size_t i = 0; i < w.results.count; i++)
            results_add(&want, w.results.items[i].test, w.results.items[i].resource, w.results.items[i].status,
                        w.results.items[i].reason);
        results_finish(&want, 0);
        world_evaluate(&w, HOST, run * MS_HOUR);
        struct results open;
        struct err e = {0};
        results_init(&open, w.arena);
        ck_assert(results_open(w.db, STR(HOST), &open, &e));
        struct sha256 one = results_digest(want.items, want.count), two = results_digest(open.items, open.count);
        ck_assert(sha256_equal(one, two));
    }
    static const char *const tables[] = {
        SPANS, TEST_SPANS, TEST_CHUNKS, COVERAGE,
        "select leaf, subject, run, catalog, taken_at, ifnull(x, '-') from evaluation order by leaf"};
    for (size_t i = 0; i < 5; i++)
        ck_assert_str_eq(rows_of(&w, tables[i]).data, rows_of(&second, tables[i]).data);
    ck_assert_str_eq(
        rows_of(&w, "select count(*), '', '', '', '', '' from span a join span b on a.subject = b.subject and a.test = b.test"
                    " and a.resource = b.resource and a.id < b.id and b.from_t < ifnull(a.to_t, 1 << 60)")
            .data,
        "0|||||\n");
    ck_assert_str_eq(
        rows_of(
            &w,
            "select count(*), '', '', '', '', '' from (select test, sum(status = 'fail') f from span where to_leaf is null group "
            "by test) s"
            " join test_span t on t.test = s.test where t.fail <> s.f or (s.f > 0) <> (t.status = 'fail')")
            .data,
        "0|||||\n");
    world_release(&w);
    world_release(&second);
}
END_TEST

/* Whatever is appended, in whatever portions, is read back; and no bytes that were cut or changed are read beyond their end. */
START_TEST(packed_spans_read_back_as_they_were)
{
    enum { SPANS_MADE = 700 };
    uint64_t seed = 11;
    struct world w;
    struct err e = {0};
    struct stored_span *made = calloc(SPANS_MADE, sizeof *made), s;
    world_init(&w);
    int64_t at_ms = 0, leaf = 0;
    for (size_t i = 0; i < SPANS_MADE; i++) {
        at_ms += (int64_t)(test_random(&seed) % 3 ? test_random(&seed) % (40 * MS_DAY) : 0);
        leaf += (int64_t)(test_random(&seed) % 100000);
        made[i] = (struct stored_span){.test = (int64_t)(test_random(&seed) % 300), .status = (enum result_status)(test_random(&seed) % 4), .to_ms = at_ms, .to_leaf = leaf};
        made[i].from_ms = at_ms - (int64_t)(test_random(&seed) % ((uint64_t)at_ms + 1));
        made[i].from_leaf = leaf - (int64_t)(test_random(&seed) % ((uint64_t)leaf + 1));
        made[i].counts.of[made[i].status] = (int64_t)(test_random(&seed) % 1000) + 1;
        made[i].counts.of[test_random(&seed) % 4] += (int64_t)(test_random(&seed) % 2);
    }
    for (size_t i = 0; i < SPANS_MADE;) {
        size_t n = test_random(&seed) % 40;
        n = n < SPANS_MADE - i ? n : SPANS_MADE - i;
        world_check(spans_append(w.db, STR(HOST), made + i, n, &e), &e);
        world_check(spans_append(w.db, STR("s:another"), made + i, n, &e), &e);
        i += n;
    }
    size_t read = 0, rows = 0;
    DB_EACH (row, w.db, &e, "select spans, to_t from test_span_chunk where subject = ?1 order by to_t, id", A(STR(HOST))) {
        struct span_reader r;
        struct str bytes = db_bytes(row, 0);
        rows++;
        ck_assert_uint_lt(bytes.size, 2048);
        for (span_chunk_open(&r, bytes); span_chunk_next(&r, &s); read++)
            ck_assert(s.test == made[read].test && s.status == made[read].status && memcmp(&s.counts, &made[read].counts, sizeof s.counts) == 0 && s.from_ms == made[read].from_ms &&
                      s.to_ms == made[read].to_ms && s.from_leaf == made[read].from_leaf && s.to_leaf == made[read].to_leaf);
        ck_assert(!r.is_damaged && db_int(row, 1) == made[read - 1].to_ms);
        char *copy = malloc(bytes.size);
        for (int round = 0; round < 200; round++) {
            size_t size = test_random(&seed) % (bytes.size + 1);
            memcpy(copy, bytes.data, bytes.size);
            copy[test_random(&seed) % bytes.size] ^= (char)(1 + test_random(&seed) % 255);
            for (span_chunk_open(&r, str_make(copy, size)); span_chunk_next(&r, &s);)
                ck_assert(s.from_ms <= s.to_ms && s.from_leaf <= s.to_leaf && s.test >= 0);
        }
        free(copy);
    }
    ck_assert_uint_eq(read, SPANS_MADE);
    ck_assert_uint_gt(rows, 4);
    free(made);
    world_release(&w);
}
END_TEST

TEST_MAIN("assess ops", packed_spans_read_back_as_they_were, only_changes_open_and_close_spans, a_long_silence_breaks_the_coverage_and_a_clock_that_goes_back_does_not,
          a_clock_that_runs_ahead_does_not_make_a_host_look_fresh, parameters_are_checked_and_keep_their_history,
          what_takes_two_people_is_in_force_when_another_approves,
          an_evaluation_of_no_run_is_refused, tests_that_held_and_fail_now_are_told_in_front_of_the_evaluation, open_spans_are_the_last_results_and_replay_gives_the_same_rows)
