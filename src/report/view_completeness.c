/* Is everything there: the policies, the controls with owners and proofs, every criterion covered, every document? One list of what is missing. */
#include "report/gap_book.h"
#include "report/policy_book.h"
#include "report/view_room.h"

enum { DOCUMENT_HOLDS_DAYS = 365 + 30 };


static void sum_put(struct json *list, const char *id, const char *label, int64_t done, int64_t total)
{
    struct json *o = json_push_object(list);
    json_put_cstr(o, "id", id);
    json_put_cstr(o, "label", label);
    json_put_int(o, "done", done);
    json_put_int(o, "total", total);
    put_status_as(o, done == total ? RESULT_PASS : done == 0 ? RESULT_FAIL : RESULT_UNKNOWN, done == total ? "Complete" : "Something is missing");
}

/* ---- policies ---- */

/* An accepted piece of evidence whose title names the policy, by its id or its title. */
static struct str policy_document(struct view *v, const struct policy *p, struct str *ret_title, struct err *e)
{
    struct str id = STR("");
    DB_EACH (row, v->db, e,
             "select x.id, x.title from evidence_items_versions x where x.state = 'accepted' and x.from_leaf <= ?1 and (x.to_leaf is null or x.to_leaf > ?1) and x.is_deleted = 0 "
             "and (instr(x.title, ?2) > 0 or instr(lower(x.title), lower(?3)) > 0) order by x.period_to desc limit 1", A(v->leaf_limit), A(p->id), A(p->title)) {
        id = arena_str(v->arena, db_text(row, 0));
        *ret_title = arena_str(v->arena, db_text(row, 1));
    }
    return id;
}

static bool applies(const struct assessment *as, const struct policy *p)
{
    for (size_t i = 0; i < as->category_count; i++)
        if (strcmp(as->categories[i].category->id, p->applies_when) == 0)
            return as->categories[i].is_in_scope;
    return true;
}

static void policy_controls(struct view *v, const struct assessment *as, struct json *o, const struct policy *p, int64_t *ret_adopted)
{
    struct json *list = json_put_array(o, "controls");
    for (size_t i = 0; i < p->controls.count; i++) {
        size_t k = assessment_control_index(as, str_of(p->controls.items[i]));
        if (k == SIZE_MAX)
            continue;
        *ret_adopted += as->controls[k].program->adoption == ADOPTION_ADOPTED;
        push_link(v, list, as->controls[k].control->id, as->controls[k].control->title, url_control(v, as->controls[k].control));
    }
}

static bool policies_put(struct view *v, const struct assessment *as, struct json *page, struct json *sums, struct err *e)
{
    struct json *list = json_put_array(page, "policies");
    int64_t done = 0, total = 0;
    struct policy_book book;
    if (!policy_book_read(v, false, &book, e))
        return false;
    for (size_t i = 0; i < content_policy_count; i++) {
        const struct policy *p = &content_policies[i];
        struct json *o = json_push_object(list);
        struct str title = STR(""), evidence = policy_document(v, p, &title, e);
        int64_t adopted = 0;
        bool is_wanted = applies(as, p), is_live = policy_book_find(&book, str_of(p->id))->live != NULL, is_there = is_live || evidence.size > 0;
        json_put_cstr(o, "id", p->id);
        json_put_cstr(o, "title", p->title);
        json_put_cstr(o, "owner", p->owner);
        json_put_str(o, "url", url_of(v, "policies", str_of(p->id)));
        policy_controls(v, as, o, p, &adopted);
        struct json *links = json_put_array(o, "evidence");
        if (evidence.size)
            push_link(v, links, evidence.data, title.data, record_url(v, "evidence", evidence));
        put_status_as(o, !is_wanted ? RESULT_SKIP : is_there ? RESULT_PASS : RESULT_FAIL, !is_wanted ? "Not in scope" : is_live ? "In force" : is_there ? "Approved copy is here" : "Missing");
        json_put_str(o, "why", arena_printf(v->arena, "%lld of its %zu controls are adopted", (long long)adopted, p->controls.count));
        done += is_wanted && is_there;
        total += is_wanted;
    }
    sum_put(sums, "policies", "Policies with an approved copy", done, total);
    return e->code == ERR_NONE;
}

/* ---- controls ---- */

struct family {
    const char *name;
    int64_t total, adopted, owned, shown, left_out;
};

static void controls_put(struct view *v, const struct assessment *as, struct json *page, struct json *sums)
{
    struct family *families = arena_array(v->arena, as->control_count + 1, sizeof *families);
    size_t count = 0;
    int64_t total = 0, adopted = 0, owned = 0, shown = 0;
    for (size_t i = 0; i < as->control_count; i++) {
        const struct control_state *c = &as->controls[i];
        size_t k = 0;
        while (k < count && strcmp(families[k].name, c->control->family) != 0)
            k++;
        if (k == count)
            families[count++] = (struct family){.name = c->control->family};
        if (!control_is_in_scope(as, i)) {
            families[k].left_out++;
            continue;
        }
        bool is_adopted = c->program->adoption == ADOPTION_ADOPTED, is_shown = c->score.value >= 0.5;
        families[k].total++;
        families[k].adopted += is_adopted;
        families[k].owned += c->facts.has_owner;
        families[k].shown += is_shown;
        total++;
        adopted += is_adopted;
        owned += c->facts.has_owner;
        shown += is_shown;
    }
    struct json *list = json_put_array(page, "controls");
    for (size_t i = 0; i < count; i++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "family", families[i].name);
        json_put_int(o, "total", families[i].total);
        json_put_int(o, "adopted", families[i].adopted);
        json_put_int(o, "owned", families[i].owned);
        json_put_int(o, "shown", families[i].shown);
        json_put_int(o, "left_out", families[i].left_out);
    }
    sum_put(sums, "adopted", "Controls in scope adopted", adopted, total);
    sum_put(sums, "owned", "Controls in scope with an owner", owned, total);
    sum_put(sums, "shown", "Controls in scope with a proof", shown, total);
}

/* ---- criteria ---- */

static const struct json *reason_find(struct view *v, struct json *list, const char *id, struct err *e)
{
    DB_EACH (row, v->db, e, "select c.title, c.reason, c.state from criterion_records_versions c where c.id = ?1 and c.from_leaf <= ?2 and (c.to_leaf is null or c.to_leaf > ?2) and c.is_relevant = 0 and c.is_deleted = 0",
             A(id), A(v->leaf_limit)) {
        struct json *o = json_push_object(list);
        bool is_approved = str_is(db_text(row, 2), "approved");
        json_put_cstr(o, "id", id);
        json_put_str(o, "title", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "reason", arena_str(v->arena, db_text(row, 1).data ? db_text(row, 1) : STR("")));
        put_status_as(o, is_approved ? RESULT_SKIP : RESULT_UNKNOWN, is_approved ? "Approved: not relevant" : "Waits for approval");
        json_put_str(o, "url", url_of(v, "criteria", str_of(id)));
        return o;
    }
    return NULL;
}

static bool criteria_put(struct view *v, const struct assessment *as, struct json *page, struct json *sums, struct err *e)
{
    struct json *list = json_put_array(page, "criteria"), *left = json_put_array(page, "not_relevant");
    int64_t total = 0, covered = 0, topics = 0, topics_covered = 0;
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion_state *c = &as->criteria[i];
        reason_find(v, left, c->criterion->id, e);
        if (!c->is_in_scope)
            continue;
        int64_t all = (int64_t)c->criterion->topics.count, open = (int64_t)c->topics_open;
        total++;
        covered += c->key_count > 0 && open == 0;
        topics += all;
        topics_covered += all - open;
        if (c->key_count > 0 && open == 0)
            continue;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", c->criterion->id);
        json_put_cstr(o, "title", c->criterion->title);
        put_status_as(o, c->key_count == 0 || open == all ? RESULT_FAIL : RESULT_UNKNOWN, c->key_count == 0 ? "No control" : open == all ? "No topic is covered" : "Partly covered");
        json_put_str(o, "why", arena_printf(v->arena, "%lld of %lld topics have an adopted control", (long long)(all - open), (long long)all));
        json_put_str(o, "url", url_criterion(v, c->criterion));
    }
    sum_put(sums, "criteria", "Criteria in scope covered", covered, total);
    sum_put(sums, "topics", "Topics of criteria covered", topics_covered, topics);
    return e->code == ERR_NONE;
}

/* ---- documents ---- */

static void documents_put(struct view *v, const struct assessment *as, struct json *page, struct json *sums)
{
    struct json *list = json_put_array(page, "documents");
    int64_t total = 0, done = 0;
    for (size_t i = 0; i < as->control_count; i++) {
        const struct control_state *c = &as->controls[i];
        if (c->control->model != MODEL_DOCUMENT || !control_is_in_scope(as, i))
            continue;
        int64_t last = c->facts.last_occurrence_ms;
        bool is_there = last > 0, is_old = is_there && as->at_ms - last > DOCUMENT_HOLDS_DAYS * MS_DAY;
        total++;
        done += is_there && !is_old;
        if (is_there && !is_old)
            continue;
        struct json *o = json_push_object(list);
        put_link(v, o, "control", c->control->id, c->control->title, url_control(v, c->control));
        put_status_as(o, is_there ? RESULT_UNKNOWN : RESULT_FAIL, is_there ? "Too old" : "Missing");
        put_strings(o, "wanted", c->control->evidence);
        put_time(v, o, "last", last);
    }
    sum_put(sums, "documents", "Documents that controls rest on", done, total);
}

static bool expired_put(struct view *v, struct json *page, struct err *e)
{
    struct json *list = json_put_array(page, "expired");
    DB_EACH (row, v->db, e,
             "select x.id, x.title, x.expires_on from evidence_items_versions x where x.state in ('received', 'accepted') and x.expires_on < ?2 and x.from_leaf <= ?1 and "
             "(x.to_leaf is null or x.to_leaf > ?1) and x.is_deleted = 0 order by x.expires_on limit 200", A(v->leaf_limit), A(day_words(v, view_today(v)))) {
        struct str id = arena_str(v->arena, db_text(row, 0));
        struct json *o = push_link(v, list, id.data, arena_str(v->arena, db_text(row, 1)).data, record_url(v, "evidence", id));
        json_put_str(o, "date", arena_str(v->arena, db_text(row, 2)));
    }
    return e->code == ERR_NONE;
}

struct json *view_completeness(struct view *v, const struct view_records *r, struct err *e)
{
    (void)r;
    const struct assessment *as = view_assessment(v, e);
    struct json *page = as ? page_new(v, STR("Completeness"), e) : NULL;
    struct err inner = {0};
    if (!page)
        return NULL;
    struct json *sums = json_put_array(page, "sums");
    controls_put(v, as, page, sums);
    documents_put(v, as, page, sums);
    if (policies_put(v, as, page, sums, &inner) && criteria_put(v, as, page, sums, &inner) && expired_put(v, page, &inner))
        return page;
    *e = inner;
    return NULL;
}
