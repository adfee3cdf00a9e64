/*
 * accounts_fuzz.c - the tables of accounts, PAM, sudo, SSH and sign-ins over files of any bytes: the first byte chooses the file
 * that holds them, and the tables. A libFuzzer target by itself, and called by accounts_fuzz_test with bytes made from seeds and
 * from the fixture.
 */
#include "collect/host/host.h"
#include "collect/host/source_inner.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_ARENA_BYTES = 512 << 20 };

static const struct target {
    const char *path;
    enum read_op op;
    int64_t offset;
    size_t size_max;
    const char *tables[4];
} targets[] = {
    {"/etc/passwd", READ_FILE, 0, 0, {"users", "group_members", "ssh_authorized_keys"}},
    {"/etc/group", READ_FILE, 0, 0, {"groups", "group_members"}},
    {"/etc/shadow", READ_FILE, 0, 0, {"shadow", "users"}},
    {"/etc/login.defs", READ_FILE, 0, 0, {"login_defs", "password_policy", "users"}},
    {"/etc/nsswitch.conf", READ_FILE, 0, 0, {"users", "groups"}},
    {"/etc/pam.d/passwd", READ_FILE, 0, 0, {"pam_rules", "password_policy"}},
    {"/etc/security/pwquality.conf", READ_FILE, 0, 0, {"password_policy"}},
    {"/etc/sudoers", READ_FILE, 0, 0, {"sudo_rules", "sudo_defaults"}},
    {"/etc/ssh/sshd_config", READ_FILE, 0, 0, {"sshd_effective", "ssh_authorized_keys"}},
    {"/root/.ssh/authorized_keys", READ_FILE, 0, 0, {"ssh_authorized_keys"}},
    {"/etc/ssh/ssh_host_rsa_key.pub", READ_FILE, 0, 0, {"ssh_host_keys"}},
    {"/run/faillock/root", READ_FILE, 0, 0, {"failed_logins"}},
    {"/var/lib/lastlog/lastlog2.db", READ_FILE, 0, 0, {"last_login"}},
};
enum { TARGET_COUNT = sizeof(targets) / sizeof(targets[0]) };

/* What surrounds the file: enough for each parser to reach it. */
static const struct reading around[] = {
    {.path = {"/etc/group", 10}, .op = READ_FILE, .bytes = {"root:x:0:\n", 10}},
    {.path = {"/etc/pam.d", 10}, .op = READ_LIST, .bytes = {"passwd\0other\0", 13}},
    {.path = {"/etc/pam.d", 10}, .op = READ_STAT, .facts = {.kind = FILE_DIRECTORY, .mode = 0755}},
    {.path = {"/etc/pam.d/other", 16}, .op = READ_FILE, .bytes = {"auth required pam_deny.so\n@include passwd\n", 42}},
    {.path = {"/etc/pam.d/passwd", 17}, .op = READ_FILE, .bytes = {"password required pam_pwquality.so\n", 35}},
    {.path = {"/etc/passwd", 11}, .op = READ_FILE, .bytes = {"root:x:0:0::/root:/bin/sh\n", 26}},
    {.path = {"/etc/ssh", 8}, .op = READ_LIST, .bytes = {"ssh_host_rsa_key.pub\0", 21}},
    {.path = {"/etc/ssh/ssh_host_rsa_key.pub", 29}, .op = READ_STAT, .facts = {.kind = FILE_REGULAR, .mode = 0644}},
    {.path = {"/root/.ssh/authorized_keys", 26}, .op = READ_STAT, .facts = {.kind = FILE_REGULAR, .mode = 0600}},
    {.path = {"/run/faillock", 13}, .op = READ_LIST, .bytes = {"root\0", 5}},
    {.path = {"/usr/sbin/sshd", 14}, .op = READ_STAT, .facts = {.kind = FILE_REGULAR, .mode = 0755}},
    {.path = {"/usr/sbin/sshd", 14}, .op = READ_LSTAT, .facts = {.kind = FILE_REGULAR, .mode = 0755}},
};
enum { AROUND_COUNT = sizeof(around) / sizeof(around[0]) };

/* A record's readings are sorted by path. */
static struct source *source_around(struct arena *a, const struct target *t, struct str bytes)
{
    struct source *s = ARENA_NEW(a, struct source);
    *s = (struct source){.kind = SOURCE_RECORD, .root_fd = -1, .now_ms = INT64_C(1767225600000)};
    s->readings = arena_array(a, AROUND_COUNT + 1, sizeof(*s->readings));
    struct reading mine = {.path = str_of(t->path), .op = t->op, .bytes = bytes, .size_bytes = bytes.size};
    bool is_in = false;
    for (size_t i = 0; i <= AROUND_COUNT; i++) {
        bool is_mine_next = !is_in && (i == AROUND_COUNT || str_compare(mine.path, around[i].path) <= 0);
        if (is_mine_next)
            s->readings[s->reading_count++] = mine;
        is_in = is_in || is_mine_next;
        bool is_same = i < AROUND_COUNT && str_equal(around[i].path, mine.path) && around[i].op == mine.op;
        if (i < AROUND_COUNT && !is_same)
            s->readings[s->reading_count++] = around[i];
    }
    return s;
}

static void check(struct arena *a, const char *table, struct source *s)
{
    const struct host_table *t = host_table_find(str_of(table));
    assert(t);
    struct gathered g = host_table_gather(t, a, s, NULL, NULL, 0);
    struct buf out;
    struct err e = {0};
    int version = 0;
    buf_init(&out, 256 << 20);
    rows_encode(g.rows, &out);
    assert(out.full || rows_decode(a, t->schema, buf_view(&out), &version, &e));
    assert(g.status->row_count > 0);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena *a = arena_new("fuzz", FUZZ_ARENA_BYTES);
    const struct target *t = &targets[data[0] % TARGET_COUNT];
    struct str bytes = redact(a, str_of(t->path), str_make(data + 1, size - 1));
    assert(str_equal(redact(a, str_of(t->path), bytes), bytes)); /* taken out once, nothing is left to take out */
    for (size_t i = 0; i < 4 && t->tables[i]; i++)
        check(a, t->tables[i], source_around(a, t, bytes));
    arena_free(a);
    return 0;
}
