#include "report/policy_book.h"

#include "content/content.h"
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

static bool teams_read(struct policy_book *b, struct err *e)
{
    struct view *v = b->v;
    size_t capacity = 0;
    DB_EACH (row, v->db, e, "select kind, ifnull(department, ''), count(*) from people_versions where " AS_OF " and state = 'active' group by 1, 2 order by 2, 1", A(v->leaf_limit)) {
        if (b->team_count == capacity)
            b->teams = arena_grow(v->arena, b->teams, b->team_count, &capacity, sizeof *b->teams);
        b->teams[b->team_count++] = (struct policy_team){text_at(v, row, 0), text_at(v, row, 1), db_int(row, 2)};
    }
    for (size_t i = 0; i < b->count; i++)
        for (size_t k = 0; b->entries[i].live && k < b->team_count; k++)
            if (policy_means(&b->entries[i], b->teams[k].kind, b->teams[k].department))
                b->entries[i].needed += b->teams[k].people;
    return e->code == ERR_NONE;
}

/* ---- who signed: one pass over the people, one over the signatures ---- */

struct signer {
    struct str id;
    size_t team, place;
};

struct signers {
    struct signer *slots; /* open addressing */
    size_t mask, count;
};

static uint64_t hash_of(struct str s)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < s.size; i++)
        h = (h ^ (uint8_t)s.data[i]) * 1099511628211u;
    return h ^ h >> 29;
}

static struct signer *signer_slot(const struct signers *s, struct str id)
{
    size_t i = hash_of(id) & s->mask;
    while (s->slots[i].id.size && !str_equal(s->slots[i].id, id))
        i = (i + 1) & s->mask;
    return &s->slots[i];
}

static size_t team_find(const struct policy_book *b, struct str kind, struct str department)
{
    size_t i = 0;
    while (i < b->team_count && (!str_equal(b->teams[i].kind, kind) || !str_equal(b->teams[i].department, department)))
        i++;
    return i;
}

static bool signers_read(struct policy_book *b, struct signers *ret, struct err *e)
{
    struct view *v = b->v;
    size_t people = 0, size = 64;
    for (size_t i = 0; i < b->team_count; i++)
        people += (size_t)b->teams[i].people;
    while (size < 2 * people + 2)
        size *= 2;
    *ret = (struct signers){arena_array(v->arena, size, sizeof *ret->slots), size - 1, 0};
    DB_EACH (row, v->db, e, "select id, kind, ifnull(department, '') from people_versions where " AS_OF " and state = 'active'", A(v->leaf_limit)) {
        struct signer *slot = signer_slot(ret, db_text(row, 0));
        if (ret->count < people)
            *slot = (struct signer){text_at(v, row, 0), team_find(b, db_text(row, 1), db_text(row, 2)), ret->count++};
    }
    return e->code == ERR_NONE;
}

/* The policy whose version counts when it is signed; SIZE_MAX: none. */
static size_t entry_signed_by(const struct policy_book *b, struct str version, struct str digest)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct policy_entry *p = &b->entries[i];
        for (size_t k = p->first; p->live && k < p->first + p->version_count; k++)
            if (str_equal(b->versions[k].id, version))
                return b->versions[k].number >= p->signs_from && b->versions[k].number <= p->live->number && str_equal(b->versions[k].digest, digest) ? i : SIZE_MAX;
    }
    return SIZE_MAX;
}

static bool signatures_read(struct policy_book *b, struct err *e)
{
    struct view *v = b->v;
    struct signers signers;
    if (!signers_read(b, &signers, e))
        return false;
    b->signed_by = arena_array(v->arena, b->count * b->team_count + 1, sizeof *b->signed_by);
    uint8_t *has = arena_array(v->arena, (b->count * signers.count) / 8 + 1, 1);
    struct str last = STR(""), last_digest = STR("");
    size_t entry = SIZE_MAX;
    DB_EACH (row, v->db, e, "select policy_version, digest, person from acknowledgements_versions where " AS_OF, A(v->leaf_limit)) {
        if (!str_equal(last, db_text(row, 0)) || !str_equal(last_digest, db_text(row, 1))) {
            last = text_at(v, row, 0);
            last_digest = text_at(v, row, 1);
            entry = entry_signed_by(b, last, last_digest);
        }
        const struct signer *who = entry == SIZE_MAX ? NULL : signer_slot(&signers, db_text(row, 2));
        if (!who || who->id.size == 0 || who->team == b->team_count || !policy_means(&b->entries[entry], b->teams[who->team].kind, b->teams[who->team].department))
            continue;
        size_t bit = entry * signers.count + who->place;
        if (has[bit / 8] & 1u << bit % 8)
            continue;
        has[bit / 8] |= (uint8_t)(1u << bit % 8);
        b->signed_by[entry * b->team_count + who->team]++;
        b->entries[entry].signed_count++;
    }
    return e->code == ERR_NONE;
}

bool policy_book_read(struct view *v, bool with_progress, struct policy_book *ret, struct err *e)
{
    struct err inner = {0};
    *ret = (struct policy_book){.v = v};
    bool ok = policies_read(ret, &inner) && versions_read(ret, &inner);
    for (size_t i = 0; ok && i < ret->count; i++)
        entry_join(ret, &ret->entries[i]);
    if (ok && with_progress)
        ok = teams_read(ret, &inner) && signatures_read(ret, &inner);
    return ok || (*e = inner, false);
}
