/* cmd_hold.c - evidence that may not be erased without a second signature. */
#include "base/times.h"
#include "cli/officer.h"
#include "collect/captures.h"
#include "content/content.h"
#include "ledger/erase.h"
#include <stdio.h>

enum { STATEMENT_BYTES_MAX = 60 << 10, REASON_BYTES_MAX = 4000, TABLES_MAX = 200 };

static const struct cli_option options[] = {
    {"period", 0, "FROM/TO", "add: everything recorded or observed in this period"},
    {"reason", 0, "TEXT", "add, release: why; kept sealed beside the leaf"},
    {"with-root", 0, NULL, "release: sign with the root key as well"},
    {"with-officer", 0, "NAME", "release: sign with the second officer's key private/keys/NAME as well"},
    {0},
};

/* The tables that the control's tests read: what its evidence is made of. */
static bool control_put(struct json *hold, const char *control, struct err *e)
{
    const char *tables[TABLES_MAX];
    size_t count = 0;
    if (!content_control(str_of(control)))
        return err_set(e, ERR_INVALID, "%.40s: neither a leaf nor a control", control);
    json_put_cstr(hold, "ctl", control);
    struct json *list = json_put_array(hold, "tbls");
    for (size_t i = 0; i < content_test_count; i++) {
        const struct test *t = &content_tests[i];
        bool is_its = false;
        for (size_t k = 0; k < t->control_count; k++)
            is_its = is_its || strcmp(t->controls[k].control, control) == 0;
        for (size_t k = 0; is_its && k < t->tables.count; k++) {
            bool is_new = count < TABLES_MAX;
            for (size_t n = 0; n < count; n++)
                is_new = is_new && strcmp(tables[n], t->tables.items[k]) != 0;
            if (is_new) {
                tables[count++] = t->tables.items[k];
                json_push_str(list, str_of(t->tables.items[k]));
            }
        }
    }
    return true;
}

static bool period_put(struct cli_context *c, struct json *hold, const char *period, struct err *e)
{
    struct str to = str_of(period), from;
    int64_t from_ms, to_ms, now_ms = env_now_ms(c->env);
    if (!str_cut(&to, '/', &from) || !time_parse(from, now_ms, &from_ms) || !time_parse(to, now_ms, &to_ms) || from_ms > to_ms)
        return err_set(e, ERR_INVALID, "--period %.80s: wants FROM/TO, such as 2026-01-01/2026-07-01", period);
    struct json *list = json_put_array(hold, "per");
    json_push_int(list, from_ms);
    json_push_int(list, to_ms);
    return true;
}

static bool subject_put(struct cli_context *c, struct json *hold, struct err *e)
{
    const char *period = cli_option(c, "period"), *what = c->argument_count > 1 ? c->arguments[1] : NULL;
    int64_t leaf;
    if (period)
        return period_put(c, hold, period, e);
    if (!str_to_int64(str_of(what), &leaf))
        return control_put(hold, what, e);
    if (leaf < 0)
        return err_set(e, ERR_INVALID, "%.40s: a leaf is a number from 0 on", what);
    json_put_int(hold, "leaf", leaf);
    return true;
}

static bool submit(struct cli_context *c, struct officer *o, struct op *op, struct json *hold, const char *second,
                   struct json **ret_answer, struct err *e)
{
    struct buf BUF_AUTO text, lines;
    buf_init(&text, STATEMENT_BYTES_MAX);
    buf_init(&lines, STATEMENT_BYTES_MAX);
    if (!hold_check(hold, e) || !hold_statement_text(str_of(o->data.origin), hold, &text, e) ||
        !officer_sign(o, buf_view(&text), second, &lines, e))
        return false;
    json_put_str(op->body, "sig", arena_str(c->arena, buf_view(&lines)));
    return keeper_submit(o->keeper, c->arena, op, ret_answer, e) &&
           (keeper_flush(o->keeper, e) || err_wrap(e, "the hold is recorded, but not signed"));
}

static int change(struct cli_context *c, bool is_add)
{
    struct err e = {0};
    struct officer o;
    struct op op = {.kind = "hold", .actor = STR("local:admin"), .body = json_object(c->arena)};
    struct json *hold = json_put_object(op.body, "hold"), *answer;
    uint8_t random[8];
    char id[17];
    env_random(c->env, random, sizeof(random));
    hex_encode(random, sizeof(random), id);
    const char *name = is_add ? id : c->arguments[1];
    op_id_new(c->env, op.id);
    json_put_cstr(hold, "act", is_add ? "add" : "release");
    json_put_cstr(hold, "id", name);
    if (is_add && !subject_put(c, hold, &e))
        return cli_fail(&e);
    bool ok = officer_open(c, true, &o, &e) &&
              op_blob_seal(c->env, c->arena, &op, "text/plain", str_of(cli_option(c, "reason")), &e);
    if (ok)
        json_put_cstr(hold, "why", op.blobs[0].c);
    ok = ok && submit(c, &o, &op, hold, is_add ? NULL : officer_second(c), &answer, &e);
    officer_close(&o);
    if (!ok)
        return cli_fail(&e);
    json_put_cstr(answer, "id", name);
    if (c->json)
        return cli_print_json(answer);
    return cli_print(arena_printf(c->arena, "hold %s %s, leaf %lld\n", name, is_add ? "is in force" : "is released",
                                  (long long)json_int(answer, "leaf", -1)));
}

/* ---- list ---- */

static void words_put(struct json *o, const struct json *hold)
{
    const struct json *leaf = json_get(hold, "leaf"), *period = json_get(hold, "per");
    struct arena *a = o->arena;
    char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
    if (leaf)
        json_put_str(o, "what", arena_printf(a, "leaf %lld", (long long)leaf->integer));
    else if (period)
        json_put_str(o, "what",
                     arena_printf(a, "%s to %s", time_format(json_at(period, 0)->integer, from),
                                  time_format(json_at(period, 1)->integer, to)));
    else
        json_put_str(o, "what", arena_printf(a, "control %.*s", STR_ARGS(json_text(hold, "ctl"))));
}

static struct json *list_read(struct cli_context *c, struct officer *o, struct err *e)
{
    struct json *list = json_array(c->arena);
    struct err no_reasons = {0};
    struct blob_opener *blobs = blob_opener_direct(c->arena, c->data_dir, &no_reasons);
    DB_EACH (row, o->projection, e, "select id, leaf, t, statement, why_c, why_x, released_leaf from hold order by leaf") {
        struct json *hold = json_parse(c->arena, arena_str(c->arena, db_text(row, 3)), JSON_LIMITS_DEFAULT, e);
        struct str why_c = arena_str(c->arena, db_text(row, 4)), why_x = arena_str(c->arena, db_text(row, 5)), reason = STR("");
        struct err unread = {0};
        if (!hold)
            return NULL;
        struct json *line = json_push_object(list);
        json_put_str(line, "id", arena_str(c->arena, db_text(row, 0)));
        json_put_int(line, "leaf", db_int(row, 1));
        json_put_int(line, "t", db_int(row, 2));
        words_put(line, hold);
        json_put(line, "hold", hold);
        bool is_read = blobs && blobs->open(blobs->context, c->arena, (uint64_t)db_int(row, 1), why_c.data, why_x.data, &reason, &unread);
        json_put_str(line, "reason", is_read ? reason : STR(""));
        json_put_bool(line, "is_in_force", db_is_null(row, 6));
        if (!db_is_null(row, 6))
            json_put_int(line, "released_leaf", db_int(row, 6));
    }
    return e->code ? NULL : list;
}

static int list(struct cli_context *c)
{
    struct err e = {0};
    struct officer o;
    struct buf BUF_AUTO b;
    buf_init(&b, 8 << 20);
    struct json *holds = officer_open(c, false, &o, &e) ? list_read(c, &o, &e) : NULL;
    officer_close(&o);
    if (!holds)
        return cli_fail(&e);
    if (c->json)
        return cli_print_json(holds);
    JSON_EACH (hold, holds)
        buf_printf(&b, "%.*s  %s  %.*s  (leaf %lld)  %.*s\n", STR_ARGS(json_text(hold, "id")),
                   json_bool(hold, "is_in_force") ? "in force" : "released", STR_ARGS(json_text(hold, "what")),
                   (long long)json_int(hold, "leaf", -1), STR_ARGS(json_text(hold, "reason")));
    if (holds->count == 0)
        buf_cstr(&b, "nothing is on hold\n");
    return cli_print(buf_view(&b));
}

static int run(struct cli_context *c)
{
    const char *verb = c->arguments[0], *reason = cli_option(c, "reason");
    bool is_add = strcmp(verb, "add") == 0, is_release = strcmp(verb, "release") == 0;
    if (strcmp(verb, "list") == 0)
        return c->argument_count > 1 ? cli_wrong_use(c, "list: too many arguments") : list(c);
    if (!is_add && !is_release)
        return cli_wrong_use(c, "%.40s: add, release or list", verb);
    if (is_add && (c->argument_count > 1) == (cli_option(c, "period") != NULL))
        return cli_wrong_use(c, "add wants a leaf, a control, or --period FROM/TO");
    if (is_release && c->argument_count != 2)
        return cli_wrong_use(c, "release wants the hold's id (assay hold list)");
    if (is_release && (strlen(c->arguments[1]) != 16 || strspn(c->arguments[1], "0123456789abcdef") != 16))
        return cli_wrong_use(c, "%.40s: a hold's id is 16 hex digits (assay hold list)", c->arguments[1]);
    if (!reason || !reason[0] || strlen(reason) > REASON_BYTES_MAX || !str_is_utf8(str_of(reason)))
        return cli_wrong_use(c, "a hold needs a reason: --reason \"...\", of at most %d bytes", (int)REASON_BYTES_MAX);
    if (is_release && !officer_second(c))
        return cli_wrong_use(c, "to release a hold takes a second signature: --with-root or --with-officer NAME");
    return change(c, is_add);
}

const struct cli_command cli_command_hold = {
    .name = "hold",
    .summary = "evidence that may not be erased without a second signature",
    .usage = "add LEAF|CONTROL|--period FROM/TO --reason TEXT | release ID --reason TEXT --with-root | list",
    .example = "assay hold add --period 2026-01-01/2026-07-01 --reason \"audit of the first half\"",
    .options = options,
    .details = "A hold on a control covers the tables that its tests read, all results and the tests themselves. Holds are leaves,\n"
               "signed by the officer's key; to release one takes a second signature, as an erasure under it does.",
    .arguments_min = 1,
    .arguments_max = 2,
    .has_json = true,
    .run = run,
};
