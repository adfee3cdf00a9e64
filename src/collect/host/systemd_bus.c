#include "collect/host/systemd_bus.h"
#include "base/env.h"
#include "table/table.h"
#include <dlfcn.h>
#include <unistd.h>

/* The part of sd-bus.h that is used; the ABI of libsystemd.so.0 is stable. */
struct sd_bus;
struct sd_bus_message;
struct sd_bus_error {
    const char *name;
    const char *message;
    int need_free;
};

struct sd_calls {
    int (*bus_new)(struct sd_bus **ret);
    int (*set_address)(struct sd_bus *, const char *);
    int (*set_bus_client)(struct sd_bus *, int);
    int (*set_method_call_timeout)(struct sd_bus *, uint64_t usec);
    int (*start)(struct sd_bus *);
    int (*is_ready)(struct sd_bus *);
    int (*process)(struct sd_bus *, struct sd_bus_message **);
    int (*wait)(struct sd_bus *, uint64_t usec);
    struct sd_bus *(*close_unref)(struct sd_bus *);
    int (*call_method)(struct sd_bus *, const char *, const char *, const char *, const char *, struct sd_bus_error *,
                       struct sd_bus_message **, const char *, ...);
    int (*get_property_trivial)(struct sd_bus *, const char *, const char *, const char *, const char *, struct sd_bus_error *,
                                char, void *);
    int (*get_property_string)(struct sd_bus *, const char *, const char *, const char *, const char *, struct sd_bus_error *,
                               char **);
    int (*enter_container)(struct sd_bus_message *, char, const char *);
    int (*read)(struct sd_bus_message *, const char *, ...);
    struct sd_bus_message *(*message_unref)(struct sd_bus_message *);
    void (*error_free)(struct sd_bus_error *);
};

struct systemd_bus {
    void *library;
    struct sd_calls sd;
    struct sd_bus *bus;
};

static const char destination[] = "org.freedesktop.systemd1";

static bool load_calls(struct systemd_bus *b)
{
    const struct {
        const char *name;
        void *into;
    } wanted[] = {
        {"sd_bus_new", &b->sd.bus_new},
        {"sd_bus_set_address", &b->sd.set_address},
        {"sd_bus_set_bus_client", &b->sd.set_bus_client},
        {"sd_bus_set_method_call_timeout", &b->sd.set_method_call_timeout},
        {"sd_bus_start", &b->sd.start},
        {"sd_bus_is_ready", &b->sd.is_ready},
        {"sd_bus_process", &b->sd.process},
        {"sd_bus_wait", &b->sd.wait},
        {"sd_bus_close_unref", &b->sd.close_unref},
        {"sd_bus_call_method", &b->sd.call_method},
        {"sd_bus_get_property_trivial", &b->sd.get_property_trivial},
        {"sd_bus_get_property_string", &b->sd.get_property_string},
        {"sd_bus_message_enter_container", &b->sd.enter_container},
        {"sd_bus_message_read", &b->sd.read},
        {"sd_bus_message_unref", &b->sd.message_unref},
        {"sd_bus_error_free", &b->sd.error_free},
    };
    for (size_t i = 0; i < COLUMN_COUNT(wanted); i++) {
        void *symbol = dlsym(b->library, wanted[i].name);
        if (!symbol)
            return false;
        memcpy(wanted[i].into, &symbol, sizeof(symbol)); /* POSIX: a function pointer fits */
    }
    return true;
}

/* Connecting and signing in, which sd-bus itself would wait for without limit. */
static bool become_ready(struct systemd_bus *b)
{
    int64_t end_ms = env_monotonic_ms(&env_system) + SYSTEMD_BUS_TIMEOUT_MS;
    for (;;) {
        int ready = b->sd.is_ready(b->bus);
        if (ready)
            return ready > 0;
        int did = b->sd.process(b->bus, NULL);
        if (did < 0)
            return false;
        int64_t left_ms = end_ms - env_monotonic_ms(&env_system);
        if (left_ms <= 0)
            return false;
        if (did == 0 && b->sd.wait(b->bus, (uint64_t)left_ms * 1000) < 0)
            return false;
    }
}

static bool connect_to(struct systemd_bus *b, const char *address, bool is_bus)
{
    if (b->sd.bus_new(&b->bus) < 0)
        return false;
    if (b->sd.set_address(b->bus, address) >= 0 && b->sd.set_bus_client(b->bus, is_bus) >= 0 && b->sd.start(b->bus) >= 0 &&
        become_ready(b)) {
        (void)b->sd.set_method_call_timeout(b->bus, SYSTEMD_BUS_TIMEOUT_MS * 1000);
        return true;
    }
    b->bus = b->sd.close_unref(b->bus);
    return false;
}

struct systemd_bus *systemd_bus_open(const char *address, struct err *e)
{
    struct systemd_bus *b = calloc(1, sizeof(*b));
    if (!b)
        abort();
    b->library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!b->library || !load_calls(b)) {
        (void)err_set(e, ERR_UNAVAILABLE, "ask systemd: libsystemd.so.0 (0.240 or newer) is not there");
    } else if (address ? connect_to(b, address, false)
                       : (geteuid() == 0 && connect_to(b, "unix:path=/run/systemd/private", false)) ||
                             connect_to(b, "unix:path=/run/dbus/system_bus_socket", true)) {
        return b;
    } else {
        (void)err_set(e, ERR_UNAVAILABLE, "ask systemd: neither its own socket nor the system bus answers");
    }
    systemd_bus_close(b);
    return NULL;
}

void systemd_bus_close(struct systemd_bus *b)
{
    if (!b)
        return;
    if (b->bus)
        b->sd.close_unref(b->bus);
    /* The library stays loaded: its thread-local destructors must not vanish under us. */
    free(b);
}

static int compare_units(const void *a, const void *b)
{
    return str_compare(((const struct systemd_unit *)a)->name, ((const struct systemd_unit *)b)->name);
}

bool systemd_bus_units(struct systemd_bus *b, struct arena *a, struct systemd_unit **ret_units, size_t *ret_count, struct err *e)
{
    struct sd_bus_error error = {0};
    struct sd_bus_message *reply = NULL;
    int r = b->sd.call_method(b->bus, destination, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "ListUnits",
                              &error, &reply, "");
    if (r < 0) {
        (void)err_set(e, ERR_UNAVAILABLE, "ask systemd for its units: %s", error.message ? error.message : strerror(-r));
        b->sd.error_free(&error);
        return false;
    }
    struct systemd_unit *units = NULL;
    size_t count = 0, capacity = 0;
    r = b->sd.enter_container(reply, 'a', "(ssssssouso)");
    while (r >= 0 && count < SYSTEMD_BUS_UNITS_MAX) {
        const char *name, *words, *load, *active, *sub, *following, *object, *job_type, *job_object;
        uint32_t job;
        r = b->sd.read(reply, "(ssssssouso)", &name, &words, &load, &active, &sub, &following, &object, &job, &job_type,
                       &job_object);
        if (r <= 0)
            break;
        if (count == capacity)
            units = arena_grow(a, units, count, &capacity, sizeof(*units));
        units[count++] =
            (struct systemd_unit){arena_str(a, str_of(name)), arena_str(a, str_of(load)), arena_str(a, str_of(active)),
                                  arena_str(a, str_of(sub)), arena_str(a, str_of(object))};
    }
    b->sd.message_unref(reply);
    if (r < 0)
        return err_set(e, ERR_CORRUPT, "ask systemd for its units: the answer can't be read: %s", strerror(-r));
    if (count)
        qsort(units, count, sizeof(*units), compare_units);
    *ret_units = units;
    *ret_count = count;
    return true;
}

static bool get_trivial(struct systemd_bus *b, struct str object, const char *interface, const char *property, char type,
                        void *ret)
{
    struct sd_bus_error error = {0};
    int r = b->sd.get_property_trivial(b->bus, destination, object.data, interface, property, &error, type, ret);
    b->sd.error_free(&error);
    return r >= 0;
}

bool systemd_bus_u32(struct systemd_bus *b, struct str object, const char *interface, const char *property, uint32_t *ret)
{
    return get_trivial(b, object, interface, property, 'u', ret);
}

bool systemd_bus_u64(struct systemd_bus *b, struct str object, const char *interface, const char *property, uint64_t *ret)
{
    return get_trivial(b, object, interface, property, 't', ret);
}

bool systemd_bus_bool(struct systemd_bus *b, struct str object, const char *interface, const char *property, bool *ret)
{
    int value = 0;
    if (!get_trivial(b, object, interface, property, 'b', &value))
        return false;
    *ret = value != 0;
    return true;
}

bool systemd_bus_text(struct systemd_bus *b, struct arena *a, struct str object, const char *interface, const char *property,
                      struct str *ret)
{
    struct sd_bus_error error = {0};
    char *text = NULL;
    int r = b->sd.get_property_string(b->bus, destination, object.data, interface, property, &error, &text);
    b->sd.error_free(&error);
    if (r < 0 || !text)
        return false;
    *ret = arena_str(a, str_of(text));
    free(text);
    return true;
}
