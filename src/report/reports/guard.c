/*
 * guard.c - words that a report may not use. It is an attestation report: nothing in it says that somebody holds a paper that attests them for good, or promises
 * to comply; nobody passes or fails it. A Type 1 speaks of a day: never of a period, never of how controls operated.
 *
 * A rule looks at sentences, word by word, so that what is said of other schemes (ISO 27001, PCI) beside a SOC 2 report stands, and so do the papers of TLS.
 */
#include "report/reports/internal.h"

enum { WORDS_MAX = 400, NEAR = 5 };

struct words {
    struct str items[WORDS_MAX]; /* as they stand */
    size_t count;
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool word_starts(struct str word, const char *with)
{
    size_t i = 0;
    for (; with[i]; i++)
        if (i >= word.size || lower(word.data[i]) != with[i])
            return false;
    return true;
}

static bool word_is(struct str word, const char *as)
{
    return word.size == strlen(as) && word_starts(word, as);
}

static bool is_word(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\'';
}

/* The sentence's words; "SOC-2", "SOC 2" and "SOC2" come as "SOC2" does: soc, 2. */
static void words_split(struct str s, struct words *ret)
{
    ret->count = 0;
    for (size_t i = 0; i < s.size && ret->count < WORDS_MAX;) {
        while (i < s.size && !is_word((unsigned char)s.data[i]))
            i++;
        size_t from = i;
        while (i < s.size && is_word((unsigned char)s.data[i]))
            i++;
        struct str w = str_slice(s, from, i);
        if (word_starts(w, "soc2") && w.size == 4) {
            ret->items[ret->count++] = str_slice(w, 0, 3);
            if (ret->count < WORDS_MAX)
                ret->items[ret->count++] = str_slice(w, 3, 4);
        } else if (w.size) {
            ret->items[ret->count++] = w;
        }
    }
}

/* From the first to the last of these words, as they stand in the text. */
static struct str span_of(const struct words *w, size_t from, size_t to)
{
    const char *start = w->items[from].data, *end = w->items[to].data + w->items[to].size;
    return str_make(start, (size_t)(end - start));
}

static bool is_soc_at(const struct words *w, size_t i)
{
    return (word_is(w->items[i], "soc") && i + 1 < w->count && (word_is(w->items[i + 1], "2") || word_is(w->items[i + 1], "3") || word_is(w->items[i + 1], "1"))) ||
           word_is(w->items[i], "aicpa") || (word_is(w->items[i], "trust") && i + 1 < w->count && word_starts(w->items[i + 1], "services"));
}

static bool is_other_scheme(struct str word)
{
    static const char *const names[] = {"iso", "iec", "pci", "hitrust", "fedramp", "csa", "tisax", "tls", "ssl", "x509", "bsi", "c5", "hipaa", "gdpr", "nist", "fips", "27001", "tia", "uptime", "leed"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (word_is(word, names[i]))
            return true;
    return false;
}

static bool is_forbidden(struct str word)
{
    return word_starts(word, "certif") || word_starts(word, "accredit") || word_is(word, "compliant") || word_starts(word, "compliance");
}

static bool is_negated(const struct words *w, size_t i)
{
    for (size_t k = i > 4 ? i - 4 : 0; k < i; k++)
        if (word_is(w->items[k], "not") || word_is(w->items[k], "never") || word_is(w->items[k], "no") || word_is(w->items[k], "neither") || word_is(w->items[k], "nor"))
            return true;
    return false;
}

/* Another scheme stands nearer to the word than SOC does. */
static bool is_of_other(const struct words *w, size_t i, size_t distance)
{
    for (size_t k = i > distance ? i - distance : 0; k < w->count && k <= i + distance; k++)
        if (is_other_scheme(w->items[k]))
            return true;
    return false;
}

/* "compliance" alone is a department and a word of the trade: it breaks the rule behind SOC 2 and before a paper, a status or a badge. */
static bool breaks_at(const struct words *w, size_t i, size_t soc)
{
    struct str word = w->items[i];
    if (!word_starts(word, "compliance"))
        return true;
    return i + 1 < w->count && soc < i && (word_starts(w->items[i + 1], "certif") || word_starts(w->items[i + 1], "status") || word_starts(w->items[i + 1], "badge"));
}

static struct str attestation_broken(const struct words *w, const char **ret_why)
{
    for (size_t i = 0; i < w->count; i++) {
        if (!is_forbidden(w->items[i]) || is_negated(w, i))
            continue;
        for (size_t k = i > NEAR ? i - NEAR : 0; k < w->count && k <= i + NEAR; k++) {
            size_t distance = k > i ? k - i : i - k;
            if (!is_soc_at(w, k) || is_of_other(w, i, distance) || !breaks_at(w, i, k))
                continue;
            *ret_why = word_starts(w->items[i], "compl") ? "nobody is compliant with SOC 2: an examination ends in an opinion on a description and its controls"
                                                         : "a SOC 2 report is an attestation report: it certifies nobody, and there is no certificate";
            return span_of(w, k < i ? k : i, k < i ? i : k + (word_is(w->items[k], "soc") && k + 1 < w->count));
        }
    }
    return (struct str){0};
}

static struct str promise_broken(const struct words *w, const char **ret_why)
{
    for (size_t i = 0; i + 1 < w->count; i++) {
        bool is_guarantee = word_starts(w->items[i], "guarantee") || word_starts(w->items[i], "warrant");
        for (size_t k = i + 1; is_guarantee && !is_negated(w, i) && k < w->count && k <= i + 6; k++)
            if (word_starts(w->items[k], "complian") || word_starts(w->items[k], "secur") || word_is(w->items[k], "effective") || word_is(w->items[k], "effectiveness")) {
                *ret_why = "a report gives reasonable assurance and guarantees nothing";
                return span_of(w, i, k);
            }
        if ((word_is(w->items[i], "passed") || word_is(w->items[i], "failed")) && !is_negated(w, i))
            for (size_t k = i + 1; k < w->count && k <= i + 5; k++)
                if (word_is(w->items[k], "audit") || word_is(w->items[k], "examination") || is_soc_at(w, k)) {
                    *ret_why = "nobody passes or fails an examination: it ends in an opinion";
                    return span_of(w, i, is_soc_at(w, k) && k + 1 < w->count ? k + 1 : k);
                }
    }
    return (struct str){0};
}

static bool is_one_of(struct str word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (word_is(word, list[i]))
            return true;
    return false;
}

/* "the audit period", "throughout the period"; not "during the period of employment". */
static bool is_period_of_report(const struct words *w, size_t i, size_t *ret_from)
{
    static const char *const before[] = {"throughout", "during", "over", "for", "in", "within"};
    static const char *const kinds[] = {"examination", "reporting", "audit", "review", "observation", "entire", "whole", "test", "report"};
    enum { BEFORE = sizeof before / sizeof before[0], KINDS = sizeof kinds / sizeof kinds[0] };
    *ret_from = i > 0 ? i - 1 : i;
    if (i > 0 && is_one_of(w->items[i - 1], kinds, KINDS))
        return true;
    if (i < 2 || !(word_is(w->items[i - 1], "the") || word_is(w->items[i - 1], "this")) || !is_one_of(w->items[i - 2], before, BEFORE))
        return false;
    *ret_from = i - 2;
    bool is_of = i + 1 < w->count && word_is(w->items[i + 1], "of");
    return !is_of || (i + 3 < w->count && (is_one_of(w->items[i + 2], kinds, KINDS) || is_one_of(w->items[i + 3], kinds, KINDS)));
}

static struct str type1_broken(const struct words *w, const char **ret_why)
{
    size_t from;
    for (size_t i = 0; i < w->count; i++) {
        struct str word = w->items[i], next = i + 1 < w->count ? w->items[i + 1] : STR("");
        if ((word_starts(word, "operating") && word_starts(next, "effective")) || (word_starts(word, "operat") && word_is(next, "effectively")) ||
            (word_is(word, "effectively") && word_starts(next, "operat"))) {
            *ret_why = "a Type 1 says nothing of how controls operated: it speaks of their design and whether they are in place on one day";
            return span_of(w, i, i + 1);
        }
        if (word_is(word, "period") && is_period_of_report(w, i, &from)) {
            *ret_why = "a Type 1 speaks of one day and of no period";
            return span_of(w, from, i);
        }
    }
    return (struct str){0};
}

static bool is_sentence_end(struct str s, size_t i)
{
    char c = s.data[i];
    return c == '\n' || c == ';' || ((c == '.' || c == '!' || c == '?') && (i + 1 == s.size || s.data[i + 1] == ' ' || s.data[i + 1] == '\n'));
}

struct str report_guard_text(struct arena *a, struct str text, bool is_type1, const char **ret_why)
{
    struct words *w = ARENA_NEW(a, struct words);
    size_t from = 0;
    *ret_why = "";
    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && !is_sentence_end(text, i))
            continue;
        words_split(str_slice(text, from, i), w);
        from = i + 1;
        struct str found = attestation_broken(w, ret_why);
        found = found.data ? found : promise_broken(w, ret_why);
        found = found.data || !is_type1 ? found : type1_broken(w, ret_why);
        if (found.data)
            return found;
    }
    return (struct str){0};
}

/* ---- over the tree ---- */

struct walk {
    struct report *r;
    const struct json *block;
    struct str heading;
    bool is_type1;
};

static void text_look(struct walk *x, const struct json *text, struct str row)
{
    struct arena *a = x->r->a;
    const char *why;
    struct str plain = report_text(a, text);
    struct str found = plain.size ? report_guard_text(a, plain, x->is_type1, &why) : (struct str){0};
    if (!found.data)
        return;
    struct str own = json_text(x->block, "own"), caption = report_text(a, json_get(x->block, "caption"));
    struct str place = own.size     ? own
                       : row.size   ? arena_printf(a, "%.*s, %.*s", STR_ARGS(caption.size ? caption : x->heading), STR_ARGS(row))
                       : caption.size ? caption
                                      : x->heading;
    report_check(x->r, REPORT_REFUSED, x->is_type1 && str_contains(str_of(why), "Type 1") ? "type1_wording" : "wording", place, found, str_of(why),
                 STR("Say it in other words; until then no file is made of this report."), json_text(x->block, "own_url"));
}

static void block_look(struct walk *x)
{
    const struct json *b = x->block;
    struct str type = json_text(b, "type");
    if (str_is(type, "heading"))
        x->heading = report_text(x->r->a, json_get(b, "text"));
    text_look(x, json_get(b, "text"), STR(""));
    text_look(x, json_get(b, "caption"), STR(""));
    JSON_EACH (item, json_get(b, "items"))
        text_look(x, item->type == JSON_OBJECT && json_get(item, "text") ? json_get(item, "text") : item, STR(""));
    JSON_EACH (row, json_get(b, "rows"))
        JSON_EACH (cell, row)
            text_look(x, cell, report_text(x->r->a, json_at(row, 0)));
}

void report_guard(struct report *r)
{
    bool is_type1 = strcmp(r->kind->id, "type1") == 0;
    struct walk x = {.r = r, .heading = STR(""), .is_type1 = is_type1};
    JSON_EACH (b, json_get(r->document, "body")) {
        x.block = b;
        block_look(&x);
    }
}
