/* cmd_demo.c - a data directory with a made company in it, to look around and to test with. */
#include "cli/cli.h"
#include "base/times.h"
#include "demo/demo.h"
#include "keeper/data_dir.h"
#include "web/web.h"

#include <stdio.h>
#include <unistd.h>

enum { LINK_LIFE_MS = 3 * MS_DAY, SEED = 1 };

static const struct cli_option options[] = {
    {"until", 0, "DAY", "the story's last day; otherwise today. The same day and seed make the same company"},
    {"seed", 0, "N", "another number: the same story, with other days on which people do things"},
    {0},
};

/* One line that is written over; without a terminal a line each month. */
static void show_progress(void *context, const char *what, int64_t done, int64_t all)
{
    bool is_terminal = *(const bool *)context;
    if (is_terminal)
        fprintf(stderr, "\r\033[K%3lld %%  %s", (long long)(100 * done / all), what);
    else if (strcmp(what + 8, "01") == 0)
        fprintf(stderr, "%.7s\n", what);
    fflush(stderr);
}

static bool options_read(struct cli_context *c, struct demo_options *o, struct err *e)
{
    const char *until = cli_option(c, "until"), *seed = cli_option(c, "seed");
    int64_t now_ms = env_now_ms(c->env), n = SEED;
    o->until_ms = now_ms;
    if (until && (strlen(until) != 10 || !time_parse(str_of(until), now_ms, &o->until_ms)))
        return err_set(e, ERR_INVALID, "--until %.40s: is no day; write 2026-11-30", until);
    if (until)
        o->until_ms += 12 * MS_HOUR;
    if (o->until_ms > now_ms + MS_DAY || o->until_ms < 3 * 366 * MS_DAY)
        return err_set(e, ERR_INVALID, "--until %.40s: lies in the future, or too long ago", until ? until : "");
    if (seed && (!str_to_int64(str_of(seed), &n) || n < 0))
        return err_set(e, ERR_INVALID, "--seed %.40s: a number is wanted", seed);
    o->seed = (uint64_t)n;
    return true;
}

static bool links_put(struct cli_context *c, const struct demo_outcome *o, struct buf *text, struct json *list, struct err *e)
{
    for (size_t i = 0; i < o->person_count; i++) {
        const struct demo_person *p = &o->people[i];
        char token[WEB_TOKEN_SIZE];
        if (!web_link_new(c->data_dir, c->env, p->actor, LINK_LIFE_MS, token, e))
            return false;
        struct str link = arena_printf(c->arena, "http://127.0.0.1:8420/sign-in?token=%s", token);
        buf_printf(text, "%s, %s\n  %s\n", p->name, p->words, link.data);
        struct json *one = json_push_object(list);
        json_put_cstr(one, "login", p->login);
        json_put_cstr(one, "name", p->name);
        json_put_str(one, "link", link);
    }
    return true;
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    bool is_terminal = isatty(STDERR_FILENO);
    struct demo_options o = {.path = c->data_dir, .progress = show_progress, .context = &is_terminal};
    struct demo_outcome made;
    int64_t began_ms = env_monotonic_ms(c->env);
    if (!options_read(c, &o, &e))
        return cli_fail(&e);
    bool ok = demo_fill(&o, &made, &e);
    if (is_terminal)
        fputs("\r\033[K", stderr);
    struct buf BUF_AUTO text;
    buf_init(&text, 64 << 10);
    struct json *v = json_object(c->arena), *people = json_array(c->arena);
    if (!ok || !links_put(c, &made, &text, people, &e))
        return cli_fail(&e);
    int64_t ms = env_monotonic_ms(c->env) - began_ms;
    json_put_cstr(v, "data", c->data_dir);
    json_put_int(v, "leaves", made.leaves);
    json_put_int(v, "operations", (int64_t)made.operations);
    json_put_int(v, "ms", ms);
    json_put_cstr(v, "engagement", made.engagement);
    json_put(v, "people", people);
    if (c->json)
        return cli_print_json(v);
    return cli_print(arena_printf(c->arena,
                                  "%s: a made company, %lld leaves, %lld s. Everything in it is invented.\n\nNext: assay --data %s serve --no-collect\nThen sign in as one of these; each link works once, within three "
                                  "days:\n\n%.*s\nOn the command line: assay --data %s status; assay --data %s audit evaluate --engagement %s\n",
                                  c->data_dir, (long long)made.leaves, (long long)(ms / 1000), c->data_dir, STR_ARGS(buf_view(&text)), c->data_dir, c->data_dir, made.engagement));
}

const struct cli_command cli_command_demo = {
    .name = "demo",
    .summary = "fill a new data directory with a made company, to look around",
    .usage = "[--until DAY] [--seed N]",
    .example = "assay --data ./demo demo",
    .options = options,
    .details = "Forty people, a year of work and two examinations, put in by the operations that people use, on a simulated clock. The directory must be\n"
               "empty or missing; the name of its ledger begins with demo/. Nothing in it belongs to anybody. doc/demo.md says what is where.",
    .has_json = true,
    .run = run,
};
