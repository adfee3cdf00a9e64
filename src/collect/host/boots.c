/*
 * boots.c - boot_history and uptime: when this host was started and stopped, and whether it went down cleanly (wtmp, /proc).
 */
#include "base/cursor.h"
#include "base/times.h"
#include "collect/host/proc.h"
#include "collect/host/wtmp.h"
#include <sys/utsname.h>
#include <unistd.h>

static const struct column boot_history_columns[] = {
    {"boot_id", COLUMN_TEXT, "", "The kernel's id of the boot; known of the running one only, else null.", 0},
    {"start", COLUMN_TIME, "ms UTC", "When it was started.", 0},
    {"end", COLUMN_TIME, "ms UTC",
     "When it was shut down, or for an unclean end the last sign of life in wtmp; null for the running one.", 0},
    {"kernel", COLUMN_TEXT, "", "Release of the kernel; null if not recorded.", 0},
    {"clean", COLUMN_BOOL, "",
     "1 if a shutdown was recorded before the next start, 0 if not (crash, power, reset); null for the running one.", 0},
    {"is_current", COLUMN_BOOL, "", "1 for the boot that runs now.", 0},
};

static const struct table_schema boot_history_schema = {
    .name = "boot_history",
    .version = 1,
    .words = "One row a start of the host, from wtmp and its rotated files, and the running one. Hosts without wtmp show the "
             "running one only, and say so.",
    .criteria = "A1.1, CC7.4",
    .example = "SELECT start, end, kernel FROM boot_history WHERE clean = 0",
    .columns = boot_history_columns,
    .column_count = COLUMN_COUNT(boot_history_columns),
};

static const struct column uptime_columns[] = {
    {"seconds", COLUMN_INTEGER, "seconds", "Time since the host was started.", 0},
    {"booted_at", COLUMN_TIME, "ms UTC", "When it was started, to the second.", 0},
};

static const struct table_schema uptime_schema = {
    .name = "uptime",
    .version = 1,
    .words = "One row: how long the host has been running.",
    .criteria = "A1.1, CC7.4",
    .example = "SELECT seconds / 86400 AS days FROM uptime",
    .columns = uptime_columns,
    .column_count = COLUMN_COUNT(uptime_columns),
};

enum { WTMP_BYTES_MAX = 64 << 20, BOOTS_MAX = 65536, BOOT_SAME_MS = 5 * 60 * 1000 };

/* utmp(5) of glibc on 64-bit systems: 384 bytes a record, times of 32 bits. */
enum {
    UTMP_RECORD_BYTES = 384,
    UTMP_TYPE_OFFSET = 0,
    UTMP_USER_OFFSET = 44,
    UTMP_USER_BYTES = 32,
    UTMP_HOST_OFFSET = 76,
    UTMP_HOST_BYTES = 256,
    UTMP_TIME_OFFSET = 340,
    UTMP_RUN_LEVEL = 1,
    UTMP_BOOT = 2
};

struct boot {
    int64_t start_ms;
    int64_t end_ms; /* 0: none known */
    struct str kernel;
    bool is_clean;
};

struct boot_list {
    struct arena *arena;
    struct boot *items;
    size_t count;
    size_t capacity;
    int64_t last_seen_ms; /* time of the last record */
};

static struct str utmp_text(struct str record, size_t offset, size_t size)
{
    struct str text = str_slice(record, offset, offset + size);
    ptrdiff_t end = str_find_char(text, '\0');
    return end < 0 ? text : str_slice(text, 0, (size_t)end);
}

static void boots_add_record(struct boot_list *list, struct str record)
{
    struct cursor c = cursor_of(record);
    int type = (int16_t)cursor_u16le(&c);
    cursor_skip(&c, UTMP_TIME_OFFSET - 2);
    int64_t at_ms = (int64_t)cursor_u32le(&c) * MS_SECOND;
    struct boot *last = list->count ? &list->items[list->count - 1] : NULL;
    if (at_ms == 0)
        return;
    if (type == UTMP_BOOT && list->count < BOOTS_MAX) {
        if (last && !last->end_ms)
            last->end_ms = list->last_seen_ms;
        if (list->count == list->capacity)
            list->items = arena_grow(list->arena, list->items, list->count, &list->capacity, sizeof(*list->items));
        list->items[list->count++] =
            (struct boot){.start_ms = at_ms, .kernel = utmp_text(record, UTMP_HOST_OFFSET, UTMP_HOST_BYTES)};
    } else if (type == UTMP_RUN_LEVEL && last && str_is(utmp_text(record, UTMP_USER_OFFSET, UTMP_USER_BYTES), "shutdown")) {
        last->end_ms = at_ms;
        last->is_clean = true;
    }
    list->last_seen_ms = at_ms;
}

/* False if there is no such file. */
static bool boots_add_file(struct gather *g, struct boot_list *list, const char *path)
{
    struct str bytes;
    struct err failed = {0};
    bool has_more, is_torn;
    if (!wtmp_read(g, path, WTMP_BYTES_MAX, &bytes, &has_more, &is_torn, &failed)) {
        if (failed.code != ERR_NOT_FOUND)
            gather_missing(g, str_of(path), "the starts in this file", arena_printf(g->arena, "%s", failed.text).data);
        return false;
    }
    for (size_t at = 0; at + UTMP_RECORD_BYTES <= bytes.size; at += UTMP_RECORD_BYTES)
        boots_add_record(list, str_slice(bytes, at, at + UTMP_RECORD_BYTES));
    if (has_more)
        gather_missing(g, str_of(path), "older starts", "the file has more records than are read");
    if (is_torn)
        gather_missing(g, str_of(path), "its last record", "the file ends within a record");
    return true;
}

static void row_time(struct rows *r, int64_t at_ms)
{
    if (at_ms)
        row_int(r, at_ms);
    else
        row_null(r);
}

static void boot_row(struct gather *g, const struct boot *boot, bool is_current)
{
    char buffer[128];
    struct str boot_id = {0};
    struct rows *r = g->rows;
    if (is_current && proc_read_root(g, "proc/sys/kernel/random/boot_id", buffer, sizeof(buffer), &boot_id))
        boot_id = str_trim(boot_id);
    row_begin(r);
    row_text(r, boot_id);
    row_time(r, boot->start_ms);
    row_time(r, is_current ? 0 : boot->end_ms);
    row_text(r, boot->kernel.size ? boot->kernel : (struct str){0});
    if (is_current || !boot->end_ms)
        row_null(r);
    else
        row_bool(r, boot->is_clean);
    row_bool(r, is_current);
    row_end(r);
}

/* When process 1 was started: on a machine that is when the kernel was, in a container when the container was. */
static int64_t first_process_ms(struct gather *g)
{
    char buffer[4096];
    struct str text, word;
    int64_t ticks = 0, per_second = sysconf(_SC_CLK_TCK), boot_ms = proc_boot_time_ms(g);
    if (!proc_read_root(g, "proc/1/stat", buffer, sizeof(buffer), &text))
        return boot_ms;
    while (str_cut(&text, ')', &word) && str_find_char(text, ')') >= 0) /* the name may hold anything */
        ;
    for (int i = 3; i <= 22; i++)
        if (!str_next_word(&text, &word))
            return boot_ms;
    return str_to_int64(word, &ticks) && ticks > 0 && per_second > 0 ? boot_ms + ticks / per_second * MS_SECOND : boot_ms;
}

static bool boot_history_gather(struct gather *g, struct err *e)
{
    struct boot_list list = {.arena = g->arena};
    struct utsname name;
    (void)e;
    struct conf_paths files;
    wtmp_files(g, &files); /* the last is /var/log/wtmp itself */
    for (size_t i = 0; i + 1 < files.count; i++)
        boots_add_file(g, &list, files.items[i].data);
    if (!boots_add_file(g, &list, "/var/log/wtmp"))
        gather_missing(g, STR("/var/log/wtmp"), "starts before the running one", "there is no such file that can be read");
    bool is_live = source_is_live(g->source);
    int64_t boot_ms = is_live ? first_process_ms(g) : 0;
    for (size_t i = 0; i < list.count; i++) {
        int64_t apart_ms = list.items[i].start_ms - boot_ms;
        bool is_last = i + 1 == list.count;
        bool is_current = is_live && is_last && !list.items[i].is_clean && apart_ms < BOOT_SAME_MS && apart_ms > -BOOT_SAME_MS;
        boot_row(g, &list.items[i], is_current);
        if (is_current)
            return true;
    }
    if (is_live && uname(&name) == 0)
        boot_row(g, &(struct boot){.start_ms = boot_ms, .kernel = str_of(name.release)}, true);
    return true;
}

static bool uptime_gather(struct gather *g, struct err *e)
{
    char buffer[128];
    struct str text, word;
    int64_t seconds;
    if (!source_is_live(g->source) || !proc_read_root(g, "proc/uptime", buffer, sizeof(buffer), &text))
        return err_set(e, ERR_UNSUPPORTED, "uptime: /proc/uptime cannot be read");
    if (!str_cut(&text, '.', &word) || !str_to_int64(word, &seconds))
        return err_set(e, ERR_INVALID, "/proc/uptime: not a number of seconds");
    row_begin(g->rows);
    row_int(g->rows, seconds);
    row_time(g->rows, proc_boot_time_ms(g));
    row_end(g->rows);
    return true;
}

const struct host_table boot_history_table = {
    .schema = &boot_history_schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = boot_history_gather,
};

const struct host_table uptime_table = {
    .schema = &uptime_schema,
    .origin = FROM_KERNEL,
    .is_volatile = true,
    .gather = uptime_gather,
};
