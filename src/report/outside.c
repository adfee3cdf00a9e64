#include "report/outside.h"

#include "assess/assessment.h"
#include "base/csv.h"
#include "base/times.h"

#include <strings.h>

enum { COLUMNS_MAX = 64, TITLE_MAX = 500 };

struct reading {
    struct view *v;
    struct outside *out;
    struct str assessor;
    size_t row;
};

/* What a column may be called, and the member that it is. */
static const char *const names[][2] = {{"question", "question"}, {"question_id", "question"}, {"question id", "question"}, {"answer", "answer"},     {"note", "note"},
                                       {"notes", "note"},        {"comment", "note"},         {"description", "note"},     {"title", "title"},       {"finding", "title"},
                                       {"gap", "title"},         {"control", "control"},      {"controls", "control"},     {"criterion", "criterion"}, {"criteria", "criterion"},
                                       {"severity", "severity"}, {"risk", "severity"},        {"kind", "kind"},            {"type", "kind"},         {"effort", "effort"},
                                       {"owner", "owner"},       {"due", "due"},              {"due_on", "due"},           {"due date", "due"},      {"recommendation", "plan"},
                                       {"plan", "plan"}};

static const char *member_of(struct str heading)
{
    heading = str_trim(heading);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (heading.size == strlen(names[i][0]) && strncasecmp(heading.data, names[i][0], heading.size) == 0)
            return names[i][1];
    return NULL;
}

static void problem(struct reading *r, const char *column, struct str why)
{
    struct json *o = json_push_object(r->out->problems);
    json_put_int(o, "row", (int64_t)r->row);
    json_put_cstr(o, "column", column);
    json_put_str(o, "why", why);
}

static struct str lower(struct arena *a, struct str text)
{
    text = str_trim(text);
    char *copy = arena_strndup(a, text.data ? text.data : "", text.size);
    for (size_t i = 0; i < text.size; i++)
        copy[i] = copy[i] >= 'A' && copy[i] <= 'Z' ? (char)(copy[i] + 32) : copy[i] == ' ' ? '_' : copy[i];
    return str_make(copy, text.size);
}

/* The id of a word's meaning; NULL: it is none of them. */
static const char *meaning(struct str word, const char *const table[][2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(word, table[i][0]))
            return table[i][1];
    return NULL;
}
#define MEANING(word, table) meaning(word, table, sizeof table / sizeof table[0])

static struct record_change *change_add(struct reading *r, const char *type, enum record_act act)
{
    struct record_change *c = &r->out->changes[r->out->count++];
    *c = (struct record_change){.type = str_of(type), .act = act, .set = json_object(r->v->arena)};
    if (r->assessor.size)
        c->why = arena_printf(r->v->arena, "from the assessment of %.*s", STR_ARGS(r->assessor));
    return c;
}

static void row_put(struct reading *r, const char *kind, const char *act, struct str id, struct str title, struct str words)
{
    struct json *o = json_push_object(r->out->rows);
    json_put_int(o, "row", (int64_t)r->row);
    json_put_cstr(o, "kind", kind);
    json_put_cstr(o, "act", act);
    json_put_str(o, "id", id);
    json_put_str(o, "title", title);
    json_put_str(o, "words", words);
}

/* ---- answers ---- */

static const struct control *question_find(struct reading *r, struct str id, struct str *ret_text)
{
    struct err ignored = {0};
    for (size_t i = 0; i < content_control_count; i++) {
        if (!str_starts(id, content_controls[i].id))
            continue;
        JSON_EACH (q, json_parse(r->v->arena, str_of(content_controls[i].gap_questions_json), JSON_LIMITS_DEFAULT, &ignored))
            if (str_equal(json_text(q, "id"), id)) {
                *ret_text = json_text(q, "question");
                return &content_controls[i];
            }
    }
    return NULL;
}

static bool answer_read(struct reading *r, const struct json *row, struct err *e)
{
    static const char *const answers[][2] = {{"yes", "yes"}, {"y", "yes"}, {"full", "yes"}, {"partial", "partial"}, {"partly", "partial"}, {"partially", "partial"}, {"no", "no"}, {"n", "no"},
                                             {"none", "no"}, {"not_applicable", "not_applicable"}, {"n/a", "not_applicable"}, {"na", "not_applicable"}};
    struct arena *a = r->v->arena;
    struct str id = str_trim(json_text(row, "question")), text = STR(""), note = str_trim(json_text(row, "note")), was = STR(""), was_note = STR("");
    const char *answer = MEANING(lower(a, json_text(row, "answer")), answers);
    const struct control *control = question_find(r, id, &text);
    int64_t version = 0;
    if (!control)
        problem(r, "question", arena_printf(a, "there is no question '%.*s'; as GOV-01-Q1", STR_ARGS(str_slice(id, 0, 60))));
    if (!answer)
        problem(r, "answer", STR("is one of yes, partial, no, not_applicable"));
    if (!control || !answer)
        return true;
    DB_EACH (q, r->v->db, e, "select version, answer, coalesce(note, '') from answers where id = ?1", A(id)) {
        version = db_int(q, 0);
        was = arena_str(a, db_text(q, 1));
        was_note = arena_str(a, db_text(q, 2));
    }
    if (e->code)
        return false;
    if (version && str_is(was, answer) && (note.size == 0 || str_equal(note, was_note))) {
        r->out->same++;
        row_put(r, "answer", "same", id, text, str_of(answer));
        return true;
    }
    struct record_change *c = change_add(r, "answer", version ? RECORD_CHANGE : RECORD_CREATE);
    c->id = id;
    c->version = version;
    json_put_cstr(c->set, "answer", answer);
    if (note.size)
        json_put_str(c->set, "note", note);
    if (!version) {
        json_put_str(c->set, "question", text);
        json_put_cstr(c->set, "control", control->id);
    }
    r->out->answers++;
    row_put(r, "answer", version ? "change" : "new", id, text, str_of(answer));
    return true;
}

/* ---- findings ---- */

/* Ids with ; , or spaces between them, or a JSON array. */
static struct json *ids_read(struct reading *r, const struct json *row, const char *member)
{
    struct json *list = json_array(r->v->arena);
    const struct json *given = json_get(row, member);
    if (given && given->type == JSON_ARRAY) {
        JSON_EACH (id, given)
            json_push_str(list, str_trim(id->text));
        return list;
    }
    struct str text = json_text(row, member);
    size_t from = 0;
    for (size_t i = 0; i <= text.size; i++)
        if (i == text.size || text.data[i] == ';' || text.data[i] == ',' || text.data[i] == ' ') {
            if (i > from)
                json_push_str(list, str_slice(text, from, i));
            from = i + 1;
        }
    return list;
}

static bool control_exists(struct reading *r, struct str id)
{
    struct err ignored = {0};
    return content_control(id) || db_one_int(r->v->db, &ignored, 0, "select count(*) from control_records where id = ?1", A(id)) > 0;
}

static void concern_read(struct reading *r, const struct json *row, struct json *set)
{
    struct arena *a = r->v->arena;
    struct json *controls = ids_read(r, row, "control"), *criteria = ids_read(r, row, "criterion");
    JSON_EACH (id, controls)
        if (!control_exists(r, id->text))
            problem(r, "control", arena_printf(a, "there is no control '%.*s'", STR_ARGS(str_slice(id->text, 0, 60))));
    JSON_EACH (id, criteria)
        if (!content_criterion(id->text))
            problem(r, "criterion", arena_printf(a, "there is no criterion '%.*s'", STR_ARGS(str_slice(id->text, 0, 60))));
    if (controls->count)
        json_put(set, "controls", controls);
    if (criteria->count)
        json_put(set, "criteria", criteria);
}

static bool person_read(struct reading *r, const struct json *row, struct json *set, struct err *e)
{
    struct str given = str_trim(json_text(row, "owner"));
    if (given.size == 0)
        return true;
    struct str id = db_one_text(r->v->arena, r->v->db, e, "select id from people where id = ?1 or lower(email) = lower(?1) order by id limit 1", A(given));
    if (e->code)
        return false;
    if (id.size)
        json_put_str(set, "owner", id);
    else
        problem(r, "owner", arena_printf(r->v->arena, "nobody here is called '%.*s': give the e-mail or the id of a person", STR_ARGS(str_slice(given, 0, 60))));
    return true;
}

static void words_read(struct reading *r, const struct json *row, struct json *set)
{
    static const char *const severities[][2] = {{"critical", "33"}, {"high", "32"}, {"medium", "22"}, {"moderate", "22"}, {"low", "12"}, {"", "22"}};
    static const char *const kinds[][2] = {{"missing", "missing"}, {"design", "design"}, {"operation", "operation"}, {"operating", "operation"}, {"evidence", "evidence"}, {"document", "document"}, {"", "operation"}};
    static const char *const efforts[][2] = {{"s", "s"}, {"small", "s"}, {"m", "m"}, {"medium", "m"}, {"l", "l"}, {"large", "l"}, {"", "m"}};
    struct arena *a = r->v->arena;
    const char *severity = MEANING(lower(a, json_text(row, "severity")), severities), *kind = MEANING(lower(a, json_text(row, "kind")), kinds),
               *effort = MEANING(lower(a, json_text(row, "effort")), efforts);
    struct str due = str_trim(json_text(row, "due")), plan = str_trim(json_text(row, "plan")), note = str_trim(json_text(row, "note"));
    int64_t at_ms;
    if (!severity)
        problem(r, "severity", STR("is one of low, medium, high, critical"));
    if (!kind)
        problem(r, "kind", STR("is one of missing, design, operation, evidence, document"));
    if (!effort)
        problem(r, "effort", STR("is one of s, m, l"));
    if (due.size && (due.size != 10 || !time_parse(due, 0, &at_ms)))
        problem(r, "due", STR("is a date, as 2026-12-31"));
    json_put_int(set, "impact", severity ? severity[0] - '0' : 2);
    json_put_int(set, "likelihood", severity ? severity[1] - '0' : 2);
    json_put_cstr(set, "kind", kind ? kind : "operation");
    json_put_cstr(set, "effort", effort ? effort : "m");
    if (due.size)
        json_put_str(set, "due_on", due);
    struct str both = plan.size && note.size ? arena_printf(a, "%.*s\n\n%.*s", STR_ARGS(note), STR_ARGS(plan)) : plan.size ? plan : note;
    if (both.size)
        json_put_str(set, "plan", both);
}

static bool finding_read(struct reading *r, const struct json *row, struct err *e)
{
    struct str title = str_trim(json_text(row, "title"));
    size_t before = r->out->problems->count;
    if (title.size == 0 || title.size > TITLE_MAX) {
        problem(r, "title", title.size ? STR("is over 500 bytes") : STR("a finding needs a title, an answer a question"));
        return true;
    }
    struct str there = db_one_text(r->v->arena, r->v->db, e, "select id from gap_records where title = ?1 order by id limit 1", A(title));
    if (e->code)
        return false;
    if (there.size) {
        r->out->same++;
        row_put(r, "gap", "same", there, title, STR("is a gap already"));
        return true;
    }
    struct record_change *c = change_add(r, "gap", RECORD_CREATE);
    json_put_str(c->set, "title", title);
    json_put_cstr(c->set, "source", "import");
    words_read(r, row, c->set);
    concern_read(r, row, c->set);
    if (!person_read(r, row, c->set, e))
        return false;
    if (r->out->problems->count > before) {
        r->out->count--;
        return true;
    }
    r->out->findings++;
    row_put(r, "gap", "new", STR(""), title, json_text(row, "severity"));
    return true;
}

static bool row_read(struct reading *r, const struct json *row, struct err *e)
{
    r->row++;
    if (r->row > OUTSIDE_ROWS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d rows: cut the file in pieces", OUTSIDE_ROWS_MAX);
    if (!row || row->type != JSON_OBJECT) {
        problem(r, "", STR("is no object"));
        return true;
    }
    return json_text(row, "question").size ? answer_read(r, row, e) : finding_read(r, row, e);
}

/* ---- files ---- */

static bool csv_read(struct reading *r, struct str text, struct err *e)
{
    struct csv_reader csv;
    struct str cells[COLUMNS_MAX];
    const char *members[COLUMNS_MAX];
    size_t count, known = 0;
    csv_reader_init(&csv, text);
    if (!csv_read_row(&csv, r->v->arena, cells, COLUMNS_MAX, &count, e))
        return false;
    size_t columns = count;
    for (size_t i = 0; i < columns; i++) {
        members[i] = member_of(cells[i]);
        for (size_t k = 0; k < i && members[i]; k++)
            members[i] = members[k] && strcmp(members[k], members[i]) == 0 ? NULL : members[i]; /* the first of two counts */
        known += members[i] && (strcmp(members[i], "title") == 0 || strcmp(members[i], "question") == 0);
    }
    if (known == 0)
        return err_set(e, ERR_INVALID, "file: the heading has neither a column \"question\" nor one called \"title\" or \"finding\"");
    while (csv.rest.size) {
        if (!csv_read_row(&csv, r->v->arena, cells, COLUMNS_MAX, &count, e))
            return false;
        struct json *row = json_object(r->v->arena);
        r->row = csv.rows - 1; /* the heading is row 1 */
        for (size_t i = 0; i < count && i < columns; i++)
            if (members[i])
                json_put_str(row, members[i], cells[i]);
        if (count > 1 || cells[0].size)
            if (!row_read(r, row, e))
                return false;
    }
    return true;
}

static bool json_rows_read(struct reading *r, struct str text, struct err *e)
{
    const struct json *root = json_parse(r->v->arena, text, (struct json_limits){.depth_max = 8, .nodes_max = 1 << 19}, e);
    static const char *const lists[] = {"answers", "findings", "gaps"};
    if (!root)
        return err_wrap(e, "file");
    if (root->type == JSON_ARRAY) {
        JSON_EACH (row, root)
            if (!row_read(r, row, e))
                return false;
        return true;
    }
    if (json_get(root, "assessment-results"))
        return err_set(e, ERR_UNSUPPORTED, "file: it is OSCAL, which is read by: assay import oscal FILE; here it is CSV, or JSON with answers and findings");
    if (json_text(root, "assessor").size)
        r->assessor = json_text(root, "assessor");
    bool is_known = false;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const struct json *list = json_get(root, lists[i]);
        is_known |= list && list->type == JSON_ARRAY;
        JSON_EACH (row, list && list->type == JSON_ARRAY ? list : NULL)
            if (!row_read(r, row, e))
                return false;
    }
    return is_known || err_set(e, ERR_INVALID, "file: the JSON has neither \"answers\" nor \"findings\"");
}

bool outside_read(struct view *v, struct str text, struct str assessor, struct outside *ret, struct err *e)
{
    struct err inner = {0};
    *ret = (struct outside){.changes = arena_array(v->arena, OUTSIDE_ROWS_MAX + 1, sizeof *ret->changes), .rows = json_array(v->arena), .problems = json_array(v->arena)};
    struct reading r = {.v = v, .out = ret, .assessor = assessor};
    struct str trimmed = str_trim(text);
    bool is_json = trimmed.size && (trimmed.data[0] == '{' || trimmed.data[0] == '[');
    if (!str_is_utf8(text))
        err_set(&inner, ERR_INVALID, "file: it is not UTF-8");
    else if (trimmed.size == 0)
        err_set(&inner, ERR_INVALID, "file: it is empty");
    if (inner.code || !(is_json ? json_rows_read(&r, trimmed, &inner) : csv_read(&r, text, &inner))) {
        *e = inner;
        return false;
    }
    return true;
}
