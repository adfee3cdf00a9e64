/*
 * units.h - the unit files of systemd as they stand on disk: what each says, and whether it starts at boot.
 *
 * Works on a tree and where systemd does not run. The state is worked out as systemd does (systemd.unit(5), systemctl(1)
 * is-enabled): a link to /dev/null or an empty file masks; a link in a *.wants, *.requires or *.upholds directory, or an alias,
 * of /etc enables; directories earlier in the load path win.
 *
 *     struct units u;
 *     units_load(g, NULL, &u);
 *     const struct unit *unit = units_find(&u, STR("chrony.service"));
 *     if (unit && str_is(unit->enabled, "enabled")) ...
 */
#ifndef COLLECT_HOST_UNITS_H
#define COLLECT_HOST_UNITS_H

#include "collect/host/host.h"

struct unit {
    struct str name;
    struct str fragment; /* path of the file; of an alias, of what it leads to */
    struct str enabled;  /* as services.enabled */
    struct str alias_of; /* the unit that this name leads to; size 0 if it is one itself */
    struct str preset;   /* "enabled", "disabled"; data NULL if it cannot be installed */
    /* [Service] and [Timer]; data NULL where not said */
    struct str exec;
    struct str user;
    struct str restart;
    struct str schedule;
    struct str activates;
    bool is_dynamic_user;
    bool is_persistent;
    bool is_sysv;       /* a script of /etc/init.d without a unit file */
    uint32_t hardening; /* a bit a setting that is on */
    /* how it was found */
    size_t rank; /* of the directory in the load path */
    bool is_linked_outside;
    bool is_masked;
    struct str default_instance;
    bool has_install, has_also;
    bool is_instance_wanted; /* of a template: an instance that is not the default one */
    bool is_wanted, is_wanted_at_runtime;
};

struct units {
    struct unit *items; /* sorted by name */
    size_t count;
    struct str *wanted; /* names found in *.wants and the like of /etc, sorted: instances of templates are only here */
    size_t wanted_count;
};

/* `only` as ".timer": files of other units are not read (they are listed, and what they say is not known). NULL for all. */
void units_load(struct gather *g, const char *only, struct units *ret);
/* The unit of that name, an alias followed, for an instance (getty@tty1.service) its template. NULL if there is none. */
const struct unit *units_find(const struct units *u, struct str name);

/* Whether one service starts at boot, without loading all units. */
enum unit_probe { UNIT_ABSENT, UNIT_DISABLED, UNIT_ENABLED };
enum unit_probe units_probe(struct gather *g, const char *name);

/* Whether the unit, one of its aliases or this very instance starts at boot. */
bool units_is_enabled(const struct units *u, const char *name);
/* Whether a link names exactly this unit; "run/NAME" for links made at run time. */
bool units_is_wanted(const struct units *u, struct str name);
/* "service" of "ssh.service"; empty if the suffix is none of systemd's. */
struct str unit_type(struct str name);
int unit_hardening_score(const struct unit *unit);

/* Reads one unit file (or drop-in, over what is there already). For tests and fuzzing; `unit` need only be zero. */
void unit_parse(struct arena *a, struct str text, struct unit *unit);

#endif
