/* read.c - catalogs and assessment results as others write them. What is wrong is named by its JSON pointer. */
#include "oscal/oscal.h"

#include <stdlib.h>

enum {
    NODES_MAX = 2 << 20,
    CONTROLS_MAX = 9000, /* with the rest of an import below the changes of one operation */
    FINDINGS_MAX = 5000,
    PARAMETERS_MAX = 2000, /* of one control */
    ID_MAX = 100,
    TITLE_MAX = 300,
    FINDING_TITLE_MAX = 500,
    PROSE_MAX = 20000,
    POINTER_MAX = 480
};

struct reader {
    struct arena *arena;
    struct oscal_document *doc;
    struct err *e;
    size_t capacity;
    char pointer[POINTER_MAX];
    size_t pointer_size;
};

/* ---- where we are ---- */

static size_t enter(struct reader *r, const char *key)
{
    size_t was = r->pointer_size, size = strlen(key);
    if (was + size + 2 < POINTER_MAX) {
        r->pointer[was] = '/';
        memcpy(r->pointer + was + 1, key, size + 1);
        r->pointer_size = was + size + 1;
    }
    return was;
}

static size_t enter_item(struct reader *r, const char *key, size_t index)
{
    char number[24];
    size_t was = enter(r, key);
    snprintf(number, sizeof number, "%zu", index);
    enter(r, number);
    return was;
}

static void leave(struct reader *r, size_t was)
{
    r->pointer_size = was;
    r->pointer[was] = '\0';
}

static bool fail(struct reader *r, const char *key, const char *why)
{
    size_t was = key ? enter(r, key) : r->pointer_size;
    err_set(r->e, ERR_INVALID, "%s: %s", r->pointer[0] ? r->pointer : "/", why);
    leave(r, was);
    return false;
}

static struct str here(struct reader *r)
{
    return arena_str(r->arena, str_make(r->pointer, r->pointer_size));
}

/* ---- members ---- */

/* NULL in *ret: it is not there. */
static bool list_get(struct reader *r, const struct json *v, const char *key, const struct json **ret)
{
    *ret = json_get(v, key);
    if (*ret && (*ret)->type != JSON_ARRAY)
        return fail(r, key, "is no array");
    size_t i = 0;
    JSON_EACH (item, *ret) {
        if (item->type != JSON_OBJECT) {
            size_t was = enter_item(r, key, i);
            fail(r, NULL, "is no object");
            leave(r, was);
            return false;
        }
        i++;
    }
    return true;
}

static bool text_get(struct reader *r, const struct json *v, const char *key, bool is_needed, size_t max, struct str *ret)
{
    const struct json *m = json_get(v, key);
    *ret = STR("");
    if (!m)
        return !is_needed || fail(r, key, "is missing");
    if (m->type != JSON_STRING)
        return fail(r, key, "is no text");
    *ret = str_trim(m->text);
    if (is_needed && ret->size == 0)
        return fail(r, key, "is empty");
    return ret->size <= max || fail(r, key, arena_printf(r->arena, "is over %zu bytes", max).data);
}

static bool title_get(struct reader *r, const struct json *v, size_t max, struct str *ret)
{
    if (!text_get(r, v, "title", true, max, ret))
        return false;
    for (size_t i = 0; i < ret->size; i++)
        if ((unsigned char)ret->data[i] < ' ' || ret->data[i] == 0x7f)
            return fail(r, "title", "has to be one line");
    return true;
}

static bool is_uuid(struct str s)
{
    static const char form[] = "xxxxxxxx-xxxx-vxxx-xxxx-xxxxxxxxxxxx";
    for (size_t i = 0; i < sizeof form - 1; i++) {
        char c = i < s.size ? s.data[i] : ' ';
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (form[i] == '-' ? c != '-' : form[i] == 'v' ? c != '4' && c != '5' : !is_hex)
            return false;
    }
    return s.size == sizeof form - 1;
}

static bool uuid_get(struct reader *r, const struct json *v, const char *key, struct str *ret)
{
    return text_get(r, v, key, true, 100, ret) && (is_uuid(*ret) || fail(r, key, "is no UUID of version 4 or 5"));
}

/* A token begins with a letter or "_" and has no white space. Letters beyond ASCII are taken as they are. */
static bool id_get(struct reader *r, const struct json *v, const char *key, struct str *ret)
{
    if (!text_get(r, v, key, true, ID_MAX, ret))
        return false;
    for (size_t i = 0; i < ret->size; i++) {
        unsigned char c = (unsigned char)ret->data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (!is_letter && (i == 0 || !((c >= '0' && c <= '9') || c == '.' || c == '-')))
            return fail(r, key, "is no token: letters, digits, \".\", \"-\" and \"_\", a letter or \"_\" first");
    }
    return true;
}

/* The value of a property; `class` NULL: without one. Empty: there is none. */
static struct str property(const struct json *v, const char *name, const char *class)
{
    JSON_EACH (p, json_get(v, "props"))
        if (str_is(json_text(p, "name"), name) && (class ? str_is(json_text(p, "class"), class) : !json_get(p, "class")))
            return str_trim(json_text(p, "value"));
    return STR("");
}

static bool properties_check(struct reader *r, const struct json *v)
{
    const struct json *list;
    size_t i = 0;
    if (!list_get(r, v, "props", &list))
        return false;
    JSON_EACH (p, list) {
        struct str name, value;
        size_t was = enter_item(r, "props", i++);
        bool ok = text_get(r, p, "name", true, 200, &name) && text_get(r, p, "value", true, PROSE_MAX, &value);
        leave(r, was);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- prose ---- */

static struct str parameter_words(const struct json *control, struct str id)
{
    JSON_EACH (p, json_get(control, "params"))
        if (str_equal(json_text(p, "id"), id)) {
            const struct json *value = json_at(json_get(p, "values"), 0);
            return value && value->text.size    ? value->text
                   : json_text(p, "label").size ? json_text(p, "label")
                                                : STR("to be chosen");
        }
    return id;
}

/* "{{ insert: param, ac-1_prm_1 }}" becomes "[frequency]". */
static void prose_put(struct buf *b, const struct json *control, struct str text)
{
    ptrdiff_t at;
    while (!b->full && (at = str_find(text, STR("{{"))) >= 0) {
        struct str rest = str_slice(text, (size_t)at + 2, text.size);
        ptrdiff_t end = str_find(rest, STR("}}"));
        struct str inside = end < 0 ? STR("") : str_trim(str_slice(rest, 0, (size_t)end)), kind;
        if (end < 0 || !str_starts(inside, "insert:") || !str_cut(&inside, ',', &kind)) {
            buf_str(b, str_slice(text, 0, (size_t)at + 2));
            text = rest;
            continue;
        }
        buf_str(b, str_slice(text, 0, (size_t)at));
        buf_printf(b, "[%.*s]", STR_ARGS(parameter_words(control, str_trim(inside))));
        text = str_slice(rest, (size_t)end + 2, rest.size);
    }
    buf_str(b, text);
}

static void part_put(struct buf *b, const struct json *control, const struct json *part, int depth)
{
    struct str label = property(part, "label", NULL), prose = str_trim(json_text(part, "prose"));
    if (prose.size) {
        if (b->size)
            buf_char(b, '\n');
        if (label.size && depth > 0)
            buf_printf(b, "%*s%.*s ", (depth - 1) * 2, "", STR_ARGS(label));
        prose_put(b, control, prose);
    }
    JSON_EACH (p, json_get(part, "parts"))
        if (!b->full)
            part_put(b, control, p, depth + 1);
}

static bool parts_check(struct reader *r, const struct json *v)
{
    const struct json *list;
    size_t i = 0;
    if (!list_get(r, v, "parts", &list))
        return false;
    JSON_EACH (p, list) {
        struct str name, prose;
        size_t was = enter_item(r, "parts", i++);
        bool ok = text_get(r, p, "name", true, 200, &name) && text_get(r, p, "prose", false, OSCAL_BYTES_MAX, &prose) &&
                  properties_check(r, p) && parts_check(r, p);
        leave(r, was);
        if (!ok)
            return false;
    }
    return true;
}

/* All parts of one name, one below the other. */
static bool prose_get(struct reader *r, const struct json *control, const char *name, struct str *ret)
{
    struct buf BUF_AUTO b;
    buf_init(&b, PROSE_MAX);
    JSON_EACH (p, json_get(control, "parts"))
        if (str_is(json_text(p, "name"), name) && !str_is(json_text(p, "class"), "evidence"))
            part_put(&b, control, p, 0);
    if (b.full)
        return fail(r, "parts", arena_printf(r->arena, "its %s is over %d bytes", name, PROSE_MAX).data);
    *ret = arena_str(r->arena, str_trim(buf_view(&b)));
    return true;
}

/* ---- catalog ---- */

/* NIST's first catalog of its Cybersecurity Framework 2.0 lists what version 1.1 had and 2.0 has not; nothing but the lack of
 * examples tells. */
static bool has_ghosts(const struct json *catalog)
{
    const struct json *metadata = json_get(catalog, "metadata");
    return str_is(property(metadata, "framework-version-identifier", NULL), "CSF_2_0_0") &&
           str_is(json_text(metadata, "version"), "1.0.0");
}

static bool controls_read(struct reader *r, const struct json *owner, struct str group, bool ghosts);

static bool control_read(struct reader *r, const struct json *v, struct str group, bool ghosts)
{
    struct oscal_document *d = r->doc;
    const struct json *params, *links;
    struct oscal_control c = {.pointer = here(r), .group = group};
    if (d->control_count == CONTROLS_MAX)
        return err_set(r->e, ERR_TOO_LARGE, "%s: more than %d controls", r->pointer, CONTROLS_MAX);
    if (!id_get(r, v, "id", &c.id) || !title_get(r, v, TITLE_MAX, &c.title) || !properties_check(r, v) ||
        !list_get(r, v, "params", &params) || !list_get(r, v, "links", &links) || !parts_check(r, v))
        return false;
    if (params && params->count > PARAMETERS_MAX)
        return fail(r, "params", "are too many");
    if (!prose_get(r, v, "statement", &c.statement) || !prose_get(r, v, "guidance", &c.guidance))
        return false;
    c.label = property(v, "label", NULL);
    c.label = c.label.size && c.label.size <= ID_MAX ? c.label : c.id;
    c.is_criterion = str_is(json_text(v, "class"), "criterion");
    c.is_withdrawn =
        str_is(property(v, "status", NULL), "withdrawn") || str_is(property(v, "status", NULL), "Withdrawn") ||
        (ghosts && str_is(json_text(v, "class"), "subcategory") && (!json_get(v, "parts") || json_get(v, "parts")->count < 2));
    d->parameters += params ? (int64_t)params->count : 0;
    d->links += links ? (int64_t)links->count : 0;
    JSON_EACH (p, json_get(v, "parts"))
        d->parts += !str_is(json_text(p, "name"), "statement") && !str_is(json_text(p, "name"), "guidance");
    d->controls = arena_grow(r->arena, d->controls, d->control_count, &r->capacity, sizeof c);
    d->controls[d->control_count++] = c;
    return controls_read(r, v, c.title, ghosts);
}

static bool controls_read(struct reader *r, const struct json *owner, struct str group, bool ghosts)
{
    const struct json *list;
    size_t i = 0;
    if (!list_get(r, owner, "controls", &list))
        return false;
    JSON_EACH (v, list) {
        size_t was = enter_item(r, "controls", i++);
        bool ok = control_read(r, v, group, ghosts);
        leave(r, was);
        if (!ok)
            return false;
    }
    return true;
}

static bool groups_read(struct reader *r, const struct json *owner, bool ghosts)
{
    const struct json *list;
    size_t i = 0;
    if (!list_get(r, owner, "groups", &list))
        return false;
    JSON_EACH (g, list) {
        struct str title;
        size_t was = enter_item(r, "groups", i++);
        bool ok = title_get(r, g, TITLE_MAX, &title) && controls_read(r, g, title, ghosts) && groups_read(r, g, ghosts);
        leave(r, was);
        if (!ok)
            return false;
    }
    return true;
}

static int by_id(const void *one, const void *two)
{
    const struct oscal_control *const *a = one, *const *b = two;
    return str_compare((*a)->id, (*b)->id);
}

static bool ids_check(struct reader *r)
{
    struct oscal_document *d = r->doc;
    const struct oscal_control **sorted = arena_array(r->arena, d->control_count + 1, sizeof *sorted);
    for (size_t i = 0; i < d->control_count; i++)
        sorted[i] = &d->controls[i];
    if (d->control_count)
        qsort(sorted, d->control_count, sizeof *sorted, by_id);
    for (size_t i = 1; i < d->control_count; i++)
        if (str_equal(sorted[i - 1]->id, sorted[i]->id)) {
            const struct oscal_control *later = sorted[i - 1] > sorted[i] ? sorted[i - 1] : sorted[i];
            return err_set(r->e, ERR_INVALID, "%.*s/id: \"%.*s\" is the id of another control, too", STR_ARGS(later->pointer),
                           STR_ARGS(later->id));
        }
    return true;
}

static bool catalog_read(struct reader *r, const struct json *v)
{
    bool ghosts = has_ghosts(v);
    return controls_read(r, v, STR(""), ghosts) && groups_read(r, v, ghosts) &&
           (r->doc->control_count > 0 || fail(r, NULL, "has no control")) && ids_check(r);
}

/* ---- assessment results ---- */

struct by_uuid {
    struct str uuid;
    const struct json *v;
};

static int uuid_compare(const void *one, const void *two)
{
    const struct by_uuid *a = one, *b = two;
    return str_compare(a->uuid, b->uuid);
}

/* The members of a list by their uuid; title and description are looked at. */
static bool index_make(struct reader *r, const struct json *result, const char *key, struct by_uuid **ret, size_t *ret_count)
{
    const struct json *list;
    struct str text;
    size_t n = 0;
    if (!list_get(r, result, key, &list))
        return false;
    struct by_uuid *index = *ret = arena_array(r->arena, (list ? list->count : 0) + 1, sizeof *index);
    JSON_EACH (v, list) {
        size_t was = enter_item(r, key, n);
        index[n].v = v;
        bool ok = uuid_get(r, v, "uuid", &index[n].uuid) && text_get(r, v, "title", false, 4000, &text) &&
                  text_get(r, v, "description", true, OSCAL_BYTES_MAX, &text) && properties_check(r, v);
        leave(r, was);
        if (!ok)
            return false;
        n++;
    }
    *ret_count = n;
    if (n)
        qsort(index, n, sizeof *index, uuid_compare);
    return true;
}

struct result_reader {
    struct reader *r;
    struct by_uuid *observations, *risks;
    size_t observation_count, risk_count;
};

/* What a finding names, each put behind its text. */
static bool related_read(struct result_reader *q, const struct json *finding, const char *key, const char *member,
                         const struct by_uuid *index, size_t count,
                         void (*take)(struct buf *b, struct oscal_finding *f, const struct json *v), struct buf *b,
                         struct oscal_finding *f)
{
    struct reader *r = q->r;
    const struct json *list;
    size_t i = 0;
    if (!list_get(r, finding, key, &list))
        return false;
    JSON_EACH (item, list) {
        struct by_uuid wanted = {0};
        size_t was = enter_item(r, key, i++);
        bool ok = uuid_get(r, item, member, &wanted.uuid);
        const struct by_uuid *found = ok && count ? bsearch(&wanted, index, count, sizeof wanted, uuid_compare) : NULL;
        if (ok && !found)
            ok = fail(r, member, "names nothing of this result");
        leave(r, was);
        if (!ok)
            return false;
        take(b, f, found->v);
    }
    return true;
}

static void words_put(struct buf *b, const char *kind, const struct json *v, struct str words)
{
    if (b->size + words.size + 4000 < PROSE_MAX) /* the file is kept: what does not fit is read there */
        buf_printf(b, "\n\n%s: %.*s\n%.*s", kind, STR_ARGS(str_trim(json_text(v, "title"))), STR_ARGS(str_trim(words)));
}

static void observation_take(struct buf *b, struct oscal_finding *f, const struct json *v)
{
    struct str control = property(v, "control", NULL);
    if (f->control.size == 0)
        f->control = control;
    words_put(b, "Observed", v, json_text(v, "description"));
}

static bool is_high(const struct json *risk)
{
    JSON_EACH (c, json_get(risk, "characterizations"))
        JSON_EACH (facet, json_get(c, "facets"))
            if (str_is(json_text(facet, "value"), "high") || str_is(json_text(facet, "value"), "critical") ||
                str_is(json_text(facet, "value"), "very-high"))
                return true;
    return false;
}

static void risk_take(struct buf *b, struct oscal_finding *f, const struct json *v)
{
    struct str status = json_text(v, "status"), due = str_slice(json_text(v, "deadline"), 0, 10);
    f->has_open_risk |= !str_is(status, "closed") && !str_is(status, "deviation-approved");
    f->is_severe |= is_high(v);
    if (f->due.size == 0 || (due.size && str_compare(due, f->due) < 0))
        f->due = due;
    words_put(b, "Risk", v, json_text(v, "statement"));
}

static bool target_read(struct reader *r, const struct json *finding, struct oscal_finding *f)
{
    const struct json *target = json_get(finding, "target"), *status = json_get(target, "status");
    struct str id, state = STR("");
    size_t was = enter(r, "target");
    bool ok = target && target->type == JSON_OBJECT ? id_get(r, target, "target-id", &id) : fail(r, NULL, "is missing");
    if (ok) {
        size_t before = enter(r, "status");
        ok =
            status && status->type == JSON_OBJECT ? text_get(r, status, "state", true, 100, &state) : fail(r, NULL, "is missing");
        if (ok && !str_is(state, "satisfied") && !str_is(state, "not-satisfied"))
            ok = fail(r, "state", "is neither satisfied nor not-satisfied");
        leave(r, before);
    }
    leave(r, was);
    if (!ok)
        return false;
    f->is_satisfied = str_is(state, "satisfied");
    struct str rest = id;
    str_cut(&rest, '_', &f->target); /* "cc6.1_smt" */
    if (f->target.size == 0)
        f->target = id;
    return true;
}

static bool finding_read(struct result_reader *q, const struct json *v)
{
    struct reader *r = q->r;
    struct oscal_document *d = r->doc;
    struct oscal_finding f = {.pointer = here(r)};
    struct str words;
    struct buf BUF_AUTO b;
    buf_init(&b, PROSE_MAX);
    if (d->finding_count == FINDINGS_MAX)
        return err_set(r->e, ERR_TOO_LARGE, "%s: more than %d findings", r->pointer, FINDINGS_MAX);
    if (!uuid_get(r, v, "uuid", &f.uuid) || !title_get(r, v, FINDING_TITLE_MAX, &f.title) ||
        !text_get(r, v, "description", true, PROSE_MAX - 8000, &words) || !properties_check(r, v) || !target_read(r, v, &f))
        return false;
    f.control = property(v, "control", NULL);
    bool is_own = f.control.size > 0;
    buf_str(&b, words);
    if (!related_read(q, v, "related-observations", "observation-uuid", q->observations, q->observation_count, observation_take,
                      &b, &f) ||
        !related_read(q, v, "related-risks", "risk-uuid", q->risks, q->risk_count, risk_take, &b, &f))
        return false;
    if (!is_own) /* what an observation is about says nothing of the finding where it has several */
        f.control = json_get(v, "related-observations") && json_get(v, "related-observations")->count == 1 ? f.control : STR("");
    f.text = arena_str(r->arena, buf_view(&b));
    d->findings = arena_grow(r->arena, d->findings, d->finding_count, &r->capacity, sizeof f);
    d->findings[d->finding_count++] = f;
    return true;
}

static bool result_read(struct reader *r, const struct json *v)
{
    struct result_reader q = {.r = r};
    const struct json *list;
    struct str uuid, title, start, end;
    size_t i = 0;
    if (!uuid_get(r, v, "uuid", &uuid) || !text_get(r, v, "title", true, 4000, &title) ||
        !text_get(r, v, "start", true, 60, &start) || !text_get(r, v, "end", false, 60, &end) ||
        !index_make(r, v, "observations", &q.observations, &q.observation_count) ||
        !index_make(r, v, "risks", &q.risks, &q.risk_count) || !list_get(r, v, "findings", &list))
        return false;
    start = str_slice(start, 0, 10);
    end = end.size ? str_slice(end, 0, 10) : start;
    if (r->doc->from.size == 0 || str_compare(start, r->doc->from) < 0)
        r->doc->from = start;
    if (r->doc->to.size == 0 || str_compare(end, r->doc->to) > 0)
        r->doc->to = end;
    JSON_EACH (finding, list) {
        size_t was = enter_item(r, "findings", i++);
        bool ok = finding_read(&q, finding);
        leave(r, was);
        if (!ok)
            return false;
    }
    return true;
}

static bool results_read(struct reader *r, const struct json *v)
{
    const struct json *list;
    size_t i = 0;
    if (!list_get(r, v, "results", &list))
        return false;
    if (!list || list->count == 0)
        return fail(r, "results", "there is none");
    JSON_EACH (result, list) {
        size_t was = enter_item(r, "results", i++);
        bool ok = result_read(r, result);
        leave(r, was);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- the document ---- */

static bool metadata_read(struct reader *r, const struct json *body)
{
    struct oscal_document *d = r->doc;
    const struct json *m = json_get(body, "metadata");
    struct str version;
    if (!uuid_get(r, body, "uuid", &d->uuid))
        return false;
    size_t was = enter(r, "metadata");
    bool ok = (m && m->type == JSON_OBJECT) || fail(r, NULL, "is missing");
    ok = ok && title_get(r, m, TITLE_MAX, &d->title) && text_get(r, m, "version", true, 100, &d->version) &&
         text_get(r, m, "oscal-version", true, 100, &version) && properties_check(r, m);
    if (ok && !str_starts(version, "1."))
        ok = fail(r, "oscal-version", "is not 1.x, which is what is read here");
    leave(r, was);
    return ok;
}

static bool model_find(struct reader *r, const struct json *root, const struct json **ret_body)
{
    JSON_EACH (m, root->type == JSON_OBJECT ? root : NULL) {
        if (!oscal_model_of(m->key, &r->doc->model))
            continue;
        enter(r, oscal_model_name(r->doc->model));
        if (r->doc->model != OSCAL_CATALOG && r->doc->model != OSCAL_RESULTS)
            return err_set(r->e, ERR_UNSUPPORTED, "%s: what is read is a catalog or assessment-results", r->pointer);
        *ret_body = m;
        return m->type == JSON_OBJECT || fail(r, NULL, "is no object");
    }
    return err_set(r->e, ERR_INVALID, "/: none of OSCAL's models is in there; a catalog begins with {\"catalog\":");
}

bool oscal_document_read(struct arena *a, struct str text, struct oscal_document *ret, struct err *e)
{
    struct reader r = {.arena = a, .doc = ret, .e = e};
    const struct json *body = NULL;
    struct str begin = str_slice(str_trim(text), 0, 1);
    *ret = (struct oscal_document){0};
    if (text.size > OSCAL_BYTES_MAX)
        return err_set(e, ERR_TOO_LARGE, "over %d MiB", OSCAL_BYTES_MAX >> 20);
    if (str_is(begin, "<"))
        return err_set(e, ERR_UNSUPPORTED, "it is XML: what is read is OSCAL's JSON (NIST publishes both)");
    const struct json *root = json_parse(a, text, (struct json_limits){.depth_max = 64, .nodes_max = NODES_MAX}, e);
    if (!root || !model_find(&r, root, &body) || !metadata_read(&r, body))
        return false;
    return ret->model == OSCAL_CATALOG ? catalog_read(&r, body) : results_read(&r, body);
}
