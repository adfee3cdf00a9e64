#include "report/roster.h"

#include "assess/lifecycle.h"
#include "base/csv.h"
#include "base/times.h"
#include "crypto/crypto.h"

#include <stdio.h>
#include <stdlib.h>

enum { COLUMNS_MAX = 200, CHANGES_SHOWN = 100, FILE_BYTES_MAX = 16 << 20, MISSING_MAX = 1000 };

static const char *const taken[] = {"name", "email", "employee_number", "kind", "job_title", "department", "team", "manager", "started_on", "left_on", "contract_ends_on",
                                    "is_involuntary", "location", "time_zone"};
enum { TAKEN = sizeof(taken) / sizeof(taken[0]), AT_NAME = 0, AT_EMAIL = 1, AT_NUMBER = 2, AT_KIND = 3 };

/* Somebody who is there already. */
struct known_person {
    struct str id, name, email, number, kind, state, left_on; /* name, email, number in small letters */
    bool is_matched;
};

struct roster {
    struct db *db;
    struct arena *a;
    const struct json *content;
    const struct roster_source *source;
    struct roster_plan *plan;
    struct known_person *known;
    size_t known_count;
    struct known_person **by_number, **by_email, **by_name;
    int place[TAKEN];            /* column of each field; -1: none */
    int first_name, last_name;
    int order[COLUMNS_MAX];      /* of dates with slashes in a column: 1 day first, -1 month first, 0 not known */
    struct str **lines;          /* the cells of each row */
    size_t *numbers;             /* of the rows, as a spreadsheet counts: the heading is 1 */
    size_t row_count, row_capacity, number_capacity;
    bool has_kind[8];
    struct err *e;
};

static struct str small(struct arena *a, struct str s)
{
    char *text = arena_strndup(a, s.size ? s.data : "", s.size);
    for (size_t i = 0; i < s.size; i++)
        text[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i] == '_' ? ' ' : text[i];
    return (struct str){text, s.size};
}

static struct str small_only(struct arena *a, struct str s)
{
    char *text = arena_strndup(a, s.size ? s.data : "", s.size);
    for (size_t i = 0; i < s.size; i++)
        text[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
    return (struct str){text, s.size};
}

static bool problem(struct roster *r, size_t row, struct str column, const char *why)
{
    struct json *p = json_push_object(r->plan->csv.problems);
    json_put_int(p, "row", (int64_t)row);
    json_put_str(p, "column", arena_str(r->a, column));
    json_put_cstr(p, "why", why);
    return true;
}

/* ---- the heading ---- */

static const char *field_known(const char *field)
{
    static const char *const composed[] = {"first_name", "last_name"};
    for (size_t i = 0; i < TAKEN; i++)
        if (strcmp(taken[i], field) == 0)
            return taken[i];
    for (size_t i = 0; i < 2; i++)
        if (strcmp(composed[i], field) == 0)
            return composed[i];
    return NULL;
}

static const char *field_of_heading(struct roster *r, struct str heading)
{
    JSON_EACH (m, r->source->mapping)
        if (str_equal(m->key, heading))
            return m->text.size ? field_known(arena_str(r->a, m->text).data) : NULL;
    struct str name = small(r->a, str_trim(heading));
    JSON_EACH (h, json_get(r->content, "headings"))
        JSON_EACH (one, json_get(h, "names"))
            if (str_equal(one->text, name))
                return field_known(arena_str(r->a, json_text(h, "field")).data);
    return field_known(small_only(r->a, str_trim(heading)).data);
}

static void heading_take(struct roster *r, const struct str *cells, size_t count)
{
    struct roster_plan *p = r->plan;
    p->columns = arena_array(r->a, count + 1, sizeof *p->columns);
    p->column_count = count;
    r->first_name = r->last_name = -1;
    for (size_t i = 0; i < TAKEN; i++)
        r->place[i] = -1;
    for (size_t i = 0; i < count; i++) {
        const char *field = field_of_heading(r, cells[i]);
        int *place = NULL;
        for (size_t k = 0; field && k < TAKEN; k++)
            if (strcmp(taken[k], field) == 0)
                place = &r->place[k];
        if (field && strcmp(field, "first_name") == 0)
            place = &r->first_name;
        if (field && strcmp(field, "last_name") == 0)
            place = &r->last_name;
        bool is_first = place && *place < 0; /* the first column of a field counts; a mapping says otherwise */
        if (is_first)
            *place = (int)i;
        p->columns[i] = (struct roster_column){arena_str(r->a, cells[i]), is_first ? field : NULL};
    }
}

static void heading_check(struct roster *r)
{
    if (r->place[AT_NAME] < 0 && (r->first_name < 0 || r->last_name < 0))
        problem(r, 1, STR(""), "no column is the name, nor first and last name: say which one is");
    if (r->place[AT_EMAIL] < 0 && r->place[AT_NUMBER] < 0)
        problem(r, 1, STR(""), "no column is the e-mail address or employee number, by which people are found again: say which one is");
}

/* ---- who is there ---- */

static int order_number(const void *a, const void *b)
{
    const struct known_person *const *x = a, *const *y = b;
    return str_compare((*x)->number, (*y)->number);
}
static int order_email(const void *a, const void *b)
{
    const struct known_person *const *x = a, *const *y = b;
    return str_compare((*x)->email, (*y)->email);
}
static int order_name(const void *a, const void *b)
{
    const struct known_person *const *x = a, *const *y = b;
    return str_compare((*x)->name, (*y)->name);
}

static struct str text_at(struct roster *r, struct db_row *row, int column)
{
    return db_is_null(row, column) ? STR("") : arena_str(r->a, db_text(row, column));
}

static bool known_read(struct roster *r)
{
    size_t capacity = 0;
    DB_EACH (row, r->db, r->e, "select id, name, email, employee_number, kind, state, left_on from people order by id") {
        if (r->known_count == capacity)
            r->known = arena_grow(r->a, r->known, r->known_count, &capacity, sizeof *r->known);
        r->known[r->known_count++] = (struct known_person){.id = text_at(r, row, 0), .name = small_only(r->a, text_at(r, row, 1)), .email = small_only(r->a, text_at(r, row, 2)),
                                                           .number = small_only(r->a, text_at(r, row, 3)), .kind = text_at(r, row, 4), .state = text_at(r, row, 5),
                                                           .left_on = text_at(r, row, 6)};
    }
    r->by_number = arena_array(r->a, r->known_count + 1, sizeof(struct known_person *));
    r->by_email = arena_array(r->a, r->known_count + 1, sizeof(struct known_person *));
    r->by_name = arena_array(r->a, r->known_count + 1, sizeof(struct known_person *));
    for (size_t i = 0; i < r->known_count; i++)
        r->by_number[i] = r->by_email[i] = r->by_name[i] = &r->known[i];
    qsort(r->by_number, r->known_count, sizeof(struct known_person *), order_number);
    qsort(r->by_email, r->known_count, sizeof(struct known_person *), order_email);
    qsort(r->by_name, r->known_count, sizeof(struct known_person *), order_name);
    return r->e->code == ERR_NONE;
}

static struct known_person *known_find(struct roster *r, struct str number, struct str email, struct str name)
{
    struct known_person wanted = {.number = small_only(r->a, number), .email = small_only(r->a, email), .name = small_only(r->a, name)}, *key = &wanted, **found = NULL;
    if (number.size)
        found = bsearch(&key, r->by_number, r->known_count, sizeof key, order_number);
    if (!found && email.size)
        found = bsearch(&key, r->by_email, r->known_count, sizeof key, order_email);
    if (found || name.size == 0)
        return found ? *found : NULL;
    found = bsearch(&key, r->by_name, r->known_count, sizeof key, order_name);
    bool is_bare = found && (*found)->number.size == 0 && (*found)->email.size == 0;
    bool is_alone = is_bare && (found == r->by_name || !str_equal(found[-1]->name, (*found)->name)) &&
                    (found + 1 == r->by_name + r->known_count || !str_equal(found[1]->name, (*found)->name));
    return is_alone ? *found : NULL;
}

/* ---- cells ---- */

static bool numbers_of(struct str s, char separator, int64_t ret[3])
{
    struct str rest = str_slice(s, 0, 10), one;
    for (int i = 0; i < 3; i++) {
        bool more = str_cut(&rest, separator, &one);
        struct str part = str_trim(one);
        if (more == (i == 2) || part.size == 0 || part.size > 4 || !str_to_int64(part, &ret[i]) || ret[i] < 0)
            return false;
    }
    return true;
}

/* In a whole column some day above 12 says which is the day. */
static void dates_look(struct roster *r, size_t column)
{
    for (size_t i = 0; i < r->row_count; i++) {
        int64_t n[3];
        if (!numbers_of(str_trim(r->lines[i][column]), '/', n) || n[0] > 31)
            continue;
        r->order[column] = n[0] > 12 ? 1 : n[1] > 12 ? -1 : r->order[column];
    }
}

static struct str date_text(struct roster *r, size_t row, size_t column, struct str cell)
{
    int64_t n[3];
    if (cell.size >= 10 && cell.data[4] == '-')
        return str_slice(cell, 0, 10);
    bool is_dotted = numbers_of(cell, '.', n), is_slashed = !is_dotted && numbers_of(cell, '/', n);
    if (is_slashed && n[0] > 31)
        return arena_printf(r->a, "%04lld-%02lld-%02lld", (long long)n[0], (long long)n[1], (long long)n[2]);
    if (is_slashed && r->order[column] == 0) {
        problem(r, row, r->plan->columns[column].heading, "it cannot be told which is the day and which the month: write dates as 2026-11-30");
        return STR("");
    }
    if (!is_dotted && !is_slashed)
        return cell; /* whatever it is, the check of the field says it */
    bool is_day_first = is_dotted || r->order[column] > 0;
    return arena_printf(r->a, "%04lld-%02lld-%02lld", (long long)(n[2] < 100 ? 2000 + n[2] : n[2]), (long long)n[is_day_first], (long long)n[!is_day_first]);
}

static struct str kind_text(struct roster *r, size_t row, size_t column, struct str cell)
{
    struct str name = small_only(r->a, cell);
    JSON_EACH (k, json_get(r->content, "kinds"))
        JSON_EACH (one, json_get(k, "names"))
            if (str_equal(one->text, name) || str_equal(json_text(k, "kind"), name))
                return json_text(k, "kind");
    problem(r, row, r->plan->columns[column].heading, "is no way to work that is known: employee, contractor, consultant, board, or what HR systems call these");
    return STR("");
}

static struct str involuntary_text(struct roster *r, struct str cell)
{
    struct str s = small_only(r->a, cell);
    bool yes = str_is(s, "yes") || str_is(s, "true") || str_is(s, "1") || str_is(s, "involuntary") || str_is(s, "y");
    bool no = str_is(s, "no") || str_is(s, "false") || str_is(s, "0") || str_is(s, "voluntary") || str_is(s, "n");
    return yes ? STR("yes") : no ? STR("no") : STR("");
}

static struct str cell_of(struct roster *r, size_t row, int column)
{
    return column < 0 ? STR("") : str_trim(r->lines[row][column]);
}

static struct str name_of(struct roster *r, size_t row)
{
    struct str name = cell_of(r, row, r->place[AT_NAME]), first = cell_of(r, row, r->first_name), last = cell_of(r, row, r->last_name);
    if (name.size == 0)
        return str_trim(arena_printf(r->a, "%.*s %.*s", STR_ARGS(first), STR_ARGS(last)));
    ptrdiff_t comma = str_find_char(name, ',');
    if (comma <= 0)
        return name;
    return str_trim(arena_printf(r->a, "%.*s %.*s", STR_ARGS(str_trim(str_slice(name, (size_t)comma + 1, name.size))), STR_ARGS(str_trim(str_slice(name, 0, (size_t)comma)))));
}

/* ---- as the import of records takes it ---- */

static bool is_date(size_t field)
{
    return field >= 8 && field <= 10;
}

static void row_write(struct roster *r, struct buf *out, size_t row)
{
    struct str name = name_of(r, row), number = cell_of(r, row, r->place[AT_NUMBER]), email = cell_of(r, row, r->place[AT_EMAIL]);
    struct known_person *p = known_find(r, number, email, name);
    if (number.size == 0 && email.size == 0)
        problem(r, r->numbers[row], STR(""), "has neither an e-mail address nor an employee number");
    if (p)
        p->is_matched = true;
    csv_cell(out, true, p ? p->id : STR(""));
    csv_cell(out, false, name);
    for (size_t i = 1; i < TAKEN; i++) {
        if (r->place[i] < 0)
            continue;
        struct str cell = cell_of(r, row, r->place[i]);
        if (i == AT_KIND && cell.size)
            cell = kind_text(r, r->numbers[row], (size_t)r->place[i], cell);
        else if (i == AT_KIND)
            cell = p ? p->kind : STR("employee");
        else if (is_date(i) && cell.size)
            cell = date_text(r, r->numbers[row], (size_t)r->place[i], cell);
        else if (strcmp(taken[i], "is_involuntary") == 0)
            cell = involuntary_text(r, cell);
        csv_cell(out, false, cell);
        if (i == AT_KIND)
            for (int k = 0; k < 5; k++)
                r->has_kind[k] |= str_is(cell, ((const char *const[]){"employee", "contractor", "consultant", "board", "auditor"})[k]);
    }
    csv_end_line(out);
}

static struct str file_write(struct roster *r)
{
    struct buf b;
    buf_init(&b, FILE_BYTES_MAX);
    csv_cell(&b, true, STR("id"));
    csv_cell(&b, false, STR("name"));
    for (size_t i = 1; i < TAKEN; i++)
        if (r->place[i] >= 0)
            csv_cell(&b, false, str_of(taken[i]));
    csv_end_line(&b);
    r->has_kind[0] = r->place[AT_KIND] < 0; /* a list that does not say is one of employees */
    for (size_t i = 0; i < TAKEN; i++)
        if (is_date(i) && r->place[i] >= 0)
            dates_look(r, (size_t)r->place[i]);
    for (size_t i = 0, written = 1; i < r->row_count; i++, written++) {
        for (; written + 1 < r->numbers[i]; written++)
            csv_end_line(&b); /* a blank line of theirs: what the import says of a row holds for their file */
        row_write(r, &b, i);
    }
    struct str text = b.full ? STR("") : arena_str(r->a, buf_view(&b));
    buf_release(&b);
    return text;
}

static bool rows_read(struct roster *r, struct str text)
{
    struct csv_reader lines;
    struct str *cells = arena_array(r->a, COLUMNS_MAX, sizeof *cells);
    size_t count, columns;
    csv_reader_init(&lines, text);
    if (lines.rest.size == 0)
        return err_set(r->e, ERR_INVALID, "the file is empty: its first line names the columns");
    if (!csv_read_row(&lines, r->a, cells, COLUMNS_MAX, &columns, r->e))
        return false;
    heading_take(r, cells, columns);
    while (lines.rest.size) {
        if (!csv_read_row(&lines, r->a, cells, COLUMNS_MAX, &count, r->e))
            return false;
        if (count == 1 && str_trim(cells[0]).size == 0)
            continue;
        if (count != columns)
            return err_set(r->e, ERR_INVALID, "line %d: has %zu cells, the heading %zu", lines.row_line, count, columns);
        if (r->row_count == RECORD_CHANGES_MAX - 1)
            return err_set(r->e, ERR_LIMIT, "more than %d rows", RECORD_CHANGES_MAX - 1);
        if (r->row_count == r->row_capacity)
            r->lines = arena_grow(r->a, r->lines, r->row_count, &r->row_capacity, sizeof *r->lines);
        if (r->row_count == r->number_capacity)
            r->numbers = arena_grow(r->a, r->numbers, r->row_count, &r->number_capacity, sizeof *r->numbers);
        r->numbers[r->row_count] = lines.rows;
        r->lines[r->row_count] = arena_array(r->a, columns, sizeof *cells);
        memcpy(r->lines[r->row_count++], cells, columns * sizeof *cells);
    }
    return true;
}

/* ---- what it leads to ---- */

static bool is_kind_in(const struct roster *r, struct str kind)
{
    static const char *const kinds[] = {"employee", "contractor", "consultant", "board", "auditor"};
    for (int i = 0; i < 5; i++)
        if (str_is(kind, kinds[i]))
            return r->has_kind[i];
    return false;
}

static void missing_find(struct roster *r)
{
    r->plan->missing = json_array(r->a);
    for (size_t i = 0; r->source->is_full && i < r->known_count && r->plan->missing->count < MISSING_MAX; i++) {
        const struct known_person *p = &r->known[i];
        if (p->is_matched || !str_is(p->state, "active") || p->left_on.size || !is_kind_in(r, p->kind))
            continue;
        struct json *o = json_push_object(r->plan->missing);
        json_put_str(o, "id", p->id);
        json_put_str(o, "name", db_one_text(r->a, r->db, r->e, "select name from people where id = ?1", A(p->id)));
    }
}

/* The same list as the last time, with nothing new in it, leaves no trace. */
static bool is_same_again(struct roster *r)
{
    return r->plan->csv.row_count == 0 && db_one_int(r->db, r->e, 0,
                                                     "select count(*) from rosters where digest = ?1 and source = ?2 and is_full = ?3 and id = (select id from rosters order by taken_at desc, id desc limit 1)",
                                                     A(r->plan->digest), A(r->source->source), A((int64_t)r->source->is_full)) > 0;
}

static void plan_finish(struct roster *r, int64_t now_ms)
{
    struct roster_plan *p = r->plan;
    p->rows = r->row_count;
    for (size_t i = 0; i < p->csv.row_count; i++)
        p->made += p->csv.changes[i].act == RECORD_CREATE;
    p->changed = p->csv.row_count - p->made;
    missing_find(r);
    if (p->csv.problems->count || r->e->code || is_same_again(r))
        return;
    p->changes = arena_array(r->a, p->csv.row_count + 1, sizeof *p->changes);
    for (size_t i = 0; i < p->csv.row_count; i++) {
        p->changes[i] = p->csv.changes[i];
        p->changes[i].why = arena_printf(r->a, "roster: %.*s", STR_ARGS(r->source->source));
    }
    p->count = p->csv.row_count + 1;
    struct record_change *roster = &p->changes[p->csv.row_count];
    *roster = (struct record_change){.type = STR("roster"), .act = RECORD_CREATE, .set = json_object(r->a)};
    json_put_str(roster->set, "source", r->source->source);
    json_put_int(roster->set, "taken_at", now_ms);
    json_put_bool(roster->set, "is_full", r->source->is_full);
    json_put_int(roster->set, "rows", (int64_t)p->rows);
    json_put_int(roster->set, "made", (int64_t)p->made);
    json_put_int(roster->set, "changes", (int64_t)p->changed);
    json_put_cstr(roster->set, "digest", p->digest);
    struct json *list = json_array(r->a);
    JSON_EACH (m, p->missing)
        json_push_str(list, json_text(m, "id"));
    if (list->count)
        json_put(roster->set, "missing", list);
}

/* Problems name the file's own columns. */
static void problems_name(struct roster *r, const struct json *problems)
{
    JSON_EACH (p, problems)
        JSON_EACH (member, p)
            for (size_t i = 0; str_is(member->key, "column") && i < TAKEN; i++)
                if (str_is(member->text, taken[i]) && r->place[i] >= 0)
                    member->text = r->plan->columns[r->place[i]].heading;
}

bool roster_read(struct db *db, struct arena *a, const struct record_type *person, struct str text, const struct roster_source *s, const struct access *x, int64_t now_ms,
                 struct roster_plan *ret, struct err *e)
{
    *ret = (struct roster_plan){.missing = json_array(a), .csv = {.problems = json_array(a)}};
    struct roster r = {.db = db, .a = a, .content = lifecycle_content(a, e), .source = s, .plan = ret, .e = e};
    if (!str_is_utf8(text))
        return err_set(e, ERR_INVALID, "the file is not UTF-8: save it as CSV in UTF-8");
    struct sha256 digest = sha256_of(text);
    hex_encode(digest.bytes, sizeof digest.bytes, ret->digest);
    if (!r.content || !rows_read(&r, text))
        return false;
    heading_check(&r);
    ret->rows = r.row_count;
    if (ret->csv.problems->count || !known_read(&r))
        return e->code == ERR_NONE;
    struct str file = file_write(&r);
    struct json *own = ret->csv.problems;
    if (file.size == 0)
        return err_set(e, ERR_TOO_LARGE, "the list is over %d MiB", FILE_BYTES_MAX >> 20);
    if (!record_csv_read(db, a, person, file, NULL, x, now_ms, &ret->csv, e))
        return false;
    problems_name(&r, ret->csv.problems);
    JSON_EACH (p, ret->csv.problems) {
        struct json *o = json_push_object(own);
        json_put_int(o, "row", json_int(p, "row", 0));
        json_put_str(o, "column", json_text(p, "column"));
        json_put_str(o, "why", json_text(p, "why"));
    }
    ret->csv.problems = own;
    plan_finish(&r, now_ms);
    return e->code == ERR_NONE;
}

struct json *roster_plan_json(struct arena *a, const struct roster_source *s, const struct roster_plan *p)
{
    struct json *o = json_object(a), *columns, *changes;
    json_put_str(o, "source", s->source);
    json_put_bool(o, "is_full", s->is_full);
    json_put_int(o, "rows", (int64_t)p->rows);
    json_put_int(o, "new", (int64_t)p->made);
    json_put_int(o, "changed", (int64_t)p->changed);
    json_put_int(o, "same", (int64_t)(p->rows - p->made - p->changed));
    json_put_cstr(o, "digest", p->digest);
    json_put(o, "missing", p->missing);
    json_put(o, "problems", p->csv.problems);
    columns = json_put_array(o, "columns");
    for (size_t i = 0; i < p->column_count; i++) {
        struct json *c = json_push_object(columns);
        json_put_int(c, "n", (int64_t)i);
        json_put_str(c, "heading", p->columns[i].heading);
        json_put_cstr(c, "field", p->columns[i].field ? p->columns[i].field : "");
    }
    changes = json_put_array(o, "changes");
    for (size_t i = 0; i < p->csv.row_count && i < CHANGES_SHOWN; i++) {
        const struct record_change *change = &p->csv.changes[i];
        struct json *c = json_push_object(changes), *fields;
        json_put_int(c, "row", (int64_t)p->csv.rows[i]);
        json_put_cstr(c, "act", change->act == RECORD_CREATE ? "new" : "change");
        json_put_str(c, "id", change->id.data ? change->id : STR(""));
        json_put_str(c, "name", json_text(change->set, "name"));
        fields = json_put_array(c, "fields");
        JSON_EACH (value, change->set) {
            const struct record_field *f = record_type_field(p->csv.type, value->key);
            if (!f || str_is(value->key, "name"))
                continue;
            struct json *one = json_push_object(fields);
            json_put_cstr(one, "label", f->label);
            json_put_str(one, "text", record_value_text(a, f, value));
        }
    }
    return o;
}

/* ---- from a directory ---- */

struct str roster_of_directory(struct arena *a, const struct json *people)
{
    static const char *const members[][2] = {{"name", "name"}, {"email", "email"}, {"employee_number", "number"}, {"job_title", "title"}, {"department", "department"},
                                             {"team", "team"}, {"location", "location"}};
    enum { MEMBERS = sizeof(members) / sizeof(members[0]) };
    bool has[MEMBERS] = {false}, has_kind = false, has_manager = false;
    struct buf b;
    JSON_EACH (p, people) {
        for (size_t i = 0; i < MEMBERS; i++)
            has[i] |= json_text(p, members[i][1]).size > 0;
        has_kind |= json_text(p, "type").size > 0;
        has_manager |= json_text(p, "manager").size > 0;
    }
    has[0] = true;
    buf_init(&b, FILE_BYTES_MAX);
    for (size_t i = 0; i < MEMBERS; i++)
        if (has[i])
            csv_cell(&b, i == 0, str_of(members[i][0]));
    if (has_kind)
        csv_cell(&b, false, STR("kind"));
    if (has_manager)
        csv_cell(&b, false, STR("manager"));
    csv_end_line(&b);
    JSON_EACH (p, people) {
        if (json_bool(p, "is_off") || (json_text(p, "email").size == 0 && json_text(p, "number").size == 0))
            continue;
        for (size_t i = 0; i < MEMBERS; i++)
            if (has[i])
                csv_cell(&b, i == 0, json_text(p, members[i][1]));
        if (has_kind)
            csv_cell(&b, false, json_text(p, "type"));
        if (has_manager)
            csv_cell(&b, false, json_text(p, "manager"));
        csv_end_line(&b);
    }
    struct str text = b.full ? STR("") : arena_str(a, buf_view(&b));
    buf_release(&b);
    return text;
}
