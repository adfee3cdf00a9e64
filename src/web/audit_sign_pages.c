#include "web/audit_sign.h"

#include "assess/audit_sign.h"
#include "pages.h"
#include "report/view_sheets.h"
#include "web/page_kinds.h"

const struct page page_kind_audit_sign = {.nav = "audit", .render = page_audit_sign};

static struct str signed_text(struct call *c)
{
    return c->json ? json_text(c->json, "signed") : form_value(&c->form, "signed");
}

static bool is_wanted_as_file(struct call *c)
{
    return !c->json && str_is(form_value(&c->form, "as"), "file");
}

/* The form that was sent, to be sent again with the signature. */
static void fields_put(struct call *c, struct json *v)
{
    static const char *const left_out[] = {"csrf", "signed", "as"};
    struct json *list = json_put_array(v, "fields");
    for (size_t i = 0; i < c->form.count; i++) {
        const struct form_field *field = &c->form.fields[i];
        bool is_left_out = str_starts(field->name, "step_") || field->is_file;
        for (size_t k = 0; k < sizeof(left_out) / sizeof(left_out[0]); k++)
            is_left_out |= str_is(field->name, left_out[k]);
        if (is_left_out)
            continue;
        struct json *o = json_push_object(list);
        json_put_str(o, "name", field->name);
        json_put_str(o, "value", field->value);
    }
}

static bool statement_show(struct call *c, const struct auditor_key *k, struct str statement, struct str back, struct err *e)
{
    struct json *v = json_object(c->arena);
    json_put_cstr(v, "title", "Sign it with your key");
    json_put_str(v, "statement", statement);
    json_put_str(v, "key", k->vkey);
    if (route_is_api(c->route))
        return call_json(c, v, e);
    if (is_wanted_as_file(c)) {
        call_bytes(c, "text/plain; charset=utf-8", statement);
        c->response->disposition = STR("attachment; filename=\"statement.txt\"");
        return true;
    }
    json_put_str(v, "action", c->request->target);
    json_put_str(v, "back", back);
    json_put_cstr(v, "key_name", k->key.name);
    fields_put(c, v);
    return show_page(c, &page_kind_audit_sign, v, 200, e);
}

bool audit_sign_ask(struct call *c, struct record_change *change, struct str back, bool *ret_is_answered, struct err *e)
{
    struct auditor_key k;
    struct str statement, typed = signed_text(c);
    struct leaf_source leaves = view_leaf_source(&c->view);
    if (!auditor_key_of(c->view.db, c->arena, c->access->person, &k, e))
        return false;
    if (k.leaf < 0 || change->signature.size)
        return true;
    if (str_trim(typed).size && !is_wanted_as_file(c))
        return auditor_signed_take(c->arena, typed, change, e);
    if (!auditor_statement_of(c->view.db, c->arena, &leaves, c->access, c->now_ms, change, &statement, e))
        return false;
    if (statement.size == 0 || !k.is_in_force) /* the keeper says what is the matter with it */
        return true;
    *ret_is_answered = true;
    return statement_show(c, &k, statement, back, e);
}
