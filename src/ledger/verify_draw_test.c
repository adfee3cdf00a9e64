#include "base/times.h"
#include "ledger/draw.h"
#include "ledger/test_directory.h"
#include "ledger/verify.h"

#include "base/test.h"

#define NONCE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define H64 "5555555555555555555555555555555555555555555555555555555555555555"

enum lie { NONE, OTHER_NONCE, OTHER_ITEMS, OTHER_HEAD, LATER_HEAD, NOT_COMMITTED, ANOTHER_SIZE, NO_CLOSE, CITES_LATER, CITES_BEYOND };

struct world {
    struct test_directory d;
    struct arena *report;
};

static void seal_now(struct test_directory *d)
{
    struct err e = {0};
    d->ledger.now_ms += 1000;
    ck_assert_msg(ledger_heartbeat(d->writer, &e), "%s", e.text);
}

static struct json *draw_leaf(struct test_directory *d, const char *act, int64_t size, struct json **ret)
{
    struct json *leaf = json_object(d->arena), *s = json_put_object(leaf, "draw");
    struct sha256 c;
    ck_assert(draw_commitment(STR(NONCE), &c));
    json_put_cstr(s, "act", act);
    json_put_int(s, "n", size);
    json_put_cstr(s, "p", "POP-0001");
    json_put_cstr(s, "pop", H64);
    json_put_hex(s, "seed", c.bytes, SHA256_SIZE);
    json_put_cstr(s, "smp", "SMP-0001");
    *ret = s;
    return leaf;
}

static void append(struct test_directory *d, const char *type, struct json *leaf)
{
    test_directory_append(d, type, 3, leaf, STR(""));
}

static void opinion(struct test_directory *d, enum lie lie)
{
    struct json *leaf = json_object(d->arena), *s = json_put_object(leaf, "opinion"), *cites = json_put_array(s, "cites"), *per = json_put_array(s, "per");
    struct sha256 root = ledger_signed_root(d->writer);
    int64_t size = (int64_t)ledger_signed_size(d->writer);
    char hex[65];
    hex_encode(root.bytes, SHA256_SIZE, hex);
    json_push_int(cites, 3);
    json_push_int(cites, lie == CITES_LATER ? size - 1 : lie == CITES_BEYOND ? size + 5 : 4);
    json_put_int(s, "concl", lie == CITES_BEYOND ? size + 6 : size - 1);
    json_put_str(s, "cp", arena_printf(d->arena, "%lld:%s", (long long)size, hex));
    json_push_int(per, 1000);
    json_push_int(per, 2000);
    json_put_cstr(s, "words", "No exceptions noted.");
    append(d, "opinion", leaf);
}

static void show(struct test_directory *d, enum lie lie, int64_t commit, int64_t close)
{
    struct err e = {0};
    struct json *s, *leaf = draw_leaf(d, "show", lie == ANOTHER_SIZE ? 7 : 5, &s);
    struct sha256 root = ledger_signed_root(d->writer);
    uint64_t size = ledger_signed_size(d->writer);
    if (lie == LATER_HEAD) {
        seal_now(d);
        root = ledger_signed_root(d->writer);
        size = ledger_signed_size(d->writer);
    }
    struct draw plan = {.rows = 400, .size = 5, .strata = 1};
    char hex[65];
    int64_t *items;
    size_t count;
    struct str nonce = lie == OTHER_NONCE ? STR("ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff") : STR(NONCE);
    ck_assert(draw_seed(nonce, root, &plan.seed) && draw_items(d->arena, &plan, &items, &count, &e));
    if (lie == OTHER_ITEMS)
        items[0] = items[0] == 1 ? 2 : 1;
    if (lie == OTHER_HEAD)
        root.bytes[7] ^= 1;
    struct sha256 digest = draw_digest(items, count);
    hex_encode(root.bytes, SHA256_SIZE, hex);
    json_put_int(s, "close", close);
    json_put_str(s, "head", arena_printf(d->arena, "%llu:%s", (unsigned long long)size, hex));
    json_put_cstr(s, "how", "random");
    json_put_hex(s, "items", digest.bytes, SHA256_SIZE);
    json_put_int(s, "k", (int64_t)count);
    json_put_str(s, "nonce", nonce);
    json_put_int(s, "of", lie == NOT_COMMITTED ? close : commit);
    json_put_int(s, "rows", plan.rows);
    json_put_bool(s, "st", false);
    append(d, "draw", leaf);
}

/* Commit, freeze and close, seal, show, conclude. */
static struct verify_report told(struct world *w, enum lie lie)
{
    struct test_directory *d = &w->d;
    struct verify_report r;
    struct err e = {0};
    struct json *s;
    struct verify_options o = {0};
    test_directory_make(d);
    d->streams[3].name = "draw";
    int64_t commit = (int64_t)ledger_size(d->writer);
    append(d, "draw", draw_leaf(d, "commit", 5, &s));
    struct json *close = json_object(d->arena), *per = json_put_array(close, "per");
    json_push_int(per, 1000);
    json_push_int(per, 2000);
    json_put_cstr(close, "pop", lie == NO_CLOSE ? "POP-0002" : "POP-0001");
    json_put_int(close, "rec", commit);
    json_put_cstr(close, "state", H64);
    append(d, "close", close);
    seal_now(d);
    show(d, lie, commit, commit + 1);
    seal_now(d);
    opinion(d, lie);
    seal_now(d);
    w->report = arena_new("report", 64 << 20);
    ck_assert_msg(verify_directory(d->ledger.path, &o, w->report, &r, &e), "%s", e.text);
    return r;
}

static void done(struct world *w)
{
    arena_free(w->report);
    test_directory_remove(&w->d);
}

START_TEST(a_sample_that_was_drawn_in_order_passes)
{
    struct world w = {0};
    struct verify_report r = told(&w, NONE);
    ck_assert_msg(r.finding_count == 0, "%s %s", r.findings[0].code, r.findings[0].text);
    bool is_told = false;
    for (size_t i = 0; i < r.note_count; i++)
        is_told |= strstr(r.notes[i], "carry no signature") != NULL;
    ck_assert(is_told);
    done(&w);
}
END_TEST

START_TEST(each_way_to_steer_a_sample_has_its_code)
{
    static const struct {
        enum lie lie;
        const char *code, *words;
    } cases[] = {{OTHER_NONCE, "E72", "another nonce than the one that was committed to"},
                 {OTHER_ITEMS, "E72", "has other items"},
                 {OTHER_HEAD, "E72", "not drawn from the first head"},
                 {LATER_HEAD, "E72", "not drawn from the first head"},
                 {NOT_COMMITTED, "E72", "nobody committed to"},
                 {ANOTHER_SIZE, "E72", "nobody committed to"},
                 {NO_CLOSE, "E72", "does not name the close"},
                 {CITES_LATER, "E71", "an opinion before its evidence"},
                 {CITES_BEYOND, "E71", "concluded after it was given"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w = {0};
        struct verify_report r = told(&w, cases[i].lie);
        ck_assert_msg(r.finding_count > 0 && !r.is_ok, "%zu: nothing is found", i);
        ck_assert_msg(strcmp(r.findings[0].code, cases[i].code) == 0 && strstr(r.findings[0].text, cases[i].words), "%zu: %s %s", i, r.findings[0].code, r.findings[0].text);
        done(&w);
    }
}
END_TEST

TEST_MAIN("verify_draw", a_sample_that_was_drawn_in_order_passes, each_way_to_steer_a_sample_has_its_code)
