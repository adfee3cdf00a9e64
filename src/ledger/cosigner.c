#include "ledger/cosigner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FILE_BYTES_MAX = 4096 };

static bool key_parse(struct str text, struct cosigner *ret, struct err *e)
{
    struct str rest = str_trim(text), head[4];
    struct buf BUF_AUTO key;
    char id[9];
    buf_init(&key, 64);
    for (int i = 0; i < 4; i++)
        if (!str_cut(&rest, '+', &head[i]))
            return err_set(e, ERR_CORRUPT, "key: not a private key of a cosigner");
    if (!str_is(head[0], "PRIVATE") || !str_is(head[1], "KEY") || !note_name_is_valid(head[2]) || !base64_decode(rest, &key) ||
        key.size != 1 + ED25519_KEY_SIZE || key.data[0] != NOTE_KEY_COSIGNATURE)
        return err_set(e, ERR_CORRUPT, "key: not a private key of a cosigner");
    char name[256];
    memcpy(name, head[2].data, head[2].size);
    name[head[2].size] = 0;
    memcpy(ret->private_key.seed, key.data + 1, ED25519_KEY_SIZE);
    memory_wipe(key.data, key.size);
    ret->key = note_key_make_typed(name, NOTE_KEY_COSIGNATURE, ed25519_public_of(&ret->private_key));
    snprintf(id, sizeof(id), "%08x", ret->key.id);
    return str_is(head[3], id) || err_set(e, ERR_CORRUPT, "key: the id %s does not belong to this name and key", id);
}

static bool key_make(struct cosigner *c, const char *kind, const char *name, const struct env *env, struct err *e)
{
    char host[128] = "", made[256];
    uint8_t random[4];
    if (gethostname(host, sizeof(host) - 1) != 0 || !note_name_is_valid(str_of(host)))
        snprintf(host, sizeof(host), "localhost");
    env_random(env, random, sizeof(random));
    snprintf(made, sizeof(made), "%s/assay-%s/%02x%02x%02x%02x", host, kind, random[0], random[1], random[2], random[3]);
    if (name && !note_name_is_valid(str_of(name)))
        return err_set(e, ERR_INVALID, "the name %.100s: up to 255 bytes without white space and +", name);
    struct buf BUF_AUTO text;
    uint8_t bytes[1 + ED25519_KEY_SIZE] = {NOTE_KEY_COSIGNATURE};
    buf_init(&text, KEY_FILE_BYTES_MAX);
    env_random(env, c->private_key.seed, ED25519_KEY_SIZE);
    memcpy(bytes + 1, c->private_key.seed, ED25519_KEY_SIZE);
    c->key = note_key_make_typed(name ? name : made, NOTE_KEY_COSIGNATURE, ed25519_public_of(&c->private_key));
    buf_printf(&text, "PRIVATE+KEY+%s+%08x+", c->key.name, c->key.id);
    base64_encode(str_make(bytes, sizeof(bytes)), &text);
    buf_char(&text, '\n');
    bool ok = os_file_create_once(&os_file_real, c->dir, "key", buf_view(&text), 0600, e);
    memory_wipe(text.data, text.size);
    memory_wipe(bytes, sizeof(bytes));
    return ok;
}

static bool key_open(struct cosigner *c, const char *kind, const char *name, const struct env *env, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    if (!os_file_read(&os_file_real, c->dir, "key", &text, e))
        return e->code == ERR_NOT_FOUND ? key_make(c, kind, name, env, e) : false;
    bool ok = key_parse(buf_view(&text), c, e);
    memory_wipe(text.data, text.size);
    if (ok && name && strcmp(name, c->key.name) != 0)
        return err_set(e, ERR_CONFLICT, "the key here is called %.200s; another name needs another directory", c->key.name);
    return ok;
}

bool cosigner_open(const char *path, const char *kind, const char *name, bool is_serving, const struct env *env,
                   struct cosigner *ret, struct err *e)
{
    struct cosigner c = {.dir = -1, .lock = -1};
    bool ok = os_dir_make(&os_file_real, AT_FDCWD, path, 0700, e);
    if (ok && (c.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        ok = err_errno(e, errno, "open");
    if (ok && (c.lock = openat(c.dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
        ok = err_errno(e, errno, "lock");
    if (ok && is_serving && flock(c.lock, LOCK_EX | LOCK_NB) != 0)
        ok = err_set(e, ERR_CONFLICT, "another process serves this directory");
    ok = ok && key_open(&c, kind, name, env, e);
    if (ok && !is_serving) {
        close(c.lock);
        c.lock = -1;
    }
    if (ok) {
        *ret = c;
        return true;
    }
    cosigner_close(&c);
    return err_wrap(e, "%.200s", path);
}

void cosigner_close(struct cosigner *c)
{
    if (c->dir >= 0)
        close(c->dir);
    if (c->lock >= 0)
        close(c->lock);
    memory_wipe(&c->private_key, sizeof(c->private_key));
    c->dir = c->lock = -1;
}

static bool logs_text(const struct cosigner *c, struct buf *out, struct err *e)
{
    return os_file_read(&os_file_real, c->dir, "logs", out, e) || e->code == ERR_NOT_FOUND;
}

bool cosigner_logs(const struct cosigner *c, struct arena *a, struct log_list *ret, struct err *e)
{
    struct buf BUF_AUTO text;
    struct err missing = {0};
    buf_init(&text, LOG_LIST_BYTES_MAX);
    if (!logs_text(c, &text, &missing)) {
        *e = missing;
        return false;
    }
    return log_list_parse(a, buf_view(&text), ret, e);
}

static void entry_write(const struct log_entry *log, struct str url, struct buf *out)
{
    buf_cstr(out, "log ");
    note_key_format(&log->key, out);
    buf_printf(out, " %.*s", url.size ? (int)url.size : 1, url.size ? url.data : "-");
    if (strcmp(log->origin, log->key.name) != 0)
        buf_printf(out, " %s", log->origin);
    buf_char(out, '\n');
}

static const struct log_entry *same_entry(const struct log_list *l, const struct log_entry *log)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->entries[i].key.id == log->key.id && strcmp(l->entries[i].origin, log->origin) == 0)
            return &l->entries[i];
    return NULL;
}

/* The lines that are there, with the addresses that `added` gives to logs which had none or another. False: no line changed. */
static bool lines_address(struct arena *a, struct str text, const struct log_list *added, struct buf *out)
{
    struct str line;
    bool is_changed = false;
    while (str_next_line(&text, &line)) {
        struct log_list one = {.count = 0};
        struct err other = {0};
        const struct log_entry *had = log_list_parse(a, line, &one, &other) && one.count == 1 ? &one.entries[0] : NULL;
        const struct log_entry *now = had ? same_entry(added, had) : NULL;
        if (now && now->url.size && !str_equal(now->url, had->url)) {
            entry_write(had, now->url, out);
            is_changed = true;
        } else {
            buf_printf(out, "%.*s\n", STR_ARGS(line));
        }
    }
    return is_changed;
}

bool cosigner_logs_add(const struct cosigner *c, struct arena *a, struct str text, size_t *ret_added, struct err *e)
{
    struct log_list present, added;
    struct buf BUF_AUTO before, BUF_AUTO all;
    struct err missing = {0};
    size_t count = 0;
    buf_init(&before, LOG_LIST_BYTES_MAX);
    buf_init(&all, LOG_LIST_BYTES_MAX);
    if (!log_list_parse(a, text, &added, e) || !cosigner_logs(c, a, &present, e))
        return false;
    if (!logs_text(c, &before, &missing)) {
        *e = missing;
        return false;
    }
    bool is_changed = lines_address(a, buf_view(&before), &added, &all);
    for (size_t i = 0; i < added.count; i++)
        if (!same_entry(&present, &added.entries[i])) {
            entry_write(&added.entries[i], added.entries[i].url, &all);
            count++;
        }
    struct log_list checked;
    bool ok = (count == 0 && !is_changed) || (!all.full && log_list_parse(a, buf_view(&all), &checked, e) &&
                             os_file_replace(&os_file_real, c->dir, "logs", buf_view(&all), 0600, e));
    if (all.full)
        return err_set(e, ERR_LIMIT, "logs: more than %d bytes", LOG_LIST_BYTES_MAX);
    if (ok && ret_added)
        *ret_added = count + is_changed;
    return ok;
}
