#include "base/test.h"
#include "base/times.h"
#include "record/test_records.h"

static struct records w;
static struct err e;

static void start(void)
{
    records_init(&w);
    e = (struct err){0};
}

static void account(const char *id, const char *person, const char *roles)
{
    struct err failed = {0};
    ck_assert_msg(db_run(w.db, &failed,
                         "insert into account(id, leaf, t, login, name, email, person, kind, state, valid_until, roles, first_leaf) values(?1, 0, 0, ?1, '', '', ?2, "
                         "'local', 'active', 0, ?3, 0)",
                         A(id), A(person), A(roles)),
                  "%s", failed.text);
}

static bool change(const char *type, const char *id, int64_t version, const char *set)
{
    struct record_change c = {.type = str_of(type), .id = str_of(id), .act = RECORD_CHANGE, .version = version, .set = records_json(&w, set)};
    e = (struct err){0};
    return records_do(&w, &c, &e);
}

static bool move(const char *type, const char *id, int64_t version, const char *transition, const char *why)
{
    struct record_change c = {.type = str_of(type), .id = str_of(id), .act = RECORD_MOVE, .version = version, .transition = str_of(transition), .why = str_of(why)};
    e = (struct err){0};
    return records_do(&w, &c, &e);
}

static const char *gap(const char *title)
{
    return records_create(&w, "gap", arena_printf(w.arena, "{\"title\":\"%s\",\"kind\":\"missing\"}", title).data);
}

START_TEST(a_record_is_made_changed_and_read_back)
{
    start();
    const char *ann = records_create(&w, "person", "{\"name\":\"Ann\",\"email\":\"ann@example.org\"}");
    ck_assert_str_eq(ann, "P-0001");
    const char *id = records_create(&w, "gap", "{\"title\":\"No reviews\",\"kind\":\"missing\",\"owner\":\"P-0001\",\"controls\":[\"AC-06\",\"AC-01\"],\"due_on\":\"2026-12-01\"}");
    ck_assert_str_eq(id, "GAP-0001");
    struct record *g = records_get(&w, "gap", id);
    ck_assert_str_eq(record_title(g).data, "No reviews");
    ck_assert(str_is(g->state, "open") && g->version == 1);
    ck_assert(str_is(json_at(json_get(g->values, "controls"), 1)->text, "AC-01"));
    ck_assert(str_is(json_text(g->values, "severity"), "medium"));
    ck_assert_msg(change("gap", id, 1, "{\"impact\":3,\"controls\":[\"AC-01\"]}"), "%s", e.text);
    g = records_get(&w, "gap", id);
    ck_assert(g->version == 2 && json_get(g->values, "controls")->count == 1 && json_int(g->values, "impact", 0) == 3);
    struct record *old = record_get(w.db, w.arena, g->type, str_of(id), 1, &e);
    ck_assert(old && json_get(old->values, "controls")->count == 2);
    struct json *history = record_history(w.db, w.arena, g->type, str_of(id), INT64_MAX, &e);
    ck_assert(history && history->count == 2 && json_path(history, "0.diff")->count == 2);
    ck_assert(!change("gap", id, 1, "{\"impact\":1}") && e.code == ERR_CONFLICT);
    ck_assert_msg(strstr(e.text, "somebody else changed it: version 2, not 1"), "%s", e.text);
    records_release(&w);
}
END_TEST

START_TEST(what_does_not_fit_is_refused_by_field)
{
    static const char *const bad[][2] = {{"{\"title\":\"x\",\"kind\":\"nothing\"}", "kind: is one of"},
                                         {"{\"title\":7,\"kind\":\"missing\"}", "title: has to be a text"},
                                         {"{\"title\":\"a\\nb\",\"kind\":\"missing\"}", "title: has to be one line"},
                                         {"{\"kind\":\"missing\"}", "title: is required"},
                                         {"{\"title\":\"x\",\"kind\":\"missing\",\"impact\":4}", "impact: has to be from 1 to 3"},
                                         {"{\"title\":\"x\",\"kind\":\"missing\",\"impact\":\"2\"}", "impact: is no whole number"},
                                         {"{\"title\":\"x\",\"kind\":\"missing\",\"owner\":\"P-0009\"}", "owner: there is no person P-0009"},
                                         {"{\"title\":\"x\",\"kind\":\"missing\",\"due_on\":\"2026-02-30\"}", "due_on: is no date"},
                                         {"{\"title\":\"x\",\"kind\":\"missing\",\"severity\":\"low\"}", "severity: is computed"},
                                         {"{\"title\":\"x\",\"kind\":\"missing\",\"nonsense\":1}", "nonsense: there is no such field"},
                                         {"{\"title\":\"x\",\"kind\":\"missing\",\"controls\":[\"XX-99\"]}", "controls: there is no control XX-99"},
                                         {"{\"title\":\"x\",\"kind\":\"missing\",\"controls\":[\"AC-01\",\"AC-01\"]}", "controls: names something twice"}};
    start();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct access x = records_access(&w);
        struct json *set = records_json(&w, bad[i][0]);
        record_defaults(records_type(&w, "gap"), set, &x, w.t);
        struct record_change c = {.type = STR("gap"), .act = RECORD_CREATE, .set = set};
        e = (struct err){0};
        ck_assert_msg(!records_do(&w, &c, &e), "%s", bad[i][0]);
        ck_assert_msg(e.code == ERR_INVALID && strstr(e.text, bad[i][1]), "%s: %s", bad[i][0], e.text);
    }
    ck_assert_int_eq(w.next, 0);
    records_create(&w, "person", "{\"name\":\"Ann\",\"email\":\"ann@example.org\"}");
    struct record_change twice = {.type = STR("person"), .act = RECORD_CREATE, .set = records_json(&w, "{\"name\":\"B\",\"kind\":\"employee\",\"email\":\"ann@example.org\"}")};
    ck_assert(!records_do(&w, &twice, &e) && strstr(e.text, "email: P-0001 has this one already"));
    records_release(&w);
}
END_TEST

START_TEST(steps_are_guarded)
{
    start();
    account("aa", "P-0001", "[\"owner\"]");
    account("bb", "P-0002", "[\"compliance_lead\"]");
    account("cc", "P-0002", "[\"employee\"]");
    records_create(&w, "person", "{\"name\":\"Ann\"}");
    records_create(&w, "person", "{\"name\":\"Bob\"}");
    w.actor = "account:aa";
    const char *id = gap("One");
    ck_assert(!move("gap", id, 1, "plan", "") && strstr(e.text, "owner"));
    w.actor = "local:admin";
    ck_assert_msg(change("gap", id, 1, "{\"owner\":\"P-0001\",\"due_on\":\"2026-12-01\",\"plan\":\"do it\"}"), "%s", e.text);
    w.actor = "account:cc";
    ck_assert(!move("gap", id, 2, "plan", "") && e.code == ERR_NOT_FOUND); /* may not even see it */
    w.actor = "account:aa"; /* @owner */
    ck_assert_msg(move("gap", id, 2, "plan", ""), "%s", e.text);
    ck_assert(!move("gap", id, 3, "plan", "") && e.code == ERR_CONFLICT);
    ck_assert(!move("gap", id, 3, "accept", "because") && e.code == ERR_DENIED);
    w.actor = "account:bb";
    ck_assert(!move("gap", id, 3, "accept", "") && strstr(e.text, "needs a reason"));
    ck_assert(!move("gap", id, 3, "accept", "because") && strstr(e.text, "step_up_required"));
    w.step = "password";
    ck_assert_str_eq(w.leaves[w.next - 1].type, "record");
    ck_assert_msg(move("gap", id, 3, "accept", "because"), "%s", e.text);
    ck_assert_str_eq(w.leaves[w.next - 1].type, "decision");
    ck_assert(!change("gap", id, 4, "{\"plan\":\"other\"}") && strstr(e.text, "nothing changes while"));
    const char *own = gap("Two");
    ck_assert(!move("gap", own, 1, "accept", "because") && strstr(e.text, "takes somebody else than author"));
    w.actor = "account:zz";
    ck_assert(!change("gap", own, 1, "{\"plan\":\"x\"}"));
    records_release(&w);
}
END_TEST

static const struct test_leaf *last_leaf(void)
{
    return &w.leaves[w.next - 1];
}

START_TEST(what_is_in_scope_is_decided_by_leaves_of_their_own_type)
{
    start();
    w.actor = "local:admin";
    const char *in = records_create(&w, "boundary_item", "{\"name\":\"API\",\"kind\":\"software\",\"is_in\":true,\"reason\":\"It is the service.\"}");
    const char *out = records_create(&w, "boundary_item", "{\"name\":\"Offices\",\"kind\":\"location\",\"is_in\":false,\"reason\":\"Empty.\"}");
    ck_assert_str_eq(last_leaf()->type, "record");
    w.actor = "system:test";
    ck_assert_msg(move("boundary_item", in, 1, "approve", ""), "%s", e.text);
    ck_assert_str_eq(last_leaf()->type, "scope");
    ck_assert(strstr(last_leaf()->text.data, "\"scope\":{\"act\":\"in\",\"id\":\"BND-0001\",\"kind\":\"software\"}"));
    ck_assert_msg(move("boundary_item", out, 1, "approve", ""), "%s", e.text);
    ck_assert(strstr(last_leaf()->text.data, "\"scope\":{\"act\":\"out\",\"id\":\"BND-0002\",\"kind\":\"location\"}"));
    ck_assert_msg(move("boundary_item", out, 2, "reopen", "again"), "%s", e.text);
    ck_assert_str_eq(last_leaf()->type, "record");
    ck_assert_msg(move("boundary_item", in, 2, "remove", "gone"), "%s", e.text);
    ck_assert_str_eq(last_leaf()->type, "scope");
    ck_assert(strstr(last_leaf()->text.data, "\"scope\":{\"act\":\"out\",\"id\":\"BND-0001\",\"kind\":\"software\"}"));
    ck_assert(strstr(last_leaf()->text.data, "\"k\":\"record.change\""));
    records_release(&w);
}
END_TEST

/* Every way in which one person could be two, or decide on words of their own. */
START_TEST(who_decides_is_another_person_than_whose_words_they_are)
{
    start();
    records_create(&w, "person", "{\"name\":\"Ann\"}");
    records_create(&w, "person", "{\"name\":\"Bob\"}");
    account("a1", "P-0001", "[\"compliance_lead\"]");
    account("a2", "P-0001", "[\"administrator\"]");
    account("bb", "P-0002", "[\"compliance_lead\"]");
    w.step = "password";
    const char *evidence = "{\"title\":\"x\",\"period_from\":\"2026-01-01\",\"period_to\":\"2026-02-01\"}";
    w.actor = "account:a1";
    const char *own = records_create(&w, "evidence", evidence);
    w.actor = "account:a2";
    ck_assert(!move("evidence", own, 1, "accept", "") && strstr(e.text, "somebody else than author"));
    w.actor = "account:bb";
    const char *theirs = records_create(&w, "evidence", evidence);
    w.actor = "account:a1";
    ck_assert_msg(change("evidence", theirs, 1, "{\"reviewer\":\"P-0001\"}"), "%s", e.text);
    struct record_change swapped = {.type = STR("evidence"), .id = str_of(theirs), .act = RECORD_MOVE, .version = 2, .transition = STR("accept"),
                                    .set = records_json(&w, "{\"title\":\"another\"}")};
    ck_assert(!records_do(&w, &swapped, &e) && strstr(e.text, "title: \"Accept\" takes it as it is"));
    ck_assert_msg(change("evidence", theirs, 2, "{\"title\":\"another\"}"), "%s", e.text);
    ck_assert(!move("evidence", theirs, 3, "accept", "") && strstr(e.text, "somebody else than who changed it last"));
    w.actor = "account:a2";
    ck_assert(!move("evidence", theirs, 3, "accept", "") && strstr(e.text, "who changed it last"));
    w.actor = "account:bb";
    ck_assert(!move("evidence", theirs, 3, "accept", "") && strstr(e.text, "than author"));
    ck_assert_msg(change("evidence", theirs, 3, "{\"title\":\"x again\"}"), "%s", e.text);
    w.actor = "account:a1";
    ck_assert_msg(move("evidence", theirs, 4, "accept", ""), "%s", e.text);
    ck_assert_msg(move("evidence", theirs, 5, "reject", "on second thought"), "%s", e.text);
    /* Somebody who could not have accepted it does not do so by taking the rejection back. */
    w.actor = "account:bb";
    ck_assert(db_run(w.db, &e, "update account set roles='[\"administrator\"]' where id='bb'"));
    struct record_change undo = {.type = STR("evidence"), .id = str_of(theirs), .act = RECORD_UNDO, .version = 6};
    ck_assert(!records_do(&w, &undo, &e) && strstr(e.text, "undoing is no way around that"));
    records_release(&w);
}
END_TEST

START_TEST(an_undo_brings_the_version_before_back)
{
    start();
    const char *id = records_create(&w, "gap", "{\"title\":\"One\",\"kind\":\"missing\",\"controls\":[\"AC-06\"]}");
    ck_assert_msg(change("gap", id, 1, "{\"title\":\"Two\",\"controls\":[]}"), "%s", e.text);
    struct record_change undo = {.type = STR("gap"), .id = str_of(id), .act = RECORD_UNDO, .version = 2};
    ck_assert_msg(records_do(&w, &undo, &e), "%s", e.text);
    struct record *g = records_get(&w, "gap", id);
    ck_assert(g->version == 3 && str_is(record_title(g), "One") && json_get(g->values, "controls")->count == 1);
    undo.version = 1;
    ck_assert(!records_do(&w, &undo, &e) && e.code == ERR_CONFLICT);
    struct json *history = record_history(w.db, w.arena, g->type, str_of(id), INT64_MAX, &e);
    ck_assert(json_path(history, "0.diff")->count == 2);
    records_release(&w);
}
END_TEST

static bool collect(void *context, const struct record *record, struct err *failed)
{
    (void)failed;
    buf_printf(context, "%.*s ", STR_ARGS(record->id));
    return true;
}

static const char *list_of(const char *where, const char *sort, const char *q, int64_t limit)
{
    struct access x = records_access(&w);
    struct record_query query = {.where = str_of(where), .sort = str_of(sort), .q = str_of(q), .leaf_limit = limit, .access = &x, .now_ms = 0, .per_page = 100};
    struct buf b;
    int64_t total = -1;
    buf_init(&b, 1 << 16);
    e = (struct err){0};
    if (!record_list(w.db, w.arena, records_type(&w, "gap"), &query, collect, &b, &total, &e)) {
        buf_release(&b);
        return e.text;
    }
    buf_printf(&b, "of %lld", (long long)total);
    const char *text = arena_str(w.arena, buf_view(&b)).data;
    buf_release(&b);
    return text;
}

START_TEST(lists_are_filtered_sorted_searched_and_of_the_past)
{
    start();
    records_create(&w, "person", "{\"name\":\"Ann\"}");
    account("aa", "P-0001", "[\"owner\"]");
    records_create(&w, "gap", "{\"title\":\"Break glass account\",\"kind\":\"missing\",\"impact\":3,\"owner\":\"P-0001\",\"due_on\":\"2026-12-01\",\"controls\":[\"AC-06\"]}");
    records_create(&w, "gap", "{\"title\":\"Backups untested\",\"kind\":\"operation\",\"impact\":1,\"due_on\":\"2026-11-01\"}");
    records_create(&w, "gap", "{\"title\":\"Zürich office\",\"kind\":\"design\",\"impact\":2,\"plan\":\"see the glass door\"}");
    ck_assert_str_eq(list_of("", "id", "", INT64_MAX), "GAP-0001 GAP-0002 GAP-0003 of 3");
    ck_assert_str_eq(list_of("", "-impact", "", INT64_MAX), "GAP-0001 GAP-0003 GAP-0002 of 3");
    ck_assert_str_eq(list_of("kind=missing,design", "id", "", INT64_MAX), "GAP-0001 GAP-0003 of 2");
    ck_assert_str_eq(list_of("due_on<2026-11-15", "id", "", INT64_MAX), "GAP-0002 of 1");
    ck_assert_str_eq(list_of("due_on=none", "id", "", INT64_MAX), "GAP-0003 of 1");
    ck_assert_str_eq(list_of("controls=AC-06", "id", "", INT64_MAX), "GAP-0001 of 1");
    ck_assert_str_eq(list_of("controls=none state=open", "id", "", INT64_MAX), "GAP-0002 GAP-0003 of 2");
    ck_assert_str_eq(list_of("title~\"break glass\"", "id", "", INT64_MAX), "GAP-0001 of 1");
    ck_assert_str_eq(list_of("severity=medium,high", "id", "", INT64_MAX), "GAP-0001 GAP-0003 of 2");
    ck_assert_str_eq(list_of("", "id", "glass", INT64_MAX), "GAP-0001 GAP-0003 of 2");
    ck_assert_str_eq(list_of("", "id", "zuri", INT64_MAX), "GAP-0003 of 1");
    ck_assert_str_eq(list_of("", "id", "\" OR * ' --", INT64_MAX), "of 0");
    ck_assert_str_eq(list_of("", "id", "", 1), "GAP-0001 of 1");
    w.actor = "account:aa";
    ck_assert_str_eq(list_of("owner=me", "id", "", INT64_MAX), "GAP-0001 of 1");
    w.actor = "account:nobody";
    ck_assert_str_eq(list_of("", "id", "", INT64_MAX), "of 0");
    w.actor = "local:admin";
    static const char *const bad[] = {"nonsense=1", "title", "title=", "title=\"x", "impact=abc", "due_on=soon", "controls<AC-06", "title=a,b)c\"", "impact~3", "a'b=1",
                                      "due_on=today+9999999999d", "impact=1;drop"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(strstr(list_of(bad[i], "id", "", INT64_MAX), "filter: "), "%s", bad[i]);
    records_release(&w);
}
END_TEST

START_TEST(an_erased_change_leaves_a_version_without_what_it_set)
{
    start();
    const char *id = records_create(&w, "gap", "{\"title\":\"Secret\",\"kind\":\"missing\"}");
    change("gap", id, 1, "{\"impact\":3}");
    change("gap", id, 2, "{\"title\":\"Open\"}");
    w.leaves[0].is_erased = true;
    struct db *db = records_replay(&w, w.next);
    ck_assert(strstr(records_dump(&w, db).data, "Secret") == NULL);
    struct record *g = record_get(db, w.arena, records_type(&w, "gap"), str_of(id), INT64_MAX, &e);
    ck_assert(g && g->version == 3 && str_is(record_title(g), "Open") && json_int(g->values, "impact", 0) == 3 && !json_get(g->values, "kind"));
    struct json *history = record_history(db, w.arena, g->type, str_of(id), INT64_MAX, &e);
    ck_assert(json_bool(json_at(history, 2), "erased") && str_starts(json_text(json_at(history, 2), "actor"), "s:"));
    db_close(db);
    records_release(&w);
}
END_TEST

START_TEST(many_changes_are_one_operation_or_none)
{
    start();
    enum { MANY = 500 };
    struct record_change changes[MANY];
    for (int i = 0; i < MANY; i++)
        changes[i] = (struct record_change){.type = STR("person"),
                                            .act = RECORD_CREATE,
                                            .set = records_json(&w, arena_printf(w.arena, "{\"name\":\"N%d\",\"kind\":\"employee\",\"email\":\"n%d@x.org\"}", i, i).data)};
    ck_assert_msg(records_do_all(&w, changes, MANY, &e), "%s", e.text);
    ck_assert(records_get(&w, "person", "P-0500"));
    ck_assert_int_eq(db_one_int(w.db, &e, 0, "select count(*) from people"), MANY);
    changes[0].set = records_json(&w, "{\"name\":\"new\",\"kind\":\"employee\"}");
    ck_assert(!records_do_all(&w, changes, MANY, &e)); /* the others' addresses are taken */
    ck_assert_int_eq(db_one_int(w.db, &e, 0, "select count(*) from people"), MANY);
    struct record_change same[] = {{.type = STR("person"), .id = STR("P-0001"), .act = RECORD_CHANGE, .version = 1, .set = records_json(&w, "{\"name\":\"a\"}")},
                                   {.type = STR("person"), .id = STR("P-0001"), .act = RECORD_CHANGE, .version = 1, .set = records_json(&w, "{\"name\":\"b\"}")}};
    ck_assert(!records_do_all(&w, same, 2, &e) && strstr(e.text, "changes twice in one operation"));
    records_release(&w);
}
END_TEST

TEST_MAIN("record", a_record_is_made_changed_and_read_back, what_does_not_fit_is_refused_by_field, steps_are_guarded, what_is_in_scope_is_decided_by_leaves_of_their_own_type, who_decides_is_another_person_than_whose_words_they_are, an_undo_brings_the_version_before_back,
          lists_are_filtered_sorted_searched_and_of_the_past, an_erased_change_leaves_a_version_without_what_it_set, many_changes_are_one_operation_or_none)
