/*
 * log_list.h - the logs that a witness or mirror serves: a file of lines
 *
 *     log VKEY [URL [ORIGIN]]
 *
 * VKEY is a key that the log signs its checkpoints with (type 0x01); URL is where its tiles are read, or "-"; ORIGIN, up to the
 * end of the line, is needed only where the origin is not the key's name. Several lines with one origin: several keys of that
 * log, as during a rotation. Empty lines and lines that begin with # are passed over. Constant after parsing.
 */
#ifndef LEDGER_LOG_LIST_H
#define LEDGER_LOG_LIST_H

#include "base/arena.h"
#include "ledger/ledger.h"

enum { LOG_LIST_MAX = 1024, LOG_LIST_BYTES_MAX = 1 << 20, ORIGIN_HASH_SIZE = 65 };

struct log_entry {
    struct note_key key;
    char origin[256];
    char hash[ORIGIN_HASH_SIZE]; /* SHA-256 of the origin in hex, as in addresses and names of directories */
    struct str url;              /* empty: none */
};
struct log_list {
    const struct log_entry *entries;
    size_t count;
};

/* ERR_INVALID and ERR_UNSUPPORTED with "logs line N: why"; ERR_LIMIT. */
bool log_list_parse(struct arena *a, struct str text, struct log_list *ret, struct err *e) MUST_USE;
/* The first entry with this origin, or with this hash of it; NULL. Others of the same origin may stand behind it. */
const struct log_entry *log_list_find(const struct log_list *l, const char *origin);
const struct log_entry *log_list_find_hash(const struct log_list *l, struct str hash);
void origin_hash(const char *origin, char ret[ORIGIN_HASH_SIZE]);

#endif
