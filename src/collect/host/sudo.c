/* sudo.c - who may become whom: sudoers with aliases resolved and includes followed. */
#include "collect/host/conf.h"
#include "collect/host/sudoers.h"

static const struct column sudo_rules_columns[] = {
    {"principal", COLUMN_TEXT, "", "The user, group or netgroup, without its % or + sign; ALL.", COLUMN_PERSONAL},
    {"principal_type", COLUMN_TEXT, "", "user, group, uid, gid, netgroup, nonunix_group or all."},
    {"principal_negated", COLUMN_BOOL, "", "The entry stands with ! and takes out."},
    {"host", COLUMN_TEXT, "", "Host or ALL, as written."},
    {"runas", COLUMN_TEXT, "", "Users it may run as, by commas; root if not said."},
    {"runas_group", COLUMN_TEXT, "", "Groups it may run as; null if not said."},
    {"command", COLUMN_TEXT, "", "The command as written, or ALL."},
    {"negated", COLUMN_BOOL, "", "The command is excluded (!)."},
    {"nopasswd", COLUMN_BOOL, "", "No password is asked for."},
    {"tags", COLUMN_TEXT, "", "All tags in effect, by commas, sorted."},
    {"is_all", COLUMN_BOOL, "", "Amounts to everything: command ALL as any user or root."},
    {"file", COLUMN_TEXT, "", "The file."},
    {"line", COLUMN_INTEGER, "", "Line in it."},
};

static const struct table_schema sudo_rules_schema = {
    .name = "sudo_rules",
    .version = 1,
    .words = "A row is one permission of sudoers with aliases resolved: who may run what as whom where. @include and "
             "@includedir are followed.",
    .criteria = "CC6.1, CC6.3",
    .example = "SELECT principal, command FROM sudo_rules WHERE nopasswd AND NOT negated",
    .columns = sudo_rules_columns,
    .column_count = COLUMN_COUNT(sudo_rules_columns),
};

static const struct column sudo_defaults_columns[] = {
    {"key", COLUMN_TEXT, "", "The setting, without ! in front."},
    {"value", COLUMN_TEXT, "", "true, false (with ! in front) or the value."},
    {"operator", COLUMN_TEXT, "", "=, += or -=; null for flags."},
    {"scope", COLUMN_TEXT, "", "Empty: all; @host, :user, !command or >runas as written."},
    {"file", COLUMN_TEXT, "", "The file."},
    {"line", COLUMN_INTEGER, "", "Line in it."},
};

static const struct table_schema sudo_defaults_schema = {
    .name = "sudo_defaults",
    .version = 1,
    .words = "A row is a Defaults setting of sudoers.",
    .criteria = "CC6.1",
    .example = "SELECT value FROM sudo_defaults WHERE key = 'timestamp_timeout'",
    .columns = sudo_defaults_columns,
    .column_count = COLUMN_COUNT(sudo_defaults_columns),
};

/* ---- sudo_rules ---- */

enum { PERMISSIONS_MAX = 100000 };

struct rule {
    struct gather *gather;
    const struct sudoers_line *line;
    const struct sudoers_list *principals;
};

static const char *principal_type(struct str *name)
{
    static const struct {
        const char *prefix, *type;
    } types[] = {{"%:#", "nonunix_group"}, {"%:", "nonunix_group"}, {"%#", "gid"},
                 {"%", "group"},           {"+", "netgroup"},       {"#", "uid"}};
    if (str_is(*name, "ALL"))
        return "all";
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_starts(*name, types[i].prefix)) {
            *name = str_slice(*name, strlen(types[i].prefix), name->size);
            return types[i].type;
        }
    return "user";
}

static void show_permission(void *context, const struct sudoers_permission *p)
{
    const struct rule *rule = context;
    struct rows *r = rule->gather->rows;
    for (size_t i = 0; i < rule->principals->count; i++) {
        struct str name = conf_unquote(rule->principals->items[i].text);
        const char *type = principal_type(&name);
        if (r->row_count >= PERMISSIONS_MAX) {
            r->is_over_limit = true;
            return;
        }
        row_begin(r);
        row_text(r, name);
        row_cstr(r, type);
        row_bool(r, rule->principals->items[i].is_negated);
        row_text(r, p->host);
        row_text(r, p->runas);
        row_text(r, p->has_runas_group ? p->runas_group : (struct str){0});
        row_text(r, p->command);
        row_bool(r, p->is_negated);
        row_bool(r, p->is_nopasswd);
        row_text(r, p->tags);
        row_bool(r, p->is_all && !rule->principals->items[i].is_negated);
        row_text(r, rule->line->file);
        row_int(r, rule->line->line);
        row_end(r);
    }
}

static bool is_rule(struct str text)
{
    struct str word;
    return str_next_word(&text, &word) && !str_starts(word, "Defaults") && !str_ends(word, "_Alias") && word.data[0] != '@';
}

/* "users hosts = ...": the list of users ends at the first space that has no comma beside it. */
static bool cut_users(struct str *text, struct str *ret_users)
{
    bool is_quoted = false;
    for (size_t i = 0; i < text->size; i++) {
        char c = text->data[i];
        if (c == '\\') {
            i++;
        } else if (c == '"') {
            is_quoted = !is_quoted;
        } else if ((c == ' ' || c == '\t') && !is_quoted) {
            size_t next = i;
            while (next < text->size && (text->data[next] == ' ' || text->data[next] == '\t'))
                next++;
            if ((i > 0 && (text->data[i - 1] == ',' || text->data[i - 1] == '!')) ||
                (next < text->size && text->data[next] == ',')) {
                i = next - 1;
                continue;
            }
            *ret_users = str_slice(*text, 0, i);
            *text = str_slice(*text, next, text->size);
            return true;
        }
    }
    return false;
}

static bool sudo_rules_gather(struct gather *g, struct err *e)
{
    struct sudoers s;
    if (!sudoers_read(g, &s, e))
        return false;
    for (size_t i = 0; i < s.line_count && !gather_is_late(g); i++) {
        struct str text = s.lines[i].text, users;
        if (!is_rule(text))
            continue;
        struct sudoers_list principals = {0};
        struct rule rule = {g, &s.lines[i], &principals};
        bool is_whole = cut_users(&text, &users);
        if (is_whole)
            sudoers_resolve_all(&s, "User_Alias", users, &principals);
        if (!is_whole || !sudoers_permissions(&s, text, show_permission, &rule))
            gather_missing(g, conf_origin(g->arena, s.lines[i].file, s.lines[i].line), "one rule", "the line is malformed");
    }
    return true;
}

/* ---- sudo_defaults ---- */

static void show_default(struct gather *g, struct str setting, struct str scope, const struct sudoers_line *line)
{
    bool is_off = setting.size && setting.data[0] == '!';
    struct str value = str_trim(str_slice(setting, is_off, setting.size)), key;
    const char *operator= NULL;
    bool has_value = sudoers_cut(&value, '=', &key);
    if (has_value) {
        bool is_special = key.size && (key.data[key.size - 1] == '+' || key.data[key.size - 1] == '-');
        operator= !is_special ? "=" : key.data[key.size - 1] == '+' ? "+=" : "-=";
        key = str_slice(key, 0, key.size - is_special);
    }
    key = str_trim(key);
    if (key.size == 0)
        return;
    row_begin(g->rows);
    row_text(g->rows, key);
    row_text(g->rows, has_value ? conf_unquote(str_trim(value)) : is_off ? STR("false") : STR("true"));
    row_cstr(g->rows, operator);
    row_text(g->rows, scope);
    row_text(g->rows, line->file);
    row_int(g->rows, line->line);
    row_end(g->rows);
}

static bool sudo_defaults_gather(struct gather *g, struct err *e)
{
    struct sudoers s;
    if (!sudoers_read(g, &s, e))
        return false;
    for (size_t i = 0; i < s.line_count && !gather_is_late(g); i++) {
        struct str rest = s.lines[i].text, word, setting;
        if (!str_next_word(&rest, &word) || !str_starts(word, "Defaults"))
            continue;
        struct str scope = str_slice(word, sizeof("Defaults") - 1, word.size);
        while (rest.size) {
            sudoers_cut(&rest, ',', &setting);
            show_default(g, str_trim(setting), scope, &s.lines[i]);
        }
    }
    return true;
}

const struct host_table sudo_rules_table = {
    .schema = &sudo_rules_schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = sudo_rules_gather,
};

const struct host_table sudo_defaults_table = {
    .schema = &sudo_defaults_schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = sudo_defaults_gather,
};
