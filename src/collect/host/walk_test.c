/* walk_test.c - the walk over a made tree: what it finds, where it does not go, what it survives. */
#include "collect/host/tree_test.h"
#include "collect/host/walk.h"

static const char tree[] =
    "=== file 0644 /etc/passwd\nroot:x:0:0:root:/root:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\n"
    "=== file 0644 /etc/group\nroot:x:0:\nme:x:1000:\n"
    "=== file 4755 /usr/bin/su\nx\n=== file 2755 /usr/bin/write\nx\n=== file 2644 /usr/lib/no-exec\nx\n"
    "=== file 0666 /tmp/open\nx\n=== dir 1777 /tmp\n=== dir 0777 /srv/drop\n=== file 0775 /usr/bin/tool\nx\n"
    "=== link /srv/loop -> ../srv\n=== link /srv/drop/up -> /\n=== link /srv/bad -> nowhere\n"
    "=== file 4755 /srv/deep/a/b/c/d/e/f/suid\nx\n=== file 0644 /srv/deep/CaSe\nx\n";

struct seen {
    struct arena *arena;
    struct buf text;
};

static bool see(void *context, const struct walk_entry *entry)
{
    struct seen *s = context;
    buf_printf(&s->text, "%.*s|%.*s\n", STR_ARGS(entry->folder), STR_ARGS(entry->name));
    return true;
}

/* "kind path" of all findings, sorted. Owners are those of who runs the test, so unowned ones are left out unless asked for. */
static struct str findings_of(struct arena *a, const struct walk *w, bool with_owners)
{
    const struct walk_finding *f;
    size_t count = walk_findings(w, &f);
    struct rows *rows = rows_new(a, &table_status_schema);
    for (size_t i = 0; i < count; i++) {
        if (!with_owners && (f[i].kind == FINDING_UNOWNED || f[i].kind == FINDING_UNGROUPED))
            continue;
        row_begin(rows);
        row_cstr(rows, finding_kind_name(f[i].kind));
        row_text(rows, f[i].path);
        row_null(rows);
        row_null(rows);
        row_null(rows);
        row_end(rows);
    }
    struct buf BUF_AUTO out;
    buf_init(&out, 1 << 20);
    rows_encode(rows, &out);
    return arena_str(a, buf_view(&out));
}

START_TEST(findings_are_told_with_their_paths)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct err e = {0};
    const char *root = tree_make(a, str_of(tree));
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    struct walk *w = walk_new(a, s);
    ck_assert_msg(walk_run(w, &(struct walk_options){0}, &e), "%s", e.text);
    struct str found = findings_of(a, w, false);
    static const char *const expected[] = {"[\"suid\",\"/usr/bin/su\",", "[\"suid\",\"/srv/deep/a/b/c/d/e/f/suid\",",
                                           "[\"sgid\",\"/usr/bin/write\",", "[\"world_writable\",\"/tmp/open\",",
                                           "[\"no_sticky\",\"/srv/drop\","};
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        ck_assert_msg(str_contains(found, expected[i]), "%s is missing in\n%.*s", expected[i], STR_ARGS(found));
    ck_assert(!str_contains(found, "no-exec"));
    ck_assert(!str_contains(found, "\"/tmp\""));
    const struct walk_gap *gaps;
    ck_assert_uint_eq(walk_gaps(w, &gaps), 0);
    source_close(s);
    tree_remove(root);
    arena_free(a);
}
END_TEST

START_TEST(a_prefix_limits_the_walk_whatever_its_case)
{
    static const struct {
        const char *prefix, *expected;
    } cases[] = {{"/srv/deep/case", "/srv/deep|CaSe\n"},
                 {"/SRV/Deep/a/b/c",
                  "/srv/deep/a/b|c\n/srv/deep/a/b/c|d\n/srv/deep/a/b/c/d|e\n/srv/deep/a/b/c/d/e|f\n/srv/deep/a/b/c/d/e/f|suid\n"},
                 {"/srv/b", "/srv|bad\n"},
                 {"/nothing/here", ""},
                 {"/etc/passwd/x", ""},
                 {"relative", ""}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new("test", 64 << 20);
        struct err e = {0};
        const char *root = tree_make(a, str_of(tree));
        struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
        struct seen seen = {.arena = a};
        buf_init(&seen.text, 1 << 20);
        struct walk_options o = {.prefix = str_of(cases[i].prefix), .each = see, .context = &seen, .is_without_findings = true};
        ck_assert(walk_run(walk_new(a, s), &o, &e));
        ck_assert_msg(str_is(buf_view(&seen.text), cases[i].expected), "%s gives\n%.*s", cases[i].prefix,
                      STR_ARGS(buf_view(&seen.text)));
        buf_release(&seen.text);
        source_close(s);
        tree_remove(root);
        arena_free(a);
    }
}
END_TEST

START_TEST(odd_names_and_special_files_are_walked_over)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct err e = {0};
    const char *root = tree_make(a, str_of(tree));
    tree_make_file(a, arena_printf(a, "%s/srv/new\nline \xff\xfe", root), 04755, STR("x"));
    ck_assert_int_eq(mkfifo(arena_printf(a, "%s/srv/fifo", root).data, 0666), 0);
    ck_assert_int_eq(chmod(arena_printf(a, "%s/srv/fifo", root).data, 0666), 0);
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    struct walk *w = walk_new(a, s);
    ck_assert(walk_run(w, &(struct walk_options){0}, &e));
    struct str found = findings_of(a, w, false);
    ck_assert_msg(str_contains(found, "[\"suid\",{\"hex\":"), "%.*s", STR_ARGS(found));
    ck_assert(!str_contains(found, "fifo"));
    source_close(s);
    tree_remove(root);
    arena_free(a);
}
END_TEST

/* 600 levels, and a path longer than PATH_MAX. */
START_TEST(deep_trees_are_walked_to_their_end)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct err e = {0};
    const char *root = tree_make(a, str_of(tree));
    char name[32];
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 600; i++) {
        snprintf(name, sizeof(name), "level-%020d", i);
        ck_assert_int_eq(mkdirat(fd, name, 0755), 0);
        int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = next;
    }
    int file = openat(fd, "bottom", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ck_assert_int_eq(fchmod(file, 04755), 0);
    close(file);
    close(fd);
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    struct walk *w = walk_new(a, s);
    ck_assert(walk_run(w, &(struct walk_options){0}, &e));
    ck_assert(str_contains(findings_of(a, w, false), "/bottom\""));
    const struct walk_gap *gaps;
    ck_assert_uint_eq(walk_gaps(w, &gaps), 0);
    source_close(s);
    tree_remove(root);
    arena_free(a);
}
END_TEST

START_TEST(a_walk_out_of_time_says_where_it_stopped)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct err e = {0};
    const char *root = tree_make(a, str_of(tree));
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    struct walk *w = walk_new(a, s);
    ck_assert(walk_run(w, &(struct walk_options){.deadline_ms = 1}, &e));
    const struct walk_gap *gaps;
    ck_assert_uint_eq(walk_gaps(w, &gaps), 1);
    ck_assert(str_contains(gaps[0].reason, "time limit"));
    source_close(s);
    tree_remove(root);
    arena_free(a);
}
END_TEST

TEST_MAIN("walk", findings_are_told_with_their_paths, a_prefix_limits_the_walk_whatever_its_case,
          odd_names_and_special_files_are_walked_over, deep_trees_are_walked_to_their_end,
          a_walk_out_of_time_says_where_it_stopped)
