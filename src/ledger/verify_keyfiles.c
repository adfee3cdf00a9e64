/* Private key files: a key that was damaged or exchanged signs nothing that anybody accepts, or opens no blob; better found here than
 * when it is needed. */
#include "ledger/verify_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { KEY_FILE_BYTES_MAX = 4096, KEY_TYPE_ED25519 = 1 };

void key_check_value(const char *name, const uint8_t key[32], char ret[KEY_CHECK_SIZE])
{
    struct buf BUF_AUTO label;
    buf_init(&label, 256);
    buf_printf(&label, "assay/key-check@v1\n%s\n", name);
    struct sha256 h = sha256_of2(buf_view(&label), str_make(key, 32));
    hex_encode(h.bytes, (KEY_CHECK_SIZE - 1) / 2, ret);
}

/* The public half of "PRIVATE+KEY+name+id+base64(type || seed)". */
static bool signing_key_parse(struct str text, struct note_key *ret)
{
    struct str rest = str_trim(text), head[4];
    struct buf BUF_AUTO key;
    char name[sizeof(ret->name)], id[9];
    buf_init(&key, 64);
    for (int i = 0; i < 4; i++)
        if (!str_cut(&rest, '+', &head[i]))
            return false;
    if (!str_is(head[0], "PRIVATE") || !str_is(head[1], "KEY") || head[2].size >= sizeof(name) || !base64_decode(rest, &key) ||
        key.size != 1 + ED25519_KEY_SIZE || key.data[0] != KEY_TYPE_ED25519)
        return false;
    memcpy(name, head[2].data, head[2].size);
    name[head[2].size] = 0;
    struct ed25519_private private_key;
    memcpy(private_key.seed, key.data + 1, ED25519_KEY_SIZE);
    memory_wipe(key.data, key.size);
    *ret = note_key_make(name, ed25519_public_of(&private_key));
    memory_wipe(&private_key, sizeof(private_key));
    snprintf(id, sizeof(id), "%08x", ret->id);
    return str_is(head[3], id);
}

static bool is_registered(const struct verify *v, const struct note_key *key)
{
    for (size_t i = 0; i < v->keys.count; i++)
        if (note_key_equal(&v->keys.items[i].key, key))
            return true;
    return false;
}

/* A key of 32 random bytes, against the value that was written beside it when it was made. */
static void secret_check(struct verify *v, const char *name, struct str text, struct str checks)
{
    uint8_t key[32];
    char value[KEY_CHECK_SIZE];
    struct str line, word;
    if (!hex_decode(str_trim(text), key, sizeof(key))) {
        verify_find(v, "E87", "private/keys/%s is not a key of 64 hex digits", name);
        return;
    }
    key_check_value(name, key, value);
    memory_wipe(key, sizeof(key));
    if (strcmp(name, "master") == 0 && !verify_master_is_in_force(v, value)) {
        verify_find(v, "E87", "private/keys/master is not the master key of leaf %llu", (unsigned long long)v->master_leaf);
        return;
    }
    bool has_value = false;
    while (str_next_line(&checks, &line))
        if (str_next_word(&line, &word) && str_is(word, name)) { /* two while one master key follows another */
            if (str_is(str_trim(line), value))
                return;
            has_value = true;
        }
    if (has_value)
        verify_find(v, "E87", "private/keys/%s is another key than the one that was made with this directory", name);
    else
        verify_note(v, "private/keys/%s has no check value, as in directories of older versions: a damaged key would not be noticed", name);
}

static void key_file_check(struct verify *v, int dir, const char *name, struct str checks)
{
    struct buf BUF_AUTO text;
    struct err e = {0};
    struct note_key key;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    if (!os_file_read(&os_file_real, dir, name, &text, &e)) {
        if (e.code == ERR_DENIED)
            verify_note(v, "private/keys/%s cannot be read, and was not checked", name);
        else
            verify_find(v, "E87", "private/keys/%s: %s", name, e.text);
    } else if (strcmp(name, "master") == 0 || strcmp(name, "subject") == 0) {
        secret_check(v, name, buf_view(&text), checks);
    } else if (!signing_key_parse(buf_view(&text), &key)) {
        verify_find(v, "E87", "private/keys/%s is not a private key in the form of the note package", name);
    } else if (!is_registered(v, &key)) {
        verify_find(v, "E87", "private/keys/%s: its public key is not one that the ledger registers", name);
    }
    if (text.data)
        memory_wipe(text.data, text.capacity);
}

void verify_key_files(struct verify *v)
{
    struct buf BUF_AUTO checks;
    struct err e = {0};
    int dir = openat(v->private_dir, "keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    buf_init(&checks, KEY_FILE_BYTES_MAX);
    DIR *list = dir >= 0 ? fdopendir(dir) : NULL;
    if (!list) {
        if (dir >= 0)
            close(dir);
        verify_find(v, "E87", "private/keys: %s", strerror(errno));
        return;
    }
    if (!os_file_read(&os_file_real, dir, KEY_CHECK_FILE, &checks, &e) && e.code != ERR_NOT_FOUND)
        verify_find(v, "E87", "private/keys/" KEY_CHECK_FILE ": %s", e.text);
    for (struct dirent *entry; (entry = readdir(list)) != NULL;)
        if (entry->d_name[0] != '.' && !strchr(entry->d_name, '.') && strcmp(entry->d_name, KEY_CHECK_FILE) != 0)
            key_file_check(v, dir, entry->d_name, buf_view(&checks)); /* with a dot: left behind by a write that was stopped */
    closedir(list);
}
