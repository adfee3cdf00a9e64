/* cli.c - finds the command, reads its options, prints help. Nothing here is slow: reading commands must start in a few
 * milliseconds. */
#include "cli/cli.h"
#include "base/buf.h"
#include "base/times.h"
#include "os/program.h"
#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

enum { CLI_ARENA_BYTES_MAX = 1 << 30, CLI_OPTIONS_MAX = 32, CLI_NAME_MAX = 32 };

#define CLI_COMMAND(name) extern const struct cli_command cli_command_##name;
#include "cli/commands.h"
#undef CLI_COMMAND

static const struct cli_command *const COMMANDS[] = {
#define CLI_COMMAND(name) &cli_command_##name,
#include "cli/commands.h"
#undef CLI_COMMAND
};
enum { COMMAND_COUNT = sizeof(COMMANDS) / sizeof(COMMANDS[0]) };

static size_t option_count(const struct cli_command *command)
{
    size_t n = 0;
    while (command->options && command->options[n].name)
        n++;
    return n;
}

static const struct cli_command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(COMMANDS[i]->name, name) == 0)
            return COMMANDS[i];
    return NULL;
}

/* Edit distance with transpositions of neighbours, both names shorter than CLI_NAME_MAX. */
static int distance(const char *a, const char *b)
{
    int n = (int)strlen(a), m = (int)strlen(b);
    int row[3][CLI_NAME_MAX + 1];
    for (int j = 0; j <= m; j++)
        row[0][j] = j;
    int *before = row[1], *last = row[0], *now = row[2];
    for (int i = 1; i <= n; i++) {
        now[0] = i;
        for (int j = 1; j <= m; j++) {
            int cost = a[i - 1] != b[j - 1];
            int best = last[j - 1] + cost;
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        int *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[m];
}

const char *cli_nearest(const char *name)
{
    if (strlen(name) >= CLI_NAME_MAX)
        return NULL;
    const char *best = NULL;
    int best_distance = strlen(name) < 4 ? 2 : 3;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        int d = distance(name, COMMANDS[i]->name);
        if (!COMMANDS[i]->is_hidden && d < best_distance) {
            best_distance = d;
            best = COMMANDS[i]->name;
        }
    }
    return best;
}

const char *cli_data_dir_default(struct arena *a)
{
    const char *data = getenv("ASSAY_DATA");
    if (data && data[0])
        return data;
    if (geteuid() == 0)
        return "/var/lib/assay";
    const char *home = getenv("XDG_DATA_HOME");
    if (home && home[0] == '/')
        return arena_printf(a, "%s/assay", home).data;
    home = getenv("HOME");
    return arena_printf(a, "%s/.local/share/assay", home && home[0] ? home : ".").data;
}

bool cli_has_colour(void)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no_color && no_color[0]) && term && strcmp(term, "dumb") != 0;
}

int cli_fail(const struct err *e)
{
    fprintf(stderr, "assay: %s\n", e->text);
    return err_exit_status(e->code);
}

bool cli_duration(const char *text, int64_t *ret_ms)
{
    struct str s = str_of(text);
    int64_t number, unit;
    if (duration_parse(s, ret_ms))
        return true;
    if (s.size < 2 || !str_to_int64(str_slice(s, 0, s.size - 1), &number) || number < 1 || number > 100000)
        return false;
    switch (s.data[s.size - 1]) {
    case 's':
        unit = MS_SECOND;
        break;
    case 'm':
        unit = MS_MINUTE;
        break;
    case 'h':
        unit = MS_HOUR;
        break;
    case 'd':
        unit = MS_DAY;
        break;
    default:
        return false;
    }
    *ret_ms = number * unit;
    return true;
}

int cli_wrong_use(const struct cli_context *c, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "assay: %s: %s (see assay %s --help)\n", c->command->name, text, c->command->name);
    return 2;
}

int cli_print(struct str text)
{
    if (fwrite(text.data, 1, text.size, stdout) == text.size && fflush(stdout) == 0)
        return 0;
    fprintf(stderr, "assay: standard output: %s\n", strerror(errno));
    return 3;
}

int cli_show(const struct cli_context *c, const struct json *page, void (*print)(struct buf *b, const struct json *page), const struct err *e)
{
    struct buf BUF_AUTO b = {0};
    if (!page)
        return cli_fail(e);
    if (c->json)
        return cli_print_json(page);
    buf_init(&b, 16 << 20);
    print(&b, page);
    return cli_print(buf_view(&b));
}

bool cli_file_read(struct cli_context *c, const char *path, size_t size_max, struct str *ret, struct err *e)
{
    struct buf BUF_AUTO b;
    buf_init(&b, size_max);
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!f)
        return err_errno(e, errno, "%s", path);
    char piece[65536];
    size_t n;
    while (!b.full && (n = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_append(&b, piece, n);
    int why = ferror(f) ? errno : 0;
    if (f != stdin)
        fclose(f);
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, "%s: over %zu KiB", path, size_max >> 10);
    if (why)
        return err_errno(e, why, "%s", path);
    *ret = arena_str(c->arena, buf_view(&b));
    return true;
}

int cli_print_json(const struct json *v)
{
    struct buf BUF_AUTO b;
    buf_init(&b, CLI_ARENA_BYTES_MAX);
    json_write_pretty(&b, v);
    buf_char(&b, '\n');
    return cli_print(buf_view(&b));
}

static size_t option_index(const struct cli_command *command, const char *name)
{
    size_t n = option_count(command);
    for (size_t i = 0; i < n; i++)
        if (strcmp(command->options[i].name, name) == 0)
            return i;
    fprintf(stderr, "assay: %s: option --%s is not declared\n", command->name, name);
    abort();
}

const char *cli_option(const struct cli_context *c, const char *name)
{
    return c->values[option_index(c->command, name)];
}

bool cli_flag(const struct cli_context *c, const char *name)
{
    return cli_option(c, name) != NULL;
}

bool cli_instant(const struct cli_context *c, const char *name, int64_t *ret_at_ms, struct err *e)
{
    const char *text = name ? cli_option(c, name) : NULL;
    *ret_at_ms = 0;
    if (!text || strcmp(text, "now") == 0 || time_parse(str_of(text), env_now_ms(c->env), ret_at_ms))
        return true;
    return err_set(e, ERR_INVALID, "--%s %s: not an instant (2026-11-21, 2026-11-21T10:00:00Z, now-3d)", name, text);
}

static int help_all(void)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 16);
    buf_cstr(&b, "Assay: evidence of how this machine stands against SOC 2, in a ledger that others can check.\n\n"
                 "usage: assay [--data DIR] COMMAND …\n\ncommands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (!COMMANDS[i]->is_hidden)
            buf_printf(&b, "  %-12s %s\n", COMMANDS[i]->name, COMMANDS[i]->summary);
    buf_cstr(&b, "\n  --data DIR   the data directory; otherwise $ASSAY_DATA, /var/lib/assay for root, ~/.local/share/assay\n"
                 "  --version    print the version\n"
                 "  --help       this page; assay COMMAND --help tells more, with an example\n\n"
                 "exit status: 0 fine, 1 found something, 2 wrong use or bad input, 3 could not\n");
    return cli_print(buf_view(&b));
}

enum { HELP_COLUMNS = 124, HELP_LEFT_MIN = 20, HELP_LEFT_MAX = 24 };

/* Adds the text, which stands at column `at`, broken at spaces; further lines are indented. Line ends of its own stay. */
static void help_wrap(struct buf *b, const char *text, size_t at, size_t indent)
{
    size_t column = at;
    while (*text) {
        size_t size = strcspn(text, " \n"), width = 0;
        for (size_t i = 0; i < size; i++)
            width += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (column > at && column + 1 + width > HELP_COLUMNS) {
            buf_printf(b, "\n%*s", (int)indent, "");
            column = at = indent;
        }
        buf_printf(b, "%s%.*s", column > at ? " " : "", (int)size, text);
        column += width + (column > at);
        text += size;
        if (*text == '\n') {
            buf_printf(b, "\n%*s", (int)indent, "");
            column = at = indent;
        }
        text += *text != '\0';
    }
    buf_char(b, '\n');
}

/* What stands left of an option's words. Returns its size. */
static size_t help_left(const struct cli_option *o, char ret_left[64])
{
    const char *before = o->value ? " " : "", *value = o->value ? o->value : "";
    if (o->letter)
        snprintf(ret_left, 64, "-%c, --%s%s%s", o->letter, o->name, before, value);
    else
        snprintf(ret_left, 64, "--%s%s%s", o->name, before, value);
    return strlen(ret_left);
}

static void help_option(struct buf *b, const struct cli_option *o, size_t width)
{
    char left[64];
    if (help_left(o, left) > width)
        buf_printf(b, "  %s\n  %-*s ", left, (int)width, "");
    else
        buf_printf(b, "  %-*s ", (int)width, left);
    help_wrap(b, o->words, width + 3, width + 3);
}

static int help_command(const struct cli_command *command)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 16);
    size_t width = HELP_LEFT_MIN, at = sizeof("usage: assay [--data DIR]") + strlen(command->name);
    char left[64];
    for (size_t i = 0; i < option_count(command); i++) {
        size_t n = help_left(&command->options[i], left);
        width = n > width && n <= HELP_LEFT_MAX ? n : width;
    }
    buf_printf(&b, "assay %s: %s\n\nusage: assay [--data DIR] %s%s", command->name, command->summary, command->name,
               command->usage && command->usage[0] ? " " : "");
    help_wrap(&b, command->usage ? command->usage : "", at + 1, sizeof("usage: assay"));
    buf_cstr(&b, "\noptions:\n");
    for (size_t i = 0; i < option_count(command); i++)
        help_option(&b, &command->options[i], width);
    if (command->has_json)
        help_option(&b, &(struct cli_option){"json", 0, NULL, "print the result as JSON"}, width);
    help_option(&b, &(struct cli_option){"data", 0, "DIR", "the data directory"}, width);
    help_option(&b, &(struct cli_option){"help", 0, NULL, "this page"}, width);
    if (command->details) {
        buf_char(&b, '\n');
        help_wrap(&b, command->details, 0, 0);
    }
    buf_printf(&b, "\nexample:\n  %s\n", command->example);
    return cli_print(buf_view(&b));
}

/* One argument that may be an option. ret_used: how many words it took. */
struct scan {
    struct cli_context *c;
    char **words;
    int word_count;
    bool wants_help, has_data;
};

static const struct cli_option *option_find(const struct cli_command *command, const char *word, size_t name_size)
{
    for (size_t i = 0; i < option_count(command); i++) {
        const struct cli_option *o = &command->options[i];
        bool is_long = word[1] == '-' && strlen(o->name) == name_size && memcmp(o->name, word + 2, name_size) == 0;
        bool is_short = word[1] != '-' && o->letter && word[1] == o->letter && !word[2];
        if (is_long || is_short)
            return o;
    }
    return NULL;
}

/* Reads the option at words[*i] and moves *i to its last word. Returns 0, or an exit status after its message. */
static int scan_option(struct scan *s, int *i)
{
    const char *word = s->words[*i];
    const struct cli_command *command = s->c->command;
    const char *equals = strchr(word, '=');
    size_t name_size = word[1] == '-' ? (equals ? (size_t)(equals - word) : strlen(word)) - 2 : 0;
    struct str name = str_make(word + 2, name_size);
    bool is_long = word[1] == '-';
    if ((is_long && !equals && str_is(name, "help")) || strcmp(word, "-h") == 0) {
        s->wants_help = true;
        return 0;
    }
    if (is_long && !equals && command->has_json && str_is(name, "json")) {
        s->c->json = true;
        return 0;
    }
    static const struct cli_option data = {"data", 0, "DIR", ""};
    const struct cli_option *o = is_long && str_is(name, "data") ? &data : option_find(command, word, name_size);
    if (!o)
        return cli_wrong_use(s->c, "no such option %.*s", is_long ? (int)name_size + 2 : 40, word);
    const char *value = "";
    if (!o->value && equals && is_long)
        return cli_wrong_use(s->c, "--%s takes no value", o->name);
    if (o->value) {
        value = is_long && equals ? equals + 1 : s->words[*i + 1];
        if (!value || (o == &data && !value[0]))
            return cli_wrong_use(s->c, "--%s needs a value (%s)", o->name, o->value);
        if (!(is_long && equals))
            (*i)++;
    }
    if (o == &data && s->has_data)
        return cli_wrong_use(s->c, "--data is given twice");
    if (o == &data) {
        s->c->data_dir = value;
        s->has_data = true;
    } else if (s->c->values[o - command->options]) {
        return cli_wrong_use(s->c, "--%s is given twice", o->name);
    } else {
        s->c->values[o - command->options] = value;
    }
    return 0;
}

/* Options may stand before, between and behind the arguments; everything behind "--" is an argument. */
static int scan_words(struct scan *s)
{
    bool only_arguments = false;
    for (int i = 0; i < s->word_count; i++) {
        char *word = s->words[i];
        if (!only_arguments && strcmp(word, "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && word[0] == '-' && word[1]) {
            int status = scan_option(s, &i);
            if (status)
                return status;
        } else {
            s->c->arguments[s->c->argument_count++] = word;
        }
    }
    return 0;
}

static int command_run(const struct cli_command *command, struct arena *a, const char *data_dir, int word_count, char **words)
{
    struct cli_context c = {.command = command, .data_dir = data_dir, .arena = a, .env = &env_system};
    c.values = arena_array(a, option_count(command) + 1, sizeof(*c.values));
    c.arguments = arena_array(a, (size_t)word_count + 1, sizeof(*c.arguments));
    struct scan s = {.c = &c, .words = words, .word_count = word_count, .has_data = data_dir != NULL};
    int status = scan_words(&s);
    if (s.wants_help)
        return help_command(command);
    if (status)
        return status;
    if (c.argument_count < command->arguments_min)
        return cli_wrong_use(&c, "too few arguments, it takes: %s", command->usage);
    if (command->arguments_max >= 0 && c.argument_count > command->arguments_max)
        return cli_wrong_use(&c, "too many arguments: %s", c.arguments[command->arguments_max]);
    if (!c.data_dir)
        c.data_dir = cli_data_dir_default(a);
    return command->run(&c);
}

static int unknown_command(const char *name)
{
    const char *nearest = cli_nearest(name);
    if (nearest)
        fprintf(stderr, "assay: no such command %.40s: did you mean \"%s\"? (see assay --help)\n", name, nearest);
    else
        fprintf(stderr, "assay: no such command %.40s (see assay --help)\n", name);
    return 2;
}

int cli_main(int argc, char **argv)
{
    const char *data_dir = NULL;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return help_all();
        if (strcmp(argv[i], "--version") == 0)
            return cli_print(STR("assay " PROGRAM_VERSION "\n"));
        if (data_dir && strncmp(argv[i], "--data", 6) == 0) {
            fprintf(stderr, "assay: --data is given twice (see assay --help)\n");
            return 2;
        }
        if (strncmp(argv[i], "--data=", 7) == 0 && argv[i][7]) {
            data_dir = argv[i] + 7;
        } else if (strcmp(argv[i], "--data") == 0 && i + 1 < argc && argv[i + 1][0]) {
            data_dir = argv[++i];
        } else {
            fprintf(stderr, "assay: %.40s: %s (see assay --help)\n", argv[i],
                    strncmp(argv[i], "--data", 6) == 0 ? "needs a directory" : "no such option");
            return 2;
        }
    }
    if (i >= argc) {
        fprintf(stderr, "assay: no command is named (see assay --help)\n");
        return 2;
    }
    const bool is_help = strcmp(argv[i], "help") == 0;
    if (is_help && ++i >= argc)
        return help_all();
    const struct cli_command *command = command_find(argv[i]);
    if (!command)
        return unknown_command(argv[i]);
    if (is_help)
        return help_command(command);
    struct arena *a = arena_new("command", CLI_ARENA_BYTES_MAX);
    int status = command_run(command, a, data_dir, argc - i - 1, argv + i + 1);
    arena_free(a);
    return status;
}
