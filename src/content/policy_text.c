#include "content/policy_text.h"

#include "content/placeholder.h"

#include <stdarg.h>
#include <stdlib.h>

const char *const policy_sections[] = {"Purpose", "Scope", "Roles and responsibilities", "Procedures", "Monitoring of compliance", "Exceptions"};
const size_t policy_section_count = sizeof policy_sections / sizeof policy_sections[0];

enum { SECTIONS_MAX = 64 };

static struct str line_next(struct str *rest)
{
    struct str line = STR("");
    return str_next_line(rest, &line) ? line : STR("");
}

bool policy_section_next(struct str *rest, int *line, struct policy_section *ret)
{
    bool is_open = false;
    struct str body = *rest;
    while (rest->size) {
        struct str before = *rest, text = line_next(rest);
        if (str_starts(text, "## ") && is_open) {
            *rest = before;
            break;
        }
        if (str_starts(text, "## ")) {
            is_open = true;
            *ret = (struct policy_section){.title = str_trim(str_slice(text, 3, text.size)), .line = *line};
            body = *rest;
        }
        *line += 1;
    }
    if (is_open)
        ret->body = str_slice(body, 0, body.size - rest->size);
    return is_open;
}

/* "- ", "12. ", "| ": what makes a line an item. */
static struct str without_marks(struct str line)
{
    size_t digits = 0;
    line = str_trim(line);
    while (digits < line.size && line.data[digits] >= '0' && line.data[digits] <= '9')
        digits++;
    if (digits && str_starts(str_slice(line, digits, line.size), ". "))
        return str_trim(str_slice(line, digits + 2, line.size));
    if (str_starts(line, "- ") || str_starts(line, "* ") || str_starts(line, "> "))
        return str_trim(str_slice(line, 2, line.size));
    return line;
}

bool policy_sentence_next(struct str *rest, struct str *ret)
{
    while (rest->size) {
        struct str before = *rest, line = line_next(rest), text = without_marks(line);
        if (text.size == 0 || text.data[0] == '#')
            continue;
        size_t end = 0;
        while (end + 1 < text.size && !((text.data[end] == '.' || text.data[end] == '?' || text.data[end] == '!') && text.data[end + 1] == ' '))
            end++;
        *ret = str_slice(text, 0, end + 1);
        if (end + 1 < text.size) { /* the line has more */
            size_t after = (size_t)(text.data - before.data) + end + 2;
            *rest = str_slice(before, after, before.size);
        }
        return true;
    }
    return false;
}

size_t policy_words(struct str text)
{
    size_t words = 0;
    bool is_in = false;
    for (size_t i = 0; i < text.size; i++) {
        bool is_blank = text.data[i] == ' ' || text.data[i] == '\n' || text.data[i] == '\t' || text.data[i] == '\r';
        words += !is_blank && !is_in;
        is_in = !is_blank;
    }
    return words;
}

/* ---- the lint ---- */

struct lint {
    struct arena *arena;
    const struct policy_rules *rules;
    struct policy_problem *problems;
    size_t count;
};

static void problem_put(struct lint *l, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void problem_put(struct lint *l, int line, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (l->count < POLICY_PROBLEMS_MAX)
        l->problems[l->count++] = (struct policy_problem){line, arena_str(l->arena, str_of(text)).data};
}

static void lint_title(struct lint *l, struct str text)
{
    struct str line = line_next(&text);
    if (!str_starts(line, "# ") || str_trim(str_slice(line, 2, line.size)).size == 0)
        problem_put(l, 1, "the first line is the title: \"# %s\"", l->rules->title ? l->rules->title : "What the policy is called");
    else if (l->rules->title && !str_is(str_trim(str_slice(line, 2, line.size)), l->rules->title))
        problem_put(l, 1, "the title is \"%.*s\", but the policy is called \"%s\"", STR_ARGS(str_slice(str_trim(str_slice(line, 2, line.size)), 0, 100)), l->rules->title);
}

static void section_needed(struct lint *l, const struct policy_section *sections, size_t count, const char *title, bool is_own)
{
    const struct policy_section *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!str_is(sections[i].title, title))
            continue;
        if (found)
            problem_put(l, sections[i].line, "the section \"%s\" is there already, in line %d", title, found->line);
        else if (policy_words(sections[i].body) < POLICY_SECTION_WORDS_MIN)
            problem_put(l, sections[i].line, "the section \"%s\" says nothing yet", title);
        found = found ? found : &sections[i];
    }
    if (!found)
        problem_put(l, 1, is_own ? "the section \"%s\" is missing, in which rules of this policy stand" : "the section \"%s\" is missing, which every policy has", title);
}

static void lint_sections(struct lint *l, struct str text)
{
    struct policy_section *sections = arena_array(l->arena, SECTIONS_MAX, sizeof *sections);
    size_t count = 0;
    int line = 1;
    while (count < SECTIONS_MAX && policy_section_next(&text, &line, &sections[count]))
        count++;
    for (size_t i = 0; i < policy_section_count; i++)
        section_needed(l, sections, count, policy_sections[i], false);
    for (size_t i = 0; i < l->rules->sections.count; i++)
        section_needed(l, sections, count, l->rules->sections.items[i], true);
}

static void lint_length(struct lint *l, struct str text)
{
    size_t words = policy_words(text);
    if (words < POLICY_WORDS_MIN || words > POLICY_WORDS_MAX)
        problem_put(l, 1, "it has %zu words: a policy that is read has %d to %d", words, POLICY_WORDS_MIN, POLICY_WORDS_MAX);
}

static void lint_parameters(struct lint *l, struct str line, int number)
{
    struct str rest = line, name;
    while (placeholder_next(&rest, NULL, &name))
        if (!l->rules->is_parameter(l->rules->context, name))
            problem_put(l, number, "there is no parameter {{%.*s}}", STR_ARGS(str_slice(name, 0, 80)));
    if (str_find(rest, STR("{{")) >= 0)
        problem_put(l, number, "\"{{\" is not closed in its line");
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Two to four capitals, a hyphen, two digits: what controls are called. The size, or 0. */
static size_t control_at(struct str text, size_t at)
{
    size_t capitals = 0, i = at;
    while (i < text.size && text.data[i] >= 'A' && text.data[i] <= 'Z')
        i++, capitals++;
    bool is_one = capitals >= 2 && capitals <= 4 && i + 2 < text.size && text.data[i] == '-';
    for (size_t k = 1; is_one && k <= 2; k++)
        is_one = text.data[i + k] >= '0' && text.data[i + k] <= '9';
    is_one = is_one && (at == 0 || !is_letter(text.data[at - 1])) && (i + 3 >= text.size || !is_letter(text.data[i + 3]));
    return is_one ? i + 3 - at : 0;
}

static void lint_names(struct lint *l, struct str line, int number)
{
    for (size_t i = 0, size; i < line.size; i += size ? size : 1) {
        size = control_at(line, i);
        struct str id = str_slice(line, i, i + size);
        if (size && !str_starts(id, "POL-") && !l->rules->is_control(l->rules->context, id))
            problem_put(l, number, "there is no control %.*s", STR_ARGS(id));
    }
}

static bool names(struct str text, const char *id)
{
    for (size_t i = 0, size; i < text.size; i += size ? size : 1)
        if ((size = control_at(text, i)) && str_is(str_slice(text, i, i + size), id))
            return true;
    return false;
}

static int compare(const void *a, const void *b)
{
    const struct policy_problem *x = a, *y = b;
    return x->line != y->line ? (x->line > y->line) - (x->line < y->line) : strcmp(x->text, y->text);
}

size_t policy_lint(struct arena *a, struct str text, const struct policy_rules *rules, struct policy_problem *ret)
{
    struct lint l = {a, rules, ret, 0};
    lint_title(&l, text);
    lint_sections(&l, text);
    lint_length(&l, text);
    struct str rest = text;
    for (int line = 1; rest.size; line++) {
        struct str one = line_next(&rest);
        lint_parameters(&l, one, line);
        lint_names(&l, one, line);
    }
    for (size_t i = 0; i < rules->controls.count; i++)
        if (!names(text, rules->controls.items[i]))
            problem_put(&l, 1, "control %s is not reflected: say what it asks, with its id beside", rules->controls.items[i]);
    if (l.count)
        qsort(ret, l.count, sizeof *ret, compare);
    return l.count;
}
