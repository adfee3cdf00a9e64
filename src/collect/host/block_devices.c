/* block_devices - disks, partitions and what is made of them; LUKS headers. */
#include "collect/host/blocks.h"
#include "collect/host/conf.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const struct column columns[] = {
    {"name", COLUMN_TEXT, "", "The name in the kernel, as sda1.", COLUMN_KEY},
    {"type", COLUMN_TEXT, "", "disk, part, crypt, lvm, raid, dm, loop, zram or rom."},
    {"size", COLUMN_INTEGER, "bytes", "Its size."},
    {"removable", COLUMN_BOOL, "", "Whether the kernel says that it, or its disk, is removable or sits on USB."},
    {"model", COLUMN_TEXT, "", "The model of the disk; null if not told."},
    {"fs", COLUMN_TEXT, "",
     "What is on it: ext4, xfs, crypto_LUKS, swap, LVM2_member and so on; null if nothing known was found."},
    {"encrypted", COLUMN_BOOL, "", "Whether it holds LUKS or lies, directly or by way of others, on dm-crypt only."},
    {"luks_version", COLUMN_INTEGER, "", "1 or 2; null without a LUKS header or without permission to read it."},
    {"luks_cipher", COLUMN_TEXT, "", "The cipher and mode of the data, as aes-xts-plain64."},
    {"luks_key_bits", COLUMN_INTEGER, "bits", "The size of the volume key."},
    {"luks_kdf", COLUMN_TEXT, "", "The weakest key derivation among the key slots: pbkdf2, argon2i or argon2id."},
    {"keyslots", COLUMN_INTEGER, "slots", "How many key slots are in use."},
    {"parent", COLUMN_TEXT, "", "The devices it is made of, by commas; null for a disk."},
};

static const struct table_schema schema = {
    .name = "block_devices",
    .version = 1,
    .words = "A row is a block device of /sys/class/block (empty loop and ram devices left out). LUKS facts are read"
             " from the header of the device, which takes root.",
    .criteria = "CC6.1, CC6.7",
    .example = "SELECT name, size, fs FROM block_devices WHERE type = 'part' AND luks_version IS NULL AND encrypted "
               "= 0",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

enum { HEAD_BYTES = 68 << 10 };

static const char *type_of(struct gather *g, struct str name)
{
    struct str text;
    if (block_attribute(g, name, "dm/uuid", &text))
        return str_starts(text, "CRYPT-")   ? "crypt"
               : str_starts(text, "LVM-")   ? "lvm"
               : str_starts(text, "mpath-") ? "mpath"
                                            : "dm";
    if (block_attribute(g, name, "partition", &text))
        return "part";
    return str_starts(name, "md")     ? "raid"
           : str_starts(name, "loop") ? "loop"
           : str_starts(name, "zram") ? "zram"
           : str_starts(name, "sr")   ? "rom"
                                      : "disk";
}

/* What udev found out when the device appeared, for everyone to read. */
static struct str fs_from_udev(struct gather *g, struct str number)
{
    struct str text, line;
    struct err e = {0};
    struct str path = arena_printf(g->arena, "/run/udev/data/b%.*s", STR_ARGS(number));
    if (!source_read(g->source, g->arena, path.data, CONF_FILE_BYTES_MAX, &text, &e))
        return (struct str){0};
    while (str_next_line(&text, &line))
        if (str_starts(line, "E:ID_FS_TYPE="))
            return str_slice(line, strlen("E:ID_FS_TYPE="), line.size);
    return (struct str){0};
}

static struct str fs_from_mounts(struct str mountinfo, struct str number)
{
    struct str line, word, head;
    while (str_next_line(&mountinfo, &line)) {
        for (int i = 0; i < 3; i++)
            if (!str_next_word(&line, &word))
                word = STR("");
        ptrdiff_t at = str_equal(word, number) ? str_find(line, STR(" - ")) : -1;
        if (at < 0)
            continue;
        line = str_slice(line, (size_t)at + 3, line.size);
        if (str_next_word(&line, &head))
            return head;
    }
    return (struct str){0};
}

/* At most `size` bytes from the beginning of a device. */
static bool read_device(struct gather *g, struct str name, size_t size, struct str *ret, struct err *e)
{
    struct str path = arena_printf(g->arena, "/dev/%.*s", STR_ARGS(name));
    int fd = open(path.data, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return err_errno(e, errno, "open %s", path.data);
    char *bytes = arena_alloc(g->arena, size);
    ssize_t got = pread(fd, bytes, size, 0);
    int number = errno;
    close(fd);
    if (got < 0)
        return err_errno(e, number, "read %s", path.data);
    *ret = str_make(bytes, (size_t)got);
    return true;
}

/* The file system and, where there is one, the LUKS header. */
static void look_inside(struct gather *g, struct str name, struct str *fs, struct luks *luks)
{
    struct str head, header;
    struct err e = {0};
    bool is_luks = str_is(*fs, "crypto_LUKS");
    if (fs->size && !is_luks)
        return;
    if (!read_device(g, name, HEAD_BYTES, &head, &e)) {
        if (e.code != ERR_NOT_FOUND) /* no node in /dev: a container */
            gather_missing(g, name, is_luks ? "LUKS header" : "fs, LUKS header", e.text);
        return;
    }
    const char *magic = block_magic(head);
    if (!fs->size && magic)
        *fs = str_of(magic);
    if (!luks_is_header(head))
        return;
    size_t size = luks_header_size(head);
    bool is_read = size && (size <= head.size || read_device(g, name, size, &header, &e));
    if (is_read && size <= head.size)
        header = head;
    if (!is_read || !luks_parse(g->arena, header, luks, &e))
        gather_missing(g, name, "LUKS header", e.code ? e.text : "its size is out of range");
}

static bool is_removable(struct gather *g, struct str name)
{
    struct str text, target;
    struct err e = {0};
    if (block_attribute(g, name, "removable", &text) && str_is(text, "1"))
        return true;
    if (block_attribute(g, name, "../removable", &text) && str_is(text, "1"))
        return true;
    return source_readlink(g->source, g->arena, arena_printf(g->arena, "/sys/class/block/%.*s", STR_ARGS(name)).data, &target,
                           &e) &&
           str_contains(target, "/usb");
}

static struct str parents_of(struct gather *g, struct str name, bool is_part)
{
    struct str *slaves, target;
    size_t count;
    struct err e = {0};
    struct buf BUF_AUTO all;
    buf_init(&all, 64 << 10);
    struct str path = arena_printf(g->arena, "/sys/class/block/%.*s", STR_ARGS(name));
    if (is_part && source_readlink(g->source, g->arena, path.data, &target, &e)) {
        struct str last = STR(""), part;
        while (target.size && !str_equal(target, name)) {
            str_cut(&target, '/', &part);
            last = part;
        }
        return last.size ? last : (struct str){0};
    }
    if (!source_list(g->source, g->arena, arena_printf(g->arena, "%s/slaves", path.data).data, &slaves, &count, &e))
        return (struct str){0};
    for (size_t i = 0; i < count; i++)
        buf_printf(&all, "%s%.*s", i ? "," : "", STR_ARGS(slaves[i]));
    return all.size ? arena_str(g->arena, buf_view(&all)) : (struct str){0};
}

static void add_row(struct gather *g, struct str name, struct str mountinfo)
{
    struct rows *r = g->rows;
    struct str text, number = {0}, fs = {0}, model = {0};
    struct luks luks = {0};
    struct block_chain chain;
    int64_t sectors = 0;
    const char *type = type_of(g, name);
    bool is_part = strcmp(type, "part") == 0, is_rom = strcmp(type, "rom") == 0;
    if (block_attribute(g, name, "size", &text) && (!str_to_int64(text, &sectors) || sectors < 0 || sectors > INT64_MAX / 512))
        sectors = 0;
    if (block_attribute(g, name, "dev", &number)) {
        fs = fs_from_udev(g, number);
        if (!fs.size)
            fs = fs_from_mounts(mountinfo, number);
    }
    if (sectors && !is_rom) /* a drive is not spun up for this */
        look_inside(g, name, &fs, &luks);
    if (block_attribute(g, name, "device/model", &text))
        model = text;
    block_chain_of(g, name, &chain);
    row_begin(r);
    row_text(r, name);
    row_cstr(r, type);
    row_int(r, sectors * 512);
    row_bool(r, is_removable(g, name));
    row_text(r, model);
    row_text(r, fs.size ? fs : (struct str){0});
    row_bool(r, chain.is_encrypted || luks.version || str_is(fs, "crypto_LUKS"));
    if (luks.version) {
        row_int(r, luks.version);
        row_text(r, luks.cipher.size ? luks.cipher : (struct str){0});
        row_int(r, luks.key_bits);
        row_text(r, luks.kdf);
        row_int(r, luks.keyslots);
    } else {
        for (int i = 0; i < 5; i++)
            row_null(r);
    }
    row_text(r, parents_of(g, name, is_part));
    row_end(r);
}

static bool gather(struct gather *g, struct err *e)
{
    struct str *names, mountinfo = STR(""), text;
    size_t count;
    struct err ignored = {0};
    if (!source_list(g->source, g->arena, "/sys/class/block", &names, &count, e))
        return e->code == ERR_NOT_FOUND;
    if (!source_read(g->source, g->arena, "/proc/self/mountinfo", CONF_FILE_BYTES_MAX, &mountinfo, &ignored))
        mountinfo = STR("");
    for (size_t i = 0; i < count; i++) {
        if (gather_is_late(g)) {
            gather_missing(g, names[i], "this device and those after it", "the time limit of the table was reached");
            break;
        }
        bool is_idle_loop = str_starts(names[i], "loop") && !block_attribute(g, names[i], "loop/backing_file", &text) &&
                            !block_attribute(g, names[i], "partition", &text);
        bool is_idle_nbd = str_starts(names[i], "nbd") && block_attribute(g, names[i], "size", &text) && str_is(text, "0");
        if (!is_idle_loop && !is_idle_nbd && !str_starts(names[i], "ram"))
            add_row(g, names[i], mountinfo);
    }
    return true;
}

const struct host_table block_devices_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT,
    .gather = gather,
};
