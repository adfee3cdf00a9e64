/* Receipts: that somebody approved or signed something, as a page to print and as JSON to keep. Everything in it can be checked from the ledger. */
#include "content/placeholder.h"
#include "crypto/crypto.h"
#include "ledger/ledger.h"
#include "report/gap_book.h"
#include "report/view_internal.h"
#include "report/view_parameters.h"
#include "report/view_policies.h"
#include "report/view_record_internal.h"

struct change_row {
    struct str type, id, act, transition, actor, step, from, to, why;
    int64_t version, t;
    bool is_there;
};

const char *factor_words(struct str step, struct str actor)
{
    static const char *const known[][2] = {{"passkey", "a passkey"},         {"password", "the password again"}, {"totp", "a code of the authenticator"},
                                           {"recovery", "a recovery code"},  {"link", "a one-time link"},        {"token", "an API token"},
                                           {"session", "the session alone"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_is(step, known[i][0]))
            return known[i][1];
    return str_is(actor, "local:admin") ? "the machine's own command line" : str_starts(actor, "system:") ? "the program itself" : "the session alone";
}

static bool change_read(struct view *v, int64_t leaf, struct change_row *ret, struct err *e)
{
    *ret = (struct change_row){0};
    DB_EACH (row, v->db, e, "select type, id, act, transition, actor, step, from_state, to_state, why, version, t from record_change where leaf = ?1 and is_erased = 0", A(leaf)) {
        struct str *texts[] = {&ret->type, &ret->id, &ret->act, &ret->transition, &ret->actor, &ret->step, &ret->from, &ret->to, &ret->why};
        for (int i = 0; i < 9; i++)
            *texts[i] = arena_str(v->arena, db_text(row, i));
        ret->version = db_int(row, 9);
        ret->t = db_int(row, 10);
        ret->is_there = true;
    }
    return e->code == ERR_NONE;
}

static struct str field_text(const struct record *r, const char *field)
{
    struct str s = json_text(r->values, field);
    return s.data ? s : STR("");
}

/* The policy's text by its own digest; any other record by the digest of all it says, as a line of canonical JSON. */
static bool digest_put(struct view *v, struct json *page, const struct record *r, struct err *e)
{
    struct str own = field_text(r, "digest");
    if ((strcmp(r->type->id, "policy_version") == 0 || strcmp(r->type->id, "acknowledgement") == 0) && own.size == 64) {
        json_put_str(page, "digest", own);
        json_put_cstr(page, "digest_words", "SHA-256 of the policy's text (or document), byte for byte");
        return true;
    }
    struct json *o = json_object(v->arena);
    struct buf BUF_AUTO b;
    buf_init(&b, 2 << 20);
    json_put_str(o, "id", r->id);
    json_put_cstr(o, "type", r->type->id);
    json_put(o, "values", r->values);
    if (!json_write_canonical(&b, o, e))
        return false;
    struct sha256 digest = sha256_of(buf_view(&b));
    json_put_hex(page, "digest", digest.bytes, SHA256_SIZE);
    json_put_cstr(page, "digest_words", "SHA-256 of the record as it was then: canonical JSON {\"id\",\"type\",\"values\"}");
    return true;
}

static bool policy_put(struct view *v, const struct view_records *r, struct json *page, const struct record *record, struct err *e)
{
    bool is_signature = strcmp(record->type->id, "acknowledgement") == 0;
    struct str id = is_signature ? field_text(record, "policy_version") : strcmp(record->type->id, "policy_version") == 0 ? record->id : STR("");
    struct record *version = id.size ? policy_version_read(v, r, id, e) : NULL;
    if (e->code)
        return false;
    if (!version)
        return json_put_null(page, "policy"), true;
    struct json *o = json_put_object(page, "policy");
    int64_t number = json_int(version->values, "number", 0);
    json_put_str(o, "id", field_text(version, "policy"));
    json_put_str(o, "title", field_text(version, "title"));
    json_put_int(o, "number", number);
    json_put_str(o, "version_id", version->id);
    json_put_str(o, "digest", field_text(version, "digest"));
    json_put_str(o, "url", arena_printf(v->arena, "/policies/%.*s/versions/%lld", STR_ARGS(field_text(version, "policy")), (long long)number));
    return true;
}

/* The person of the account that did it. */
static struct str person_of(struct view *v, struct str actor, struct err *e)
{
    struct str id = str_slice(actor, 8, actor.size);
    return str_starts(actor, "account:") ? db_one_text(v->arena, v->db, e, "select person from account where id = ?1", A(id)) : STR("");
}

static void who_put(struct view *v, struct json *page, const struct record *record, const struct change_row *c, struct err *e)
{
    struct str by = person_of(v, c->actor, e), person = strcmp(record->type->id, "acknowledgement") == 0 ? field_text(record, "person") : by;
    json_put(page, "by", actor_new(v, c->actor));
    if (person.size)
        put_person(v, page, "person", person);
    else
        json_put_null(page, "person");
    json_put_bool(page, "is_entered", person.size && !(by.size && str_equal(by, person)));
    json_put_str(page, "elsewhere", field_text(record, "elsewhere"));
    json_put_str(page, "factor", c->step);
    json_put_cstr(page, "factor_words", factor_words(c->step, c->actor));
}

static const char *state_label(const struct record_type *t, struct str id)
{
    const struct record_state *s = record_type_state(t, id);
    return s ? s->label : "";
}

static bool is_receipt(const struct record_type *t, const struct change_row *c)
{
    const struct record_transition *move = record_type_transition(t, c->transition);
    bool is_step = str_is(c->act, "move") || str_is(c->act, "vote");
    return (is_step && move && move->needs_step_up) || (strcmp(t->id, "acknowledgement") == 0 && str_is(c->act, "create"));
}

/* ---- changes of parameters that took two people ---- */

static bool parameter_digest_put(struct json *page, struct str name, struct str value, int64_t proposal, struct err *e)
{
    struct json *o = json_object(page->arena);
    struct buf BUF_AUTO b;
    buf_init(&b, 64 << 10);
    json_put_str(o, "id", name);
    json_put_int(o, "proposal", proposal);
    json_put_cstr(o, "type", "parameter");
    json_put_str(o, "value", value);
    if (!json_write_canonical(&b, o, e))
        return false;
    struct sha256 digest = sha256_of(buf_view(&b));
    json_put_hex(page, "digest", digest.bytes, SHA256_SIZE);
    json_put_cstr(page, "digest_words", "SHA-256 of what was decided: canonical JSON {\"id\",\"proposal\",\"type\",\"value\"}, proposal: the leaf that proposes it");
    return true;
}

static bool parameter_put(struct view *v, struct json *page, struct db_row *row, struct err *e)
{
    struct arena *a = v->arena;
    struct str name = arena_str(a, db_text(row, 1)), value = arena_str(a, db_text(row, 2)), by = arena_str(a, db_text(row, 6)), step = arena_str(a, db_text(row, 9));
    const struct parameter *p = content_parameter(name);
    bool is_approved = db_int(row, 7) != 0;
    json_put_cstr(page, "kind", "approval");
    json_put_cstr(page, "type", "parameter");
    json_put_cstr(page, "type_label", "Parameter");
    json_put_str(page, "id", name);
    json_put_str(page, "name", arena_printf(a, "%s: %.*s", p ? p->label : "", STR_ARGS(p ? parameter_text(a, p, value) : value)));
    json_put_str(page, "url", arena_printf(a, "/parameters/%.*s", STR_ARGS(name)));
    json_put_int(page, "version", 0);
    json_put_cstr(page, "step", is_approved ? "approve" : "refuse");
    json_put_cstr(page, "step_label", is_approved ? "Approved" : "Refused");
    json_put_bool(page, "is_vote", false);
    json_put_int(page, "quorum", 1);
    json_put_cstr(page, "from", "Proposed");
    json_put_cstr(page, "to", is_approved ? "In force" : "Refused");
    put_time(v, page, "at", db_int(row, 5));
    json_put_str(page, "why", arena_str(a, db_text(row, 8)));
    json_put(page, "by", actor_new(v, by));
    struct str person = person_of(v, by, e);
    if (person.size)
        put_person(v, page, "person", person);
    else
        json_put_null(page, "person");
    json_put_bool(page, "is_entered", false);
    json_put_cstr(page, "elsewhere", "");
    json_put_str(page, "factor", step);
    json_put_cstr(page, "factor_words", factor_words(step, by));
    json_put_null(page, "policy");
    struct json *proposal = json_put_object(page, "proposal");
    json_put_int(proposal, "leaf", db_int(row, 0));
    json_put(proposal, "by", actor_new(v, arena_str(a, db_text(row, 3))));
    json_put_str(proposal, "why", arena_str(a, db_text(row, 4)));
    return parameter_digest_put(page, name, value, db_int(row, 0), e);
}

static struct json *receipt_new(struct view *v, int64_t leaf, struct json **ret_proof, struct err *e)
{
    struct json *page = page_new(v, arena_printf(v->arena, "Receipt %lld", (long long)leaf), e), *proof = page ? view_leaf(v, (uint64_t)leaf, e) : NULL;
    if (!proof)
        return NULL;
    json_put_cstr(page, "format", "assay/receipt@v1");
    json_put_int(page, "leaf", leaf);
    json_put_str(page, "leaf_url", arena_printf(v->arena, "/ledger/%lld", (long long)leaf));
    json_put_str(page, "json_url", arena_printf(v->arena, "/api/v1/receipts/%lld", (long long)leaf));
    json_put_str(page, "origin", json_text(json_get(page, "nav"), "origin"));
    *ret_proof = (struct json *)(uintptr_t)json_get(proof, "proof");
    return page;
}

struct json *view_parameter_receipt(struct view *v, int64_t leaf, struct err *e)
{
    struct json *page = NULL, *proof = NULL;
    DB_EACH (row, v->db, e,
             "select leaf, name, value, actor, reason, decided_t, decided_by, is_approved, decided_reason, coalesce(decided_step, '') from parameter_proposal where decided_leaf = ?1 and ?1 <= ?2",
             A(leaf), A(v->leaf_limit)) {
        page = receipt_new(v, leaf, &proof, e);
        if (!page || !parameter_put(v, page, row, e))
            return NULL;
    }
    if (page)
        json_put(page, "proof", proof);
    else if (!e->code)
        err_set(e, ERR_NOT_FOUND, "receipt %lld: there is none", (long long)leaf);
    return page;
}

/* ---- approvals and signatures ---- */

struct json *view_receipt(struct view *v, const struct view_records *r, int64_t leaf, struct err *e)
{
    struct change_row c;
    if (leaf < 0 || leaf > v->leaf_limit || !change_read(v, leaf, &c, e))
        return e->code ? NULL : (err_set(e, ERR_NOT_FOUND, "receipt %lld: there is none", (long long)leaf), NULL);
    const struct record_type *t = c.is_there ? record_types_find(r->types, c.type) : NULL;
    struct record *record = t ? record_get(v->db, v->arena, t, c.id, leaf, e) : NULL;
    struct record *now = record ? record_get(v->db, v->arena, t, c.id, view_record_limit(v), e) : NULL;
    if (e->code && e->code != ERR_NOT_FOUND)
        return NULL;
    if (!now || !is_receipt(t, &c) || !(r->access && access_matches(r->access, &t->may_read, now))) {
        err_set(e, ERR_NOT_FOUND, "receipt %lld: this leaf is no approval and no signature that you may see", (long long)leaf);
        return NULL;
    }
    bool is_signature = strcmp(t->id, "acknowledgement") == 0;
    const struct record_transition *move = record_type_transition(t, c.transition);
    struct json *proof, *page = receipt_new(v, leaf, &proof, e);
    if (!page)
        return NULL;
    json_put_cstr(page, "kind", is_signature ? "signature" : "approval");
    json_put_str(page, "type", c.type);
    json_put_cstr(page, "type_label", t->label);
    json_put_str(page, "id", c.id);
    json_put_str(page, "name", record_title(record));
    json_put_str(page, "url", record_url(v, t->id, c.id));
    json_put_int(page, "version", c.version);
    json_put_str(page, "step", c.transition);
    json_put_cstr(page, "step_label", is_signature ? "Read and signed" : move->label);
    json_put_bool(page, "is_vote", str_is(c.act, "vote"));
    json_put_int(page, "quorum", move ? record_quorum(record, move) : 1);
    json_put_cstr(page, "from", state_label(t, c.from));
    json_put_cstr(page, "to", state_label(t, c.to));
    put_time(v, page, "at", c.t);
    json_put_str(page, "why", c.why);
    who_put(v, page, record, &c, e);
    if (e->code || !digest_put(v, page, record, e) || !policy_put(v, r, page, record, e))
        return NULL;
    json_put_null(page, "proposal");
    json_put(page, "proof", proof);
    return page;
}
