#include "base/test.h"
#include "web/form.h"

/* One for the file: each test runs in a process of its own. */
static struct arena *a;

#define MULTI "multipart/form-data; boundary=xyz"

static bool reads(const char *type, const char *body, struct form *f)
{
    struct err e = {0};
    a = a ? a : arena_new("test", 64 << 20);
    *f = (struct form){0};
    return form_read(a, str_of(type), str_of(body), f, &e);
}

START_TEST(urlencoded_fields_are_decoded_in_order)
{
    struct form f;
    ck_assert(reads("application/x-www-form-urlencoded; charset=utf-8", "a=1+2&b=%C3%A4&&c", &f));
    ck_assert_uint_eq(f.count, 3);
    ck_assert(str_is(form_value(&f, "a"), "1 2") && str_is(form_value(&f, "b"), "ä") && str_is(form_value(&f, "c"), ""));
    ck_assert(!form_find(&f, "d"));
}
END_TEST

START_TEST(parts_have_names_values_and_files)
{
    struct form f;
    ck_assert(reads(MULTI,
                    "--xyz\r\nContent-Disposition: form-data; name=\"why\"\r\n\r\nBecause\r\n--xyz\r\n"
                    "content-disposition: form-data; name=\"report\"; filename=\"C:\\\\tmp\\\\a;b.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n\r\n--xy\r\n"
                    "--xyz\r\nContent-Disposition: form-data; name=empty\r\n\r\n\r\n--xyz--\r\n",
                    &f));
    ck_assert_uint_eq(f.count, 3);
    ck_assert(str_is(form_value(&f, "why"), "Because"));
    const struct form_field *file = form_find(&f, "report");
    ck_assert(file->is_file && str_is(file->file_name, "a;b.pdf") && str_is(file->value, "%PDF\r\n\r\n--xy"));
    ck_assert_str_eq(file->media, "application/pdf");
    ck_assert(form_value(&f, "report").size == 0 && form_find(&f, "empty")->value.size == 0);
}
END_TEST

START_TEST(what_is_no_form_is_refused)
{
    static const char *const bad[] = {
        "",
        "--xyz",
        "--xyz--x",
        "preamble\r\n--xyz\r\n\r\n--xyz--",
        "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end",
        "--xyz\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xyz--",
        "--xyz\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--xyz--",
        "--xyz\r\nno colon\r\n\r\n1\r\n--xyz--",
        "--xyz\nContent-Disposition: form-data; name=\"a\"\n\n1\n--xyz--",
        "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64\r\n\r\n1\r\n--xyz--",
        "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--xyz--",
        "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n1\r\n--xyz--",
    };
    struct form f;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!reads(MULTI, bad[i], &f), "%zu", i);
    ck_assert(!reads("text/plain", "a=1", &f) && !reads("multipart/form-data", "--\r\n", &f));
    ck_assert(!reads("application/x-www-form-urlencoded", "a=%zz", &f) && !reads("application/x-www-form-urlencoded", "a=%00", &f));
}
END_TEST

START_TEST(too_many_fields_are_refused)
{
    a = arena_new("test", 64 << 20);
    char *body = arena_alloc(a, (size_t)FORM_FIELDS_MAX * 4 + 16);
    for (int i = 0; i <= FORM_FIELDS_MAX; i++)
        memcpy(body + (size_t)i * 4, "a=1&", 4);
    struct form f;
    ck_assert(!reads("application/x-www-form-urlencoded", body, &f));
}
END_TEST

START_TEST(file_names_lose_directories_and_tricks)
{
    a = arena_new("test", 64 << 20);
    static const char *const names[][2] = {{"../../etc/passwd", "passwd"},  {"..", "file"},        {".bashrc", "bashrc"},
                                           {"a\nb\"c.txt", "a_b_c.txt"},    {"C:\\x\\y.doc", "y.doc"}, {"", "file"},
                                           {"a\xe2\x80\xae" "fdp.exe", "afdp.exe"}, {"\xff", "file"},      {"größe.pdf", "größe.pdf"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        ck_assert_msg(str_is(form_file_name(a, str_of(names[i][0])), names[i][1]), "%s", names[i][0]);
}
END_TEST

TEST_MAIN("form", urlencoded_fields_are_decoded_in_order, parts_have_names_values_and_files, what_is_no_form_is_refused,
          too_many_fields_are_refused, file_names_lose_directories_and_tricks)
