/* source_test.c - reading never leaves the tree, never opens what is no file, and is recorded so that it can be done again. */
#include "base/limits.h"
#include "collect/host/tree_test.h"
#include <sys/socket.h>
#include <sys/un.h>

static const char tree[] =
    "=== file 0644 /etc/hosts\n127.0.0.1 localhost\n=== link /etc/absolute -> /etc/hosts\n=== link /etc/outside -> "
    "../../../../../../etc/hosts\n"
    "=== link /etc/loop -> loop\n=== file 0000 /etc/closed\nsecret\n=== dir 0755 /etc/empty\n"
    "=== file 0644 "
    "/etc/shadow\nroot:$6$rounds=9$SALT$HASH:1:2:3:4:::\nx:!$y$j9T$SALT$HASH:1::::::\ny:$y$j9T:1::::::\nz:::::::\nodd$6$HASH\n"
    "=== file 0600 /etc/key.pem\nbefore\n-----BEGIN PRIVATE KEY-----\nHASH\nHASH\n-----END PRIVATE KEY-----\nafter\n-----BEGIN "
    "RSA PRIVATE KEY-----\nHASH\n"
    "=== file 0644 /etc/apt/sources.list\ndeb https://user:HASH@example.org/debian x main\ndeb http://example.org/a:b@c x\n"
    "=== file 0644 /boot/grub/user.cfg\nGRUB2_PASSWORD=grub.pbkdf2.sha512.10000.HASH.HASH\npassword root HASH\n";

struct fixture {
    struct arena *arena;
    const char *root;
    struct source *source;
};

static struct fixture fixture_open(void)
{
    struct fixture f = {.arena = arena_new("test", 256 << 20)};
    struct err e = {0};
    f.root = tree_make(f.arena, str_of(tree));
    f.source = source_tree(f.arena, f.root, TREE_NOW_MS, &e);
    ck_assert_msg(f.source != NULL, "%s", e.text);
    return f;
}

static void fixture_close(struct fixture *f)
{
    source_close(f->source);
    tree_remove(f->root);
    arena_free(f->arena);
}

static enum err_code read_code(struct fixture *f, const char *path, size_t size_max, struct str *ret)
{
    struct err e = {0};
    *ret = STR("");
    return source_read(f->source, f->arena, path, size_max, ret, &e) ? ERR_NONE : e.code;
}

START_TEST(links_are_followed_inside_the_tree_only)
{
    struct fixture f = fixture_open();
    struct str text;
    ck_assert_int_eq(read_code(&f, "/etc/absolute", 100, &text), ERR_NONE);
    ck_assert(str_is(text, "127.0.0.1 localhost\n"));
    ck_assert_int_eq(read_code(&f, "/etc/outside", 100, &text), ERR_NONE);
    ck_assert(str_is(text, "127.0.0.1 localhost\n"));
    ck_assert_int_eq(read_code(&f, "/../../etc/hosts", 100, &text), ERR_NONE);
    ck_assert(str_is(text, "127.0.0.1 localhost\n"));
    ck_assert_int_eq(read_code(&f, "/etc/loop", 100, &text), ERR_INVALID);
    fixture_close(&f);
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused_without_being_opened)
{
    struct fixture f = fixture_open();
    struct str text;
    ck_assert_int_eq(mkfifo(arena_printf(f.arena, "%s/etc/fifo", f.root).data, 0644), 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/etc/sock", f.root);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    ck_assert_int_eq(read_code(&f, "/etc/fifo", 100, &text), ERR_INVALID);
    ck_assert_int_eq(read_code(&f, "/etc/sock", 100, &text), ERR_INVALID);
    ck_assert_int_eq(read_code(&f, "/etc", 100, &text), ERR_INVALID);
    ck_assert_int_eq(read_code(&f, "/etc/nothing", 100, &text), ERR_NOT_FOUND);
    ck_assert_int_eq(read_code(&f, "/etc/hosts", 10, &text), ERR_TOO_LARGE);
    if (geteuid() != 0)
        ck_assert_int_eq(read_code(&f, "/etc/closed", 100, &text), ERR_DENIED);
    fixture_close(&f);
}
END_TEST

START_TEST(secrets_are_gone_at_reading)
{
    static const char *const paths[] = {"/etc/shadow", "/etc/key.pem", "/etc/apt/sources.list", "/boot/grub/user.cfg"};
    struct fixture f = fixture_open();
    struct str text;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        ck_assert_int_eq(read_code(&f, paths[i], 10000, &text), ERR_NONE);
        ck_assert_msg(!str_contains(text, "HASH"), "%s:\n%.*s", paths[i], STR_ARGS(text));
        ck_assert(!str_contains(text, "SALT"));
    }
    read_code(&f, "/etc/shadow", 10000, &text);
    ck_assert_msg(
        str_starts(
            text,
            "root:$6$rounds=9$redacted:1:2:3:4:::\nx:!$y$j9T$redacted:1::::::\ny:$y$redacted:1::::::\nz:::::::\nredacted\n"),
        "%.*s", STR_ARGS(text));
    read_code(&f, "/etc/apt/sources.list", 10000, &text);
    ck_assert(str_contains(text, "https://user:redacted@example.org/debian x main\ndeb http://example.org/a:b@c x\n"));
    read_code(&f, "/etc/key.pem", 10000, &text);
    ck_assert_msg(
        str_starts(
            text,
            "before\n-----BEGIN PRIVATE KEY-----\nredacted\n-----END PRIVATE KEY-----\nafter\n-----BEGIN RSA PRIVATE KEY-----\n"),
        "%.*s", STR_ARGS(text));
    fixture_close(&f);
}
END_TEST

/* Every kind of question, answered and refused: the answers, as one text. */
static struct str ask_all(struct source *s, struct arena *a)
{
    static const char *const paths[] = {"/etc/hosts",   "/etc/absolute", "/etc/loop",    "/etc",
                                        "/etc/nothing", "/etc/empty",    "/etc/key.pem", "/etc/hosts/x"};
    struct buf BUF_AUTO out;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct err e[6] = {{0}};
        struct str text = STR(""), *names = NULL;
        struct file_facts f = {0};
        size_t count = 0;
        uint64_t size = 0;
        bool ok = source_read(s, a, paths[i], 1000, &text, &e[0]);
        buf_printf(&out, "%s read %d %.*s %s\n", paths[i], ok, STR_ARGS(text), e[0].text);
        text = STR("");
        ok = source_read_head(s, a, paths[i], 5, &text, &e[1]);
        buf_printf(&out, "head %d %.*s %s\n", ok, STR_ARGS(text), e[1].text);
        text = STR("");
        ok = source_read_slice(s, a, paths[i], -6, 4, &text, &size, &e[2]);
        buf_printf(&out, "slice %d %.*s %llu %s\n", ok, STR_ARGS(text), (unsigned long long)size, e[2].text);
        ok = source_list(s, a, paths[i], &names, &count, &e[3]);
        buf_printf(&out, "list %d %zu %s\n", ok, count, e[3].text);
        for (size_t k = 0; ok && k < count; k++)
            buf_printf(&out, " %.*s", STR_ARGS(names[k]));
        ok = source_stat(s, paths[i], i % 2, &f, &e[4]);
        buf_printf(&out, "stat %d %d %o %lld %s\n", ok, (int)f.kind, (unsigned)f.mode, (long long)f.mtime_ms, e[4].text);
        text = STR("");
        ok = source_readlink(s, a, paths[i], &text, &e[5]);
        buf_printf(&out, "link %d %.*s %s\n", ok, STR_ARGS(text), e[5].text);
    }
    return arena_str(a, buf_view(&out));
}

START_TEST(a_record_answers_as_the_tree_did)
{
    struct fixture f = fixture_open();
    struct buf BUF_AUTO record, again;
    struct err e = {0};
    bool is_complete = false;
    buf_init(&record, 1 << 20);
    buf_init(&again, 1 << 20);
    source_record_begin(f.source);
    struct str first = ask_all(f.source, f.arena);
    source_record(f.source, &record, &is_complete);
    ck_assert(is_complete);
    struct source *s = source_from_record(f.arena, buf_view(&record), TREE_NOW_MS, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    struct str second = ask_all(s, f.arena);
    ck_assert_msg(str_equal(first, second), "%.*s\nthen\n%.*s", STR_ARGS(first), STR_ARGS(second));
    /* Asked in another order, twice: the same bytes. */
    source_record_begin(f.source);
    ask_all(f.source, f.arena);
    ask_all(f.source, f.arena);
    source_record(f.source, &again, &is_complete);
    ck_assert(str_equal(buf_view(&record), buf_view(&again)));
    source_close(s);
    fixture_close(&f);
}
END_TEST

START_TEST(a_large_file_is_recorded_by_its_digest)
{
    struct fixture f = fixture_open();
    struct buf BUF_AUTO record;
    struct err e = {0};
    struct str text;
    bool is_complete = true;
    buf_init(&record, 16 << 20);
    char *bytes = arena_alloc(f.arena, LIMIT_CAPTURED_FILE_BYTES + 1);
    memset(bytes, 'a', LIMIT_CAPTURED_FILE_BYTES + 1);
    tree_make_file(f.arena, arena_printf(f.arena, "%s/etc/large", f.root), 0644, str_make(bytes, LIMIT_CAPTURED_FILE_BYTES + 1));
    source_record_begin(f.source);
    ck_assert(source_read(f.source, f.arena, "/etc/large", LIMIT_CAPTURED_FILE_BYTES * 2, &text, &e));
    ck_assert_uint_eq(text.size, LIMIT_CAPTURED_FILE_BYTES + 1);
    source_record(f.source, &record, &is_complete);
    ck_assert(!is_complete);
    ck_assert_uint_lt(record.size, 10000);
    struct source *s = source_from_record(f.arena, buf_view(&record), TREE_NOW_MS, &e);
    ck_assert(!source_read(s, f.arena, "/etc/large", LIMIT_CAPTURED_FILE_BYTES * 2, &text, &e));
    ck_assert_int_eq(e.code, ERR_UNSUPPORTED);
    source_close(s);
    fixture_close(&f);
}
END_TEST

/* Each byte of a record changed or cut: refused, or read as something else, but never a crash. */
START_TEST(a_damaged_record_is_refused)
{
    struct fixture f = fixture_open();
    struct buf BUF_AUTO record;
    bool is_complete = false;
    buf_init(&record, 1 << 20);
    source_record_begin(f.source);
    ask_all(f.source, f.arena);
    source_record(f.source, &record, &is_complete);
    for (size_t i = 0; i < record.size; i += 3) {
        struct arena *a = arena_new("damaged", 16 << 20);
        struct err e = {0}, cut = {0};
        char *bytes = arena_strndup(a, record.data, record.size);
        bytes[i] = (char)(bytes[i] ^ 0x11);
        struct source *s = source_from_record(a, str_make(bytes, record.size), TREE_NOW_MS, &e);
        ck_assert(s || e.code == ERR_CORRUPT);
        if (s)
            ask_all(s, a);
        ck_assert(!source_from_record(a, str_make(record.data, i), TREE_NOW_MS, &cut));
        arena_free(a);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(access_times_are_left_alone)
{
    struct fixture f = fixture_open();
    struct str text;
    struct stat before, after;
    const char *path = arena_printf(f.arena, "%s/etc/hosts", f.root).data;
    struct timespec at[2] = {{1000000000, 0}, {1000000000, 0}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, at, 0), 0);
    ck_assert_int_eq(stat(path, &before), 0);
    ck_assert_int_eq(read_code(&f, "/etc/hosts", 100, &text), ERR_NONE);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_int_eq(before.st_atime, after.st_atime);
    fixture_close(&f);
}
END_TEST

TEST_MAIN("source", links_are_followed_inside_the_tree_only, what_is_no_regular_file_is_refused_without_being_opened,
          secrets_are_gone_at_reading, a_record_answers_as_the_tree_did, a_large_file_is_recorded_by_its_digest,
          a_damaged_record_is_refused, access_times_are_left_alone)
