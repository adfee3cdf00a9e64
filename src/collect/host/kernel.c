/*
 * kernel.c - the running kernel and what it was started with; cpu_vulnerabilities, what it does about faults of the processor.
 */
#include "collect/host/conf.h"
#include "collect/host/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

static const struct column kernel_columns[] = {
    {"release", COLUMN_TEXT, "", "Release of the running kernel (uname -r).", 0},
    {"version", COLUMN_TEXT, "", "Its build (uname -v).", 0},
    {"cmdline", COLUMN_TEXT, "", "What it was started with; values that look like secrets are replaced by [redacted].", 0},
    {"tainted", COLUMN_INTEGER, "bit mask",
     "/proc/sys/kernel/tainted: 0 is clean, 4096 a module from outside, 8192 an unsigned one.", 0},
    {"taint_flags", COLUMN_TEXT, "", "The same as letters of the kernel's documentation, 'OE'; empty if clean.", 0},
    {"lockdown", COLUMN_TEXT, "",
     "Lockdown mode: 'none', 'integrity', 'confidentiality'; null if the kernel has none or it may not be read.", 0},
    {"lsm", COLUMN_TEXT, "", "Security modules that are active, separated by commas; null if securityfs is not mounted.", 0},
    {"secure_boot", COLUMN_BOOL, "", "1 if UEFI Secure Boot is on, 0 if off; null without UEFI or where it may not be read.", 0},
    {"tpm", COLUMN_TEXT, "", "Version of the TPM, '2' or '1.2'; null if none is seen.", 0},
    {"modules_disabled", COLUMN_BOOL, "", "1 if no module can be loaded until the next boot; null if the kernel has no modules.",
     0},
    {"uefi", COLUMN_BOOL, "", "1 if started by UEFI.", 0},
};

static const struct table_schema kernel_schema = {
    .name = "kernel",
    .version = 1,
    .words = "One row: the running kernel.",
    .criteria = "CC6.8",
    .example = "SELECT release, lockdown, secure_boot FROM kernel",
    .columns = kernel_columns,
    .column_count = COLUMN_COUNT(kernel_columns),
};

static const struct column cpu_vulnerabilities_columns[] = {
    {"name", COLUMN_TEXT, "", "Name that the kernel gives the fault, as 'spectre_v2'.", COLUMN_KEY},
    {"state", COLUMN_TEXT, "", "'not_affected', 'mitigated', 'vulnerable' or 'unknown'.", 0},
    {"detail", COLUMN_TEXT, "", "What the kernel says of it.", 0},
};

static const struct table_schema cpu_vulnerabilities_schema = {
    .name = "cpu_vulnerabilities",
    .version = 1,
    .words = "One row a fault of processors that the kernel knows, from /sys/devices/system/cpu/vulnerabilities.",
    .criteria = "CC6.8, CC7.1",
    .example = "SELECT name, detail FROM cpu_vulnerabilities WHERE state = 'vulnerable'",
    .columns = cpu_vulnerabilities_columns,
    .column_count = COLUMN_COUNT(cpu_vulnerabilities_columns),
};

/* Letters of the kernel's admin-guide/tainted-kernels, by bit. */
static const char taint_letters[] = "PFSRMBUDAWCIOELKXTNJ";

/* A pseudo file, trimmed and copied; data NULL if it cannot be read. */
static struct str pseudo_file(struct gather *g, const char *path)
{
    char buffer[PROC_TEXT_BYTES];
    struct str text;
    if (!proc_read_root(g, path, buffer, sizeof(buffer), &text))
        return (struct str){0};
    return arena_str(g->arena, str_trim(text));
}

static void row_taint(struct gather *g)
{
    char letters[sizeof(taint_letters)];
    size_t size = 0;
    struct str text = pseudo_file(g, "proc/sys/kernel/tainted");
    int64_t taint;
    if (!text.data || !str_to_int64(text, &taint)) {
        row_null(g->rows);
        row_null(g->rows);
        return;
    }
    row_int(g->rows, taint);
    for (size_t i = 0; i < sizeof(taint_letters) - 1; i++) {
        if (taint >> i & 1)
            letters[size++] = taint_letters[i];
    }
    row_text(g->rows, str_make(letters, size));
}

/* The word in brackets of "none [integrity] confidentiality". */
static struct str chosen_word(struct str text)
{
    ptrdiff_t open = text.data ? str_find_char(text, '[') : -1;
    ptrdiff_t close = text.data ? str_find_char(text, ']') : -1;
    return open >= 0 && close > open ? str_slice(text, (size_t)open + 1, (size_t)close) : (struct str){0};
}

/* UEFI specification 3.3: the variable SecureBoot holds one byte, behind four of attributes that efivarfs puts before it. */
static void row_secure_boot(struct gather *g, bool is_uefi)
{
    char bytes[16];
    struct str text;
    if (!is_uefi)
        row_null(g->rows);
    else if (proc_read_root(g, "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", bytes, sizeof(bytes),
                            &text) &&
             text.size == 5)
        row_bool(g->rows, bytes[4] == 1);
    else {
        row_null(g->rows);
        gather_missing(g, STR("secure_boot"), "state of Secure Boot",
                       "the UEFI variable may not be read or efivarfs is not mounted");
    }
}

static const char *tpm_version(struct gather *g)
{
    struct str major = pseudo_file(g, "sys/class/tpm/tpm0/tpm_version_major");
    if (major.data)
        return str_is(major, "2") ? "2" : "1.2";
    return proc_has(g, "sys/class/tpm/tpm0") ? "1.2" : NULL;
}

static bool kernel_gather(struct gather *g, struct err *e)
{
    struct utsname name;
    struct rows *r = g->rows;
    if (!source_is_live(g->source))
        return err_set(e, ERR_UNSUPPORTED, "the kernel is known of the running host only");
    if (uname(&name) != 0)
        return err_errno(e, errno, "uname");
    struct str cmdline = pseudo_file(g, "proc/cmdline"), modules_disabled = pseudo_file(g, "proc/sys/kernel/modules_disabled");
    bool is_uefi = proc_has(g, "sys/firmware/efi");
    struct str lockdown = pseudo_file(g, "sys/kernel/security/lockdown"), modules = pseudo_file(g, "sys/kernel/security/lsm");
    bool is_lsm_denied = !modules.data && proc_has(g, "sys/kernel/security/lsm");
    row_begin(r);
    row_cstr(r, name.release);
    row_cstr(r, name.version);
    row_text(r, cmdline.data ? conf_redact(g->arena, cmdline) : cmdline);
    row_taint(g);
    row_text(r, chosen_word(lockdown));
    row_text(r, modules);
    row_secure_boot(g, is_uefi);
    row_cstr(r, tpm_version(g));
    if (modules_disabled.data)
        row_bool(r, str_is(modules_disabled, "1"));
    else
        row_null(r);
    row_bool(r, is_uefi);
    row_end(r);
    if (is_lsm_denied)
        gather_missing(g, STR("lsm"), "active security modules", "/sys/kernel/security/lsm may not be read");
    return true;
}

static const char *vulnerability_state(struct str detail)
{
    if (str_starts(detail, "Not affected"))
        return "not_affected";
    if (str_starts(detail, "Vulnerable"))
        return "vulnerable";
    if (str_starts(detail, "Mitigation"))
        return "mitigated";
    return str_starts(detail, "KVM: Mitigation") ? "mitigated" : str_starts(detail, "KVM: Vulnerable") ? "vulnerable" : "unknown";
}

static bool cpu_vulnerabilities_gather(struct gather *g, struct err *e)
{
    static const char path[] = "sys/devices/system/cpu/vulnerabilities";
    int fd = proc_open_dir(g, path);
    if (fd < 0)
        return err_errno(e, errno, "/%s", path);
    DIR *directory = fdopendir(fd);
    struct dirent *entry;
    if (!directory) {
        close(fd);
        return err_set(e, ERR_UNAVAILABLE, "/%s: cannot be listed", path);
    }
    while ((entry = readdir(directory))) {
        char buffer[PROC_TEXT_BYTES];
        struct str detail;
        if (entry->d_name[0] == '.')
            continue;
        if (!proc_read(fd, entry->d_name, buffer, sizeof(buffer), &detail)) {
            gather_missing(g, arena_str(g->arena, str_of(entry->d_name)), "its state", "it cannot be read");
            continue;
        }
        detail = str_trim(detail);
        row_begin(g->rows);
        row_cstr(g->rows, entry->d_name);
        row_cstr(g->rows, vulnerability_state(detail));
        row_text(g->rows, detail);
        row_end(g->rows);
    }
    closedir(directory);
    return true;
}

const struct host_table kernel_table = {
    .schema = &kernel_schema,
    .origin = FROM_KERNEL,
    .gather = kernel_gather,
};

const struct host_table cpu_vulnerabilities_table = {
    .schema = &cpu_vulnerabilities_schema,
    .origin = FROM_KERNEL,
    .gather = cpu_vulnerabilities_gather,
};
