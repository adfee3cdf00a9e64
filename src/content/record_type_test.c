#include "content/record_type.h"

#include "base/test.h"

static struct arena *a;
static struct err e;

static void setup(void)
{
    a = arena_new("test", 32 << 20);
    e = (struct err){0};
}
static void teardown(void)
{
    arena_free(a);
}

static const char FINE[] = "id: pet\ntable: pets\nlabel: Pet\nlabels: Pets\nroom: people\nwords: Animals.\nprefix: PET\ntitle: name\n"
                           "fields:\n  name: {label: Name, type: text, required: true}\n  price: {label: Price, type: money}\n"
                           "  tags: {label: Tags, type: choices, choices: {a: A, b: {label: B, words: bee}}}\n"
                           "states:\n  in: {label: In, start: true}\n  out: {label: Out, end: true}\n"
                           "transitions:\n  leave: {label: Leave, from: [in], to: out, who: [administrator], requires: [name]}\n"
                           "may: {read: [\"@everyone\"]}\nlist: {columns: [id, name], sort: -name}\n";

static const struct record_type *read_over(const char *text, const struct record_type *base)
{
    const struct yaml *root = yaml_read(a, "pet.yaml", 1, str_of(text), &e);
    return root ? record_type_read(a, "pet.yaml", root, base, &e) : NULL;
}

static struct str json_of(const struct record_type *t)
{
    struct buf b BUF_AUTO;
    buf_init(&b, 1 << 20);
    json_write(&b, record_type_json(a, t));
    return arena_str(a, buf_view(&b));
}

START_TEST(every_built_in_type_is_the_same_after_being_written_and_read)
{
    ck_assert_uint_ge(content_record_type_count, 15);
    for (size_t i = 0; i < content_record_type_count; i++) {
        struct str text = json_of(&content_record_types[i]);
        struct json *parsed = json_parse(a, text, JSON_LIMITS_DEFAULT, &e);
        ck_assert_msg(parsed, "%s", e.text);
        const struct record_type *again = record_type_of_json(a, parsed, &e);
        ck_assert_msg(again, "%s: %s", content_record_types[i].id, e.text);
        ck_assert(str_equal(json_of(again), text));
        ck_assert_uint_eq(strlen(content_record_types[i].digest), 64);
    }
}
END_TEST

START_TEST(an_overlay_adds_and_replaces_and_keeps_the_rest)
{
    const struct record_type *pet = read_over(FINE, NULL);
    ck_assert_msg(pet, "%s", e.text);
    const struct record_type *more = read_over("id: pet\nversion: 2\nfields:\n  name: {label: Called, type: text}\n  weight: {label: Weight, type: number, decimals: 2}\n"
                                               "states:\n  lost: {label: Lost}\ntransitions:\n  lose: {label: Lose, from: [in], to: lost, who: [owner]}\n", pet);
    ck_assert_msg(more, "%s", e.text);
    ck_assert_uint_eq(more->field_count, 4);
    ck_assert_str_eq(more->fields[0].label, "Called");
    ck_assert_uint_eq(more->state_count, 3);
    ck_assert_uint_eq(more->transition_count, 2);
    ck_assert_str_eq(more->labels, "Pets");
    ck_assert_str_eq(pet->fields[0].label, "Name");
    struct buf b BUF_AUTO;
    buf_init(&b, 1 << 20);
    record_type_schema(more, pet, &b);
    ck_assert(str_find(buf_view(&b), STR("alter table pets_versions add column \"weight\" real;")) >= 0);
    ck_assert(str_find(buf_view(&b), STR("create table")) < 0);
}
END_TEST

START_TEST(mistakes_are_named_with_their_place)
{
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"prefix: PET", "prefix: pet", "up to 8 capitals"},
        {"prefix: PET", "natural: any\nprefix: PET", "either made"},
        {"title: name", "title: nam", "\"title\" names a field"},
        {"to: out", "to: gone", "which is no state"},
        {"from: [in]", "from: [on]", "which is no state"},
        {"requires: [name]", "requires: [names]", "which is no field"},
        {"columns: [id, name]", "columns: [id, nom]", "which is no field"},
        {"sort: -name", "sort: -nom", "which is no field"},
        {"start: true", "start: false", "exactly one state"},
        {"type: money", "type: cash", "no type of a value"},
        {"type: money", "type: reference", "each needs one"},
        {"type: money", "type: computed", "each needs one"},
        {"  price:", "  state:", "every record has this already"},
        {"  price:", "  Price:", "an id is a_word"},
        {"label: Pet\n", "", "member \"label\" is missing"},
        {"room: people", "room: people\nrooms: x", "unknown member \"rooms\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str head = str_of(FINE);
        ptrdiff_t at = str_find(head, str_of(cases[i].from));
        ck_assert_msg(at >= 0, "%s", cases[i].from);
        struct str text = arena_printf(a, "%.*s%s%s", (int)at, FINE, cases[i].to, FINE + at + strlen(cases[i].from));
        e = (struct err){0};
        ck_assert_msg(!read_over(text.data, NULL), "taken: %s", cases[i].to);
        ck_assert_msg(strstr(e.text, cases[i].says) && str_starts(str_of(e.text), "pet.yaml:"), "%s: %s", cases[i].to, e.text);
    }
}
END_TEST

START_TEST(an_overlay_does_not_change_what_values_are)
{
    const struct record_type *pet = read_over(FINE, NULL);
    ck_assert(pet);
    ck_assert(!read_over("id: pet\nfields:\n  name: {label: Name, type: markdown}\n", pet));
    ck_assert_ptr_nonnull(strstr(e.text, "stays what it is"));
    ck_assert(!read_over("id: pet\ntable: dogs\n", pet));
    ck_assert(!read_over("id: dog\n", pet));
}
END_TEST

TEST_MAIN_WITH("record_type", setup, teardown, every_built_in_type_is_the_same_after_being_written_and_read,
          an_overlay_adds_and_replaces_and_keeps_the_rest,
          mistakes_are_named_with_their_place,
          an_overlay_does_not_change_what_values_are)
