/* cmd_doctor.c - what is really active here: program, jails, clock, and the data directory's own health; and what would improve
 * it. */
#include "base/times.h"
#include "cli/cli.h"
#include "keeper/data_dir.h"
#include "keeper/key_backup.h"
#include "keeper/scrub.h"
#include "os/jail.h"
#include "os/program.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { DISK_LOW_BYTES = 512 << 20 };

/* One line of the answer: what it is about, how it stands, and, where something can be done, what. */
enum doctor_state { DOCTOR_GOOD, DOCTOR_IMPROVE, DOCTOR_BAD };
static const char *const STATE_NAMES[] = {"good", "improve", "bad"};
static const char *const STATE_MARKS[] = {"●", "◐", "■"};

struct doctor {
    struct arena *a;
    struct json *list;
    bool is_bad;
};

static void say(struct doctor *d, enum doctor_state state, const char *topic, struct str text, const char *advice)
{
    struct json *line = json_push_object(d->list);
    json_put_cstr(line, "topic", topic);
    json_put_cstr(line, "state", STATE_NAMES[state]);
    json_put_str(line, "text", text);
    if (advice)
        json_put_cstr(line, "advice", advice);
    d->is_bad = d->is_bad || state == DOCTOR_BAD;
}

static void look_at_program(struct doctor *d)
{
    struct utsname name;
    say(d, DOCTOR_GOOD, "program", arena_printf(d->a, "assay %s, SQLite %s", PROGRAM_VERSION, sqlite3_libversion()), NULL);
    if (uname(&name) == 0)
        say(d, DOCTOR_GOOD, "kernel", arena_printf(d->a, "%s %s %s", name.sysname, name.release, name.machine), NULL);
    say(d, geteuid() == 0 ? DOCTOR_GOOD : DOCTOR_IMPROVE, "rights",
        arena_printf(d->a, "user id %u, %s", geteuid(),
                     geteuid() == 0 ? "every table can be read" : "some tables of this host cannot be read"),
        geteuid() == 0 ? NULL : "run as root for shadow passwords, other users' files and the firewall");
}

static void look_at_jails(struct doctor *d)
{
    struct jail_state jail;
    jail_probe(&jail);
    if (jail.is_sanitized)
        say(d, DOCTOR_IMPROVE, "jails", STR("off: this build runs under sanitizers"), "use a release build for real evidence");
    say(d, jail.landlock_abi > 0 ? DOCTOR_GOOD : DOCTOR_IMPROVE, "Landlock",
        jail.landlock_abi > 0
            ? arena_printf(d->a, "ABI %d%s", jail.landlock_abi, jail.is_sanitized ? ", not used by this build" : "")
            : STR("this kernel has none"),
        jail.landlock_abi > 0 ? NULL : "a kernel from 5.13 on with lsm=landlock confines keeper and web to the data directory");
    say(d, jail.has_seccomp ? DOCTOR_GOOD : DOCTOR_IMPROVE, "seccomp",
        jail.has_seccomp ? (jail.is_sanitized ? STR("filters, not used by this build") : STR("filters"))
                         : STR("this kernel has none"),
        jail.has_seccomp ? NULL : "without filters a process that is taken over may call anything");
}

static void look_at_clock(struct doctor *d, const struct env *env)
{
    struct timex t = {0};
    char now[TIME_TEXT_SIZE];
    int state = adjtimex(&t);
    bool is_synchronised = state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
    time_format(env_now_ms(env), now);
    if (is_synchronised)
        say(d, DOCTOR_GOOD, "clock", arena_printf(d->a, "%s, synchronised, estimated error %ld ms", now, t.esterror / 1000),
            NULL);
    else
        say(d, DOCTOR_IMPROVE, "clock", arena_printf(d->a, "%s, not synchronised", now),
            "run systemd-timesyncd or chrony: times in the ledger are this clock's");
}

static void look_at_disk(struct doctor *d, const struct data_dir *dir)
{
    struct statvfs fs;
    if (fstatvfs(dir->fd, &fs) != 0)
        return;
    uint64_t left = (uint64_t)fs.f_bavail * fs.f_frsize, all = (uint64_t)fs.f_blocks * fs.f_frsize;
    bool is_read_only = (fs.f_flag & ST_RDONLY) != 0, is_low = left < DISK_LOW_BYTES;
    say(d, is_read_only || is_low ? DOCTOR_BAD : DOCTOR_GOOD, "disk",
        arena_printf(d->a, "%llu MB free of %llu MB at %s%s", (unsigned long long)(left >> 20), (unsigned long long)(all >> 20),
                     dir->path, is_read_only ? ", read-only" : ""),
        is_read_only ? "mount it for writing"
        : is_low     ? "make room: nothing is recorded on a full disk"
                     : NULL);
}

static void look_at_modes(struct doctor *d, const struct data_dir *dir)
{
    static const char *const PATHS[] = {".",
                                        "private",
                                        "private/keys",
                                        "private/keys/log",
                                        "private/keys/master",
                                        "private/keys/root",
                                        "private/keyring",
                                        "private/keys/subject",
                                        "private/keys/collector"};
    for (size_t i = 0; i < sizeof(PATHS) / sizeof(PATHS[0]); i++) {
        struct stat st;
        if (fstatat(dir->fd, PATHS[i], &st, AT_SYMLINK_NOFOLLOW) != 0)
            say(d, DOCTOR_BAD, "files", arena_printf(d->a, "%s/%s: %s", dir->path, PATHS[i], strerror(errno)),
                "restore it from a backup");
        else if (st.st_mode & 077)
            say(d, DOCTOR_BAD, "files",
                arena_printf(d->a, "%s/%s may be read by others (mode %03o)", dir->path, PATHS[i], st.st_mode & 0777),
                "chmod go= on it");
    }
}

static void look_at_ledger(struct doctor *d, const struct data_dir *dir)
{
    struct err e = {0};
    int fd = data_dir_ledger(dir, &e);
    struct ledger_reader *r = fd >= 0 ? ledger_reader_open(fd, &e) : NULL;
    if (r)
        say(d, DOCTOR_GOOD, "ledger",
            arena_printf(d->a, "%llu leaves are signed", (unsigned long long)ledger_reader_head(r)->size), NULL);
    else
        say(d, DOCTOR_BAD, "ledger", arena_printf(d->a, "%s", e.text), "run assay verify");
    ledger_reader_close(r);
    if (fd >= 0)
        close(fd);
    struct err missing = {0};
    struct db *db = data_dir_projection(dir, &missing);
    if (!db)
        say(d, DOCTOR_BAD, "projection", arena_printf(d->a, "%s", missing.text), NULL);
    db_close(db);
}

static void look_at_blobs(struct doctor *d, const struct data_dir *dir, int64_t now_ms)
{
    struct json *last = scrub_result(dir, d->a);
    struct key_backup *backups = NULL;
    size_t count = 0;
    struct err e = {0};
    char text[TIME_TEXT_SIZE];
    if (!last)
        say(d, DOCTOR_IMPROVE, "scrub", STR("the stored blobs were never read again as a whole"),
            "assay serve does so every week; by hand: assay scrub --scheduled");
    else
        say(d, json_bool(last, "ok") ? DOCTOR_GOOD : DOCTOR_BAD, "scrub",
            arena_printf(d->a, "%s: %lld blobs read, %lld findings", time_format(json_int(last, "at", 0), text),
                         (long long)json_int(last, "records", 0), (long long)json_int(last, "finding_count", 0)),
            json_bool(last, "ok") ? NULL : "run assay scrub, and put what is damaged back from a backup");
    if (!key_backup_list(dir, d->a, &backups, &count, &e))
        say(d, DOCTOR_BAD, "keyring", arena_printf(d->a, "%s", e.text), NULL);
    else if (count == 0)
        say(d, DOCTOR_IMPROVE, "keyring", STR("no backup of the keys was made here"),
            "without the keyring no blob can be opened: assay keyring backup FILE, kept apart from other backups");
    for (size_t i = 0; i < count; i++)
        if (key_backup_is_overdue(&backups[i], now_ms))
            say(d, DOCTOR_BAD, "keyring",
                arena_printf(d->a, "the backup %.*s expired %s and is still there", STR_ARGS(backups[i].path),
                             time_format(backups[i].expires_at_ms, text)),
                "delete it: it holds keys that were destroyed since");
}

/* The keeper takes another master key into use by itself; one that lies there for long waits for it. */
static void look_at_master(struct doctor *d, const struct data_dir *dir)
{
    if (faccessat(dir->fd, "private/keys/master.next", F_OK, 0) == 0)
        say(d, DOCTOR_IMPROVE, "master key", STR("another one waits in private/keys/master.next: the keys are not, or not all, wrapped under it"),
            "assay keyring rewrap ends what was begun; until then a backup needs both files");
}

/* What a first run does for convenience, and a serious one should not. */
static void look_at_first_run(struct doctor *d, const struct data_dir *dir)
{
    say(d, DOCTOR_IMPROVE, "origin", arena_printf(d->a, "%s, made from the host name", dir->origin),
        "a ledger that others are to check is named after a domain that you own: start it with init --name DOMAIN");
    if (faccessat(dir->fd, "private/keys/root", F_OK, 0) == 0)
        say(d, DOCTOR_IMPROVE, "root key", STR("lies on this disk, in private/keys/root"),
            "move it to a medium that is kept offline: it is needed only to add or retire keys");
    if (faccessat(dir->fd, "private/guard", F_OK, 0) == 0)
        say(d, DOCTOR_IMPROVE, "guard",
            STR("lies inside the data directory: it cannot see that the whole directory was set back"),
            "keep a copy of the newest checkpoint elsewhere, and give it to assay verify --last-seen");
}

static int print_text(const struct json *list)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    JSON_EACH (line, list) {
        struct str state = json_text(line, "state"), advice = json_text(line, "advice");
        int i = str_is(state, "good") ? DOCTOR_GOOD : str_is(state, "improve") ? DOCTOR_IMPROVE : DOCTOR_BAD;
        buf_printf(&b, "%s %-10.*s  %.*s\n", STATE_MARKS[i], STR_ARGS(json_text(line, "topic")),
                   STR_ARGS(json_text(line, "text")));
        if (advice.size)
            buf_printf(&b, "              → %.*s\n", STR_ARGS(advice));
    }
    return cli_print(buf_view(&b));
}

static int run(struct cli_context *c)
{
    struct doctor d = {.a = c->arena, .list = json_array(c->arena)};
    struct data_dir dir;
    struct err e = {0};
    look_at_program(&d);
    look_at_jails(&d);
    look_at_clock(&d, c->env);
    if (data_dir_open(&dir, c->data_dir, &e)) {
        look_at_disk(&d, &dir);
        look_at_modes(&d, &dir);
        look_at_ledger(&d, &dir);
        look_at_blobs(&d, &dir, env_now_ms(c->env));
        look_at_master(&d, &dir);
        look_at_first_run(&d, &dir);
        data_dir_close(&dir);
    } else {
        say(&d, DOCTOR_IMPROVE, "data", arena_printf(c->arena, "%s", e.text), NULL);
    }
    int status = c->json ? cli_print_json(d.list) : print_text(d.list);
    return status ? status : d.is_bad ? 1 : 0;
}

const struct cli_command cli_command_doctor = {
    .name = "doctor",
    .summary = "what is really active here: jails, versions, clock, disk",
    .usage = "",
    .example = "assay doctor",
    .details = "● good, ◐ could be better, ■ bad (exit status 1). An arrow says what to do.",
    .has_json = true,
    .run = run,
};
