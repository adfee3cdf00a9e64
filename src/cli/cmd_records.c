/* cmd_records.c - assay record types, list, show, history, export: records as they are, or were at --at. */
#include "cli/cmd_records.h"

#include "base/times.h"
#include "cli/open_view.h"

bool record_cli_begin(struct cli_context *c, struct record_cli *ret, struct err *e)
{
    *ret = (struct record_cli){.c = c, .now_ms = env_now_ms(c->env), .leaf_limit = INT64_MAX, .data = {.fd = -1}};
    if (!data_dir_open(&ret->data, c->data_dir, e)) {
        ret->data.fd = -1;
        return false;
    }
    ret->db = data_dir_projection(&ret->data, e);
    ret->types = ret->db ? record_types_open(ret->db, e) : NULL;
    return ret->types && access_read(ret->db, c->arena, STR("local:admin"), ret->now_ms, &ret->access, e);
}

bool record_cli_open(struct cli_context *c, bool with_type, struct record_cli *ret, struct err *e)
{
    int64_t at_ms;
    *ret = (struct record_cli){.data = {.fd = -1}};
    if (!cli_instant(c, "at", &at_ms, e) || !record_cli_begin(c, ret, e))
        return false;
    if (at_ms) {
        struct err failed = {0};
        ret->leaf_limit = record_leaf_at(ret->db, at_ms, &failed);
        if (failed.code)
            return (*e = failed, false);
    }
    if (!with_type)
        return true;
    ret->type = c->argument_count > 1 ? record_types_find(ret->types, str_of(c->arguments[1])) : NULL;
    return ret->type || err_set(e, c->argument_count > 1 ? ERR_NOT_FOUND : ERR_INVALID, "record type %s: there is none (assay record types)",
                                c->argument_count > 1 ? c->arguments[1] : "is missing");
}

void records_close(struct record_cli *r)
{
    record_types_close(r->types);
    if (r->db)
        db_close(r->db);
    if (r->data.fd >= 0)
        data_dir_close(&r->data);
}

static struct json *record_json(struct arena *a, const struct record *r)
{
    struct json *o = json_object(a);
    json_put_cstr(o, "type", r->type->id);
    json_put_str(o, "title", record_title(r));
    json_put_str(o, "id", r->id);
    json_put_int(o, "version", r->version);
    json_put_str(o, "state", r->state);
    json_put_int(o, "leaf", r->leaf);
    json_put_int(o, "changed", r->t);
    json_put_str(o, "changed_by", r->changed_by);
    json_put_int(o, "created", r->created_t);
    json_put_str(o, "created_by", r->created_by);
    json_put_bool(o, "is_deleted", r->is_deleted);
    json_put(o, "values", r->values);
    return o;
}

static int show_types(struct record_cli *r)
{
    struct arena *a = r->c->arena;
    struct json *list = json_array(a);
    struct buf BUF_AUTO b;
    struct err e = {0};
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < record_types_count(r->types); i++) {
        const struct record_type *t = record_types_at(r->types, i);
        int64_t n = 0;
        JSON_EACH (state, record_counts(r->db, a, t, &e))
            n += state->integer;
        if (e.code)
            return cli_fail(&e);
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", t->id);
        json_put_cstr(o, "label", t->label);
        json_put_cstr(o, "room", t->room);
        json_put_cstr(o, "table", t->table);
        json_put_int(o, "version", t->version);
        json_put_int(o, "count", n);
        put_padded(&b, str_of(t->id), 18);
        buf_printf(&b, " %8lld  ", (long long)n);
        put_padded(&b, str_of(t->table), 20);
        buf_printf(&b, " %s\n", t->labels);
    }
    return r->c->json ? cli_print_json(list) : cli_print(buf_view(&b));
}

/* ---- list ---- */

struct printing {
    struct record_cli *r;
    struct json *list;
    struct buf b;
};

static const struct record_state *state_of(const struct record *r)
{
    return record_type_state(r->type, r->state);
}

static bool row_put(void *context, const struct record *record, struct err *e)
{
    struct printing *p = context;
    const struct record_state *state = state_of(record);
    if (p->r->c->json) {
        json_push(p->list, record_json(p->r->c->arena, record));
        return true;
    }
    put_padded(&p->b, record->id, 12);
    buf_char(&p->b, ' ');
    put_padded(&p->b, state ? str_of(state->label) : record->state, 18);
    buf_char(&p->b, ' ');
    put_padded(&p->b, record_title(record), 60);
    const struct record_field *due = record_type_field(record->type, str_of(record->type->due_field ? record->type->due_field : ""));
    const struct record_field *owner = record_type_field(record->type, str_of(record->type->owner_field ? record->type->owner_field : ""));
    const struct json *values = record->values;
    if (owner)
        buf_printf(&p->b, " %.*s", STR_ARGS(record_value_text(p->r->c->arena, owner, json_get(values, owner->id))));
    if (due)
        buf_printf(&p->b, " %.*s", STR_ARGS(record_value_text(p->r->c->arena, due, json_get(values, due->id))));
    buf_char(&p->b, '\n');
    return !p->b.full || err_set(e, ERR_LIMIT, "too much for one page: --limit");
}

static struct record_query query_of(struct record_cli *r)
{
    struct cli_context *c = r->c;
    int64_t page = 1, limit = 50;
    struct record_query q = {.q = str_of(cli_option(c, "find")),
                             .state = str_of(cli_option(c, "state")),
                             .where = str_of(cli_option(c, "where")),
                             .sort = str_of(cli_option(c, "sort")),
                             .leaf_limit = r->leaf_limit,
                             .access = &r->access,
                             .now_ms = r->now_ms};
    if (cli_option(c, "page") && (!str_to_int64(str_of(cli_option(c, "page")), &page) || page < 1))
        page = 1;
    if (cli_option(c, "limit") && (!str_to_int64(str_of(cli_option(c, "limit")), &limit) || limit < 1 || limit > 1000))
        limit = 50;
    q.page = page;
    q.per_page = limit;
    return q;
}

static int show_list(struct record_cli *r)
{
    struct err e = {0};
    struct record_query q = query_of(r);
    struct printing p = {.r = r, .list = json_array(r->c->arena)};
    int64_t total = 0;
    buf_init(&p.b, 8 << 20);
    int status;
    if (!record_list(r->db, r->c->arena, r->type, &q, row_put, &p, &total, &e)) {
        status = cli_fail(&e);
    } else if (r->c->json) {
        struct json *o = json_object(r->c->arena);
        json_put_int(o, "total", total);
        json_put_int(o, "page", q.page);
        json_put(o, "rows", p.list);
        status = cli_print_json(o);
    } else {
        if (total > q.page * q.per_page)
            buf_printf(&p.b, "%lld in all; --page %lld\n", (long long)total, (long long)q.page + 1);
        else if (total == 0)
            buf_printf(&p.b, "no %s\n", r->type->labels);
        status = cli_print(buf_view(&p.b));
    }
    buf_release(&p.b);
    return status;
}

static int show_export(struct record_cli *r)
{
    struct err e = {0};
    struct record_query q = query_of(r);
    struct buf BUF_AUTO b;
    buf_init(&b, 512 << 20);
    if (!record_csv_write(r->db, r->c->arena, r->type, &q, &b, &e))
        return cli_fail(&e);
    return cli_print(buf_view(&b));
}

/* ---- one ---- */

/* Whoever runs the machine does not thereby see what is for named people alone (at least not here). */
static bool may_read(const struct record_cli *r, const struct record *record, struct err *e)
{
    return access_matches(&r->access, &r->type->may_read, record) ||
           err_set(e, ERR_NOT_FOUND, "%s %.*s: there is none that the local administrator may read", r->type->id, STR_ARGS(record->id));
}

static int show_one(struct record_cli *r, struct str id)
{
    struct err e = {0};
    struct arena *a = r->c->arena;
    struct record *record = record_get(r->db, a, r->type, id, r->leaf_limit, &e);
    struct buf BUF_AUTO b;
    buf_init(&b, 4 << 20);
    if (!record || !may_read(r, record, &e))
        return cli_fail(&e);
    if (r->c->json)
        return cli_print_json(record_json(a, record));
    const struct record_state *state = state_of(record);
    buf_printf(&b, "%s %.*s: %.*s\n", r->type->label, STR_ARGS(record->id), STR_ARGS(record_title(record)));
    buf_printf(&b, "%s, version %lld, leaf %lld, by %.*s%s\n\n", state ? state->label : record->state.data, (long long)record->version, (long long)record->leaf,
               STR_ARGS(record->changed_by), record->is_deleted ? ", deleted" : "");
    for (size_t i = 0; i < r->type->field_count; i++) {
        const struct record_field *f = &r->type->fields[i];
        const struct json *v = json_get(record->values, f->id);
        if (!v)
            continue;
        put_padded(&b, str_of(f->id), 20);
        buf_printf(&b, " %.*s\n", STR_ARGS(record_value_text(a, f, v)));
    }
    return cli_print(buf_view(&b));
}

static int show_history(struct record_cli *r, struct str id)
{
    struct err e = {0};
    struct arena *a = r->c->arena;
    const struct record *record = record_get(r->db, a, r->type, id, r->leaf_limit, &e);
    struct json *history = record && may_read(r, record, &e) ? record_history(r->db, a, r->type, id, r->leaf_limit, &e) : NULL;
    struct buf BUF_AUTO b;
    buf_init(&b, 16 << 20);
    if (!history)
        return cli_fail(&e);
    if (r->c->json)
        return cli_print_json(history);
    JSON_EACH (change, history) {
        char at[TIME_TEXT_SIZE];
        struct str transition = json_text(change, "transition"), why = json_text(change, "why");
        buf_printf(&b, "%s  version %lld  %.*s%s%.*s  by %.*s  (leaf %lld)%s%.*s\n", time_format(json_int(change, "t", 0), at), (long long)json_int(change, "version", 0),
                   STR_ARGS(json_text(change, "act")), transition.size ? " " : "", STR_ARGS(transition), STR_ARGS(json_text(change, "actor")),
                   (long long)json_int(change, "leaf", -1), why.size ? "  " : "", STR_ARGS(why));
        JSON_EACH (d, json_get(change, "diff")) {
            const struct record_field *f = record_type_field(r->type, json_text(d, "field"));
            struct record_field unknown = {.type = FIELD_TEXT};
            f = f ? f : &unknown;
            buf_printf(&b, "    %.*s: %.*s -> %.*s\n", STR_ARGS(json_text(d, "field")), STR_ARGS(record_value_text(a, f, json_get(d, "old"))),
                       STR_ARGS(record_value_text(a, f, json_get(d, "new"))));
        }
        if (json_bool(change, "erased"))
            buf_cstr(&b, "    what it said is erased\n");
    }
    return cli_print(buf_view(&b));
}

/* ---- which ---- */

static const char *const verbs[] = {"types", "type", "list", "show", "history", "export", "import", "apply", "personal", "add", "change", "move", "delete", "undo"};

bool records_is_verb(const char *verb)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verb, verbs[i]) == 0)
            return true;
    return false;
}

static int read_only(struct cli_context *c)
{
    struct err e = {0};
    struct record_cli r;
    const char *verb = c->arguments[0];
    int status;
    bool is_types = strcmp(verb, "types") == 0, is_one = strcmp(verb, "show") == 0 || strcmp(verb, "history") == 0;
    if (c->argument_count != (is_types ? 1 : is_one ? 3 : 2))
        return cli_wrong_use(c, "%s wants %s", verb, is_types ? "nothing more" : is_one ? "TYPE ID" : "TYPE");
    if (!record_cli_open(c, !is_types, &r, &e)) {
        records_close(&r);
        return cli_fail(&e);
    }
    if (is_types)
        status = show_types(&r);
    else if (is_one)
        status = verb[0] == 's' ? show_one(&r, str_of(c->arguments[2])) : show_history(&r, str_of(c->arguments[2]));
    else
        status = verb[0] == 'l' ? show_list(&r) : show_export(&r);
    records_close(&r);
    return status;
}

int records_run(struct cli_context *c)
{
    const char *verb = c->arguments[0];
    if (strcmp(verb, "add") == 0)
        return records_add(c);
    if (strcmp(verb, "change") == 0)
        return records_change(c, RECORD_CHANGE);
    if (strcmp(verb, "move") == 0)
        return records_change(c, RECORD_MOVE);
    if (strcmp(verb, "delete") == 0)
        return records_change(c, RECORD_DELETE);
    if (strcmp(verb, "undo") == 0)
        return records_change(c, RECORD_UNDO);
    if (strcmp(verb, "import") == 0)
        return records_import(c);
    if (strcmp(verb, "apply") == 0)
        return records_apply(c);
    if (strcmp(verb, "personal") == 0)
        return records_personal(c);
    return strcmp(verb, "type") == 0 ? records_type_add(c) : read_only(c);
}
