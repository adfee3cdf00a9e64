#include "report/policy_book.h"

#include "content/content.h"
#include "report/people_kept.h"
#include "report/view_internal.h"

#define AS_OF "from_leaf <= ?1 and (to_leaf is null or to_leaf > ?1) and is_deleted = 0"

static struct str text_at(struct view *v, struct db_row *row, int column)
{
    return arena_str(v->arena, db_text(row, column));
}

/* ---- policies and versions ---- */

static void entry_add(struct policy_book *b, size_t *capacity, struct policy_entry entry)
{
    if (b->count == *capacity)
        b->entries = arena_grow(b->v->arena, b->entries, b->count, capacity, sizeof *b->entries);
    b->entries[b->count++] = entry;
}

static struct policy_entry entry_of(const struct policy *library)
{
    return (struct policy_entry){.library = library, .id = str_of(library->id), .title = str_of(library->title), .purpose = str_of(library->purpose), .owner = STR(""),
                                 .audience = str_of(library->audience), .departments = STR(""), .cadence = STR(""), .review_on = STR(""), .state = STR(""),
                                 .category = str_of(library->applies_when), .approvals = 1};
}

static int compare_entries(const void *a, const void *b)
{
    return str_compare(((const struct policy_entry *)a)->id, ((const struct policy_entry *)b)->id);
}

static bool policies_read(struct policy_book *b, struct err *e)
{
    struct view *v = b->v;
    size_t capacity = 0;
    for (size_t i = 0; i < content_policy_count; i++)
        entry_add(b, &capacity, entry_of(&content_policies[i]));
    DB_EACH (row, v->db, e, "select id, version, state, title, purpose, owner, audience, departments, cadence, review_on, approvals from policies_versions where " AS_OF, A(v->leaf_limit)) {
        struct policy_entry *p = (struct policy_entry *)(uintptr_t)policy_book_find(b, db_text(row, 0));
        if (!p) {
            entry_add(b, &capacity, (struct policy_entry){.id = text_at(v, row, 0), .purpose = STR(""), .category = STR("own")});
            p = &b->entries[b->count - 1];
        }
        p->version = db_int(row, 1);
        p->state = text_at(v, row, 2);
        p->title = text_at(v, row, 3);
        p->purpose = db_text(row, 4).size ? text_at(v, row, 4) : p->purpose;
        p->owner = text_at(v, row, 5);
        p->audience = text_at(v, row, 6);
        p->departments = text_at(v, row, 7);
        p->cadence = text_at(v, row, 8);
        p->review_on = text_at(v, row, 9);
        p->approvals = db_int(row, 10) > 1 ? db_int(row, 10) : 1;
    }
    if (b->count)
        qsort(b->entries, b->count, sizeof *b->entries, compare_entries);
    return e->code == ERR_NONE;
}

static bool is_open_state(struct str state)
{
    return str_is(state, "draft") || str_is(state, "in_review") || str_is(state, "approved");
}

static bool was_in_force(const struct policy_version *x)
{
    return str_is(x->state, "in_force") || str_is(x->state, "superseded");
}

static bool versions_read(struct policy_book *b, struct err *e)
{
    struct view *v = b->v;
    size_t capacity = 0;
    DB_EACH (row, v->db, e,
             "select w.id, w.policy, w.title, w.state, w.digest, w.author, w.number, w.version, w.from_t, w.from_leaf, w.is_material, w.not_before, w.approvals, w.text is null or w.text = '', "
             "ifnull((select max(c.t) from record_change c where c.type = 'policy_version' and c.id = w.id and c.transition = 'publish' and c.act = 'move' and c.leaf <= ?1), 0) "
             "from policy_versions_versions w where w.from_leaf <= ?1 and (w.to_leaf is null or w.to_leaf > ?1) and w.is_deleted = 0 order by w.policy, w.number desc, w.id",
             A(v->leaf_limit)) {
        if (b->version_count == capacity)
            b->versions = arena_grow(v->arena, b->versions, b->version_count, &capacity, sizeof *b->versions);
        b->versions[b->version_count++] = (struct policy_version){
            .id = text_at(v, row, 0), .policy = text_at(v, row, 1), .title = text_at(v, row, 2), .state = text_at(v, row, 3), .digest = text_at(v, row, 4),
            .author = text_at(v, row, 5), .number = db_int(row, 6), .version = db_int(row, 7), .t = db_int(row, 8), .leaf = db_int(row, 9),
            .is_material = db_int(row, 10) != 0, .not_before = text_at(v, row, 11), .approvals = db_int(row, 12) > 1 ? db_int(row, 12) : 1,
            .has_document = db_int(row, 13) != 0, .published_t = db_int(row, 14)};
    }
    return e->code == ERR_NONE;
}

/* Of its versions: which is in force, which is being made, and from which on a signature counts. */
static void entry_join(struct policy_book *b, struct policy_entry *p)
{
    while (p->first < b->version_count && !str_equal(b->versions[p->first].policy, p->id))
        p->first++;
    p->signs_from = 1;
    for (size_t i = p->first; i < b->version_count && str_equal(b->versions[i].policy, p->id); i++) {
        const struct policy_version *x = &b->versions[i];
        p->version_count++;
        if (str_is(x->state, "in_force") && !p->live)
            p->live = x;
        if (is_open_state(x->state) && !p->open)
            p->open = x;
    }
    for (size_t i = p->first; p->live && i < p->first + p->version_count; i++) {
        const struct policy_version *x = &b->versions[i];
        if (x->is_material && was_in_force(x) && x->number <= p->live->number) {
            p->signs_from = x->number;
            break;
        }
    }
    if (str_is(p->state, "retired"))
        p->live = NULL;
}

const struct policy_entry *policy_book_find(const struct policy_book *b, struct str id)
{
    for (size_t i = 0; i < b->count; i++)
        if (str_equal(b->entries[i].id, id))
            return &b->entries[i];
    return NULL;
}

const struct policy_version *policy_book_version(const struct policy_book *b, const struct policy_entry *p, int64_t number)
{
    for (size_t i = p->first; i < p->first + p->version_count; i++)
        if (b->versions[i].number == number)
            return &b->versions[i];
    return NULL;
}

/* ---- who signs ---- */

static bool same_word(struct str a, struct str b)
{
    bool is_same = a.size == b.size;
    for (size_t i = 0; is_same && i < a.size; i++) {
        char x = a.data[i], y = b.data[i];
        is_same = (x >= 'A' && x <= 'Z' ? x + 32 : x) == (y >= 'A' && y <= 'Z' ? y + 32 : y);
    }
    return is_same;
}

bool policy_means(const struct policy_entry *p, struct str kind, struct str department)
{
    if (str_is(p->audience, "all"))
        return !str_is(kind, "auditor");
    if (str_is(p->audience, "employees"))
        return str_is(kind, "employee");
    if (str_is(p->audience, "contractors"))
        return str_is(kind, "contractor") || str_is(kind, "consultant");
    if (str_is(p->audience, "board"))
        return str_is(kind, "board");
    struct str rest = str_is(p->audience, "departments") ? p->departments : STR(""), one;
    while (rest.size) {
        str_cut(&rest, ',', &one);
        if (department.size && same_word(str_trim(one), department))
            return true;
    }
    return false;
}

/* Those who are active, by department and kind; ret_at: the team of a person by places of the values. */
static void teams_read(struct policy_book *b, const struct people_book *people, size_t **ret_at)
{
    size_t kinds = people->kinds.count, count = kinds * people->departments.count;
    size_t *n = arena_array(b->v->arena, count + 1, sizeof *n);
    *ret_at = arena_array(b->v->arena, count + 1, sizeof **ret_at);
    b->teams = arena_array(b->v->arena, count + 1, sizeof *b->teams);
    for (size_t i = 0; i < people->count; i++)
        if (str_is(people->persons[i].state, "active"))
            n[people->persons[i].at_department * kinds + people->persons[i].at_kind]++;
    for (size_t i = 0; i < count; i++)
        if (n[i]) {
            (*ret_at)[i] = b->team_count;
            b->teams[b->team_count++] = (struct policy_team){people->kinds.items[i % kinds], people->departments.items[i / kinds], (int64_t)n[i]};
        }
}

/* Who signed a version that counts, or a later one of those that were in force. */
static void signatures_read(struct policy_book *b, const struct people_book *people, const size_t *team_at)
{
    b->signed_by = arena_array(b->v->arena, b->count * b->team_count + 1, sizeof *b->signed_by);
    bool *is_meant = arena_array(b->v->arena, b->team_count + 1, sizeof *is_meant);
    for (size_t k = 0; k < b->count; k++) {
        struct policy_entry *p = &b->entries[k];
        size_t place = people_signed_place(people, p->id);
        for (size_t i = 0; i < b->team_count; i++) {
            is_meant[i] = p->live && policy_means(p, b->teams[i].kind, b->teams[i].department);
            p->needed += is_meant[i] ? b->teams[i].people : 0;
        }
        for (size_t i = 0; p->needed && i < people->count; i++) {
            const struct owing *who = &people->persons[i];
            size_t team = str_is(who->state, "active") ? team_at[who->at_department * people->kinds.count + who->at_kind] : b->team_count;
            if (!is_meant[team] || people_signed_number(people, i, place) < p->signs_from)
                continue;
            b->signed_by[k * b->team_count + team]++;
            p->signed_count++;
        }
    }
}

size_t policy_book_missing(const struct policy_book *b, const struct policy_entry *p, size_t max, size_t *ret)
{
    size_t count = 0, place = people_signed_place(b->people, p->id);
    for (size_t i = 0; p->live && p->signed_count < p->needed && i < b->people->count && count < max; i++) {
        const struct owing *who = &b->people->persons[i];
        if (str_is(who->state, "active") && policy_means(p, who->kind, who->department) && people_signed_number(b->people, i, place) < p->signs_from)
            ret[count++] = i;
    }
    return count;
}

static bool progress_read(struct policy_book *b, struct err *e)
{
    struct people_book *people = ARENA_NEW(b->v->arena, struct people_book);
    size_t *team_at;
    if (!people_book_get(b->v, people, e))
        return false;
    b->people = people;
    teams_read(b, people, &team_at);
    signatures_read(b, people, team_at);
    return true;
}

bool policy_book_read(struct view *v, bool with_progress, struct policy_book *ret, struct err *e)
{
    struct err inner = {0};
    *ret = (struct policy_book){.v = v};
    bool ok = policies_read(ret, &inner) && versions_read(ret, &inner);
    for (size_t i = 0; ok && i < ret->count; i++)
        entry_join(ret, &ret->entries[i]);
    if (ok && with_progress)
        ok = progress_read(ret, &inner);
    return ok || (*e = inner, false);
}
