#include "ledger/bundle.h"

#include "base/limits.h"
#include "ledger/bundle_internal.h"
#include "ledger/policy.h"

/* ---- first look at all leaves: keys, erasures, anchors ---- */

static struct str type_of(struct str leaf)
{
    static const char magic[] = "assay/leaf@v1 ";
    struct str rest = leaf, head;
    if (!str_starts(leaf, magic) || !str_cut(&rest, '\n', &head))
        return STR("");
    return str_slice(head, sizeof(magic) - 1, head.size);
}

static void *grow(struct bundle_writer *w, void *list, size_t count, size_t *capacity, size_t element)
{
    return count == *capacity ? arena_grow(w->kept, list, count, capacity, element) : list;
}

static bool anchor_keep(struct bundle_writer *w, uint64_t index, const struct json *leaf, struct err *e)
{
    struct bundle_anchor a = {.index = index, .is_tst = str_is(json_text(leaf, "kind"), "tst")};
    struct str text, lines;
    const struct json *blob = json_at(json_get(leaf, "b"), 0);
    a.note = arena_str(w->kept, json_text(leaf, "note"));
    if (!checkpoint_parse(a.note, &a.checkpoint, &text, &lines, e))
        return err_wrap(e, "anchor leaf %llu", (unsigned long long)index);
    snprintf(a.c, sizeof(a.c), "%.*s", STR_ARGS(json_text(blob, "c")));
    snprintf(a.x, sizeof(a.x), "%.*s", STR_ARGS(json_text(blob, "x")));
    w->anchors = grow(w, w->anchors, w->anchor_count, &w->anchor_capacity, sizeof(*w->anchors));
    w->anchors[w->anchor_count++] = a;
    return true;
}

static bool special_leaf(void *context, uint64_t index, struct str bytes, struct err *e)
{
    struct bundle_writer *w = context;
    struct str type = type_of(bytes);
    bool is_key = str_is(type, "key"), is_erase = str_is(type, "erase"), is_anchor = str_is(type, "anchor");
    if (!is_key && !is_erase && !is_anchor)
        return true;
    struct leaf leaf;
    arena_reset(w->scratch);
    if (!leaf_parse(w->scratch, bytes, &leaf, e))
        return err_wrap(e, "leaf %llu", (unsigned long long)index);
    if (is_anchor)
        return anchor_keep(w, index, leaf.json, e);
    struct bundle_special s = {.index = index, .bytes = arena_str(w->kept, bytes), .is_key = is_key};
    if (is_erase && !hex_decode(json_text(leaf.json, "x"), s.x.bytes, SHA256_SIZE))
        return err_set(e, ERR_CORRUPT, "leaf %llu: an erase leaf without x", (unsigned long long)index);
    w->specials = grow(w, w->specials, w->special_count, &w->special_capacity, sizeof(*w->specials));
    w->specials[w->special_count++] = s;
    return true;
}

/* ---- members before the blobs ---- */

static bool has_leaf(const struct bundle_writer *w, uint64_t index)
{
    if (w->o->mode != BUNDLE_SELECTED)
        return index >= w->from && index < w->to;
    for (size_t i = 0; i < w->o->leaf_count; i++)
        if (w->o->leaves[i] == index)
            return true;
    return false;
}

static bool keys_write(struct bundle_writer *w, struct err *e)
{
    struct spool_file list;
    struct buf BUF_AUTO line;
    buf_init(&line, 512 << 10);
    bool ok = spool_file_open(&list, w->tmp_dir, e);
    for (size_t i = 0; ok && i < w->special_count; i++) {
        if (!w->specials[i].is_key)
            continue;
        arena_reset(w->scratch);
        struct json *o = json_object(w->scratch);
        json_put_int(o, "i", (int64_t)w->specials[i].index);
        json_put_str(o, "leaf", w->specials[i].bytes);
        buf_clear(&line);
        ok = json_write_canonical(&line, o, e);
        buf_char(&line, '\n');
        ok = ok && spool_file_add(&list, buf_view(&line), e);
    }
    ok = ok && spool_member_file(&w->parts[BEFORE], "keys.jsonl", &list, e);
    spool_file_close(&list);
    return ok;
}

static bool checkpoint_add(struct bundle_writer *w, struct spool_file *list, struct str note, bool *ret_witnessed, struct err *e)
{
    char head[32];
    struct err why = {0};
    size_t count = 0;
    *ret_witnessed = w->policy && policy_satisfied(w->policy, note, &count, &why) && count > 0;
    int size = snprintf(head, sizeof(head), "== %zu\n", note.size);
    return spool_file_add(list, str_make(head, (size_t)size), e) && spool_file_add(list, note, e);
}

static int anchor_order(const void *a, const void *b)
{
    const struct bundle_anchor *x = *(const struct bundle_anchor *const *)a, *y = *(const struct bundle_anchor *const *)b;
    if (x->checkpoint.size != y->checkpoint.size)
        return x->checkpoint.size < y->checkpoint.size ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* The notes of the anchors of the range, in the order of their sizes, each once; then the newest witnessed, then the head. */
static bool checkpoints_write(struct bundle_writer *w, struct err *e)
{
    struct spool_file list;
    struct buf BUF_AUTO witnessed;
    struct checkpoint c;
    struct str text, lines, last = {"", 0};
    struct err none = {0};
    bool is_witnessed = false, ok = spool_file_open(&list, w->tmp_dir, e);
    const struct bundle_anchor **sorted = arena_array(w->kept, w->anchor_count + 1, sizeof(*sorted));
    buf_init(&witnessed, 1 << 20);
    for (size_t i = 0; i < w->anchor_count; i++)
        sorted[i] = &w->anchors[i];
    qsort(sorted, w->anchor_count, sizeof(*sorted), anchor_order);
    for (size_t i = 0; ok && i < w->anchor_count; i++) {
        if (sorted[i]->checkpoint.size <= w->from || !has_leaf(w, sorted[i]->index) || str_equal(sorted[i]->note, last))
            continue;
        last = sorted[i]->note;
        ok = checkpoint_add(w, &list, last, &is_witnessed, e);
        if (is_witnessed || (sorted[i]->is_tst && has_leaf(w, sorted[i]->index)))
            w->anchored = sorted[i]->checkpoint.size > w->anchored ? sorted[i]->checkpoint.size : w->anchored;
    }
    if (ok && os_file_read(&os_file_real, w->o->ledger_dir, "checkpoint.witnessed", &witnessed, &none) &&
        checkpoint_parse(buf_view(&witnessed), &c, &text, &lines, &none) && c.size <= w->head->size && c.size > w->from &&
        (w->anchor_count == 0 || c.size >= sorted[w->anchor_count - 1]->checkpoint.size) && !str_equal(buf_view(&witnessed), last)) {
        ok = checkpoint_add(w, &list, buf_view(&witnessed), &is_witnessed, e);
        if (is_witnessed)
            w->anchored = c.size > w->anchored ? c.size : w->anchored;
    }
    ok = ok && checkpoint_add(w, &list, ledger_reader_note(w->reader), &is_witnessed, e) &&
         spool_member_file(&w->parts[BEFORE], "checkpoints.txt", &list, e);
    spool_file_close(&list);
    return ok;
}

static bool stamps_write(struct bundle_writer *w, struct err *e)
{
    for (size_t i = 0; i < w->anchor_count; i++) {
        const struct bundle_anchor *a = &w->anchors[i];
        struct blob_opened token;
        char name[64];
        if (!a->is_tst || !has_leaf(w, a->index))
            continue;
        arena_reset(w->scratch);
        snprintf(name, sizeof(name), "tsa/%llu.tsr", (unsigned long long)a->index);
        if (!w->o->blobs.open(w->o->blobs.open_context, w->scratch, a->index, a->c, a->x, &token, e) || !blob_settle(&token, a->c, a->x, e) ||
            !spool_member(&w->parts[BEFORE], name, token.plain, e))
            return false;
    }
    return w->o->tsa_chain.size == 0 || spool_member(&w->parts[BEFORE], "tsa/ca.pem", w->o->tsa_chain, e);
}

static bool tile_write(struct bundle_writer *w, int level, uint64_t n, struct err *e)
{
    char path[TILE_PATH_SIZE];
    struct buf *bytes = level == LEVEL_ENTRIES ? &w->store.bundle : &w->store.bytes;
    w->store.bundle_n = UINT64_MAX;
    tile_path(level, n, tile_width(level, n, w->head->size), path);
    return tile_read(&w->store, level, n, bytes, e) && spool_member(&w->parts[BEFORE], path, buf_view(bytes), e);
}

/* For each level the tiles over the range, then the right edge where it lies behind them; then the entry bundles. */
static bool tiles_write(struct bundle_writer *w, struct err *e)
{
    if (w->o->mode == BUNDLE_SELECTED)
        return true;
    for (int level = 0; level < TILE_LEVELS && w->head->size >> (8 * level) > 0; level++) {
        uint64_t hashes = w->head->size >> (8 * level), first = w->from >> (8 * level) >> 8;
        uint64_t last = (w->to - 1) >> (8 * level) >> 8, end = (hashes - 1) >> 8;
        last = last < end ? last : end;
        for (uint64_t n = first; n <= last; n++)
            if (!tile_write(w, level, n, e))
                return false;
        if ((hashes & 255) && (first > last || hashes >> 8 > last) && !tile_write(w, level, hashes >> 8, e))
            return false;
    }
    for (uint64_t n = w->from >> 8; n <= (w->to - 1) >> 8; n++)
        if (!tile_write(w, LEVEL_ENTRIES, n, e))
            return false;
    return true;
}

static bool pair_write(struct bundle_writer *w, uint64_t index, struct str leaf, struct err *e)
{
    char name[64];
    struct buf BUF_AUTO proof;
    buf_init(&proof, 1 << 20);
    snprintf(name, sizeof(name), "proofs/%llu.leaf", (unsigned long long)index);
    if (!spool_member(&w->parts[BEFORE], name, leaf, e) || !proof_write(w->reader, index, ledger_reader_note(w->reader), &proof, e))
        return false;
    snprintf(name, sizeof(name), "proofs/%llu.tlog-proof", (unsigned long long)index);
    w->pairs++;
    return spool_member(&w->parts[BEFORE], name, buf_view(&proof), e);
}

/* Chosen leaves, and in any case the key and erase leaves that the tiles here do not show; ascending. */
static bool proofs_write(struct bundle_writer *w, struct err *e)
{
    size_t s = 0, i = 0, leaves = w->o->mode == BUNDLE_SELECTED ? w->o->leaf_count : 0;
    while (s < w->special_count || i < leaves) {
        uint64_t special = s < w->special_count ? w->specials[s].index : UINT64_MAX, chosen = i < leaves ? w->o->leaves[i] : UINT64_MAX;
        uint64_t index = special < chosen ? special : chosen;
        struct str leaf;
        s += special == index;
        i += chosen == index;
        if (w->o->mode != BUNDLE_SELECTED && has_leaf(w, index))
            continue;
        arena_reset(w->scratch);
        if (!ledger_reader_leaf(w->reader, w->scratch, index, &leaf, e) || !pair_write(w, index, leaf, e))
            return false;
    }
    return true;
}

/* ---- the whole ---- */

static bool manifest_text(struct bundle_writer *w, struct spool_file *members, struct buf *out, struct err *e)
{
    const struct bundle_options *o = w->o;
    static const char *const modes[] = {"full", "range", "selected"};
    struct sha256 hash;
    struct json *m = json_object(w->kept), *list;
    if (!spool_file_hash(members, &hash, e))
        return false;
    json_put_cstr(m, "aud", o->audience);
    json_put_cstr(m, "pur", o->purpose);
    if (o->engagement)
        json_put_cstr(m, "eng", o->engagement);
    json_put_cstr(m, "log", o->origin);
    json_put_cstr(m, "mode", modes[o->mode]);
    json_put_int(m, "from", (int64_t)w->from);
    json_put_int(m, "to", (int64_t)w->to);
    json_put_int(m, "size", (int64_t)w->head->size);
    json_put_hex(m, "root", w->head->root.bytes, SHA256_SIZE);
    json_put_int(m, "lag", w->report->lag_ms);
    list = json_put_array(m, "per");
    json_push_int(list, w->first_t);
    json_push_int(list, w->last_t);
    list = json_put_object(m, "mem");
    json_put_hex(list, "h", hash.bytes, SHA256_SIZE);
    json_put_int(list, "z", (int64_t)members->size);
    list = json_put_object(m, "cnt");
    json_put_int(list, "blobs", (int64_t)w->report->blobs);
    json_put_int(list, "erased", (int64_t)w->report->erased);
    json_put_int(list, "leaves", (int64_t)w->report->leaves);
    json_put_int(list, "members", (int64_t)w->report->members);
    json_put_int(list, "withheld", (int64_t)w->report->withheld);
    buf_cstr(out, "assay/bundle@v1\n");
    if (!json_write_canonical(out, m, e))
        return false;
    buf_char(out, '\n');
    return true;
}

static bool assemble(struct bundle_writer *w, int fd, struct err *e)
{
    static const char zero[1024];
    struct buf BUF_AUTO text, lines;
    char header[512];
    struct spool_file members, out = {.fd = fd, .buffer = malloc(SPOOL_BUFFER)};
    buf_init(&text, 60 << 10);
    buf_init(&lines, 16 << 10);
    bool ok = spool_file_open(&members, w->tmp_dir, e) && (out.buffer || err_set(e, ERR_LIMIT, "a bundle: no memory"));
    for (int i = 0; ok && i < PARTS; i++) {
        ok = spool_file_copy(&w->parts[i].lines, &members, e);
        w->report->members += w->parts[i].members;
    }
    ok = ok && manifest_text(w, &members, &text, e) && w->o->sign(w->o->sign_context, buf_view(&text), &lines, e);
    buf_char(&text, '\n');
    buf_str(&text, buf_view(&lines));
    ok = ok && (!text.full || err_set(e, ERR_TOO_LARGE, "bundle: audience and purpose are too long"));
    ok = ok && ustar_header("manifest.note", text.size, header) && spool_file_add(&out, str_make(header, 512), e) &&
         spool_file_add(&out, buf_view(&text), e) && spool_file_pad(&out, e) &&
         ustar_header("members.jsonl", members.size, header) && spool_file_add(&out, str_make(header, 512), e) &&
         spool_file_copy(&members, &out, e) && spool_file_pad(&out, e);
    for (int i = 0; ok && i < PARTS; i++)
        ok = spool_file_copy(&w->parts[i].data, &out, e);
    ok = ok && spool_file_add(&out, str_make(zero, sizeof(zero)), e) && spool_file_flush(&out, e);
    w->report->bytes = out.size;
    free(out.buffer);
    spool_file_close(&members);
    return ok;
}

static bool range_settle(struct bundle_writer *w, struct err *e)
{
    const struct bundle_options *o = w->o;
    uint64_t size = w->head->size;
    if (size == 0)
        return err_set(e, ERR_INVALID, "bundle: nothing is signed yet");
    w->to = size;
    if (o->mode == BUNDLE_RANGE) {
        if (o->from >= o->to || o->from >= size)
            return err_set(e, ERR_INVALID, "bundle: no leaves in [%llu, %llu) of %llu", (unsigned long long)o->from,
                           (unsigned long long)o->to, (unsigned long long)size);
        w->from = o->from / TILE_WIDTH * TILE_WIDTH;
        w->to = o->to > size - size % TILE_WIDTH ? size : (o->to + TILE_WIDTH - 1) / TILE_WIDTH * TILE_WIDTH;
    }
    for (size_t i = 0; o->mode == BUNDLE_SELECTED && i < o->leaf_count; i++)
        if (o->leaves[i] >= size || (i > 0 && o->leaves[i] <= o->leaves[i - 1]))
            return err_set(e, ERR_INVALID, "bundle: leaf %llu is not there, or is asked for twice", (unsigned long long)o->leaves[i]);
    return true;
}

/* The time of the newest leaf that something from outside covers, against that of the newest leaf. */
static bool lag_compute(struct bundle_writer *w, struct err *e)
{
    struct str bytes;
    struct leaf leaf;
    w->report->lag_ms = -1;
    if (w->anchored == 0 || w->o->mode == BUNDLE_SELECTED)
        return true;
    arena_reset(w->scratch);
    if (!ledger_reader_leaf(w->reader, w->scratch, w->anchored - 1, &bytes, e) || !leaf_parse(w->scratch, bytes, &leaf, e))
        return false;
    w->report->lag_ms = w->last_t - json_int(leaf.json, "t", 0);
    return true;
}

static bool write_parts(struct bundle_writer *w, struct err *e)
{
    struct str policy = w->o->policy.size ? w->o->policy : STR("quorum none\n");
    return ledger_reader_each(w->reader, 0, w->head->size, special_leaf, w, e) &&
           spool_member(&w->parts[BEFORE], "policy", policy, e) && keys_write(w, e) && checkpoints_write(w, e) &&
           stamps_write(w, e) && tiles_write(w, e) && proofs_write(w, e) && bundle_leaves_write(w, e) && lag_compute(w, e) &&
           spool_member(&w->parts[AFTER], "README.txt", str_of(bundle_readme), e) && bundle_pages_write(w, e);
}

bool bundle_write(const struct bundle_options *o, int fd, int tmp_dir, struct bundle_report *ret, struct err *e)
{
    struct err ignored = {0};
    struct bundle_report report = {.lag_ms = -1};
    struct bundle_writer *w = calloc(1, sizeof(*w));
    if (!w)
        return err_set(e, ERR_LIMIT, "a bundle: no memory");
    *w = (struct bundle_writer){.o = o, .tmp_dir = tmp_dir, .report = &report, .salts.fd = -1, .state.fd = -1};
    for (int i = 0; i < PARTS; i++)
        w->parts[i] = (struct spool){.data.fd = -1, .lines.fd = -1};
    w->kept = arena_new("bundle", (size_t)1 << 30);
    w->scratch = arena_new("bundle: one leaf", 64 << 20);
    w->policy = o->policy.size ? policy_parse(w->kept, o->policy, &ignored) : NULL;
    w->reader = o->head.size ? ledger_reader_at(o->ledger_dir, o->head, e) : ledger_reader_open(o->ledger_dir, e);
    bool ok = w->reader != NULL;
    if (ok) {
        w->head = ledger_reader_head(w->reader);
        tile_store_init(&w->store, &os_file_real, o->ledger_dir, w->head->size);
    }
    for (int i = 0; ok && i < PARTS; i++)
        ok = spool_open(&w->parts[i], tmp_dir, e);
    ok = ok && spool_file_open(&w->salts, tmp_dir, e) && spool_file_open(&w->state, tmp_dir, e) && range_settle(w, e) &&
         write_parts(w, e);
    report.size = ok ? w->head->size : 0;
    report.from = w->from;
    report.to = w->to;
    report.leaves = o->mode == BUNDLE_SELECTED ? w->pairs : w->to - w->from;
    ok = ok && assemble(w, fd, e);
    for (int i = 0; i < PARTS; i++)
        spool_close(&w->parts[i]);
    spool_file_close(&w->salts);
    spool_file_close(&w->state);
    if (w->head)
        tile_store_release(&w->store);
    ledger_reader_close(w->reader);
    arena_free(w->kept);
    arena_free(w->scratch);
    free(w->given.entries);
    free(w);
    if (ok)
        *ret = report;
    return ok;
}
