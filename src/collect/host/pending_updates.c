/*
 * pending_updates.c - installed packages for which apt's lists hold a newer version (/var/lib/dpkg/status against
 * /var/lib/apt/lists).
 */
#include "base/limits.h"
#include "base/times.h"
#include "collect/host/conf.h"
#include "collect/host/dpkg.h"
#include "collect/host/repos.h"
#include "collect/host/unpack.h"

static const struct column pending_updates_columns[] = {
    {"pkg", COLUMN_TEXT, "", "Name of the installed package.", COLUMN_KEY},
    {"arch", COLUMN_TEXT, "", "Its architecture.", 0},
    {"installed", COLUMN_TEXT, "", "Version that is installed.", 0},
    {"candidate", COLUMN_TEXT, "", "Newest version in the lists.", 0},
    {"origin", COLUMN_TEXT, "",
     "Archive that offers the candidate, as 'Debian-Security:12/stable-security' (label, version, suite of its Release file).",
     0},
    {"is_security", COLUMN_BOOL, "",
     "1 if a version newer than the installed one is offered by an archive whose label or suite says security.", 0},
    {"security_candidate", COLUMN_TEXT, "", "Newest such version of a security archive; null if there is none.", 0},
    {"published", COLUMN_TIME, "ms UTC",
     "Date of the Release file that offers the update (the security archive's if is_security): it was published then or before.",
     0},
    {"held", COLUMN_BOOL, "", "1 if upgrades of the package are held back.", 0},
    {"source_name", COLUMN_TEXT, "", "Source package, as security advisories name it.", 0},
    {"behind_since", COLUMN_TIME, "ms UTC",
     "Date of the oldest Release file whose archive offers anything newer than what is installed: the package has been behind "
     "since "
     "then or longer. Null if no such archive tells its date.",
     0},
};

static const struct table_schema pending_updates_schema = {
    .name = "pending_updates",
    .version = 3,
    .words = "One row an installed package with a newer version in apt's lists (pins are not regarded). Partial when lists are "
             "missing, expired or not refreshed for 7 days: then no rows mean nothing.",
    .criteria = "CC7.1",
    .example = "SELECT pkg, installed, security_candidate FROM pending_updates WHERE is_security = 1",
    .columns = pending_updates_columns,
    .column_count = COLUMN_COUNT(pending_updates_columns),
};

#define LISTS_DIR "/var/lib/apt/lists"

enum {
    RELEASE_HEAD_BYTES = 8192,    /* the fields that matter stand before the long lists of digests */
    STANZA_BYTES_MAX = 1 << 20,   /* a longer one is left out */
    UNPACKED_BYTES_MAX = 1 << 30, /* of one list */
    LISTS_STALE_DAYS = 7
};

/* What a Release file says of the lists that share its prefix. */
struct release {
    struct str prefix; /* "deb.example.org_debian_dists_bookworm" */
    struct str label;
    struct str suite;
    struct str codename;
    struct str version;
    int64_t date_ms;        /* 0: unknown */
    int64_t valid_until_ms; /* 0: for ever */
    bool is_security;
    bool is_not_automatic;      /* pin 1: never a candidate by itself */
    bool is_upgraded_by_itself; /* pin 100: a candidate for what was installed from there */
};

struct offer {
    struct str version; /* data NULL: none */
    const struct release *release;
};

struct installed {
    struct str name;
    struct str version;
    struct str arch;
    struct str source_name;
    bool is_held;
    int64_t behind_since_ms; /* oldest date of an archive with anything newer; 0: unknown */
    struct offer best;       /* newest of the archives with the usual priority */
    struct offer security;   /* newest of security archives */
    struct offer backports;  /* newest of archives that are not automatic */
    struct installed *next;  /* of the same hash */
};

struct update_run {
    struct gather *gather;
    struct installed **places; /* by name */
    size_t mask;
    struct installed *items;
    size_t count;
    struct release *releases;
    size_t release_count;
    const struct release *release; /* of the list at hand */
    struct unpack *unpack;
    char *window; /* unpacked bytes that are not yet parsed */
    size_t window_size;
    bool is_skipping; /* inside of a stanza that is too long */
    struct err failed;
};

static size_t name_hash(struct str name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (uint8_t)name.data[i]) * UINT64_C(0x100000001b3);
    return (size_t)(hash ^ hash >> 29);
}

static bool installed_read(struct update_run *run, struct err *e)
{
    struct arena *a = run->gather->arena;
    struct str text, rest, source_version;
    struct dpkg_package p;
    size_t count = 0;
    if (!dpkg_status_read(run->gather, &text, e))
        return false;
    for (rest = text; dpkg_next_package(&rest, &p);)
        count++;
    if (count == 0) /* no package cannot be; no package with an update could be taken for good news */
        return err_set(e, ERR_INVALID, "/var/lib/dpkg/status: names no package");
    run->items = arena_array(a, count, sizeof(*run->items));
    run->mask = 1023;
    while (run->mask < count * 4)
        run->mask = run->mask * 2 + 1;
    run->places = arena_array(a, run->mask + 1, sizeof(*run->places));
    while (run->count < count && dpkg_next_package(&text, &p)) {
        struct str state = dpkg_state(&p);
        if (!state.data || !str_is(state, "installed") || !p.field[DPKG_VERSION].data)
            continue;
        struct installed *item = &run->items[run->count++];
        struct installed **place = &run->places[name_hash(p.field[DPKG_NAME]) & run->mask];
        *item = (struct installed){.name = p.field[DPKG_NAME],
                                   .version = p.field[DPKG_VERSION],
                                   .arch = p.field[DPKG_ARCH].data ? p.field[DPKG_ARCH] : STR("all"),
                                   .is_held = dpkg_is_held(&p),
                                   .next = *place};
        dpkg_source(&p, &item->source_name, &source_version);
        *place = item;
    }
    return true;
}

/* ---- Release files ---- */

static bool contains_security(struct str text)
{
    return text.data && str_contains(text, "ecurity");
}

static bool release_parse(struct update_run *run, struct str name, struct str prefix, struct release *ret)
{
    struct gather *g = run->gather;
    struct str text, line, key;
    struct str path = arena_printf(g->arena, LISTS_DIR "/%.*s", STR_ARGS(name));
    struct err failed = {0};
    if (!source_read_head(g->source, g->arena, path.data, RELEASE_HEAD_BYTES, &text, &failed)) {
        gather_missing(g, path, "what the archive says of itself", arena_printf(g->arena, "%s", failed.text).data);
        return false;
    }
    *ret = (struct release){.prefix = prefix};
    while (str_next_line(&text, &line)) {
        if (!str_cut(&line, ':', &key))
            continue;
        struct str value = str_trim(line);
        if (str_is(key, "Label"))
            ret->label = value;
        else if (str_is(key, "Suite"))
            ret->suite = value;
        else if (str_is(key, "Codename"))
            ret->codename = value;
        else if (str_is(key, "Version"))
            ret->version = value;
        else if (str_is(key, "Date"))
            (void)!apt_date_parse(value, &ret->date_ms);
        else if (str_is(key, "Valid-Until"))
            (void)!apt_date_parse(value, &ret->valid_until_ms);
        else if (str_is(key, "NotAutomatic"))
            ret->is_not_automatic = conf_is_true(value);
        else if (str_is(key, "ButAutomaticUpgrades"))
            ret->is_upgraded_by_itself = conf_is_true(value);
        else if (str_is(key, "MD5Sum") || str_is(key, "SHA1") || str_is(key, "SHA256"))
            break;
    }
    ret->is_security = contains_security(ret->label) || contains_security(ret->suite) || contains_security(ret->codename);
    return true;
}

static void releases_read(struct update_run *run, const struct str *names, size_t count)
{
    static const char *const ends[] = {"_InRelease", "_Release"};
    run->releases = arena_array(run->gather->arena, count, sizeof(*run->releases));
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < COLUMN_COUNT(ends); n++) {
            if (!str_ends(names[i], ends[n]))
                continue;
            struct str prefix = str_slice(names[i], 0, names[i].size - strlen(ends[n]));
            if (release_parse(run, names[i], prefix, &run->releases[run->release_count]))
                run->release_count++;
            break;
        }
    }
}

/* The Release file with the longest prefix of a list's name. */
static const struct release *release_of(const struct update_run *run, struct str list)
{
    const struct release *best = NULL;
    for (size_t i = 0; i < run->release_count; i++) {
        struct str prefix = run->releases[i].prefix;
        if (list.size > prefix.size && memcmp(list.data, prefix.data, prefix.size) == 0 && list.data[prefix.size] == '_' &&
            (!best || best->prefix.size < prefix.size))
            best = &run->releases[i];
    }
    return best;
}

/* ---- lists ---- */

static void offer_take(struct update_run *run, struct offer *offer, struct str version)
{
    if (!offer->version.data || dpkg_version_compare(version, offer->version) > 0)
        *offer = (struct offer){arena_str(run->gather->arena, version), run->release};
}

/* An archive that offers something newer has done so since its date at least: the oldest of them says most. */
static void behind_take(const struct release *release, struct installed *item, struct str version)
{
    if (release && release->date_ms && (!item->behind_since_ms || release->date_ms < item->behind_since_ms) &&
        dpkg_version_compare(version, item->version) > 0)
        item->behind_since_ms = release->date_ms;
}

static void package_offered(struct update_run *run, const struct dpkg_package *p)
{
    struct str name = p->field[DPKG_NAME], version = p->field[DPKG_VERSION], arch = p->field[DPKG_ARCH];
    if (!version.data)
        return;
    for (struct installed *item = run->places[name_hash(name) & run->mask]; item; item = item->next) {
        if (!str_equal(item->name, name))
            continue;
        if (arch.data && !str_equal(arch, item->arch) && !str_is(arch, "all") && !str_is(item->arch, "all"))
            continue;
        if (run->release && run->release->is_not_automatic) {
            if (run->release->is_upgraded_by_itself)
                offer_take(run, &item->backports, version);
            continue;
        }
        behind_take(run->release, item, version);
        offer_take(run, &item->best, version);
        if (run->release && run->release->is_security)
            offer_take(run, &item->security, version);
    }
}

/* Whether the stanza is of a package that is installed: nearly all are not, and are parsed no further. */
static bool stanza_may_matter(const struct update_run *run, struct str stanza)
{
    static const char first[] = "Package: ";
    if (stanza.size < sizeof(first) || memcmp(stanza.data, first, sizeof(first) - 1) != 0)
        return true;
    const char *name = stanza.data + sizeof(first) - 1;
    const char *end = memchr(name, '\n', stanza.size - (sizeof(first) - 1));
    struct str text = str_trim(str_make(name, end ? (size_t)(end - name) : 0));
    return run->places[name_hash(text) & run->mask] != NULL;
}

typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* The first empty line: two line feeds. Looks at 64 bytes at a time, as all lists together are 50 MB and more; NULL if there is
 * none. */
static const char *find_empty_line(const char *at, const char *end)
{
    while (end - at > 64) {
        bytes16 found = {0};
        for (size_t i = 0; i < 64; i += 16) {
            bytes16 here, next;
            memcpy(&here, at + i, sizeof(here));
            memcpy(&next, at + i + 1, sizeof(next));
            found |= (bytes16)((here == '\n') & (next == '\n'));
        }
        uint64_t halves[2];
        memcpy(halves, &found, sizeof(halves));
        if (halves[0] | halves[1])
            break;
        at += 64;
    }
    for (; end - at > 1; at++) {
        if (at[0] == '\n' && at[1] == '\n')
            return at;
    }
    return NULL;
}

/* Parses the whole stanzas of the window and moves what is left to its beginning. */
static void window_parse(struct update_run *run, bool is_last)
{
    const char *at = run->window, *end = at + run->window_size;
    while (at < end) {
        const char *stop = find_empty_line(at, end);
        if (!stop && !is_last)
            break;
        struct str stanza = str_make(at, (size_t)((stop ? stop + 1 : end) - at));
        struct dpkg_package p;
        if (!run->is_skipping && stanza_may_matter(run, stanza) && dpkg_next_package(&stanza, &p))
            package_offered(run, &p);
        run->is_skipping = false;
        at = stop ? stop + 2 : end;
    }
    run->window_size = (size_t)(end - at);
    memmove(run->window, at, run->window_size);
}

static bool list_unpacked(void *context, struct str piece)
{
    struct update_run *run = context;
    while (piece.size) {
        size_t room = STANZA_BYTES_MAX - run->window_size;
        size_t size = piece.size < room ? piece.size : room;
        memcpy(run->window + run->window_size, piece.data, size);
        run->window_size += size;
        piece = str_slice(piece, size, piece.size);
        window_parse(run, false);
        if (run->window_size == STANZA_BYTES_MAX) { /* no end in sight; its last byte may be half of the mark */
            run->is_skipping = true;
            run->window[0] = run->window[STANZA_BYTES_MAX - 1];
            run->window_size = 1;
        }
    }
    return !gather_is_late(run->gather);
}

static bool list_read_piece(void *context, struct str piece)
{
    struct update_run *run = context;
    return unpack_feed(run->unpack, piece, &run->failed);
}

static void list_read(struct update_run *run, struct str name, enum unpack_kind kind)
{
    struct gather *g = run->gather;
    struct str path = arena_printf(g->arena, LISTS_DIR "/%.*s", STR_ARGS(name));
    struct err failed = {0};
    run->failed = (struct err){0};
    run->window_size = 0;
    run->is_skipping = false;
    run->unpack = unpack_new(kind, UNPACKED_BYTES_MAX, list_unpacked, run);
    bool ok = source_read_pieces(g->source, g->arena, path.data, LIMIT_READ_FILE_BYTES, list_read_piece, run, &failed);
    if (!ok && run->failed.code)
        failed = run->failed;
    if (ok)
        ok = unpack_end(run->unpack, &failed);
    window_parse(run, true);
    run->unpack = unpack_free(run->unpack);
    if (!ok)
        gather_missing(g, path, "updates that this list offers", arena_printf(g->arena, "%s", failed.text).data);
}

/* ---- what is not known ---- */

/* A name as apt gives its lists: the URI without scheme and user, '/' as '_' (APT's URItoFileName). */
static struct str list_prefix(struct arena *a, const struct repo *repo)
{
    struct str uri = repo->uri;
    ptrdiff_t scheme = str_find(uri, STR("://"));
    if (scheme >= 0)
        uri = str_slice(uri, (size_t)scheme + 3, uri.size);
    ptrdiff_t user = str_find_char(uri, '@');
    if (user >= 0)
        uri = str_slice(uri, (size_t)user + 1, uri.size);
    while (uri.size && uri.data[uri.size - 1] == '/')
        uri.size--;
    struct str text = repo->components.data ? arena_printf(a, "%.*s_dists_%.*s", STR_ARGS(uri), STR_ARGS(repo->suite))
                                            : arena_printf(a, "%.*s_%.*s", STR_ARGS(uri), STR_ARGS(repo->suite));
    char *bytes = arena_strndup(a, text.data, text.size);
    for (size_t i = 0; i < text.size; i++)
        bytes[i] = bytes[i] == '/' ? '_' : bytes[i];
    size_t size = text.size;
    while (size && bytes[size - 1] == '_')
        size--;
    return str_make(bytes, size);
}

static void missing_lists_say(struct update_run *run)
{
    struct gather *g = run->gather;
    struct repo_list repos;
    repos_read(g, &repos);
    for (size_t i = 0; i < repos.count; i++) {
        const struct repo *repo = &repos.items[i];
        bool is_found =
            !repo->is_enabled || !str_is(repo->type, "deb") || str_starts(repo->uri, "mirror") || str_starts(repo->uri, "cdrom");
        struct str prefix = list_prefix(g->arena, repo);
        for (size_t n = 0; n < run->release_count && !is_found; n++)
            is_found = str_equal(run->releases[n].prefix, prefix);
        if (!is_found)
            gather_missing(g,
                           arena_printf(g->arena, "%.*s %.*s", STR_ARGS(conf_redact(g->arena, repo->uri)), STR_ARGS(repo->suite)),
                           "updates that this archive offers", "its lists are not on this host: run apt-get update");
    }
    if (repos.count == 0)
        gather_missing(g, STR("/etc/apt"), "updates", "no archive is configured, so that none can be offered");
}

/* When apt last refreshed its lists, as far as files show; 0 if nothing does. */
static int64_t lists_refreshed_ms(struct gather *g)
{
    static const char *const paths[] = {"/var/lib/apt/periodic/update-success-stamp", LISTS_DIR "/partial", LISTS_DIR};
    int64_t newest = 0;
    for (size_t i = 0; i < COLUMN_COUNT(paths); i++) {
        struct file_facts facts;
        struct err failed = {0};
        if (source_stat(g->source, paths[i], true, &facts, &failed) && facts.mtime_ms > newest)
            newest = facts.mtime_ms;
    }
    return newest;
}

static void stale_lists_say(struct update_run *run)
{
    struct gather *g = run->gather;
    int64_t now_ms = source_now_ms(g->source), refreshed_ms = lists_refreshed_ms(g);
    char date[TIME_TEXT_SIZE]; /* no count of days: the same fact is the same row tomorrow */
    if (refreshed_ms && now_ms - refreshed_ms > LISTS_STALE_DAYS * MS_DAY)
        gather_missing(
            g, STR(LISTS_DIR), "updates published since",
            arena_printf(g->arena, "the lists were last refreshed on %s", time_format_date(refreshed_ms, date)).data);
    for (size_t i = 0; i < run->release_count; i++) {
        const struct release *release = &run->releases[i];
        if (!release->valid_until_ms || release->valid_until_ms >= now_ms)
            continue;
        char until[TIME_TEXT_SIZE];
        gather_missing(
            g, release->prefix, "updates published since",
            arena_printf(g->arena, "the list was valid until %s only", time_format_date(release->valid_until_ms, until)).data);
    }
}

/* ---- rows ---- */

static struct str origin_text(struct arena *a, const struct release *release)
{
    if (!release)
        return (struct str){0};
    struct str label = release->label.data ? release->label : STR("");
    struct str suite = release->suite.data ? release->suite : release->codename.data ? release->codename : STR("");
    if (!release->version.data)
        return arena_printf(a, "%.*s/%.*s", STR_ARGS(label), STR_ARGS(suite));
    return arena_printf(a, "%.*s:%.*s/%.*s", STR_ARGS(label), STR_ARGS(release->version), STR_ARGS(suite));
}

static bool is_newer(const struct offer *offer, const struct installed *item)
{
    return offer->version.data && dpkg_version_compare(offer->version, item->version) > 0;
}

static void update_row(struct update_run *run, const struct installed *item)
{
    struct gather *g = run->gather;
    struct rows *r = g->rows;
    const struct offer *candidate = &item->best;
    bool is_of_backports = !item->best.version.data || dpkg_version_compare(item->best.version, item->version) < 0;
    if (!is_newer(candidate, item) && is_of_backports)
        candidate = &item->backports;
    if (!is_newer(candidate, item))
        return;
    bool is_security = is_newer(&item->security, item);
    const struct release *dated = is_security ? item->security.release : candidate->release;
    row_begin(r);
    row_text(r, item->name);
    row_text(r, item->arch);
    row_text(r, item->version);
    row_text(r, candidate->version);
    row_text(r, origin_text(g->arena, candidate->release));
    row_bool(r, is_security);
    row_text(r, is_security ? item->security.version : (struct str){0});
    if (dated && dated->date_ms)
        row_int(r, dated->date_ms);
    else
        row_null(r);
    row_bool(r, item->is_held);
    row_text(r, item->source_name);
    int64_t behind_since_ms = item->behind_since_ms ? item->behind_since_ms : dated ? dated->date_ms : 0;
    if (behind_since_ms)
        row_int(r, behind_since_ms);
    else
        row_null(r);
    row_end(r);
}

static bool pending_updates_gather(struct gather *g, struct err *e)
{
    struct update_run run = {.gather = g};
    struct str *names, stem;
    size_t count, lists = 0;
    if (!installed_read(&run, e))
        return false;
    if (!source_list(g->source, g->arena, LISTS_DIR, &names, &count, e))
        return err_wrap(e, "apt's lists");
    releases_read(&run, names, count);
    run.window = malloc(STANZA_BYTES_MAX);
    if (!run.window)
        abort();
    for (size_t i = 0; i < count && !gather_is_late(g); i++) {
        enum unpack_kind kind = unpack_kind_of(names[i], &stem);
        if (!str_ends(stem, "_Packages"))
            continue;
        lists++;
        run.release = release_of(&run, names[i]);
        list_read(&run, names[i], kind);
    }
    free(run.window);
    if (gather_is_late(g))
        gather_missing(g, STR(LISTS_DIR), "updates of the lists behind", "time limit reached");
    if (lists == 0)
        return err_set(e, ERR_NOT_FOUND, "there are no lists of packages in " LISTS_DIR ": run apt-get update");
    missing_lists_say(&run);
    stale_lists_say(&run);
    for (size_t i = 0; i < run.count; i++)
        update_row(&run, &run.items[i]);
    return true;
}

const struct host_table pending_updates_table = {
    .schema = &pending_updates_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = pending_updates_gather,
};
