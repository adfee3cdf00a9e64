#include "collect/host/units.h"
#include "collect/host/conf.h"

/* The load path of the system manager, as far as files can be there for long. /lib is listed for trees without a merged /usr. */
static const char *const directories[] = {
    "/etc/systemd/system.control", "/run/systemd/system.control",   "/run/systemd/transient",  "/run/systemd/generator.early",
    "/etc/systemd/system",         "/etc/systemd/system.attached",  "/run/systemd/system",     "/run/systemd/system.attached",
    "/run/systemd/generator",      "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
    "/run/systemd/generator.late",
};
enum { DIRECTORIES = COLUMN_COUNT(directories), UNITS_MAX = 20000 };

static const char *const hardening_keys[] = {
    "NoNewPrivileges",         "ProtectSystem",          "ProtectHome",          "PrivateTmp",
    "PrivateDevices",          "ProtectKernelTunables",  "ProtectKernelModules", "ProtectKernelLogs",
    "ProtectControlGroups",    "ProtectClock",           "ProtectHostname",      "ProtectProc",
    "RestrictAddressFamilies", "RestrictNamespaces",     "RestrictRealtime",     "RestrictSUIDSGID",
    "LockPersonality",         "MemoryDenyWriteExecute", "SystemCallFilter",     "CapabilityBoundingSet",
};

struct str unit_type(struct str name)
{
    static const char *const types[] = {"service", "socket", "timer", "target", "mount",    "path",
                                        "slice",   "scope",  "swap",  "device", "automount"};
    for (size_t i = name.size; i > 0; i--) {
        if (name.data[i - 1] != '.')
            continue;
        struct str suffix = str_slice(name, i, name.size);
        for (size_t t = 0; t < COLUMN_COUNT(types); t++)
            if (str_is(suffix, types[t]))
                return suffix;
        break;
    }
    return STR("");
}

int unit_hardening_score(const struct unit *unit)
{
    return __builtin_popcount(unit->hardening);
}

static void parse_hardening(struct str key, struct str value, struct unit *unit)
{
    char c = key.data[0];
    if (c != 'N' && c != 'P' && c != 'R' && c != 'L' && c != 'M' && c != 'S' && c != 'C')
        return;
    for (size_t i = 0; i < COLUMN_COUNT(hardening_keys); i++) {
        if (!str_is(key, hardening_keys[i]))
            continue;
        bool is_on = value.size && !str_is(value, "no") && !str_is(value, "false") && !str_is(value, "0") &&
                     !str_is(value, "off") && !str_is(value, "default");
        unit->hardening = is_on ? unit->hardening | (1u << i) : unit->hardening & ~(1u << i);
        return;
    }
}

static void parse_service(struct arena *a, struct str key, struct str value, struct unit *unit)
{
    if (str_is(key, "ExecStart")) {
        if (value.size == 0) {
            unit->exec = (struct str){0};
        } else if (!unit->exec.data) {
            while (value.size && strchr("-@:+!", value.data[0]) && value.data[0])
                value = str_slice(value, 1, value.size);
            unit->exec = conf_redact(a, value);
        }
    } else if (str_is(key, "User")) {
        unit->user = value.size ? value : (struct str){0};
    } else if (str_is(key, "DynamicUser")) {
        unit->is_dynamic_user = conf_is_true(value);
    } else if (str_is(key, "Restart")) {
        unit->restart = value;
    } else {
        parse_hardening(key, value, unit);
    }
}

static void parse_timer(struct arena *a, struct str key, struct str value, struct unit *unit)
{
    if (str_is(key, "Unit")) {
        unit->activates = value;
    } else if (str_is(key, "Persistent")) {
        unit->is_persistent = conf_is_true(value);
    } else if (str_is(key, "OnCalendar") || str_is(key, "OnActiveSec") || str_is(key, "OnBootSec") ||
               str_is(key, "OnStartupSec") || str_is(key, "OnUnitActiveSec") || str_is(key, "OnUnitInactiveSec")) {
        if (value.size == 0) /* an empty assignment resets the list */
            unit->schedule = (struct str){0};
        else if (unit->schedule.size < 4096)
            unit->schedule = arena_printf(a, "%.*s%s%.*s=%.*s", STR_ARGS(unit->schedule), unit->schedule.size ? "; " : "",
                                          STR_ARGS(key), STR_ARGS(value));
    }
}

static void parse_install(struct str key, struct str value, struct unit *unit)
{
    if (str_is(key, "WantedBy") || str_is(key, "RequiredBy") || str_is(key, "UpheldBy") || str_is(key, "Alias"))
        unit->has_install |= value.size > 0;
    else if (str_is(key, "Also"))
        unit->has_also |= value.size > 0;
    else if (str_is(key, "DefaultInstance"))
        unit->default_instance = value;
}

void unit_parse(struct arena *a, struct str text, struct unit *unit)
{
    struct conf_reader r = conf_reader_of(a, text, "#;");
    r.is_joining = true;
    struct str line, section = STR("");
    while (conf_next_line(&r, &line)) {
        if (line.data[0] == '[') {
            section = line;
            continue;
        }
        struct str key;
        if (!str_cut(&line, '=', &key))
            continue;
        key = str_trim(key);
        struct str value = str_trim(line);
        if (key.size == 0)
            continue;
        if (str_is(section, "[Service]"))
            parse_service(a, key, value, unit);
        else if (str_is(section, "[Install]"))
            parse_install(key, value, unit);
        else if (str_is(section, "[Timer]"))
            parse_timer(a, key, value, unit);
    }
}

struct found { /* while loading */
    struct gather *gather;
    struct units *units;
    size_t capacity;
    size_t wanted_capacity;
    struct conf_paths dropin_directories; /* "NAME.d" with its path */
};

static int compare_units(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;
    int order = str_compare(x->name, y->name);
    return order ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

static int compare_strs(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void add_wanted(struct found *f, struct str name)
{
    struct units *u = f->units;
    if (u->wanted_count == f->wanted_capacity)
        u->wanted = arena_grow(f->gather->arena, u->wanted, u->wanted_count, &f->wanted_capacity, sizeof(u->wanted[0]));
    u->wanted[u->wanted_count++] = name;
}

static struct str base_name(struct str path)
{
    for (size_t i = path.size; i > 0; i--)
        if (path.data[i - 1] == '/')
            return str_slice(path, i, path.size);
    return path;
}

static bool is_persistent_directory(size_t rank)
{
    return str_starts(str_of(directories[rank]), "/etc/");
}

static bool is_in_load_path(struct str target)
{
    if (target.size == 0 || target.data[0] != '/')
        return true; /* relative: in the same directory or a sibling of it */
    for (size_t i = 0; i < DIRECTORIES; i++)
        if (str_starts(target, directories[i]) && target.data[strlen(directories[i])] == '/')
            return true;
    return false;
}

static void add_unit(struct found *f, size_t rank, struct str name)
{
    struct units *u = f->units;
    if (u->count >= UNITS_MAX)
        return;
    if (u->count == f->capacity)
        u->items = arena_grow(f->gather->arena, u->items, u->count, &f->capacity, sizeof(u->items[0]));
    struct unit *unit = &u->items[u->count++];
    *unit = (struct unit){.name = name, .rank = rank};
    unit->fragment = arena_printf(f->gather->arena, "%s/%.*s", directories[rank], STR_ARGS(name));
    struct str target;
    struct err e = {0};
    if (!source_readlink(f->gather->source, f->gather->arena, unit->fragment.data, &target, &e))
        return;
    struct str leads_to = base_name(target);
    if (str_is(target, "/dev/null")) {
        unit->is_masked = true;
    } else if (!str_equal(leads_to, name)) {
        unit->alias_of = leads_to;
        if (is_persistent_directory(rank))
            add_wanted(f, leads_to);
    } else if (!is_in_load_path(target)) {
        unit->is_linked_outside = true;
    } else {
        u->count--; /* a link to the file of the same name further down the load path says nothing by itself */
    }
}

static void add_wants(struct found *f, size_t rank, struct str directory)
{
    if (!is_persistent_directory(rank) && !str_starts(str_of(directories[rank]), "/run/"))
        return; /* what the distribution pulls in is static, not enabled */
    struct str *names;
    size_t count;
    struct str path = arena_printf(f->gather->arena, "%s/%.*s", directories[rank], STR_ARGS(directory));
    conf_list(f->gather, path.data, &names, &count);
    for (size_t i = 0; i < count; i++)
        if (unit_type(names[i]).size)
            add_wanted(f,
                       is_persistent_directory(rank) ? names[i] : arena_printf(f->gather->arena, "run/%.*s", STR_ARGS(names[i])));
}

static void list_directory(struct found *f, size_t rank)
{
    struct gather *g = f->gather;
    struct str *names;
    size_t count;
    conf_list(g, directories[rank], &names, &count);
    for (size_t i = 0; i < count; i++) {
        if (str_ends(names[i], ".wants") || str_ends(names[i], ".requires") || str_ends(names[i], ".upholds"))
            add_wants(f, rank, names[i]);
        else if (str_ends(names[i], ".d"))
            conf_paths_add(g->arena, &f->dropin_directories,
                           arena_printf(g->arena, "%s/%.*s", directories[rank], STR_ARGS(names[i])));
        else if (unit_type(names[i]).size)
            add_unit(f, rank, names[i]);
    }
}

bool units_is_wanted(const struct units *u, struct str name)
{
    return u->wanted_count && bsearch(&name, u->wanted, u->wanted_count, sizeof(u->wanted[0]), compare_strs);
}

/* getty@.service of getty@tty1.service; false if it is no instance. */
static bool template_of(struct str name, char *ret_name, size_t size, struct str *ret)
{
    ptrdiff_t at = str_find_char(name, '@');
    struct str type = unit_type(name);
    if (at < 0 || type.size == 0 || (size_t)at + 1 + type.size + 1 >= name.size || (size_t)at + type.size + 3 > size)
        return false;
    int n = snprintf(ret_name, size, "%.*s@.%.*s", (int)at, name.data, STR_ARGS(type));
    *ret = str_make(ret_name, (size_t)n);
    return true;
}

static const struct unit *find_exact(const struct units *u, struct str name)
{
    struct unit key = {.name = name};
    size_t low = 0, high = u->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(u->items[middle].name, key.name);
        if (order == 0)
            return &u->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct unit *units_find(const struct units *u, struct str name)
{
    char buffer[512];
    const struct unit *unit = find_exact(u, name);
    struct str of_template;
    if (!unit && template_of(name, buffer, sizeof(buffer), &of_template))
        unit = find_exact(u, of_template);
    for (int depth = 0; unit && unit->alias_of.size && depth < 8; depth++) {
        const struct unit *next = find_exact(u, unit->alias_of);
        if (!next || next == unit)
            break;
        unit = next;
    }
    return unit;
}

bool units_is_enabled(const struct units *u, const char *name)
{
    const struct unit *unit = units_find(u, str_of(name));
    return unit &&
           (str_starts(unit->enabled, "enabled") || str_is(unit->enabled, "generated") || units_is_wanted(u, str_of(name)));
}

static void remove_shadowed(struct units *u)
{
    if (u->count)
        qsort(u->items, u->count, sizeof(u->items[0]), compare_units);
    size_t kept = 0;
    for (size_t i = 0; i < u->count; i++)
        if (kept == 0 || !str_equal(u->items[i].name, u->items[kept - 1].name))
            u->items[kept++] = u->items[i];
    u->count = kept;
    if (u->wanted_count)
        qsort(u->wanted, u->wanted_count, sizeof(u->wanted[0]), compare_strs);
    kept = 0;
    for (size_t i = 0; i < u->wanted_count; i++)
        if (kept == 0 || !str_equal(u->wanted[i], u->wanted[kept - 1]))
            u->wanted[kept++] = u->wanted[i];
    u->wanted_count = kept;
}

static struct unit *find_mutable(struct units *u, struct str name)
{
    const struct unit *unit = find_exact(u, name);
    return unit ? &u->items[unit - u->items] : NULL;
}

/* Whether getty@tty1.service is what "DefaultInstance=tty1" of getty@.service stands for. */
static bool is_default_instance(const struct unit *unit, struct str name)
{
    ptrdiff_t at = str_find_char(name, '@');
    struct str type = unit_type(name);
    struct str instance = str_slice(name, (size_t)at + 1, name.size - type.size - 1);
    return str_equal(instance, unit->default_instance);
}

static void mark_wanted(struct units *u)
{
    for (size_t i = 0; i < u->wanted_count; i++) {
        struct str name = u->wanted[i];
        bool is_runtime = str_starts(name, "run/");
        if (is_runtime)
            name = str_slice(name, 4, name.size);
        char buffer[512];
        struct str of_template;
        struct unit *unit = find_mutable(u, name);
        bool is_instance = !unit && template_of(name, buffer, sizeof(buffer), &of_template);
        if (is_instance)
            unit = find_mutable(u, of_template);
        if (is_instance && unit && !is_default_instance(unit, name)) {
            unit->is_instance_wanted = true;
            continue;
        }
        if (unit && unit->alias_of.size) {
            struct unit *leads_to = find_mutable(u, unit->alias_of);
            unit = leads_to ? leads_to : unit;
        }
        if (unit && is_runtime)
            unit->is_wanted_at_runtime = true;
        else if (unit)
            unit->is_wanted = true;
    }
}

static struct str state_of(const struct unit *unit)
{
    struct str directory = str_of(directories[unit->rank]);
    if (unit->is_masked)
        return str_starts(directory, "/run/") ? STR("masked-runtime") : STR("masked");
    if (unit->alias_of.size)
        return STR("alias");
    if (unit->is_wanted)
        return STR("enabled");
    if (unit->is_wanted_at_runtime)
        return STR("enabled-runtime");
    if (str_starts(directory, "/run/systemd/generator"))
        return STR("generated");
    if (str_starts(directory, "/run/systemd/transient"))
        return STR("transient");
    if (unit->is_linked_outside)
        return STR("linked");
    if (unit->has_install && !unit->is_instance_wanted)
        return STR("disabled");
    return unit->has_also || unit->default_instance.size || unit->is_instance_wanted ? STR("indirect") : STR("static");
}

struct preset_rule {
    struct str pattern;
    bool is_enabling;
    bool is_ignoring;
};

static struct preset_rule *load_presets(struct gather *g, size_t *ret_count)
{
    static const char *const preset_directories[] = {"/etc/systemd/system-preset", "/run/systemd/system-preset",
                                                     "/usr/local/lib/systemd/system-preset", "/usr/lib/systemd/system-preset",
                                                     NULL};
    struct conf_paths files;
    struct preset_rule *rules = NULL;
    size_t count = 0, capacity = 0;
    conf_dropins(g, preset_directories, ".preset", &files);
    for (size_t i = 0; i < files.count; i++) {
        struct str text, line, verb, pattern;
        if (!conf_read(g, files.items[i].data, &text))
            continue;
        struct conf_reader r = conf_reader_of(g->arena, text, "#;");
        while (conf_next_line(&r, &line)) {
            if (!str_next_word(&line, &verb) || !str_next_word(&line, &pattern))
                continue;
            if (count == capacity)
                rules = arena_grow(g->arena, rules, count, &capacity, sizeof(*rules));
            rules[count++] = (struct preset_rule){pattern, str_is(verb, "enable"), str_is(verb, "ignore")};
        }
    }
    *ret_count = count;
    return rules;
}

static struct str preset_of(const struct unit *unit, const struct preset_rule *rules, size_t count)
{
    if (unit->alias_of.size || !(unit->is_masked || unit->has_install || unit->has_also || unit->is_wanted_at_runtime))
        return (struct str){0};
    for (size_t i = 0; i < count; i++) /* most rules name one unit: the first byte decides */
        if ((rules[i].pattern.data[0] == unit->name.data[0] || rules[i].pattern.data[0] == '*') &&
            conf_match(rules[i].pattern, unit->name, false))
            return rules[i].is_ignoring ? (struct str){0} : rules[i].is_enabling ? STR("enabled") : STR("disabled");
    return STR("enabled");
}

static void read_unit(struct found *f, struct unit *unit)
{
    struct gather *g = f->gather;
    struct str text;
    if (unit->is_masked || unit->alias_of.size || !conf_read(g, unit->fragment.data, &text))
        return;
    if (text.size == 0) {
        unit->is_masked = true;
        return;
    }
    unit_parse(g->arena, text, unit);
}

static void read_dropins(struct found *f)
{
    struct gather *g = f->gather;
    for (size_t i = f->dropin_directories.count; i > 0; i--) { /* the directories that win are read last */
        struct str path = f->dropin_directories.items[i - 1];
        struct str name = base_name(path);
        struct unit *unit = find_mutable(f->units, str_slice(name, 0, name.size - 2));
        struct str *names, text;
        size_t count;
        if (!unit || unit->is_masked)
            continue;
        conf_list(g, path.data, &names, &count);
        for (size_t n = 0; n < count; n++)
            if (str_ends(names[n], ".conf") &&
                conf_read(g, arena_printf(g->arena, "%s/%.*s", path.data, STR_ARGS(names[n])).data, &text))
                unit_parse(g->arena, text, unit);
    }
}

/* Scripts of /etc/init.d that no unit file replaces: systemd, or init itself, runs them by their links in rc2.d to rc5.d. */
static void add_sysv(struct found *f)
{
    struct gather *g = f->gather;
    struct str *names, *links;
    size_t count, links_count, known = f->units->count;
    conf_list(g, "/etc/init.d", &names, &count);
    for (size_t i = 0; i < count; i++) {
        struct str script = str_ends(names[i], ".sh") ? str_slice(names[i], 0, names[i].size - 3) : names[i];
        struct str name = arena_printf(g->arena, "%.*s.service", STR_ARGS(script));
        struct units only_files = {.items = f->units->items, .count = known};
        if (names[i].data[0] == '.' || str_is(names[i], "README") || str_is(names[i], "functions") ||
            find_exact(&only_files, name) || str_contains(names[i], ".dpkg-"))
            continue;
        add_unit(f, DIRECTORIES - 1, name);
        struct unit *unit = &f->units->items[f->units->count - 1];
        unit->fragment = arena_printf(g->arena, "/etc/init.d/%.*s", STR_ARGS(names[i]));
        unit->exec = arena_printf(g->arena, "%.*s start", STR_ARGS(unit->fragment));
        unit->is_sysv = true;
    }
    if (f->units->count == known)
        return;
    static const char *const levels[] = {"/etc/rc2.d", "/etc/rc3.d", "/etc/rc4.d", "/etc/rc5.d", "/etc/rcS.d"};
    for (size_t l = 0; l < COLUMN_COUNT(levels); l++) {
        conf_list(g, levels[l], &links, &links_count);
        for (size_t i = 0; i < links_count; i++)
            for (size_t n = known; links[i].size > 3 && links[i].data[0] == 'S' && n < f->units->count; n++) {
                struct unit *unit = &f->units->items[n];
                struct str script = base_name(unit->fragment);
                if (str_equal(script, str_slice(links[i], 3, links[i].size)))
                    unit->is_wanted = true;
            }
    }
}

enum unit_probe units_probe(struct gather *g, const char *name)
{
    static const char *const places[] = {"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
                                         "/usr/lib/systemd/system", "/lib/systemd/system"};
    bool is_there = false;
    struct conf_paths links;
    for (size_t i = 0; i < COLUMN_COUNT(places); i++) {
        struct str target;
        struct err e = {0};
        struct str path = arena_printf(g->arena, "%s/%s", places[i], name);
        if (source_readlink(g->source, g->arena, path.data, &target, &e) && str_is(target, "/dev/null"))
            return is_there ? UNIT_ENABLED : UNIT_DISABLED; /* masked, where nothing before it says otherwise */
        is_there |= conf_exists(g, path.data);
    }
    if (!is_there && !conf_exists(g, arena_printf(g->arena, "/etc/init.d/%.*s", (int)strcspn(name, "."), name).data))
        return UNIT_ABSENT;
    struct file_facts facts;
    struct err e = {0};
    conf_glob(g, "/etc/systemd/system/*.wants",
              &links); /* one directory, then one look a link: also links that lead nowhere count */
    for (size_t i = 0; i < links.count; i++)
        if (source_stat(g->source, arena_printf(g->arena, "%s/%s", links.items[i].data, name).data, false, &facts, &e))
            return UNIT_ENABLED;
    if (!is_there) {
        conf_glob(g, arena_printf(g->arena, "/etc/rc[2345S].d/S[0-9][0-9]%.*s", (int)strcspn(name, "."), name).data, &links);
        return links.count ? UNIT_ENABLED : UNIT_DISABLED;
    }
    return UNIT_DISABLED;
}

void units_load(struct gather *g, const char *only, struct units *ret)
{
    *ret = (struct units){0};
    struct found f = {.gather = g, .units = ret};
    struct str target;
    struct err e = {0};
    bool is_merged = source_readlink(g->source, g->arena, "/lib", &target, &e);
    for (size_t rank = 0; rank < DIRECTORIES; rank++)
        if (!(is_merged && str_starts(str_of(directories[rank]), "/lib/")))
            list_directory(&f, rank);
    remove_shadowed(ret);
    for (size_t i = 0; i < ret->count; i++)
        if (!only || str_ends(ret->items[i].name, only))
            read_unit(&f, &ret->items[i]);
    read_dropins(&f);
    mark_wanted(ret);
    add_sysv(&f);
    size_t presets_count;
    const struct preset_rule *presets = load_presets(g, &presets_count);
    for (size_t i = 0; i < ret->count; i++) {
        struct unit *unit = &ret->items[i];
        unit->enabled = unit->is_sysv ? (unit->is_wanted ? STR("enabled") : STR("disabled")) : state_of(unit);
        unit->preset = unit->is_sysv ? (struct str){0} : preset_of(unit, presets, presets_count);
    }
    remove_shadowed(ret);
}
