/* usb_storage - attached USB storage and what stands in its way. */
#include "collect/host/conf.h"
#include "collect/host/units.h"

static const struct column columns[] = {
    {"vendor", COLUMN_TEXT, "", "The vendor; null in the row of the policy."},
    {"product", COLUMN_TEXT, "", "The product; null in the row of the policy."},
    {"serial", COLUMN_TEXT, "", "The serial number; null if not told."},
    {"attached", COLUMN_BOOL, "", "1 for a device that is attached, 0 for the row of the policy."},
    {"driver_blocked", COLUMN_BOOL, "", "Whether modprobe.d keeps usb-storage (and uas) from loading."},
    {"driver_loaded", COLUMN_BOOL, "", "Whether usb-storage or uas is loaded now; null on a tree."},
    {"usb_present", COLUMN_BOOL, "", "Whether this machine has a USB bus at all; null on a tree."},
    {"usbguard", COLUMN_TEXT, "", "enabled, disabled (installed but not started at boot) or absent."},
};

static const struct table_schema schema = {
    .name = "usb_storage",
    .version = 1,
    .words = "A row is an attached USB storage device; one more row with attached = 0 always tells the policy.",
    .criteria = "CC6.7",
    .example = "SELECT driver_blocked, usbguard FROM usb_storage WHERE attached = 0",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

struct policy {
    bool is_blocked;
    bool is_loaded;
    bool is_usb_present;
    const char *usbguard;
};

static bool is_storage_module(struct str name)
{
    return str_is(name, "usb-storage") || str_is(name, "usb_storage");
}

/* modprobe.d(5): "blacklist usb-storage" keeps it from being loaded when a device appears, "install usb-storage /bin/false" also
 * by name. */
static bool is_blocked(struct gather *g)
{
    static const char *const directories[] = {"/etc/modprobe.d",     "/run/modprobe.d", "/usr/local/lib/modprobe.d",
                                              "/usr/lib/modprobe.d", "/lib/modprobe.d", NULL};
    struct conf_paths files;
    conf_dropins(g, directories, ".conf", &files);
    for (size_t i = 0; i < files.count; i++) {
        struct str text, line, verb, module, command;
        if (!conf_read(g, files.items[i].data, &text))
            continue;
        struct conf_reader r = conf_reader_of(g->arena, text, "#");
        r.is_joining = true;
        while (conf_next_line(&r, &line)) {
            if (!str_next_word(&line, &verb) || !str_next_word(&line, &module) || !is_storage_module(module))
                continue;
            if (str_is(verb, "blacklist"))
                return true;
            if (str_is(verb, "install") && str_next_word(&line, &command) &&
                (str_ends(command, "/true") || str_ends(command, "/false")))
                return true;
        }
    }
    struct str text;
    struct err e = {0};
    if (!source_is_live(g->source) || !source_read(g->source, g->arena, "/proc/cmdline", 64 << 10, &text, &e))
        return false;
    return str_contains(text, "module_blacklist=usb_storage") || str_contains(text, "module_blacklist=usb-storage");
}

static void bool_or_null(struct rows *r, bool is_known, bool value)
{
    if (is_known)
        row_bool(r, value);
    else
        row_null(r);
}

static void add_row(struct gather *g, const struct policy *p, struct str vendor, struct str product, struct str serial,
                    bool is_attached)
{
    bool is_live = source_is_live(g->source);
    row_begin(g->rows);
    row_text(g->rows, vendor);
    row_text(g->rows, product);
    row_text(g->rows, serial);
    row_bool(g->rows, is_attached);
    row_bool(g->rows, p->is_blocked);
    bool_or_null(g->rows, is_live, p->is_loaded);
    bool_or_null(g->rows, is_live, p->is_usb_present);
    row_cstr(g->rows, p->usbguard);
    row_end(g->rows);
}

static struct str attribute(struct gather *g, struct str device, const char *file)
{
    struct str text, line;
    struct err e = {0};
    struct str path = arena_printf(g->arena, "/sys/bus/usb/devices/%.*s/%s", STR_ARGS(device), file);
    if (!source_read_head(g->source, g->arena, path.data, 4096, &text, &e) || !str_next_line(&text, &line))
        return (struct str){0};
    return str_trim(line);
}

static void add_attached(struct gather *g, const struct policy *p, const char *driver)
{
    struct str *names, device, previous = STR("");
    size_t count;
    conf_list(g, driver, &names, &count);
    for (size_t i = 0; i < count; i++) {
        struct str interface = names[i];
        if (!str_cut(&interface, ':', &device) || str_equal(device, previous) || device.size == 0 || device.data[0] < '0' ||
            device.data[0] > '9')
            continue; /* "1-1:1.0" is an interface of device 1-1 */
        previous = device;
        add_row(g, p, attribute(g, device, "manufacturer"), attribute(g, device, "product"), attribute(g, device, "serial"),
                true);
    }
}

static bool gather(struct gather *g, struct err *e)
{
    static const char *const words[] = {[UNIT_ABSENT] = "absent", [UNIT_DISABLED] = "disabled", [UNIT_ENABLED] = "enabled"};
    struct policy p = {.is_blocked = is_blocked(g), .usbguard = words[units_probe(g, "usbguard.service")]};
    (void)e;
    if (source_is_live(g->source)) {
        p.is_loaded = conf_exists(g, "/sys/module/usb_storage") || conf_exists(g, "/sys/module/uas");
        p.is_usb_present = conf_exists(g, "/sys/bus/usb");
        add_attached(g, &p, "/sys/bus/usb/drivers/usb-storage");
        add_attached(g, &p, "/sys/bus/usb/drivers/uas");
    }
    add_row(g, &p, (struct str){0}, (struct str){0}, (struct str){0}, false);
    return true;
}

const struct host_table usb_storage_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = gather,
};
