#include "assess/reconcile.h"

#include "assess/lifecycle.h"
#include "base/times.h"

#include <stdlib.h>

const char *const difference_ids[DIFFERENCE_KINDS] = {"orphan", "leaver", "missing", "early", "duplicate", "name"};

/* ---- names ---- */

enum { WORDS_MAX = 12 };

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_same(struct str a, struct str b)
{
    bool same = a.size == b.size;
    for (size_t i = 0; same && i < a.size; i++)
        same = small(a.data[i]) == small(b.data[i]);
    return same;
}

static size_t words_of(struct str s, struct str ret[WORDS_MAX])
{
    size_t count = 0, begin = 0;
    for (size_t i = 0; i <= s.size && count < WORDS_MAX; i++) {
        if (i < s.size && !strchr(" \t,.-_'()/", s.data[i]))
            continue;
        if (i > begin)
            ret[count++] = str_slice(s, begin, i);
        begin = i + 1;
    }
    return count;
}

static bool word_agrees(struct str a, struct str b)
{
    bool is_initial = (a.size == 1 || b.size == 1) && a.size && b.size && small(a.data[0]) == small(b.data[0]);
    return is_same(a, b) || is_initial;
}

bool names_agree(struct str a, struct str b)
{
    struct str x[WORDS_MAX], y[WORDS_MAX];
    size_t x_count = words_of(a, x), y_count = words_of(b, y), whole = 0;
    bool is_shorter = x_count <= y_count;
    const struct str *few = is_shorter ? x : y, *many = is_shorter ? y : x;
    size_t few_count = is_shorter ? x_count : y_count, many_count = is_shorter ? y_count : x_count;
    for (size_t i = 0; i < few_count; i++) {
        bool is_found = false;
        for (size_t k = 0; k < many_count; k++) {
            is_found |= word_agrees(few[i], many[k]);
            whole += few[i].size > 1 && is_same(few[i], many[k]);
        }
        if (!is_found)
            return false;
    }
    return whole > 0;
}

bool account_is_expected(struct str account_for, struct str account_teams, struct str department, struct str team)
{
    struct str item;
    bool is_more = true;
    if (str_is(account_for, "everybody"))
        return true;
    while (str_is(account_for, "some") && is_more) {
        is_more = str_cut(&account_teams, ',', &item);
        item = str_trim(item);
        if (item.size && (is_same(item, str_trim(department)) || is_same(item, str_trim(team))))
            return true;
    }
    return false;
}

/* ---- looking up ---- */

struct pair { /* a person's account in a system */
    struct str person, system;
    const struct roster_account *account;
};

struct reconciling {
    struct arena *arena;
    const struct roster_facts *f;
    const struct roster_person **persons;
    const struct roster_system **systems;
    struct pair *pairs;
    size_t pair_count;
    struct roster_difference *items;
    size_t count, capacity;
    struct roster_counts counts;
};

static int person_order(const void *a, const void *b)
{
    const struct roster_person *const *x = a, *const *y = b;
    return str_compare((*x)->id, (*y)->id);
}

static int system_order(const void *a, const void *b)
{
    const struct roster_system *const *x = a, *const *y = b;
    return str_compare((*x)->id, (*y)->id);
}

static int pair_order(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = str_compare(x->system, y->system);
    order = order ? order : str_compare(x->person, y->person);
    return order || !x->account || !y->account ? order : str_compare(x->account->name, y->account->name);
}

static int difference_order(const void *a, const void *b)
{
    const struct roster_difference *x = a, *y = b;
    return str_compare(x->key, y->key);
}

static const struct roster_person *person_find(const struct reconciling *r, struct str id)
{
    const struct roster_person wanted = {.id = id}, *key = &wanted;
    const struct roster_person **found = id.size && r->f->person_count ? bsearch(&key, r->persons, r->f->person_count, sizeof *r->persons, person_order) : NULL;
    return found ? *found : NULL;
}

static const struct roster_system *system_find(const struct reconciling *r, struct str id)
{
    const struct roster_system wanted = {.id = id}, *key = &wanted;
    const struct roster_system **found = id.size && r->f->system_count ? bsearch(&key, r->systems, r->f->system_count, sizeof *r->systems, system_order) : NULL;
    return found ? *found : NULL;
}

static bool has_left(const struct reconciling *r, const struct roster_person *p)
{
    return p->has_left || (p->last_day > 0 && p->last_day < r->f->today);
}

static void difference_add(struct reconciling *r, struct roster_difference d, struct str about)
{
    if (r->count == r->capacity)
        r->items = arena_grow(r->arena, r->items, r->count, &r->capacity, sizeof *r->items);
    d.key = arena_printf(r->arena, "%s/%.*s/%.*s", difference_ids[d.kind], STR_ARGS(d.system->id), STR_ARGS(about));
    r->items[r->count++] = d;
    r->counts.differences[d.kind]++;
    r->counts.total++;
}

/* ---- one account ---- */

static struct str day_words(struct reconciling *r, int64_t day)
{
    return day_text(r->arena, day);
}

static void account_matched(struct reconciling *r, const struct roster_account *account, const struct roster_person *p, const struct roster_system *s)
{
    struct roster_difference d = {.person = p, .system = s, .account = account};
    if (has_left(r, p) && account->is_live) {
        d.kind = DIFFERENCE_LEAVER;
        d.lag_hours = p->last_day ? lifecycle_lag_hours(p->last_day, s->taken_ms) : 0;
        d.words = p->last_day ? arena_printf(r->arena, "left on %.*s", STR_ARGS(day_words(r, p->last_day))) : STR("has left");
        difference_add(r, d, account->name);
        d.lag_hours = 0;
    }
    if (account->created_day > 0 && p->first_day > 0 && account->created_day < p->first_day) {
        d.kind = DIFFERENCE_EARLY;
        d.words = arena_printf(r->arena, "made on %.*s, first day %.*s", STR_ARGS(day_words(r, account->created_day)), STR_ARGS(day_words(r, p->first_day)));
        difference_add(r, d, account->name);
    }
    if (account->display.size && !names_agree(account->display, p->name)) {
        d.kind = DIFFERENCE_NAME;
        d.words = arena_printf(r->arena, "the account says %.*s", STR_ARGS(account->display));
        difference_add(r, d, account->name);
    }
}

static void account_look(struct reconciling *r, const struct roster_account *account)
{
    const struct roster_person *p = person_find(r, account->person), *owner = person_find(r, account->owner);
    const struct roster_system *s = system_find(r, account->system);
    bool is_owned = !str_is(account->kind, "person") && owner && !has_left(r, owner);
    r->counts.accounts++;
    r->counts.live += account->is_live;
    r->counts.matched += p != NULL;
    r->counts.unmatched += p == NULL;
    if (!s)
        return;
    if (p)
        account_matched(r, account, p, s);
    else if (!is_owned)
        difference_add(r, (struct roster_difference){.kind = DIFFERENCE_ORPHAN, .system = s, .account = account,
                                                     .words = str_is(account->kind, "person") ? STR("nobody in the roster is matched to it") : STR("nobody who works here answers for it")},
                       account->name);
    if (p)
        r->pairs[r->pair_count++] = (struct pair){p->id, s->id, account};
}

/* ---- what a person has in a system ---- */

/* Pairs are sorted: several of one person and system stand beside each other. */
static void duplicates_look(struct reconciling *r)
{
    for (size_t i = 0, next; i < r->pair_count; i = next) {
        struct buf BUF_AUTO names;
        size_t live = 0;
        buf_init(&names, 4000);
        for (next = i; next < r->pair_count && str_equal(r->pairs[next].person, r->pairs[i].person) && str_equal(r->pairs[next].system, r->pairs[i].system); next++)
            if (r->pairs[next].account->is_live && str_is(r->pairs[next].account->kind, "person")) {
                buf_printf(&names, "%s%.*s", live ? ", " : "", STR_ARGS(str_slice(r->pairs[next].account->name, 0, 60)));
                live++;
            }
        if (live > 1)
            difference_add(r, (struct roster_difference){.kind = DIFFERENCE_DUPLICATE, .person = person_find(r, r->pairs[i].person), .system = system_find(r, r->pairs[i].system),
                                                         .words = arena_str(r->arena, buf_view(&names))},
                           r->pairs[i].person);
    }
}

static void missing_look(struct reconciling *r, const struct roster_system *s)
{
    const struct roster_facts *f = r->f;
    int64_t taken_day = day_of(s->taken_ms);
    if (s->taken_ms == 0 || s->account_for.size == 0 || str_is(s->account_for, "nobody"))
        return;
    for (size_t i = 0; i < f->person_count; i++) {
        const struct roster_person *p = r->persons[i];
        struct pair wanted = {p->id, s->id, NULL};
        bool is_here = !has_left(r, p) && p->first_day <= taken_day && (p->last_day == 0 || taken_day <= p->last_day);
        if (!is_here || (f->is_accounted && !f->is_accounted(f->context, p->kind)) || !account_is_expected(s->account_for, s->account_teams, p->department, p->team))
            continue;
        if (r->pair_count == 0 || !bsearch(&wanted, r->pairs, r->pair_count, sizeof *r->pairs, pair_order))
            difference_add(r, (struct roster_difference){.kind = DIFFERENCE_MISSING, .person = p, .system = s, .words = STR("an account is expected and not in the extract")}, p->id);
    }
}

void roster_reconcile(struct arena *a, const struct roster_facts *f, struct roster_difference **ret, size_t *ret_count, struct roster_counts *ret_counts)
{
    struct reconciling r = {.arena = a, .f = f};
    r.persons = arena_array(a, f->person_count + 1, sizeof *r.persons);
    r.systems = arena_array(a, f->system_count + 1, sizeof *r.systems);
    r.pairs = arena_array(a, f->account_count + 1, sizeof *r.pairs);
    for (size_t i = 0; i < f->person_count; i++) {
        r.persons[i] = &f->persons[i];
        r.counts.left += has_left(&r, &f->persons[i]);
    }
    for (size_t i = 0; i < f->system_count; i++)
        r.systems[i] = &f->systems[i];
    qsort(r.persons, f->person_count, sizeof *r.persons, person_order);
    qsort(r.systems, f->system_count, sizeof *r.systems, system_order);
    r.counts.persons = f->person_count;
    r.counts.present = f->person_count - r.counts.left;
    for (size_t i = 0; i < f->account_count; i++)
        account_look(&r, &f->accounts[i]);
    qsort(r.pairs, r.pair_count, sizeof *r.pairs, pair_order);
    duplicates_look(&r);
    for (size_t i = 0; i < f->system_count; i++)
        missing_look(&r, r.systems[i]);
    if (r.count)
        qsort(r.items, r.count, sizeof *r.items, difference_order);
    *ret = r.items;
    *ret_count = r.count;
    *ret_counts = r.counts;
}
