#include "report/people_kept.h"

#include "base/times.h"
#include "crypto/crypto.h"
#include "report/people_internal.h"
#include "report/view_kept.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { CHANGED_MAX = 300, SNAPSHOT_BYTES_MAX = 512 << 20 };

struct snapshot {
    atomic_int holders;
    struct arena *arena; /* owns this and all below */
    int64_t day;
    struct people_book book;
};

struct people_kept {
    pthread_mutex_t mutex; /* guards all of it */
    struct snapshot *newest;
    struct ledger_place place; /* up to which it holds */
};

static void snapshot_release(void *context)
{
    struct snapshot *s = context;
    if (s && atomic_fetch_sub(&s->holders, 1) == 1)
        arena_free(s->arena);
}

struct people_kept *people_kept_new(void)
{
    struct people_kept *k = calloc(1, sizeof(*k));
    if (k)
        pthread_mutex_init(&k->mutex, NULL);
    return k;
}

struct people_kept *people_kept_free(struct people_kept *k)
{
    if (k) {
        snapshot_release(k->newest);
        pthread_mutex_destroy(&k->mutex);
    }
    free(k);
    return NULL;
}

/* ---- a snapshot of a book ---- */

static struct str moved(char **at, struct str s)
{
    char *start = *at;
    if (s.size)
        memcpy(start, s.data, s.size);
    start[s.size] = 0;
    *at += s.size + 1;
    return (struct str){start, s.size};
}

enum { TEXTS = 12 };
static void texts_of(struct owing *p, struct str *ret[TEXTS])
{
    struct str *all[TEXTS] = {&p->id, &p->name, &p->kind, &p->job_title, &p->department, &p->team, &p->manager, &p->state, &p->started_on, &p->left_on, &p->screening, &p->words};
    memcpy(ret, all, sizeof(all));
}

/* A copy that nothing else owns; the texts lie in one block. Held by the arena of the view. */
static struct snapshot *snapshot_new(struct view *v, const struct people_book *b)
{
    struct arena *a = arena_new("people", SNAPSHOT_BYTES_MAX);
    struct snapshot *s = ARENA_NEW(a, struct snapshot);
    struct str *texts[TEXTS];
    size_t size = 1, signed_bytes = b->count * b->signed_policy_count * sizeof(*b->signed_numbers);
    *s = (struct snapshot){.holders = 1, .arena = a, .day = view_today(v), .book = {.count = b->count, .signed_policy_count = b->signed_policy_count}};
    arena_on_free(v->arena, snapshot_release, s);
    s->book.persons = arena_array(a, b->count + 1, sizeof(*b->persons));
    if (b->count)
        memcpy(s->book.persons, b->persons, b->count * sizeof(*b->persons));
    for (size_t i = 0; i < b->count; i++) {
        texts_of(&s->book.persons[i], texts);
        for (size_t k = 0; k < TEXTS; k++)
            size += texts[k]->size + 1;
    }
    char *at = arena_alloc(a, size);
    for (size_t i = 0; i < b->count; i++) {
        texts_of(&s->book.persons[i], texts);
        for (size_t k = 0; k < TEXTS; k++)
            *texts[k] = moved(&at, *texts[k]);
    }
    s->book.signed_policies = arena_array(a, b->signed_policy_count + 1, sizeof(*b->signed_policies));
    for (size_t i = 0; i < b->signed_policy_count; i++)
        s->book.signed_policies[i] = arena_str(a, b->signed_policies[i]);
    s->book.signed_numbers = arena_alloc(a, signed_bytes + 1);
    if (signed_bytes)
        memcpy(s->book.signed_numbers, b->signed_numbers, signed_bytes);
    people_book_index(&s->book, a);
    return s;
}

/* ---- who is to be read again ---- */

struct changed {
    struct view *v;
    struct str ids[CHANGED_MAX];
    size_t count;
    bool is_all;
};

static void id_add(struct changed *c, struct str id)
{
    for (size_t i = 0; i < c->count; i++)
        if (str_equal(c->ids[i], id))
            return;
    c->is_all = c->is_all || c->count == CHANGED_MAX;
    if (!c->is_all && id.size)
        c->ids[c->count++] = arena_str(c->v->arena, id);
}

/* Whom a record of each kind is about, now and before: of all its versions. */
static const struct {
    const char *type, *sql;
} touched[] = {
    {"person", "select ?1"},
    {"acknowledgement", "select person from acknowledgements_versions where id = ?1"},
    {"training_assignment", "select person from training_assignments_versions where id = ?1"},
    {"lifecycle_step", "select owner from lifecycle_steps_versions where id = ?1"},
    {"access_line", "select reviewer from access_lines_versions where id = ?1 union select delegate from access_lines_versions where id = ?1"},
    {"device", "select owner from devices_versions where id = ?1"},
    {"background_check", "select person from background_checks_versions where id = ?1"},
};

/* What changes what many owe. */
static bool concerns_all(struct str type)
{
    return str_is(type, "policy") || str_is(type, "policy_version") || str_is(type, "access_review");
}

static bool changed_read(struct changed *c, int64_t leaf, struct err *e)
{
    struct err inner = {0};
    DB_EACH (row, c->v->db, &inner, "select type, id from record_change where leaf > ?1 order by leaf", A(leaf)) {
        const char *sql = NULL;
        for (size_t i = 0; i < sizeof(touched) / sizeof(touched[0]); i++)
            sql = str_is(db_text(row, 0), touched[i].type) ? touched[i].sql : sql;
        c->is_all = c->is_all || concerns_all(db_text(row, 0));
        if (sql && !c->is_all)
            DB_EACH (one, c->v->db, &inner, db_known(c->v->db, str_of(sql)), A(db_text(row, 1)))
                if (!db_is_null(one, 0))
                    id_add(c, db_text(one, 0));
        if (c->is_all)
            break;
    }
    return inner.code ? (*e = inner, false) : true;
}

/* ---- the kept one ---- */

/* Only records changed since, none was erased, and the types are what they were. */
static bool is_followed(struct view *v, const struct ledger_place *place)
{
    struct err failed = {0};
    return ledger_place_is(v->db, place) &&
           db_one_int(v->db, &failed, 1, "select exists(select 1 from leaf where idx > ?1 and type in ('erase', 'erased', 'reencrypt')) or exists(select 1 from record_definition where leaf > ?1)", A(place->leaf)) == 0 &&
           !failed.code;
}

static void publish(struct people_kept *k, struct snapshot *s, const struct ledger_place *place)
{
    pthread_mutex_lock(&k->mutex);
    struct snapshot *old = NULL;
    if (!k->newest || k->place.leaf <= place->leaf || !sha256_equal(k->place.hash, place->hash)) {
        if (k->newest != s) {
            old = k->newest;
            atomic_fetch_add(&s->holders, 1);
            k->newest = s;
        }
        k->place = *place;
    }
    pthread_mutex_unlock(&k->mutex);
    snapshot_release(old);
}

static struct snapshot *held(struct people_kept *k, struct view *v, struct ledger_place *ret_place)
{
    pthread_mutex_lock(&k->mutex);
    struct snapshot *s = k->newest;
    if (s)
        atomic_fetch_add(&s->holders, 1);
    *ret_place = k->place;
    pthread_mutex_unlock(&k->mutex);
    if (s)
        arena_on_free(v->arena, snapshot_release, s);
    return s;
}

/* The snapshot with these read again; NULL: it failed. */
static struct snapshot *renewed(struct view *v, const struct snapshot *s, const struct changed *c, struct err *e)
{
    struct people_book b = {.v = v};
    if (!people_book_copy(v, &s->book, c->count, &b, e))
        return NULL;
    for (size_t i = 0; i < c->count; i++)
        if (!people_book_renew(&b, c->ids[i], e))
            return NULL;
    return snapshot_new(v, &b);
}

static bool give(struct view *v, const struct snapshot *s, struct people_book *ret, struct err *e)
{
    struct people_book wanted = {.v = v};
    if (!people_policies_read(&wanted, e))
        return false;
    *ret = s->book;
    ret->v = v;
    ret->content = lifecycle_content(v->arena, e);
    ret->policies = wanted.policies;
    ret->policy_count = wanted.policy_count;
    return ret->content != NULL;
}

bool people_book_get(struct view *v, struct people_book *ret, struct err *e)
{
    struct people_kept *k = v->kept && !v->is_past ? view_kept_people(v->kept) : NULL;
    struct ledger_place newest, place;
    struct changed c = {.v = v};
    if (!k || !ledger_place_newest(v->db, &newest))
        return people_book_read(v, ret, e);
    struct snapshot *s = held(k, v, &place);
    bool is_kept = s && s->day == view_today(v) && newest.leaf >= place.leaf && is_followed(v, &place);
    if (is_kept && newest.leaf > place.leaf && !changed_read(&c, place.leaf, e))
        return false;
    if (is_kept && !c.is_all && c.count)
        s = renewed(v, s, &c, e);
    else if (!is_kept || c.is_all)
        s = people_book_read(v, ret, e) ? snapshot_new(v, ret) : NULL;
    if (!s)
        return false;
    publish(k, s, &newest);
    return give(v, s, ret, e);
}
