/*
 * audit_rule.c - audit rules as text (audit.rules(7), auditctl(8)) and as the kernel's struct audit_rule_data, to one form.
 *
 * Written for comparing: auid!=-1, auid!=4294967295 and auid!=unset are the same, so are -F dir=/x/ and -w /x.
 */
#include "collect/host/audit_rule.h"
#include "base/cursor.h"
#include "collect/host/conf.h"

enum { ITEMS_MAX = 512 };

struct items { /* a list that is sorted before it is joined */
    struct str list[ITEMS_MAX];
    size_t count;
};

struct draft { /* a rule while it is read */
    struct arena *arena;
    struct audit_rule *rule;
    struct items fields, keys, syscalls;
    bool has_all_syscalls;
};

static void items_add(struct items *items, struct str s)
{
    if (items->count < ITEMS_MAX && s.size)
        items->list[items->count++] = s;
}

static int compare_strs(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static struct str items_join(struct arena *a, struct items *items, char separator)
{
    struct buf BUF_AUTO all = {0};
    if (items->count == 0)
        return (struct str){0};
    buf_init(&all, 64 << 10);
    if (items->count > 0)
        qsort(items->list, items->count, sizeof(items->list[0]), compare_strs);
    for (size_t i = 0; i < items->count; i++) {
        if (i && str_equal(items->list[i], items->list[i - 1]))
            continue;
        if (i)
            buf_char(&all, separator);
        buf_str(&all, items->list[i]);
    }
    return arena_str(a, buf_view(&all));
}

static const struct {
    unsigned number;
    const char *name;
} field_names[] = {
    {AUDIT_PID, "pid"},
    {AUDIT_UID, "uid"},
    {AUDIT_EUID, "euid"},
    {AUDIT_SUID, "suid"},
    {AUDIT_FSUID, "fsuid"},
    {AUDIT_GID, "gid"},
    {AUDIT_EGID, "egid"},
    {AUDIT_SGID, "sgid"},
    {AUDIT_FSGID, "fsgid"},
    {AUDIT_LOGINUID, "auid"},
    {AUDIT_PERS, "pers"},
    {AUDIT_ARCH, "arch"},
    {AUDIT_MSGTYPE, "msgtype"},
    {AUDIT_SUBJ_USER, "subj_user"},
    {AUDIT_SUBJ_ROLE, "subj_role"},
    {AUDIT_SUBJ_TYPE, "subj_type"},
    {AUDIT_SUBJ_SEN, "subj_sen"},
    {AUDIT_SUBJ_CLR, "subj_clr"},
    {AUDIT_PPID, "ppid"},
    {AUDIT_OBJ_USER, "obj_user"},
    {AUDIT_OBJ_ROLE, "obj_role"},
    {AUDIT_OBJ_TYPE, "obj_type"},
    {AUDIT_OBJ_LEV_LOW, "obj_lev_low"},
    {AUDIT_OBJ_LEV_HIGH, "obj_lev_high"},
    {24, "loginuid_set"},
    {25, "sessionid"},
    {26, "fstype"},
    {AUDIT_DEVMAJOR, "devmajor"},
    {AUDIT_DEVMINOR, "devminor"},
    {AUDIT_INODE, "inode"},
    {AUDIT_EXIT, "exit"},
    {AUDIT_SUCCESS, "success"},
    {AUDIT_WATCH, "path"},
    {AUDIT_PERM, "perm"},
    {AUDIT_DIR, "dir"},
    {AUDIT_FILETYPE, "filetype"},
    {AUDIT_OBJ_UID, "obj_uid"},
    {AUDIT_OBJ_GID, "obj_gid"},
    {AUDIT_FIELD_COMPARE, "compare"},
    {112, "exe"},
    {113, "saddr_fam"},
    {AUDIT_ARG0, "a0"},
    {AUDIT_ARG1, "a1"},
    {AUDIT_ARG2, "a2"},
    {AUDIT_ARG3, "a3"},
    {AUDIT_FILTERKEY, "key"},
};

static const char *field_name(unsigned number)
{
    for (size_t i = 0; i < COLUMN_COUNT(field_names); i++)
        if (field_names[i].number == number)
            return field_names[i].name;
    return NULL;
}

static const struct {
    int number;
    const char *name;
} errno_names[] = {{1, "EPERM"}, {2, "ENOENT"}, {13, "EACCES"}, {17, "EEXIST"}, {21, "EISDIR"}, {30, "EROFS"}};

static bool is_id(struct str name)
{
    return str_ends(name, "uid") || str_ends(name, "gid");
}

/* The value of a condition in its one form. */
static struct str canonical_value(struct arena *a, struct str name, struct str value)
{
    if (is_id(name)) {
        if (str_is(value, "-1") || str_is(value, "4294967295"))
            return STR("unset");
        if (str_is(value, "root"))
            return STR("0");
    } else if (str_is(name, "exit")) {
        int64_t number;
        if (str_to_int64(value, &number))
            for (size_t i = 0; i < COLUMN_COUNT(errno_names); i++)
                if (number == -errno_names[i].number)
                    return arena_printf(a, "-%s", errno_names[i].name);
    } else if (str_is(name, "success")) {
        return str_is(value, "yes") ? STR("1") : str_is(value, "no") ? STR("0") : value;
    }
    return value;
}

static struct str without_slash(struct str path)
{
    while (path.size > 1 && path.data[path.size - 1] == '/')
        path.size--;
    return path;
}

/* "rwxa" of what is watched, in that order. */
static struct str permission_letters(struct arena *a, struct str letters)
{
    char text[5];
    size_t n = 0;
    for (const char *p = "rwxa"; *p; p++)
        if (str_find_char(letters, *p) >= 0)
            text[n++] = *p;
    return arena_str(a, str_make(text, n));
}

static struct str arch_name(struct str value)
{
    if (str_is(value, "x86_64") || str_is(value, "aarch64"))
        return STR("b64");
    if (str_is(value, "i386") || str_is(value, "i686") || str_is(value, "arm"))
        return STR("b32");
    return value;
}

static void add_field(struct draft *d, struct str name, const char *operator, struct str value)
{
    bool is_equal = strcmp(operator, "=") == 0;
    if (is_equal && (str_is(name, "path") || str_is(name, "dir")))
        d->rule->path = arena_str(d->arena, without_slash(value));
    else if (is_equal && str_is(name, "perm"))
        d->rule->permissions = permission_letters(d->arena, value);
    else if (is_equal && str_is(name, "arch"))
        d->rule->arch = arch_name(value);
    else if (is_equal && str_is(name, "key"))
        items_add(&d->keys, value);
    else
        items_add(&d->fields, arena_printf(d->arena, "%.*s%s%.*s", STR_ARGS(name), operator,
                                           STR_ARGS(canonical_value(d->arena, name, value))));
}

/* "auid>=1000", "path=/etc/passwd", "auid!=unset" */
static void parse_condition(struct draft *d, struct str text, const char *prefix)
{
    static const char *const operators[] = {"!=", ">=", "<=", "&=", "=", ">", "<", "&"};
    for (size_t i = 0; i < text.size; i++) {
        for (size_t o = 0; o < COLUMN_COUNT(operators); o++) {
            size_t size = strlen(operators[o]);
            if (i == 0 || i + size > text.size || memcmp(text.data + i, operators[o], size) != 0)
                continue;
            struct str name = arena_printf(d->arena, "%s%.*s", prefix, (int)i, text.data);
            add_field(d, name, operators[o], str_slice(text, i + size, text.size));
            return;
        }
    }
}

static void parse_list_action(struct draft *d, struct str text)
{
    struct str part;
    while (text.size) {
        str_cut(&text, ',', &part);
        if (str_is(part, "always") || str_is(part, "never") || str_is(part, "possible"))
            d->rule->action = part;
        else
            d->rule->list = str_is(part, "entry") ? STR("exit") : part;
    }
}

static void parse_syscalls(struct draft *d, struct str text)
{
    struct str one;
    while (text.size) {
        str_cut(&text, ',', &one);
        if (str_is(one, "all"))
            d->has_all_syscalls = true;
        else
            items_add(&d->syscalls, one);
    }
}

static void finish(struct draft *d)
{
    struct audit_rule *r = d->rule;
    bool is_exit = str_is(r->list, "exit");
    r->key = items_join(d->arena, &d->keys, ',');
    r->fields = items_join(d->arena, &d->fields, ' ');
    r->syscalls = items_join(d->arena, &d->syscalls, ',');
    bool is_watch = r->path.size && !r->syscalls.size;
    r->kind = is_watch ? "watch" : "syscall";
    if (is_watch && !r->permissions.data)
        r->permissions = STR("rwxa");
    if (!is_watch && is_exit && !r->syscalls.size)
        r->syscalls = STR("all");
}

static bool parse_control(struct arena *a, struct str option, struct str line, struct audit_rule *ret)
{
    static const char *const options[] = {"-b",
                                          "-e",
                                          "-f",
                                          "-r",
                                          "-c",
                                          "-i",
                                          "-D",
                                          "--backlog_wait_time",
                                          "--loginuid-immutable",
                                          "--reset-lost",
                                          "--reset_backlog_wait_time_actual",
                                          "-q",
                                          "-t"};
    for (size_t i = 0; i < COLUMN_COUNT(options); i++)
        if (str_is(option, options[i])) {
            *ret = (struct audit_rule){.kind = "control"};
            line = str_trim(line);
            ret->fields = line.size ? arena_printf(a, "%.*s %.*s", STR_ARGS(option), STR_ARGS(line)) : arena_str(a, option);
            return true;
        }
    return false;
}

bool audit_rule_parse(struct arena *a, struct str line, struct audit_rule *ret)
{
    struct draft d = {.arena = a, .rule = ret};
    struct str option, value;
    line = str_trim(line);
    if (!conf_next_word(a, &line, &option))
        return false;
    if (parse_control(a, option, line, ret))
        return true;
    *ret = (struct audit_rule){0};
    do {
        if (str_is(option, "--")) /* nothing but a separator of some writers */
            continue;
        if (option.size != 2 || option.data[0] != '-' || !conf_next_word(a, &line, &value))
            return false;
        switch (option.data[1]) {
        case 'w':
            ret->path = arena_str(a, without_slash(value));
            ret->list = STR("exit");
            ret->action = STR("always");
            break;
        case 'p':
            ret->permissions = permission_letters(a, value);
            break;
        case 'k':
            items_add(&d.keys, value);
            break;
        case 'a':
        case 'A':
            parse_list_action(&d, value);
            break;
        case 'S':
            parse_syscalls(&d, value);
            break;
        case 'F':
            parse_condition(&d, value, "");
            break;
        case 'C':
            parse_condition(&d, value, "compare:");
            break;
        default:
            return false;
        }
    } while (conf_next_word(a, &line, &option));
    if (!ret->list.size || !ret->action.size)
        return false;
    finish(&d);
    return true;
}

static const char *operator_of(uint32_t flags)
{
    switch (flags & 0x78000000u) {
    case 0x30000000u:
        return "!=";
    case 0x40000000u:
        return "=";
    case 0x10000000u:
        return "<";
    case 0x20000000u:
        return ">";
    case 0x50000000u:
        return "<=";
    case 0x60000000u:
        return ">=";
    case 0x08000000u:
        return "&";
    case 0x48000000u:
        return "&=";
    default:
        return "?";
    }
}

static bool is_text_field(uint32_t number)
{
    return (number >= AUDIT_SUBJ_USER && number <= AUDIT_SUBJ_CLR) ||
           (number >= AUDIT_OBJ_USER && number <= AUDIT_OBJ_LEV_HIGH) || number == AUDIT_WATCH || number == AUDIT_DIR ||
           number == AUDIT_FILTERKEY || number == 112;
}

static void decode_field(struct draft *d, uint32_t number, uint32_t value, const char *operator, struct str text)
{
    const char *known = field_name(number);
    struct str name = known ? str_of(known) : arena_printf(d->arena, "f%u", number);
    if (number == AUDIT_FILTERKEY) {
        struct str key;
        while (text.size) { /* several keys are parted by the byte 1 */
            str_cut(&text, '\1', &key);
            items_add(&d->keys, arena_str(d->arena, key));
        }
    } else if (is_text_field(number)) {
        add_field(d, name, operator, arena_str(d->arena, text));
    } else if (number == AUDIT_PERM) {
        char letters[5];
        int n = snprintf(letters, sizeof(letters), "%s%s%s%s", value & 4 ? "r" : "", value & 2 ? "w" : "", value & 1 ? "x" : "",
                         value & 8 ? "a" : "");
        add_field(d, name, operator, arena_str(d->arena, str_make(letters, (size_t)n)));
    } else if (number == AUDIT_ARCH) {
        struct str bits = value & 0x80000000u ? STR("b64") : STR("b32");
        d->rule->arch = bits;
    } else if (is_id(name) || number == AUDIT_MSGTYPE) {
        add_field(d, name, operator, arena_printf(d->arena, "%u", value));
    } else {
        add_field(d, name, operator, arena_printf(d->arena, "%d", (int)value));
    }
}

static void decode_syscalls(struct draft *d, const uint32_t *mask, uint32_t arch)
{
    bool is_all = true;
    for (size_t i = 0; i < AUDIT_BITMASK_SIZE - 1; i++)
        is_all &= mask[i] == UINT32_MAX;
    d->has_all_syscalls = is_all;
    for (unsigned n = 0; !is_all && n < AUDIT_BITMASK_SIZE * 32; n++) {
        if (!(mask[n / 32] & (1u << (n % 32))))
            continue;
        const char *name = audit_syscall_name(arch, n);
        items_add(&d->syscalls, name ? str_of(name) : arena_printf(d->arena, "%u", n));
    }
}

/* Which numbers a rule's system calls are counted in: what its arch says, else those of this machine. */
static uint32_t machine_of(uint32_t arch)
{
    if (arch)
        return arch;
#if defined(__aarch64__)
    return AUDIT_ARCH_AARCH64;
#else
    return AUDIT_ARCH_X86_64;
#endif
}

bool audit_rule_decode(struct arena *a, struct str bytes, struct audit_rule *ret)
{
    static const char *const lists[] = {"user", "task", "exit", "watch", "exit", "exclude", "filesystem", "io_uring"};
    uint32_t head[3], mask[AUDIT_BITMASK_SIZE], fields[AUDIT_MAX_FIELDS], values[AUDIT_MAX_FIELDS], flags[AUDIT_MAX_FIELDS];
    struct {
        void *into;
        size_t size;
    } parts[] = {
        {head, sizeof(head)}, {mask, sizeof(mask)}, {fields, sizeof(fields)}, {values, sizeof(values)}, {flags, sizeof(flags)}};
    struct cursor c = cursor_of(bytes);
    for (size_t i = 0; i < COLUMN_COUNT(parts); i++) {
        struct str part = cursor_take(&c, parts[i].size);
        if (!c.failed)
            memcpy(parts[i].into, part.data, parts[i].size); /* the kernel's own byte order */
    }
    struct str length = cursor_take(&c, sizeof(uint32_t));
    uint32_t text_size = 0;
    if (c.failed)
        return false;
    memcpy(&text_size, length.data, sizeof(text_size));
    struct cursor text = cursor_of(cursor_take(&c, text_size));
    if (c.failed || head[2] > AUDIT_MAX_FIELDS || head[0] >= COLUMN_COUNT(lists))
        return false;
    struct draft d = {.arena = a, .rule = ret};
    *ret = (struct audit_rule){.list = str_of(lists[head[0]])};
    ret->action = head[1] == AUDIT_NEVER ? STR("never") : head[1] == AUDIT_ALWAYS ? STR("always") : STR("possible");
    uint32_t arch = 0;
    for (uint32_t i = 0; i < head[2]; i++) {
        struct str value = is_text_field(fields[i]) ? cursor_take(&text, values[i]) : STR("");
        if (fields[i] == AUDIT_ARCH)
            arch = values[i];
        decode_field(&d, fields[i], values[i], operator_of(flags[i]), value);
    }
    if (text.failed)
        return false;
    if (str_is(ret->list, "exit"))
        decode_syscalls(&d, mask, machine_of(arch));
    finish(&d);
    return true;
}

bool audit_rule_equal(const struct audit_rule *x, const struct audit_rule *y)
{
    return strcmp(x->kind, y->kind) == 0 && str_equal(x->list, y->list) && str_equal(x->action, y->action) &&
           str_equal(x->path, y->path) && str_equal(x->permissions, y->permissions) && str_equal(x->fields, y->fields) &&
           str_equal(x->syscalls, y->syscalls) && str_equal(x->arch, y->arch) && str_equal(x->key, y->key);
}
