/*
 * dpkg.h - Debian's package data: control stanzas (deb-control(5)), the status file, and the order of versions (deb-version(7)).
 *
 * Views point into the text that was parsed. Nothing here allocates but dpkg_status_read.
 */
#ifndef COLLECT_HOST_DPKG_H
#define COLLECT_HOST_DPKG_H

#include "collect/host/host.h"

enum dpkg_field {
    DPKG_NAME,
    DPKG_STATUS,
    DPKG_VERSION,
    DPKG_ARCH,
    DPKG_SOURCE,
    DPKG_MAINTAINER,
    DPKG_SECTION,
    DPKG_MULTI_ARCH,
    DPKG_CONFFILES, /* with its continuation lines */
    DPKG_FIELD_COUNT
};

struct dpkg_package {
    struct str field[DPKG_FIELD_COUNT]; /* data NULL: not there */
};

/* The next stanza that names a package; what has no Package field is left out. False at the end. Linear in the bytes taken. */
bool dpkg_next_package(struct str *text, struct dpkg_package *ret);
/* Name and version of the source package, which default to the binary's. */
void dpkg_source(const struct dpkg_package *p, struct str *ret_name, struct str *ret_version);
/* Third word of Status: "installed", "config-files". */
struct str dpkg_state(const struct dpkg_package *p);
bool dpkg_is_held(const struct dpkg_package *p);

/* All stanzas of the status file, or of the files in status.d that images without dpkg have. */
bool dpkg_status_read(struct gather *g, struct str *ret_text, struct err *e) MUST_USE;

/* Order of two versions by Debian policy 5.6.12: <0, 0, >0. Any bytes are ordered somehow. */
int dpkg_version_compare(struct str a, struct str b);

/* The date of a Release file, "Sat, 11 Jan 2025 10:58:36 UTC" (RFC 1123 with UTC, GMT, Z or +0000). False for anything else. */
bool apt_date_parse(struct str text, int64_t *ret_at_ms);

#endif
