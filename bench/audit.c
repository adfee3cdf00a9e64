/*
 * audit.c - fills a new data directory with what an audit of a year looks at: an engagement over twelve months, the library's controls adopted and performed,
 * populations of events frozen and checked, and what tests said of so many hosts each hour.
 *
 *   bench-audit DATA HOSTS EVENTS [PEER]
 *
 * Records go through the real operations and a real keeper. The hours of tests do not: 500 hosts are four million evaluations; so their spans are written by
 * the product's own writer, month by month, host by host, as they would have come. 120 tests that settings are judged by, 40 closed spans each and one open:
 * now and then one fails for 1 to 72 hours. PEER: the same spans as plain rows of a database of its own, for the same question in SQL.
 */
#include "assess/population_events.h"
#include "assess/span_store.h"
#include "assess/subject_now.h"
#include "base/times.h"
#include "content/content.h"
#include "family.h"
#include "record/record.h"

enum { TESTS = 120, PAIRS = 20, YEAR_DAYS = 365, MONTHS = 12, BATCH = RECORD_CHANGES_MAX };

struct made_span {
    struct stored_span s;
    size_t place; /* of its test */
};

struct bench {
    struct arena *arena; /* one operation's, one host's */
    struct data_dir data;
    struct family family;
    struct record_change *changes;
    size_t count;
    int64_t hosts, events, made, spans;
    int64_t first_day, last_day; /* of the window */
    int64_t leaves;
    size_t tests[TESTS];
    const struct population_template *library;
    size_t library_count;
};

static uint64_t random_of(uint64_t a, uint64_t b)
{
    uint64_t z = a * UINT64_C(0x9e3779b97f4a7c15) + b * UINT64_C(0xd1b54a32d192ed03) + 1;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void check(struct bench *b, bool is_ok, const char *what, const struct err *e)
{
    if (!is_ok)
        family_die(&b->family, what, e);
}

/* ---- records ---- */

static void batch_send(struct bench *b)
{
    struct err e = {0};
    struct access who = {.actor = STR("system:bench"), .is_system = true};
    struct op op;
    if (b->count) {
        check(b, record_op(&env_system, b->arena, b->changes, b->count, &who, &op, &e), "operation", &e);
        family_send(&b->family, &op);
        b->leaves = family_receive(&b->family, b->arena, "record.change");
        b->made += (int64_t)b->count;
    }
    b->count = 0;
    arena_reset(b->arena);
}

static struct json *change_new(struct bench *b, const char *type, enum record_act act, struct str id)
{
    if (b->count == BATCH)
        batch_send(b);
    struct record_change *c = &b->changes[b->count++];
    *c = (struct record_change){.type = str_of(type), .act = act, .id = id, .set = json_object(b->arena)};
    return c->set;
}

static struct json *move_new(struct bench *b, const char *type, struct str id, int64_t version, const char *transition)
{
    struct json *set = change_new(b, type, RECORD_MOVE, id);
    b->changes[b->count - 1].version = version;
    b->changes[b->count - 1].transition = str_of(transition);
    return set;
}

static struct str id_of(struct bench *b, const char *prefix, int64_t n)
{
    return arena_printf(b->arena, "%s-%04lld", prefix, (long long)n);
}

static void put_day(struct bench *b, struct json *o, const char *field, int64_t day)
{
    json_put_str(o, field, day_text(b->arena, day));
}

static void engagement_make(struct bench *b)
{
    for (int64_t n = 1; n <= 20; n++) {
        struct json *person = change_new(b, "person", RECORD_CREATE, STR(""));
        json_put_str(person, "name", arena_printf(b->arena, "Person Number %lld", (long long)n));
        json_put_cstr(person, "kind", "employee");
    }
    batch_send(b);
    struct json *g = change_new(b, "engagement", RECORD_CREATE, STR(""));
    json_put_cstr(g, "title", "SOC 2 Type 2 of the year");
    json_put_cstr(g, "kind", "type2");
    put_day(b, g, "window_from", b->first_day);
    put_day(b, g, "window_to", b->last_day);
    struct json *categories = json_put_array(g, "categories");
    for (size_t i = 0; i < content_category_count; i++)
        json_push_str(categories, str_of(content_categories[i].id));
    json_put_cstr(g, "firm", "Reed & Partners");
    json_put_cstr(g, "owner", "P-0001");
    batch_send(b);
    for (size_t i = 0; i < content_control_count; i++) {
        struct json *c = change_new(b, "control", RECORD_CREATE, str_of(content_controls[i].id));
        json_put_cstr(c, "title", content_controls[i].title);
        json_put_str(c, "owner", id_of(b, "P", (int64_t)(i % 20) + 1));
    }
    batch_send(b);
    for (size_t i = 0; i < content_control_count; i++)
        move_new(b, "control", str_of(content_controls[i].id), 1, "adopt");
    batch_send(b);
}

/* What a description speaks of, three of each for two hosts: this is what makes the report long. */
static void registers_make(struct bench *b)
{
    for (int64_t n = 1; n <= b->hosts * 3 / 2; n++) {
        struct json *o = change_new(b, "user_control", RECORD_CREATE, STR(""));
        json_put_str(o, "title", arena_printf(b->arena, "Customers keep their side of service %lld", (long long)n));
        json_put_str(o, "text", arena_printf(b->arena, "Customers take away the accounts of people who left within a business day, keep the keys of interface %lld secret, tell us of what they see going wrong, and look "
                                                       "at the reports of access that they get each month.", (long long)n));
        json_push_str(json_put_array(o, "criteria"), STR("CC6.2"));
        o = change_new(b, "commitment", RECORD_CREATE, STR(""));
        json_put_str(o, "title", arena_printf(b->arena, "Promise %lld of the contract", (long long)n));
        json_put_str(o, "text", arena_printf(b->arena, "Part %lld of the service is there 99.9 percent of each month, counted over the month, without announced maintenance of at most four hours.", (long long)n));
        json_put_cstr(o, "category", "availability");
        json_put_cstr(o, "source", "contract");
        json_put_cstr(o, "requirements", "Two zones; each carries the load alone; a change of zone takes at most five minutes and is tried twice a year; who is on call answers within fifteen minutes.");
        json_push_str(json_put_array(o, "controls"), STR("BCP-01"));
        o = change_new(b, "system", RECORD_CREATE, STR(""));
        json_put_str(o, "name", arena_printf(b->arena, "System %lld", (long long)n));
        json_put_cstr(o, "kind", "application");
        json_put_str(o, "owner", id_of(b, "P", n % 20 + 1));
        json_put_cstr(o, "data_class", "confidential");
    }
    batch_send(b);
}

/* Performances of what recurs, of which one in forty is late and one in fifty has no evidence. */
static void performances_make(struct bench *b)
{
    int64_t count = 0;
    for (size_t i = 0; i < content_control_count; i++) {
        int64_t cycle = frequency_cycle_ms(content_controls[i].frequency) / MS_DAY;
        if (content_controls[i].model != MODEL_PERIODIC || cycle < 1)
            continue;
        for (int64_t day = b->first_day; day + cycle <= b->last_day + 1; day += cycle, count++) {
            struct json *o = change_new(b, "occurrence", RECORD_CREATE, STR(""));
            json_put_str(o, "title", arena_printf(b->arena, "%s of %s", content_controls[i].id, day_text(b->arena, day).data));
            json_put_cstr(o, "control", content_controls[i].id);
            put_day(b, o, "period_from", day);
            put_day(b, o, "period_to", day + cycle - 1);
            put_day(b, o, "due_on", day + cycle - 1);
        }
    }
    batch_send(b);
    for (int64_t n = 1; n <= count; n++)
        put_day(b, move_new(b, "occurrence", id_of(b, "OCC", n), 1, "perform"), "performed_on", b->first_day + n % YEAR_DAYS);
    batch_send(b);
    int64_t shown = 0;
    for (int64_t n = 1; n <= count; n++)
        if (n % 50) {
            struct json *o = change_new(b, "evidence", RECORD_CREATE, STR(""));
            shown++;
            json_put_str(o, "title", arena_printf(b->arena, "Shows performance %lld", (long long)n));
            json_put_cstr(o, "link", "https://files.example.org/proof");
            put_day(b, o, "period_from", b->first_day);
            put_day(b, o, "period_to", b->last_day);
            json_put_str(o, "occurrence", id_of(b, "OCC", n));
        }
    batch_send(b);
    for (int64_t n = 1; n <= shown; n++)
        move_new(b, "evidence", id_of(b, "EV", n), 1, "accept");
    batch_send(b);
}

/* ---- populations ---- */

static bool is_of_events(const struct control *c)
{
    return c->model == MODEL_EVENT_SLA || c->model == MODEL_EVENT_ATTRIBUTES;
}

static void row_put(struct bench *b, struct buf *csv, const struct event_rules *rules, int64_t n)
{
    uint64_t r = random_of((uint64_t)b->made, (uint64_t)n);
    int64_t day = b->first_day + (int64_t)(r % YEAR_DAYS), done = day + (int64_t)((r >> 16) % 30) + ((r >> 32) % 40 == 0 ? 20 : 0);
    buf_printf(csv, "TICKET-%06lld,%s,%s,\"system %llu, eu\"", (long long)n, day_text(b->arena, day).data, day_text(b->arena, done).data, (unsigned long long)(r >> 8) % 20);
    for (size_t k = 0; k < rules->attributes.count; k++)
        buf_cstr(csv, (r >> (k + 20)) % 64 ? ",yes" : ",no");
    buf_char(csv, '\n');
}

static struct str rows_make(struct bench *b, const struct control *c, int64_t rows)
{
    struct err e = {0};
    struct event_rules rules;
    struct buf BUF_AUTO csv;
    struct str frozen;
    buf_init(&csv, 64 << 20);
    check(b, event_rules_read(b->arena, c, &rules, &e), c->id, &e);
    buf_cstr(&csv, "id,date,completed,system");
    for (size_t k = 0; k < rules.attributes.count; k++)
        buf_printf(&csv, ",%s", rules.attributes.items[k]);
    buf_char(&csv, '\n');
    for (int64_t n = 1; n <= rows; n++)
        row_put(b, &csv, &rules, n);
    check(b, population_freeze_csv(buf_view(&csv), b->arena, &frozen, &e), c->id, &e);
    return frozen;
}

static void population_make(struct bench *b, const struct control *c, int64_t number, int64_t rows)
{
    struct err e = {0};
    struct json *o = change_new(b, "population", RECORD_CREATE, STR(""));
    json_put_str(o, "title", arena_printf(b->arena, "All that %s works on", c->id));
    json_put_cstr(o, "engagement", "ENG-0001");
    json_push_str(json_put_array(o, "controls"), str_of(c->id));
    json_put_cstr(o, "kind", "import");
    json_put_cstr(o, "system", "Tickets");
    json_put_cstr(o, "query", "all tickets of the kind, of the year");
    put_day(b, o, "period_from", b->first_day);
    put_day(b, o, "period_to", b->last_day);
    const struct population_template *t = population_template_of(b->library, b->library_count, str_of(c->id));
    if (t)
        json_put_str(o, "library", t->id);
    if (c->model == MODEL_EVENT_SLA)
        json_put_cstr(o, "sla", "P30D");
    batch_send(b);
    struct population p = {.id = id_of(b, "POP", number), .state = STR("draft"), .version = 1};
    struct freezing f = {.rows = rows_make(b, c, rows), .by = STR("bench"), .now_ms = env_now_ms(&env_system), .as_of_leaf = -1};
    check(b, population_freeze_change(&env_system, b->arena, &p, &f, &b->changes[b->count++], &e), c->id, &e);
    batch_send(b);
    struct json *is = move_new(b, "population", id_of(b, "POP", number), 2, "check");
    json_put_cstr(is, "completeness_by", "sequence");
    json_put_cstr(is, "completeness", "Numbers without a hole.");
    json_put_cstr(is, "accuracy_rows", "1 2");
    json_put_cstr(is, "accuracy", "Both as in the source.");
    batch_send(b);
}

static void populations_make(struct bench *b)
{
    struct err e = {0};
    struct arena *own = arena_new("library", 64 << 20);
    int64_t count = 0, number = 0;
    check(b, population_library(own, &b->library, &b->library_count, &e), "library", &e);
    for (size_t i = 0; i < content_control_count; i++)
        count += is_of_events(&content_controls[i]);
    for (size_t i = 0; i < content_control_count; i++)
        if (is_of_events(&content_controls[i])) {
            number++;
            population_make(b, &content_controls[i], number, b->events * number / count - b->events * (number - 1) / count);
        }
    arena_free(own);
}

/* ---- spans ---- */

static bool is_of_settings(const struct test *t)
{
    for (size_t m = 0; m < t->control_count; m++) {
        const struct control *c = content_control(str_of(t->controls[m].control));
        if (c && c->model == MODEL_CONFIG_STATE)
            return true;
    }
    return false;
}

static void tests_choose(struct bench *b)
{
    size_t count = 0;
    for (int round = 0; round < 2; round++)
        for (size_t t = 0; t < content_test_count && count < TESTS; t++)
            if (is_of_settings(&content_tests[t]) == (round == 0))
                b->tests[count++] = t;
}

static int64_t leaf_of(const struct bench *b, int64_t at_ms)
{
    int64_t from_ms = (b->first_day - 10) * MS_DAY, all_ms = (YEAR_DAYS + 12) * MS_DAY;
    return (at_ms - from_ms) / MS_HOUR * (b->leaves - 1) / (all_ms / MS_HOUR) + 1;
}

static void said(const struct bench *b, struct made_span *m, size_t place, enum result_status status, int64_t from_ms, int64_t to_ms)
{
    *m = (struct made_span){{.test = (int64_t)place + 1, .status = status, .from_ms = from_ms, .to_ms = to_ms, .from_leaf = leaf_of(b, from_ms), .to_leaf = leaf_of(b, to_ms)}, place};
    m->s.counts.of[RESULT_PASS] = status == RESULT_PASS ? 3 : 2;
    m->s.counts.of[status] += status != RESULT_PASS;
}

static int by_end(const void *x, const void *y)
{
    const struct stored_span *p = &((const struct made_span *)x)->s, *q = &((const struct made_span *)y)->s;
    return p->to_ms != q->to_ms ? (p->to_ms < q->to_ms ? -1 : 1) : p->test < q->test ? -1 : p->test > q->test;
}

/* A year of one host, in the order of ends; ret_open: the last one of each test. */
static void host_spans(const struct bench *b, size_t host, struct made_span *ret, struct made_span ret_open[TESTS])
{
    const int64_t pair_ms = YEAR_DAYS * MS_DAY / PAIRS;
    size_t n = 0;
    for (size_t t = 0; t < TESTS; t++) {
        int64_t at_ms = (b->first_day - 10) * MS_DAY;
        for (size_t k = 0; k < PAIRS; k++) {
            uint64_t r = random_of(host * TESTS + t, k);
            int64_t bad_ms = b->first_day * MS_DAY + (int64_t)k * pair_ms + (int64_t)(r % 300 + 1) * MS_HOUR, fine_ms = bad_ms + (int64_t)((r >> 16) % 72 + 1) * MS_HOUR;
            said(b, &ret[n++], t, RESULT_PASS, at_ms, bad_ms);
            said(b, &ret[n++], t, (r >> 32) % 5 ? RESULT_FAIL : RESULT_UNKNOWN, bad_ms, fine_ms);
            at_ms = fine_ms;
        }
        said(b, &ret_open[t], t, RESULT_PASS, at_ms, at_ms);
    }
    qsort(ret, n, sizeof *ret, by_end);
}

static struct str subject_of(struct bench *b, size_t host)
{
    return arena_printf(b->arena, "s:%016llx%016llx", (unsigned long long)random_of(host, 1), (unsigned long long)random_of(host, 2));
}

static bool host_begin(struct bench *b, struct db *db, size_t host, const struct made_span *open, int64_t now_ms, struct err *e)
{
    struct str id = subject_of(b, host);
    bool ok = db_run(db, e, "insert into subject(id, kind, name, first_leaf, last_leaf, facts) values(?1, 'host', ?2, 1, ?3, '{}')", A(id), A(arena_printf(b->arena, "host-%03zu", host + 1)), A(b->leaves)) &&
              db_run(db, e, "insert into coverage(subject, from_t, to_t) values(?1, ?2, ?3)", A(id), A((b->first_day - 10) * MS_DAY), A(now_ms)) &&
              db_run(db, e, "insert into evaluation(leaf, subject, run, catalog, parameter, t, taken_at, seen_at, pass, fail, unknown, skip) values(?1, ?2, -1, -1, -1, ?3, ?3, ?3, 360, 0, 0, 0)",
                     A(b->leaves - (int64_t)host), A(id), A(now_ms));
    for (size_t t = 0; ok && t < TESTS; t++)
        ok = db_run(db, e, "insert into test_span(subject, test, status, pass, fail, unknown, skip, from_leaf, from_t) values(?1, ?2, 'pass', 3, 0, 0, 0, ?3, ?4)", A(id),
                    A(content_tests[b->tests[t]].id), A(open[t].s.from_leaf), A(open[t].s.from_ms));
    return ok && subject_now_write(db, id, e);
}

static bool month_append(struct bench *b, struct db *db, size_t host, const struct made_span *spans, size_t *next, int64_t until_ms, struct err *e)
{
    struct stored_span *month = arena_array(b->arena, 2 * (size_t)PAIRS * TESTS, sizeof *month);
    size_t n = 0;
    while (*next < 2 * (size_t)PAIRS * TESTS && spans[*next].s.to_ms < until_ms)
        month[n++] = spans[(*next)++].s;
    return spans_append(db, subject_of(b, host), month, n, e);
}

static void spans_make(struct bench *b)
{
    struct err e = {0};
    size_t hosts = (size_t)b->hosts, each = 2 * (size_t)PAIRS * TESTS, *next = calloc(hosts, sizeof *next);
    struct made_span *all = calloc(hosts * each, sizeof *all), open[TESTS];
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/db/assay.db", b->data.path);
    struct db *db = db_open(path, DB_WRITE, &e);
    check(b, all && next && db && db_begin(db, &e), "projection", &e);
    for (size_t t = 0; t < TESTS; t++) /* in the order of their places: rows 1 to 120 */
        check(b, test_name_row(db, str_of(content_tests[b->tests[t]].id), &e) == (int64_t)t + 1, "names", &e);
    for (size_t h = 0; h < hosts; h++) {
        host_spans(b, h, all + h * each, open);
        check(b, host_begin(b, db, h, open, env_now_ms(&env_system), &e), "host", &e);
        arena_reset(b->arena);
    }
    for (int month = 1; month <= MONTHS + 1; month++)
        for (size_t h = 0; h < hosts; h++) {
            check(b, month_append(b, db, h, all + h * each, &next[h], (b->first_day + (int64_t)month * 31) * MS_DAY, &e), "spans", &e);
            arena_reset(b->arena);
        }
    check(b, db_commit(db, &e) && db_script(db, "pragma wal_checkpoint(truncate)", &e), "commit", &e);
    db_close(db);
    for (size_t h = 0; h < hosts; h++)
        b->spans += (int64_t)next[h] + TESTS;
    free(all);
    free(next);
}

/* ---- the peer's ---- */

static void peer_controls(struct bench *b, struct db *db)
{
    struct err e = {0};
    for (size_t t = 0; t < TESTS; t++)
        for (size_t m = 0; m < content_tests[b->tests[t]].control_count; m++) {
            const struct control *c = content_control(str_of(content_tests[b->tests[t]].controls[m].control));
            if (c && c->model == MODEL_CONFIG_STATE)
                check(b, db_run(db, &e, "insert into control_test(test, control) values(?1, ?2)", A((int64_t)t + 1), A(c->id)), "peer", &e);
        }
}

static void peer_make(struct bench *b, const char *path)
{
    struct err e = {0};
    struct db *db = db_open(path, DB_WRITE, &e);
    struct made_span *spans = calloc(2 * (size_t)PAIRS * TESTS, sizeof *spans), open[TESTS];
    check(b, spans && db && db_script(db, "create table span(subject integer not null, test integer not null, status integer not null, from_t integer not null, to_t integer not null) strict;"
                                          "create table control_test(test integer not null, control text not null) strict; create index by_test on control_test(test)", &e) && db_begin(db, &e), "peer", &e);
    peer_controls(b, db);
    for (size_t h = 0; h < (size_t)b->hosts; h++) {
        host_spans(b, h, spans, open);
        for (size_t i = 0; i < 2 * (size_t)PAIRS * TESTS + TESTS; i++) {
            const struct stored_span *s = i < 2 * (size_t)PAIRS * TESTS ? &spans[i].s : &open[i - 2 * (size_t)PAIRS * TESTS].s;
            int64_t to_ms = i < 2 * (size_t)PAIRS * TESTS ? s->to_ms : (b->last_day + 1) * MS_DAY;
            check(b, db_run(db, &e, "insert into span(subject, test, status, from_t, to_t) values(?1, ?2, ?3, ?4, ?5)", A((int64_t)h), A(s->test), A((int64_t)s->status), A(s->from_ms), A(to_ms)), "peer", &e);
        }
    }
    check(b, db_commit(db, &e) && db_script(db, "pragma wal_checkpoint(truncate)", &e), "peer", &e);
    db_close(db);
    free(spans);
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct bench b = {.family = {.program = "bench-audit", .env = &env_system}};
    if (argc < 4 || argc > 5 || !str_to_int64(str_of(argv[2]), &b.hosts) || !str_to_int64(str_of(argv[3]), &b.events) || b.hosts < 1 || b.hosts > 2000 || b.events < 100 || b.events > 1000000) {
        fprintf(stderr, "usage: bench-audit DATA HOSTS EVENTS [PEER]  (DATA new; 1 to 2000 hosts)\n");
        return 2;
    }
    struct data_dir_init init = {.path = argv[1], .host_name = "bench", .machine_id = STR("bench-machine"), .env = &env_system};
    if (!data_dir_init(&init, &e) || !data_dir_open(&b.data, argv[1], &e))
        family_die(&b.family, "init", &e);
    b.last_day = day_of(env_now_ms(&env_system)) - 1;
    b.first_day = b.last_day - (YEAR_DAYS - 1);
    b.arena = arena_new("operation", (size_t)2 << 30);
    b.changes = calloc(BATCH, sizeof *b.changes);
    if (!b.changes)
        return 3;
    family_start(&b.family, &b.data);
    tests_choose(&b);
    engagement_make(&b);
    registers_make(&b);
    performances_make(&b);
    populations_make(&b);
    family_end(&b.family);
    spans_make(&b);
    if (argc == 5)
        peer_make(&b, argv[4]);
    printf("hosts %lld\nevents %lld\ncontrols %zu\nchanges %lld\nspans %lld\nevaluations %lld\nfrom_ms %lld\n", (long long)b.hosts, (long long)b.events, content_control_count, (long long)b.made, (long long)b.spans,
           (long long)(b.hosts * TESTS * YEAR_DAYS * 24), (long long)(b.first_day * MS_DAY));
    arena_free(b.arena);
    free(b.changes);
    data_dir_close(&b.data);
    return 0;
}
