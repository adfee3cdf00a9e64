#include "assess/reconcile_records.h"

#include "assess/lifecycle_internal.h"

#include <stdlib.h>

/* ---- what the records say ---- */

#define IN_FORCE(alias) alias ".is_deleted = 0 and " alias ".from_leaf <= ?1 and (" alias ".to_leaf is null or " alias ".to_leaf > ?1)"

static bool persons_read(struct db *db, struct arena *a, int64_t leaf, struct roster_facts *f, struct err *e)
{
    struct roster_person *list = NULL;
    size_t count = 0, capacity = 0;
    struct err inner = {0};
    DB_EACH (row, db, &inner, "select p.id, p.name, p.kind, p.department, p.team, p.started_on, p.left_on, p.state from people_versions p where " IN_FORCE("p"), A(leaf)) {
        if (count == capacity)
            list = arena_grow(a, list, count, &capacity, sizeof *list);
        list[count++] = (struct roster_person){.id = arena_str(a, db_text(row, 0)), .name = arena_str(a, db_text(row, 1)), .kind = arena_str(a, db_text(row, 2)),
                                               .department = arena_str(a, db_text(row, 3)), .team = arena_str(a, db_text(row, 4)), .first_day = day_read(db_text(row, 5)),
                                               .last_day = day_read(db_text(row, 6)), .has_left = str_is(db_text(row, 7), "left")};
    }
    f->persons = list;
    f->person_count = count;
    return inner.code ? (*e = inner, false) : true;
}

static bool systems_read(struct db *db, struct arena *a, int64_t leaf, struct roster_facts *f, struct err *e)
{
    struct roster_system *list = NULL;
    size_t count = 0, capacity = 0;
    struct err inner = {0};
    DB_EACH (row, db, &inner,
             "select s.id, s.name, ifnull(s.account_for, case s.kind when 'identity' then 'everybody' else '' end), s.account_teams, "
             "(select max(x.taken_at) from account_extracts_versions x where x.system = s.id and x.state = 'taken' and " IN_FORCE("x") ") from systems_versions s where "
             "s.state = 'in_use' and " IN_FORCE("s"),
             A(leaf)) {
        if (count == capacity)
            list = arena_grow(a, list, count, &capacity, sizeof *list);
        list[count++] = (struct roster_system){arena_str(a, db_text(row, 0)), arena_str(a, db_text(row, 1)), arena_str(a, db_text(row, 2)), arena_str(a, db_text(row, 3)), db_int(row, 4)};
    }
    f->systems = list;
    f->system_count = count;
    return inner.code ? (*e = inner, false) : true;
}

static bool accounts_read(struct db *db, struct arena *a, int64_t leaf, struct roster_facts *f, struct err *e)
{
    struct roster_account *list = NULL;
    size_t count = 0, capacity = 0;
    struct err inner = {0};
    DB_EACH (row, db, &inner,
             "select c.id, c.system, c.name, c.display, c.person, c.kind, c.owner, c.created_on, ifnull(c.enabled, 1) from system_accounts_versions c where c.state = 'present' and "
             IN_FORCE("c"),
             A(leaf)) {
        if (count == capacity)
            list = arena_grow(a, list, count, &capacity, sizeof *list);
        list[count++] = (struct roster_account){.id = arena_str(a, db_text(row, 0)), .system = arena_str(a, db_text(row, 1)), .name = arena_str(a, db_text(row, 2)),
                                                .display = arena_str(a, db_text(row, 3)), .person = arena_str(a, db_text(row, 4)), .kind = arena_str(a, db_text(row, 5)),
                                                .owner = arena_str(a, db_text(row, 6)), .created_day = day_read(db_text(row, 7)), .is_live = db_int(row, 8) != 0};
    }
    f->accounts = list;
    f->account_count = count;
    return inner.code ? (*e = inner, false) : true;
}

static bool is_accounted(void *context, struct str kind)
{
    return lifecycle_concerns(context, "accounted", kind);
}

bool reconciliation_load(struct db *db, struct arena *a, int64_t today, int64_t leaf_limit, struct reconciliation *ret, struct err *e)
{
    const struct json *content = lifecycle_content(a, e);
    *ret = (struct reconciliation){.facts = {.today = today, .is_accounted = is_accounted, .context = (void *)(uintptr_t)content}};
    if (!content || !persons_read(db, a, leaf_limit, &ret->facts, e) || !systems_read(db, a, leaf_limit, &ret->facts, e) || !accounts_read(db, a, leaf_limit, &ret->facts, e))
        return false;
    roster_reconcile(a, &ret->facts, &ret->items, &ret->count, &ret->counts);
    return true;
}

int64_t reconciliation_newest(struct db *db, struct err *e)
{
    return db_one_int(db, e, -1, "select max(leaf) from record_change where type in ('person', 'system', 'system_account', 'account_extract', 'difference', 'deviation', 'holiday')");
}

/* ---- records of differences ---- */

struct known {
    struct str key, id, state;
    int64_t version;
    bool is_found;
};

static int known_order(const void *a, const void *b)
{
    const struct known *x = a, *y = b;
    return str_compare(x->key, y->key);
}

static bool known_read(struct lifecycles *x, struct known **ret, size_t *ret_count, struct err *e)
{
    struct known *list = NULL;
    size_t count = 0, capacity = 0;
    struct err inner = {0};
    DB_EACH (row, x->db, &inner, "select key, id, state, version from differences") {
        if (count == capacity)
            list = arena_grow(x->arena, list, count, &capacity, sizeof *list);
        list[count++] = (struct known){arena_str(x->arena, db_text(row, 0)), arena_str(x->arena, db_text(row, 1)), arena_str(x->arena, db_text(row, 2)), db_int(row, 3), false};
    }
    if (count)
        qsort(list, count, sizeof *list, known_order);
    *ret = list;
    *ret_count = count;
    return inner.code ? (*e = inner, false) : true;
}

static const struct json *kind_content(struct lifecycles *x, struct str kind)
{
    JSON_EACH (k, json_get(x->content, "differences"))
        if (str_equal(json_text(k, "id"), kind))
            return k;
    return NULL;
}

/* The piece that takes one more: they are cut, so that none is too large for one operation. */
static struct record_change *piece_change(struct lifecycles *x, struct lifecycle_work **w, struct str key, const char *type, enum record_act act)
{
    if (!*w || (*w)->count == DIFFERENCES_AT_ONCE) {
        size_t at = x->count;
        work_add(x, key);
        *w = &x->items[at];
    }
    return work_change(x, *w, type, act);
}

static void put_titles(struct lifecycles *x, struct json *set, const struct roster_difference *d, const struct json *k)
{
    struct str label = json_text(k, "label"), who = d->person ? d->person->name : STR(""), account = d->account ? d->account->name : STR("");
    json_put_str(set, "title", arena_printf(x->arena, "%.*s: %.*s%s%.*s in %.*s, %.*s", STR_ARGS(label), STR_ARGS(str_slice(account, 0, 80)), account.size && who.size ? " of " : "",
                                            STR_ARGS(str_slice(who, 0, 60)), STR_ARGS(str_slice(d->system->name, 0, 60)), STR_ARGS(str_slice(d->words, 0, 60))));
}

static bool difference_open(struct lifecycles *x, struct lifecycle_work **w, const struct roster_difference *d, struct str owner, struct err *e)
{
    const struct json *k = kind_content(x, str_of(difference_ids[d->kind]));
    struct json *set = piece_change(x, w, arena_printf(x->arena, "differences/%.*s", STR_ARGS(d->key)), "difference", RECORD_CREATE)->set;
    put_titles(x, set, d, k);
    json_put_cstr(set, "kind", difference_ids[d->kind]);
    json_put_str(set, "key", d->key);
    if (d->person)
        json_put_str(set, "person", d->person->id);
    json_put_str(set, "system", d->system->id);
    if (d->account)
        json_put_str(set, "account", str_slice(d->account->name, 0, 200));
    json_put_str(set, "found_on", day_text(x->arena, x->today));
    if (d->kind == DIFFERENCE_LEAVER)
        json_put_int(set, "lag", d->lag_hours);
    put_given(set, "owner", owner.size ? owner : x->lead);
    json_put_str(set, "due_on", day_text(x->arena, calendar_add_business_days(&x->calendar, x->today, (int)within_days(x, k, e))));
    return e->code == ERR_NONE;
}

static void difference_step(struct lifecycles *x, struct lifecycle_work **w, const struct known *k, const char *transition)
{
    struct record_change *c = piece_change(x, w, arena_printf(x->arena, "differences/%s/%.*s/%lld", transition, STR_ARGS(k->id), (long long)k->version), "difference", RECORD_MOVE);
    c->id = k->id;
    c->version = k->version;
    c->transition = str_of(transition);
    if (strcmp(transition, "return") != 0)
        return;
    json_put_null(c->set, "explanation");
    json_put_str(c->set, "found_on", day_text(x->arena, x->today));
}

static bool differences_write(struct lifecycles *x, const struct reconciliation *r, struct err *e)
{
    struct known *known;
    size_t known_count;
    struct lifecycle_work *w = NULL;
    if (!known_read(x, &known, &known_count, e))
        return false;
    for (size_t i = 0; i < r->count; i++) {
        struct known wanted = {.key = r->items[i].key};
        struct known *k = known_count ? bsearch(&wanted, known, known_count, sizeof *known, known_order) : NULL;
        struct str owner = db_one_text(x->arena, x->db, e, "select owner from systems where id = ?1", A(r->items[i].system->id));
        if (k)
            k->is_found = true;
        if (k && str_is(k->state, "gone"))
            difference_step(x, &w, k, "return");
        else if (!k && !difference_open(x, &w, &r->items[i], owner, e))
            return false;
    }
    for (size_t i = 0; i < known_count; i++)
        if (!known[i].is_found && !str_is(known[i].state, "gone"))
            difference_step(x, &w, &known[i], "mend");
    return e->code == ERR_NONE;
}

/* Days are over and nobody has explained it: a deviation of its control. A leaver's account has one by its step already. */
static bool differences_deviate(struct lifecycles *x, struct err *e)
{
    struct err inner = {0};
    struct lifecycle_work *w = NULL;
    DB_EACH (row, x->db, &inner,
             "select d.id, d.title, d.kind, d.due_on, d.owner from differences d where d.state = 'open' and d.due_on < ?1 and not exists(select 1 from deviations v where v.difference = d.id) and "
             "not (d.kind = 'leaver' and exists(select 1 from lifecycle_steps s join deviations v on v.step = s.id where s.person = d.person and s.system = d.system and "
             "s.kind = 'remove_access' and s.state = 'open')) order by d.id",
             A(day_text(x->arena, x->today))) {
        struct str id = arena_str(x->arena, db_text(row, 0));
        const struct json *k = kind_content(x, db_text(row, 2));
        struct json *set = piece_change(x, &w, arena_printf(x->arena, "deviation/difference/%.*s", STR_ARGS(id)), "deviation", RECORD_CREATE)->set;
        json_put_str(set, "title", arena_printf(x->arena, "Not explained: %.*s", STR_ARGS(str_slice(db_text(row, 1), 0, 180))));
        json_put_str(set, "control", json_text(k, "control"));
        json_put_str(set, "difference", id);
        put_given(set, "happened_on", arena_str(x->arena, db_text(row, 3)));
        put_given(set, "owner", arena_str(x->arena, db_text(row, 4)));
        json_put_str(set, "due_on", day_text(x->arena, calendar_business_day(&x->calendar, x->today + LIFECYCLE_ANSWER_DAYS)));
    }
    return inner.code ? (*e = inner, false) : true;
}

bool reconciliation_due(struct db *db, struct arena *a, int64_t today, struct lifecycle_work **ret, size_t *ret_count, struct err *e)
{
    struct lifecycles x = {.db = db, .arena = a, .today = today};
    struct reconciliation r;
    struct err inner = {0};
    *ret = NULL;
    *ret_count = 0;
    x.content = lifecycle_content(a, &inner);
    x.lead = db_one_text(a, db, &inner, "select lead from organisations where lead is not null order by id limit 1");
    if (inner.code || !calendar_load(db, a, &x.calendar, &inner) || !reconciliation_load(db, a, today, INT64_MAX, &r, &inner))
        return *e = inner, false;
    if (r.facts.person_count == 0 || r.facts.account_count == 0)
        r.count = 0; /* nothing to compare with yet; what was found goes */
    if (!differences_write(&x, &r, &inner) || !differences_deviate(&x, &inner))
        return *e = inner, false;
    *ret = x.items;
    *ret_count = x.count;
    return true;
}
