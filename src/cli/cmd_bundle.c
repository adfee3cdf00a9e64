/* cmd_bundle.c - one file for an auditor: leaves, proofs, and the evidence that is to be disclosed. */
#include "cli/bundle_made.h"

#include "base/times.h"
#include "content/content.h"

enum { LEAVES_MAX = 65536 };

static const struct cli_option options[] = {
    {"out", 'o', "FILE", "where to write it; must not exist"},
    {"audience", 0, "TEXT", "who it is for; stands in the manifest"},
    {"purpose", 0, "TEXT", "what for; stands in the manifest"},
    {"from", 0, "TIME", "leaves from this instant on"},
    {"to", 0, "TIME", "leaves before this instant"},
    {"range", 0, "A:B", "leaves [A, B), widened to whole entry bundles of 256"},
    {"leaf", 0, "N", "only these leaves, with a proof each: --leaf N [N…]"},
    {"blobs", 0, "WHICH", "all, none (the default), or controls: AC-06,CH-01: the captures that their tests read"},
    {"policy", 0, "FILE", "the tlog-policy to put in; otherwise the one in force, or the log alone"},
    {"tsa-ca", 0, "FILE", "certificates (PEM) of time-stamp authorities; otherwise those that are configured"},
    {0},
};

struct bundle_request {
    struct cli_context *c;
    struct bundle_made f;
    uint64_t *leaves;
    bool wants_all;
    const char *tables[512];
    size_t table_count;
};

/* ---- blobs ---- */

static bool is_wanted(void *context, uint64_t index, struct str type, const struct json *leaf)
{
    const struct bundle_request *r = context;
    (void)index;
    /* What was reported in confidence stays with those who receive it, whoever the bundle is for. */
    if (str_is(type, "record") && str_is(json_text(leaf, "type"), "concern"))
        return false;
    if (r->wants_all)
        return true;
    for (size_t i = 0; str_is(type, "item") && i < r->table_count; i++)
        if (str_is(json_text(leaf, "tbl"), r->tables[i]))
            return true;
    return false;
}

static bool control_add(struct bundle_request *r, struct str id, struct err *e)
{
    if (!content_control(id))
        return err_set(e, ERR_INVALID, "--blobs: %.*s is no control", STR_ARGS(str_slice(id, 0, 40)));
    for (size_t i = 0; i < content_test_count; i++) {
        const struct test *t = &content_tests[i];
        bool is_its = false;
        for (size_t k = 0; k < t->control_count; k++)
            is_its = is_its || str_is(id, t->controls[k].control);
        for (size_t k = 0; is_its && k < t->tables.count && r->table_count < sizeof(r->tables) / sizeof(r->tables[0]); k++)
            r->tables[r->table_count++] = t->tables.items[k];
    }
    return true;
}

static bool blobs_choose(struct bundle_request *r, struct err *e)
{
    const char *which = cli_option(r->c, "blobs");
    struct str rest = str_of(which ? which : "none"), id;
    r->wants_all = str_is(rest, "all");
    for (bool is_more = !r->wants_all && !str_is(rest, "none"); is_more;) {
        is_more = str_cut(&rest, ',', &id);
        if (!control_add(r, id, e))
            return false;
    }
    return true;
}

/* ---- which leaves ---- */

static bool time_of_leaf(struct bundle_request *r, uint64_t index, int64_t *ret, struct err *e)
{
    struct str bytes;
    struct leaf leaf;
    struct arena *a = arena_new("one leaf", 4 << 20);
    bool ok = ledger_reader_leaf(r->f.officer.ledger, a, index, &bytes, e) && leaf_parse(a, bytes, &leaf, e);
    *ret = ok ? json_int(leaf.json, "t", 0) : 0;
    arena_free(a);
    return ok;
}

/* The first leaf at or after the instant: t never goes down. */
static bool leaf_at(struct bundle_request *r, const char *text, const char *option, uint64_t *ret, struct err *e)
{
    int64_t at = 0, t = 0;
    uint64_t from = 0, to = ledger_reader_head(r->f.officer.ledger)->size;
    if (!time_parse(str_of(text), env_now_ms(r->c->env), &at))
        return err_set(e, ERR_INVALID, "--%s %.60s: not a time such as 2026-01-01 or now-90d", option, text);
    while (from < to) {
        uint64_t middle = from + (to - from) / 2;
        if (!time_of_leaf(r, middle, &t, e))
            return false;
        if (t < at)
            from = middle + 1;
        else
            to = middle;
    }
    *ret = from;
    return true;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool number_of(struct str text, uint64_t *ret)
{
    int64_t n = -1;
    bool ok = str_to_int64(text, &n) && n >= 0;
    *ret = ok ? (uint64_t)n : 0;
    return ok;
}

static bool leaves_choose(struct bundle_request *r, struct err *e)
{
    struct cli_context *c = r->c;
    const char *first = cli_option(c, "leaf");
    size_t count = 0;
    r->leaves = arena_array(c->arena, LEAVES_MAX, sizeof(*r->leaves));
    for (int i = -1; i < c->argument_count && count < LEAVES_MAX; i++)
        if (!number_of(str_of(i < 0 ? first : c->arguments[i]), &r->leaves[count++]))
            return err_set(e, ERR_INVALID, "--leaf: %.40s is no leaf number", i < 0 ? first : c->arguments[i]);
    qsort(r->leaves, count, sizeof(*r->leaves), compare);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || r->leaves[i] != r->leaves[kept - 1])
            r->leaves[kept++] = r->leaves[i];
    r->f.o.mode = BUNDLE_SELECTED;
    r->f.o.leaves = r->leaves;
    r->f.o.leaf_count = kept;
    return true;
}

static bool scope_choose(struct bundle_request *r, struct err *e)
{
    struct cli_context *c = r->c;
    const char *from = cli_option(c, "from"), *to = cli_option(c, "to"), *range = cli_option(c, "range");
    if (cli_option(c, "leaf"))
        return from || to || range ? err_set(e, ERR_INVALID, "--leaf goes with neither --range nor --from and --to")
                                   : leaves_choose(r, e);
    if (c->argument_count > 0)
        return err_set(e, ERR_INVALID, "%.40s: leaf numbers go with --leaf", c->arguments[0]);
    if (!from && !to && !range)
        return true;
    r->f.o.mode = BUNDLE_RANGE;
    r->f.o.to = ledger_reader_head(r->f.officer.ledger)->size;
    if (range) {
        struct str rest = str_of(range), head;
        if (from || to || !str_cut(&rest, ':', &head) || !number_of(head, &r->f.o.from) || !number_of(rest, &r->f.o.to))
            return err_set(e, ERR_INVALID, "--range %.40s: wants A:B, and no --from and --to beside it", range);
        return true;
    }
    return (!from || leaf_at(r, from, "from", &r->f.o.from, e)) && (!to || leaf_at(r, to, "to", &r->f.o.to, e));
}

static int report(struct cli_context *c, const char *path, const struct bundle_report *r)
{
    if (c->json) {
        struct json *o = bundle_made_json(c->arena, path, r);
        json_put_int(o, "size", (int64_t)r->size);
        json_put_int(o, "from", (int64_t)r->from);
        json_put_int(o, "to", (int64_t)r->to);
        json_put_int(o, "lag", r->lag_ms);
        return cli_print_json(o);
    }
    return cli_print(arena_printf(c->arena,
                                  "%s: %llu leaves of [%llu, %llu), %llu blobs, %llu withheld, %llu erased; %llu bytes\nCheck it with: "
                                  "assay-verify %s\n",
                                  path, (unsigned long long)r->leaves, (unsigned long long)r->from, (unsigned long long)r->to,
                                  (unsigned long long)r->blobs, (unsigned long long)r->withheld, (unsigned long long)r->erased,
                                  (unsigned long long)r->bytes, path));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct bundle_report made = {0};
    struct bundle_request *r = ARENA_NEW(c->arena, struct bundle_request);
    const char *path = cli_option(c, "out");
    *r = (struct bundle_request){.c = c};
    if (!path || !cli_option(c, "audience") || !cli_option(c, "purpose"))
        return cli_wrong_use(c, "wants -o FILE, --audience TEXT and --purpose TEXT");
    bool ok = blobs_choose(r, &e) && bundle_made_open(c, &r->f, cli_option(c, "policy"), cli_option(c, "tsa-ca"), &e);
    if (ok) {
        r->f.o.mode = BUNDLE_FULL;
        r->f.o.audience = cli_option(c, "audience");
        r->f.o.purpose = cli_option(c, "purpose");
        r->f.o.blobs.is_wanted = is_wanted;
        r->f.o.blobs.context = r;
    }
    ok = ok && scope_choose(r, &e) && bundle_made_write(&r->f, path, &made, &e);
    int status = ok ? report(c, path, &made) : cli_fail(&e);
    bundle_made_close(&r->f);
    return status;
}

const struct cli_command cli_command_bundle = {
    .name = "bundle",
    .summary = "write one file for an auditor: leaves, proofs and chosen evidence",
    .usage = "-o FILE --audience TEXT --purpose TEXT [--from T] [--to T] [--range A:B] [--leaf N…] [--blobs WHICH]",
    .example = "assay bundle -o q3.slb --audience \"Example CPA\" --purpose \"SOC 2 2026\" --from 2026-07-01 --blobs AC-06",
    .options = options,
    .details = "All leaf texts go in (they hold no personal data), blobs only as chosen; withheld and erased ones are counted. The "
               "format is doc/bundle.md; assay-verify checks it without Assay. The same ledger gives the same bytes.",
    .arguments_max = -1,
    .has_json = true,
    .run = run,
};
