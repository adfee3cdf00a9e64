#include "base/limits.h"
#include "base/test.h"
#include "keeper/test_keeper.h"
#include "ledger/verify.h"

static struct test_keeper t;
static struct arena *arena;

static void setup(void)
{
    arena = arena_new("test", (size_t)512 << 20);
    test_keeper_init(&t);
}

static void teardown(void)
{
    test_keeper_release(&t);
    arena = arena_free(arena);
}

static int64_t count(const char *sql)
{
    struct err e = {0};
    struct db *db = test_projection(&t);
    int64_t n = db_one_int(db, &e, -1, sql);
    ck_assert_msg(e.code == 0, "%s", e.text);
    db_close(db);
    return n;
}

static int64_t note(const char *name, const char *text)
{
    struct err e = {0};
    struct json *answer;
    char id[33];
    op_id_new(&env_system, id);
    ck_assert_msg(test_note(t.client, arena, id, name, text, &answer, &e), "%s", e.text);
    return json_int(answer, "leaf", -1);
}

START_TEST(an_operation_is_recorded_and_answered_with_its_leaf)
{
    setup();
    test_keeper_start(&t);
    int64_t first = note("a", "first"), second = note("b", "second");
    ck_assert_int_ge(first, 0);
    ck_assert_int_gt(second, first); /* a seal may lie between them */
    ck_assert_int_eq(count("select count(*) from parameter where value='second' and leaf=(select max(idx) from leaf where type='record')"), 1);
    ck_assert_int_eq(count("select max(idx) from leaf where type='record'"), second);
    ck_assert_int_eq(test_keeper_stop(&t), 0);
    teardown();
}
END_TEST

START_TEST(the_same_id_again_gives_the_same_answer_and_no_second_leaf)
{
    setup();
    test_keeper_start(&t);
    struct err e = {0};
    struct json *first, *again;
    char id[33];
    op_id_new(&env_system, id);
    ck_assert(test_note(t.client, arena, id, "a", "x", &first, &e));
    ck_assert(test_note(t.client, arena, id, "a", "x", &again, &e));
    ck_assert_int_eq(json_int(first, "leaf", -1), json_int(again, "leaf", -2));
    ck_assert_int_eq(test_keeper_stop(&t), 0);
    test_keeper_start(&t); /* and after a restart */
    ck_assert(test_note(t.client, arena, id, "a", "x", &again, &e));
    ck_assert_int_eq(json_int(first, "leaf", -1), json_int(again, "leaf", -2));
    test_keeper_stop(&t);
    ck_assert_int_eq(count("select count(*) from leaf where type='record'"), 1);
    teardown();
}
END_TEST

START_TEST(what_is_refused_leaves_no_trace_and_harms_no_neighbour)
{
    setup();
    test_keeper_start(&t);
    struct err e = {0};
    struct json *answer;
    char id[33];
    note("only-once-1", "x");
    op_id_new(&env_system, id);
    ck_assert(!test_note(t.client, arena, id, "only-once-1", "y", &answer, &e));
    ck_assert_int_eq(e.code, ERR_EXISTS);
    ck_assert(!test_note(t.client, arena, id, "b", "refuse in apply", &answer, &e));
    ck_assert_int_eq(e.code, ERR_INVALID);
    struct op nonsense = {.kind = "nonsense", .actor = STR("local:test"), .body = json_object(arena)};
    memcpy(nonsense.id, id, sizeof(nonsense.id));
    ck_assert(!keeper_submit(t.client, arena, &nonsense, &answer, &e));
    ck_assert_str_eq(e.text, "operation: no such kind nonsense");
    ck_assert_int_gt(note("c", "z"), 0);
    ck_assert_int_eq(test_keeper_stop(&t), 0);
    ck_assert_int_eq(count("select count(*) from leaf where type='record'"), 2);
    teardown();
}
END_TEST

START_TEST(several_leaves_of_one_operation_stand_together)
{
    setup();
    test_keeper_start(&t);
    struct err e = {0};
    struct json *answer, *body = json_object(arena);
    json_put_cstr(body, "name", "many");
    json_put_int(body, "leaves", 1024);
    struct op op = {.kind = "note", .actor = STR("local:test"), .body = body};
    op_id_new(&env_system, op.id);
    ck_assert_msg(keeper_submit(t.client, arena, &op, &answer, &e), "%s", e.text);
    int64_t last = json_int(answer, "leaf", -1);
    ck_assert_int_ge(last, 1023);
    json_put_int(body, "leaves2", 0);
    op_id_new(&env_system, op.id);
    struct json *too_many = json_object(arena);
    json_put_cstr(too_many, "name", "many");
    json_put_int(too_many, "leaves", LIMIT_BATCH_LEAVES + 1);
    op.body = too_many;
    ck_assert(!keeper_submit(t.client, arena, &op, &answer, &e));
    ck_assert_int_eq(e.code, ERR_LIMIT);
    ck_assert_int_eq(test_keeper_stop(&t), 0);
    ck_assert_int_eq(count("select max(idx) - min(idx) from leaf where type='record'"), 1023);
    ck_assert_int_eq(count("select max(idx) from leaf where type='record'"), last);
    teardown();
}
END_TEST

START_TEST(actors_are_written_as_pseudonyms)
{
    setup();
    test_keeper_start(&t);
    note("a", "x");
    test_keeper_stop(&t);
    ck_assert_int_eq(count("select count(*) from leaf where actor like 's:%' and length(actor)=34"), 1);
    ck_assert_int_eq(count("select count(*) from leaf where actor like '%test%'"), 0);
    teardown();
}
END_TEST

START_TEST(rebuild_gives_the_same_dump)
{
    setup();
    test_keeper_start(&t);
    struct err e = {0};
    struct data_dir d;
    ck_assert(data_dir_open(&d, t.path, &e));
    ck_assert_msg(keeper_register_keys(t.client, &d, &e), "%s", e.text);
    ck_assert_msg(keeper_register_keys(t.client, &d, &e), "%s", e.text); /* again: nothing changes */
    data_dir_close(&d);
    for (int i = 0; i < 300; i++)
        note("a", "some text");
    ck_assert(keeper_flush(t.client, &e));
    test_keeper_stop(&t);
    ck_assert_int_eq(count("select count(*) from ledger_key"), 4);
    struct sha256 before = test_dump(&t);
    test_rebuild(&t);
    ck_assert(sha256_equal(before, test_dump(&t)));
    teardown();
}
END_TEST

START_TEST(a_projection_that_is_gone_damaged_or_behind_is_made_again_at_the_start)
{
    setup();
    test_keeper_start(&t);
    note("a", "x");
    test_keeper_stop(&t);
    struct sha256 before = test_dump(&t);
    char path[PATH_MAX + 32];
    snprintf(path, sizeof(path), "%s/db/assay.db", t.path);
    ck_assert_int_eq(unlink(path), 0);
    test_keeper_start(&t);
    test_keeper_stop(&t);
    ck_assert(sha256_equal(before, test_dump(&t)));
    int fd = open(path, O_WRONLY);
    char garbage[8192];
    memset(garbage, 'x', sizeof(garbage));
    ck_assert_int_eq(pwrite(fd, garbage, sizeof(garbage), 0), (ssize_t)sizeof(garbage));
    close(fd);
    test_keeper_start(&t);
    test_keeper_stop(&t);
    ck_assert(sha256_equal(before, test_dump(&t)));
    teardown();
}
END_TEST

START_TEST(a_second_keeper_is_refused_with_one_line)
{
    setup();
    test_keeper_start(&t);
    struct test_keeper second = t;
    test_keeper_fork(&second);
    struct ipc_message m;
    struct err e = {0};
    ck_assert(ipc_receive(second.fd, 4096, 10000, &m, NULL, &e));
    ck_assert_int_eq(m.type, 2);
    ck_assert(str_starts(buf_view(&m.body), "conflict\n"));
    buf_release(&m.body);
    close(second.fd);
    ck_assert_int_eq(test_keeper_reap(&second), 3);
    note("still", "there");
    ck_assert_int_eq(test_keeper_stop(&t), 0);
    teardown();
}
END_TEST

START_TEST(others_connect_over_the_socket_and_a_blob_key_opens_its_blob)
{
    setup();
    test_keeper_start(&t);
    struct err e = {0};
    struct keeper_client *other = keeper_connect(t.path, &e);
    ck_assert_msg(other != NULL, "%s", e.text);
    struct json *answer;
    struct blob_sealed sealed;
    ck_assert(blob_seal(&env_system, arena, STR("secret text"), &sealed, &e));
    struct json *body = json_object(arena);
    json_put_cstr(body, "name", "n");
    struct op_blob blob = {.media = "text/plain", .plain_size = sealed.plain_size, .ciphertext = sealed.bytes};
    memcpy(blob.c, sealed.c, sizeof(blob.c));
    memcpy(blob.x, sealed.x, sizeof(blob.x));
    memcpy(blob.dek, sealed.dek, sizeof(blob.dek));
    struct op op = {.kind = "note", .actor = STR("local:test"), .body = body, .blobs = &blob, .blob_count = 1};
    op_id_new(&env_system, op.id);
    ck_assert_msg(keeper_submit(other, arena, &op, &answer, &e), "%s", e.text);
    struct keeper_blob found;
    ck_assert_msg(keeper_blob_key(other, (uint64_t)json_int(answer, "leaf", -1), sealed.x, &found, &e), "%s", e.text);
    ck_assert_mem_eq(found.dek, sealed.dek, DEK_SIZE);
    ck_assert_str_eq(found.x, sealed.x);
    /* Another leaf does not name it. */
    int64_t next = note("b", "other");
    ck_assert(!keeper_blob_key(other, (uint64_t)next, sealed.x, &found, &e));
    ck_assert_int_eq(e.code, ERR_NOT_FOUND);
    keeper_close(other);
    ck_assert_int_eq(test_keeper_stop(&t), 0);
    teardown();
}
END_TEST

static int64_t fake_now_ms = 1795300000000;
static int64_t fake_now(void *context)
{
    (void)context;
    int64_t now = fake_now_ms;
    fake_now_ms -= 1000; /* each look finds the clock a second further back */
    return now;
}

START_TEST(a_clock_that_goes_back_repeats_the_last_time_and_is_flagged)
{
    setup();
    struct env env = env_system;
    env.now_ms = fake_now;
    t.env = &env;
    test_keeper_start(&t);
    note("a", "x");
    note("b", "x");
    note("c", "x");
    struct err e = {0};
    struct json *status;
    ck_assert(keeper_status(t.client, arena, &status, &e));
    ck_assert(json_bool(status, "clock_back"));
    ck_assert_int_eq(test_keeper_stop(&t), 0);
    ck_assert_int_eq(count("select count(distinct t) from leaf where type='record'"), 1);
    teardown();
}
END_TEST

START_TEST(a_signer_that_dies_costs_nothing_that_was_acknowledged)
{
    setup();
    test_keeper_start(&t);
    struct err e = {0};
    note("a", "x");
    kill(t.signer, SIGKILL);
    ck_assert(!keeper_flush(t.client, &e));
    ck_assert_int_eq(e.code, ERR_UNAVAILABLE);
    ck_assert_msg(strstr(e.text, "signer") != NULL, "%s", e.text);
    ck_assert_int_eq(test_keeper_stop(&t), 3);
    test_keeper_start(&t);
    ck_assert_msg(keeper_flush(t.client, &e), "%s", e.text);
    ck_assert_int_eq(test_keeper_stop(&t), 0);
    ck_assert_int_eq(count("select count(*) from parameter"), 1);
    teardown();
}
END_TEST

START_TEST(a_signer_without_its_head_refuses_and_the_keeper_says_so)
{
    setup();
    char path[PATH_MAX + 32];
    snprintf(path, sizeof(path), "%s/private/signer.head", t.path);
    ck_assert_int_eq(unlink(path), 0);
    test_keeper_fork(&t);
    struct ipc_message m;
    struct err e = {0};
    ck_assert(ipc_receive(t.fd, 4096, 10000, &m, NULL, &e));
    ck_assert(str_contains(buf_view(&m.body), "signer.head is missing"));
    buf_release(&m.body);
    close(t.fd);
    ck_assert_int_eq(test_keeper_reap(&t), 1);
    teardown();
}
END_TEST

START_TEST(a_draft_that_breaks_its_types_rule_is_refused_and_the_next_one_taken)
{
    struct err e = {0};
    struct data_dir d;
    struct json *answer;
    setup();
    test_keeper_start(&t);
    ck_assert(data_dir_open(&d, t.path, &e));
    ck_assert_msg(keeper_register_keys(t.client, &d, &e), "%s", e.text);
    data_dir_close(&d);
    ck_assert_msg(test_note(t.client, arena, "0000000000000000000000000000000a", "fine", "one", &answer, &e), "%s", e.text);
    int64_t first = json_int(answer, "leaf", -1);
    ck_assert(!test_note(t.client, arena, "0000000000000000000000000000000b", "breaks the rule", "two", &answer, &e));
    ck_assert_int_eq(e.code, ERR_INVALID);
    ck_assert_msg(strstr(e.text, "its member type is not what it has to be"), "%s", e.text);
    ck_assert_msg(test_note(t.client, arena, "0000000000000000000000000000000c", "fine", "three", &answer, &e), "%s", e.text);
    ck_assert_int_gt(json_int(answer, "leaf", -1), first); /* a seal may lie between them */
    test_keeper_stop(&t);
    struct verify_report r;
    ck_assert_msg(verify_directory(t.path, &(struct verify_options){0}, arena, &r, &e), "%s", e.text);
    ck_assert_msg(r.is_ok, "%s %s", r.findings[0].code, r.findings[0].text);
    test_keeper_release(&t);
    arena_free(arena);
}
END_TEST

TEST_MAIN("keeper", an_operation_is_recorded_and_answered_with_its_leaf,
          a_draft_that_breaks_its_types_rule_is_refused_and_the_next_one_taken, the_same_id_again_gives_the_same_answer_and_no_second_leaf, what_is_refused_leaves_no_trace_and_harms_no_neighbour,
          several_leaves_of_one_operation_stand_together, actors_are_written_as_pseudonyms, rebuild_gives_the_same_dump,
          a_projection_that_is_gone_damaged_or_behind_is_made_again_at_the_start, a_second_keeper_is_refused_with_one_line,
          others_connect_over_the_socket_and_a_blob_key_opens_its_blob,
          a_clock_that_goes_back_repeats_the_last_time_and_is_flagged, a_signer_that_dies_costs_nothing_that_was_acknowledged,
          a_signer_without_its_head_refuses_and_the_keeper_says_so)
