#include "base/times.h"
#include "ledger/test_directory.h"
#include "ledger/verify.h"

static struct arena *report_arena;
static struct sha256 lie; /* xored into the heads */
static uint64_t erased_lie;

static bool facts(void *context, struct ledger_seal_facts *ret, struct err *e)
{
    struct test_directory *d = context;
    (void)e;
    if (d->writer->seal_sequence > 0)
        ck_assert(stream_heads_set(d->heads, STR("seal"), (int64_t)d->writer->seal_sequence - 1, d->writer->seal_leaf));
    ck_assert(stream_heads_root(d->heads, &ret->heads));
    for (int i = 0; i < SHA256_SIZE; i++)
        ret->heads.bytes[i] ^= lie.bytes[i];
    ret->streams = stream_heads_count(d->heads);
    ret->erased = d->erased + erased_lie;
    ret->clock_source = "ntp";
    ret->clock_error_ms = 12;
    ret->every_ms = d->every_ms;
    return true;
}

/* A directory whose seals say everything. */
static void make(struct test_directory *d)
{
    memset(&lie, 0, sizeof(lie));
    erased_lie = 0;
    test_directory_make(d);
    /* the three key leaves are there already: their heads are those of stream 0 */
    d->heads = stream_heads_new();
    ck_assert(stream_heads_set(d->heads, STR("key"), 2, d->streams[0].last));
    d->writer->options.seal_facts = facts;
    d->writer->options.seal_context = d;
    d->every_ms = 5 * MS_MINUTE;
}

static void done(struct test_directory *d)
{
    stream_heads_free(d->heads);
    test_directory_remove(d);
}

static struct verify_report verify(struct test_directory *d)
{
    struct verify_report r;
    struct err e = {0};
    struct verify_options o = {0};
    report_arena = report_arena ? report_arena : arena_new("report", 64 << 20);
    arena_reset(report_arena);
    ck_assert_msg(verify_directory(d->ledger.path, &o, report_arena, &r, &e), "%s", e.text);
    return r;
}

static const char *text_of(const struct verify_report *r, const char *code)
{
    for (size_t i = 0; i < r->finding_count && i < VERIFY_FINDINGS_MAX; i++)
        if (strcmp(r->findings[i].code, code) == 0)
            return r->findings[i].text;
    return NULL;
}

static void expect(struct test_directory *d, const char *code, bool is_ok, const char *words)
{
    struct verify_report r = verify(d);
    const char *text = text_of(&r, code);
    ck_assert_msg(text != NULL, "no %s, but %zu: %s %s", code, r.finding_count, r.findings[0].code, r.findings[0].text);
    ck_assert_msg(r.is_ok == is_ok && strstr(text, words), "%s", text);
}

static void expect_clean(struct test_directory *d)
{
    struct verify_report r = verify(d);
    ck_assert_msg(r.finding_count == 0, "%s %s", r.findings[0].code, r.findings[0].text);
}

/* The anchors of these tests have no note under them, which is somebody else's finding (E42). */
static void expect_only(struct test_directory *d, const char *code)
{
    struct verify_report r = verify(d);
    for (size_t i = 0; i < r.finding_count && i < VERIFY_FINDINGS_MAX; i++)
        ck_assert_msg(strcmp(r.findings[i].code, code) == 0, "%s %s", r.findings[i].code, r.findings[i].text);
}

static void seal_now(struct test_directory *d)
{
    struct err e = {0};
    ck_assert_msg(ledger_heartbeat(d->writer, &e), "%s", e.text);
}

START_TEST(an_idle_ledger_is_sealed_and_every_seal_says_where_the_streams_stand)
{
    struct test_directory d = {0};
    make(&d);
    for (int i = 0; i < 5; i++) {
        test_directory_run(&d, 100);
        test_integrate(d.writer);
        uint64_t before = ledger_size(d.writer);
        d.ledger.now_ms += 5 * MS_MINUTE;
        seal_now(&d);
        ck_assert_uint_eq(ledger_size(d.writer), before + 1);
        ck_assert_uint_eq(ledger_signed_size(d.writer), before + 1);
    }
    expect_clean(&d);
    lie.bytes[5] = 1;
    seal_now(&d);
    expect(&d, "E44", false, "the streams do not stand where the seal says");
    done(&d);
    make(&d);
    erased_lie = 2;
    seal_now(&d);
    expect(&d, "E50", false, "counts 2 erased blobs, there are 0");
    done(&d);
    make(&d);
    seal_now(&d);
    d.writer->options.seal_facts = NULL;
    seal_now(&d);
    expect(&d, "E50", false, "does not say where the streams stand");
    done(&d);
}
END_TEST

static void decision_append(struct test_directory *d, int64_t ago_ms)
{
    struct json *leaf = json_object(d->arena), *obs;
    json_put_cstr(leaf, "act", "accept");
    json_put_int(leaf, "of", 0);
    json_put_cstr(leaf, "a", "s:00112233445566778899aabbccddeeff");
    obs = json_put_array(leaf, "obs");
    json_push_int(obs, d->ledger.now_ms - ago_ms);
    json_push_int(obs, d->ledger.now_ms - ago_ms);
    test_directory_append(d, "decision", 3, leaf, (struct str){"", 0});
    test_integrate(d->writer);
}

START_TEST(what_people_bring_may_take_a_week)
{
    struct test_directory d = {0};
    make(&d);
    decision_append(&d, MS_DAY);
    decision_append(&d, 7 * MS_DAY - MS_MINUTE);
    expect_clean(&d);
    decision_append(&d, 8 * MS_DAY);
    expect(&d, "W51", true, "late by 8 d");
    done(&d);
}
END_TEST

START_TEST(late_evidence_is_shown_as_late_and_evidence_from_the_future_is_refused)
{
    struct test_directory d = {0};
    make(&d);
    d.late_ms = 14 * MS_MINUTE;
    test_directory_run(&d, 100);
    test_integrate(d.writer);
    expect_clean(&d);
    d.late_ms = 20 * MS_MINUTE;
    for (int i = 0; i < 7; i++)
        test_directory_run(&d, 100);
    test_integrate(d.writer);
    expect(&d, "W51", true, "late by 20 min");
    struct verify_report r = verify(&d);
    ck_assert_uint_eq(r.finding_count, 11); /* ten, and how many in all */
    ck_assert_msg(strstr(r.findings[10].text, "14 leaves are late"), "%s", r.findings[10].text);
    d.late_ms = -MS_HOUR;
    test_directory_run(&d, 100);
    test_integrate(d.writer);
    expect(&d, "E51", false, "after it was sealed");
    done(&d);
}
END_TEST

static void gap_append(struct test_directory *d, const char *act, int64_t from_ms, int64_t of)
{
    struct json *leaf = json_object(d->arena);
    json_put_cstr(leaf, "act", act);
    if (of < 0) {
        json_put_cstr(leaf, "kind", "seal");
        json_put_cstr(leaf, "why", "off");
        json_put_int(leaf, "from", from_ms);
        json_put_int(leaf, "to", d->ledger.now_ms);
    } else {
        json_put_int(leaf, "of", of);
        json_put_cstr(leaf, "reason", "power cut");
    }
    d->streams[3].name = "gap";
    test_directory_append(d, "gap", 3, leaf, (struct str){"", 0});
}

START_TEST(a_stretch_without_a_seal_is_told_with_its_gap_leaf_and_its_explanation)
{
    struct test_directory d = {0};
    make(&d);
    seal_now(&d);
    d.ledger.now_ms += 9 * MS_MINUTE;
    seal_now(&d);
    expect_clean(&d);
    d.ledger.now_ms += 3 * MS_HOUR;
    seal_now(&d);
    expect(&d, "W53", true, "no gap leaf says why");
    done(&d);
    make(&d);
    seal_now(&d);
    int64_t from_ms = d.ledger.now_ms;
    d.ledger.now_ms += 3 * MS_HOUR;
    uint64_t gap = ledger_size(d.writer);
    gap_append(&d, "notice", from_ms, -1);
    seal_now(&d);
    expect(&d, "W53", true, "(3 h): gap leaf 4, which nobody has explained");
    gap_append(&d, "explain", 0, (int64_t)gap);
    seal_now(&d);
    expect(&d, "W53", true, "gap leaf 4, explained by leaf 6");
    gap_append(&d, "explain", 0, 0);
    seal_now(&d);
    expect(&d, "E42", false, "which is no gap");
    done(&d);
}
END_TEST

static int64_t still(void *context)
{
    (void)context;
    return 1000;
}

START_TEST(a_clock_that_was_moved_is_told)
{
    struct test_directory d = {0};
    make(&d);
    d.ledger.env.monotonic_ms = still;
    seal_now(&d);
    d.ledger.now_ms += 2 * MS_MINUTE;
    seal_now(&d);
    expect(&d, "W52", true, "the wall clock went 2 min");
    done(&d);
}
END_TEST

static void anchor_append(struct test_directory *d, uint64_t size, struct sha256 root, int64_t at_ms, struct sha256 digest)
{
    struct json *leaf = json_object(d->arena);
    char hex[65];
    hex_encode(root.bytes, 32, hex);
    json_put_str(leaf, "cp", arena_printf(d->arena, "%llu:%s", (unsigned long long)size, hex));
    json_put_cstr(leaf, "kind", "tst");
    json_put_cstr(leaf, "by", "a time stamping authority");
    json_put_int(leaf, "at", at_ms);
    json_put_hex(leaf, "d", digest.bytes, 32);
    d->streams[3].name = "anchor";
    test_directory_append(d, "anchor", 3, leaf, (struct str){"", 0});
}

START_TEST(a_beacon_moves_on_and_never_back)
{
    struct sha256 first = sha256_of(STR("first")), second = sha256_of(STR("second"));
    struct test_directory d = {0};
    make(&d);
    seal_now(&d);
    uint64_t size = ledger_signed_size(d.writer);
    struct sha256 root = ledger_signed_root(d.writer);
    ledger_set_beacon(d.writer, first);
    seal_now(&d);
    seal_now(&d);
    anchor_append(&d, size, root, d.ledger.now_ms, first);
    ledger_set_beacon(d.writer, second);
    seal_now(&d);
    expect_only(&d, "E42");
    ledger_set_beacon(d.writer, first);
    seal_now(&d);
    expect(&d, "E54", false, "had already left behind");
    done(&d);
    make(&d);
    ledger_set_beacon(d.writer, first);
    seal_now(&d);
    seal_now(&d);
    anchor_append(&d, ledger_signed_size(d.writer), ledger_signed_root(d.writer), d.ledger.now_ms, first);
    seal_now(&d);
    expect(&d, "E54", false, "which is about a later checkpoint");
    done(&d);
    make(&d);
    ledger_set_beacon(d.writer, first);
    seal_now(&d);
    d.writer->has_beacon = false;
    seal_now(&d);
    expect(&d, "E54", false, "names no beacon");
    done(&d);
}
END_TEST

START_TEST(what_somebody_outside_saw_earlier_cannot_have_been_observed_later)
{
    struct test_directory d = {0};
    make(&d);
    test_directory_run(&d, 100);
    test_integrate(d.writer);
    uint64_t size = ledger_signed_size(d.writer);
    struct sha256 root = ledger_signed_root(d.writer), digest = sha256_of(STR("d"));
    anchor_append(&d, size, root, d.ledger.now_ms, digest);
    test_integrate(d.writer);
    expect_only(&d, "E42");
    anchor_append(&d, size, root, d.ledger.now_ms - MS_HOUR, digest);
    test_integrate(d.writer);
    expect(&d, "E51", false, "before something in it was observed");
    anchor_append(&d, size + 100, root, d.ledger.now_ms, digest);
    test_integrate(d.writer);
    expect(&d, "E54", false, "was not there yet");
    done(&d);
    make(&d);
    seal_now(&d);
    anchor_append(&d, ledger_signed_size(d.writer), ledger_signed_root(d.writer), d.ledger.now_ms - MS_HOUR, digest);
    test_integrate(d.writer);
    expect(&d, "W52", false, "the server's clock was 1 h ahead");
    done(&d);
}
END_TEST

START_TEST(signatures_are_there_where_the_type_has_them_and_nowhere_else)
{
    struct test_directory d = {0};
    make(&d);
    struct json *leaf = json_object(d.arena), *scope = json_put_object(leaf, "scope");
    json_put_cstr(scope, "act", "in");
    json_put_cstr(scope, "id", "BND-0001");
    json_put_cstr(scope, "kind", "software");
    d.streams[3].name = "scope";
    test_directory_append(&d, "scope", 3, leaf, STR(""));
    seal_now(&d);
    expect_clean(&d);
    struct str by_root = test_statement_sign(&d, "assay/scope@v1", scope, &d.root, &d.root_private);
    leaf = json_object(d.arena);
    json_put(leaf, "scope", scope);
    test_directory_append(&d, "scope", 3, leaf, by_root);
    seal_now(&d);
    expect(&d, "E43", false, "which leaves of type scope have not");
    done(&d);

    make(&d);
    d.streams[3].name = "alert";
    leaf = json_object(d.arena);
    json_put_cstr(leaf, "kind", "new-host");
    by_root = test_statement_sign(&d, "assay/alert@v1", leaf, &d.root, &d.root_private);
    test_directory_append(&d, "alert", 3, leaf, by_root);
    seal_now(&d);
    expect(&d, "E43", false, "which leaves of type alert have not");
    done(&d);
}
END_TEST

TEST_MAIN("verify_time", an_idle_ledger_is_sealed_and_every_seal_says_where_the_streams_stand,
          late_evidence_is_shown_as_late_and_evidence_from_the_future_is_refused, what_people_bring_may_take_a_week,
          a_stretch_without_a_seal_is_told_with_its_gap_leaf_and_its_explanation, a_clock_that_was_moved_is_told,
          a_beacon_moves_on_and_never_back, what_somebody_outside_saw_earlier_cannot_have_been_observed_later,
          signatures_are_there_where_the_type_has_them_and_nowhere_else)
