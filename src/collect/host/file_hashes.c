/* file_hashes - digests of the files whose change an auditor asks about. */
#include "collect/host/conf.h"
#include "crypto/crypto.h"

static const struct column columns[] = {
    {"path", COLUMN_TEXT, "", "The file.", COLUMN_KEY},
    {"sha256", COLUMN_TEXT, "hex", "SHA-256 of its bytes."},
    {"size", COLUMN_INTEGER, "bytes", "Its size."},
};

static const struct table_schema schema = {
    .name = "file_hashes",
    .version = 1,
    .words = "A row is a file of the watch list: configuration of identity, access, boot and logging, and the "
             "programs that let people in. Files with secrets are not on it.",
    .criteria = "CC6.8, CC7.2",
    .example = "SELECT path, sha256 FROM file_hashes WHERE path LIKE '/etc/pam.d/%'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

/* Wildcards stand for the files of one directory. Kept short: all of it is read at each run. */
static const char *const watched[] = {
    "/etc/passwd",
    "/etc/group",
    "/etc/sudoers",
    "/etc/sudoers.d/*",
    "/etc/ssh/sshd_config",
    "/etc/ssh/sshd_config.d/*",
    "/etc/pam.d/*",
    "/etc/security/*.conf",
    "/etc/login.defs",
    "/etc/nsswitch.conf",
    "/etc/hosts",
    "/etc/hosts.allow",
    "/etc/hosts.deny",
    "/etc/crontab",
    "/etc/cron.d/*",
    "/etc/anacrontab",
    "/etc/profile",
    "/etc/bash.bashrc",
    "/etc/environment",
    "/etc/ld.so.preload",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d/*",
    "/etc/rsyslog.conf",
    "/etc/rsyslog.d/*",
    "/etc/systemd/journald.conf",
    "/etc/audit/auditd.conf",
    "/etc/audit/rules.d/*",
    "/etc/sysctl.conf",
    "/etc/sysctl.d/*",
    "/etc/modprobe.d/*",
    "/etc/nftables.conf",
    "/etc/apt/sources.list",
    "/etc/apt/sources.list.d/*",
    "/etc/apt/apt.conf.d/*",
    "/etc/apt/trusted.gpg.d/*",
    "/etc/polkit-1/rules.d/*",
    "/etc/fstab",
    "/etc/crypttab",
    "/etc/default/grub",
    "/boot/grub/grub.cfg",
    "/usr/sbin/sshd",
    "/usr/bin/sudo",
    "/usr/bin/su",
    "/usr/bin/passwd",
    "/usr/bin/login",
    "/usr/sbin/unix_chkpwd",
    "/usr/sbin/auditd",
    "/usr/sbin/auditctl",
    "/usr/bin/newgrp",
    "/usr/bin/chsh",
    "/usr/bin/pkexec",
};
enum { WATCHED_BYTES_MAX = 64 << 20 };

static void add_file(struct gather *g, struct str path)
{
    struct file_facts facts;
    struct err e = {0};
    struct str bytes;
    bool is_there = source_stat(g->source, path.data, true, &facts, &e);
    if (is_there && facts.kind != FILE_REGULAR)
        return;
    struct arena *scratch = arena_new("a watched file", 2 * (size_t)WATCHED_BYTES_MAX + (1 << 20));
    if (is_there && source_read(g->source, scratch, path.data, WATCHED_BYTES_MAX, &bytes, &e)) {
        char hex[65];
        struct sha256 digest = sha256_of(bytes);
        hex_encode(digest.bytes, sizeof(digest.bytes), hex);
        row_begin(g->rows);
        row_text(g->rows, path);
        row_cstr(g->rows, hex);
        row_int(g->rows, (int64_t)bytes.size);
        row_end(g->rows);
    } else if (e.code != ERR_NOT_FOUND) {
        gather_missing(g, path, "sha256", e.text);
    }
    arena_free(scratch);
}

static bool gather(struct gather *g, struct err *e)
{
    struct conf_paths paths;
    struct cell only;
    bool is_one = gather_hint_equal(g, "path", &only);
    (void)e;
    for (size_t i = 0; i < COLUMN_COUNT(watched); i++) {
        if (is_one && !conf_match(str_of(watched[i]), only.text, true))
            continue;
        conf_glob(g, watched[i], &paths);
        for (size_t p = 0; p < paths.count; p++) {
            if (gather_is_late(g)) {
                gather_missing(g, paths.items[p], "this file and those after it", "the time limit of the table was reached");
                return true;
            }
            if (!is_one || str_equal(paths.items[p], only.text))
                add_file(g, paths.items[p]);
        }
    }
    return true;
}

const struct host_table file_hashes_table = {
    .schema = &schema,
    .origin = FROM_WALK,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = gather,
};
