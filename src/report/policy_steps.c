/* What is done with policies that is more than one record's change: taking over, freezing, putting in force, reviewing, signing. */
#include "assess/calendar.h"
#include "base/times.h"
#include "content/placeholder.h"
#include "crypto/crypto.h"
#include "report/policy_book.h"
#include "report/view_documents.h"
#include "report/view_internal.h"
#include "report/view_parameters.h"
#include "report/view_record_internal.h"

/* ---- texts ---- */

struct record *policy_version_read(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("policy_version"));
    struct record *version = t ? record_get(v->db, v->arena, t, id, view_record_limit(v), e) : NULL;
    if (version && version->is_deleted)
        return err_set(e, ERR_NOT_FOUND, "%.*s: is deleted", STR_ARGS(id)), NULL;
    return version;
}

static struct str value_of(const struct record *r, const char *field)
{
    struct str s = json_text(r->values, field);
    return s.data ? s : STR("");
}

static bool is_frozen(const struct record *version)
{
    return !str_is(version->state, "draft") && value_of(version, "digest").size;
}

static const struct json *document_of(const struct record *version)
{
    return json_at(json_get(version->values, "document"), 0);
}

struct str policy_version_text(struct view *v, const struct record *version)
{
    return is_frozen(version) ? value_of(version, "rendered") : view_text(v, value_of(version, "text"));
}

struct str policy_version_words(struct view *v, const struct record *version)
{
    const struct json *document = document_of(version);
    struct str words;
    if (!document)
        return policy_version_text(v, version);
    return document_text_open(v, json_text(document, "x"), &words) ? words : STR("");
}

struct str policy_digest(struct view *v, const struct record *version)
{
    char hex[65];
    const struct json *document = document_of(version);
    struct str text = policy_version_text(v, version);
    if (document)
        return json_text(document, "digest");
    if (text.size == 0)
        return STR("");
    struct sha256 digest = sha256_of(text);
    hex_encode(digest.bytes, SHA256_SIZE, hex);
    return arena_str(v->arena, str_of(hex));
}

struct json *policy_parameters(struct view *v, struct str text)
{
    struct json *o = json_object(v->arena);
    struct str name;
    while (placeholder_next(&text, NULL, &name)) {
        const struct parameter *p = content_parameter(name);
        if (p && !json_get(o, p->name))
            json_put_str(o, p->name, parameter_text(v->arena, p, view_parameter_value(v, p)));
    }
    return o;
}

struct json *policy_drift(struct view *v, const struct record *version)
{
    struct json *list = json_array(v->arena);
    struct err ignored = {0};
    struct json *then = value_of(version, "parameters").size ? json_parse(v->arena, value_of(version, "parameters"), JSON_LIMITS_DEFAULT, &ignored) : NULL;
    JSON_EACH (value, then) {
        const struct parameter *p = content_parameter(value->key);
        struct str now = p ? parameter_text(v->arena, p, view_parameter_value(v, p)) : STR("");
        if (!p || value->type != JSON_STRING || str_equal(now, value->text))
            continue;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "name", p->name);
        json_put_cstr(o, "label", p->label);
        json_put_str(o, "then", value->text);
        json_put_str(o, "now", now);
        json_put_str(o, "url", arena_printf(v->arena, "/parameters/%s", p->name));
    }
    return list;
}

/* ---- taking over ---- */

size_t policy_take(struct view *v, const struct policy *library, struct json *set, struct record_change ret[POLICY_CHANGES_MAX])
{
    struct json *first = json_object(v->arena);
    json_put_cstr(set, "title", library->title);
    json_put_cstr(set, "purpose", library->purpose);
    ret[0] = (struct record_change){.type = STR("policy"), .id = str_of(library->id), .act = RECORD_CREATE, .set = set, .why = STR("taken over from the library")};
    json_put_cstr(first, "policy", library->id);
    json_put_int(first, "number", 1);
    json_put_cstr(first, "title", library->title);
    json_put_cstr(first, "text", library->text);
    json_put_bool(first, "is_material", true);
    json_put_cstr(first, "what_changed", "The first version.");
    ret[1] = (struct record_change){.type = STR("policy_version"), .act = RECORD_CREATE, .set = first, .why = STR("the library's words")};
    return 2;
}

/* ---- freezing ---- */

bool policy_submit(struct view *v, const struct view_records *r, struct str version_id, struct str why, struct record_change *ret, struct err *e)
{
    struct record *version = policy_version_read(v, r, version_id, e);
    const struct record_type *types = record_types_find(r->types, STR("policy"));
    struct record *policy = version && types ? record_get(v->db, v->arena, types, value_of(version, "policy"), INT64_MAX, e) : NULL;
    if (!policy)
        return false;
    if (!str_is(version->state, "draft"))
        return err_set(e, ERR_CONFLICT, "%.*s is no draft: what was sent is decided on as it is", STR_ARGS(version_id));
    struct str text = view_text(v, value_of(version, "text")), digest = policy_digest(v, version);
    if (digest.size == 0)
        return err_set(e, ERR_INVALID, "text: there is nothing to approve yet; write the text, or add the document");
    struct json *set = json_object(v->arena), *parameters = policy_parameters(v, value_of(version, "text"));
    struct buf BUF_AUTO b;
    buf_init(&b, 64 << 10);
    if (!json_write_canonical(&b, parameters, e))
        return false;
    if (document_of(version)) {
        json_put_null(set, "rendered");
        json_put_null(set, "parameters");
    } else {
        json_put_str(set, "rendered", text);
        json_put_str(set, "parameters", arena_str(v->arena, buf_view(&b)));
    }
    json_put_str(set, "digest", digest);
    int64_t approvals = json_int(policy->values, "approvals", 1);
    json_put_int(set, "approvals", approvals > 1 ? approvals : 1);
    const struct json *approvers = json_get(policy->values, "approvers");
    struct json *list = json_put_array(set, "approvers");
    JSON_EACH (person, approvers)
        json_push_str(list, person->text);
    *ret = (struct record_change){.type = STR("policy_version"), .id = version->id, .act = RECORD_MOVE, .version = version->version, .transition = STR("submit"),
                                  .set = record_reduce(v->arena, version, set), .why = why};
    return true;
}

/* ---- in force ---- */

static struct str next_review(struct view *v, const struct record *policy, int64_t today)
{
    struct str cadence = value_of(policy, "cadence");
    const struct parameter *p = content_parameter(STR("policy_review_cadence"));
    if (cadence.size == 0 && p)
        cadence = view_parameter_value(v, p);
    enum cadence k = cadence_of(arena_str(v->arena, cadence).data);
    return day_text(v->arena, cadence_next(k == CADENCE_NONE ? CADENCE_ANNUAL : k, today));
}

/* What is in force now goes; without a version in force the policy begins. */
static size_t former_put(struct view *v, const struct record_type *t, const struct record *policy, struct str version_id, struct record_change *ret, struct err *e)
{
    size_t count = 0;
    (void)t;
    DB_EACH (row, v->db, e, "select id, version from policy_versions_versions where policy = ?1 and state = 'in_force' and to_leaf is null and is_deleted = 0 and id <> ?2 limit 2", A(policy->id), A(version_id))
        ret[count++] = (struct record_change){.type = STR("policy_version"), .id = arena_str(v->arena, db_text(row, 0)), .act = RECORD_MOVE, .version = db_int(row, 1),
                                              .transition = STR("supersede"), .set = json_object(v->arena), .why = STR("a later version takes its place")};
    return count;
}

size_t policy_publish(struct view *v, const struct view_records *r, struct str version_id, int64_t today, struct record_change ret[POLICY_CHANGES_MAX], struct err *e)
{
    struct record *version = policy_version_read(v, r, version_id, e);
    const struct record_type *types = record_types_find(r->types, STR("policy"));
    struct record *policy = version && types ? record_get(v->db, v->arena, types, value_of(version, "policy"), INT64_MAX, e) : NULL;
    if (!policy)
        return 0;
    struct str not_before = value_of(version, "not_before"), digest = policy_digest(v, version);
    if (!str_is(version->state, "approved"))
        return err_set(e, ERR_CONFLICT, "%.*s is not approved", STR_ARGS(version_id)), 0;
    if (!str_equal(digest, value_of(version, "digest")))
        return err_set(e, ERR_CONFLICT, "%.*s: its text is not the one whose digest was approved; send it back and approve it again", STR_ARGS(version_id)), 0;
    if (str_is(policy->state, "retired"))
        return err_set(e, ERR_CONFLICT, "%.*s is retired: take it up again first", STR_ARGS(policy->id)), 0;
    if (not_before.size && str_compare(not_before, day_text(v->arena, today)) > 0)
        return err_set(e, ERR_CONFLICT, "not_before: it comes into force by itself on %.*s; to do it now, send it back and take that day away", STR_ARGS(not_before)), 0;
    struct json *set = json_object(v->arena);
    size_t count = 1;
    ret[0] = (struct record_change){.type = STR("policy_version"), .id = version->id, .act = RECORD_MOVE, .version = version->version, .transition = STR("publish"), .set = json_object(v->arena)};
    count += former_put(v, types, policy, version->id, &ret[count], e);
    if (e->code)
        return 0;
    bool begins = str_is(policy->state, "draft");
    json_put_str(set, "review_on", next_review(v, policy, today));
    json_put_str(set, "title", value_of(version, "title"));
    set = record_reduce(v->arena, policy, set);
    if (begins || set->count)
        ret[count++] = (struct record_change){.type = STR("policy"), .id = policy->id, .act = begins ? RECORD_MOVE : RECORD_CHANGE, .version = policy->version,
                                              .transition = begins ? STR("begin") : STR(""), .set = set, .why = arena_printf(v->arena, "version %lld is published", (long long)json_int(version->values, "number", 0))};
    return count;
}

bool policy_reviewed(struct view *v, const struct view_records *r, struct str id, struct str why, int64_t today, struct record_change *ret, struct err *e)
{
    const struct record_type *types = record_types_find(r->types, STR("policy"));
    struct record *policy = types ? record_get(v->db, v->arena, types, id, INT64_MAX, e) : NULL;
    if (!policy)
        return false;
    struct json *set = json_object(v->arena);
    json_put_str(set, "review_on", next_review(v, policy, today));
    *ret = (struct record_change){.type = STR("policy"), .id = policy->id, .act = RECORD_MOVE, .version = policy->version, .transition = STR("reviewed"),
                                  .set = record_reduce(v->arena, policy, set), .why = why};
    return true;
}

/* ---- signing ---- */

bool policy_sign(struct view *v, const struct view_records *r, struct str person, struct str version_id, struct str digest, struct record_change *ret, bool *ret_is_signed,
                 struct err *e)
{
    struct record *version = policy_version_read(v, r, version_id, e);
    if (!version)
        return false;
    if (person.size == 0)
        return err_set(e, ERR_INVALID, "person: your account is not joined to a person record; whoever keeps the accounts does that");
    if (!str_is(version->state, "in_force"))
        return err_set(e, ERR_CONFLICT, "%.*s is not in force: read and sign the one that is", STR_ARGS(version_id));
    if (!str_equal(digest, value_of(version, "digest")))
        return err_set(e, ERR_CONFLICT, "digest: what you were shown is not what is in force; load the page again");
    if (!str_equal(policy_digest(v, version), digest))
        return err_set(e, ERR_CORRUPT, "%.*s: its text is not the one that was approved; tell the compliance lead", STR_ARGS(version_id));
    *ret_is_signed = db_one_int(v->db, e, 0, "select count(*) from acknowledgements_versions where person = ?1 and policy_version = ?2 and digest = ?3 and to_leaf is null and is_deleted = 0",
                                A(person), A(version_id), A(digest)) > 0;
    if (e->code)
        return false;
    struct json *set = json_object(v->arena);
    json_put_str(set, "person", person);
    json_put_str(set, "policy_version", version->id);
    json_put_str(set, "digest", digest);
    *ret = (struct record_change){.type = STR("acknowledgement"), .act = RECORD_CREATE, .set = set};
    return true;
}
