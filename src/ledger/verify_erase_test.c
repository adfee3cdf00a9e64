/* Erasures and holds as the verifier judges them: sound ones pass, and each way of making one up has its code. */
#include "ledger/erase.h"
#include "ledger/test_directory.h"
#include "ledger/verify.h"

enum flaw {
    SOUND,
    UNSIGNED,
    SIGNED_BY_COLLECTOR,
    CHANGED_BEHIND_THE_SIGNATURE,
    OTHER_HASH,
    OTHER_COMMITMENT,
    OTHER_LEAF,
    NOT_EARLIER,
    SHARED_LEAF_LEFT_OUT,
    SHARED_LEAF_LISTED,
    HELD,
    HELD_WITH_ROOT,
    HELD_WITH_SECOND_OFFICER,
    HELD_WITH_THE_SAME_OFFICER_TWICE,
    HELD_TABLE,
    HELD_OTHER_TABLE,
    HELD_PERIOD,
    HELD_OTHER_PERIOD,
    RELEASED,
    RELEASED_WITH_ONE_SIGNATURE,
    BYTES_STILL_THERE,
    KEY_STILL_THERE,
    INTENT_ALONE,
    GONE_WITHOUT_A_LEAF,
    KEY_GONE_WITHOUT_A_LEAF,
    ERASED_WITHOUT_ERASE,
    FLAWS
};

static const struct {
    const char *name, *code; /* code NULL: it verifies */
} expectations[FLAWS] = {
    [SOUND] = {"sound", NULL},
    [UNSIGNED] = {"unsigned", "E43"},
    [SIGNED_BY_COLLECTOR] = {"signed by a collector", "E43"},
    [CHANGED_BEHIND_THE_SIGNATURE] = {"changed behind the signature", "E43"},
    [OTHER_HASH] = {"another leaf hash", "E63"},
    [OTHER_COMMITMENT] = {"another commitment", "E63"},
    [OTHER_LEAF] = {"another leaf", "E63"},
    [NOT_EARLIER] = {"not earlier", "E63"},
    [SHARED_LEAF_LEFT_OUT] = {"a leaf that shares the blob left out", "E63"},
    [SHARED_LEAF_LISTED] = {"a leaf that shares the blob listed", NULL},
    [HELD] = {"on hold", "E64"},
    [HELD_WITH_ROOT] = {"on hold, root signs too", NULL},
    [HELD_WITH_SECOND_OFFICER] = {"on hold, a second officer signs too", NULL},
    [HELD_WITH_THE_SAME_OFFICER_TWICE] = {"on hold, the same officer twice", "E64"},
    [HELD_TABLE] = {"its table on hold", "E64"},
    [HELD_OTHER_TABLE] = {"another table on hold", NULL},
    [HELD_PERIOD] = {"its period on hold", "E64"},
    [HELD_OTHER_PERIOD] = {"another period on hold", NULL},
    [RELEASED] = {"hold released by two", NULL},
    [RELEASED_WITH_ONE_SIGNATURE] = {"hold released by one", "E64"},
    [BYTES_STILL_THERE] = {"sealed bytes still there", "E65"},
    [KEY_STILL_THERE] = {"key still there", "E65"},
    [INTENT_ALONE] = {"not finished yet", NULL},
    [GONE_WITHOUT_A_LEAF] = {"gone without a leaf", "E63"},
    [KEY_GONE_WITHOUT_A_LEAF] = {"key gone without a leaf", "E61"},
    [ERASED_WITHOUT_ERASE] = {"erased without erase", "E63"},
};

struct scene {
    struct test_directory d;
    struct test_stream stream;
    struct ed25519_private officer_private, second_private;
    struct note_key officer, second;
    struct blob_sealed blob;
    uint64_t target, shared;
    struct sha256 target_hash;
};

static struct json *blob_member(struct arena *a, const struct blob_sealed *s)
{
    struct json *list = json_array(a), *blob = json_push_object(list);
    json_put_cstr(blob, "c", s->c);
    json_put_cstr(blob, "m", "text/plain");
    json_put_cstr(blob, "x", s->x);
    json_put_cstr(blob, "z", "<=4k");
    return list;
}

/* Appends to the scene's one stream. */
static uint64_t append(struct scene *s, const char *type, struct json *leaf, struct str lines)
{
    uint64_t index = ledger_size(s->d.writer);
    struct test_stream kept = s->d.streams[3];
    s->d.streams[3] = s->stream;
    test_directory_append(&s->d, type, 3, leaf, lines);
    s->stream = s->d.streams[3];
    s->d.streams[3] = kept;
    return index;
}

static uint64_t item(struct scene *s)
{
    struct json *leaf = json_object(s->d.arena);
    json_put(leaf, "b", blob_member(s->d.arena, &s->blob));
    json_put_cstr(leaf, "sub", TEST_SUBJECT);
    json_put_cstr(leaf, "tbl", "users");
    json_put_int(leaf, "ver", 1);
    json_put_int(leaf, "rows", 1);
    json_put_cstr(leaf, "state", "complete");
    struct json *obs = json_put_array(leaf, "obs");
    json_push_int(obs, 5000);
    json_push_int(obs, 6000);
    return append(s, "item", leaf, STR(""));
}

static void scene_make(struct scene *s)
{
    struct err e = {0};
    memset(s, 0, sizeof(*s));
    test_directory_make(&s->d);
    s->stream.name = "all";
    s->officer_private.seed[0] = 11;
    s->second_private.seed[0] = 12;
    s->officer = note_key_make(TEST_ORIGIN "/officer", ed25519_public_of(&s->officer_private));
    s->second = note_key_make(TEST_ORIGIN "/officer/2", ed25519_public_of(&s->second_private));
    test_directory_key(&s->d, "officer", &s->officer);
    test_directory_key(&s->d, "officer", &s->second);
    ck_assert(blob_seal(&s->d.ledger.env, s->d.arena, STR("who signed in"), &s->blob, &e));
    ck_assert(pack_add(s->d.packs, s->blob.x, s->blob.bytes, &e) && pack_sync(s->d.packs, &e));
    ck_assert(keyring_add(s->d.keys, &s->d.ledger.env, s->blob.x, s->blob.dek, &e) && keyring_sync(s->d.keys, &e));
    s->target = item(s);
    s->target_hash = s->stream.last;
    ck_assert_msg(ledger_integrate(s->d.writer, &e), "%s", e.text);
}

static void destroy(struct scene *s, bool key, bool bytes)
{
    struct sha256 name;
    struct err e = {0};
    ck_assert(hex_decode(str_of(s->blob.x), name.bytes, 32));
    ck_assert(!key || keyring_erase(s->d.keys, &name, 1, &e));
    ck_assert(!bytes || pack_erase(s->d.packs, &name, 1, &e));
}

static void hold(struct scene *s, enum flaw flaw, const char *act, bool with_root)
{
    struct json *leaf = json_object(s->d.arena), *hold = json_put_object(leaf, "hold");
    struct buf BUF_AUTO text, lines;
    struct err e = {0};
    buf_init(&text, 8192);
    buf_init(&lines, 8192);
    json_put_cstr(leaf, "type", "hold");
    json_put_cstr(hold, "act", act);
    json_put_cstr(hold, "id", "0123456789abcdef");
    json_put_cstr(hold, "why", s->blob.c);
    if (strcmp(act, "add") == 0 && (flaw == HELD_TABLE || flaw == HELD_OTHER_TABLE)) {
        json_put_cstr(hold, "ctl", "AC-01");
        json_push_str(json_put_array(hold, "tbls"), flaw == HELD_TABLE ? STR("users") : STR("groups"));
    } else if (strcmp(act, "add") == 0 && (flaw == HELD_PERIOD || flaw == HELD_OTHER_PERIOD)) {
        struct json *period = json_put_array(hold, "per");
        json_push_int(period, flaw == HELD_PERIOD ? 5500 : 7000);
        json_push_int(period, 8000);
    } else if (strcmp(act, "add") == 0) {
        json_put_int(hold, "leaf", (int64_t)s->target);
    }
    ck_assert(hold_statement_text(STR(TEST_ORIGIN), hold, &text, &e));
    note_sign_line(&s->officer, &s->officer_private, buf_view(&text), &lines);
    if (with_root)
        note_sign_line(&s->d.root, &s->d.root_private, buf_view(&text), &lines);
    append(s, "record", leaf, arena_str(s->d.arena, buf_view(&lines)));
}

static void sign(struct scene *s, enum flaw flaw, struct json *leaf, struct buf *lines)
{
    struct buf BUF_AUTO text;
    struct err e = {0};
    buf_init(&text, 8192);
    ck_assert(erase_statement_text(s->d.arena, STR(TEST_ORIGIN), leaf, &text, &e));
    if (flaw == SIGNED_BY_COLLECTOR)
        note_sign_line(&s->d.collector, &s->d.collector_private, buf_view(&text), lines);
    else if (flaw != UNSIGNED)
        note_sign_line(&s->officer, &s->officer_private, buf_view(&text), lines);
    if (flaw == HELD_WITH_ROOT)
        note_sign_line(&s->d.root, &s->d.root_private, buf_view(&text), lines);
    if (flaw == HELD_WITH_SECOND_OFFICER)
        note_sign_line(&s->second, &s->second_private, buf_view(&text), lines);
    if (flaw == HELD_WITH_THE_SAME_OFFICER_TWICE)
        note_sign_line(&s->officer, &s->officer_private, buf_view(&text), lines);
}

static uint64_t erase(struct scene *s, enum flaw flaw)
{
    struct json *leaf = json_object(s->d.arena);
    struct buf BUF_AUTO lines;
    char hash[65];
    buf_init(&lines, 8192);
    uint64_t target = flaw == OTHER_LEAF ? 0 : flaw == NOT_EARLIER ? ledger_size(s->d.writer) : s->target;
    struct sha256 named = flaw == OTHER_HASH ? sha256_of(STR("other")) : s->target_hash;
    hex_encode(named.bytes, 32, hash);
    json_put_int(leaf, "tgt", (int64_t)target);
    json_put_str(leaf, "lh", arena_str(s->d.arena, str_of(hash)));
    json_put_cstr(leaf, "c", flaw == OTHER_COMMITMENT ? s->blob.x : s->blob.c);
    json_put_cstr(leaf, "x", s->blob.x);
    struct json *also = json_put_array(leaf, "also");
    if (flaw == SHARED_LEAF_LISTED)
        json_push_int(also, (int64_t)s->shared);
    json_put_cstr(leaf, "why", s->blob.c);
    json_put_int(leaf, "req", 1000);
    struct json *days = json_put_int(leaf, "hor", 30);
    json_put_cstr(leaf, "basis", "request");
    sign(s, flaw, leaf, &lines);
    if (flaw == CHANGED_BEHIND_THE_SIGNATURE)
        days->integer = 31;
    return append(s, "erase", leaf, arena_str(s->d.arena, buf_view(&lines)));
}

static void erased(struct scene *s, uint64_t of)
{
    struct json *leaf = json_object(s->d.arena);
    json_put_int(leaf, "of", (int64_t)of);
    json_put_cstr(leaf, "x", s->blob.x);
    append(s, "erased", leaf, STR(""));
}

static void play(struct scene *s, enum flaw flaw)
{
    bool is_held = (flaw >= HELD && flaw <= HELD_OTHER_PERIOD) || flaw == RELEASED || flaw == RELEASED_WITH_ONE_SIGNATURE;
    if (flaw == SHARED_LEAF_LEFT_OUT || flaw == SHARED_LEAF_LISTED)
        s->shared = item(s);
    if (is_held)
        hold(s, flaw, "add", false);
    if (flaw == RELEASED || flaw == RELEASED_WITH_ONE_SIGNATURE)
        hold(s, flaw, "release", flaw == RELEASED);
    if (flaw == GONE_WITHOUT_A_LEAF || flaw == KEY_GONE_WITHOUT_A_LEAF) {
        destroy(s, true, flaw == GONE_WITHOUT_A_LEAF);
        return;
    }
    uint64_t index = flaw == ERASED_WITHOUT_ERASE ? 0 : erase(s, flaw);
    if (flaw == INTENT_ALONE)
        return;
    if (flaw != ERASED_WITHOUT_ERASE)
        destroy(s, flaw != KEY_STILL_THERE, flaw != BYTES_STILL_THERE);
    erased(s, index);
}

START_TEST(sound_erasures_pass_and_each_flaw_has_its_code)
{
    struct arena *a = arena_new("report", 64 << 20);
    for (int signed_too = 0; signed_too < 2; signed_too++)
        for (enum flaw flaw = 0; flaw < FLAWS; flaw++) {
            struct scene s;
            struct verify_report r;
            struct err e = {0};
            bool has_code = false;
            scene_make(&s);
            play(&s, flaw);
            if (signed_too)
                ck_assert_msg(ledger_integrate(s.d.writer, &e), "%s", e.text);
            arena_reset(a);
            ck_assert(verify_directory(s.d.ledger.path, &(struct verify_options){0}, a, &r, &e));
            for (size_t i = 0; i < r.finding_count && i < VERIFY_FINDINGS_MAX; i++)
                has_code = has_code || (expectations[flaw].code && strcmp(r.findings[i].code, expectations[flaw].code) == 0);
            if (expectations[flaw].code)
                ck_assert_msg(!r.is_ok && has_code, "%s: %s %s", expectations[flaw].name, r.finding_count ? r.findings[0].code : "no finding",
                              r.finding_count ? r.findings[0].text : "");
            else
                ck_assert_msg(r.is_ok, "%s: %s %s", expectations[flaw].name, r.findings[0].code, r.findings[0].text);
            if (flaw == SOUND) {
                ck_assert_uint_eq(r.erasures, 1);
                ck_assert_uint_eq(r.erased_stream_count, 1);
                ck_assert(str_is(r.erased_streams[0].stream, "all") && r.erased_streams[0].count == 1);
            }
            test_directory_remove(&s.d);
        }
    arena_free(a);
}
END_TEST

/* ---- sealed anew ---- */

static const struct {
    const char *name, *code; /* code NULL: it verifies */
} anew[] = {{"sound", NULL},
            {"of a leaf that does not name it", "E63"},
            {"another commitment", "E63"},
            {"from what never was its name", "E63"},
            {"the same bytes twice", "E63"},
            {"the former bytes are there", "E65"},
            {"the former key is there", "E65"},
            {"what follows is not there", "E63"},
            {"the key of what follows is not there", "E61"},
            {"another content", "E62"}};
enum { ANEW = sizeof(anew) / sizeof(anew[0]) };

static void reencrypt_leaf(struct scene *s, uint64_t of, const char *c, const char *from, const char *x)
{
    struct json *leaf = json_object(s->d.arena);
    json_put_int(leaf, "of", (int64_t)of);
    json_put_cstr(leaf, "c", c);
    json_put_cstr(leaf, "from", from);
    json_put_cstr(leaf, "x", x);
    append(s, "reencrypt", leaf, STR(""));
}

static void anew_play(struct scene *s, int n)
{
    struct err e = {0};
    uint8_t salt[32];
    struct blob_sealed fresh, other;
    blob_salt(s->blob.dek, salt);
    struct str content = n == 9 ? STR("who did not") : STR("who signed in");
    ck_assert(blob_reseal(&s->d.ledger.env, s->d.arena, content, salt, &fresh, &e) &&
              blob_seal(&s->d.ledger.env, s->d.arena, STR("other"), &other, &e));
    if (n != 7)
        ck_assert(pack_add(s->d.packs, fresh.x, fresh.bytes, &e) && pack_sync(s->d.packs, &e));
    if (n != 8)
        ck_assert(keyring_add(s->d.keys, &s->d.ledger.env, fresh.x, fresh.dek, &e) && keyring_sync(s->d.keys, &e));
    reencrypt_leaf(s, n == 1 ? 0 : s->target, n == 2 ? other.c : s->blob.c, n == 3 ? other.x : s->blob.x, fresh.x);
    if (n == 4)
        reencrypt_leaf(s, s->target, s->blob.c, s->blob.x, other.x);
    destroy(s, n != 6, n != 5);
}

START_TEST(what_was_sealed_anew_passes_and_each_flaw_has_its_code)
{
    struct arena *a = arena_new("report", 64 << 20);
    for (int n = 0; n < ANEW; n++) {
        struct scene s;
        struct verify_report r;
        struct err e = {0};
        bool has_code = false;
        scene_make(&s);
        anew_play(&s, n);
        ck_assert_msg(ledger_integrate(s.d.writer, &e), "%s", e.text);
        arena_reset(a);
        ck_assert(verify_directory(s.d.ledger.path, &(struct verify_options){0}, a, &r, &e));
        for (size_t i = 0; i < r.finding_count && i < VERIFY_FINDINGS_MAX; i++)
            has_code = has_code || (anew[n].code && strcmp(r.findings[i].code, anew[n].code) == 0);
        if (anew[n].code)
            ck_assert_msg(!r.is_ok && has_code, "%s: %s %s", anew[n].name, r.finding_count ? r.findings[0].code : "no finding",
                          r.finding_count ? r.findings[0].text : "");
        else
            ck_assert_msg(r.is_ok, "%s: %s %s", anew[n].name, r.findings[0].code, r.findings[0].text);
        test_directory_remove(&s.d);
    }
    arena_free(a);
}
END_TEST

TEST_MAIN("verify_erase", sound_erasures_pass_and_each_flaw_has_its_code, what_was_sealed_anew_passes_and_each_flaw_has_its_code)
