#include "ledger/log_list.h"

#include "base/cursor.h"

void origin_hash(const char *origin, char ret[ORIGIN_HASH_SIZE])
{
    struct sha256 h = sha256_of(str_of(origin));
    hex_encode(h.bytes, sizeof(h.bytes), ret);
}

/* The rest of the line behind the word: an origin may hold spaces. */
static bool entry_parse(struct arena *a, struct str line, struct log_entry *ret, struct err *e)
{
    struct str word, vkey, url = STR("");
    if (!str_next_word(&line, &word) || !str_is(word, "log") || !str_next_word(&line, &vkey))
        return err_set(e, ERR_INVALID, "wants: log VKEY [URL [ORIGIN]]");
    if (!note_key_parse(vkey, &ret->key, e))
        return false;
    if (ret->key.type != NOTE_KEY_ED25519)
        return err_set(e, ERR_INVALID, "the key of %s is a cosigner's (type 4), a log's is of type 1", ret->key.name);
    (void)!str_next_word(&line, &url);
    struct str origin = str_trim(line);
    if (origin.size == 0)
        origin = str_of(ret->key.name);
    if (origin.size >= sizeof(ret->origin) || !str_is_utf8(origin) || origin.size != strnlen(origin.data, origin.size))
        return err_set(e, ERR_INVALID, "the origin is too long or not UTF-8");
    memcpy(ret->origin, origin.data, origin.size);
    ret->origin[origin.size] = 0;
    origin_hash(ret->origin, ret->hash);
    ret->url = str_is(url, "-") ? STR("") : arena_str(a, url);
    return true;
}

bool log_list_parse(struct arena *a, struct str text, struct log_list *ret, struct err *e)
{
    struct log_entry *entries = NULL;
    size_t count = 0, capacity = 0;
    unsigned line_number = 0;
    struct str line;
    if (text.size > LOG_LIST_BYTES_MAX)
        return err_set(e, ERR_LIMIT, "logs: more than %d bytes", LOG_LIST_BYTES_MAX);
    while (str_next_line(&text, &line)) {
        line_number++;
        line = str_trim(line);
        if (line.size == 0 || line.data[0] == '#')
            continue;
        if (count == LOG_LIST_MAX)
            return err_set(e, ERR_LIMIT, "logs line %u: more than %d logs", line_number, LOG_LIST_MAX);
        if (count == capacity)
            entries = arena_grow(a, entries, count, &capacity, sizeof(*entries));
        entries[count] = (struct log_entry){.url = STR("")};
        if (!entry_parse(a, line, &entries[count], e))
            return err_wrap(e, "logs line %u", line_number);
        for (size_t i = 0; i < count; i++)
            if (memcmp(&entries[i].key.public_key, &entries[count].key.public_key, ED25519_KEY_SIZE) == 0)
                return err_set(e, ERR_INVALID, "logs line %u: the key of %s stands twice", line_number, entries[count].key.name);
        count++;
    }
    *ret = (struct log_list){entries, count};
    return true;
}

const struct log_entry *log_list_find(const struct log_list *l, const char *origin)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->entries[i].origin, origin) == 0)
            return &l->entries[i];
    return NULL;
}

const struct log_entry *log_list_find_hash(const struct log_list *l, struct str hash)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_is(hash, l->entries[i].hash))
            return &l->entries[i];
    return NULL;
}
