#include "assess/documents.h"
#include "base/test.h"
#include "base/times.h"
#include "record/test_records.h"

static struct records w;
static struct err e;

static uint64_t seed;
static int64_t below(int64_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((seed >> 33) % (uint64_t)n);
}

static int64_t day(int year, int month, int d)
{
    return day_of_date((struct date){year, month, d});
}

START_TEST(a_period_ends_on_the_last_day_of_a_shorter_month)
{
    ck_assert_int_eq(retention_end(day(2024, 1, 31), 1, STR("months")), day(2024, 2, 29));
    ck_assert_int_eq(retention_end(day(2023, 1, 31), 1, STR("months")), day(2023, 2, 28));
    ck_assert_int_eq(retention_end(day(2024, 2, 29), 1, STR("years")), day(2025, 2, 28));
    ck_assert_int_eq(retention_end(day(2024, 2, 29), 4, STR("years")), day(2028, 2, 29));
    ck_assert_int_eq(retention_end(day(2024, 12, 31), 2, STR("months")), day(2025, 2, 28));
    ck_assert_int_eq(retention_end(day(2024, 12, 31), 90, STR("days")), day(2025, 3, 31));
    seed = 7;
    for (int i = 0; i < 5000; i++) { /* a longer period never ends earlier, nor a later beginning */
        int64_t from = day(2000, 1, 1) + below(20000), n = below(400);
        struct str unit = i % 3 == 0 ? STR("days") : i % 3 == 1 ? STR("months") : STR("years");
        ck_assert(retention_end(from, n, unit) >= from && retention_end(from, n + 1, unit) > retention_end(from, n, unit));
        ck_assert(retention_end(from + 1, n, unit) >= retention_end(from, n, unit));
    }
}
END_TEST

static bool move(const char *type, const char *id, const char *transition)
{
    struct record *r = records_get(&w, type, id);
    struct record_change c = {.type = str_of(type), .id = str_of(id), .act = RECORD_MOVE, .version = r->version, .transition = str_of(transition), .why = STR("so it is")};
    e = (struct err){0};
    return records_do(&w, &c, &e);
}

static const struct due_document *find(const struct due_document *d, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(d[i].id, id))
            return &d[i];
    return NULL;
}

static void account(const char *id, const char *roles)
{
    ck_assert(db_run(w.db, &e,
                     "insert into account(id, leaf, t, login, name, email, person, kind, state, valid_until, roles, first_leaf) values(?1, 0, 0, ?1, '', '', '', 'local', 'active', 0, ?2, 0)",
                     A(id), A(roles)));
}

enum { DOCUMENTS = 60, LABELS = 6, FOLDERS = 6, DAYS = 12 };

/* Documents, labels, folders and holds at random: what is held is never due, nothing is due before its day, and a hold that is released gives back the day. */
START_TEST(no_hold_is_ever_overruled_and_no_day_is_early)
{
    const char *documents[DOCUMENTS], *labels[LABELS], *folders[FOLDERS];
    records_init(&w);
    seed = 20261122;
    account("one", "[\"compliance_lead\"]");
    account("two", "[\"compliance_lead\"]");
    records_create(&w, "person", "{\"name\":\"Ann\"}");
    static const char *const units[] = {"days", "months", "years"}, *const triggers[] = {"created", "event", "event"};
    for (int i = 0; i < LABELS; i++) {
        w.actor = "account:one";
        labels[i] = records_create(&w, "retention_label", arena_printf(w.arena, "{\"name\":\"l%d\",\"basis\":\"law\",\"owner\":\"P-0001\",\"trigger\":\"%s\",\"period\":%d,\"unit\":\"%s\",\"action\":\"%s\"}", i, triggers[below(3)],
                                                                       (int)below(5), units[below(3)], i == 5 ? "review" : "dispose").data);
        w.actor = "account:two";
        ck_assert_msg(i == 4 || move("retention_label", labels[i], "enact"), "%s", e.text);
    }
    w.actor = "local:admin";
    for (int i = 0; i < FOLDERS; i++)
        folders[i] = records_create(&w, "folder", i && below(2) ? arena_printf(w.arena, "{\"name\":\"f\",\"owner\":\"P-0001\",\"parent\":\"%s\",\"label\":\"%s\"}", folders[below(i)], labels[below(LABELS)]).data
                                                                : "{\"name\":\"f\",\"owner\":\"P-0001\"}");
    for (int i = 0; i < DOCUMENTS; i++) {
        struct str event = below(3) ? arena_printf(w.arena, ",\"event_on\":\"%.*s\"", STR_ARGS(day_text(w.arena, below(3000)))) : STR("");
        struct str label = below(3) ? arena_printf(w.arena, ",\"label\":\"%s\"", labels[below(LABELS)]) : STR("");
        struct str folder = below(4) ? arena_printf(w.arena, ",\"folder\":\"%s\"", folders[below(FOLDERS)]) : STR("");
        documents[i] = records_create(&w, "document", arena_printf(w.arena, "{\"title\":\"paper %s\",\"owner\":\"P-0001\"%.*s%.*s%.*s}", i % 7 ? "x" : "lawsuit", STR_ARGS(event), STR_ARGS(label), STR_ARGS(folder)).data);
    }
    struct due_document *before, *during, *after;
    size_t n, m, k, held = 0, due = 0;
    for (int round = 0; round < DAYS; round++) {
        int64_t today = below(6000);
        ck_assert_msg(documents_due(w.db, w.arena, today, STR(""), true, &before, &n, &e), "%s", e.text);
        ck_assert_int_eq(n, DOCUMENTS);
        w.actor = "account:one";
        struct str covers = round % 4 == 0   ? arena_printf(w.arena, "\"documents\":[\"%s\",\"%s\"]", documents[below(30)], documents[30 + below(30)])
                            : round % 4 == 1 ? arena_printf(w.arena, "\"folders\":[\"%s\"]", folders[below(FOLDERS)])
                            : round % 4 == 2 ? STR("\"words\":\"lawsuit\"")
                                             : STR("\"everything\":true");
        const char *hold = records_create(&w, "legal_hold", arena_printf(w.arena, "{\"name\":\"case\",\"reason\":\"r\",\"custodian\":\"P-0001\",%.*s}", STR_ARGS(covers)).data);
        ck_assert_msg(documents_due(w.db, w.arena, today, STR(""), true, &during, &m, &e), "%s", e.text);
        for (size_t i = 0; i < m; i++) {
            const struct due_document *d = &during[i], *b = find(before, n, arena_str(w.arena, d->id).data);
            ck_assert_int_eq(d->end_day, b->end_day);
            ck_assert(!(d->held_by.size && (d->fate == FATE_DUE || d->fate == FATE_REVIEW)));
            ck_assert(d->fate <= FATE_LATER || today > d->end_day);
            ck_assert(d->held_by.size || d->fate == b->fate);
            held += d->held_by.size > 0;
            due += b->fate == FATE_DUE;
        }
        w.actor = "account:one";
        ck_assert(!move("legal_hold", hold, "release")); /* who placed it does not release it */
        w.actor = "account:two";
        w.step = "passkey";
        ck_assert_msg(move("legal_hold", hold, "release"), "%s", e.text);
        w.step = NULL;
        ck_assert(documents_due(w.db, w.arena, today, STR(""), true, &after, &k, &e));
        for (size_t i = 0; i < k; i++)
            ck_assert(str_equal(after[i].id, before[i].id) && after[i].end_day == before[i].end_day && after[i].fate == before[i].fate);
    }
    ck_assert(held > 0 && due > 0);
    ck_assert(find(during, m, documents[0]) != NULL);
    records_release(&w);
}
END_TEST

START_TEST(a_label_of_the_folder_counts_where_the_document_has_none)
{
    struct due_document *d;
    size_t n;
    records_init(&w);
    e = (struct err){0};
    account("two", "[\"compliance_lead\"]");
    records_create(&w, "person", "{\"name\":\"Ann\"}");
    const char *label = records_create(&w, "retention_label", "{\"name\":\"Contracts\",\"basis\":\"law\",\"owner\":\"P-0001\",\"trigger\":\"event\",\"event\":\"end of the contract\",\"period\":10,\"unit\":\"years\"}");
    const char *top = records_create(&w, "folder", arena_printf(w.arena, "{\"name\":\"Contracts\",\"owner\":\"P-0001\",\"label\":\"%s\"}", label).data);
    const char *under = records_create(&w, "folder", arena_printf(w.arena, "{\"name\":\"2016\",\"owner\":\"P-0001\",\"parent\":\"%s\"}", top).data);
    records_create(&w, "document", arena_printf(w.arena, "{\"title\":\"a\",\"owner\":\"P-0001\",\"folder\":\"%s\",\"event_on\":\"2016-02-29\"}", under).data);
    ck_assert(documents_due(w.db, w.arena, day(2030, 1, 1), STR(""), true, &d, &n, &e) && n == 1);
    ck_assert(d[0].fate == FATE_KEPT && strstr(d[0].why.data, "not in force"));
    w.actor = "account:two";
    ck_assert_msg(move("retention_label", label, "enact"), "%s", e.text);
    ck_assert(documents_due(w.db, w.arena, day(2026, 2, 28), STR(""), true, &d, &n, &e) && d[0].fate == FATE_LATER);
    ck_assert(documents_due(w.db, w.arena, day(2026, 3, 1), STR("[\"DOC-0001\"]"), false, &d, &n, &e) && n == 1 && d[0].fate == FATE_DUE && d[0].end_day == day(2026, 2, 28));
    records_release(&w);
}
END_TEST

/* What the schedule asks to erase is taken for documents of an approved disposition alone; what a person at the machine asks for goes on to the other checks. */
START_TEST(the_program_itself_destroys_what_two_people_approved_and_nothing_else)
{
    struct err why = {0};
    struct leaf_drafts drafts;
    records_init(&w);
    records_create(&w, "person", "{\"name\":\"Ann\",\"kind\":\"employee\"}");
    records_create(&w, "document", "{\"title\":\"Contract\",\"owner\":\"P-0001\"}");
    ck_assert(db_run(w.db, &e, "insert into record_file(type, id, field, place, name, media, size, digest, leaf, c, x, from_leaf) values('document', 'DOC-0001', 'file', 0, 'a', 'text/plain', 1, 'd', 1, 'cc', 'xx', 1)"));
    struct op op = {.kind = "erase", .actor = STR("system:schedule"),
                    .body = records_json(&w, "{\"list\":[{\"erase\":{\"tgt\":1,\"lh\":\"00\",\"c\":\"cc\",\"x\":\"xx\",\"also\":[],\"basis\":\"retention\",\"req\":1,\"hor\":0},\"sig\":\"\"}]}")};
    ck_assert(!document_erase_make(w.db, NULL, w.arena, &op, &drafts, &why) && why.code == ERR_DENIED);
    ck_assert_msg(strstr(why.text, "nobody has approved"), "%s", why.text);
    records_create(&w, "disposition", "{\"name\":\"Due\",\"documents\":[\"DOC-0001\"],\"owner\":\"P-0001\"}");
    why = (struct err){0};
    ck_assert(!document_erase_make(w.db, NULL, w.arena, &op, &drafts, &why) && strstr(why.text, "nobody has approved")); /* proposed alone */
    ck_assert(db_run(w.db, &e, "update dispositions_versions set state = 'approved'"));
    why = (struct err){0};
    ck_assert(!document_erase_make(w.db, NULL, w.arena, &op, &drafts, &why) && !strstr(why.text, "approved")); /* refused by what comes after: there is no such leaf here */
    op.body = records_json(&w, "{\"list\":[{\"erase\":{\"tgt\":77,\"x\":\"yy\"}}]}");
    why = (struct err){0};
    ck_assert(!document_erase_make(w.db, NULL, w.arena, &op, &drafts, &why) && strstr(why.text, "nothing else"));
    records_release(&w);
}
END_TEST

TEST_MAIN("documents", a_period_ends_on_the_last_day_of_a_shorter_month, no_hold_is_ever_overruled_and_no_day_is_early, a_label_of_the_folder_counts_where_the_document_has_none,
          the_program_itself_destroys_what_two_people_approved_and_nothing_else)
