/*
 * dictionary_train.c - makes a dictionary of content/dictionary from our own fixtures, and measures what it is worth.
 *
 *     dictionary-train ID SIZE OUT SOURCE...
 *
 * A sample is what a blob holds. Sources are the cases of content/fixtures/NAME.json (the rows of each table with their
 * table_status, and the results as an evaluation writes them), test/fixtures/HOST.golden (rows), and DIRECTORY/ (every blob of a
 * data directory, made by collecting from a made-up host). Every fifth file, and what stands behind "measure:", is measured only.
 * A dictionary that was ever released
 * stays as it is for good: blobs name it by its id. A better one gets the next id and a line in src/blob/dictionary.c.
 */
#include "assess/fixture.h"
#include "blob/dictionary.h"
#include "collect/captures.h"
#include "collect/host/host.h"
#include "keeper/data_dir.h"
#include "os/file.h"
#include "table/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#define ZDICT_STATIC_LINKING_ONLY /* fastCover */
#include <zdict.h>
#include <zstd.h>

enum { SAMPLES_MAX = 100000, SAMPLE_BYTES_MAX = BLOB_DICTIONARY_BELOW, LEVEL = 3 };

struct samples {
    struct arena *arena;
    struct str list[SAMPLES_MAX];
    bool is_held_out[SAMPLES_MAX];
    bool holds_out; /* what comes now */
    size_t count;
};

static const struct table_schema *find(struct str name)
{
    const struct host_table *t = host_table_find(name);
    return t ? t->schema : NULL;
}

static void sample_add(struct samples *s, struct str text)
{
    if (text.size == 0 || text.size >= SAMPLE_BYTES_MAX || s->count == SAMPLES_MAX)
        return;
    s->is_held_out[s->count] = s->holds_out;
    s->list[s->count++] = arena_str(s->arena, text);
}

/* The rows of one table, as a capture keeps them. */
static void rows_add(struct samples *s, const struct table_provider *p)
{
    const struct table_page *pages;
    size_t count = 0;
    struct err e = {0};
    struct buf BUF_AUTO text;
    buf_init(&text, 1 << 24);
    if (!p->pages(p->context, s->arena, p->schema, NULL, 0, &pages, &count, &e) || count == 0)
        return;
    struct rows *status = rows_new(s->arena, &table_status_schema);
    row_begin(status);
    row_cstr(status, p->schema->name);
    row_cstr(status, "");
    row_cstr(status, "complete");
    row_null(status);
    row_null(status);
    row_end(status);
    rows_encode(pages[0].rows, &text);
    buf_char(&text, '\n');
    rows_encode(status, &text);
    sample_add(s, buf_view(&text));
}

static void case_add(struct samples *s, struct str test, const struct json *one)
{
    const char *names[64];
    size_t name_count = 0, provider_count = 0;
    struct table_provider *providers;
    struct err e = {0};
    struct buf BUF_AUTO text;
    buf_init(&text, 1 << 24);
    JSON_EACH (table, json_get(one, "tables"))
        if (name_count < 64 && find(table->key))
            names[name_count++] = arena_strndup(s->arena, table->key.data, table->key.size);
    if (fixture_tables(s->arena, json_get(one, "tables"), names, name_count, find, STR("host"), 0, &providers, &provider_count, &e))
        for (size_t i = 0; i < provider_count; i++)
            rows_add(s, &providers[i]);
    buf_cstr(&text, "{\"at\":1767225600000,\"digest\":\"");
    for (size_t i = 0; i < 64; i++)
        buf_char(&text, "0123456789abcdef"[(s->count * 7 + i * 11 + i * i) % 16]);
    buf_cstr(&text, "\"}\n");
    JSON_EACH (line, json_get(one, "expect")) {
        buf_cstr(&text, "[\"+\",");
        json_write_string(&text, test);
        JSON_EACH (cell, line) {
            buf_char(&text, ',');
            json_write_string(&text, cell->text);
        }
        buf_cstr(&text, line->count < 3 ? ",\"\"]\n" : "]\n");
    }
    sample_add(s, buf_view(&text));
}

/* Tables one behind the other, each with its header line. */
static void golden_add(struct samples *s, struct str text)
{
    struct str line;
    const char *start = text.data;
    while (str_next_line(&text, &line)) {
        bool is_new = str_starts(line, "{\"columns\"") && str_find(line, STR("\"table_status\"")) < 0;
        if (is_new && line.data > start) {
            sample_add(s, str_make(start, (size_t)(line.data - start)));
            start = line.data;
        }
    }
    sample_add(s, str_make(start, (size_t)(text.data - start)));
}

static bool leaf_add(struct samples *s, struct blob_opener *blobs, uint64_t index, struct str bytes)
{
    struct leaf leaf;
    struct err e = {0};
    struct str plain;
    if (!leaf_parse(s->arena, bytes, &leaf, &e))
        return false;
    const struct json *list = json_get(leaf.json, "b");
    if (list)
        JSON_EACH (b, list) {
            const char *c = arena_strndup(s->arena, json_text(b, "c").data, 64), *x = arena_strndup(s->arena, json_text(b, "x").data, 64);
            if (blobs->open(blobs->context, s->arena, index, c, x, &plain, &e))
                sample_add(s, plain);
        }
    return true;
}

/* Every blob of a data directory. */
static bool directory_add(struct samples *s, const char *path)
{
    struct data_dir d;
    struct err e = {0};
    if (!data_dir_open(&d, path, &e)) {
        fprintf(stderr, "dictionary-train: %s\n", e.text);
        return false;
    }
    int fd = data_dir_ledger(&d, &e);
    struct ledger_reader *r = fd >= 0 ? ledger_reader_open(fd, &e) : NULL;
    struct blob_opener *blobs = r ? blob_opener_direct(s->arena, path, &e) : NULL;
    bool ok = blobs != NULL;
    for (uint64_t i = 0; ok && i < ledger_reader_head(r)->size; i++) {
        struct str bytes;
        ok = ledger_reader_leaf(r, s->arena, i, &bytes, &e) && leaf_add(s, blobs, i, bytes);
    }
    if (!ok)
        fprintf(stderr, "dictionary-train: %s: %s\n", path, e.text);
    ledger_reader_close(r);
    data_dir_close(&d);
    return ok;
}

static bool file_add(struct samples *s, const char *path)
{
    struct buf BUF_AUTO text;
    struct err e = {0};
    buf_init(&text, 64 << 20);
    if (!os_file_read(&os_file_real, AT_FDCWD, path, &text, &e)) {
        fprintf(stderr, "dictionary-train: %s: %s\n", path, e.text);
        return false;
    }
    if (strstr(path, ".golden")) {
        golden_add(s, arena_str(s->arena, buf_view(&text)));
        return true;
    }
    struct json *fixture = json_parse(s->arena, arena_str(s->arena, buf_view(&text)), JSON_LIMITS_DEFAULT, &e);
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    struct str test = str_slice(str_of(base), 0, strcspn(base, "."));
    if (fixture)
        JSON_EACH (one, json_get(fixture, "cases"))
            case_add(s, test, one);
    return fixture != NULL;
}

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Ratios and times of the samples that did not train, by size, without and with the dictionary. */
static void measure(const struct samples *s, const void *dictionary, size_t size)
{
    static const size_t bounds[] = {512, 1024, 2048, 4096, SAMPLE_BYTES_MAX};
    static char packed[2 * SAMPLE_BYTES_MAX];
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_CDict *d = ZSTD_createCDict(dictionary, size, LEVEL);
    for (size_t k = 0; k < sizeof(bounds) / sizeof(bounds[0]); k++) {
        size_t plain = 0, without = 0, with = 0, count = 0;
        int64_t time_without = 0, time_with = 0;
        for (size_t i = 0; i < s->count; i++) {
            struct str one = s->list[i];
            if (!s->is_held_out[i] || one.size >= bounds[k] || (k > 0 && one.size < bounds[k - 1]))
                continue;
            int64_t at = cpu_ns();
            without += ZSTD_compressCCtx(c, packed, sizeof(packed), one.data, one.size, LEVEL);
            int64_t middle = cpu_ns();
            with += ZSTD_compress_usingCDict(c, packed, sizeof(packed), one.data, one.size, d);
            time_with += cpu_ns() - middle;
            time_without += middle - at;
            plain += one.size;
            count++;
        }
        if (count)
            printf("below %5zu: %5zu samples, %4zu bytes each; %.2fx and %5.1f MB/s without, %.2fx and %5.1f MB/s with\n", bounds[k],
                   count, plain / count, (double)plain / (double)without, (double)plain * 1000 / (double)time_without,
                   (double)plain / (double)with, (double)plain * 1000 / (double)time_with);
    }
    ZSTD_freeCDict(d);
    ZSTD_freeCCtx(c);
}

int main(int argc, char **argv)
{
    int64_t id = 0, size_max = 0;
    struct samples *s = calloc(1, sizeof(*s));
    if (!s || argc < 5 || !str_to_int64(str_of(argv[1]), &id) || !str_to_int64(str_of(argv[2]), &size_max) || size_max > 1 << 20) {
        fputs("dictionary-train: ID SIZE OUT SOURCE...\n", stderr);
        return 2;
    }
    s->arena = arena_new("samples", (size_t)2 << 30);
    for (int i = 4; i < argc; i++) {
            const char *path = argv[i];
            bool is_measured = strncmp(path, "measure:", 8) == 0, is_directory = path[strlen(path) - 1] == '/';
            path += is_measured ? 8 : 0;
            s->holds_out = is_measured || (!is_directory && i % 5 == 0);
            if (is_directory ? !directory_add(s, path) : !file_add(s, path))
                return 2;
    }
    size_t *sizes = calloc(s->count, sizeof(*sizes)), count = 0;
    struct buf BUF_AUTO all;
    buf_init(&all, 1 << 30);
    for (size_t i = 0; i < s->count; i++)
        if (!s->is_held_out[i]) {
            buf_str(&all, s->list[i]);
            sizes[count++] = s->list[i].size;
        }
    void *dictionary = malloc((size_t)size_max);
    ZDICT_fastCover_params_t p = {.d = 8, .steps = 40, .zParams = {.compressionLevel = LEVEL, .dictID = (unsigned)id}};
    size_t size = ZDICT_optimizeTrainFromBuffer_fastCover(dictionary, (size_t)size_max, all.data, sizes, (unsigned)count, &p);
    if (ZDICT_isError(size)) {
        fprintf(stderr, "dictionary-train: %s\n", ZDICT_getErrorName(size));
        return 1;
    }
    printf("%zu samples of %zu bytes train; dictionary %u of %zu bytes\n", count, all.size, ZDICT_getDictID(dictionary, size), size);
    measure(s, dictionary, size);
    int fd = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, dictionary, size) != (ssize_t)size || close(fd) != 0) {
        fprintf(stderr, "dictionary-train: %s: %s\n", argv[3], strerror(errno));
        return 3;
    }
    free(dictionary);
    free(sizes);
    arena_free(s->arena);
    free(s);
    return 0;
}
