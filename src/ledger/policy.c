#include "ledger/policy.h"

#include "base/cursor.h"

#include <stdarg.h>

enum { WORDS_MAX = 4 + POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX, GROUP_MEMBER = POLICY_WITNESSES_MAX };

struct reader {
    struct arena *arena;
    struct policy *policy;
    unsigned line;
    bool is_member[POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX]; /* of a group already */
    bool has_quorum;
    struct str words[WORDS_MAX];
    size_t word_count;
};

#define REFUSE(r, e, ...) refuse((r), (e), ERR_INVALID, __VA_ARGS__)

static bool __attribute__((format(printf, 4, 5)))
refuse(const struct reader *r, struct err *e, enum err_code code, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return err_set(e, code, "policy line %u: %s", r->line, text);
}

/* The member that `name` stands for, or -1. */
static int member_find(const struct policy *p, struct str name)
{
    for (size_t i = 0; i < p->witness_count; i++)
        if (str_equal(p->witnesses[i].name, name))
            return (int)i;
    for (size_t i = 0; i < p->group_count; i++)
        if (str_equal(p->groups[i].name, name))
            return GROUP_MEMBER + (int)i;
    return -1;
}

/* A key of a type that may stand here. */
static bool key_read(const struct reader *r, struct str vkey, uint8_t type, struct note_key *ret, struct err *e)
{
    struct note_key key;
    if (!note_key_parse(vkey, &key, e))
        return err_wrap(e, "policy line %u", r->line);
    if (key.type != type)
        return REFUSE(r, e, "the key of %s is a %s", key.name,
                      type == NOTE_KEY_ED25519 ? "cosigner's (type 4), a log's is of type 1"
                                               : "log's (type 1), a witness's is of type 4 (cosignature/v1)");
    *ret = key;
    return true;
}

static bool same_key(const struct note_key *a, const struct note_key *b)
{
    return memcmp(a->public_key.bytes, b->public_key.bytes, ED25519_KEY_SIZE) == 0;
}

static bool read_log(struct reader *r, struct err *e)
{
    struct policy *p = r->policy;
    struct policy_log log = {.url = STR("")};
    if (r->word_count < 2 || r->word_count > 3)
        return REFUSE(r, e, "wants: log VKEY [URL]");
    if (p->log_count == POLICY_LOGS_MAX)
        return refuse(r, e, ERR_LIMIT, "more than %d logs", POLICY_LOGS_MAX);
    if (!key_read(r, r->words[1], NOTE_KEY_ED25519, &log.key, e))
        return false;
    for (size_t i = 0; i < p->log_count; i++)
        if (same_key(&p->logs[i].key, &log.key))
            return REFUSE(r, e, "the key of log %s stands twice", log.key.name);
    if (r->word_count == 3)
        log.url = arena_str(r->arena, r->words[2]);
    p->logs[p->log_count++] = log;
    return true;
}

static bool name_is_free(const struct reader *r, struct str name, struct err *e)
{
    if (str_is(name, "none"))
        return REFUSE(r, e, "the name none is taken: it stands for no quorum");
    if (member_find(r->policy, name) >= 0)
        return REFUSE(r, e, "the name %.*s is defined twice", STR_ARGS(name));
    return true;
}

static bool read_witness(struct reader *r, struct err *e)
{
    struct policy *p = r->policy;
    struct policy_witness witness = {.url = STR("")};
    if (r->word_count < 3 || r->word_count > 4)
        return REFUSE(r, e, "wants: witness NAME VKEY [URL]");
    if (p->witness_count == POLICY_WITNESSES_MAX)
        return refuse(r, e, ERR_LIMIT, "more than %d witnesses", POLICY_WITNESSES_MAX);
    if (!name_is_free(r, r->words[1], e) || !key_read(r, r->words[2], NOTE_KEY_COSIGNATURE, &witness.key, e))
        return false;
    for (size_t i = 0; i < p->witness_count; i++)
        if (same_key(&p->witnesses[i].key, &witness.key))
            return REFUSE(r, e, "the key of witness %.*s stands twice", STR_ARGS(r->words[1]));
    witness.name = arena_str(r->arena, r->words[1]);
    if (r->word_count == 4)
        witness.url = arena_str(r->arena, r->words[3]);
    p->witnesses[p->witness_count++] = witness;
    return true;
}

/* "any", "all" or a number of members in decimal. */
static bool threshold_read(const struct reader *r, struct str word, size_t member_count, unsigned *ret, struct err *e)
{
    int64_t k = 0;
    if (str_is(word, "any") || str_is(word, "all")) {
        *ret = str_is(word, "any") ? 1 : (unsigned)member_count;
        return true;
    }
    if (word.size == 0 || word.data[0] < '0' || word.data[0] > '9' || !str_to_int64(word, &k))
        return REFUSE(r, e, "%.*s is not any, all or a number", STR_ARGS(word));
    if (word.data[0] == '0' || k > (int64_t)member_count)
        return REFUSE(r, e, "%.*s of %zu members cannot be asked for", STR_ARGS(word), member_count);
    *ret = (unsigned)k;
    return true;
}

static bool read_group(struct reader *r, struct err *e)
{
    struct policy *p = r->policy;
    if (r->word_count < 4)
        return REFUSE(r, e, "wants: group NAME any|all|K MEMBER…");
    if (p->group_count == POLICY_GROUPS_MAX)
        return refuse(r, e, ERR_LIMIT, "more than %d groups", POLICY_GROUPS_MAX);
    size_t count = r->word_count - 3;
    struct policy_group group = {.member_count = (unsigned)count};
    if (!name_is_free(r, r->words[1], e) || !threshold_read(r, r->words[2], count, &group.threshold, e))
        return false;
    int *members = arena_array(r->arena, count, sizeof(*members));
    for (size_t i = 0; i < count; i++) {
        struct str name = r->words[3 + i];
        members[i] = member_find(p, name);
        if (members[i] < 0)
            return REFUSE(r, e, "%.*s is not defined above", STR_ARGS(name));
        if (r->is_member[members[i]])
            return REFUSE(r, e, "%.*s is a member of a group already", STR_ARGS(name));
        r->is_member[members[i]] = true;
    }
    group.name = arena_str(r->arena, r->words[1]);
    group.members = members;
    p->groups[p->group_count++] = group;
    return true;
}

static bool read_quorum(struct reader *r, struct err *e)
{
    if (r->word_count != 2)
        return REFUSE(r, e, "wants: quorum NAME");
    if (r->has_quorum)
        return REFUSE(r, e, "a second quorum");
    int quorum = str_is(r->words[1], "none") ? POLICY_QUORUM_NONE : member_find(r->policy, r->words[1]);
    if (quorum < 0 && !str_is(r->words[1], "none"))
        return REFUSE(r, e, "%.*s is not defined above", STR_ARGS(r->words[1]));
    r->policy->quorum = quorum;
    r->has_quorum = true;
    return true;
}

static bool line_split(struct reader *r, struct str line, struct err *e)
{
    r->word_count = 0;
    for (size_t i = 0; i < line.size; i++)
        if (((uint8_t)line.data[i] < ' ' && line.data[i] != '\t') || (uint8_t)line.data[i] == 0x7f)
            return REFUSE(r, e, "a control character");
    struct str word;
    while (str_next_word(&line, &word)) {
        if (r->word_count == 0 && word.data[0] == '#')
            return true;
        if (r->word_count == WORDS_MAX)
            return refuse(r, e, ERR_LIMIT, "more than %d words", WORDS_MAX);
        r->words[r->word_count++] = word;
    }
    return true;
}

static bool line_read(struct reader *r, struct str line, struct err *e)
{
    static const struct {
        const char *word;
        bool (*read)(struct reader *r, struct err *e);
    } kinds[] = {{"log", read_log}, {"witness", read_witness}, {"group", read_group}, {"quorum", read_quorum}};
    if (!line_split(r, line, e))
        return false;
    if (r->word_count == 0)
        return true;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (str_is(r->words[0], kinds[i].word))
            return kinds[i].read(r, e);
    return REFUSE(r, e, "%.40s is not log, witness, group or quorum", arena_str(r->arena, r->words[0]).data);
}

struct policy *policy_parse(struct arena *a, struct str text, struct err *e)
{
    struct reader *r = ARENA_NEW(a, struct reader);
    *r = (struct reader){.arena = a, .policy = ARENA_NEW(a, struct policy)};
    r->policy->quorum = POLICY_QUORUM_NONE;
    if (text.size > POLICY_BYTES_MAX) {
        err_set(e, ERR_TOO_LARGE, "policy: more than %d bytes", POLICY_BYTES_MAX);
        return NULL;
    }
    struct cursor c = cursor_of(text);
    while (!cursor_at_end(&c)) {
        r->line++;
        struct str line = cursor_line(&c);
        if (c.failed) {
            REFUSE(r, e, "the line does not end in LF");
            return NULL;
        }
        if (!line_read(r, line, e))
            return NULL;
    }
    if (!r->has_quorum) {
        err_set(e, ERR_INVALID, "policy: no quorum line");
        return NULL;
    }
    return r->policy;
}

/* ---- evaluation ---- */

/* Groups stand behind their members, so one pass in order decides all of them. Time of a group: when its threshold was reached.
 */
static bool group_decide(const struct policy_group *g, const bool *has, const uint64_t *time_s, uint64_t *ret_time_s)
{
    uint64_t times[POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < g->member_count; i++) {
        if (!has[g->members[i]])
            continue;
        unsigned at = count++;
        for (; at > 0 && times[at - 1] > time_s[g->members[i]]; at--)
            times[at] = times[at - 1];
        times[at] = time_s[g->members[i]];
    }
    if (count < g->threshold)
        return false;
    *ret_time_s = times[g->threshold - 1];
    return true;
}

static bool quorum_decide(const struct policy *p, const struct policy_outcome *o, uint64_t *ret_time_s)
{
    bool has[POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX] = {false};
    uint64_t time_s[POLICY_WITNESSES_MAX + POLICY_GROUPS_MAX] = {0};
    if (p->quorum == POLICY_QUORUM_NONE)
        return true;
    memcpy(has, o->is_cosigned, sizeof(o->is_cosigned));
    memcpy(time_s, o->witness_time_s, sizeof(o->witness_time_s));
    for (size_t i = 0; i < p->group_count; i++)
        has[GROUP_MEMBER + i] = group_decide(&p->groups[i], has, time_s, &time_s[GROUP_MEMBER + i]);
    if (!has[p->quorum])
        return false;
    *ret_time_s = time_s[p->quorum];
    return true;
}

void policy_follow_log(struct str text, const char *origin, const struct note_key *keys, size_t count, struct buf *out)
{
    struct str line;
    size_t name_size = strlen(origin);
    for (bool is_first = true; text.size;) {
        str_cut(&text, '\n', &line);
        struct str rest = line, word, url;
        bool is_log = str_next_word(&rest, &word) && str_is(word, "log") && str_next_word(&rest, &word);
        if (!is_log || !str_starts(word, origin) || word.size <= name_size || word.data[name_size] != '+') {
            buf_printf(out, "%.*s\n", STR_ARGS(line));
            continue;
        }
        for (size_t i = 0; is_first && i < count; i++) {
            buf_cstr(out, "log ");
            note_key_format(&keys[i], out);
            struct str behind = rest;
            bool has_url = str_next_word(&behind, &url);
            buf_printf(out, "%s%.*s\n", has_url ? " " : "", has_url ? (int)url.size : 0, has_url ? url.data : "");
        }
        is_first = false;
    }
}

bool policy_evaluate(const struct policy *p, struct str note, struct checkpoint *ret_checkpoint, struct policy_outcome *ret,
                     struct err *e)
{
    struct checkpoint checkpoint;
    struct str text, lines;
    struct policy_outcome o = {.log = NULL};
    if (!checkpoint_parse(note, &checkpoint, &text, &lines, e))
        return false;
    for (size_t i = 0; i < p->log_count; i++) {
        const struct note_key *key = &p->logs[i].key;
        struct err why = {0};
        if (strcmp(key->name, checkpoint.origin) != 0)
            continue; /* a log's name is its origin */
        if (!note_verify(text, lines, key, &why)) {
            if (note_has_line(lines, key))
                return err_set(e, ERR_CORRUPT, "%s", why.text);
            continue;
        }
        if (!o.log)
            o.log = &p->logs[i];
    }
    for (size_t i = 0; i < p->witness_count; i++) {
        struct err why = {0};
        o.is_cosigned[i] = cosignature_find(text, lines, &p->witnesses[i].key, NULL, &o.witness_time_s[i], &why);
        if (!o.is_cosigned[i] && why.code != ERR_NOT_FOUND)
            return err_set(e, why.code, "%s", why.text);
        o.cosigned_count += o.is_cosigned[i];
    }
    o.is_satisfied = quorum_decide(p, &o, &o.quorum_time_s) && (o.log || p->log_count == 0);
    if (ret_checkpoint)
        *ret_checkpoint = checkpoint;
    *ret = o;
    return true;
}

bool policy_satisfied(const struct policy *p, struct str note, size_t *ret_count, struct err *e)
{
    struct policy_outcome o = {.log = NULL};
    bool is_read = policy_evaluate(p, note, NULL, &o, e);
    if (ret_count)
        *ret_count = o.cosigned_count;
    if (!is_read)
        return false;
    if (o.is_satisfied)
        return true;
    if (!o.log && p->log_count)
        return err_set(e, ERR_DENIED, "no signature by a log of the policy");
    return err_set(e, ERR_DENIED, "the quorum is not reached: %zu of %zu witnesses cosigned", o.cosigned_count, p->witness_count);
}
