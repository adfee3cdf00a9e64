/* luks.c - what the first bytes of a block device tell: LUKS headers (on-disk formats 1.2.3 and 2) and magic numbers. */
#include "base/cursor.h"
#include "base/json.h"
#include "collect/host/blocks.h"

enum { LUKS1_SIZE = 592, LUKS1_SLOTS = 8, LUKS1_SLOT_ACTIVE = 0x00AC71F3, LUKS2_BINARY_SIZE = 4096 };

bool luks_is_header(struct str bytes)
{
    return bytes.size >= 8 && memcmp(bytes.data, "LUKS\xba\xbe", 6) == 0;
}

static struct str until_nul(struct str s)
{
    ptrdiff_t at = str_find_char(s, '\0');
    return at < 0 ? s : str_slice(s, 0, (size_t)at);
}

size_t luks_header_size(struct str head)
{
    if (!luks_is_header(head) || head.size < 16)
        return 0;
    struct cursor c = cursor_of(head);
    cursor_skip(&c, 6);
    if (cursor_u16be(&c) == 1)
        return LUKS1_SIZE;
    uint64_t size = cursor_u64be(&c);
    return size < LUKS2_BINARY_SIZE || size > LUKS_HEADER_BYTES_MAX ? 0 : (size_t)size;
}

static bool parse_luks1(struct arena *a, struct str bytes, struct luks *ret, struct err *e)
{
    struct cursor c = cursor_of(bytes);
    cursor_skip(&c, 8);
    struct str name = until_nul(cursor_take(&c, 32));
    struct str mode = until_nul(cursor_take(&c, 32));
    cursor_skip(&c, 32 + 4); /* hash, payload offset */
    uint32_t key_bytes = cursor_u32be(&c);
    cursor_skip(&c, 20 + 32 + 4 + 40); /* digest, salt, iterations, uuid */
    int64_t active = 0;
    for (int i = 0; i < LUKS1_SLOTS; i++) {
        active += cursor_u32be(&c) == LUKS1_SLOT_ACTIVE;
        cursor_skip(&c, 44);
    }
    if (c.failed || key_bytes > 1024)
        return err_set(e, ERR_CORRUPT, "LUKS header: cut short or damaged");
    *ret = (struct luks){.version = 1, .key_bits = (int64_t)key_bytes * 8, .kdf = STR("pbkdf2"), .keyslots = active};
    ret->cipher = arena_printf(a, "%.*s-%.*s", STR_ARGS(name), STR_ARGS(mode));
    return true;
}

static int strength_of_kdf(struct str kdf)
{
    return str_is(kdf, "pbkdf2") ? 0 : str_is(kdf, "argon2i") ? 1 : str_is(kdf, "argon2id") ? 2 : 3;
}

static bool parse_luks2(struct arena *a, struct str bytes, struct luks *ret, struct err *e)
{
    size_t size = luks_header_size(bytes);
    if (size == 0 || bytes.size <= LUKS2_BINARY_SIZE)
        return err_set(e, ERR_CORRUPT, "LUKS header: its size is out of range");
    struct str text = until_nul(str_slice(bytes, LUKS2_BINARY_SIZE, size < bytes.size ? size : bytes.size));
    struct json *v = json_parse(a, text, (struct json_limits){.depth_max = 16, .nodes_max = 100000}, e);
    if (!v)
        return err_wrap(e, "LUKS header");
    *ret = (struct luks){.version = 2};
    JSON_EACH (slot, json_get(v, "keyslots")) {
        struct str kdf = json_text(json_get(slot, "kdf"), "type");
        ret->keyslots++;
        if (!ret->kdf.data || strength_of_kdf(kdf) < strength_of_kdf(ret->kdf))
            ret->kdf = kdf;
        int64_t key_bytes = json_int(slot, "key_size", 0);
        if (key_bytes > 0 && key_bytes <= 1024)
            ret->key_bits = key_bytes * 8;
    }
    JSON_EACH (segment, json_get(v, "segments")) {
        struct str cipher = json_text(segment, "encryption");
        if (cipher.size && !ret->cipher.data)
            ret->cipher = cipher;
    }
    return true;
}

bool luks_parse(struct arena *a, struct str bytes, struct luks *ret, struct err *e)
{
    if (!luks_is_header(bytes))
        return err_set(e, ERR_CORRUPT, "LUKS header: no magic number");
    unsigned version = (unsigned)(unsigned char)bytes.data[6] << 8 | (unsigned char)bytes.data[7];
    if (version == 1)
        return parse_luks1(a, bytes, ret, e);
    if (version == 2)
        return parse_luks2(a, bytes, ret, e);
    return err_set(e, ERR_CORRUPT, "LUKS header: version %u is not known", version);
}

const char *block_magic(struct str head)
{
    static const struct {
        size_t offset;
        const char *bytes;
        size_t size;
        const char *name;
    } magics[] = {
        {0, "LUKS\xba\xbe", 6, "crypto_LUKS"},
        {0, "XFSB", 4, "xfs"},
        {1080, "\x53\xef", 2, "ext"},
        {4086, "SWAPSPACE2", 10, "swap"},
        {3, "NTFS    ", 8, "ntfs"},
        {82, "FAT32   ", 8, "vfat"},
        {54, "FAT1", 4, "vfat"},
        {0, "hsqs", 4, "squashfs"},
        {32769, "CD001", 5, "iso9660"},
        {65600, "_BHRfS_M", 8, "btrfs"},
        {512, "LABELONE", 8, "LVM2_member"},
        {4096, "\xfc\x4e\x2b\xa9", 4, "linux_raid_member"},
        {1024, "\x10\x20\xf5\xf2", 4, "f2fs"},
        {3, "-FVE-FS-", 8, "BitLocker"},
        {3, "EXFAT   ", 8, "exfat"},
    };
    for (size_t i = 0; i < COLUMN_COUNT(magics); i++)
        if (head.size >= magics[i].offset + magics[i].size &&
            memcmp(head.data + magics[i].offset, magics[i].bytes, magics[i].size) == 0)
            return magics[i].name;
    return NULL;
}
