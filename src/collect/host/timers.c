/* timers - what systemd starts by the clock, and whether it last worked. */
#include "collect/host/conf.h"
#include "collect/host/systemd_bus.h"
#include "collect/host/units.h"

static const struct column columns[] = {
    {"unit", COLUMN_TEXT, "", "The name of the timer, as apt-daily.timer.", COLUMN_KEY},
    {"activates", COLUMN_TEXT, "", "The unit that it starts."},
    {"schedule", COLUMN_TEXT, "", "The settings that say when, as \"OnCalendar=daily\", joined by \"; \"."},
    {"enabled", COLUMN_TEXT, "", "enabled, disabled, static, masked ...: as services.enabled."},
    {"active", COLUMN_TEXT, "", "active if it waits or runs, inactive, failed, skipped (its conditions do not hold, as in a container); null where systemd does "
     "not run."},
    {"persistent", COLUMN_BOOL, "", "Whether a run missed while the host was off is made up for (Persistent=yes)."},
    {"next", COLUMN_TIME, "", "When it will elapse next, to the second; null if not known."},
    {"last", COLUMN_TIME, "", "When it elapsed last, to the second; null if never or not known."},
    {"result", COLUMN_TEXT, "",
     "How the unit that it starts ended last: success, exit-code, timeout ...; null where systemd does not run."},
};

static const struct table_schema schema = {
    .name = "timers",
    .version = 2,
    .words = "A row is a systemd timer. Times and results are known where systemd runs; on a tree the schedule and "
             "whether it is enabled.",
    .criteria = "A1.2, CC7.1",
    .example = "SELECT unit, activates, result FROM timers WHERE result <> 'success'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

struct timer_state {
    struct str active;
    struct str activates;
    struct str result;
    int64_t next_ms; /* 0: not known */
    int64_t last_ms;
};

static int64_t whole_second(uint64_t usec)
{
    return usec == 0 || usec == UINT64_MAX || usec / 1000 > (uint64_t)INT64_MAX ? 0 : (int64_t)(usec / 1000000 * 1000);
}

static void ask(struct gather *g, struct systemd_bus *bus, const struct systemd_unit *states, size_t count,
                const struct systemd_unit *state, struct timer_state *ret)
{
    static const char interface[] = "org.freedesktop.systemd1.Timer";
    uint64_t realtime = 0, monotonic = 0, last = 0;
    bool is_held = true; /* its conditions, when it was last to be started */
    uint64_t asked_at = 0;
    ret->active = state->active;
    if (str_is(state->active, "inactive") && systemd_bus_u64(bus, state->object, "org.freedesktop.systemd1.Unit", "ConditionTimestamp", &asked_at) &&
        asked_at && systemd_bus_bool(bus, state->object, "org.freedesktop.systemd1.Unit", "ConditionResult", &is_held) && !is_held)
        ret->active = STR("skipped");
    (void)systemd_bus_text(bus, g->arena, state->object, interface, "Unit", &ret->activates);
    (void)systemd_bus_u64(bus, state->object, interface, "NextElapseUSecRealtime", &realtime);
    (void)systemd_bus_u64(bus, state->object, interface, "NextElapseUSecMonotonic", &monotonic);
    (void)systemd_bus_u64(bus, state->object, interface, "LastTriggerUSec", &last);
    ret->last_ms = whole_second(last);
    ret->next_ms = whole_second(realtime);
    if (!ret->next_ms && monotonic &&
        monotonic != UINT64_MAX) { /* counted from boot: as an instant, to the minute since clocks drift */
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t in_ms = (int64_t)(monotonic / 1000) - ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
        ret->next_ms = (source_now_ms(g->source) + in_ms) / 60000 * 60000;
    }
    for (size_t i = 0; i < count; i++)
        if (str_equal(states[i].name, ret->activates) && str_ends(ret->activates, ".service"))
            (void)systemd_bus_text(bus, g->arena, states[i].object, "org.freedesktop.systemd1.Service", "Result", &ret->result);
}

static void time_or_null(struct rows *r, int64_t at_ms)
{
    if (at_ms > 0)
        row_int(r, at_ms);
    else
        row_null(r);
}

static void add_row(struct gather *g, struct str name, const struct unit *unit, struct str enabled,
                    const struct timer_state *state)
{
    struct rows *r = g->rows;
    struct str activates = state->activates.data ? state->activates : unit ? unit->activates : (struct str){0};
    if (!activates.data)
        activates = arena_printf(g->arena, "%.*s.service", (int)(name.size - strlen(".timer")), name.data);
    row_begin(r);
    row_text(r, name);
    row_text(r, activates);
    row_text(r, unit ? unit->schedule : (struct str){0});
    row_text(r, enabled);
    row_text(r, state->active);
    if (unit)
        row_bool(r, unit->is_persistent);
    else
        row_null(r);
    time_or_null(r, state->next_ms);
    time_or_null(r, state->last_ms);
    row_text(r, state->result);
    row_end(r);
}

static bool gather(struct gather *g, struct err *e)
{
    struct units units;
    struct systemd_unit *states = NULL;
    size_t count = 0;
    struct systemd_bus *bus = NULL;
    struct err why = {0};
    (void)e;
    units_load(g, ".timer", &units);
    if (source_is_live(g->source) && conf_exists(g, "/run/systemd/system")) {
        bus = systemd_bus_open(NULL, &why);
        if (!bus || !systemd_bus_units(bus, g->arena, &states, &count, &why))
            gather_missing(g, STR("states"), "active, next, last, result", why.text);
    }
    for (size_t i = 0; i < units.count; i++) {
        const struct unit *unit = &units.items[i];
        struct timer_state state = {0};
        if (!str_ends(unit->name, ".timer") || unit->alias_of.size)
            continue;
        for (size_t s = 0; s < count; s++)
            if (str_equal(states[s].name, unit->name))
                ask(g, bus, states, count, &states[s], &state);
        add_row(g, unit->name, unit, unit->enabled, &state);
    }
    for (size_t s = 0; s < count; s++) { /* instances of templates and what was made at run time */
        struct timer_state state = {0};
        const struct unit *unit = units_find(&units, states[s].name);
        if (!str_ends(states[s].name, ".timer") || str_is(states[s].load, "not-found") ||
            (unit && str_equal(unit->name, states[s].name)))
            continue;
        ask(g, bus, states, count, &states[s], &state);
        add_row(g, states[s].name, unit, units_is_wanted(&units, states[s].name) ? STR("enabled") : STR("transient"), &state);
    }
    systemd_bus_close(bus);
    return true;
}

const struct host_table timers_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = gather,
};
