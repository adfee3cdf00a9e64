/*
 * parsers_c_test.c - the parsers of these tables: what single inputs give, and that nothing made from the seeds breaks them.
 */
#include "collect/host/audit_rule.h"
#include "collect/host/blocks.h"
#include "collect/host/certs.h"
#include "collect/host/conf.h"
#include "collect/host/cron.h"
#include "collect/host/logrotate.h"
#include "collect/host/tree_test.h"
#include <fnmatch.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena *arena_of_test;

static void begin(void)
{
    arena_of_test = arena_new("test", 256 << 20);
}

static void end(void)
{
    arena_of_test = arena_free(arena_of_test);
}

START_TEST(secrets_on_command_lines_are_replaced)
{
    static const char *const cases[][2] = {
        {"mysqldump --password=hunter2 db", "mysqldump --password=[redacted] db"},
        {"backup --token hunter2 --verbose", "backup --token [redacted] --verbose"},
        {"curl https://u:hunter2@h/x", "curl https://u:[redacted]@h/x"},
        {"PGPASSWORD='a b' pg_dump", "PGPASSWORD=[redacted] pg_dump"},
        {"curl -H 'Authorization: Bearer hunter2' x", "curl -H 'Authorization: [redacted]"},
        {"x --password-file /etc/x", "x --password-file /etc/x"},
        {"mount -o credentials=/etc/smb", "mount -o credentials=/etc/smb"},
        {"passwd -S root", "passwd -S root"},
        {"/usr/bin/token-agent run", "/usr/bin/token-agent run"},
        {"a && b | c; d", "a && b | c; d"},
    };
    for (size_t i = 0; i < COLUMN_COUNT(cases); i++) {
        struct str out = conf_redact(arena_of_test, str_of(cases[i][0]));
        ck_assert_msg(str_starts(out, cases[i][1]) && !str_contains(out, "hunter2"), "%s gives %.*s", cases[i][0], STR_ARGS(out));
    }
}
END_TEST

START_TEST(patterns_match_as_fnmatch_does)
{
    static const char alphabet[] = "ab/*?.";
    uint64_t seed = 1;
    for (int n = 0; n < 200000; n++) {
        char pattern[8] = {0}, text[8] = {0};
        size_t p = test_random(&seed) % 7, t = test_random(&seed) % 7;
        for (size_t i = 0; i < p; i++)
            pattern[i] = alphabet[test_random(&seed) % 6];
        for (size_t i = 0; i < t; i++)
            text[i] = alphabet[test_random(&seed) % 3];
        ck_assert_msg(conf_match(str_of(pattern), str_of(text), false) == (fnmatch(pattern, text, 0) == 0), "%s on %s", pattern,
                      text);
    }
}
END_TEST

START_TEST(a_pattern_of_many_stars_takes_no_time)
{
    char pattern[400], text[20000];
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = i % 2 ? 'a' : '*';
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = 'b';
    ck_assert(!conf_match(str_make(pattern, sizeof(pattern)), str_make(text, sizeof(text)), false));
}
END_TEST

START_TEST(cron_lines_are_jobs_or_not)
{
    struct cron_job job;
    struct arena *a = arena_of_test;
    ck_assert(cron_parse_line(a, STR("0 3 * * 1-5\troot  /bin/x  a"), CRON_SYSTEM, &job));
    ck_assert(str_is(job.schedule, "0 3 * * 1-5") && str_is(job.user, "root") && str_is(job.command, "/bin/x  a"));
    ck_assert(cron_parse_line(a, STR("@reboot /bin/x"), CRON_USER, &job) && !job.user.data && str_is(job.schedule, "@reboot"));
    ck_assert(!cron_parse_line(a, STR("MAILTO=root"), CRON_SYSTEM, &job));
    ck_assert(!cron_parse_line(a, STR("MAILTO = root"), CRON_SYSTEM, &job));
    ck_assert(!cron_parse_line(a, STR("0 3 * * *"), CRON_USER, &job));
    ck_assert(!cron_parse_line(a, STR("0 3 ; * * root x"), CRON_SYSTEM, &job));
}
END_TEST

START_TEST(retention_is_rotations_times_the_period)
{
    struct logrotate l = {.defaults = {.frequency = "size"}};
    logrotate_parse(
        arena_of_test,
        STR("monthly\nrotate 12\n/a /b {\n rotate 2\n weekly\n}\n/c { maxage 30 }\n/d{\n size 1M\n}\n/e {\n rotate -1\n}\n"),
        STR("f"), &l, NULL, NULL);
    ck_assert_uint_eq(l.count, 4);
    ck_assert_uint_eq(l.rules[0].patterns.count, 2);
    ck_assert_int_eq(logrotate_retention_days(&l.rules[0]), 14);
    ck_assert_int_eq(logrotate_retention_days(&l.rules[1]), 30);
    ck_assert_int_eq(logrotate_retention_days(&l.rules[2]), -1);
    ck_assert_int_eq(logrotate_retention_days(&l.rules[3]), -1);
}
END_TEST

/* ---- LUKS ---- */

static struct str luks1_header(struct arena *a)
{
    struct buf b;
    buf_init(&b, 4096);
    char name[32] = "aes", mode[32] = "xts-plain64", zeros[128] = {0};
    buf_append(&b, "LUKS\xba\xbe", 6);
    buf_u16be(&b, 1);
    buf_append(&b, name, 32);
    buf_append(&b, mode, 32);
    buf_append(&b, zeros, 36);
    buf_u32be(&b, 64);
    buf_append(&b, zeros, 96);
    for (int i = 0; i < 8; i++) {
        buf_u32be(&b, i < 3 ? 0x00AC71F3 : 0x0000DEAD);
        buf_append(&b, zeros, 44);
    }
    struct str bytes = arena_str(a, buf_view(&b));
    buf_release(&b);
    return bytes;
}

static struct str luks2_header(struct arena *a, const char *json)
{
    char *bytes = arena_alloc(a, 16384);
    memcpy(bytes, "LUKS\xba\xbe\0\2\0\0\0\0\0\0\x40\0", 16);
    memcpy(bytes + 4096, json, strlen(json));
    return str_make(bytes, 16384);
}

static const char luks2_json[] = "{\"keyslots\":{\"0\":{\"type\":\"luks2\",\"key_size\":64,\"kdf\":{\"type\":\"argon2id\","
                                 "\"time\":4}},\"1\":{\"type\":\"luks2\",\"key_size\":64,"
                                 "\"kdf\":{\"type\":\"pbkdf2\"}}},\"tokens\":{},\"segments\":{\"0\":{\"type\":\"crypt\","
                                 "\"offset\":\"16777216\",\"encryption\":\"aes-xts-plain64\"}}}";

START_TEST(luks_headers_tell_cipher_key_and_slots)
{
    struct luks l;
    struct err e = {0};
    ck_assert(luks_parse(arena_of_test, luks1_header(arena_of_test), &l, &e));
    ck_assert(l.version == 1 && l.key_bits == 512 && l.keyslots == 3 && str_is(l.cipher, "aes-xts-plain64") &&
              str_is(l.kdf, "pbkdf2"));
    struct str two = luks2_header(arena_of_test, luks2_json);
    ck_assert_uint_eq(luks_header_size(two), 16384);
    ck_assert(luks_parse(arena_of_test, two, &l, &e));
    ck_assert(l.version == 2 && l.key_bits == 512 && l.keyslots == 2 && str_is(l.cipher, "aes-xts-plain64") &&
              str_is(l.kdf, "pbkdf2"));
    ck_assert_str_eq(block_magic(two), "crypto_LUKS");
    ck_assert(!luks_parse(arena_of_test, luks2_header(arena_of_test, "{"), &l, &e) && e.code != ERR_NONE);
    ck_assert(!luks_parse(arena_of_test, str_slice(luks1_header(arena_of_test), 0, 300), &l, &e));
}
END_TEST

/* ---- nothing breaks them ---- */

static const char seed_rules[] =
    "-D\n-a always,exit -F arch=b64 -S open,openat -F exit=-EACCES -F auid>=1000 -F auid!=unset -k x\n-w /etc/x -p wa\n-e 2\n";
static const char seed_cron[] = "SHELL=/bin/sh\n17 * * * * root cd / && x\n@daily backup y\n1 5 cron.daily run-parts\n";
static const char seed_rotate[] =
    "weekly\nrotate 4\n/var/log/a\n\"/var/log/b c\" {\n daily\n postrotate\n x\n endscript\n}\n/c { size 1M }\n";
static const char seed_rsyslog[] =
    "$FileCreateMode 0640\n*.* @@h:514;T\n& stop\nif $x == 'y' then {\n action(type=\"omfwd\" target=\"h\" # c\n port=\"1\")\n}\n"
    ":msg, contains, \"x\" ~\n*.* \\\n /var/log/x\n";
static const char seed_unit[] =
    "[Service]\nExecStart=-/bin/x \\\n y\nUser=u\nProtectSystem=full\n[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=x\n";
static const char seed_command[] = "curl -H 'Authorization: Bearer x' --password y https://u:p@h/ token=z \"pass: q";
static const char seed_match[] = "/var/log/*[a-c]?.\\*log\n/var/log/xxb1.*log";

static struct str seed_of(struct arena *a, unsigned which, struct str certificates)
{
    const struct str seeds[] = {STR(seed_cron),    STR(seed_rotate), STR(seed_rsyslog), luks2_header(a, luks2_json),
                                certificates,      luks1_header(a),  STR(seed_rules),   STR(seed_unit),
                                STR(seed_command), STR(seed_match),  STR(seed_command)};
    return seeds[which % COLUMN_COUNT(seeds)];
}

/* Bytes changed, cut, doubled, or taken from elsewhere in the seed. */
static size_t mutate(uint64_t *seed, struct str from, uint8_t *out, size_t size_max)
{
    size_t size = from.size < size_max / 2 ? from.size : size_max / 2;
    memcpy(out, from.data, size);
    for (uint64_t n = test_random(seed) % 12; n > 0 && size > 1; n--) {
        size_t at = test_random(seed) % size, other = test_random(seed) % size, length = test_random(seed) % 40;
        length = length < size - at ? length : size - at;
        length = length < size - other ? length : size - other;
        switch (test_random(seed) % 5) {
        case 0:
            out[at] = (uint8_t)test_random(seed);
            break;
        case 1:
            size = at + 1;
            break;
        case 2:
            memmove(out + at, out + other, length);
            break;
        case 3:
            if (size + length <= size_max) {
                memmove(out + at + length, out + at, size - at);
                size += length;
            }
            break;
        default:
            out[at] = (uint8_t) "\0\n\\\"'{}()#=: "[test_random(seed) % 13];
        }
    }
    return size;
}

START_TEST(bytes_made_from_seeds_break_nothing)
{
    enum { SIZE_MAX_BYTES = 40000, ROUNDS = 6000 };
    struct str tree = tree_read_file(arena_of_test, TEST_FIXTURES "/host-c.tree");
    ptrdiff_t at = str_find(tree, STR("-----BEGIN CERTIFICATE-----"));
    ck_assert_int_ge(at, 0);
    struct str certificates = str_slice(tree, (size_t)at, (size_t)at + 2200);
    uint8_t *bytes = arena_alloc(arena_of_test, SIZE_MAX_BYTES + 1);
    const char *extra = getenv("ASSAY_TEST_SEED");
    uint64_t seed = extra ? strtoull(extra, NULL, 10) : 42;
    for (int n = 0; n < ROUNDS; n++) {
        unsigned which = (unsigned)(test_random(&seed) % 12);
        bytes[0] = (uint8_t)which;
        size_t size = mutate(&seed, seed_of(arena_of_test, n % 8 ? which : (unsigned)test_random(&seed) % 11, certificates),
                             bytes + 1, SIZE_MAX_BYTES);
        LLVMFuzzerTestOneInput(bytes, size + 1);
        if (n % 100 == 0) {
            end();
            begin();
            tree = tree_read_file(arena_of_test, TEST_FIXTURES "/host-c.tree");
            certificates = str_slice(tree, (size_t)at, (size_t)at + 2200);
            bytes = arena_alloc(arena_of_test, SIZE_MAX_BYTES + 1);
        }
    }
}
END_TEST

/* A certificate with any one byte changed is refused or read; never anything else. */
START_TEST(a_damaged_certificate_is_refused_or_read)
{
    struct str tree = tree_read_file(arena_of_test, TEST_FIXTURES "/host-c.tree");
    ptrdiff_t at = str_find(tree, STR("-----BEGIN CERTIFICATE-----"));
    struct str pem = str_slice(tree, (size_t)at, (size_t)at + 700);
    uint64_t seed = 7;
    for (int n = 0; n < 1500; n++) {
        struct arena *a = arena_new("one", 4 << 20);
        char *copy = arena_strndup(a, pem.data, pem.size);
        size_t count = 0, malformed = 0;
        copy[28 + test_random(&seed) % 600] = "ABCDabcd0123+/="[test_random(&seed) % 15];
        (void)certs_parse(a, str_make(copy, pem.size), &count, &malformed);
        ck_assert_uint_le(count + malformed, 2);
        arena_free(a);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parsers of services, storage, audit and logs");
    TCase *c = tcase_create("parsers");
    tcase_set_timeout(c, 100);
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, secrets_on_command_lines_are_replaced);
    tcase_add_test(c, patterns_match_as_fnmatch_does);
    tcase_add_test(c, a_pattern_of_many_stars_takes_no_time);
    tcase_add_test(c, cron_lines_are_jobs_or_not);
    tcase_add_test(c, retention_is_rotations_times_the_period);
    tcase_add_test(c, luks_headers_tell_cipher_key_and_slots);
    tcase_add_test(c, bytes_made_from_seeds_break_nothing);
    tcase_add_test(c, a_damaged_certificate_is_refused_or_read);
    suite_add_tcase(suite, c);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
