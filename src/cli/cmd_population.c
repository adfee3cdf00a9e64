/* assay audit population: what a control had to work on, frozen, checked for completeness, held against another source. */
#include "assess/engagement.h"
#include "assess/population_match.h"
#include "cli/cmd_population.h"
#include "cli/cmd_records.h"
#include "cli/open_view.h"
#include "report/view_population.h"

#include <stdio.h>

enum { CLI_ROWS = 50 };

struct population_cli {
    struct cli_context *c;
    struct record_cli r;
    struct keeper_client *keeper; /* NULL: reading only */
    struct blob_opener *blobs;
    struct opened_view v;
    struct view_records records;
    struct arena *a, *big; /* big: rows */
};

static bool cli_open(struct population_cli *x, struct cli_context *c, bool writes, struct err *e)
{
    struct record_cli *r = &x->r;
    *x = (struct population_cli){.c = c, .a = c->arena, .big = arena_new("population", (size_t)2 << 30), .r = {.data = {.fd = -1}}};
    x->keeper = writes ? keeper_open(c->data_dir, e) : NULL;
    if ((writes && !x->keeper) || !record_cli_begin(c, r, e) || !open_view(c, "at", &x->v, e))
        return false;
    x->blobs = x->keeper ? blob_opener_keeper(c->arena, c->data_dir, x->keeper, e) : blob_opener_direct(c->arena, r->data.path, e);
    x->records = (struct view_records){.types = r->types, .access = &r->access};
    if (x->blobs)
        x->v.view.blobs = (struct view_blobs){x->blobs->open, x->blobs->context};
    return x->blobs != NULL;
}

static void cli_close(struct population_cli *x)
{
    if (x->v.view.db)
        close_view(&x->v);
    if (x->r.types || x->r.data.fd >= 0)
        records_close(&x->r);
    if (x->keeper)
        keeper_close(x->keeper);
    arena_free(x->big);
}

static bool submit(struct population_cli *x, struct record_change *changes, size_t count, struct json **ret_answer, struct err *e)
{
    struct op op;
    return record_op(x->c->env, x->a, changes, count, &x->r.access, &op, e) && keeper_submit(x->keeper, x->a, &op, ret_answer, e) &&
           (keeper_flush(x->keeper, e) || err_wrap(e, "it is recorded, but not signed"));
}

/* --engagement, or the one that matters now. */
static bool engagement_of(struct population_cli *x, struct str *ret, struct err *e)
{
    const char *typed = cli_option(x->c, "engagement");
    *ret = typed ? str_of(typed) : engagement_current(x->r.db, x->a, INT64_MAX, e);
    return e->code == ERR_NONE && ((ret->data && ret->size) || err_set(e, ERR_INVALID, "--engagement: there is none; open one first: assay audit open"));
}

static bool population_of(struct population_cli *x, struct population *ret, struct err *e)
{
    return population_read(x->r.db, x->a, str_of(x->c->arguments[2]), INT64_MAX, ret, e);
}

/* ---- reading ---- */

static void list_print(struct buf *b, const struct json *page)
{
    JSON_EACH (p, json_get(page, "rows")) {
        put_shape(b, json_text(p, "status"), false);
        buf_char(b, ' ');
        put_padded(b, json_text(p, "id"), 10);
        put_padded(b, json_text(p, "status_words"), 22);
        if (json_int(p, "rows_count", -1) >= 0)
            buf_printf(b, "%8lld rows  ", (long long)json_int(p, "rows_count", 0));
        else
            buf_cstr(b, "               ");
        buf_printf(b, "%.*s", STR_ARGS(json_text(p, "name")));
        JSON_EACH (c, json_get(p, "controls"))
            buf_printf(b, " %.*s", STR_ARGS(json_text(c, "id")));
        buf_char(b, '\n');
    }
    buf_printf(b, "\n%lld controls need a population, %lld have one, %lld one that is complete and accurate\n", (long long)json_int(page, "needed", 0), (long long)json_int(page, "covered", 0),
               (long long)json_int(page, "checked", 0));
    JSON_EACH (m, json_get(page, "missing")) {
        const struct json *t = json_get(m, "template");
        buf_printf(b, "  %-8.*s %.*s%s%.*s\n", STR_ARGS(json_text(m, "id")), STR_ARGS(json_text(m, "title")), t && t->type == JSON_OBJECT ? ": freeze " : "", STR_ARGS(json_text(t, "id")));
    }
}

static int list_run(struct population_cli *x)
{
    struct err e = {0};
    struct str engagement;
    struct json *page = engagement_of(x, &engagement, &e) ? view_populations(&x->v.view, &x->records, engagement, &e) : NULL;
    return cli_show(x->c, page, list_print, &e);
}

static int library_run(struct population_cli *x)
{
    const struct population_template *all;
    struct err e = {0};
    size_t count;
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    if (!population_library(x->a, &all, &count, &e))
        return cli_fail(&e);
    if (x->c->json)
        return cli_print_json(json_get(json_parse(x->a, str_of(content_populations_json), JSON_LIMITS_DEFAULT, &e), "populations"));
    for (size_t i = 0; i < count; i++) {
        put_padded(&b, all[i].id, 22);
        buf_printf(&b, "%-7s %.*s", all[i].is_import ? "file" : "query", STR_ARGS(all[i].title));
        for (size_t k = 0; k < all[i].controls.count; k++)
            buf_printf(&b, " %s", all[i].controls.items[k]);
        buf_char(&b, '\n');
    }
    return cli_print(buf_view(&b));
}

static void rows_print(struct buf *b, const struct json *page)
{
    buf_cstr(b, "row");
    JSON_EACH (c, json_get(page, "columns"))
        buf_printf(b, "\t%.*s", STR_ARGS(c->text));
    buf_char(b, '\n');
    JSON_EACH (r, json_path(page, "shown.rows")) {
        buf_printf(b, "%lld", (long long)json_int(r, "n", 0));
        JSON_EACH (c, json_get(r, "cells")) {
            buf_char(b, '\t');
            for (size_t i = 0; i < c->text.size; i++)
                buf_char(b, (unsigned char)c->text.data[i] < 0x20 || c->text.data[i] == 0x7f ? ' ' : c->text.data[i]);
        }
        buf_char(b, '\n');
    }
}

static void show_print(struct buf *b, const struct json *page)
{
    put_shape(b, json_text(page, "status"), false);
    buf_printf(b, " %.*s %.*s: %.*s\n", STR_ARGS(json_text(page, "id")), STR_ARGS(json_text(page, "name")), STR_ARGS(json_text(page, "status_words")));
    JSON_EACH (c, json_get(page, "checks"))
        buf_printf(b, "  (%.*s) %-22.*s %-22.*s %.*s\n", STR_ARGS(json_text(c, "letter")), STR_ARGS(json_text(c, "label")), STR_ARGS(json_text(c, "status_words")), STR_ARGS(json_text(c, "value")));
    if (json_text(page, "digest").size)
        buf_printf(b, "digest %.*s\n", STR_ARGS(json_text(page, "digest")));
    const struct json *s = json_get(page, "sequence");
    if (s && s->type == JSON_OBJECT)
        buf_printf(b, "sequence %.*s\n", STR_ARGS(json_text(s, "words")));
    if (json_path(page, "traced.numbers"))
        buf_printf(b, "rows to trace: %.*s\n", STR_ARGS(json_text(json_get(page, "traced"), "numbers")));
    JSON_EACH (d, json_get(page, "differences"))
        buf_printf(b, "  %-11.*s %3lld %-14.*s %.*s %.*s%s%.*s\n", STR_ARGS(json_text(d, "status_words")), (long long)json_int(d, "number", 0), STR_ARGS(json_text(d, "kind_words")),
                   STR_ARGS(json_text(d, "id")), STR_ARGS(json_text(d, "item")), json_text(d, "detail").size ? ": " : "", STR_ARGS(json_text(d, "detail")));
}

static struct json *one(struct population_cli *x, struct err *e)
{
    struct population p;
    const char *q = cli_option(x->c, "q"), *from = cli_option(x->c, "row");
    struct population_shown shown = {.q = str_of(q ? q : ""), .from = 1, .count = CLI_ROWS};
    if (from && !str_to_int64(str_of(from), &shown.from))
        return err_set(e, ERR_INVALID, "--row %s: a number is wanted", from), NULL;
    return population_of(x, &p, e) ? view_population(&x->v.view, &x->records, p.engagement, p.id, &shown, e) : NULL;
}

static int show_run(struct population_cli *x)
{
    struct err e = {0};
    return cli_show(x->c, one(x, &e), show_print, &e);
}

static int rows_run(struct population_cli *x)
{
    struct err e = {0};
    struct json *page = one(x, &e);
    if (page && !json_bool(page, "is_frozen"))
        page = (err_set(&e, ERR_CONFLICT, "%.*s is not frozen yet", STR_ARGS(json_text(page, "id"))), NULL);
    return cli_show(x->c, page, rows_print, &e);
}

/* ---- freezing ---- */

/* A draft of one of the library, or what is there already by its id. */
static bool draft_of(struct population_cli *x, struct population *ret, struct err *e)
{
    const struct population_template *all;
    struct engagement g;
    struct record_change change;
    struct json *answer;
    struct str engagement;
    size_t count;
    const char *from = cli_option(x->c, "from"), *to = cli_option(x->c, "to");
    if (!population_library(x->a, &all, &count, e))
        return false;
    const struct population_template *t = population_template_find(all, count, str_of(x->c->arguments[2]));
    if (!t)
        return population_of(x, ret, e) || err_wrap(e, "neither of the library nor frozen or drafted");
    if (!engagement_of(x, &engagement, e) || !engagement_read(x->r.db, x->a, engagement, INT64_MAX, &g, e))
        return false;
    if (!g.has_days && !(from && to))
        return err_set(e, ERR_INVALID, "--from and --to: %.*s has no window yet", STR_ARGS(g.id));
    struct str first = from ? str_of(from) : day_text(x->a, g.window.first), last = to ? str_of(to) : day_text(x->a, g.window.last);
    if (!population_draft(x->r.db, x->a, t, g.id, first, last, &change, e))
        return false;
    record_defaults(record_types_find(x->r.types, change.type), change.set, &x->r.access, x->r.now_ms);
    return submit(x, &change, 1, &answer, e) && population_read(x->r.db, x->a, json_text(json_at(json_get(answer, "records"), 0), "id"), INT64_MAX, ret, e);
}

static bool rows_of(struct population_cli *x, const struct population *p, struct freezing *f, struct err *e)
{
    struct question q;
    int64_t at_ms = 0, seconds = 60;
    const char *limit = cli_option(x->c, "time-limit"), *path = cli_option(x->c, "file");
    if (limit && (!str_to_int64(str_of(limit), &seconds) || seconds < 1 || seconds > 86400))
        return err_set(e, ERR_INVALID, "--time-limit is a number of seconds from 1 to 86400");
    if (!cli_instant(x->c, "at", &at_ms, e))
        return false;
    if (path) {
        f->csv_name = arena_printf(x->a, "%.*s.csv", STR_ARGS(p->id));
        return (str_is(p->kind, "import") || err_set(e, ERR_INVALID, "--file: %.*s comes from a query", STR_ARGS(p->id))) &&
               cli_file_read(x->c, path, POPULATION_CSV_BYTES_MAX, &f->csv, e) && (population_freeze_csv(f->csv, x->big, &f->rows, e) || err_wrap(e, "%s", path));
    }
    if (!population_question(x->r.db, x->a, x->r.types, &x->r.access, p, x->r.now_ms, at_ms, &q, e))
        return false;
    struct captures *captures = captures_open(x->r.db, x->blobs, &(struct captures_options){.at_ms = at_ms}, e);
    q.captures = captures;
    q.time_limit_ms = seconds * 1000;
    bool ok = captures && population_freeze_query(&q, p, x->big, &f->rows, e);
    captures_close(captures);
    f->as_of_leaf = q.leaf_limit == INT64_MAX ? x->v.view.leaf_limit : q.leaf_limit;
    return ok;
}

static int freeze_run(struct population_cli *x)
{
    struct err e = {0};
    struct population p;
    struct record_change change;
    struct json *answer;
    struct freezing f = {.now_ms = x->r.now_ms, .by = STR("local:admin"), .csv = STR(""), .csv_name = STR(""), .as_of_leaf = x->v.view.leaf_limit};
    if (!draft_of(x, &p, &e) || !rows_of(x, &p, &f, &e) || !population_freeze_change(x->c->env, x->big, &p, &f, &change, &e) || !submit(x, &change, 1, &answer, &e) ||
        !population_read(x->r.db, x->a, p.id, INT64_MAX, &p, &e))
        return cli_fail(&e);
    struct json *o = json_object(x->a);
    json_put_str(o, "id", p.id);
    json_put_int(o, "rows", p.rows);
    json_put_str(o, "digest", p.digest);
    json_put_int(o, "leaf", p.leaf);
    return x->c->json ? cli_print_json(o) : cli_print(arena_printf(x->a, "%.*s: %lld rows, %.*s\n", STR_ARGS(p.id), (long long)p.rows, STR_ARGS(p.digest)));
}

static int reconcile_run(struct population_cli *x)
{
    struct err e = {0};
    struct population p;
    struct reconciliation r;
    struct json *answer;
    const char *on = cli_option(x->c, "keys"), *alike = cli_option(x->c, "alike");
    if (x->c->argument_count != 4 || !on)
        return cli_wrong_use(x->c, "population reconcile takes two populations and --keys COLUMNS");
    if (!population_of(x, &p, &e) || !population_reconcile(x->r.db, x->a, x->big, x->blobs, &p, str_of(x->c->arguments[3]), str_of(on), str_of(alike ? alike : ""), &r, &e) ||
        (r.change_count && !submit(x, r.changes, r.change_count, &answer, &e)))
        return cli_fail(&e);
    struct json *o = json_object(x->a), *list = json_put_array(o, "differences");
    struct buf BUF_AUTO text;
    buf_init(&text, 4 << 20);
    const struct match_counts *n = &r.counts;
    buf_printf(&text, "%zu here, %zu there, %zu the same thing; %zu missing here, %zu missing there, %zu differ; %zu recorded now, %zu before\n", n->here, n->there, n->matched, n->missing_here,
               n->missing_there, n->differing, r.change_count, r.known);
    for (size_t i = 0; i < r.count; i++) {
        const struct match_difference *one = &r.items[i];
        struct json *d = json_push_object(list);
        json_put_cstr(d, "kind", match_kind_name(one->kind));
        json_put_str(d, "item", one->item);
        json_put_str(d, "detail", one->detail);
        json_put_int(d, "row_here", (int64_t)one->row_here);
        json_put_int(d, "row_there", (int64_t)one->row_there);
        buf_printf(&text, "  %-14s %.*s%s%.*s\n", match_kind_name(one->kind), STR_ARGS(one->item), one->detail.size ? ": " : "", STR_ARGS(one->detail));
    }
    json_put_int(o, "matched", (int64_t)n->matched);
    json_put_int(o, "new", (int64_t)r.change_count);
    int status = x->c->json ? cli_print_json(o) : cli_print(buf_view(&text));
    return status ? status : r.count > 0;
}

static const struct {
    const char *name;
    bool writes;
    int arguments; /* "population" and the verb among them */
    int (*run)(struct population_cli *x);
} verbs[] = {{"list", false, 2, list_run},   {"library", false, 2, library_run}, {"show", false, 3, show_run},
             {"rows", false, 3, rows_run},   {"freeze", true, 3, freeze_run},    {"reconcile", true, 4, reconcile_run}};

int population_cli_run(struct cli_context *c)
{
    struct err e = {0};
    struct population_cli x;
    const char *verb = c->argument_count > 1 ? c->arguments[1] : "list";
    size_t i = 0, count = sizeof verbs / sizeof verbs[0];
    while (i < count && strcmp(verbs[i].name, verb) != 0)
        i++;
    if (i == count)
        return cli_wrong_use(c, "population %.40s: list, library, freeze, show, rows or reconcile", verb);
    if (c->argument_count != verbs[i].arguments && c->argument_count > 1)
        return cli_wrong_use(c, "population %s takes %s", verb, verbs[i].arguments == 2 ? "nothing more" : verbs[i].arguments == 3 ? "the id of one" : "two populations");
    int status = cli_open(&x, c, verbs[i].writes, &e) ? verbs[i].run(&x) : cli_fail(&e);
    cli_close(&x);
    return status;
}
