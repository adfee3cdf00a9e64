/* bootloader - what the boot loader starts, and whether changing it asks for a password. */
#include "collect/host/conf.h"

static const struct column columns[] = {
    {"loader", COLUMN_TEXT, "", "grub or systemd-boot."},
    {"file", COLUMN_TEXT, "", "The configuration file."},
    {"entry", COLUMN_TEXT, "", "The title of the entry; null if the configuration has none."},
    {"cmdline", COLUMN_TEXT, "", "The kernel command line of the entry, without the image; null if none."},
    {"password_set", COLUMN_BOOL, "",
     "Whether editing entries asks for a password: superusers and a password (GRUB), editor off (systemd-boot)."},
    {"is_unrestricted", COLUMN_BOOL, "", "Whether the entry starts without a password though one is set (--unrestricted)."},
    {"cfg_mode", COLUMN_INTEGER, "permission bits", "The permission bits of the configuration file (0600 is 384)."},
    {"cfg_uid", COLUMN_INTEGER, "user id", "Who owns the configuration file."},
    {"cfg_gid", COLUMN_INTEGER, "group id", "The group of the configuration file."},
};

static const struct table_schema schema = {
    .name = "bootloader",
    .version = 1,
    .words = "A row is an entry of GRUB (grub.cfg, user.cfg, loader entries) or systemd-boot; a configuration "
             "without entries gives one row. Hashes of passwords are never kept.",
    .criteria = "CC6.1, CC6.8",
    .example = "SELECT file, entry FROM bootloader WHERE password_set = 0",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

struct config {
    const char *loader;
    struct str file;
    struct file_facts facts;
    bool has_superusers;
    bool has_password;
    bool has_outer_password; /* GRUB2_PASSWORD of user.cfg, which grub.cfg of Red Hat and its kin takes */
    bool is_password_set;    /* what comes of the above */
};

static void add_row(struct gather *g, const struct config *c, struct str entry, struct str cmdline, bool is_unrestricted)
{
    struct rows *r = g->rows;
    row_begin(r);
    row_cstr(r, c->loader);
    row_text(r, c->file);
    row_text(r, entry);
    row_text(r, cmdline.data ? conf_redact(g->arena, cmdline) : cmdline);
    row_bool(r, c->is_password_set);
    row_bool(r, is_unrestricted);
    row_int(r, c->facts.mode);
    row_int(r, c->facts.uid);
    row_int(r, c->facts.gid);
    row_end(r);
}

static bool open_config(struct gather *g, const char *path, struct config *c, struct str *ret_text)
{
    struct err e = {0};
    if (!source_stat(g->source, path, true, &c->facts, &e)) {
        if (e.code != ERR_NOT_FOUND && e.code != ERR_INVALID)
            gather_missing(g, str_of(path), "file", e.text);
        return false;
    }
    c->file = str_of(path);
    return c->facts.kind == FILE_REGULAR && conf_read(g, path, ret_text);
}

/* Who may edit entries: a list of superusers, and a password for one of them. */
static void find_password(struct gather *g, struct str text, struct config *c)
{
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    struct str line, word;
    while (conf_next_line(&r, &line)) {
        if (!str_next_word(&line, &word))
            continue;
        if (str_is(word, "set") && str_starts(str_trim(line), "superusers=")) {
            struct str users = conf_unquote(str_slice(str_trim(line), strlen("superusers="), line.size));
            c->has_superusers = users.size > 0;
        } else if (str_is(word, "password") || str_is(word, "password_pbkdf2")) {
            c->has_password |= str_contains(line, "${GRUB2_PASSWORD}") ? c->has_outer_password : true;
        }
    }
    c->is_password_set = c->has_superusers && c->has_password;
}

static void add_grub_entries(struct gather *g, struct str text, const struct config *c)
{
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    struct str line, word, entry = {0};
    bool is_unrestricted = false, has_rows = false;
    while (conf_next_line(&r, &line)) {
        if (!conf_next_word(g->arena, &line, &word))
            continue;
        if (str_is(word, "menuentry")) {
            if (!conf_next_word(g->arena, &line, &entry))
                entry = STR("");
            is_unrestricted = str_contains(line, "--unrestricted");
        } else if (entry.data && (str_is(word, "linux") || str_is(word, "linux16") || str_is(word, "linuxefi"))) {
            struct str image;
            (void)str_next_word(&line, &image);
            add_row(g, c, entry, str_trim(line), is_unrestricted);
            has_rows = true;
        }
    }
    if (!has_rows)
        add_row(g, c, (struct str){0}, (struct str){0}, false);
}

/* Entries of the Boot Loader Specification: title, linux, options; GRUB of Red Hat and its kin, and systemd-boot. */
static void add_spec_entries(struct gather *g, const char *directory, const struct config *c, size_t *count)
{
    struct str *names, text, line;
    size_t names_count;
    conf_list(g, directory, &names, &names_count);
    for (size_t i = 0; i < names_count; i++) {
        struct str path = arena_printf(g->arena, "%s/%.*s", directory, STR_ARGS(names[i]));
        struct config own = *c;
        if (!str_ends(names[i], ".conf") || !open_config(g, path.data, &own, &text))
            continue;
        struct conf_reader r = conf_reader_of(g->arena, text, "#");
        struct str title = names[i], options = {0};
        bool is_restricted = false;
        while (conf_next_line(&r, &line)) {
            struct str key, value;
            if (!conf_key_value(line, &key, &value))
                continue;
            if (str_is(key, "title"))
                title = value;
            else if (str_is(key, "options"))
                options = options.data ? arena_printf(g->arena, "%.*s %.*s", STR_ARGS(options), STR_ARGS(value)) : value;
            else if (str_is(key, "grub_users"))
                is_restricted = true;
        }
        own.loader = c->loader;
        add_row(g, &own, title, options, c->loader[0] == 'g' && !is_restricted);
        *count += 1;
    }
}

static void add_grub(struct gather *g, const char *directory)
{
    struct config c = {.loader = "grub"}, user = {0};
    struct str text, outer;
    struct str path = arena_printf(g->arena, "%s/user.cfg", directory);
    if (open_config(g, path.data, &user, &outer))
        c.has_outer_password = str_contains(outer, "GRUB2_PASSWORD=");
    path = arena_printf(g->arena, "%s/grub.cfg", directory);
    if (!open_config(g, path.data, &c, &text))
        return;
    find_password(g, text, &c);
    size_t entries = 0;
    if (str_contains(text, "blscfg"))
        add_spec_entries(g, "/boot/loader/entries", &c, &entries);
    if (!entries)
        add_grub_entries(g, text, &c);
}

static void add_systemd_boot(struct gather *g, const char *directory)
{
    struct config c = {.loader = "systemd-boot"};
    struct str text, line;
    if (!open_config(g, arena_printf(g->arena, "%s/loader.conf", directory).data, &c, &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        struct str key, value;
        if (conf_key_value(line, &key, &value) && str_is(key, "editor"))
            c.is_password_set = str_is(value, "no") || str_is(value, "0") || str_is(value, "false") || str_is(value, "off");
    }
    size_t entries = 0;
    add_spec_entries(g, arena_printf(g->arena, "%s/entries", directory).data, &c, &entries);
    if (!entries)
        add_row(g, &c, (struct str){0}, (struct str){0}, false);
}

static bool gather(struct gather *g, struct err *e)
{
    (void)e;
    add_grub(g, "/boot/grub");
    add_grub(g, "/boot/grub2");
    add_systemd_boot(g, "/boot/loader");
    add_systemd_boot(g, "/boot/efi/loader");
    add_systemd_boot(g, "/efi/loader");
    return true;
}

const struct host_table bootloader_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = gather,
};
