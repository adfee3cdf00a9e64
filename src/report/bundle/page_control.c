/* page_control.c - a control with all that hangs on it, and a machine's test with what it read. */
#include "assess/sheet.h"
#include "base/times.h"
#include "report/bundle/html.h"
#include "report/view_internal.h"
#include "report/view_parameters.h"

enum { RESULTS_SHOWN = 500, CAPTURES_SHOWN = 500 };

static void criterion_link(struct html *h, const char *id)
{
    buf_printf(&h->out, "<a href=\"%sindex.html#c-%.*s\">", sheaf_up(h), STR_ARGS(sheaf_name(h->a, str_of(id))));
    sheaf_cstr(h, id);
    buf_cstr(&h->out, "</a>");
}

static void criteria_put(struct html *h, const char *what, struct strings ids)
{
    if (ids.count == 0)
        return;
    buf_cstr(&h->out, "<dt>");
    sheaf_cstr(h, what);
    buf_cstr(&h->out, "</dt><dd>");
    for (size_t i = 0; i < ids.count; i++) {
        buf_cstr(&h->out, i ? ", " : "");
        criterion_link(h, ids.items[i]);
    }
    buf_cstr(&h->out, "</dd>\n");
}

/* ---- what it comes to ---- */

static void conclusion_put(struct html *h, const struct assessment *as, size_t index)
{
    const struct control_state *c = &as->controls[index];
    const struct population_result *p = h->bundle->fed && h->bundle->fed[index].is_event_model ? &h->bundle->fed[index] : NULL;
    const struct performances *f = &c->facts.performances;
    const struct window_outcome *w = &c->facts.window;
    sheaf_facts_begin(h);
    buf_cstr(&h->out, "<dt>Over the window</dt><dd>");
    sheaf_status(h, conclusion_status(c->operation.conclusion), conclusion_words(c->operation.conclusion));
    sheaf_say(h, "%s: %s", c->operation.is_partial_period ? ", for part of the period" : "", c->operation.why);
    buf_cstr(&h->out, "</dd>\n");
    if (c->facts.model == MODEL_CONFIG_STATE && c->facts.tests_mapped) {
        sheaf_fact(h, "Observed", "%lld hours passing, %lld failing, %lld unknown; %lld failure runs", (long long)(w->pass_ms / MS_HOUR), (long long)(w->fail_ms / MS_HOUR), (long long)(w->unknown_ms / MS_HOUR),
                  (long long)w->deviations);
    } else if (p) {
        sheaf_fact(h, "Events", "%lld of %lld rows count, %lld not as they should be", (long long)p->evaluation.n, (long long)p->rows, (long long)p->evaluation.deviations);
        sheaf_fact(h, "SHA-256 of all inputs", "%.*s", STR_ARGS(p->inputs));
    } else {
        sheaf_fact(h, "Performances", "%lld due, %lld late, %lld missed, %lld without accepted evidence; as the organisation counts them", (long long)f->expected, (long long)f->late, (long long)f->missed,
                  (long long)f->unevidenced);
    }
    sheaf_facts_end(h);
    buf_cstr(&h->out, "<p class=\"soft\">A signal of the organisation's program, computed again by assay reperform; the auditor's conclusion stands on the test sheets.</p>\n");
}

static void tests_put(struct html *h, const struct assessment *as, size_t index)
{
    const struct control_state *c = &as->controls[index];
    sheaf_heading(h, 2, "tests", "Tests by machine");
    if (c->test_count == 0) {
        buf_cstr(&h->out, "<p>None: nothing of it is a setting that a machine could read.</p>\n");
        return;
    }
    sheaf_table_begin(h, "Tests and how they stand now", "Test|What it looks at|Now|>Pass|>Fail|>Unknown");
    for (size_t i = 0; i < c->test_count; i++) {
        const struct test_state *t = &as->tests[c->tests[i]];
        buf_cstr(&h->out, "<tr><td>");
        buf_printf(&h->out, "<a href=\"test-%.*s.html\">", STR_ARGS(sheaf_name(h->a, str_of(t->test->id))));
        sheaf_cstr(h, t->test->id);
        buf_cstr(&h->out, "</a></td>");
        sheaf_cell(h, str_of(t->test->title));
        sheaf_cell_begin(h);
        sheaf_status(h, t->status, result_status_name(t->status));
        sheaf_cell_end(h);
        sheaf_cell_int(h, t->resources.of[RESULT_PASS]);
        sheaf_cell_int(h, t->resources.of[RESULT_FAIL]);
        sheaf_cell_int(h, t->resources.of[RESULT_UNKNOWN]);
        buf_cstr(&h->out, "</tr>\n");
    }
    sheaf_table_end(h);
}

/* ---- what people did: everything that names the control ---- */

/* Records of a type that name it in a field, by id. none: what is said where there are none; "" nothing. */
static bool naming_put(struct html *h, const char *type, const char *field, struct str control, const char *heading, const char *none, struct err *e)
{
    bool is_any = false;
    const struct record_type *t = record_types_find(h->bundle->o.types, str_of(type));
    if (!t)
        return true;
    if (none[0])
        sheaf_heading(h, 2, type, "%s", heading);
    const struct record_field *f = record_type_field(t, str_of(field));
    struct str sql = f && (f->type == FIELD_REFERENCES)
                         ? arena_printf(h->a, "select l.id, r.state from record_link l join %s r on r.id = l.id where l.type = '%s' and l.field = '%s' and l.target = ?1 and l.to_leaf is null order by l.id", t->table, type, field)
                         : arena_printf(h->a, "select r.id, r.state from %s r where r.\"%s\" = ?1 order by r.id", t->table, field);
    DB_EACH (row, h->bundle->o.db, e, db_known(h->bundle->o.db, sql), A(control)) {
        struct str id = arena_str(h->a, db_text(row, 0)), state = arena_str(h->a, db_text(row, 1));
        const struct record_state *s = record_type_state(t, state);
        if (!bundle_observed(h->bundle, str_of(type), id))
            continue;
        if (!is_any && !none[0])
            sheaf_heading(h, 2, type, "%s", heading);
        buf_cstr(&h->out, is_any ? "" : "<ul>\n");
        is_any = true;
        buf_cstr(&h->out, "<li>");
        sheaf_record(h, type, id, true);
        sheaf_say(h, " · %s", s ? s->label : state.data);
        buf_cstr(&h->out, "</li>\n");
    }
    if (is_any)
        buf_cstr(&h->out, "</ul>\n");
    else if (none[0])
        buf_printf(&h->out, "<p>%s</p>\n", none);
    return e->code == ERR_NONE;
}

static bool exceptions_put(struct html *h, struct str control, struct err *e)
{
    bool is_any = false;
    sheaf_heading(h, 2, "exceptions", "Exceptions and responses");
    DB_EACH (row, h->bundle->o.db, e, "select x.id, ifnull((select p.id from responses p where p.exception = x.id order by p.id limit 1), '') from audit_exceptions x join test_sheets t on t.id = x.sheet "
                                      "where t.control = ?1 and x.engagement = ?2 order by x.id",
             A(control), A(h->bundle->g.id)) {
        struct str id = arena_str(h->a, db_text(row, 0)), response = arena_str(h->a, db_text(row, 1));
        if (!bundle_observed(h->bundle, STR("audit_exception"), id))
            continue;
        buf_cstr(&h->out, is_any ? "<li>" : "<ul>\n<li>");
        is_any = true;
        sheaf_record(h, "audit_exception", id, true);
        if (response.size && bundle_observed(h->bundle, STR("response"), response)) {
            buf_cstr(&h->out, "; response ");
            sheaf_record(h, "response", response, false);
        }
        buf_cstr(&h->out, "</li>\n");
    }
    buf_cstr(&h->out, is_any ? "</ul>\n" : "<p>None.</p>\n");
    return e->code == ERR_NONE;
}

bool bundle_page_control(struct html *h, const struct page *p, struct err *e)
{
    const struct engagement_control *c = p->of;
    const struct assessment *as = h->bundle->as;
    struct str id = str_of(c->control->id);
    struct view v = {.db = h->bundle->o.db, .arena = h->a, .now_ms = h->bundle->at_ms};
    if (!view_open(&v, 0, e))
        return false;
    sheaf_begin(h, arena_printf(h->a, "%s %s", c->control->id, c->control->title), view_text(&v, str_of(c->control->statement)));
    sheaf_facts_begin(h);
    sheaf_fact(h, "Role", "%s", control_role_name(c->role));
    criteria_put(h, "Key for", c->key_for);
    criteria_put(h, "Supports", c->supports);
    sheaf_fact(h, "How it is judged", "%s", control_model_words(c->control->model));
    sheaf_fact(h, "How often", "%s", c->control->frequency);
    buf_cstr(&h->out, "<dt>Record</dt><dd>");
    const struct seen_record *s = bundle_observed(h->bundle, STR("control"), id);
    if (s)
        buf_printf(&h->out, "<a href=\"%.*s#r-%.*s\">its record with leaves and proofs</a>", STR_ARGS(bundle_type_page(h->a, "control", s->place / HTML_RECORDS_A_PAGE)), STR_ARGS(sheaf_name(h->a, id)));
    buf_cstr(&h->out, "</dd>\n");
    sheaf_facts_end(h);
    if (as && c->index < as->control_count) {
        sheaf_heading(h, 2, "conclusion", "What the evidence comes to");
        conclusion_put(h, as, c->index);
        tests_put(h, as, c->index);
    }
    bool ok = naming_put(h, "population", "controls", id, "Populations", "None.", e) && naming_put(h, "test_sheet", "control", id, "Test sheets", "None.", e) && exceptions_put(h, id, e) &&
              naming_put(h, "evidence", "controls", id, "Evidence that was handed in", "None.", e) && naming_put(h, "narrative", "control", id, "Narratives", "", e) &&
              naming_put(h, "walkthrough", "controls", id, "Walkthroughs", "", e) && naming_put(h, "audit_request", "controls", id, "Requests", "", e);
    sheaf_end(h);
    return ok;
}

/* ---- a test ---- */

static bool results_put(struct html *h, const struct test *t, struct err *e)
{
    int64_t count = 0;
    sheaf_heading(h, 2, "results", "Results as they stand");
    sheaf_table_begin(h, "By subject and resource", "Subject|Resource|Result|Why|Since|By evaluation");
    DB_EACH (row, h->bundle->o.db, e,
             "select ifnull((select name from subject where id = s.subject), s.subject), s.resource, s.status, s.reason, s.from_t, s.from_leaf from span s where s.test = ?1 and s.to_leaf is null "
             "order by s.subject, s.resource limit ?2",
             A(t->id), A((int64_t)RESULTS_SHOWN + 1)) {
        enum result_status status = RESULT_UNKNOWN;
        if (count++ == RESULTS_SHOWN)
            break;
        struct str subject = arena_str(h->a, db_text(row, 0)), resource = arena_str(h->a, db_text(row, 1)), name = arena_str(h->a, db_text(row, 2)), why = arena_str(h->a, db_text(row, 3));
        int64_t t_ms = db_int(row, 4), leaf = db_int(row, 5);
        (void)result_status_parse(name, &status);
        buf_cstr(&h->out, "<tr>");
        sheaf_cell(h, subject);
        sheaf_cell(h, resource);
        sheaf_cell_begin(h);
        sheaf_status(h, status, name.data);
        sheaf_cell_end(h);
        sheaf_cell(h, why);
        sheaf_cell(h, sheaf_when(h->a, t_ms));
        sheaf_cell_begin(h);
        sheaf_leaf(h, leaf, false);
        buf_cstr(&h->out, "</td></tr>\n");
    }
    sheaf_table_end(h);
    if (count > RESULTS_SHOWN)
        sheaf_say(h, "More than %d: the others follow from the evaluations.", RESULTS_SHOWN);
    return e->code == ERR_NONE;
}

static bool captures_put(struct html *h, const struct test *t, struct err *e)
{
    sheaf_heading(h, 2, "captures", "What it read: the newest captures");
    sheaf_table_begin(h, "Captured tables, and the bytes that they were read from", "Leaf|Subject|Table|State|>Rows|Taken|Rows as captured|Bytes");
    for (size_t i = 0; i < t->tables.count; i++) {
        int64_t count = 0;
        DB_EACH (row, h->bundle->o.db, e,
                 "select c.leaf, ifnull(s.name, c.subject), c.tbl, c.state, c.row_count, c.taken_at, c.c, ifnull(c.bytes_c, '') from capture_newest n join capture c on c.leaf = n.leaf left join subject s "
                 "on s.id = c.subject where n.tbl = ?1 order by c.subject limit ?2",
                 A(t->tables.items[i]), A((int64_t)CAPTURES_SHOWN)) {
            struct str subject = arena_str(h->a, db_text(row, 1)), table = arena_str(h->a, db_text(row, 2)), state = arena_str(h->a, db_text(row, 3)), c = arena_str(h->a, db_text(row, 6)),
                       bytes = arena_str(h->a, db_text(row, 7));
            int64_t leaf = db_int(row, 0), rows = db_int(row, 4), taken = db_int(row, 5);
            buf_cstr(&h->out, "<tr><td>");
            sheaf_leaf(h, leaf, false);
            sheaf_cell_end(h);
            sheaf_cell(h, subject);
            sheaf_cell(h, table);
            sheaf_cell(h, state);
            sheaf_cell_int(h, rows);
            sheaf_cell(h, sheaf_when(h->a, taken));
            sheaf_cell_begin(h);
            sheaf_blob(h, c, arena_printf(h->a, "rows of leaf %lld", (long long)leaf).data);
            sheaf_cell_end(h);
            sheaf_cell_begin(h);
            sheaf_blob(h, bytes, arena_printf(h->a, "bytes of leaf %lld", (long long)leaf).data);
            buf_cstr(&h->out, "</td></tr>\n");
            count++;
        }
    }
    sheaf_table_end(h);
    buf_cstr(&h->out, "<p>Each leaf with its path to the signed head: <code>assay-verify --explain LEAF FILE.slb</code>. All of it again from these bytes: <code>assay reperform FILE.slb</code>.</p>\n");
    return e->code == ERR_NONE;
}

bool bundle_page_test(struct html *h, const struct page *p, struct err *e)
{
    const struct test *t = p->of;
    sheaf_begin(h, arena_printf(h->a, "Test %s", t->id), str_of(t->title));
    buf_cstr(&h->out, "<p>");
    sheaf_cstr(h, t->why);
    buf_cstr(&h->out, "</p>\n");
    sheaf_facts_begin(h);
    sheaf_fact(h, "Severity", "%s", t->severity);
    buf_cstr(&h->out, "<dt>Controls</dt><dd>");
    for (size_t i = 0; i < t->control_count; i++) {
        buf_cstr(&h->out, i ? ", " : "");
        sheaf_record(h, "control", str_of(t->controls[i].control), false);
    }
    buf_cstr(&h->out, "</dd>\n");
    sheaf_fact(h, "SHA-256 of its text", "%s", t->digest);
    int64_t catalog = db_one_int(h->bundle->o.db, e, -1, "select max(leaf) from catalog");
    struct str c = db_one_text(h->a, h->bundle->o.db, e, "select c from catalog order by leaf desc limit 1");
    if (catalog >= 0) {
        buf_cstr(&h->out, "<dt>Catalogue</dt><dd>");
        sheaf_leaf(h, catalog, false);
        buf_cstr(&h->out, " ");
        sheaf_blob(h, c, "all tests of that catalogue");
        buf_cstr(&h->out, "</dd>\n");
    }
    sheaf_facts_end(h);
    if (!results_put(h, t, e) || !captures_put(h, t, e))
        return false;
    sheaf_heading(h, 2, "query", "The test itself");
    buf_cstr(&h->out, "<pre>");
    sheaf_cstr(h, t->sql);
    buf_cstr(&h->out, "</pre>\n");
    sheaf_end(h);
    return e->code == ERR_NONE;
}
