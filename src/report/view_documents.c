/* The room Documents: what surrounds the list, holds, retention, and what is due for destruction. */
#include "report/view_documents.h"

#include "assess/documents.h"
#include "report/kept_tree.h"
#include "report/view_record_internal.h"

enum { FOLDERS_SHOWN = 400, FOLDERS_DEEP = 12, ROWS_SHOWN = 500 };

static const struct record_type *type_named(const struct view_records *r, const char *id)
{
    return r->types ? record_types_find(r->types, str_of(id)) : NULL;
}

static bool may_create(const struct view *v, const struct view_records *r, const char *type)
{
    struct err no = {0};
    const struct record_type *t = type_named(r, type);
    return t && !v->is_past && (!r->access || record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &no));
}

/* ---- folders ---- */

struct folder_row {
    struct str id, name, parent;
    bool is_readable, is_shown;
};

static void folders_push(struct view *v, struct json *list, struct folder_row *rows, size_t count, struct str parent, int depth, struct str current)
{
    for (size_t i = 0; i < count && depth < FOLDERS_DEEP && list->count < FOLDERS_SHOWN; i++) {
        if (!str_equal(rows[i].parent, parent) || rows[i].is_shown)
            continue;
        rows[i].is_shown = true;
        int below = depth;
        if (rows[i].is_readable) {
            struct json *o = json_push_object(list);
            json_put_str(o, "id", rows[i].id);
            json_put_str(o, "name", rows[i].name);
            json_put_int(o, "depth", depth);
            json_put_str(o, "url", arena_printf(v->arena, "/documents?f.folder=%.*s", STR_ARGS(rows[i].id)));
            json_put_bool(o, "is_current", str_equal(rows[i].id, current));
            below++;
        }
        folders_push(v, list, rows, count, rows[i].id, below, current);
    }
}

static bool folders_put(struct view *v, const struct view_records *r, struct json *o, struct str current, struct err *e)
{
    struct folder_row *rows = NULL;
    size_t count = 0, capacity = 0;
    struct err failed = {0};
    DB_EACH (row, v->db, &failed, "select id, name, ifnull(parent, '') from folders where state = 'open' order by lower(name), id limit 5000") {
        if (count == capacity)
            rows = arena_grow(v->arena, rows, count, &capacity, sizeof(*rows));
        rows[count] = (struct folder_row){.id = arena_str(v->arena, db_text(row, 0)), .name = arena_str(v->arena, db_text(row, 1)), .parent = arena_str(v->arena, db_text(row, 2))};
        rows[count].is_readable = !r->access || folder_may_read(r->access, rows[count].id);
        count++;
    }
    struct json *list = json_put_array(o, "folders");
    folders_push(v, list, rows, count, STR(""), 0, current);
    struct json *writable = json_put_array(o, "writable");
    for (size_t i = 0; i < count; i++)
        if (!r->access || folder_may_change(r->access, rows[i].id)) {
            struct json *one = json_push_object(writable);
            json_put_str(one, "id", rows[i].id);
            json_put_str(one, "name", rows[i].name);
            json_put_bool(one, "is_current", str_equal(rows[i].id, current));
        }
    return failed.code ? (*e = failed, false) : true;
}

bool view_documents_put(struct view *v, const struct view_records *r, struct json *page, struct str folder, struct err *e)
{
    struct json *o = json_put_object(page, "documents");
    struct err failed = {0};
    json_put_str(o, "folder_id", folder);
    json_put_bool(o, "may_upload", may_create(v, r, "document"));
    json_put_bool(o, "may_folder", may_create(v, r, "folder"));
    json_put_bool(o, "may_dispose", type_named(r, "disposition") && record_may_read_type(r, type_named(r, "disposition")) && (!r->access || !r->access->is_own_only));
    json_put_int(o, "waiting", db_one_int(v->db, &failed, 0, "select n from record_count where type = 'document' and state = 'in_review'"));
    json_put_int(o, "held", db_one_int(v->db, &failed, 0, "select n from record_count where type = 'legal_hold' and state = 'in_force'"));
    json_put_int(o, "proposed", db_one_int(v->db, &failed, 0, "select n from record_count where type = 'disposition' and state = 'proposed'"));
    if (failed.code)
        return (*e = failed, false);
    /* Whoever is nobody's person says whose documents they are: of very many people by the id, as in other forms. */
    bool is_asked = r->access && r->access->person.size == 0 && json_bool(o, "may_upload");
    struct json *owners = is_asked ? record_targets(v, r, "person") : json_array(v->arena);
    bool is_typed = owners->count > VIEW_CHOICES_MAX;
    json_put(o, "owners", is_typed ? json_array(v->arena) : owners);
    json_put_bool(o, "types_owner", is_typed);
    return folders_put(v, r, o, folder, e);
}

/* ---- pages of the room ---- */

static struct json *room_page(struct view *v, const struct view_records *r, const char *type, const char *title, struct err *e)
{
    const struct record_type *t = type_named(r, type);
    if (!t || !record_may_read_type(r, t) || (r->access && r->access->is_own_only)) {
        err_set(e, ERR_DENIED, "%s: may not be read by you", title);
        return NULL;
    }
    struct json *page = record_page_new(v, str_of(title), true, e);
    if (page) {
        json_put_bool(page, "may_create", may_create(v, r, type));
        json_put_str(page, "words", str_of(t->words));
    }
    return page;
}

static void state_put(struct json *o, const struct record_type *t, struct str state)
{
    const struct record_state *s = record_type_state(t, state);
    enum result_status status;
    if (!s || !result_status_parse(str_of(s->status ? s->status : ""), &status))
        status = RESULT_SKIP;
    put_status_as(o, status, s ? s->label : "");
}

static struct str text_at(struct view *v, struct db_row *row, int column)
{
    return arena_str(v->arena, db_text(row, column));
}

/* ---- what every document comes to ---- */

static bool items_read(struct view *v, bool with_all, struct due_document **ret, size_t *ret_count, struct err *e)
{
    return documents_due(v->db, v->arena, view_today(v), STR(""), with_all, ret, ret_count, e);
}

struct sum {
    struct str id;
    int64_t documents, due, next; /* next: INT64_MAX none */
};

static struct sum *sum_of(struct arena *a, struct sum **sums, size_t *count, size_t *capacity, struct str id)
{
    for (size_t i = 0; i < *count; i++)
        if (str_equal((*sums)[i].id, id))
            return &(*sums)[i];
    if (*count == *capacity)
        *sums = arena_grow(a, *sums, *count, capacity, sizeof(**sums));
    (*sums)[*count] = (struct sum){.id = id, .next = INT64_MAX};
    return &(*sums)[(*count)++];
}

static void sums_put(struct json *list, const struct sum *sums, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct json *o = json_push_object(list);
        json_put_str(o, "id", sums[i].id);
        json_put_int(o, "documents", sums[i].documents);
        json_put_int(o, "due", sums[i].due);
        json_put_int(o, "next", sums[i].next);
    }
}

/* {"total","unlabelled","labels":[{"id","documents","due","next"}],"holds":[{"id","documents"…}]} of all documents. */
static struct json *sums_make(struct view *v, void *context, struct err *e)
{
    struct due_document *d;
    struct sum *labels = NULL, *holds = NULL;
    size_t count, label_count = 0, hold_count = 0, label_capacity = 0, hold_capacity = 0;
    int64_t unlabelled = 0;
    (void)context;
    if (!items_read(v, true, &d, &count, e))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (d[i].held_by.size)
            sum_of(v->arena, &holds, &hold_count, &hold_capacity, d[i].held_by)->documents++;
        unlabelled += d[i].label.size == 0;
        if (d[i].label.size == 0)
            continue;
        struct sum *l = sum_of(v->arena, &labels, &label_count, &label_capacity, d[i].label);
        l->documents++;
        l->due += d[i].fate > FATE_LATER;
        l->next = d[i].fate == FATE_LATER && d[i].end_day < l->next ? d[i].end_day : l->next;
    }
    struct json *o = json_object(v->arena);
    json_put_int(o, "total", (int64_t)count);
    json_put_int(o, "unlabelled", unlabelled);
    sums_put(json_put_array(o, "labels"), labels, label_count);
    sums_put(json_put_array(o, "holds"), holds, hold_count);
    return o;
}

static const struct json *sums_get(struct view *v, struct err *e)
{
    return kept_tree_get(v, STR("documents"), "[\"record/document\",\"record/folder\",\"record/retention_label\",\"record/legal_hold\",\"record/evidence\"]", sums_make, NULL, e);
}

static const struct json *sum_find(const struct json *list, struct str id)
{
    JSON_EACH (o, list)
        if (str_equal(json_text(o, "id"), id))
            return o;
    return NULL;
}

/* ---- pages about all of them ---- */

struct json *view_holds(struct view *v, const struct view_records *r, struct err *e)
{
    struct json *page = room_page(v, r, "legal_hold", "Legal holds", e);
    const struct json *sums = NULL;
    struct err failed = {0};
    bool has_any = db_one_int(v->db, &failed, 0, "select n from record_count where type = 'legal_hold' and state = 'in_force'") > 0;
    if (!page || (has_any && !(sums = sums_get(v, e))))
        return NULL;
    struct json *rows = json_put_array(page, "rows");
    DB_EACH (row, v->db, &failed,
             "select h.id, h.name, h.state, h.placed_on, p.name, h.words, h.everything, (select count(*) from record_link l where l.type = 'legal_hold' and l.id = h.id and l.field = 'documents' and "
             "l.to_leaf is null), (select count(*) from record_link l where l.type = 'legal_hold' and l.id = h.id and l.field = 'folders' and l.to_leaf is null) "
             "from legal_holds h left join people p on p.id = h.custodian order by h.state, h.id desc limit 500") {
        struct json *o = json_push_object(rows);
        struct str id = text_at(v, row, 0), words = text_at(v, row, 5);
        int64_t documents = db_int(row, 7), folders = db_int(row, 8);
        json_put_str(o, "id", id);
        json_put_str(o, "name", text_at(v, row, 1));
        json_put_str(o, "url", record_url(v, "legal_hold", id));
        state_put(o, type_named(r, "legal_hold"), db_text(row, 2));
        json_put_str(o, "since", text_at(v, row, 3));
        json_put_str(o, "custodian", text_at(v, row, 4));
        struct str covers = db_int(row, 6) ? STR("all documents") : arena_printf(v->arena, "%s%s%s%s%.*s%s", documents ? "named documents" : "", documents && (folders || words.size) ? ", " : "",
                                                                                 folders ? "folders" : "", folders && words.size ? ", " : "", STR_ARGS(words.size ? arena_printf(v->arena, "“%.*s”", STR_ARGS(words)) : STR("")), "");
        json_put_str(o, "covers", covers.size ? covers : STR("nothing"));
        json_put_int(o, "documents", json_int(sum_find(json_get(sums, "holds"), id), "documents", 0));
    }
    return failed.code ? (*e = failed, NULL) : page;
}

struct json *view_retention(struct view *v, const struct view_records *r, struct err *e)
{
    struct json *page = room_page(v, r, "retention_label", "Retention", e);
    struct err failed = {0};
    const struct json *sums = page ? sums_get(v, e) : NULL;
    if (!sums)
        return NULL;
    struct json *rows = json_put_array(page, "rows");
    json_put_int(page, "unlabelled", json_int(sums, "unlabelled", 0));
    json_put_int(page, "total", json_int(sums, "total", 0));
    DB_EACH (row, v->db, &failed, "select id, name, state, \"trigger\", event, period, unit, action from retention_labels order by state, lower(name) limit 500") {
        struct json *o = json_push_object(rows);
        struct str id = text_at(v, row, 0), event = text_at(v, row, 4);
        const struct json *sum = sum_find(json_get(sums, "labels"), id);
        int64_t next = json_int(sum, "next", INT64_MAX);
        json_put_str(o, "id", id);
        json_put_str(o, "name", text_at(v, row, 1));
        json_put_str(o, "url", record_url(v, "retention_label", id));
        state_put(o, type_named(r, "retention_label"), db_text(row, 2));
        struct str unit = text_at(v, row, 6);
        json_put_str(o, "words", arena_printf(v->arena, "%lld %.*s", (long long)db_int(row, 5), STR_ARGS(db_int(row, 5) == 1 && unit.size ? str_slice(unit, 0, unit.size - 1) : unit)));
        json_put_str(o, "begins", str_is(db_text(row, 3), "created") ? STR("when it was made") : str_is(db_text(row, 3), "approved") ? STR("when it was approved last") : event.size ? event : STR("when its event happens"));
        json_put_cstr(o, "action", str_is(db_text(row, 7), "review") ? "somebody decides" : "it is destroyed");
        json_put_int(o, "documents", json_int(sum, "documents", 0));
        json_put_int(o, "due", json_int(sum, "due", 0));
        json_put_str(o, "next", next == INT64_MAX ? STR("") : day_text(v->arena, next));
    }
    return failed.code ? (*e = failed, NULL) : page;
}

/* Only documents that the reader may read are named; the others are counted. */
static bool due_put(struct view *v, const struct view_records *r, struct json *list, const struct due_document *d, int64_t *ret_hidden)
{
    const struct record_type *t = type_named(r, "document");
    bool is_shown = !r->access || access_reads_all(r->access, t) || folder_may_read(r->access, d->folder) || (r->access->person.size && str_equal(r->access->person, d->owner));
    if (!is_shown || list->count >= ROWS_SHOWN) {
        (*ret_hidden)++;
        return false;
    }
    struct json *o = json_push_object(list);
    json_put_str(o, "id", d->id);
    json_put_str(o, "title", d->title);
    json_put_str(o, "url", arena_printf(v->arena, "/documents/%.*s", STR_ARGS(d->id)));
    json_put_cstr(o, "fate", document_fate_name(d->fate));
    json_put_str(o, "why", d->why);
    json_put_str(o, "label", d->label_name);
    json_put_int(o, "files", d->files);
    json_put_bool(o, "is_review", d->fate == FATE_REVIEW);
    return true;
}

struct json *view_disposition(struct view *v, const struct view_records *r, struct err *e)
{
    struct json *page = room_page(v, r, "disposition", "Disposition", e);
    struct due_document *d;
    size_t count;
    int64_t hidden = 0, total = 0;
    struct err failed = {0};
    if (!page || !items_read(v, false, &d, &count, e))
        return NULL;
    struct json *due = json_put_array(page, "due"), *stays = json_put_array(page, "stays"), *rows = json_put_array(page, "rows");
    for (size_t i = 0; i < count; i++) {
        bool goes = d[i].fate == FATE_DUE || d[i].fate == FATE_REVIEW;
        bool is_listed = db_one_int(v->db, &failed, 0,
                                    "select count(*) from record_link l join dispositions p on p.id = l.id and p.state in ('proposed', 'approved') where l.type = 'disposition' and l.field = 'documents' and "
                                    "l.target = ?1 and l.to_leaf is null",
                                    A(d[i].id)) > 0;
        if (is_listed)
            continue;
        total += goes;
        due_put(v, r, goes ? due : stays, &d[i], &hidden);
    }
    json_put_int(page, "total", total);
    json_put_int(page, "hidden", hidden);
    json_put_int(page, "max", DISPOSAL_MAX);
    json_put_str(page, "today", day_text(v->arena, view_today(v)));
    DB_EACH (row, v->db, &failed,
             "select d.id, d.name, d.state, d.carried_out_on, (select count(*) from record_link l where l.type = 'disposition' and l.id = d.id and l.field = 'documents' and l.to_leaf is null) "
             "from dispositions d order by d.created_leaf desc limit 100") {
        struct json *o = json_push_object(rows);
        struct str id = text_at(v, row, 0);
        json_put_str(o, "id", id);
        json_put_str(o, "name", text_at(v, row, 1));
        json_put_str(o, "url", record_url(v, "disposition", id));
        json_put_str(o, "certificate", str_is(db_text(row, 2), "carried_out") ? arena_printf(v->arena, "/dispositions/%.*s", STR_ARGS(id)) : STR(""));
        state_put(o, type_named(r, "disposition"), db_text(row, 2));
        json_put_str(o, "on", text_at(v, row, 3));
        json_put_int(o, "documents", db_int(row, 4));
    }
    return failed.code ? (*e = failed, NULL) : page;
}

struct json *view_certificate(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    const struct record_type *t = type_named(r, "disposition");
    struct record *record = t ? record_get(v->db, v->arena, t, id, view_record_limit(v), e) : NULL;
    if (!record || (r->access && !access_matches(r->access, &t->may_read, record))) {
        if (!e->code)
            err_set(e, ERR_NOT_FOUND, "disposition %.*s: there is none", STR_ARGS(str_slice(id, 0, RECORD_ID_MAX)));
        return NULL;
    }
    struct json *page = record_page_new(v, arena_printf(v->arena, "Certificate of destruction %.*s", STR_ARGS(record->id)), true, e);
    const struct json *file = json_at(json_get(record->values, "certificate"), 0);
    struct str bytes = STR("");
    struct err failed = {0};
    if (!page)
        return NULL;
    json_put_str(page, "id", record->id);
    json_put_str(page, "record_url", record_url(v, "disposition", record->id));
    json_put_str(page, "download", file ? arena_printf(v->arena, "/records/disposition/%.*s/files/%.*s", STR_ARGS(record->id), STR_ARGS(json_text(file, "x"))) : STR(""));
    json_put_str(page, "digest", json_text(file, "digest"));
    json_put_str(page, "proof", arena_printf(v->arena, "/ledger/%lld", (long long)record->leaf));
    bool is_open = file && v->blobs.read &&
                   v->blobs.read(v->blobs.context, v->arena, (uint64_t)db_one_int(v->db, &failed, 0, "select min(leaf) from record_file where x = ?1", A(json_text(file, "x"))),
                                 arena_str(v->arena, json_text(file, "c")).data, arena_str(v->arena, json_text(file, "x")).data, &bytes, &failed);
    struct json *c = is_open ? json_parse(v->arena, bytes, JSON_LIMITS_DEFAULT, &failed) : NULL;
    json_put_str(page, "unreadable", c ? STR("") : !file ? STR("it was not carried out") : arena_str(v->arena, str_of(failed.code ? failed.text : "it is sealed here")));
    if (c)
        json_put(page, "certificate", c);
    else
        json_put_null(page, "certificate");
    return page;
}
