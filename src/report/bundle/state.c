/* state.c - what a bundle states for programs: records as the auditor sees them, what the evaluation comes to and from what, proofs, drafts. */
#include "base/times.h"
#include "ledger/leaf_rules.h"
#include "os/zone.h"
#include "report/bundle/internal.h"
#include "report/reports/report.h"

enum { LINE_BYTES_MAX = 64 << 20, HTML_BYTES_MAX = 96 << 20 };

bool bundle_line(struct buf *out, const struct json *o, struct err *e)
{
    if (!json_write_canonical(out, o, e))
        return false;
    buf_char(out, '\n');
    return !out->full || err_set(e, ERR_TOO_LARGE, "bundle: a line over %d MiB", LINE_BYTES_MAX >> 20);
}

/* ---- the evaluation ---- */

static void seen_take(const struct assessment *as, struct arena *own, const struct test_history *histories, size_t control, size_t subject, struct bundle_observed *ret)
{
    struct buf BUF_AUTO text;
    buf_init(&text, LINE_BYTES_MAX);
    struct stretch *all = control_stretches(as, own, histories, control, subject, &ret->count);
    for (size_t i = 0; i < ret->count; i++)
        buf_printf(&text, "%lld %lld %s\n", (long long)all[i].from_ms, (long long)all[i].to_ms, result_status_name(all[i].status));
    ret->digest = sha256_of(buf_view(&text));
}

static bool seen_load(const struct assessment *as, struct arena *a, struct bundle_observed **ret, struct err *e)
{
    struct arena *own = arena_new("bundle: one subject", (size_t)2 << 30);
    const struct test_history *histories = NULL;
    *ret = arena_array(a, as->control_count * as->subject_count + 1, sizeof **ret);
    for (size_t s = 0; s < as->subject_count && (histories = subject_histories(as, own, s, e)); s++) {
        for (size_t i = 0; i < as->control_count; i++)
            if (as->controls[i].facts.model == MODEL_CONFIG_STATE)
                seen_take(as, own, histories, i, s, &(*ret)[i * as->subject_count + s]);
        arena_reset(own);
    }
    arena_free(own);
    return e->code == ERR_NONE;
}

bool bundle_assess(struct db *db, struct arena *a, const struct blob_opener *blobs, const struct engagement *g, int64_t at_ms, int64_t leaf_limit, struct assessment **ret,
                   struct population_result **ret_fed, struct bundle_observed **ret_seen, struct err *e)
{
    int64_t today = day_of(zone_local_ms(g->zone, at_ms)), last = g->window.last < today ? g->window.last : today;
    *ret = NULL;
    *ret_fed = NULL;
    *ret_seen = NULL;
    if (!g->has_days || g->window.first > last || last - g->window.first >= WINDOW_DAYS_MAX)
        return true;
    *ret = assessment_load_in(db, a, at_ms, g->window.first, last, g->zone, leaf_limit, e);
    return *ret && population_feed(db, a, blobs, g, *ret, ret_fed, e) && seen_load(*ret, a, ret_seen, e);
}

static void span_put(struct json *o, const char *key, struct interval i)
{
    struct json *list = json_put_array(o, key);
    json_push_int(list, i.from_ms);
    json_push_int(list, i.to_ms);
}

static void subjects_put(struct arena *a, struct json *o, const struct assessment *as, const struct bundle_observed *seen, size_t control)
{
    struct json *list = json_put_array(o, "subjects");
    for (size_t s = 0; s < as->subject_count; s++) {
        const struct bundle_observed *one = &seen[control * as->subject_count + s];
        char hex[2 * SHA256_SIZE + 1];
        if (one->count == 0)
            continue;
        hex_encode(one->digest.bytes, SHA256_SIZE, hex);
        struct json *item = json_push(list, json_array(a));
        json_push_str(item, as->subjects[s].id);
        json_push_int(item, (int64_t)one->count);
        json_push_str(item, arena_str(a, str_of(hex)));
    }
}

static void window_put(struct json *o, const struct window_outcome *w)
{
    json_put_cstr(o, "conclusion", conclusion_name(w->conclusion));
    json_put_int(o, "deviations", w->deviations);
    json_put_int(o, "fail", w->fail_ms);
    span_put(o, "in_force", w->in_force);
    json_put_int(o, "longest_fail", w->longest_fail_ms);
    json_put_int(o, "longest_unknown", w->longest_unknown_ms);
    json_put_bool(o, "partial", w->is_partial_period);
    json_put_int(o, "pass", w->pass_ms);
    json_put_int(o, "unknown", w->unknown_ms);
}

struct json *bundle_control_state(struct arena *a, const struct assessment *as, const struct population_result *fed, const struct bundle_observed *seen, size_t control)
{
    const struct control_state *c = &as->controls[control];
    const struct control_facts *f = &c->facts;
    const struct population_result *p = fed && fed[control].is_event_model ? &fed[control] : NULL;
    struct json *o = json_object(a), *list;
    json_put_cstr(o, "control", c->control->id);
    json_put_int(o, "model", (int64_t)f->model);
    json_put_cstr(o, "conclusion", conclusion_name(c->operation.conclusion));
    json_put_bool(o, "partial", c->operation.is_partial_period);
    json_put_cstr(o, "why", c->operation.why);
    span_put(o, "asked", f->window_asked);
    span_put(o, "in_force", f->in_force);
    json_put_int(o, "tests", f->tests_mapped);
    if (f->model == MODEL_CONFIG_STATE) {
        window_put(json_put_object(o, "window"), &f->window);
        subjects_put(a, o, as, seen, control);
    } else if (p) {
        json_put_str(o, "inputs", p->inputs);
        json_put_int(o, "expected", p->evaluation.n);
        json_put_int(o, "deviations", p->evaluation.deviations);
        json_put_int(o, "rows", p->rows);
        list = json_put_array(o, "populations");
        for (size_t i = 0; i < p->populations.count; i++)
            json_push_str(list, str_of(p->populations.items[i]));
    } else {
        list = json_put_array(o, "performances");
        json_push_int(list, f->performances.expected);
        json_push_int(list, f->performances.late);
        json_push_int(list, f->performances.missed);
        json_push_int(list, f->performances.unevidenced);
        json_put_int(o, "first", f->first_occurrence_ms);
        json_put_int(o, "last", f->last_occurrence_ms);
    }
    return o;
}

struct json *bundle_criterion_state(struct arena *a, const struct assessment *as, size_t criterion)
{
    const struct criterion_state *c = &as->criteria[criterion];
    struct json *o = json_object(a), *list;
    json_put_cstr(o, "criterion", c->criterion->id);
    json_put_cstr(o, "signal", criterion_status_name(c->signal));
    list = json_put_array(o, "key");
    for (size_t i = 0; i < c->key_count; i++)
        json_push_str(list, str_of(as->controls[c->key[i]].control->id));
    list = json_put_array(o, "compensating"); /* [control, the place of the key control that it makes up for] */
    for (size_t i = 0; i < c->compensating_count; i++) {
        struct json *pair = json_push(list, json_array(a));
        json_push_str(pair, str_of(as->controls[c->compensating[i]].control->id));
        json_push_int(pair, (int64_t)c->compensated[i]);
    }
    return o;
}

bool bundle_is_stated(const struct assessment *as, size_t control)
{
    return as->controls[control].program->adoption == ADOPTION_ADOPTED || !as->controls[control].program->is_own; /* an own one that is only proposed is not seen */
}

static bool evaluation_write(struct audit_bundle *b, struct buf *out, struct err *e)
{
    const struct assessment *as = b->as;
    struct json *o = json_object(b->a);
    enum criterion_status *signals = arena_array(b->a, content_criterion_count + 1, sizeof *signals);
    size_t count = 0;
    json_put_str(o, "engagement", b->g.id);
    json_put_int(o, "at", b->at_ms);
    json_put_int(o, "leaf", (int64_t)b->size - 1);
    json_put_cstr(o, "rules", EVALUATION_RULES);
    if (as)
        span_put(o, "window", as->window);
    if (!bundle_line(out, o, e))
        return false;
    for (size_t i = 0; as && i < as->control_count; i++)
        if (bundle_is_stated(as, i) && !bundle_line(out, bundle_control_state(b->a, as, b->fed, b->observed, i), e))
            return false;
    for (size_t i = 0; as && i < content_criterion_count; i++) {
        if (!as->criteria[i].is_in_scope)
            continue;
        signals[count++] = as->criteria[i].signal;
        if (!bundle_line(out, bundle_criterion_state(b->a, as, i), e))
            return false;
    }
    if (!as)
        return true;
    o = json_object(b->a);
    json_put_cstr(o, "signal", opinion_signal_name(opinion_evaluate(signals, count, EVALUATION_LIMITS_DEFAULT.pervasive_share)));
    return bundle_line(out, o, e);
}

/* ---- records ---- */

struct json *bundle_record_state(struct arena *a, const struct record *r)
{
    struct json *o = json_object(a);
    json_put_cstr(o, "type", r->type->id);
    json_put_str(o, "id", r->id);
    json_put_str(o, "state", r->state);
    json_put_int(o, "ver", r->version);
    json_put_int(o, "leaf", r->leaf);
    json_put_int(o, "t", r->t);
    struct json *values = json_object(a);
    if (r->values) { /* the caller's tree stays as it is */
        values->first = r->values->first;
        values->last = r->values->last;
        values->count = r->values->count;
    }
    json_put(o, "values", values);
    return o;
}

struct recording {
    struct audit_bundle *b;
    struct bundle_sink *s;
    struct arena *line;
    struct buf text;
};

static bool record_write(void *context, const struct record *r, struct err *e)
{
    struct recording *x = context;
    arena_reset(x->line);
    buf_clear(&x->text);
    return bundle_line(&x->text, bundle_record_state(x->line, r), e) && bundle_page_add(x->s, buf_view(&x->text), e);
}

/* Types in the order of the table, ids ascending. */
static bool records_write(struct audit_bundle *b, struct bundle_sink *s, struct err *e)
{
    struct recording x = {.b = b, .s = s, .line = arena_new("a record", 64 << 20)};
    struct arena *a = arena_new("records", AUDIT_BUNDLE_BYTES_MAX);
    buf_init(&x.text, LINE_BYTES_MAX);
    bool ok = bundle_page_begin(s, "audit/records.jsonl", e);
    JSON_EACH (item, json_get(examine_table(), "types")) {
        const struct record_type *t = record_types_find(b->o.types, json_text(item, "type"));
        ok = ok && (!t || bundle_records_each(b, t, a, record_write, &x, e));
    }
    ok = ok && bundle_page_end(s, e);
    buf_release(&x.text);
    arena_free(x.line);
    arena_free(a);
    return ok;
}

/* ---- proofs of what the pages cite ---- */

/* Those whose content an auditor reads: records, draws, closes, opinions, and of each subject the newest evaluation. */
static bool is_cited(const struct audit_bundle *b, uint64_t index, struct str type, const struct json *leaf)
{
    if (str_is(type, "draw") || str_is(type, "close") || str_is(type, "opinion"))
        return true;
    return leaf_is_record_change(type, leaf) && audit_bundle_wants((void *)(uintptr_t)b, index, type, leaf);
}

struct proving {
    struct audit_bundle *b;
    struct bundle_sink *s;
    struct arena *a;
    struct ledger_reader *reader; /* another one than that which goes through the leaves */
    struct buf note, proof;
    uint64_t count;
};

static bool leaf_prove(void *context, uint64_t index, struct str bytes, struct err *e)
{
    struct proving *p = context;
    struct leaf leaf;
    char name[64];
    if (str_starts(bytes, "assay/leaf@v1 item\n") || str_starts(bytes, "assay/leaf@v1 eval\n") || str_starts(bytes, "assay/leaf@v1 seal\n") || str_starts(bytes, "assay/leaf@v1 run\n"))
        return true; /* nearly all of them */
    arena_reset(p->a);
    if (!leaf_parse(p->a, bytes, &leaf, e))
        return false;
    if (!is_cited(p->b, index, leaf.type, leaf.json) || p->count >= BUNDLE_PROOFS_MAX)
        return true;
    p->count++;
    p->b->proven_to = (int64_t)index + 1;
    buf_clear(&p->proof);
    if (!proof_write(p->reader, index, buf_view(&p->note), &p->proof, e))
        return false;
    snprintf(name, sizeof(name), "audit/proofs/%09llu.leaf", (unsigned long long)index);
    if (!bundle_page(p->s, name, bytes, e))
        return false;
    snprintf(name, sizeof(name), "audit/proofs/%09llu.tlog-proof", (unsigned long long)index);
    return bundle_page(p->s, name, buf_view(&p->proof), e);
}

static bool proofs_write(struct audit_bundle *b, struct bundle_sink *s, struct err *e)
{
    struct proving p = {.b = b, .s = s, .a = arena_new("a cited leaf", 4 << 20)};
    buf_init(&p.note, 1 << 20);
    buf_init(&p.proof, 1 << 20);
    p.reader = ledger_reader_at(b->o.ledger_dir, ledger_reader_note(b->o.ledger), e);
    bool ok = p.reader != NULL;
    if (ok)
        buf_str(&p.note, ledger_reader_note(p.reader));
    ok = ok && ledger_reader_each(b->o.ledger, 0, b->size, leaf_prove, &p, e);
    ledger_reader_close(p.reader);
    buf_release(&p.note);
    buf_release(&p.proof);
    arena_free(p.a);
    return ok;
}

/* ---- drafts of the report ---- */

static bool draft_print(struct audit_bundle *b, struct bundle_sink *s, struct arena *a, const struct json *document, const char *format, bool *ret_is_there, struct err *e)
{
    struct str bytes = STR("");
    struct err why = {0};
    *ret_is_there = b->o.print && b->o.print(b->o.print_context, a, document, format, &bytes, &why);
    return !*ret_is_there || bundle_page(s, arena_printf(a, "audit/report.%s", format).data, bytes, e);
}

/* As the auditor may see it: sections that are not approved stay out. */
static bool report_write(struct audit_bundle *b, struct bundle_sink *s, struct err *e)
{
    struct arena *a = arena_new("a draft of the report", AUDIT_BUNDLE_BYTES_MAX);
    struct view v = {.db = b->o.db, .arena = a, .now_ms = b->at_ms, .blobs = {b->o.blobs->open, b->o.blobs->context}};
    struct view_records shown = {.types = b->o.types, .access = &b->access};
    struct report_options o = {.kind = b->g.is_type1 ? STR("type1") : STR("type2"), .engagement = b->g.id, .to = STR("")};
    struct buf BUF_AUTO html;
    struct err refused = {0};
    buf_init(&html, HTML_BYTES_MAX);
    struct json *page = view_open(&v, 0, e) ? report_make(&v, &shown, &o, &refused) : NULL;
    bool ok = e->code == ERR_NONE;
    const struct json *document = page && report_is_allowed(page, &refused) ? json_get(page, "document") : NULL;
    if (ok && document) {
        report_write_html(document, &html);
        b->has_html = true;
        ok = bundle_page(s, "audit/report.html", buf_view(&html), e) && draft_print(b, s, a, document, "pdf", &b->has_pdf, e) && draft_print(b, s, a, document, "xlsx", &b->has_xlsx, e);
    }
    arena_free(a);
    return ok;
}

bool bundle_statements_write(struct audit_bundle *b, struct bundle_sink *s, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, LINE_BYTES_MAX);
    return evaluation_write(b, &text, e) && bundle_page(s, "audit/evaluation.jsonl", buf_view(&text), e) && bundle_performances_write(b, s, e) && proofs_write(b, s, e) && records_write(b, s, e) && report_write(b, s, e);
}
