/* request_sheet.c - lists of requests as rows: out to the firm's form, and in from it by what its headings say. */
#include "assess/request_answer.h"

#include "base/csv.h"
#include "base/times.h"

#include <stdarg.h>
#include <strings.h>

enum { COLUMNS_MAX = 200, HEADER_LOOK = 30, ROWS_MAX = 5000, DETAILS_MAX = 8000, CELL_SHOWN = 60 };

/* ---- out ---- */

static const struct {
    const char *heading, *field; /* "": made here */
} out_columns[] = {{"Id", ""}, {"Firm's number", "firm_id"}, {"From the list", "template"}, {"Request", "title"}, {"Exactly", "details"}, {"Kind", "kind"}, {"Phase", "phase"},
                   {"Criteria", "criteria"}, {"Controls", "controls"}, {"Owner", "owner"}, {"Asked on", "asked_on"}, {"Due on", "due_on"}, {"State", ""}, {"Answer", "answer"},
                   {"Sent back", "sent_back"}, {"Last comment", ""}};
#define OUT_COUNT (sizeof(out_columns) / sizeof(out_columns[0]))

struct writing {
    struct db *db;
    struct arena *a;
    struct json *rows;
};

static struct str person_name(struct db *db, struct arena *a, struct str id)
{
    struct err ignored = {0};
    struct str email = db_one_text(a, db, &ignored, "select coalesce(nullif(email, ''), name) from people where id = ?1", A(id));
    return email.data ? email : id;
}

static bool row_write(void *context, const struct record *r, struct err *e)
{
    struct writing *w = context;
    struct json *row = json_push(w->rows, json_array(w->a));
    for (size_t i = 0; i < OUT_COUNT; i++) {
        const char *field = out_columns[i].field;
        const struct record_field *f = record_type_field(r->type, str_of(field));
        const struct json *value = *field ? json_get(r->values, field) : NULL;
        const struct record_state *state = record_type_state(r->type, r->state);
        struct str text = STR("");
        if (i == 0)
            text = arena_str(w->a, r->id);
        else if (strcmp(out_columns[i].heading, "State") == 0)
            text = state ? str_of(state->label) : STR("");
        else if (!*field)
            text = db_one_text(w->a, w->db, e, "select text from audit_comments where request = ?1 order by created_leaf desc, id desc limit 1", A(r->id));
        else if (strcmp(field, "owner") == 0 && value)
            text = person_name(w->db, w->a, value->text);
        else if (f && value)
            text = record_value_text(w->a, f, value);
        json_push_str(row, text.data ? text : STR(""));
    }
    return e->code == ERR_NONE;
}

struct json *request_rows(struct db *db, struct arena *a, struct record_types *types, struct str engagement, const struct access *x, int64_t now_ms, struct err *e)
{
    const struct record_type *t = record_types_find(types, STR("audit_request"));
    struct writing w = {.db = db, .a = a, .rows = json_array(a)};
    int64_t total = 1;
    if (!t)
        return err_set(e, ERR_INTERNAL, "there are no requests"), NULL;
    struct json *head = json_push(w.rows, json_array(a));
    for (size_t i = 0; i < OUT_COUNT; i++)
        json_push_str(head, str_of(out_columns[i].heading));
    struct record_query q = {.where = arena_printf(a, "engagement=%.*s", STR_ARGS(engagement)), .sort = STR("id"), .per_page = 1000, .leaf_limit = INT64_MAX, .access = x, .now_ms = now_ms};
    for (q.page = 1; (q.page - 1) * q.per_page < total; q.page++)
        if (!record_list(db, a, t, &q, row_write, &w, &total, e))
            return NULL;
    return w.rows;
}

/* ---- in: what a heading means ---- */

static const struct {
    const char *field, *words; /* words between bars, small letters */
} meanings[] = {
    {"id", "|id|request id|assay id|our id|"},
    {"firm_id", "|firm's number|firm number|firm id|ref|ref.|reference|reference number|ref no|ref no.|no|no.|#|nr|nr.|number|request number|request no|request no.|request #|item|item #|item no|item no.|pbc|pbc #|pbc id|pbc no|pbc no.|"},
    {"template", "|from the list|template|library id|"},
    {"title", "|request|title|description|request description|item description|document|documents requested|document requested|information requested|request name|name|"},
    {"details", "|exactly|details|detail|instructions|request details|additional information|guidance|"},
    {"kind", "|kind|type|request type|evidence type|"},
    {"phase", "|phase|stage|"},
    {"criteria", "|criteria|criterion|tsc|tsc reference|tsc ref|trust services criteria|criteria reference|"},
    {"controls", "|controls|control|control id|control ids|control #|control number|control reference|control ref|"},
    {"owner", "|owner|assigned to|assignee|responsible|responsible person|client owner|client contact|contact|provided by|"},
    {"asked_on", "|asked on|requested on|date requested|request date|requested|"},
    {"due_on", "|due on|due|due date|date due|needed by|required by|deadline|"},
    {"-", "|state|status|answer|sent back|last comment|"},
};

const char *request_heading_field(struct str heading)
{
    char text[CELL_SHOWN + 8];
    heading = str_trim(heading);
    if (heading.size == 0 || heading.size > CELL_SHOWN)
        return "";
    size_t n = 0;
    text[n++] = '|';
    for (size_t i = 0; i < heading.size; i++) {
        char c = heading.data[i];
        c = c == '\n' || c == '\t' || c == '_' ? ' ' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (c == '|' || c == ':' || c == '*' || (c == ' ' && text[n - 1] == ' '))
            continue;
        text[n++] = c;
    }
    while (n > 1 && text[n - 1] == ' ')
        n--;
    text[n++] = '|';
    struct str wanted = str_make(text, n);
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (n > 2 && str_find(str_of(meanings[i].words), wanted) >= 0)
            return meanings[i].field;
    return "";
}

/* ---- in: rows ---- */

struct sheet_column {
    struct str heading;
    const char *field; /* "": none, "-": ours */
    bool is_kept;      /* its text goes into the words */
};

struct importing {
    struct db *db;
    struct arena *a;
    struct record_types *types;
    const struct record_type *type;
    const struct engagement *g;
    const struct access *x;
    int64_t now_ms;
    struct sheet_column columns[COLUMNS_MAX];
    size_t column_count;
    struct request_import *ret;
    struct json *seen; /* {"id": row} */
    struct err *e;
};

static void problem(struct importing *in, size_t row, size_t column, const char *format, ...) __attribute__((format(printf, 4, 5)));
static void problem(struct importing *in, size_t row, size_t column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct str why = str_prefix(arena_vprintf(in->a, format, arguments), 400);
    va_end(arguments);
    struct json *o = json_push_object(in->ret->problems);
    json_put_int(o, "row", (int64_t)row);
    json_put_str(o, "column", column < in->column_count ? in->columns[column].heading : STR(""));
    json_put_str(o, "why", why);
}

static struct str place_name(struct arena *a, size_t column)
{
    return column < 26 ? arena_printf(a, "%c", (int)('A' + column)) : arena_printf(a, "%c%c", (int)('A' + column / 26 - 1), (int)('A' + column % 26));
}

static struct str cell_at(const struct json *row, size_t column)
{
    const struct json *cell = json_at(row, column);
    struct str text = cell && cell->type == JSON_STRING ? str_trim(cell->text) : STR("");
    return text.size > 1 && text.data[0] == '\'' && csv_is_formula(str_slice(text, 1, text.size)) ? str_slice(text, 1, text.size) : text;
}

/* The first row with two headings that are known, one of them a name or what is asked for. */
static const struct json *header_find(struct importing *in, const struct json *rows)
{
    size_t number = 0;
    JSON_EACH (row, rows) {
        size_t known = 0;
        bool names = false;
        if (++number > HEADER_LOOK)
            break;
        for (size_t i = 0; i < row->count && i < COLUMNS_MAX; i++) {
            const char *field = request_heading_field(cell_at(row, i));
            known += *field != 0;
            names |= strcmp(field, "title") == 0 || strcmp(field, "id") == 0;
        }
        if (known >= 2 && names) {
            in->ret->header_row = number;
            return row;
        }
    }
    return NULL;
}

static void columns_read(struct importing *in, const struct json *header, const struct json *mapping)
{
    in->column_count = header->count < COLUMNS_MAX ? header->count : COLUMNS_MAX;
    for (size_t i = 0; i < in->column_count; i++) {
        struct sheet_column *c = &in->columns[i];
        *c = (struct sheet_column){.heading = arena_str(in->a, cell_at(header, i))};
        const struct json *said = NULL;
        JSON_EACH (m, mapping)
            if (m->type == JSON_STRING && str_equal(m->key, c->heading))
                said = m;
        c->field = said ? arena_str(in->a, said->text).data : request_heading_field(c->heading);
        const struct record_field *f = record_type_field(in->type, str_of(c->field));
        bool is_known = *c->field == 0 || strcmp(c->field, "id") == 0 || strcmp(c->field, "-") == 0 || f;
        if (!is_known)
            problem(in, in->ret->header_row, i, "there is no field %s", c->field);
        for (size_t k = 0; k < i && *c->field && strcmp(c->field, "-") != 0; k++)
            if (strcmp(in->columns[k].field, c->field) == 0) { /* the second one of a meaning is kept as words */
                if (said)
                    problem(in, in->ret->header_row, i, "\"%.*s\" was taken for the same", STR_ARGS(str_slice(in->columns[k].heading, 0, CELL_SHOWN)));
                c->field = "";
                f = NULL;
            }
        c->is_kept = *c->field == 0 && !said && c->heading.size > 0;
        struct json *o = json_push_object(in->ret->columns);
        json_put_int(o, "n", (int64_t)i);
        json_put_str(o, "column", place_name(in->a, i));
        json_put_str(o, "heading", c->heading);
        json_put_cstr(o, "field", strcmp(c->field, "-") == 0 ? "" : c->field);
        json_put_cstr(o, "label", strcmp(c->field, "id") == 0 ? "Id" : strcmp(c->field, "-") == 0 ? "ours; not read back" : f ? f->label : c->is_kept ? "kept in the words of the request" : "left out");
        json_put_bool(o, "is_kept", c->is_kept);
    }
}

static struct str cell_of(struct importing *in, const struct json *row, const char *field, size_t *ret_column)
{
    for (size_t i = 0; i < in->column_count; i++)
        if (strcmp(in->columns[i].field, field) == 0) {
            *ret_column = i;
            return cell_at(row, i);
        }
    *ret_column = COLUMNS_MAX;
    return STR("");
}

/* ---- in: values ---- */

/* 2026-11-30, also with a time behind it; 30.11.2026; 11/30/2026 where it can only be one of the two. */
static bool date_read(struct importing *in, struct str text, struct str *ret)
{
    int parts[3], n = 0;
    char separator = 0;
    int64_t at_ms;
    if (text.size > 10 && text.data[10] == 'T')
        text = str_slice(text, 0, 10);
    if (text.size == 10 && text.data[4] == '-' && time_parse(text, 0, &at_ms)) {
        *ret = text;
        return true;
    }
    for (size_t i = 0; i < text.size && n < 3;) {
        size_t from = i;
        parts[n] = 0;
        while (i < text.size && i - from < 4 && text.data[i] >= '0' && text.data[i] <= '9')
            parts[n] = parts[n] * 10 + (text.data[i++] - '0');
        if (i == from)
            return false;
        n++;
        if (i < text.size && n < 3) {
            if ((text.data[i] != '.' && text.data[i] != '/') || (separator && text.data[i] != separator))
                return false;
            separator = text.data[i++];
        } else if (i < text.size) {
            return false;
        }
    }
    if (n != 3 || parts[2] < 1000)
        return false;
    bool is_month_first = separator == '/' && parts[0] <= 12;
    if (separator == '/' && parts[0] <= 12 && parts[1] <= 12 && parts[0] != parts[1])
        return false; /* nobody can tell */
    int day = is_month_first ? parts[1] : parts[0], month = is_month_first ? parts[0] : parts[1];
    *ret = arena_printf(in->a, "%04d-%02d-%02d", parts[2], month, day);
    return time_parse(*ret, 0, &at_ms) && str_equal(day_text(in->a, day_of(at_ms)), *ret);
}

static bool choice_read(const struct record_field *f, struct str text, struct str *ret)
{
    for (size_t i = 0; i < f->choice_count; i++) {
        struct str label = str_of(f->choices[i].label), id = str_of(f->choices[i].id);
        if ((text.size == label.size && strncasecmp(text.data, label.data, text.size) == 0) || (text.size == id.size && strncasecmp(text.data, id.data, text.size) == 0)) {
            *ret = id;
            return true;
        }
    }
    return false;
}

static bool person_find(struct importing *in, struct str text, struct str *ret)
{
    *ret = db_one_text(in->a, in->db, in->e,
                       "select case when count(*) = 1 then max(id) end from people where id = ?1 or email = ?1 collate nocase or name = ?1 collate nocase", A(text));
    return ret->data != NULL;
}

static bool control_is_known(struct importing *in, struct str id)
{
    for (size_t i = 0; i < content_control_count; i++)
        if (str_is(id, content_controls[i].id))
            return true;
    return db_one_int(in->db, in->e, 0, "select count(*) from control_records where id = ?1", A(id)) > 0;
}

static bool criterion_is_known(struct str id)
{
    for (size_t i = 0; i < content_criterion_count; i++)
        if (str_is(id, content_criteria[i].id))
            return true;
    return false;
}

static bool ids_read(struct importing *in, bool are_controls, struct str text, struct json *list, struct str *ret_unknown)
{
    for (size_t i = 0; i < text.size;) {
        size_t from = i;
        while (i < text.size && !strchr(" ,;\n\t/", text.data[i]))
            i++;
        struct str id = str_slice(text, from, i++);
        bool is_there = false;
        if (id.size == 0)
            continue;
        JSON_EACH (one, list)
            is_there |= str_equal(one->text, id);
        if (are_controls ? !control_is_known(in, id) : !criterion_is_known(id)) {
            *ret_unknown = id;
            return false;
        }
        if (!is_there)
            json_push_str(list, id);
    }
    return true;
}

static void value_read(struct importing *in, struct json *set, size_t row, size_t column, struct str text)
{
    const char *field = in->columns[column].field;
    const struct record_field *f = record_type_field(in->type, str_of(field));
    struct str value = STR(""), unknown = STR("");
    if (!f || text.size == 0)
        return;
    if (f->type == FIELD_DATE) {
        if (date_read(in, text, &value))
            json_put_str(set, f->id, value);
        else
            problem(in, row, column, "'%.*s' is no day that only one can be meant by: write 2026-11-30", STR_ARGS(str_slice(text, 0, CELL_SHOWN)));
    } else if (f->type == FIELD_CHOICE) {
        if (choice_read(f, text, &value))
            json_put_str(set, f->id, value);
        else
            problem(in, row, column, "'%.*s' is none of its choices", STR_ARGS(str_slice(text, 0, CELL_SHOWN)));
    } else if (f->type == FIELD_PERSON) {
        if (person_find(in, text, &value))
            json_put_str(set, f->id, value);
        else
            problem(in, row, column, "'%.*s' is nobody, or several: write an e-mail address or an id", STR_ARGS(str_slice(text, 0, CELL_SHOWN)));
    } else if (f->type == FIELD_REFERENCES) {
        struct json *list = json_array(in->a);
        if (ids_read(in, strcmp(f->id, "controls") == 0, text, list, &unknown))
            json_put(set, f->id, list);
        else
            problem(in, row, column, "there is no %s %.*s", strcmp(f->id, "controls") == 0 ? "control" : "criterion", STR_ARGS(str_slice(unknown, 0, CELL_SHOWN)));
    } else if (strcmp(f->id, "template") == 0) {
        bool is_known = false;
        for (size_t i = 0; i < content_request_count; i++)
            is_known |= str_is(text, content_requests[i].id);
        if (is_known)
            json_put_str(set, f->id, text);
        else
            problem(in, row, column, "'%.*s' is not in the list", STR_ARGS(str_slice(text, 0, CELL_SHOWN)));
    } else if (f->type == FIELD_TEXT || f->type == FIELD_MARKDOWN) {
        if (f->max && text.size > (size_t)f->max)
            problem(in, row, column, "over %lld bytes", (long long)f->max);
        else
            json_put_str(set, f->id, f->type == FIELD_TEXT ? str_trim(text) : text);
    }
}

/* What no column takes: "Heading: text", so that nothing of the file is lost. */
static void words_keep(struct importing *in, struct json *set, size_t row, const struct json *cells)
{
    struct buf BUF_AUTO b;
    buf_init(&b, DETAILS_MAX);
    buf_str(&b, json_text(set, "details"));
    for (size_t i = 0; i < in->column_count; i++) {
        struct str text = in->columns[i].is_kept ? cell_at(cells, i) : STR("");
        if (text.size)
            buf_printf(&b, "%s%.*s: %.*s", b.size ? "\n\n" : "", STR_ARGS(in->columns[i].heading), STR_ARGS(text));
    }
    if (b.full)
        problem(in, row, COLUMNS_MAX, "its words are over %d bytes together", DETAILS_MAX);
    else if (b.size)
        json_put_str(set, "details", arena_str(in->a, buf_view(&b)));
}

/* ---- in: which request a row is ---- */

static bool request_find(struct importing *in, size_t row, const struct json *cells, const struct json *set, struct str *ret_id)
{
    size_t column;
    struct str id = cell_of(in, cells, "id", &column), engagement = in->g->id;
    *ret_id = STR("");
    if (id.size) {
        struct str found = db_one_text(in->a, in->db, in->e, "select id from audit_requests where id = ?1 and engagement = ?2", A(id), A(engagement));
        if (found.data) {
            *ret_id = found;
            return true;
        }
        problem(in, row, column, "there is no request %.*s in this engagement: leave the cell empty for a new one", STR_ARGS(str_slice(id, 0, CELL_SHOWN)));
        in->ret->unknown++;
        return false;
    }
    static const char *const keys[] = {"firm_id", "template", "title"};
    static const char *const asks[] = {"select id from audit_requests where engagement = ?2 and firm_id = ?1 order by id", "select id from audit_requests where engagement = ?2 and template = ?1 and follows is null order by id",
                                       "select id from audit_requests where engagement = ?2 and title = ?1 collate nocase order by id"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && ret_id->size == 0; i++) {
        struct str key = json_text(set, keys[i]);
        struct str found = key.size ? db_one_text(in->a, in->db, in->e, db_known(in->db, str_of(asks[i])), A(key), A(engagement)) : (struct str){0};
        *ret_id = found.data ? found : STR("");
    }
    return true;
}

static struct json *plan_put(struct importing *in, size_t row, const char *act, struct str id, struct str title)
{
    struct json *o = json_push_object(in->ret->plan);
    json_put_int(o, "row", (int64_t)row);
    json_put_cstr(o, "act", act);
    json_put_str(o, "id", id);
    json_put_str(o, "title", title);
    json_put_array(o, "fields");
    return o;
}

static void change_add(struct importing *in, size_t row, struct record_change change)
{
    in->ret->rows[in->ret->count] = row;
    in->ret->changes[in->ret->count++] = change;
}

static void new_add(struct importing *in, size_t row, struct json *set)
{
    size_t column;
    if (json_text(set, "title").size == 0) {
        (void)cell_of(in, NULL, "title", &column);
        problem(in, row, column, "a new request needs words for what is asked for");
        return;
    }
    json_put_str(set, "engagement", in->g->id);
    record_defaults(in->type, set, in->x, in->now_ms);
    plan_put(in, row, "new", STR(""), json_text(set, "title"));
    in->ret->made++;
    change_add(in, row, (struct record_change){.type = STR("audit_request"), .act = RECORD_CREATE, .set = set, .why = STR("imported from a list")});
}

static bool known_add(struct importing *in, size_t row, struct str id, const struct json *set)
{
    struct record *r = record_get(in->db, in->a, in->type, id, INT64_MAX, in->e);
    if (!r)
        return false;
    if (json_get(in->seen, id.data)) {
        problem(in, row, COLUMNS_MAX, "%.*s stands in row %lld already", STR_ARGS(id), (long long)json_int(in->seen, id.data, 0));
        return true;
    }
    json_put_int(in->seen, id.data, (int64_t)row);
    struct json *less = record_reduce(in->a, r, set);
    struct json *o = plan_put(in, row, less->count ? "changed" : "same", id, record_title(r));
    if (less->count == 0) {
        in->ret->same++;
        return true;
    }
    JSON_EACH (v, less) {
        const struct record_field *f = record_type_field(in->type, v->key);
        json_push_str((struct json *)(uintptr_t)json_get(o, "fields"), f ? str_of(f->label) : v->key);
    }
    in->ret->changed++;
    change_add(in, row, (struct record_change){.type = STR("audit_request"), .id = id, .act = RECORD_CHANGE, .version = r->version, .set = less, .why = STR("imported from a list")});
    return true;
}

static bool row_read(struct importing *in, size_t row, const struct json *cells)
{
    struct json *set = json_object(in->a);
    struct str id;
    bool is_empty = true;
    for (size_t i = 0; i < in->column_count; i++)
        is_empty = is_empty && cell_at(cells, i).size == 0;
    if (is_empty)
        return true;
    size_t before = in->ret->problems->count;
    for (size_t i = 0; i < in->column_count; i++)
        if (*in->columns[i].field && strcmp(in->columns[i].field, "id") != 0 && strcmp(in->columns[i].field, "-") != 0)
            value_read(in, set, row, i, cell_at(cells, i));
    words_keep(in, set, row, cells);
    if (!request_find(in, row, cells, set, &id)) {
        size_t column;
        plan_put(in, row, "unknown", cell_of(in, cells, "id", &column), json_text(set, "title"));
        return in->e->code == ERR_NONE;
    }
    if (in->ret->problems->count > before)
        return in->e->code == ERR_NONE;
    if (id.size == 0)
        new_add(in, row, set);
    return in->e->code == ERR_NONE && (id.size == 0 || known_add(in, row, id, set));
}

/* What the keeper would say. */
static bool keeper_asked(struct importing *in)
{
    struct request_import *ret = in->ret;
    if (ret->count == 0 || ret->problems->count)
        return true;
    struct json *said = record_try(in->db, in->a, ret->changes, ret->count, in->x, in->e);
    JSON_EACH (p, said) {
        int64_t i = json_int(p, "change", 0);
        struct str field = json_text(p, "field");
        size_t column = COLUMNS_MAX;
        for (size_t k = 0; k < in->column_count; k++)
            if (str_is(field, in->columns[k].field))
                column = k;
        problem(in, ret->rows[i], column, "%.*s", STR_ARGS(json_text(p, "why")));
    }
    return said != NULL;
}

bool request_import_read(struct db *db, struct arena *a, struct record_types *types, const struct engagement *g, const struct json *rows, const struct json *mapping,
                         const struct access *x, int64_t now_ms, struct request_import *ret, struct err *e)
{
    struct err failed = {0};
    struct importing *in = ARENA_NEW(a, struct importing);
    *in = (struct importing){.db = db, .a = a, .types = types, .type = record_types_find(types, STR("audit_request")), .g = g, .x = x, .now_ms = now_ms, .ret = ret, .seen = json_object(a), .e = &failed};
    *ret = (struct request_import){.changes = arena_array(a, rows->count + 1, sizeof(*ret->changes)), .rows = arena_array(a, rows->count + 1, sizeof(*ret->rows)), .columns = json_array(a),
                                   .plan = json_array(a), .problems = json_array(a)};
    if (!in->type)
        return err_set(e, ERR_INTERNAL, "there are no requests");
    if (rows->count > ROWS_MAX)
        return err_set(e, ERR_TOO_LARGE, "list: over %d rows", ROWS_MAX);
    const struct json *header = header_find(in, rows);
    if (!header) {
        problem(in, 1, COLUMNS_MAX, "no row says what the columns are: one of the first %d needs headings, as \"Request\" and \"Due date\"", HEADER_LOOK);
        return true;
    }
    columns_read(in, header, mapping);
    size_t number = 0;
    bool ok = true;
    JSON_EACH (row, rows)
        if (ok && ++number > ret->header_row)
            ok = row_read(in, number, row);
    ok = ok && keeper_asked(in);
    return ok || (*e = failed, false);
}

bool request_rows_text(struct arena *a, const struct json *rows, struct str *ret, struct err *e)
{
    struct buf BUF_AUTO b;
    buf_init(&b, REQUEST_LIST_BYTES_MAX);
    JSON_EACH (row, rows) {
        JSON_EACH (cell, row)
            csv_cell(&b, cell == row->first, cell->text);
        csv_end_line(&b);
    }
    *ret = b.full ? STR("") : arena_str(a, buf_view(&b));
    return !b.full || err_set(e, ERR_TOO_LARGE, "the list is over %d MiB", REQUEST_LIST_BYTES_MAX >> 20);
}

struct json *request_rows_csv(struct arena *a, struct str text, struct err *e)
{
    struct csv_reader reader;
    struct json *rows = json_array(a);
    struct str cells[COLUMNS_MAX];
    size_t count;
    if (!str_is_utf8(text))
        return err_set(e, ERR_INVALID, "list: neither an Excel workbook nor CSV in UTF-8"), NULL;
    csv_reader_init(&reader, text);
    while (reader.rest.size) {
        if (!csv_read_row(&reader, a, cells, COLUMNS_MAX, &count, e))
            return NULL;
        struct json *row = json_push(rows, json_array(a));
        for (size_t i = 0; i < count; i++)
            json_push_str(row, arena_str(a, cells[i]));
        if (rows->count > ROWS_MAX)
            return err_set(e, ERR_TOO_LARGE, "list: over %d rows", ROWS_MAX), NULL;
    }
    return rows;
}
