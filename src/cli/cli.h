/*
 * cli.h - the command line: one table of commands, one file per command.
 *
 * A command is a `const struct cli_command cli_command_<name>` in its own file cmd_<name>.c, one line CLI_COMMAND(<name>) in
 * commands.h (its place there is its place in --help) and one line in meson.build. cli_main finds the command, reads the options
 * it declares, and calls `run` with a context. Wrong flags never reach `run`: they end with one line on standard error and exit
 * status 2.
 *
 *     static int run(struct cli_context *c)
 *     {
 *         struct err e = {0};
 *         if (!thing_do(c->data_dir, cli_option(c, "at"), &e))
 *             return cli_fail(&e);
 *         return 0;
 *     }
 *
 *     const struct cli_command cli_command_thing = {
 *         .name = "thing", .summary = "do the thing to a host", .usage = "[--at TIME] HOST", .example = "assay thing --at now-1d
 * web-01", .options = (const struct cli_option[]){{"at", 0, "TIME", "as it was known at TIME"}, {0}}, .arguments_min = 1,
 * .arguments_max = 1, .has_json = true, .run = run};
 *
 * Exit statuses: 0 fine; 1 found something (a failing test, a broken proof); 2 wrong use or bad input; 3 could not (disk,
 * network, peer).
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/env.h"
#include "base/err.h"
#include "base/json.h"
#include <stdbool.h>

/* An option is `--name` or `--name VALUE` / `--name=VALUE`. A list ends with an entry without a name. */
struct cli_option {
    const char *name;
    char letter;       /* one-letter form, 0 for none */
    const char *value; /* what stands for the value in --help; NULL for a flag */
    const char *words; /* what it does */
};

struct cli_context {
    const struct cli_command *command;
    const char *data_dir; /* by --data, $ASSAY_DATA, or the default; need not exist */
    bool json;            /* --json was given */
    struct arena *arena;  /* lives as long as the command */
    const struct env *env;
    int argument_count;
    char **arguments;    /* what is no option, NULL at the end */
    const char **values; /* by option of command->options: NULL when absent, "" for a flag */
};

struct cli_command {
    const char *name;
    const char *summary;              /* one line, lower case, no full stop */
    const char *usage;                /* what stands behind the name: "[--at TIME] [ID…]" */
    const char *example;              /* one line that works as it stands */
    const struct cli_option *options; /* may be NULL; --data, --json, --help are added */
    const char *details;              /* further paragraphs of --help, or NULL */
    int arguments_min;
    int arguments_max; /* -1: any number */
    bool has_json;     /* --json is accepted */
    bool is_hidden;    /* not in the list of commands */
    int (*run)(struct cli_context *c);
};

/* The whole program but for roles. Returns the exit status. */
int cli_main(int argc, char **argv);
/* The value of an option of this command: NULL when it was not given, "" for a flag that was. `name` must be declared. */
const char *cli_option(const struct cli_context *c, const char *name);
bool cli_flag(const struct cli_context *c, const char *name);
/* An option that gives an instant, as time_parse() reads it: 0 where it was not given, is "now", or `name` is NULL. */
bool cli_instant(const struct cli_context *c, const char *name, int64_t *ret_at_ms, struct err *e) MUST_USE;
/* "assay: text" on standard error, once, and the exit status that belongs to the code. */
int cli_fail(const struct err *e);
/* "assay: COMMAND: text", then where to find help; exit status 2. */
int cli_wrong_use(const struct cli_context *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* How long: "90s", "30m", "1h", "1d", or an ISO 8601 duration. */
bool cli_duration(const char *text, int64_t *ret_ms) MUST_USE;
/* Pretty JSON and LF on standard output; a failing write (a closed pipe, a full disk) is exit status 3. */
int cli_print_json(const struct json *v);
/* A view model as --json asks, else as `print` writes it; NULL: cli_fail(e). */
int cli_show(const struct cli_context *c, const struct json *page, void (*print)(struct buf *b, const struct json *page), const struct err *e);
/* Text on standard output, checked in the same way. */
int cli_print(struct str text);
/* A file that the person at the terminal names, "-" for standard input; pipes too. Its text lives in c->arena. Errors name the path:
 * ERR_TOO_LARGE over `size_max`, ERR_NOT_FOUND, ERR_UNAVAILABLE. */
bool cli_file_read(struct cli_context *c, const char *path, size_t size_max, struct str *ret, struct err *e) MUST_USE;
/* The data directory where none is named: $ASSAY_DATA, else /var/lib/assay for root, else $XDG_DATA_HOME/assay or
 * ~/.local/share/assay. */
const char *cli_data_dir_default(struct arena *a);
/* Standard output is a terminal, NO_COLOR is not set and TERM is not "dumb". */
bool cli_has_colour(void);
/* The nearest command to a mistyped one, or NULL when nothing is near. */
const char *cli_nearest(const char *name);

#endif
