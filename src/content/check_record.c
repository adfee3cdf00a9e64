/* check_record.c - reads a record type from YAML: members by tables of fields, then what must hold between them. */
#include "content/check_internal.h"
#include "content/record_type.h"

static const char *const type_names[] = {
    [FIELD_TEXT] = "text",       [FIELD_MARKDOWN] = "markdown",   [FIELD_NUMBER] = "number",
    [FIELD_MONEY] = "money",     [FIELD_DATE] = "date",           [FIELD_INSTANT] = "instant",
    [FIELD_DURATION] = "duration", [FIELD_CHOICE] = "choice",     [FIELD_CHOICES] = "choices",
    [FIELD_YES_NO] = "yes_no",   [FIELD_REFERENCE] = "reference", [FIELD_REFERENCES] = "references",
    [FIELD_FILES] = "files",     [FIELD_PERSON] = "person",       [FIELD_COMPUTED] = "computed",
};
enum { TYPE_COUNT = sizeof(type_names) / sizeof(type_names[0]), FIELDS_MAX = 80, DECIMALS_MAX = 6, BYTES_DEFAULT = 500, MARKDOWN_BYTES = 100000 };

#define STATUSES "pass fail unknown skip"
#define CONTENT_KINDS "control criterion policy test library_risk request"
#define NATURAL_KINDS CONTENT_KINDS " any"
#define REFERRED_RULES "ask refuse"

const char *field_type_name(enum field_type type)
{
    return type_names[type];
}

/* ---- members ---- */

/* What is typed as text first and looked at afterwards. */
struct field_raw {
    const char *type, *as;
};
static const struct field field_members[] = {
    FIELD("label", MEMBER_TEXT, record_field, label),
    FIELD("words", MEMBER_TEXT, record_field, words, OPTIONAL),
    FIELD("group", MEMBER_TEXT, record_field, group, OPTIONAL),
    FIELD("required", MEMBER_FLAG, record_field, is_required, OPTIONAL),
    FIELD("personal", MEMBER_FLAG, record_field, is_personal, OPTIONAL),
    FIELD("unique", MEMBER_FLAG, record_field, is_unique, OPTIONAL),
    FIELD("searched", MEMBER_FLAG, record_field, is_searched, OPTIONAL),
    FIELD("retired", MEMBER_FLAG, record_field, is_retired, OPTIONAL),
    FIELD("min", MEMBER_INTEGER, record_field, min, OPTIONAL),
    FIELD("max", MEMBER_INTEGER, record_field, max, OPTIONAL),
    FIELD("decimals", MEMBER_NUMBER, record_field, decimals, OPTIONAL),
    FIELD("target", MEMBER_TEXT, record_field, target, OPTIONAL),
    FIELD("sql", MEMBER_TEXT, record_field, sql, OPTIONAL),
    FIELD("default", MEMBER_TEXT, record_field, default_value, OPTIONAL),
    FIELD("media", MEMBER_TEXTS, record_field, media, OPTIONAL),
    FIELD_SKIPPED("type"),
    FIELD_SKIPPED("as"),
    FIELD_SKIPPED("choices"),
};
static const struct field choice_members[] = {
    FIELD("label", MEMBER_TEXT, field_choice, label),
    FIELD("words", MEMBER_TEXT, field_choice, words, OPTIONAL),
    FIELD("status", MEMBER_TEXT, field_choice, status, OPTIONAL, ALLOWED(STATUSES)),
};
static const struct field state_members[] = {
    FIELD("label", MEMBER_TEXT, record_state, label),
    FIELD("words", MEMBER_TEXT, record_state, words, OPTIONAL),
    FIELD("status", MEMBER_TEXT, record_state, status, OPTIONAL, ALLOWED(STATUSES)),
    FIELD("start", MEMBER_FLAG, record_state, is_start, OPTIONAL),
    FIELD("end", MEMBER_FLAG, record_state, is_end, OPTIONAL),
    FIELD("locked", MEMBER_FLAG, record_state, is_locked, OPTIONAL),
};
static const struct field transition_members[] = {
    FIELD("label", MEMBER_TEXT, record_transition, label),
    FIELD("from", MEMBER_TEXTS, record_transition, from),
    FIELD("to", MEMBER_TEXT, record_transition, to),
    FIELD("who", MEMBER_TEXTS, record_transition, who),
    FIELD("requires", MEMBER_TEXTS_0, record_transition, requires, OPTIONAL),
    FIELD("not_by", MEMBER_TEXTS_0, record_transition, not_by, OPTIONAL),
    FIELD("sets", MEMBER_TEXTS_0, record_transition, sets, OPTIONAL),
    FIELD("only_while", MEMBER_TEXTS_0, record_transition, only_while, OPTIONAL),
    FIELD("quorum", MEMBER_NUMBER, record_transition, quorum, OPTIONAL),
    FIELD("quorum_field", MEMBER_TEXT, record_transition, quorum_field, OPTIONAL),
    FIELD("reason", MEMBER_FLAG, record_transition, needs_reason, OPTIONAL),
    FIELD("step_up", MEMBER_FLAG, record_transition, needs_step_up, OPTIONAL),
    FIELD("when_referred", MEMBER_TEXT, record_transition, when_referred, OPTIONAL, ALLOWED(REFERRED_RULES)),
    FIELD_SKIPPED("must"),
};
static const struct field rule_members[] = {
    FIELD("sql", MEMBER_TEXT, record_rule, sql),
    FIELD("why", MEMBER_TEXT, record_rule, why),
};
static const struct field reminder_members[] = {
    FIELD("field", MEMBER_TEXT, record_reminder, field),
    FIELD("to", MEMBER_TEXTS, record_reminder, to),
    FIELD("text", MEMBER_TEXT, record_reminder, text),
    FIELD_SKIPPED("days"),
};
static const struct field may_members[] = {
    FIELD("read", MEMBER_TEXTS_0, record_type, may_read, OPTIONAL),
    FIELD("create", MEMBER_TEXTS_0, record_type, may_create, OPTIONAL),
    FIELD("change", MEMBER_TEXTS_0, record_type, may_change, OPTIONAL),
    FIELD("delete", MEMBER_TEXTS_0, record_type, may_delete, OPTIONAL),
};
static const struct field list_members[] = {
    FIELD("columns", MEMBER_TEXTS, record_type, columns),
    FIELD("filters", MEMBER_TEXTS_0, record_type, filters, OPTIONAL),
    FIELD("sort", MEMBER_TEXT, record_type, sort, OPTIONAL),
    FIELD("board", MEMBER_TEXT, record_type, board, OPTIONAL),
    FIELD("calendar", MEMBER_TEXT, record_type, calendar, OPTIONAL),
};
static const struct field type_members[] = {
    FIELD("id", MEMBER_TEXT, record_type, id),
    FIELD("version", MEMBER_NUMBER, record_type, version, OPTIONAL),
    FIELD("table", MEMBER_TEXT, record_type, table, OPTIONAL),
    FIELD("label", MEMBER_TEXT, record_type, label, OPTIONAL),
    FIELD("labels", MEMBER_TEXT, record_type, labels, OPTIONAL),
    FIELD("words", MEMBER_TEXT, record_type, words, OPTIONAL),
    FIELD("room", MEMBER_TEXT, record_type, room, OPTIONAL),
    FIELD("prefix", MEMBER_TEXT, record_type, prefix, OPTIONAL),
    FIELD("natural", MEMBER_TEXT, record_type, natural, OPTIONAL, ALLOWED(NATURAL_KINDS)),
    FIELD("title", MEMBER_TEXT, record_type, title_field, OPTIONAL),
    FIELD("owner", MEMBER_TEXT, record_type, owner_field, OPTIONAL),
    FIELD("due", MEMBER_TEXT, record_type, due_field, OPTIONAL),
    FIELD("when_referred", MEMBER_TEXT, record_type, when_referred, OPTIONAL, ALLOWED(REFERRED_RULES)),
    FIELD("retention_days", MEMBER_INTEGER, record_type, retention_days, OPTIONAL),
    FIELD("indexes", MEMBER_TEXTS_0, record_type, indexes, OPTIONAL),
    FIELD("counted", MEMBER_TEXTS_0, record_type, counted, OPTIONAL),
    FIELD_SKIPPED("fields"),
    FIELD_SKIPPED("states"),
    FIELD_SKIPPED("transitions"),
    FIELD_SKIPPED("may"),
    FIELD_SKIPPED("list"),
    FIELD_SKIPPED("reminders"),
};
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static void text_default(const char **text)
{
    if (!*text)
        *text = "";
}

/* Has the member a map of maps? Says so where it is something else. */
static const struct yaml *members_of(struct checker *k, const struct yaml *root, const char *key)
{
    const struct yaml *map = yaml_get(root, key);
    if (map && map->type != YAML_MAP) {
        problem(k, map, "\"%s\" must be a map from id to what it is", key);
        return NULL;
    }
    return map;
}

static bool id_fits(struct checker *k, const struct yaml *member)
{
    if (id_matches(member->key, "w"))
        return true;
    problem_at(k, k->file, member->key_line, member->key_column, "\"%s\": an id is a_word of lower-case letters, digits and _", member->key.data);
    return false;
}

/* The place of `id` among `count` elements that begin with their id; count when it is new. */
static size_t place_of(const void *items, size_t count, size_t size, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(*(const char *const *)(const void *)((const char *)items + i * size), id) == 0)
            return i;
    return count;
}

/* Room for what the base has and what `map` adds, with the base's elements in it. */
static void *items_begin(struct checker *k, const void *base, size_t base_count, const struct yaml *map, size_t size)
{
    char *items = arena_array(k->arena, base_count + (map ? map->count : 0) + 1, size);
    if (base_count)
        memcpy(items, base, base_count * size);
    return items;
}

/* ---- fields ---- */

static enum field_type type_read(struct checker *k, const struct yaml *map, const char *key, enum field_type otherwise)
{
    const struct yaml *node = yaml_get(map, key);
    if (!node)
        return otherwise;
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (node->type == YAML_TEXT && str_is(node->text, type_names[i]))
            return (enum field_type)i;
    problem(k, node, "%s: \"%s\" is no type of a value: text, markdown, number, money, date, instant, duration, choice, choices, yes_no, reference, references, files, person, computed", map->key.data, key);
    return otherwise;
}

static void choices_read(struct checker *k, const struct yaml *map, struct record_field *ret)
{
    const struct yaml *choices = yaml_get(map, "choices");
    bool is_choice = ret->type == FIELD_CHOICE || ret->type == FIELD_CHOICES || ret->sql_type == FIELD_CHOICE;
    if (!choices) {
        if (is_choice)
            problem(k, map, "%s: a choice needs \"choices\"", ret->id);
        return;
    }
    if (!is_choice || choices->type != YAML_MAP || choices->count == 0) {
        problem(k, choices, "%s: \"choices\" is a map from id to label, for choice and choices only", ret->id);
        return;
    }
    struct field_choice *items = arena_array(k->arena, choices->count, sizeof *items);
    YAML_EACH (member, choices) {
        struct field_choice *c = &items[ret->choice_count];
        if (!id_fits(k, member))
            continue;
        c->id = member->key.data;
        if (member->type == YAML_TEXT)
            c->label = member->text.data;
        else
            fields_read(k, member, choice_members, COUNT_OF(choice_members), c->id, c);
        text_default(&c->label);
        text_default(&c->words);
        text_default(&c->status);
        ret->choice_count++;
    }
    ret->choices = items;
}

static void limits_default(const struct yaml *map, struct record_field *f)
{
    bool is_list = f->type == FIELD_CHOICES || f->type == FIELD_REFERENCES || f->type == FIELD_FILES;
    if (!yaml_get(map, "min"))
        f->min = f->type == FIELD_NUMBER ? -INT64_C(999999999999999) : 0;
    if (!yaml_get(map, "max"))
        f->max = f->type == FIELD_TEXT ? BYTES_DEFAULT : f->type == FIELD_MARKDOWN ? MARKDOWN_BYTES : is_list ? 1000 : INT64_C(999999999999999);
}

static void field_hold(struct checker *k, const struct yaml *map, const struct record_field *f)
{
    bool is_reference = f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES;
    if (is_reference != (f->target[0] != '\0'))
        problem(k, map, "%s: \"target\" is for references, and each needs one", f->id);
    if ((f->type == FIELD_COMPUTED) != (f->sql[0] != '\0'))
        problem(k, map, "%s: \"sql\" is for computed values, and each needs one", f->id);
    if (f->type == FIELD_COMPUTED && (f->is_required || f->is_unique || f->is_searched))
        problem(k, map, "%s: a computed value is neither required, unique nor searched", f->id);
    if (f->media.count && f->type != FIELD_FILES)
        problem(k, map, "%s: \"media\" is for files", f->id);
    if (f->min > f->max || f->decimals > DECIMALS_MAX || (f->decimals && f->type != FIELD_NUMBER))
        problem(k, map, "%s: min is at most max; decimals are for numbers, %d at most", f->id, DECIMALS_MAX);
    if (f->is_searched && f->type != FIELD_TEXT && f->type != FIELD_MARKDOWN)
        problem(k, map, "%s: only text and markdown can be searched", f->id);
}

static bool name_is_free(struct checker *k, const struct yaml *member)
{
    static const char *const taken[] = {"id",         "version",    "state",      "from_leaf",  "from_t",     "to_leaf", "to_t",    "created_leaf",
                                        "created_t",  "created_by", "changed_by", "is_deleted", "changed_t", "changed", "created", "q",
                                        "sort",       "page",       "at",         "type",       "csrf",      "why",     "ver",     "act"};
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        if (str_is(member->key, taken[i])) {
            problem_at(k, k->file, member->key_line, member->key_column, "\"%s\": every record has this already", taken[i]);
            return false;
        }
    return true;
}

static void fields_of_type(struct checker *k, const struct yaml *root, struct record_type *ret)
{
    const struct yaml *map = members_of(k, root, "fields");
    struct record_field *items = items_begin(k, ret->fields, ret->field_count, map, sizeof *items);
    YAML_EACH (member, map) {
        if (!id_fits(k, member) || !name_is_free(k, member))
            continue;
        size_t at = place_of(items, ret->field_count, sizeof *items, member->key.data);
        struct record_field *f = &items[at];
        *f = (struct record_field){.id = member->key.data};
        fields_read(k, member, field_members, COUNT_OF(field_members), f->id, f);
        if (!yaml_get(member, "type"))
            problem(k, member, "%s: member \"type\" is missing", f->id);
        f->type = type_read(k, member, "type", FIELD_TEXT);
        f->sql_type = type_read(k, member, "as", FIELD_TEXT);
        text_default(&f->label);
        text_default(&f->words);
        text_default(&f->group);
        text_default(&f->target);
        text_default(&f->sql);
        text_default(&f->default_value);
        limits_default(member, f);
        choices_read(k, member, f);
        field_hold(k, member, f);
        ret->field_count += at == ret->field_count;
    }
    if (ret->field_count == 0 || ret->field_count > FIELDS_MAX)
        problem(k, map ? map : root, "%s: a type has from 1 to %d fields", ret->id, FIELDS_MAX);
    ret->fields = items;
}

/* ---- states and transitions ---- */

static void states_of_type(struct checker *k, const struct yaml *root, struct record_type *ret)
{
    const struct yaml *map = members_of(k, root, "states");
    struct record_state *items = items_begin(k, ret->states, ret->state_count, map, sizeof *items);
    size_t starts = 0;
    YAML_EACH (member, map) {
        if (!id_fits(k, member))
            continue;
        size_t at = place_of(items, ret->state_count, sizeof *items, member->key.data);
        struct record_state *s = &items[at];
        *s = (struct record_state){.id = member->key.data};
        fields_read(k, member, state_members, COUNT_OF(state_members), s->id, s);
        text_default(&s->label);
        text_default(&s->words);
        text_default(&s->status);
        ret->state_count += at == ret->state_count;
    }
    for (size_t i = 0; i < ret->state_count; i++)
        starts += items[i].is_start;
    if (starts != 1)
        problem(k, map ? map : root, "%s: exactly one state has \"start: true\"", ret->id);
    ret->states = items;
}

static void transition_hold(struct checker *k, const struct yaml *at, const struct record_type *t, const struct record_transition *x)
{
    if (!record_type_state(t, str_of(x->to)))
        problem(k, at, "%s: leads to \"%s\", which is no state", x->id, x->to);
    for (size_t i = 0; i < x->from.count; i++)
        if (!record_type_state(t, str_of(x->from.items[i])))
            problem(k, at, "%s: begins at \"%s\", which is no state", x->id, x->from.items[i]);
    for (size_t i = 0; i < x->requires.count; i++)
        if (!record_type_field(t, str_of(x->requires.items[i])))
            problem(k, at, "%s: requires \"%s\", which is no field", x->id, x->requires.items[i]);
    for (size_t i = 0; i < x->sets.count; i++)
        if (!record_type_field(t, str_of(x->sets.items[i])))
            problem(k, at, "%s: sets \"%s\", which is no field", x->id, x->sets.items[i]);
    for (size_t i = 0; i < x->only_while.count; i++) {
        struct str rest = str_of(x->only_while.items[i]), field;
        const struct record_field *f = str_cut(&rest, '.', &field) && rest.size ? record_type_field(t, field) : NULL;
        if (!f || f->type != FIELD_REFERENCE)
            problem(k, at, "%s: only_while \"%s\" is no reference field, a dot and a state", x->id, x->only_while.items[i]);
    }
    const struct record_field *needed = record_type_field(t, str_of(x->quorum_field));
    if (x->quorum_field[0] && (!needed || needed->type != FIELD_NUMBER || needed->decimals))
        problem(k, at, "%s: \"quorum_field\" names \"%s\", which is no whole number", x->id, x->quorum_field);
}

static void rules_read(struct checker *k, const struct yaml *map, struct record_transition *ret)
{
    const struct yaml *list = yaml_get(map, "must");
    if (!list)
        return;
    if (list->type != YAML_LIST) {
        problem(k, list, "%s: \"must\" is a list of conditions, each with \"sql\" and \"why\"", ret->id);
        return;
    }
    struct record_rule *items = arena_array(k->arena, list->count + 1, sizeof *items);
    YAML_EACH (member, list) {
        struct record_rule *rule = &items[ret->rule_count++];
        fields_read(k, member, rule_members, COUNT_OF(rule_members), "must", rule);
        text_default(&rule->sql);
        text_default(&rule->why);
    }
    ret->rules = items;
}

static void transitions_of_type(struct checker *k, const struct yaml *root, struct record_type *ret)
{
    const struct yaml *map = members_of(k, root, "transitions");
    struct record_transition *items = items_begin(k, ret->transitions, ret->transition_count, map, sizeof *items);
    YAML_EACH (member, map) {
        if (!id_fits(k, member))
            continue;
        size_t at = place_of(items, ret->transition_count, sizeof *items, member->key.data);
        struct record_transition *x = &items[at];
        *x = (struct record_transition){.id = member->key.data, .quorum = 1};
        fields_read(k, member, transition_members, COUNT_OF(transition_members), x->id, x);
        text_default(&x->label);
        text_default(&x->to);
        text_default(&x->when_referred);
        text_default(&x->quorum_field);
        if (x->quorum < 1 || x->quorum > 20)
            problem(k, member, "%s: a quorum is from 1 to 20", x->id);
        rules_read(k, member, x);
        transition_hold(k, member, ret, x);
        ret->transition_count += at == ret->transition_count;
    }
    ret->transitions = items;
}

/* ---- the rest ---- */

static void reminders_of_type(struct checker *k, const struct yaml *root, struct record_type *ret)
{
    const struct yaml *list = yaml_get(root, "reminders");
    if (!list)
        return;
    if (list->type != YAML_LIST) {
        problem(k, list, "\"reminders\" must be a list");
        return;
    }
    struct record_reminder *items = arena_array(k->arena, list->count + 1, sizeof *items);
    ret->reminder_count = 0;
    YAML_EACH (member, list) {
        struct record_reminder *r = &items[ret->reminder_count++];
        fields_read(k, member, reminder_members, COUNT_OF(reminder_members), "reminder", r);
        text_default(&r->field);
        text_default(&r->text);
        const struct yaml *days = yaml_get(member, "days");
        int *numbers = arena_array(k->arena, days ? days->count + 1 : 1, sizeof *numbers);
        YAML_EACH (day, days) {
            int64_t n;
            if (day->type == YAML_TEXT && str_to_int64(day->text, &n) && n >= -3650 && n <= 3650)
                numbers[r->day_count++] = (int)n;
            else
                problem(k, day, "reminder: days are whole numbers, before the day negative");
        }
        if (r->day_count == 0)
            problem(k, member, "reminder: member \"days\" is missing or empty");
        r->days = numbers;
    }
    ret->reminders = items;
}

static bool is_column(const struct record_type *t, const char *name)
{
    return strcmp(name, "id") == 0 || strcmp(name, "state") == 0 || strcmp(name, "changed") == 0 || record_type_field(t, str_of(name));
}

/* A member of the type that names a field of one of two types. */
static void names_field(struct checker *k, const struct yaml *root, const struct record_type *t, const char *name, enum field_type a,
                        enum field_type b, const char *what)
{
    const struct record_field *f = record_type_field(t, str_of(name));
    if (name[0] && (!f || (f->type != a && f->type != b)))
        problem(k, root, "%s: \"%s\" names \"%s\", which is no field of type %s", t->id, what, name, field_type_name(a));
}

/* A column of the table of versions; not those of lists, which lie elsewhere. */
static bool is_stored_column(const struct record_type *t, struct str name)
{
    const struct record_field *f = record_type_field(t, name);
    return f ? f->type != FIELD_COMPUTED && f->type != FIELD_CHOICES && f->type != FIELD_REFERENCES && f->type != FIELD_FILES
             : str_is(name, "state") || str_is(name, "from_t") || str_is(name, "created_leaf");
}

static void lookups_hold(struct checker *k, const struct yaml *root, const struct record_type *t, const struct record_type *base)
{
    for (size_t i = 0; i < t->indexes.count; i++) {
        struct str rest = str_of(t->indexes.items[i]), word;
        while (str_next_word(&rest, &word))
            if (!is_stored_column(t, word))
                problem(k, root, "%s: \"indexes\" names \"%s\", which is no column", t->id, t->indexes.items[i]);
    }
    if (t->counted.count > RECORD_COUNTED_MAX)
        problem(k, root, "%s: \"counted\" names more than %d fields", t->id, RECORD_COUNTED_MAX);
    for (size_t i = 0; i < t->counted.count; i++)
        if (!is_stored_column(t, str_of(t->counted.items[i])))
            problem(k, root, "%s: \"counted\" names \"%s\", which is no column", t->id, t->counted.items[i]);
    bool is_same = !base || base->counted.count == t->counted.count;
    for (size_t i = 0; base && is_same && i < t->counted.count; i++)
        is_same = strcmp(base->counted.items[i], t->counted.items[i]) == 0;
    if (!is_same)
        problem(k, root, "%s: \"counted\" stays what it is: what was counted before would be missing", t->id);
}

static void type_hold(struct checker *k, const struct yaml *root, const struct record_type *t)
{
    if (!id_matches(str_of(t->id), "w") || !id_matches(str_of(t->table), "w"))
        problem(k, root, "%s: \"id\" and \"table\" are a_word of lower-case letters, digits and _", t->id);
    for (const char *p = t->prefix; *p; p++)
        if (*p < 'A' || *p > 'Z' || p - t->prefix >= 8)
            problem(k, root, "%s: \"prefix\" is up to 8 capitals", t->id);
    if ((t->prefix[0] == 0) == (t->natural[0] == 0))
        problem(k, root, "%s: ids are either made (\"prefix\") or given (\"natural\")", t->id);
    for (size_t i = 0; i < t->columns.count; i++)
        if (!is_column(t, t->columns.items[i]))
            problem(k, root, "%s: the list has a column \"%s\", which is no field", t->id, t->columns.items[i]);
    for (size_t i = 0; i < t->filters.count; i++)
        if (!is_column(t, t->filters.items[i]))
            problem(k, root, "%s: the list filters by \"%s\", which is no field", t->id, t->filters.items[i]);
    if (t->sort[0] && !is_column(t, t->sort + (t->sort[0] == '-')))
        problem(k, root, "%s: the list is sorted by \"%s\", which is no field", t->id, t->sort);
    const struct record_field *title = record_type_field(t, str_of(t->title_field));
    if (!title || (title->type != FIELD_TEXT && title->type != FIELD_COMPUTED))
        problem(k, root, "%s: \"title\" names a field of type text", t->id);
    names_field(k, root, t, t->owner_field, FIELD_PERSON, FIELD_PERSON, "owner");
    names_field(k, root, t, t->due_field, FIELD_DATE, FIELD_INSTANT, "due");
    names_field(k, root, t, t->calendar, FIELD_DATE, FIELD_INSTANT, "calendar");
    for (size_t i = 0; i < t->reminder_count; i++)
        names_field(k, root, t, t->reminders[i].field, FIELD_DATE, FIELD_INSTANT, "reminders");
    if (t->board[0] && strcmp(t->board, "state") != 0)
        names_field(k, root, t, t->board, FIELD_CHOICE, FIELD_PERSON, "board");
}

static void type_defaults(struct checker *k, const struct yaml *root, struct record_type *t)
{
    const char **texts[] = {&t->id, &t->table, &t->label, &t->labels, &t->words, &t->room, &t->prefix, &t->natural, &t->title_field,
                            &t->owner_field, &t->due_field, &t->when_referred, &t->sort, &t->board, &t->calendar, &t->digest};
    static const char *const needed[] = {"id", "table", "label", "labels", "words", "room"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        text_default(texts[i]);
    for (size_t i = 0; i < COUNT_OF(needed); i++)
        if ((*texts[i])[0] == '\0')
            problem(k, root, "record type: member \"%s\" is missing", needed[i]);
    if (t->version == 0)
        t->version = 1;
}

/* What can be due is counted by its day and state, unless the type counts by something else. */
static void counted_default(struct checker *k, struct record_type *t)
{
    const struct record_field *due = record_type_field(t, str_of(t->due_field));
    if (t->counted.count || !due || due->type != FIELD_DATE)
        return;
    const char **items = arena_array(k->arena, 2, sizeof *items);
    items[0] = due->id;
    items[1] = "state";
    t->counted = (struct strings){items, 2};
}

struct record_type *check_record_type(struct checker *k, const struct yaml *root, const struct record_type *base)
{
    struct record_type *t = ARENA_NEW(k->arena, struct record_type);
    if (base)
        *t = *base;
    fields_read(k, root, type_members, COUNT_OF(type_members), "record type", t);
    if (yaml_get(root, "may"))
        fields_read(k, yaml_get(root, "may"), may_members, COUNT_OF(may_members), "may", t);
    if (yaml_get(root, "list"))
        fields_read(k, yaml_get(root, "list"), list_members, COUNT_OF(list_members), "list", t);
    type_defaults(k, root, t);
    if (base && strcmp(base->id, t->id) != 0)
        problem(k, yaml_get(root, "id"), "\"%s\" is not the type that it adds to, %s", t->id, base->id);
    if (base && (strcmp(base->table, t->table) != 0 || strcmp(base->prefix, t->prefix) != 0 || strcmp(base->natural, t->natural) != 0))
        problem(k, root, "%s: table, prefix and natural stay what they are", t->id);
    fields_of_type(k, root, t);
    for (size_t i = 0; base && i < base->field_count; i++)
        if (base->fields[i].type != t->fields[i].type)
            problem(k, root, "%s: the type of \"%s\" stays what it is: retire it and add another", t->id, base->fields[i].id);
    states_of_type(k, root, t);
    transitions_of_type(k, root, t);
    reminders_of_type(k, root, t);
    if (!base)
        counted_default(k, t);
    type_hold(k, root, t);
    lookups_hold(k, root, t, base);
    return t;
}

static bool target_is_known(const struct content *c, const char *target)
{
    if (strings_hold((struct strings){(const char *const[]){"control", "criterion", "policy", "test", "library_risk", "request", "course"}, 7}, target))
        return true;
    for (size_t i = 0; i < c->record_type_count; i++)
        if (strcmp(c->record_types[i]->id, target) == 0)
            return true;
    return false;
}

void check_record_types(struct checker *k)
{
    const struct content *c = k->content;
    for (size_t i = 0; i < c->record_type_count; i++) {
        const struct record_type *t = c->record_types[i];
        const char *file = arena_printf(k->arena, "content/records/%s.yaml", t->id).data;
        for (size_t j = 0; j < i; j++)
            if (strcmp(c->record_types[j]->id, t->id) == 0 || strcmp(c->record_types[j]->table, t->table) == 0 ||
                (t->prefix[0] && strcmp(c->record_types[j]->prefix, t->prefix) == 0))
                problem_at(k, file, 1, 1, "%s: %s has the same id, table or prefix", t->id, c->record_types[j]->id);
        for (size_t j = 0; j < t->field_count; j++)
            if (t->fields[j].target[0] && !target_is_known(c, t->fields[j].target))
                problem_at(k, file, 1, 1, "%s: \"%s\" refers to \"%s\", which is neither a record type nor a kind of content", t->id,
                           t->fields[j].id, t->fields[j].target);
    }
}

const struct record_type *record_type_read(struct arena *a, const char *file, const struct yaml *root, const struct record_type *base,
                                           struct err *e)
{
    struct checker k = {.arena = a, .content = ARENA_NEW(a, struct content), .file = file};
    if (root->type != YAML_MAP) {
        err_set(e, ERR_INVALID, "%s:%d:%d: file: the outermost value must be a map", file, root->line, root->column);
        return NULL;
    }
    const struct record_type *t = check_record_type(&k, root, base);
    if (k.content->problem_count == 0)
        return t;
    err_set(e, ERR_INVALID, "%s", k.content->problems[0].text);
    return NULL;
}
