#include "content/yaml.h"

#include "base/limits.h"
#include "base/test.h"
#include <stdio.h>

static struct arena *arena;
static struct err e;

static const struct yaml *read_text(const char *text)
{
    arena_free(arena);
    arena = arena_new("yaml_test", 64 << 20);
    e = (struct err){0};
    return yaml_read(arena, "f.yaml", 1, str_of(text), &e);
}

static void refuses(const char *text, const char *message)
{
    ck_assert_msg(!read_text(text), "accepted: %s", text);
    ck_assert_msg(strncmp(e.text, message, strlen(message)) == 0, "expected \"%s\", got \"%s\"", message, e.text);
}

START_TEST(reads_maps_lists_and_texts_with_positions)
{
    const struct yaml *root = read_text("a: 1\nlist:\n- x\n- 'y z'\nmap:\n  inner: |\n    two\n    lines\n");
    ck_assert_ptr_nonnull(root);
    ck_assert_uint_eq(root->count, 3);
    ck_assert_str_eq(yaml_text(root, "a").data, "1");
    const struct yaml *list = yaml_get(root, "list");
    ck_assert_int_eq(list->type, YAML_LIST);
    ck_assert_str_eq(list->last->text.data, "y z");
    ck_assert(!list->last->is_plain && list->first->is_plain);
    ck_assert_int_eq(list->last->line, 4);
    ck_assert_int_eq(list->last->column, 3);
    const struct yaml *inner = yaml_get(yaml_get(root, "map"), "inner");
    ck_assert_str_eq(inner->text.data, "two\nlines\n");
    ck_assert_int_eq(inner->key_line, 6);
    ck_assert_int_eq(inner->key_column, 3);
}
END_TEST

START_TEST(guesses_no_types)
{
    const struct yaml *root = read_text("a: no\nb: 1.10\nc: 2026-01-01\nd: null\ne: 0x10\nf:\n");
    ck_assert_str_eq(yaml_text(root, "a").data, "no");
    ck_assert_str_eq(yaml_text(root, "b").data, "1.10");
    ck_assert_str_eq(yaml_text(root, "c").data, "2026-01-01");
    ck_assert_str_eq(yaml_text(root, "d").data, "null");
    ck_assert_str_eq(yaml_text(root, "e").data, "0x10");
    ck_assert_str_eq(yaml_text(root, "f").data, "");
}
END_TEST

START_TEST(counts_lines_from_the_given_first_line)
{
    arena = arena_new("yaml_test", 1 << 20);
    const struct yaml *root = yaml_read(arena, "f.sql", 2, STR("a: b\n"), &e);
    ck_assert_int_eq(root->first->line, 2);
}
END_TEST

static const struct yaml *read_documents(const char *text)
{
    arena_free(arena);
    arena = arena_new("yaml_test", 64 << 20);
    e = (struct err){0};
    return yaml_read_documents(arena, "f.yaml", str_of(text), &e);
}

static void documents_refuse(const char *text, const char *message)
{
    ck_assert_msg(!read_documents(text), "accepted: %s", text);
    ck_assert_msg(strncmp(e.text, message, strlen(message)) == 0, "expected \"%s\", got \"%s\"", message, e.text);
}

START_TEST(documents_of_others_may_have_what_content_may_not)
{
    const struct yaml *all = read_documents("\xef\xbb\xbf%YAML 1.1\n---\na: &x {k: 1, l: [2, 3]}\nb: *x\nc: {<<: *x, k: !!int 4}\n---\nd: 5\n...\n");
    ck_assert_msg(all != NULL, "%s", e.text);
    ck_assert_uint_eq(all->count, 2);
    const struct yaml *first = all->first, *b = yaml_get(first, "b"), *c = yaml_get(first, "c");
    ck_assert_uint_eq(first->count, 3);
    ck_assert_str_eq(yaml_text(b, "k").data, "1");
    ck_assert_uint_eq(yaml_get(b, "l")->count, 2);
    ck_assert_int_eq(b->line, 4);
    ck_assert_uint_eq(c->count, 2);
    ck_assert_str_eq(yaml_text(c, "k").data, "4");
    ck_assert_uint_eq(yaml_get(c, "l")->count, 2);
    ck_assert_str_eq(yaml_text(all->last, "d").data, "5");
}
END_TEST

START_TEST(documents_of_others_are_refused_where_they_mean_nothing)
{
    documents_refuse("a: *x\n", "f.yaml:1:4: alias: no anchor before it");
    documents_refuse("a: &x [*x]\n", "f.yaml:1:8: alias: it would contain itself");
    documents_refuse("a: &x 1\n---\nb: *x\n", "f.yaml:3:4: alias: no anchor before it");
    documents_refuse("a: !thing {b: 1}\n", "f.yaml:1:4: tag: ");
    documents_refuse("a: {<<: 1}\n", "f.yaml:1:9: merge key: only maps");
    documents_refuse("a: {<<: [1]}\n", "f.yaml:1:10: merge key: only maps");
    documents_refuse("# nothing\n", "f.yaml:1:1: document: the file is empty");
}
END_TEST

START_TEST(aliases_of_aliases_do_not_grow_without_end)
{
    char text[4096] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; i++) {
        size_t size = strlen(text);
        snprintf(text + size, sizeof text - size, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    ck_assert_ptr_null(read_documents(text));
    ck_assert_int_eq(e.code, ERR_TOO_LARGE);
}
END_TEST

START_TEST(refuses_duplicate_keys)
{
    refuses("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", "f.yaml:5:3: duplicate key: \"c\" stands in line 3 already");
}
END_TEST
START_TEST(refuses_anchors)
{
    refuses("a: &x 1\nb: 2\n", "f.yaml:1:4: anchor: ");
}
END_TEST
START_TEST(refuses_anchors_on_containers)
{
    refuses("a: &x\n  b: 1\n", "f.yaml:1:4: anchor: ");
}
END_TEST
START_TEST(refuses_aliases)
{
    refuses("a: *x\n", "f.yaml:1:4: alias: ");
}
END_TEST
START_TEST(refuses_tags)
{
    refuses("a: !!str 1\n", "f.yaml:1:4: tag: ");
}
END_TEST
START_TEST(refuses_own_tags)
{
    refuses("a: !thing {b: 1}\n", "f.yaml:1:4: tag: ");
}
END_TEST
START_TEST(refuses_merge_keys)
{
    refuses("a: 1\n<<: {b: 2}\n", "f.yaml:2:1: merge key: ");
}
END_TEST
START_TEST(refuses_directives)
{
    refuses("%YAML 1.1\n---\na: 1\n", "f.yaml:1:1: directive: ");
}
END_TEST
START_TEST(refuses_a_second_document)
{
    refuses("a: 1\n---\nb: 1\n", "f.yaml:2:1: document: ");
}
END_TEST
START_TEST(refuses_an_empty_file)
{
    refuses("# nothing\n", "f.yaml:1:1: document: the file is empty");
}
END_TEST
START_TEST(refuses_keys_that_are_not_texts)
{
    refuses("? [a, b]\n: 1\n", "f.yaml:1:3: key: ");
}
END_TEST
START_TEST(refuses_empty_keys)
{
    refuses("a: 1\n'': 2\n", "f.yaml:2:1: empty key: ");
}
END_TEST
START_TEST(refuses_text_that_is_not_utf8)
{
    refuses("a: \xff\xfe\n", "f.yaml:1:1: text: ");
}
END_TEST
START_TEST(refuses_a_byte_order_mark)
{
    refuses("\xef\xbb\xbf"
            "a: 1\n",
            "f.yaml:1:1: byte order mark: ");
}
END_TEST
START_TEST(refuses_broken_syntax_with_position)
{
    refuses("a: 1\nb: [1, 2\nc: 3\n", "f.yaml:3:2: syntax: ");
}
END_TEST

START_TEST(refuses_nesting_over_the_limit)
{
    char text[4 * LIMIT_YAML_DEPTH + 8] = "";
    for (int i = 0; i < LIMIT_YAML_DEPTH; i++)
        text[i] = '[';
    for (int i = 0; i < LIMIT_YAML_DEPTH; i++)
        text[LIMIT_YAML_DEPTH + i] = ']';
    ck_assert_ptr_nonnull(read_text(text));
    memset(text, '[', LIMIT_YAML_DEPTH + 1);
    memset(text + LIMIT_YAML_DEPTH + 1, ']', LIMIT_YAML_DEPTH + 1);
    ck_assert_ptr_null(read_text(text));
    ck_assert_int_eq(e.code, ERR_TOO_LARGE);
    ck_assert_str_eq(e.text, "f.yaml:1:17: nesting: deeper than 16 levels");
}
END_TEST

START_TEST(refuses_input_over_the_limit)
{
    size_t size = LIMIT_YAML_BYTES + 1;
    char *text = malloc(size);
    memset(text, 'a', size);
    arena = arena_new("yaml_test", 1 << 20);
    ck_assert_ptr_null(yaml_read(arena, "f.yaml", 1, str_make(text, size), &e));
    ck_assert_int_eq(e.code, ERR_TOO_LARGE);
    free(text);
}
END_TEST

/* A tree that is well-formed: counts are right, texts end in NUL, positions are set. */
static void tree_holds(const struct yaml *v, int depth)
{
    ck_assert_int_le(depth, LIMIT_YAML_DEPTH);
    ck_assert_int_ge(v->line, 1);
    ck_assert_int_ge(v->column, 1);
    if (v->type == YAML_TEXT) {
        ck_assert_int_eq(v->text.data[v->text.size], 0);
        ck_assert_ptr_null(v->first);
    }
    size_t count = 0;
    YAML_EACH (member, v) {
        ck_assert((v->type == YAML_MAP) == (member->key.data != NULL));
        tree_holds(member, depth + 1);
        count++;
    }
    ck_assert_uint_eq(count, v->count);
}

START_TEST(any_bytes_give_a_tree_or_a_located_refusal)
{
    static const char seed_text[] = "id: x\ncontrols:\n- control: AC-06\n  reason: >\n    folded\n    text\n- {control: 'AC-09', "
                                    "reason: \"b\\u00e4\"}\nlist: [a, b]\n";
    static const char alphabet[] = "&*!|>'\"%@`{}[],:-?#\n \t<ab0\xff\xc3\x00";
    uint64_t random = 1;
    for (int round = 0; round < 4000; round++) {
        char text[sizeof seed_text];
        memcpy(text, seed_text, sizeof text);
        for (uint64_t n = test_random(&random) % 4 + 1; n > 0; n--)
            text[test_random(&random) % (sizeof text - 1)] = alphabet[test_random(&random) % (sizeof alphabet - 1)];
        arena_free(arena);
        arena = arena_new("yaml_test", 8 << 20);
        e = (struct err){0};
        size_t size = test_random(&random) % sizeof text;
        const struct yaml *root = yaml_read(arena, "f.yaml", 1, str_make(text, size), &e);
        if (root)
            tree_holds(root, 0);
        else
            ck_assert_msg(strncmp(e.text, "f.yaml:", 7) == 0 && e.text[7] >= '1' && e.text[7] <= '9', "round %d: %s", round,
                          e.text);
    }
}
END_TEST

TEST_MAIN("yaml", reads_maps_lists_and_texts_with_positions, guesses_no_types, documents_of_others_may_have_what_content_may_not, documents_of_others_are_refused_where_they_mean_nothing,
          aliases_of_aliases_do_not_grow_without_end, counts_lines_from_the_given_first_line,
          refuses_duplicate_keys, refuses_anchors, refuses_anchors_on_containers, refuses_aliases, refuses_tags, refuses_own_tags,
          refuses_merge_keys, refuses_directives, refuses_a_second_document, refuses_an_empty_file,
          refuses_keys_that_are_not_texts, refuses_empty_keys, refuses_text_that_is_not_utf8, refuses_a_byte_order_mark,
          refuses_broken_syntax_with_position, refuses_nesting_over_the_limit, refuses_input_over_the_limit,
          any_bytes_give_a_tree_or_a_located_refusal)
