/* pages.c - index.html and the list of all other pages: criterion, control, test, sample, item, evidence. */
#include "base/times.h"
#include "report/bundle/html.h"
#include "report/view_internal.h"



/* ---- the index ---- */

static void checks_put(struct html *h)
{
    sheaf_heading(h, 2, "check", "How to check it");
    buf_cstr(&h->out, "<p>Nothing here has to be believed. The file that this came in, and nothing else, is enough; the programs need no network.</p>\n<pre>");
    sheaf_cstr(h, "assay-verify --log VKEY FILE.slb    signatures, tree, witnesses, every leaf and every blob (doc/bundle.md)\n"
                 "assay verify FILE.slb               the same, and whom time stamps chain to\n"
                 "assay reperform FILE.slb            tests, populations, samples and evaluation again from these bytes; names each difference\n"
                 "assay-verify --explain N FILE.slb   leaf N with its path to the signed head\n"
                 "assay-verify --log VKEY --proof audit/proofs/N.tlog-proof --leaf audit/proofs/N.leaf");
    buf_cstr(&h->out, "</pre>\n<p>VKEY is the organisation's log key: take it from them by another way than this file. assay-verify is a small static program, built from the folder verify/ alone; without it, "
                      "<a href=\"README.txt\">README.txt</a> says how to check with tar, sha256sum, openssl and any C2SP client.</p>\n");
}

static void facts_put(struct html *h, struct err *e)
{
    const struct audit_bundle *b = h->bundle;
    const struct engagement *g = &b->g;
    const struct checkpoint *head = ledger_reader_head(b->o.ledger);
    char root[2 * SHA256_SIZE + 1], first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
    hex_encode(head->root.bytes, SHA256_SIZE, root);
    sheaf_facts_begin(h);
    sheaf_fact(h, "Firm", "%.*s", STR_ARGS(g->firm));
    if (!g->has_days)
        sheaf_fact(h, "Days", "not set yet");
    else if (g->is_type1)
        sheaf_fact(h, "As of", "%s (Type 1)", time_format_date(g->as_of * MS_DAY, first));
    else
        sheaf_fact(h, "Window", "%s to %s, %.*s (Type 2)", time_format_date(g->window.first * MS_DAY, first), time_format_date(g->window.last * MS_DAY, last), STR_ARGS(g->time_zone));
    sheaf_fact(h, "State", "%.*s", STR_ARGS(g->state));
    sheaf_fact(h, "Ledger", "%.*s", STR_ARGS(db_one_text(h->a, b->o.db, e, "select value from meta where key = 'origin'")));
    sheaf_fact(h, "Leaves", "%llu under the signed head", (unsigned long long)b->size);
    sheaf_fact(h, "Root", "%s", root);
    sheaf_fact(h, "As of", "%.*s, the time of the newest leaf", STR_ARGS(sheaf_when(h->a, b->at_ms)));
    sheaf_facts_end(h);
}

static void criterion_row(struct html *h, const struct engagement_criterion *c)
{
    const struct audit_bundle *b = h->bundle;
    const struct criterion *k = c->criterion;
    size_t i = assessment_criterion_index(str_of(k->id));
    buf_printf(&h->out, "<tr id=\"c-%.*s\">", STR_ARGS(sheaf_name(h->a, str_of(k->id))));
    sheaf_cell(h, str_of(k->id));
    sheaf_cell(h, str_of(k->title));
    sheaf_cell_begin(h);
    if (c->control_count == 0)
        sheaf_status(h, RESULT_UNKNOWN, "No control in scope serves it");
    else if (b->as && i != SIZE_MAX)
        sheaf_status(h, criterion_signal_status(b->as->criteria[i].signal), criterion_status_words(b->as->criteria[i].signal));
    sheaf_cell_end(h);
    sheaf_cell_begin(h);
    for (size_t n = 0; n < c->control_count; n++) {
        const struct engagement_control *of = &b->scope.controls[c->controls[n]];
        buf_cstr(&h->out, n ? ", " : "");
        buf_cstr(&h->out, n < c->key_count ? "<strong>" : "");
        sheaf_record(h, "control", str_of(of->control->id), false);
        buf_cstr(&h->out, n < c->key_count ? "</strong>" : "");
    }
    if (c->control_count == 0)
        sheaf_cstr(h, "none");
    buf_cstr(&h->out, "</td></tr>\n");
}

static void criteria_put(struct html *h)
{
    const struct audit_bundle *b = h->bundle;
    sheaf_heading(h, 2, "criteria", "Criteria, and the controls that serve them");
    buf_cstr(&h->out, "<p>Key controls stand in bold. From a control the way leads to its tests, populations, samples and sheets, from there to items and evidence, and from each to the leaf that holds it.</p>\n");
    sheaf_table_begin(h, "Criteria in scope", "Criterion|What|Signal over the window|Controls");
    for (size_t i = 0; i < b->scope.criterion_count; i++)
        criterion_row(h, &b->scope.criteria[i]);
    sheaf_table_end(h);
}

static void controls_put(struct html *h, struct err *e)
{
    const struct audit_bundle *b = h->bundle;
    sheaf_heading(h, 2, "controls", "Controls");
    sheaf_table_begin(h, "Controls in scope", "Control|What|How it is judged|Over the window|Auditor's sheet");
    for (size_t i = 0; i < b->scope.control_count; i++) {
        const struct engagement_control *c = &b->scope.controls[i];
        buf_cstr(&h->out, "<tr><td>");
        sheaf_record(h, "control", str_of(c->control->id), false);
        sheaf_cell_end(h);
        sheaf_cell(h, str_of(c->control->title));
        sheaf_cell(h, str_of(control_model_words(c->control->model)));
        sheaf_cell_begin(h);
        if (b->as && c->index < b->as->control_count) {
            enum conclusion k = b->as->controls[c->index].operation.conclusion;
            sheaf_status(h, conclusion_status(k), conclusion_words(k));
        }
        buf_cstr(&h->out, "</td><td>");
        DB_EACH (row, b->o.db, e, "select id, state from test_sheets where engagement = ?1 and control = ?2 order by id", A(b->g.id), A(c->control->id)) {
            struct str id = arena_str(h->a, db_text(row, 0)), state = arena_str(h->a, db_text(row, 1));
            sheaf_record(h, "test_sheet", id, false);
            sheaf_say(h, " %.*s ", STR_ARGS(state));
        }
        buf_cstr(&h->out, "</td></tr>\n");
    }
    sheaf_table_end(h);
}

static int64_t seen_of_type(const struct audit_bundle *b, const char *type)
{
    int64_t n = 0;
    for (size_t i = 0; i < b->seen_room; i++)
        n += b->seen[i].id.data && str_is(b->seen[i].type, type);
    return n;
}

static void registers_put(struct html *h)
{
    const struct audit_bundle *b = h->bundle;
    sheaf_heading(h, 2, "registers", "Everything that the auditor sees");
    sheaf_table_begin(h, "Records by type, each with its leaves and proofs", "Records|What|>How many");
    JSON_EACH (item, json_get(examine_table(), "types")) {
        const struct record_type *t = record_types_find(b->o.types, json_text(item, "type"));
        int64_t n = t ? seen_of_type(b, t->id) : 0;
        if (n == 0)
            continue;
        buf_printf(&h->out, "<tr><td><a href=\"pages/%.*s\">", STR_ARGS(bundle_type_page(h->a, t->id, 0)));
        sheaf_cstr(h, t->labels);
        buf_cstr(&h->out, "</a></td>");
        sheaf_cell(h, json_text(item, "words"));
        sheaf_cell_int(h, n);
        buf_cstr(&h->out, "</tr>\n");
    }
    sheaf_table_end(h);
    sheaf_heading(h, 2, "never", "What is not in here");
    buf_cstr(&h->out, "<ul>\n");
    JSON_EACH (item, json_get(examine_table(), "never")) {
        buf_cstr(&h->out, "<li>");
        sheaf_say(h, "%.*s: %.*s.", STR_ARGS(json_text(item, "what")), STR_ARGS(json_text(item, "why")));
        buf_cstr(&h->out, "</li>\n");
    }
    buf_cstr(&h->out, "</ul>\n<p>Their leaves are in the tree all the same, without a word of what they hold: so nothing can be left out or put in unseen. <a href=\"salts.jsonl\">salts.jsonl</a> says of every "
                      "blob whether it is here, withheld or erased.</p>\n");
}

static void drafts_put(struct html *h)
{
    const struct audit_bundle *b = h->bundle;
    sheaf_heading(h, 2, "drafts", "Drafts of the report, and statements for programs");
    buf_cstr(&h->out, "<ul>\n");
    if (b->has_html)
        buf_cstr(&h->out, "<li><a href=\"audit/report.html\">The draft, as HTML</a></li>\n");
    else
        buf_cstr(&h->out, "<li>There is no draft: its words break a rule, or days are missing.</li>\n");
    if (b->has_pdf)
        buf_cstr(&h->out, "<li><a href=\"audit/report.pdf\">As PDF</a></li>\n");
    if (b->has_xlsx)
        buf_cstr(&h->out, "<li><a href=\"audit/report.xlsx\">As a workbook</a></li>\n");
    buf_cstr(&h->out, "<li><a href=\"audit/evaluation.jsonl\">The evaluation</a>: each control with what its conclusion rests on</li>\n"
                      "<li><a href=\"audit/records.jsonl\">Records</a> as they are now</li>\n<li><a href=\"members.jsonl\">Every file here with its SHA-256</a>, signed by <a href=\"manifest.note\">manifest.note</a></li>\n</ul>\n");
}

bool bundle_page_index(struct html *h, const struct page *p, struct err *e)
{
    const struct engagement *g = &h->bundle->g;
    (void)p;
    sheaf_begin(h, arena_printf(h->a, "%.*s %.*s", STR_ARGS(g->id), STR_ARGS(g->title)),
               STR("What the auditors of this engagement may see, with the evidence itself and proofs that it was not changed. It opens without a network, and without a script."));
    facts_put(h, e);
    checks_put(h);
    criteria_put(h);
    controls_put(h, e);
    drafts_put(h);
    registers_put(h);
    sheaf_end(h);
    return e->code == ERR_NONE;
}

/* ---- all pages ---- */

struct page_list {
    struct arena *a;
    struct page *items;
    size_t count, capacity;
};

static void page_add(struct page_list *l, struct page p)
{
    if (l->count == l->capacity)
        l->items = arena_grow(l->a, l->items, l->count, &l->capacity, sizeof(*l->items));
    l->items[l->count++] = p;
}

static int page_order(const void *a, const void *b)
{
    return str_compare(((const struct page *)a)->name, ((const struct page *)b)->name);
}

static void records_add(struct page_list *l, struct audit_bundle *b)
{
    static const struct {
        const char *type, *prefix;
        bool (*write)(struct html *h, const struct page *p, struct err *e);
    } own[] = {{"population", "population-", bundle_page_population}, {"sample", "sample-", bundle_page_sample}, {"test_sheet", "sheet-", bundle_page_sheet}};
    JSON_EACH (item, json_get(examine_table(), "types")) {
        const struct record_type *t = record_types_find(b->o.types, json_text(item, "type"));
        int64_t n = t ? seen_of_type(b, t->id) : 0;
        for (int64_t i = 0; t && i * HTML_RECORDS_A_PAGE < n; i++)
            page_add(l, (struct page){.name = bundle_type_page(l->a, t->id, i), .write = bundle_page_type, .of = t, .number = i});
    }
    for (size_t i = 0; i < b->seen_room; i++)
        for (size_t k = 0; b->seen[i].id.data && k < sizeof(own) / sizeof(own[0]); k++)
            if (str_is(b->seen[i].type, own[k].type))
                page_add(l, (struct page){.name = arena_printf(l->a, "%s%.*s.html", own[k].prefix, STR_ARGS(sheaf_name(l->a, b->seen[i].id))), .write = own[k].write, .id = b->seen[i].id});
}

static void controls_add(struct page_list *l, struct audit_bundle *b)
{
    bool *is_in = arena_array(l->a, content_test_count + 1, sizeof *is_in);
    for (size_t i = 0; i < b->scope.control_count; i++) {
        const struct engagement_control *c = &b->scope.controls[i];
        page_add(l, (struct page){.name = arena_printf(l->a, "control-%.*s.html", STR_ARGS(sheaf_name(l->a, str_of(c->control->id)))), .write = bundle_page_control, .of = c});
        for (size_t k = 0; b->as && c->index < b->as->control_count && k < b->as->controls[c->index].test_count; k++)
            is_in[b->as->controls[c->index].tests[k]] = true;
    }
    for (size_t i = 0; i < content_test_count; i++)
        if (is_in[i])
            page_add(l, (struct page){.name = arena_printf(l->a, "test-%.*s.html", STR_ARGS(sheaf_name(l->a, str_of(content_tests[i].id)))), .write = bundle_page_test, .of = &content_tests[i]});
}

static bool page_write(struct html *h, struct bundle_sink *s, const struct page *p, struct err *e)
{
    char name[128];
    buf_clear(&h->out);
    arena_reset(h->a);
    h->is_root = p->write == bundle_page_index;
    snprintf(name, sizeof(name), "%s%.*s", h->is_root ? "" : "pages/", STR_ARGS(p->name));
    if (!p->write(h, p, e))
        return err_wrap(e, "%s", name);
    return h->out.full ? err_set(e, ERR_TOO_LARGE, "%s: over %d MiB", name, HTML_PAGE_BYTES_MAX >> 20) : bundle_page(s, name, buf_view(&h->out), e);
}

bool bundle_html_write(struct audit_bundle *b, struct bundle_sink *s, struct err *e)
{
    struct page_list l = {.a = arena_new("pages of a bundle", AUDIT_BUNDLE_BYTES_MAX)};
    struct html h = {.bundle = b, .a = arena_new("a page of a bundle", AUDIT_BUNDLE_BYTES_MAX)};
    struct page index = {.name = STR("index.html"), .write = bundle_page_index};
    buf_init(&h.out, HTML_PAGE_BYTES_MAX);
    controls_add(&l, b);
    records_add(&l, b);
    qsort(l.items, l.count, sizeof(*l.items), page_order);
    bool ok = page_write(&h, s, &index, e);
    for (size_t i = 0; ok && i < l.count; i++)
        ok = (i > 0 && str_equal(l.items[i].name, l.items[i - 1].name)) || page_write(&h, s, &l.items[i], e);
    buf_release(&h.out);
    arena_free(h.a);
    arena_free(l.a);
    return ok;
}
