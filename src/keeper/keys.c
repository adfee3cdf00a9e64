/* keys.c - private keys as files: reading, making, and a role's key followed by the next one. */
#include "keeper/data_dir.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { KEY_FILE_BYTES_MAX = 4096 };

/* "+hash+" is not read: it is computed again from name and key, and has to agree. */
static bool signing_parse(struct str text, struct note_key *ret_public, struct ed25519_private *ret, struct err *e)
{
    struct str rest = str_trim(text), head[4];
    for (int i = 0; i < 4; i++)
        if (!str_cut(&rest, '+', &head[i]))
            return err_set(e, ERR_CORRUPT, "no private key in the form of the note package");
    char name[256];
    struct buf BUF_AUTO key;
    buf_init(&key, 64);
    if (!str_is(head[0], "PRIVATE") || !str_is(head[1], "KEY") || head[2].size >= sizeof(name) || !base64_decode(rest, &key) ||
        key.size != 1 + ED25519_KEY_SIZE || key.data[0] != 1)
        return err_set(e, ERR_CORRUPT, "no private key in the form of the note package");
    memcpy(name, head[2].data, head[2].size);
    name[head[2].size] = 0;
    struct ed25519_private private_key;
    memcpy(private_key.seed, key.data + 1, ED25519_KEY_SIZE);
    memory_wipe(key.data, key.size);
    struct note_key public_key = note_key_make(name, ed25519_public_of(&private_key));
    char id[9];
    snprintf(id, sizeof(id), "%08x", public_key.id);
    if (!str_is(head[3], id))
        return err_set(e, ERR_CORRUPT, "key id %s does not belong to this name and key", id);
    *ret_public = public_key;
    *ret = private_key;
    memory_wipe(&private_key, sizeof(private_key));
    return true;
}

static bool key_read(int data_dir_fd, const char *name, struct buf *out, struct err *e)
{
    char path[64];
    snprintf(path, sizeof(path), "private/keys/%s", name);
    return os_file_read(&os_file_real, data_dir_fd, path, out, e) ? true : err_wrap(e, "key %s", name);
}

bool keys_load_signing(int data_dir_fd, const char *name, struct note_key *ret_public, struct ed25519_private *ret, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    if (!key_read(data_dir_fd, name, &text, e))
        return false;
    bool ok = signing_parse(buf_view(&text), ret_public, ret, e);
    memory_wipe(text.data, text.size);
    return ok ? true : err_wrap(e, "private/keys/%s", name);
}

bool keys_load_secret(int data_dir_fd, const char *name, uint8_t ret[32], struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    if (!key_read(data_dir_fd, name, &text, e))
        return false;
    bool ok = hex_decode(str_trim(buf_view(&text)), ret, 32);
    memory_wipe(text.data, text.size);
    return ok ? true : err_set(e, ERR_CORRUPT, "private/keys/%s: not 64 hex digits", name);
}

static void signing_format(const struct note_key *key, const struct ed25519_private *private_key, struct buf *out)
{
    uint8_t bytes[1 + ED25519_KEY_SIZE] = {1};
    memcpy(bytes + 1, private_key->seed, ED25519_KEY_SIZE);
    buf_printf(out, "PRIVATE+KEY+%s+%08x+", key->name, key->id);
    base64_encode(str_make(bytes, sizeof(bytes)), out);
    buf_char(out, '\n');
    memory_wipe(bytes, sizeof(bytes));
}

bool keys_make_signing(int data_dir_fd, const char *name, const char *key_name, const struct env *env,
                       struct note_key *ret_public, struct err *e)
{
    struct ed25519_private private_key;
    struct err missing = {0};
    char path[64];
    if (keys_load_signing(data_dir_fd, name, ret_public, &private_key, &missing)) {
        memory_wipe(&private_key, sizeof(private_key));
        return true;
    }
    if (missing.code != ERR_NOT_FOUND)
        return *e = missing, false;
    env_random(env, private_key.seed, sizeof(private_key.seed));
    *ret_public = note_key_make(key_name, ed25519_public_of(&private_key));
    struct buf BUF_AUTO text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    signing_format(ret_public, &private_key, &text);
    memory_wipe(&private_key, sizeof(private_key));
    snprintf(path, sizeof(path), "private/keys/%s", name);
    bool ok = os_file_create_once(&os_file_real, data_dir_fd, path, buf_view(&text), 0600, e);
    memory_wipe(text.data, text.size);
    return ok;
}

bool keys_load_file(const char *path, struct key_pair *ret, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    if (!os_file_read(&os_file_real, AT_FDCWD, path, &text, e))
        return false;
    bool ok = signing_parse(buf_view(&text), &ret->key, &ret->private_key, e);
    memory_wipe(text.data, text.size);
    return ok ? true : err_wrap(e, "%s", path);
}

bool keys_parse(struct str text, struct key_pair *ret, struct err *e)
{
    return signing_parse(text, &ret->key, &ret->private_key, e);
}

bool keys_save_file(const char *path, const struct key_pair *pair, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    signing_format(&pair->key, &pair->private_key, &text);
    bool ok = os_file_create_once(&os_file_real, AT_FDCWD, path, buf_view(&text), 0600, e);
    memory_wipe(text.data, text.size);
    return ok;
}

bool keys_load_all(int data_dir_fd, const char *role, struct key_pair *ret, size_t max, size_t *ret_count, struct err *e)
{
    size_t prefix = strlen(role), n = 0;
    int fd = openat(data_dir_fd, "private/keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        err_errno(e, errno, "private/keys");
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir));) {
        const char *rest = entry->d_name + prefix;
        if (strncmp(entry->d_name, role, prefix) != 0 || (rest[0] && (rest[0] != '.' || strlen(rest) != 9)))
            continue;
        if (n == max)
            ok = err_set(e, ERR_LIMIT, "private/keys: more than %zu files of %s keys", max, role);
        else if (keys_load_signing(data_dir_fd, entry->d_name, &ret[n].key, &ret[n].private_key, e)) {
            snprintf(ret[n].file, sizeof(ret[n].file), "%.*s", (int)sizeof(ret[n].file) - 1, entry->d_name);
            n++;
        } else
            ok = false;
    }
    closedir(dir);
    for (size_t i = 1; i < n; i++)
        if (strcmp(ret[i].file, role) == 0) {
            struct key_pair first = ret[0];
            ret[0] = ret[i];
            ret[i] = first;
            memory_wipe(&first, sizeof(first));
        }
    if (ok && n == 0)
        ok = err_set(e, ERR_NOT_FOUND, "private/keys/%s is missing", role);
    *ret_count = ok ? n : 0;
    return ok;
}
