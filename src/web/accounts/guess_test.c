#include "base/test.h"
#include "web/accounts/challenge.h"
#include "web/accounts/guess.h"

START_TEST(waiting_doubles_after_the_free_tries_up_to_a_quarter_of_an_hour)
{
    struct guesses *g = guesses_new();
    int64_t now_ms = 1000, last_ms = 0;
    for (int i = 0; i < GUESS_FREE - 1; i++) {
        guess_was_wrong(g, STR("login ann"), GUESS_FREE, now_ms);
        ck_assert_int_eq(guess_wait_ms(g, STR("login ann"), GUESS_FREE, now_ms), 0);
    }
    for (int i = 0; i < 30; i++) {
        guess_was_wrong(g, STR("login ann"), GUESS_FREE, now_ms);
        int64_t wait_ms = guess_wait_ms(g, STR("login ann"), GUESS_FREE, now_ms);
        ck_assert_int_ge(wait_ms, last_ms);
        ck_assert_int_le(wait_ms, GUESS_WAIT_MAX_MS);
        ck_assert(i == 0 || wait_ms == 2 * last_ms || wait_ms == GUESS_WAIT_MAX_MS);
        ck_assert_int_eq(guess_wait_ms(g, STR("login ann"), GUESS_FREE, now_ms + wait_ms), 0);
        last_ms = wait_ms;
    }
    ck_assert_int_eq(last_ms, GUESS_WAIT_MAX_MS);
    ck_assert_int_eq(guess_wait_ms(g, STR("login bob"), GUESS_FREE, now_ms), 0);
    guess_was_right(g, STR("login ann"));
    ck_assert_int_eq(guess_wait_ms(g, STR("login ann"), GUESS_FREE, now_ms), 0);
    guesses_free(g);
}
END_TEST

START_TEST(many_keys_make_room_and_a_day_forgets)
{
    struct guesses *g = guesses_new();
    char key[32];
    for (int i = 0; i < 3 * GUESS_KEYS_MAX; i++) {
        snprintf(key, sizeof(key), "login %d", i);
        guess_was_wrong(g, str_of(key), 1, i);
    }
    ck_assert_int_gt(guess_wait_ms(g, str_of(key), 1, 3 * GUESS_KEYS_MAX), -1);
    for (int i = 0; i < 10; i++)
        guess_was_wrong(g, STR("one"), 1, 1000);
    int64_t later_ms = 1000 + GUESS_FORGET_MS + 1;
    guess_was_wrong(g, STR("one"), 1, later_ms);
    ck_assert_int_le(guess_wait_ms(g, STR("one"), 1, later_ms), 1000);
    guesses_free(g);
}
END_TEST

static int64_t clock_ms = 5000;
static uint64_t seed = 1;

static int64_t test_now(void *context)
{
    (void)context;
    return clock_ms;
}

static void test_chance(void *context, void *ret, size_t size)
{
    (void)context;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)ret)[i] = (uint8_t)test_random(&seed);
}

static const struct env env = {.now_ms = test_now, .monotonic_ms = test_now, .random = test_chance};

START_TEST(a_challenge_counts_in_its_session_once_and_for_five_minutes)
{
    struct challenges *c = challenges_new(&env), *other = challenges_new(&env);
    uint8_t bytes[CHALLENGE_SIZE];
    challenge_make(c, &env, STR("passkey a"), bytes);
    struct str text = str_make(bytes, sizeof(bytes));
    ck_assert(challenge_is_good(c, &env, STR("passkey a"), text));
    ck_assert(!challenge_is_good(c, &env, STR("passkey b"), text));
    ck_assert(!challenge_is_good(other, &env, STR("passkey a"), text));
    ck_assert(!challenge_is_good(c, &env, STR("passkey a"), str_slice(text, 0, CHALLENGE_SIZE - 1)));
    for (size_t i = 0; i < CHALLENGE_SIZE; i++) {
        bytes[i] ^= 1;
        ck_assert(!challenge_is_good(c, &env, STR("passkey a"), text));
        bytes[i] ^= 1;
    }
    clock_ms += CHALLENGE_LIFE_MS;
    ck_assert(challenge_use(c, &env, STR("passkey a"), text));
    ck_assert(!challenge_use(c, &env, STR("passkey a"), text));
    challenge_make(c, &env, STR("passkey a"), bytes);
    clock_ms += CHALLENGE_LIFE_MS + 1;
    ck_assert(!challenge_use(c, &env, STR("passkey a"), text));
    challenges_free(c);
    challenges_free(other);
}
END_TEST

TEST_MAIN("guess", waiting_doubles_after_the_free_tries_up_to_a_quarter_of_an_hour, many_keys_make_room_and_a_day_forgets,
          a_challenge_counts_in_its_session_once_and_for_five_minutes)
