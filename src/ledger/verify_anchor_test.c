#include "crypto/test_tsa.h"
#include "ledger/anchor.h"
#include "ledger/test_directory.h"
#include "ledger/verify.h"
#include <sys/stat.h>

/* A directory with two witnesses, an authority, a cosigned checkpoint and a time stamp, each of which a test may spoil. */
enum spoil {
    FINE,
    UNKNOWN_LOG_KEY,   /* the note is signed by another log key */
    OTHER_ROOT,        /* a fork: the log key signed another root, and witnesses cosigned it */
    BAD_COSIGNATURE,   /* a bit of one cosignature is flipped */
    ONE_COSIGNATURE,   /* the policy asks for two */
    OLDER_COSIGNATURE, /* an hour before the ones recorded earlier */
    SMALLER_CHECKPOINT,
    LEAF_OTHER_CP,  /* the leaf names another size than its note */
    LEAF_OTHER_TIME,
    STAMP_OF_OTHER_BYTES,
    STAMP_REPLACED, /* not the one whose digest the leaf has */
    STAMP_BY_STRANGER,
    STAMP_UNREGISTERED,
    STAMP_UNREADABLE, /* its key is not in the keyring */
    STAMP_EARLY /* before a cosignature over an earlier checkpoint */
};

enum { WITNESSES = 2 };
struct world {
    struct test_directory d;
    struct ed25519_private private_keys[WITNESSES];
    struct note_key keys[WITNESSES];
    struct test_tsa tsa, stranger;
    struct arena *arena;
    struct str policy;
};
static struct world w;
static struct err e;

static bool has_code(const struct verify_report *r, const char *code)
{
    for (size_t i = 0; i < r->finding_count && i < VERIFY_FINDINGS_MAX; i++)
        if (strcmp(r->findings[i].code, code) == 0)
            return true;
    return false;
}

static struct verify_report verify_as(struct verify_options o)
{
    struct verify_report r;
    e = (struct err){0};
    ck_assert_msg(verify_directory(w.d.ledger.path, &o, w.arena, &r, &e), "%s", e.text);
    return r;
}

static struct verify_report verify_with(const char *policy)
{
    return verify_as((struct verify_options){.policy = policy});
}

/* The ledger's clock is where the tests' clock is: the witnesses and the authority follow it. */
static uint64_t now_s(void)
{
    return (uint64_t)w.d.ledger.now_ms / 1000;
}

static void world_make(void)
{
    test_directory_make(&w.d);
    w.arena = arena_new("verify_anchor_test", 128 << 20);
    w.tsa = test_tsa_make(&(struct test_tsa_options){.not_before = (time_t)now_s() - 86400, .not_after = (time_t)now_s() + 86400});
    w.stranger = test_tsa_make(&(struct test_tsa_options){.not_before = (time_t)now_s() - 86400, .not_after = (time_t)now_s() + 86400});
    struct buf BUF_AUTO text;
    buf_init(&text, 8192);
    for (int i = 0; i < WITNESSES; i++) {
        char name[32];
        w.private_keys[i].seed[0] = (uint8_t)(50 + i);
        snprintf(name, sizeof(name), "witness.example/%d", i);
        w.keys[i] = note_key_make_typed(name, NOTE_KEY_COSIGNATURE, ed25519_public_of(&w.private_keys[i]));
        buf_printf(&text, "witness w%d ", i);
        note_key_format(&w.keys[i], &text);
        buf_char(&text, '\n');
    }
    buf_cstr(&text, "group g all w0 w1\nquorum g\n");
    w.policy = arena_str(w.arena, buf_view(&text));
    struct json *policy = json_object(w.d.arena), *tsa = json_object(w.d.arena);
    json_put_cstr(policy, "type", "anchor_policy");
    json_put_str(policy, "text", w.policy);
    test_directory_append(&w.d, "record", 3, policy, (struct str){"", 0});
    json_put_cstr(tsa, "type", "anchor_tsa");
    json_put_cstr(tsa, "act", "add");
    json_put_cstr(tsa, "id", "t");
    json_put_cstr(tsa, "url", "http://127.0.0.1/");
    json_put_str(tsa, "ca", str_of(w.tsa.ca_pem));
    json_put_int(tsa, "every", 3600000);
    test_directory_append(&w.d, "record", 3, tsa, (struct str){"", 0});
    test_directory_run(&w.d, 300);
    test_integrate(w.d.writer);
}

static void world_remove(void)
{
    test_tsa_release(&w.tsa);
    test_tsa_release(&w.stranger);
    test_directory_remove(&w.d);
    arena_free(w.arena);
}

/* The published checkpoint, spoilt as asked, with cosignatures. */
static struct str note_make(enum spoil spoil, struct checkpoint *ret)
{
    struct ed25519_private other = {{99}}, *log_key = &w.d.ledger.private_key;
    struct buf BUF_AUTO text;
    struct buf BUF_AUTO note;
    buf_init(&text, 4096);
    buf_init(&note, 8192);
    struct checkpoint c = {.size = ledger_signed_size(w.d.writer), .root = ledger_signed_root(w.d.writer)};
    snprintf(c.origin, sizeof(c.origin), "%s", TEST_ORIGIN);
    if (spoil == OTHER_ROOT)
        c.root.bytes[3] ^= 1;
    checkpoint_text(&c, &text);
    buf_str(&note, buf_view(&text));
    buf_char(&note, '\n');
    struct note_key key = w.d.ledger.key, other_key = note_key_make(TEST_ORIGIN, ed25519_public_of(&other));
    note_sign_line(spoil == UNKNOWN_LOG_KEY ? &other_key : &key, spoil == UNKNOWN_LOG_KEY ? &other : log_key, buf_view(&text), &note);
    uint64_t time_s = now_s() - (spoil == OLDER_COSIGNATURE ? 3600 : 0);
    for (int i = 0; i < (spoil == ONE_COSIGNATURE ? 1 : WITNESSES); i++) {
        struct ed25519_private wrong = {{77}};
        bool is_bad = spoil == BAD_COSIGNATURE && i == 1;
        cosignature_sign_line(&w.keys[i], is_bad ? &wrong : &w.private_keys[i], buf_view(&text), time_s, &note);
    }
    *ret = c;
    return arena_str(w.d.arena, buf_view(&note));
}

static void anchor_append(enum spoil spoil)
{
    struct anchor a = {.by = STR("w0,w1"), .at_ms = (int64_t)now_s() * 1000};
    a.note = note_make(spoil, &a.checkpoint);
    a.digest = sha256_of(a.note);
    if (spoil == LEAF_OTHER_CP)
        a.checkpoint.size++;
    test_directory_append(&w.d, "anchor", 1, anchor_leaf_body(w.d.arena, &a), (struct str){"", 0});
}

static void stamp_append(enum spoil spoil)
{
    static const uint8_t nonce[TST_NONCE_SIZE] = {1};
    struct buf BUF_AUTO request;
    struct buf BUF_AUTO stamp;
    struct blob_sealed sealed;
    struct anchor a = {.is_tst = true, .by = spoil == STAMP_UNREGISTERED ? STR("nobody") : STR("t")};
    struct test_tsa *tsa = spoil == STAMP_BY_STRANGER ? &w.stranger : &w.tsa;
    buf_init(&request, 4096);
    buf_init(&stamp, 1 << 20);
    a.note = note_make(FINE, &a.checkpoint);
    tsa->now = (time_t)now_s() - (spoil == STAMP_EARLY ? 3600 : 0);
    tst_request(spoil == STAMP_OF_OTHER_BYTES ? STR("other bytes") : a.note, nonce, &request);
    test_tsa_answer(tsa, buf_view(&request), &stamp);
    a.at_ms = (int64_t)tsa->now * 1000 + 250 + (spoil == LEAF_OTHER_TIME ? 1000 : 0);
    a.digest = sha256_of(spoil == STAMP_REPLACED ? STR("another stamp") : buf_view(&stamp));
    ck_assert(blob_seal(&w.d.ledger.env, w.d.arena, buf_view(&stamp), &sealed, &e));
    ck_assert(pack_add(w.d.packs, sealed.x, sealed.bytes, &e) && pack_sync(w.d.packs, &e));
    if (spoil != STAMP_UNREADABLE)
        ck_assert(keyring_add(w.d.keys, &w.d.ledger.env, sealed.x, sealed.dek, &e) && keyring_sync(w.d.keys, &e));
    ledger_count_blobs(w.d.writer, 1, sealed.bytes.size);
    struct json *leaf = anchor_leaf_body(w.d.arena, &a), *blob = json_push_object(json_put_array(leaf, "b"));
    json_put_str(blob, "c", arena_str(w.d.arena, str_of(sealed.c)));
    json_put_str(blob, "x", arena_str(w.d.arena, str_of(sealed.x)));
    json_put_cstr(blob, "m", ANCHOR_MEDIA_TST);
    json_put_cstr(blob, "z", "<=4k");
    test_directory_append(&w.d, "anchor", 1, leaf, (struct str){"", 0});
}

/* What the keeper would keep of a note. */
static void note_keep(enum spoil spoil)
{
    char path[200];
    struct checkpoint c;
    struct str note = note_make(spoil, &c);
    int private_dir = openat(w.d.ledger.dir, "private", O_RDONLY | O_DIRECTORY);
    ck_assert_msg(anchor_log_append(&os_file_real, private_dir, ANCHOR_LOG_FILE, note, &e), "%s", e.text);
    close(private_dir);
    struct sha256 h = sha256_of(STR(TEST_ORIGIN));
    char hex[65];
    hex_encode(h.bytes, SHA256_SIZE, hex);
    snprintf(path, sizeof(path), "ledger/%s/" ANCHOR_WITNESSED_FILE, hex);
    test_file_write(w.d.ledger.dir, path, note);
}

START_TEST(anchors_hold_and_the_report_says_how_far)
{
    world_make();
    anchor_append(FINE);
    test_integrate(w.d.writer);
    w.d.ledger.now_ms += 60000;
    stamp_append(FINE);
    test_integrate(w.d.writer);
    note_keep(FINE);
    struct verify_report r = verify_with(NULL);
    ck_assert_msg(r.is_ok && r.finding_count == 0, "%s %s", r.findings[0].code, r.findings[0].text);
    ck_assert_uint_eq(r.witnessed_size, r.size);
    ck_assert_uint_eq(r.witness_count, 2);
    ck_assert_uint_eq(r.witnesses_of, 2);
    ck_assert_str_eq(r.strength, "witnessed");
    ck_assert(r.stamped_size > 0 && r.stamped_size < r.size && r.stamped_ms > 0);
    ck_assert_uint_eq(r.anchors_checked, 3);
    ck_assert_int_eq(r.witnessed_ms / 1000, (int64_t)now_s());
    world_remove();
}
END_TEST

/* As at a mirror, which has the leaves and no file of the newest cosigned checkpoint. */
START_TEST(a_copy_is_witnessed_as_far_as_its_leaves_say)
{
    world_make();
    anchor_append(FINE);
    test_integrate(w.d.writer);
    struct verify_report r = verify_with(w.policy.data);
    ck_assert_msg(r.is_ok && r.finding_count == 0, "%s %s", r.findings[0].code, r.findings[0].text);
    ck_assert(r.witnessed_size > 0 && r.witnessed_size < r.size);
    ck_assert_uint_eq(r.witness_count, 2);
    ck_assert_str_eq(r.strength, "signed");
    world_remove();
}
END_TEST

/* Each way to spoil an anchor, and the code that tells it. */
static const struct {
    enum spoil spoil;
    bool is_stamp;
    const char *code;
} SPOILT[] = {{UNKNOWN_LOG_KEY, false, "E10"},     {OTHER_ROOT, false, "E12"},        {BAD_COSIGNATURE, false, "E11"},
              {ONE_COSIGNATURE, false, "E11"},     {OLDER_COSIGNATURE, false, "E13"}, {LEAF_OTHER_CP, false, "E42"},
              {STAMP_OF_OTHER_BYTES, true, "E20"}, {STAMP_REPLACED, true, "E20"},     {LEAF_OTHER_TIME, true, "E20"},
              {STAMP_BY_STRANGER, true, "E21"},    {STAMP_UNREGISTERED, true, "E21"}, {STAMP_EARLY, true, "E22"},
              {STAMP_UNREADABLE, true, "E20"}};

START_TEST(a_spoilt_anchor_is_told_by_its_code)
{
    world_make();
    anchor_append(FINE);
    test_integrate(w.d.writer);
    if (SPOILT[_i].is_stamp)
        stamp_append(SPOILT[_i].spoil);
    else
        anchor_append(SPOILT[_i].spoil);
    test_integrate(w.d.writer);
    struct verify_report r = verify_with(NULL);
    ck_assert_msg(!r.is_ok && has_code(&r, SPOILT[_i].code), "%d: wanted %s, got %s %s", _i, SPOILT[_i].code,
                  r.finding_count ? r.findings[0].code : "nothing", r.finding_count ? r.findings[0].text : "");
    world_remove();
}
END_TEST

START_TEST(files_beside_the_leaves_are_checked_too)
{
    static const struct {
        enum spoil spoil;
        const char *code;
    } cases[] = {{UNKNOWN_LOG_KEY, "E10"}, {OTHER_ROOT, "E12"}, {BAD_COSIGNATURE, "E11"}, {ONE_COSIGNATURE, "E11"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world_make();
        note_keep(FINE);
        struct verify_report r = verify_with(NULL);
        ck_assert_msg(r.is_ok, "%s %s", r.findings[0].code, r.findings[0].text);
        note_keep(cases[i].spoil);
        r = verify_with(NULL);
        ck_assert_msg(!r.is_ok && has_code(&r, cases[i].code), "%zu: wanted %s", i, cases[i].code);
        world_remove();
    }
}
END_TEST

/* Nobody takes what cosigners wrote, or what speaks of two histories, out of sight by making it unreadable. */
START_TEST(a_file_of_notes_that_cannot_be_read_is_told)
{
    static const char *const names[] = {"private/" ANCHOR_LOG_FILE, "private/" ANCHOR_FORK_FILE};
    for (int i = 0; i < 3; i++) {
        world_make();
        note_keep(FINE);
        struct verify_report r = verify_with(NULL);
        ck_assert_msg(r.is_ok, "%s %s", r.findings[0].code, r.findings[0].text);
        (void)unlinkat(w.d.ledger.dir, names[i % 2], 0);
        if (i < 2)
            ck_assert_int_eq(mkdirat(w.d.ledger.dir, names[i], 0700), 0);
        else {
            test_file_write(w.d.ledger.dir, names[0], STR("x"));
            int fd = openat(w.d.ledger.dir, names[0], O_WRONLY);
            ck_assert(fd >= 0 && ftruncate(fd, (off_t)1 << 30) == 0);
            close(fd);
        }
        r = verify_with(NULL);
        ck_assert_msg(!r.is_ok && has_code(&r, "E83"), "%d", i);
        world_remove();
    }
}
END_TEST

START_TEST(a_pinned_policy_counts_in_place_of_the_ledgers_own)
{
    world_make();
    struct verify_report r = verify_with(w.policy.data);
    ck_assert(!r.is_ok && has_code(&r, "E11")); /* nothing is cosigned yet */
    note_keep(FINE);
    r = verify_with(w.policy.data);
    ck_assert_msg(r.is_ok, "%s %s", r.findings[0].code, r.findings[0].text);
    struct ed25519_private stranger = {{123}};
    struct note_key key = note_key_make_typed("auditor.example", NOTE_KEY_COSIGNATURE, ed25519_public_of(&stranger));
    struct buf BUF_AUTO text;
    buf_init(&text, 4096);
    buf_cstr(&text, "witness auditor ");
    note_key_format(&key, &text);
    buf_cstr(&text, "\nquorum auditor\n");
    r = verify_with(text.data);
    ck_assert(!r.is_ok && has_code(&r, "E11"));
    ck_assert(!verify_directory(w.d.ledger.path, &(struct verify_options){.policy = "nonsense\n"}, w.arena, &r, &e));
    ck_assert_int_eq(e.code, ERR_INVALID);
    world_remove();
}
END_TEST

START_TEST(stamps_count_only_under_the_authorities_that_the_auditor_gives)
{
    world_make();
    const char *trusted = w.tsa.ca_pem, *other = w.stranger.ca_pem;
    struct verify_report r = verify_as((struct verify_options){.tsa_ca = trusted});
    ck_assert(!r.is_ok && has_code(&r, "E21")); /* there is no stamp yet */
    stamp_append(FINE);
    test_integrate(w.d.writer);
    r = verify_as((struct verify_options){.tsa_ca = trusted});
    ck_assert_msg(r.is_ok && r.stamped_size > 0, "%s", r.finding_count ? r.findings[0].text : "not counted");
    r = verify_as((struct verify_options){.tsa_ca = other});
    ck_assert(!r.is_ok && has_code(&r, "E21") && r.stamped_size == 0);
    r = verify_as((struct verify_options){.tsa_ca = trusted, .without_blobs = true});
    ck_assert(!r.is_ok && has_code(&r, "E21"));
    r = verify_as((struct verify_options){.without_blobs = true});
    ck_assert_msg(r.is_ok, "%s", r.finding_count ? r.findings[0].text : "");
    ck_assert(!verify_directory(w.d.ledger.path, &(struct verify_options){.tsa_ca = "nonsense"}, w.arena, &r, &e));
    ck_assert_int_eq(e.code, ERR_INVALID);
    world_remove();
}
END_TEST

START_TEST(evidence_of_a_fork_is_a_finding_for_good)
{
    struct checkpoint c;
    world_make();
    int private_dir = openat(w.d.ledger.dir, "private", O_RDONLY | O_DIRECTORY);
    struct str ours = note_make(FINE, &c), theirs = note_make(OTHER_ROOT, &c);
    ck_assert(anchor_log_append(&os_file_real, private_dir, ANCHOR_FORK_FILE, theirs, &e) &&
              anchor_log_append(&os_file_real, private_dir, ANCHOR_FORK_FILE, ours, &e));
    close(private_dir);
    struct verify_report r = verify_with(NULL);
    ck_assert(!r.is_ok && has_code(&r, "E12"));
    world_remove();
}
END_TEST

START_TEST(a_torn_record_is_cut_off_before_the_next_one)
{
    world_make();
    note_keep(FINE);
    int fd = openat(w.d.ledger.dir, "private/" ANCHOR_LOG_FILE, O_WRONLY | O_APPEND);
    ck_assert_int_eq(write(fd, "ACPLtorn", 8), 8);
    close(fd);
    struct verify_report r = verify_with(NULL);
    ck_assert_msg(r.is_ok, "%s", r.findings[0].text);
    w.d.ledger.now_ms += 60000;
    note_keep(FINE);
    r = verify_with(NULL);
    ck_assert_msg(r.is_ok && r.finding_count == 0, "%s", r.findings[0].text);
    ck_assert_uint_eq(r.anchors_checked, 2);
    world_remove();
}
END_TEST

START_TEST(the_log_of_notes_stays_within_its_bounds)
{
    struct stat st;
    struct buf BUF_AUTO newest;
    size_t kept = 0;
    world_make();
    int private_dir = openat(w.d.ledger.dir, "private", O_RDONLY | O_DIRECTORY);
    buf_init(&newest, ANCHOR_NOTE_BYTES_MAX);
    ck_assert(!anchor_log_newest(&os_file_real, private_dir, ANCHOR_LOG_FILE, &newest, &e) && e.code == ERR_NOT_FOUND);
    for (int i = 0; i < 40; i++) {
        w.d.ledger.now_ms += 60000;
        note_keep(FINE);
        ck_assert_msg(anchor_log_trim(&os_file_real, private_dir, ANCHOR_LOG_FILE, 8192, 4096, &e), "%s", e.text);
        ck_assert_int_eq(fstatat(private_dir, ANCHOR_LOG_FILE, &st, 0), 0);
        ck_assert_int_le(st.st_size, 8192);
        kept = (size_t)st.st_size;
    }
    ck_assert_uint_gt(kept, 2000);
    buf_clear(&newest);
    ck_assert_msg(anchor_log_newest(&os_file_real, private_dir, ANCHOR_LOG_FILE, &newest, &e), "%s", e.text);
    struct checkpoint c;
    ck_assert(str_equal(buf_view(&newest), note_make(FINE, &c)));
    struct verify_report r = verify_with(NULL);
    ck_assert_msg(r.is_ok && r.finding_count == 0, "%s", r.finding_count ? r.findings[0].text : "");
    ck_assert_uint_gt(r.anchors_checked, 3);
    /* A torn record at the end goes with the cut. */
    int fd = openat(private_dir, ANCHOR_LOG_FILE, O_WRONLY | O_APPEND);
    ck_assert_int_eq(write(fd, "ACPLtorn", 8), 8);
    close(fd);
    ck_assert(anchor_log_trim(&os_file_real, private_dir, ANCHOR_LOG_FILE, 100, 4096, &e));
    r = verify_with(NULL);
    ck_assert(r.is_ok && r.note_count > 0);
    for (size_t i = 0; i < r.note_count; i++)
        ck_assert_msg(!strstr(r.notes[i], "torn"), "%s", r.notes[i]);
    close(private_dir);
    world_remove();
}
END_TEST

START_TEST(what_a_witness_answers_is_read_strictly)
{
    struct checkpoint c;
    struct cosign_answer answer;
    world_make();
    struct str note = note_make(FINE, &c), text, lines, line;
    ck_assert(checkpoint_parse(note, &c, &text, &lines, &e));
    ck_assert(cosignature_find(text, lines, &w.keys[1], &line, NULL, &e));
    ck_assert_int_eq(cosign_answer_read(&w.keys[1], note, 200, line, &answer, &e), COSIGN_DONE);
    ck_assert_int_eq(cosign_answer_read(&w.keys[0], note, 200, line, &answer, &e), COSIGN_REFUSED); /* somebody else's */
    ck_assert_int_eq(cosign_answer_read(&w.keys[1], note, 200, STR("hello\n"), &answer, &e), COSIGN_REFUSED);
    ck_assert_int_eq(cosign_answer_read(&w.keys[1], note, 409, STR("17\n"), &answer, &e), COSIGN_ELSEWHERE);
    ck_assert_uint_eq(answer.size, 17);
    static const char *const bad[] = {"", "17", "017\n", "-1\n", "x\n", "17\n\n", "99999999999999999999\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(cosign_answer_read(&w.keys[1], note, 409, str_of(bad[i]), &answer, &e), COSIGN_REFUSED);
    ck_assert_int_eq(cosign_answer_read(&w.keys[1], note, 422, STR(""), &answer, &e), COSIGN_PROOF_FAILED);
    int refused[] = {400, 403, 404, 500, 302};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ck_assert_int_eq(cosign_answer_read(&w.keys[1], note, refused[i], line, &answer, &e), COSIGN_REFUSED);
    world_remove();
}
END_TEST

START_TEST(merging_keeps_the_newest_line_of_each_witness_and_no_strangers)
{
    struct checkpoint c;
    struct buf BUF_AUTO merged;
    size_t count;
    bool has_new;
    world_make();
    buf_init(&merged, 8192);
    const struct policy *p = policy_parse(w.arena, w.policy, &e);
    struct str older = note_make(FINE, &c);
    w.d.ledger.now_ms += 60000;
    struct str newer = note_make(ONE_COSIGNATURE, &c);
    ck_assert_msg(anchor_note_merge(p, &w.d.ledger.key, newer, older, &merged, &count, &has_new, &e), "%s", e.text);
    ck_assert(count == 2 && has_new);
    struct policy_outcome outcome;
    ck_assert(policy_evaluate(p, buf_view(&merged), NULL, &outcome, &e) && outcome.is_satisfied);
    ck_assert_uint_eq(outcome.witness_time_s[0], outcome.witness_time_s[1] + 60);
    buf_clear(&merged);
    ck_assert(anchor_note_merge(p, &w.d.ledger.key, newer, newer, &merged, &count, &has_new, &e) && count == 1 && !has_new);
    buf_clear(&merged);
    ck_assert(!anchor_note_merge(p, &w.d.ledger.key, note_make(BAD_COSIGNATURE, &c), STR(""), &merged, &count, &has_new, &e));
    buf_clear(&merged);
    ck_assert(!anchor_note_merge(p, &w.d.ledger.key, note_make(UNKNOWN_LOG_KEY, &c), STR(""), &merged, &count, &has_new, &e));
    world_remove();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("verify_anchor");
    TCase *t = tcase_create("verify_anchor");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, anchors_hold_and_the_report_says_how_far);
    tcase_add_test(t, a_copy_is_witnessed_as_far_as_its_leaves_say);
    tcase_add_loop_test(t, a_spoilt_anchor_is_told_by_its_code, 0, sizeof(SPOILT) / sizeof(SPOILT[0]));
    tcase_add_test(t, files_beside_the_leaves_are_checked_too);
    tcase_add_test(t, a_file_of_notes_that_cannot_be_read_is_told);
    tcase_add_test(t, a_pinned_policy_counts_in_place_of_the_ledgers_own);
    tcase_add_test(t, stamps_count_only_under_the_authorities_that_the_auditor_gives);
    tcase_add_test(t, evidence_of_a_fork_is_a_finding_for_good);
    tcase_add_test(t, a_torn_record_is_cut_off_before_the_next_one);
    tcase_add_test(t, the_log_of_notes_stays_within_its_bounds);
    tcase_add_test(t, what_a_witness_answers_is_read_strictly);
    tcase_add_test(t, merging_keeps_the_newest_line_of_each_witness_and_no_strangers);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
