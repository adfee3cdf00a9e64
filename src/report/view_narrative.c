/* Narratives of controls: which control has one, one as it is read, its approved versions and what differs between them. */
#include "report/gap_book.h"
#include "report/text_diff.h"
#include "report/view_internal.h"
#include "report/view_policies.h"
#include "report/view_record_internal.h"

enum { APPROVED_MAX = 50, DIFF_LINES_AROUND = 3 };

static const char *const parts[][2] = {{"who", "Who does it"}, {"what", "What is done"}, {"when", "When and how often"}, {"evidence", "What is left as proof"}, {"failing", "What happens when it fails"}};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

/* As one text: what is compared. */
static struct str whole_text(struct arena *a, const struct record *r)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 256 << 10);
    for (int i = 0; i < PARTS; i++)
        buf_printf(&b, "## %s\n\n%.*s\n\n", parts[i][1], STR_ARGS(json_text(r->values, parts[i][0]).size ? json_text(r->values, parts[i][0]) : STR("–")));
    return arena_str(a, buf_view(&b));
}

static void control_put(struct view *v, struct json *o, struct str id)
{
    struct err ignored = {0};
    const struct control *library = content_control(id);
    struct str title = library ? str_of(library->title) : db_one_text(v->arena, v->db, &ignored, "select title from control_records where id = ?1", A(id));
    put_link(v, o, "control", id.data, title.data ? title.data : "", arena_printf(v->arena, "/controls/%.*s", STR_ARGS(id)));
}

struct json *view_narratives(struct view *v, const struct view_records *r, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("narrative"));
    struct json *page = view_records_as_of(v, r, e) ? page_new(v, STR("Narratives of controls"), e) : NULL;
    int64_t told = 0, approved = 0;
    if (!page || !t)
        return NULL;
    struct json *rows = json_put_array(page, "rows");
    DB_EACH (row, v->db, e,
             "select c.id, coalesce(n.id, ''), coalesce(n.title, c.title), coalesce(n.state, ''), coalesce(n.owner, ''), coalesce(n.review_on, ''), "
             "coalesce((select max(h.t) from record_change h where h.type = 'narrative' and h.id = n.id and h.transition = 'approve'), 0) "
             "from (select id, title from control_records where state = 'adopted' union all select distinct k.control, k.control from narratives k where k.state <> 'retired' and "
             "not exists(select 1 from control_records a where a.id = k.control and a.state = 'adopted')) c "
             "left join narratives n on n.control = c.id and n.state <> 'retired' order by c.id, n.id limit 1000") {
        struct json *o = json_push_object(rows);
        struct str id = arena_str(v->arena, db_text(row, 1)), state = arena_str(v->arena, db_text(row, 3)), review = arena_str(v->arena, db_text(row, 5));
        bool is_late = review.size && str_compare(review, day_text(v->arena, view_today(v))) < 0;
        json_put_str(o, "id", id);
        control_put(v, o, arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "title", arena_str(v->arena, db_text(row, 2)));
        json_put_str(o, "url", id.size ? arena_printf(v->arena, "/narratives/%.*s", STR_ARGS(id)) : STR(""));
        put_person(v, o, "owner", arena_str(v->arena, db_text(row, 4)));
        put_time(v, o, "approved", db_int(row, 6));
        json_put_str(o, "review_on", review);
        const struct record_state *s = record_type_state(t, state);
        put_status_as(o, id.size == 0 ? RESULT_UNKNOWN : is_late ? RESULT_FAIL : str_is(state, "approved") ? RESULT_PASS : RESULT_UNKNOWN,
                      id.size == 0 ? "Not told yet" : is_late ? "To be reviewed" : s ? s->label : "");
        told += id.size > 0;
        approved += str_is(state, "approved");
    }
    json_put_int(page, "told", told);
    json_put_int(page, "approved", approved);
    return e->code ? NULL : page;
}

struct str view_narrative_of(struct view *v, struct str control, struct err *e)
{
    struct str id = db_one_text(v->arena, v->db, e, "select id from narratives where control = ?1 and state <> 'retired' order by state = 'approved' desc, id desc limit 1", A(control));
    return id.data ? id : STR("");
}

struct approval {
    int64_t leaf, t;
    struct str actor, step;
};

static size_t approvals_read(struct view *v, struct str id, struct approval *ret, struct err *e)
{
    size_t count = 0;
    DB_EACH (row, v->db, e,
             "select leaf, t, actor, step from record_change where type = 'narrative' and id = ?1 and transition = 'approve' and act = 'move' and is_erased = 0 and leaf <= ?2 order by leaf limit 50",
             A(id), A(v->leaf_limit))
        ret[count++] = (struct approval){db_int(row, 0), db_int(row, 1), arena_str(v->arena, db_text(row, 2)), arena_str(v->arena, db_text(row, 3))};
    return count;
}

static void versions_put(struct view *v, struct json *page, struct str id, const struct approval *all, size_t count, int64_t shown)
{
    struct json *list = json_put_array(page, "versions");
    for (size_t i = count; i-- > 0;) {
        struct json *o = json_push_object(list);
        json_put_int(o, "number", (int64_t)i + 1);
        json_put(o, "by", actor_new(v, all[i].actor));
        put_time(v, o, "at", all[i].t);
        json_put_cstr(o, "factor_words", factor_words(all[i].step, all[i].actor));
        json_put_str(o, "receipt", arena_printf(v->arena, "/receipts/%lld", (long long)all[i].leaf));
        json_put_str(o, "url", arena_printf(v->arena, "/narratives/%.*s?version=%zu", STR_ARGS(id), i + 1));
        json_put_bool(o, "is_shown", (int64_t)i + 1 == shown);
    }
}

static void parts_put(struct json *page, const struct record *one)
{
    struct json *list = json_put_array(page, "parts");
    for (int i = 0; i < PARTS; i++) {
        struct str text = json_text(one->values, parts[i][0]);
        if (text.size == 0)
            continue;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", parts[i][0]);
        json_put_cstr(o, "label", parts[i][1]);
        json_put_str(o, "text", text);
    }
}

struct json *view_narrative(struct view *v, const struct view_records *r, struct str id, int64_t version, struct err *e)
{
    struct approval all[APPROVED_MAX];
    const struct record_type *t = record_types_find(r->types, STR("narrative"));
    struct record *now = t ? record_get(v->db, v->arena, t, id, view_record_limit(v), e) : NULL;
    size_t count = now ? approvals_read(v, id, all, e) : 0;
    if (!now || now->is_deleted || !access_matches(r->access, &t->may_read, now) || version < 0 || version > (int64_t)count)
        return e->code && e->code != ERR_NOT_FOUND ? NULL : (err_set(e, ERR_NOT_FOUND, "narrative %.*s: there is none of this name or number", STR_ARGS(str_slice(id, 0, 40))), NULL);
    struct record *shown = version ? record_get(v->db, v->arena, t, id, all[version - 1].leaf, e) : now;
    /* Now, compared with what was approved last (or before that, where this is what was approved); an approved one with the one before it. */
    bool is_same = version == 0 && count > 0 && str_is(now->state, "approved");
    int64_t before = version ? version - 1 : (int64_t)count - is_same;
    struct record *former = shown && before > 0 ? record_get(v->db, v->arena, t, id, all[before - 1].leaf, e) : NULL;
    struct json *page = e->code || !shown ? NULL : page_new(v, record_title(shown), e);
    if (!page)
        return NULL;
    json_put_str(page, "id", id);
    json_put_str(page, "name", record_title(shown));
    control_put(v, page, json_text(shown->values, "control"));
    json_put(page, "state", record_state_json(v, t, version ? STR("approved") : now->state));
    put_person(v, page, "owner", json_text(shown->values, "owner"));
    json_put_str(page, "review_on", json_text(shown->values, "review_on"));
    json_put_str(page, "record_url", record_url(v, "narrative", id));
    json_put_int(page, "shown", version ? version : is_same ? (int64_t)count : 0);
    json_put_int(page, "compared_with", before);
    parts_put(page, shown);
    versions_put(v, page, id, all, count, version ? version : is_same ? (int64_t)count : 0);
    json_put(page, "diff", former ? text_diff(v->arena, whole_text(v->arena, former), whole_text(v->arena, shown), DIFF_LINES_AROUND) : json_new_null(v->arena));
    return page;
}
