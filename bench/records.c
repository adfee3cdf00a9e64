/*
 * records.c - fills a data directory with people, evidence and their history, through the real operations and a real keeper.
 *
 *   bench-records DATA CHANGES
 *
 * Of CHANGES leaves, one in a hundred makes a person and one in ten an item of evidence; all others change one: its title, kind, owner or
 * period, or its state. A directory that has some already grows to as many. The same CHANGES make the same records, whatever the steps.
 * Ten thousand changes go to one operation, and while the keeper writes one, the next is sealed. At the end all evidence has been looked at, as it is in a
 * directory that was served all along: else the schedule would write beside what is measured.
 */
#include "assess/evidence.h"
#include "base/times.h"
#include "content/content.h"
#include "db/db.h"
#include "family.h"
#include "record/record.h"

enum { BATCH = RECORD_CHANGES_MAX, IN_FLIGHT_MAX = 2, CHECKS_IN_FLIGHT = 100, MOVES_ONE_IN = 5 };

struct item {
    int64_t version;
    char state; /* 'r'eceived, 'a'ccepted, 'n'ot sufficient */
};

struct bench {
    struct arena *arena; /* one operation's */
    struct data_dir data;
    struct family family;
    struct record_change *changes;
    size_t count;
    struct item *items;
    int64_t item_count, people, made, wanted;
    int in_flight;
};

static uint64_t random_of(uint64_t a, uint64_t b)
{
    uint64_t z = a * UINT64_C(0x9e3779b97f4a7c15) + b * UINT64_C(0xd1b54a32d192ed03) + 1;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* ---- operations ---- */

static void answer_take(struct bench *b)
{
    family_receive(&b->family, b->arena, "record.change");
    b->in_flight--;
}

static void batch_send(struct bench *b, const char *actor)
{
    struct err e = {0};
    struct access who = {.actor = str_of(actor)};
    struct op op;
    if (b->count && !record_op(&env_system, b->arena, b->changes, b->count, &who, &op, &e))
        family_die(&b->family, "operation", &e);
    if (b->count) {
        family_send(&b->family, &op);
        b->made += (int64_t)b->count;
        b->in_flight++;
    }
    b->count = 0;
    arena_reset(b->arena);
    if (b->in_flight >= IN_FLIGHT_MAX)
        answer_take(b);
}

static struct record_change *change_new(struct bench *b, const char *type, enum record_act act)
{
    struct record_change *c = &b->changes[b->count++];
    *c = (struct record_change){.type = str_of(type), .act = act, .set = json_object(b->arena)};
    return c;
}

/* ---- what they say ---- */

static const char *const givens[] = {"Ada", "Bela", "Chen", "Dana", "Emil", "Fay", "Goran", "Hana", "Ivo", "June", "Kofi", "Lena", "Mika", "Nour", "Olga", "Paul"};
static const char *const families[] = {"Adler", "Brandt", "Costa", "Dvorak", "Eriksen", "Fischer", "Garcia", "Huber", "Ito", "Jansen", "Kovacs", "Lindt", "Meyer", "Novak"};
static const char *const what[] = {"Access review of", "Firewall rules of", "Backup report of", "Ticket export from", "User list of", "Change log of",
                                   "Vulnerability scan of", "Minutes about", "Restore test of", "Alert history of"};
static const char *const systems[] = {"payroll", "billing", "warehouse", "directory", "gateway", "mail", "build server", "ticketing", "vault", "monitoring",
                                      "customer portal", "database cluster", "laptops", "backup store", "network core", "staging", "object store"};
static const char *const kinds[] = {"screenshot", "export", "log", "document", "minutes", "ticket", "report", "attestation", "other"};
#define PICK(list, r) list[(r) % (sizeof(list) / sizeof(list[0]))]

static struct str title_of(struct bench *b, int64_t n, uint64_t r)
{
    return arena_printf(b->arena, "%s %s %lld, reading %llu", PICK(what, r), PICK(systems, r >> 8), (long long)(n % 997), (unsigned long long)(r >> 16) % 1000);
}

static void people_make(struct bench *b, int64_t wanted)
{
    for (int64_t n = b->people + 1; n <= wanted; n++) {
        uint64_t r = random_of(1, (uint64_t)n);
        struct json *set = change_new(b, "person", RECORD_CREATE)->set;
        json_put_str(set, "name", arena_printf(b->arena, "%s %s %lld", PICK(givens, r), PICK(families, r >> 8), (long long)n));
        json_put_str(set, "email", arena_printf(b->arena, "person%lld@example.org", (long long)n));
        json_put_cstr(set, "kind", r % 7 ? "employee" : "contractor");
        json_put_str(set, "department", arena_printf(b->arena, "Department %llu", (unsigned long long)(r >> 16) % 20));
        if (b->count == BATCH || n == wanted)
            batch_send(b, "local:admin");
    }
    b->people = wanted;
}

static struct str owner_of(struct bench *b, uint64_t r)
{
    return arena_printf(b->arena, "P-%04lld", (long long)(r % (uint64_t)b->people) + 1);
}

static void period_put(struct bench *b, struct json *set, uint64_t r)
{
    unsigned month = (unsigned)(r % 12) + 1;
    json_put_str(set, "period_from", arena_printf(b->arena, "2026-%02u-01", month));
    json_put_str(set, "period_to", arena_printf(b->arena, "2026-%02u-28", month));
}

static void items_make(struct bench *b, int64_t wanted)
{
    for (int64_t n = b->item_count + 1; n <= wanted; n++) {
        uint64_t r = random_of(2, (uint64_t)n);
        struct json *set = change_new(b, "evidence", RECORD_CREATE)->set;
        json_put_str(set, "title", title_of(b, n, r));
        json_put_cstr(set, "kind", PICK(kinds, r >> 24));
        period_put(b, set, r >> 32);
        json_put_str(set, "owner", owner_of(b, r >> 4));
        json_push_str(json_put_array(set, "controls"), str_of(content_controls[(r >> 40) % content_control_count].id));
        b->items[n] = (struct item){.version = 1, .state = 'r'};
        if (b->count == BATCH || n == wanted)
            batch_send(b, "local:admin");
    }
    b->item_count = wanted;
}

/* ---- history ---- */

static void change_item(struct bench *b, int64_t n, uint64_t r)
{
    struct json *set = change_new(b, "evidence", RECORD_CHANGE)->set;
    switch (r % 8) {
    case 0:
        json_put_cstr(set, "kind", PICK(kinds, r >> 24));
        json_put_str(set, "source", arena_printf(b->arena, "query %llu", (unsigned long long)(r >> 32) % 100000));
        break;
    case 1:
        json_put_str(set, "owner", owner_of(b, r >> 4));
        json_put_str(set, "title", title_of(b, n, r));
        break;
    case 2:
        period_put(b, set, r >> 32);
        json_put_str(set, "title", title_of(b, n, r));
        break;
    default:
        json_put_str(set, "title", title_of(b, n, r));
    }
}

static void move_item(struct bench *b, struct item *item, uint64_t r)
{
    struct record_change *c = change_new(b, "evidence", RECORD_MOVE);
    bool is_accepted = item->state == 'r' && r % 3;
    c->transition = str_of(item->state == 'n' ? "resubmit" : is_accepted ? "accept" : "reject");
    c->why = STR("what the reviewer saw");
    item->state = item->state == 'n' ? 'r' : is_accepted ? 'a' : 'n';
}

/* One operation: every item at most once, in a stride that meets all. Steps are made by the program, who is nobody's author. */
static void batch_change(struct bench *b, uint64_t batch)
{
    enum { STRIDE = 7919 };
    bool is_moves = batch % MOVES_ONE_IN == 0;
    int64_t at = (int64_t)(random_of(3, batch) % (uint64_t)b->item_count);
    for (int64_t i = 0; i < b->item_count && b->count < BATCH && b->made + (int64_t)b->count < b->wanted; i++) {
        int64_t n = (at + i * STRIDE) % b->item_count + 1;
        struct item *item = &b->items[n];
        uint64_t r = random_of(batch + 4, (uint64_t)n);
        if (!is_moves && item->state == 'a')
            continue; /* locked */
        if (is_moves)
            move_item(b, item, r);
        else
            change_item(b, n, r);
        struct record_change *c = &b->changes[b->count - 1];
        c->id = arena_printf(b->arena, "EV-%04lld", (long long)n);
        c->version = item->version++;
    }
    batch_send(b, is_moves ? "system:bench" : "local:admin");
}

/* ---- what the machine says of it ---- */

static size_t checks_send(struct bench *b, struct db *db, const struct record_type *type, int64_t *since_t)
{
    struct err e = {0};
    struct str *ids;
    size_t count;
    if (!evidence_waiting(db, b->arena, *since_t, CHECKS_IN_FLIGHT, &ids, &count, &e))
        family_die(&b->family, "evidence", &e);
    for (size_t i = 0; i < count; i++) {
        struct op op;
        const struct record *r = record_get(db, b->arena, type, ids[i], INT64_MAX, &e);
        struct json *conclusions = r ? evidence_conclude(db, b->arena, r, NULL, 0, &e) : NULL;
        if (!conclusions || !evidence_op(&env_system, b->arena, r, conclusions, &op, &e))
            family_die(&b->family, "conclusions", &e);
        family_send(&b->family, &op);
        *since_t = r->t;
    }
    for (size_t i = 0; i < count; i++)
        family_receive(&b->family, b->arena, "evidence.check");
    arena_reset(b->arena);
    return count;
}

static void checks_make(struct bench *b)
{
    struct err e = {0};
    struct db *db = data_dir_projection(&b->data, &e);
    struct record_types *types = db ? record_types_open(db, &e) : NULL;
    int64_t since_t = 0;
    if (!types)
        family_die(&b->family, "projection", &e);
    while (checks_send(b, db, record_types_find(types, STR("evidence")), &since_t) > 0)
        ;
    record_types_close(types);
    db_close(db);
}

/* ---- the program ---- */

static void read_what_is_there(struct bench *b)
{
    struct err e = {0};
    struct db *db = data_dir_projection(&b->data, &e);
    if (!db)
        family_die(&b->family, "projection", &e);
    b->people = db_one_int(db, &e, 0, "select count(*) from people_versions where to_leaf is null");
    b->made = db_one_int(db, &e, 0, "select count(*) from record_change");
    DB_EACH (row, db, &e, "select cast(substr(id, 4) as integer), version, state from evidence_items_versions where to_leaf is null") {
        int64_t n = db_int(row, 0);
        if (n > b->wanted)
            continue;
        b->items[n] = (struct item){.version = db_int(row, 1), .state = str_is(db_text(row, 2), "rejected") ? 'n' : db_text(row, 2).data[0]};
        b->item_count = n > b->item_count ? n : b->item_count;
    }
    db_close(db);
    if (e.code)
        family_die(&b->family, "what is there", &e);
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct bench b = {.family = {.program = "bench-records", .env = &env_system}};
    if (argc != 3 || !str_to_int64(str_of(argv[2]), &b.wanted) || b.wanted < 100 || b.wanted > 20000000) {
        fprintf(stderr, "usage: bench-records DATA CHANGES (100 to 20000000; DATA new, or one of ours)\n");
        return 2;
    }
    struct data_dir_init init = {.path = argv[1], .host_name = "bench", .machine_id = STR("bench-machine"), .env = &env_system};
    if (!data_dir_init(&init, &e) && e.code != ERR_EXISTS)
        family_die(&b.family, "init", &e);
    e = (struct err){0};
    if (!data_dir_open(&b.data, argv[1], &e))
        family_die(&b.family, "open", &e);
    int64_t began_ms = env_monotonic_ms(&env_system);
    family_start(&b.family, &b.data);
    b.arena = arena_new("operation", (size_t)2 << 30);
    b.changes = calloc(BATCH, sizeof(*b.changes));
    b.items = calloc((size_t)b.wanted + 1, sizeof(*b.items));
    if (!b.changes || !b.items)
        return 3;
    read_what_is_there(&b);
    int64_t before = b.made;
    people_make(&b, b.wanted / 100);
    items_make(&b, b.wanted / 10);
    for (uint64_t batch = (uint64_t)b.made / BATCH; b.made < b.wanted; batch++)
        batch_change(&b, batch);
    while (b.in_flight)
        answer_take(&b);
    checks_make(&b);
    family_end(&b.family);
    double seconds = (double)(env_monotonic_ms(&env_system) - began_ms) / 1000;
    printf("items %lld\npeople %lld\nchanges %lld\nseconds %.1f\nleaves_per_second %.0f\n", (long long)b.item_count, (long long)b.people, (long long)b.made, seconds,
           (double)(b.made - before) / seconds);
    arena_free(b.arena);
    free(b.changes);
    free(b.items);
    data_dir_close(&b.data);
    return 0;
}
