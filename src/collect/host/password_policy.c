/* password_policy.c - the rules for passwords as they are in effect. */
#include "collect/host/conf.h"
#include "collect/host/pam.h"

static const struct column password_policy_columns[] = {
    {"key", COLUMN_TEXT, "",
     "minlen, minclass, dcredit, ucredit, lcredit, ocredit, difok, maxrepeat, dictcheck, enforcing, "
     "enforce_for_root, retry, remember, deny, unlock_time, fail_interval, even_deny_root, hash, rounds, "
     "max_days, min_days, warn_days, nullok, quality_module, history_module or lockout_module."},
    {"value", COLUMN_TEXT, "", "The value in effect; null if the setting does not apply because no module enforces it."},
    {"number", COLUMN_INTEGER, "", "The value as a number, where it is one."},
    {"is_enforced", COLUMN_BOOL, "",
     "A PAM module that reads the setting is in the password or auth stack of common-password, common-auth, "
     "system-auth, password-auth or passwd."},
    {"origin", COLUMN_TEXT, "", "file:line, or default."},
};

static const struct table_schema password_policy_schema = {
    .name = "password_policy",
    .version = 1,
    .words = "A row is a setting that decides about passwords and lockout, as it is in effect: arguments of PAM modules "
             "over pwquality.conf(.d), pwhistory.conf, faillock.conf and login.defs, with the built-in default where "
             "none is set.",
    .criteria = "CC6.1",
    .example = "SELECT key, value, origin FROM password_policy WHERE key IN ('minlen', 'deny', 'remember')",
    .columns = password_policy_columns,
    .column_count = COLUMN_COUNT(password_policy_columns),
};

enum { SETTINGS_MAX = 64 };

struct setting {
    const char *key;
    struct str value; /* data NULL: not set */
    struct str origin;
    bool is_enforced;
};

struct policy {
    struct gather *gather;
    struct setting items[SETTINGS_MAX];
    size_t count;
};

static struct setting *setting_of(struct policy *p, const char *key)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->items[i].key, key) == 0)
            return &p->items[i];
    p->items[p->count] = (struct setting){.key = key, .origin = STR("default")};
    return &p->items[p->count++];
}

static void set(struct policy *p, const char *key, struct str value, struct str origin, bool is_enforced)
{
    struct setting *s = setting_of(p, key);
    *s = (struct setting){key, value, origin, is_enforced};
}

/* ---- where settings come from ---- */

/* What a module understands: the setting and its built-in value; a NULL value: a flag, off. */
struct known {
    const char *key, *value;
};

static const struct known pwquality[] = {{"minlen", "8"},    {"minclass", "0"},  {"dcredit", "0"},   {"ucredit", "0"},
                                         {"lcredit", "0"},   {"ocredit", "0"},   {"difok", "1"},     {"maxrepeat", "0"},
                                         {"dictcheck", "1"}, {"usercheck", "1"}, {"enforcing", "1"}, {"enforce_for_root", NULL},
                                         {"retry", "1"},     {NULL, NULL}};
static const struct known cracklib[] = {
    {"minlen", "9"}, {"minclass", "0"},  {"dcredit", "1"},           {"ucredit", "1"}, {"lcredit", "1"}, {"ocredit", "1"},
    {"difok", "5"},  {"maxrepeat", "0"}, {"enforce_for_root", NULL}, {"retry", "1"},   {NULL, NULL}};
static const struct known pwhistory[] = {{"remember", "10"}, {NULL, NULL}};
static const struct known faillock[] = {
    {"deny", "3"}, {"unlock_time", "600"}, {"fail_interval", "900"}, {"even_deny_root", NULL}, {NULL, NULL}};

static void apply_defaults(struct policy *p, const struct known *known)
{
    for (; known->key; known++)
        set(p, known->key, known->value ? str_of(known->value) : STR("0"), STR("default"), true);
}

/* "key = value" lines, flags alone on a line. */
static void apply_file(struct policy *p, const char *path, const struct known *known)
{
    struct gather *g = p->gather;
    struct str text, line, key, value;
    if (!conf_read(g, path, &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        ptrdiff_t comment = str_find_char(line, '#');
        line = comment >= 0 ? str_slice(line, 0, (size_t)comment) : line;
        if (!conf_key_value(line, &key, &value))
            continue;
        for (const struct known *k = known; k->key; k++)
            if (str_is(key, k->key))
                set(p, k->key, value.size ? value : STR("1"), conf_origin(g->arena, str_of(path), r.line), true);
    }
}

static void apply_arguments(struct policy *p, const struct pam_rule *rule, const struct known *known)
{
    for (; known->key; known++) {
        struct str value;
        if (pam_argument(rule->args, known->key, &value))
            set(p, known->key, value.size ? value : STR("1"), conf_origin(p->gather->arena, rule->file, rule->line), true);
    }
}

static const struct pam_rule *find_rule(const struct pam_rules *rules, const char *type, const char *module)
{
    for (size_t i = 0; i < rules->count; i++)
        if (str_is(rules->items[i].type, type) && str_is(rules->items[i].module, module))
            return &rules->items[i];
    return NULL;
}

/* The stack that decides: of the first of these services that is there and has rules of the type. */
static void find_stack(struct gather *g, const char *type, const char *const *services, struct pam_rules *ret)
{
    for (; *services; services++) {
        if (!pam_read_service(g, str_of(*services), ret))
            continue;
        for (size_t i = 0; i < ret->count; i++)
            if (str_is(ret->items[i].type, type))
                return;
    }
    *ret = (struct pam_rules){0};
}

static void name_module(struct policy *p, const char *key, const struct pam_rule *rule)
{
    set(p, key, rule ? rule->module : (struct str){0},
        rule ? conf_origin(p->gather->arena, rule->file, rule->line) : STR("default"), rule != NULL);
}

/* ---- the parts of the policy ---- */

static void read_quality(struct policy *p, const struct pam_rules *stack)
{
    static const char *const folders[] = {"/etc/security/pwquality.conf.d", NULL};
    const struct pam_rule *rule = find_rule(stack, "password", "pam_pwquality.so"),
                          *unix_rule = find_rule(stack, "password", "pam_unix.so");
    if (rule) {
        struct conf_paths drop_ins = {0};
        apply_defaults(p, pwquality);
        apply_file(p, "/etc/security/pwquality.conf", pwquality);
        conf_dropins(p->gather, folders, ".conf", &drop_ins);
        for (size_t i = 0; i < drop_ins.count; i++)
            apply_file(p, drop_ins.items[i].data, pwquality);
        apply_arguments(p, rule, pwquality);
    } else if ((rule = find_rule(stack, "password", "pam_cracklib.so"))) {
        apply_defaults(p, cracklib);
        apply_arguments(p, rule, cracklib);
    } else {
        for (const struct known *k = pwquality; k->key; k++)
            set(p, k->key, (struct str){0}, STR("default"), false);
        struct str value;
        if (unix_rule) /* pam_unix asks for six characters by itself, more by minlen= */
            set(p, "minlen", pam_argument(unix_rule->args, "minlen", &value) ? value : STR("6"),
                conf_origin(p->gather->arena, unix_rule->file, unix_rule->line), true);
        rule = find_rule(stack, "password", "pam_passwdqc.so");
    }
    name_module(p, "quality_module", rule);
}

static void read_history(struct policy *p, const struct pam_rules *stack)
{
    const struct pam_rule *rule = find_rule(stack, "password", "pam_pwhistory.so"),
                          *unix_rule = find_rule(stack, "password", "pam_unix.so");
    struct str value;
    set(p, "remember", (struct str){0}, STR("default"), false);
    if (rule) {
        apply_defaults(p, pwhistory);
        apply_file(p, "/etc/security/pwhistory.conf", pwhistory);
        apply_arguments(p, rule, pwhistory);
    } else if (unix_rule && pam_argument(unix_rule->args, "remember", &value)) {
        rule = unix_rule;
        apply_arguments(p, rule, pwhistory);
    }
    name_module(p, "history_module", rule);
}

static void read_lockout(struct policy *p, const struct pam_rules *stack)
{
    const struct pam_rule *rule = find_rule(stack, "auth", "pam_faillock.so");
    for (const struct known *k = faillock; k->key; k++)
        set(p, k->key, (struct str){0}, STR("default"), false);
    if (rule) {
        apply_defaults(p, faillock);
        apply_file(p, "/etc/security/faillock.conf", faillock);
        for (size_t i = 0; i < stack->count; i++)
            if (str_is(stack->items[i].module, "pam_faillock.so") && str_is(stack->items[i].type, "auth"))
                apply_arguments(p, &stack->items[i], faillock);
    } else if ((rule = find_rule(stack, "auth", "pam_tally2.so")) || (rule = find_rule(stack, "auth", "pam_tally.so"))) {
        apply_arguments(p, rule, faillock);
    }
    name_module(p, "lockout_module", rule);
}

static void read_login_defs(struct policy *p)
{
    static const struct {
        const char *name, *key;
    } names[] = {
        {"PASS_MAX_DAYS", "max_days"}, {"PASS_MIN_DAYS", "min_days"}, {"PASS_WARN_AGE", "warn_days"}, {"ENCRYPT_METHOD", "hash"}};
    struct gather *g = p->gather;
    struct str text, line, key, value;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        set(p, names[i].key, (struct str){0}, STR("default"), true);
    if (!conf_read(g, "/etc/login.defs", &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        if (!conf_key_value(line, &key, &value))
            continue;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            if (str_is(key, names[i].name))
                set(p, names[i].key, strcmp(names[i].key, "hash") == 0 ? conf_lower(g->arena, value) : value,
                    conf_origin(g->arena, STR("/etc/login.defs"), r.line), true);
    }
}

/* What pam_unix hashes with: its own argument, else ENCRYPT_METHOD of login.defs, which read_login_defs has set. */
static void read_hash(struct policy *p, const struct pam_rules *stack)
{
    static const char *const methods[] = {"yescrypt", "gost_yescrypt", "sha512", "sha256", "blowfish", "md5", "bigcrypt"};
    const struct pam_rule *rule = find_rule(stack, "password", "pam_unix.so");
    struct str value;
    set(p, "rounds", (struct str){0}, STR("default"), rule != NULL);
    for (size_t i = 0; rule && i < sizeof(methods) / sizeof(methods[0]); i++)
        if (pam_argument(rule->args, methods[i], &value))
            set(p, "hash", str_of(methods[i]), conf_origin(p->gather->arena, rule->file, rule->line), true);
    if (rule && pam_argument(rule->args, "rounds", &value))
        set(p, "rounds", value, conf_origin(p->gather->arena, rule->file, rule->line), true);
}

static void read_nullok(struct policy *p, const struct pam_rules *stack)
{
    const struct pam_rule *rule = find_rule(stack, "auth", "pam_unix.so");
    struct str value;
    bool is_on = rule && (pam_argument(rule->args, "nullok", &value) || pam_argument(rule->args, "nullok_secure", &value));
    set(p, "nullok",
        !rule   ? (struct str){0}
        : is_on ? STR("1")
                : STR("0"),
        rule ? conf_origin(p->gather->arena, rule->file, rule->line) : STR("default"), rule != NULL);
}

static bool number_of(struct str value, int64_t *ret)
{
    if (str_is(value, "never")) { /* unlock_time of faillock: until an administrator unlocks */
        *ret = 0;
        return true;
    }
    return str_to_int64(value, ret);
}

static bool password_policy_gather(struct gather *g, struct err *e)
{
    static const char *const password_services[] = {"passwd", "common-password", "system-auth", "password-auth", NULL};
    static const char *const auth_services[] = {"login", "sshd", "common-auth", "system-auth", "password-auth", NULL};
    struct file_facts facts;
    struct pam_rules password, auth;
    if (!source_stat(g->source, "/etc/pam.d", true, &facts, e))
        return false;
    struct policy *p = ARENA_NEW(g->arena, struct policy);
    p->gather = g;
    find_stack(g, "password", password_services, &password);
    find_stack(g, "auth", auth_services, &auth);
    read_quality(p, &password);
    read_history(p, &password);
    read_lockout(p, &auth);
    read_login_defs(p);
    read_hash(p, &password);
    read_nullok(p, &auth);
    for (size_t i = 0; i < p->count; i++) {
        int64_t number;
        row_begin(g->rows);
        row_cstr(g->rows, p->items[i].key);
        row_text(g->rows, p->items[i].value);
        p->items[i].value.data &&number_of(p->items[i].value, &number) ? row_int(g->rows, number) : row_null(g->rows);
        row_bool(g->rows, p->items[i].is_enforced);
        row_text(g->rows, p->items[i].origin);
        row_end(g->rows);
    }
    return true;
}

const struct host_table password_policy_table = {
    .schema = &password_policy_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = password_policy_gather,
};
