#include "collect/host/blocks.h"
#include "collect/host/conf.h"

enum { CHAIN_DEPTH_MAX = 12, CHAIN_BYTES_MAX = 512 };

bool block_attribute(struct gather *g, struct str name, const char *file, struct str *ret)
{
    struct err e = {0};
    struct str text;
    struct str path = arena_printf(g->arena, "/sys/class/block/%.*s/%s", STR_ARGS(name), file);
    if (!source_read_head(g->source, g->arena, path.data, 4096, &text, &e))
        return false;
    struct str line;
    *ret = str_next_line(&text, &line) ? str_trim(line) : STR("");
    return true;
}

bool block_is_crypt(struct str dm_uuid)
{
    return str_starts(dm_uuid, "CRYPT-") && !str_starts(dm_uuid, "CRYPT-VERITY") && !str_starts(dm_uuid, "CRYPT-INTEGRITY");
}

static struct str last_component(struct str path)
{
    for (size_t i = path.size; i > 0; i--)
        if (path.data[i - 1] == '/')
            return str_slice(path, i, path.size);
    return path;
}

bool block_name_of_number(struct gather *g, unsigned major, unsigned minor, struct str *ret_name)
{
    struct err e = {0};
    struct str target;
    if (major == 0)
        return false;
    if (!source_readlink(g->source, g->arena, arena_printf(g->arena, "/sys/dev/block/%u:%u", major, minor).data, &target, &e))
        return false;
    *ret_name = last_component(target);
    return ret_name->size > 0;
}

bool block_name_of_path(struct gather *g, struct str path, struct str *ret_name)
{
    struct err e = {0};
    struct str target;
    if (!str_starts(path, "/dev/"))
        return false;
    struct str copy = arena_str(g->arena, path);
    if (source_readlink(g->source, g->arena, copy.data, &target, &e))
        path = target;
    *ret_name = last_component(path);
    return ret_name->size > 0 && conf_exists(g, arena_printf(g->arena, "/sys/class/block/%.*s", STR_ARGS(*ret_name)).data);
}

/* The disk that a partition lies on: the directory above it in sysfs. */
static bool parent_of_partition(struct gather *g, struct str name, struct str *ret)
{
    struct err e = {0};
    struct str target;
    if (!source_readlink(g->source, g->arena, arena_printf(g->arena, "/sys/class/block/%.*s", STR_ARGS(name)).data, &target, &e))
        return false;
    struct str own = last_component(target);
    if (own.size + 1 >= target.size)
        return false;
    *ret = last_component(str_slice(target, 0, target.size - own.size - 1));
    return ret->size > 0;
}

static void walk_down(struct gather *g, struct str name, int depth, struct buf *chain, bool *is_encrypted, bool *is_known)
{
    struct str text;
    struct str *slaves = NULL;
    size_t count = 0;
    buf_str(chain, name);
    *is_encrypted = false;
    if (depth == 0)
        return;
    bool is_crypt = block_attribute(g, name, "dm/uuid", &text) && block_is_crypt(text);
    if (block_attribute(g, name, "loop/backing_file", &text))
        *is_known = false;
    struct err e = {0};
    if (!source_list(g->source, g->arena, arena_printf(g->arena, "/sys/class/block/%.*s/slaves", STR_ARGS(name)).data, &slaves,
                     &count, &e))
        count = 0;
    if (count == 0 && block_attribute(g, name, "partition", &text) && parent_of_partition(g, name, &text)) {
        buf_cstr(chain, " < ");
        walk_down(g, text, depth - 1, chain, is_encrypted, is_known);
        return;
    }
    bool is_all = count > 0;
    for (size_t i = 0; i < count; i++) {
        bool is_below;
        buf_cstr(chain, i == 0 ? (count > 1 ? " < (" : " < ") : ", ");
        walk_down(g, slaves[i], depth - 1, chain, &is_below, is_known);
        is_all &= is_below;
    }
    if (count > 1)
        buf_char(chain, ')');
    *is_encrypted = is_crypt || is_all;
}

void block_chain_of(struct gather *g, struct str name, struct block_chain *ret)
{
    struct buf chain;
    buf_init(&chain, CHAIN_BYTES_MAX);
    *ret = (struct block_chain){.is_known = true};
    ret->is_found = conf_exists(g, arena_printf(g->arena, "/sys/class/block/%.*s", STR_ARGS(name)).data);
    if (ret->is_found)
        walk_down(g, name, CHAIN_DEPTH_MAX, &chain, &ret->is_encrypted, &ret->is_known);
    ret->chain = arena_str(g->arena, buf_view(&chain));
    buf_release(&chain);
}

struct str block_unescape(struct arena *a, struct str s)
{
    if (str_find_char(s, '\\') < 0)
        return s;
    char *out = arena_alloc(a, s.size + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.size; i++) {
        const char *d = s.data + i;
        if (*d == '\\' && i + 3 < s.size && d[1] >= '0' && d[1] <= '3' && d[2] >= '0' && d[2] <= '7' && d[3] >= '0' &&
            d[3] <= '7') {
            out[n++] = (char)((d[1] - '0') * 64 + (d[2] - '0') * 8 + (d[3] - '0'));
            i += 3;
        } else {
            out[n++] = *d;
        }
    }
    return str_make(out, n);
}
