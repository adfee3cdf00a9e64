#include "base/test.h"
#include "base/times.h"
#include "web/session.h"
#include "web/web.h"
#include <fcntl.h>
#include <unistd.h>

static int64_t clock_ms;
static uint8_t counter;

static int64_t test_now(void *context)
{
    (void)context;
    return clock_ms;
}

static void test_random_bytes(void *context, void *ret, size_t size)
{
    (void)context;
    memset(ret, ++counter, size);
}

static const struct env env = {.now_ms = test_now, .monotonic_ms = test_now, .random = test_random_bytes};
static char dir[] = "/tmp/assay-session-XXXXXX";
static int recorded;
static bool record_fails;

static bool record(void *context, const struct session *session, struct err *e)
{
    (void)context;
    ck_assert_str_eq(session->actor, "local:admin");
    recorded++;
    return !record_fails || err_set(e, ERR_UNAVAILABLE, "no keeper");
}

static bool record_any(void *context, const struct session *session, struct err *e)
{
    (void)context, (void)session, (void)e;
    return true;
}

static struct sessions *begin(void)
{
    struct err e = {0};
    clock_ms = INT64_C(1795296810000);
    recorded = 0;
    record_fails = false;
    memcpy(dir, "/tmp/assay-session-XXXXXX", sizeof(dir));
    ck_assert(mkdtemp(dir));
    struct sessions *s = sessions_open(dir, &env, &e);
    ck_assert_msg(s, "%s", e.text);
    return s;
}

static void finish(struct sessions *s)
{
    static const char *const files[] = {"volatile.db", "volatile.db-wal", "volatile.db-shm"};
    char path[128];
    sessions_close(s);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
        unlink(path);
    }
    rmdir(dir);
}

static enum err_code redeem(struct sessions *s, const char *link, char ret_token[SESSION_TOKEN_SIZE])
{
    struct err e = {0};
    struct session like = {.peer = "127.0.0.1", .agent = "test"};
    return sessions_redeem(s, str_of(link), &like, record, NULL, ret_token, &e) ? ERR_NONE : e.code;
}

static void link_new(char ret[WEB_TOKEN_SIZE])
{
    struct err e = {0};
    ck_assert_msg(web_link_new(dir, &env, "local:admin", LINK_LIFE_MS, ret, &e), "%s", e.text);
}

START_TEST(a_link_signs_in_once)
{
    struct sessions *s = begin();
    char link[WEB_TOKEN_SIZE], token[SESSION_TOKEN_SIZE], other[SESSION_TOKEN_SIZE];
    struct session session;
    link_new(link);
    ck_assert_int_eq(redeem(s, link, token), ERR_NONE);
    ck_assert_int_eq(recorded, 1);
    ck_assert(sessions_find(s, str_of(token), &session));
    ck_assert_uint_eq(strlen(session.csrf), 64);
    ck_assert_int_eq(redeem(s, link, other), ERR_DENIED);
    ck_assert_int_eq(redeem(s, "nonsense", other), ERR_DENIED);
    ck_assert(!sessions_find(s, str_of(link), &session));
    ck_assert(!sessions_find(s, STR(""), &session));
    finish(s);
}
END_TEST

START_TEST(a_link_is_over_after_15_minutes)
{
    struct sessions *s = begin();
    char link[WEB_TOKEN_SIZE], token[SESSION_TOKEN_SIZE];
    link_new(link);
    clock_ms += LINK_LIFE_MS + 1;
    ck_assert_int_eq(redeem(s, link, token), ERR_DENIED);
    finish(s);
}
END_TEST

START_TEST(a_sign_in_that_cannot_be_recorded_does_not_happen_and_keeps_the_link)
{
    struct sessions *s = begin();
    char link[WEB_TOKEN_SIZE], token[SESSION_TOKEN_SIZE];
    link_new(link);
    record_fails = true;
    ck_assert_int_eq(redeem(s, link, token), ERR_UNAVAILABLE);
    record_fails = false;
    ck_assert_int_eq(redeem(s, link, token), ERR_NONE);
    finish(s);
}
END_TEST

START_TEST(a_session_ends_idle_after_30_minutes_and_in_any_case_after_12_hours)
{
    struct sessions *s = begin();
    char link[WEB_TOKEN_SIZE], token[SESSION_TOKEN_SIZE];
    struct session session;
    link_new(link);
    ck_assert_int_eq(redeem(s, link, token), ERR_NONE);
    int64_t began_ms = clock_ms;
    while (clock_ms + 29 * MS_MINUTE < began_ms + SESSION_LIFE_MS) {
        clock_ms += 29 * MS_MINUTE;
        ck_assert(sessions_find(s, str_of(token), &session));
    }
    clock_ms = began_ms + SESSION_LIFE_MS + 1;
    ck_assert(!sessions_find(s, str_of(token), &session));

    link_new(link);
    ck_assert_int_eq(redeem(s, link, token), ERR_NONE);
    clock_ms += SESSION_IDLE_MS + 1;
    ck_assert(!sessions_find(s, str_of(token), &session));
    finish(s);
}
END_TEST

START_TEST(sessions_survive_a_restart_and_end_on_request)
{
    struct sessions *s = begin();
    char link[WEB_TOKEN_SIZE], token[SESSION_TOKEN_SIZE];
    struct session before, after;
    struct err e = {0};
    link_new(link);
    ck_assert_int_eq(redeem(s, link, token), ERR_NONE);
    ck_assert(sessions_find(s, str_of(token), &before));
    sessions_close(s);
    s = sessions_open(dir, &env, &e);
    ck_assert_msg(s && sessions_find(s, str_of(token), &after), "%s", e.text);
    ck_assert_str_eq(before.csrf, after.csrf);
    ck_assert(sessions_end(s, str_of(token)));
    ck_assert(!sessions_end(s, str_of(token)));
    ck_assert(!sessions_find(s, str_of(token), &after));
    sessions_close(s);
    s = sessions_open(dir, &env, &e);
    ck_assert(s && !sessions_find(s, str_of(token), &after));
    finish(s);
}
END_TEST

START_TEST(attempts_are_limited)
{
    struct sessions *s = begin();
    char wrong[SESSION_TOKEN_SIZE], token[SESSION_TOKEN_SIZE];
    memset(wrong, 'a', 64);
    wrong[64] = 0;
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(redeem(s, wrong, token), ERR_DENIED);
    ck_assert_int_eq(redeem(s, wrong, token), ERR_LIMIT);
    clock_ms += MS_MINUTE;
    ck_assert_int_eq(redeem(s, wrong, token), ERR_DENIED);
    finish(s);
}
END_TEST

START_TEST(a_damaged_file_is_replaced)
{
    struct sessions *s = begin();
    char path[128], link[WEB_TOKEN_SIZE], token[SESSION_TOKEN_SIZE];
    sessions_close(s);
    snprintf(path, sizeof(path), "%s/volatile.db", dir);
    int fd = open(path, O_WRONLY | O_TRUNC);
    ck_assert(fd >= 0 &&
              write(fd, "this is no database, and long enough to look like one................................................",
                    100) == 100);
    close(fd);
    struct err e = {0};
    s = sessions_open(dir, &env, &e);
    ck_assert_msg(s, "%s", e.text);
    link_new(link);
    ck_assert_int_eq(redeem(s, link, token), ERR_NONE);
    finish(s);
}
END_TEST

static bool begin_as(struct sessions *s, const char *actor, char ret_token[SESSION_TOKEN_SIZE])
{
    struct err e = {0};
    struct session like = {.factors = 1, .how = "password", .peer = "::1", .agent = "test"};
    snprintf(like.actor, sizeof(like.actor), "%s", actor);
    return sessions_begin(s, &like, record_any, NULL, ret_token, &e);
}

START_TEST(a_renewed_session_has_another_token_and_the_same_end)
{
    struct sessions *s = begin();
    struct session before, after;
    struct err e = {0};
    char token[SESSION_TOKEN_SIZE], renewed[SESSION_TOKEN_SIZE];
    ck_assert(begin_as(s, "account:0011223344556677", token) && sessions_find(s, str_of(token), &before));
    clock_ms += MS_MINUTE;
    ck_assert(sessions_renew(s, str_of(token), "password+totp", 2, renewed, &e));
    ck_assert(!sessions_find(s, str_of(token), &after));
    ck_assert(sessions_find(s, str_of(renewed), &after));
    ck_assert_int_eq(after.factors, 2);
    ck_assert_str_ne(before.csrf, after.csrf);
    ck_assert_int_eq(before.created_at_ms, after.created_at_ms);
    ck_assert(!sessions_renew(s, str_of(token), "x", 2, renewed, &e) && e.code == ERR_DENIED);
    finish(s);
}
END_TEST

START_TEST(sessions_are_listed_and_ended_by_their_actor_only)
{
    struct sessions *s = begin();
    char a[SESSION_TOKEN_SIZE], b[SESSION_TOKEN_SIZE], c[SESSION_TOKEN_SIZE];
    struct session of_a, of_b, of_c;
    size_t n;
    ck_assert(begin_as(s, "account:0011223344556677", a) && begin_as(s, "account:0011223344556677", b) && begin_as(s, "account:ff11223344556677", c));
    ck_assert(sessions_find(s, str_of(a), &of_a) && sessions_find(s, str_of(b), &of_b) && sessions_find(s, str_of(c), &of_c));
    struct arena *arena = arena_new("session_test", 16 << 20);
    sessions_list(s, arena, STR("account:0011223344556677"), &n);
    ck_assert_uint_eq(n, 2);
    arena_free(arena);
    ck_assert_int_eq(sessions_end_of(s, STR("account:ff11223344556677"), of_a.id, NULL), 0);
    ck_assert_int_eq(sessions_end_of(s, STR("account:0011223344556677"), NULL, of_a.id), 1);
    ck_assert(sessions_find(s, str_of(a), &of_a) && !sessions_find(s, str_of(b), &of_b) && sessions_find(s, str_of(c), &of_c));
    finish(s);
}
END_TEST

START_TEST(a_link_is_its_actors_and_is_one_factor)
{
    struct sessions *s = begin();
    struct err e = {0};
    char link[WEB_TOKEN_SIZE], token[SESSION_TOKEN_SIZE], actor[SESSION_ACTOR_SIZE];
    struct session session, like = {.factors = 2};
    ck_assert(web_link_new(dir, &env, "account:0011223344556677", INVITE_LIFE_MS, link, &e));
    ck_assert(sessions_link_actor(s, str_of(link), actor, &e));
    ck_assert_str_eq(actor, "account:0011223344556677");
    ck_assert(!sessions_link_use(s, str_of(link), STR("local:admin"), &e) && e.code == ERR_DENIED);
    e = (struct err){0};
    clock_ms += 71 * MS_HOUR;
    ck_assert(sessions_redeem(s, str_of(link), &like, record_any, NULL, token, &e));
    ck_assert(sessions_find(s, str_of(token), &session));
    ck_assert_str_eq(session.actor, "account:0011223344556677");
    ck_assert_int_eq(session.factors, 1);
    finish(s);
}
END_TEST

START_TEST(nobody_fills_the_table_of_sessions_alone)
{
    struct sessions *s = begin();
    char first[SESSION_TOKEN_SIZE], token[SESSION_TOKEN_SIZE];
    struct session session;
    ck_assert(begin_as(s, "account:ff11223344556677", first));
    for (int i = 0; i < SESSIONS_PER_ACTOR_MAX + 30; i++) {
        clock_ms++;
        ck_assert(begin_as(s, "account:0011223344556677", token));
    }
    struct arena *arena = arena_new("session_test", 16 << 20);
    size_t n;
    sessions_list(s, arena, STR("account:0011223344556677"), &n);
    ck_assert_uint_eq(n, SESSIONS_PER_ACTOR_MAX);
    arena_free(arena);
    ck_assert(sessions_find(s, str_of(first), &session));
    finish(s);
}
END_TEST

START_TEST(a_one_time_password_counts_once_across_restarts)
{
    struct sessions *s = begin();
    struct err e = {0};
    ck_assert(sessions_otp_use(s, "c1", 100));
    ck_assert(!sessions_otp_use(s, "c1", 100) && !sessions_otp_use(s, "c1", 99));
    sessions_close(s);
    s = sessions_open(dir, &env, &e);
    ck_assert(s && !sessions_otp_use(s, "c1", 100) && sessions_otp_use(s, "c1", 101));
    ck_assert_uint_eq(sessions_otp_counter(s, "c1"), 101);
    finish(s);
}
END_TEST

TEST_MAIN("session", a_renewed_session_has_another_token_and_the_same_end, sessions_are_listed_and_ended_by_their_actor_only,
          a_link_is_its_actors_and_is_one_factor, nobody_fills_the_table_of_sessions_alone, a_one_time_password_counts_once_across_restarts, a_link_signs_in_once, a_link_is_over_after_15_minutes,
          a_sign_in_that_cannot_be_recorded_does_not_happen_and_keeps_the_link,
          a_session_ends_idle_after_30_minutes_and_in_any_case_after_12_hours, sessions_survive_a_restart_and_end_on_request,
          attempts_are_limited, a_damaged_file_is_replaced)
