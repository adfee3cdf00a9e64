/*
 * rules.c - what a leaf of each type says (E42), as tables in the order of their members' names, which is that of the leaf. Members
 * beside those of the tables are allowed, so that later versions can say more.
 */
#include "av.h"

#include <endian.h>

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
    NUMBERS, /* list of min..max numbers, none negative */
    WORDS,  /* list of WORD */
    HASHES, /* object: names to 32-byte hex */
    STATES, /* object: names to one of `words` */
    OBJECT  /* with `members` */
};
struct rule {
    char name[9];
    enum kind kind;
    int64_t min, max;
    bool is_optional;
    const char *words;
    const struct rule *members;
};
#define OPTIONAL .is_optional = true
#define COUNT(name_) {name_, INT, 0, INTEGER_MAX}
#define HASH(name_) {name_, HEX, 32, 32}
#define END {.name = ""}

static const struct rule none[] = {END};
static const struct rule common[] = {{"a", WHO, OPTIONAL}, {"b", BLOBS, 1, 64, OPTIONAL}, /* where a type has its own of a name, that holds */
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
static const struct rule draw_statement[] = {{"by", WORD, OPTIONAL}, COUNT("n"), HASH("pop"), HASH("seed"), END};
static const struct rule draw[] = {{"draw", OBJECT, .members = draw_statement}, END};
static const struct rule opinion_statement[] = {{"by", WORD, OPTIONAL}, {"cp", HEAD}, {"per", SPAN}, {"words", TEXT, 1, 2000}, END};
static const struct rule opinion[] = {{"opinion", OBJECT, .members = opinion_statement}, END};
static const struct rule close[] = {{"per", SPAN}, HASH("state"), END};
static const struct rule record[] = {{"type", WORD}, END};
static const struct rule record_change[] = {{"act", ONE_OF, .words = "create|change|move|vote|delete|undo"}, {"b", BLOBS, 1, 64}, {"by", TEXT, 0, 64},
                                            {"f", WORDS}, {"id", WORD}, {"nth", NUMBERS, 2, 2, OPTIONAL}, {"step", WORD, OPTIONAL}, {"to", WORD},
                                            {"tv", HEX, 8, 8}, {"type", WORD}, {"ver", INT, 1, INTEGER_MAX}, END};

/* Its name, what it says, and who has to sign it (see av_type_role). */
static const struct {
    const char *name;
    const struct rule *rules;
    const char *role;
} types[AV_TYPES] = {
    [AV_RUN] = {"run", run, "collector"}, [AV_ITEM] = {"item", item, ""},       [AV_UPLOAD] = {"upload", upload, ""},
    [AV_DECISION] = {"decision", decision, ""}, [AV_POLICY] = {"policy", policy, ""}, [AV_CATALOG] = {"catalog", catalog, ""},
    [AV_EVAL] = {"eval", eval, ""},       [AV_SCOPE] = {"scope", scope, ""}, [AV_ALERT] = {"alert", alert, ""},
    [AV_LOGBLOCK] = {"logblock", logblock, ""}, [AV_KEY] = {"key", key, "root"}, [AV_ERASE] = {"erase", erase, "officer"},
    [AV_ERASED] = {"erased", erased, ""}, [AV_REENCRYPT] = {"reencrypt", reencrypt, ""}, [AV_GAP] = {"gap", gap, ""},
    [AV_SEAL] = {"seal", seal, ""},       [AV_ANCHOR] = {"anchor", anchor, ""}, [AV_DRAW] = {"draw", draw, "auditor"},
    [AV_OPINION] = {"opinion", opinion, "auditor"}, [AV_CLOSE] = {"close", close, ""}, [AV_RECORD] = {"record", record, NULL}};

const char *av_type_name(enum av_type type)
{
    return types[type].name;
}

const char *av_type_role(enum av_type type)
{
    return types[type].role;
}

bool av_type_find(struct av_text name, enum av_type *ret)
{
    for (*ret = 0; *ret < AV_TYPES; ++*ret)
        if (name.size && types[*ret].name[0] == name.data[0] && av_is(name, types[*ret].name))
            return true;
    return false;
}

/* ---- values ---- */

bool av_is_word(struct av_text value)
{
    static const bool is_allowed[256] = {['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['.'] = true,
                                         ['_'] = true,         [':'] = true,         ['/'] = true,         ['-'] = true};
    struct av_text t = av_unquote(value);
    size_t i = 0;
    while (i < t.size && is_allowed[(uint8_t)t.data[i]])
        i++;
    return i == t.size && i > 0 && i <= 64;
}

static bool is_one_of(struct av_text text, const char *words)
{
    for (const char *w = words; *w;) {
        size_t size = 0;
        while (w[size] && w[size] != '|')
            size++;
        if (av_same(text, (struct av_text){w, size}))
            return true;
        w += size + (w[size] == '|');
    }
    return false;
}

static bool is_leaf(const struct av_leaf *leaf, int64_t n, int64_t min)
{
    return n >= min && (n < 0 || (uint64_t)n < leaf->index);
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

static bool members_hold(struct av_leaf *leaf, const struct av_object *o, const struct rule *own, const struct rule *shared);

static bool list_holds(struct av_leaf *leaf, struct av_text list, const struct rule *r)
{
    struct av_text value;
    int64_t n = 0, count = 0;
    if (list.size < 2 || *list.data != '[')
        return false;
    for (; av_array_next(&list, &value); count++)
        if (r->kind == WORDS ? !av_is_word(value) : !av_integer_of(value, &n) || (r->kind == LEAVES ? !is_leaf(leaf, n, 0) : n < 0))
            return false;
    return r->kind != NUMBERS || (count >= r->min && count <= r->max);
}

static bool object_holds(struct av_leaf *leaf, struct av_text value, const struct rule *r)
{
    struct av_object o;
    struct av_text rest = value, key_, of;
    if (value.size < 2 || *value.data != '{')
        return false;
    if (r->kind == OBJECT)
        return !av_object_read(value, &o) && members_hold(leaf, &o, r->members, none);
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

static bool value_holds(struct av_leaf *leaf, struct av_text value, int64_t number, const struct rule *r)
{
    struct av_text text = av_unquote(value);
    struct av_key vkey;
    int64_t from = 0;
    switch (r->kind) {
    case INT:
        return av_is_integer(value) && number >= r->min && number <= r->max;
    case LEAF:
        return av_is_integer(value) && is_leaf(leaf, number, r->min);
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
    case NUMBERS:
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

/* As struct av_member has it; behind all where the list ends. */
static uint64_t rule_order(const struct rule *r)
{
    uint64_t order;
    memcpy(&order, r->name, sizeof(order));
    return order ? be64toh(order) : UINT64_MAX;
}

/* All lists are in the order of their names. Where a type has its own rule for a member that all have, that one holds. */
static bool members_hold(struct av_leaf *leaf, const struct av_object *o, const struct rule *own, const struct rule *shared)
{
    for (unsigned i = 0; own->name[0] || shared->name[0];) {
        uint64_t mine = rule_order(own), theirs = rule_order(shared), order = mine <= theirs ? mine : theirs;
        const struct rule *r = mine <= theirs ? own : shared;
        own += mine == order;
        shared += theirs == order;
        while (i < o->count && o->members[i].order < order)
            i++;
        bool is_there = i < o->count && o->members[i].order == order && o->members[i].key_size <= 8;
        if (!is_there && !r->is_optional)
            return fault(leaf, "is missing", r->name);
        if (is_there && !value_holds(leaf, av_member_value(o, i), o->members[i].number, r))
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
        return members_hold(leaf, o, gap_explain, none);
    if (!members_hold(leaf, o, gap_notice, none))
        return false;
    if (!av_integer(o, "from", &from) || !av_integer(o, "to", &to) || !av_integer(o, "t", &t) || from >= to || to > t)
        return fault(leaf, "is no stretch of time that is over", "from, to");
    return av_has(o, "sub") == av_is(av_string(o, "kind"), "run") || fault(leaf, "belongs to gaps of runs, and to no others", "sub");
}

void av_rule_check(struct av_leaf *leaf)
{
    struct av_object statement;
    if (!members_hold(leaf, &leaf->object, types[leaf->type].rules, common))
        return;
    if (leaf->type == AV_GAP)
        gap_holds(leaf);
    bool may_be_change = leaf->type == AV_RECORD || leaf->type == AV_UPLOAD || leaf->type == AV_DECISION || leaf->type == AV_POLICY ||
                         leaf->type == AV_SCOPE;
    if (may_be_change && av_is(av_string(&leaf->object, "k"), "record.change"))
        members_hold(leaf, &leaf->object, record_change, none);
    if (leaf->type == AV_KEY && !av_object_read(av_value(&leaf->object, "key"), &statement)) {
        const char *member = av_is(av_string(&statement, "act"), "quorum") ? "need" : "vkey";
        if (!av_has(&statement, member))
            fault(leaf, "is missing", member);
    }
}
