#include "base/buf.h"
#include "base/test.h"
#include "content/content.h"
#include "content/placeholder.h"
#include "content/policy_text.h"

static bool is_known(void *context, struct str name)
{
    return str_find(str_of(context), name) >= 0;
}

static bool is_any(void *context, struct str id)
{
    (void)context;
    return !str_is(id, "AC-99");
}

/* A text that breaks no rule, but where `from` (NULL: nowhere) says `to` instead. */
static struct str text_with(struct arena *a, const char *from, const char *to)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 64 << 10);
    buf_cstr(&b, "# Access\n\nBegins here.\n\n");
    for (size_t i = 0; i < policy_section_count; i++) {
        buf_printf(&b, "## %s\n\n", policy_sections[i]);
        for (int k = 0; k < 10; k++)
            buf_cstr(&b, "Whoever needs access asks for it, and somebody else than the one who asks decides.\n");
    }
    buf_cstr(&b, "## Passwords\nThey have at least {{password_length_min}} and are kept by one person (AC-01).\n");
    struct str text = arena_str(a, buf_view(&b));
    ptrdiff_t at = from ? str_find(text, str_of(from)) : -1;
    ck_assert(!from || at >= 0);
    return from ? arena_printf(a, "%.*s%s%.*s", STR_ARGS(str_slice(text, 0, (size_t)at)), to, STR_ARGS(str_slice(text, (size_t)at + strlen(from), text.size))) : text;
}

static const char *const own_sections[] = {"Passwords"}, *const own_controls[] = {"AC-01"};
static const struct policy_rules rules = {"Access", {own_sections, 1}, {own_controls, 1}, is_known, is_any, "password_length_min"};

/* The first problem as "line: words"; "" none. */
static const char *lint(struct arena *a, struct str text)
{
    struct policy_problem problems[POLICY_PROBLEMS_MAX];
    size_t count = policy_lint(a, text, &rules, problems);
    return count == 0 ? "" : count > 1 ? "several" : arena_printf(a, "%d: %s", problems[0].line, problems[0].text).data;
}

START_TEST(every_broken_rule_is_told_with_its_line)
{
    static const char *const cases[][3] = {
        {NULL, NULL, ""},
        {"# Access", "Access", "1: the first line is the title: \"# Access\""},
        {"# Access", "# Entry", "1: the title is \"Entry\", but the policy is called \"Access\""},
        {"## Exceptions", "## Others", "1: the section \"Exceptions\" is missing, which every policy has"},
        {"## Passwords", "## Words", "1: the section \"Passwords\" is missing, in which rules of this policy stand"},
        {"## Passwords", "## Scope\n## Passwords", "77: the section \"Scope\" is there already, in line 17"},
        {"{{password_length_min}}", "{{password_size}}", "78: there is no parameter {{password_size}}"},
        {"{{password_length_min}}", "{{password_length_min", "78: \"{{\" is not closed in its line"},
        {"(AC-01)", "(AC-01, AC-99)", "78: there is no control AC-99"},
        {"(AC-01)", "", "1: control AC-01 is not reflected: say what it asks, with its id beside"},
        {"(AC-01)", "(XAC-01 AC-011)", "1: control AC-01 is not reflected: say what it asks, with its id beside"},
        {"They have at least {{password_length_min}} and are kept by one person (AC-01).", "{{password_length_min}} (AC-01)", "77: the section \"Passwords\" says nothing yet"},
    };
    struct arena *a = arena_new("test", 4 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_str_eq(lint(a, text_with(a, cases[i][0], cases[i][1])), cases[i][2]);
    struct policy_problem problems[POLICY_PROBLEMS_MAX];
    size_t count = policy_lint(a, STR("# Access\n## Purpose\nToo short."), &rules, problems);
    bool is_told = false;
    for (size_t i = 0; i < count; i++)
        is_told |= strstr(problems[i].text, "a policy that is read has 600 to 2000") != NULL;
    ck_assert(is_told && count == 9);
    ck_assert(policy_lint(a, STR(""), &rules, problems) > 0);
    arena_free(a);
}
END_TEST

START_TEST(sections_and_sentences_are_cut_apart)
{
    struct str rest = STR("# T\nbefore\n## One\nA first. A second!\n\n- An item\n2. Another. And more\n| a | b |\n## Two\n"), sentence;
    struct policy_section s;
    int line = 1;
    ck_assert(policy_section_next(&rest, &line, &s));
    ck_assert(str_is(s.title, "One") && s.line == 3);
    static const char *const expected[] = {"A first.", "A second!", "An item", "Another.", "And more", "| a | b |"};
    for (size_t i = 0; i < 6; i++) {
        ck_assert(policy_sentence_next(&s.body, &sentence));
        ck_assert(str_is(sentence, expected[i]));
    }
    ck_assert(!policy_sentence_next(&s.body, &sentence));
    ck_assert(policy_section_next(&rest, &line, &s));
    ck_assert(str_is(s.title, "Two") && s.line == 9 && s.body.size == 0);
    ck_assert(!policy_section_next(&rest, &line, &s));
}
END_TEST

START_TEST(the_librarys_policies_are_written_out)
{
    struct str rest, name;
    size_t found = 0;
    for (size_t i = 0; i < content_policy_count; i++) {
        size_t words = policy_words(str_of(content_policies[i].text));
        ck_assert(words >= POLICY_WORDS_MIN && words <= POLICY_WORDS_MAX);
        for (rest = str_of(content_policies[i].text); placeholder_next(&rest, NULL, &name); found++)
            ck_assert_ptr_nonnull(content_parameter(name));
    }
    ck_assert(found > 80);
}
END_TEST

TEST_MAIN("policy_text", every_broken_rule_is_told_with_its_line, sections_and_sentences_are_cut_apart, the_librarys_policies_are_written_out)
