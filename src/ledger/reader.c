#include "ledger/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct ledger_reader {
    int dir;
    struct buf note;
    struct checkpoint head;
    struct tile_store store;
};

static struct ledger_reader *reader_new(int ledger_dir, const struct str *note, struct err *e)
{
    struct ledger_reader *r = calloc(1, sizeof(*r));
    if (!r) {
        err_set(e, ERR_LIMIT, "read the ledger: no memory");
        return NULL;
    }
    struct str text, lines;
    buf_init(&r->note, 1 << 20);
    r->dir = fcntl(ledger_dir, F_DUPFD_CLOEXEC, 0);
    bool is_ok = r->dir >= 0 || err_errno(e, errno, "read the ledger");
    if (note)
        buf_str(&r->note, *note);
    else
        is_ok = is_ok && os_file_read(&os_file_real, r->dir, "checkpoint", &r->note, e);
    is_ok = is_ok && checkpoint_parse(buf_view(&r->note), &r->head, &text, &lines, e);
    tile_store_init(&r->store, &os_file_real, r->dir, r->head.size);
    return is_ok ? r : ledger_reader_close(r);
}

struct ledger_reader *ledger_reader_open(int ledger_dir, struct err *e)
{
    return reader_new(ledger_dir, NULL, e);
}

struct ledger_reader *ledger_reader_at(int ledger_dir, struct str note, struct err *e)
{
    return reader_new(ledger_dir, &note, e);
}

struct ledger_reader *ledger_reader_close(struct ledger_reader *r)
{
    if (!r)
        return NULL;
    tile_store_release(&r->store);
    buf_release(&r->note);
    if (r->dir >= 0)
        close(r->dir);
    free(r);
    return NULL;
}

const struct checkpoint *ledger_reader_head(const struct ledger_reader *r)
{
    return &r->head;
}

struct str ledger_reader_note(const struct ledger_reader *r)
{
    return buf_view(&r->note);
}

bool ledger_reader_leaf(struct ledger_reader *r, struct arena *a, uint64_t index, struct str *ret_leaf, struct err *e)
{
    struct str leaf;
    if (!tile_store_leaf(&r->store, index, &leaf, e))
        return false;
    *ret_leaf = arena_str(a, leaf);
    return true;
}

bool ledger_reader_each(struct ledger_reader *r, uint64_t from, uint64_t to,
                        bool (*each)(void *context, uint64_t index, struct str leaf, struct err *e), void *context, struct err *e)
{
    for (uint64_t index = from; index < to; index++) {
        struct str leaf;
        if (!tile_store_leaf(&r->store, index, &leaf, e) || !each(context, index, leaf, e))
            return false;
    }
    return true;
}

static bool size_check(const struct ledger_reader *r, uint64_t size, struct err *e)
{
    return size <= r->head.size || err_set(e, ERR_INVALID, "proof: a tree of %llu leaves is not signed yet, only %llu",
                                           (unsigned long long)size, (unsigned long long)r->head.size);
}

bool ledger_reader_inclusion(struct ledger_reader *r, uint64_t index, uint64_t size, struct sha256 ret_path[64],
                             size_t *ret_count, struct err *e)
{
    struct merkle_nodes nodes = tile_store_nodes(&r->store);
    return size_check(r, size, e) && merkle_inclusion(&nodes, index, size, ret_path, ret_count, e);
}

bool ledger_reader_root(struct ledger_reader *r, uint64_t size, struct sha256 *ret, struct err *e)
{
    struct merkle_nodes nodes = tile_store_nodes(&r->store);
    return size_check(r, size, e) && merkle_root(&nodes, size, ret, e);
}

bool ledger_reader_consistency(struct ledger_reader *r, uint64_t old_size, uint64_t size, struct sha256 ret_path[128],
                               size_t *ret_count, struct err *e)
{
    struct merkle_nodes nodes = tile_store_nodes(&r->store);
    return size_check(r, size, e) && merkle_consistency(&nodes, old_size, size, ret_path, ret_count, e);
}
