/*
 * tree_test.h - for tests: a directory tree made from one text, and rows of a table as text.
 *
 * The text has lines "=== file MODE PATH" (followed by its bytes, up to the next "=== "), "=== dir MODE PATH" and
 * "=== link PATH -> TARGET". Everything was last written at 2026-01-01T00:00:00Z. Git keeps neither modes nor times: so this.
 */
#ifndef COLLECT_HOST_TREE_TEST_H
#define COLLECT_HOST_TREE_TEST_H

#include "base/test.h"
#include "collect/host/host.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TREE_FIXTURE_BYTES_MAX = 1 << 20 };
#define TREE_NOW_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

static inline struct str tree_read_file(struct arena *a, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return (struct str){0};
    char *bytes = arena_alloc(a, TREE_FIXTURE_BYTES_MAX);
    size_t size = fread(bytes, 1, TREE_FIXTURE_BYTES_MAX, f);
    fclose(f);
    return str_make(bytes, size);
}

static inline void tree_make_parents(struct arena *a, struct str path)
{
    for (size_t i = 1; i < path.size; i++)
        if (path.data[i] == '/')
            (void)mkdir(arena_strndup(a, path.data, i), 0755);
}

static inline void tree_set_time(const char *path)
{
    struct timespec at[2] = {{TREE_NOW_MS / 1000, 0}, {TREE_NOW_MS / 1000, 0}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, at, AT_SYMLINK_NOFOLLOW), 0);
}

static inline void tree_make_file(struct arena *a, struct str path, mode_t mode, struct str bytes)
{
    const char *name = arena_str(a, path).data;
    tree_make_parents(a, path);
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_msg(fd >= 0, "%s: %s", name, strerror(errno));
    ck_assert_int_eq(write(fd, bytes.data, bytes.size), (ssize_t)bytes.size);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
    tree_set_time(name);
}

static inline void tree_make_entry(struct arena *a, const char *root, struct str head, struct str bytes)
{
    struct str kind, second, third, target;
    uint64_t mode = 0;
    ck_assert(str_next_word(&head, &kind) && str_next_word(&head, &second) && str_next_word(&head, &third));
    if (str_is(kind, "link")) {
        ck_assert(str_is(third, "->") && str_next_word(&head, &target));
        struct str path = arena_printf(a, "%s%.*s", root, STR_ARGS(second));
        tree_make_parents(a, path);
        ck_assert_int_eq(symlink(arena_str(a, target).data, path.data), 0);
        return;
    }
    ck_assert(str_to_uint64_base(second, 8, &mode));
    struct str path = arena_printf(a, "%s%.*s", root, STR_ARGS(third));
    if (str_is(kind, "dir")) {
        tree_make_parents(a, path);
        (void)mkdir(path.data, 0755);
        ck_assert_int_eq(chmod(path.data, (mode_t)mode), 0);
    } else {
        tree_make_file(a, path, (mode_t)mode, bytes);
    }
}

/* The path of a new tree below /tmp. */
static inline const char *tree_make(struct arena *a, struct str text)
{
    char *root = arena_strndup(a, "/tmp/assay-tree-XXXXXX", 22);
    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_int_eq(chmod(root, 0755), 0);
    const struct str mark = STR("=== ");
    ptrdiff_t at = str_starts(text, "=== ") ? 0 : str_find(text, STR("\n=== ")) + 1;
    while (at >= 0 && (size_t)at < text.size) {
        struct str head;
        text = str_slice(text, (size_t)at + mark.size, text.size);
        str_cut(&text, '\n', &head);
        ptrdiff_t end = str_starts(text, "=== ") ? -1 : str_find(text, STR("\n=== "));
        struct str bytes = str_starts(text, "=== ") ? STR("") : str_slice(text, 0, end < 0 ? text.size : (size_t)end + 1);
        tree_make_entry(a, root, head, bytes);
        at = str_starts(text, "=== ") ? 0 : end < 0 ? -1 : end + 1;
    }
    return root;
}

static inline int tree_remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void tree_remove(const char *root)
{
    ck_assert_int_eq(strncmp(root, "/tmp/assay-tree-", 16), 0);
    nftw(root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Rows as they are kept; the columns named (NULL at the end) are null: what a test cannot fix, as who owns the files. */
static inline struct str tree_rows(struct arena *a, const struct rows *rows, const char *const *without)
{
    struct buf out;
    buf_init(&out, 64 << 20);
    for (size_t c = 0; c < rows->schema->column_count; c++)
        for (size_t w = 0; without && without[w]; w++)
            if (strcmp(rows->schema->columns[c].name, without[w]) == 0)
                for (size_t r = 0; r < rows->row_count; r++)
                    rows->cells[r * rows->schema->column_count + c] = (struct cell){.type = CELL_NULL};
    rows_encode(rows, &out);
    ck_assert(!out.full);
    struct str text = arena_str(a, buf_view(&out));
    buf_release(&out);
    return text;
}

/* The value of a column in the first row whose `key` column is `is`; NULL if there is no such row. */
static inline const struct cell *tree_cell(const struct rows *rows, const char *key, const char *is, const char *column)
{
    size_t k = SIZE_MAX, v = SIZE_MAX;
    for (size_t c = 0; c < rows->schema->column_count; c++) {
        if (strcmp(rows->schema->columns[c].name, key) == 0)
            k = c;
        if (strcmp(rows->schema->columns[c].name, column) == 0)
            v = c;
    }
    ck_assert_msg(k != SIZE_MAX && v != SIZE_MAX, "no column %s or %s", key, column);
    for (size_t r = 0; r < rows->row_count; r++)
        if (rows_cell(rows, r, k)->type == CELL_TEXT && str_is(rows_cell(rows, r, k)->text, is))
            return rows_cell(rows, r, v);
    return NULL;
}

#endif
