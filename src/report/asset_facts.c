#include "report/asset_facts.h"
#include "collect/captures.h"
#include "content/content.h"
#include "report/seen.h"

/* ---- hosts ---- */

static struct host_facts *host_of(struct asset_facts *f, struct str subject)
{
    for (size_t i = 0; i < f->host_count; i++)
        if (str_equal(f->hosts[i].subject, subject))
            return &f->hosts[i];
    struct host_facts *h = &f->hosts[f->host_count++];
    *h = (struct host_facts){.subject = arena_str(f->v->arena, subject), .leaf = -1};
    h->name = arena_str(f->v->arena, json_text(subject_new(f->v, h->subject), "name"));
    return h;
}

/* Boot partitions hold nothing of anybody. */
static bool is_boot(struct str target)
{
    return str_is(target, "/boot") || str_starts(target, "/boot/") || str_is(target, "/efi");
}

static void take_mounts(struct asset_facts *f, struct host_facts *h, const struct rows *rows)
{
    h->has_mounts = true;
    for (size_t i = 0; i < rows->row_count && h->mount_count < MOUNTS_MAX; i++) {
        struct str target = seen_cell(f->v->arena, rows, i, "target"), encrypted = seen_cell(f->v->arena, rows, i, "encrypted");
        if (encrypted.size == 0 || is_boot(target))
            continue;
        h->mounts[h->mount_count++] = (struct host_mount){target, str_is(encrypted, "1") ? FACT_YES : FACT_NO};
    }
}

static bool holds_port(const struct json *list, int64_t port)
{
    JSON_EACH (p, list)
        if (p->type == JSON_NUMBER && p->integer == port)
            return true;
    return false;
}

static void port_add(int64_t *ports, size_t *count, int64_t port)
{
    for (size_t i = 0; i < *count; i++)
        if (ports[i] == port)
            return;
    if (*count < PORTS_MAX)
        ports[(*count)++] = port;
}

static void take_listeners(struct asset_facts *f, struct host_facts *h, const struct rows *rows)
{
    h->has_listening = true;
    for (size_t i = 0; i < rows->row_count; i++) {
        int64_t port = 0;
        bool is_tcp = str_is(seen_cell(f->v->arena, rows, i, "proto"), "tcp");
        if (!is_tcp || str_is(seen_cell(f->v->arena, rows, i, "scope"), "loopback") || !str_to_int64(seen_cell(f->v->arena, rows, i, "port"), &port))
            continue;
        if (holds_port(json_get(f->content, "ports_encrypted"), port))
            port_add(h->encrypted, &h->encrypted_count, port);
        else if (holds_port(json_get(f->content, "ports_clear"), port))
            port_add(h->clear, &h->clear_count, port);
        else
            port_add(h->unknown, &h->unknown_count, port);
    }
}

static bool hosts_read(struct asset_facts *f, struct err *e)
{
    struct view *v = f->v;
    struct blob_opener opener = {v->blobs.read, v->blobs.context};
    struct captures *captures = captures_open(v->db, &opener, &(struct captures_options){.at_ms = v->is_past ? v->at_ms : 0}, e);
    if (!captures)
        return false;
    const struct capture *items;
    size_t count = captures_list(captures, &items);
    f->hosts = arena_array(v->arena, count + 1, sizeof *f->hosts);
    for (size_t i = 0; i < count; i++) {
        const struct rows *rows = NULL, *status = NULL;
        bool is_mounts = str_is(items[i].table, "mounts"), is_listening = str_is(items[i].table, "listening");
        struct err sealed = {0};
        if ((!is_mounts && !is_listening) || str_is(items[i].state, "none") || !v->blobs.read || !captures_rows(captures, &items[i], &rows, &status, &sealed))
            continue;
        struct host_facts *h = host_of(f, items[i].subject);
        h->leaf = is_mounts || h->leaf < 0 ? items[i].leaf : h->leaf;
        if (is_mounts)
            take_mounts(f, h, rows);
        else
            take_listeners(f, h, rows);
    }
    captures_close(captures);
    return true;
}

bool asset_facts_read(struct view *v, const struct view_records *r, bool with_hosts, struct asset_facts *ret, struct err *e)
{
    struct asset_facts *f = ret;
    int64_t limit = view_record_limit(v);
    *f = (struct asset_facts){.v = v, .r = r, .content = json_parse(v->arena, str_of(content_classification_json), JSON_LIMITS_DEFAULT, e)};
    if (!f->content || !classification_read(f->content, &f->rules, e) || !scope_rows_read(v, r, "asset", limit, false, &f->assets, e) ||
        !scope_rows_read(v, r, "data_store", limit, false, &f->stores, e) || !scope_rows_read(v, r, "system", limit, false, &f->systems, e))
        return false;
    struct scope_rows *all[] = {&f->assets, &f->stores, &f->systems};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (!record_may_read_type(r, all[i]->type)) /* an organisation may have closed it to some */
            all[i]->count = 0;
    return !with_hosts || hosts_read(f, e);
}

/* ---- stores ---- */

static const struct record *row_find(const struct scope_rows *rows, struct str id)
{
    for (size_t i = 0; i < rows->count; i++)
        if (str_equal(rows->items[i].id, id))
            return &rows->items[i];
    return NULL;
}

static const struct host_facts *host_named(const struct asset_facts *f, struct str subject)
{
    for (size_t i = 0; i < f->host_count && subject.size; i++)
        if (str_equal(f->hosts[i].subject, subject) || scope_name_equal(f->hosts[i].name, subject))
            return &f->hosts[i];
    return NULL;
}

const struct host_facts *asset_store_host(const struct asset_facts *f, const struct record *store)
{
    const struct host_facts *h = host_named(f, scope_text(store, "subject"));
    const struct record *asset = h ? NULL : row_find(&f->assets, scope_text(store, "asset"));
    h = h ? h : host_named(f, scope_text(asset, "subject"));
    JSON_EACH (id, scope_list(store, "systems")) {
        const struct record *system = h ? NULL : row_find(&f->systems, id->text);
        h = h ? h : host_named(f, scope_text(system, "subject"));
    }
    return h;
}

static enum fact choice(const struct record *store, const char *field, const char *yes, const char *none, const char *none_too)
{
    struct str value = scope_text(store, field);
    return value.size == 0                                   ? FACT_UNKNOWN
           : str_is(value, yes)                              ? FACT_YES
           : str_is(value, none) || str_is(value, none_too) ? FACT_NONE
                                                             : FACT_NO;
}

static enum fact flag(const struct record *store, const char *field)
{
    int value = scope_flag(store, field);
    return value < 0 ? FACT_UNKNOWN : value ? FACT_YES : FACT_NO;
}

/* The mount with the longest name above the path; without a path all of them must agree. */
static enum fact disk_seen(const struct host_facts *h, struct str path)
{
    const struct host_mount *best = NULL;
    enum fact all = FACT_UNKNOWN;
    for (size_t i = 0; i < h->mount_count; i++) {
        const struct host_mount *m = &h->mounts[i];
        bool is_root = str_is(m->target, "/");
        bool is_above = is_root || (path.size >= m->target.size && str_equal(str_slice(path, 0, m->target.size), m->target) &&
                                    (path.size == m->target.size || path.data[m->target.size] == '/'));
        if (path.size && is_above && (!best || m->target.size > best->target.size))
            best = m;
        all = i == 0 || all == m->encrypted ? m->encrypted : FACT_UNKNOWN;
        if (path.size == 0 && i > 0 && all == FACT_UNKNOWN)
            return FACT_UNKNOWN;
    }
    return path.size ? (best ? best->encrypted : FACT_UNKNOWN) : all;
}

struct store_facts asset_store_facts(const struct asset_facts *f, const struct record *store)
{
    static const char *const fields[MEDIUMS] = {"enc_disk", "enc_database", "enc_backup", "enc_email", "enc_files", "enc_transit"};
    const struct json *days = json_get(store->values, "retention_days");
    struct store_facts s = {.class = classification_class(scope_text(store, "class")),
                            .owner = scope_has(store, "owner") ? FACT_YES : FACT_NO,
                            .personal = flag(store, "personal"),
                            .special = flag(store, "special"),
                            .retention = days && days->type == JSON_NUMBER ? FACT_YES : FACT_UNKNOWN,
                            .disposal = choice(store, "disposal", "proven", "-", "-"),
                            .backup = choice(store, "backup", "tested", "not_needed", "-"),
                            .access = choice(store, "access", "named", "-", "-"),
                            .logged = flag(store, "logged"),
                            .masking = choice(store, "masking", "masked", "none", "-"),
                            .transfer = choice(store, "transfer", "approved", "none", "-"),
                            .ai = choice(store, "ai", "approved", "none", "-")};
    for (int m = 0; m < MEDIUMS; m++)
        s.encrypted[m] = choice(store, fields[m], "encrypted", "none", "-");
    const struct host_facts *h = asset_store_host(f, store);
    if (h && h->has_mounts)
        s.seen[MEDIUM_DISK] = disk_seen(h, scope_text(store, "path"));
    if (h && h->has_listening && h->clear_count > 0)
        s.seen[MEDIUM_TRANSIT] = FACT_NO; /* that a port begins encrypted says nothing of the others */
    return s;
}

struct str asset_label(const struct asset_facts *f, const char *list, struct str id)
{
    JSON_EACH (o, json_get(f->content, list))
        if (str_equal(json_text(o, "id"), id))
            return json_text(o, "label");
    return id;
}
