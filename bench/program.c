/*
 * program.c - fills a new data directory with a year's program of a large organisation, through the real operations and a real keeper.
 *
 *   bench-program DATA [PERCENT]
 *
 * At 100 percent: 10,000 people with a device and a course to take each, 20 systems, 10 policies in force with 100,000 signatures, 50,000 documents in
 * folders of a thousand, 20,000 accounts under one open review, 1,000 risks, 5,000 assets and 2,000 data stores. The same PERCENT makes the same records.
 * Made by the program itself, which is nobody's author. While the keeper writes one operation, the next is sealed.
 */
#include "base/times.h"
#include "content/content.h"
#include "family.h"
#include "record/record.h"

enum { BATCH = RECORD_CHANGES_MAX, POLICIES = 10, SYSTEMS = 20, FOLDER_DOCUMENTS = 1000, IN_FLIGHT_MAX = 2 };

struct bench {
    struct arena *arena; /* one operation's */
    struct data_dir data;
    struct family family;
    struct record_change *changes;
    size_t count;
    int64_t percent, people, made;
    int in_flight;
};

static uint64_t random_of(uint64_t a, uint64_t b)
{
    uint64_t z = a * UINT64_C(0x9e3779b97f4a7c15) + b * UINT64_C(0xd1b54a32d192ed03) + 1;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void answer_take(struct bench *b)
{
    family_receive(&b->family, b->arena, "record.change");
    b->in_flight--;
}

static void batch_send(struct bench *b)
{
    struct err e = {0};
    struct access who = {.actor = STR("system:bench"), .is_system = true};
    struct op op;
    if (b->count && !record_op(&env_system, b->arena, b->changes, b->count, &who, &op, &e))
        family_die(&b->family, "operation", &e);
    if (b->count) {
        if (b->in_flight == IN_FLIGHT_MAX)
            answer_take(b);
        family_send(&b->family, &op);
        b->in_flight++;
        b->made += (int64_t)b->count;
    }
    b->count = 0;
    arena_reset(b->arena);
}

static struct json *change_new(struct bench *b, const char *type, enum record_act act)
{
    if (b->count == BATCH)
        batch_send(b);
    struct record_change *c = &b->changes[b->count++];
    *c = (struct record_change){.type = str_of(type), .act = act, .set = json_object(b->arena)};
    return c->set;
}

static struct str id_of(struct bench *b, const char *prefix, int64_t n)
{
    return arena_printf(b->arena, "%s-%04lld", prefix, (long long)n);
}

static struct str person_of(struct bench *b, uint64_t r)
{
    return id_of(b, "P", (int64_t)(r % (uint64_t)b->people) + 1);
}

static int64_t part_of(const struct bench *b, int64_t all)
{
    return all * b->percent / 100 > 0 ? all * b->percent / 100 : 1;
}

static struct str day_put(struct bench *b, uint64_t r)
{
    return arena_printf(b->arena, "2026-%02u-%02u", (unsigned)(r % 12) + 1, (unsigned)((r >> 8) % 28) + 1);
}

/* ---- what they say ---- */

static void people_make(struct bench *b)
{
    static const char *const givens[] = {"Ada", "Bela", "Chen", "Dana", "Emil", "Fay", "Goran", "Hana", "Ivo", "June", "Kofi", "Lena", "Mika", "Nour", "Olga", "Paul"};
    for (int64_t n = 1; n <= b->people; n++) {
        uint64_t r = random_of(1, (uint64_t)n);
        struct json *set = change_new(b, "person", RECORD_CREATE);
        json_put_str(set, "name", arena_printf(b->arena, "%s Number %lld", givens[r % 16], (long long)n));
        json_put_str(set, "email", arena_printf(b->arena, "person%lld@example.org", (long long)n));
        json_put_cstr(set, "kind", r % 7 ? "employee" : "contractor");
        json_put_str(set, "department", arena_printf(b->arena, "Department %llu", (unsigned long long)(r >> 16) % 20));
        json_put_str(set, "started_on", n % 100 ? arena_printf(b->arena, "20%02u-03-01", (unsigned)(r >> 24) % 10 + 15) : STR("2026-11-02")); /* one in a hundred has just come */
        if (n > 50)
            json_put_str(set, "manager", id_of(b, "P", (int64_t)((r >> 32) % 50) + 1));
        if (n == 50)
            batch_send(b); /* those that the others name */
    }
    batch_send(b);
    for (int64_t n = 1; n <= SYSTEMS; n++) {
        struct json *set = change_new(b, "system", RECORD_CREATE);
        json_put_str(set, "name", arena_printf(b->arena, "System %lld", (long long)n));
        json_put_cstr(set, "kind", "application");
        json_put_str(set, "owner", person_of(b, (uint64_t)n));
    }
    batch_send(b);
}

static struct str policy_digest(struct bench *b, int64_t n)
{
    return arena_printf(b->arena, "%064llx", (unsigned long long)random_of(2, (uint64_t)n));
}

static void policies_make(struct bench *b)
{
    static const char *const steps[] = {"submit", "approve", "publish"};
    for (int64_t n = 1; n <= POLICIES; n++) {
        struct json *set = change_new(b, "policy", RECORD_CREATE);
        b->changes[b->count - 1].id = id_of(b, "BENCH", n);
        json_put_str(set, "title", arena_printf(b->arena, "Policy number %lld", (long long)n));
        json_put_str(set, "owner", person_of(b, (uint64_t)n));
    }
    batch_send(b);
    for (int64_t n = 1; n <= POLICIES; n++) {
        struct json *set = change_new(b, "policy_version", RECORD_CREATE);
        json_put_str(set, "policy", id_of(b, "BENCH", n));
        json_put_int(set, "number", 1);
        json_put_str(set, "title", arena_printf(b->arena, "Policy number %lld", (long long)n));
        json_put_cstr(set, "text", "# Purpose\n\nSays what everybody does.\n");
    }
    batch_send(b);
    for (int step = 0; step < 3; step++) {
        for (int64_t n = 1; n <= POLICIES; n++) {
            struct json *set = change_new(b, "policy_version", RECORD_MOVE);
            struct record_change *c = &b->changes[b->count - 1];
            c->id = id_of(b, "PV", n);
            c->version = step + 1;
            c->transition = str_of(steps[step]);
            if (step == 0) {
                json_put_str(set, "digest", policy_digest(b, n));
                json_put_cstr(set, "rendered", "# Purpose\n\nSays what everybody does.\n");
            }
        }
        batch_send(b);
    }
    for (int64_t n = 1; n <= POLICIES; n++) {
        struct json *set = change_new(b, "policy", RECORD_MOVE);
        struct record_change *c = &b->changes[b->count - 1];
        c->id = id_of(b, "BENCH", n);
        c->version = 1;
        c->transition = STR("begin");
        json_put_cstr(set, "review_on", "2027-11-01");
    }
    batch_send(b);
    for (int64_t n = 1; n <= POLICIES; n++)
        for (int64_t p = 1; p <= b->people; p++) {
            struct json *set = change_new(b, "acknowledgement", RECORD_CREATE);
            json_put_str(set, "person", id_of(b, "P", p));
            json_put_str(set, "policy_version", id_of(b, "PV", n));
            json_put_str(set, "digest", policy_digest(b, n));
        }
    batch_send(b);
}

static void documents_make(struct bench *b)
{
    static const char *const kinds[] = {"contract", "procedure", "plan", "report", "minutes", "record", "form", "other"};
    int64_t all = part_of(b, 50000);
    for (int64_t n = 1; n <= (all + FOLDER_DOCUMENTS - 1) / FOLDER_DOCUMENTS; n++) {
        struct json *set = change_new(b, "folder", RECORD_CREATE);
        json_put_str(set, "name", arena_printf(b->arena, "Folder %lld", (long long)n));
        json_put_cstr(set, "access", "inherit");
        json_put_str(set, "owner", person_of(b, (uint64_t)n));
    }
    batch_send(b);
    for (int64_t n = 1; n <= all; n++) {
        uint64_t r = random_of(3, (uint64_t)n);
        struct json *set = change_new(b, "document", RECORD_CREATE);
        json_put_str(set, "title", arena_printf(b->arena, "Document %lld about payroll and gateway %llu", (long long)n, (unsigned long long)r % 997));
        json_put_str(set, "folder", id_of(b, "FLD", (n - 1) / FOLDER_DOCUMENTS + 1));
        json_put_str(set, "owner", person_of(b, r >> 8));
        json_put_cstr(set, "kind", kinds[r % 8]);
        json_put_cstr(set, "classification", r % 3 ? "internal" : "confidential");
        json_put_str(set, "review_on", day_put(b, r >> 16));
    }
    batch_send(b);
}

static void accounts_make(struct bench *b)
{
    int64_t all = part_of(b, 20000);
    for (int64_t n = 1; n <= all; n++) {
        uint64_t r = random_of(4, (uint64_t)n);
        struct json *set = change_new(b, "system_account", RECORD_CREATE);
        struct str system = id_of(b, "SYS", (int64_t)(r % SYSTEMS) + 1);
        json_put_str(set, "key", arena_printf(b->arena, "%.*s/user%lld", STR_ARGS(system), (long long)n));
        json_put_str(set, "system", system);
        json_put_str(set, "name", arena_printf(b->arena, "user%lld", (long long)n));
        json_put_str(set, "person", person_of(b, r >> 8));
        json_put_bool(set, "enabled", r % 11 != 0);
        json_put_str(set, "last_used_on", day_put(b, r >> 16));
    }
    batch_send(b);
    struct json *review = change_new(b, "access_review", RECORD_CREATE), *systems = json_put_array(review, "systems");
    json_put_cstr(review, "title", "Everything, once a year");
    json_put_str(review, "owner", person_of(b, 7));
    json_put_cstr(review, "due_on", "2026-12-31");
    for (int64_t n = 1; n <= SYSTEMS; n++)
        json_push_str(systems, id_of(b, "SYS", n));
    batch_send(b);
    for (int64_t n = 1; n <= all; n++) {
        uint64_t r = random_of(4, (uint64_t)n);
        struct json *set = change_new(b, "access_line", RECORD_CREATE);
        json_put_str(set, "review", STR("AR-0001"));
        json_put_str(set, "account", id_of(b, "ACC", n));
        json_put_str(set, "system", id_of(b, "SYS", (int64_t)(r % SYSTEMS) + 1));
        json_put_str(set, "name", arena_printf(b->arena, "user%lld", (long long)n));
        json_put_str(set, "person", person_of(b, r >> 8));
        json_put_str(set, "reviewer", id_of(b, "P", (int64_t)(r % 40) + 1));
        json_put_bool(set, "is_flagged", r % 5 == 0);
        json_put_int(set, "weight", (int64_t)(r % 100));
        if (r % 5 == 0)
            json_put_cstr(set, "flags", r % 10 ? "dormant" : "dormant privileged");
    }
    batch_send(b);
    struct json *opened = change_new(b, "access_review", RECORD_MOVE);
    b->changes[0].id = STR("AR-0001");
    b->changes[0].version = 1;
    b->changes[0].transition = STR("open");
    json_put_cstr(opened, "opened_on", "2026-11-01");
    batch_send(b);
}

static void duties_make(struct bench *b)
{
    for (int64_t n = 1; n <= b->people; n++) {
        struct json *set = change_new(b, "device", RECORD_CREATE);
        json_put_str(set, "name", arena_printf(b->arena, "laptop-%lld", (long long)n));
        json_put_cstr(set, "kind", "laptop");
        json_put_str(set, "owner", id_of(b, "P", n));
    }
    batch_send(b);
    struct json *campaign = change_new(b, "campaign", RECORD_CREATE);
    json_put_cstr(campaign, "title", "Security awareness of the year");
    json_put_cstr(campaign, "course", "security_awareness");
    json_put_cstr(campaign, "audience", "all");
    json_put_cstr(campaign, "due_on", "2026-10-31");
    json_put_bool(campaign, "is_standing", false);
    batch_send(b);
    for (int64_t n = 1; n <= b->people; n++) {
        struct json *set = change_new(b, "training_assignment", RECORD_CREATE);
        json_put_cstr(set, "title", "Security awareness");
        json_put_cstr(set, "course", "security_awareness");
        json_put_str(set, "person", id_of(b, "P", n));
        json_put_cstr(set, "campaign", "CAMP-0001");
        json_put_cstr(set, "assigned_on", "2026-09-01");
        json_put_cstr(set, "due_on", random_of(8, (uint64_t)n) % 20 ? "2026-12-31" : "2026-10-31");
    }
    batch_send(b);
    change_new(b, "campaign", RECORD_MOVE);
    b->changes[0].id = STR("CAMP-0001");
    b->changes[0].version = 1;
    b->changes[0].transition = STR("begin");
    batch_send(b);
}

static void rest_make(struct bench *b)
{
    static const char *const classes[] = {"public", "internal", "confidential", "restricted"}, *const categories[] = {"access", "fraud", "vendor", "change", "people", "network"};
    for (int64_t n = 1, all = part_of(b, 1000); n <= all; n++) {
        uint64_t r = random_of(5, (uint64_t)n);
        struct json *set = change_new(b, "risk", RECORD_CREATE);
        json_put_str(set, "title", arena_printf(b->arena, "Risk %lld", (long long)n));
        json_put_cstr(set, "category", categories[r % 6]);
        json_put_str(set, "owner", person_of(b, r >> 8));
    }
    for (int64_t n = 1, all = part_of(b, 5000); n <= all; n++) {
        uint64_t r = random_of(6, (uint64_t)n);
        struct json *set = change_new(b, "asset", RECORD_CREATE);
        json_put_str(set, "name", arena_printf(b->arena, "asset-%lld", (long long)n));
        json_put_cstr(set, "kind", r % 3 ? "host" : "application");
        json_put_cstr(set, "class", classes[r % 4]);
        json_put_str(set, "owner", person_of(b, r >> 8));
    }
    batch_send(b);
    for (int64_t n = 1, all = part_of(b, 2000); n <= all; n++) {
        uint64_t r = random_of(7, (uint64_t)n);
        struct json *set = change_new(b, "data_store", RECORD_CREATE);
        json_put_str(set, "name", arena_printf(b->arena, "store-%lld", (long long)n));
        json_put_cstr(set, "class", classes[r % 4]);
        json_put_str(set, "owner", person_of(b, r >> 8));
        json_put_cstr(set, "enc_disk", r % 2 ? "encrypted" : "clear");
    }
    batch_send(b);
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct bench b = {.family = {.program = "bench-program", .env = &env_system}, .percent = 100};
    if (argc < 2 || argc > 3 || (argc == 3 && (!str_to_int64(str_of(argv[2]), &b.percent) || b.percent < 1 || b.percent > 1000))) {
        fprintf(stderr, "usage: bench-program DATA [PERCENT]  (DATA new; 1 to 1000, 100 unless given)\n");
        return 2;
    }
    struct data_dir_init init = {.path = argv[1], .host_name = "bench", .machine_id = STR("bench-machine"), .env = &env_system};
    if (!data_dir_init(&init, &e) || !data_dir_open(&b.data, argv[1], &e))
        family_die(&b.family, "init", &e);
    int64_t began_ms = env_monotonic_ms(&env_system);
    family_start(&b.family, &b.data);
    b.arena = arena_new("operation", (size_t)2 << 30);
    b.changes = calloc(BATCH, sizeof(*b.changes));
    b.people = part_of(&b, 10000);
    if (!b.changes)
        return 3;
    people_make(&b);
    policies_make(&b);
    documents_make(&b);
    accounts_make(&b);
    duties_make(&b);
    rest_make(&b);
    while (b.in_flight > 0)
        answer_take(&b);
    family_end(&b.family);
    double seconds = (double)(env_monotonic_ms(&env_system) - began_ms) / 1000;
    printf("people %lld\nchanges %lld\nseconds %.1f\nleaves_per_second %.0f\n", (long long)b.people, (long long)b.made, seconds, (double)b.made / seconds);
    arena_free(b.arena);
    free(b.changes);
    data_dir_close(&b.data);
    return 0;
}
