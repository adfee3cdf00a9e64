/* leaf_rules.c - the table of leaf_rules.h. */
#include "ledger/leaf_rules.h"

#include <stdarg.h>

#define INTEGER_MAX ((INT64_C(1) << 53) - 1)

enum kind {
    INT,     /* min..max */
    TIME,    /* ms UTC, not negative */
    LEAF,    /* index of an earlier leaf, or min (-1) for none */
    TEXT,    /* min..max bytes */
    WORD,    /* a name: 1..64 of [A-Za-z0-9._:/-] */
    ONE_OF,  /* one of `words`, separated by | */
    HEX,     /* lower-case, exactly max bytes; empty allowed when min is 0 */
    TRUE,    /* true, never false */
    SPAN,    /* [t0,t1], t0 <= t1 */
    WHO,     /* "s:" and 32 hex */
    HEAD,    /* size:root */
    KEY,     /* a vkey */
    BLOBS,   /* min..max of them */
    LEAVES,  /* list of indexes of earlier leaves */
    NUMBERS, /* list of min..max numbers, none negative */
    WORDS,   /* list of WORD */
    HASHES,  /* object: names to 32-byte hex */
    STATES,  /* object: names to one of `words` */
    OBJECT   /* with `members` */
};

struct member {
    const char *name;
    enum kind kind;
    int64_t min, max;
    const char *words;
    const struct member *members;
    bool is_optional;
};
#define OPTIONAL .is_optional = true
#define COUNT_MEMBER(name_) {name_, INT, 0, INTEGER_MAX}

static const struct member common[] = {{"a", WHO, OPTIONAL}, /* these two first: in a seal they are something else */
                                       {"b", BLOBS, 1, 64, OPTIONAL},
                                       {"op", HEX, 16, 16, OPTIONAL},
                                       {"k", WORD, OPTIONAL},
                                       {"back", TRUE, OPTIONAL},
                                       {"obs", SPAN, OPTIONAL},
                                       {"cp", HEAD, OPTIONAL},
                                       {"ctl", WORDS, OPTIONAL},
                                       {0}};

static const struct member run_statement[] = {{"col", KEY},
                                              {"ver", TEXT, 1, 64},
                                              {"seq", INT, 0, INTEGER_MAX},
                                              {"prev", HEX, 0, 32},
                                              {"sub", WHO},
                                              {"obs", SPAN},
                                              {"tables", HASHES},
                                              {"states", STATES, .words = "partial|none", OPTIONAL},
                                              {"exit", INT, 0, 255},
                                              {"every", INT, 1, INTEGER_MAX, OPTIONAL},
                                              {0}};
static const struct member run[] = {{"run", OBJECT, .members = run_statement}, {0}};

static const struct member item[] = {{"sub", WHO},
                                     {"tbl", WORD},
                                     {"ver", INT, 0, 1000000},
                                     {"rows", INT, 0, INTEGER_MAX},
                                     {"state", ONE_OF, .words = "complete|partial|none"},
                                     {"obs", SPAN},
                                     {"b", BLOBS, 1, 2},
                                     {0}};
static const struct member upload[] = {{"b", BLOBS, 1, 64}, {0}};
static const struct member decision[] = {{"act", WORD}, {"of", LEAF, .min = 0}, {"a", WHO}, {0}};
static const struct member policy[] = {{"id", WORD}, {"ver", INT, 1, 1000000}, {"b", BLOBS, 1, 64}, {0}};
static const struct member catalog[] = {{"digest", HEX, 32, 32}, {"b", BLOBS, 1, 1}, {0}};

static const struct member eval_counts[] = {
    COUNT_MEMBER("pass"), COUNT_MEMBER("fail"), COUNT_MEMBER("unknown"), COUNT_MEMBER("skip"), {0}};
static const struct member eval[] = {{"run", LEAF, .min = 0}, {"cat", LEAF, .min = 0}, {"par", LEAF, .min = -1},
                                     {"at", TIME},            {"b", BLOBS, 1, 1, OPTIONAL}, {"cnt", OBJECT, .members = eval_counts},
                                     {0}};

static const struct member scope_statement[] = {{"act", ONE_OF, .words = "in|out"}, {"kind", WORD}, {"id", TEXT, 1, 200}, {0}};
static const struct member scope[] = {{"scope", OBJECT, .members = scope_statement}, {0}};
static const struct member alert[] = {{"kind", WORD}, {"of", LEAF, .min = 0, OPTIONAL}, {"sub", WHO, OPTIONAL}, {0}};
static const struct member logblock[] = {{"root", HEX, 32, 32}, {"cnt", INT, 1, INTEGER_MAX}, {"obs", SPAN}, {"b", BLOBS, 1, 64}, {0}};

static const struct member key_statement[] = {
    {"act", ONE_OF, .words = "add|retire|revoke|quorum"},
    {"role", ONE_OF, .words = "root|log|collector|officer|witness|mirror|auditor"},
    {"vkey", KEY, OPTIONAL},
    {"trust", INT, 0, INTEGER_MAX, OPTIONAL},
    {"need", INT, 1, INTEGER_MAX, OPTIONAL},
    {0}};
static const struct member key[] = {{"key", OBJECT, .members = key_statement}, {0}};

static const struct member erase[] = {{"tgt", LEAF, .min = 0}, {"lh", HEX, 32, 32}, {"c", HEX, 32, 32},
                                      {"x", HEX, 32, 32},      {"also", LEAVES},    {"basis", WORD},
                                      {"req", TIME},           {"hor", INT, 0, 36500}, {0}};
static const struct member erased[] = {{"of", LEAF, .min = 0}, {"x", HEX, 32, 32}, {0}};
static const struct member reencrypt[] = {
    {"of", LEAF, .min = 0}, {"c", HEX, 32, 32}, {"x", HEX, 32, 32}, {"from", HEX, 32, 32}, {0}};

static const struct member gap_notice[] = {{"kind", ONE_OF, .words = "seal|run"},
                                           {"why", ONE_OF, .words = "off|restart|clock|stall|missed|unknown"},
                                           {"from", TIME},
                                           {"to", TIME},
                                           {"sub", WHO, OPTIONAL},
                                           {0}};
static const struct member gap_explain[] = {{"of", LEAF, .min = 0}, {"reason", TEXT, 1, 2000}, {0}};
static const struct member gap[] = {{"act", ONE_OF, .words = "notice|explain"}, {0}};

static const struct member seal_clock[] = {{"src", ONE_OF, .words = "ntp|local|unknown"}, {"err", INT, -1, INTEGER_MAX}, {0}};
static const struct member seal[] = {COUNT_MEMBER("a"),
                                     {"b", INT, 1, INTEGER_MAX},
                                     {"boot_id", TEXT, 1, 64},
                                     COUNT_MEMBER("mono"),
                                     COUNT_MEMBER("blobs"),
                                     COUNT_MEMBER("bytes"),
                                     {"heads", HEX, 32, 32, OPTIONAL},
                                     {"streams", INT, 0, INTEGER_MAX, OPTIONAL},
                                     {"erased", INT, 0, INTEGER_MAX, OPTIONAL},
                                     {"clk", OBJECT, .members = seal_clock, OPTIONAL},
                                     {"every", INT, 1, INTEGER_MAX, OPTIONAL},
                                     {"bea", HEX, 32, 32, OPTIONAL},
                                     {0}};
static const struct member anchor[] = {{"cp", HEAD},  {"kind", ONE_OF, .words = "tst|cosig"},
                                       {"by", TEXT, 1, 255}, {"at", TIME},
                                       {"d", HEX, 32, 32},   {"b", BLOBS, 1, 1, OPTIONAL},
                                       {0}};
static const struct member draw_statement[] = {
    {"pop", HEX, 32, 32}, {"seed", HEX, 32, 32}, COUNT_MEMBER("n"), {"by", WORD, OPTIONAL}, {0}}; /* population, commitment to the seed, size */
static const struct member draw[] = {{"draw", OBJECT, .members = draw_statement}, {0}};
static const struct member opinion_statement[] = {{"per", SPAN}, {"words", TEXT, 1, 2000}, {"cp", HEAD}, {"by", WORD, OPTIONAL}, {0}};
static const struct member opinion[] = {{"opinion", OBJECT, .members = opinion_statement}, {0}};
static const struct member close_members[] = {{"per", SPAN}, {"state", HEX, 32, 32}, {0}};
static const struct member record[] = {{"type", WORD}, {0}};
/* A change of a record, by its kind. */
static const struct member record_change[] = {{"type", WORD},
                                              {"id", WORD},
                                              {"act", ONE_OF, .words = "create|change|move|vote|delete|undo"},
                                              {"ver", INT, 1, INTEGER_MAX},
                                              {"to", WORD},
                                              {"by", TEXT, 0, 64},
                                              {"f", WORDS},
                                              {"tv", HEX, 8, 8},
                                              {"step", WORD, OPTIONAL},
                                              {"nth", NUMBERS, 2, 2, OPTIONAL},
                                              {"b", BLOBS, 1, 64},
                                              {0}};

/* role: who signs; "" nobody; NULL the type's own reader knows. */
static const struct rule {
    const char *type, *role;
    const struct member *members;
} rules[] = {{"run", "collector", run},
             {"item", "", item},
             {"upload", "", upload},
             {"decision", "", decision},
             {"policy", "", policy},
             {"catalog", "", catalog},
             {"eval", "", eval},
             {"scope", "", scope},
             {"alert", "", alert},
             {"logblock", "", logblock},
             {"key", "root", key},
             {"erase", "officer", erase},
             {"erased", "", erased},
             {"reencrypt", "", reencrypt},
             {"gap", "", gap},
             {"seal", "", seal},
             {"anchor", "", anchor},
             {"draw", "auditor", draw},
             {"opinion", "auditor", opinion},
             {"close", "", close_members},
             {"record", NULL, record}};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

static const struct rule *rule_of(struct str type)
{
    for (size_t i = 0; i < RULES; i++)
        if (type.size && type.data[0] == rules[i].type[0] && str_is(type, rules[i].type))
            return &rules[i];
    return NULL;
}

const char *leaf_type_name(size_t i)
{
    return i < RULES ? rules[i].type : NULL;
}

bool leaf_type_is_known(struct str type)
{
    return rule_of(type) != NULL;
}

const char *leaf_rule_role(struct str type)
{
    const struct rule *r = rule_of(type);
    return r ? r->role : "";
}

bool leaf_rule_may_be_unsigned(struct str type)
{
    return str_is(type, "draw") || str_is(type, "opinion");
}

/* ---- checking ---- */

static bool is_integer(const struct json *v, int64_t min, int64_t max)
{
    return v->type == JSON_NUMBER && v->is_integer && v->integer >= min && v->integer <= max;
}

static bool is_hex(struct str text, size_t digits)
{
    for (size_t i = 0; i < text.size; i++)
        if (!((text.data[i] >= '0' && text.data[i] <= '9') || (text.data[i] >= 'a' && text.data[i] <= 'f')))
            return false;
    return text.size == digits;
}

static bool is_word(const struct json *v)
{
    if (v->type != JSON_STRING || v->text.size == 0 || v->text.size > 64)
        return false;
    for (size_t i = 0; i < v->text.size; i++) {
        char c = v->text.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("._:/-", c)) || c == 0)
            return false;
    }
    return true;
}

static bool is_one_of(struct str text, const char *words)
{
    for (const char *word = words; text.size > 0 && word; word = strchr(word, '|') ? strchr(word, '|') + 1 : NULL)
        if (strcspn(word, "|") == text.size && memcmp(word, text.data, text.size) == 0)
            return true;
    return false;
}

static bool is_span(const struct json *v)
{
    const struct json *from = json_at(v, 0), *to = json_at(v, 1);
    return v->type == JSON_ARRAY && v->count == 2 && is_integer(from, 0, INTEGER_MAX) && is_integer(to, from->integer, INTEGER_MAX);
}

static bool is_who(struct str text)
{
    return text.size == 34 && str_starts(text, "s:") && is_hex(str_slice(text, 2, 34), 32);
}

static bool is_head(struct str text)
{
    struct str size_text;
    int64_t size;
    return str_cut(&text, ':', &size_text) && str_to_int64(size_text, &size) && size >= 0 && size_text.size <= 16 &&
           is_hex(text, 64);
}

static bool is_key(struct str text)
{
    struct note_key parsed;
    struct err ignored = {0};
    return note_key_parse(text, &parsed, &ignored);
}

static bool are_blobs(const struct json *v, const struct member *m)
{
    if (v->type != JSON_ARRAY || (int64_t)v->count < m->min || (int64_t)v->count > m->max)
        return false;
    JSON_EACH (blob, v)
        if (blob->type != JSON_OBJECT || !is_hex(json_text(blob, "c"), 64) || !is_hex(json_text(blob, "x"), 64) ||
            json_text(blob, "m").size == 0 || !is_one_of(json_text(blob, "z"), "<=4k|<=64k|<=1m|<=16m|<=256m"))
            return false;
    return true;
}

struct checking {
    uint64_t index;
    char *fault;
};

static bool fault(struct checking *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fault(struct checking *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->fault, LEAF_FAULT_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

static bool is_leaf(const struct checking *c, const struct json *v, int64_t min)
{
    return is_integer(v, min, INTEGER_MAX) && (v->integer < 0 || (uint64_t)v->integer < c->index);
}

static bool each_holds(const struct checking *c, const struct json *v, const struct member *m)
{
    bool is_list = m->kind == LEAVES || m->kind == WORDS || m->kind == NUMBERS;
    if (v->type != (is_list ? JSON_ARRAY : JSON_OBJECT))
        return false;
    if (m->kind == NUMBERS && ((int64_t)v->count < m->min || (int64_t)v->count > m->max))
        return false;
    JSON_EACH (entry, v) {
        bool is_ok = m->kind == LEAVES    ? is_leaf(c, entry, 0)
                     : m->kind == NUMBERS ? is_integer(entry, 0, INTEGER_MAX)
                     : m->kind == WORDS  ? is_word(entry)
                     : m->kind == HASHES ? entry->type == JSON_STRING && is_hex(entry->text, 64)
                                         : entry->type == JSON_STRING && is_one_of(entry->text, m->words);
        if (!is_ok)
            return false;
    }
    return true;
}

static bool members_hold(struct checking *c, const struct json *leaf, const struct member *members, const char *where);

static bool value_holds(struct checking *c, const struct json *v, const struct member *m)
{
    bool is_text = v->type == JSON_STRING;
    switch (m->kind) {
    case INT:
        return is_integer(v, m->min, m->max);
    case TIME:
        return is_integer(v, 0, INTEGER_MAX);
    case LEAF:
        return is_leaf(c, v, m->min);
    case TEXT:
        return is_text && (int64_t)v->text.size >= m->min && (int64_t)v->text.size <= m->max;
    case WORD:
        return is_word(v);
    case ONE_OF:
        return is_text && is_one_of(v->text, m->words);
    case HEX:
        return is_text && ((m->min == 0 && v->text.size == 0) || is_hex(v->text, 2 * (size_t)m->max));
    case TRUE:
        return v->type == JSON_BOOL && v->boolean;
    case SPAN:
        return is_span(v);
    case WHO:
        return is_text && is_who(v->text);
    case HEAD:
        return is_text && is_head(v->text);
    case KEY:
        return is_text && is_key(v->text);
    case BLOBS:
        return are_blobs(v, m);
    case NUMBERS:
    case LEAVES:
    case WORDS:
    case HASHES:
    case STATES:
        return each_holds(c, v, m);
    case OBJECT:
        return v->type == JSON_OBJECT && members_hold(c, v, m->members, m->name);
    }
    return false;
}

static bool members_hold(struct checking *c, const struct json *leaf, const struct member *members, const char *where)
{
    for (const struct member *m = members; m->name; m++) {
        const struct json *v = json_get(leaf, m->name);
        const char *in = where ? where : "", *dot = where ? "." : "";
        if (!v && !m->is_optional)
            return fault(c, "its member %s%s%s is missing", in, dot, m->name);
        if (v && !value_holds(c, v, m))
            return c->fault[0] ? false : fault(c, "its member %s%s%s is not what it has to be", in, dot, m->name);
    }
    return true;
}

/* What a table cannot say. */
static bool gap_holds(struct checking *c, const struct json *leaf)
{
    bool is_notice = str_is(json_text(leaf, "act"), "notice");
    if (!members_hold(c, leaf, is_notice ? gap_notice : gap_explain, NULL))
        return false;
    int64_t from = json_int(leaf, "from", 0), to = json_int(leaf, "to", 1);
    if (is_notice && (from >= to || to > json_int(leaf, "t", 0)))
        return fault(c, "a gap from %lld to %lld that is over at %lld", (long long)from, (long long)to,
                     (long long)json_int(leaf, "t", 0));
    bool has_subject = json_get(leaf, "sub") != NULL;
    return !is_notice || has_subject == str_is(json_text(leaf, "kind"), "run") || fault(c, "a gap of a run has a subject, others none");
}

static bool key_holds(struct checking *c, const struct json *statement)
{
    const char *member = str_is(json_text(statement, "act"), "quorum") ? "need" : "vkey";
    return json_get(statement, member) != NULL || fault(c, "its member key.%s is missing", member);
}

bool leaf_is_record_change(struct str type, const struct json *leaf)
{
    static const char *const types[] = {"record", "upload", "decision", "policy", "scope"};
    bool may_be = false;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        may_be |= str_is(type, types[i]);
    return may_be && str_is(json_text(leaf, "k"), "record.change");
}

bool leaf_rule_holds(const struct leaf *leaf, uint64_t index, char ret_fault[LEAF_FAULT_SIZE])
{
    struct checking c = {index, ret_fault};
    const struct rule *r = rule_of(leaf->type);
    ret_fault[0] = 0;
    if (!r)
        return fault(&c, "it is of no type that there is");
    if (!members_hold(&c, leaf->json, common + (str_is(leaf->type, "seal") ? 2 : 0), NULL) ||
        !members_hold(&c, leaf->json, r->members, NULL))
        return false;
    if (str_is(leaf->type, "key"))
        return key_holds(&c, json_get(leaf->json, "key"));
    if (leaf_is_record_change(leaf->type, leaf->json))
        return members_hold(&c, leaf->json, record_change, NULL);
    return !str_is(leaf->type, "gap") || gap_holds(&c, leaf->json);
}
