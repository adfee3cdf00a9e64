/* page_records.c - records as the auditor sees them; populations row by row, samples and test sheets item by item. */
#include "assess/sheet.h"
#include "base/times.h"
#include "report/bundle/html.h"
#include "report/view_internal.h"

/* ---- values ---- */

static void choice_put(struct html *h, const struct record_field *f, struct str id)
{
    for (size_t i = 0; i < f->choice_count; i++)
        if (str_is(id, f->choices[i].id)) {
            sheaf_cstr(h, f->choices[i].label);
            return;
        }
    sheaf_text(h, id);
}

static void files_put(struct html *h, const struct json *files)
{
    bool is_first = true;
    JSON_EACH (file, files) {
        buf_cstr(&h->out, is_first ? "" : "\n");
        sheaf_blob(h, json_text(file, "c"), arena_str(h->a, json_text(file, "name")).data);
        sheaf_say(h, " %.*s, %lld bytes", STR_ARGS(json_text(file, "media")), (long long)json_int(file, "size", 0));
        buf_cstr(&h->out, " <span class=\"h\">SHA-256 ");
        sheaf_text(h, json_text(file, "digest"));
        buf_cstr(&h->out, "</span>");
        is_first = false;
    }
}

static void value_put(struct html *h, const struct record_field *f, const struct json *v)
{
    bool is_first = true;
    switch (f->type) {
    case FIELD_FILES:
        files_put(h, v);
        return;
    case FIELD_REFERENCE:
        sheaf_record(h, f->target ? f->target : "", v->text, true);
        return;
    case FIELD_REFERENCES:
    case FIELD_CHOICES:
        JSON_EACH (item, v) {
            buf_cstr(&h->out, is_first ? "" : ", ");
            is_first = false;
            if (f->type == FIELD_CHOICES)
                choice_put(h, f, item->text);
            else
                sheaf_record(h, f->target ? f->target : "", item->text, false);
        }
        return;
    case FIELD_CHOICE:
        choice_put(h, f, v->text);
        return;
    case FIELD_INSTANT:
        sheaf_text(h, sheaf_when(h->a, v->integer));
        return;
    case FIELD_YES_NO:
        sheaf_cstr(h, v->boolean ? "yes" : "no");
        return;
    case FIELD_MONEY:
        sheaf_say(h, "%.*s %lld (minor units)", STR_ARGS(json_text(v, "currency")), (long long)json_int(v, "minor", 0));
        return;
    default:
        sheaf_text(h, v->type == JSON_NUMBER && v->is_integer ? arena_printf(h->a, "%lld", (long long)v->integer) : v->text);
    }
}

bool sheaf_values(struct html *h, const struct record *r)
{
    const struct record_state *state = record_type_state(r->type, r->state);
    sheaf_facts_begin(h);
    sheaf_fact(h, "State", "%s", state ? state->label : arena_str(h->a, r->state).data);
    for (size_t i = 0; i < r->type->field_count; i++) {
        const struct record_field *f = &r->type->fields[i];
        const struct json *v = json_get(r->values, f->id);
        if (!v || v->type == JSON_NULL || f->type == FIELD_COMPUTED || (v->type == JSON_STRING && v->text.size == 0) || (v->type == JSON_ARRAY && v->count == 0))
            continue;
        buf_cstr(&h->out, "<dt>");
        sheaf_cstr(h, f->label);
        buf_cstr(&h->out, "</dt><dd>");
        value_put(h, f, v);
        buf_cstr(&h->out, "</dd>\n");
    }
    sheaf_facts_end(h);
    return true;
}

static struct str values_blob(struct html *h, int64_t leaf)
{
    struct str bytes;
    struct leaf l;
    struct err none = {0};
    if ((uint64_t)leaf >= h->bundle->size || !ledger_reader_leaf(h->bundle->o.ledger, h->a, (uint64_t)leaf, &bytes, &none) || !leaf_parse(h->a, bytes, &l, &none))
        return STR("");
    return json_text(json_at(json_get(l.json, "b"), 0), "c");
}

bool sheaf_changes(struct html *h, const struct record *r, struct err *e)
{
    const struct seen_record *s = bundle_observed(h->bundle, str_of(r->type->id), r->id);
    sheaf_table_begin(h, arena_printf(h->a, "What made %.*s", STR_ARGS(r->id)).data, "Leaf and proof|When|What|By|What it says");
    DB_EACH (row, h->bundle->o.db, e, "select leaf, t, act, transition, actor, version from record_change where type = ?1 and id = ?2 and leaf >= ?3 order by leaf", A(r->type->id), A(r->id),
             A(s ? s->first_leaf : 0)) {
        int64_t leaf = db_int(row, 0);
        struct str act = arena_str(h->a, db_text(row, 3).size ? db_text(row, 3) : db_text(row, 2)), actor = arena_str(h->a, db_text(row, 4)), when = sheaf_when(h->a, db_int(row, 1));
        buf_cstr(&h->out, "<tr><td>");
        sheaf_leaf(h, leaf, true);
        buf_cstr(&h->out, "</td>");
        sheaf_cell(h, when);
        sheaf_cell(h, act);
        sheaf_cell(h, actor);
        sheaf_cell_begin(h);
        sheaf_blob(h, values_blob(h, leaf), arena_printf(h->a, "values of leaf %lld", (long long)leaf).data);
        buf_cstr(&h->out, "</td></tr>\n");
    }
    sheaf_table_end(h);
    return e->code == ERR_NONE;
}

/* ---- all records of a type ---- */

struct listing {
    struct html *h;
    int64_t from, to, at;
    struct err *e;
};

static bool record_section(void *context, const struct record *r, struct err *e)
{
    struct listing *l = context;
    struct html *h = l->h;
    int64_t place = l->at++;
    if (place < l->from || place >= l->to)
        return true;
    struct str title = record_title(r);
    sheaf_heading(h, 2, arena_printf(h->a, "r-%.*s", STR_ARGS(sheaf_name(h->a, r->id))).data, "%.*s%s%.*s", STR_ARGS(r->id), str_equal(title, r->id) ? "" : " ",
                 str_equal(title, r->id) ? 0 : (int)title.size, title.data);
    if (sheaf_has_own_page(r->type->id)) {
        buf_cstr(&h->out, "<p>Item by item: ");
        sheaf_record(h, r->type->id, r->id, false);
        buf_cstr(&h->out, "</p>\n");
    }
    return sheaf_values(h, r) && sheaf_changes(h, r, e);
}

bool bundle_page_type(struct html *h, const struct page *p, struct err *e)
{
    const struct record_type *t = p->of;
    struct listing l = {.h = h, .from = p->number * HTML_RECORDS_A_PAGE, .to = (p->number + 1) * HTML_RECORDS_A_PAGE, .e = e};
    struct arena *a = arena_new("records of a page", AUDIT_BUNDLE_BYTES_MAX);
    sheaf_begin(h, p->number ? arena_printf(h->a, "%s, from %lld on", t->labels, (long long)l.from + 1) : str_of(t->labels), str_of(t->words));
    bool ok = bundle_records_each(h->bundle, t, a, record_section, &l, e);
    if (l.at > l.to)
        buf_printf(&h->out, "<p><a href=\"%.*s\">The next ones</a></p>\n", STR_ARGS(bundle_type_page(h->a, t->id, p->number + 1)));
    sheaf_end(h);
    arena_free(a);
    return ok;
}

static struct record *record_of(struct html *h, const char *type, struct str id, struct err *e)
{
    const struct record_type *t = record_types_find(h->bundle->o.types, str_of(type));
    return t ? record_get(h->bundle->o.db, h->a, t, id, INT64_MAX, e) : NULL;
}

/* ---- populations ---- */

static void rows_put(struct html *h, const struct frozen *f)
{
    struct str *cells = arena_array(h->a, f->column_count + 1, sizeof *cells);
    struct buf BUF_AUTO heads;
    buf_init(&heads, 64 << 10);
    buf_cstr(&heads, ">Item");
    for (size_t i = 0; i < f->column_count; i++)
        buf_printf(&heads, "|%.*s", STR_ARGS(f->columns[i]));
    buf_char(&heads, '\0');
    sheaf_table_begin(h, "Its rows", heads.data);
    for (size_t n = 1; n <= f->count && n <= HTML_ROWS_MAX && frozen_row(f, h->a, n, cells, NULL); n++) {
        buf_printf(&h->out, "<tr id=\"item-%zu\"><td class=\"n\">%zu</td>", n, n);
        for (size_t i = 0; i < f->column_count; i++)
            sheaf_cell(h, cells[i]);
        buf_cstr(&h->out, "</tr>\n");
    }
    sheaf_table_end(h);
    if (f->count > HTML_ROWS_MAX)
        sheaf_say(h, "%zu more are in its file.", f->count - HTML_ROWS_MAX);
}

bool bundle_page_population(struct html *h, const struct page *p, struct err *e)
{
    struct population pop;
    struct frozen rows;
    struct err sealed = {0};
    struct record *r = record_of(h, "population", p->id, e);
    if (!r || !population_read(h->bundle->o.db, h->a, p->id, INT64_MAX, &pop, e))
        return false;
    sheaf_begin(h, arena_printf(h->a, "%.*s %.*s", STR_ARGS(p->id), STR_ARGS(pop.title)), STR("All that a control had to work on. Row N is item N everywhere."));
    sheaf_values(h, r);
    sheaf_heading(h, 2, "leaves", "Leaves and proofs");
    if (!sheaf_changes(h, r, e))
        return false;
    sheaf_heading(h, 2, "rows", "Rows");
    if (!population_is_frozen(&pop)) {
        buf_cstr(&h->out, "<p>It is not frozen yet.</p>\n");
    } else {
        buf_cstr(&h->out, "<p>");
        sheaf_say(h, "%lld rows; the SHA-256 of the file is %.*s: ", (long long)pop.rows, STR_ARGS(pop.digest));
        sheaf_blob(h, pop.c, "the file");
        buf_cstr(&h->out, "</p>\n");
        if (population_rows(h->bundle->o.blobs, h->a, &pop, &rows, &sealed))
            rows_put(h, &rows);
        else
            sheaf_say(h, "They can't be shown: %s", sealed.text);
    }
    sheaf_end(h);
    return true;
}

/* ---- samples ---- */

static void item_put(struct html *h, struct str population, int64_t item)
{
    bool is_shown = item >= 1 && item <= HTML_ROWS_MAX && bundle_observed(h->bundle, STR("population"), population);
    buf_cstr(&h->out, "<td class=\"n\">");
    if (is_shown)
        buf_printf(&h->out, "<a href=\"population-%.*s.html#item-%lld\">%lld</a>", STR_ARGS(sheaf_name(h->a, population)), (long long)item, (long long)item);
    else
        buf_printf(&h->out, "%lld", (long long)item);
    buf_cstr(&h->out, "</td>");
}

bool bundle_page_sample(struct html *h, const struct page *p, struct err *e)
{
    struct sample_items items = {0};
    struct err none = {0};
    struct record *r = record_of(h, "sample", p->id, e);
    if (!r)
        return false;
    sheaf_begin(h, arena_printf(h->a, "%.*s %.*s", STR_ARGS(p->id), STR_ARGS(record_title(r))), STR("Which items are looked at, drawn so that neither side could steer it: draw it again with assay reperform."));
    sheaf_values(h, r);
    sheaf_heading(h, 2, "leaves", "Leaves and proofs");
    if (!sheaf_changes(h, r, e))
        return false;
    sheaf_table_begin(h, "What the ledger says of it beside that", "Leaf and proof|What|When");
    DB_EACH (row, h->bundle->o.db, e, "select leaf, kind, t from audit_leaf where subject = ?1 or subject = ?2 order by leaf", A(p->id), A(json_text(r->values, "population"))) {
        struct str kind = arena_str(h->a, db_text(row, 1)), when = sheaf_when(h->a, db_int(row, 2));
        buf_cstr(&h->out, "<tr><td>");
        sheaf_leaf(h, db_int(row, 0), true);
        buf_cstr(&h->out, "</td>");
        sheaf_cell(h, kind);
        sheaf_cell(h, when);
        buf_cstr(&h->out, "</tr>\n");
    }
    sheaf_table_end(h);
    sheaf_heading(h, 2, "items", "Items");
    if (!sample_items_read(h->a, json_text(r->values, "drawn"), &items, &none) || (items.count == 0 && !items.is_all))
        buf_cstr(&h->out, "<p>Nothing is drawn yet.</p>\n");
    else if (items.is_all)
        buf_cstr(&h->out, "<p>All items of the population.</p>\n");
    if (items.count) {
        sheaf_table_begin(h, "In the order drawn", ">Item|How|Instead of|Stratum");
        for (size_t i = 0; i < items.count; i++) {
            const struct sample_item *s = &items.items[i];
            buf_cstr(&h->out, "<tr>");
            item_put(h, json_text(r->values, "population"), s->item);
            sheaf_cell(h, str_of(sample_from_name(s->from)));
            sheaf_cell(h, s->instead ? arena_printf(h->a, "%lld", (long long)s->instead) : STR(""));
            sheaf_cell(h, s->stratum);
            buf_cstr(&h->out, "</tr>\n");
        }
        sheaf_table_end(h);
    }
    sheaf_end(h);
    return e->code == ERR_NONE;
}

/* ---- test sheets ---- */

static void evidence_put(struct html *h, struct str ids)
{
    struct str one;
    bool is_first = true;
    for (bool is_more = ids.size > 0; is_more;) {
        is_more = str_cut(&ids, ',', &one);
        one = str_trim(one);
        buf_cstr(&h->out, is_first ? "" : ", ");
        sheaf_record(h, "evidence", one, false);
        is_first = false;
    }
}

static void grid_put(struct html *h, const struct sheet *s)
{
    struct buf BUF_AUTO heads;
    struct str population = s->population.record ? s->population.record->id : STR("");
    buf_init(&heads, 64 << 10);
    buf_cstr(&heads, ">Item");
    for (size_t i = 0; i < s->grid.attribute_count; i++)
        buf_printf(&heads, "|%c", s->grid.attributes[i].letter);
    buf_cstr(&heads, "|Evidence|Note");
    buf_char(&heads, '\0');
    sheaf_facts_begin(h);
    for (size_t i = 0; i < s->grid.attribute_count; i++)
        sheaf_fact(h, (char[]){s->grid.attributes[i].letter, 0}, "%.*s", STR_ARGS(s->grid.attributes[i].words));
    sheaf_facts_end(h);
    sheaf_table_begin(h, "Item by attribute", heads.data);
    for (size_t n = 0; n < s->grid.row_count; n++) {
        const struct sheet_row *row = &s->grid.rows[n];
        buf_printf(&h->out, "<tr id=\"item-%lld\">", (long long)row->item);
        item_put(h, population, row->item);
        for (size_t i = 0; i < s->grid.attribute_count; i++) {
            enum sheet_mark m = row->marks[i];
            sheaf_cell_begin(h);
            if (m != MARK_OPEN)
                sheaf_status(h, m == MARK_YES ? RESULT_PASS : m == MARK_NO ? RESULT_FAIL : RESULT_SKIP, sheet_mark_name(m));
            sheaf_cell_end(h);
        }
        sheaf_cell_begin(h);
        evidence_put(h, row->evidence);
        sheaf_cell_end(h);
        sheaf_cell(h, row->note);
        buf_cstr(&h->out, "</tr>\n");
    }
    sheaf_table_end(h);
}

bool bundle_page_sheet(struct html *h, const struct page *p, struct err *e)
{
    struct sheet s;
    if (!sheet_read(h->bundle->o.db, h->a, p->id, &s, e))
        return false;
    sheaf_begin(h, arena_printf(h->a, "%.*s %.*s", STR_ARGS(p->id), STR_ARGS(record_title(s.record))), STR("The auditor's test of one control, item by attribute. Nobody of the organisation writes in it."));
    sheaf_facts_begin(h);
    sheaf_fact(h, "Tested", "%lld, of them %lld not as they should be", (long long)s.count.tested, (long long)s.count.deviations);
    if (s.is_sample)
        sheaf_fact(h, "Upper limit of the rate", "%.1f %% with %.0f %% confidence", 100 * s.count.upper_limit, 100 * s.confidence);
    sheaf_facts_end(h);
    sheaf_heading(h, 2, "items", "Items");
    if (s.grid.row_count)
        grid_put(h, &s);
    else
        buf_cstr(&h->out, "<p>None is marked.</p>\n");
    sheaf_heading(h, 2, "sheet", "The sheet");
    sheaf_values(h, s.record);
    sheaf_heading(h, 2, "leaves", "Leaves and proofs");
    bool ok = sheaf_changes(h, s.record, e);
    sheaf_end(h);
    return ok;
}
