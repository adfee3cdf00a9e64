/*
 * oracle_c_test.c - what the tables say of this very machine, against independent tools: systemctl, findmnt, lsblk, openssl,
 * libaudit. Where a tool is missing, its test says so and passes.
 */
#include "collect/host/audit_rule.h"
#include "collect/host/certs.h"
#include "collect/host/tree_test.h"
#include <dlfcn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/wait.h>

/* The output of a program; data NULL if it is not there or fails. */
static struct str output_of(struct arena *a, const char *const *argv)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        char *copy[16] = {0};
        for (size_t i = 0; argv[i] && i < 15; i++)
            copy[i] = arena_strndup(a, argv[i], strlen(argv[i]));
        dup2(ends[1], 1);
        dup2(nowhere, 2);
        close(ends[0]);
        setenv("LC_ALL", "C", 1);
        execvp(copy[0], copy);
        _exit(127);
    }
    close(ends[1]);
    char *bytes = arena_alloc(a, 4 << 20);
    size_t size = 0;
    for (ssize_t got; size < 4 << 20 && (got = read(ends[0], bytes + size, (4 << 20) - size)) > 0;)
        size += (size_t)got;
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? str_make(bytes, size) : (struct str){0};
}

static struct gathered live(const char *name, struct arena *a)
{
    const struct host_table *t = host_table_find(str_of(name));
    ck_assert_ptr_nonnull(t);
    return host_table_gather(t, a, source_live(a, TREE_NOW_MS), NULL, NULL, 0);
}

static void skip(const char *what)
{
    fprintf(stderr, "skipped: %s\n", what);
}

static struct str text_or_dash(const struct cell *c)
{
    return c && c->type == CELL_TEXT ? c->text : STR("-");
}

START_TEST(units_are_enabled_as_systemctl_says)
{
    struct arena *a = arena_new("test", 256 << 20);
    struct str list =
        output_of(a, (const char *const[]){"systemctl", "--root=/", "list-unit-files", "--no-legend", "--no-pager", NULL});
    struct gathered g = live("services", a);
    struct str line, unit, state, preset;
    if (!list.data)
        skip("systemctl is not there");
    while (str_next_line(&list, &line)) {
        if (!str_next_word(&line, &unit) || !str_next_word(&line, &state))
            continue;
        if (!str_next_word(&line, &preset))
            preset = STR("-");
        const char *name = arena_str(a, unit).data;
        const struct cell *enabled = tree_cell(g.rows, "unit", name, "enabled");
        ck_assert_msg(enabled != NULL, "%s is missing", name);
        ck_assert_msg(str_equal(enabled->text, state), "%s is %.*s, not %.*s", name, STR_ARGS(state), STR_ARGS(enabled->text));
        ck_assert_msg(str_equal(text_or_dash(tree_cell(g.rows, "unit", name, "preset")), preset), "preset of %s", name);
    }
    arena_free(a);
}
END_TEST

START_TEST(mounts_are_those_of_findmnt)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct str list = output_of(a, (const char *const[]){"findmnt", "-rbno", "TARGET,FSTYPE,SIZE", NULL});
    struct gathered g = live("mounts", a);
    struct str line, target, type, size;
    if (!list.data)
        skip("findmnt is not there");
    while (str_next_line(&list, &line)) {
        if (!str_next_word(&line, &target) || !str_next_word(&line, &type) || str_contains(target, "\\x"))
            continue;
        const char *name = arena_str(a, target).data;
        const struct cell *row = tree_cell(g.rows, "target", name, "fstype");
        ck_assert_msg(row != NULL, "%s is missing", name);
        const struct cell *total = tree_cell(g.rows, "target", name, "total");
        int64_t bytes;
        if (str_equal(row->text, type) && str_next_word(&line, &size) && str_to_int64(size, &bytes) && bytes > 0 &&
            total->type == CELL_INTEGER)
            ck_assert_msg(total->integer == bytes, "%s: %lld, not %lld", name, (long long)bytes, (long long)total->integer);
    }
    arena_free(a);
}
END_TEST

START_TEST(block_devices_are_those_of_lsblk)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct str list = output_of(a, (const char *const[]){"lsblk", "-brno", "KNAME,TYPE,SIZE", NULL});
    struct gathered g = live("block_devices", a);
    struct str line, name, type, size;
    if (!list.data)
        skip("lsblk is not there");
    while (str_next_line(&list, &line)) {
        int64_t bytes;
        if (!str_next_word(&line, &name) || !str_next_word(&line, &type) || !str_next_word(&line, &size) ||
            !str_to_int64(size, &bytes))
            continue;
        const char *key = arena_str(a, name).data;
        const struct cell *row = tree_cell(g.rows, "name", key, "size");
        ck_assert_msg(row != NULL, "%s is missing", key);
        ck_assert_int_eq(row->integer, bytes);
        if (!str_starts(name, "zram"))
            ck_assert_msg(str_starts(type, arena_str(a, tree_cell(g.rows, "name", key, "type")->text).data), "type of %s", key);
    }
    arena_free(a);
}
END_TEST

/* The same certificate by d2i_X509, the way that certs.c does without. */
static void compare_with_openssl(struct arena *a, struct str der, const struct cert *c)
{
    const unsigned char *at = (const unsigned char *)der.data;
    X509 *x = d2i_X509(NULL, &at, (long)der.size);
    ck_assert_ptr_nonnull(x);
    unsigned char digest[32];
    unsigned size = 0;
    char hex[65];
    ck_assert(X509_digest(x, EVP_sha256(), digest, &size));
    hex_encode(digest, 32, hex);
    ck_assert_str_eq(hex, c->fp);
    ck_assert_int_eq(EVP_PKEY_get_bits(X509_get0_pubkey(x)), c->bits);
    ck_assert_int_eq(X509_check_ca(x) != 0, c->is_ca || (X509_get_extension_flags(x) & EXFLAG_V1) != 0);
    int day = 0, second = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    ck_assert(ASN1_TIME_diff(&day, &second, epoch, X509_get0_notAfter(x)));
    ck_assert_int_eq(c->not_after_ms, ((int64_t)day * 86400 + second) * 1000);
    ck_assert(str_is(c->sig_alg, OBJ_nid2ln(X509_get_signature_nid(x))));
    ASN1_TIME_free(epoch);
    X509_free(x);
    (void)a;
}

START_TEST(certificates_are_read_as_openssl_reads_them)
{
    struct arena *a = arena_new("test", 256 << 20);
    struct str bundle = tree_read_file(a, "/etc/ssl/certs/ca-certificates.crt"), rest = bundle;
    size_t count = 0, malformed = 0, n = 0;
    struct cert *certs = certs_parse(a, bundle, &count, &malformed);
    ck_assert_uint_eq(malformed, 0);
    if (!bundle.data)
        skip("no trust store in /etc/ssl/certs");
    BIO *bio = BIO_new_mem_buf(rest.data, (int)rest.size);
    char *name, *header;
    unsigned char *der;
    long size;
    while (bundle.data && PEM_read_bio(bio, &name, &header, &der, &size)) {
        ck_assert_uint_lt(n, count);
        compare_with_openssl(a, str_make(der, (size_t)size), &certs[n++]);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    ck_assert_uint_eq(n, count);
    BIO_free(bio);
    arena_free(a);
}
END_TEST

/* ---- libaudit writes a rule as the kernel would get it; we read it back ---- */

struct audit_calls {
    struct audit_rule_data *(*create)(void);
    int (*syscall_by_name)(struct audit_rule_data *rule, const char *name);
    int (*field_pair)(struct audit_rule_data **rule, const char *pair, int flags);
    int (*add_watch)(int type, struct audit_rule_data **rule, const char *path);
    int (*update_perms)(struct audit_rule_data *rule, int perms);
    int *has_syscall; /* what auditctl sets when it meets -S, -p and -F arch */
    int *has_permission;
    int *has_arch;
};

static bool load_libaudit(struct audit_calls *ret)
{
    void *library = dlopen("libaudit.so.1", RTLD_NOW);
    const struct {
        const char *name;
        void *into;
    } wanted[] = {{"audit_rule_create_data", &ret->create},         {"audit_rule_syscallbyname_data", &ret->syscall_by_name},
                  {"audit_rule_fieldpair_data", &ret->field_pair},  {"audit_add_watch_dir", &ret->add_watch},
                  {"audit_update_watch_perms", &ret->update_perms}, {"_audit_syscalladded", &ret->has_syscall},
                  {"_audit_permadded", &ret->has_permission},       {"_audit_archadded", &ret->has_arch}};
    for (size_t i = 0; i < COLUMN_COUNT(wanted); i++) {
        void *symbol = library ? dlsym(library, wanted[i].name) : NULL;
        if (!symbol)
            return false;
        memcpy(wanted[i].into, &symbol, sizeof(symbol));
    }
    return true;
}

static struct str bytes_of(const struct audit_rule_data *rule)
{
    return str_make(rule, sizeof(*rule) + rule->buflen);
}

static void check_equal(struct arena *a, const char *text, const struct audit_rule_data *data)
{
    struct audit_rule written, loaded;
    ck_assert_msg(audit_rule_parse(a, str_of(text), &written), "%s", text);
    ck_assert_msg(audit_rule_decode(a, bytes_of(data), &loaded), "%s", text);
    ck_assert_msg(audit_rule_equal(&written, &loaded),
                  "%s: path %.*s|%.*s fields %.*s|%.*s syscalls %.*s|%.*s arch %.*s|%.*s key %.*s|%.*s", text,
                  STR_ARGS(written.path), STR_ARGS(loaded.path), STR_ARGS(written.fields), STR_ARGS(loaded.fields),
                  STR_ARGS(written.syscalls), STR_ARGS(loaded.syscalls), STR_ARGS(written.arch), STR_ARGS(loaded.arch),
                  STR_ARGS(written.key), STR_ARGS(loaded.key));
}

START_TEST(audit_rules_read_back_as_libaudit_wrote_them)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct audit_calls c = {0};
    if (!load_libaudit(&c)) {
        skip("libaudit.so.1 is not there");
        arena_free(a);
        return;
    }
    struct audit_rule_data *r = c.create();
    r->flags = AUDIT_FILTER_EXIT;
    r->action = AUDIT_ALWAYS;
    ck_assert_int_ge(c.field_pair(&r, arena_strndup(a, "arch=b64", 8), AUDIT_FILTER_EXIT), 0);
    *c.has_syscall = *c.has_permission = *c.has_arch = 1;
    ck_assert_int_eq(c.syscall_by_name(r, "openat"), 0);
    ck_assert_int_eq(c.syscall_by_name(r, "truncate"), 0);
    ck_assert_int_eq(c.syscall_by_name(r, "unlinkat"), 0);
    const char *pairs[] = {"exit=-EACCES", "auid>=1000", "auid!=unset", "key=access"};
    for (size_t i = 0; i < COLUMN_COUNT(pairs); i++)
        ck_assert_int_ge(c.field_pair(&r, arena_strndup(a, pairs[i], strlen(pairs[i])), AUDIT_FILTER_EXIT), 0);
    check_equal(a, "-a exit,always -S unlinkat,openat -S truncate -F arch=b64 -F exit=-13 -F auid>=1000 -F auid!=-1 -k access",
                r);
    free(r);
    r = NULL;
    ck_assert_int_eq(c.add_watch(AUDIT_WATCH, &r, "/etc/passwd"), 0);
    ck_assert_int_eq(c.update_perms(r, AUDIT_PERM_WRITE | AUDIT_PERM_ATTR), 0);
    r->flags = AUDIT_FILTER_EXIT;
    r->action = AUDIT_ALWAYS;
    ck_assert_int_ge(c.field_pair(&r, arena_strndup(a, "key=identity", 12), AUDIT_FILTER_EXIT), 0);
    check_equal(a, "-w /etc/passwd -p wa -k identity", r);
    free(r);
    arena_free(a);
}
END_TEST

START_TEST(the_kernel_answers_about_auditing_or_says_why_not)
{
    struct arena *a = arena_new("test", 16 << 20);
    struct gathered g = live("audit_status", a);
    ck_assert_msg(g.state == TABLE_NONE || g.rows->row_count == 1, "%zu rows", g.rows->row_count);
    struct gathered rules = live("audit_rules", a);
    ck_assert(g.state != TABLE_NONE || rules.state == TABLE_PARTIAL);
    struct str list = output_of(a, (const char *const[]){"auditctl", "-s", NULL});
    struct str line, word, value;
    if (!list.data)
        skip("auditctl is not there, or may not ask");
    while (str_next_line(&list, &line)) {
        int64_t number;
        if (str_next_word(&line, &word) && str_is(word, "enabled") && str_next_word(&line, &value) &&
            str_to_int64(value, &number))
            ck_assert_int_eq(rows_cell(g.rows, 0, 0)->integer, number != 0);
    }
    arena_free(a);
}
END_TEST

TEST_MAIN("tables against other tools", units_are_enabled_as_systemctl_says, mounts_are_those_of_findmnt,
          block_devices_are_those_of_lsblk, certificates_are_read_as_openssl_reads_them,
          audit_rules_read_back_as_libaudit_wrote_them, the_kernel_answers_about_auditing_or_says_why_not)
