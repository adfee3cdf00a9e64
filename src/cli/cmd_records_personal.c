/* cmd_records_personal.c - assay record personal PERSON: what is kept about somebody, to be handed out, or to be erased. */
#include "cli/cmd_records.h"

struct about {
    struct record_cli *r;
    struct str person;
    struct json *leaves, *records, *accounts;
    struct err e;
};

static bool has_personal(const struct record_type *t)
{
    for (size_t i = 0; i < t->field_count; i++)
        if (t->fields[i].is_personal)
            return true;
    return false;
}

/* Every change of the record, and which personal fields it set. */
static void put_leaves(struct about *x, const struct record_type *t, struct str id)
{
    struct arena *a = x->r->c->arena;
    DB_EACH (row, x->r->db, &x->e, "select leaf, version, is_erased, difference from record_change where type=?1 and id=?2 order by leaf", A(t->id), A(id)) {
        struct err ignored = {0};
        struct json *o = json_push_object(x->leaves), *fields;
        json_put_int(o, "leaf", db_int(row, 0));
        json_put_cstr(o, "type", t->id);
        json_put_str(o, "id", id);
        json_put_int(o, "version", db_int(row, 1));
        json_put_bool(o, "erased", db_int(row, 2) != 0);
        fields = json_put_array(o, "fields");
        JSON_EACH (d, json_parse(a, arena_str(a, db_text(row, 3)), JSON_LIMITS_DEFAULT, &ignored)) {
            const struct record_field *f = record_type_field(t, d->key);
            if (f && f->is_personal)
                json_push_str(fields, d->key);
        }
    }
}

static void put_record(struct about *x, const struct record_type *t, struct str id)
{
    struct err gone = {0};
    struct record *now = record_get(x->r->db, x->r->c->arena, t, id, INT64_MAX, &gone);
    put_leaves(x, t, id);
    if (!now)
        return;
    struct json *o = json_push_object(x->records);
    json_put_cstr(o, "type", t->id);
    json_put_str(o, "id", id);
    json_put_str(o, "state", now->state);
    json_put(o, "values", now->values);
}

/* Records of a type with personal fields that name the person, now or before. */
static void put_naming(struct about *x, const struct record_type *t)
{
    struct arena *a = x->r->c->arena;
    struct json *ids = json_array(a);
    for (size_t i = 0; i < t->field_count && !x->e.code; i++) {
        if (t->fields[i].type != FIELD_PERSON)
            continue;
        struct str sql = arena_printf(a, "select distinct id from %s_versions where \"%s\" = ?1 order by id", t->table, t->fields[i].id);
        DB_EACH (row, x->r->db, &x->e, sql.data, A(x->person)) {
            bool is_known = false;
            JSON_EACH (known, ids)
                is_known |= str_equal(known->text, db_text(row, 0));
            if (!is_known)
                json_push_str(ids, arena_str(a, db_text(row, 0)));
        }
    }
    JSON_EACH (id, ids)
        if (strcmp(t->id, "person") != 0 || !str_equal(id->text, x->person))
            put_record(x, t, id->text);
}

static void put_accounts(struct about *x)
{
    struct arena *a = x->r->c->arena;
    DB_EACH (row, x->r->db, &x->e, "select id, login, name, email, leaf from account where person=?1 order by login", A(x->person)) {
        struct json *o = json_push_object(x->accounts);
        static const char *const names[] = {"id", "login", "name", "email"};
        for (int i = 0; i < 4; i++)
            json_put_str(o, names[i], arena_str(a, db_text(row, i)));
        json_put_int(o, "leaf", db_int(row, 4));
    }
}

static int print(struct about *x)
{
    struct buf BUF_AUTO b, all;
    buf_init(&b, 16 << 20);
    buf_init(&all, 1 << 20);
    JSON_EACH (o, x->leaves) {
        buf_printf(&b, "leaf %lld  %.*s %.*s, version %lld%s", (long long)json_int(o, "leaf", -1), STR_ARGS(json_text(o, "type")), STR_ARGS(json_text(o, "id")),
                   (long long)json_int(o, "version", 0), json_bool(o, "erased") ? ", erased" : ":");
        JSON_EACH (f, json_get(o, "fields"))
            buf_printf(&b, " %.*s", STR_ARGS(f->text));
        buf_char(&b, '\n');
        if (!json_bool(o, "erased") && json_get(o, "fields")->count)
            buf_printf(&all, " %lld", (long long)json_int(o, "leaf", -1));
    }
    JSON_EACH (o, x->accounts)
        buf_printf(&b, "leaf %lld  account %.*s: login name email\n", (long long)json_int(o, "leaf", -1), STR_ARGS(json_text(o, "login")));
    if (all.size)
        buf_printf(&b, "to erase: assay erase%.*s --basis request --reason \"...\"\n", STR_ARGS(buf_view(&all)));
    return cli_print(buf_view(&b));
}

static int personal(struct record_cli *r, struct str id)
{
    struct about x = {.r = r, .person = id};
    struct arena *a = r->c->arena;
    const struct record_type *person = record_types_find(r->types, STR("person"));
    struct json *o = json_object(a);
    if (!person || !record_get(r->db, a, person, id, INT64_MAX, &x.e))
        return cli_fail(&x.e);
    json_put_str(o, "person", id);
    x.records = json_put_array(o, "records");
    x.accounts = json_put_array(o, "accounts");
    x.leaves = json_put_array(o, "leaves");
    put_record(&x, person, id);
    for (size_t i = 0; i < record_types_count(r->types) && !x.e.code; i++)
        if (has_personal(record_types_at(r->types, i)))
            put_naming(&x, record_types_at(r->types, i));
    put_accounts(&x);
    if (x.e.code)
        return cli_fail(&x.e);
    return r->c->json ? cli_print_json(o) : print(&x);
}

int records_personal(struct cli_context *c)
{
    struct err e = {0};
    struct record_cli r;
    if (c->argument_count != 2)
        return cli_wrong_use(c, "personal wants the id of a person");
    int status = record_cli_open(c, false, &r, &e) ? personal(&r, str_of(c->arguments[1])) : cli_fail(&e);
    records_close(&r);
    return status;
}
