#include "content/record_type.h"

const struct record_field *record_type_field(const struct record_type *t, struct str id)
{
    for (size_t i = 0; i < t->field_count; i++)
        if (str_is(id, t->fields[i].id))
            return &t->fields[i];
    return NULL;
}

const struct record_state *record_type_state(const struct record_type *t, struct str id)
{
    for (size_t i = 0; i < t->state_count; i++)
        if (str_is(id, t->states[i].id))
            return &t->states[i];
    return NULL;
}

const struct record_transition *record_type_transition(const struct record_type *t, struct str id)
{
    for (size_t i = 0; i < t->transition_count; i++)
        if (str_is(id, t->transitions[i].id))
            return &t->transitions[i];
    return NULL;
}

/* ---- as JSON: what the YAML says, with nothing that is empty ---- */

static void put_text(struct json *o, const char *key, const char *text)
{
    if (text && text[0])
        json_put_cstr(o, key, text);
}

static void put_flag(struct json *o, const char *key, bool is_true)
{
    if (is_true)
        json_put_bool(o, key, true);
}

static void put_texts(struct json *o, const char *key, struct strings list)
{
    if (list.count == 0)
        return;
    struct json *array = json_put_array(o, key);
    for (size_t i = 0; i < list.count; i++)
        json_push_str(array, str_of(list.items[i]));
}

static void put_field(struct json *o, const struct record_field *f)
{
    put_text(o, "label", f->label);
    put_text(o, "words", f->words);
    put_text(o, "group", f->group);
    put_text(o, "type", field_type_name(f->type));
    put_flag(o, "required", f->is_required);
    put_flag(o, "personal", f->is_personal);
    put_flag(o, "unique", f->is_unique);
    put_flag(o, "searched", f->is_searched);
    put_flag(o, "retired", f->is_retired);
    json_put_int(o, "min", f->min);
    json_put_int(o, "max", f->max);
    if (f->decimals)
        json_put_int(o, "decimals", f->decimals);
    put_text(o, "target", f->target);
    put_text(o, "sql", f->sql);
    if (f->type == FIELD_COMPUTED)
        put_text(o, "as", field_type_name(f->sql_type));
    put_text(o, "default", f->default_value);
    put_texts(o, "media", f->media);
    struct json *choices = f->choice_count ? json_put_object(o, "choices") : NULL;
    for (size_t i = 0; i < f->choice_count; i++) {
        struct json *c = json_put_object(choices, f->choices[i].id);
        put_text(c, "label", f->choices[i].label);
        put_text(c, "words", f->choices[i].words);
        put_text(c, "status", f->choices[i].status);
    }
}

static void put_state(struct json *o, const struct record_state *s)
{
    put_text(o, "label", s->label);
    put_text(o, "words", s->words);
    put_text(o, "status", s->status);
    put_flag(o, "start", s->is_start);
    put_flag(o, "end", s->is_end);
    put_flag(o, "locked", s->is_locked);
}

static void put_transition(struct json *o, const struct record_transition *x)
{
    put_text(o, "label", x->label);
    put_texts(o, "from", x->from);
    put_text(o, "to", x->to);
    put_texts(o, "who", x->who);
    put_texts(o, "requires", x->requires);
    put_texts(o, "not_by", x->not_by);
    put_texts(o, "sets", x->sets);
    put_texts(o, "only_while", x->only_while);
    json_put_int(o, "quorum", x->quorum);
    put_text(o, "quorum_field", x->quorum_field);
    put_flag(o, "reason", x->needs_reason);
    put_flag(o, "step_up", x->needs_step_up);
    put_text(o, "when_referred", x->when_referred);
    struct json *rules = x->rule_count ? json_put_array(o, "must") : NULL;
    for (size_t i = 0; i < x->rule_count; i++) {
        struct json *rule = json_push_object(rules);
        put_text(rule, "sql", x->rules[i].sql);
        put_text(rule, "why", x->rules[i].why);
    }
}

static void put_reminder(struct json *o, const struct record_reminder *r)
{
    put_text(o, "field", r->field);
    struct json *days = json_put_array(o, "days");
    for (size_t i = 0; i < r->day_count; i++)
        json_push_int(days, r->days[i]);
    put_texts(o, "to", r->to);
    put_text(o, "text", r->text);
}

static void put_lists(struct json *o, const struct record_type *t)
{
    struct json *may = json_put_object(o, "may");
    put_texts(may, "read", t->may_read);
    put_texts(may, "create", t->may_create);
    put_texts(may, "change", t->may_change);
    put_texts(may, "delete", t->may_delete);
    if (t->columns.count) {
        struct json *list = json_put_object(o, "list");
        put_texts(list, "columns", t->columns);
        put_texts(list, "filters", t->filters);
        put_text(list, "sort", t->sort);
        put_text(list, "board", t->board);
        put_text(list, "calendar", t->calendar);
    }
    struct json *reminders = t->reminder_count ? json_put_array(o, "reminders") : NULL;
    for (size_t i = 0; i < t->reminder_count; i++)
        put_reminder(json_push_object(reminders), &t->reminders[i]);
}

struct json *record_type_json(struct arena *a, const struct record_type *t)
{
    struct json *o = json_object(a);
    put_text(o, "id", t->id);
    json_put_int(o, "version", t->version);
    put_text(o, "table", t->table);
    put_text(o, "label", t->label);
    put_text(o, "labels", t->labels);
    put_text(o, "words", t->words);
    put_text(o, "room", t->room);
    put_text(o, "prefix", t->prefix);
    put_text(o, "natural", t->natural);
    put_text(o, "title", t->title_field);
    put_text(o, "owner", t->owner_field);
    put_text(o, "due", t->due_field);
    put_text(o, "when_referred", t->when_referred);
    if (t->retention_days)
        json_put_int(o, "retention_days", t->retention_days);
    if (t->indexes.count)
        put_texts(o, "indexes", t->indexes);
    if (t->counted.count)
        put_texts(o, "counted", t->counted);
    struct json *fields = json_put_object(o, "fields");
    for (size_t i = 0; i < t->field_count; i++)
        put_field(json_put_object(fields, t->fields[i].id), &t->fields[i]);
    struct json *states = json_put_object(o, "states");
    for (size_t i = 0; i < t->state_count; i++)
        put_state(json_put_object(states, t->states[i].id), &t->states[i]);
    struct json *transitions = json_put_object(o, "transitions");
    for (size_t i = 0; i < t->transition_count; i++)
        put_transition(json_put_object(transitions, t->transitions[i].id), &t->transitions[i]);
    put_lists(o, t);
    return o;
}

/* The same reader serves both forms: JSON becomes the nodes that YAML would have given. Depth is bounded by the parser's. */
static struct yaml *yaml_of_json(struct arena *a, const struct json *v)
{
    struct yaml *y = ARENA_NEW(a, struct yaml);
    struct buf b BUF_AUTO;
    y->line = y->column = 1;
    y->type = v->type == JSON_OBJECT ? YAML_MAP : v->type == JSON_ARRAY ? YAML_LIST : YAML_TEXT;
    y->is_plain = v->type == JSON_NUMBER || v->type == JSON_BOOL || v->type == JSON_NULL;
    if (y->type == YAML_TEXT)
        y->text = v->type == JSON_BOOL ? str_of(v->boolean ? "true" : "false") : v->type == JSON_NULL ? STR("null") : arena_str(a, v->text);
    if (y->type == YAML_TEXT)
        return y;
    JSON_EACH (member, v) {
        struct yaml *child = yaml_of_json(a, member);
        if (y->type == YAML_MAP)
            child->key = arena_str(a, member->key), child->key_line = child->key_column = 1;
        if (y->last)
            y->last->next = child;
        else
            y->first = child;
        y->last = child;
        y->count++;
    }
    return y;
}

const struct record_type *record_type_of_json(struct arena *a, const struct json *definition, struct err *e)
{
    return record_type_read(a, "definition", yaml_of_json(a, definition), NULL, e);
}

/* ---- tables ---- */

/* The column's SQL type; NULL: the value has no column of its own. */
static const char *column_type(enum field_type type, int decimals)
{
    switch (type) {
    case FIELD_TEXT:
    case FIELD_MARKDOWN:
    case FIELD_DATE:
    case FIELD_CHOICE:
    case FIELD_REFERENCE:
    case FIELD_PERSON:
        return "text";
    case FIELD_NUMBER:
        return decimals ? "real" : "integer";
    case FIELD_MONEY:
    case FIELD_INSTANT:
    case FIELD_DURATION:
    case FIELD_YES_NO:
        return "integer";
    case FIELD_CHOICES:
    case FIELD_REFERENCES:
    case FIELD_FILES:
    case FIELD_COMPUTED:
        return NULL;
    }
    return NULL;
}

static void put_columns(const struct record_type *t, const struct record_type *base, struct buf *out)
{
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        const char *type = column_type(f->type, f->decimals);
        if (!type || (base && record_type_field(base, str_of(f->id))))
            continue;
        if (base) {
            buf_printf(out, "alter table %s_versions add column \"%s\" %s;\n", t->table, f->id, type);
            if (f->type == FIELD_MONEY)
                buf_printf(out, "alter table %s_versions add column \"%s_currency\" text;\n", t->table, f->id);
        } else {
            buf_printf(out, ",\n  \"%s\" %s", f->id, type);
            if (f->type == FIELD_MONEY)
                buf_printf(out, ", \"%s_currency\" text", f->id);
        }
    }
}

/* With the state, so that a list of one state in this order leaves rows of others, and those of pages before, without reading them. */
static void put_index(const struct record_type *t, const char *column, struct buf *out)
{
    buf_printf(out, "create index if not exists %s_by_%s on %s_versions(\"%s\", %s, is_deleted) where to_leaf is null;\n", t->table, column, t->table, column,
               strcmp(column, "state") == 0 ? "from_t, id" : "id, state"); /* one state by its changes: what lists begin with */
}

/* Unique texts are so whatever their case, and are looked up like that. */
static void put_unique_index(const struct record_type *t, const char *column, struct buf *out)
{
    buf_printf(out, "create index if not exists %s_is_%s on %s_versions(\"%s\" collate nocase) where to_leaf is null;\n", t->table, column, t->table, column);
}

/* "policy_version from_t": columns that a page looks up together. Half-open: what is now. */
static void put_declared_index(const struct record_type *t, const char *columns, struct buf *out)
{
    struct str rest = str_of(columns), word;
    buf_printf(out, "create index if not exists %s_on", t->table);
    while (str_next_word(&rest, &word))
        buf_printf(out, "_%.*s", STR_ARGS(word));
    buf_printf(out, " on %s_versions(", t->table);
    for (rest = str_of(columns); str_next_word(&rest, &word);)
        buf_printf(out, "\"%.*s\", ", STR_ARGS(word));
    buf_cstr(out, "id, is_deleted) where to_leaf is null;\n");
}

/* An index for what lists are sorted and filtered by, and for references, which are followed backwards. */
static void put_indexes(const struct record_type *t, struct buf *out)
{
    put_index(t, "state", out);
    put_index(t, "from_t", out);
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        bool is_listed = f->is_unique || f->type == FIELD_REFERENCE || f->type == FIELD_PERSON || strcmp(t->due_field ? t->due_field : "", f->id) == 0;
        for (size_t j = 0; j < t->columns.count; j++)
            is_listed |= strcmp(t->columns.items[j], f->id) == 0;
        for (size_t j = 0; j < t->filters.count; j++)
            is_listed |= strcmp(t->filters.items[j], f->id) == 0;
        if (is_listed && column_type(f->type, f->decimals))
            put_index(t, f->id, out);
        if (f->is_unique && f->type == FIELD_TEXT)
            put_unique_index(t, f->id, out);
    }
    for (size_t i = 0; i < t->indexes.count; i++)
        put_declared_index(t, t->indexes.items[i], out);
}

static void put_view_columns(const struct record_type *t, struct buf *out)
{
    buf_printf(out, "select r.id, r.version, r.state, r.from_leaf as changed_leaf, r.from_t as changed_t, r.changed_by, "
                    "r.created_leaf, r.created_t, r.created_by");
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        if (f->type == FIELD_COMPUTED)
            buf_printf(out, ",\n  (%s) as \"%s\"", f->sql, f->id);
        else if (column_type(f->type, f->decimals))
            buf_printf(out, ",\n  r.\"%s\"", f->id);
        if (f->type == FIELD_MONEY)
            buf_printf(out, ", r.\"%s_currency\"", f->id);
    }
    buf_printf(out, "\nfrom %s_versions r where ", t->table);
}

static void put_view(const struct record_type *t, struct buf *out)
{
    buf_printf(out, "create view %s as ", t->table);
    put_view_columns(t, out);
    buf_cstr(out, "r.to_leaf is null and r.is_deleted = 0;\n");
}

void record_type_view_as_of(const struct record_type *t, int64_t leaf_limit, struct buf *out)
{
    buf_printf(out, "create temp view %s as ", t->table);
    put_view_columns(t, out);
    buf_printf(out, "r.from_leaf <= %lld and (r.to_leaf is null or r.to_leaf > %lld) and r.is_deleted = 0;\n", (long long)leaf_limit, (long long)leaf_limit);
    if (!t->counted.count)
        return;
    buf_printf(out, "create temp view %s_counts as select ", t->table);
    for (size_t i = 0; i < t->counted.count; i++)
        buf_printf(out, "\"%s\", ", t->counted.items[i]);
    buf_printf(out, "count(*) as n from %s group by ", t->table);
    for (size_t i = 0; i < t->counted.count; i++)
        buf_printf(out, "%s%zu", i ? ", " : "", i + 1);
    buf_cstr(out, ";\n");
}

/* How many there are of each, by the names of what is counted. */
static void put_counts_view(const struct record_type *t, struct buf *out)
{
    buf_printf(out, "create view %s_counts as select ", t->table);
    for (size_t i = 0; i < t->counted.count; i++)
        buf_printf(out, "%c as \"%s\", ", 'a' + (char)i, t->counted.items[i]);
    buf_printf(out, "n from record_tally where type = '%s';\n", t->id);
}

void record_type_schema(const struct record_type *t, const struct record_type *base, struct buf *out)
{
    if (base) {
        put_columns(t, base, out);
        buf_printf(out, "drop view %s;\n", t->table);
    } else {
        buf_printf(out, "create table %s_versions(id text not null, version integer not null, state text not null, from_leaf integer not null, "
                        "from_t integer not null, to_leaf integer, to_t integer,\n  created_leaf integer not null, created_t integer not null, "
                        "created_by text not null, changed_by text not null, is_deleted integer not null", t->table);
        put_columns(t, NULL, out);
        buf_printf(out, ") strict;\ncreate unique index %s_now on %s_versions(id) where to_leaf is null;\n"
                        "create unique index %s_was on %s_versions(id, to_leaf);\n", t->table, t->table, t->table, t->table);
    }
    put_indexes(t, out);
    put_view(t, out);
    if (!base && t->counted.count)
        put_counts_view(t, out);
}
