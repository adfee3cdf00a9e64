#include "account/account.h"
#include "blob/blob.h"

#include "base/test.h"

/* A projection and the six kinds, applied as the keeper would: make, then apply the leaf from its text and blobs alone. */
static struct db *db;
static struct arena *arena;
static int64_t next_leaf;

static void begin(void)
{
    struct err e = {0};
    arena = arena_new("account_test", 64 << 20);
    db = db_open("", DB_MEMORY, &e);
    ck_assert_msg(db && db_script(db, content_schema_sql, &e), "%s", e.text);
    next_leaf = 0;
}

static void finish(void)
{
    db = db_close(db);
    arena = arena_free(arena);
}

static const struct op *current;

static bool read_blob(void *context, struct arena *a, struct str c, struct str x, struct str *ret_plain, struct err *e)
{
    bool *is_erased = context;
    if (is_erased && *is_erased)
        return err_set(e, ERR_NOT_FOUND, "erased");
    for (size_t i = 0; i < current->blob_count; i++)
        if (str_is(c, current->blobs[i].c) && str_is(x, current->blobs[i].x))
            return blob_open(a, current->blobs[i].ciphertext, current->blobs[i].c, current->blobs[i].x, current->blobs[i].dek, 1 << 20, ret_plain, e);
    return err_set(e, ERR_CORRUPT, "no such blob");
}

static const struct op_kind *kind_of(const char *name)
{
    static const struct op_kind *const all[] = {&op_account_set, &op_role_set,  &op_credential_add,
                                                &op_credential_remove, &op_token_add, &op_token_revoke};
    for (size_t i = 0; i < 6; i++)
        if (strcmp(all[i]->kind, name) == 0)
            return all[i];
    ck_abort_msg("no kind %s", name);
    return NULL;
}

static bool apply_erased;

static bool submit(const struct op *op, struct err *e)
{
    struct leaf_drafts drafts = {0};
    const struct op_kind *kind = kind_of(op->kind);
    current = op;
    if (!kind->make(db, arena, op, &drafts, e))
        return false;
    for (size_t i = 0; i < drafts.count; i++) {
        struct json *leaf = drafts.items[i].body;
        json_put_cstr(leaf, "a", "s:00112233445566778899aabbccddeeff");
        if (drafts.items[i].blob_count) {
            struct json *list = json_put_array(leaf, "b"), *blob = json_push_object(list);
            json_put_cstr(blob, "c", op->blobs[drafts.items[i].blob_first].c);
            json_put_cstr(blob, "x", op->blobs[drafts.items[i].blob_first].x);
        }
        struct leaf_view view = {.index = (uint64_t)next_leaf++, .t = 1000 + next_leaf, .type = "record", .json = leaf};
        struct blob_reader blobs = {read_blob, &apply_erased};
        if (!kind->apply(db, arena, &view, &blobs, e))
            return false;
    }
    return true;
}

static const char *const employee[] = {"employee"}, *const administrator[] = {"administrator"}, *const auditor[] = {"auditor"};

static bool add(const char *login, const char *const *roles, const char *actor, char ret_id[ACCOUNT_ID_SIZE], struct err *e)
{
    struct account_change change = {.login = str_of(login), .name = STR("N"), .email = STR("n@example.org"), .person = STR(""), .kind = STR("local"), .roles = {roles, 1}};
    struct op op;
    return account_op(&env_system, arena, &change, str_of(actor), "", &op, ret_id, e) && submit(&op, e);
}

START_TEST(accounts_are_added_found_and_changed)
{
    begin();
    struct err e = {0};
    char id[ACCOUNT_ID_SIZE];
    ck_assert_msg(add("ann", administrator, "local:admin", id, &e), "%s", e.text);
    struct account *ann = account_by_login(db, arena, STR("ANN"), &e);
    ck_assert_ptr_nonnull(ann);
    ck_assert_str_eq(ann->id, id);
    ck_assert_uint_eq(ann->roles.count, 1);
    uint32_t bits;
    ck_assert(actor_permissions(db, account_actor(arena, str_of(id)), 0, &bits, &e));
    ck_assert_uint_eq(bits, role_permissions(content_role(STR("administrator"))));
    char other[ACCOUNT_ID_SIZE];
    ck_assert(!add("Ann", employee, "local:admin", other, &e));
    ck_assert_int_eq(e.code, ERR_EXISTS);
    e = (struct err){0};
    struct account_change change = {.id = str_of(id), .login = STR("ann"), .name = STR("Ann"), .email = STR(""), .person = STR(""), .kind = STR("local"), .is_disabled = true, .roles = {administrator, 1}};
    struct op op;
    char same[ACCOUNT_ID_SIZE];
    ck_assert(account_op(&env_system, arena, &change, STR("local:admin"), "", &op, same, &e) && submit(&op, &e));
    ck_assert_str_eq(same, id);
    ck_assert(actor_permissions(db, account_actor(arena, str_of(id)), 0, &bits, &e));
    ck_assert_uint_eq(bits, 0);
    finish();
}
END_TEST

START_TEST(only_who_may_adds_accounts_and_gives_no_more_than_they_have)
{
    begin();
    struct err e = {0};
    char ann[ACCOUNT_ID_SIZE], bob[ACCOUNT_ID_SIZE], clerk[ACCOUNT_ID_SIZE], id[ACCOUNT_ID_SIZE];
    ck_assert(add("ann", administrator, "local:admin", ann, &e) && add("bob", employee, "local:admin", bob, &e));
    ck_assert(!add("eve", employee, account_actor(arena, str_of(bob)).data, id, &e));
    ck_assert_int_eq(e.code, ERR_DENIED);
    e = (struct err){0};
    ck_assert(!add("eve", employee, "account:0000000000000000", id, &e) && e.code == ERR_DENIED);
    e = (struct err){0};
    struct op op;
    uint32_t users = PERMISSION_BIT(PERMISSION_USERS) | PERMISSION_BIT(PERMISSION_OWN_PAGE) | PERMISSION_BIT(PERMISSION_READ);
    ck_assert(role_op(&env_system, arena, STR("clerk"), STR("Clerk"), STR("Adds people"), users, account_actor(arena, str_of(ann)), "", &op, &e));
    ck_assert_msg(submit(&op, &e), "%s", e.text);
    static const char *const clerks[] = {"clerk"}, *const lead[] = {"compliance_lead"};
    ck_assert_msg(add("carl", clerks, "local:admin", clerk, &e), "%s", e.text);
    const char *carl = account_actor(arena, str_of(clerk)).data;
    ck_assert_msg(add("dan", employee, carl, id, &e), "%s", e.text);
    ck_assert(!add("eve", administrator, carl, id, &e) && e.code == ERR_DENIED);
    e = (struct err){0};
    ck_assert(!add("eve", lead, carl, id, &e) && e.code == ERR_DENIED);
    e = (struct err){0};
    ck_assert(!add("eve", auditor, "local:admin", id, &e) && e.code == ERR_INVALID);
    e = (struct err){0};
    /* a role that somebody has stays */
    ck_assert(role_op(&env_system, arena, STR("clerk"), STR(""), STR(""), 0, STR("local:admin"), "", &op, &e));
    ck_assert(!submit(&op, &e) && e.code == ERR_CONFLICT);
    finish();
}
END_TEST

START_TEST(an_account_ends_with_its_last_day)
{
    begin();
    struct err e = {0};
    struct account_change change = {.login = STR("ada"), .name = STR(""), .email = STR(""), .person = STR(""), .kind = STR("local"), .valid_until_ms = 5000, .roles = {auditor, 1}};
    struct op op;
    char id[ACCOUNT_ID_SIZE];
    uint32_t bits;
    ck_assert(account_op(&env_system, arena, &change, STR("local:admin"), "", &op, id, &e) && submit(&op, &e));
    ck_assert(actor_permissions(db, account_actor(arena, str_of(id)), 4999, &bits, &e) && bits);
    ck_assert(actor_permissions(db, account_actor(arena, str_of(id)), 5000, &bits, &e) && !bits);
    finish();
}
END_TEST

START_TEST(what_a_leaf_says_has_no_names_and_an_erased_blob_takes_them_away)
{
    begin();
    struct err e = {0};
    char id[ACCOUNT_ID_SIZE];
    struct account_change change = {.login = STR("zebra"), .name = STR("Zoe"), .email = STR("zoe@example.org"), .person = STR(""), .kind = STR("local"), .roles = {employee, 1}};
    struct op op;
    ck_assert(account_op(&env_system, arena, &change, STR("local:admin"), "password", &op, id, &e));
    struct buf BUF_AUTO text;
    buf_init(&text, 1 << 16);
    json_write(&text, op.body);
    ck_assert(!str_contains(buf_view(&text), "zebra") && !str_contains(buf_view(&text), "Zoe"));
    apply_erased = true;
    bool is_ok = submit(&op, &e);
    apply_erased = false;
    ck_assert_msg(is_ok, "%s", e.text);
    struct account *gone = account_get(db, arena, str_of(id), &e);
    ck_assert(gone && str_starts(gone->login, "erased-") && gone->name.size == 0);
    finish();
}
END_TEST

static bool count_one(void *context, const struct credential *credential, struct err *e)
{
    (void)credential, (void)e;
    ++*(int *)context;
    return true;
}

START_TEST(a_new_password_and_new_codes_take_the_place_of_old_ones)
{
    begin();
    struct err e = {0};
    char id[ACCOUNT_ID_SIZE];
    ck_assert(add("ann", employee, "local:admin", id, &e));
    struct str ann = str_of(id), actor = account_actor(arena, ann);
    struct op op;
    struct recovery_codes codes;
    for (int i = 0; i < 2; i++) {
        struct credential_new password = {"password", password_secret(&env_system, arena, STR("a long enough one"), &e)};
        ck_assert(credential_op(&env_system, arena, ann, &password, 1, actor, "", &op, &e) && submit(&op, &e));
        recovery_codes_new(&env_system, arena, &codes);
        ck_assert(credential_op(&env_system, arena, ann, codes.items, RECOVERY_CODES, actor, "", &op, &e));
        ck_assert_msg(submit(&op, &e), "%s", e.text);
    }
    ck_assert_int_eq(credential_count(db, ann, "password", &e), 1);
    ck_assert_int_eq(credential_count(db, ann, "recovery", &e), RECOVERY_CODES);
    int n = 0;
    ck_assert(credential_each(db, arena, ann, NULL, count_one, &n, &e) && n == 1 + RECOVERY_CODES);
    ck_assert(recovery_code_matches(codes.items[3].secret, str_of(codes.text[3])));
    ck_assert(!recovery_code_matches(codes.items[3].secret, str_of(codes.text[4])));
    /* not for somebody else's account */
    char other[ACCOUNT_ID_SIZE];
    ck_assert(add("bob", employee, "local:admin", other, &e));
    ck_assert(credential_op(&env_system, arena, ann, codes.items, 1, account_actor(arena, str_of(other)), "", &op, &e));
    ck_assert(!submit(&op, &e) && e.code == ERR_DENIED);
    finish();
}
END_TEST

START_TEST(tokens_are_found_by_their_secret_until_they_end)
{
    begin();
    struct err e = {0};
    char id[ACCOUNT_ID_SIZE], text[TOKEN_TEXT_SIZE];
    ck_assert(add("ann", administrator, "local:admin", id, &e));
    struct op op;
    int64_t now_ms = env_now_ms(&env_system), end_ms = now_ms + 86400000;
    struct str actor = account_actor(arena, str_of(id));
    ck_assert(token_op(&env_system, arena, str_of(id), STR("ci"), PERMISSION_BIT(PERMISSION_READ), end_ms, actor, "", &op, text, &e));
    ck_assert_msg(submit(&op, &e), "%s", e.text);
    struct token *t = token_find(db, arena, str_of(text), now_ms, &e);
    ck_assert_msg(t, "%s", e.text);
    ck_assert_str_eq(t->account, id);
    ck_assert_uint_eq(t->scope, PERMISSION_BIT(PERMISSION_READ));
    ck_assert(!token_find(db, arena, str_of(text), end_ms, &e) && e.code == ERR_DENIED);
    text[70] = text[70] == 'a' ? 'b' : 'a';
    e = (struct err){0};
    ck_assert(!token_find(db, arena, str_of(text), now_ms, &e) && e.code == ERR_DENIED);
    e = (struct err){0};
    char viewer_id[ACCOUNT_ID_SIZE];
    static const char *const viewer[] = {"viewer"};
    ck_assert(add("vic", viewer, "local:admin", viewer_id, &e));
    ck_assert(token_op(&env_system, arena, str_of(viewer_id), STR("ci"), PERMISSION_BIT(PERMISSION_RECORDS), end_ms, account_actor(arena, str_of(viewer_id)), "", &op, text, &e));
    ck_assert(!submit(&op, &e) && e.code == ERR_DENIED); /* a viewer has no records */
    finish();
}
END_TEST

START_TEST(what_an_account_may_goes_by_the_clock_of_whoever_takes_the_operation)
{
    begin();
    struct err e = {0};
    const int64_t last_ms = INT64_C(4102444800000), day_ms = 86400000; /* 2100: no machine that runs this has that date */
    struct account_change change = {.login = STR("ada"), .name = STR("N"), .email = STR(""), .person = STR(""), .kind = STR("local"), .valid_until_ms = last_ms, .roles = {auditor, 1}};
    struct op op;
    char id[ACCOUNT_ID_SIZE], text[TOKEN_TEXT_SIZE];
    ck_assert(account_op(&env_system, arena, &change, STR("local:admin"), "", &op, id, &e) && submit(&op, &e));
    struct str actor = account_actor(arena, str_of(id));
    ck_assert(token_op(&env_system, arena, str_of(id), STR("ci"), PERMISSION_BIT(PERMISSION_EXAMINE), last_ms + day_ms, actor, "", &op, text, &e));
    ck_assert(!submit(&op, &e) && e.code == ERR_INVALID); /* by the system's clock, its end is too far off */
    e = (struct err){0};
    op.now_ms = last_ms - 1;
    ck_assert_msg(submit(&op, &e), "%s", e.text);
    ck_assert(token_op(&env_system, arena, str_of(id), STR("ci"), PERMISSION_BIT(PERMISSION_EXAMINE), last_ms + day_ms, actor, "", &op, text, &e));
    op.now_ms = last_ms;
    ck_assert(!submit(&op, &e) && e.code == ERR_DENIED); /* the account has ended */
    finish();
}
END_TEST

START_TEST(passwords_that_anybody_would_try_are_refused)
{
    static const char *const bad[] = {"short", "aaaaaaaaaaaaaaaa", "passwordpassword", "Password123456!", "ann@example.org", "121212121212", "with\ttab in it and long"};
    static const char *const good[] = {"correct horse battery", "Gr\xc3\xbc\xc3\x9f Gott, die Herren", "x9!kLm2#qRt7"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err e = {0};
        ck_assert_msg(!password_check(str_of(bad[i]), STR("ann@example.org"), 12, &e) && e.code == ERR_INVALID, "%s", bad[i]);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct err e = {0};
        ck_assert_msg(password_check(str_of(good[i]), STR("ann"), 12, &e), "%s: %s", good[i], e.text);
    }
}
END_TEST

TEST_MAIN("account", accounts_are_added_found_and_changed, only_who_may_adds_accounts_and_gives_no_more_than_they_have,
          an_account_ends_with_its_last_day, what_a_leaf_says_has_no_names_and_an_erased_blob_takes_them_away,
          a_new_password_and_new_codes_take_the_place_of_old_ones, tokens_are_found_by_their_secret_until_they_end,
          what_an_account_may_goes_by_the_clock_of_whoever_takes_the_operation, passwords_that_anybody_would_try_are_refused)
