#include "base/test.h"
#include "web/cache.h"

static struct http_shared *page(const char *text)
{
    struct http_response r = {.status = 200, .type = "text/plain", .body = str_of(text)};
    return http_shared_new(&r);
}

static void put(struct cache *c, const char *key, const struct cache_state *state, const char *text)
{
    struct http_response r = {.status = 304};
    cache_put(c, str_of(key), state, STR("\"e\""), page(text), http_shared_new(&r));
}

/* The size of what is found; -1: nothing. */
static int get(struct cache *c, const char *key, const struct cache_state *state, const char *if_none_match)
{
    struct http_shared *s = cache_get(c, str_of(key), state, str_of(if_none_match));
    if (!s)
        return -1;
    int size = (int)http_shared_size(s);
    http_shared_drop(s);
    return size;
}

START_TEST(a_page_is_kept_for_its_key_and_state)
{
    struct cache *c = cache_new();
    struct cache_state now = {1, 2, 3, 4}, keeper_gone = {1, 2, 3, 5}, rebuilt = {1, 7, 3, 4};
    put(c, "a", &now, "hello");
    ck_assert_int_eq(get(c, "a", &now, ""), 5);
    ck_assert_int_eq(get(c, "a", &now, "\"e\""), 0);
    ck_assert_int_eq(get(c, "a", &now, "\"x\", \"e\""), 0);
    ck_assert_int_eq(get(c, "b", &now, ""), -1);
    const struct cache_state *others[] = {&keeper_gone, &rebuilt};
    for (size_t i = 0; i < 2; i++) {
        put(c, "a", &now, "hello");
        ck_assert_int_eq(get(c, "a", others[i], ""), -1);
        ck_assert_int_eq(get(c, "a", &now, ""), -1);
    }
    cache_free(c);
}
END_TEST

START_TEST(after_a_minute_one_request_makes_the_page_again)
{
    struct cache *c = cache_new();
    struct cache_state now = {1, 2, 3, 4}, later = {1, 2, 4, 4}, much_later = {1, 2, 9, 4};
    put(c, "a", &now, "hello");
    ck_assert_int_eq(get(c, "a", &later, ""), -1);
    ck_assert_int_eq(get(c, "a", &later, ""), 5);
    put(c, "a", &later, "hello again");
    ck_assert_int_eq(get(c, "a", &later, ""), 11);
    ck_assert_int_eq(get(c, "a", &much_later, ""), -1);
    cache_free(c);
}
END_TEST

START_TEST(after_a_change_one_request_makes_the_page_again_and_the_others_get_the_old_one)
{
    struct cache *c = cache_new();
    struct cache_state now = {1, 2, 3, 4, 1000}, changed = {5, 2, 3, 4, 1100}, too_late = {5, 2, 3, 4, 1101 + CACHE_OLD_MS};
    put(c, "a", &now, "hello");
    ck_assert_int_eq(get(c, "a", &changed, ""), -1);
    ck_assert_int_eq(get(c, "a", &changed, ""), 5);
    ck_assert_ptr_null(cache_get_new(c, STR("a"), &changed)); /* who waited for a worker wants what is new */
    ck_assert_int_eq(get(c, "a", &too_late, ""), -1);         /* the first one failed */
    put(c, "a", &changed, "hello again");
    ck_assert_int_eq(get(c, "a", &changed, ""), 11);
    struct http_shared *found = cache_get_new(c, STR("a"), &changed);
    ck_assert_uint_eq(http_shared_size(found), 11);
    http_shared_drop(found);
    cache_free(c);
}
END_TEST

START_TEST(who_writes_gets_no_page_from_before)
{
    struct cache *c = cache_new();
    struct cache_state now = {1, 2, 3, 4}, changed = {5, 2, 3, 4};
    put(c, "/\nauto\nme", &now, "hello");
    put(c, "/\nauto\nyou", &now, "hello");
    cache_forget(c, STR("me"));
    ck_assert_int_eq(get(c, "/\nauto\nme", &changed, ""), -1);
    ck_assert_int_eq(get(c, "/\nauto\nme", &changed, ""), -1);
    ck_assert_int_eq(get(c, "/\nauto\nyou", &now, ""), 5);
    cache_free(c);
}
END_TEST

START_TEST(it_stays_within_its_limits)
{
    struct cache *c = cache_new();
    struct cache_state now = {1, 2, 3, 4};
    char key[32], *large = malloc(CACHE_BYTES_MAX / 4);
    memset(large, 'a', CACHE_BYTES_MAX / 4 - 1);
    large[CACHE_BYTES_MAX / 4 - 1] = 0;
    for (int i = 0; i < 6; i++) {
        snprintf(key, sizeof(key), "large %d", i);
        put(c, key, &now, large);
        ck_assert_int_eq(get(c, "large 0", &now, ""), CACHE_BYTES_MAX / 4 - 1); /* used again and again: stays */
    }
    ck_assert_int_eq(get(c, "large 1", &now, ""), -1);
    for (int i = 0; i < CACHE_ENTRIES_MAX * 2; i++) {
        snprintf(key, sizeof(key), "small %d", i);
        put(c, key, &now, "x");
    }
    ck_assert_int_eq(get(c, "small 0", &now, ""), -1);
    ck_assert_int_eq(get(c, key, &now, ""), 1);
    free(large);
    cache_free(c);
}
END_TEST

TEST_MAIN("cache", a_page_is_kept_for_its_key_and_state, after_a_minute_one_request_makes_the_page_again,
          after_a_change_one_request_makes_the_page_again_and_the_others_get_the_old_one, who_writes_gets_no_page_from_before,
          it_stays_within_its_limits)
