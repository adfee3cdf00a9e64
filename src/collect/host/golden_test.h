/*
 * golden_test.h - for tests: tables over a made tree against rows that a person has read, the same rows again from what was
 * recorded (of the tree and of this host), and trees in which nothing is as it should be.
 *
 * Before including it, a test defines what is its own:
 *
 *     static const char *const golden_tables[] = {"users", ..., NULL};
 *     static const char *const golden_without[] = {"uid", NULL};                   // columns that a test cannot fix are null
 *     static const char golden_tree_path[] = TEST_FIXTURES "/host-x.tree";         // tree_test.h says how it is written
 *     static const char golden_rows_path[] = TEST_FIXTURES "/host-x.golden";
 *     static void golden_prepare(struct arena *a, const char *root) { }            // what a text cannot hold: binary files,
 * times
 *
 * and in its main calls golden_add(tcase). ASSAY_UPDATE_GOLDEN=1 writes the rows anew, for reading before they are committed.
 */
#ifndef COLLECT_HOST_GOLDEN_TEST_H
#define COLLECT_HOST_GOLDEN_TEST_H

#include "collect/host/tree_test.h"

static const char *golden_tree(struct arena *a)
{
    const char *root = tree_make(a, tree_read_file(a, golden_tree_path));
    golden_prepare(a, root);
    return root;
}

static struct gathered golden_gather(const char *name, struct arena *a, struct source *s)
{
    const struct host_table *t = host_table_find(str_of(name));
    ck_assert_msg(t != NULL, "no table %s", name);
    return host_table_gather(t, a, s, NULL, NULL, 0);
}

START_TEST(a_tree_gives_the_golden_rows)
{
    struct arena *a = arena_new("test", 256 << 20);
    struct err e = {0};
    struct buf got;
    buf_init(&got, 4 << 20);
    const char *root = golden_tree(a);
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    for (size_t i = 0; golden_tables[i]; i++) {
        struct gathered g = golden_gather(golden_tables[i], a, s);
        buf_str(&got, tree_rows(a, g.rows, golden_without));
        if (g.state != TABLE_COMPLETE)
            buf_str(&got, tree_rows(a, g.status, NULL));
        buf_char(&got, '\n');
    }
    source_close(s);
    tree_remove(root);
    if (getenv("ASSAY_UPDATE_GOLDEN")) {
        FILE *f = fopen(golden_rows_path, "wb");
        ck_assert_ptr_nonnull(f);
        ck_assert_uint_eq(fwrite(got.data, 1, got.size, f), got.size);
        fclose(f);
    }
    struct str golden = tree_read_file(a, golden_rows_path), is = buf_view(&got), expected, line;
    for (int n = 1; golden.size || is.size; n++) {
        str_cut(&golden, '\n', &expected);
        str_cut(&is, '\n', &line);
        ck_assert_msg(str_equal(expected, line), "line %d:\n%.*s\nshould be\n%.*s", n, STR_ARGS(line), STR_ARGS(expected));
    }
    buf_release(&got);
    arena_free(a);
}
END_TEST

/* Every table that keeps what it reads, over what it has kept. */
static void golden_reperform(struct arena *a, struct source *s)
{
    for (size_t i = 0; golden_tables[i]; i++) {
        const struct host_table *t = host_table_find(str_of(golden_tables[i]));
        struct err e = {0};
        struct buf record;
        bool is_complete;
        if (t->origin != FROM_FILES)
            continue;
        source_record_begin(s);
        struct str first = tree_rows(a, golden_gather(golden_tables[i], a, s).rows, NULL);
        buf_init(&record, 64 << 20);
        source_record(s, &record, &is_complete);
        struct source *again = source_from_record(a, buf_view(&record), source_now_ms(s), &e);
        ck_assert_msg(again != NULL, "%s: %s", golden_tables[i], e.text);
        struct str second = tree_rows(a, golden_gather(golden_tables[i], a, again).rows, NULL);
        if (is_complete)
            ck_assert_msg(str_equal(first, second), "%s:\n%.*s\nthen\n%.*s", golden_tables[i], STR_ARGS(first), STR_ARGS(second));
        source_close(again);
        buf_release(&record);
    }
}

START_TEST(a_record_gives_the_same_rows_again)
{
    struct arena *a = arena_new("test", 256 << 20);
    struct err e = {0};
    const char *root = golden_tree(a);
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    golden_reperform(a, s);
    source_close(s);
    tree_remove(root);
    arena_free(a);
}
END_TEST

START_TEST(the_record_of_this_host_gives_the_same_rows_again)
{
    struct arena *a = arena_new("test", 512 << 20);
    struct source *s = source_live(a, TREE_NOW_MS);
    golden_reperform(a, s);
    source_close(s);
    arena_free(a);
}
END_TEST

/* Each path of the fixture as something that no parser wants: a folder, a FIFO, a link to itself, binary bytes, a very long line.
 */
static void golden_spoil(struct arena *a, const char *root, int how)
{
    struct str text = tree_read_file(a, golden_tree_path), line, mode, path;
    static char junk[200000];
    uint64_t seed = (uint64_t)how;
    for (size_t i = 0; i < sizeof(junk); i++)
        junk[i] = how == 3 ? (char)test_random(&seed) : "{[(\"'\\=;:/@$"[test_random(&seed) % 12];
    while (str_next_line(&text, &line)) {
        if (!str_starts(line, "=== file"))
            continue;
        line = str_slice(line, 8, line.size);
        ck_assert(str_next_word(&line, &mode) && str_next_word(&line, &path));
        const char *full = arena_printf(a, "%s%.*s", root, STR_ARGS(path)).data;
        if (how >= 3) {
            tree_make_file(a, str_of(full), 0644, str_make(junk, sizeof(junk)));
            continue;
        }
        (void)unlink(full);
        int r = how == 0 ? mkdir(full, 0755) : how == 1 ? mkfifo(full, 0644) : symlink(full + strlen(root), full);
        ck_assert_int_eq(r, 0);
    }
}

START_TEST(what_is_no_file_or_no_text_is_survived)
{
    struct arena *a = arena_new("test", (size_t)1 << 30);
    struct err e = {0};
    const char *root = golden_tree(a);
    golden_spoil(a, root, _i);
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    for (size_t i = 0; golden_tables[i]; i++) {
        struct gathered g = golden_gather(golden_tables[i], a, s);
        (void)tree_rows(a, g.rows, NULL);
        (void)tree_rows(a, g.status, NULL);
    }
    source_close(s);
    tree_remove(root);
    arena_free(a);
}
END_TEST

static inline void golden_add(TCase *c)
{
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_tree_gives_the_golden_rows);
    tcase_add_test(c, a_record_gives_the_same_rows_again);
    tcase_add_test(c, the_record_of_this_host_gives_the_same_rows_again);
    tcase_add_loop_test(c, what_is_no_file_or_no_text_is_survived, 0, 5);
}

static inline int golden_main(const char *name, TCase *c)
{
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, c);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
