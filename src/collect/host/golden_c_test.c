/*
 * golden_c_test.c - the tables of services, storage, audit, logging and time over a made tree, against rows that a person has
 * read; and that what they recorded gives the same rows again.
 */
#include "collect/host/tree_test.h"

static const char *const golden_tables[] = {
    "services",    "timers",       "cron",         "mac_status",    "bootloader",  "fstab",
    "crypttab",    "usb_storage",  "certificates", "crypto_policy", "audit_rules", "auditd_settings",
    "log_targets", "log_settings", "log_files",    "time_sync",     NULL};
static const char *const golden_without[] = {"uid", "gid", "cfg_uid", "cfg_gid", NULL};
static const char golden_tree_path[] = TEST_FIXTURES "/host-c.tree";
static const char golden_rows_path[] = TEST_FIXTURES "/host-c.golden";

static void golden_prepare(struct arena *a, const char *root)
{
    (void)a;
    (void)root;
}

#include "collect/host/golden_test.h"

START_TEST(an_empty_tree_gives_no_rows_and_no_complaint)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct err e = {0};
    const char *root = tree_make(a, STR("=== dir 0755 /etc\n"));
    struct source *s = source_tree(a, root, TREE_NOW_MS, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    for (size_t i = 0; golden_tables[i]; i++) {
        struct gathered g = golden_gather(golden_tables[i], a, s);
        ck_assert_msg(g.state == TABLE_COMPLETE, "%s: %.*s", golden_tables[i], STR_ARGS(tree_rows(a, g.status, NULL)));
        ck_assert_msg(g.rows->row_count <= 2, "%s has %zu rows", golden_tables[i], g.rows->row_count);
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
    tcase_add_test(c, an_empty_tree_gives_no_rows_and_no_complaint);
    return golden_main("tables of services, storage, audit, logs and time", c);
}
