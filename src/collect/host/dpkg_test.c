/* dpkg_test.c - the order of Debian versions, control stanzas, dates of Release files. */
#include "base/test.h"
#include "collect/host/dpkg.h"

/* The vectors of dpkg's own test (t/Dpkg_Version.t), and the chain of Debian policy 5.6.12. */
static const struct {
    const char *a;
    const char *b;
    int order;
} vectors[] = {
    {"1.0-1", "2.0-2", -1},
    {"2.2~rc-4", "2.2-1", -1},
    {"1.0000-1", "1.0-1", 0},
    {"1", "0:1", 0},
    {"0", "0:0-0", 0},
    {"2:2.5", "1:7.5", 1},
    {"1:0foo", "0foo", 1},
    {"0:0foo", "0foo", 0},
    {"0foo-0", "0foo", 0},
    {"0foo", "0fo", 1},
    {"0foo-0", "0foo+", -1},
    {"0foo~1", "0foo", -1},
    {"0foo~foo+Bar", "0foo~foo+bar", -1},
    {"0foo~~", "0foo~", -1},
    {"1~", "1", -1},
    {"12345+that-really-is-some-ver-0", "12345+that-really-is-some-ver-10", -1},
    {"0foo-0", "0foo-01", -1},
    {"0foo.bar", "0foobar", 1},
    {"0foo.bar", "0foo1bar", 1},
    {"0foo.bar", "0foo0bar", 1},
    {"0foo1bar-1", "0foobar-1", -1},
    {"0foo2.0", "0foo2", 1},
    {"0foo2.0.0", "0foo2.10.0", -1},
    {"0foo2.0", "0foo2.0.0", -1},
    {"0foo2.0", "0foo2.10", -1},
    {"0foo2.1", "0foo2.10", -1},
    {"1.09", "1.9", 0},
    {"1.0.8+nmu1", "1.0.8", 1},
    {"3.11", "3.10+nmu1", 1},
    {"0.9j-20080306-4", "0.9i-20070324-1", 1},
    {"1.2.0~b7-1", "1.2.0~b6-1", 1},
    {"1.011-1", "1.06-2", 1},
    {"0.0.9+dfsg1-1", "0.0.8+dfsg1-3", 1},
    {"4.6.99+svn6582-1", "4.6.99+svn6496-1", 1},
    {"53", "52", 1},
    {"0.9.9~pre122-1", "0.9.9~pre111-1", 1},
    {"2:2.3.2-2+lenny2", "2:2.3.2-2", 1},
    {"1:3.8.1-1", "3.8.GA-1", 1},
    {"1.0.1+gpl-1", "1.0.1-2", 1},
    {"1a", "1000a", -1},
    {"99999999999999999999998", "99999999999999999999999", -1},
};

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

START_TEST(versions_are_ordered_as_by_dpkg)
{
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct str a = str_of(vectors[i].a), b = str_of(vectors[i].b);
        ck_assert_msg(sign(dpkg_version_compare(a, b)) == vectors[i].order, "%s against %s", vectors[i].a, vectors[i].b);
        ck_assert_msg(sign(dpkg_version_compare(b, a)) == -vectors[i].order, "%s against %s", vectors[i].b, vectors[i].a);
    }
}
END_TEST

START_TEST(tildes_sort_before_the_end_and_letters_before_other_signs)
{
    static const char *const chain[] = {"~~", "~~a", "~", "", "a", "b", "+", "."};
    for (size_t i = 0; i + 1 < sizeof(chain) / sizeof(chain[0]); i++)
        ck_assert_msg(dpkg_version_compare(str_of(chain[i]), str_of(chain[i + 1])) < 0, "'%s' before '%s'", chain[i],
                      chain[i + 1]);
}
END_TEST

START_TEST(any_bytes_have_a_total_order)
{
    static const char letters[] = "0019a~Z.+-:\0\xff";
    uint64_t seed = 7;
    for (int n = 0; n < 20000; n++) {
        char text[3][8];
        struct str v[3];
        for (int i = 0; i < 3; i++) {
            size_t size = (size_t)(test_random(&seed) % 7);
            for (size_t k = 0; k < size; k++)
                text[i][k] = letters[test_random(&seed) % (sizeof(letters) - 1)];
            v[i] = str_make(text[i], size);
        }
        ck_assert_int_eq(dpkg_version_compare(v[0], v[0]), 0);
        ck_assert_int_eq(sign(dpkg_version_compare(v[0], v[1])), -sign(dpkg_version_compare(v[1], v[0])));
        if (dpkg_version_compare(v[0], v[1]) <= 0 && dpkg_version_compare(v[1], v[2]) <= 0)
            ck_assert_int_le(dpkg_version_compare(v[0], v[2]), 0);
    }
}
END_TEST

START_TEST(stanzas_end_at_empty_lines_and_continuations_are_no_fields)
{
    struct str text = STR(
        "\n\nPackage: a\nDescription: x\n Package: b\n\tVersion: 3\nVersion: 1\n\nVersion: 9\n\nPackage:c\r\nSource: s (2)\r\n");
    struct dpkg_package p;
    struct str name, version;
    ck_assert(dpkg_next_package(&text, &p));
    ck_assert(str_is(p.field[DPKG_NAME], "a"));
    ck_assert(str_is(p.field[DPKG_VERSION], "1"));
    ck_assert(dpkg_next_package(&text, &p));
    ck_assert(str_is(p.field[DPKG_NAME], "c"));
    ck_assert_ptr_null(p.field[DPKG_VERSION].data);
    dpkg_source(&p, &name, &version);
    ck_assert(str_is(name, "s") && str_is(version, "2"));
    ck_assert(!dpkg_next_package(&text, &p));
}
END_TEST

START_TEST(any_bytes_are_parsed_to_their_end)
{
    static const char letters[] = "PackgeVrsion: \n\n\t\0xCf";
    uint64_t seed = 3;
    for (int n = 0; n < 2000; n++) {
        char bytes[200];
        struct dpkg_package p;
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = letters[test_random(&seed) % (sizeof(letters) - 1)];
        struct str text = str_make(bytes, (size_t)(test_random(&seed) % sizeof(bytes)));
        while (dpkg_next_package(&text, &p))
            ck_assert_ptr_nonnull(p.field[DPKG_NAME].data);
        ck_assert_uint_eq(text.size, 0);
    }
}
END_TEST

START_TEST(dates_of_release_files_are_read_and_others_refused)
{
    static const char *const bad[] = {"",
                                      "Sat, 11 Jan 2025",
                                      "Sat, 11 Jnu 2025 10:58:36 UTC",
                                      "Sat, 32 Jan 2025 10:58:36 UTC",
                                      "Sat, 11 Jan 2025 10:58:36 +0200",
                                      "Sat, 11 Jan 2025 10:99:36 UTC",
                                      "Sat, 11 Jan 99999 10:58:36 UTC"};
    int64_t at_ms;
    ck_assert(apt_date_parse(STR("Sat, 11 Jan 2025 10:58:36 UTC"), &at_ms));
    ck_assert_int_eq(at_ms, INT64_C(1736593116000));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!apt_date_parse(str_of(bad[i]), &at_ms), "%s", bad[i]);
}
END_TEST

TEST_MAIN("dpkg", versions_are_ordered_as_by_dpkg, tildes_sort_before_the_end_and_letters_before_other_signs,
          any_bytes_have_a_total_order, stanzas_end_at_empty_lines_and_continuations_are_no_fields,
          any_bytes_are_parsed_to_their_end, dates_of_release_files_are_read_and_others_refused)
