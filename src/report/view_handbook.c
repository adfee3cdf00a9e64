/* The handbook: what is in force, for everybody to read, find in, and sign. */
#include "assess/calendar.h"
#include "assess/duties.h"
#include "base/times.h"
#include "report/gap_book.h"
#include "report/text_diff.h"
#include "report/view_documents.h"
#include "report/view_internal.h"
#include "report/view_parameters.h"
#include "report/view_policies.h"
#include "report/view_record_internal.h"

enum { DIFF_AROUND = 1 };

/* What one person signed: the newest signature under each policy. */
struct own_signature {
    struct str policy;
    int64_t number, t, leaf;
    bool counts;
};

struct own {
    struct str person, kind, department, started_on;
    bool is_active;
    struct own_signature *items;
    size_t count;
};

#define OWN_SIGNATURES(OF) \
    "select w.policy, w.number, a.created_t, a.created_leaf, a.digest = w.digest from acknowledgements_versions a cross join policy_versions_versions w on w.id = a.policy_version and " \
    "w.to_leaf is null where a.person = ?2 and " OF("a") " order by w.policy, w.number desc, a.created_leaf desc"
static bool own_read(struct view *v, const struct view_records *r, const struct policy_book *b, struct own *ret, struct err *e)
{
    size_t capacity = 0;
    *ret = (struct own){.person = r->access ? r->access->person : STR("")};
    if (ret->person.size == 0)
        return true;
    DB_EACH (row, v->db, e, "select kind, department, state, started_on from people_versions where id = ?1 and from_leaf <= ?2 and (to_leaf is null or to_leaf > ?2) and is_deleted = 0", A(ret->person), A(v->leaf_limit)) {
        ret->kind = arena_str(v->arena, db_text(row, 0));
        ret->department = arena_str(v->arena, db_text(row, 1));
        ret->is_active = str_is(db_text(row, 2), "active");
        ret->started_on = arena_str(v->arena, db_text(row, 3));
    }
    DB_EACH (row, v->db, e,
             VIEW_SQL(v, OWN_SIGNATURES),
             A(v->leaf_limit), A(ret->person)) {
        if (!db_int(row, 4) || (ret->count && str_equal(ret->items[ret->count - 1].policy, db_text(row, 0))))
            continue;
        if (ret->count == capacity)
            ret->items = arena_grow(v->arena, ret->items, ret->count, &capacity, sizeof *ret->items);
        const struct policy_entry *p = policy_book_find(b, db_text(row, 0));
        ret->items[ret->count++] = (struct own_signature){arena_str(v->arena, db_text(row, 0)), db_int(row, 1), db_int(row, 2), db_int(row, 3), p && p->live && db_int(row, 1) >= p->signs_from};
    }
    return e->code == ERR_NONE;
}

static const struct own_signature *own_find(const struct own *o, struct str policy)
{
    for (size_t i = 0; i < o->count; i++)
        if (str_equal(o->items[i].policy, policy))
            return &o->items[i];
    return NULL;
}

static bool is_needed(const struct own *o, const struct policy_entry *p)
{
    return o->is_active && p->live && policy_means(p, o->kind, o->department);
}

static int64_t parameter_days(struct view *v, const char *name, int64_t otherwise)
{
    const struct parameter *p = content_parameter(str_of(name));
    int64_t days = otherwise;
    return p && str_to_int64(view_parameter_value(v, p), &days) ? days : otherwise;
}

/* So many days after it came into force; whoever joined since then, so many business days after the first day, if that is later. */
static int64_t due_ms(struct view *v, const struct own *o, const struct policy_entry *p, struct err *e)
{
    int64_t due = day_of(p->live->published_t) + parameter_days(v, "acknowledgement_version_days", 30), start_ms;
    struct calendar calendar;
    if (o->started_on.size && time_parse(o->started_on, 0, &start_ms) && day_of(start_ms) > day_of(p->live->published_t) && calendar_load(v->db, v->arena, &calendar, e)) {
        int64_t joined = calendar_add_business_days(&calendar, day_of(start_ms), (int)parameter_days(v, "acknowledgement_start_business_days", 5));
        due = joined > due ? joined : due;
    }
    return due * MS_DAY;
}

static void own_put(struct view *v, struct json *o, const struct own *own, const struct policy_entry *p, struct err *e)
{
    const struct own_signature *s = own_find(own, p->id);
    bool is_signed = s && s->counts, needed = is_needed(own, p);
    json_put_bool(o, "is_needed", needed);
    json_put_bool(o, "is_signed", is_signed);
    put_time(v, o, "signed", s && s->counts ? s->t : 0);
    json_put_str(o, "receipt", s && s->counts ? arena_printf(v->arena, "/receipts/%lld", (long long)s->leaf) : STR(""));
    put_time(v, o, "due", needed && !is_signed ? due_ms(v, own, p, e) : 0);
    bool is_late = needed && !is_signed && due_ms(v, own, p, e) < v->at_ms;
    put_status_as(o, is_signed ? RESULT_PASS : is_late ? RESULT_FAIL : needed ? RESULT_UNKNOWN : RESULT_SKIP, is_signed ? "Signed" : is_late ? "Overdue" : needed ? "To be signed" : "To be read");
}

static bool texts_read(struct view *v, struct json *texts, struct err *e)
{
    DB_EACH (row, v->db, e, "select id, rendered from policy_versions_versions where from_leaf <= ?1 and (to_leaf is null or to_leaf > ?1) and is_deleted = 0 and state = 'in_force' and rendered is not null",
             A(v->leaf_limit))
        json_put_str(texts, arena_str(v->arena, db_text(row, 0)).data, arena_str(v->arena, db_text(row, 1)));
    DB_EACH (row, v->db, e,
             "select p.id, f.x from policy_versions_versions p join record_file f on f.type = 'policy_version' and f.id = p.id and f.to_leaf is null where p.from_leaf <= ?1 and "
             "(p.to_leaf is null or p.to_leaf > ?1) and p.is_deleted = 0 and p.state = 'in_force'",
             A(v->leaf_limit)) {
        struct str words, id = arena_str(v->arena, db_text(row, 0));
        if (document_text_open(v, arena_str(v->arena, db_text(row, 1)), &words) && !json_get(texts, id.data))
            json_put_str(texts, id.data, words);
    }
    return e->code == ERR_NONE;
}

struct json *view_handbook(struct view *v, const struct view_records *r, const struct view_filter *f, struct err *e)
{
    struct json *page = page_new(v, STR("Handbook"), e), *texts = json_object(v->arena);
    struct policy_book b;
    struct own own;
    struct list l;
    struct err inner = {0};
    if (!page || !policy_book_read(v, false, &b, e) || !own_read(v, r, &b, &own, e) || (f->q.size && !texts_read(v, texts, e)))
        return NULL;
    list_init(&l, v, f);
    for (size_t i = 0; i < b.count; i++) {
        const struct policy_entry *p = &b.entries[i];
        if (!p->live)
            continue;
        struct json *o = json_object(v->arena);
        json_put_str(o, "id", p->id);
        json_put_str(o, "title", p->live->title);
        json_put_str(o, "purpose", p->purpose);
        json_put_int(o, "number", p->live->number);
        put_time(v, o, "published", p->live->published_t);
        own_put(v, o, &own, p, &inner);
        json_put_str(o, "url", arena_printf(v->arena, "/handbook/%.*s", STR_ARGS(p->id)));
        bool is_open = json_bool(o, "is_needed") && !json_bool(o, "is_signed");
        list_add(&l, (struct list_row){.row = o, .text = arena_printf(v->arena, "%.*s %.*s %.*s %.*s", STR_ARGS(p->id), STR_ARGS(p->title), STR_ARGS(p->purpose), STR_ARGS(json_text(texts, p->live->id.data))),
                                       .group = p->category, .status = str_is(json_text(o, "status"), "pass") ? RESULT_PASS : str_is(json_text(o, "status"), "fail") ? RESULT_FAIL : is_open ? RESULT_UNKNOWN : RESULT_SKIP,
                                       .sort_number = is_open ? 0 : 1, .sort_text = p->id});
    }
    list_finish(&l, page, NULL);
    list_name_statuses(page, "Overdue", "To be signed", "Signed", "To be read");
    if (own.person.size)
        put_person(v, page, "person", own.person);
    else
        json_put_null(page, "person");
    return inner.code ? (*e = inner, NULL) : page;
}

/* What the versions since the one that was signed say of themselves. */
static bool changes_put(struct view *v, const struct view_records *r, const struct policy_book *b, const struct policy_entry *p, int64_t since, struct json *page, struct err *e)
{
    struct json *list = json_put_array(page, "changes");
    for (size_t i = p->first; i < p->first + p->version_count; i++) {
        const struct policy_version *x = &b->versions[i];
        if (x->number <= since || x->number > p->live->number || x->published_t == 0)
            continue;
        struct record *version = policy_version_read(v, r, x->id, e);
        if (!version)
            return false;
        struct json *o = json_push_object(list);
        json_put_int(o, "number", x->number);
        json_put_str(o, "what_changed", json_text(version->values, "what_changed"));
        put_time(v, o, "published", x->published_t);
    }
    return true;
}

static bool since_put(struct view *v, const struct view_records *r, const struct policy_book *b, const struct policy_entry *p, const struct own_signature *s, struct json *page, struct err *e)
{
    const struct policy_version *x = s && s->number < p->live->number ? policy_book_version(b, p, s->number) : NULL;
    json_put_int(page, "signed_number", x ? s->number : 0);
    struct record *before = x ? policy_version_read(v, r, x->id, e) : NULL, *after = before ? policy_version_read(v, r, p->live->id, e) : NULL;
    if (e->code)
        return false;
    json_put(page, "diff", after ? text_diff(v->arena, policy_version_words(v, before), policy_version_words(v, after), DIFF_AROUND) : json_new_null(v->arena));
    return changes_put(v, r, b, p, x ? s->number : p->live->number, page, e);
}

struct json *view_handbook_page(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct policy_book b;
    struct own own;
    struct err inner = {0};
    if (!policy_book_read(v, false, &b, e) || !own_read(v, r, &b, &own, e))
        return NULL;
    const struct policy_entry *p = policy_book_find(&b, id);
    if (!p || !p->live) {
        err_set(e, ERR_NOT_FOUND, "policy %.*s: none of this name is in force", STR_ARGS(str_slice(id, 0, 80)));
        return NULL;
    }
    struct json *page = page_new(v, p->live->title, e), *one = page ? policy_version_json(v, r, p, p->live, true, e) : NULL;
    if (!one)
        return NULL;
    json_put_str(page, "id", p->id);
    json_put_str(page, "name", p->live->title);
    json_put_str(page, "purpose", p->purpose);
    json_put(page, "one", one);
    put_person(v, page, "owner", p->owner);
    own_put(v, page, &own, p, &inner);
    bool may = !v->is_past && own.is_active && !json_bool(page, "is_signed") && json_bool(one, "is_same_digest");
    json_put_bool(page, "may_sign", may);
    json_put_str(page, "why_not", may || json_bool(page, "is_signed") ? STR("") : v->is_past ? STR("this is the past") : own.person.size == 0 ? STR("your account is not joined to a person record")
                                  : !own.is_active ? STR("your person record is closed") : STR("the text is not the one that was approved"));
    return !inner.code && since_put(v, r, &b, p, own_find(&own, p->id), page, e) ? page : (inner.code ? (*e = inner, NULL) : NULL);
}

bool view_put_signing(struct view *v, const struct view_records *r, struct json *page, struct err *e)
{
    struct policy_book b;
    struct own own;
    struct json *list = json_put_array(page, "policies");
    if (!r->access || r->access->person.size == 0)
        return true;
    if (!policy_book_read(v, false, &b, e) || !own_read(v, r, &b, &own, e))
        return false;
    for (size_t i = 0; i < b.count; i++) {
        const struct policy_entry *p = &b.entries[i];
        const struct own_signature *s = own_find(&own, p->id);
        if (!is_needed(&own, p) || (s && s->counts))
            continue;
        struct json *o = json_push_object(list);
        json_put_str(o, "id", p->id);
        json_put_str(o, "title", p->live->title);
        json_put_int(o, "number", p->live->number);
        json_put_str(o, "version_id", p->live->id);
        json_put_str(o, "digest", p->live->digest);
        json_put_str(o, "url", arena_printf(v->arena, "/handbook/%.*s", STR_ARGS(p->id)));
        put_time(v, o, "due", due_ms(v, &own, p, e));
        json_put_bool(o, "is_late", due_ms(v, &own, p, e) < v->at_ms);
        json_put_bool(o, "is_again", s != NULL);
    }
    return e->code == ERR_NONE;
}
