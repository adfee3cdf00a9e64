/*
 * golden_b_test.c - the tables of software, updates, kernel settings, shell, names and identity over a made tree, against rows
 * that a person has read; and that what they recorded gives the same rows again.
 */
#include "collect/host/tree_test.h"
#include "collect/host/unpack.h"
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>

static const char *const golden_tables[] = {"boot_history",
                                            "dns_resolvers",
                                            "host_identity",
                                            "kernel_modules",
                                            "packages",
                                            "package_files",
                                            "pending_updates",
                                            "repos",
                                            "security_agents",
                                            "shell_env",
                                            "sysctl",
                                            "update_policy",
                                            NULL};
static const char *const golden_without[] = {NULL};
static const char golden_tree_path[] = TEST_FIXTURES "/host-b.tree";
static const char golden_rows_path[] = TEST_FIXTURES "/host-b.golden";

#define LISTS "/var/lib/apt/lists/"

static const char security_list[] = "Package: libssl3\nSource: openssl\nVersion: 3.0.14-1~deb12u2\nArchitecture: amd64\n\n"
                                    "Package: tzdata\nVersion: 2025b-0+deb12u2\nArchitecture: all\n\n";
static const char backports_list[] = "Package: backported\nVersion: 2.1-1~bpo12+1\nArchitecture: amd64\n\n"
                                     "Package: bash\nVersion: 9:9\nArchitecture: amd64\n";

static struct str lz4_of(struct arena *a, struct str text)
{
    size_t size = LZ4F_compressFrameBound(text.size, NULL);
    char *bytes = arena_alloc(a, size);
    return str_make(bytes, LZ4F_compressFrame(bytes, size, text.data, text.size, NULL));
}

static struct str xz_of(struct arena *a, struct str text)
{
    size_t size = lzma_stream_buffer_bound(text.size), used = 0;
    uint8_t *bytes = arena_alloc(a, size);
    ck_assert_int_eq(
        lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, (const uint8_t *)text.data, text.size, bytes, &used, size), LZMA_OK);
    return str_make(bytes, used);
}

static struct str gzip_of(struct arena *a, struct str text)
{
    z_stream z = {0};
    ck_assert_int_eq(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t size = deflateBound(&z, text.size);
    z.next_in = (z_const Bytef *)(uintptr_t)text.data;
    z.avail_in = (uInt)text.size;
    z.next_out = arena_alloc(a, size);
    z.avail_out = (uInt)size;
    Bytef *bytes = z.next_out;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    struct str out = str_make(bytes, z.total_out);
    deflateEnd(&z);
    return out;
}

/* One utmp(5) record. */
static void wtmp_add(char *record, int type, const char *user, const char *host, uint32_t at_s)
{
    record[0] = (char)type;
    memcpy(record + 44, user, strlen(user));
    memcpy(record + 76, host, strlen(host));
    for (int i = 0; i < 4; i++)
        record[340 + i] = (char)(at_s >> (8 * i));
}

static void golden_file(struct arena *a, const char *root, const char *path, struct str bytes)
{
    tree_make_file(a, arena_printf(a, "%s%s", root, path), 0644, bytes);
}

static void golden_prepare(struct arena *a, const char *root)
{
    static const char elf[20] = {0x7f, 'E', 'L', 'F', 2, 1, [18] = 62};
    char wtmp[5 * 384] = {0};
    wtmp_add(wtmp, 2, "reboot", "6.1.0-25-amd64", 1700000000);
    wtmp_add(wtmp + 384, 7, "alice", "", 1700000600);
    wtmp_add(wtmp + 768, 1, "shutdown", "6.1.0-25-amd64", 1700001000);
    wtmp_add(wtmp + 1152, 2, "reboot", "6.1.0-26-amd64", 1700002000);
    wtmp_add(wtmp + 1536, 2, "reboot", "6.1.0-26-amd64", 1700009000);
    golden_file(a, root, "/var/log/wtmp", str_make(wtmp, sizeof(wtmp)));
    golden_file(a, root, "/usr/bin/env", str_make(elf, sizeof(elf)));
    golden_file(a, root, LISTS "security.example.org_debian-security_dists_bookworm-security_main_binary-amd64_Packages.lz4",
                lz4_of(a, STR(security_list)));
    golden_file(a, root, LISTS "deb.example.org_debian_dists_bookworm-backports_main_binary-amd64_Packages.xz",
                xz_of(a, STR(backports_list)));
    golden_file(a, root, LISTS "deb.example.org_debian_dists_bookworm_contrib_binary-amd64_Packages.gz",
                gzip_of(a, STR("Package: x\nVersion: 1\nArchitecture: all\n")));
    golden_file(a, root, LISTS "broken_dists_x_main_binary-amd64_Packages.gz", STR("no gzip at all"));
    struct str lists = arena_printf(a, "%s/var/lib/apt/lists", root);
    tree_set_time(lists.data);
}

#include "collect/host/golden_test.h"

/* ---- decompression ---- */

static bool sink_append(void *context, struct str piece)
{
    buf_str(context, piece);
    return true;
}

/* Feeds in pieces of a given size; returns whether all went well. */
static bool unpack_all(enum unpack_kind kind, struct str packed, size_t step, struct buf *out)
{
    struct err e = {0};
    struct unpack *u = unpack_new(kind, 1 << 20, sink_append, out);
    bool ok = true;
    for (size_t at = 0; at < packed.size && ok; at += step)
        ok = unpack_feed(u, str_slice(packed, at, at + step), &e);
    ok = ok && unpack_end(u, &e);
    unpack_free(u);
    return ok;
}

START_TEST(every_format_gives_the_same_bytes_in_pieces_of_any_size)
{
    struct arena *a = arena_new("test", 16 << 20);
    char text[5000];
    uint64_t seed = 1;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + test_random(&seed) % 5);
    struct str plain = str_make(text, sizeof(text));
    const struct str packed[] = {plain, lz4_of(a, plain), gzip_of(a, plain), xz_of(a, plain)};
    for (int kind = UNPACK_PLAIN; kind <= UNPACK_XZ; kind++) {
        for (size_t step = 1; step < 6000; step = step * 3 + 1) {
            struct buf out;
            buf_init(&out, 1 << 20);
            ck_assert_msg(unpack_all((enum unpack_kind)kind, packed[kind], step, &out), "kind %d, step %zu", kind, step);
            ck_assert(str_equal(buf_view(&out), plain));
            buf_release(&out);
        }
        for (size_t cut = 1; kind != UNPACK_PLAIN && cut < packed[kind].size; cut += 97) {
            struct buf out;
            buf_init(&out, 1 << 20);
            ck_assert_msg(!unpack_all((enum unpack_kind)kind, str_slice(packed[kind], 0, packed[kind].size - cut), 512, &out),
                          "kind %d without its last %zu bytes", kind, cut);
            buf_release(&out);
        }
    }
    arena_free(a);
}
END_TEST

START_TEST(a_bomb_is_stopped_at_its_limit)
{
    struct arena *a = arena_new("test", 64 << 20);
    char *zeros = arena_alloc(a, 8 << 20);
    struct buf out;
    buf_init(&out, 64 << 20);
    ck_assert(!unpack_all(UNPACK_XZ, xz_of(a, str_make(zeros, 8 << 20)), 65536, &out));
    ck_assert_uint_le(out.size, 1 << 20);
    buf_release(&out);
    arena_free(a);
}
END_TEST

/* ---- updates ---- */

START_TEST(without_lists_pending_updates_is_none_and_says_what_to_do)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct err e = {0};
    const char *root =
        tree_make(a, STR("=== file 0644 /var/lib/dpkg/status\nPackage: a\nStatus: install ok installed\nVersion: 1\n"
                         "=== dir 0755 /var/lib/apt/lists\n"));
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    struct gathered g = golden_gather("pending_updates", a, s);
    ck_assert_int_eq(g.state, TABLE_NONE);
    ck_assert(str_contains(rows_cell(g.status, 0, 4)->text, "apt-get update"));
    tree_remove(root);
    arena_free(a);
}
END_TEST

START_TEST(lists_that_were_not_refreshed_for_a_week_make_the_table_partial)
{
    struct arena *a = arena_new("test", 256 << 20);
    struct err e = {0};
    const char *root = golden_tree(a);
    struct source *s = source_tree(a, root, TREE_NOW_MS + INT64_C(9) * 24 * 3600 * 1000, &e);
    struct gathered g = golden_gather("pending_updates", a, s);
    struct str status = tree_rows(a, g.status, NULL);
    ck_assert_int_eq(g.state, TABLE_PARTIAL);
    ck_assert_msg(str_contains(status, "last refreshed on 2026-01-01"), "%.*s", STR_ARGS(status));
    tree_remove(root);
    arena_free(a);
}
END_TEST

/* A list made of one endless line, and one with a stanza over the limit before a good one. */
START_TEST(a_stanza_without_end_is_left_out_and_the_next_one_is_read)
{
    struct arena *a = arena_new("test", 256 << 20);
    struct err e = {0};
    const char *root = golden_tree(a);
    struct buf list;
    buf_init(&list, 64 << 20);
    buf_cstr(&list, "Package: bash\nVersion: 7777\nArchitecture: amd64\nDescription: ");
    for (int i = 0; i < 300000; i++)
        buf_cstr(&list, "0123456789");
    buf_cstr(&list, "\n\nPackage: tzdata\nVersion: 8888\nArchitecture: all\n");
    golden_file(a, root, LISTS "deb.example.org_debian_dists_bookworm_main_binary-amd64_Packages", buf_view(&list));
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    struct gathered g = golden_gather("pending_updates", a, s);
    const struct cell *candidate = tree_cell(g.rows, "pkg", "tzdata", "candidate");
    ck_assert_ptr_nonnull(candidate);
    ck_assert(str_is(candidate->text, "8888"));
    candidate = tree_cell(g.rows, "pkg", "bash", "candidate");
    ck_assert(!candidate || !str_is(candidate->text, "7777"));
    buf_release(&list);
    tree_remove(root);
    arena_free(a);
}
END_TEST

START_TEST(an_image_without_dpkg_lists_its_packages_in_status_d)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct err e = {0};
    const char *root =
        tree_make(a, STR("=== file 0644 /var/lib/dpkg/status.d/base\nPackage: base-files\nVersion: 12\nArchitecture: amd64\n"
                         "=== file 0644 /var/lib/dpkg/status.d/base.md5sums\n00 x\n"
                         "=== file 0644 /var/lib/dpkg/status.d/tz\nPackage: tzdata\nVersion: 2024a\n"));
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    struct gathered g = golden_gather("packages", a, s);
    ck_assert_int_eq(g.state, TABLE_COMPLETE);
    ck_assert_uint_eq(g.rows->row_count, 2);
    ck_assert(str_is(tree_cell(g.rows, "name", "tzdata", "status")->text, "installed"));
    tree_remove(root);
    arena_free(a);
}
END_TEST

START_TEST(a_query_for_one_path_names_its_package_only)
{
    struct arena *a = arena_new("test", 256 << 20);
    struct err e = {0};
    const char *root = golden_tree(a);
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    const struct host_table *t = host_table_find(STR("package_files"));
    const struct hint hint = {.column = 1, .op = HINT_EQUAL, .value = {.type = CELL_TEXT, .text = STR("/usr/bin/locale-check")}};
    struct gathered g = host_table_gather(t, a, s, NULL, &hint, 1);
    ck_assert_uint_eq(g.rows->row_count, 1);
    ck_assert(str_is(rows_cell(g.rows, 0, 0)->text, "base-files"));
    ck_assert(str_is(rows_cell(g.rows, 0, 2)->text, "1a79a4d60de6718e8e5b326e338ae533"));
    tree_remove(root);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("tables");
    golden_add(c);
    tcase_add_test(c, every_format_gives_the_same_bytes_in_pieces_of_any_size);
    tcase_add_test(c, a_bomb_is_stopped_at_its_limit);
    tcase_add_test(c, without_lists_pending_updates_is_none_and_says_what_to_do);
    tcase_add_test(c, lists_that_were_not_refreshed_for_a_week_make_the_table_partial);
    tcase_add_test(c, a_stanza_without_end_is_left_out_and_the_next_one_is_read);
    tcase_add_test(c, an_image_without_dpkg_lists_its_packages_in_status_d);
    tcase_add_test(c, a_query_for_one_path_names_its_package_only);
    return golden_main("tables of software, updates, kernel settings, shell and identity", c);
}
