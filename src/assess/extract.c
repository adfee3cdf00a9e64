/* extract.c - who accounts belong to, and what an extract changes of what was known. */
#include "assess/extract.h"

#include "base/times.h"

#include <stdlib.h>

const char *account_kind_name(enum account_kind k)
{
    static const char *const names[] = {"person", "service", "shared", ""};
    return names[k];
}

const char *account_match_name(enum account_match m)
{
    static const char *const names[] = {"none", "email", "employee_no", "login", "name", "hand"};
    return names[m];
}

/* ---- matching ---- */

struct named {
    struct str key; /* small letters */
    struct str id;
};
/* What one person alone is called. */
struct names {
    struct named *items;
    size_t count;
};

static struct str folded(struct arena *a, struct str s)
{
    char *text = arena_strndup(a, s.data ? s.data : "", s.size);
    for (size_t i = 0; i < s.size; i++)
        text[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
    return str_make(text, s.size);
}

static int by_key(const void *x, const void *y)
{
    const struct named *p = x, *q = y;
    int c = str_compare(p->key, q->key);
    return c ? c : str_compare(p->id, q->id);
}

static void name_add(struct arena *a, struct names *n, struct str key, struct str id)
{
    key = str_trim(key);
    if (key.size > 0)
        n->items[n->count++] = (struct named){folded(a, key), id};
}

/* Sorted; what two people share names neither. */
static void names_close(struct names *n)
{
    size_t kept = 0;
    qsort(n->items, n->count, sizeof *n->items, by_key);
    for (size_t i = 0, end; i < n->count; i = end) {
        bool is_one = true;
        for (end = i + 1; end < n->count && str_equal(n->items[end].key, n->items[i].key); end++)
            is_one &= str_equal(n->items[end].id, n->items[i].id);
        if (is_one)
            n->items[kept++] = n->items[i];
    }
    n->count = kept;
}

static struct str names_find(const struct names *n, struct str key)
{
    size_t low = 0, high = n->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int c = str_compare(n->items[middle].key, key);
        if (c == 0)
            return n->items[middle].id;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return STR("");
}

struct roster {
    struct names emails, numbers, logins, locals, full, ids;
};

static struct str local_part(struct str email)
{
    ptrdiff_t at = str_find_char(email, '@');
    return at < 0 ? STR("") : str_slice(email, 0, (size_t)at);
}

static void roster_make(struct arena *a, struct roster *r, const struct extract_person *people, size_t count)
{
    struct names *all[] = {&r->emails, &r->numbers, &r->logins, &r->locals, &r->full, &r->ids};
    for (size_t i = 0; i < 6; i++)
        *all[i] = (struct names){arena_array(a, count + 1, sizeof(struct named)), 0};
    for (size_t i = 0; i < count; i++) {
        name_add(a, &r->emails, people[i].email, people[i].id);
        name_add(a, &r->numbers, people[i].employee_no, people[i].id);
        name_add(a, &r->logins, people[i].login, people[i].id);
        name_add(a, &r->locals, local_part(people[i].email), people[i].id);
        name_add(a, &r->full, people[i].name, people[i].id);
        name_add(a, &r->ids, people[i].id, people[i].id);
    }
    for (size_t i = 0; i < 6; i++)
        names_close(all[i]);
}

static bool take(struct extract_row *row, struct str found, enum account_match rule)
{
    if (found.size == 0)
        return false;
    row->person = found;
    row->match = rule;
    return true;
}

/* Somebody as a file names them: e-mail, id, login, or full name. */
static struct str person_named(struct arena *a, const struct roster *r, struct str text)
{
    struct str key = folded(a, text), found = STR("");
    const struct names *const all[] = {&r->emails, &r->ids, &r->logins, &r->locals, &r->full};
    for (size_t i = 0; i < 5 && key.size > 0 && found.size == 0; i++)
        found = names_find(all[i], key);
    return found;
}

static void row_match(struct arena *a, const struct roster *r, struct extract_row *row)
{
    struct str name = folded(a, row->name), email = folded(a, row->email);
    row->owner = person_named(a, r, row->owner_text);
    row->granted_by = person_named(a, r, row->granted_text);
    row->person = STR("");
    row->match = MATCH_NONE;
    if (take(row, names_find(&r->emails, email), MATCH_EMAIL) || take(row, names_find(&r->emails, name), MATCH_EMAIL))
        return;
    if (row->kind == ACCOUNT_SERVICE || row->kind == ACCOUNT_SHARED)
        return;
    if (row->employee_no.size > 0 && take(row, names_find(&r->numbers, folded(a, row->employee_no)), MATCH_EMPLOYEE_NO))
        return;
    if (take(row, names_find(&r->logins, name), MATCH_LOGIN) || take(row, names_find(&r->locals, name), MATCH_LOGIN))
        return;
    if (row->display.size > 0)
        (void)take(row, names_find(&r->full, folded(a, row->display)), MATCH_NAME);
}

void extract_match(struct extract *x, const struct extract_person *people, size_t count)
{
    struct roster r;
    roster_make(x->arena, &r, people, count);
    for (size_t i = 0; i < x->count; i++)
        row_match(x->arena, &r, &x->rows[i]);
}

bool extract_people(struct db *db, struct arena *a, struct record_types *types, struct extract_person **ret, size_t *ret_count, struct err *e)
{
    const struct record_type *t = record_types_find(types, STR("person"));
    bool has_number = t && record_type_field(t, STR("employee_no")), has_login = t && record_type_field(t, STR("login"));
    size_t capacity = 0;
    *ret = NULL;
    *ret_count = 0;
    struct str sql = arena_printf(a, "select p.id, p.name, p.email, %s, coalesce(%s, (select max(k.login) from account k where k.person = p.id), '') from people p order by p.id",
                                  has_number ? "p.employee_no" : "''", has_login ? "p.login" : "null");
    DB_EACH (row, db, e, db_known(db, sql)) {
        if (*ret_count == capacity)
            *ret = arena_grow(a, *ret, *ret_count, &capacity, sizeof **ret);
        (*ret)[(*ret_count)++] = (struct extract_person){arena_str(a, db_text(row, 0)), arena_str(a, db_text(row, 1)), arena_str(a, db_text(row, 2)),
                                                         arena_str(a, db_text(row, 3)), arena_str(a, db_text(row, 4))};
    }
    return e->code == ERR_NONE;
}

/* ---- comparing ---- */

struct was {
    struct str id, key;
    int64_t version;
    bool is_gone;
    struct str texts[6]; /* display, email, employee_no, rights, last_used_on, created_on */
    int64_t flags[4];    /* privileged, enabled, second_factor, never_used; -1 null */
    struct str kind, owner, granted_by, person, match;
    bool is_seen;
};
static const char *const text_fields[] = {"display", "email", "employee_no", "rights", "last_used_on", "created_on"};
static const char *const flag_fields[] = {"privileged", "enabled", "second_factor", "never_used"};

struct planning {
    struct db *db;
    struct arena *a;
    const struct extract *x;
    const struct extract_facts *f;
    struct extract_plan *plan;
    struct was *was;
    size_t was_count, capacity;
    struct str today;
};

static bool was_load(struct planning *p, struct err *e)
{
    struct arena *a = p->a;
    size_t capacity = 0;
    DB_EACH (row, p->db, e,
             "select id, \"key\", version, state = 'gone', display, email, employee_no, rights, last_used_on, created_on, privileged, enabled, second_factor, never_used, kind, owner, "
             "granted_by, person, matched_by from system_accounts where system = ?1",
             A(p->f->system)) {
        if (p->was_count == capacity)
            p->was = arena_grow(a, p->was, p->was_count, &capacity, sizeof *p->was);
        struct was *w = &p->was[p->was_count++];
        *w = (struct was){.id = arena_str(a, db_text(row, 0)), .key = arena_str(a, db_text(row, 1)), .version = db_int(row, 2), .is_gone = db_int(row, 3) != 0};
        for (int i = 0; i < 6; i++)
            w->texts[i] = arena_str(a, db_text(row, 4 + i));
        for (int i = 0; i < 4; i++)
            w->flags[i] = db_is_null(row, 10 + i) ? -1 : db_int(row, 10 + i);
        w->kind = arena_str(a, db_text(row, 14));
        w->owner = arena_str(a, db_text(row, 15));
        w->granted_by = arena_str(a, db_text(row, 16));
        w->person = arena_str(a, db_text(row, 17));
        w->match = arena_str(a, db_text(row, 18));
        p->plan->present += !w->is_gone;
    }
    return e->code == ERR_NONE;
}

static int was_by_key(const void *x, const void *y)
{
    const struct was *p = x, *q = y;
    return str_compare(p->key, q->key);
}

static struct was *was_find(struct planning *p, struct str key)
{
    struct was wanted = {.key = key};
    return p->was_count ? bsearch(&wanted, p->was, p->was_count, sizeof *p->was, was_by_key) : NULL;
}

static struct record_change *change_add(struct planning *p, const char *type, enum record_act act)
{
    struct extract_plan *plan = p->plan;
    if (plan->count == p->capacity)
        plan->changes = arena_grow(p->a, plan->changes, plan->count, &p->capacity, sizeof *plan->changes);
    struct record_change *c = &plan->changes[plan->count++];
    *c = (struct record_change){.type = str_of(type), .act = act, .set = json_object(p->a)};
    return c;
}

static void put_text(struct json *set, const char *field, struct str now, struct str was)
{
    if (!now.data || str_equal(now, was))
        return;
    if (now.size > 0)
        json_put_str(set, field, now);
    else if (was.size > 0)
        json_put_null(set, field);
}

static void put_known(struct json *set, const char *field, enum known now, int64_t was)
{
    if (now != KNOWN_NOT && was != (now == KNOWN_YES))
        json_put_bool(set, field, now == KNOWN_YES);
}

/* What a person said by hand stays: whose it is, what kind, who answers for it. */
static void put_belonging(struct json *set, const struct extract_row *row, const struct was *w)
{
    bool is_by_hand = w && str_is(w->match, "hand");
    if (!is_by_hand) {
        put_text(set, "person", row->person, w ? w->person : STR(""));
        const char *rule = account_match_name(row->match);
        if (!w || !str_is(w->match, rule))
            json_put_cstr(set, "matched_by", rule);
    }
    if (row->owner.size > 0)
        put_text(set, "owner", row->owner, w ? w->owner : STR(""));
    if (row->granted_by.size > 0)
        put_text(set, "granted_by", row->granted_by, w ? w->granted_by : STR(""));
    if (!w || (w->kind.size == 0 && row->kind != ACCOUNT_KIND_NOT_SAID))
        json_put_cstr(set, "kind", account_kind_name(row->kind == ACCOUNT_KIND_NOT_SAID ? ACCOUNT_PERSON : row->kind));
}

static void put_values(struct planning *p, struct json *set, const struct extract_row *row, const struct was *w)
{
    static const struct was nothing = {.flags = {-1, -1, -1, -1}};
    const struct was *v = w ? w : &nothing;
    struct str last = row->last_used_day == DAY_NONE ? (struct str){NULL, 0} : day_text(p->a, row->last_used_day);
    struct str created = row->created_day == DAY_NONE ? (struct str){NULL, 0} : day_text(p->a, row->created_day);
    const struct str texts[] = {row->display, row->email, row->employee_no, row->rights, last, created};
    const enum known flags[] = {row->privileged, row->enabled, row->second_factor, row->never_used};
    for (int i = 0; i < 6; i++)
        put_text(set, text_fields[i], texts[i], v->texts[i]);
    for (int i = 0; i < 4; i++)
        put_known(set, flag_fields[i], flags[i], v->flags[i]);
    put_belonging(set, row, w);
}

static void row_plan(struct planning *p, const struct extract_row *row)
{
    struct extract_plan *plan = p->plan;
    struct str key = arena_printf(p->a, "%.*s/%.*s", STR_ARGS(p->f->system), STR_ARGS(row->name));
    struct was *w = was_find(p, key);
    plan->matched += row->match != MATCH_NONE;
    if (!w) {
        struct json *set = change_add(p, "system_account", RECORD_CREATE)->set;
        json_put_str(set, "key", key);
        json_put_str(set, "system", p->f->system);
        json_put_str(set, "name", row->name);
        put_values(p, set, row, NULL);
        json_put_cstr(set, "extract", "new:1");
        plan->added++;
        return;
    }
    struct json *set = json_object(p->a);
    w->is_seen = true;
    put_values(p, set, row, w);
    if (set->count == 0 && !w->is_gone)
        return;
    json_put_cstr(set, "extract", "new:1");
    struct record_change *c = change_add(p, "system_account", w->is_gone ? RECORD_MOVE : RECORD_CHANGE);
    c->id = w->id;
    c->version = w->version;
    c->set = set;
    if (w->is_gone) {
        c->transition = STR("return");
        json_put_null(set, "gone_on");
        plan->added++;
    } else {
        plan->changed++;
    }
}

static void gone_plan(struct planning *p)
{
    for (size_t i = 0; i < p->was_count; i++) {
        const struct was *w = &p->was[i];
        if (w->is_seen || w->is_gone)
            continue;
        struct record_change *c = change_add(p, "system_account", RECORD_MOVE);
        c->id = w->id;
        c->version = w->version;
        c->transition = STR("vanish");
        json_put_str(c->set, "gone_on", p->today);
        json_put_cstr(c->set, "extract", "new:1");
        p->plan->gone++;
    }
}

/* Those that were broken off: the list that comes now takes their place. */
static void broken_off_put(struct planning *p, struct err *e)
{
    DB_EACH (row, p->db, e, "select id, version from account_extracts where system = ?1 and state = 'reading' order by id limit 100", A(p->f->system)) {
        struct record_change *c = change_add(p, "account_extract", RECORD_MOVE);
        c->id = arena_str(p->a, db_text(row, 0));
        c->version = db_int(row, 1);
        c->transition = STR("abandon");
        c->why = STR("the list was brought again");
    }
}

static void put_if(struct json *set, const char *field, struct str value)
{
    if (value.size > 0)
        json_put_str(set, field, value);
}

static void extract_put(struct planning *p, struct json *set, struct str system_name)
{
    const struct extract_facts *f = p->f;
    json_put_str(set, "title", arena_printf(p->a, "%.*s, %.*s", STR_ARGS(str_slice(system_name, 0, 150)), STR_ARGS(p->today)));
    json_put_str(set, "system", f->system);
    json_put_cstr(set, "source", f->source);
    json_put_str(set, "query", f->query);
    json_put_str(set, "complete", f->complete);
    json_put_int(set, "taken_at", f->taken_ms);
    put_if(set, "taken_by", f->taken_by);
    json_put_int(set, "rows", (int64_t)p->x->count);
    json_put_str(set, "digest", p->x->digest);
    put_if(set, "subject", f->subject);
    put_if(set, "captures", f->captures);
    json_put_int(set, "added", p->plan->added);
    json_put_int(set, "changed_rows", p->plan->changed);
    json_put_int(set, "gone", p->plan->gone);
    json_put_int(set, "matched", p->plan->matched);
}

bool extract_plan(struct db *db, struct arena *a, struct record_types *types, const struct extract *x, const struct extract_facts *f, struct extract_plan *ret,
                  struct err *e)
{
    struct planning p = {.db = db, .a = a, .x = x, .f = f, .plan = ret, .today = day_text(a, day_of(f->taken_ms))};
    const struct record_type *t = record_types_find(types, STR("system"));
    *ret = (struct extract_plan){0};
    struct record *system = t ? record_get_brief(db, a, t, f->system, INT64_MAX, e) : NULL;
    if (!system || system->is_deleted || str_is(system->state, "retired"))
        return err_set(e, ERR_INVALID, "system: %.*s is no system in use", STR_ARGS(str_slice(f->system, 0, 60)));
    int64_t newer = db_one_int(db, e, 0, "select max(taken_at) from account_extracts where system = ?1 and state = 'taken'", A(f->system));
    if (e->code || newer > f->taken_ms) {
        char text[TIME_TEXT_SIZE];
        return e->code == ERR_NONE && err_set(e, ERR_INVALID, "taken: there is an extract of %s already; an older one would bring back what is gone", time_format(newer, text));
    }
    if (!was_load(&p, e))
        return false;
    if (p.was_count)
        qsort(p.was, p.was_count, sizeof *p.was, was_by_key);
    struct json *set = change_add(&p, "account_extract", RECORD_CREATE)->set;
    for (size_t i = 0; i < x->count; i++)
        row_plan(&p, &x->rows[i]);
    gone_plan(&p);
    broken_off_put(&p, e);
    if (e->code)
        return false;
    extract_put(&p, set, record_title(system));
    ret->needs_yes = ret->gone > 10 && ret->gone * EXTRACT_GONE_SHARE > ret->present;
    return true;
}

struct json *extract_plan_json(struct arena *a, const struct extract *x, const struct extract_plan *p)
{
    struct json *o = json_object(a);
    int64_t rules[6] = {0};
    for (size_t i = 0; i < x->count; i++)
        rules[x->rows[i].match]++;
    json_put_int(o, "accounts", (int64_t)x->count);
    json_put_int(o, "before", p->present);
    json_put_int(o, "added", p->added);
    json_put_int(o, "changed", p->changed);
    json_put_int(o, "gone", p->gone);
    json_put_int(o, "matched", p->matched);
    json_put_bool(o, "needs_yes", p->needs_yes);
    json_put_str(o, "digest", x->digest.data ? x->digest : STR(""));
    struct json *by = json_put_object(o, "by");
    for (int i = MATCH_NONE; i < MATCH_HAND; i++)
        json_put_int(by, account_match_name((enum account_match)i), rules[i]);
    json_put(o, "columns", x->columns);
    json_put(o, "problems", x->problems);
    return o;
}

/* ---- sending ---- */

static bool part_send(const struct env *env, struct arena *a, struct record_change *changes, size_t count, const struct access *x, extract_submit *submit, void *context,
                      struct json **ret_answer, struct err *e)
{
    struct op op = {0};
    return record_op(env, a, changes, count, x, &op, e) && submit(context, &op, ret_answer, e);
}

/* "new:1" in what comes after the first operation: its id is known by then. */
static void name_extract(struct record_change *changes, size_t count, struct str id)
{
    for (size_t i = 0; i < count; i++)
        JSON_EACH (v, changes[i].set)
            if (str_is(v->key, "extract"))
                v->text = id;
}

bool extract_write(struct db *db, const struct env *env, struct arena *a, const struct extract_facts *f, struct extract_plan *p, const struct access *x, extract_submit *submit,
                   void *context, struct str *ret_id, struct err *e)
{
    struct record_change *first = &p->changes[0];
    struct op_blob *blob = ARENA_NEW(a, struct op_blob);
    struct json *answer, *file;
    if (f->file.size > 0) {
        if (!record_seal_file(env, a, f->file_name, "text/csv", f->file, blob, &file, e))
            return false;
        json_push(json_put_array(first->set, "files"), file);
        first->files = blob;
        first->file_count = 1;
    }
    if (!record_number(db, a, p->changes, p->count < EXTRACT_OP_CHANGES_MAX ? p->count : EXTRACT_OP_CHANGES_MAX, e))
        return false;
    for (size_t done = 0; done < p->count;) {
        size_t count = p->count - done < EXTRACT_OP_CHANGES_MAX ? p->count - done : EXTRACT_OP_CHANGES_MAX;
        if (done > 0)
            name_extract(p->changes + done, count, *ret_id);
        if (!part_send(env, a, p->changes + done, count, x, submit, context, &answer, e))
            return done ? err_wrap(e, "%zu of %zu changes are recorded; bring the file again for the others", done, p->count) : false;
        if (done == 0)
            *ret_id = arena_str(a, json_text(json_at(json_get(answer, "records"), 0), "id"));
        done += count;
    }
    struct record_change all = {.type = STR("account_extract"), .id = *ret_id, .act = RECORD_MOVE, .version = 1, .transition = STR("finish"), .set = json_object(a)};
    return part_send(env, a, &all, 1, x, submit, context, &answer, e) || err_wrap(e, "all accounts are recorded, that it is all is not; bring the list again");
}
