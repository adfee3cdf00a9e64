/*
 * kernel_tables_test.c - tables from the kernel: over a made /proc, over malformed netlink answers, and on this machine as root
 * and as nobody.
 */
#include "collect/host/netlink.h"
#include "collect/host/oracle_test.h"
#include "collect/host/proc.h"

extern const struct host_table processes_table;

static const char proc_tree[] =
    "=== file 0444 /proc/stat\ncpu  1 2 3\nbtime 1700000000\n"
    "=== file 0444 /proc/sys/kernel/cap_last_cap\n40\n"
    "=== file 0444 /proc/self/loginuid\n0\n"
    "=== file 0444 /proc/self/attr/current\nunconfined\n"
    "=== file 0444 /proc/2/stat\n2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 3 0 0\n"
    "=== file 0444 "
    "/proc/2/status\nName:\tkthreadd\nPPid:\t0\nUid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\nNoNewPrivs:\t0\nSeccomp:\t0\n"
    "=== file 0444 /proc/700/stat\n700 (a) b (c)) S 1 700 700 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 12345 0 0\n"
    "=== file 0444 /proc/700/status\nName:\ta) b "
    "(c)\nPPid:\t1\nUid:\t1000\t0\t0\t0\nCapEff:\t0000000000000401\nNoNewPrivs:\t1\nSeccomp:\t2\n"
    "=== file 0444 /proc/700/cmdline\n/usr/sbin/web --password=hunter2 --port=80\n"
    "=== link /proc/700/exe -> /usr/sbin/web (deleted)\n"
    "=== file 0444 /proc/700/cgroup\n0::/system.slice/web.service\n"
    "=== file 0444 /proc/700/loginuid\n1000\n"
    "=== file 0444 /proc/700/attr/current\n/usr/sbin/web (enforce)\n"
    "=== file 0444 /proc/800/stat\n800 (no end\n"
    "=== file 0444 /proc/900/stat\n\n"
    "=== file 0444 /proc/version\nx\n";

/* The gather function itself, as the tree would not count as a running host. */
static struct rows *gather_processes(struct arena *a, const char *root, bool *ret_ok)
{
    struct err e = {0};
    struct gather g = {.arena = a,
                       .source = source_tree(a, root, TREE_NOW_MS, &e),
                       .rows = rows_new(a, processes_table.schema),
                       .status = rows_new(a, &table_status_schema)};
    *ret_ok = processes_table.gather(&g, &e);
    return g.rows;
}

static void expect_text(const struct rows *rows, const char *name, const char *column, const char *value)
{
    const struct cell *cell = tree_cell(rows, "name", name, column);
    ck_assert_msg(cell != NULL, "no process %s", name);
    ck_assert_msg(cell->type == CELL_TEXT && str_is(cell->text, value), "%s of %s is %.*s", column, name, STR_ARGS(cell->text));
}

START_TEST(a_made_proc_gives_its_processes)
{
    struct arena *a = arena_new("test", 64 << 20);
    const char *root = tree_make(a, STR(proc_tree));
    bool ok;
    /* the tree's text cannot hold a link with a blank in its target */
    struct str exe = arena_printf(a, "%s/proc/700/exe", root);
    unlink(exe.data);
    ck_assert_int_eq(symlink("/usr/sbin/web (deleted)", exe.data), 0);
    struct rows *rows = gather_processes(a, root, &ok);
    ck_assert(ok);
    ck_assert_uint_eq(rows->row_count, 2);
    expect_text(rows, "a) b (c)", "path", "/usr/sbin/web");
    expect_text(rows, "a) b (c)", "caps", "chown,net_bind_service");
    expect_text(rows, "a) b (c)", "unit", "web.service");
    expect_text(rows, "a) b (c)", "label", "/usr/sbin/web (enforce)");
    expect_text(rows, "a) b (c)", "seccomp", "filter");
    ck_assert_int_eq(tree_cell(rows, "name", "a) b (c)", "deleted")->integer, 1);
    ck_assert_int_eq(tree_cell(rows, "name", "a) b (c)", "euid")->integer, 0);
    ck_assert_int_eq(tree_cell(rows, "name", "a) b (c)", "start")->integer, INT64_C(1700000123000));
    ck_assert(!str_contains(tree_cell(rows, "name", "a) b (c)", "cmdline_redacted")->text, "hunter2"));
    expect_text(rows, "kthreadd", "caps", "all");
    ck_assert_int_eq(tree_cell(rows, "name", "kthreadd", "is_kernel")->integer, 1);
    tree_remove(root);
    arena_free(a);
}
END_TEST

START_TEST(without_proc_processes_fail_and_say_so)
{
    struct arena *a = arena_new("test", 64 << 20);
    const char *root = tree_make(a, STR("=== dir 0755 /proc\n"));
    bool ok;
    (void)gather_processes(a, root, &ok);
    ck_assert(!ok);
    tree_remove(root);
    arena_free(a);
}
END_TEST

START_TEST(units_are_found_in_both_versions_of_control_groups)
{
    ck_assert(
        str_is(proc_cgroup_path(STR("12:pids:/x\n1:name=systemd:/system.slice/a.service\n0::/\n")), "/system.slice/a.service"));
    ck_assert(str_is(proc_cgroup_path(STR("0::/user.slice/b.scope/c\n")), "/user.slice/b.scope/c"));
    ck_assert_ptr_null(proc_cgroup_path(STR("garbage\n")).data);
    ck_assert(str_is(proc_unit_of(STR("/user.slice/user-1.slice/user@1.service/app.slice/x.scope/y")), "x.scope"));
    ck_assert_ptr_null(proc_unit_of(STR("/")).data);
}
END_TEST

START_TEST(addresses_have_the_scope_of_their_network)
{
    static const struct {
        const char *address;
        const char *scope;
    } cases[] = {{"0.0.0.0", "any"},
                 {"::", "any"},
                 {"127.3.2.1", "loopback"},
                 {"::1", "loopback"},
                 {"10.1.1.1", "private"},
                 {"172.31.0.1", "private"},
                 {"172.32.0.1", "public"},
                 {"192.168.0.1", "private"},
                 {"100.64.0.1", "private"},
                 {"169.254.1.1", "private"},
                 {"8.8.8.8", "public"},
                 {"fe80::1%eth0", "private"},
                 {"fd00::1", "private"},
                 {"2001:db8::1", "public"},
                 {"::ffff:127.0.0.1", "loopback"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[16];
        size_t size;
        ck_assert(address_parse(str_of(cases[i].address), bytes, &size));
        ck_assert_str_eq(address_scope(str_make(bytes, size)), cases[i].scope);
    }
}
END_TEST

START_TEST(what_is_no_address_is_refused)
{
    static const char *const bad[] = {
        "", "1.2.3", "1.2.3.4.5", "localhost", ":::", "%eth0", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"};
    uint8_t bytes[16];
    size_t size;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!address_parse(str_of(bad[i]), bytes, &size), "%s", bad[i]);
}
END_TEST

/* Any bytes as attributes: the walk ends, and never leaves them. */
START_TEST(malformed_attributes_are_walked_to_their_end)
{
    uint64_t seed = 5;
    for (int n = 0; n < 20000; n++) {
        size_t size = (size_t)(test_random(&seed) % 64);
        char *bytes = malloc(size + 1); /* its own block, so that a step too far is seen */
        for (size_t i = 0; i < size; i++)
            bytes[i] = (char)(test_random(&seed) % 3 ? test_random(&seed) % 12 : test_random(&seed));
        struct str rest = str_make(bytes, size);
        struct netlink_attribute attribute;
        size_t steps = 0;
        while (netlink_next_attribute(&rest, &attribute)) {
            ck_assert(attribute.payload.data >= bytes && attribute.payload.data + attribute.payload.size <= bytes + size);
            ck_assert_uint_le(++steps, 16);
        }
        free(bytes);
    }
}
END_TEST

static const char *const live_tables[] = {"boot_history",
                                          "connections",
                                          "cpu_vulnerabilities",
                                          "dns_resolvers",
                                          "firewall_chains",
                                          "firewall_rules",
                                          "host_identity",
                                          "interfaces",
                                          "kernel",
                                          "kernel_modules",
                                          "listening",
                                          "packages",
                                          "pending_updates",
                                          "processes",
                                          "reboot_required",
                                          "repos",
                                          "routes",
                                          "security_agents",
                                          "shell_env",
                                          "sysctl",
                                          "update_policy",
                                          "uptime",
                                          NULL};

static void gather_all(void)
{
    for (size_t i = 0; live_tables[i]; i++) {
        struct arena *a = arena_new("test", 256 << 20);
        struct gathered g = oracle_live(live_tables[i], a);
        for (size_t r = 0; g.state != TABLE_COMPLETE && r < g.status->row_count; r++)
            ck_assert_msg(rows_cell(g.status, r, 4)->type == CELL_TEXT && rows_cell(g.status, r, 4)->text.size,
                          "%s is not complete and does not say why", live_tables[i]);
        (void)tree_rows(a, g.rows, NULL);
        arena_free(a);
    }
}

START_TEST(every_table_is_read_here_or_says_why_not)
{
    gather_all();
}
END_TEST

START_TEST(as_nobody_every_table_is_read_or_says_why_not)
{
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
        oracle_skip("this user cannot become nobody");
        return;
    }
    gather_all();
    struct arena *a = arena_new("test", 256 << 20);
    ck_assert_int_eq(oracle_live("firewall_rules", a).state, TABLE_NONE);
    ck_assert_int_eq(oracle_live("processes", a).state, TABLE_PARTIAL);
    arena_free(a);
}
END_TEST

START_TEST(the_processes_of_this_machine_hold_this_one)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct gathered g = oracle_live("processes", a);
    bool is_found = false;
    for (size_t i = 0; i < g.rows->row_count; i++) {
        if (rows_cell(g.rows, i, 0)->integer == getpid()) {
            is_found = true;
            ck_assert(str_contains(oracle_text(a, g.rows, i, "path"), "kernel_tables_test"));
            ck_assert_int_eq(rows_cell(g.rows, i, 1)->integer, getppid());
        }
    }
    ck_assert(is_found);
    arena_free(a);
}
END_TEST

START_TEST(a_tree_cannot_tell_of_a_running_kernel)
{
    static const char *const names[] = {"processes",      "listening", "connections", "interfaces",     "routes",
                                        "firewall_rules", "kernel",    "uptime",      "reboot_required"};
    struct arena *a = arena_new("test", 64 << 20);
    struct err e = {0};
    const char *root = tree_make(a, STR(proc_tree));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
        ck_assert_msg(host_table_gather(host_table_find(str_of(names[i])), a, s, NULL, NULL, 0).state == TABLE_NONE, "%s",
                      names[i]);
    }
    tree_remove(root);
    arena_free(a);
}
END_TEST

TEST_MAIN("tables from the kernel", a_made_proc_gives_its_processes, without_proc_processes_fail_and_say_so,
          units_are_found_in_both_versions_of_control_groups, addresses_have_the_scope_of_their_network,
          what_is_no_address_is_refused, malformed_attributes_are_walked_to_their_end, every_table_is_read_here_or_says_why_not,
          as_nobody_every_table_is_read_or_says_why_not, the_processes_of_this_machine_hold_this_one,
          a_tree_cannot_tell_of_a_running_kernel)
