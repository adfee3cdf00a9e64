#include "base/test.h"
#include "record/test_records.h"

static struct records w;
static struct err e;

static void account(const char *id, const char *person, const char *roles)
{
    struct err failed = {0};
    ck_assert_msg(db_run(w.db, &failed,
                         "insert into account(id, leaf, t, login, name, email, person, kind, state, valid_until, roles, first_leaf) values(?1, 0, 0, ?1, '', '', ?2, "
                         "'local', 'active', 0, ?3, 0)",
                         A(id), A(person), A(roles)),
                  "%s", failed.text);
}

/* Ann leads, Bob owns things, Cid is an employee, Dee looks on. */
static void start(void)
{
    records_init(&w);
    e = (struct err){0};
    const char *const names[] = {"Ann", "Bob", "Cid", "Dee"};
    for (size_t i = 0; i < 4; i++)
        records_create(&w, "person", arena_printf(w.arena, "{\"name\":\"%s\"}", names[i]).data);
    account("ann", "P-0001", "[\"compliance_lead\"]");
    account("bob", "P-0002", "[\"owner\"]");
    account("cid", "P-0003", "[\"employee\"]");
    account("dee", "P-0004", "[\"viewer\"]");
    account("adm", "", "[\"administrator\"]");
}

static struct access access_of(const char *who)
{
    struct access x;
    ck_assert_msg(access_read(w.db, w.arena, arena_printf(w.arena, "account:%s", who), w.t, &x, &e), "%s", e.text);
    bool is_employee = strcmp(who, "cid") == 0;
    x.is_own_only = is_employee;
    x.changes_own_only = is_employee || strcmp(who, "dee") == 0 || strcmp(who, "adm") == 0;
    return x;
}

static bool count_one(void *context, const struct record *r, struct err *e_)
{
    (void)r, (void)e_;
    (*(int *)context)++;
    return true;
}

/* One record, the list, the words and the total all say the same. */
static bool may_read(const char *who, const char *type, const char *id)
{
    struct access x = access_of(who);
    struct record *r = records_get(&w, type, id);
    bool is_given = access_matches(&x, &r->type->may_read, r);
    int seen = 0;
    int64_t total = 0;
    struct record_query q = {.ids = arena_printf(w.arena, "[\"%s\"]", id), .leaf_limit = INT64_MAX, .access = &x};
    ck_assert_msg(record_list(w.db, w.arena, r->type, &q, count_one, &seen, &total, &e), "%s", e.text);
    ck_assert_int_eq(seen, is_given);
    ck_assert_int_eq(total, is_given);
    return is_given;
}

static bool may_change(const char *who, const char *type, const char *id)
{
    struct access x = access_of(who);
    struct err no = {0};
    struct record *r = records_get(&w, type, id);
    return record_allows(&x, r->type, r, RECORD_CHANGE, NULL, &no);
}

START_TEST(a_folder_gives_what_lies_in_it_its_readers)
{
    start();
    const char *open = records_create(&w, "folder", "{\"name\":\"All\",\"owner\":\"P-0002\"}");
    const char *closed = records_create(&w, "folder", "{\"name\":\"HR\",\"owner\":\"P-0001\",\"access\":\"own\",\"changers\":[\"P-0002\"]}");
    const char *below = records_create(&w, "folder", arena_printf(w.arena, "{\"name\":\"Contracts\",\"owner\":\"P-0001\",\"parent\":\"%s\"}", closed).data);
    const char *staff = records_create(&w, "folder", "{\"name\":\"For everybody\",\"owner\":\"P-0001\",\"access\":\"own\",\"reader_roles\":[\"employee\",\"viewer\"]}");
    const char *in_open = records_create(&w, "document", arena_printf(w.arena, "{\"title\":\"a\",\"owner\":\"P-0001\",\"folder\":\"%s\"}", open).data);
    const char *in_below = records_create(&w, "document", arena_printf(w.arena, "{\"title\":\"b\",\"owner\":\"P-0001\",\"folder\":\"%s\"}", below).data);
    const char *in_staff = records_create(&w, "document", arena_printf(w.arena, "{\"title\":\"c\",\"owner\":\"P-0001\",\"folder\":\"%s\"}", staff).data);
    const char *at_top = records_create(&w, "document", "{\"title\":\"d\",\"owner\":\"P-0001\"}");
    const char *to_cid = records_create(&w, "document", arena_printf(w.arena, "{\"title\":\"e\",\"owner\":\"P-0003\",\"folder\":\"%s\"}", below).data);
    ck_assert(may_read("ann", "document", in_open) && may_read("bob", "document", in_open) && may_read("dee", "document", in_open));
    ck_assert(!may_read("cid", "document", in_open) && !may_read("cid", "document", at_top) && may_read("dee", "document", at_top));
    ck_assert(may_read("ann", "document", in_below) && may_read("bob", "document", in_below) && !may_read("dee", "document", in_below));
    ck_assert(!may_read("cid", "document", in_below) && may_read("cid", "document", to_cid) && may_read("adm", "document", in_below));
    ck_assert(may_read("cid", "document", in_staff) && may_read("dee", "document", in_staff) && !may_read("bob", "document", in_staff));
    ck_assert(!may_read("dee", "folder", closed) && !may_read("dee", "folder", below) && may_read("bob", "folder", below) && may_read("dee", "folder", open));
    ck_assert(may_change("bob", "document", in_below) && !may_change("dee", "document", in_staff) && !may_change("bob", "document", in_staff));
    ck_assert(!may_change("dee", "document", at_top) && may_change("bob", "document", at_top) && may_change("cid", "document", to_cid));
    records_release(&w);
}
END_TEST

START_TEST(nothing_is_put_where_one_may_not_change)
{
    start();
    const char *closed = records_create(&w, "folder", "{\"name\":\"HR\",\"owner\":\"P-0001\",\"access\":\"own\",\"readers\":[\"P-0002\"]}");
    struct record_change c = {.type = STR("document"), .act = RECORD_CREATE, .set = records_json(&w, arena_printf(w.arena, "{\"title\":\"x\",\"owner\":\"P-0002\",\"classification\":\"internal\",\"folder\":\"%s\"}", closed).data)};
    w.actor = "account:bob";
    ck_assert(!records_do(&w, &c, &e) && strstr(e.text, "put nothing into it"));
    account("eve", "P-0004", "[\"owner\"]");
    w.actor = "account:eve";
    ck_assert(!records_do(&w, &c, &e) && strstr(e.text, "there is no folder"));
    c.type = STR("folder");
    c.set = records_json(&w, arena_printf(w.arena, "{\"name\":\"y\",\"owner\":\"P-0004\",\"access\":\"inherit\",\"parent\":\"%s\"}", closed).data);
    ck_assert(!records_do(&w, &c, &e) && strstr(e.text, "there is no folder"));
    w.actor = "account:ann";
    e = (struct err){0};
    ck_assert_msg(records_do(&w, &c, &e), "%s", e.text);
    records_release(&w);
}
END_TEST

START_TEST(whoever_changed_a_document_does_not_approve_it)
{
    start();
    struct op_blob file;
    struct json *value;
    w.actor = "account:bob";
    ck_assert(record_seal_file(&env_system, w.arena, STR("a.txt"), "text/plain", STR("hello"), &file, &value, &e));
    struct json *set = records_json(&w, "{\"title\":\"Plan\",\"owner\":\"P-0002\",\"classification\":\"internal\"}");
    json_push(json_put_array(set, "file"), value);
    struct record_change c = {.type = STR("document"), .act = RECORD_CREATE, .set = set, .files = &file, .file_count = 1};
    e = (struct err){0};
    ck_assert_msg(records_do(&w, &c, &e), "%s", e.text);
    w.actor = "account:ann";
    w.step = "passkey";
    struct record_change more = {.type = STR("document"), .id = STR("DOC-0001"), .act = RECORD_CHANGE, .version = 1, .set = records_json(&w, "{\"description\":\"mine\"}")};
    e = (struct err){0};
    ck_assert_msg(records_do(&w, &more, &e), "%s", e.text);
    w.actor = "account:bob";
    struct record_change submit = {.type = STR("document"), .id = STR("DOC-0001"), .act = RECORD_MOVE, .version = 2, .transition = STR("submit")};
    e = (struct err){0};
    ck_assert_msg(records_do(&w, &submit, &e), "%s", e.text);
    struct record_change approve = {.type = STR("document"), .id = STR("DOC-0001"), .act = RECORD_MOVE, .version = 3, .transition = STR("approve")};
    w.actor = "account:ann";
    ck_assert(!records_do(&w, &approve, &e) && strstr(e.text, "somebody else"));
    account("fay", "P-0004", "[\"compliance_lead\"]");
    w.actor = "account:fay";
    e = (struct err){0};
    ck_assert_msg(records_do(&w, &approve, &e), "%s", e.text);
    ck_assert(str_is(records_get(&w, "document", "DOC-0001")->state, "approved"));
    records_release(&w);
}
END_TEST

TEST_MAIN("folder", a_folder_gives_what_lies_in_it_its_readers, nothing_is_put_where_one_may_not_change, whoever_changed_a_document_does_not_approve_it)
