/* The two sides of an audit, the order of its steps, and locks: asked of record.change as the keeper runs it. */
#include "assess/audit_guard.h"
#include "record/frozen.h"
#include "record/test_records.h"

#include "base/test.h"
#include "base/times.h"

#define ORIGIN "test.example/assay/0123456789abcdef"
#define NONCE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct records w;
static struct err e;
static struct str rows_text;
static int64_t signed_size;
static const char *const AUDITOR = "account:aa", *const SECOND = "account:ab", *const LEAD = "account:cc", *const BOTH = "account:dd", *const OUTSIDE = "account:ee";

/* ---- a ledger of the test's own ---- */

static uint64_t head_of(void *context)
{
    (void)context;
    return (uint64_t)signed_size;
}
static bool root_of(void *context, uint64_t size, struct sha256 *ret, struct err *failed)
{
    (void)context;
    if ((int64_t)size > signed_size)
        return err_set(failed, ERR_CONFLICT, "not signed yet");
    *ret = sha256_of(arena_printf(w.arena, "root %llu", (unsigned long long)size));
    return true;
}
static bool blob_of(void *context, struct arena *a, struct str c, struct str x, struct str *ret, struct err *failed)
{
    (void)context, (void)a, (void)c, (void)x, (void)failed;
    *ret = rows_text;
    return true;
}
static const struct leaf_source ledger = {.head = head_of, .root = root_of, .blobs = {.read = blob_of}};

/* The keeper seals: the head is signed. */
static void seal(void)
{
    ck_assert(db_run(w.db, &e, "insert into leaf(idx, type, t, st, sq, hash) values(?1, 'seal', ?2, 'seal', 0, x'00')", A(w.next), A(w.t)));
    w.leaves[w.next] = (struct test_leaf){.text = STR("{}")};
    w.next++;
    signed_size = w.next;
}

static struct str last_signature; /* of the leaf that came last with a change */

static bool apply_extra(const struct op *op, const struct leaf_draft *d)
{
    last_signature = d->signatures;
    struct leaf_view view = {.index = (uint64_t)w.next, .t = w.t, .type = d->type, .json = d->body};
    const struct op_kind *kind = strcmp(d->type, "draw") == 0 ? &op_audit_draw : strcmp(d->type, "close") == 0 ? &op_audit_close : &op_audit_opinion;
    json_put_str(d->body, "op", str_of(op->id));
    ck_assert(db_run(w.db, &e, "insert into leaf(idx, type, t, st, sq, hash, op) values(?1, ?2, ?3, ?2, 0, x'00', ?4)", A(w.next), A(d->type), A(w.t), A((const char *)op->id)));
    w.leaves[w.next++] = (struct test_leaf){.text = STR("{}")};
    return kind->apply(w.db, w.arena, &view, NULL, &e);
}

static bool submit(const char *actor, const struct record_change *changes, size_t count)
{
    struct op op;
    struct leaf_drafts drafts = {0};
    e = (struct err){0};
    w.actor = actor;
    w.step = "password";
    struct access x = records_access(&w);
    if (!record_op(&env_system, w.arena, changes, count, &x, &op, &e) || !audit_change_make(w.db, &ledger, w.arena, &op, &drafts, &e))
        return false;
    w.t += 1000;
    for (size_t i = 0; i < drafts.count; i++) {
        if (!json_get(drafts.items[i].body, "tv")) { /* a leaf beside the records' own */
            ck_assert_msg(apply_extra(&op, &drafts.items[i]), "%s", e.text);
            continue;
        }
        w.leaves[w.next] = records_leaf(&w, &op, &drafts.items[i], "record.change", w.t);
        ck_assert_msg(records_apply(w.db, w.arena, &w.leaves[w.next], w.next, &e), "%s", e.text);
        w.next++;
    }
    return true;
}

static const char *create(const char *actor, const char *type, struct json *set)
{
    struct access x = {.actor = str_of(actor)};
    record_defaults(records_type(&w, type), set, &x, w.t);
    struct record_change c = {.type = str_of(type), .act = RECORD_CREATE, .set = set};
    return submit(actor, &c, 1) ? db_one_text(w.arena, w.db, &e, "select id from record_change order by leaf desc limit 1").data : NULL;
}

static bool act(const char *actor, const char *type, const char *id, enum record_act what, const char *transition, struct json *set, const char *why)
{
    struct record *r = records_get(&w, type, id);
    struct record_change c = {.type = str_of(type), .id = str_of(id), .act = what, .version = r->version, .transition = str_of(transition), .set = set ? set : json_object(w.arena), .why = str_of(why)};
    return submit(actor, &c, 1);
}

#define JSON_OF(text) records_json(&w, text)
#define OK(call) ck_assert_msg(call, "%s", e.text)
#define REFUSED(call, words) ck_assert_msg(!(call) && strstr(e.text, words), "%s", e.code ? e.text : "it was taken")

static void account(const char *id, const char *person, const char *roles)
{
    ck_assert_msg(db_run(w.db, &e, "insert into account(id, leaf, t, login, name, email, person, kind, state, valid_until, roles, first_leaf) values(?1, 0, 0, ?1, '', '', ?2, 'local', 'active', 0, ?3, 0)", A(id),
                         A(person), A(roles)),
                  "%s", e.text);
}

static void setup(void)
{
    records_init(&w);
    e = (struct err){0};
    signed_size = 0;
    w.t = INT64_C(1783000000000); /* July 2026: the window is over */
    const char *ann = records_create(&w, "person", "{\"name\":\"Ann Auditor\",\"kind\":\"contractor\"}"), *bob = records_create(&w, "person", "{\"name\":\"Bob Second\",\"kind\":\"contractor\"}");
    account("aa", ann, "[\"auditor\"]");
    account("ab", bob, "[\"auditor\"]");
    account("cc", "", "[\"compliance_lead\",\"administrator\"]");
    account("dd", ann, "[\"auditor\",\"compliance_lead\"]");
    account("ee", "", "[\"auditor\"]");
    struct json *g = JSON_OF("{\"title\":\"SOC 2\",\"window_from\":\"2026-01-01\",\"window_to\":\"2026-06-30\",\"categories\":[\"security\"]}"), *auditors = json_put_array(g, "auditors");
    json_push_str(auditors, str_of(ann));
    json_push_str(auditors, str_of(bob));
    ck_assert_msg(create(LEAD, "engagement", g) != NULL, "%s", e.text);
    ck_assert(db_run(w.db, &e, "insert or replace into meta(key, value) values('origin', ?1)", A(ORIGIN)));
}
static void teardown(void)
{
    records_release(&w);
}

/* ---- a population ---- */

static const char *population(void)
{
    struct json *set = JSON_OF("{\"title\":\"Merges\",\"engagement\":\"ENG-0001\",\"controls\":[\"CHG-02\"],\"system\":\"Repository\",\"query\":\"select 1\",\"period_from\":\"2026-01-01\",\"period_to\":\"2026-06-30\"}");
    const char *id = create(LEAD, "population", set);
    ck_assert_msg(id != NULL, "%s", e.text);
    return id;
}

static void freeze(const char *id, int64_t rows)
{
    struct frozen_writer writer;
    struct str columns[] = {STR("id"), STR("merged_on")};
    struct op_blob blob;
    struct json *value, *set = json_object(w.arena);
    ck_assert(frozen_begin(&writer, columns, 2, &e));
    for (int64_t i = 0; i < rows; i++) {
        frozen_text(&writer, arena_printf(w.arena, "%05lld", (long long)i));
        frozen_text(&writer, arena_printf(w.arena, "2026-%02lld-10", (long long)(1 + i % 6)));
        ck_assert(frozen_row_end(&writer, &e));
    }
    ck_assert(frozen_end(&writer, w.arena, &rows_text, &e));
    struct sha256 digest = sha256_of(rows_text);
    ck_assert(record_seal_file(&env_system, w.arena, STR("rows.ndjson"), FROZEN_MEDIA, rows_text, &blob, &value, &e));
    json_push(json_put_array(set, "files"), value);
    json_put_hex(set, "digest", digest.bytes, SHA256_SIZE);
    json_put_int(set, "rows", rows);
    json_put_int(set, "run_at", 5);
    json_put_cstr(set, "run_by", "the lead");
    json_put_cstr(set, "columns", "id merged_on");
    struct record_change c = {.type = STR("population"), .id = str_of(id), .act = RECORD_MOVE, .version = records_get(&w, "population", id)->version, .transition = STR("freeze"), .set = set, .files = &blob,
                              .file_count = 1};
    OK(submit(LEAD, &c, 1));
}

static void check(const char *id)
{
    OK(act(AUDITOR, "population", id, RECORD_MOVE, "check",
           JSON_OF("{\"completeness_by\":\"sequence\",\"completeness\":\"No hole in the numbers\",\"accuracy_rows\":\"1, 2\",\"accuracy\":\"Traced\"}"), ""));
}

static struct json *commitment(const char *population_id, int64_t size, const char *strata)
{
    struct sha256 h;
    struct sampling_frame p;
    struct json *set = json_object(w.arena);
    ck_assert(draw_commitment(STR(NONCE), &h));
    ck_assert_msg(sampling_frame_read(w.db, w.arena, str_of(population_id), &p, &e), "%s", e.text);
    json_put_cstr(set, "title", "Sample of merges");
    json_put_cstr(set, "engagement", "ENG-0001");
    json_put_cstr(set, "population", population_id);
    json_put_str(set, "definition", p.definition);
    json_put_hex(set, "commitment", h.bytes, SHA256_SIZE);
    json_put_int(set, "size", size);
    if (strata)
        json_put_cstr(set, "strata", strata);
    return set;
}

static struct sample_source source_of_test(void)
{
    struct sample_source s = {root_of, NULL, NULL};
    return s;
}
static bool rows_of_test(void *context, struct arena *a, int64_t leaf, struct str c, struct str x, struct str *ret, struct err *failed)
{
    (void)leaf;
    return blob_of(context, a, c, x, ret, failed);
}

static struct json *shown(const char *id)
{
    struct sample_source s = source_of_test();
    s.rows = rows_of_test;
    e = (struct err){0};
    return sample_show(w.db, w.arena, &s, records_get(&w, "sample", id), STR(NONCE), &e);
}

/* A drawn sample of a checked population. */
static const char *drawn(int64_t rows, int64_t size, const char *strata)
{
    const char *p = population(), *s = create(AUDITOR, "sample", commitment(p, size, strata));
    ck_assert_msg(s != NULL, "%s", e.text);
    freeze(p, rows);
    check(p);
    seal();
    struct json *set = shown(s);
    ck_assert_msg(set != NULL, "%s", e.text);
    OK(act(AUDITOR, "sample", s, RECORD_MOVE, "reveal", set, ""));
    return s;
}

/* ---- draws ---- */

START_TEST(a_sample_is_drawn_in_order_and_can_be_drawn_again)
{
    const char *id = drawn(400, 25, NULL);
    struct record *r = records_get(&w, "sample", id);
    struct sample_source s = source_of_test();
    s.rows = rows_of_test;
    ck_assert(str_is(r->state, "revealed") && json_int(r->values, "items", 0) == 25 && !json_bool(r->values, "is_late"));
    struct json *again = sample_again(w.db, w.arena, &s, r, &e);
    ck_assert_msg(again && json_bool(again, "is_same"), "%s %.*s", e.text, STR_ARGS(json_at(json_get(again, "differences"), 0) ? json_at(json_get(again, "differences"), 0)->text : STR("")));
    /* kinds of leaves, in their order */
    ck_assert_str_eq(db_one_text(w.arena, w.db, &e, "select group_concat(kind, ' ') from (select kind from audit_leaf order by leaf)").data, "draw close show");
}
END_TEST

START_TEST(nobody_steers_a_draw)
{
    const char *p = population(), *other = population();
    struct json *bad = commitment(p, 25, NULL);
    json_put_cstr(bad, "drawn", "1 draw");
    REFUSED(create(AUDITOR, "sample", bad), "follows from the draw");
    const char *s = create(AUDITOR, "sample", commitment(p, 25, NULL));
    ck_assert_msg(s != NULL, "%s", e.text);
    ck_assert(!shown(s) && e.code == ERR_CONFLICT); /* not frozen */
    REFUSED(act(AUDITOR, "sample", s, RECORD_CHANGE, "", JSON_OF("{\"size\":3}"), ""), "stays what was committed to");
    REFUSED(act(AUDITOR, "sample", s, RECORD_UNDO, "", NULL, ""), "");
    freeze(p, 400);
    ck_assert(!shown(s) && strstr(e.text, "not sealed")); /* the head behind it is not there yet */
    seal();
    struct json *set = shown(s);
    ck_assert_msg(set != NULL, "%s", e.text);
    /* other items, another root, another close: each is computed again */
    static const char *const fields[] = {"drawn", "root", "seed", "digest", "items_digest"};
    for (size_t i = 0; i < 5; i++) {
        struct json *lie = shown(s);
        ((struct json *)(uintptr_t)json_get(lie, fields[i]))->text = i == 0 ? STR("1 draw") : STR("00");
        REFUSED(act(AUDITOR, "sample", s, RECORD_MOVE, "reveal", lie, ""), "is not what the draw gives");
    }
    struct json *nonce = shown(s);
    ((struct json *)(uintptr_t)json_get(nonce, "nonce"))->text = STR("ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    REFUSED(act(AUDITOR, "sample", s, RECORD_MOVE, "reveal", nonce, ""), "is not the number that was committed to");
    seal(); /* later heads change nothing */
    ck_assert_str_eq(json_text(shown(s), "root").data, json_text(set, "root").data);
    OK(act(AUDITOR, "sample", s, RECORD_MOVE, "reveal", set, ""));
    (void)other;
}
END_TEST

START_TEST(a_late_commitment_is_taken_and_says_so)
{
    const char *p = population();
    freeze(p, 100);
    seal();
    const char *s = create(AUDITOR, "sample", commitment(p, 10, NULL));
    ck_assert_msg(s != NULL, "%s", e.text);
    ck_assert(!shown(s) && strstr(e.text, "not sealed")); /* the head comes behind the commitment as well */
    seal();
    struct json *set = shown(s);
    ck_assert(json_bool(set, "is_late"));
    OK(act(AUDITOR, "sample", s, RECORD_MOVE, "reveal", set, ""));
}
END_TEST

START_TEST(strata_replacements_and_items_for_a_reason_are_in_their_turn)
{
    const char *id = drawn(300, 20, "merged_on:month");
    struct sample_source s = source_of_test();
    struct sample_items items;
    s.rows = rows_of_test;
    struct record *r = records_get(&w, "sample", id);
    ck_assert(sample_items_read(w.arena, json_text(r->values, "drawn"), &items, &e) && items.count == 20);
    int64_t first = items.items[0].item;
    struct json *set = sample_replace(w.db, w.arena, &s, r, first, &e);
    ck_assert_msg(set != NULL, "%s", e.text);
    REFUSED(act(AUDITOR, "sample", id, RECORD_MOVE, "replace", set, ""), "needs a reason");
    struct json *lie = JSON_OF("{\"items\":20}");
    json_put_str(lie, "drawn", arena_printf(w.arena, "%.*s\n299 instead %lld", STR_ARGS(json_text(r->values, "drawn")), (long long)first));
    REFUSED(act(AUDITOR, "sample", id, RECORD_MOVE, "replace", lie, "void"), "is not what the draw gives");
    OK(act(AUDITOR, "sample", id, RECORD_MOVE, "replace", set, "A revert, out of scope"));
    r = records_get(&w, "sample", id);
    ck_assert(sample_items_read(w.arena, json_text(r->values, "drawn"), &items, &e) && items.items[0].is_replaced && str_equal(items.items[20].stratum, items.items[0].stratum));
    int64_t target = 1;
    while (sample_item_find(&items, target))
        target++;
    set = sample_target(w.arena, r, &target, 1, &e);
    OK(act(AUDITOR, "sample", id, RECORD_MOVE, "add", set, "The week of the incident"));
    r = records_get(&w, "sample", id);
    const struct json *again = sample_again(w.db, w.arena, &s, r, &e);
    ck_assert_msg(again && json_bool(again, "is_same"), "%s", e.text);
}
END_TEST

/* ---- two sides ---- */

START_TEST(neither_side_writes_what_the_other_does)
{
    const char *p = population();
    REFUSED(create(LEAD, "sample", commitment(p, 5, NULL)), "takes one of");
    REFUSED(create("local:admin", "sample", commitment(p, 5, NULL)), "takes one of");
    REFUSED(create(BOTH, "sample", commitment(p, 5, NULL)), "writes for neither");
    REFUSED(create(OUTSIDE, "sample", commitment(p, 5, NULL)), "not among the auditors");
    REFUSED(create("system:schedule", "sample", commitment(p, 5, NULL)), "auditors alone");
    REFUSED(create(AUDITOR, "population", JSON_OF("{\"title\":\"x\",\"engagement\":\"ENG-0001\",\"controls\":[\"CHG-02\"],\"system\":\"s\",\"query\":\"q\",\"period_from\":\"2026-01-01\",\"period_to\":\"2026-06-30\"}")),
            "takes one of");
    const char *s = create(AUDITOR, "sample", commitment(p, 5, NULL));
    REFUSED(act(LEAD, "sample", s, RECORD_CHANGE, "", JSON_OF("{\"title\":\"Ours\"}"), ""), "takes one of");
    REFUSED(act("local:admin", "sample", s, RECORD_MOVE, "void", NULL, "no"), "takes one of");
    /* An organisation that lays a type of its own over these gets no further. */
    REFUSED(act("system:schedule", "sample", s, RECORD_MOVE, "void", NULL, "no"), "auditors alone");
}
END_TEST

static const char *sheet(const char *sample)
{
    struct json *set = JSON_OF("{\"title\":\"CHG-02\",\"engagement\":\"ENG-0001\",\"control\":\"CHG-02\",\"criteria\":[\"CC8.1\"],\"method\":[\"inspection\"],\"procedure\":\"Looked at each merge.\",\"attributes\":\"A: reviewed\\nB: by another person\"}");
    if (sample)
        json_put_cstr(set, "sample", sample);
    const char *id = create(AUDITOR, "test_sheet", set);
    ck_assert_msg(id != NULL, "%s", e.text);
    return id;
}

/* All items yes, but `deviations` of them. */
static struct json *marked(const char *id, int deviations)
{
    struct sheet s;
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    ck_assert_msg(sheet_read(w.db, w.arena, str_of(id), &s, &e), "%s", e.text);
    for (size_t i = 0; i < s.items.count; i++)
        if (!s.items.items[i].is_replaced)
            buf_printf(&b, "%lld A=yes B=%s\n", (long long)s.items.items[i].item, deviations-- > 0 ? "no : self-approved" : "yes");
    struct json *set = json_object(w.arena);
    json_put_str(set, "results", arena_str(w.arena, str_trim(buf_view(&b))));
    return set;
}

static struct json *prepared(const char *id)
{
    struct sheet s;
    struct str words;
    struct json *set = json_object(w.arena);
    e = (struct err){0};
    ck_assert_msg(sheet_read(w.db, w.arena, str_of(id), &s, &e), "%s", e.text);
    if (!sheet_words(w.db, w.arena, &s, &words, &e))
        return NULL;
    json_put_str(set, "conclusion", s.conclusion);
    json_put_str(set, "conclusion_words", words);
    json_put_int(set, "deviations_found", s.count.deviations);
    json_put_int(set, "items_tested", s.count.tested);
    json_put_cstr(set, "preparer", "P-0001");
    json_put_cstr(set, "prepared_on", "2026-07-10");
    return set;
}

static const char *evidence(void)
{
    const char *id = create(LEAD, "evidence", JSON_OF("{\"title\":\"Pull requests\",\"period_from\":\"2026-01-01\",\"period_to\":\"2026-06-30\",\"link\":\"https://example.org/\"}"));
    ck_assert_msg(id != NULL, "%s", e.text);
    return id;
}

static struct json *signing(void)
{
    return JSON_OF("{\"reviewer\":\"P-0002\",\"reviewed_on\":\"2026-07-11\"}");
}

START_TEST(a_sheet_concludes_what_it_counts_and_is_locked_for_good)
{
    const char *s = drawn(400, 25, NULL), *id = sheet(s), *ev = evidence();
    struct json *set = marked(id, 0), *list = json_put_array(set, "evidence");
    REFUSED(act(AUDITOR, "test_sheet", id, RECORD_CHANGE, "", JSON_OF("{\"conclusion\":\"no_exceptions\"}"), ""), "set by the step");
    REFUSED(act(AUDITOR, "test_sheet", id, RECORD_CHANGE, "", JSON_OF("{\"results\":\"100000 A=yes\"}"), ""), "not in the sample");
    json_push_str(list, str_of(ev));
    OK(act(AUDITOR, "test_sheet", id, RECORD_CHANGE, "", set, ""));
    struct json *soft = prepared(id);
    ((struct json *)(uintptr_t)json_get(soft, "conclusion_words"))->text = STR("Mostly fine.");
    REFUSED(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "prepare", soft, ""), "are computed");
    OK(act(AUDITOR, "test_sheet", id, RECORD_CHANGE, "", JSON_OF("{\"method\":[\"inquiry\"]}"), ""));
    REFUSED(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "prepare", prepared(id), ""), "inquiry alone");
    OK(act(AUDITOR, "test_sheet", id, RECORD_CHANGE, "", JSON_OF("{\"method\":[\"inspection\"]}"), ""));
    OK(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "prepare", prepared(id), ""));
    REFUSED(act(AUDITOR, "test_sheet", id, RECORD_CHANGE, "", JSON_OF("{\"procedure\":\"Other\"}"), ""), "");
    REFUSED(act(AUDITOR, "sample", s, RECORD_MOVE, "add", JSON_OF("{\"drawn\":\"7 targeted\"}"), "the largest"), "send it back to the preparer first");
    REFUSED(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "sign", JSON_OF("{\"reviewer\":\"P-0001\",\"reviewed_on\":\"2026-07-11\"}"), ""), "takes somebody else");
    seal();
    OK(act(SECOND, "test_sheet", id, RECORD_MOVE, "sign", signing(), ""));
    ck_assert_int_eq(db_one_int(w.db, &e, 0, "select count(*) from audit_leaf where kind = 'opinion'"), 1);
    /* No operation passes the lock. */
    static const char *const steps[] = {"prepare", "back", "sign"};
    for (size_t i = 0; i < 3; i++)
        ck_assert(!act(i ? SECOND : AUDITOR, "test_sheet", id, RECORD_MOVE, steps[i], NULL, "again"));
    const char *const who[] = {AUDITOR, SECOND, LEAD, "local:admin", "system:schedule"};
    for (size_t i = 0; i < 5; i++) {
        ck_assert(!act(who[i], "test_sheet", id, RECORD_CHANGE, "", JSON_OF("{\"results\":\"\"}"), ""));
        ck_assert(!act(who[i], "test_sheet", id, RECORD_UNDO, "", NULL, ""));
        ck_assert(!act(who[i], "test_sheet", id, RECORD_DELETE, "", NULL, ""));
        ck_assert(!act(who[i], "sample", s, RECORD_MOVE, "void", NULL, "no"));
        static const char *const moved[] = {"replace", "add", "extend"};
        for (size_t k = 0; k < 3; k++)
            ck_assert(!act(who[i], "sample", s, RECORD_MOVE, moved[k], JSON_OF("{\"drawn\":\"7 targeted\"}"), "no"));
    }
    REFUSED(act(AUDITOR, "sample", s, RECORD_MOVE, "replace", JSON_OF("{\"drawn\":\"7 targeted\"}"), "void"), "was signed off on its items");
    /* Addenda alone: appended, dated, signed. */
    struct str day = day_text(w.arena, day_of(env_now_ms(&env_system)));
    REFUSED(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "add", JSON_OF("{\"addendum\":\"Something\"}"), ""), "begins with the day");
    struct json *first = json_object(w.arena), *second = json_object(w.arena), *lost = json_object(w.arena);
    struct str text = arena_printf(w.arena, "%.*s Ann Auditor (P-0001): One merge was looked at again.", STR_ARGS(day));
    json_put_str(first, "addendum", text);
    OK(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "add", first, ""));
    json_put_str(lost, "addendum", arena_printf(w.arena, "%.*s Bob (P-0002): only mine", STR_ARGS(day)));
    REFUSED(act(SECOND, "test_sheet", id, RECORD_MOVE, "add", lost, ""), "what stands there stays");
    json_put_str(second, "addendum", arena_printf(w.arena, "%.*s\n%.*s Bob (P-0002): agreed", STR_ARGS(text), STR_ARGS(day)));
    OK(act(SECOND, "test_sheet", id, RECORD_MOVE, "add", second, ""));
}
END_TEST

START_TEST(nothing_is_concluded_before_its_evidence)
{
    const char *s = drawn(400, 25, NULL), *id = sheet(s), *ev = evidence();
    struct json *set = marked(id, 0), *list = json_put_array(set, "evidence");
    json_push_str(list, str_of(ev));
    OK(act(AUDITOR, "test_sheet", id, RECORD_CHANGE, "", set, ""));
    OK(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "prepare", prepared(id), ""));
    OK(act(LEAD, "evidence", ev, RECORD_CHANGE, "", JSON_OF("{\"note\":\"Made nicer afterwards\"}"), ""));
    seal();
    REFUSED(act(SECOND, "test_sheet", id, RECORD_MOVE, "sign", signing(), ""), "is younger than the conclusion");
    OK(act(SECOND, "test_sheet", id, RECORD_MOVE, "back", NULL, "The evidence has changed"));
    OK(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "prepare", prepared(id), ""));
    seal();
    OK(act(SECOND, "test_sheet", id, RECORD_MOVE, "sign", signing(), ""));
}
END_TEST

START_TEST(every_deviation_is_reported_and_the_sample_extended_once)
{
    const char *s = drawn(400, 25, NULL), *id = sheet(s), *ev = evidence();
    struct json *set = marked(id, 1), *list = json_put_array(set, "evidence");
    struct sample_source source = source_of_test();
    struct sheet now;
    struct str why;
    source.rows = rows_of_test;
    json_push_str(list, str_of(ev));
    OK(act(AUDITOR, "test_sheet", id, RECORD_CHANGE, "", set, ""));
    ck_assert(!prepared(id) && strstr(e.text, "exceptions tell of 0"));
    ck_assert_msg(sheet_read(w.db, w.arena, str_of(id), &now, &(struct err){0}), "x");
    int64_t to = sheet_extension(w.arena, &now, &why);
    ck_assert_int_eq(to, 38);
    ck_assert(now.count.upper_limit > 0.146 && now.count.upper_limit < 0.148); /* 1 of 25: 14.7 % */
    e = (struct err){0};
    struct json *more = sample_extend(w.db, w.arena, &source, records_get(&w, "sample", s), to, &e), *greedy = sample_extend(w.db, w.arena, &source, records_get(&w, "sample", s), 60, &e);
    REFUSED(act(AUDITOR, "sample", s, RECORD_MOVE, "extend", greedy, "more"), "is not what the draw gives");
    OK(act(AUDITOR, "sample", s, RECORD_MOVE, "extend", more, why.data));
    OK(act(AUDITOR, "test_sheet", id, RECORD_CHANGE, "", marked(id, 1), ""));
    ck_assert(sheet_read(w.db, w.arena, str_of(id), &now, &e));
    ck_assert(now.count.tested == 38 && now.count.deviations == 1 && now.count.upper_limit < 0.1 && sheet_extension(w.arena, &now, &why) == 0);
    REFUSED(create(LEAD, "audit_exception", JSON_OF("{\"title\":\"x\",\"engagement\":\"ENG-0001\",\"sheet\":\"TS-0001\",\"control\":\"CHG-02\",\"items\":1,\"of_items\":38,\"expected\":\"e\",\"facts\":\"f\"}")), "takes one of");
    const char *x = create(AUDITOR, "audit_exception",
                           JSON_OF("{\"title\":\"Self-approved merge\",\"engagement\":\"ENG-0001\",\"sheet\":\"TS-0001\",\"control\":\"CHG-02\",\"items\":1,\"of_items\":38,\"expected\":\"approval by another person\","
                                   "\"facts\":\"one merge of 2026-02-10\",\"cause\":\"isolated\"}"));
    ck_assert_msg(x != NULL, "%s", e.text);
    struct json *p = prepared(id);
    ck_assert_str_eq(json_text(p, "conclusion_words").data, "Exception: for 1 of 38 items tested, approval by another person did not happen (one merge of 2026-02-10).");
    OK(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "prepare", p, ""));
    REFUSED(act(AUDITOR, "audit_exception", x, RECORD_CHANGE, "", JSON_OF("{\"facts\":\"hardly anything\"}"), ""), "what was concluded from it stays");
    REFUSED(act(LEAD, "audit_exception", x, RECORD_CHANGE, "", JSON_OF("{\"facts\":\"hardly anything\"}"), ""), "takes one of");
    REFUSED(act(AUDITOR, "audit_exception", x, RECORD_MOVE, "agree", NULL, ""), "takes one of");
    OK(act(LEAD, "audit_exception", x, RECORD_MOVE, "agree", NULL, ""));
    struct json *answer = JSON_OF("{\"title\":\"We close it\",\"exception\":\"AEX-0001\",\"cause\":\"c\",\"effect\":\"e\",\"action\":\"a\",\"action_on\":\"2026-09-01\",\"owner\":\"P-0001\"}");
    REFUSED(create(AUDITOR, "response", answer), "takes one of");
    ck_assert_msg(create(LEAD, "response", answer) != NULL, "%s", e.text);
    seal();
    OK(act(SECOND, "test_sheet", id, RECORD_MOVE, "sign", signing(), "")); /* agreeing to the facts made nothing younger */
    struct sheet *of;
    size_t of_count;
    struct attributes input;
    ck_assert(sheets_of_control(w.db, w.arena, STR("ENG-0001"), STR("CHG-02"), INT64_MAX, &of, &of_count, &input, &e) && of_count == 1);
    struct evaluation v = attributes_evaluate(&input, &EVALUATION_LIMITS_DEFAULT);
    ck_assert(input.population == 400 && input.tested == 38 && input.deviations == 1 && input.is_extended && v.conclusion == CONCLUSION_OPERATED_WITH_DEVIATIONS);
}
END_TEST

START_TEST(without_a_checked_population_nothing_is_concluded)
{
    const char *p = population(), *s = create(AUDITOR, "sample", commitment(p, 5, NULL));
    freeze(p, 40);
    seal();
    OK(act(AUDITOR, "sample", s, RECORD_MOVE, "reveal", shown(s), ""));
    const char *id = sheet(s), *ev = evidence();
    struct json *set = marked(id, 0), *list = json_put_array(set, "evidence");
    json_push_str(list, str_of(ev));
    OK(act(AUDITOR, "test_sheet", id, RECORD_CHANGE, "", set, ""));
    REFUSED(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "prepare", prepared(id), ""), "was not found complete and accurate");
}
END_TEST

/* ---- an auditor's own key ---- */

struct pair {
    struct note_key key;
    struct ed25519_private private_key;
};

static struct pair pair_of(const char *person, uint8_t seed)
{
    struct pair p = {.private_key = {.seed = {seed}}};
    p.key = note_key_make(arena_printf(w.arena, ORIGIN "/auditor/%s", person).data, ed25519_public_of(&p.private_key));
    return p;
}

/* As the leaf of the root's signature would. */
static void registered(const struct pair *p)
{
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    note_key_format(&p->key, &vkey);
    ck_assert_msg(db_run(w.db, &e, "insert into ledger_key(leaf, role, name, vkey, t) values(?1, 'auditor', ?2, ?3, ?4)", A(w.next), A(p->key.name), A(buf_view(&vkey)), A(w.t)), "%s", e.text);
    seal();
}

/* What the page does: the statement is asked for, signed elsewhere, and handed in; `lie` is what was signed instead. */
static bool signed_change(const char *actor, struct record_change *c, const struct pair *p, const char *lie)
{
    struct buf BUF_AUTO note;
    struct str text;
    e = (struct err){0};
    w.actor = actor;
    w.step = "password";
    struct access x = records_access(&w);
    ck_assert_msg(auditor_statement_of(w.db, w.arena, &ledger, &x, w.t, c, &text, &e), "%s", e.text);
    ck_assert(str_starts(text, "assay/") && str_contains(text, ORIGIN));
    buf_init(&note, 64 << 10);
    buf_printf(&note, "  %.*s\r\n", STR_ARGS(text)); /* what mail and forms do to it */
    note_sign_line(&p->key, &p->private_key, lie ? str_of(lie) : text, &note);
    return auditor_signed_take(w.arena, buf_view(&note), c, &e) && submit(actor, c, 1);
}

static struct record_change move_of(const char *type, const char *id, const char *transition, struct json *set)
{
    return (struct record_change){.type = str_of(type), .id = str_of(id), .act = RECORD_MOVE, .version = records_get(&w, type, id)->version, .transition = str_of(transition), .set = set, .why = STR("")};
}

START_TEST(nothing_of_an_auditor_with_a_key_is_taken_without_it)
{
    struct pair ann = pair_of("P-0001", 7), bob = pair_of("P-0002", 8), other = pair_of("P-0002", 9);
    registered(&ann);
    const char *p = population();
    struct json *set = commitment(p, 25, NULL);
    struct access x = {.actor = str_of(AUDITOR)};
    record_defaults(records_type(&w, "sample"), set, &x, w.t);
    struct record_change c = {.type = STR("sample"), .act = RECORD_CREATE, .set = set};
    REFUSED(submit(AUDITOR, &c, 1), "nothing of yours is written without its signature");
    REFUSED(signed_change(AUDITOR, &c, &other, NULL), "not signed by your key");
    c.signature = STR("");
    REFUSED(signed_change(AUDITOR, &c, &ann, "assay/draw@v1\n"), "is not what there is to sign now");
    OK(signed_change(AUDITOR, &c, &ann, NULL));
    ck_assert(last_signature.size && note_has_line(last_signature, &ann.key));
    const char *s = db_one_text(w.arena, w.db, &e, "select id from samples order by id desc limit 1").data;
    freeze(p, 400);
    check(p);
    seal();
    c = move_of("sample", s, "reveal", shown(s));
    REFUSED(submit(AUDITOR, &c, 1), "without its signature");
    OK(signed_change(AUDITOR, &c, &ann, NULL));
    /* Bob has none yet: his account says it. Then he has one. */
    const char *id = sheet(s), *ev = evidence();
    struct json *marks = marked(id, 0), *list = json_put_array(marks, "evidence");
    json_push_str(list, str_of(ev));
    OK(act(AUDITOR, "test_sheet", id, RECORD_CHANGE, "", marks, ""));
    OK(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "prepare", prepared(id), ""));
    seal();
    registered(&bob);
    c = move_of("test_sheet", id, "sign", signing());
    REFUSED(submit(SECOND, &c, 1), "without its signature");
    REFUSED(signed_change(SECOND, &c, &ann, NULL), "not signed by your key");
    /* What was signed for an older head that never was, and for a sheet that went back meanwhile. */
    c = move_of("test_sheet", id, "sign", signing());
    struct access second = records_access(&w);
    struct str text;
    struct buf BUF_AUTO line;
    buf_init(&line, 4096);
    e = (struct err){0};
    ck_assert_msg(auditor_statement_of(w.db, w.arena, &ledger, &second, w.t, &c, &text, &e), "%s", e.text);
    ck_assert(str_contains(text, "\"by\":\"P-0002\"") && str_contains(text, "\"d\":\"") && str_contains(text, "\"sheet\":\"TS-0001\""));
    note_sign_line(&bob.key, &bob.private_key, text, &line);
    c.signature = buf_view(&line);
    c.head = STR("1:0000000000000000000000000000000000000000000000000000000000000000");
    REFUSED(submit(SECOND, &c, 1), "never had");
    OK(act(SECOND, "test_sheet", id, RECORD_MOVE, "back", NULL, "Once more"));
    OK(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "prepare", prepared(id), ""));
    seal();
    struct str rest = text, ignored, statement;
    str_next_line(&rest, &ignored);
    str_next_line(&rest, &ignored);
    str_next_line(&rest, &statement);
    c.version = records_get(&w, "test_sheet", id)->version;
    c.head = json_text(records_json(&w, arena_str(w.arena, statement).data), "cp");
    REFUSED(submit(SECOND, &c, 1), "is not what there is to sign now");
    c = move_of("test_sheet", id, "sign", signing());
    seal(); /* later heads: what was signed stands */
    OK(signed_change(SECOND, &c, &bob, NULL));
    ck_assert(note_has_line(last_signature, &bob.key));
}
END_TEST

START_TEST(a_key_that_was_retired_leaves_nobody_unsigned)
{
    struct pair ann = pair_of("P-0001", 7), next = pair_of("P-0001", 17);
    registered(&ann);
    ck_assert(db_run(w.db, &e, "update ledger_key set retired_leaf = leaf + 1 where role = 'auditor'"));
    const char *p = population();
    struct json *set = commitment(p, 5, NULL);
    struct access x = {.actor = str_of(AUDITOR)};
    record_defaults(records_type(&w, "sample"), set, &x, w.t);
    struct record_change c = {.type = STR("sample"), .act = RECORD_CREATE, .set = set};
    REFUSED(submit(AUDITOR, &c, 1), "counts no more");
    REFUSED(signed_change(AUDITOR, &c, &ann, NULL), "counts no more");
    registered(&next);
    OK(signed_change(AUDITOR, &c, &next, NULL));
    ck_assert(!auditor_signed_take(w.arena, STR("assay/draw@v1\n{}\n"), &c, &e) && strstr(e.text, "paste all"));
    /* Who has no key signs with none. */
    c = (struct record_change){.type = STR("sample"), .act = RECORD_CREATE, .set = set};
    ck_assert(auditor_signed_take(w.arena, STR("x\n{\"cp\":\"\"}\n\n\xe2\x80\x94 a AAAAAAAA\n"), &c, &e));
    REFUSED(submit(SECOND, &c, 1), "no key is registered in your name");
}
END_TEST

/* ---- engagements ---- */

static void planning_is_over(const char *state)
{
    ck_assert(db_run(w.db, &e, "update engagements_versions set state = ?1 where id = 'ENG-0001'", A(state)));
}

START_TEST(what_is_examined_stays_once_planning_ended)
{
    OK(act(LEAD, "engagement", "ENG-0001", RECORD_CHANGE, "", JSON_OF("{\"window_to\":\"2026-09-30\"}"), "")); /* while it is planned */
    planning_is_over("open");
    static const char *const changes[] = {"{\"window_to\":\"2026-12-31\"}", "{\"window_from\":\"2026-02-01\"}", "{\"categories\":[\"availability\",\"security\"]}", "{\"time_zone\":\"Europe/Berlin\"}",
                                          "{\"scope_leaf\":4}"};
    for (size_t i = 0; i < 5; i++)
        REFUSED(act(LEAD, "engagement", "ENG-0001", RECORD_CHANGE, "", JSON_OF(changes[i]), ""), "for a reason alone");
    REFUSED(act(LEAD, "engagement", "ENG-0001", RECORD_CHANGE, "", JSON_OF("{\"kind\":\"type1\"}"), "Better so"), "end this one and open that");
    REFUSED(act(LEAD, "engagement", "ENG-0001", RECORD_CHANGE, "", JSON_OF("{\"scope_leaf\":4}"), "Another scope"), "not the approval of a scope");
    REFUSED(act(LEAD, "engagement", "ENG-0001", RECORD_CHANGE, "", JSON_OF("{\"window_to\":\"2026-02-15\"}"), "Shorter"), "under three");
    REFUSED(act(LEAD, "engagement", "ENG-0001", RECORD_UNDO, "", NULL, "Back"), "");
    REFUSED(act("system:schedule", "engagement", "ENG-0001", RECORD_DELETE, "", NULL, "Away"), "");
    OK(act(LEAD, "engagement", "ENG-0001", RECORD_CHANGE, "", JSON_OF("{\"report_on\":\"2027-02-01\"}"), ""));        /* what is not held fast */
    OK(act(LEAD, "engagement", "ENG-0001", RECORD_CHANGE, "", JSON_OF("{\"window_to\":\"2026-09-30\",\"title\":\"SOC 2, nine months\"}"), "")); /* the same day again */
    OK(act(LEAD, "engagement", "ENG-0001", RECORD_CHANGE, "", JSON_OF("{\"window_to\":\"2026-06-30\"}"), "The firm and we agreed on six months"));
    /* Once something is signed for these days, they stay whatever the reason. */
    const char *s = drawn(40, 5, NULL), *id = sheet(s), *ev = evidence();
    struct json *set = marked(id, 0), *list = json_put_array(set, "evidence");
    json_push_str(list, str_of(ev));
    OK(act(AUDITOR, "test_sheet", id, RECORD_CHANGE, "", set, ""));
    OK(act(AUDITOR, "test_sheet", id, RECORD_MOVE, "prepare", prepared(id), ""));
    seal();
    OK(act(SECOND, "test_sheet", id, RECORD_MOVE, "sign", signing(), ""));
    REFUSED(act(LEAD, "engagement", "ENG-0001", RECORD_CHANGE, "", JSON_OF("{\"window_to\":\"2026-07-31\"}"), "One more"), "1 test sheets are signed off");
}
END_TEST

START_TEST(a_sequence_has_no_holes)
{
    const char *id = drawn(300, 20, NULL);
    struct sample_source s = source_of_test();
    struct sample_items items;
    s.rows = rows_of_test;
    struct record *r = records_get(&w, "sample", id);
    struct str drawn_text = json_text(r->values, "drawn");
    ck_assert(sample_items_read(w.arena, drawn_text, &items, &e));
    /* The next one but one; one that stands there; one instead of what was never drawn; a line less; two in another order. */
    struct json *first = sample_replace(w.db, w.arena, &s, r, items.items[3].item, &e);
    struct str next = json_text(first, "drawn"), rest = str_slice(next, drawn_text.size + 1, next.size), word;
    ck_assert(str_next_word(&rest, &word));
    ck_assert(db_run(w.db, &e, "select 1"));
    const char *const holes[] = {arena_printf(w.arena, "%.*s\n%lld instead %lld", STR_ARGS(drawn_text), (long long)(json_int(r->values, "rows", 0)), (long long)items.items[3].item).data,
                                 arena_printf(w.arena, "%.*s\n%lld instead %lld", STR_ARGS(drawn_text), (long long)items.items[4].item, (long long)items.items[3].item).data,
                                 arena_printf(w.arena, "%.*s\n%.*s instead 299", STR_ARGS(drawn_text), STR_ARGS(word)).data,
                                 arena_printf(w.arena, "%.*s", STR_ARGS(str_slice(next, (size_t)str_find_char(next, '\n') + 1, next.size))).data,
                                 arena_printf(w.arena, "%.*s\n%.*s draw", STR_ARGS(drawn_text), STR_ARGS(word)).data};
    for (size_t i = 0; i < 5; i++) {
        struct json *set = json_object(w.arena);
        json_put_cstr(set, "drawn", holes[i]);
        json_put_int(set, "items", 20);
        ck_assert_msg(!act(AUDITOR, "sample", id, RECORD_MOVE, "replace", set, "out of scope"), "%zu was taken", i);
    }
    /* A type that the organisation laid over without its reason gets no further. */
    struct record_change c = move_of("sample", id, "replace", first);
    struct op op;
    struct leaf_drafts drafts = {0};
    w.actor = AUDITOR;
    struct access x = records_access(&w);
    c.why = STR(" ");
    e = (struct err){0};
    ck_assert(record_op(&env_system, w.arena, &c, 1, &x, &op, &e) && !audit_change_make(w.db, &ledger, w.arena, &op, &drafts, &e));
    /* And a sheet that leaves one out concludes nothing. */
    const char *sheet_id = sheet(id);
    struct json *set = marked(sheet_id, 0);
    struct str marks = json_text(set, "results"), line;
    str_next_line(&marks, &line);
    ((struct json *)(uintptr_t)json_get(set, "results"))->text = marks;
    json_push_str(json_put_array(set, "evidence"), str_of(evidence()));
    OK(act(AUDITOR, "test_sheet", sheet_id, RECORD_CHANGE, "", set, ""));
    REFUSED(act(AUDITOR, "test_sheet", sheet_id, RECORD_MOVE, "prepare", JSON_OF("{\"conclusion\":\"no_exceptions\",\"conclusion_words\":\"No exceptions noted.\",\"items_tested\":20,\"deviations_found\":0,"
                                                                                  "\"preparer\":\"P-0001\",\"prepared_on\":\"2026-07-10\"}"),
                ""),
            "1 items are not marked");
}
END_TEST

TEST_MAIN_WITH("audit_guard", setup, teardown, a_sample_is_drawn_in_order_and_can_be_drawn_again, nobody_steers_a_draw, a_late_commitment_is_taken_and_says_so,
               strata_replacements_and_items_for_a_reason_are_in_their_turn, neither_side_writes_what_the_other_does, a_sheet_concludes_what_it_counts_and_is_locked_for_good,
               nothing_of_an_auditor_with_a_key_is_taken_without_it, a_key_that_was_retired_leaves_nobody_unsigned, what_is_examined_stays_once_planning_ended, a_sequence_has_no_holes,
               nothing_is_concluded_before_its_evidence, every_deviation_is_reported_and_the_sample_extended_once, without_a_checked_population_nothing_is_concluded)
