/* Two sides in an engagement: what an auditor sees is in one table, and neither side edits what the other wrote, whoever asks the keeper and however. */
#include "base/test.h"
#include "record/examine.h"
#include "record/test_records.h"

static struct records w;
static struct err e;

static void account(const char *id, const char *role, const char *person)
{
    char roles[80];
    struct err failed = {0};
    snprintf(roles, sizeof(roles), "[\"%s\"]", role);
    ck_assert_msg(db_run(w.db, &failed, "insert into account(id, leaf, t, login, name, email, person, kind, state, valid_until, roles, first_leaf, link) values(?1, 0, 0, ?1, ?1, '', ?2, 'local', "
                                        "'active', 0, ?3, 0, '')",
                         A(id), A(person), A(roles)) &&
                      db_run(w.db, &failed, "insert into account_role(account, role) values(?1, ?2)", A(id), A(role)),
                  "%s", failed.text);
}

static void setup(void)
{
    records_init(&w);
    e = (struct err){0};
    records_create(&w, "person", "{\"name\":\"Audrey\",\"kind\":\"auditor\"}");
    records_create(&w, "person", "{\"name\":\"Otto\",\"kind\":\"auditor\"}");
    records_create(&w, "person", "{\"name\":\"Lea\",\"kind\":\"employee\"}");
    account("audrey", "auditor", "P-0001");
    account("otto", "auditor", "P-0002");
    account("lea", "compliance_lead", "P-0003");
    records_create(&w, "engagement", "{\"title\":\"Mine\",\"kind\":\"type2\",\"categories\":[\"security\"],\"auditors\":[\"P-0001\"],\"window_from\":\"2026-01-01\",\"window_to\":\"2026-12-31\"}");
    records_create(&w, "engagement", "{\"title\":\"Another\",\"kind\":\"type2\",\"categories\":[\"security\"],\"auditors\":[\"P-0002\"],\"window_from\":\"2027-01-01\",\"window_to\":\"2027-12-31\"}");
    records_create(&w, "audit_request", "{\"title\":\"Of the list\",\"engagement\":\"ENG-0001\",\"kind\":\"document\",\"owner\":\"P-0003\"}");
}

static void teardown(void)
{
    records_release(&w);
}

static bool act_as(const char *actor, enum record_act act, const char *type, const char *id, int64_t version, const char *transition, const char *set)
{
    struct record_change c = {.type = str_of(type), .id = str_of(id), .act = act, .version = version, .transition = str_of(transition), .set = records_json(&w, set), .why = STR("because")};
    w.actor = actor;
    e = (struct err){0};
    bool ok = records_do_all(&w, &c, 1, &e);
    w.actor = "local:admin";
    return ok;
}

static int64_t version_of(const char *type, const char *id)
{
    struct err failed = {0};
    const struct record_type *t = record_type_in_force(w.db, str_of(type), &failed);
    struct record *r = t ? record_get(w.db, w.arena, t, str_of(id), INT64_MAX, &failed) : NULL;
    ck_assert_msg(r != NULL, "%s %s: %s", type, id, failed.text);
    return r->version;
}

static bool sees(const char *actor, const char *type, const char *id)
{
    struct access x;
    struct err failed = {0};
    const struct record_type *t = record_type_in_force(w.db, str_of(type), &failed);
    struct record *r = t ? record_get(w.db, w.arena, t, str_of(id), INT64_MAX, &failed) : NULL;
    ck_assert_msg(r && access_read(w.db, w.arena, str_of(actor), w.t, &x, &failed), "%s", failed.text);
    bool is_seen = access_matches(&x, &t->may_read, r);
    x.is_own_only = true; /* as the web has it for whoever may not read all */
    if (x.examined)
        ck_assert_int_eq(access_matches(&x, &t->may_read, r), is_seen);
    return is_seen;
}

#define AUDREY "account:audrey"
#define OTTO "account:otto"
#define LEA "account:lea"

START_TEST(an_auditor_sees_what_the_table_says_and_only_of_their_engagement)
{
    ck_assert(sees(AUDREY, "engagement", "ENG-0001") && !sees(AUDREY, "engagement", "ENG-0002"));
    ck_assert(sees(AUDREY, "audit_request", "REQ-0001") && !sees(OTTO, "audit_request", "REQ-0001"));
    ck_assert(sees(LEA, "engagement", "ENG-0002") && sees(LEA, "audit_request", "REQ-0001"));
    ck_assert(!sees(AUDREY, "person", "P-0003") && !sees(AUDREY, "person", "P-0001"));
    records_create(&w, "gap", "{\"title\":\"Ours\",\"kind\":\"operation\"}");
    ck_assert(!sees(AUDREY, "gap", "GAP-0001"));
    records_create(&w, "milestone", "{\"title\":\"Day\",\"engagement\":\"ENG-0002\",\"planned_on\":\"2027-01-01\"}");
    ck_assert(!sees(AUDREY, "milestone", "MS-0001") && sees(OTTO, "milestone", "MS-0001"));
}
END_TEST

START_TEST(evidence_is_seen_from_when_it_was_handed_in)
{
    records_create(&w, "evidence", "{\"title\":\"Review\",\"period_from\":\"2026-01-01\",\"period_to\":\"2026-03-31\"}");
    ck_assert(!sees(AUDREY, "evidence", "EV-0001"));
    ck_assert_msg(act_as(LEA, RECORD_CHANGE, "audit_request", "REQ-0001", 1, "", "{\"evidence\":[\"EV-0001\"]}"), "%s", e.text);
    ck_assert_msg(!sees(AUDREY, "evidence", "EV-0001"), "named, and not handed in");
    ck_assert_msg(act_as(LEA, RECORD_MOVE, "audit_request", "REQ-0001", 2, "submit", "{}"), "%s", e.text);
    ck_assert(sees(AUDREY, "evidence", "EV-0001") && !sees(OTTO, "evidence", "EV-0001"));
    ck_assert_msg(act_as(AUDREY, RECORD_MOVE, "audit_request", "REQ-0001", 3, "return", "{}"), "%s", e.text);
    ck_assert_msg(sees(AUDREY, "evidence", "EV-0001"), "what was sent back was seen");
    records_create(&w, "evidence", "{\"title\":\"Draft\",\"period_from\":\"2026-04-01\",\"period_to\":\"2026-06-30\"}");
    ck_assert_msg(act_as(LEA, RECORD_CHANGE, "audit_request", "REQ-0001", 4, "", "{\"evidence\":[\"EV-0001\",\"EV-0002\"]}"), "%s", e.text);
    ck_assert_msg(!sees(AUDREY, "evidence", "EV-0002"), "being prepared");
}
END_TEST

START_TEST(management_alone_answers_and_the_auditor_alone_takes_and_sends_back)
{
    static const char *const answers[] = {"{\"answer\":\"x\"}", "{\"owner\":\"P-0001\"}", "{\"files\":[]}", "{\"evidence\":[]}", "{\"policy_versions\":[]}"};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        ck_assert_msg(!act_as(AUDREY, RECORD_CHANGE, "audit_request", "REQ-0001", 1, "", answers[i]), "%s", answers[i]);
    ck_assert(!act_as(AUDREY, RECORD_MOVE, "audit_request", "REQ-0001", 1, "submit", "{\"answer\":\"x\"}"));
    ck_assert_msg(act_as(LEA, RECORD_MOVE, "audit_request", "REQ-0001", 1, "submit", "{\"answer\":\"Here it is\"}"), "%s", e.text);
    static const char *const steps[] = {"accept", "return", "withdraw"};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_msg(!act_as(LEA, RECORD_MOVE, "audit_request", "REQ-0001", 2, steps[i], "{}") && e.code == ERR_DENIED, "%s: %s", steps[i], e.text);
        ck_assert_msg(!act_as("local:admin", RECORD_MOVE, "audit_request", "REQ-0001", 2, steps[i], "{}"), "%s", steps[i]);
        ck_assert_msg(!act_as(OTTO, RECORD_MOVE, "audit_request", "REQ-0001", 2, steps[i], "{}"), "%s", steps[i]);
    }
    ck_assert_msg(act_as(AUDREY, RECORD_MOVE, "audit_request", "REQ-0001", 2, "accept", "{}"), "%s", e.text);
}
END_TEST

START_TEST(what_the_auditor_wrote_of_a_request_stays_whoever_made_it)
{
    ck_assert_msg(act_as(LEA, RECORD_CHANGE, "audit_request", "REQ-0001", 1, "", "{\"title\":\"Of the list, for the auditor\"}"), "%s", e.text);
    ck_assert_msg(act_as(AUDREY, RECORD_CHANGE, "audit_request", "REQ-0001", 2, "", "{\"title\":\"The auditor's words\",\"firm_id\":\"A-1\"}"), "%s", e.text);
    ck_assert(!act_as(LEA, RECORD_CHANGE, "audit_request", "REQ-0001", 3, "", "{\"title\":\"Ours again\"}"));
    ck_assert_msg(strstr(e.text, "auditor wrote this"), "%s", e.text);
    ck_assert(!act_as("local:admin", RECORD_CHANGE, "audit_request", "REQ-0001", 3, "", "{\"firm_id\":\"B-2\"}"));
    ck_assert_msg(!act_as(LEA, RECORD_UNDO, "audit_request", "REQ-0001", 3, "", "{}"), "undoing is no way around it");
    ck_assert_msg(act_as(LEA, RECORD_CHANGE, "audit_request", "REQ-0001", 3, "", "{\"answer\":\"Soon\"}"), "%s", e.text);
    ck_assert_msg(!act_as(AUDREY, RECORD_UNDO, "audit_request", "REQ-0001", 4, "", "{}"), "nor for the auditor");
}
END_TEST

START_TEST(a_comment_is_of_its_side_and_its_engagement_and_is_never_edited)
{
#define SAID(engagement, side) "{\"title\":\"x\",\"text\":\"x\",\"engagement\":\"" engagement "\",\"request\":\"REQ-0001\",\"side\":\"" side "\"}"
    ck_assert(!act_as(AUDREY, RECORD_CREATE, "audit_comment", "", 0, "", SAID("ENG-0001", "management")));
    ck_assert(!act_as(LEA, RECORD_CREATE, "audit_comment", "", 0, "", SAID("ENG-0001", "auditor")));
    ck_assert(!act_as(LEA, RECORD_CREATE, "audit_comment", "", 0, "", SAID("ENG-0002", "management")));
    ck_assert(!act_as(OTTO, RECORD_CREATE, "audit_comment", "", 0, "", SAID("ENG-0001", "auditor")));
    ck_assert_msg(act_as(AUDREY, RECORD_CREATE, "audit_comment", "", 0, "", SAID("ENG-0001", "auditor")), "%s", e.text);
    static const char *const actors[] = {AUDREY, LEA, "local:admin", OTTO};
    for (size_t i = 0; i < 4; i++) {
        ck_assert(!act_as(actors[i], RECORD_CHANGE, "audit_comment", "CMT-0001", 1, "", "{\"text\":\"y\"}"));
        ck_assert(!act_as(actors[i], RECORD_DELETE, "audit_comment", "CMT-0001", 1, "", "{}"));
        ck_assert(!act_as(actors[i], RECORD_UNDO, "audit_comment", "CMT-0001", 1, "", "{}"));
    }
}
END_TEST

START_TEST(an_auditor_writes_nothing_in_another_engagement)
{
    ck_assert(!act_as(AUDREY, RECORD_CREATE, "audit_request", "", 0, "", "{\"title\":\"x\",\"engagement\":\"ENG-0002\",\"kind\":\"document\"}"));
    ck_assert_msg(act_as(AUDREY, RECORD_CREATE, "audit_request", "", 0, "", "{\"title\":\"x\",\"engagement\":\"ENG-0001\",\"kind\":\"document\"}"), "%s", e.text);
    ck_assert(!act_as(AUDREY, RECORD_CHANGE, "audit_request", "REQ-0002", 1, "", "{\"engagement\":\"ENG-0002\"}"));
    ck_assert(!act_as(OTTO, RECORD_CHANGE, "audit_request", "REQ-0002", 1, "", "{\"title\":\"y\"}") && e.code == ERR_NOT_FOUND);
}
END_TEST

/* ---- every operation, every type between the sides, both sides ---- */

static const struct {
    const char *type, *set, *id;
    const char *side; /* who writes it */
} owned[] = {
    {"test_sheet", "{\"title\":\"T\",\"engagement\":\"ENG-0001\",\"control\":\"AC-05\",\"criteria\":[\"CC6.1\"],\"method\":[\"inspection\"],\"procedure\":\"p\"}", "TS-0001", AUDREY},
    {"report_section", "{\"title\":\"S\",\"engagement\":\"ENG-0001\",\"part\":\"assertion\"}", "SEC-0001", LEA},
};

static const char *value_for(const struct record_field *f)
{
    switch (f->type) {
    case FIELD_TEXT: case FIELD_MARKDOWN: return "\"other words\"";
    case FIELD_NUMBER: return "7";
    case FIELD_DATE: return "\"2026-05-05\"";
    case FIELD_YES_NO: return "true";
    default: return NULL;
    }
}

START_TEST(no_operation_lets_one_side_into_what_the_other_wrote)
{
    size_t tried = 0;
    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
        const char *other = strcmp(owned[i].side, LEA) == 0 ? AUDREY : LEA;
        const struct record_type *t = record_type_in_force(w.db, str_of(owned[i].type), &e);
        ck_assert_msg(!act_as(other, RECORD_CREATE, owned[i].type, "", 0, "", owned[i].set), "%s made by the other side", owned[i].type);
        if (!act_as(owned[i].side, RECORD_CREATE, owned[i].type, "", 0, "", owned[i].set)) {
            ck_assert_msg(0, "%s: %s", owned[i].type, e.text);
            continue;
        }
        const char *actors[] = {other, strcmp(other, LEA) == 0 ? "local:admin" : OTTO};
        int64_t version = version_of(owned[i].type, owned[i].id);
        for (size_t who = 0; who < 2; who++) {
            for (size_t k = 0; k < t->field_count; k++) {
                const char *value = value_for(&t->fields[k]);
                char set[200];
                if (!value)
                    continue;
                snprintf(set, sizeof(set), "{\"%s\":%s}", t->fields[k].id, value);
                ck_assert_msg(!act_as(actors[who], RECORD_CHANGE, owned[i].type, owned[i].id, version, "", set), "%s: %s sets %s", owned[i].type, actors[who], set);
                tried++;
            }
            ck_assert(!act_as(actors[who], RECORD_DELETE, owned[i].type, owned[i].id, version, "", "{}"));
            ck_assert(!act_as(actors[who], RECORD_UNDO, owned[i].type, owned[i].id, version, "", "{}"));
        }
    }
    ck_assert_uint_gt(tried, 10);
}
END_TEST

START_TEST(whoever_alone_may_move_is_told_by_the_types)
{
    /* Steps that are the auditor's alone, and those that management alone takes, in every type between the sides. */
    size_t theirs = 0, ours = 0;
    for (size_t i = 0; i < content_record_type_count; i++) {
        const struct record_type *t = &content_record_types[i];
        for (size_t k = 0; examine_is_between(t) && k < t->transition_count; k++) {
            bool has_auditor = false, has_others = false;
            for (size_t n = 0; n < t->transitions[k].who.count; n++) {
                const char *who = t->transitions[k].who.items[n];
                bool is_auditor = strcmp(who, "auditor") == 0;
                has_auditor |= is_auditor;
                has_others |= !is_auditor && strcmp(who, "system") != 0;
            }
            theirs += has_auditor && !has_others;
            ours += has_others && !has_auditor;
        }
    }
    ck_assert_uint_ge(theirs, 8);
    ck_assert_uint_ge(ours, 6);
}
END_TEST

START_TEST(the_table_names_types_and_addresses_that_are_there)
{
    size_t count = 0;
    JSON_EACH (item, json_get(examine_table(), "types")) {
        struct err failed = {0};
        const struct record_type *t = record_type_in_force(w.db, json_text(item, "type"), &failed);
        ck_assert_msg(t != NULL, "%.*s: %s", STR_ARGS(json_text(item, "type")), failed.text);
        JSON_EACH (state, json_get(item, "states"))
            ck_assert_msg(record_type_state(t, state->text) != NULL, "%s: %.*s", t->id, STR_ARGS(state->text));
        struct str by = json_text(item, "by");
        ck_assert(by.size == 0 || record_type_field(t, by));
        ck_assert(!str_is(json_text(item, "rows"), "engagement") || strcmp(t->id, "engagement") == 0 || record_type_field(t, STR("engagement")));
        count++;
    }
    ck_assert_uint_gt(count, 20);
    JSON_EACH (item, json_get(examine_table(), "answers"))
        JSON_EACH (type, json_get(item, "types")) {
            struct err failed = {0};
            ck_assert_msg(record_type_in_force(w.db, type->text, &failed) != NULL, "%.*s", STR_ARGS(type->text));
        }
    ck_assert(examine_address(STR("GET"), STR("/audit/:id/requests/:request")) && examine_address(STR("POST"), STR("/audit/:id/requests/:request/move")));
    ck_assert(!examine_address(STR("GET"), STR("/gaps")) && !examine_address(STR("POST"), STR("/audit/:id")) && !examine_address(STR("GET"), STR("/audit/:id/reports")));
}
END_TEST

TEST_MAIN_WITH("sides", setup, teardown, an_auditor_sees_what_the_table_says_and_only_of_their_engagement, evidence_is_seen_from_when_it_was_handed_in,
               management_alone_answers_and_the_auditor_alone_takes_and_sends_back, what_the_auditor_wrote_of_a_request_stays_whoever_made_it,
               a_comment_is_of_its_side_and_its_engagement_and_is_never_edited, an_auditor_writes_nothing_in_another_engagement, no_operation_lets_one_side_into_what_the_other_wrote,
               whoever_alone_may_move_is_told_by_the_types, the_table_names_types_and_addresses_that_are_there)
