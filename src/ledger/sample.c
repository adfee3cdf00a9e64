/*
 * ledger-sample DIR COUNT - writes a ledger of COUNT leaves and its seals into the empty directory DIR, as the writer does, for
 * tools of others: DIR/log is the public part, with log.vkey, checkpoint.old (a head signed earlier), entry.json (a leaf) and
 * entry.index beside the tiles.
 */
#include "ledger/test_ledger.h"

static bool copy(int from_dir, const char *from, int to_dir, const char *to, struct err *e)
{
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, 1 << 20);
    return os_file_read(&os_file_real, from_dir, from, &bytes, e) &&
           os_file_replace(&os_file_real, to_dir, to, buf_view(&bytes), 0644, e);
}

static bool append(struct ledger *l, uint64_t from, uint64_t to, struct err *e)
{
    while (from < to) {
        static char text[512][64];
        struct str leaves[512];
        size_t count = 0;
        uint64_t index = 0;
        for (; count < 512 && from < to; count++, from++)
            leaves[count] = str_make(
                text[count], (size_t)snprintf(text[count], sizeof(text[count]), "{\"leaf\":%llu}", (unsigned long long)from));
        if (!ledger_append(l, leaves, count, &index, e))
            return false;
    }
    return true;
}

static bool write_all(struct test_ledger *t, int64_t count, struct err *e)
{
    char path[80];
    struct buf BUF_AUTO text;
    buf_init(&text, 4096);
    ledger_path(TEST_ORIGIN, path);
    if (!ledger_create(&t->options, e) || symlinkat(path, t->dir, "log") != 0)
        return false;
    int log = openat(t->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct ledger *l = ledger_open(&t->options, e);
    uint64_t old = (uint64_t)count * 7 / 10;
    bool is_ok = l && append(l, 0, old, e) && ledger_integrate(l, e) && copy(log, "checkpoint", log, "checkpoint.old", e) &&
                 append(l, old, (uint64_t)count, e) && ledger_integrate(l, e);
    ledger_close(l);
    note_key_format(&t->key, &text);
    is_ok = is_ok && os_file_replace(&os_file_real, log, "log.vkey", buf_view(&text), 0644, e);
    buf_clear(&text);
    buf_printf(&text, "{\"leaf\":%lld}", (long long)count * 2 / 3);
    is_ok = is_ok && os_file_replace(&os_file_real, log, "entry.json", buf_view(&text), 0644, e);
    buf_clear(&text);
    buf_printf(&text, "%lld\n", (long long)count * 2 / 3);
    is_ok = is_ok && os_file_replace(&os_file_real, log, "entry.index", buf_view(&text), 0644, e);
    close(log);
    return is_ok;
}

int main(int argc, char **argv)
{
    struct test_ledger t = {.now_ms = INT64_C(1795291440000), .private_key.seed = {7}};
    struct err e = {0};
    int64_t count = 0;
    if (argc != 3 || !str_to_int64(str_of(argv[2]), &count) || count < 10 || count > 10000000) {
        fprintf(stderr, "usage: ledger-sample DIR COUNT\n");
        return 2;
    }
    t.signer_head.root = sha256_of(STR(""));
    t.dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    test_ledger_options(&t, &os_file_real);
    t.options.journal_segment_bytes = 0;
    if (t.dir >= 0 && write_all(&t, count, &e))
        return 0;
    fprintf(stderr, "ledger-sample: %s: %s\n", argv[1], t.dir < 0 ? "cannot be opened" : e.text);
    return 3;
}
