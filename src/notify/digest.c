#include "notify/digest.h"

#include "base/times.h"
#include "record/due.h"

#include <stdlib.h>

struct person {
    struct str id, name, email, delegate;
    bool is_here;   /* has not left */
    bool is_away;   /* today */
    struct digest digest;
    size_t capacity;
    bool is_due;
};

struct collection {
    struct db *db;
    struct arena *arena;
    int64_t today;
    struct person *people; /* by id */
    size_t person_count;
};

/* ---- people ---- */

static bool people_load(struct collection *c, struct err *e)
{
    size_t capacity = 0;
    struct str today = day_text(c->arena, c->today);
    DB_EACH (row, c->db, e,
             "select id, name, email, delegate, state = 'active', coalesce(away_from <= ?1 and ?1 <= coalesce(away_until, away_from), 0) from people order by id", A(today)) {
        if (c->person_count == capacity)
            c->people = arena_grow(c->arena, c->people, c->person_count, &capacity, sizeof *c->people);
        struct person *p = &c->people[c->person_count++];
        *p = (struct person){.id = arena_str(c->arena, db_text(row, 0)), .name = arena_str(c->arena, db_text(row, 1)),
                             .email = arena_str(c->arena, db_text(row, 2)), .delegate = arena_str(c->arena, db_text(row, 3)),
                             .is_here = db_int(row, 4) != 0, .is_away = db_int(row, 5) != 0};
        p->digest = (struct digest){.person = p->id, .name = p->name, .email = p->email};
    }
    return e->code == ERR_NONE;
}

static struct person *person_find(struct collection *c, struct str id)
{
    size_t low = 0, high = c->person_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(id, c->people[middle].id);
        if (order == 0)
            return &c->people[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static void person_tell(struct collection *c, struct person *p, const struct digest_item *item)
{
    if (!p || !p->is_here)
        return;
    p->is_due = p->is_due || item->is_reminder;
    for (size_t i = 0; i < p->digest.item_count; i++)
        if (p->digest.items[i].type == item->type && str_equal(p->digest.items[i].id, item->id)) {
            if (item->is_reminder)
                p->digest.items[i].text = item->text;
            p->digest.items[i].is_reminder |= item->is_reminder;
            if (item->is_reminder)
                p->digest.items[i].text = item->text;
            return;
        }
    if (p->digest.item_count == DIGEST_ITEMS_MAX) {
        p->digest.more_count++;
        return;
    }
    if (p->digest.item_count == p->capacity)
        p->digest.items = arena_grow(c->arena, p->digest.items, p->digest.item_count, &p->capacity, sizeof *p->digest.items);
    p->digest.items[p->digest.item_count++] = *item;
}

/* The person, and whoever stands in while they are away; one step, not a chain. */
static void tell(struct collection *c, struct str id, const struct digest_item *item)
{
    struct person *p = id.size > 0 ? person_find(c, id) : NULL;
    person_tell(c, p, item);
    if (p && p->is_away && p->delegate.size > 0)
        person_tell(c, person_find(c, p->delegate), item);
}

/* ---- records ---- */

/* "{title} is due on {due_on}" with the values of this record. */
static struct str reminder_text(struct arena *a, const char *text, const struct record_type *t, const struct due_item *r)
{
    struct buf b BUF_AUTO;
    struct str rest = str_of(text), name;
    buf_init(&b, 4000);
    while (rest.size > 0) {
        struct str before;
        bool is_open = str_cut(&rest, '{', &before);
        buf_str(&b, before);
        if (!is_open)
            break;
        str_cut(&rest, '}', &name);
        if (str_is(name, "id"))
            buf_str(&b, r->id);
        else if (str_is(name, "title") || str_is(name, t->title_field))
            buf_str(&b, r->title);
        else
            buf_str(&b, day_text(a, r->due_day));
    }
    return arena_str(a, buf_view(&b));
}

static bool tell_role(struct collection *c, struct str role, const struct digest_item *item, struct err *e)
{
    DB_EACH (row, c->db, e, "select a.person from account_role r join account a on a.id = r.account where r.role = ?1 and a.state = 'active' and a.person != ''", A(role))
        tell(c, db_text(row, 0), item);
    return e->code == ERR_NONE;
}

static bool fires(const struct record_reminder *r, int64_t days_late)
{
    for (size_t i = 0; i < r->day_count; i++)
        if (r->days[i] == days_late)
            return true;
    return false;
}

static bool record_tell(struct collection *c, const struct record_type *t, const struct due_item *r, struct err *e)
{
    struct person *owner = person_find(c, r->owner);
    struct digest_item item = {.type = t, .id = r->id, .title = r->title, .due_day = r->due_day, .owner_name = owner ? owner->name : STR("nobody")};
    int64_t late = c->today - r->due_day;
    item.text = arena_printf(c->arena, "%.*s", STR_ARGS(r->title));
    tell(c, r->owner, &item);
    for (size_t i = 0; i < t->reminder_count; i++) {
        const struct record_reminder *reminder = &t->reminders[i];
        if (strcmp(reminder->field, t->due_field) != 0 || !fires(reminder, late))
            continue;
        item.is_reminder = true;
        item.text = reminder_text(c->arena, reminder->text, t, r);
        for (size_t k = 0; k < reminder->to.count; k++) {
            const char *who = reminder->to.items[k];
            if (who[0] != '@' && !tell_role(c, str_of(who), &item, e))
                return false;
            if (strcmp(who, "@author") == 0 || strcmp(who + (who[0] == '@'), t->owner_field) == 0)
                tell(c, strcmp(who, "@author") == 0 ? r->author : r->owner, &item);
        }
    }
    if (r->escalate_to.size > 0 && late >= r->escalate_days && late > 0) {
        item.is_escalated = true;
        item.is_reminder = late == (r->escalate_days > 0 ? r->escalate_days : 1);
        tell(c, r->escalate_to, &item);
    }
    return true;
}

/* ---- policies to be signed ---- */

static int64_t sign_days(struct collection *c, struct err *e)
{
    const struct parameter *p = content_parameter(STR("acknowledgement_version_days"));
    struct str value = db_one_text(c->arena, c->db, e, "select value from parameter where name = 'acknowledgement_version_days' order by leaf desc limit 1");
    int64_t days = 30;
    if (!str_to_int64(value.size || !p ? value : str_of(p->default_value), &days))
        days = 30;
    return days;
}

/* Nobody stands in for signing. */
static bool policies_tell(struct collection *c, const struct record_type *t, struct err *e)
{
    int64_t days = sign_days(c, e);
    DB_EACH (row, c->db, e, "select person, policy, title, t from policy_duty where signed_leaf is null") {
        int64_t since = day_of(db_int(row, 3)), due = since + days, late = c->today - due;
        struct digest_item item = {.type = t, .due_day = due, .is_reminder = c->today == since + 1 || late == -7 || (late >= 0 && late % 7 == 0)};
        if (!item.is_reminder && late < -DIGEST_AHEAD_DAYS)
            continue;
        item.id = arena_str(c->arena, db_text(row, 1));
        item.title = arena_str(c->arena, db_text(row, 2));
        item.text = arena_printf(c->arena, "Read and sign: %.*s", STR_ARGS(item.title));
        item.path = arena_printf(c->arena, "/handbook/%.*s", STR_ARGS(item.id));
        item.owner_name = STR("");
        person_tell(c, person_find(c, db_text(row, 0)), &item);
    }
    return e->code == ERR_NONE;
}

/* ---- */

static int compare_items(const void *a, const void *b)
{
    const struct digest_item *x = a, *y = b;
    int order = (x->due_day > y->due_day) - (x->due_day < y->due_day);
    return order ? order : str_compare(x->id, y->id);
}

/* Leaves out what is neither due within a week nor reminded of. */
static void digest_trim(struct digest *d, int64_t today)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->item_count; i++)
        if (d->items[i].is_reminder || d->items[i].due_day <= today + DIGEST_AHEAD_DAYS)
            d->items[kept++] = d->items[i];
    d->item_count = kept;
    if (kept)
        qsort(d->items, kept, sizeof *d->items, compare_items);
}

bool digests_due(struct db *db, struct arena *a, const struct record_type *const *types, size_t type_count, int64_t today, struct digest **ret,
                 size_t *ret_count, struct err *e)
{
    struct collection c = {.db = db, .arena = a, .today = today};
    struct err inner = {0};
    struct due_query q = {.to_day = today + 366, .leaf_limit = INT64_MAX};
    struct due_item *items;
    size_t item_count = 0;
    bool ok = people_load(&c, &inner) && due_list(db, a, types, type_count, &q, &items, &item_count, &inner);
    for (size_t i = 0; i < item_count && ok; i++)
        ok = record_tell(&c, items[i].type, &items[i], &inner);
    for (size_t i = 0; i < type_count && ok; i++)
        if (strcmp(types[i]->id, "policy") == 0)
            ok = policies_tell(&c, types[i], &inner);
    if (!ok) {
        *e = inner;
        return false;
    }
    *ret = arena_array(a, c.person_count + 1, sizeof **ret);
    *ret_count = 0;
    for (size_t i = 0; i < c.person_count; i++)
        if (c.people[i].is_due && c.people[i].email.size > 0) {
            digest_trim(&c.people[i].digest, today);
            (*ret)[(*ret_count)++] = c.people[i].digest;
        }
    return true;
}

static void part_write(const struct digest *d, int64_t today, int64_t from_day, int64_t to_day, const char *heading, struct str base_url, struct buf *out)
{
    bool is_begun = false;
    for (size_t i = 0; i < d->item_count; i++) {
        const struct digest_item *item = &d->items[i];
        char date[TIME_TEXT_SIZE];
        if (item->due_day < from_day || item->due_day > to_day)
            continue;
        if (!is_begun)
            buf_printf(out, "%s\n", heading);
        is_begun = true;
        buf_printf(out, "- %s  %.*s", time_format_date(item->due_day * MS_DAY, date), STR_ARGS(item->text));
        if (item->due_day < today)
            buf_printf(out, " (%lld %s late)", (long long)(today - item->due_day), today - item->due_day == 1 ? "day" : "days");
        if (item->is_escalated)
            buf_printf(out, ", owner: %.*s", STR_ARGS(item->owner_name));
        if (item->path.size)
            buf_printf(out, "\n  %.*s%.*s\n", STR_ARGS(base_url), STR_ARGS(item->path));
        else
            buf_printf(out, "\n  %.*s/records/%s/%.*s\n", STR_ARGS(base_url), item->type->id, STR_ARGS(item->id));
    }
    if (is_begun)
        buf_char(out, '\n');
}

void digest_write(const struct digest *d, int64_t today, struct str base_url, struct buf *ret_text, struct buf *ret_subject)
{
    size_t late = 0;
    for (size_t i = 0; i < d->item_count; i++)
        late += d->items[i].due_day < today;
    buf_printf(ret_subject, "%zu due", d->item_count + d->more_count);
    if (late)
        buf_printf(ret_subject, ", %zu overdue", late);
    buf_printf(ret_text, "%.*s,\n\nthis is what waits for you in Assay.\n\n", STR_ARGS(d->name));
    part_write(d, today, INT64_MIN, today - 1, "OVERDUE", base_url, ret_text);
    part_write(d, today, today, today, "TODAY", base_url, ret_text);
    part_write(d, today, today + 1, INT64_MAX, "SOON", base_url, ret_text);
    if (d->more_count)
        buf_printf(ret_text, "And %zu more: %.*s/my\n", d->more_count, STR_ARGS(base_url));
    buf_printf(ret_text, "Everything of yours: %.*s/my\n", STR_ARGS(base_url));
}
