/* asset_facts.h - what the pages of assets and data look at: records, the duties of classes, and what captures show of a host's disks and listeners. */
#ifndef REPORT_ASSET_FACTS_H
#define REPORT_ASSET_FACTS_H

#include "assess/classification.h"
#include "report/view_scope_internal.h"

enum { PORTS_MAX = 64, MOUNTS_MAX = 64 };

struct host_mount {
    struct str target;
    enum fact encrypted;
};

struct host_facts {
    struct str subject, name;
    int64_t leaf; /* of the mounts, else of the listeners */
    bool has_mounts, has_listening;
    struct host_mount mounts[MOUNTS_MAX]; /* on local storage */
    size_t mount_count;
    int64_t encrypted[PORTS_MAX], clear[PORTS_MAX], unknown[PORTS_MAX]; /* ports that others reach, by what their number says */
    size_t encrypted_count, clear_count, unknown_count;
};

struct asset_facts {
    struct view *v;
    const struct view_records *r;
    const struct json *content;
    struct classification rules;
    struct scope_rows assets, stores, systems;
    struct host_facts *hosts;
    size_t host_count;
};

/* with_hosts: captures are read, too. */
bool asset_facts_read(struct view *v, const struct view_records *r, bool with_hosts, struct asset_facts *ret, struct err *e) MUST_USE;
/* Of one store, typed and seen. */
struct store_facts asset_store_facts(const struct asset_facts *f, const struct record *store);
/* The host that a store lies on, as far as records say; NULL. */
const struct host_facts *asset_store_host(const struct asset_facts *f, const struct record *store);
/* Label of a class, duty or medium: `list` "classes", "duties", "mediums". */
struct str asset_label(const struct asset_facts *f, const char *list, struct str id);

#endif
