/*
 * blocks.h - block devices of the running host as sysfs shows them: what lies on what, and whether dm-crypt is in between.
 */
#ifndef COLLECT_HOST_BLOCKS_H
#define COLLECT_HOST_BLOCKS_H

#include "collect/host/host.h"

struct block_chain {
    bool is_found;
    bool is_encrypted; /* every way down goes through dm-crypt */
    bool is_known;     /* false where the way ends in a loop device, whose file may lie anywhere */
    struct str chain;  /* "dm-1 < dm-0 < sda3"; of several devices below one, "md0 < (sda1 < sda, sdb1 < sdb)" */
};

/* `name` as in /sys/class/block. */
void block_chain_of(struct gather *g, struct str name, struct block_chain *ret);
/* The name of a device number, by /sys/dev/block; false if there is none (file systems without a device). */
bool block_name_of_number(struct gather *g, unsigned major, unsigned minor, struct str *ret_name);
/* The name of what a path below /dev leads to, as /dev/mapper/x to dm-0. */
bool block_name_of_path(struct gather *g, struct str path, struct str *ret_name);
/* First line of /sys/class/block/NAME/FILE, trimmed. */
bool block_attribute(struct gather *g, struct str name, const char *file, struct str *ret);
bool block_is_crypt(struct str dm_uuid);
/* What mountinfo, fstab and swaps write as \040. */
struct str block_unescape(struct arena *a, struct str s);

/* A LUKS header (version 1, or 2 with its JSON area), which begins a device. */
struct luks {
    int version;
    struct str cipher; /* "aes-xts-plain64" */
    int64_t key_bits;
    struct str kdf; /* the weakest of the key slots in use */
    int64_t keyslots;
};
enum { LUKS_HEADER_BYTES_MAX = 4 << 20 };
bool luks_is_header(struct str bytes);
/* How many bytes luks_parse wants, from the first 4096. */
size_t luks_header_size(struct str head);
/* ERR_CORRUPT: not a header, or one that can't be understood. */
bool luks_parse(struct arena *a, struct str bytes, struct luks *ret, struct err *e) MUST_USE;
/* The file system that the first 68 KiB of a device tell, by its magic number; NULL if none is known. */
const char *block_magic(struct str head);

#endif
