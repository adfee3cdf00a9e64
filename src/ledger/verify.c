#include "ledger/verify_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCRATCH_BYTES_MAX = 64 << 20 };
#define KEPT_BYTES_MAX (UINT64_C(4) << 30)

/* When there is no room left, the first of each other code still takes the place of one of the many: thousands of tiles are missing
 * where the checkpoint is not the log's, and that must not be what is left out. */
static struct verify_finding *finding_place(struct verify *v, const char *code)
{
    struct verify_report *r = v->report;
    if (r->finding_count < VERIFY_FINDINGS_MAX)
        return &r->findings[r->finding_count];
    for (size_t i = 0; i < VERIFY_FINDINGS_MAX; i++)
        if (strcmp(r->findings[i].code, code) == 0)
            return NULL;
    return v->displaced < VERIFY_FINDINGS_MAX / 4 ? &r->findings[VERIFY_FINDINGS_MAX - 1 - v->displaced++] : NULL;
}

void verify_find(struct verify *v, const char *code, const char *format, ...)
{
    struct verify_report *r = v->report;
    if (code[0] == 'E')
        r->is_ok = false;
    struct verify_finding *f = finding_place(v, code);
    r->finding_count++;
    if (!f)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(f->text, sizeof(f->text), format, arguments);
    va_end(arguments);
    f->code = code;
    for (char *p = f->text; *p; p++) /* one clear line whatever the damaged bytes were */
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
}

void verify_note(struct verify *v, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (v->report->note_count < VERIFY_NOTES_MAX)
        v->report->notes[v->report->note_count++] = arena_str(v->arena, str_of(text)).data;
}

static bool origin_find(struct verify *v, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, 64 << 10);
    if (!os_file_read(&os_file_real, v->data_dir, "config.json", &text, e))
        return e->code == ERR_NOT_FOUND ? verify_copy_find(v, e) : false;
    struct json *config = json_parse(v->scratch, buf_view(&text), JSON_LIMITS_DEFAULT, e);
    struct str origin = json_text(config, "origin");
    if (!config || origin.size == 0 || origin.size >= sizeof(v->origin) || memchr(origin.data, 0, origin.size))
        return err_set(e, ERR_CORRUPT, "config.json does not name the ledger's origin");
    memcpy(v->origin, origin.data, origin.size);
    v->origin[origin.size] = 0;
    return true;
}

/* The head that everything is checked against. Its signature is checked when the keys are known. */
static void head_read(struct verify *v, struct buf *note)
{
    struct err e = {0};
    struct str text, lines;
    snprintf(v->head.origin, sizeof(v->head.origin), "%s", v->origin);
    v->head.root = sha256_of(STR(""));
    if (!os_file_read(&os_file_real, v->ledger_dir, "checkpoint", note, &e)) {
        if (e.code != ERR_NOT_FOUND)
            verify_find(v, "E10", "%s", e.text);
        return;
    }
    struct checkpoint head;
    if (!checkpoint_parse(buf_view(note), &head, &text, &lines, &e)) {
        verify_find(v, "E10", "%s", e.text);
        return;
    }
    if (strcmp(head.origin, v->origin) != 0) {
        verify_find(v, "E02", "checkpoint: it is of another ledger, %s", head.origin);
        return;
    }
    if (head.size > UINT64_C(1) << 40) {
        verify_find(v, "E10", "checkpoint: a size of %llu cannot be", (unsigned long long)head.size);
        return;
    }
    v->head = head;
    v->has_head = true;
}

static void head_check(struct verify *v, struct str note)
{
    struct checkpoint head;
    struct str text, lines;
    struct err e = {0};
    if (!v->has_head)
        return;
    v->report->checkpoints_checked++;
    if (!checkpoint_parse(note, &head, &text, &lines, &e) || !verify_log_signature(v, head.size, text, lines, false, &e))
        verify_find(v, "E10", "checkpoint: %s", e.text);
    const struct checkpoint *seen = v->options->last_seen;
    if (!seen)
        return;
    struct merkle_nodes nodes = tile_store_nodes(&v->store);
    struct sha256 root;
    if ((seen->origin[0] && strcmp(seen->origin, v->origin) != 0) || seen->size > v->head.size)
        verify_find(v, "E14", "the checkpoint seen before has %llu leaves, this one %llu: this is an older or another ledger",
                    (unsigned long long)seen->size, (unsigned long long)v->head.size);
    else if (!merkle_root(&nodes, seen->size, &root, &e) || !sha256_equal(root, seen->root))
        verify_find(v, "E14", "the checkpoint seen before, of %llu leaves, is no prefix of this ledger",
                    (unsigned long long)seen->size);
}

/* E10, E12, E13 for every checkpoint that was ever signed, in the order of cp.log. Consistency is shown by the tree itself: its
 * first `size` leaves must have the root that was signed for them. */
static void cp_log_check(struct verify *v, struct str bytes)
{
    struct err e = {0};
    uint64_t offset = 0, last_size = 0;
    bool has_published = !v->has_head;
    struct merkle_nodes nodes = tile_store_nodes(&v->store);
    struct str note;
    for (uint64_t start = 0; cp_log_record(bytes, &offset, &note); start = offset) {
        struct checkpoint c;
        struct str text, lines;
        struct sha256 root;
        v->report->checkpoints_checked++;
        if (!checkpoint_parse(note, &c, &text, &lines, &e)) {
            verify_find(v, "E83", "cp.log at byte %llu: %s", (unsigned long long)start, e.text);
            continue;
        }
        if (!verify_log_signature(v, c.size, text, lines, true, &e))
            verify_find(v, "E10", "cp.log, checkpoint of %llu leaves: %s", (unsigned long long)c.size, e.text);
        if (strcmp(c.origin, v->origin) != 0)
            verify_find(v, "E02", "cp.log: a checkpoint of another ledger, %s", c.origin);
        if (c.size < last_size)
            verify_find(v, "E13", "cp.log: a checkpoint of %llu leaves follows one of %llu", (unsigned long long)c.size,
                        (unsigned long long)last_size);
        last_size = c.size;
        if (c.size > v->head.size)
            verify_note(v, "cp.log holds a checkpoint of %llu leaves that is not published yet", (unsigned long long)c.size);
        else if (!merkle_root(&nodes, c.size, &root, &e))
            verify_find(v, "E12", "cp.log, checkpoint of %llu leaves: %s", (unsigned long long)c.size, e.text);
        else if (!sha256_equal(root, c.root))
            verify_find(v, "E12", "cp.log: the checkpoint of %llu leaves is not consistent with the ledger",
                        (unsigned long long)c.size);
        has_published |= c.size == v->head.size && sha256_equal(c.root, v->head.root);
    }
    if (offset < bytes.size) {
        uint64_t behind = offset + 1;
        bool has_more = false;
        for (; !has_more && behind + 12 <= bytes.size; behind++) {
            uint64_t at = behind;
            has_more = bytes.data[behind] == 'A' && cp_log_record(bytes, &at, &note);
        }
        if (has_more)
            verify_find(v, "E83", "cp.log is damaged at byte %llu", (unsigned long long)offset);
        else
            verify_note(v, "cp.log ends in a torn record of %llu bytes, as a power cut leaves it",
                        (unsigned long long)(bytes.size - offset));
    }
    if (!has_published)
        verify_find(v, "E83", "cp.log does not hold the published checkpoint of %llu leaves", (unsigned long long)v->head.size);
}

void verify_cp_log(struct verify *v)
{
    struct err e = {0};
    struct stat facts;
    int fd = openat(v->private_dir, "cp.log", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool ok = fd >= 0 && fstat(fd, &facts) == 0;
    size_t size = ok && S_ISREG(facts.st_mode) ? (size_t)facts.st_size : 0;
    void *bytes = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL; /* it only grows, a checkpoint a second at most */
    if (!ok || bytes == MAP_FAILED)
        err_errno(&e, errno, "private/cp.log");
    if (e.code)
        verify_find(v, "E83", "%s", e.text);
    else
        cp_log_check(v, size ? str_make(bytes, size) : STR(""));
    if (size && bytes != MAP_FAILED)
        munmap(bytes, size);
    if (fd >= 0)
        close(fd);
}

static void check_all(struct verify *v)
{
    struct buf BUF_AUTO note;
    buf_init(&note, 1 << 20);
    if (v->private_dir >= 0)
        verify_state(
            v); /* before the checkpoint is read: a writer may go on meanwhile, and the later of the two is the checkpoint */
    verify_anchors_look(v);
    head_read(v, &note);
    if (v->has_head && v->head.size < v->published)
        verify_find(v, "E80", "the published checkpoint has %llu leaves, %llu were published before: ledger/ was rolled back",
                    (unsigned long long)v->head.size, (unsigned long long)v->published);
    if (!v->has_head && v->published > 0)
        verify_find(v, "E80", "there is no checkpoint that can be read, although one of %llu leaves was published",
                    (unsigned long long)v->published);
    v->durable = v->durable < v->head.size ? v->head.size : v->durable;
    tile_store_init(&v->store, &os_file_real, v->ledger_dir, v->head.size);
    v->report->size = v->head.size;
    v->report->root = v->head.root;
    verify_tree(v);
    if (v->options->is_tree_only) {
        head_check(v, buf_view(&note));
        tile_store_release(&v->store);
        return;
    }
    if (v->has_head && v->sealed_to != v->head.size)
        verify_find(v, "E50", "seals cover the leaves up to %llu of %llu", (unsigned long long)v->sealed_to,
                    (unsigned long long)v->head.size);
    if (v->private_dir >= 0)
        verify_journal(v);
    verify_time_end(v);
    verify_pins(v);
    verify_stolen(v);
    head_check(v, buf_view(&note));
    verify_files(v);
    if (v->private_dir >= 0) {
        verify_cp_log(v);
        verify_key_files(v);
    } else {
        verify_note(v, "private/ cannot be read: earlier checkpoints, journal, and the plaintext of blobs were not checked");
    }
    verify_erasures(v);
    verify_reencryptions(v);
    if (!v->options->without_blobs)
        verify_blobs(v);
    if (!v->options->without_blobs)
        verify_catalogs(v);
    verify_draws(v);
    verify_anchors(v);
    verify_stolen_heads(v);
    if (!v->has_head && v->report->is_ok)
        verify_note(v, "no checkpoint has been signed yet");
    tile_store_release(&v->store);
}

bool verify_directory(const char *data_dir, const struct verify_options *o, struct arena *a, struct verify_report *ret,
                      struct err *e)
{
    char path[80];
    struct verify *v = calloc(1, sizeof(*v));
    if (!v)
        return err_set(e, ERR_LIMIT, "verify: no memory");
    *ret = (struct verify_report){.is_ok = true};
    ret->findings = arena_array(a, VERIFY_FINDINGS_MAX, sizeof(*ret->findings));
    ret->notes = arena_array(a, VERIFY_NOTES_MAX, sizeof(*ret->notes));
    *v = (struct verify){.arena = a, .options = o, .report = ret, .ledger_dir = -1, .private_dir = -1, .last_t = INT64_MIN};
    v->scratch = arena_new("verify: one leaf", SCRATCH_BYTES_MAX);
    v->kept = arena_new("verify", KEPT_BYTES_MAX);
    v->data_dir = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_ok = verify_time_begin(v) || err_set(e, ERR_LIMIT, "verify: no memory");
    is_ok = is_ok && verify_anchor_begin(v, e);
    is_ok = is_ok && (v->data_dir >= 0 || err_errno(e, errno, "open %s", data_dir));
    is_ok = is_ok && (origin_find(v, e) || err_wrap(e, "%s", data_dir));
    if (is_ok && v->ledger_dir < 0) {
        ledger_path(v->origin, path);
        v->ledger_dir = openat(v->data_dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        is_ok = v->ledger_dir >= 0 || err_errno(e, errno, "open %s/%s", data_dir, path);
    }
    if (is_ok) {
        memcpy(ret->origin, v->origin, sizeof(ret->origin));
        v->private_dir = o->is_tree_only ? -1 : openat(v->data_dir, "private", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (v->private_dir >= 0 && faccessat(v->private_dir, "state.0", R_OK, 0) != 0 && errno == EACCES) {
            close(v->private_dir);
            v->private_dir = -1;
        }
        check_all(v);
    }
    int fds[] = {v->data_dir, v->ledger_dir, v->private_dir};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    arena_free(v->scratch);
    arena_free(v->kept);
    free(v->blobs);
    free(v);
    return is_ok;
}
