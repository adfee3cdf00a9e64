/* Evidence that somebody brought: what the machine found, until when it counts, and one of its files to look at. */
#include "report/view_record_internal.h"

#include "assess/evidence.h"
#include "base/csv.h"

enum { TEXT_SHOWN = 256 << 10, ROWS_SHOWN = 200, CELLS_MAX = 100, CELL_SHOWN = 300, JSON_SHOWN = 1 << 20 };

static const struct {
    const char *id, *words;
} check_words[] = {{"content", "Not empty"},          {"readable", "Readable"},      {"type", "Is what its name says"},
                   {"one", "One format only"},        {"active", "Runs nothing"},    {"expansion", "Expands within limits"},
                   {"period", "About its period"},    {"same", "Used once"},         {"unchanged", "Changed since last time"},
                   {"snapshot", "Kept here, not only linked"}};

static enum result_status status_of(struct str status)
{
    return str_is(status, "pass") ? RESULT_PASS : str_is(status, "problem") ? RESULT_FAIL : RESULT_UNKNOWN;
}

static void check_push(struct view *v, struct json *list, struct str check, struct str status, struct str why)
{
    const char *words = arena_str(v->arena, check).data;
    for (size_t i = 0; i < sizeof(check_words) / sizeof(check_words[0]); i++)
        words = str_is(check, check_words[i].id) ? check_words[i].words : words;
    struct json *o = json_push_object(list);
    json_put_str(o, "check", arena_str(v->arena, check));
    json_put_cstr(o, "label", words);
    json_put_str(o, "result", arena_str(v->arena, status));
    put_status_as(o, status_of(status), str_is(status, "pass") ? "In order" : str_is(status, "problem") ? "Problem" : "Could not tell");
    json_put_str(o, "why", arena_str(v->arena, why));
}

/* Problems first, then what could not be told. */
static bool checks_put(struct view *v, struct json *o, int64_t leaf, struct str x, struct err *e)
{
    struct json *list = json_put_array(o, "checks");
    DB_EACH (row, v->db, e,
             "select \"check\", status, why from evidence_check where leaf = ?1 and x = ?2 order by status <> 'problem', status <> 'unknown', place", A(leaf), A(x))
        check_push(v, list, db_text(row, 0), db_text(row, 1), db_text(row, 2));
    return e->code == ERR_NONE;
}

static bool file_facts(struct view *v, struct json *o, struct str x, struct err *e)
{
    struct str media = STR(""), words = STR("");
    DB_EACH (row, v->db, e, "select media, words from evidence_file where x = ?1 and leaf <= ?2 order by leaf desc limit 1", A(x), A(view_record_limit(v))) {
        media = arena_str(v->arena, db_text(row, 0));
        words = arena_str(v->arena, db_text(row, 1));
    }
    json_put_str(o, "media", media);
    json_put_str(o, "words", words);
    return e->code == ERR_NONE;
}

static bool files_put(struct view *v, struct json *o, const struct record *r, int64_t checked, struct err *e)
{
    struct json *list = json_put_array(o, "files");
    JSON_EACH (f, json_get(r->values, "files")) {
        struct json *file = json_push_object(list);
        struct str x = json_text(f, "x");
        json_put_str(file, "name", json_text(f, "name"));
        json_put_str(file, "x", x);
        json_put_int(file, "size", json_int(f, "size", 0));
        json_put_str(file, "digest", json_text(f, "digest"));
        int64_t leaf = db_one_int(v->db, e, -1, "select min(leaf) from record_file where x = ?1", A(x));
        json_put_int(file, "leaf", leaf);
        json_put_str(file, "proof", arena_printf(v->arena, "/ledger/%lld", (long long)leaf));
        json_put_str(file, "url", arena_printf(v->arena, "/evidence/%.*s/files/%.*s", STR_ARGS(r->id), STR_ARGS(x)));
        json_put_str(file, "download", arena_printf(v->arena, "/records/evidence/%.*s/files/%.*s", STR_ARGS(r->id), STR_ARGS(x)));
        if (!file_facts(v, file, x, e) || !checks_put(v, file, checked, x, e))
            return false;
    }
    return e->code == ERR_NONE;
}

/* "expires": {"on","is_claimed","status","status_words"} */
static bool expiry_put(struct view *v, struct json *o, const struct record *r, struct err *e)
{
    int64_t day = evidence_expires(v->db, r, e), today = view_today(v);
    if (e->code)
        return false;
    if (day == INT64_MIN) {
        json_put_null(o, "expires");
        return true;
    }
    struct json *x = json_put_object(o, "expires");
    json_put_str(x, "on", day_text(v->arena, day));
    json_put_bool(x, "is_said", json_text(r->values, "expires_on").size > 0);
    put_status_as(x, day < today ? RESULT_FAIL : day - today <= EVIDENCE_SOON_DAYS ? RESULT_UNKNOWN : RESULT_PASS,
                  day < today ? "Expired" : day - today <= EVIDENCE_SOON_DAYS ? "Expires soon" : "Counts");
    return true;
}

bool view_evidence_put(struct view *v, struct json *page, const struct record *r, struct err *e)
{
    struct json *o = json_put_object(page, "evidence");
    struct err inner = {0};
    int64_t leaf = -1, t = 0, passes = 0, problems = 0, unknowns = 0, version = 0;
    DB_EACH (row, v->db, &inner, "select leaf, t, passes, problems, unknowns, version from evidence_checked where id = ?1 and leaf <= ?2 order by leaf desc limit 1", A(r->id),
             A(view_record_limit(v))) {
        leaf = db_int(row, 0);
        t = db_int(row, 1);
        passes = db_int(row, 2);
        problems = db_int(row, 3);
        unknowns = db_int(row, 4);
        version = db_int(row, 5);
    }
    json_put_bool(o, "is_checked", leaf >= 0);
    json_put_int(o, "checked_version", version);
    json_put_int(o, "checked_leaf", leaf);
    put_time(v, o, "checked", t);
    json_put_int(o, "passes", passes);
    json_put_int(o, "problems", problems);
    json_put_int(o, "unknowns", unknowns);
    put_time(v, o, "received", r->created_t);
    json_put_bool(o, "is_accepted", str_is(r->state, "accepted"));
    if (inner.code || !expiry_put(v, o, r, &inner) || !files_put(v, o, r, leaf, &inner) || !checks_put(v, o, leaf, STR(""), &inner)) {
        *e = inner;
        return false;
    }
    return true;
}

/* ---- one file to look at ---- */

static struct str cut_text(struct view *v, struct str text, size_t max, bool *ret_is_cut)
{
    *ret_is_cut = text.size > max;
    text = str_slice(text, 0, max);
    while (*ret_is_cut && text.size && !str_is_utf8(text))
        text.size--;
    /* What no page can hold is shown as what it is: nothing that could be read. */
    char *out = arena_strndup(v->arena, text.data, text.size);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)out[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            out[i] = c == '\r' ? ' ' : '?';
    }
    return str_make(out, text.size);
}

static bool table_put(struct view *v, struct json *page, struct str text)
{
    struct csv_reader r;
    struct err e = {0};
    struct str cells[CELLS_MAX];
    size_t count, row = 0;
    bool is_cut = false, ignored;
    struct json *columns = json_put_array(page, "columns"), *rows = json_put_array(page, "rows");
    csv_reader_init(&r, text);
    while (r.rest.size > 0 && !is_cut && csv_read_row(&r, v->arena, cells, CELLS_MAX, &count, &e)) {
        struct json *list = row == 0 ? columns : json_push(rows, json_array(v->arena));
        for (size_t i = 0; i < count; i++)
            json_push_str(list, cut_text(v, cells[i], CELL_SHOWN, &ignored));
        is_cut = ++row > ROWS_SHOWN;
    }
    json_put_bool(page, "is_cut", is_cut);
    return e.code == ERR_NONE && row > 0;
}

static struct str pretty(struct view *v, struct str text)
{
    struct err e = {0};
    struct buf BUF_AUTO b;
    const struct json *o = text.size <= JSON_SHOWN ? json_parse(v->arena, text, (struct json_limits){.depth_max = 64, .nodes_max = 200000}, &e) : NULL;
    buf_init(&b, 4 * JSON_SHOWN);
    if (o)
        json_write_pretty(&b, o);
    return o && !b.full ? arena_str(v->arena, buf_view(&b)) : text;
}

static void content_put(struct view *v, struct json *page, struct str media, struct str bytes)
{
    bool is_text = str_starts(media, "text/") || str_is(media, "application/json") || str_is(media, "application/xml") || str_is(media, "image/svg+xml"), is_cut = false;
    if (is_text && str_starts(bytes, "\xef\xbb\xbf"))
        bytes = str_slice(bytes, 3, bytes.size);
    if (!is_text || !str_is_utf8(bytes)) {
        json_put_cstr(page, "kind", str_starts(media, "image/") && !is_text ? "image" : str_is(media, "application/pdf") ? "pdf" : "none");
        return;
    }
    if (str_is(media, "text/csv") && table_put(v, page, bytes)) {
        json_put_cstr(page, "kind", "table");
        return;
    }
    json_put_cstr(page, "kind", "text");
    json_put_str(page, "text", cut_text(v, str_is(media, "application/json") ? pretty(v, bytes) : bytes, TEXT_SHOWN, &is_cut));
    if (!json_get(page, "is_cut"))
        json_put_bool(page, "is_cut", is_cut);
}

struct json *view_evidence_file(struct view *v, const struct view_records *r, const struct record_type *t, struct str id, struct str x, struct err *e)
{
    struct record *record = record_get(v->db, v->arena, t, id, view_record_limit(v), e);
    if (!record)
        return NULL;
    const struct json *file = NULL;
    JSON_EACH (f, json_get(record->values, "files"))
        file = str_equal(json_text(f, "x"), x) ? f : file;
    if ((r->access && !access_matches(r->access, &t->may_read, record)) || !file) {
        err_set(e, ERR_NOT_FOUND, "evidence %.*s: there is no such file", STR_ARGS(str_slice(id, 0, RECORD_ID_MAX)));
        return NULL;
    }
    struct json *page = record_page_new(v, json_text(file, "name"), true, e);
    if (!page || !view_evidence_put(v, page, record, e))
        return NULL;
    const struct json *shown = NULL;
    JSON_EACH (f, json_get(json_get(page, "evidence"), "files"))
        shown = str_equal(json_text(f, "x"), x) ? f : shown;
    json_put_str(page, "id", record->id);
    json_put_str(page, "record_title", record_title(record));
    json_put_str(page, "record_url", record_url(v, "evidence", record->id));
    json_put_str(page, "name", json_text(file, "name"));
    json_put_str(page, "x", x);
    json_put_int(page, "size", json_int(file, "size", 0));
    json_put_str(page, "digest", json_text(file, "digest"));
    json_put_str(page, "commitment", json_text(file, "c"));
    json_put_int(page, "leaf", json_int(shown, "leaf", -1));
    json_put_str(page, "proof", json_text(shown, "proof"));
    json_put_str(page, "download", json_text(shown, "download"));
    json_put_str(page, "media", json_text(shown, "media"));
    json_put_str(page, "words", json_text(shown, "words"));
    json_put_str(page, "raw", arena_printf(v->arena, "/evidence/%.*s/files/%.*s/raw", STR_ARGS(record->id), STR_ARGS(x)));
    struct str bytes;
    struct err sealed = {0};
    bool is_open = v->blobs.read && v->blobs.read(v->blobs.context, v->arena, (uint64_t)json_int(shown, "leaf", 0), arena_str(v->arena, json_text(file, "c")).data,
                                                  arena_str(v->arena, x).data, &bytes, &sealed);
    json_put_str(page, "unreadable", is_open ? STR("") : arena_str(v->arena, str_of(sealed.code ? sealed.text : "its bytes are sealed here")));
    json_put(page, "file_checks", json_array(v->arena));
    struct json *checks = (struct json *)(uintptr_t)json_get(page, "file_checks");
    bool is_inert = true;
    JSON_EACH (c, json_get(shown, "checks")) {
        check_push(v, checks, json_text(c, "check"), json_text(c, "result"), json_text(c, "why"));
        bool matters = str_is(json_text(c, "check"), "active") || str_is(json_text(c, "check"), "readable");
        is_inert = is_inert && (!matters || str_is(json_text(c, "result"), "pass"));
    }
    json_put_bool(page, "is_inert", is_inert && checks->count > 0);
    if (is_open)
        content_put(v, page, json_text(page, "media"), bytes);
    else
        json_put_cstr(page, "kind", "none");
    return page;
}
