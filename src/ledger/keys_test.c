#include "base/test.h"
#include "ledger/keys.h"

static const char ORIGIN[] = "test/assay/0011223344556677";

struct pair {
    struct note_key key;
    struct ed25519_private private_key;
    char vkey[400];
};

static struct pair make(const char *name, uint8_t seed)
{
    struct pair p;
    memset(p.private_key.seed, seed, sizeof(p.private_key.seed));
    p.key = note_key_make(name, ed25519_public_of(&p.private_key));
    struct buf BUF_AUTO text;
    buf_init(&text, sizeof(p.vkey));
    note_key_format(&p.key, &text);
    snprintf(p.vkey, sizeof(p.vkey), "%.*s", STR_ARGS(buf_view(&text)));
    return p;
}

static struct ledger_keys keys;
static uint64_t next_leaf;
static struct arena *a;

static void setup(void)
{
    keys = (struct ledger_keys){0};
    next_leaf = 0;
    a = arena_new("keys test", 1 << 20);
}

/* value: the member of `trust` or `need`, or -1. */
static enum err_code apply(const char *act, const char *role, const struct pair *subject, int64_t value, const struct pair *signers[])
{
    struct err e = {0};
    struct json *statement = json_object(a);
    struct buf BUF_AUTO text, lines;
    buf_init(&text, 8192);
    buf_init(&lines, 8192);
    json_put_cstr(statement, "act", act);
    json_put_cstr(statement, "role", role);
    if (subject)
        json_put_cstr(statement, "vkey", subject->vkey);
    if (value >= 0)
        json_put_int(statement, subject ? "trust" : "need", value);
    ck_assert(key_statement_text(ORIGIN, statement, &text, &e));
    for (size_t i = 0; signers && signers[i]; i++)
        note_sign_line(&signers[i]->key, &signers[i]->private_key, buf_view(&text), &lines);
    struct ledger_keys before = keys;
    if (ledger_keys_apply(&keys, ORIGIN, next_leaf, statement, buf_view(&lines), &e)) {
        next_leaf++;
        return ERR_NONE;
    }
    ck_assert_msg(memcmp(&before, &keys, sizeof(keys)) == 0, "a refused statement changed the keys");
    return e.code;
}
#define BY(...) (const struct pair *[]){__VA_ARGS__, NULL}

START_TEST(a_log_key_is_rotated_by_the_root_and_the_outgoing_key)
{
    setup();
    struct pair root = make("test/root", 1), log = make(ORIGIN, 2), next = make(ORIGIN, 3), stranger = make("test/root", 9);
    ck_assert_int_eq(apply("add", "log", &log, -1, BY(&root)), ERR_INVALID); /* no root yet */
    ck_assert_int_eq(apply("add", "root", &root, -1, BY(&stranger)), ERR_DENIED);
    ck_assert_int_eq(apply("add", "root", &root, -1, BY(&root)), ERR_NONE);
    ck_assert_int_eq(apply("add", "log", &log, -1, BY(&stranger)), ERR_DENIED);
    ck_assert_int_eq(apply("add", "log", &log, -1, BY(&root)), ERR_NONE);
    ck_assert_int_eq(apply("add", "log", &log, -1, BY(&root, &log)), ERR_EXISTS);
    ck_assert_int_eq(apply("add", "log", &next, -1, BY(&root)), ERR_DENIED); /* the outgoing key is missing */
    ck_assert_int_eq(apply("add", "log", &next, -1, BY(&log, &next)), ERR_DENIED); /* the root key is */
    ck_assert_int_eq(apply("add", "log", &next, -1, BY(&root, &log)), ERR_NONE);
    const struct ledger_key *old = ledger_keys_find(&keys, "log", str_of(log.vkey)), *new = ledger_keys_find(&keys, "log", str_of(next.vkey));
    ck_assert(ledger_key_counts(old, 5) && ledger_key_counts(new, 5) && !ledger_key_counts(new, new->from));
    ck_assert(ledger_keys_follows(&keys, new, &log.key) && !ledger_keys_follows(&keys, old, &next.key));
    ck_assert_int_eq(apply("retire", "log", &log, -1, BY(&root)), ERR_NONE);
    ck_assert(ledger_key_counts(old, old->until) && !ledger_key_counts(old, old->until + 1));
    ck_assert_int_eq(apply("retire", "log", &log, -1, BY(&root)), ERR_CONFLICT);
    ck_assert_int_eq(apply("add", "log", &log, -1, BY(&root, &next)), ERR_EXISTS); /* never again */
}
END_TEST

START_TEST(a_stolen_key_counts_only_for_what_is_trusted)
{
    setup();
    struct pair root = make("test/root", 1), log = make(ORIGIN, 2), next = make(ORIGIN, 3);
    ck_assert_int_eq(apply("add", "root", &root, -1, BY(&root)), ERR_NONE);
    ck_assert_int_eq(apply("add", "log", &log, -1, BY(&root)), ERR_NONE);
    next_leaf = 100;
    ck_assert_int_eq(apply("revoke", "log", &log, 101, BY(&root)), ERR_INVALID); /* more than there is */
    ck_assert_int_eq(apply("revoke", "log", &log, 40, BY(&log)), ERR_DENIED);
    ck_assert_int_eq(apply("revoke", "log", &log, 40, BY(&root)), ERR_NONE);
    const struct ledger_key *old = ledger_keys_find(&keys, "log", str_of(log.vkey));
    ck_assert(ledger_key_counts(old, 40) && !ledger_key_counts(old, 41));
    ck_assert_int_eq(apply("add", "log", &next, -1, BY(&root)), ERR_NONE); /* there is no outgoing key any more */
    ck_assert(!ledger_keys_follows(&keys, ledger_keys_find(&keys, "log", str_of(next.vkey)), &log.key));
}
END_TEST

START_TEST(a_quorum_of_roots_has_to_sign_and_a_revoked_one_has_no_voice)
{
    setup();
    struct pair one = make("test/root", 1), two = make("test/root-2", 2), three = make("test/root-3", 3), log = make(ORIGIN, 4);
    ck_assert_int_eq(apply("add", "root", &one, -1, BY(&one)), ERR_NONE);
    ck_assert_int_eq(apply("retire", "root", &one, -1, BY(&one)), ERR_INVALID); /* the last one */
    ck_assert_int_eq(apply("add", "root", &two, -1, BY(&two)), ERR_DENIED);
    ck_assert_int_eq(apply("add", "root", &two, -1, BY(&one)), ERR_NONE);
    ck_assert_int_eq(apply("add", "root", &three, -1, BY(&one)), ERR_NONE);
    ck_assert_int_eq(apply("quorum", "root", NULL, 4, BY(&one)), ERR_INVALID);
    ck_assert_int_eq(apply("quorum", "root", NULL, 2, BY(&one)), ERR_NONE);
    ck_assert_int_eq(apply("add", "log", &log, -1, BY(&one)), ERR_DENIED);
    ck_assert_int_eq(apply("add", "log", &log, -1, BY(&one, &one)), ERR_DENIED); /* the same one twice */
    ck_assert_int_eq(apply("add", "log", &log, -1, BY(&one, &three)), ERR_NONE);
    ck_assert_int_eq(apply("revoke", "root", &one, 0, BY(&one, &two)), ERR_DENIED);
    ck_assert_int_eq(apply("revoke", "root", &one, 0, BY(&two, &three)), ERR_NONE);
    ck_assert_int_eq(apply("retire", "root", &two, -1, BY(&two, &three)), ERR_INVALID); /* fewer than the quorum would be left */
    ck_assert_int_eq(apply("quorum", "root", NULL, 1, BY(&two, &one)), ERR_DENIED);
    ck_assert_int_eq(apply("quorum", "root", NULL, 1, BY(&two, &three)), ERR_NONE);
    ck_assert_int_eq(apply("retire", "root", &two, -1, BY(&three)), ERR_NONE);
}
END_TEST

START_TEST(a_thief_with_fewer_root_keys_than_the_quorum_revokes_none_of_the_others)
{
    setup();
    struct pair one = make("test/root", 1), two = make("test/root-2", 2), three = make("test/root-3", 3);
    ck_assert_int_eq(apply("add", "root", &one, -1, BY(&one)), ERR_NONE);
    ck_assert_int_eq(apply("add", "root", &two, -1, BY(&one)), ERR_NONE);
    ck_assert_int_eq(apply("quorum", "root", NULL, 2, BY(&one)), ERR_NONE);
    ck_assert_int_eq(apply("revoke", "root", &two, 0, BY(&one)), ERR_DENIED);
    ck_assert_int_eq(apply("revoke", "root", &one, 0, BY(&one, &two)), ERR_NONE); /* its owner holds both */
    ck_assert_int_eq(apply("add", "root", &three, -1, BY(&two)), ERR_NONE); /* the revoked one is not waited for */
    ck_assert_int_eq(apply("revoke", "root", &two, 0, BY(&three)), ERR_DENIED); /* two again: the quorum is two again */
}
END_TEST

TEST_MAIN("keys", a_thief_with_fewer_root_keys_than_the_quorum_revokes_none_of_the_others,
          a_log_key_is_rotated_by_the_root_and_the_outgoing_key, a_stolen_key_counts_only_for_what_is_trusted,
          a_quorum_of_roots_has_to_sign_and_a_revoked_one_has_no_voice)
