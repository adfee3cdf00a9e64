/* csv.c - records from and to CSV files. */
#include "base/csv.h"
#include "record/internal.h"

enum { COLUMNS_MAX = 200, PROBLEMS_MAX = 1000 };

/* A row as it is read first: what its references mean is known when all rows are. */
struct csv_row {
    const struct str *cells;
    size_t number;         /* as a spreadsheet counts: the heading is 1 */
    struct str id;         /* as given */
    struct record *there;  /* which it changes; NULL: a new one */
    struct str made_id;    /* what a new one would be called, where rows refer to one another */
};

/* What a row can be called by other rows. */
struct row_name {
    struct str name; /* small letters */
    size_t row;      /* place in rows */
};

struct reading {
    struct db *db;
    struct arena *a;
    const struct record_type *type;
    const struct access *access;
    int64_t now_ms;
    struct record_csv *csv;
    struct name_set seen; /* ids, and unique values */
    size_t row;           /* as a spreadsheet counts: the heading is 1 */
    struct csv_row *rows;
    size_t row_count;
    struct row_name *names; /* sorted; of types that refer to themselves */
    size_t name_count;
    bool refers_to_new; /* some row refers to one that the file makes */
    struct record_siblings siblings;
    struct err *e;
};

static void problem(struct reading *r, struct str column, struct str why)
{
    struct json *list = r->csv->problems;
    if (list->count > PROBLEMS_MAX)
        return;
    struct json *p = json_push_object(list);
    json_put_int(p, "row", (int64_t)r->row);
    json_put_str(p, "column", list->count > PROBLEMS_MAX ? STR("") : arena_str(r->a, column));
    json_put_str(p, "why", list->count > PROBLEMS_MAX ? STR("and more") : arena_str(r->a, why));
}

/* ---- the heading ---- */

static bool is_same_word(struct str x, const char *y)
{
    bool is_same = x.size == strlen(y);
    for (size_t i = 0; is_same && i < x.size; i++) {
        char c = x.data[i];
        is_same = (c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) == (y[i] >= 'A' && y[i] <= 'Z' ? (char)(y[i] + 32) : y[i]);
    }
    return is_same;
}

static const struct record_field *field_of_heading(const struct record_type *t, struct str heading)
{
    for (size_t i = 0; i < t->field_count; i++)
        if (is_same_word(heading, t->fields[i].id) || is_same_word(heading, t->fields[i].label))
            return &t->fields[i];
    return NULL;
}

static bool is_of_program(struct str heading) /* what an export says beside the values */
{
    static const char *const names[] = {"state", "version", "changed", "created", "changed_by", "created_by"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (is_same_word(heading, names[i]))
            return true;
    return false;
}

static void heading_read(struct reading *r, struct str heading, const struct json *mapping, struct record_csv_column *ret)
{
    struct str name = str_trim(heading);
    *ret = (struct record_csv_column){.heading = arena_str(r->a, name)};
    JSON_EACH (m, mapping)
        if (str_equal(m->key, name) && m->type == JSON_STRING) {
            name = m->text;
            if (name.size == 0)
                return;
        }
    ret->field = field_of_heading(r->type, name);
    ret->is_id = is_same_word(name, "id") && !ret->field;
    ret->is_key = is_same_word(name, "key") && !ret->field;
    bool is_read_only = ret->field && (ret->field->type == FIELD_COMPUTED || ret->field->type == FIELD_FILES || ret->field->is_retired);
    if (is_read_only)
        ret->field = NULL;
    else if (!ret->field && !ret->is_id && !ret->is_key && !is_of_program(name))
        problem(r, ret->heading, arena_printf(r->a, "is no field of %s; map it to one, or to nothing", r->type->id));
    for (size_t i = 0; &r->csv->columns[i] != ret; i++)
        if ((ret->field && r->csv->columns[i].field == ret->field) || (ret->is_id && r->csv->columns[i].is_id))
            problem(r, ret->heading, STR("stands twice in the heading"));
}

/* ---- the rows ---- */

/* The ' that an export puts before a cell that a spreadsheet would take for a formula. */
static struct str cell_text(struct str cell)
{
    bool is_guarded = cell.size > 1 && cell.data[0] == '\'' && csv_is_formula(str_slice(cell, 1, cell.size));
    return str_slice(cell, is_guarded, cell.size);
}

static struct record *record_of(struct reading *r, struct str id)
{
    struct err failed = {0};
    struct record *found = id.size ? record_read(r->db, r->a, r->type, id, INT64_MAX, false, &failed) : NULL;
    if (failed.code && failed.code != ERR_NOT_FOUND)
        *r->e = failed;
    return found && !found->is_deleted ? found : NULL;
}

static void put_problems(struct reading *r, const struct json *problems)
{
    JSON_EACH (p, problems) {
        struct str field = json_text(p, "field"), column = field;
        for (size_t i = 0; i < r->csv->column_count; i++)
            if (r->csv->columns[i].field && str_is(field, r->csv->columns[i].field->id))
                column = r->csv->columns[i].heading;
        problem(r, column, json_text(p, "why"));
    }
}

/* The same unique value in two rows; the database knows only those before. */
static void check_twice(struct reading *r, const struct json *set, struct str id)
{
    if (id.size && !name_set_add(&r->seen, arena_printf(r->a, "id=%.*s", STR_ARGS(id))))
        problem(r, STR("id"), STR("stands in an earlier row"));
    JSON_EACH (v, set) {
        const struct record_field *f = record_type_field(r->type, v->key);
        if (f && f->is_unique && v->type == JSON_STRING && !name_set_add(&r->seen, arena_printf(r->a, "%s=%.*s", f->id, STR_ARGS(text_lower(r->a, v->text)))))
            problem(r, v->key, STR("stands in an earlier row"));
    }
}

/* ---- references between the rows ---- */

static bool refers_to_itself(const struct record_type *t, const struct record_field *f)
{
    const char *target = f->type == FIELD_PERSON ? "person" : f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES ? f->target : "";
    return strcmp(target, t->id) == 0 && !f->is_retired;
}

static int name_order(const void *x, const void *y)
{
    const struct row_name *a = x, *b = y;
    size_t size = a->name.size < b->name.size ? a->name.size : b->name.size;
    int order = memcmp(a->name.data, b->name.data, size);
    return order ? order : a->name.size < b->name.size ? -1 : a->name.size > b->name.size ? 1 : a->row < b->row ? -1 : a->row > b->row;
}

/* What stands in the columns of a key, of unique texts and of the title: by these other rows may name a row. */
static void names_read(struct reading *r)
{
    const struct record_csv *csv = r->csv;
    size_t columns = 0;
    for (size_t i = 0; i < csv->column_count; i++)
        columns += csv->columns[i].field && refers_to_itself(r->type, csv->columns[i].field);
    if (columns == 0)
        return;
    r->names = arena_array(r->a, r->row_count * csv->column_count + 1, sizeof(*r->names));
    for (size_t k = 0; k < r->row_count; k++)
        for (size_t i = 0; i < csv->column_count; i++) {
            const struct record_field *f = csv->columns[i].field;
            bool is_name = csv->columns[i].is_key || csv->columns[i].is_id || (f && f->type == FIELD_TEXT && (f->is_unique || strcmp(f->id, r->type->title_field) == 0));
            struct str name = str_trim(cell_text(r->rows[k].cells[i]));
            if (is_name && name.size)
                r->names[r->name_count++] = (struct row_name){text_lower(r->a, name), k};
        }
    qsort(r->names, r->name_count, sizeof(*r->names), name_order);
}

/* Ids that new rows would have, so that others may name them. */
static bool rows_number(struct reading *r)
{
    struct err failed = {0};
    bool has_prefix = r->type->prefix && r->type->prefix[0];
    int64_t next = 1 + (has_prefix && r->name_count ? db_one_int(r->db, &failed, 0, "select max(number) from record_head where type=?1", A(r->type->id)) : 0);
    siblings_init(&r->siblings, r->a, r->name_count ? r->row_count : 0);
    for (size_t i = 0; i < r->row_count && r->name_count; i++) {
        struct csv_row *row = &r->rows[i];
        if (row->there)
            continue;
        row->made_id = has_prefix ? arena_printf(r->a, "%s-%04lld", r->type->prefix, (long long)next++) : row->id;
        siblings_add(&r->siblings, RECORD_CREATE, r->type->id, row->made_id);
    }
    return failed.code ? (*r->e = failed, false) : true;
}

/* The id of the row that is called so; the text itself where none is, or several are. */
static struct str row_named(struct reading *r, struct str text)
{
    struct row_name wanted = {text_lower(r->a, text), 0};
    size_t low = 0, high = r->name_count;
    while (low < high) { /* the first that does not come before it */
        size_t middle = low + (high - low) / 2;
        if (name_order(&r->names[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found = low < r->name_count && str_equal(r->names[low].name, wanted.name);
    const struct csv_row *row = is_found ? &r->rows[r->names[low].row] : NULL;
    for (size_t i = low + 1; row && i < r->name_count && str_equal(r->names[i].name, wanted.name); i++)
        if (r->names[i].row != r->names[low].row)
            return text;
    if (!row)
        return text;
    r->refers_to_new |= !row->there;
    return row->there ? row->there->id : row->made_id;
}

static struct str rows_named(struct reading *r, const struct record_field *f, struct str text)
{
    if (r->name_count == 0 || !refers_to_itself(r->type, f) || str_trim(text).size == 0)
        return text;
    if (f->type != FIELD_REFERENCES)
        return row_named(r, str_trim(text));
    struct buf BUF_AUTO list;
    buf_init(&list, RECORD_BYTES_MAX);
    struct str rest = text;
    for (bool more = true; more;) {
        size_t end = 0;
        while (end < rest.size && !strchr(",;\n", rest.data[end]))
            end++;
        struct str item = str_trim(str_slice(rest, 0, end));
        more = end < rest.size;
        rest = str_slice(rest, end + 1, rest.size);
        if (item.size)
            buf_printf(&list, "%s%.*s", list.size ? ", " : "", STR_ARGS(row_named(r, item)));
    }
    return arena_str(r->a, buf_view(&list));
}

/* ---- what a row changes ---- */

/* Its id, and what that names. */
static bool row_begin(struct reading *r, const struct str *cells, size_t count)
{
    struct record_csv *csv = r->csv;
    bool has_prefix = r->type->prefix && r->type->prefix[0];
    struct csv_row *row = &r->rows[r->row_count];
    if (count != csv->column_count) {
        problem(r, STR(""), arena_printf(r->a, "has %zu cells, the heading %zu", count, csv->column_count));
        return true;
    }
    struct str *kept = arena_array(r->a, count, sizeof(*kept));
    memcpy(kept, cells, count * sizeof(*kept));
    *row = (struct csv_row){.cells = kept, .number = r->row, .id = STR("")};
    for (size_t i = 0; i < count; i++)
        if (csv->columns[i].is_id)
            row->id = str_trim(cell_text(cells[i]));
    row->there = record_of(r, row->id);
    if (r->e->code)
        return false;
    if (!row->there && row->id.size && has_prefix)
        problem(r, STR("id"), arena_printf(r->a, "there is no %s %.*s; leave it empty to make one", r->type->id, STR_ARGS(str_slice(row->id, 0, RECORD_ID_MAX))));
    else
        r->row_count++;
    return true;
}

static struct json *row_check(struct reading *r, const struct record *there, struct json *set)
{
    return record_check_among(r->db, r->a, r->type, there, set, true, NULL, 0, &r->siblings, r->e);
}

/* Of a new record: what a cell says nothing about has its default. */
static struct json *with_defaults(struct reading *r, struct json *set, struct json **problems)
{
    struct json *typed = json_object(r->a);
    JSON_EACH (v, set)
        if (v->type != JSON_NULL)
            json_put(typed, v->key.data, value_copy(r->a, v));
    record_defaults(r->type, typed, r->access, r->now_ms);
    if ((*problems)->count) /* a required field may have got its default by now */
        *problems = row_check(r, NULL, typed);
    return typed;
}

static bool row_read(struct reading *r, struct csv_row *row)
{
    struct record_csv *csv = r->csv;
    struct json *set = json_object(r->a);
    struct record *there = row->there;
    bool has_prefix = r->type->prefix && r->type->prefix[0];
    r->row = row->number;
    for (size_t i = 0; i < csv->column_count; i++)
        if (csv->columns[i].field)
            json_put_str(set, csv->columns[i].field->id, rows_named(r, csv->columns[i].field, cell_text(row->cells[i])));
    struct json *problems = row_check(r, there, set);
    if (problems && !there)
        set = with_defaults(r, set, &problems);
    if (!problems)
        return false;
    put_problems(r, problems);
    struct err denied = {0};
    enum record_act act = there ? RECORD_CHANGE : RECORD_CREATE;
    if (!record_allows(r->access, r->type, there, act, NULL, &denied))
        problem(r, STR(""), str_of(denied.text));
    set = there ? record_reduce(r->a, there, set) : set;
    check_twice(r, set, row->id);
    if (there && set->count == 0)
        return true;
    csv->rows[csv->row_count] = row->number;
    csv->changes[csv->row_count++] = (struct record_change){.type = str_of(r->type->id),
                                                               .id = there || !has_prefix ? arena_str(r->a, row->id) : row->made_id.size ? row->made_id : STR(""),
                                                               .act = act,
                                                               .version = there ? there->version : 0,
                                                               .set = set,
                                                               .why = STR("CSV import")};
    return true;
}

static bool rows_read(struct reading *r)
{
    bool has_prefix = r->type->prefix && r->type->prefix[0];
    names_read(r);
    if (!rows_number(r))
        return false;
    for (size_t i = 0; i < r->row_count; i++)
        if (!row_read(r, &r->rows[i]))
            return false;
    for (size_t i = 0; i < r->csv->row_count && has_prefix && !r->refers_to_new; i++) /* the keeper may number them */
        if (r->csv->changes[i].act == RECORD_CREATE)
            r->csv->changes[i].id = STR("");
    return true;
}

bool record_csv_read(struct db *db, struct arena *a, const struct record_type *t, struct str text, const struct json *mapping, const struct access *x,
                     int64_t now_ms, struct record_csv *ret, struct err *e)
{
    struct csv_reader lines;
    struct str *cells = arena_array(a, COLUMNS_MAX, sizeof(*cells));
    size_t count = 0;
    *ret = (struct record_csv){.type = t, .problems = json_array(a), .columns = arena_array(a, COLUMNS_MAX, sizeof(*ret->columns))};
    struct reading r = {.db = db, .a = a, .type = t, .access = x, .now_ms = now_ms, .csv = ret, .e = e};
    if (!str_is_utf8(text))
        return err_set(e, ERR_INVALID, "the file is not UTF-8");
    csv_reader_init(&lines, text);
    if (lines.rest.size == 0)
        return err_set(e, ERR_INVALID, "the file is empty: its first line names the columns");
    if (!csv_read_row(&lines, a, cells, COLUMNS_MAX, &count, e))
        return false;
    r.row = lines.rows;
    for (size_t i = 0; i < count; i++) {
        heading_read(&r, cells[i], mapping, &ret->columns[i]);
        ret->column_count = i + 1;
    }
    if (ret->problems->count)
        return true;
    ret->changes = arena_array(a, RECORD_CHANGES_MAX, sizeof(*ret->changes));
    ret->rows = arena_array(a, RECORD_CHANGES_MAX, sizeof(*ret->rows));
    r.rows = arena_array(a, RECORD_CHANGES_MAX, sizeof(*r.rows));
    name_set_init(&r.seen, a, 4 * RECORD_CHANGES_MAX);
    while (lines.rest.size) {
        if (!csv_read_row(&lines, a, cells, COLUMNS_MAX, &count, e))
            return false;
        if (count == 1 && str_trim(cells[0]).size == 0)
            continue; /* an empty line */
        r.row = lines.rows;
        if (++ret->total_count > RECORD_CHANGES_MAX)
            return err_set(e, ERR_LIMIT, "more than %d rows: import them in several files", RECORD_CHANGES_MAX);
        if (!row_begin(&r, cells, count))
            return false;
    }
    return rows_read(&r);
}

/* ---- writing ---- */

struct writing {
    const struct record_type *type;
    struct buf *out;
};

static bool row_write(void *context, const struct record *record, struct err *e)
{
    const struct writing *w = context;
    const struct record_type *t = w->type;
    csv_cell(w->out, true, record->id);
    csv_cell(w->out, false, record->state);
    for (size_t i = 0; i < t->field_count; i++) {
        const struct json *v = json_get(record->values, t->fields[i].id);
        csv_cell(w->out, false, record_value_text(record->values->arena, &t->fields[i], v));
    }
    csv_end_line(w->out);
    return !w->out->full || err_set(e, ERR_LIMIT, "%s: the file would be over %zu bytes", t->id, w->out->size_max);
}

bool record_csv_write(struct db *db, struct arena *a, const struct record_type *t, const struct record_query *q, struct buf *out, struct err *e)
{
    struct writing w = {.type = t, .out = out};
    struct record_query all = *q;
    all.page = 1;
    all.per_page = INT64_MAX;
    csv_cell(out, true, STR("id"));
    csv_cell(out, false, STR("state"));
    for (size_t i = 0; i < t->field_count; i++)
        csv_cell(out, false, str_of(t->fields[i].id));
    csv_end_line(out);
    return record_list(db, a, t, &all, row_write, &w, NULL, e);
}
