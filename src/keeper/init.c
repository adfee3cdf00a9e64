/* init.c - making a data directory. Every step can be repeated, and config.json comes last: what a broken-off init left is
 * completed. */
#include "keeper/data_dir.h"
#include "keeper/signer.h"
#include "ledger/verify.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOST_NAME_MAX_BYTES = 100, KEY_FILE_BYTES_MAX = 4096 };

struct init {
    const struct data_dir_init *o;
    int dir;
    char origin[256];
    uint8_t subject_key[32];
};

static bool file_is_there(const struct init *n, const char *path)
{
    struct stat st;
    return fstatat(n->dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What a note name may hold: no space, no plus; a host name has neither, but who knows. */
static void host_name(const struct init *n, char ret[HOST_NAME_MAX_BYTES])
{
    char name[HOST_NAME_MAX_BYTES] = {0};
    if (n->o->host_name)
        snprintf(name, sizeof(name), "%s", n->o->host_name);
    else if (gethostname(name, sizeof(name) - 1) != 0)
        name[0] = 0;
    size_t size = 0;
    for (size_t i = 0; name[i]; i++)
        if ((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') || (name[i] >= '0' && name[i] <= '9') ||
            name[i] == '.' || name[i] == '-' || name[i] == '_')
            ret[size++] = name[i];
    ret[size] = 0;
    if (size == 0)
        memcpy(ret, "localhost", 10);
}

static bool write_key_file(struct init *n, const char *name, struct str text, struct err *e)
{
    char path[64];
    snprintf(path, sizeof(path), "private/keys/%s", name);
    return os_file_create_once(&os_file_real, n->dir, path, text, 0600, e);
}

static bool make_secret(struct init *n, const char *name, uint8_t ret[32], struct err *e)
{
    struct err missing = {0};
    if (keys_load_secret(n->dir, name, ret, &missing))
        return true;
    if (missing.code != ERR_NOT_FOUND) {
        *e = missing;
        return false;
    }
    char text[66];
    env_random(n->o->env, ret, 32);
    hex_encode(ret, 32, text);
    text[64] = '\n';
    return write_key_file(n, name, str_make(text, 65), e);
}

/* So that a damaged key is found by verify (ledger/verify.h). */
static bool write_key_check(struct init *n, const uint8_t master[32], struct err *e)
{
    char of_master[KEY_CHECK_SIZE], of_subject[KEY_CHECK_SIZE], text[128];
    key_check_value("master", master, of_master);
    key_check_value("subject", n->subject_key, of_subject);
    int size = snprintf(text, sizeof(text), "master %s\nsubject %s\n", of_master, of_subject);
    return write_key_file(n, KEY_CHECK_FILE, str_make(text, (size_t)size), e);
}

static bool make_signing(struct init *n, const char *file, const char *name_of_key, char ret_name[256], struct err *e)
{
    struct note_key key;
    if (!keys_make_signing(n->dir, file, name_of_key, n->o->env, &key, e))
        return false;
    if (ret_name)
        memcpy(ret_name, key.name, sizeof(key.name));
    return true;
}

static void machine_id(const struct init *n, struct buf *out)
{
    struct err e = {0};
    char host[HOST_NAME_MAX_BYTES];
    if (n->o->machine_id.size)
        buf_str(out, n->o->machine_id);
    else if (!os_file_read(&os_file_real, AT_FDCWD, "/etc/machine-id", out, &e) || str_trim(buf_view(out)).size == 0) {
        host_name(n, host);
        buf_clear(out);
        buf_cstr(out, host);
    }
}

static bool make_keys(struct init *n, struct err *e)
{
    char host[HOST_NAME_MAX_BYTES], name[256], subject[SUBJECT_TEXT_SIZE];
    uint8_t random[8], master[32];
    char hex[17];
    host_name(n, host);
    env_random(n->o->env, random, sizeof(random));
    hex_encode(random, sizeof(random), hex);
    snprintf(name, sizeof(name), "%s/assay/%s", host, hex);
    /* The log key's name is the origin: from here on it is decided. */
    if (!make_signing(n, "log", name, n->origin, e) || !make_secret(n, "subject", n->subject_key, e) ||
        !make_secret(n, "master", master, e))
        return false;
    bool is_checked = write_key_check(n, master, e);
    memory_wipe(master, sizeof(master));
    if (!is_checked)
        return false;
    snprintf(name, sizeof(name), "%.200s/root", n->origin);
    if (!make_signing(n, "root", name, NULL, e))
        return false;
    struct buf BUF_AUTO id;
    buf_init(&id, 4096);
    machine_id(n, &id);
    subject_pseudonym(n->subject_key, str_trim(buf_view(&id)), subject);
    snprintf(name, sizeof(name), "%.200s/collector/%.8s", n->origin, subject + 2);
    if (!make_signing(n, "collector", name, NULL, e))
        return false;
    snprintf(name, sizeof(name), "%.200s/officer", n->origin);
    return make_signing(n, "officer", name, NULL, e);
}

bool data_dir_officer_make(const struct data_dir *d, const struct env *env, struct err *e)
{
    struct data_dir_init o = {.path = d->path, .env = env};
    struct init n = {.o = &o, .dir = d->fd};
    char name[256];
    snprintf(name, sizeof(name), "%.200s/officer", d->origin);
    return make_signing(&n, "officer", name, NULL, e);
}

static bool init_sign(void *context, const struct checkpoint *old, const struct checkpoint *c, const struct sha256 *proof,
                      size_t proof_count, struct buf *ret_note, struct err *e)
{
    (void)context, (void)old, (void)c, (void)proof, (void)proof_count, (void)ret_note;
    return err_set(e, ERR_INTERNAL, "nothing is signed while a ledger is made");
}

static bool make_ledger(struct init *n, struct err *e)
{
    struct ledger_options o = {
        .calls = &os_file_real, .env = n->o->env, .data_dir = n->dir, .origin = n->origin, .signer = {.sign = init_sign}};
    struct err exists = {0};
    if (!ledger_create(&o, &exists) && exists.code != ERR_EXISTS) {
        *e = exists;
        return false;
    }
    return signer_head_create(n->dir, n->origin, e);
}

static bool write_config(struct init *n, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, 4096);
    buf_cstr(&text, "{\"format\":1,\"origin\":");
    json_write_string(&text, str_of(n->origin));
    buf_printf(&text, ",\"created\":%lld}\n", (long long)env_now_ms(n->o->env));
    return os_file_replace(&os_file_real, n->dir, "config.json", buf_view(&text), 0600, e);
}

/* An existing directory is taken if it is empty or holds a broken-off init: private/ and no config.json. */
static bool is_ours_to_fill(struct init *n, struct err *e)
{
    if (file_is_there(n, "config.json"))
        return err_set(e, ERR_EXISTS, "%s: is a data directory already", n->o->path);
    if (file_is_there(n, "private/cp.log")) {
        struct stat st;
        if (fstatat(n->dir, "private/cp.log", &st, 0) == 0 && st.st_size > 0)
            return err_set(e, ERR_CORRUPT, "%s: config.json is missing, but there is a ledger with checkpoints; put it back",
                           n->o->path);
    }
    if (file_is_there(n, "private"))
        return true;
    int fd = openat(n->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list)
        return err_errno(e, errno, "%s", n->o->path);
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(list));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && strcmp(entry->d_name, "lost+found") != 0)
            ok = err_set(e, ERR_INVALID, "%s: is not empty (%.100s); a data directory wants a place of its own", n->o->path,
                         entry->d_name);
    closedir(list);
    return ok;
}

static bool init_locked(struct init *n, struct err *e)
{
    static const char *const DIRECTORIES[] = {"private", "private/keys", "ledger", "blobs", "blobs/pack", "db"};
    if (!is_ours_to_fill(n, e))
        return false;
    for (size_t i = 0; i < sizeof(DIRECTORIES) / sizeof(DIRECTORIES[0]); i++)
        if (!os_dir_make(&os_file_real, n->dir, DIRECTORIES[i], 0700, e))
            return false;
    return make_keys(n, e) && make_ledger(n, e) && write_config(n, e);
}

bool data_dir_init(const struct data_dir_init *o, struct err *e)
{
    struct init n = {.o = o};
    mode_t old = umask(0077);
    bool ok = os_dir_make(&os_file_real, AT_FDCWD, o->path, 0700, e);
    n.dir = ok ? open(o->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (ok && n.dir < 0)
        ok = err_errno(e, errno, "%s", o->path);
    if (ok && flock(n.dir, LOCK_EX | LOCK_NB) != 0)
        ok = err_set(e, ERR_CONFLICT, "%s: another init is at work there", o->path);
    if (ok)
        ok = init_locked(&n, e);
    if (n.dir >= 0)
        close(n.dir);
    memory_wipe(n.subject_key, sizeof(n.subject_key));
    umask(old);
    return ok;
}
