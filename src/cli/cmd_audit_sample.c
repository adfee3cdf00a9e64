/* assay audit sample, sheet, exception: what the auditor drew and found; and drawing again on one's own machine. Auditors write with their account, by the pages or the API. */
#include "assess/sheet.h"
#include "cli/cmd_audit.h"
#include "cli/cmd_records.h"
#include "cli/open_view.h"
#include "collect/captures.h"

#include <unistd.h>

enum { COLUMNS_MAX = 8, COLUMN_LETTERS_MAX = 64 };

struct sample_cli {
    struct cli_context *c;
    struct record_cli r;
    struct arena *a;
    struct ledger_reader *ledger;
    struct blob_opener *blobs;
};

static bool root_of(void *context, uint64_t size, struct sha256 *ret, struct err *e)
{
    struct sample_cli *x = context;
    return ledger_reader_root(x->ledger, size, ret, e);
}

static bool rows_of(void *context, struct arena *a, int64_t leaf, struct str c, struct str k, struct str *ret, struct err *e)
{
    struct sample_cli *x = context;
    if (!x->blobs && !(x->blobs = blob_opener_direct(x->a, x->c->data_dir, e)))
        return false;
    return x->blobs->open(x->blobs->context, a, (uint64_t)leaf, arena_str(a, c).data, arena_str(a, k).data, ret, e);
}

static bool open_all(struct sample_cli *x, struct cli_context *c, struct err *e)
{
    struct record_cli *r = &x->r;
    *x = (struct sample_cli){.c = c, .a = c->arena, .r = {.data = {.fd = -1}}};
    if (!record_cli_begin(c, r, e))
        return false;
    int dir = data_dir_ledger(&r->data, e);
    x->ledger = dir >= 0 ? ledger_reader_open(dir, e) : NULL;
    if (dir >= 0)
        close(dir);
    return x->ledger != NULL;
}

static void close_all(struct sample_cli *x)
{
    ledger_reader_close(x->ledger);
    if (x->r.types || x->r.data.fd >= 0)
        records_close(&x->r);
}

static struct record *named(struct sample_cli *x, const char *type, struct err *e)
{
    const struct record_type *t = record_types_find(x->r.types, str_of(type));
    if (x->c->argument_count < 3) {
        err_set(e, ERR_INVALID, "%s %s wants an id", x->c->arguments[0], x->c->arguments[1]);
        return NULL;
    }
    return t ? record_get(x->r.db, x->a, t, str_of(x->c->arguments[2]), INT64_MAX, e) : NULL;
}

/* ---- lists ---- */

static int list_print(struct sample_cli *x, const char *sql, const char *const *names, int count, const char *empty)
{
    struct err e = {0};
    struct json *list = json_array(x->a);
    struct buf BUF_AUTO b;
    const char *engagement = cli_option(x->c, "engagement");
    size_t widths[COLUMNS_MAX] = {0};
    buf_init(&b, 4 << 20);
    DB_EACH (row, x->r.db, &e, sql, A(engagement ? engagement : "")) {
        struct json *o = json_push_object(list);
        for (int i = 0; i < count; i++) {
            struct str text = arena_str(x->a, db_text(row, i).data ? db_text(row, i) : STR(""));
            json_put_str(o, names[i], text);
            size_t wanted = text.size < COLUMN_LETTERS_MAX ? text.size : COLUMN_LETTERS_MAX;
            widths[i] = wanted > widths[i] ? wanted : widths[i];
        }
    }
    if (e.code)
        return cli_fail(&e);
    if (list->count == 0)
        buf_printf(&b, "%s\n", empty);
    JSON_EACH (o, list)
        for (int i = 0; i < count; i++) {
            put_padded(&b, json_text(o, names[i]), widths[i]);
            buf_str(&b, i + 1 == count ? STR("\n") : STR("  "));
        }
    return x->c->json ? cli_print_json(list) : cli_print(buf_view(&b));
}

static int samples_list(struct sample_cli *x)
{
    static const char *const names[] = {"id", "title", "engagement", "population", "state", "items"};
    return list_print(x, "select id, title, engagement, population, state, coalesce(items, size) from samples where ?1 = '' or engagement = ?1 order by id", names, 6,
                      "No sample yet: an auditor commits to one on the engagement's page.");
}

static int sheets_list(struct sample_cli *x)
{
    static const char *const names[] = {"id", "title", "engagement", "state", "conclusion", "items_tested", "deviations_found"};
    return list_print(x, "select id, title, engagement, state, conclusion, items_tested, deviations_found from test_sheets where ?1 = '' or engagement = ?1 order by control, id", names, 7, "No test sheet yet.");
}

static int exceptions_list(struct sample_cli *x)
{
    static const char *const names[] = {"id", "title", "sheet", "state", "items", "of_items", "response"};
    return list_print(x, "select id, title, sheet, state, items, of_items, coalesce((select id from responses p where p.exception = audit_exceptions.id), 'no response') from audit_exceptions where ?1 = '' or engagement = ?1 order by id",
                      names, 7, "No exception.");
}

/* ---- one sample ---- */

static int sample_show_run(struct sample_cli *x)
{
    struct err e = {0};
    struct record *s = named(x, "sample", &e);
    if (!s)
        return cli_fail(&e);
    struct json *o = json_object(x->a);
    json_put_str(o, "id", s->id);
    json_put_str(o, "state", s->state);
    json_put(o, "values", s->values);
    if (x->c->json)
        return cli_print_json(o);
    struct buf BUF_AUTO b;
    buf_init(&b, 4 << 20);
    buf_printf(&b, "%.*s %.*s: %.*s\n", STR_ARGS(s->id), STR_ARGS(s->state), STR_ARGS(record_title(s)));
    JSON_EACH (v, s->values) {
        put_padded(&b, v->key, 16);
        if (str_is(v->key, "drawn"))
            buf_printf(&b, "\n%.*s\n", STR_ARGS(v->text));
        else if (v->type == JSON_BOOL)
            buf_printf(&b, " %s\n", v->boolean ? "yes" : "no");
        else if (v->type == JSON_NUMBER)
            buf_printf(&b, " %lld\n", (long long)v->integer);
        else
            buf_printf(&b, " %.*s\n", STR_ARGS(v->text));
    }
    return cli_print(buf_view(&b));
}

/* 0: the same items; 1: not. */
static int again_run(struct sample_cli *x)
{
    struct err e = {0};
    struct record *s = named(x, "sample", &e);
    struct sample_source source = {root_of, rows_of, x};
    struct json *o = s ? sample_again(x->r.db, x->a, &source, s, &e) : NULL;
    if (!o)
        return cli_fail(&e);
    if (x->c->json)
        (void)!cli_print_json(o);
    else {
        struct buf BUF_AUTO b;
        buf_init(&b, 4 << 20);
        JSON_EACH (k, json_get(o, "checks")) {
            put_shape(&b, json_bool(k, "is_ok") ? STR("pass") : STR("fail"), false);
            buf_char(&b, ' ');
            put_padded(&b, json_text(k, "what"), 14);
            buf_printf(&b, " %.*s\n", STR_ARGS(json_text(k, "words")));
        }
        buf_printf(&b, "%s%s\n", json_bool(o, "is_same") ? "The same items." : "Other items than the record says.", json_bool(o, "is_late") ? " Weaker: the population was frozen before the auditor committed." : "");
        (void)!cli_print(buf_view(&b));
    }
    return json_bool(o, "is_same") ? 0 : 1;
}

static int nonce_run(struct sample_cli *x)
{
    uint8_t bytes[32];
    char nonce[65], commitment[65];
    struct sha256 h;
    env_random(x->c->env, bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), nonce);
    if (!draw_commitment(str_of(nonce), &h))
        return 3;
    hex_encode(h.bytes, SHA256_SIZE, commitment);
    struct json *o = json_object(x->a);
    json_put_cstr(o, "nonce", nonce);
    json_put_cstr(o, "commitment", commitment);
    return x->c->json ? cli_print_json(o) : cli_print(arena_printf(x->a, "number      %s   keep it; show it after the population is frozen\ncommitment  %s   enter this now\n", nonce, commitment));
}

/* ---- one sheet ---- */

static int sheet_show_run(struct sample_cli *x)
{
    struct err e = {0}, ignored = {0};
    struct sheet s;
    struct str words = STR(""), why;
    struct record *r = named(x, "test_sheet", &e);
    if (!r || !sheet_read_record(x->r.db, x->a, r, &s, &e))
        return cli_fail(&e);
    int64_t to = sheet_extension(x->a, &s, &why);
    if (!sheet_words(x->r.db, x->a, &s, &words, &ignored))
        words = arena_str(x->a, str_of(ignored.text));
    struct json *o = json_object(x->a);
    json_put_str(o, "id", r->id);
    json_put_str(o, "state", r->state);
    json_put_str(o, "control", s.control);
    json_put_int(o, "tested", s.count.tested);
    json_put_int(o, "deviations", s.count.deviations);
    json_put_int(o, "targeted", s.count.targeted);
    json_put_int(o, "open", s.count.open);
    json_put_str(o, "upper_limit", s.is_sample ? arena_printf(x->a, "%.1f %%", 100 * s.count.upper_limit) : STR(""));
    json_put_int(o, "extend_to", to);
    json_put_str(o, "conclusion", s.conclusion);
    json_put_str(o, "words", words);
    json_put(o, "values", r->values);
    if (x->c->json)
        return cli_print_json(o);
    return cli_print(arena_printf(x->a, "%.*s %.*s: %.*s\n%lld tested, %lld deviate, %lld open%s%.*s\n%.*s\n%.*s\n", STR_ARGS(r->id), STR_ARGS(r->state), STR_ARGS(record_title(r)), (long long)s.count.tested,
                                  (long long)s.count.deviations, (long long)s.count.open, s.is_sample ? ", upper limit " : "", STR_ARGS(json_text(o, "upper_limit")), STR_ARGS(words),
                                  STR_ARGS(json_text(r->values, "results"))));
}

static const struct {
    const char *noun, *verb;
    int (*run)(struct sample_cli *x);
} verbs[] = {{"sample", "list", samples_list}, {"sample", "show", sample_show_run}, {"sample", "draw-again", again_run}, {"sample", "nonce", nonce_run},
             {"sheet", "list", sheets_list},   {"sheet", "show", sheet_show_run},   {"exception", "list", exceptions_list}};

int audit_sample_run(struct cli_context *c)
{
    struct err e = {0};
    struct sample_cli x;
    const char *verb = c->argument_count > 1 ? c->arguments[1] : "list";
    size_t i = 0, count = sizeof(verbs) / sizeof(verbs[0]);
    while (i < count && (strcmp(verbs[i].noun, c->arguments[0]) != 0 || strcmp(verbs[i].verb, verb) != 0))
        i++;
    if (i == count)
        return cli_wrong_use(c, "audit %s %.40s: sample list|show ID|draw-again ID|nonce, sheet list|show ID, exception list", c->arguments[0], verb);
    if (verbs[i].run == nonce_run) { /* an auditor's own machine has no ledger */
        x = (struct sample_cli){.c = c, .a = c->arena};
        return nonce_run(&x);
    }
    int status = open_all(&x, c, &e) ? verbs[i].run(&x) : cli_fail(&e);
    close_all(&x);
    return status;
}
