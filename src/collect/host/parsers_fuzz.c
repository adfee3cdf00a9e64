/*
 * parsers_fuzz.c - every parser of these tables that reads files of others, over any bytes: the first byte chooses which.
 *
 * A libFuzzer target by itself, and called by parsers_c_test with bytes made from seeds. What must hold for any input is asserted
 * here.
 */
#include "collect/host/audit_rule.h"
#include "collect/host/blocks.h"
#include "collect/host/certs.h"
#include "collect/host/conf.h"
#include "collect/host/cron.h"
#include "collect/host/logrotate.h"
#include "collect/host/rsyslog.h"
#include "collect/host/units.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARSERS = 12, FUZZ_ARENA_BYTES = 256 << 20 };

static void count_statement(void *context, const struct rsyslog_statement *s)
{
    size_t *count = context;
    assert(s->line >= 1);
    *count += 1;
}

static void fuzz_lines(struct arena *a, struct str text)
{
    struct conf_reader r = conf_reader_of(a, text, "#");
    struct str line, word, key, value;
    int64_t before = 0;
    r.is_joining = true;
    while (conf_next_line(&r, &line)) {
        assert(line.size > 0 && r.line > before && line.data[0] != '#');
        before = r.line;
        struct audit_rule rule;
        if (audit_rule_parse(a, line, &rule))
            assert(audit_rule_equal(&rule, &rule) && rule.kind);
        (void)conf_key_value(line, &key, &value);
        while (conf_next_word(a, &line, &word))
            ;
    }
}

static void fuzz_cron(struct arena *a, struct str text)
{
    struct str line;
    struct cron_job job;
    while (str_next_line(&text, &line))
        for (int format = CRON_SYSTEM; format <= CRON_ANACRON; format++)
            if (cron_parse_line(a, line, (enum cron_format)format, &job))
                assert(job.command.size > 0 && job.schedule.size > 0);
}

static void fuzz_rsyslog(struct arena *a, struct str text)
{
    size_t count = 0;
    struct str value;
    rsyslog_parse(a, text, STR("f"), count_statement, &count);
    assert(count <= text.size);
    (void)rsyslog_parameter(a, text, "target", &value);
}

static void fuzz_logrotate(struct arena *a, struct str text)
{
    struct logrotate l = {.defaults = {.frequency = "size"}};
    logrotate_parse(a, text, STR("f"), &l, NULL, NULL);
    for (size_t i = 0; i < l.count; i++)
        assert(l.rules[i].patterns.count > 0 && l.rules[i].frequency && logrotate_retention_days(&l.rules[i]) >= -1);
}

static void fuzz_luks(struct arena *a, struct str bytes)
{
    struct luks luks;
    struct err e = {0};
    (void)luks_header_size(bytes);
    (void)block_magic(bytes);
    if (luks_parse(a, bytes, &luks, &e))
        assert((luks.version == 1 || luks.version == 2) && luks.key_bits >= 0 && luks.keyslots >= 0);
    else
        assert(e.code != ERR_NONE);
}

static void fuzz_certs(struct arena *a, struct str bytes)
{
    size_t count = 0, malformed = 0;
    struct cert *certs = certs_parse(a, bytes, &count, &malformed);
    for (size_t i = 0; i < count; i++)
        assert(strlen(certs[i].fp) == 64 && certs[i].bits >= 0 && certs[i].key_alg.size);
}

/* Secrets in the places that are known never come through; done twice is done once, but for what stood behind the cut. */
static void fuzz_redact(struct arena *a, struct str text)
{
    struct str all = arena_printf(a, "x --password=hunter2 %.*s", STR_ARGS(str_slice(text, 0, 256)));
    struct str out = conf_redact(a, all);
    assert(out.size <= 64 << 10 && !str_contains(str_slice(out, 0, 40), "hunter2"));
    struct str again = conf_redact(a, str_slice(out, 0, 1024));
    assert(out.size > 1024 || again.size <= out.size + 64 * 10);
}

static void fuzz_match(struct str bytes)
{
    struct str pattern;
    str_cut(&bytes, '\n', &pattern);
    (void)conf_match(pattern, bytes, false);
    (void)conf_match(pattern, bytes, true);
    assert(conf_match(STR("*"), bytes, false));
}

static void fuzz_one(struct arena *a, unsigned which, struct str bytes)
{
    struct audit_rule rule;
    struct unit unit = {0};
    switch (which) {
    case 0:
        fuzz_cron(a, bytes);
        break;
    case 1:
        fuzz_logrotate(a, bytes);
        break;
    case 2:
        fuzz_rsyslog(a, bytes);
        break;
    case 3:
        fuzz_luks(a, bytes);
        break;
    case 4:
        fuzz_certs(a, bytes);
        break;
    case 5:
        if (audit_rule_decode(a, bytes, &rule))
            assert(rule.kind && rule.list.size);
        break;
    case 6:
        fuzz_lines(a, bytes);
        break;
    case 7:
        unit_parse(a, bytes, &unit);
        assert(unit_hardening_score(&unit) <= 20);
        break;
    case 8:
        fuzz_redact(a, bytes);
        break;
    case 9:
        fuzz_match(bytes);
        break;
    case 10:
        assert(block_unescape(a, bytes).size <= bytes.size);
        break;
    default:
        assert(conf_lower(a, bytes).size == bytes.size && conf_unquote(bytes).size <= bytes.size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *a;
    if (size < 1)
        return 0;
    if (!a)
        a = arena_new("fuzz", FUZZ_ARENA_BYTES);
    /* At the very end of its own memory, so that a read behind it is seen. */
    uint8_t *copy = malloc(size > 1 ? size - 1 : 1);
    if (!copy)
        return 0;
    memcpy(copy, data + 1, size - 1);
    fuzz_one(a, data[0] % PARSERS, str_make(copy, size - 1));
    free(copy);
    arena_reset(a);
    return 0;
}
