/*
 * oracle_b_test.c - what the tables of network, software and kernel say of this very machine, against ss, ip, dpkg-query, apt,
 * sysctl, lsmod, and against nft and iptables in a network namespace of the test's own.
 */
#include "collect/host/oracle_test.h"
#include <sched.h>

enum { LINES_BYTES_MAX = 4 << 20 };

START_TEST(listening_sockets_are_those_of_ss)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct str out = oracle_output(a, (const char *const[]){"ss", "-Hltun", NULL}), line;
    struct gathered g = oracle_live("listening", a);
    struct buf ours, theirs;
    buf_init(&ours, LINES_BYTES_MAX);
    buf_init(&theirs, LINES_BYTES_MAX);
    if (!out.data)
        oracle_skip("there is no ss");
    for (size_t i = 0; i < g.rows->row_count; i++)
        buf_printf(&ours, "%.*s %.*s %.*s\n", STR_ARGS(oracle_text(a, g.rows, i, "proto")),
                   STR_ARGS(oracle_text(a, g.rows, i, "addr")), STR_ARGS(oracle_text(a, g.rows, i, "port")));
    while (out.data && str_next_line(&out, &line)) {
        struct str proto, word;
        str_next_word(&line, &proto);
        for (int i = 0; i < 4; i++) /* state, two queues, local address */
            ck_assert(str_next_word(&line, &word));
        size_t colon = word.size;
        while (colon && word.data[colon - 1] != ':')
            colon--;
        struct str port = str_slice(word, colon, word.size), address = str_slice(word, 0, colon - 1);
        if (address.size && address.data[0] == '[')
            address = str_slice(address, 1, address.size - 1);
        ptrdiff_t zone = str_find_char(address, '%');
        if (zone >= 0)
            address.size = (size_t)zone;
        if (str_is(address, "*"))
            address = STR("::");
        buf_printf(&theirs, "%.*s %.*s %.*s\n", STR_ARGS(proto), STR_ARGS(address), STR_ARGS(port));
    }
    if (out.data)
        oracle_same_lines("listening", buf_view(&ours), buf_view(&theirs));
    buf_release(&ours);
    buf_release(&theirs);
    arena_free(a);
}
END_TEST

START_TEST(addresses_are_those_of_ip)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct str out = oracle_output(a, (const char *const[]){"ip", "-o", "addr", "show", NULL}), line, name, word, address;
    struct gathered g = oracle_live("interfaces", a);
    struct buf ours, theirs;
    buf_init(&ours, LINES_BYTES_MAX);
    buf_init(&theirs, LINES_BYTES_MAX);
    if (!out.data)
        oracle_skip("there is no ip");
    for (size_t i = 0; i < g.rows->row_count; i++) {
        if (!str_is(oracle_text(a, g.rows, i, "addr"), "-"))
            buf_printf(&ours, "%.*s %.*s/%.*s\n", STR_ARGS(oracle_text(a, g.rows, i, "name")),
                       STR_ARGS(oracle_text(a, g.rows, i, "addr")), STR_ARGS(oracle_text(a, g.rows, i, "prefix")));
    }
    while (str_next_line(&out, &line)) { /* "2: eth0    inet 10.0.0.1/24 ..." */
        str_next_word(&line, &word);
        str_next_word(&line, &name);
        str_next_word(&line, &word);
        if (str_next_word(&line, &address))
            buf_printf(&theirs, "%.*s %.*s\n", STR_ARGS(name), STR_ARGS(address));
    }
    if (theirs.size)
        oracle_same_lines("interfaces", buf_view(&ours), buf_view(&theirs));
    buf_release(&ours);
    buf_release(&theirs);
    arena_free(a);
}
END_TEST

static size_t count_lines(struct str text)
{
    struct str line;
    size_t n = 0;
    while (text.data && str_next_line(&text, &line))
        n++;
    return n;
}

START_TEST(routes_are_as_many_as_ip_shows)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct str four = oracle_output(a, (const char *const[]){"ip", "-4", "route", "show", "table", "main", NULL});
    struct str six = oracle_output(a, (const char *const[]){"ip", "-6", "route", "show", "table", "main", NULL});
    struct gathered g = oracle_live("routes", a);
    size_t ours = 0;
    for (size_t i = 0; i < g.rows->row_count; i++)
        ours += str_is(oracle_text(a, g.rows, i, "table_id"), "254") && !str_starts(oracle_text(a, g.rows, i, "dst"), "ff00::");
    if (!four.data || !six.data)
        oracle_skip("there is no ip");
    else
        ck_assert_uint_eq(ours, count_lines(four) + count_lines(six));
    arena_free(a);
}
END_TEST

START_TEST(packages_are_those_of_dpkg_query)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct str theirs = oracle_output(
        a, (const char *const[]){
               "dpkg-query", "-W", "-f",
               "${Package} ${Version} ${Architecture} ${db:Status-Status} ${source:Package} ${source:Version}\\n", NULL});
    struct gathered g = oracle_live("packages", a);
    struct buf ours;
    buf_init(&ours, LINES_BYTES_MAX);
    static const char *const columns[] = {"name", "version", "arch", "status", "source_name", "source_version"};
    for (size_t i = 0; i < g.rows->row_count; i++) {
        for (size_t c = 0; c < 6; c++)
            buf_printf(&ours, "%s%.*s", c ? " " : "", STR_ARGS(oracle_text(a, g.rows, i, columns[c])));
        buf_char(&ours, '\n');
    }
    if (theirs.data)
        oracle_same_lines("packages", buf_view(&ours), theirs);
    else
        oracle_skip("there is no dpkg-query");
    buf_release(&ours);
    arena_free(a);
}
END_TEST

START_TEST(the_files_of_a_package_are_those_of_dpkg)
{
    struct arena *a = arena_new("test", 256 << 20);
    struct str theirs = oracle_output(a, (const char *const[]){"dpkg-query", "-L", "libc6", NULL}), line;
    const struct host_table *t = host_table_find(STR("package_files"));
    const struct hint hint = {.column = 0, .op = HINT_EQUAL, .value = {.type = CELL_TEXT, .text = STR("libc6")}};
    struct gathered g = host_table_gather(t, a, source_live(a, TREE_NOW_MS), NULL, &hint, 1);
    struct buf ours, filtered;
    buf_init(&ours, LINES_BYTES_MAX);
    buf_init(&filtered, LINES_BYTES_MAX);
    for (size_t i = 0; i < g.rows->row_count; i++)
        buf_printf(&ours, "%.*s\n", STR_ARGS(oracle_text(a, g.rows, i, "path")));
    while (theirs.data && str_next_line(&theirs, &line)) {
        if (!str_is(line, "/.") && line.size && line.data[0] == '/')
            buf_printf(&filtered, "%.*s\n", STR_ARGS(line));
    }
    if (filtered.size)
        oracle_same_lines("package_files", buf_view(&ours), buf_view(&filtered));
    else
        oracle_skip("dpkg does not know libc6");
    buf_release(&ours);
    buf_release(&filtered);
    arena_free(a);
}
END_TEST

START_TEST(updates_are_those_of_apt)
{
    struct arena *a = arena_new("test", 256 << 20);
    struct str out = oracle_output(a, (const char *const[]){"apt", "list", "--upgradable", NULL}), line;
    struct gathered g = oracle_live("pending_updates", a);
    struct buf ours, theirs;
    buf_init(&ours, LINES_BYTES_MAX);
    buf_init(&theirs, LINES_BYTES_MAX);
    if (!out.data || g.state == TABLE_NONE)
        oracle_skip("there is no apt, or there are no lists");
    for (size_t i = 0; i < g.rows->row_count; i++)
        buf_printf(&ours, "%.*s %.*s %.*s %.*s\n", STR_ARGS(oracle_text(a, g.rows, i, "pkg")),
                   STR_ARGS(oracle_text(a, g.rows, i, "candidate")), STR_ARGS(oracle_text(a, g.rows, i, "arch")),
                   STR_ARGS(oracle_text(a, g.rows, i, "installed")));
    while (out.data && str_next_line(&out, &line)) { /* "apt/oldstable-security 2.6.2 amd64 [upgradable from: 2.6.1]" */
        struct str name, suite, version, arch;
        if (!str_cut(&line, '/', &name) || !str_next_word(&line, &suite) || !str_next_word(&line, &version) ||
            !str_next_word(&line, &arch))
            continue;
        ptrdiff_t from = str_find(line, STR("from: "));
        ck_assert_int_ge(from, 0);
        struct str installed = str_slice(line, (size_t)from + 6, line.size - 1);
        buf_printf(&theirs, "%.*s %.*s %.*s %.*s\n", STR_ARGS(name), STR_ARGS(version), STR_ARGS(arch), STR_ARGS(installed));
    }
    if (out.data && g.state != TABLE_NONE)
        oracle_same_lines("pending_updates", buf_view(&ours), buf_view(&theirs));
    buf_release(&ours);
    buf_release(&theirs);
    arena_free(a);
}
END_TEST

/* The value of "name = value" lines; data NULL if the name is not there once. */
static struct str sysctl_value(struct str lines, struct str name)
{
    struct str line, ret = {0};
    while (str_next_line(&lines, &line)) {
        if (line.size < name.size + 3 || memcmp(line.data, name.data, name.size) != 0 ||
            memcmp(line.data + name.size, " = ", 3) != 0)
            continue;
        if (ret.data)
            return (struct str){0};
        ret = str_slice(line, name.size + 3, line.size);
    }
    return ret;
}

START_TEST(kernel_parameters_are_those_of_sysctl)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct str out = oracle_output(a, (const char *const[]){"sysctl", "-a", NULL});
    struct gathered g = oracle_live("sysctl", a);
    size_t compared = 0;
    for (size_t i = 0; out.data && i < g.rows->row_count; i++) {
        struct str name = oracle_text(a, g.rows, i, "name"), value = oracle_text(a, g.rows, i, "value");
        struct str theirs = sysctl_value(out, name), left, right;
        if (!theirs.data || !str_starts(name, "net."))
            continue; /* several lines, or of those parts that change while both look */
        for (compared++; str_next_word(&theirs, &left);) {
            ck_assert_msg(str_next_word(&value, &right) && str_equal(left, right), "%.*s: %.*s", STR_ARGS(name), STR_ARGS(left));
        }
    }
    if (out.data)
        ck_assert_uint_gt(compared, 50);
    else
        oracle_skip("there is no sysctl");
    arena_free(a);
}
END_TEST

START_TEST(loaded_modules_are_those_of_lsmod)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct str out = oracle_output(a, (const char *const[]){"lsmod", NULL}), line, name;
    struct gathered g = oracle_live("kernel_modules", a);
    struct buf ours, theirs;
    buf_init(&ours, LINES_BYTES_MAX);
    buf_init(&theirs, LINES_BYTES_MAX);
    if (!out.data)
        oracle_skip("there is no lsmod, or the kernel has no modules");
    for (size_t i = 0; i < g.rows->row_count; i++) {
        if (str_is(oracle_text(a, g.rows, i, "loaded"), "1"))
            buf_printf(&ours, "%.*s\n", STR_ARGS(oracle_text(a, g.rows, i, "name")));
    }
    while (out.data && str_next_line(&out, &line)) {
        if (str_next_word(&line, &name) && !str_is(name, "Module"))
            buf_printf(&theirs, "%.*s\n", STR_ARGS(name));
    }
    if (out.data)
        oracle_same_lines("kernel_modules", buf_view(&ours), buf_view(&theirs));
    buf_release(&ours);
    buf_release(&theirs);
    arena_free(a);
}
END_TEST

/* ---- the packet filter, in a namespace of the test's own ---- */

static const char nft_rules[] =
    "table inet filter {\n"
    " set admins { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.1.5 } }\n"
    " chain extra {\n  tcp dport vmap { 25 : drop, 587 : accept }\n  return\n }\n"
    " chain input {\n  type filter hook input priority 0; policy drop;\n"
    "  ct state established,related accept\n  iifname \"lo\" accept\n"
    "  tcp dport { 22, 80, 8000-8010 } accept comment \"web and ssh\"\n"
    "  ip saddr 10.1.0.0/16 tcp dport 5000-5100 accept\n  ip saddr @admins udp dport 53 counter accept\n"
    "  ip saddr != 203.0.113.7 udp dport 500 accept\n  ip6 saddr { fd00::/8, fe80::1 } accept\n"
    "  limit rate 5/minute log prefix \"drop: \"\n  jump extra\n  reject\n }\n}\n"
    "table ip nat {\n chain postrouting {\n  type nat hook postrouting priority 100;\n  oifname \"eth0\" masquerade\n }\n}\n";

static const char nft_expected[] = "extra 1 vmap 0 - tcp - 25:drop,587:accept - -\n"
                                   "extra 2 return 1 - - - - - -\n"
                                   "input 1 accept 0 - - - - established,related -\n"
                                   "input 2 accept 0 lo - - - - -\n"
                                   "input 3 accept 0 - tcp - 22,80,8000-8010 - web and ssh\n"
                                   "input 4 accept 0 - tcp 10.1.0.0/16 5000-5100 - -\n"
                                   "input 5 accept 0 - udp @admins 53 - -\n"
                                   "input 6 accept 0 - udp !203.0.113.7 500 - -\n"
                                   "input 7 accept 0 - - fd00::/8,fe80::1 - - -\n"
                                   "input 8 - 0 - - - - - -\n"
                                   "input 9 jump extra 1 - - - - - -\n"
                                   "input 10 reject 1 - - - - - -\n"
                                   "postrouting 1 masquerade 0 - - - - - -\n";

static struct str firewall_lines(struct arena *a, const struct rows *rows)
{
    static const char *const columns[] = {"chain", "pos",   "verdict", "is_unconditional", "iif",
                                          "proto", "saddr", "dport",   "ct_state",         "comment"};
    struct buf lines;
    buf_init(&lines, LINES_BYTES_MAX);
    for (size_t i = 0; i < rows->row_count; i++) {
        for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++)
            buf_printf(&lines, "%s%.*s", c ? " " : "", STR_ARGS(oracle_text(a, rows, i, columns[c])));
        buf_char(&lines, '\n');
    }
    struct str text = arena_str(a, buf_view(&lines));
    buf_release(&lines);
    return text;
}

START_TEST(rules_that_nft_made_are_read_back)
{
    struct arena *a = arena_new("test", 64 << 20);
    char path[] = "/tmp/assay-nft-XXXXXX";
    if (unshare(CLONE_NEWNET) != 0) {
        oracle_skip("no network namespace can be made here");
        arena_free(a);
        return;
    }
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, nft_rules, sizeof(nft_rules) - 1), sizeof(nft_rules) - 1);
    close(fd);
    struct str out = oracle_output(a, (const char *const[]){"nft", "-f", path, NULL});
    unlink(path);
    if (!out.data) {
        oracle_skip("there is no nft");
        arena_free(a);
        return;
    }
    struct gathered rules = oracle_live("firewall_rules", a), chains = oracle_live("firewall_chains", a);
    ck_assert_int_eq(rules.state, TABLE_COMPLETE);
    oracle_same_lines("firewall_rules", firewall_lines(a, rules.rows), STR(nft_expected));
    ck_assert_uint_eq(chains.rows->row_count, 3);
    ck_assert(str_is(tree_cell(chains.rows, "name", "input", "policy")->text, "drop"));
    ck_assert_int_eq(tree_cell(chains.rows, "name", "input", "rules")->integer, 10);
    arena_free(a);
}
END_TEST

static bool iptables(struct arena *a, const char *program, const char *arguments)
{
    const char *argv[16] = {program};
    struct str rest = str_of(arguments), word;
    for (size_t n = 1; n < 15 && str_next_word(&rest, &word); n++)
        argv[n] = arena_str(a, word).data;
    return oracle_output(a, argv).data != NULL;
}

/* The same rules by both variants of iptables must give the same rows. */
START_TEST(rules_that_iptables_made_are_read_back)
{
    static const char *const programs[] = {"iptables-legacy", "iptables-nft"};
    static const char *const commands[] = {"-P INPUT DROP",
                                           "-N ufw-user-input",
                                           "-A INPUT -i lo -j ACCEPT",
                                           "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
                                           "-A INPUT -p tcp --dport 22 -s 10.0.0.0/8 -m comment --comment inside -j ACCEPT",
                                           "-A INPUT -p tcp -m multiport --dports 80,443,8000:8010 -j ACCEPT",
                                           "-A INPUT ! -s 192.0.2.1 -p udp --dport 53 -j REJECT",
                                           "-A INPUT -j ufw-user-input",
                                           "-A ufw-user-input -p tcp --dport 9000:9010 -j ACCEPT"};
    static const char expected[] = "INPUT 1 accept 0 lo - - - - -\n"
                                   "INPUT 2 accept 0 - - - - established,related -\n"
                                   "INPUT 3 accept 0 - tcp 10.0.0.0/8 22 - inside\n"
                                   "INPUT 4 accept 0 - tcp - 80,443,8000-8010 - -\n"
                                   "INPUT 5 reject 0 - udp !192.0.2.1 53 - -\n"
                                   "INPUT 6 jump ufw-user-input 1 - - - - - -\n"
                                   "ufw-user-input 1 accept 0 - tcp - 9000-9010 - -\n";
    struct arena *a = arena_new("test", 256 << 20);
    bool ok = unshare(CLONE_NEWNET) == 0;
    for (size_t i = 0; ok && i < sizeof(commands) / sizeof(commands[0]); i++)
        ok = iptables(a, programs[_i], commands[i]);
    if (!ok) {
        oracle_skip(programs[_i]);
        arena_free(a);
        return;
    }
    struct gathered rules = oracle_live("firewall_rules", a), chains = oracle_live("firewall_chains", a);
    oracle_same_lines(programs[_i], firewall_lines(a, rules.rows), STR(expected));
    ck_assert(str_is(tree_cell(chains.rows, "name", "INPUT", "policy")->text, "drop"));
    ck_assert(str_is(tree_cell(chains.rows, "name", "INPUT", "frontend")->text, "ufw"));
    arena_free(a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tables of network, software and kernel against other tools");
    TCase *c = tcase_create("oracles");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, listening_sockets_are_those_of_ss);
    tcase_add_test(c, addresses_are_those_of_ip);
    tcase_add_test(c, routes_are_as_many_as_ip_shows);
    tcase_add_test(c, packages_are_those_of_dpkg_query);
    tcase_add_test(c, the_files_of_a_package_are_those_of_dpkg);
    tcase_add_test(c, updates_are_those_of_apt);
    tcase_add_test(c, kernel_parameters_are_those_of_sysctl);
    tcase_add_test(c, loaded_modules_are_those_of_lsmod);
    tcase_add_test(c, rules_that_nft_made_are_read_back);
    tcase_add_loop_test(c, rules_that_iptables_made_are_read_back, 0, 2);
    suite_add_tcase(suite, c);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
