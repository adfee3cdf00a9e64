/* pam.c - PAM services with their includes followed. */
#include "collect/host/pam.h"
#include "collect/host/conf.h"

static const struct column pam_rules_columns[] = {
    {"service", COLUMN_TEXT, "", "The file in /etc/pam.d (or /etc/pam.conf)."},
    {"position", COLUMN_INTEGER, "", "Place in the flattened order of the service, from 1."},
    {"type", COLUMN_TEXT, "", "auth, account, password or session."},
    {"is_optional_module", COLUMN_BOOL, "", "A - stands before the type: a missing module is not logged."},
    {"control", COLUMN_TEXT, "",
     "required, requisite, sufficient, optional, include, substack or [value=action ...] as written."},
    {"module", COLUMN_TEXT, "", "The module without its folder."},
    {"args", COLUMN_TEXT, "", "The arguments, one space between; empty if none."},
    {"file", COLUMN_TEXT, "", "The file with the rule."},
    {"line", COLUMN_INTEGER, "", "Line in it."},
    {"depth", COLUMN_INTEGER, "", "0: in the service itself; 1 and more: through includes."},
};

static const struct table_schema pam_rules_schema = {
    .name = "pam_rules",
    .version = 1,
    .words = "A row is a rule of a PAM service, in the order in which PAM reads them, with @include, include and "
             "substack followed.",
    .criteria = "CC6.1",
    .example = "SELECT service, args FROM pam_rules WHERE module = 'pam_unix.so' AND args LIKE '%nullok%'",
    .columns = pam_rules_columns,
    .column_count = COLUMN_COUNT(pam_rules_columns),
};

enum { PAM_DEPTH_MAX = 16, PAM_RULES_MAX = 10000, PAM_FILES_MAX = 200 };

/* The file being read, and the ones that include it. */
struct pam_file {
    struct str path;
    struct str only_type; /* of a file that another includes by a rule, only the rules of that rule's type count; empty: all */
    int depth;
    const struct pam_file *up;
};

static bool read_file(struct gather *g, const struct pam_file *f, struct pam_rules *ret);

/* The next word; "[...]" is one, "\\]" inside stands for itself (pam.conf(5)). */
static bool next_pam_word(struct str *line, struct str *ret)
{
    *line = str_trim(*line);
    if (line->size == 0 || line->data[0] != '[')
        return str_next_word(line, ret);
    size_t i = 1;
    while (i < line->size && line->data[i] != ']')
        i += line->data[i] == '\\' ? 2 : 1;
    i = i < line->size ? i + 1 : line->size;
    *ret = str_slice(*line, 0, i);
    *line = str_slice(*line, i, line->size);
    return true;
}

static struct str base_name(struct str path)
{
    size_t i = path.size;
    while (i > 0 && path.data[i - 1] != '/')
        i--;
    return str_slice(path, i, path.size);
}

static struct str join_words(struct arena *a, struct str line)
{
    struct buf BUF_AUTO out;
    struct str word;
    buf_init(&out, line.size + 1);
    while (next_pam_word(&line, &word)) {
        buf_cstr(&out, out.size ? " " : "");
        buf_str(&out, word);
    }
    return arena_str(a, buf_view(&out));
}

static bool is_open(const struct pam_file *f, struct str path)
{
    for (; f; f = f->up)
        if (str_equal(f->path, path))
            return true;
    return false;
}

static void include(struct gather *g, const struct pam_file *from, struct str name, struct str only_type, struct str origin,
                    struct pam_rules *ret)
{
    struct pam_file f = {.only_type = only_type, .depth = from->depth + 1, .up = from};
    f.path = name.data[0] == '/' ? arena_str(g->arena, name) : arena_printf(g->arena, "/etc/pam.d/%.*s", STR_ARGS(name));
    if (is_open(from, f.path) || f.depth > PAM_DEPTH_MAX || ret->files >= PAM_FILES_MAX)
        gather_missing(g, origin, "what it includes", "includes are nested too deeply, or in a circle");
    else if (!read_file(g, &f, ret))
        gather_missing(g, f.path, "the included rules", "the file is not there");
}

static void read_rule(struct gather *g, const struct pam_file *f, struct str line, int64_t number, struct pam_rules *ret)
{
    struct pam_rule r = {.file = f->path, .line = number, .depth = f->depth};
    struct str module, origin = conf_origin(g->arena, f->path, number);
    bool is_whole = next_pam_word(&line, &r.type);
    if (is_whole && str_is(r.type, "@include")) {
        if (next_pam_word(&line, &module))
            include(g, f, module, f->only_type, origin, ret);
        return;
    }
    is_whole = is_whole && next_pam_word(&line, &r.control) && next_pam_word(&line, &module);
    if (!is_whole) {
        gather_missing(g, origin, "one rule", "the line is malformed");
        return;
    }
    r.is_optional_module = r.type.data[0] == '-';
    r.type = conf_lower(g->arena, str_slice(r.type, r.is_optional_module, r.type.size));
    r.control = r.control.data[0] == '[' ? r.control : conf_lower(g->arena, r.control);
    r.module = base_name(module);
    r.args = join_words(g->arena, line);
    if (f->only_type.size && !str_equal(f->only_type, r.type))
        return;
    if (ret->count == ret->capacity)
        ret->items = arena_grow(g->arena, ret->items, ret->count, &ret->capacity, sizeof(*ret->items));
    ret->items[ret->count++] = r;
    if (str_is(r.control, "include") || str_is(r.control, "substack"))
        include(g, f, module, r.type, origin, ret);
}

static bool read_file(struct gather *g, const struct pam_file *f, struct pam_rules *ret)
{
    struct str text, line;
    struct err e = {0};
    ret->files++;
    if (!source_read(g->source, g->arena, f->path.data, CONF_FILE_BYTES_MAX, &text, &e)) {
        if (e.code != ERR_NOT_FOUND)
            gather_missing(g, f->path, "its rules", e.text);
        return e.code != ERR_NOT_FOUND;
    }
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    r.is_joining = true;
    while (conf_next_line(&r, &line)) {
        ptrdiff_t comment = str_find_char(line, '#');
        if (ret->count == PAM_RULES_MAX) {
            gather_missing(g, f->path, "further rules", "there are more rules than can be");
            break;
        }
        read_rule(g, f, comment >= 0 ? str_slice(line, 0, (size_t)comment) : line, r.line, ret);
    }
    return true;
}

bool pam_read_service(struct gather *g, struct str service, struct pam_rules *ret)
{
    *ret = (struct pam_rules){0};
    return read_file(
        g, &(struct pam_file){.path = arena_printf(g->arena, "/etc/pam.d/%.*s", STR_ARGS(service)), .only_type = STR("")}, ret);
}

bool pam_argument(struct str args, const char *name, struct str *ret_value)
{
    struct str word;
    size_t size = strlen(name);
    while (str_next_word(&args, &word)) {
        if (word.size && word.data[0] == '[') /* [name=value with spaces] is not asked for by any setting here */
            continue;
        if (str_is(word, name)) {
            *ret_value = STR("");
            return true;
        }
        if (str_starts(word, name) && word.size > size && word.data[size] == '=') {
            *ret_value = str_slice(word, size + 1, word.size);
            return true;
        }
    }
    return false;
}

static void show_rules(struct gather *g, struct str service, const struct pam_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct pam_rule *r = &rules->items[i];
        row_begin(g->rows);
        row_text(g->rows, service);
        row_int(g->rows, (int64_t)i + 1);
        row_text(g->rows, r->type);
        row_bool(g->rows, r->is_optional_module);
        row_text(g->rows, r->control);
        row_text(g->rows, r->module);
        row_text(g->rows, r->args);
        row_text(g->rows, r->file);
        row_int(g->rows, r->line);
        row_int(g->rows, r->depth);
        row_end(g->rows);
    }
}

static bool is_left_over(struct str name)
{
    return name.size == 0 || name.data[0] == '.' || str_ends(name, "~") || str_contains(name, ".dpkg-") ||
           str_contains(name, ".rpm");
}

static bool pam_rules_gather(struct gather *g, struct err *e)
{
    struct str *names;
    size_t count = 0;
    if (!source_list(g->source, g->arena, "/etc/pam.d", &names, &count, e))
        return false;
    for (size_t i = 0; i < count && !gather_is_late(g); i++) {
        struct pam_rules rules;
        if (!is_left_over(names[i]) && pam_read_service(g, names[i], &rules))
            show_rules(g, names[i], &rules);
    }
    if (gather_is_late(g))
        gather_missing(g, STR("/etc/pam.d"), "further services", "the time limit was reached");
    return true;
}

const struct host_table pam_rules_table = {
    .schema = &pam_rules_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = pam_rules_gather,
};
