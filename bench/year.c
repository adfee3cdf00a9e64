/*
 * year.c - writes a history of hourly captures of many hosts into a new data directory, through the real operations and a real
 * keeper.
 *
 *   bench-year DATA HOSTS DAYS
 *
 * The tables are this host's, read once (without the file walk); each made host has them under its own name. In each hour each
 * host makes a run: a table changes now and then (a row less, or back), volatile ones more often; and an evaluation, in which now
 * and then a result changes. The clock is our own, so that the history ends now. Keeper and signer are children of this program,
 * so that they get that clock; operations of one hour are sent together, as many hosts would.
 */
#include "assess/catalog.h"
#include "assess/fixture.h"
#include "assess/ops.h"
#include "assess/stored.h"
#include "base/limits.h"
#include "base/times.h"
#include "collect/host/host.h"
#include "collect/op_run.h"
#include "family.h"

#include <sys/mman.h>
#include <unistd.h>

enum { CHANGE_ONE_IN = 1200, VOLATILE_CHANGE_ONE_IN = 60, RESULT_CHANGE_ONE_IN = 36 };

struct template_table {
    const struct host_table *table;
    struct str plain[2]; /* two states of it */
    struct gathered gathered;
    uint64_t row_count;
};

struct made_host {
    char subject[SUBJECT_TEXT_SIZE];
    char name[32];
    char (*commitments)[65]; /* by table */
    int *states;
    struct results results;
    size_t results_changed;
};

struct bench {
    struct arena *arena; /* for ever */
    struct arena *hour;  /* one hour's operations */
    struct data_dir data;
    struct env env;
    int64_t *clock_ms; /* shared with the keeper */
    struct family family;
    struct db *projection;
    struct note_key key;
    struct ed25519_private private_key;
    char vkey[512];
    struct template_table *tables;
    size_t table_count;
    struct made_host *hosts;
    size_t host_count;
    int64_t catalog;
    uint64_t seed;
    uint64_t leaves;
};

static int64_t shared_now(void *context)
{
    return *(volatile int64_t *)((struct bench *)context)->clock_ms;
}

static int64_t real_monotonic(void *context)
{
    (void)context;
    return env_monotonic_ms(&env_system);
}

static void real_random(void *context, void *ret, size_t size)
{
    (void)context;
    env_random(&env_system, ret, size);
}

static uint64_t next_random(struct bench *b)
{
    uint64_t z = (b->seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Sends operations together and takes their answers; ret_leaves[i] is the leaf of ops[i]. */
static void submit_all(struct bench *b, struct op *const *ops, size_t count, int64_t *ret_leaves)
{
    for (size_t i = 0; i < count; i++)
        family_send(&b->family, ops[i]);
    for (size_t i = 0; i < count; i++)
        ret_leaves[i] = family_receive(&b->family, b->hour, ops[i]->kind);
}

/* ---- templates ---- */

/* The same table with its `skip`-th row left out. */
static struct str without_row(struct arena *a, struct str rows, size_t skip)
{
    struct buf BUF_AUTO b;
    struct str line;
    buf_init(&b, LIMIT_BLOB_BYTES);
    for (size_t i = 0; str_next_line(&rows, &line); i++)
        if (i != skip + 1) {
            buf_str(&b, line);
            buf_char(&b, '\n');
        }
    return arena_str(a, buf_view(&b));
}

static void templates_gather(struct bench *b)
{
    struct source *s = source_live(b->arena, *b->clock_ms);
    size_t count = 0;
    while (host_tables[count])
        count++;
    b->tables = arena_array(b->arena, count, sizeof *b->tables);
    for (size_t i = 0; i < count; i++) {
        const struct host_table *t = host_tables[i];
        if (t->is_live_only || t->origin == FROM_WALK)
            continue;
        struct template_table *made = &b->tables[b->table_count++];
        struct buf BUF_AUTO rows, status;
        buf_init(&rows, LIMIT_BLOB_BYTES);
        buf_init(&status, LIMIT_BLOB_BYTES);
        made->table = t;
        made->gathered = host_table_gather(t, b->arena, s, NULL, NULL, 0);
        made->row_count = made->gathered.rows->row_count;
        rows_encode(made->gathered.rows, &rows);
        rows_encode(made->gathered.status, &status);
        struct str less = made->row_count > 1 ? without_row(b->arena, buf_view(&rows), made->row_count / 2)
                                              : arena_str(b->arena, buf_view(&rows));
        made->plain[0] = arena_printf(b->arena, "%.*s\n%.*s", STR_ARGS(buf_view(&rows)), STR_ARGS(buf_view(&status)));
        made->plain[1] = arena_printf(b->arena, "%.*s\n%.*s", STR_ARGS(less), STR_ARGS(buf_view(&status)));
    }
    source_close(s);
}

static struct results results_template(struct bench *b)
{
    struct err e = {0};
    struct table_provider *p = arena_array(b->arena, b->table_count + 1, sizeof *p);
    struct rows *status = rows_new(b->arena, &table_status_schema);
    for (size_t i = 0; i < b->table_count; i++) {
        const struct rows *own = b->tables[i].gathered.status;
        p[i] = fixture_provider(b->arena, b->tables[i].gathered.rows, STR("host"), *b->clock_ms);
        for (size_t r = 0; r < own->row_count; r++) {
            row_begin(status);
            for (size_t k = 0; k < own->schema->column_count; k++)
                row_cell(status, *rows_cell(own, r, k));
            row_end(status);
        }
    }
    p[b->table_count] = fixture_provider(b->arena, status, STR("host"), *b->clock_ms);
    struct test_inputs inputs = {
        .providers = p, .provider_count = b->table_count + 1, .subject = STR("host"), .now_ms = *b->clock_ms};
    struct results r;
    results_init(&r, b->arena);
    if (!test_run_all(&inputs, content_tests, content_test_count, &r, &e))
        family_die(&b->family, "tests", &e);
    return r;
}

static void hosts_make(struct bench *b)
{
    struct err e = {0};
    uint8_t key[32];
    struct results found = results_template(b);
    if (!keys_load_secret(b->data.fd, "subject", key, &e))
        family_die(&b->family, "keys", &e);
    b->hosts = arena_array(b->arena, b->host_count, sizeof *b->hosts);
    for (size_t i = 0; i < b->host_count; i++) {
        struct made_host *h = &b->hosts[i];
        snprintf(h->name, sizeof h->name, "host-%02zu", i + 1);
        subject_pseudonym(key, str_of(h->name), h->subject);
        h->commitments = arena_array(b->arena, b->table_count, sizeof *h->commitments);
        h->states = arena_array(b->arena, b->table_count, sizeof *h->states);
        for (size_t t = 0; t < b->table_count; t++)
            h->states[t] = -1;
        results_init(&h->results, b->arena);
        for (size_t r = 0; r < found.count; r++)
            results_add(&h->results, found.items[r].test, found.items[r].resource, found.items[r].status, found.items[r].reason);
    }
}

/* ---- one hour ---- */

static struct str plain_of(struct bench *b, const struct made_host *h, const struct template_table *t, int state)
{
    if (strcmp(t->table->schema->name, "host_identity") != 0)
        return t->plain[state];
    /* Its row tells this host's name. */
    struct rows *rows = rows_new(b->hour, t->table->schema);
    struct buf BUF_AUTO text;
    buf_init(&text, 1 << 20);
    for (size_t r = 0; r < t->gathered.rows->row_count; r++) {
        row_begin(rows);
        for (size_t k = 0; k < t->table->schema->column_count; k++)
            if (strcmp(t->table->schema->columns[k].name, "hostname") == 0)
                row_cstr(rows, h->name);
            else
                row_cell(rows, *rows_cell(t->gathered.rows, r, k));
        row_end(rows);
    }
    rows_encode(rows, &text);
    buf_char(&text, '\n');
    rows_encode(t->gathered.status, &text);
    return arena_str(b->hour, buf_view(&text));
}

static void item_add(struct bench *b, struct made_host *h, size_t table, struct op *op, struct json *items)
{
    struct err e = {0};
    const struct template_table *t = &b->tables[table];
    h->states[table] = h->states[table] == 0 ? 1 : 0;
    if (!op_blob_seal(&b->env, b->hour, op, "application/x-assay-rows", plain_of(b, h, t, h->states[table]), &e))
        family_die(&b->family, "seal", &e);
    memcpy(h->commitments[table], op->blobs[op->blob_count - 1].c, 65);
    struct json *item = json_push_object(items);
    json_put_cstr(item, "tbl", t->table->schema->name);
    json_put_int(item, "ver", t->table->schema->version);
    json_put_int(item, "rows", (int64_t)t->row_count - (h->states[table] && t->row_count > 1));
    json_put_cstr(item, "state", table_state_name(t->gathered.state));
    struct json *obs = json_put_array(item, "obs");
    json_push_int(obs, *b->clock_ms - 200);
    json_push_int(obs, *b->clock_ms - 100);
    json_put_int(item, "blobs", 1);
}

static bool is_changing(struct bench *b, const struct made_host *h, size_t table)
{
    bool is_volatile = b->tables[table].table->is_volatile;
    return h->states[table] < 0 || next_random(b) % (is_volatile ? VOLATILE_CHANGE_ONE_IN : CHANGE_ONE_IN) == 0;
}

static void order_put(struct bench *b, const struct made_host *h, struct json *statement)
{
    struct err e = {0};
    struct str stream = run_stream(b->hour, str_of(h->subject), STR(""));
    int64_t sequence = -1;
    char previous[65] = "";
    DB_EACH (row, b->projection, &e, "select sq, hash from stream where st=?1", A(stream)) {
        sequence = db_int(row, 0);
        hex_encode(db_bytes(row, 1).data, SHA256_SIZE, previous);
    }
    if (e.code)
        family_die(&b->family, "stream", &e);
    json_put_int(statement, "seq", sequence + 1);
    json_put_str(statement, "prev", arena_str(b->hour, str_of(previous)));
}

static struct op *run_op(struct bench *b, struct made_host *h)
{
    struct err e = {0};
    struct op *op = ARENA_NEW(b->hour, struct op);
    *op = (struct op){.kind = "run", .actor = STR("system:collector"), .body = json_object(b->hour)};
    json_put_cstr(op->body, "sub", h->subject);
    struct json *statement = json_put_object(op->body, "run"), *items = json_array(b->hour);
    json_put_cstr(statement, "ver", "bench");
    json_put_cstr(statement, "sub", h->subject);
    json_put_cstr(statement, "by", "machine-id");
    struct json *obs = json_put_array(statement, "obs");
    json_push_int(obs, *b->clock_ms - 300);
    json_push_int(obs, *b->clock_ms);
    struct json *tables = json_put_object(statement, "tables"), *states = json_put_object(statement, "states");
    for (size_t t = 0; t < b->table_count; t++) {
        if (is_changing(b, h, t))
            item_add(b, h, t, op, items);
        json_put_cstr(tables, b->tables[t].table->schema->name, h->commitments[t]);
        if (b->tables[t].gathered.state != TABLE_COMPLETE)
            json_put_cstr(states, b->tables[t].table->schema->name, table_state_name(b->tables[t].gathered.state));
    }
    json_put_int(statement, "exit", 0);
    json_put(op->body, "items", items);
    order_put(b, h, statement);
    json_put_cstr(statement, "col", b->vkey);
    struct buf BUF_AUTO text, lines;
    buf_init(&text, LIMIT_LEAF_BYTES);
    buf_init(&lines, 4096);
    if (!run_statement_text(str_of(b->data.origin), statement, &text, &e))
        family_die(&b->family, "statement", &e);
    note_sign_line(&b->key, &b->private_key, buf_view(&text), &lines);
    json_put_str(op->body, "sig", arena_str(b->hour, buf_view(&lines)));
    return op;
}

static struct op *eval_op(struct bench *b, struct made_host *h, int64_t run, bool is_first)
{
    struct err e = {0};
    struct results before = {0};
    struct op *op = ARENA_NEW(b->hour, struct op);
    *op = (struct op){.kind = "eval", .actor = STR("system:assess"), .body = json_object(b->hour)};
    results_init(&before, b->hour);
    bool is_changed = is_first || next_random(b) % RESULT_CHANGE_ONE_IN == 0;
    if (is_changed && !is_first) {
        before.items = arena_array(b->hour, h->results.count, sizeof *before.items);
        before.count = h->results.count;
        memcpy(before.items, h->results.items, before.count * sizeof *before.items);
        struct result *one = &h->results.items[next_random(b) % h->results.count];
        one->status = one->status == RESULT_FAIL ? RESULT_PASS : RESULT_FAIL;
    }
    size_t changed = 0;
    struct str difference =
        is_changed ? results_difference(b->hour, *b->clock_ms, &before, &h->results, &changed) : (struct str){0};
    struct result_counts counts = results_count(h->results.items, h->results.count);
    json_put_int(op->body, "run", run);
    json_put_int(op->body, "cat", b->catalog);
    json_put_int(op->body, "par", -1);
    json_put_int(op->body, "at", *b->clock_ms);
    struct json *cnt = json_put_object(op->body, "cnt");
    for (int s = 0; s < 4; s++)
        json_put_int(cnt, result_status_name((enum result_status)s), counts.of[s]);
    if (difference.size > 0 && !op_blob_seal(&b->env, b->hour, op, "application/x-ndjson", difference, &e))
        family_die(&b->family, "seal", &e);
    return op;
}

static void hour_write(struct bench *b, bool is_first)
{
    struct op **ops = arena_array(b->hour, b->host_count, sizeof *ops);
    int64_t *runs = arena_array(b->hour, b->host_count, sizeof *runs),
            *evals = arena_array(b->hour, b->host_count, sizeof *evals);
    for (size_t i = 0; i < b->host_count; i++)
        ops[i] = run_op(b, &b->hosts[i]);
    submit_all(b, ops, b->host_count, runs);
    for (size_t i = 0; i < b->host_count; i++)
        ops[i] = eval_op(b, &b->hosts[i], runs[i], is_first);
    submit_all(b, ops, b->host_count, evals);
    b->leaves = (uint64_t)evals[b->host_count - 1] + 1;
    arena_reset(b->hour);
}

/* ---- the program ---- */

static void prepare(struct bench *b, const char *path)
{
    struct err e = {0};
    struct data_dir_init init = {.path = path, .host_name = "bench", .machine_id = STR("bench-machine"), .env = &b->env};
    if (!data_dir_init(&init, &e) && e.code != ERR_EXISTS)
        family_die(&b->family, "init", &e);
    e = (struct err){0};
    if (!data_dir_open(&b->data, path, &e))
        family_die(&b->family, "open", &e);
    b->family = (struct family){.program = "bench-year", .env = &b->env};
    family_start(&b->family, &b->data);
    if (!(b->projection = data_dir_projection(&b->data, &e)) ||
        !catalog_ensure(b->family.client, b->projection, &b->env, b->arena, &b->catalog, &e))
        family_die(&b->family, "catalogue", &e);
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, sizeof b->vkey - 1);
    if (!keys_load_signing(b->data.fd, "collector", &b->key, &b->private_key, &e))
        family_die(&b->family, "collector's key", &e);
    note_key_format(&b->key, &vkey);
    memcpy(b->vkey, vkey.data, vkey.size);
}

int main(int argc, char **argv)
{
    int64_t hosts, days;
    if (argc != 4 || !str_to_int64(str_of(argv[2]), &hosts) || !str_to_int64(str_of(argv[3]), &days) || hosts < 1 ||
        hosts > 1000 || days < 1 || days > 3660) {
        fprintf(stderr, "usage: bench-year DATA HOSTS DAYS (DATA new or empty)\n");
        return 2;
    }
    struct bench b = {.arena = arena_new("bench", (size_t)4 << 30),
                      .hour = arena_new("hour", (size_t)2 << 30),
                      .host_count = (size_t)hosts,
                      .seed = 1};
    b.clock_ms = mmap(NULL, sizeof *b.clock_ms, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    b.env = (struct env){shared_now, real_monotonic, real_random, &b};
    int64_t end_ms = env_now_ms(&env_system), began_ms = env_monotonic_ms(&env_system);
    *b.clock_ms = end_ms - days * MS_DAY;
    prepare(&b, argv[1]);
    templates_gather(&b);
    hosts_make(&b);
    for (int64_t hour = 0; hour < days * 24; hour++) {
        *b.clock_ms = end_ms - days * MS_DAY + (hour + 1) * MS_HOUR;
        hour_write(&b, hour == 0);
        if (isatty(2) && hour % 24 == 0)
            fprintf(stderr, "\rday %lld of %lld", (long long)(hour / 24), (long long)days);
    }
    db_close(b.projection);
    family_end(&b.family);
    double seconds = (double)(env_monotonic_ms(&env_system) - began_ms) / 1000;
    arena_free(b.hour);
    arena_free(b.arena);
    data_dir_close(&b.data);
    printf("hosts %lld\ndays %lld\nleaves %llu\nseconds %.1f\noperations_per_second %.0f\n", (long long)hosts, (long long)days,
           (unsigned long long)b.leaves, seconds, (double)(hosts * days * 48) / seconds);
    return 0;
}
