/*
 * systemd_bus.h - asking a running systemd over D-Bus, by libsystemd, which is loaded when it is there and not needed otherwise.
 *
 * Reads only. Every call has a time limit; a bus that does not answer is an error, never a wait. Root asks systemd's own socket,
 * others the system bus.
 */
#ifndef COLLECT_HOST_SYSTEMD_BUS_H
#define COLLECT_HOST_SYSTEMD_BUS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>

enum { SYSTEMD_BUS_TIMEOUT_MS = 2000, SYSTEMD_BUS_UNITS_MAX = 20000 };

struct systemd_bus;
struct systemd_unit {
    struct str name, load, active, sub, object; /* object: its D-Bus path */
};

/* `address` as D-Bus writes addresses, NULL for the running systemd. ERR_UNAVAILABLE: no library, no answer. */
struct systemd_bus *systemd_bus_open(const char *address, struct err *e) MUST_USE;
void systemd_bus_close(struct systemd_bus *bus); /* NULL is fine */
/* All loaded units, sorted by name, in `a`. */
bool systemd_bus_units(struct systemd_bus *bus, struct arena *a, struct systemd_unit **ret_units, size_t *ret_count,
                       struct err *e) MUST_USE;
/* Properties of a unit; `interface` as "org.freedesktop.systemd1.Service". */
bool systemd_bus_u32(struct systemd_bus *bus, struct str object, const char *interface, const char *property, uint32_t *ret);
bool systemd_bus_u64(struct systemd_bus *bus, struct str object, const char *interface, const char *property, uint64_t *ret);
bool systemd_bus_bool(struct systemd_bus *bus, struct str object, const char *interface, const char *property, bool *ret);
bool systemd_bus_text(struct systemd_bus *bus, struct arena *a, struct str object, const char *interface, const char *property,
                      struct str *ret);

#endif
