/* Import of a CSV file: first what would happen, row by row, and how its columns are taken; then, when asked again, all or nothing.
 * The file waits in memory between the two, for whoever sent it, for a quarter of an hour. */
#include "pages.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { STASH_MAX = 8, STASH_MS = 15 * 60 * 1000, PROBLEMS_SHOWN = 200, ROWS_SHOWN = 20 };

static struct stash {
    char id[33], session[17];
    char *data;
    size_t size;
    int64_t t;
} stashes[STASH_MAX];
static pthread_mutex_t stash_mutex = PTHREAD_MUTEX_INITIALIZER; /* guards stashes */

/* Keeps the text; the oldest one goes. */
static bool stash_put(struct call *c, struct str text, char ret_id[33])
{
    char *data = malloc(text.size + 1);
    if (!data)
        return false;
    memcpy(data, text.data, text.size);
    op_id_new(c->site->env, ret_id);
    pthread_mutex_lock(&stash_mutex);
    struct stash *s = &stashes[0];
    for (size_t i = 1; i < STASH_MAX; i++)
        s = stashes[i].t < s->t ? &stashes[i] : s;
    free(s->data);
    *s = (struct stash){.data = data, .size = text.size, .t = c->now_ms};
    memcpy(s->id, ret_id, sizeof(s->id));
    memcpy(s->session, c->session.id, sizeof(s->session));
    pthread_mutex_unlock(&stash_mutex);
    return true;
}

static bool stash_get(struct call *c, struct str id, struct str *ret)
{
    bool is_there = false;
    pthread_mutex_lock(&stash_mutex);
    for (size_t i = 0; i < STASH_MAX; i++) {
        struct stash *s = &stashes[i];
        if (s->data && c->now_ms - s->t > STASH_MS) {
            free(s->data);
            *s = (struct stash){0};
        }
        if (s->data && str_is(id, s->id) && strcmp(s->session, c->session.id) == 0) {
            *ret = arena_str(c->arena, str_make(s->data, s->size));
            is_there = true;
        }
    }
    pthread_mutex_unlock(&stash_mutex);
    return is_there;
}

static const struct page page_import = {.nav = "records", .render = page_record_import};

static struct json *page_begin(struct call *c, const struct record_type *t, struct err *e)
{
    struct json *nav = view_nav(&c->view, e);
    if (!nav)
        return NULL;
    struct json *v = json_object(c->arena);
    json_put_str(v, "title", arena_printf(c->arena, "Import %s", t->labels));
    json_put(v, "nav", nav);
    json_put(v, "type", view_record_type(&c->view, c->records, t));
    json_put_cstr(v, "room", t->room);
    json_put_str(v, "url", arena_printf(c->arena, "/records/%s", t->id));
    struct json *fields = json_put_array(v, "fields");
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        if (f->is_retired || f->type == FIELD_COMPUTED || f->type == FIELD_FILES)
            continue;
        struct json *o = json_push_object(fields);
        json_put_cstr(o, "id", f->id);
        json_put_cstr(o, "label", f->label);
        json_put_bool(o, "required", f->is_required);
    }
    return v;
}

bool handle_import_form(struct call *c, struct err *e)
{
    const struct record_type *t;
    c->at_ms = 0;
    c->at = STR("");
    if (!records_open(c, &t, e) || !record_allows(c->access, t, NULL, RECORD_CREATE, NULL, e))
        return false;
    struct json *v = page_begin(c, t, e);
    if (!v)
        return false;
    json_put_bool(v, "has_file", false);
    json_put_cstr(v, "why", "");
    return show_page(c, &page_import, v, 200, e);
}

/* {"heading": field} of the selects map.0, map.1 ..., but those that are left to the machine ("?"); NULL: match by name. */
struct json *records_mapping_of(struct call *c)
{
    struct json *mapping = NULL;
    for (size_t i = 0; i < 200; i++) {
        const struct form_field *heading = form_find(&c->form, arena_printf(c->arena, "heading.%zu", i).data);
        if (!heading)
            break;
        mapping = mapping ? mapping : json_object(c->arena);
        const char *key = arena_str(c->arena, heading->value).data;
        struct str field = form_value(&c->form, arena_printf(c->arena, "map.%zu", i).data);
        if (!json_get(mapping, key) && !str_is(field, "?"))
            json_put_str(mapping, key, field);
    }
    return mapping;
}

static void put_preview(struct call *c, struct json *v, const struct record_csv *csv)
{
    struct json *columns = json_put_array(v, "columns");
    for (size_t i = 0; i < csv->column_count; i++) {
        const struct record_csv_column *column = &csv->columns[i];
        struct json *o = json_push_object(columns);
        json_put_int(o, "n", (int64_t)i);
        json_put_str(o, "heading", column->heading);
        json_put_cstr(o, "field", column->is_id ? "id" : column->field ? column->field->id : "");
    }
    struct json *rows = json_put_array(v, "rows");
    for (size_t i = 0; i < csv->row_count && i < ROWS_SHOWN; i++) {
        const struct record_change *change = &csv->changes[i];
        struct json *o = json_push_object(rows);
        json_put_int(o, "row", (int64_t)csv->rows[i]);
        json_put_cstr(o, "act", change->act == RECORD_CREATE ? "new" : "change");
        json_put_str(o, "id", change->id);
        struct json *cells = json_put_array(o, "cells");
        for (size_t k = 0; k < csv->column_count; k++) {
            const struct record_field *f = csv->columns[k].field;
            struct str text = csv->columns[k].is_id ? change->id : f ? record_value_text(c->arena, f, json_get(change->set, f->id)) : STR("");
            json_put_str(json_push_object(cells), "text", text);
        }
    }
    int64_t made = 0;
    for (size_t i = 0; i < csv->row_count; i++)
        made += csv->changes[i].act == RECORD_CREATE;
    json_put_int(v, "row_count", (int64_t)csv->row_count);
    json_put_int(v, "new_count", made);
    json_put_int(v, "change_count", (int64_t)csv->row_count - made);
    json_put_int(v, "problem_count", (int64_t)csv->problems->count);
    struct json *problems = json_put_array(v, "problems");
    JSON_EACH (p, csv->problems) {
        if (problems->count == PROBLEMS_SHOWN)
            break;
        struct json *o = json_push_object(problems);
        json_put_int(o, "row", json_int(p, "row", 0));
        json_put_str(o, "column", json_text(p, "column"));
        json_put_str(o, "why", json_text(p, "why"));
    }
}

bool records_import_text(struct call *c, struct str *ret, char ret_id[33], struct err *e)
{
    struct str id = form_value(&c->form, "stash");
    const struct form_field *file = form_find(&c->form, "file");
    if (id.size && (!file || file->value.size == 0)) {
        snprintf(ret_id, 33, "%.*s", (int)(id.size < 32 ? id.size : 32), id.data);
        return stash_get(c, id, ret) || err_set(e, ERR_NOT_FOUND, "the file has not been kept that long; choose it again");
    }
    bool has_file = file && file->is_file && file->value.size > 0;
    *ret = has_file ? file->value : form_value(&c->form, "text");
    if (ret->size == 0)
        return err_set(e, ERR_INVALID, "file: choose a CSV file with a heading line");
    if (ret->size > RECORD_IMPORT_BYTES)
        return err_set(e, ERR_TOO_LARGE, "file: over %d MiB", RECORD_IMPORT_BYTES >> 20);
    if (!str_is_utf8(*ret))
        return err_set(e, ERR_INVALID, "file: it is not UTF-8; save it as CSV in UTF-8");
    return stash_put(c, *ret, ret_id) || err_set(e, ERR_LIMIT, "file: no memory");
}

bool handle_import(struct call *c, struct err *e)
{
    const struct record_type *t;
    c->at_ms = 0;
    c->at = STR("");
    if (!records_open(c, &t, e) || !record_allows(c->access, t, NULL, RECORD_CREATE, NULL, e))
        return false;
    struct str text;
    char stash[33] = "";
    struct record_csv csv;
    struct err why = {0};
    struct json *v = page_begin(c, t, e);
    if (!v)
        return false;
    bool is_read = records_import_text(c, &text, stash, &why) && record_csv_read(c->view.db, c->arena, t, text, records_mapping_of(c), c->access, c->now_ms, &csv, &why);
    json_put_bool(v, "has_file", is_read);
    if (!is_read) {
        json_put_str(v, "why", arena_str(c->arena, str_of(why.text)));
        return show_page(c, &page_import, v, 422, e);
    }
    struct json *answer;
    bool is_asked = str_is(form_value(&c->form, "go"), "import") && csv.problems->count == 0 && csv.row_count > 0;
    if (is_asked && records_submit_all(c, csv.changes, csv.row_count, stash, &answer, &why))
        return call_redirect(c, arena_printf(c->arena, "/records/%s?done=imported", t->id));
    json_put_str(v, "why", arena_str(c->arena, str_of(why.text)));
    json_put_str(v, "stash", arena_str(c->arena, str_of(stash)));
    put_preview(c, v, &csv);
    return show_page(c, &page_import, v, csv.problems->count || why.code ? 422 : 200, e);
}

bool records_refuse_rows(struct call *c, const struct json *problems, struct err *e)
{
    c->problems = json_array(c->arena);
    JSON_EACH (p, problems) {
        struct json *o = json_push_object(c->problems);
        int64_t row = json_int(p, "row", 0);
        struct str column = json_text(p, "column"), where = row ? arena_printf(c->arena, "row %lld", (long long)row) : STR("file");
        json_put_str(o, "field", column.size ? arena_printf(c->arena, "%.*s, %.*s", STR_ARGS(where), STR_ARGS(column)) : where);
        json_put_int(o, "row", row);
        json_put_str(o, "column", column);
        json_put_str(o, "why", json_text(p, "why"));
    }
    c->status = 422;
    return err_set(e, ERR_INVALID, "%zu problem%s; nothing is stored", problems->count, problems->count == 1 ? "" : "s");
}

/* POST text/csv; ?dry_run=1 only says what would happen. */
bool handle_api_import(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct str dry;
    if (!records_open(c, &t, e) || !call_query(c, "dry_run", &dry, e) || !record_allows(c->access, t, NULL, RECORD_CREATE, NULL, e))
        return false;
    if (!str_starts(c->request->content_type, "text/csv")) {
        c->status = 415;
        return err_set(e, ERR_UNSUPPORTED, "send text/csv");
    }
    struct record_csv csv;
    struct json *answer = NULL;
    if (!str_is_utf8(c->request->body))
        return err_set(e, ERR_INVALID, "the file is not UTF-8");
    if (!record_csv_read(c->view.db, c->arena, t, c->request->body, NULL, c->access, c->now_ms, &csv, e))
        return false;
    if (csv.problems->count)
        return records_refuse_rows(c, csv.problems, e);
    bool is_dry = str_is(dry, "1") || str_is(dry, "true");
    if (!is_dry && csv.row_count && !records_submit_all(c, csv.changes, csv.row_count, NULL, &answer, e))
        return false;
    struct json *v = json_object(c->arena);
    json_put_int(v, "rows", (int64_t)csv.row_count);
    json_put_bool(v, "is_dry_run", is_dry);
    json_put_int(v, "leaf", json_int(answer, "leaf", -1));
    return call_json(c, v, e);
}
