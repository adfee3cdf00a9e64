#include "ledger/test_directory.h"
#include "ledger/verify.h"

#include "base/test.h"

enum lie { SIGNED, NO_KEY, UNSIGNED, OTHER_WORDS, OTHERS_KEY, BY_NOBODY, NO_KEY_BUT_A_LINE, RETIRED, RETIRED_UNSIGNED, OTHERS_NAME };

struct world {
    struct test_directory d;
    struct arena *report;
    struct ed25519_private ann_private, bob_private;
    struct note_key ann, bob;
};

static void retire(struct world *w, const struct note_key *key)
{
    struct test_directory *d = &w->d;
    struct json *leaf = json_object(d->arena), *statement = json_put_object(leaf, "key");
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    note_key_format(key, &vkey);
    json_put_cstr(statement, "act", "retire");
    json_put_cstr(statement, "role", "auditor");
    json_put_str(statement, "vkey", arena_str(d->arena, buf_view(&vkey)));
    test_directory_append(d, "key", 0, leaf, test_statement_sign(d, "assay/key@v1", statement, &d->root, &d->root_private));
}

static void opinion(struct world *w, enum lie lie)
{
    struct test_directory *d = &w->d;
    struct json *leaf = json_object(d->arena), *s = json_put_object(leaf, "opinion"), *per = json_put_array(s, "per");
    bool is_bob = lie == OTHERS_KEY;
    struct str lines = STR("");
    if (lie != BY_NOBODY)
        json_put_cstr(s, "by", lie == OTHERS_NAME ? "P-0009" : "P-0007");
    struct sha256 root = ledger_signed_root(d->writer);
    char hex[65];
    hex_encode(root.bytes, SHA256_SIZE, hex);
    json_put_str(s, "cp", arena_printf(d->arena, "%llu:%s", (unsigned long long)ledger_signed_size(d->writer), hex));
    json_push_int(per, 1000);
    json_push_int(per, 2000);
    json_put_cstr(s, "words", "No exceptions noted.");
    if (lie != UNSIGNED && lie != BY_NOBODY && lie != NO_KEY && lie != RETIRED_UNSIGNED && lie != OTHERS_NAME)
        lines = test_statement_sign(d, "assay/opinion@v1", s, is_bob ? &w->bob : &w->ann, is_bob ? &w->bob_private : &w->ann_private);
    if (lie == OTHER_WORDS)
        ((struct json *)(uintptr_t)json_get(s, "words"))->text = STR("Exceptions noted.");
    d->streams[3].name = "opinion";
    test_directory_append(d, "opinion", 3, leaf, lines);
}

/* Two auditors with keys, but where the case says there is none; then what one of them concludes. */
static struct verify_report told(struct world *w, enum lie lie)
{
    struct test_directory *d = &w->d;
    struct verify_report r;
    struct err e = {0};
    struct verify_options o = {0};
    test_directory_make(d);
    w->ann_private.seed[0] = 77;
    w->bob_private.seed[0] = 78;
    w->ann = note_key_make(TEST_ORIGIN "/auditor/P-0007", ed25519_public_of(&w->ann_private));
    w->bob = note_key_make(TEST_ORIGIN "/auditor/P-0008", ed25519_public_of(&w->bob_private));
    if (lie != NO_KEY && lie != NO_KEY_BUT_A_LINE) {
        test_directory_key(d, "auditor", &w->ann);
        test_directory_key(d, "auditor", &w->bob);
    }
    if (lie == RETIRED || lie == RETIRED_UNSIGNED)
        retire(w, &w->ann);
    for (int i = 0; i < 2; i++) {
        d->ledger.now_ms += 1000;
        ck_assert_msg(ledger_heartbeat(d->writer, &e), "%s", e.text);
        if (i == 0)
            opinion(w, lie);
    }
    w->report = arena_new("report", 64 << 20);
    ck_assert_msg(verify_directory(d->ledger.path, &o, w->report, &r, &e), "%s", e.text);
    return r;
}

static void done(struct world *w)
{
    arena_free(w->report);
    test_directory_remove(&w->d);
}

START_TEST(what_an_auditor_signed_passes_and_who_has_no_key_needs_none)
{
    static const enum lie cases[] = {SIGNED, NO_KEY, OTHERS_NAME};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w = {0};
        struct verify_report r = told(&w, cases[i]);
        ck_assert_msg(r.finding_count == 0, "%zu: %s %s", i, r.findings[0].code, r.findings[0].text);
        done(&w);
    }
}
END_TEST

START_TEST(what_is_not_theirs_is_found)
{
    static const struct {
        enum lie lie;
        const char *words;
    } cases[] = {{UNSIGNED, "an opinion by P-0007 without a signature, though leaf"},
                 {OTHER_WORDS, "the signature by " TEST_ORIGIN "/auditor/P-0007 does not hold"},
                 {OTHERS_KEY, "no signature by " TEST_ORIGIN "/auditor/P-0007"},
                 {BY_NOBODY, "an opinion by nobody without a signature"},
                 {NO_KEY_BUT_A_LINE, "no key of auditor P-0007 is registered"},
                 {RETIRED, "does not count here"},
                 {RETIRED_UNSIGNED, "without a signature, though leaf"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w = {0};
        struct verify_report r = told(&w, cases[i].lie);
        ck_assert_msg(r.finding_count > 0 && !r.is_ok, "%zu: nothing is found", i);
        ck_assert_msg(strcmp(r.findings[0].code, "E43") == 0 && strstr(r.findings[0].text, cases[i].words), "%zu: %s %s", i, r.findings[0].code, r.findings[0].text);
        done(&w);
    }
}
END_TEST

TEST_MAIN("verify_auditor", what_an_auditor_signed_passes_and_who_has_no_key_needs_none, what_is_not_theirs_is_found)
