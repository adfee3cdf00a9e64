/* selfcheck.c - what a careful reader finds in a report that was filled in by habit: placeholders, the program's own sentences, claims too good. */
#include "report/reports/internal.h"

#include <math.h>

enum { SAME_MIN = 5, STATEMENT_BYTES_MIN = 40 };

static bool contains_word(struct str text, const char *word, struct str *ret)
{
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= text.size; i++) {
        size_t k = 0;
        while (k < size && (text.data[i + k] | 0x20) == (word[k] | 0x20))
            k++;
        char before = i ? text.data[i - 1] : ' ', after = i + size < text.size ? text.data[i + size] : ' ';
        bool is_alone = !((before | 0x20) >= 'a' && (before | 0x20) <= 'z') && !((after | 0x20) >= 'a' && (after | 0x20) <= 'z');
        if (k == size && is_alone) {
            *ret = str_slice(text, i, i + size);
            return true;
        }
    }
    return false;
}

/* "[...]", "[your company]", "<insert name>", "{{name}}": what is between is kept short, so that a link or a list is none. */
static bool bracketed(struct str text, char open, char close, struct str *ret)
{
    static const char *const hints[] = {"your", "insert", "company", "name", "date", "todo", "fill", "describe", "organisation", "organization", "xxx"};
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != open)
            continue;
        ptrdiff_t end = str_find_char(str_slice(text, i, text.size), close);
        if (end < 2 || end > 60 || (i + (size_t)end + 1 < text.size && text.data[i + (size_t)end + 1] == '('))
            continue;
        struct str inside = str_slice(text, i + 1, i + (size_t)end), word;
        bool is_hint = str_is(inside, "...") || str_is(inside, "…") || str_is(inside, "..");
        for (size_t k = 0; !is_hint && k < sizeof hints / sizeof hints[0]; k++)
            is_hint = contains_word(inside, hints[k], &word);
        if (is_hint) {
            *ret = str_slice(text, i, i + (size_t)end + 1);
            return true;
        }
    }
    return false;
}

struct str report_placeholder(struct str text)
{
    static const char *const words[] = {"todo", "tbd", "tba", "fixme", "xxx", "lorem", "ipsum", "to be defined", "to be determined", "your company", "company name", "acme", "foo bar", "asdf"};
    struct str found = {0};
    ptrdiff_t braces = str_find(text, STR("{{"));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (contains_word(text, words[i], &found))
            return found;
    if (bracketed(text, '[', ']', &found) || bracketed(text, '<', '>', &found))
        return found;
    return braces >= 0 ? str_slice(text, (size_t)braces, (size_t)braces + 24) : (struct str){0};
}

bool report_is_improbable(int64_t items, int64_t exceptions)
{
    return exceptions == 0 && items > 0 && pow(0.99, (double)items) < 0.05;
}

/* ---- over the tree ---- */

static void placeholder_look(struct report *r, const struct json *block, const struct json *text, struct str place)
{
    struct str plain = report_text(r->a, text), found = report_placeholder(plain);
    if (found.data)
        report_check(r, REPORT_OPEN, "placeholder", place, found, STR("A placeholder was left where words belong."), STR("Write what is so, or take the sentence out."), json_text(block, "own_url"));
}

static void block_look(struct report *r, const struct json *b, struct str heading)
{
    struct str own = json_text(b, "own"), caption = report_text(r->a, json_get(b, "caption"));
    struct str place = own.size ? own : caption.size ? caption : heading;
    placeholder_look(r, b, json_get(b, "text"), place);
    JSON_EACH (item, json_get(b, "items"))
        placeholder_look(r, b, item->type == JSON_OBJECT && json_get(item, "text") ? json_get(item, "text") : item, place);
    JSON_EACH (row, json_get(b, "rows"))
        JSON_EACH (cell, row)
            placeholder_look(r, b, cell, arena_printf(r->a, "%.*s, %.*s", STR_ARGS(place), STR_ARGS(report_text(r->a, json_at(row, 0)))));
}

/* Sentences of the program that stand where somebody's own belong: one line for each section. */
static void templates_look(struct report *r)
{
    struct str heading = STR(""), said = {0};
    JSON_EACH (b, json_get(r->document, "body")) {
        if (str_is(json_text(b, "type"), "heading"))
            heading = report_text(r->a, json_get(b, "text"));
        if (!json_bool(b, "template") || (said.data && str_equal(said, heading)))
            continue;
        said = heading;
        report_check(r, REPORT_OPEN, "template", heading, str_slice(report_text(r->a, json_get(b, "text")), 0, 120), STR("The program's draft stands where your own words belong."),
                     STR("Write the section; the draft then goes."), json_text(b, "own_url"));
    }
}

/* The same text again and again. */
static void repeated_look(struct report *r)
{
    struct json *seen = json_object(r->a);
    size_t looked = 0;
    JSON_EACH (b, json_get(r->document, "body")) {
        struct str text = report_text(r->a, json_get(b, "text"));
        if (json_text(b, "own").size == 0 || text.size < STATEMENT_BYTES_MIN || ++looked > 2000)
            continue;
        char *key = arena_strndup(r->a, text.data, text.size > 300 ? 300 : text.size);
        struct json *count = (struct json *)(uintptr_t)json_get(seen, key);
        if (!count)
            json_put_int(seen, key, 1);
        else if (++count->integer == SAME_MIN)
            report_check(r, REPORT_WARNING, "repeated", json_text(b, "own"), str_slice(text, 0, 120), STR("The same text stands in five places: a reader takes it for filling."),
                         STR("Say of each what is so there."), json_text(b, "own_url"));
    }
}

void report_self_check(struct report *r)
{
    struct str heading = STR("");
    JSON_EACH (b, json_get(r->document, "body")) {
        if (str_is(json_text(b, "type"), "heading"))
            heading = report_text(r->a, json_get(b, "text"));
        block_look(r, b, heading);
    }
    templates_look(r);
    repeated_look(r);
}
