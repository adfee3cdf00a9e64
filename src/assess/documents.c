/* documents.c - until when documents are kept, and what keeps them longer. */
#include "assess/documents.h"

#include "base/times.h"
#include "crypto/crypto.h"
#include "keeper/kinds.h"

enum { FOLDERS_DEEP = 32, WHY_BYTES = 300 };

/* ---- periods ---- */

int64_t retention_end(int64_t day, int64_t period, struct str unit)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (str_is(unit, "days"))
        return day + period;
    struct date d = date_of_day(day);
    int64_t months = (int64_t)d.year * 12 + d.month - 1 + period * (str_is(unit, "years") ? 12 : 1);
    int year = (int)(months / 12), month = (int)(months % 12) + 1;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int last = lengths[month - 1] + (month == 2 && is_leap);
    return day_of_date((struct date){year, month, d.day < last ? d.day : last});
}

/* ---- holds ---- */

struct hold {
    struct arena *a;
    struct str id, words;
    bool is_all;
    struct str *documents, *folders, *found; /* found: by the words; sorted */
    size_t document_count, folder_count, found_count, found_capacity, document_capacity, folder_capacity;
};
struct place {
    struct str id, parent, label;
};
struct holds {
    struct arena *a;
    struct hold *items;
    size_t count, capacity;
    struct place *places; /* folders, by id */
    size_t place_count, place_capacity;
};

static const struct place *place_of(const struct holds *h, struct str id)
{
    size_t low = 0, high = h->place_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(h->places[middle].id, id);
        if (order == 0)
            return &h->places[middle];
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

static bool each_found(void *context, const struct record *r, struct err *e)
{
    struct hold *h = context;
    (void)e;
    if (h->found_count == h->found_capacity)
        h->found = arena_grow(h->a, h->found, h->found_count, &h->found_capacity, sizeof(*h->found));
    h->found[h->found_count++] = r->id;
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static bool words_find(struct db *db, struct holds *all, struct hold *h, struct err *e)
{
    struct record_types *types = record_types_open(db, e);
    const struct record_type *t = types ? record_types_find(types, STR("document")) : NULL;
    struct record_query q = {.q = h->words, .sort = STR("id"), .page = 1, .per_page = INT64_MAX, .leaf_limit = INT64_MAX, .is_brief = true};
    bool ok = t && record_list(db, all->a, t, &q, each_found, h, NULL, e);
    record_types_close(types);
    if (ok && h->found_count)
        qsort(h->found, h->found_count, sizeof(*h->found), compare_ids);
    return ok;
}

static bool has_id(const struct str *list, size_t count, struct str id)
{
    return count && bsearch(&id, list, count, sizeof(*list), compare_ids) != NULL;
}

static void id_add(struct arena *a, struct str **list, size_t *count, size_t *capacity, struct str id)
{
    if (*count == *capacity)
        *list = arena_grow(a, *list, *count, capacity, sizeof(**list));
    (*list)[(*count)++] = arena_str(a, id);
}

static bool places_read(struct db *db, struct holds *h, struct err *e)
{
    DB_EACH (row, db, e, "select id, parent, label from folders order by id") {
        if (h->place_count == h->place_capacity)
            h->places = arena_grow(h->a, h->places, h->place_count, &h->place_capacity, sizeof(*h->places));
        h->places[h->place_count++] = (struct place){arena_str(h->a, db_text(row, 0)), arena_str(h->a, db_text(row, 1)), arena_str(h->a, db_text(row, 2))};
    }
    return !e->code;
}

static bool all_read(struct db *db, struct holds *h, struct err *e)
{
    if (!places_read(db, h, e))
        return false;
    DB_EACH (row, db, e, "select id, words, everything from legal_holds where state = 'in_force' order by id") {
        if (h->count == h->capacity)
            h->items = arena_grow(h->a, h->items, h->count, &h->capacity, sizeof(*h->items));
        h->items[h->count++] = (struct hold){.a = h->a, .id = arena_str(h->a, db_text(row, 0)), .words = str_trim(arena_str(h->a, db_text(row, 1))), .is_all = db_int(row, 2) == 1};
    }
    for (size_t i = 0; i < h->count && !e->code; i++) {
        struct hold *one = &h->items[i];
        DB_EACH (row, db, e, "select field, target from record_link where type = 'legal_hold' and id = ?1 and to_leaf is null order by target", A(one->id))
            if (str_is(db_text(row, 0), "documents"))
                id_add(h->a, &one->documents, &one->document_count, &one->document_capacity, db_text(row, 1));
            else if (str_is(db_text(row, 0), "folders"))
                id_add(h->a, &one->folders, &one->folder_count, &one->folder_capacity, db_text(row, 1));
        if (!e->code && one->words.size && !words_find(db, h, one, e))
            return false;
    }
    return !e->code;
}

bool holds_read(struct db *db, struct arena *a, struct holds **ret, struct err *e)
{
    struct err failed = {0};
    struct holds *h = ARENA_NEW(a, struct holds);
    *h = (struct holds){.a = a};
    *ret = h;
    return all_read(db, h, &failed) || (*e = failed, false);
}

size_t holds_count(const struct holds *h)
{
    return h->count;
}

static bool lies_below(const struct holds *h, struct str folder, const struct hold *one)
{
    for (int depth = 0; folder.size && depth < FOLDERS_DEEP; depth++) {
        if (has_id(one->folders, one->folder_count, folder))
            return true;
        const struct place *p = place_of(h, folder);
        folder = p ? p->parent : STR("");
    }
    return false;
}

struct str holds_over(const struct holds *h, struct str document, struct str folder)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct hold *one = &h->items[i];
        if (one->is_all || has_id(one->documents, one->document_count, document) || has_id(one->found, one->found_count, document) || lies_below(h, folder, one))
            return one->id;
    }
    return STR("");
}

/* ---- what is due ---- */

const char *document_fate_name(enum document_fate fate)
{
    static const char *const names[] = {"kept", "later", "held", "evidence", "review", "due"};
    return names[fate];
}

struct label {
    struct str id, name, trigger, event, unit, action;
    int64_t period;
    bool is_in_force;
};
struct reckoning {
    struct arena *a;
    struct holds *holds;
    struct label *labels;
    size_t label_count, label_capacity;
    int64_t today;
};

static bool labels_read(struct db *db, struct reckoning *r, struct err *e)
{
    DB_EACH (row, db, e, "select id, name, \"trigger\", event, unit, action, period, state from retention_labels order by id") {
        if (r->label_count == r->label_capacity)
            r->labels = arena_grow(r->a, r->labels, r->label_count, &r->label_capacity, sizeof(*r->labels));
        r->labels[r->label_count++] =
            (struct label){arena_str(r->a, db_text(row, 0)), arena_str(r->a, db_text(row, 1)), arena_str(r->a, db_text(row, 2)), arena_str(r->a, db_text(row, 3)),
                           arena_str(r->a, db_text(row, 4)), arena_str(r->a, db_text(row, 5)), db_int(row, 6), str_is(db_text(row, 7), "in_force")};
    }
    return !e->code;
}

static const struct label *label_of(const struct reckoning *r, struct str id)
{
    for (size_t i = 0; i < r->label_count; i++)
        if (str_equal(r->labels[i].id, id))
            return &r->labels[i];
    return NULL;
}

/* Its own, else that of the nearest folder that has one. */
static struct str label_in_effect(const struct reckoning *r, struct str own, struct str folder)
{
    for (int depth = 0; own.size == 0 && folder.size && depth < FOLDERS_DEEP; depth++) {
        const struct place *p = place_of(r->holds, folder);
        own = p ? p->label : STR("");
        folder = p ? p->parent : STR("");
    }
    return own;
}

static int64_t day_read(struct str text)
{
    int64_t at_ms;
    return text.size == 10 && time_parse(text, 0, &at_ms) ? day_of(at_ms) : INT64_MIN;
}

static void why_set(struct reckoning *r, struct due_document *d, const struct label *l)
{
    const char *begin = !l ? "" : str_is(l->trigger, "event") ? "its event" : str_is(l->trigger, "approved") ? "its approval" : "it was made";
    struct str from = d->begin_day == INT64_MIN ? STR("") : day_text(r->a, d->begin_day), to = d->end_day == INT64_MIN ? STR("") : day_text(r->a, d->end_day);
    struct str period = !l ? STR("") : arena_printf(r->a, "%lld %.*s from %s on %.*s: until %.*s", (long long)l->period, STR_ARGS(l->unit), begin, STR_ARGS(from), STR_ARGS(to));
    if (!l)
        d->why = STR("it has no retention label");
    else if (!l->is_in_force)
        d->why = arena_printf(r->a, "its label %.*s is not in force", STR_ARGS(l->id));
    else if (d->begin_day == INT64_MIN)
        d->why = arena_printf(r->a, "%s has not happened yet%s%.*s", begin, l->event.size ? ": " : "", STR_ARGS(l->event));
    else if (d->fate == FATE_HELD)
        d->why = arena_printf(r->a, "%.*s; held by %.*s", STR_ARGS(period), STR_ARGS(d->held_by));
    else if (d->fate == FATE_EVIDENCE)
        d->why = arena_printf(r->a, "%.*s; it is evidence in %.*s", STR_ARGS(period), STR_ARGS(d->evidence));
    else
        d->why = period;
}

static void fate_set(struct reckoning *r, struct due_document *d, struct str made, struct str approved, struct str event)
{
    const struct label *l = label_of(r, d->label);
    d->begin_day = d->end_day = INT64_MIN;
    d->held_by = holds_over(r->holds, d->id, d->folder);
    d->fate = FATE_KEPT;
    if (l) {
        d->label_name = l->name;
        d->begin_day = day_read(str_is(l->trigger, "event") ? event : str_is(l->trigger, "approved") ? approved : made);
        if (d->begin_day != INT64_MIN)
            d->end_day = retention_end(d->begin_day, l->period, l->unit);
    }
    if (l && l->is_in_force && d->end_day != INT64_MIN)
        d->fate = r->today <= d->end_day               ? FATE_LATER
                  : d->held_by.size                    ? FATE_HELD
                  : d->evidence.size                   ? FATE_EVIDENCE
                  : str_is(l->action, "review") ? FATE_REVIEW
                                                       : FATE_DUE;
    why_set(r, d, l);
}

static int compare_due(const void *a, const void *b)
{
    const struct due_document *x = a, *y = b;
    int order = (x->end_day > y->end_day) - (x->end_day < y->end_day);
    return order ? order : str_compare(x->id, y->id);
}

/* What only matters where its day has come, or for one document: its digest, how many files, what names it as evidence. */
static bool details_read(struct db *db, struct reckoning *r, struct due_document *d, struct err *e)
{
    DB_EACH (row, db, e,
             "select (select f.digest from record_file f where f.type = 'document' and f.id = ?1 and f.field = 'file' and f.to_leaf is null), "
             "(select count(distinct f.x) from record_file f where f.type = 'document' and f.id = ?1), "
             "(select min(v.id) from evidence_items_versions v where v.document = ?1 and v.to_leaf is null and v.is_deleted = 0 and v.state <> 'withdrawn')",
             A(d->id)) {
        d->digest = arena_str(r->a, db_text(row, 0));
        d->files = db_int(row, 1);
        d->evidence = arena_str(r->a, db_text(row, 2));
    }
    return !e->code;
}

/* On which day it was approved last, as text; "" never. */
static struct str approved_on(struct db *db, struct reckoning *r, struct str id, struct err *e)
{
    struct str day = db_one_text(r->a, db, e, "select date(max(t) / 1000, 'unixepoch') from record_change where type = 'document' and id = ?1 and transition = 'approve' and act = 'move'", A(id));
    return day.data ? day : STR("");
}

struct row {
    struct due_document d;
    struct str made, event;
};

/* What a label in force is in effect for, by its own label or by its folder: nothing else can be due. As JSON: ids of labels, ids of folders. */
static bool candidates(const struct reckoning *r, struct str *ret_labels, struct str *ret_folders)
{
    struct json *labels = json_array(r->a), *folders = json_array(r->a);
    struct buf BUF_AUTO b;
    buf_init(&b, 16 << 20);
    for (size_t i = 0; i < r->label_count; i++)
        if (r->labels[i].is_in_force)
            json_push_str(labels, r->labels[i].id);
    for (size_t i = 0; i < r->holds->place_count; i++) {
        const struct label *l = label_of(r, label_in_effect(r, STR(""), r->holds->places[i].id));
        if (l && l->is_in_force)
            json_push_str(folders, r->holds->places[i].id);
    }
    json_write(&b, labels);
    *ret_labels = arena_str(r->a, buf_view(&b));
    buf_clear(&b);
    json_write(&b, folders);
    *ret_folders = arena_str(r->a, buf_view(&b));
    return labels->count > 0;
}

/* Three questions: a list of ids leads where there is one; where only what is due is asked for, labels and folders do. Days are those of UTC, as in the ledger. */
#define ROW_SQL "select d.id, d.title, d.folder, d.owner, d.state, d.version, d.label, date(d.created_t / 1000, 'unixepoch'), d.event_on from "
#define ROW_WHERE "d.to_leaf is null and d.is_deleted = 0 and d.state <> 'disposed' limit ?2"
static bool all_rows(struct db *db, struct reckoning *r, struct str ids, bool with_all, struct row **ret, size_t *ret_count, struct err *e)
{
    size_t capacity = 0;
    struct arena *a = r->a;
    const char *sql = ids.size ? ROW_SQL "json_each(?1) j cross join documents_versions d on d.id = j.value where ?3 = ?4 and " ROW_WHERE
                      : with_all ? ROW_SQL "documents_versions d where ?1 = '' and ?3 = ?4 and " ROW_WHERE
                                 : ROW_SQL "documents_versions d where ?1 = '' and ((d.label in (select value from json_each(?3)) and d.to_leaf is null) or "
                                           "(d.label is null and d.folder in (select value from json_each(?4)) and d.to_leaf is null)) and " ROW_WHERE;
    struct str labels = STR(""), folders = STR("");
    *ret = NULL;
    *ret_count = 0;
    if (ids.size == 0 && !with_all && !candidates(r, &labels, &folders))
        return true;
    DB_EACH (row, db, e, sql, A(ids), A((int64_t)DOCUMENTS_DUE_MAX), A(labels), A(folders)) {
        if (*ret_count == capacity)
            *ret = arena_grow(a, *ret, *ret_count, &capacity, sizeof(**ret));
        struct row *one = &(*ret)[(*ret_count)++];
        *one = (struct row){.d = {.id = arena_str(a, db_text(row, 0)), .title = arena_str(a, db_text(row, 1)), .folder = arena_str(a, db_text(row, 2)), .owner = arena_str(a, db_text(row, 3)),
                                  .state = arena_str(a, db_text(row, 4)), .version = db_int(row, 5), .digest = STR(""), .evidence = STR("")},
                            .made = arena_str(a, db_text(row, 7)), .event = arena_str(a, db_text(row, 8))};
        one->d.label = label_in_effect(r, arena_str(a, db_text(row, 6)), one->d.folder);
    }
    return !e->code;
}

static bool rows_read(struct db *db, struct reckoning *r, struct str ids, bool with_all, struct due_document **ret, size_t *ret_count, struct err *e)
{
    struct row *rows;
    size_t count, capacity = 0;
    if (!all_rows(db, r, ids, with_all, &rows, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct due_document *d = &rows[i].d;
        const struct label *l = label_of(r, d->label);
        struct str approved = l && str_is(l->trigger, "approved") ? approved_on(db, r, d->id, e) : STR("");
        fate_set(r, d, rows[i].made, approved, rows[i].event);
        if (ids.size || d->fate > FATE_HELD) {
            if (!details_read(db, r, d, e))
                return false;
            fate_set(r, d, rows[i].made, approved, rows[i].event);
        }
        if (e->code)
            return false;
        if (!with_all && d->fate <= FATE_LATER)
            continue;
        if (*ret_count == capacity)
            *ret = arena_grow(r->a, *ret, *ret_count, &capacity, sizeof(**ret));
        (*ret)[(*ret_count)++] = *d;
    }
    if (*ret_count)
        qsort(*ret, *ret_count, sizeof(**ret), compare_due);
    return !e->code;
}

bool documents_due(struct db *db, struct arena *a, int64_t today, struct str ids, bool with_all, struct due_document **ret, size_t *ret_count, struct err *e)
{
    struct reckoning r = {.a = a, .today = today};
    struct err failed = {0};
    *ret = NULL;
    *ret_count = 0;
    return (holds_read(db, a, &r.holds, &failed) && labels_read(db, &r, &failed) && rows_read(db, &r, ids.data ? ids : STR(""), with_all, ret, ret_count, &failed)) ||
           (*e = failed, false);
}

struct str disposal_digest(struct arena *a, const struct due_document *d, size_t count)
{
    struct sha256_stream *s = sha256_stream_new();
    char hex[65];
    for (size_t i = 0; i < count; i++) {
        struct str line = arena_printf(a, "%.*s %lld %.*s %.*s %.*s\n", STR_ARGS(d[i].id), (long long)d[i].version, STR_ARGS(d[i].digest), STR_ARGS(day_text(a, d[i].end_day)), STR_ARGS(d[i].label));
        sha256_stream_add(s, line.data, line.size);
    }
    struct sha256 digest = sha256_stream_end(s);
    hex_encode(digest.bytes, sizeof(digest.bytes), hex);
    return arena_str(a, str_of(hex));
}

/* ---- before the keeper destroys ---- */

/* The document that a leaf or a blob belongs to; "" none. */
static struct str document_of(struct db *db, struct arena *a, int64_t leaf, struct str x, struct err *e)
{
    struct str id = db_one_text(a, db, e, "select id from record_file where x = ?1 and type = 'document'", A(x));
    if (!id.data && !e->code)
        id = db_one_text(a, db, e, "select id from document_text where leaf = ?1", A(leaf));
    if (!id.data && !e->code)
        id = db_one_text(a, db, e, "select id from record_change where leaf = ?1 and type = 'document'", A(leaf));
    return id.data ? id : STR("");
}

static bool text_goes_along(struct db *db, struct arena *a, const struct op *op, struct str x, struct err *e)
{
    struct str text = STR("");
    int64_t leaf = -1;
    DB_EACH (row, db, e, "select leaf, text_x from document_text where x = ?1 and text_x is not null and text_x not in (select x from erasure)", A(x)) {
        leaf = db_int(row, 0);
        text = arena_str(a, db_text(row, 1));
    }
    bool is_there = text.size == 0;
    JSON_EACH (entry, json_get(op->body, "list"))
        is_there = is_there || str_equal(json_text(json_get(entry, "erase"), "x"), text);
    return !e->code && (is_there || err_set(e, ERR_CONFLICT, "erase: the text of this file stands in leaf %lld; name that leaf as well", (long long)leaf));
}

/* What the schedule destroys, two people have approved: the document is in a disposition that stands approved. The officer's key, which the schedule's
 * process can read, is not enough. */
static bool is_approved(struct db *db, struct str document, struct err *e)
{
    struct err failed = {0};
    int64_t n = db_one_int(db, &failed, 0,
                           "select count(*) from record_link k join dispositions d on d.id = k.id and d.state = 'approved' where k.type = 'disposition' and k.field = 'documents' and "
                           "k.target = ?1 and k.to_leaf is null",
                           A(document));
    if (failed.code)
        return (*e = failed, false);
    return n > 0 || err_set(e, ERR_DENIED, "document %.*s: nobody has approved that it is destroyed", STR_ARGS(document));
}

bool document_erase_make(struct db *projection, const struct leaf_source *leaves, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct holds *holds = NULL;
    struct err failed = {0};
    JSON_EACH (entry, json_get(op->body, "list")) {
        const struct json *s = json_get(entry, "erase");
        struct str id = s ? document_of(projection, a, json_int(s, "tgt", -1), json_text(s, "x"), &failed) : STR("");
        bool is_schedule = str_starts(op->actor, "system:");
        if (is_schedule && id.size == 0 && !failed.code)
            return err_set(e, ERR_DENIED, "erase: by itself the program destroys documents of an approved disposition, and nothing else");
        if (failed.code || (is_schedule && !is_approved(projection, id, e)))
            return failed.code ? (*e = failed, false) : false;
        if (failed.code || (id.size && !holds && !holds_read(projection, a, &holds, &failed)))
            return (*e = failed, false);
        if (id.size == 0)
            continue;
        struct str folder = db_one_text(a, projection, &failed, "select folder from documents where id = ?1", A(id));
        struct str hold = holds_over(holds, id, folder.data ? folder : STR(""));
        if (hold.size)
            return err_set(e, ERR_DENIED, "document %.*s is under legal hold %.*s: it has to be released before anything of it is destroyed", STR_ARGS(id), STR_ARGS(hold));
        if (!text_goes_along(projection, a, op, json_text(s, "x"), &failed))
            return (*e = failed, false);
    }
    return kind_erase.make_over(projection, leaves, a, op, ret, e);
}
