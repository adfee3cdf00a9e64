/* From what a form or a client sends to a change of a record, and its submission. */
#include "web/records.h"

bool records_open(struct call *c, const struct record_type **ret, struct err *e)
{
    if (!c->view.db && !call_view(c, e))
        return false;
    *ret = record_types_find(c->records->types, c->parameters[0]);
    return *ret || err_set(e, ERR_NOT_FOUND, "'%.*s' is no type of records", STR_ARGS(str_slice(c->parameters[0], 0, 80)));
}

bool records_current(struct call *c, const struct record_type *t, struct record **ret, struct err *e)
{
    struct record *r = record_get(c->view.db, c->arena, t, c->parameters[1], INT64_MAX, e);
    if (!r)
        return false;
    if (!access_matches(c->access, &t->may_read, r))
        return err_set(e, ERR_NOT_FOUND, "%s %.*s: there is none", t->id, STR_ARGS(r->id)); /* as record_get says it: ids are not to be found out */
    *ret = r;
    return true;
}

/* ---- lists ---- */

static bool query_number(struct call *c, const char *name, int64_t max, int64_t *ret, struct err *e)
{
    struct str text;
    if (!call_query(c, name, &text, e))
        return false;
    if (text.size && (!str_to_int64(text, ret) || *ret < 0 || *ret > max))
        return err_set(e, ERR_INVALID, "%s: a number from 0 to %lld is needed", name, (long long)max);
    return true;
}

/* One part of a filter expression (record/filter.c): field="value", quotes in it doubled; "me" and "none" are words. */
static void add_condition(struct buf *b, const char *field, struct str value)
{
    bool is_word = str_is(value, "me") || str_is(value, "none");
    buf_printf(b, "%s%s=%s", b->size ? " " : "", field, is_word ? "" : "\"");
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '"')
            buf_char(b, '"');
        buf_char(b, value.data[i]);
    }
    buf_cstr(b, is_word ? "" : "\"");
}

static bool read_where(struct call *c, const struct record_type *t, struct record_query *q, struct err *e)
{
    struct str where, value;
    struct buf BUF_AUTO b;
    buf_init(&b, 8192);
    if (!call_query(c, "where", &where, e))
        return false;
    buf_str(&b, str_trim(where));
    for (size_t i = 0; i < t->field_count; i++) {
        const char *name = arena_printf(c->arena, "f.%s", t->fields[i].id).data;
        if (!call_query(c, name, &value, e))
            return false;
        if (value.size)
            add_condition(&b, t->fields[i].id, value);
    }
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, "the filter is too long");
    q->where = arena_str(c->arena, buf_view(&b));
    return true;
}

bool records_query(struct call *c, const struct record_type *t, struct record_query *ret, struct err *e)
{
    struct record_query q = {.per_page = route_is_api(c->route) ? 100 : 50, .page = 1};
    if (!call_query(c, "q", &q.q, e) || !call_query(c, "state", &q.state, e) || !call_query(c, "sort", &q.sort, e) ||
        !query_number(c, "page", 1000000, &q.page, e) || !query_number(c, "per_page", 1000, &q.per_page, e) || !read_where(c, t, &q, e))
        return false;
    if (q.sort.size > RECORD_SORT_MAX)
        return err_set(e, ERR_INVALID, "sort: no column is called that");
    *ret = q;
    return true;
}

struct str records_url(struct call *c, const struct record_type *t, const char *path, const char *changed, struct str value)
{
    static const char *const names[] = {"q", "state", "where", "sort", "page"};
    struct err ignored = {0};
    struct buf BUF_AUTO b;
    buf_init(&b, HTTP_TARGET_BYTES_MAX);
    buf_cstr(&b, path);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct str now = STR("");
        if (strcmp(names[i], changed) == 0)
            now = value;
        else if (strcmp(names[i], "page") != 0 && !call_query(c, names[i], &now, &ignored))
            now = STR("");
        if (now.size)
            http_query_add(&b, names[i], now);
    }
    for (size_t i = 0; i < t->field_count; i++) {
        const char *name = arena_printf(c->arena, "f.%s", t->fields[i].id).data;
        struct str now = STR("");
        if (strcmp(name, changed) == 0)
            now = value;
        else if (!call_query(c, name, &now, &ignored))
            now = STR("");
        if (now.size)
            http_query_add(&b, name, now);
    }
    return arena_str(c->arena, buf_view(&b));
}

/* ---- what is wanted ---- */

static void add_problem(struct record_wish *w, struct str field, struct str why)
{
    struct json *p = json_push_object(w->problems);
    json_put_str(p, "field", field);
    json_put_str(p, "why", why);
}

/* A copy that record_check may turn into its type, while what was typed stays as it is. */
static struct json *copy_typed(struct arena *a, const struct json *typed)
{
    if (typed->type != JSON_ARRAY)
        return json_new_str(a, typed->text);
    struct json *list = json_array(a);
    JSON_EACH (item, typed)
        json_push_str(list, item->text);
    return list;
}

static bool seal_files(struct call *c, const struct record_field *f, struct record_wish *w, struct json *list, struct err *e)
{
    const char *name = arena_printf(c->arena, "v.%s", f->id).data;
    for (size_t i = 0; i < c->form.count; i++) {
        const struct form_field *file = &c->form.fields[i];
        if (!file->is_file || !str_is(file->name, name) || (file->file_name.size == 0 && file->value.size == 0))
            continue;
        const char *why = NULL;
        const char *media = w->is_evidence ? upload_media_evidence(file->file_name, file->value, &why) : upload_media(file->file_name, file->value, &why);
        if (file->value.size == 0)
            why = "it is empty";
        if (file->value.size > RECORD_FILE_BYTES)
            why = "it is over 32 MiB";
        if (why) {
            add_problem(w, str_of(f->id), arena_printf(c->arena, "%.*s: %s", STR_ARGS(file->file_name), why));
            continue;
        }
        struct json *value;
        if (!record_seal_file(c->site->env, c->arena, file->file_name, media, file->value, &w->files[w->file_count], &value, e))
            return false;
        w->file_count++;
        json_push(list, value);
    }
    return true;
}

/* Files that are there stay unless they were unticked; new ones come behind them. */
static bool read_files(struct call *c, const struct record_field *f, struct record_wish *w, struct json *set, struct err *e)
{
    bool is_replaced = false; /* where there is room for one, a new one takes its place */
    for (size_t i = 0; f->max == 1 && i < c->form.count; i++)
        is_replaced |= c->form.fields[i].is_file && c->form.fields[i].value.size && str_starts(c->form.fields[i].name, "v.") && str_is(str_slice(c->form.fields[i].name, 2, c->form.fields[i].name.size), f->id);
    const char *keep = arena_printf(c->arena, "keep.%s", f->id).data;
    struct json *list = json_array(c->arena);
    JSON_EACH (there, w->current ? json_get(w->current->values, f->id) : NULL) {
        bool is_kept = false;
        for (size_t i = 0; i < c->form.count; i++)
            is_kept |= str_is(c->form.fields[i].name, keep) && str_equal(c->form.fields[i].value, json_text(there, "x"));
        if (!is_kept || is_replaced)
            continue;
        struct json *copy = json_push_object(list);
        JSON_EACH (member, there)
            json_put(copy, arena_str(c->arena, member->key).data,
                     member->type == JSON_NUMBER ? json_new_int(c->arena, member->integer) : json_new_str(c->arena, member->text));
    }
    if (!seal_files(c, f, w, list, e))
        return false;
    json_put(set, f->id, list);
    return true;
}

static struct json *typed_of(struct call *c, const struct record_field *f)
{
    const char *name = arena_printf(c->arena, "v.%s", f->id).data;
    bool is_list = f->type == FIELD_CHOICES || f->type == FIELD_REFERENCES;
    struct json *list = json_array(c->arena), *one = NULL;
    for (size_t i = 0; i < c->form.count; i++)
        if (!c->form.fields[i].is_file && str_is(c->form.fields[i].name, name) && c->form.fields[i].value.size) {
            one = json_new_str(c->arena, c->form.fields[i].value);
            json_push_str(list, one->text);
        }
    if (!is_list)
        return one ? one : json_new_str(c->arena, STR(""));
    if (list->count == 1 && str_find_char(list->first->text, ',') >= 0) /* ids typed in one field */
        return one;
    return list;
}

static bool read_fields(struct call *c, const struct record_type *t, struct record_wish *w, struct json *set, struct err *e)
{
    w->typed = json_object(c->arena);
    w->files = arena_array(c->arena, c->form.count + 1, sizeof(*w->files));
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        const char *has = arena_printf(c->arena, "has.%s", f->id).data;
        if (f->type == FIELD_COMPUTED || f->is_retired || !form_find(&c->form, has))
            continue;
        if (f->type == FIELD_FILES) {
            if (!read_files(c, f, w, set, e))
                return false;
            continue;
        }
        struct json *typed = json_put(w->typed, f->id, typed_of(c, f));
        struct json *value = copy_typed(c->arena, typed);
        struct str text = value->text;
        if (f->type == FIELD_INSTANT && text.size == 16 && text.data[10] == 'T') /* a datetime-local field, in UTC */
            value->text = arena_printf(c->arena, "%.*s:00Z", STR_ARGS(text));
        json_put(set, f->id, value);
    }
    return true;
}

static bool check(struct call *c, const struct record_type *t, struct record_wish *w, struct json *set, bool is_text, struct err *e)
{
    struct json *problems = record_check_of(c->view.db, c->arena, t, w->current, set, is_text, w->files, w->file_count, e);
    if (!problems)
        return false;
    JSON_EACH (p, problems)
        add_problem(w, json_text(p, "field"), json_text(p, "why"));
    return true;
}

/* Only what differs from the version that it was made from: what somebody else changed meanwhile stays theirs. */
static struct json *reduce(struct call *c, const struct record *base, struct json *set)
{
    return base ? record_reduce(c->arena, base, set) : set;
}

static bool read_base(struct call *c, const struct record_type *t, struct record_wish *w, struct err *e)
{
    int64_t version = 0, base = 0;
    if (!str_to_int64(form_value(&c->form, "version"), &version) || !str_to_int64(form_value(&c->form, "base"), &base) || version < 1 || base < 0)
        return err_set(e, ERR_INVALID, "the form does not say which version it was made from; load the page again");
    w->change.version = version;
    w->is_late = version != w->current->version;
    w->base = w->current;
    if (w->is_late) {
        w->base = record_get(c->view.db, c->arena, t, w->current->id, base, e);
        if (!w->base)
            return false;
    }
    return true;
}

/* The same form with the same content sent twice is one operation; anything else is another. */
void records_op_id(struct call *c, char ret_id[33])
{
    struct str op = form_value(&c->form, "op");
    uint8_t bytes[16];
    ret_id[0] = 0;
    if (!hex_decode(op, bytes, sizeof(bytes)))
        return;
    struct buf BUF_AUTO b;
    buf_init(&b, RECORD_FORM_BYTES);
    buf_str(&b, c->request->path);
    for (size_t i = 0; i < c->form.count; i++) {
        struct sha256 digest = sha256_of(c->form.fields[i].value);
        buf_str(&b, c->form.fields[i].name);
        buf_append(&b, digest.bytes, sizeof(digest.bytes));
    }
    struct sha256 all = sha256_of(buf_view(&b));
    char hex[2 * SHA256_SIZE + 1];
    hex_encode(all.bytes, SHA256_SIZE, hex);
    op_id_of(str_of(hex), ret_id);
}

bool records_wish_form(struct call *c, const struct record_type *t, struct record *current, struct record_wish *ret, struct err *e)
{
    struct record_wish *w = ret;
    *w = (struct record_wish){.problems = json_array(c->arena), .current = current, .is_evidence = strcmp(t->id, "evidence") == 0 || strcmp(t->id, "document") == 0};
    w->change = (struct record_change){.type = str_of(t->id), .act = current ? RECORD_CHANGE : RECORD_CREATE, .why = form_value(&c->form, "why")};
    records_op_id(c, w->op_id);
    if (current && !read_base(c, t, w, e))
        return false;
    w->change.id = current ? current->id : str_trim(form_value(&c->form, "id"));
    struct json *set = json_object(c->arena);
    if (!read_fields(c, t, w, set, e) || !check(c, t, w, set, true, e))
        return false;
    if (!current)
        json_put_str(w->typed, "id", w->change.id);
    w->change.set = reduce(c, w->base, set);
    w->change.files = w->files;
    w->change.file_count = w->file_count;
    return true;
}

/* ---- JSON ---- */

static bool read_if_match(struct call *c, struct record_wish *w, struct err *e)
{
    struct str match = str_trim(c->request->if_match);
    const struct json *version = json_get(c->json, "version");
    int64_t wanted = 0;
    if (str_is(match, "*")) {
        wanted = w->current->version;
    } else if (match.size) {
        struct str digits = str_starts(match, "\"") && match.size > 2 ? str_slice(match, 1, match.size - 1) : STR("");
        if (!str_to_int64(digits, &wanted) || wanted < 1)
            wanted = -1; /* some other tag: not this version */
    } else if (version && version->type == JSON_NUMBER && version->is_integer) {
        wanted = version->integer;
    } else if (version) {
        add_problem(w, STR("version"), STR("is a whole number"));
        wanted = w->current->version;
    } else {
        c->status = 428;
        return err_set(e, ERR_INVALID, "say which version is meant: If-Match: \"%lld\", or \"version\" in the body", (long long)w->current->version);
    }
    w->change.version = wanted;
    w->is_late = wanted != w->current->version;
    w->base = w->current;
    return true;
}

static const char *const members[] = {"values", "why", "version", "id", "transition", "step", "sure", "to"};

static void check_members(struct call *c, struct record_wish *w)
{
    JSON_EACH (m, c->json) {
        bool is_known = false;
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
            is_known |= str_is(m->key, members[i]);
        bool is_object = str_is(m->key, "values"), is_number = str_is(m->key, "version") || str_is(m->key, "to"), is_flag = str_is(m->key, "sure");
        if (!is_known)
            add_problem(w, m->key, STR("no such member is known here"));
        else if (is_object && m->type != JSON_OBJECT)
            add_problem(w, m->key, STR("is an object of fields"));
        else if (str_is(m->key, "to") && (m->type != JSON_NUMBER || !m->is_integer || m->integer < 0))
            add_problem(w, m->key, STR("is the leaf of a version"));
        else if (is_flag && m->type != JSON_BOOL)
            add_problem(w, m->key, STR("is true or false"));
        else if (!is_object && !is_number && !is_flag && m->type != JSON_STRING)
            add_problem(w, m->key, STR("is a text"));
    }
}

bool records_wish_json(struct call *c, const struct record_type *t, struct record *current, struct record_wish *ret, struct err *e)
{
    struct record_wish *w = ret;
    *w = (struct record_wish){.problems = json_array(c->arena), .current = current};
    w->change = (struct record_change){.type = str_of(t->id), .act = current ? RECORD_CHANGE : RECORD_CREATE};
    bool has_body = c->request->body.size > 0;
    if (has_body && !c->json) {
        c->status = 415;
        return err_set(e, ERR_UNSUPPORTED, "send application/json");
    }
    if (has_body && c->json->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "the body is a JSON object");
    if (current && !read_if_match(c, w, e))
        return false;
    check_members(c, w);
    w->change.why = json_text(c->json, "why");
    w->change.transition = json_text(c->json, "transition");
    w->change.is_sure = json_bool(c->json, "sure");
    w->change.id = current ? current->id : json_text(c->json, "id");
    struct json *set = (struct json *)(uintptr_t)json_get(c->json, "values");
    if (!set || set->type != JSON_OBJECT)
        set = json_object(c->arena);
    if (!current)
        record_defaults(t, set, c->access, c->now_ms);
    w->typed = set;
    if (!check(c, t, w, set, false, e))
        return false;
    w->change.set = set;
    return true;
}

/* ---- submitting ---- */

bool records_are_of_people(struct str type)
{
    static const char *const types[] = {"person", "device", "background_check", "lifecycle", "lifecycle_step", "account_extract", "system", "difference"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_is(type, types[i]))
            return true;
    return false;
}

/* What the schedule has something to do with as soon as it changed: files to look at, what is to be destroyed, what a control expects and who missed
 * it, the next of a task, who a campaign is for, the clocks of people. */
static bool is_awaited(struct str type)
{
    static const char *const types[] = {"evidence", "document", "policy_version", "disposition", "control", "occurrence", "holiday", "task", "campaign"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_is(type, types[i]))
            return true;
    return records_are_of_people(type);
}

bool records_submit_all(struct call *c, const struct record_change *changes, size_t count, const char *op_id, struct json **ret_answer, struct err *e)
{
    struct op op = {0};
    if (!record_op(c->site->env, c->arena, changes, count, c->access, &op, e))
        return false;
    if (op_id && *op_id)
        memcpy(op.id, op_id, sizeof(op.id));
    if (!keeper_link_submit(c->site->keeper, c->arena, &op, ret_answer, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (is_awaited(changes[i].type)) {
            records_tell_schedule(c);
            break;
        }
    for (size_t i = 0; i < count; i++)
        if (str_is(changes[i].type, "access_review") || str_is(changes[i].type, "access_line")) {
            records_advance_access(c);
            break;
        }
    return true;
}

bool records_submit(struct call *c, const struct record_wish *w, struct json **ret_answer, struct err *e)
{
    return records_submit_all(c, &w->change, 1, w->op_id, ret_answer, e);
}

struct str records_answer_id(const struct json *answer)
{
    return json_text(json_at(json_get(answer, "records"), 0), "id");
}

bool records_step_up(struct call *c)
{
    if (!call_step_up(c))
        return false;
    c->access->has_stepped_up = true;
    c->access->step = c->step;
    return true;
}
