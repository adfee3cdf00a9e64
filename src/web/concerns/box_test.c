#include "web/concerns/box.h"
#include "web/concerns/concerns.h"

#include "base/test.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[96];
static struct arena *arena;
static struct err e;

static void setup(void)
{
    snprintf(dir, sizeof(dir), "/tmp/assay-box-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/concerns", dir);
    arena = arena_new("test", (size_t)64 << 20);
    e = (struct err){0};
}

static void teardown(void)
{
    unlink(path);
    rmdir(dir);
    arena_free(arena);
}

static struct box *opened(void)
{
    struct box *b = box_open(dir, &env_system, &e);
    ck_assert_msg(b, "%s", e.text);
    return b;
}

static struct json *entry(const char *text)
{
    struct json *o = json_object(arena);
    json_put_str(o, "text", arena_str(arena, str_of(text)));
    return o;
}

static bool file_holds(const char *word)
{
    static char bytes[2 * BOX_SLOT_BYTES];
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, bytes, sizeof(bytes));
    close(fd);
    return n > 0 && memmem(bytes, (size_t)n, word, strlen(word)) != NULL;
}

START_TEST(what_was_added_is_there_after_a_restart_and_what_was_removed_is_in_no_byte)
{
    struct box *b = opened();
    ck_assert(box_is_empty(b));
    ck_assert(box_add(b, arena, entry("aardvark"), &e) && box_add(b, arena, entry("line\nbreak \"quoted\""), &e));
    b = box_close(b);
    b = opened();
    struct json *list = box_list(b, arena, &e);
    ck_assert_uint_eq(list->count, 2);
    JSON_EACH (o, list)
        if (str_is(json_text(o, "text"), "aardvark"))
            ck_assert(box_remove(b, json_text(o, "n"), &e));
    ck_assert(!file_holds("aardvark"));
    ck_assert(file_holds("quoted"));
    ck_assert_uint_eq(box_list(b, arena, &e)->count, 1);
    ck_assert(str_is(json_text(json_at(box_list(b, arena, &e), 0), "text"), "line\nbreak \"quoted\""));
    box_close(b);
}
END_TEST

START_TEST(they_stand_by_names_of_chance_and_not_as_they_came)
{
    struct box *b = opened();
    for (int i = 0; i < 30; i++)
        ck_assert(box_add(b, arena, entry(arena_printf(arena, "%d", i).data), &e));
    struct json *list = box_list(b, arena, &e);
    struct str before = STR("");
    int in_order = 0, last = -1;
    JSON_EACH (o, list) {
        int64_t n = 0;
        ck_assert(str_compare(before, json_text(o, "n")) < 0);
        before = json_text(o, "n");
        ck_assert(str_to_int64(json_text(o, "text"), &n));
        in_order += n > last;
        last = (int)n;
    }
    ck_assert_uint_eq(list->count, 30);
    ck_assert_int_lt(in_order, 29);
    box_close(b);
}
END_TEST

START_TEST(a_write_that_was_cut_off_leaves_what_was_there)
{
    struct box *b = opened();
    ck_assert(box_add(b, arena, entry("first"), &e));
    b = box_close(b);
    /* one slot is torn: the other one says the same */
    for (int slot = 0; slot < 2; slot++) {
        int fd = open(path, O_RDWR);
        ck_assert_int_eq(pwrite(fd, "xxxx", 4, slot * (off_t)BOX_SLOT_BYTES + BOX_HEAD_BYTES), 4);
        close(fd);
        struct box *again = box_open(dir, &env_system, &e);
        if (slot == 0) {
            ck_assert_msg(again, "%s", e.text);
            ck_assert_uint_eq(box_list(again, arena, &e)->count, 1);
            ck_assert(box_add(again, arena, entry("second"), &e)); /* both slots are whole again */
            box_close(again);
            again = opened();
            ck_assert_uint_eq(box_list(again, arena, &e)->count, 2);
            box_close(again);
            fd = open(path, O_RDWR);
            ck_assert_int_eq(pwrite(fd, "xxxx", 4, BOX_HEAD_BYTES), 4);
            close(fd);
        } else {
            ck_assert_ptr_null(again); /* both are: nothing is thrown away in silence */
            ck_assert_int_eq(e.code, ERR_CORRUPT);
        }
    }
}
END_TEST

START_TEST(a_day_has_room_for_so_many_and_no_more)
{
    struct box *b = opened();
    for (int i = 0; i < BOX_ENTRIES_MAX; i++)
        ck_assert(box_add(b, arena, entry("x"), &e));
    ck_assert(!box_add(b, arena, entry("x"), &e));
    ck_assert_int_eq(e.code, ERR_LIMIT);
    box_close(b);
}
END_TEST

START_TEST(the_file_and_its_directory_tell_no_time)
{
    struct stat before, after;
    struct box *b = opened();
    ck_assert_int_eq(stat(dir, &before), 0);
    ck_assert(box_add(b, arena, entry("x"), &e));
    ck_assert_int_eq(stat(dir, &after), 0);
    ck_assert(before.st_mtim.tv_sec == after.st_mtim.tv_sec && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    ck_assert_int_eq(stat(path, &before), 0);
    usleep(20000);
    box_touch(b);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert(after.st_mtim.tv_nsec != before.st_mtim.tv_nsec && after.st_ctim.tv_nsec != before.st_ctim.tv_nsec);
    ck_assert_int_eq(after.st_mode & 0777, 0600);
    box_close(b);
}
END_TEST

START_TEST(a_key_is_read_however_it_is_typed_and_never_as_another)
{
    char key[CONCERN_KEY_SIZE], digest[65], again[65], other[65];
    for (int round = 0; round < 200; round++) {
        concern_key_new(&env_system, key);
        ck_assert_uint_eq(strlen(key), 24);
        ck_assert(concern_key_digest(str_of(key), digest));
        char typed[64];
        size_t n = 0;
        for (size_t i = 0; key[i]; i++)
            if (key[i] != '-') {
                typed[n++] = key[i] >= 'A' && key[i] <= 'Z' ? (char)(key[i] + 32) : key[i];
                if (i % 3 == 0)
                    typed[n++] = ' ';
            }
        ck_assert(concern_key_digest(str_make(typed, n), again));
        ck_assert_str_eq(digest, again);
        key[round % 4] = key[round % 4] == 'A' ? 'B' : 'A';
        ck_assert(concern_key_digest(str_of(key), other));
        ck_assert_str_ne(digest, other);
    }
    ck_assert(!concern_key_digest(STR("AAAA-BBBB-CCCC-DDDD-EEE"), digest));
    ck_assert(!concern_key_digest(STR("AAAA-BBBB-CCCC-DDDD-EEEEE"), digest));
    ck_assert(!concern_key_digest(STR("AAAA-BBBB-CCCC-DDDD-EEE!"), digest));
    ck_assert(!concern_key_digest(STR(""), digest));
}
END_TEST

TEST_MAIN_WITH("box", setup, teardown, what_was_added_is_there_after_a_restart_and_what_was_removed_is_in_no_byte, they_stand_by_names_of_chance_and_not_as_they_came,
               a_write_that_was_cut_off_leaves_what_was_there, a_day_has_room_for_so_many_and_no_more, the_file_and_its_directory_tell_no_time,
               a_key_is_read_however_it_is_typed_and_never_as_another)
