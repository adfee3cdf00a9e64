/*
 * rules.c - what a leaf of each type says (E42), as tables in the order of their members' names, which is that of the leaf. Members
 * beside those of the tables are allowed, so that later versions can say more.
 */
#include "av.h"

#define INTEGER_MAX ((INT64_C(1) << 53) - 1)

enum kind {
    INT,    /* min..max */
    LEAF,   /* index of an earlier leaf, or min (-1) for none */
    TEXT,   /* min..max bytes */
    WORD,   /* a name: 1..64 of [A-Za-z0-9._:/-] */
    ONE_OF, /* one of `words`, separated by | */
    HEX,    /* max bytes; empty allowed when min is 0 */
    TRUE,   /* true, never false */
    SPAN,   /* [t0,t1], t0 <= t1 */
    WHO,    /* "s:" and 32 hex */
    HEAD,   /* size:root */
    KEY,    /* a vkey */
    BLOBS,  /* min..max of them */
    LEAVES, /* list of indexes of earlier leaves */
    WORDS,  /* list of WORD */
    HASHES, /* object: names to 32-byte hex */
    STATES, /* object: names to one of `words` */
    OBJECT  /* with `members` */
};
struct rule {
    const char *name;
    enum kind kind;
    int64_t min, max;
    bool is_optional;
    const char *words;
    const struct rule *members;
};
#define OPTIONAL .is_optional = true
#define COUNT(name_) {name_, INT, 0, INTEGER_MAX}
#define HASH(name_) {name_, HEX, 32, 32}
#define END {.name = NULL}

static const struct rule common[] = {{"a", WHO, OPTIONAL}, {"b", BLOBS, 1, 64, OPTIONAL}, /* in a seal these two are something else */
                                     {"back", TRUE, OPTIONAL}, {"cp", HEAD, OPTIONAL}, {"ctl", WORDS, OPTIONAL}, {"k", WORD, OPTIONAL},
                                     {"n", HEX, 16, 16}, {"obs", SPAN, OPTIONAL}, {"op", HEX, 16, 16, OPTIONAL},
                                     {"st", TEXT, 1, AV_LEAF_MAX}, COUNT("t"), {"v", INT, 1, 1}, END};
static const struct rule run_statement[] = {{"col", KEY}, {"every", INT, 1, INTEGER_MAX, OPTIONAL}, {"exit", INT, 0, 255}, {"obs", SPAN},
                                            {"prev", HEX, 0, 32}, COUNT("seq"), {"states", STATES, OPTIONAL, .words = "partial|none"},
                                            {"sub", WHO}, {"tables", HASHES}, {"ver", TEXT, 1, 64}, END};
static const struct rule run[] = {{"run", OBJECT, .members = run_statement}, END};
static const struct rule item[] = {{"b", BLOBS, 1, 2}, {"obs", SPAN}, COUNT("rows"), {"state", ONE_OF, .words = "complete|partial|none"},
                                   {"sub", WHO}, {"tbl", WORD}, {"ver", INT, 0, 1000000}, END};
static const struct rule upload[] = {{"b", BLOBS, 1, 64}, END};
static const struct rule decision[] = {{"a", WHO}, {"act", WORD}, {"of", LEAF}, END};
static const struct rule policy[] = {{"b", BLOBS, 1, 64}, {"id", WORD}, {"ver", INT, 1, 1000000}, END};
static const struct rule catalog[] = {{"b", BLOBS, 1, 1}, HASH("digest"), END};
static const struct rule eval_counts[] = {COUNT("fail"), COUNT("pass"), COUNT("skip"), COUNT("unknown"), END};
static const struct rule eval[] = {COUNT("at"), {"b", BLOBS, 1, 1, OPTIONAL}, {"cat", LEAF}, {"cnt", OBJECT, .members = eval_counts},
                                   {"par", LEAF, -1}, {"run", LEAF}, END};
static const struct rule scope_statement[] = {{"act", ONE_OF, .words = "in|out"}, {"id", TEXT, 1, 200}, {"kind", WORD}, END};
static const struct rule scope[] = {{"scope", OBJECT, .members = scope_statement}, END};
static const struct rule alert[] = {{"kind", WORD}, {"of", LEAF, OPTIONAL}, {"sub", WHO, OPTIONAL}, END};
static const struct rule logblock[] = {{"b", BLOBS, 1, 64}, {"cnt", INT, 1, INTEGER_MAX}, {"obs", SPAN}, HASH("root"), END};
static const struct rule key_statement[] = {{"act", ONE_OF, .words = "add|retire|revoke|quorum"}, {"need", INT, 1, INTEGER_MAX, OPTIONAL},
                                            {"role", ONE_OF, .words = "root|log|collector|officer|witness|mirror|auditor"},
                                            {"trust", INT, 0, INTEGER_MAX, OPTIONAL}, {"vkey", KEY, OPTIONAL}, END};
static const struct rule key[] = {{"key", OBJECT, .members = key_statement}, END};
static const struct rule erase[] = {{"also", LEAVES}, {"basis", WORD}, HASH("c"), {"hor", INT, 0, 36500}, HASH("lh"), COUNT("req"),
                                    {"tgt", LEAF}, HASH("x"), END};
static const struct rule erased[] = {{"of", LEAF}, HASH("x"), END};
static const struct rule reencrypt[] = {HASH("c"), HASH("from"), {"of", LEAF}, HASH("x"), END};
static const struct rule gap_notice[] = {COUNT("from"), {"kind", ONE_OF, .words = "seal|run"}, {"sub", WHO, OPTIONAL}, COUNT("to"),
                                         {"why", ONE_OF, .words = "off|restart|clock|stall|missed|unknown"}, END};
static const struct rule gap_explain[] = {{"of", LEAF}, {"reason", TEXT, 1, 2000}, END};
static const struct rule gap[] = {{"act", ONE_OF, .words = "notice|explain"}, END};
static const struct rule seal_clock[] = {{"err", INT, -1, INTEGER_MAX}, {"src", ONE_OF, .words = "ntp|local|unknown"}, END};
static const struct rule seal[] = {COUNT("a"), {"b", INT, 1, INTEGER_MAX}, {"bea", HEX, 32, 32, OPTIONAL}, COUNT("blobs"), {"boot_id", TEXT, 1, 64},
                                   COUNT("bytes"), {"clk", OBJECT, OPTIONAL, .members = seal_clock}, {"erased", INT, 0, INTEGER_MAX, OPTIONAL},
                                   {"every", INT, 1, INTEGER_MAX, OPTIONAL}, {"heads", HEX, 32, 32, OPTIONAL}, COUNT("mono"),
                                   {"streams", INT, 0, INTEGER_MAX, OPTIONAL}, END};
static const struct rule anchor[] = {COUNT("at"), {"b", BLOBS, 1, 1, OPTIONAL}, {"by", TEXT, 1, 255}, {"cp", HEAD}, HASH("d"),
                                     {"kind", ONE_OF, .words = "tst|cosig"}, END};
static const struct rule draw_statement[] = {COUNT("n"), HASH("pop"), HASH("seed"), END};
static const struct rule draw[] = {{"draw", OBJECT, .members = draw_statement}, END};
static const struct rule opinion_statement[] = {{"cp", HEAD}, {"per", SPAN}, {"words", TEXT, 1, 2000}, END};
static const struct rule opinion[] = {{"opinion", OBJECT, .members = opinion_statement}, END};
static const struct rule close[] = {{"per", SPAN}, HASH("state"), END};
static const struct rule record[] = {{"type", WORD}, END};

const char *const av_type_names[AV_TYPES] = {"run",   "item",  "upload",   "decision", "policy",  "catalog", "eval", "scope",  "alert", "logblock", "key",
                                             "erase", "erased", "reencrypt", "gap",      "seal",    "anchor",  "draw", "opinion", "close", "record"};
static const struct rule *const rules[AV_TYPES] = {run,   item,   upload,    decision, policy, catalog, eval, scope,   alert, logblock, key,
                                                   erase, erased, reencrypt, gap,      seal,   anchor,  draw, opinion, close, record};

const char *av_rule_role(enum av_type type)
{
    switch (type) {
    case AV_RUN:
        return "collector";
    case AV_KEY:
        return "root";
    case AV_SCOPE:
    case AV_DRAW:
    case AV_ERASE:
        return "officer";
    case AV_OPINION:
        return "auditor";
    default:
        return type == AV_RECORD ? NULL : "";
    }
}

/* ---- values ---- */

bool av_is_word(struct av_text value)
{
    struct av_text t = av_unquote(value);
    for (size_t i = 0; i < t.size; i++) {
        char c = t.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == ':' || c == '/' || c == '-'))
            return false;
    }
    return t.size > 0 && t.size <= 64;
}

static bool is_one_of(struct av_text text, const char *words)
{
    size_t i = 0;
    for (const char *w = words;; w++) {
        if (*w == '|' || *w == 0) {
            if (i == text.size && i > 0)
                return true;
            if (*w == 0)
                return false;
            i = 0;
        } else if (i < text.size && text.data[i] == *w) {
            i++;
        } else { /* not this word */
            while (w[1] != '|' && w[1] != 0)
                w++;
            i = SIZE_MAX;
        }
    }
}

static bool is_integer(struct av_text value, int64_t min, int64_t max)
{
    int64_t n = 0;
    return av_integer_of(value, &n) && n >= min && n <= max;
}

static bool is_leaf(const struct av_leaf *leaf, struct av_text value, int64_t min)
{
    int64_t n = 0;
    return av_integer_of(value, &n) && n >= min && (n < 0 || (uint64_t)n < leaf->index);
}

static int64_t span_end(struct av_text list, int64_t *ret_from)
{
    struct av_text rest = av_behind(list, 1), from;
    int64_t end = -1;
    if (list.size < 5 || *list.data != '[' || !av_cut(&rest, ',', &from) || rest.data[rest.size - 1] != ']')
        return -1;
    rest.size--;
    return av_integer_of(from, ret_from) && av_integer_of(rest, &end) && *ret_from >= 0 && end >= *ret_from ? end : -1;
}

int64_t av_span_end(const struct av_object *o, const char *name, int64_t *ret_from)
{
    return span_end(av_value(o, name), ret_from);
}

/* A string's length as the leaf's writer counts it: without its escapes. */
static bool is_text(struct av_text value, int64_t min, int64_t max)
{
    static const int64_t longest = 2000; /* of those that have escapes; st, the only longer one, may be anything that is there */
    char plain[2001];
    struct av_text t = av_unquote(value);
    int64_t size = (int64_t)t.size;
    if (t.size > 0 && max <= longest && memchr(t.data, '\\', t.size))
        size = av_unescape(t, plain, sizeof(plain));
    return size >= min && size <= max;
}

static bool is_head(struct av_text text)
{
    struct av_text rest = text, size;
    uint64_t n = 0;
    return av_cut(&rest, ':', &size) && size.size <= 16 && av_number(size, &n) && av_is_hex(rest, 32);
}

static bool are_blobs(struct av_leaf *leaf, struct av_text list, const struct rule *r)
{
    struct av_object blob;
    unsigned count = 0;
    for (; list.size > 1; count++) {
        if (!av_array_next_object(&list, &blob) || !av_is_hex(av_string(&blob, "c"), 32) || !av_is_hex(av_string(&blob, "x"), 32) ||
            av_string(&blob, "m").size == 0 || !is_one_of(av_string(&blob, "z"), "<=4k|<=64k|<=1m|<=16m|<=256m"))
            return false;
        if (count == 0)
            leaf->c = av_string(&blob, "c");
    }
    leaf->blob_count = count;
    return count >= (unsigned)r->min && count <= (unsigned)r->max;
}

static bool members_hold(struct av_leaf *leaf, const struct av_object *o, const struct rule *rules_of);

static bool list_holds(struct av_leaf *leaf, struct av_text list, const struct rule *r)
{
    struct av_text value;
    if (list.size < 2 || *list.data != '[')
        return false;
    while (av_array_next(&list, &value))
        if (r->kind == LEAVES ? !is_leaf(leaf, value, 0) : !av_is_word(value))
            return false;
    return true;
}

static bool object_holds(struct av_leaf *leaf, struct av_text value, const struct rule *r)
{
    struct av_object o;
    struct av_text rest = value, key_, of;
    if (value.size < 2 || *value.data != '{')
        return false;
    if (r->kind == OBJECT)
        return !av_object_read(value, &o) && members_hold(leaf, &o, r->members);
    for (av_cut(&rest, '"', &key_); av_cut(&rest, '"', &key_);) { /* any number of members, all of them plain strings */
        if (rest.size < 2 || rest.data[0] != ':' || rest.data[1] != '"')
            return false;
        rest = av_behind(rest, 2);
        if (!av_cut(&rest, '"', &of) || (r->kind == HASHES ? !av_is_hex(of, 32) : !is_one_of(of, r->words)))
            return false;
        if (!av_cut(&rest, '"', &key_))
            break;
    }
    return true;
}

static bool value_holds(struct av_leaf *leaf, struct av_text value, const struct rule *r)
{
    struct av_text text = av_unquote(value);
    struct av_key vkey;
    int64_t from = 0;
    switch (r->kind) {
    case INT:
        return is_integer(value, r->min, r->max);
    case LEAF:
        return is_leaf(leaf, value, r->min);
    case TEXT:
        return *value.data == '"' && is_text(value, r->min, r->max);
    case WORD:
        return av_is_word(value);
    case ONE_OF:
        return is_one_of(text, r->words);
    case HEX:
        return *value.data == '"' && ((r->min == 0 && text.size == 0) || av_is_hex(text, (size_t)r->max));
    case TRUE:
        return av_is(value, "true");
    case SPAN:
        return span_end(value, &from) >= 0;
    case WHO:
        return av_starts(text, "s:") && av_is_hex(av_behind(text, 2), 16);
    case HEAD:
        return is_head(text);
    case KEY:
        return !av_key_parse(text, &vkey);
    case BLOBS:
        return *value.data == '[' && are_blobs(leaf, value, r);
    case LEAVES:
    case WORDS:
        return list_holds(leaf, value, r);
    case HASHES:
    case STATES:
    case OBJECT:
        return object_holds(leaf, value, r);
    }
    return false;
}

static bool fault(struct av_leaf *leaf, const char *what, const char *about)
{
    leaf->rule = what;
    leaf->rule_about = about;
    return false;
}

/* Below 0, 0 or above 0, as the member's name comes before, is, or comes behind. */
static int name_order(struct av_text name, const char *wanted)
{
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] != wanted[i])
            return (uint8_t)name.data[i] - (uint8_t)wanted[i];
    return wanted[name.size] ? -1 : 0;
}

/* Both lists are in the same order. */
static bool members_hold(struct av_leaf *leaf, const struct av_object *o, const struct rule *rules_of)
{
    unsigned i = 0;
    for (const struct rule *r = rules_of; r->name; r++) {
        int order = -1;
        while (i < o->count && (order = name_order(av_member_key(o, i), r->name)) < 0)
            i++;
        bool is_there = i < o->count && order == 0;
        if (!is_there && !r->is_optional)
            return fault(leaf, "is missing", r->name);
        if (is_there && !value_holds(leaf, av_member_value(o, i), r))
            return leaf->rule ? false : fault(leaf, "is not what it has to be", r->name);
    }
    return true;
}

/* What a table cannot say. */
static bool gap_holds(struct av_leaf *leaf)
{
    const struct av_object *o = &leaf->object;
    int64_t from = 0, to = 0, t = 0;
    if (!av_is(av_string(o, "act"), "notice"))
        return members_hold(leaf, o, gap_explain);
    if (!members_hold(leaf, o, gap_notice))
        return false;
    if (!av_integer(o, "from", &from) || !av_integer(o, "to", &to) || !av_integer(o, "t", &t) || from >= to || to > t)
        return fault(leaf, "is no stretch of time that is over", "from, to");
    return av_has(o, "sub") == av_is(av_string(o, "kind"), "run") || fault(leaf, "belongs to gaps of runs, and to no others", "sub");
}

void av_rule_check(struct av_leaf *leaf)
{
    struct av_object statement;
    if (!members_hold(leaf, &leaf->object, common + (leaf->type == AV_SEAL ? 2 : 0)) || !members_hold(leaf, &leaf->object, rules[leaf->type]))
        return;
    if (leaf->type == AV_GAP)
        gap_holds(leaf);
    if (leaf->type == AV_KEY && !av_object_read(av_value(&leaf->object, "key"), &statement)) {
        const char *member = av_is(av_string(&statement, "act"), "quorum") ? "need" : "vkey";
        if (!av_has(&statement, member))
            fault(leaf, "is missing", member);
    }
}
