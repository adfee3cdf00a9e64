/* mac_status - mandatory access control: AppArmor and SELinux, their modes and profiles. */
#include "collect/host/conf.h"
#include "collect/host/units.h"

static const struct column columns[] = {
    {"system", COLUMN_TEXT, "", "apparmor or selinux."},
    {"mode", COLUMN_TEXT, "",
     "apparmor: enabled or disabled; selinux: enforcing, permissive or disabled; null if not known, as on a tree."},
    {"configured_mode", COLUMN_TEXT, "",
     "What the configuration asks for at boot: selinux as in /etc/selinux/config; apparmor enabled or disabled by the unit and "
     "its links."},
    {"policy", COLUMN_TEXT, "", "selinux: SELINUXTYPE, as targeted; null for apparmor."},
    {"profile", COLUMN_TEXT, "", "The name of the AppArmor profile; null in the rows of the systems.", COLUMN_KEY},
    {"profile_mode", COLUMN_TEXT, "", "enforce, complain, kill, unconfined; null in the rows of the systems."},
};

static const struct table_schema schema = {
    .name = "mac_status",
    .version = 1,
    .words = "One row for AppArmor and one for SELinux (profile null), and a row for every AppArmor profile that the"
             " kernel holds.",
    .criteria = "CC6.1, CC6.8",
    .example = "SELECT system, mode FROM mac_status WHERE profile IS NULL AND mode IN ('enforcing', 'enabled')",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static void add_row(struct gather *g, const char *system, const char *mode, struct str configured, struct str policy,
                    struct str profile, struct str profile_mode)
{
    row_begin(g->rows);
    row_cstr(g->rows, system);
    row_cstr(g->rows, mode);
    row_text(g->rows, configured);
    row_text(g->rows, policy);
    row_text(g->rows, profile);
    row_text(g->rows, profile_mode);
    row_end(g->rows);
}

static const struct str none;

/* Lines as "/usr/sbin/named (enforce)"; names may hold spaces. */
static void add_profiles(struct gather *g)
{
    struct str text, line;
    struct err e = {0};
    if (!source_read(g->source, g->arena, "/sys/kernel/security/apparmor/profiles", CONF_FILE_BYTES_MAX, &text, &e)) {
        gather_missing(g, STR("profiles"), "profiles of AppArmor",
                       e.code == ERR_NOT_FOUND ? "securityfs is not mounted on /sys/kernel/security" : e.text);
        return;
    }
    while (str_next_line(&text, &line)) {
        line = str_trim(line);
        size_t at = line.size;
        while (at > 0 && line.data[at - 1] != '(')
            at--;
        if (at < 2 || !str_ends(line, ")"))
            continue;
        add_row(g, "apparmor", "enabled", none, none, str_trim(str_slice(line, 0, at - 1)), str_slice(line, at, line.size - 1));
    }
}

static void add_apparmor(struct gather *g)
{
    struct str text;
    struct err e = {0};
    struct str configured = STR("disabled");
    const char *mode = NULL;
    if (units_probe(g, "apparmor.service") == UNIT_ENABLED)
        configured = STR("enabled");
    if (source_is_live(g->source)) {
        bool is_known = source_read(g->source, g->arena, "/sys/module/apparmor/parameters/enabled", 64, &text, &e);
        if (!is_known && e.code != ERR_NOT_FOUND)
            gather_missing(g, STR("apparmor"), "mode", e.text);
        else /* no such parameter: the kernel has no AppArmor */
            mode = is_known && str_starts(text, "Y") ? "enabled" : "disabled";
    }
    add_row(g, "apparmor", mode, configured, none, none, none);
    if (mode && strcmp(mode, "enabled") == 0)
        add_profiles(g);
}

static void add_selinux(struct gather *g)
{
    struct str text, line, configured = STR("disabled"), policy = none;
    struct err e = {0};
    const char *mode = NULL;
    if (conf_read(g, "/etc/selinux/config", &text)) {
        struct conf_reader r = conf_reader_of(g->arena, text, "#");
        while (conf_next_line(&r, &line)) {
            struct str key, value;
            if (!conf_key_value(line, &key, &value))
                continue;
            if (str_is(key, "SELINUX"))
                configured = conf_lower(g->arena, value);
            else if (str_is(key, "SELINUXTYPE"))
                policy = value;
        }
    }
    if (source_is_live(g->source)) {
        if (source_read(g->source, g->arena, "/sys/fs/selinux/enforce", 64, &text, &e))
            mode = str_starts(text, "1") ? "enforcing" : "permissive";
        else if (e.code == ERR_NOT_FOUND)
            mode = "disabled";
        else
            gather_missing(g, STR("selinux"), "mode", e.text);
    }
    add_row(g, "selinux", mode, configured, policy, none, none);
}

static bool gather(struct gather *g, struct err *e)
{
    (void)e;
    add_apparmor(g);
    add_selinux(g);
    return true;
}

const struct host_table mac_status_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = gather,
};
