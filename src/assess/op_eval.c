/* eval: what the tests of one run found, as the difference to what was open before. Applied into evaluation, coverage, span,
 * test_span with test_span_chunk, subject_now. In front of it an alert where tests that held no longer do. */
#include "assess/ops.h"
#include "assess/result.h"
#include "assess/span_store.h"
#include "assess/subject_now.h"
#include "base/limits.h"
#include "blob/blob.h"

enum { ALERT_TESTS_MAX = 500 };

/* A test that passes now, and of which the line says that something fails. */
static bool turns_to_fail(struct db *projection, struct str subject, struct str test, struct err *e)
{
    struct err failed = {0};
    int64_t count = db_one_int(projection, &failed, 0, "select count(*) from test_span where subject = ?1 and test = ?2 and status = 'pass'", A(subject), A(test));
    if (failed.code)
        *e = failed;
    return !failed.code && count > 0;
}

/* The tests of the subject that passed until now and fail with these results, in `ctl`; how many there are. -1: e. */
static int64_t turned_list(struct db *projection, struct arena *a, struct str subject, struct str results, struct json *ctl, struct err *e)
{
    struct str line, last = {0};
    int64_t count = 0;
    while (str_next_line(&results, &line)) {
        if (!str_starts(line, "[\"+\","))
            continue;
        struct json *v = json_parse(a, line, JSON_LIMITS_DEFAULT, e);
        if (!v)
            return err_wrap(e, "eval: its results"), -1;
        const struct json *test = json_at(v, 1), *status = json_at(v, 3);
        if (v->count != 5 || test->type != JSON_STRING || !str_is(status->text, "fail") || str_equal(test->text, last))
            continue;
        last = test->text;
        if (turns_to_fail(projection, subject, last, e) && ++count <= ALERT_TESTS_MAX)
            json_push_str(ctl, last);
        if (e->code)
            return -1;
    }
    return count;
}

/* False: none is needed, or e. */
static bool alert_draft(struct db *projection, struct arena *a, const struct op *op, struct str subject, int64_t run, struct leaf_draft *ret, struct err *e)
{
    struct str plain;
    struct err failed = {0};
    const struct op_blob *b = op->blobs;
    if (op->blob_count == 0 || db_one_int(projection, &failed, 0, "select count(*) from test_span where subject = ?1 and status = 'pass'", A(subject)) == 0)
        return failed.code && (*e = failed, false);
    if (!blob_open(a, b->ciphertext, b->c, b->x, b->dek, LIMIT_BLOB_BYTES, &plain, &failed))
        return err_set(e, ERR_INVALID, "eval of run %lld: its results do not open: %s", (long long)run, failed.text);
    struct json *body = json_object(a), *ctl = json_put_array(body, "ctl");
    int64_t count = turned_list(projection, a, subject, plain, ctl, e);
    if (count <= 0)
        return false;
    json_put_int(body, "cnt", count);
    json_put_cstr(body, "k", op_eval_alert.kind);
    json_put_cstr(body, "kind", "test-failed");
    json_put_int(body, "of", run);
    json_put_str(body, "sub", subject);
    *ret = (struct leaf_draft){.type = "alert", .stream = arena_printf(a, "alert/%.*s", STR_ARGS(str_slice(subject, 2, 10))), .body = body};
    return true;
}

static bool eval_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    int64_t run = json_int(op->body, "run", -1), catalog = json_int(op->body, "cat", -1),
            parameter = json_int(op->body, "par", -1);
    int64_t at_ms = json_int(op->body, "at", -1);
    const struct json *counts = json_get(op->body, "cnt");
    struct err inner = {0};
    struct str subject = db_one_text(a, projection, &inner, "select subject from run where leaf = ?1", A(run));
    int64_t catalog_found =
        inner.code ? -1 : db_one_int(projection, &inner, -1, "select leaf from catalog where leaf = ?1", A(catalog));
    int64_t newest = inner.code ? -1 : db_one_int(projection, &inner, -1, "select max(leaf) from parameter");
    if (inner.code) {
        *e = inner;
        return false;
    }
    if (!subject.data || subject.size < 10)
        return err_set(e, ERR_INVALID, "eval: leaf %lld is no run", (long long)run);
    if (catalog_found < 0)
        return err_set(e, ERR_INVALID, "eval: leaf %lld is no catalogue", (long long)catalog);
    if (parameter > newest || at_ms < 0 || !counts || op->blob_count > 1)
        return err_set(e, ERR_INVALID, "eval of run %lld: malformed", (long long)run);
    struct leaf_draft *drafts = arena_array(a, 2, sizeof(*drafts)), *draft = drafts;
    draft += alert_draft(projection, a, op, subject, run, draft, &inner);
    if (inner.code) {
        *e = inner;
        return false;
    }
    *draft = (struct leaf_draft){.type = "eval"};
    draft->stream = arena_printf(a, "assess/%.*s", STR_ARGS(str_slice(subject, 2, 10)));
    draft->body = json_object(a);
    json_put_int(draft->body, "run", run);
    json_put_int(draft->body, "cat", catalog);
    json_put_int(draft->body, "par", parameter);
    json_put_int(draft->body, "at", at_ms);
    struct json *c = json_put_object(draft->body, "cnt");
    for (int s = 0; s < 4; s++) {
        const char *name = result_status_name((enum result_status)s);
        json_put_int(c, name, json_int(counts, name, 0));
    }
    draft->blob_count = op->blob_count;
    *ret = (struct leaf_drafts){drafts, (size_t)(draft - drafts) + 1}; /* the answer is of the last */
    return true;
}

/* What is being applied. */
struct change {
    struct db *db;
    struct str subject;
    int64_t leaf;
    int64_t at_ms; /* where spans are cut */
    struct arena *arena;
    struct stored_span *closed; /* of test_span */
    size_t closed_count, closed_capacity;
};

static bool coverage_extend(struct change *c, int64_t taken_at_ms, struct err *e)
{
    struct err inner = {0};
    int64_t id = -1, to_ms = 0;
    DB_EACH (row, c->db, &inner, "select id, to_t from coverage where subject = ?1 order by from_t desc limit 1", A(c->subject)) {
        id = db_int(row, 0);
        to_ms = db_int(row, 1);
    }
    if (inner.code) {
        *e = inner;
        return false;
    }
    /* A source's clock that went back does not take back what was seen. */
    c->at_ms = id >= 0 && taken_at_ms < to_ms ? to_ms : taken_at_ms;
    if (id >= 0 && c->at_ms - to_ms <= COVERAGE_BREAK_MS)
        return c->at_ms == to_ms || db_run(c->db, e, "update coverage set to_t = ?2 where id = ?1", A(id), A(c->at_ms));
    return db_run(c->db, e, "insert into coverage(subject, from_t, to_t) values(?1, ?2, ?2)", A(c->subject), A(c->at_ms));
}

/* Closes the open span of a resource. A span that would be empty (opened at this very instant) stays, of length zero: it was
 * recorded. */
static bool span_close(struct change *c, struct str test, struct str resource, struct err *e)
{
    return db_run(
        c->db, e,
        "update span set to_leaf = ?4, to_t = ?5 where subject = ?1 and test = ?2 and resource = ?3 and to_leaf is null",
        A(c->subject), A(test), A(resource), A(c->leaf), A(c->at_ms));
}

static bool span_open(struct change *c, struct str test, struct str resource, struct str status, struct str reason, struct err *e)
{
    return db_run(
        c->db, e,
        "insert into span(subject, test, resource, status, reason, from_leaf, from_t) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        A(c->subject), A(test), A(resource), A(status), A(reason), A(c->leaf), A(c->at_ms));
}

/* What the line of one test says, and becomes a closed span of it. False: there is none, or e. */
static bool test_span_read(struct change *c, struct str test, struct stored_span *ret, struct err *e)
{
    bool is_there = false;
    *ret = (struct stored_span){.to_ms = c->at_ms, .to_leaf = c->leaf};
    DB_EACH (row, c->db, e, "select status, pass, fail, unknown, skip, from_leaf, from_t from test_span where subject = ?1 and test = ?2",
             A(c->subject), A(test)) {
        is_there = result_status_parse(db_text(row, 0), &ret->status);
        ret->counts.of[RESULT_PASS] = db_int(row, 1);
        ret->counts.of[RESULT_FAIL] = db_int(row, 2);
        ret->counts.of[RESULT_UNKNOWN] = db_int(row, 3);
        ret->counts.of[RESULT_SKIP] = db_int(row, 4);
        ret->from_leaf = db_int(row, 5);
        ret->from_ms = db_int(row, 6);
    }
    return is_there && e->code == ERR_NONE;
}

static bool test_span_close(struct change *c, struct str test, struct stored_span *old, struct err *e)
{
    if ((old->test = test_name_row(c->db, test, e)) < 0)
        return false;
    if (c->closed_count == c->closed_capacity)
        c->closed = arena_grow(c->arena, c->closed, c->closed_count, &c->closed_capacity, sizeof *c->closed);
    c->closed[c->closed_count++] = *old;
    return db_run(c->db, e, "delete from test_span where subject = ?1 and test = ?2", A(c->subject), A(test));
}

/* Brings the line of one test up to its resources. */
static bool test_span_update(struct change *c, struct str test, struct err *e)
{
    struct result_counts now = {{0}};
    struct stored_span old;
    struct err inner = {0};
    DB_EACH (row, c->db, &inner,
             "select status, count(*) from span where subject = ?1 and test = ?2 and to_leaf is null group by status",
             A(c->subject), A(test)) {
        enum result_status s;
        if (result_status_parse(db_text(row, 0), &s))
            now.of[s] = db_int(row, 1);
    }
    bool is_there = !inner.code && test_span_read(c, test, &old, &inner);
    if (inner.code) {
        *e = inner;
        return false;
    }
    if (is_there && memcmp(&old.counts, &now, sizeof now) == 0)
        return true;
    if (is_there && !test_span_close(c, test, &old, e))
        return false;
    if (now.of[0] + now.of[1] + now.of[2] + now.of[3] == 0)
        return true; /* the test is gone */
    return db_run(c->db, e,
                  "insert into test_span(subject, test, status, pass, fail, unknown, skip, from_leaf, from_t)"
                  " values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                  A(c->subject), A(test), A(result_status_name(result_counts_worst(&now))), A(now.of[RESULT_PASS]),
                  A(now.of[RESULT_FAIL]), A(now.of[RESULT_UNKNOWN]), A(now.of[RESULT_SKIP]), A(c->leaf), A(c->at_ms));
}

/* After all tests are brought up. */
static bool test_spans_finish(struct change *c, struct err *e)
{
    return spans_append(c->db, c->subject, c->closed, c->closed_count, e) && subject_now_write(c->db, c->subject, e);
}

static bool line_apply(struct change *c, struct arena *a, struct str line, struct str *test, struct err *e)
{
    struct json *v = json_parse(a, line, JSON_LIMITS_DEFAULT, e);
    if (!v)
        return false;
    const struct json *sign = json_at(v, 0), *name = json_at(v, 1), *resource = json_at(v, 2), *status = json_at(v, 3),
                      *reason = json_at(v, 4);
    enum result_status word;
    bool is_new = sign && str_is(sign->text, "+") && v->count == 5 && result_status_parse(status->text, &word);
    bool is_gone = sign && str_is(sign->text, "-") && v->count == 3;
    if (!is_new && !is_gone)
        return err_set(e, ERR_CORRUPT, "neither a new result nor one that is gone");
    bool is_next_test = test->data && !str_equal(*test, name->text);
    if (is_next_test && !test_span_update(c, *test, e))
        return false;
    *test = arena_str(a, name->text);
    if (!span_close(c, name->text, resource->text, e))
        return false;
    return is_gone || span_open(c, name->text, resource->text, status->text, reason->text, e);
}

static bool changes_apply(struct change *c, struct arena *a, struct str text, struct err *e)
{
    struct str line, test = {0};
    if (!str_next_line(&text, &line)) /* the first one holds the digest of the whole set */
        return err_set(e, ERR_CORRUPT, "eval leaf %lld: an empty blob", (long long)c->leaf);
    for (int number = 2; str_next_line(&text, &line); number++)
        if (!line_apply(c, a, line, &test, e))
            return err_wrap(e, "eval leaf %lld, line %d", (long long)c->leaf, number);
    return !test.data || (test_span_update(c, test, e) && test_spans_finish(c, e));
}

struct open_span {
    struct str test, resource;
};

/* What this evaluation found was erased: nobody knows any more what changed here, so nothing that was open is known from here on,
 * until a later evaluation says it again. */
static bool changes_forget(struct change *c, struct arena *a, struct err *e)
{
    struct err inner = {0};
    struct open_span *spans = NULL;
    size_t count = 0, capacity = 0;
    struct str reason = arena_printf(a, ERASED_REASON, (long long)c->leaf);
    DB_EACH (row, c->db, &inner,
             "select test, resource from span where subject = ?1 and to_leaf is null order by test, resource", A(c->subject)) {
        if (count == capacity)
            spans = arena_grow(a, spans, count, &capacity, sizeof *spans);
        spans[count++] = (struct open_span){arena_str(a, db_text(row, 0)), arena_str(a, db_text(row, 1))};
    }
    if (inner.code) {
        *e = inner;
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!span_close(c, spans[i].test, spans[i].resource, e) ||
            !span_open(c, spans[i].test, spans[i].resource, STR("unknown"), reason, e))
            return false;
        bool is_last = i + 1 == count || !str_equal(spans[i].test, spans[i + 1].test);
        if (is_last && !test_span_update(c, spans[i].test, e))
            return false;
    }
    return test_spans_finish(c, e);
}

static bool eval_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                       struct err *e)
{
    const struct json *counts = json_get(leaf->json, "cnt"), *blob = json_at(json_get(leaf->json, "b"), 0);
    int64_t run = json_int(leaf->json, "run", -1), at_ms = json_int(leaf->json, "at", -1);
    struct err inner = {0};
    struct str subject = db_one_text(a, projection, &inner, "select subject from run where leaf = ?1", A(run));
    if (inner.code || !subject.data)
        return err_set(e, ERR_CORRUPT, "eval leaf %llu: leaf %lld is no run", (unsigned long long)leaf->index, (long long)run);
    /* A source's clock that runs ahead would make what it saw look fresh for ever: nothing is seen after it was received. */
    struct change c = {.db = projection, .subject = subject, .leaf = (int64_t)leaf->index, .arena = a};
    struct str x = json_text(blob, "x"), commitment = json_text(blob, "c");
    if (!coverage_extend(&c, at_ms < leaf->t ? at_ms : leaf->t, e) ||
        !db_run(projection, e,
                "insert into evaluation(leaf, subject, run, catalog, parameter, t, taken_at, seen_at, x, c, pass, fail, unknown, "
                "skip)"
                " values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                A(leaf->index), A(subject), A(run), A(json_int(leaf->json, "cat", -1)), A(json_int(leaf->json, "par", -1)),
                A(leaf->t), A(at_ms), A(c.at_ms), A(blob ? x : (struct str){0}), A(blob ? commitment : (struct str){0}),
                A(json_int(counts, "pass", 0)), A(json_int(counts, "fail", 0)), A(json_int(counts, "unknown", 0)),
                A(json_int(counts, "skip", 0))))
        return false;
    if (!blob)
        return true;
    struct str plain;
    if (!blobs->read(blobs->context, a, commitment, x, &plain, &inner)) {
        if (inner.code == ERR_NOT_FOUND) /* erased: the counts above are what is left */
            return changes_forget(&c, a, e);
        *e = inner;
        return false;
    }
    return changes_apply(&c, a, plain, e);
}

const struct op_kind op_eval = {.kind = "eval", .leaf_type = "eval", .make = eval_make, .apply = eval_apply};
/* Says nothing that the evaluation behind it does not say; it is for whoever reads the ledger without the keys of its blobs. */
const struct op_kind op_eval_alert = {.kind = "eval.alert", .leaf_type = "alert"};
