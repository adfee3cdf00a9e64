/* cmd_tables.c - what tables there are, and what each column means. */
#include "cli/cli.h"
#include "collect/host/host.h"

static const char *origin_words(const struct host_table *t)
{
    if (t->is_live_only)
        return "read live only, never captured";
    switch (t->origin) {
    case FROM_FILES:
        return "files; their bytes are kept, so that it can be parsed again";
    case FROM_KERNEL:
        return "the running system";
    case FROM_WALK:
        return "the walk over the file systems";
    }
    return "";
}

static const char *type_words(const struct column *c)
{
    switch (c->type) {
    case COLUMN_TEXT:
        return "text";
    case COLUMN_INTEGER:
        return "integer";
    case COLUMN_BOOL:
        return "0 or 1";
    case COLUMN_TIME:
        return "ms UTC";
    }
    return "";
}

static struct json *table_json(struct arena *a, const struct table_schema *s, const struct host_table *t)
{
    struct json *o = json_object(a);
    json_put_cstr(o, "name", s->name);
    json_put_int(o, "version", s->version);
    json_put_cstr(o, "words", s->words);
    json_put_cstr(o, "criteria", s->criteria);
    json_put_cstr(o, "example", s->example);
    json_put_cstr(o, "read_from", t ? origin_words(t) : "what reading the other tables told");
    json_put_bool(o, "needs_root", t && (t->needs & NEED_ROOT));
    json_put_bool(o, "works_on_tree", !t || t->works_on_tree);
    struct json *columns = json_put_array(o, "columns");
    for (size_t i = 0; i < s->column_count; i++) {
        struct json *c = json_push_object(columns);
        json_put_cstr(c, "name", s->columns[i].name);
        json_put_cstr(c, "type", type_words(&s->columns[i]));
        json_put_cstr(c, "unit", s->columns[i].unit);
        json_put_cstr(c, "words", s->columns[i].words);
        json_put_bool(c, "personal", s->columns[i].flags & COLUMN_PERSONAL);
    }
    return o;
}

/* Words wrapped at the width of a page, each line behind `indent`. */
static void wrap(struct buf *out, const char *words, size_t indent)
{
    enum { PAGE_COLUMNS = 110 };
    struct str left = str_of(words), word;
    size_t at = indent;
    while (str_next_word(&left, &word)) {
        if (at > indent && at + 1 + word.size > PAGE_COLUMNS) {
            buf_printf(out, "\n%*s", (int)indent, "");
            at = indent;
        }
        buf_cstr(out, at > indent ? " " : "");
        at += word.size + (at > indent);
        buf_str(out, word);
    }
    buf_char(out, '\n');
}

static void table_text(struct buf *out, const struct table_schema *s, const struct host_table *t)
{
    size_t widest = 0;
    for (size_t i = 0; i < s->column_count; i++)
        widest = strlen(s->columns[i].name) > widest ? strlen(s->columns[i].name) : widest;
    buf_printf(out, "%s (version %d)\n\n", s->name, s->version);
    wrap(out, s->words, 0);
    buf_printf(out, "\nCriteria  %s\nRead from %s%s%s\n\n", s->criteria,
               t ? origin_words(t) : "what reading the other tables told",
               t && (t->needs & NEED_ROOT) ? "; complete only for root" : "", t && !t->works_on_tree ? "; not with --root" : "");
    for (size_t i = 0; i < s->column_count; i++) {
        const struct column *c = &s->columns[i];
        buf_printf(out, "  %-*s  %-7s  ", (int)widest, c->name, type_words(c));
        wrap(out, c->words, widest + 13);
    }
    buf_cstr(out, "\n  Hidden: subject, run_id, taken_at, received_at.\n\n");
    buf_printf(out, "Example   assay query \"%s\"\n", s->example);
}

static int list_tables(struct cli_context *c)
{
    struct json *list = json_array(c->arena);
    struct buf BUF_AUTO out;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; host_tables[i]; i++) {
        const struct table_schema *s = host_tables[i]->schema;
        json_push(list, table_json(c->arena, s, host_tables[i]));
        buf_printf(&out, "%-20s  %-22s  ", s->name, s->criteria);
        wrap(&out, s->words, 46);
    }
    json_push(list, table_json(c->arena, &table_status_schema, NULL));
    buf_printf(&out, "%-20s  %-22s  ", "table_status", table_status_schema.criteria);
    wrap(&out, table_status_schema.words, 46);
    return c->json ? cli_print_json(list) : cli_print(buf_view(&out));
}

static int run(struct cli_context *c)
{
    if (c->argument_count == 0)
        return list_tables(c);
    struct str name = str_of(c->arguments[0]);
    const struct host_table *t = host_table_find(name);
    if (!t && !str_is(name, table_status_schema.name)) {
        struct err e = {0};
        err_set(&e, ERR_NOT_FOUND, "tables: there is no table %.*s; assay tables lists them", STR_ARGS(name));
        return cli_fail(&e);
    }
    const struct table_schema *s = t ? t->schema : &table_status_schema;
    if (c->json)
        return cli_print_json(table_json(c->arena, s, t));
    struct buf BUF_AUTO out;
    buf_init(&out, 1 << 20);
    table_text(&out, s, t);
    return cli_print(buf_view(&out));
}

const struct cli_command cli_command_tables = {
    .name = "tables",
    .summary = "the tables that SQL can ask, and what their columns mean",
    .usage = "[TABLE]",
    .example = "assay tables users",
    .arguments_max = 1,
    .has_json = true,
    .run = run,
};
