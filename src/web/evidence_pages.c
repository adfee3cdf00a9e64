/* Evidence that somebody brings: a file to look at, its bytes for the browser's own viewers, and uploading over the API. The form is the record's. */
#include "os/ipc.h"
#include "pages.h"
#include "web/page_kinds.h"
#include "web/records.h"

static bool type_open(struct call *c, const struct record_type **ret, struct err *e)
{
    if (!c->view.db && !call_view(c, e))
        return false;
    *ret = record_types_find(c->records->types, STR("evidence"));
    return *ret || err_set(e, ERR_NOT_FOUND, "there is no type of records for evidence");
}

static struct json *build_file(struct call *c, struct err *e)
{
    const struct record_type *t;
    if (!type_open(c, &t, e))
        return NULL;
    return view_evidence_file(&c->view, c->records, t, c->parameters[0], c->parameters[1], e);
}

const struct page page_kind_evidence_file = {
    .nav = "evidence", .build = build_file, .render = page_evidence_file, .words = "A file of a piece of evidence, with its digest and what the machine found"};

/* Images and PDFs that the machine found in order, by the type that their bytes have; nothing else leaves here but as a download. */
bool handle_evidence_raw(struct call *c, struct err *e)
{
    static const char *const shown[] = {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"};
    struct json *v = build_file(c, e);
    const char *media = NULL;
    if (!v)
        return false;
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        media = str_is(json_text(v, "media"), shown[i]) ? shown[i] : media;
    if (!media || !json_bool(v, "is_inert"))
        return err_set(e, ERR_DENIED, "this file is only given as a download: the machine could not say that it is in order");
    struct str bytes;
    if (!call_blob(c, (uint64_t)json_int(v, "leaf", 0), arena_str(c->arena, json_text(v, "commitment")).data, arena_str(c->arena, c->parameters[1]).data, &bytes, e))
        return false;
    call_bytes(c, media, bytes);
    c->response->is_sandboxed = strcmp(media, "application/pdf") != 0; /* a browser's PDF viewer does not start in a sandbox; the policy of pages holds */
    c->response->disposition = STR("inline");
    c->response->cache = "private, no-cache";
    return true;
}

void records_tell_schedule(struct call *c)
{
    struct err ignored = {0};
    if (c->site->options->control_fd <= 0)
        return; /* who runs the web alone has evidence looked at by `assay evidence check` */
    pthread_mutex_lock(&c->site->control_mutex);
    if (!ipc_send(c->site->options->control_fd, WEB_CONTROL_SCHEDULE, NULL, 0, 1000, &ignored))
        ignored = (struct err){0}; /* it is looked for once a minute anyway */
    pthread_mutex_unlock(&c->site->control_mutex);
}

/* title=…, file=@… become what the page's form sends: v.title and has.title, v.files. */
static void fields_rename(struct call *c, const struct record_type *t)
{
    struct form *f = &c->form;
    struct form_field *fields = arena_array(c->arena, f->count * 2 + 1, sizeof *fields);
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++) {
        struct str name = str_is(f->fields[i].name, "file") ? STR("files") : f->fields[i].name;
        const struct record_field *known = record_type_field(t, name);
        fields[count] = f->fields[i];
        if (known) {
            fields[count].name = arena_printf(c->arena, "v.%s", known->id);
            fields[++count] = (struct form_field){.name = arena_printf(c->arena, "has.%s", known->id), .value = STR("1")};
        }
        count++;
    }
    *f = (struct form){fields, count};
}

static bool wrong_input(struct call *c, struct record_wish *w, struct err *e)
{
    const struct json *first = json_at(w->problems, 0);
    c->status = 422;
    c->problems = w->problems;
    return err_set(e, ERR_INVALID, "%.*s: %.*s", STR_ARGS(json_text(first, "field")), STR_ARGS(json_text(first, "why")));
}

bool handle_api_evidence(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record_wish w;
    struct json *answer;
    if (c->form.count == 0) {
        c->status = 415;
        return err_set(e, ERR_UNSUPPORTED, "send multipart/form-data: file, title, period_from, period_to, and other fields of evidence");
    }
    if (!type_open(c, &t, e) || !record_allows(c->access, t, NULL, RECORD_CREATE, NULL, e))
        return false;
    fields_rename(c, t);
    if (!records_wish_form(c, t, NULL, &w, e))
        return false;
    record_defaults(t, w.change.set, c->access, c->now_ms);
    if (w.problems->count)
        return wrong_input(c, &w, e);
    if (!records_submit(c, &w, &answer, e))
        return false;
    struct err inner = {0};
    struct str id = records_answer_id(answer);
    if (!view_open(&c->view, 0, &inner))
        return *e = inner, false;
    struct json *v = view_record(&c->view, c->records, t, id, false, e);
    if (!v || !call_json(c, v, e))
        return false;
    c->response->status = 201;
    c->response->etag = STR("\"1\"");
    c->response->location = arena_printf(c->arena, "/api/v1/records/evidence/%.*s", STR_ARGS(id));
    return true;
}
