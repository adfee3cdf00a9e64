#include "assess/access_flags.h"

#include <stdlib.h>

static const struct {
    unsigned flag;
    int weight;
    const char *name, *words;
} known_flags[ACCESS_FLAGS] = {
    {ACCESS_LEAVER, 400, "leaver", "has left"},
    {ACCESS_DUTY_CONFLICT, 200, "conflict", "duties conflict"},
    {ACCESS_ORPHAN, 100, "orphan", "belongs to nobody"},
    {ACCESS_NO_OWNER, 60, "no_owner", "nobody answers for it"},
    {ACCESS_DORMANT, 40, "dormant", "dormant"},
    {ACCESS_PRIVILEGED, 20, "privileged", "privileged"},
    {ACCESS_USE_UNKNOWN, 8, "use_unknown", "last use unknown"},
    {ACCESS_NOT_REVIEWED, 4, "not_reviewed", "not reviewed last time"},
    {ACCESS_NEW, 2, "new", "new"},
};

const char *access_flag_name(unsigned flag)
{
    for (int i = 0; i < ACCESS_FLAGS; i++)
        if (known_flags[i].flag == flag)
            return known_flags[i].name;
    return "";
}

const char *access_flag_words(unsigned flag)
{
    for (int i = 0; i < ACCESS_FLAGS; i++)
        if (known_flags[i].flag == flag)
            return known_flags[i].words;
    return "";
}

unsigned access_flag_of(struct str name)
{
    for (int i = 0; i < ACCESS_FLAGS; i++)
        if (str_is(name, known_flags[i].name))
            return known_flags[i].flag;
    return 0;
}

struct str access_flags_text(struct arena *a, unsigned flags)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 300);
    for (int i = 0; i < ACCESS_FLAGS; i++)
        if (flags & known_flags[i].flag)
            buf_printf(&b, "%s%s", buf_view(&b).size ? " " : "", known_flags[i].name);
    return arena_str(a, buf_view(&b));
}

int64_t access_flags_weight(unsigned flags)
{
    int64_t weight = 0;
    for (int i = 0; i < ACCESS_FLAGS; i++)
        weight += flags & known_flags[i].flag ? known_flags[i].weight : 0;
    return weight;
}

/* A day to come is a clock that was wrong: it says nothing. */
static unsigned use_flags(const struct access_account *x, int64_t today, int64_t dormant_days)
{
    bool is_known = x->last_used_day != DAY_NONE && x->last_used_day <= today + 1;
    if (x->enabled == KNOWN_NO)
        return 0; /* nobody can use it */
    if (is_known)
        return today - x->last_used_day > dormant_days ? ACCESS_DORMANT : 0;
    if (x->never_used == KNOWN_YES) {
        bool is_young = x->created_day != DAY_NONE && today - x->created_day <= dormant_days;
        return is_young ? 0 : ACCESS_DORMANT;
    }
    return ACCESS_USE_UNKNOWN;
}

unsigned access_flags(const struct access_account *x, int64_t today, int64_t dormant_days)
{
    unsigned flags = use_flags(x, today, dormant_days);
    bool is_person = x->kind == ACCOUNT_PERSON || x->kind == ACCOUNT_KIND_NOT_SAID;
    if (x->has_person && x->has_person_left && x->enabled != KNOWN_NO)
        flags |= ACCESS_LEAVER;
    if (is_person && !x->has_person)
        flags |= ACCESS_ORPHAN;
    if (!is_person && x->enabled != KNOWN_NO && (!x->has_owner || x->has_owner_left))
        flags |= ACCESS_NO_OWNER;
    if (x->privileged == KNOWN_YES)
        flags |= ACCESS_PRIVILEGED;
    if (x->has_conflict)
        flags |= ACCESS_DUTY_CONFLICT;
    if (x->has_last_review && !x->was_there_then)
        flags |= ACCESS_NEW;
    if (x->has_last_review && x->was_there_then && !x->was_decided_then)
        flags |= ACCESS_NOT_REVIEWED;
    return flags;
}

/* ---- the duty matrix ---- */

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool access_right_matches(struct str pattern, struct str right)
{
    size_t p = 0, r = 0, star = SIZE_MAX, mark = 0;
    while (r < right.size) {
        if (p < pattern.size && pattern.data[p] == '*') {
            star = p++;
            mark = r;
        } else if (p < pattern.size && small(pattern.data[p]) == small(right.data[r])) {
            p++;
            r++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            r = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '*')
        p++;
    return p == pattern.size;
}

struct right {
    struct str system, text;
    size_t account;
};
struct rights {
    struct right *items;
    size_t count, capacity;
};

static void rights_add(struct arena *a, struct rights *r, struct right one)
{
    if (r->count == r->capacity)
        r->items = arena_grow(a, r->items, r->count, &r->capacity, sizeof *r->items);
    r->items[r->count++] = one;
}

static void rights_of(struct arena *a, const struct held *h, size_t account, struct rights *r)
{
    struct str rest = h->rights, one;
    bool is_more = rest.size > 0;
    while (is_more) {
        is_more = str_cut(&rest, ',', &one);
        one = str_trim(one);
        if (one.size > 0)
            rights_add(a, r, (struct right){h->system, one, account});
    }
    if (h->is_privileged)
        rights_add(a, r, (struct right){h->system, STR("privileged"), account});
}

static bool is_side(const struct right *r, struct str system, struct str pattern)
{
    return (system.size == 0 || str_equal(system, r->system)) && access_right_matches(pattern, r->text);
}

static bool is_same_right(const struct right *x, const struct right *y)
{
    return str_equal(x->system, y->system) && str_equal(x->text, y->text);
}

/* Does the rights' holder have another right that is the other side of this one? */
static bool has_other_side(const struct rights *r, const struct right *one, const struct duty_rule *rule)
{
    bool is_left = is_side(one, rule->left_system, rule->left_right), is_right = is_side(one, rule->right_system, rule->right_right);
    for (size_t i = 0; (is_left || is_right) && i < r->count; i++) {
        const struct right *other = &r->items[i];
        if (is_same_right(one, other))
            continue;
        if ((is_left && is_side(other, rule->right_system, rule->right_right)) || (is_right && is_side(other, rule->left_system, rule->left_right)))
            return true;
    }
    return false;
}

static void holder_check(struct arena *a, struct held **accounts, size_t count, const struct duty_rule *rules, size_t rule_count)
{
    struct rights r = {0};
    for (size_t i = 0; i < count; i++)
        rights_of(a, accounts[i], i, &r);
    for (size_t k = 0; k < rule_count; k++) {
        size_t told = SIZE_MAX; /* rights stand account by account */
        for (size_t i = 0; i < r.count; i++) {
            struct held *h = accounts[r.items[i].account];
            if (r.items[i].account == told || !has_other_side(&r, &r.items[i], &rules[k]))
                continue;
            told = r.items[i].account;
            h->conflicts = h->conflicts.size ? arena_printf(a, "%.*s; %.*s %.*s", STR_ARGS(h->conflicts), STR_ARGS(rules[k].id), STR_ARGS(rules[k].title))
                                             : arena_printf(a, "%.*s %.*s", STR_ARGS(rules[k].id), STR_ARGS(rules[k].title));
        }
    }
}

static int by_holder(const void *x, const void *y)
{
    const struct held *const *p = x, *const *q = y;
    int c = str_compare((*p)->holder, (*q)->holder);
    return c ? c : *p < *q ? -1 : *p > *q;
}

void access_conflicts(struct arena *a, struct held *accounts, size_t count, const struct duty_rule *rules, size_t rule_count)
{
    struct held **sorted = arena_array(a, count + 1, sizeof *sorted);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &accounts[i];
        accounts[i].conflicts = STR("");
    }
    if (rule_count == 0 || count == 0)
        return;
    qsort(sorted, count, sizeof(struct held *), by_holder);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && str_equal(sorted[end]->holder, sorted[i]->holder); end++) {
        }
        holder_check(a, sorted + i, end - i, rules, rule_count);
    }
}
