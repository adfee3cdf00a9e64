/*
 * golden_a_test.c - the tables of accounts, passwords, PAM, sudo, SSH and sign-ins over a made tree, against rows that a person
 * has read; and that what they recorded gives the same rows again.
 */
#include "collect/host/tree_test.h"
#include <lastlog.h>
#include <utmp.h>

static const char *const golden_tables[] = {"users",         "groups",         "group_members",   "shadow",
                                            "login_defs",    "pam_rules",      "password_policy", "sudo_rules",
                                            "sudo_defaults", "sshd_effective", "ssh_host_keys",   "ssh_authorized_keys",
                                            "login_history", "failed_logins",  "last_login",      NULL};
static const char *const golden_without[] = {"owner", "private_owner", "private_group", "is_file_safe", NULL};
static const char golden_tree_path[] = TEST_FIXTURES "/host-a.tree";
static const char golden_rows_path[] = TEST_FIXTURES "/host-a.golden";

static struct utmp record(short type, const char *user, const char *tty, const char *host, int seconds)
{
    struct utmp u = {.ut_type = type, .ut_pid = 77};
    memcpy(u.ut_user, user, strlen(user));
    memcpy(u.ut_line, tty, strlen(tty));
    memcpy(u.ut_host, host, strlen(host));
    u.ut_tv.tv_sec = 1767000000 + seconds;
    u.ut_tv.tv_usec = 250000;
    return u;
}

static void write_sign_ins(struct arena *a, const char *root)
{
    char full[UT_NAMESIZE + 1];
    memset(full, 'n', sizeof(full));
    full[UT_NAMESIZE] = '\0'; /* a name that fills its field has no NUL behind it */
    const struct utmp wtmp[] = {
        record(BOOT_TIME, "reboot", "~", "6.1.0-1", 0),   record(USER_PROCESS, "alice", "pts/0", "10.0.0.1", 100),
        record(USER_PROCESS, "bob", "tty1", "", 150),     record(DEAD_PROCESS, "", "pts/0", "", 200),
        record(USER_PROCESS, full, "pts/1", "", 250),     record(RUN_LVL, "shutdown", "~", "6.1.0-1", 300),
        record(BOOT_TIME, "reboot", "~", "6.1.0-1", 400), record(USER_PROCESS, "b\377d", "pts/0", "h\nst", 500),
    };
    const struct utmp btmp[] = {record(LOGIN_PROCESS, "root", "ssh:notty", "192.0.2.7", 10),
                                record(USER_PROCESS, "", "tty2", "", 20)};
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, 1 << 20);
    buf_append(&bytes, wtmp, sizeof(wtmp));
    buf_append(&bytes, "torn", 4);
    tree_make_file(a, arena_printf(a, "%s/var/log/wtmp", root), 0664, buf_view(&bytes));
    tree_make_file(a, arena_printf(a, "%s/var/log/btmp", root), 0660, str_make(btmp, sizeof(btmp)));
    struct lastlog alice = {.ll_time = 1767000100, .ll_line = "pts/0", .ll_host = "10.0.0.1"};
    buf_clear(&bytes);
    for (int uid = 0; uid < 1000; uid++)
        buf_append(&bytes, &(struct lastlog){0}, sizeof(alice));
    buf_append(&bytes, &alice, sizeof(alice));
    tree_make_file(a, arena_printf(a, "%s/var/log/lastlog", root), 0664, buf_view(&bytes));
}

/* pam_faillock's tally: one that counts, one that was taken back. */
static void write_tally(struct arena *a, const char *root)
{
    char tally[128] = "10.9.8.7";
    uint16_t status = 3;
    uint64_t seconds = 1767000042;
    memcpy(tally + 54, &status, sizeof(status));
    memcpy(tally + 56, &seconds, sizeof(seconds));
    tree_make_file(a, arena_printf(a, "%s/run/faillock/alice", root), 0600, str_make(tally, sizeof(tally)));
}

static void golden_prepare(struct arena *a, const char *root)
{
    write_sign_ins(a, root);
    write_tally(a, root);
}

#include "collect/host/golden_test.h"

/* Whatever becomes of a hash, it is gone before anything keeps it. */
START_TEST(no_secret_is_in_a_record)
{
    static const char *const secrets[] = {"hashhash", "oldsalt", "saltsalt", "$hash", "abJnggxhB", "not read"};
    struct arena *a = arena_new("test", 64 << 20);
    struct err e = {0};
    const char *root = golden_tree(a);
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    for (size_t i = 0; golden_tables[i]; i++) {
        struct buf BUF_AUTO bytes;
        bool is_complete = false;
        buf_init(&bytes, 16 << 20);
        source_record_begin(s);
        struct gathered g = golden_gather(golden_tables[i], a, s);
        source_record(s, &bytes, &is_complete);
        rows_encode(g.rows, &bytes);
        for (size_t k = 0; k < sizeof(secrets) / sizeof(secrets[0]); k++)
            ck_assert_msg(!str_contains(buf_view(&bytes), secrets[k]), "%s tells %s", golden_tables[i], secrets[k]);
    }
    source_close(s);
    tree_remove(root);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("tables");
    golden_add(c);
    tcase_add_test(c, no_secret_is_in_a_record);
    return golden_main("tables of accounts, passwords, PAM, sudo, SSH and sign-ins", c);
}
