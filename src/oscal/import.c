/* import.c - what a file of others would change: requirements from a catalog, gaps and deviations from assessment results. */
#include "oscal/oscal.h"

#include "assess/program.h"
#include "base/times.h"
#include "content/content.h"
#include "crypto/crypto.h"

#include <ctype.h>
#include <stdlib.h>

struct import {
    struct view *v;
    struct arena *arena;
    struct oscal_import *out;
    const struct json **crosswalk; /* of content_criteria, read when first needed */
    struct err *e;
};

static struct record_change *change_add(struct import *i, const char *type, enum record_act act, struct str id, int64_t version)
{
    struct record_change *c = &i->out->changes[i->out->count++];
    *c = (struct record_change){.type = str_of(type), .act = act, .id = id, .version = version, .set = json_object(i->arena)};
    c->why = arena_printf(i->arena, "from OSCAL %s \"%.*s\", uuid %.*s", oscal_model_name(i->out->document.model),
                          STR_ARGS(i->out->document.title), STR_ARGS(i->out->document.uuid));
    return c;
}

static void row_put(struct import *i, struct str pointer, const char *type, struct str id, const char *act, struct str title,
                    struct str why)
{
    struct json *o = json_push_object(i->out->rows);
    json_put_str(o, "pointer", pointer);
    json_put_cstr(o, "type", type);
    json_put_str(o, "id", id);
    json_put_cstr(o, "act", act);
    json_put_str(o, "title", title);
    json_put_str(o, "why", why);
    i->out->taken += strcmp(act, "new") == 0 || strcmp(act, "change") == 0;
    i->out->same += strcmp(act, "same") == 0;
}

static void left_put(struct import *i, int64_t count, const char *words)
{
    if (count > 0)
        json_push_str(i->out->left, arena_printf(i->arena, "%lld %s", (long long)count, words));
}

/* ---- the crosswalk, the other way round ---- */

/* What its ids look like in the crosswalk; NULL: a framework that it does not know. */
static const char *framework_key(struct str title)
{
    static const char *const known[][2] = {{"800-53", "nist_800_53r5"},
                                           {"Cybersecurity Framework", "nist_csf_2"},
                                           {"27001", "iso27001_2022"},
                                           {"Cloud Controls Matrix", "ccm4"}};
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
        if (str_contains(title, known[k][0]))
            return known[k][1];
    return NULL;
}

static void crosswalk_read(struct import *i)
{
    struct err ignored = {0};
    i->crosswalk = arena_array(i->arena, content_criterion_count + 1, sizeof *i->crosswalk);
    for (size_t k = 0; k < content_criterion_count; k++)
        i->crosswalk[k] = json_parse(i->arena, str_of(content_criteria[k].crosswalk_json), JSON_LIMITS_DEFAULT, &ignored);
}

static void criteria_put(struct import *i, struct json *set, const char *key, struct str id)
{
    struct json *list = json_array(i->arena);
    if (!i->crosswalk)
        crosswalk_read(i);
    for (size_t k = 0; key && k < content_criterion_count; k++) {
        bool is_near = false;
        JSON_EACH (other, json_get(i->crosswalk[k], key))
            is_near |= str_equal(other->text, id);
        if (is_near)
            json_push_str(list, str_of(content_criteria[k].id));
    }
    if (list->count)
        json_put(set, "criteria", list);
}

/* "ac-2.1" → "AC-2". */
static struct str base_control(struct import *i, struct str id)
{
    struct str head = id;
    str_cut(&id, '.', &head);
    char *out = arena_strndup(i->arena, head.data, head.size);
    for (size_t k = 0; k < head.size; k++)
        out[k] = (char)toupper((unsigned char)out[k]);
    return str_make(out, head.size);
}

/* ---- catalog ---- */

struct known {
    struct str key, id;
    int64_t version;
    struct str fields[5]; /* title, number, family, statement, guidance */
};
static const char *const known_fields[5] = {"title", "number", "family", "statement", "guidance"};

static int known_compare(const void *one, const void *two)
{
    return str_compare(((const struct known *)one)->key, ((const struct known *)two)->key);
}

static struct known *known_load(struct import *i, size_t *ret_count)
{
    struct known *list = NULL;
    size_t count = 0, capacity = 0;
    DB_EACH (row, i->v->db, i->e,
             "select outside_key, id, version, title, number, coalesce(family, ''), coalesce(statement, ''), coalesce(guidance, "
             "'') from requirements where framework = ?1",
             A(i->out->document.title)) {
        list = arena_grow(i->arena, list, count, &capacity, sizeof *list);
        struct known *k = &list[count++];
        *k = (struct known){
            .key = arena_str(i->arena, db_text(row, 0)), .id = arena_str(i->arena, db_text(row, 1)), .version = db_int(row, 2)};
        for (int f = 0; f < 5; f++)
            k->fields[f] = arena_str(i->arena, db_text(row, 3 + f));
    }
    if (count)
        qsort(list, count, sizeof *list, known_compare);
    *ret_count = count;
    return list;
}

/* A criterion keeps the words that the program has for it. */
static void criterion_take(struct import *i, const struct oscal_control *c, const struct criterion *ours)
{
    bool is_same = str_is(c->title, ours->title);
    row_put(i, c->pointer, "criterion", str_of(ours->id), is_same ? "same" : "left", c->title,
            is_same ? STR("") : STR("the program's own words for it stay"));
}

static void control_take(struct import *i, const struct oscal_control *c, const struct known *all, size_t count)
{
    struct known wanted = {.key = arena_printf(i->arena, "%.*s: %.*s", STR_ARGS(i->out->document.title), STR_ARGS(c->id)),
                           .fields = {c->title, c->label, c->group, c->statement, c->guidance}};
    const struct known *there = count ? bsearch(&wanted, all, count, sizeof wanted, known_compare) : NULL;
    struct json *set = json_object(i->arena);
    for (int f = 0; f < 5; f++)
        if (there ? !str_equal(there->fields[f], wanted.fields[f]) : wanted.fields[f].size > 0) {
            if (wanted.fields[f].size)
                json_put_str(set, known_fields[f], wanted.fields[f]);
            else
                json_put_null(set, known_fields[f]);
        }
    if (there && set->count == 0) {
        row_put(i, c->pointer, "requirement", there->id, "same", c->title, STR(""));
        return;
    }
    struct record_change *change = change_add(i, "requirement", there ? RECORD_CHANGE : RECORD_CREATE,
                                              there ? there->id : STR(""), there ? there->version : 0);
    change->set = set;
    if (!there) {
        const char *key = framework_key(i->out->document.title);
        json_put_str(set, "framework", i->out->document.title);
        json_put_str(set, "outside_key", wanted.key);
        criteria_put(i, set, key, key && strcmp(key, "nist_800_53r5") == 0 ? base_control(i, c->id) : c->id);
    }
    row_put(i, c->pointer, "requirement", there ? there->id : STR(""), there ? "change" : "new", c->title, STR(""));
}

static bool catalog_take(struct import *i)
{
    const struct oscal_document *d = &i->out->document;
    size_t count;
    int64_t withdrawn = 0;
    const struct known *all = known_load(i, &count);
    for (size_t k = 0; k < d->control_count && !i->e->code; k++) {
        const struct oscal_control *c = &d->controls[k];
        const struct criterion *ours = c->is_criterion ? content_criterion(c->label) : NULL;
        withdrawn += c->is_withdrawn;
        if (ours)
            criterion_take(i, c, ours);
        else if (!c->is_withdrawn)
            control_take(i, c, all, count);
    }
    left_put(i, withdrawn, "withdrawn controls");
    left_put(i, d->parameters, "parameters of controls (their names stand in the statements)");
    left_put(i, d->links, "links between controls");
    left_put(i, d->parts, "parts that are neither statement nor guidance");
    return i->e->code == ERR_NONE;
}

/* ---- assessment results ---- */

/* The file as evidence: there already by its digest, or the first change. */
static bool evidence_take(struct import *i, const struct env *env, struct str name, struct str text, struct str *ret_id)
{
    const struct oscal_document *d = &i->out->document;
    char hex[65], today[TIME_TEXT_SIZE];
    int64_t at_ms;
    struct sha256 digest = sha256_of(text);
    hex_encode(digest.bytes, sizeof digest.bytes, hex);
    struct str there = db_one_text(i->arena, i->v->db, i->e,
                                   "select f.id from record_file f join evidence_items e on e.id = f.id where f.type = "
                                   "'evidence' and f.digest = ?1 and f.to_leaf is null order by f.id limit 1",
                                   A(&hex[0]));
    if (i->e->code)
        return false;
    if (there.size) {
        *ret_id = there;
        return true;
    }
    struct json *file;
    struct op_blob *blob = ARENA_NEW(i->arena, struct op_blob);
    if (!record_seal_file(env, i->arena, name, "application/json", text, blob, &file, i->e))
        return false;
    struct record_change *c = change_add(i, "evidence", RECORD_CREATE, STR(""), 0);
    struct str from = d->from, to = d->to;
    time_format_date(i->v->now_ms, today);
    if (from.size != 10 || !time_parse(from, 0, &at_ms))
        from = arena_printf(i->arena, "%s", today);
    if (to.size != 10 || !time_parse(to, 0, &at_ms) || str_compare(to, from) < 0)
        to = from;
    json_put_str(c->set, "title", d->title);
    json_push(json_put_array(c->set, "files"), file);
    json_put_cstr(c->set, "kind", "report");
    json_put_str(
        c->set, "source",
        arena_printf(i->arena, "OSCAL assessment results, uuid %.*s, version %.*s", STR_ARGS(d->uuid), STR_ARGS(d->version)));
    json_put_str(c->set, "period_from", from);
    json_put_str(c->set, "period_to", to);
    c->files = blob;
    c->file_count = 1;
    *ret_id = STR("new:1");
    row_put(i, STR("/assessment-results"), "evidence", STR(""), "new", d->title, STR("the file itself"));
    return true;
}

static bool control_is_ours(struct import *i, struct str id)
{
    return id.size && (content_control(id) ||
                       db_one_int(i->v->db, i->e, 0, "select count(*) from control_records where id = ?1", A(id)) > 0);
}

static struct str key_of(struct import *i, const struct oscal_finding *f)
{
    return arena_printf(i->arena, "oscal:%.*s", STR_ARGS(f->uuid));
}

static struct str known_as(struct import *i, struct str key)
{
    return db_one_text(i->arena, i->v->db, i->e,
                       "select id from gap_records where outside_key = ?1 union select id from deviations where outside_key = ?1",
                       A(key));
}

static void due_put(struct json *set, const struct oscal_finding *f)
{
    int64_t at_ms;
    if (f->due.size == 10 && time_parse(f->due, 0, &at_ms))
        json_put_str(set, "due_on", f->due);
}

static void deviation_take(struct import *i, const struct oscal_finding *f, struct str evidence)
{
    struct record_change *c = change_add(i, "deviation", RECORD_CREATE, STR(""), 0);
    json_put_str(c->set, "title", f->title);
    json_put_str(c->set, "control", f->control);
    json_put_str(c->set, "effect", f->text);
    json_push_str(json_put_array(c->set, "evidence"), evidence);
    json_put_str(c->set, "outside_key", key_of(i, f));
    due_put(c->set, f);
    row_put(i, f->pointer, "deviation", STR(""), "new", f->title, f->control);
}

static void gap_take(struct import *i, const struct oscal_finding *f, struct str evidence)
{
    struct record_change *c = change_add(i, "gap", RECORD_CREATE, STR(""), 0);
    struct str upper = base_control(i, f->target), whole = arena_str(i->arena, f->target);
    for (size_t k = 0; k < whole.size; k++)
        ((char *)(uintptr_t)whole.data)[k] = (char)toupper((unsigned char)whole.data[k]);
    json_put_str(c->set, "title", f->title);
    json_put_cstr(c->set, "kind", "operation");
    json_put_int(c->set, "impact", f->is_severe ? 3 : 2);
    json_put_int(c->set, "likelihood", 2);
    json_put_cstr(c->set, "effort", "m");
    json_put_cstr(c->set, "source", "import");
    json_put_str(c->set, "plan", f->text);
    json_put_str(c->set, "found_in", evidence);
    json_put_str(c->set, "outside_key", key_of(i, f));
    due_put(c->set, f);
    if (content_criterion(whole))
        json_push_str(json_put_array(c->set, "criteria"), whole);
    else
        criteria_put(i, c->set, "nist_800_53r5", upper);
    row_put(i, f->pointer, "gap", STR(""), "new", f->title, f->target);
}

static bool results_take(struct import *i, const struct env *env, struct str name, struct str text)
{
    const struct oscal_document *d = &i->out->document;
    struct str evidence;
    int64_t satisfied = 0;
    if (!evidence_take(i, env, name, text, &evidence))
        return false;
    for (size_t k = 0; k < d->finding_count && !i->e->code; k++) {
        const struct oscal_finding *f = &d->findings[k];
        if (f->is_satisfied && !f->has_open_risk) {
            satisfied++;
            continue;
        }
        struct str there = known_as(i, key_of(i, f));
        if (there.size)
            row_put(i, f->pointer, str_starts(there, "DEV") ? "deviation" : "gap", there, "same", f->title, STR(""));
        else if (control_is_ours(i, f->control))
            deviation_take(i, f, evidence);
        else
            gap_take(i, f, evidence);
    }
    left_put(i, satisfied, "findings that are satisfied, without an open risk");
    return i->e->code == ERR_NONE;
}

/* New records get what their type says by default, and the ids by which they name each other. */
static bool changes_finish(struct import *i, struct record_types *types, const struct access *access)
{
    struct oscal_import *out = i->out;
    for (size_t k = 0; k < out->count; k++) {
        const struct record_type *t = record_types_find(types, out->changes[k].type);
        if (!t)
            return err_set(i->e, ERR_NOT_FOUND, "there are no records of the type %.*s", STR_ARGS(out->changes[k].type));
        if (out->changes[k].act == RECORD_CREATE)
            record_defaults(t, out->changes[k].set, access, i->v->now_ms);
    }
    return record_number(i->v->db, i->arena, out->changes, out->count, i->e);
}

bool oscal_import_read(struct view *v, struct record_types *types, const struct access *access, const struct env *env,
                       struct str name, struct str text, struct oscal_import *ret, struct err *e)
{
    struct err inner = {0};
    struct import i = {.v = v, .arena = v->arena, .out = ret, .e = &inner};
    *ret = (struct oscal_import){.rows = json_array(v->arena), .left = json_array(v->arena)};
    bool ok = oscal_document_read(v->arena, text, &ret->document, &inner);
    if (ok) {
        ret->changes = arena_array(v->arena, ret->document.control_count + ret->document.finding_count + 1, sizeof *ret->changes);
        ok = (ret->document.model == OSCAL_CATALOG ? catalog_take(&i) : results_take(&i, env, name, text)) &&
             changes_finish(&i, types, access);
    }
    if (!ok)
        *e = inner;
    return ok;
}

struct json *oscal_import_json(struct arena *a, const struct oscal_import *i, bool is_dry)
{
    struct json *v = json_object(a);
    json_put_bool(v, "is_dry_run", is_dry);
    json_put_cstr(v, "model", oscal_model_name(i->document.model));
    json_put_str(v, "title", i->document.title);
    json_put_int(v, "taken", (int64_t)i->taken);
    json_put_int(v, "same", (int64_t)i->same);
    json_put(v, "rows", i->rows);
    json_put(v, "left", i->left);
    return v;
}
