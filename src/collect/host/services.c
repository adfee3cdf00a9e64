/* services - the units of systemd: what runs, what starts at boot, as whom, and how confined. */
#include "collect/host/conf.h"
#include "collect/host/systemd_bus.h"
#include "collect/host/units.h"

static const struct column columns[] = {
    {"unit", COLUMN_TEXT, "", "The name of the unit, as ssh.service; a template is listed as name@.service.", COLUMN_KEY},
    {"type", COLUMN_TEXT, "", "What the name ends in: service, socket, timer, target, path, mount, slice and so on."},
    {"load", COLUMN_TEXT, "",
     "Whether systemd could load it: loaded, masked, bad-setting, error; null where systemd does not run or has not loaded it."},
    {"active", COLUMN_TEXT, "",
     "active, inactive, failed, activating, reloading or deactivating; null where systemd does not run."},
    {"sub", COLUMN_TEXT, "", "The finer state, as running, exited, dead, listening; null where systemd does not run."},
    {"enabled", COLUMN_TEXT, "",
     "Whether it starts at boot: enabled, enabled-runtime, disabled, masked, static, indirect, alias, generated, linked or "
     "transient."},
    {"preset", COLUMN_TEXT, "", "What the distribution presets it to, enabled or disabled; null if it cannot be installed."},
    {"main_pid", COLUMN_INTEGER, "process id", "The main process; null if none runs or it is not known."},
    {"exec", COLUMN_TEXT, "", "The command that ExecStart names, words that look like secrets left out."},
    {"user", COLUMN_TEXT, "",
     "The account it runs as: User=, \"dynamic\" for DynamicUser=yes, root if nothing is said; null for what runs no command.",
     COLUMN_PERSONAL},
    {"fragment", COLUMN_TEXT, "", "The path of the unit file."},
    {"restart", COLUMN_TEXT, "", "Restart=: no, always, on-failure and so on; null for units other than services."},
    {"hardening_score", COLUMN_INTEGER, "settings",
     "How many of 20 sandboxing settings (NoNewPrivileges, ProtectSystem, PrivateTmp ...) are on; null for units other than "
     "services."},
};

static const struct table_schema schema = {
    .name = "services",
    .version = 1,
    .words = "A row is a systemd unit (service, socket, timer, target, path, mount). On a host where systemd runs "
             "the states come over D-Bus; elsewhere, and on a tree, from unit files, enabling links and masks.",
    .criteria = "CC6.1, CC6.8, CC7.1, A1.2",
    .example = "SELECT unit, active, sub FROM services WHERE enabled = 'enabled' AND active = 'failed'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static void add_row(struct gather *g, struct str name, const struct unit *unit, struct str enabled,
                    const struct systemd_unit *state, struct systemd_bus *bus)
{
    struct rows *r = g->rows;
    const struct str none = {0};
    struct str type = unit_type(name);
    bool is_service =
        str_is(type, "service") && !(unit && (unit->alias_of.size || unit->is_masked)); /* an alias tells where it leads to */
    uint32_t pid = 0;
    if (state && is_service && str_is(state->active, "active") &&
        !systemd_bus_u32(bus, state->object, "org.freedesktop.systemd1.Service", "MainPID", &pid))
        pid = 0;
    row_begin(r);
    row_text(r, name);
    row_text(r, type);
    row_text(r, state ? state->load : none);
    row_text(r, state ? state->active : none);
    row_text(r, state ? state->sub : none);
    row_text(r, enabled);
    row_text(r, unit ? unit->preset : none);
    if (pid)
        row_int(r, pid);
    else
        row_null(r);
    row_text(r, unit && is_service ? unit->exec : none);
    if (unit && is_service && unit->exec.data)
        row_text(r, unit->is_dynamic_user ? STR("dynamic") : unit->user.data ? unit->user : STR("root"));
    else
        row_null(r);
    row_text(r, unit ? unit->fragment : none);
    row_text(r, !unit || !is_service ? none : unit->restart.data ? unit->restart : STR("no"));
    if (unit && is_service)
        row_int(r, unit_hardening_score(unit));
    else
        row_null(r);
    row_end(r);
}

static const struct systemd_unit *find_state(const struct systemd_unit *states, size_t count, struct str name)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(states[middle].name, name);
        if (order == 0)
            return &states[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Units that systemd holds without a file of that name: instances of templates, mounts, what was made at run time. */
static void add_loaded_only(struct gather *g, const struct units *units, const struct systemd_unit *state,
                            struct systemd_bus *bus)
{
    struct str type = unit_type(state->name);
    if (type.size == 0 || str_is(type, "device") || str_is(type, "scope") || str_is(type, "slice") ||
        str_is(state->load, "not-found"))
        return;
    const struct unit *unit = units_find(units, state->name);
    if (unit && str_equal(unit->name, state->name))
        return;
    struct str at_runtime = arena_printf(g->arena, "run/%.*s", STR_ARGS(state->name));
    struct str enabled = unit ? unit->enabled : (struct str){0};
    if (units_is_wanted(units, state->name))
        enabled = STR("enabled");
    else if (units_is_wanted(units, at_runtime))
        enabled = STR("enabled-runtime");
    else if (str_starts(enabled, "enabled") || str_is(enabled, "indirect"))
        enabled = STR("disabled"); /* another instance of the template is enabled, not this one */
    add_row(g, state->name, unit, enabled, state, bus);
}

static bool gather(struct gather *g, struct err *e)
{
    struct units units;
    struct systemd_unit *states = NULL;
    size_t count = 0;
    struct systemd_bus *bus = NULL;
    struct err why = {0};
    (void)e;
    units_load(g, NULL, &units);
    if (source_is_live(g->source) && conf_exists(g, "/run/systemd/system")) {
        bus = systemd_bus_open(NULL, &why);
        if (!bus || !systemd_bus_units(bus, g->arena, &states, &count, &why))
            gather_missing(g, STR("states"), "load, active, sub, main_pid", why.text);
    }
    for (size_t i = 0; i < units.count; i++) {
        const struct unit *unit = &units.items[i];
        const struct unit *real = unit->alias_of.size ? units_find(&units, unit->name) : unit;
        if (unit->alias_of.size) {
            struct unit alias = {
                .name = unit->name, .alias_of = unit->alias_of, .fragment = real ? real->fragment : unit->fragment};
            add_row(g, unit->name, &alias, unit->enabled, NULL, NULL);
        } else {
            add_row(g, unit->name, unit, unit->enabled, find_state(states, count, unit->name), bus);
        }
    }
    for (size_t i = 0; i < count; i++)
        add_loaded_only(g, &units, &states[i], bus);
    systemd_bus_close(bus);
    return true;
}

const struct host_table services_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = gather,
};
