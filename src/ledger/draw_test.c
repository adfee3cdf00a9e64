#include "ledger/draw.h"

#include "base/test.h"

#define NONCE "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct arena *a;
static struct err e;

static void setup(void)
{
    a = arena_new("draw test", 256 << 20);
    e = (struct err){0};
}
static void teardown(void)
{
    arena_free(a);
}

static struct sha256 random_hash(uint64_t *state)
{
    struct sha256 h;
    for (int i = 0; i < SHA256_SIZE; i++)
        h.bytes[i] = (uint8_t)test_random(state);
    return h;
}

static int64_t *items_of(const struct draw *d, size_t *ret_count)
{
    int64_t *items;
    ck_assert_msg(draw_items(a, d, &items, ret_count, &e), "%s", e.text);
    return items;
}

/* Known values, computed with Python's hashlib and hmac. */
START_TEST(seed_and_sample_are_those_that_others_compute)
{
    struct sha256 commitment, seed, root = {{0}};
    char hex[65];
    memset(root.bytes, 0xab, sizeof(root.bytes));
    ck_assert(draw_commitment(STR(NONCE), &commitment) && draw_seed(STR(NONCE), root, &seed));
    hex_encode(commitment.bytes, SHA256_SIZE, hex);
    ck_assert_str_eq(hex, "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd");
    hex_encode(seed.bytes, SHA256_SIZE, hex);
    ck_assert_str_eq(hex, "de295e728712be63b6352907b1f77cbb4437e815c00c17a7fcf86670b2141af1");
    struct draw d = {.seed = seed, .rows = 1000, .size = 5, .strata = 1};
    size_t count;
    const int64_t *items = items_of(&d, &count);
    static const int64_t want[] = {467, 558, 789, 375, 526};
    ck_assert_uint_eq(count, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(items[i], want[i]);
    ck_assert(!draw_commitment(STR("0011"), &commitment) && !draw_commitment(STR("XY0102030405060708090a0b0c0d0e0f10"), &commitment));
}
END_TEST

/* One after the other, taken from the smallest, whatever order one looks at them in. */
START_TEST(the_sample_is_the_smallest_hashes_and_the_order_of_looking_is_irrelevant)
{
    uint64_t state = 7;
    for (int round = 0; round < 60; round++) {
        struct draw d = {.seed = random_hash(&state), .rows = 1 + (int64_t)(test_random(&state) % 300), .strata = 1};
        d.size = 1 + (int64_t)(test_random(&state) % (uint64_t)d.rows);
        size_t count;
        const int64_t *items = items_of(&d, &count);
        ck_assert_int_eq((int64_t)count, d.size);
        int64_t *order = arena_array(a, (size_t)d.rows, sizeof(*order));
        for (int64_t i = 0; i < d.rows; i++)
            order[i] = i + 1;
        for (int64_t i = d.rows - 1; i > 0; i--) { /* shuffled */
            int64_t k = (int64_t)(test_random(&state) % (uint64_t)(i + 1)), t = order[i];
            order[i] = order[k];
            order[k] = t;
        }
        struct sha256 largest = draw_hash(d.seed, items[count - 1]);
        for (int64_t i = 0; i < d.rows; i++) {
            bool is_in = false;
            for (size_t k = 0; k < count; k++)
                is_in |= items[k] == order[i];
            struct sha256 h = draw_hash(d.seed, order[i]);
            ck_assert_int_eq(is_in, memcmp(h.bytes, largest.bytes, SHA256_SIZE) <= 0);
        }
    }
}
END_TEST

START_TEST(one_changed_byte_of_nonce_or_root_gives_another_sample)
{
    uint64_t state = 11;
    for (int round = 0; round < 40; round++) {
        struct sha256 root = random_hash(&state), nonce = random_hash(&state), other = root;
        char hex[65], other_hex[65];
        struct draw d = {.rows = 5000, .size = 25, .strata = 1}, x = d;
        size_t count;
        hex_encode(nonce.bytes, SHA256_SIZE, hex);
        ck_assert(draw_seed(str_of(hex), root, &d.seed));
        if (round % 2)
            other.bytes[test_random(&state) % 32] ^= (uint8_t)(1 + test_random(&state) % 255);
        else
            nonce.bytes[test_random(&state) % 32] ^= (uint8_t)(1 + test_random(&state) % 255);
        hex_encode(nonce.bytes, SHA256_SIZE, other_hex);
        ck_assert(draw_seed(str_of(other_hex), other, &x.seed));
        struct sha256 first = draw_digest(items_of(&d, &count), count), second = draw_digest(items_of(&x, &count), count);
        ck_assert(!sha256_equal(first, second));
    }
}
END_TEST

/* Chi-squared over many seeds: 50 rows, 10 of them drawn, 4,000 times; 49 degrees of freedom, 0.1 % is 85.4. */
START_TEST(every_row_is_drawn_as_often_as_any_other)
{
    enum { ROWS = 50, SIZE = 10, DRAWS = 4000 };
    for (int method = DRAW_RANDOM; method <= DRAW_SYSTEMATIC; method++) {
        uint64_t state = 13;
        double seen[ROWS] = {0}, chi = 0, expected = (double)SIZE * DRAWS / ROWS;
        for (int i = 0; i < DRAWS; i++) {
            struct draw d = {.method = (enum draw_method)method, .seed = random_hash(&state), .rows = ROWS, .size = SIZE, .strata = 1};
            size_t count;
            const int64_t *items = items_of(&d, &count);
            for (size_t k = 0; k < count; k++) {
                ck_assert(items[k] >= 1 && items[k] <= ROWS);
                seen[items[k] - 1]++;
            }
            arena_reset(a);
        }
        for (int i = 0; i < ROWS; i++)
            chi += (seen[i] - expected) * (seen[i] - expected) / expected;
        ck_assert_msg(chi < 86, "%d: %.1f", method, chi);
    }
}
END_TEST

START_TEST(sizes_of_strata_sum_up_and_leave_none_out)
{
    uint64_t state = 17;
    for (int round = 0; round < 3000; round++) {
        uint32_t strata = 1 + (uint32_t)(test_random(&state) % 20);
        int64_t rows[20], sizes[20], all = 0, sum = 0, filled = 0;
        for (uint32_t i = 0; i < strata; i++) {
            rows[i] = (int64_t)(test_random(&state) % (round % 3 ? 40 : 3000));
            all += rows[i];
            filled += rows[i] > 0;
        }
        int64_t size = (int64_t)(test_random(&state) % 100), want = size < filled ? filled : size > all ? all : size;
        draw_strata_sizes(rows, strata, size, sizes);
        for (uint32_t i = 0; i < strata; i++) {
            ck_assert(sizes[i] >= (rows[i] > 0) && sizes[i] <= rows[i]);
            sum += sizes[i];
            /* In proportion: no more than one off, but for those that were raised to one. */
            if (size >= 5 * (int64_t)strata && all > 0 && size <= all && rows[i] * size >= all)
                ck_assert_msg(sizes[i] * all >= rows[i] * size - (int64_t)(strata + 1) * all && sizes[i] * all <= rows[i] * size + (int64_t)(strata + 1) * all, "%u", i);
        }
        ck_assert_int_eq(sum, want);
    }
}
END_TEST

START_TEST(strata_are_named_by_what_they_say_and_not_by_the_order_of_rows)
{
    struct draw_strata s, t;
    struct str file = STR("{\"columns\":[\"on\",\"sys\"]}\n[\"2026-02-03\",\"b\"]\n[\"2026-01-07\",\"a\"]\n[\"2026-01-09\",\"b\"]\n");
    struct str turned = STR("{\"columns\":[\"on\",\"sys\"]}\n[\"2026-01-09\",\"b\"]\n[\"2026-02-03\",\"b\"]\n[\"2026-01-07\",\"a\"]\n");
    ck_assert_msg(draw_strata_read(a, file, 3, STR("on:month"), &s, &e), "%s", e.text);
    ck_assert_msg(draw_strata_read(a, turned, 3, STR("on:month"), &t, &e), "%s", e.text);
    ck_assert_uint_eq(s.count, 2);
    ck_assert(str_is(s.labels[0], "2026-01") && str_equal(s.labels[0], t.labels[0]) && s.rows[0] == 2 && t.rows[0] == 2);
    ck_assert(s.of[0] == 1 && s.of[1] == 0 && t.of[1] == 1);
    ck_assert(!draw_strata_read(a, file, 3, STR("none"), &s, &e) && e.code == ERR_INVALID);
    e = (struct err){0};
    ck_assert(!draw_strata_read(a, file, 4, STR("sys"), &s, &e) && e.code == ERR_CORRUPT);
}
END_TEST

START_TEST(replacements_and_extensions_are_the_next_smallest_hashes)
{
    uint64_t state = 19;
    for (int round = 0; round < 40; round++) {
        struct draw d = {.seed = random_hash(&state), .rows = 200, .size = 20, .strata = 1}, more = d;
        size_t count, all, next_count;
        int64_t *items = items_of(&d, &count), *next;
        more.size = 25;
        const int64_t *longer = items_of(&more, &all);
        ck_assert(draw_next(a, &d, items, count, UINT32_MAX, 5, &next, &next_count, &e) && next_count == 5);
        for (size_t i = 0; i < 5; i++)
            ck_assert_int_eq(next[i], longer[20 + i]);
        ck_assert(draw_next(a, &d, items, count, UINT32_MAX, 1000, &next, &next_count, &e) && next_count == 180);
    }
}
END_TEST

TEST_MAIN_WITH("draw", setup, teardown, seed_and_sample_are_those_that_others_compute, the_sample_is_the_smallest_hashes_and_the_order_of_looking_is_irrelevant,
               one_changed_byte_of_nonce_or_root_gives_another_sample, every_row_is_drawn_as_often_as_any_other, sizes_of_strata_sum_up_and_leave_none_out,
               strata_are_named_by_what_they_say_and_not_by_the_order_of_rows, replacements_and_extensions_are_the_next_smallest_hashes)
