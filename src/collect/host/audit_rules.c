/* audit_rules - what the kernel audits now and what is configured to be audited. */
#include "collect/host/audit_rule.h"
#include "collect/host/conf.h"

static const struct column columns[] = {
    {"kind", COLUMN_TEXT, "", "watch (a path), syscall, or control (-e, -f, -b and such)."},
    {"key", COLUMN_TEXT, "", "The keys (-k), by commas; null if none.", COLUMN_KEY},
    {"action", COLUMN_TEXT, "", "always or never; null for control."},
    {"list", COLUMN_TEXT, "", "exit, task, user, exclude or filesystem; null for control."},
    {"path", COLUMN_TEXT, "", "The file or directory watched; null if none.", COLUMN_KEY},
    {"permissions", COLUMN_TEXT, "", "Of r, w, x and a those watched; null if none."},
    {"fields", COLUMN_TEXT, "",
     "All other conditions, as \"auid!=unset auid>=1000\", sorted; of control the option, as \"-e 2\"; null if none."},
    {"syscalls", COLUMN_TEXT, "", "The system calls, by commas, sorted; \"all\"; null for watches and control."},
    {"arch", COLUMN_TEXT, "", "b64 or b32; null if not said."},
    {"loaded", COLUMN_BOOL, "", "Whether the kernel has it now; null if the kernel did not tell."},
    {"configured", COLUMN_BOOL, "", "Whether a file has it."},
    {"file", COLUMN_TEXT, "", "file:line; null if it is only loaded."},
};

static const struct table_schema schema = {
    .name = "audit_rules",
    .version = 1,
    .words = "A row is a rule, loaded in the kernel (NETLINK_AUDIT), configured in /etc/audit, or both. Where the "
             "kernel refuses, loaded is null and table_status says so.",
    .criteria = "CC7.2, CC7.3",
    .example = "SELECT path, permissions, key FROM audit_rules WHERE kind = 'watch' AND path = '/etc/passwd'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

struct rule_list {
    struct audit_rule *items;
    size_t count, capacity;
};

static struct audit_rule *add_rule(struct arena *a, struct rule_list *list)
{
    if (list->count == list->capacity)
        list->items = arena_grow(a, list->items, list->count, &list->capacity, sizeof(list->items[0]));
    struct audit_rule *rule = &list->items[list->count++];
    *rule = (struct audit_rule){0};
    return rule;
}

static void read_file(struct gather *g, struct str path, struct rule_list *list)
{
    struct str text, line;
    if (!conf_read(g, path.data, &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line) && list->count < AUDIT_RULES_MAX) {
        struct audit_rule rule = {0};
        if (!audit_rule_parse(g->arena, line, &rule)) {
            gather_missing(g, conf_origin(g->arena, path, r.line), "rule", "it can't be understood");
            continue;
        }
        rule.is_configured = true;
        rule.origin = conf_origin(g->arena, path, r.line);
        *add_rule(g->arena, list) = rule;
    }
}

/* augenrules(8) makes audit.rules out of the files of rules.d; without any, audit.rules itself is what is loaded. */
static void read_configured(struct gather *g, struct rule_list *list)
{
    struct str *names;
    size_t count, files = 0;
    conf_list(g, "/etc/audit/rules.d", &names, &count);
    for (size_t i = 0; i < count; i++) {
        if (!str_ends(names[i], ".rules"))
            continue;
        read_file(g, arena_printf(g->arena, "/etc/audit/rules.d/%.*s", STR_ARGS(names[i])), list);
        files++;
    }
    if (files == 0)
        read_file(g, STR("/etc/audit/audit.rules"), list);
}

static void add_row(struct gather *g, const struct audit_rule *rule, bool is_known)
{
    struct rows *r = g->rows;
    row_begin(r);
    row_cstr(r, rule->kind);
    row_text(r, rule->key);
    row_text(r, rule->action);
    row_text(r, rule->list);
    row_text(r, rule->path);
    row_text(r, rule->permissions);
    row_text(r, rule->fields);
    row_text(r, strcmp(rule->kind, "syscall") == 0 ? rule->syscalls : (struct str){0});
    row_text(r, rule->arch);
    if (is_known && strcmp(rule->kind, "control") != 0)
        row_bool(r, rule->is_loaded);
    else
        row_null(r);
    row_bool(r, rule->is_configured);
    row_text(r, rule->origin);
    row_end(r);
}

/* A watch that is written once is loaded for both sizes of words on some kernels, and a rule for both is written twice: so all
 * that are equal are marked, and only what no file has gets a row of its own. */
static void match_loaded(struct gather *g, struct rule_list *configured, const struct audit_rule *loaded, size_t count)
{
    for (size_t l = 0; l < count; l++) {
        bool is_found = false;
        for (size_t c = 0; c < configured->count; c++)
            if (audit_rule_equal(&configured->items[c], &loaded[l]))
                configured->items[c].is_loaded = is_found = true;
        if (!is_found)
            add_row(g, &loaded[l], true);
        if (gather_is_late(g)) {
            gather_missing(g, STR("loaded rules"), "those behind the first", "the time limit of the table was reached");
            return;
        }
    }
}

static bool gather(struct gather *g, struct err *e)
{
    struct rule_list configured = {0};
    struct audit_rule *loaded = NULL;
    size_t count = 0;
    struct err why = {0};
    bool is_known = false;
    (void)e;
    read_configured(g, &configured);
    if (source_is_live(g->source)) {
        is_known = audit_ask_rules(g->arena, &loaded, &count, &why);
        if (!is_known && why.code == ERR_UNSUPPORTED)
            is_known = true; /* a kernel that can't audit has no rules: that is known */
        else if (!is_known)
            gather_missing(g, STR("loaded"), "loaded", why.text);
    }
    if (is_known)
        match_loaded(g, &configured, loaded, count);
    for (size_t i = 0; i < configured.count; i++)
        add_row(g, &configured.items[i], is_known);
    return true;
}

const struct host_table audit_rules_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT | NEED_INIT_USERNS,
    .works_on_tree = true,
    .gather = gather,
};
