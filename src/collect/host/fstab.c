/* fstab, crypttab, swaps - what is mounted and opened at boot, and where memory may be swapped to. */
#include "collect/host/blocks.h"
#include "collect/host/conf.h"
#include <sys/sysmacros.h>

static const struct column fstab_columns[] = {
    {"source", COLUMN_TEXT, "", "The device, as UUID=... or /dev/..."},
    {"target", COLUMN_TEXT, "", "Where it is mounted; none for swap.", COLUMN_KEY},
    {"fstype", COLUMN_TEXT, "", "The type, as ext4."},
    {"options", COLUMN_TEXT, "", "The options, by commas."},
    {"dump", COLUMN_INTEGER, "", "The fifth field; 0 if left out."},
    {"pass", COLUMN_INTEGER, "", "The order of checking at boot; 0 if left out."},
    {"line", COLUMN_INTEGER, "", "The line in the file."},
};

static const struct table_schema fstab_schema = {
    .name = "fstab",
    .version = 1,
    .words = "A row is a line of /etc/fstab. Passwords in options are replaced.",
    .criteria = "CC6.1, CC6.7",
    .example = "SELECT target, options FROM fstab WHERE target = '/tmp'",
    .columns = fstab_columns,
    .column_count = COLUMN_COUNT(fstab_columns),
};

static int64_t number_or_zero(struct str s)
{
    int64_t value;
    return s.size && str_to_int64(s, &value) ? value : 0;
}

static bool fstab_gather(struct gather *g, struct err *e)
{
    struct str text, line;
    (void)e;
    if (!conf_read(g, "/etc/fstab", &text))
        return true;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        struct str field[6] = {0};
        size_t n = 0;
        while (n < 6 && str_next_word(&line, &field[n]))
            n++;
        if (n < 2)
            continue;
        row_begin(g->rows);
        row_text(g->rows, conf_redact(g->arena, block_unescape(g->arena, field[0])));
        row_text(g->rows, block_unescape(g->arena, field[1]));
        row_text(g->rows, n > 2 ? field[2] : STR("auto"));
        row_text(g->rows, n > 3 ? conf_redact(g->arena, block_unescape(g->arena, field[3])) : STR("defaults"));
        row_int(g->rows, number_or_zero(field[4]));
        row_int(g->rows, number_or_zero(field[5]));
        row_int(g->rows, r.line);
        row_end(g->rows);
    }
    return true;
}

const struct host_table fstab_table = {
    .schema = &fstab_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = fstab_gather,
};

static const struct column crypttab_columns[] = {
    {"name", COLUMN_TEXT, "", "The name of the opened volume.", COLUMN_KEY},
    {"device", COLUMN_TEXT, "", "The encrypted device."},
    {"key_file", COLUMN_TEXT, "", "The file with the key; null if a passphrase, TPM or token opens it."},
    {"key_mode", COLUMN_INTEGER, "permission bits",
     "The permission bits of the key file; null without a key file or if it is missing."},
    {"options", COLUMN_TEXT, "", "The options, by commas."},
    {"line", COLUMN_INTEGER, "", "The line in the file."},
};

static const struct table_schema crypttab_schema = {
    .name = "crypttab",
    .version = 1,
    .words = "A row is a line of /etc/crypttab: a volume opened at boot.",
    .criteria = "CC6.1, CC6.7",
    .example = "SELECT name, key_file FROM crypttab WHERE key_mode IS NOT NULL AND (key_mode & 63) <> 0",
    .columns = crypttab_columns,
    .column_count = COLUMN_COUNT(crypttab_columns),
};

/* The permission bits of a key file; -1 where there is none, or where it is a device as /dev/urandom. */
static int64_t mode_of_key(struct gather *g, struct str path)
{
    struct file_facts facts;
    struct err e = {0};
    if (path.size == 0 || path.data[0] != '/')
        return -1;
    if (source_stat(g->source, arena_str(g->arena, path).data, true, &facts, &e))
        return facts.kind == FILE_REGULAR ? (int64_t)facts.mode : -1;
    if (e.code != ERR_NOT_FOUND)
        gather_missing(g, path, "key_mode", e.text);
    return -1;
}

static bool crypttab_gather(struct gather *g, struct err *e)
{
    struct str text, line;
    (void)e;
    if (!conf_read(g, "/etc/crypttab", &text))
        return true;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        struct str name, device, key = STR("none"), options = STR("");
        if (!str_next_word(&line, &name) || !str_next_word(&line, &device))
            continue;
        if (str_next_word(&line, &key))
            (void)str_next_word(&line, &options);
        bool has_key = key.size && !str_is(key, "none") && !str_is(key, "-");
        int64_t mode = has_key ? mode_of_key(g, key) : -1;
        row_begin(g->rows);
        row_text(g->rows, name);
        row_text(g->rows, device);
        row_text(g->rows, has_key ? key : (struct str){0});
        if (mode >= 0)
            row_int(g->rows, mode);
        else
            row_null(g->rows);
        row_text(g->rows, options.data ? options : STR(""));
        row_int(g->rows, r.line);
        row_end(g->rows);
    }
    return true;
}

const struct host_table crypttab_table = {
    .schema = &crypttab_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = crypttab_gather,
};

static const struct column swaps_columns[] = {
    {"name", COLUMN_TEXT, "", "The device or file.", COLUMN_KEY},
    {"type", COLUMN_TEXT, "", "partition, file or zram."},
    {"size", COLUMN_INTEGER, "bytes", "Its size."},
    {"priority", COLUMN_INTEGER, "", "Its priority; higher is used first."},
    {"encrypted", COLUMN_BOOL, "",
     "Whether it lies on dm-crypt; null for zram, which stays in memory, and where the device is not found."},
    {"backing", COLUMN_TEXT, "", "The chain of block devices below it; null if not found."},
};

static const struct table_schema swaps_schema = {
    .name = "swaps",
    .version = 1,
    .words = "A row is an active swap area (/proc/swaps).",
    .criteria = "CC6.1, CC6.7",
    .example = "SELECT name FROM swaps WHERE encrypted = 0",
    .columns = swaps_columns,
    .column_count = COLUMN_COUNT(swaps_columns),
};

/* The block device that holds a swap area: the device itself, or where its file lies. */
static bool device_of_swap(struct gather *g, struct str path, struct str *ret_name)
{
    struct file_facts facts;
    struct err e = {0};
    if (str_starts(path, "/dev/"))
        return block_name_of_path(g, path, ret_name);
    return source_stat(g->source, arena_str(g->arena, path).data, true, &facts, &e) &&
           block_name_of_number(g, major(facts.device), minor(facts.device), ret_name);
}

static bool swaps_gather(struct gather *g, struct err *e)
{
    struct str text, line;
    if (!source_read(g->source, g->arena, "/proc/swaps", CONF_FILE_BYTES_MAX, &text, e))
        return e->code == ERR_NOT_FOUND; /* a kernel without swapping */
    for (bool is_head = true; str_next_line(&text, &line); is_head = false) {
        struct str path, type, size, used, priority, name;
        int64_t kibibytes, order;
        if (is_head || !str_next_word(&line, &path) || !str_next_word(&line, &type) || !str_next_word(&line, &size) ||
            !str_next_word(&line, &used) || !str_next_word(&line, &priority) || !str_to_int64(size, &kibibytes) ||
            !str_to_int64(priority, &order) || kibibytes < 0 || kibibytes > INT64_MAX / 1024)
            continue;
        path = block_unescape(g->arena, path);
        bool is_zram = str_starts(path, "/dev/zram");
        struct block_chain chain = {0};
        if (device_of_swap(g, path, &name))
            block_chain_of(g, name, &chain);
        row_begin(g->rows);
        row_text(g->rows, path);
        row_text(g->rows, is_zram ? STR("zram") : type);
        row_int(g->rows, kibibytes * 1024);
        row_int(g->rows, order);
        if (chain.is_found && chain.is_known && !is_zram)
            row_bool(g->rows, chain.is_encrypted);
        else
            row_null(g->rows);
        row_text(g->rows, chain.is_found ? chain.chain : (struct str){0});
        row_end(g->rows);
    }
    return true;
}

const struct host_table swaps_table = {
    .schema = &swaps_schema,
    .origin = FROM_KERNEL,
    .gather = swaps_gather,
};
