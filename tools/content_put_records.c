/* content_put_records.c - record types as C tables. */
#include "content_put.h"

static unsigned next_array;

static void put_flag(const char *name, bool is_true)
{
    if (is_true)
        fprintf(out, ".%s = true, ", name);
}

/* Designated by name from lists put ahead: numbers in the order of their use. */
static void put_strings(const char *name, struct strings list, const unsigned *number)
{
    put_list_member(name, *number, list.count);
}

static unsigned put_choices(const struct record_field *f)
{
    if (f->choice_count == 0)
        return 0;
    fprintf(out, "static const struct field_choice a%u[] = {\n", ++next_array);
    for (size_t i = 0; i < f->choice_count; i++) {
        fputs("{", out);
        put_member("id", f->choices[i].id);
        put_member("label", f->choices[i].label);
        put_member("words", f->choices[i].words);
        put_member("status", f->choices[i].status);
        fputs("},\n", out);
    }
    fputs("};\n", out);
    return next_array;
}

static void put_field(const struct record_field *f, unsigned choices, unsigned media)
{
    fputs("{", out);
    put_member("id", f->id);
    put_member("label", f->label);
    put_member("words", f->words);
    put_member("group", f->group);
    fprintf(out, ".type = %d, .sql_type = %d, .min = INT64_C(%lld), .max = INT64_C(%lld), .decimals = %d, ", f->type, f->sql_type,
            (long long)f->min, (long long)f->max, f->decimals);
    put_flag("is_required", f->is_required);
    put_flag("is_personal", f->is_personal);
    put_flag("is_unique", f->is_unique);
    put_flag("is_searched", f->is_searched);
    put_flag("is_retired", f->is_retired);
    if (choices)
        fprintf(out, ".choices = a%u, .choice_count = %zu, ", choices, f->choice_count);
    put_member("target", f->target);
    put_member("sql", f->sql);
    put_member("default_value", f->default_value);
    put_strings("media", f->media, &media);
    fputs("},\n", out);
}

static unsigned put_fields(struct arena *a, const struct record_type *t)
{
    unsigned(*numbers)[2] = arena_array(a, t->field_count, sizeof *numbers);
    for (size_t i = 0; i < t->field_count; i++) {
        numbers[i][0] = put_choices(&t->fields[i]);
        numbers[i][1] = put_list(t->fields[i].media);
    }
    fprintf(out, "static const struct record_field a%u[] = {\n", ++next_array);
    for (size_t i = 0; i < t->field_count; i++)
        put_field(&t->fields[i], numbers[i][0], numbers[i][1]);
    fputs("};\n", out);
    return next_array;
}

static unsigned put_states(const struct record_type *t)
{
    fprintf(out, "static const struct record_state a%u[] = {\n", ++next_array);
    for (size_t i = 0; i < t->state_count; i++) {
        const struct record_state *s = &t->states[i];
        fputs("{", out);
        put_member("id", s->id);
        put_member("label", s->label);
        put_member("words", s->words);
        put_member("status", s->status);
        put_flag("is_start", s->is_start);
        put_flag("is_end", s->is_end);
        put_flag("is_locked", s->is_locked);
        fputs("},\n", out);
    }
    fputs("};\n", out);
    return next_array;
}

static void put_transition(const struct record_transition *x, const unsigned lists[7])
{
    fputs("{", out);
    put_member("id", x->id);
    put_member("label", x->label);
    put_member("to", x->to);
    put_strings("from", x->from, &lists[0]);
    put_strings("who", x->who, &lists[1]);
    put_strings("requires", x->requires, &lists[2]);
    put_strings("not_by", x->not_by, &lists[3]);
    put_strings("sets", x->sets, &lists[4]);
    put_strings("only_while", x->only_while, &lists[5]);
    fprintf(out, ".quorum = %d, ", x->quorum);
    put_member("quorum_field", x->quorum_field);
    put_flag("needs_reason", x->needs_reason);
    put_flag("needs_step_up", x->needs_step_up);
    put_member("when_referred", x->when_referred);
    if (x->rule_count)
        fprintf(out, ".rules = a%u, .rule_count = %zu, ", lists[6], x->rule_count);
    fputs("},\n", out);
}

static unsigned put_rules(const struct record_transition *x)
{
    fprintf(out, "static const struct record_rule a%u[] = {\n", ++next_array);
    for (size_t i = 0; i < x->rule_count; i++) {
        fputs("{", out);
        put_member("sql", x->rules[i].sql);
        put_member("why", x->rules[i].why);
        fputs("},\n", out);
    }
    put_end(x->rule_count);
    return next_array;
}

static unsigned put_transitions(struct arena *a, const struct record_type *t)
{
    unsigned(*lists)[7] = arena_array(a, t->transition_count + 1, sizeof *lists);
    for (size_t i = 0; i < t->transition_count; i++) {
        const struct record_transition *x = &t->transitions[i];
        const struct strings all[6] = {x->from, x->who, x->requires, x->not_by, x->sets, x->only_while};
        for (size_t j = 0; j < 6; j++)
            lists[i][j] = put_list(all[j]);
        lists[i][6] = x->rule_count ? put_rules(x) : 0;
    }
    fprintf(out, "static const struct record_transition a%u[] = {\n", ++next_array);
    for (size_t i = 0; i < t->transition_count; i++)
        put_transition(&t->transitions[i], lists[i]);
    put_end(t->transition_count);
    return next_array;
}

static unsigned put_reminders(struct arena *a, const struct record_type *t)
{
    unsigned(*numbers)[2] = arena_array(a, t->reminder_count + 1, sizeof *numbers);
    for (size_t i = 0; i < t->reminder_count; i++) {
        const struct record_reminder *r = &t->reminders[i];
        fprintf(out, "static const int a%u[] = {", ++next_array);
        for (size_t j = 0; j < r->day_count; j++)
            fprintf(out, "%d, ", r->days[j]);
        fputs("};\n", out);
        numbers[i][0] = next_array;
        numbers[i][1] = put_list(r->to);
    }
    fprintf(out, "static const struct record_reminder a%u[] = {\n", ++next_array);
    for (size_t i = 0; i < t->reminder_count; i++) {
        fprintf(out, "{.days = a%u, .day_count = %zu, ", numbers[i][0], t->reminders[i].day_count);
        put_member("field", t->reminders[i].field);
        put_member("text", t->reminders[i].text);
        put_strings("to", t->reminders[i].to, &numbers[i][1]);
        fputs("},\n", out);
    }
    put_end(t->reminder_count);
    return next_array;
}

/* Numbers of the arrays that were put ahead of the table of types. */
struct parts {
    unsigned fields, states, transitions, reminders, lists[8];
};

static void put_type(const struct record_type *t, const struct parts *p)
{
    const char *const names[] = {"id", "table", "label", "labels", "words", "room", "prefix", "natural", "title_field", "owner_field", "due_field", "when_referred", "sort", "board", "calendar", "digest"};
    const char *const texts[] = {t->id, t->table, t->label, t->labels, t->words, t->room, t->prefix, t->natural, t->title_field, t->owner_field, t->due_field, t->when_referred, t->sort, t->board, t->calendar, t->digest};
    const char *const list_names[] = {"may_read", "may_create", "may_change", "may_delete", "columns", "filters", "indexes", "counted"};
    const struct strings lists[] = {t->may_read, t->may_create, t->may_change, t->may_delete, t->columns, t->filters, t->indexes, t->counted};
    fputs("{", out);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        put_member(names[i], texts[i]);
    for (size_t i = 0; i < 8; i++)
        put_strings(list_names[i], lists[i], &p->lists[i]);
    fprintf(out, ".version = %d, .retention_days = INT64_C(%lld), ", t->version, (long long)t->retention_days);
    fprintf(out, ".fields = a%u, .field_count = %zu, .states = a%u, .state_count = %zu, ", p->fields, t->field_count, p->states, t->state_count);
    fprintf(out, ".transitions = a%u, .transition_count = %zu, .reminders = a%u, .reminder_count = %zu},\n", p->transitions, t->transition_count,
            p->reminders, t->reminder_count);
}

void put_record_types(struct arena *a, const struct content *c)
{
    struct parts *parts = arena_array(a, c->record_type_count + 1, sizeof *parts);
    for (size_t i = 0; i < c->record_type_count; i++) {
        struct record_type *t = c->record_types[i];
        struct buf b;
        buf_init(&b, 1 << 20);
        json_write(&b, record_type_json(a, t));
        t->digest = digest_hex(a, buf_view(&b));
        buf_release(&b);
        const struct strings lists[] = {t->may_read, t->may_create, t->may_change, t->may_delete, t->columns, t->filters, t->indexes, t->counted};
        for (size_t j = 0; j < 8; j++)
            parts[i].lists[j] = put_list(lists[j]);
        parts[i].fields = put_fields(a, t);
        parts[i].states = put_states(t);
        parts[i].transitions = put_transitions(a, t);
        parts[i].reminders = put_reminders(a, t);
    }
    fputs("const struct record_type content_record_types[] = {\n", out);
    for (size_t i = 0; i < c->record_type_count; i++)
        put_type(c->record_types[i], &parts[i]);
    put_end(c->record_type_count);
    fprintf(out, "const size_t content_record_type_count = %zu;\n\n", c->record_type_count);
}
