/* document_pages.c - the room Documents: its list, one document with its files, holds, retention, disposition, and links for people outside. */
#include "assess/documents.h"
#include "base/times.h"
#include "crypto/crypto.h"
#include "pages.h"
#include "report/view_documents.h"
#include "web/accounts/accounts.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { UPLOADS_MAX = 20, TITLE_BYTES_MAX = 200, SECRET_BYTES = 32, NAME_BYTES_MAX = 200, SHARE_DAYS_MAX = 366 };

static bool type_open(struct call *c, const char *id, const struct record_type **ret, struct err *e)
{
    if (!c->view.db && !call_view(c, e))
        return false;
    *ret = record_types_find(c->records->types, str_of(id));
    return *ret || err_set(e, ERR_NOT_FOUND, "there are no records of the type %s", id);
}

static bool document_open(struct call *c, struct str id, struct record **ret, struct err *e)
{
    const struct record_type *t;
    if (!type_open(c, "document", &t, e))
        return false;
    struct record *r = record_get(c->view.db, c->arena, t, id, INT64_MAX, e);
    if (!r)
        return false;
    *ret = r;
    return (!r->is_deleted && access_matches(c->access, &t->may_read, r)) || err_set(e, ERR_NOT_FOUND, "document %.*s: there is none", STR_ARGS(str_slice(id, 0, RECORD_ID_MAX)));
}

/* ---- pages ---- */

static struct json *build_documents(struct call *c, struct err *e)
{
    struct str folder = STR("");
    c->parameters[0] = STR("document");
    struct json *v = page_kind_record_list.build(c, e);
    if (!v || !call_query(c, "f.folder", &folder, e) || !view_documents_put(&c->view, c->records, v, folder, e))
        return NULL;
    return v;
}

static bool number_query(struct call *c, const char *name, int64_t *ret)
{
    struct str text = STR("");
    struct err ignored = {0};
    *ret = 0;
    return call_query(c, name, &text, &ignored) && text.size && str_to_int64(text, ret) && *ret > 0;
}

bool documents_put_one(struct call *c, const struct record_type *t, struct str id, struct json *v, struct err *e)
{
    struct document_wish wish = {0};
    number_query(c, "v", &wish.version);
    number_query(c, "compare", &wish.compare);
    return view_document_put(&c->view, c->records, v, t, id, &wish, e);
}

static struct json *build_document(struct call *c, struct err *e)
{
    c->parameters[1] = c->parameters[0];
    c->parameters[0] = STR("document");
    return page_kind_record.build(c, e);
}

static struct json *with_done(struct call *c, struct json *v)
{
    if (v)
        records_put_done(c, v);
    struct json *may = v ? (struct json *)(uintptr_t)json_get(v, "may_create") : NULL;
    if (may && !call_may(c, PERMISSION_RECORDS))
        may->boolean = false;
    return v;
}

static struct json *build_holds(struct call *c, struct err *e)
{
    return with_done(c, view_holds(&c->view, c->records, e));
}

static struct json *build_retention(struct call *c, struct err *e)
{
    return with_done(c, view_retention(&c->view, c->records, e));
}

static struct json *build_disposition(struct call *c, struct err *e)
{
    return with_done(c, view_disposition(&c->view, c->records, e));
}

static struct json *build_certificate(struct call *c, struct err *e)
{
    return view_certificate(&c->view, c->records, c->parameters[0], e);
}

const struct page page_kind_documents = {.nav = "documents", .build = build_documents, .render = page_record_list, .words = "The documents that one may read, with full text"};
const struct page page_kind_document = {.nav = "documents", .build = build_document, .render = page_record, .words = "A document: versions, retention, holds, links"};
const struct page page_kind_holds = {.nav = "documents", .build = build_holds, .render = page_document_holds, .words = "Legal holds, and what each keeps"};
const struct page page_kind_retention = {.nav = "documents", .build = build_retention, .render = page_document_retention, .words = "Retention labels, and what bears them"};
const struct page page_kind_disposition = {.nav = "documents", .build = build_disposition, .render = page_document_disposition, .words = "What is due for destruction and why, a dry run"};
const struct page page_kind_certificate = {.nav = "documents", .build = build_certificate, .render = page_document_certificate, .words = "What was destroyed, approved by whom"};

/* ---- files ---- */

static const char *shown_media(const struct document_blob *b)
{
    static const char *const shown[] = {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"};
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        if (b->is_inert && str_is(b->media, shown[i]))
            return shown[i];
    return NULL;
}

/* As a download; or, for the browser's own viewers, images and PDFs that were found in order. */
static bool give(struct call *c, const struct document_blob *b, bool is_shown, struct err *e)
{
    struct str bytes;
    const char *media = is_shown ? shown_media(b) : "application/octet-stream";
    if (!media)
        return err_set(e, ERR_DENIED, "this file is only given as a download: the machine could not say that it is in order");
    if (!call_blob(c, (uint64_t)b->leaf, b->c.data, b->x.data, &bytes, e))
        return false;
    call_bytes(c, media, bytes);
    c->response->is_sandboxed = strcmp(media, "application/pdf") != 0;
    c->response->disposition = is_shown ? STR("inline") : record_disposition(c, b->name);
    c->response->cache = "private, no-cache";
    return true;
}

static bool file_handle(struct call *c, bool is_shown, struct err *e)
{
    struct record *r;
    struct document_blob b;
    return document_open(c, c->parameters[0], &r, e) && document_blob_find(c->view.db, c->arena, r->id, c->parameters[1], &b, e) && give(c, &b, is_shown, e);
}

bool handle_document_file(struct call *c, struct err *e)
{
    return file_handle(c, false, e);
}

bool handle_document_raw(struct call *c, struct err *e)
{
    return file_handle(c, true, e);
}

/* ---- upload: each file a document, all of them one operation ---- */

static struct str title_of(struct call *c, struct str name)
{
    size_t end = name.size;
    for (size_t i = name.size; i-- > 1 && end == name.size;)
        if (name.data[i] == '.')
            end = i;
    struct str title = str_trim(str_slice(name, 0, end));
    title = str_slice(title, 0, TITLE_BYTES_MAX);
    while (title.size && !str_is_utf8(title))
        title.size--;
    return title.size ? arena_str(c->arena, title) : STR("Document");
}

static bool upload_one(struct call *c, const struct form_field *file, const struct record_type *t, struct record_change *ret, struct err *e)
{
    const char *why = NULL, *media = upload_media_evidence(file->file_name, file->value, &why);
    struct op_blob *blob = ARENA_NEW(c->arena, struct op_blob);
    struct json *value, *set = json_object(c->arena);
    struct str folder = form_value(&c->form, "folder"), classification = form_value(&c->form, "classification");
    if (file->value.size == 0)
        why = "it is empty";
    if (file->value.size > RECORD_FILE_BYTES)
        why = "it is over 32 MiB";
    if (why)
        c->status = 422;
    if (why)
        return err_set(e, ERR_INVALID, "file: %.*s: %s; nothing was stored", STR_ARGS(str_slice(file->file_name, 0, 120)), why);
    if (!record_seal_file(c->site->env, c->arena, file->file_name, media, file->value, blob, &value, e))
        return false;
    json_put_str(set, "title", title_of(c, file->file_name));
    if (folder.size)
        json_put_str(set, "folder", folder);
    if (classification.size)
        json_put_str(set, "classification", classification);
    json_push(json_put_array(set, "file"), value);
    record_defaults(t, set, c->access, c->now_ms);
    if (!json_get(set, "owner") && c->access->person.size == 0) { /* the machine's own administrator is nobody's person */
        struct str owner = form_value(&c->form, "owner");
        if (owner.size)
            json_put_str(set, "owner", owner);
    }
    *ret = (struct record_change){.type = STR("document"), .act = RECORD_CREATE, .set = set, .files = blob, .file_count = 1};
    return true;
}

static bool upload(struct call *c, struct json **ret_answer, size_t *ret_count, struct err *e)
{
    const struct record_type *t;
    struct record_change *changes = arena_array(c->arena, UPLOADS_MAX, sizeof(*changes));
    size_t count = 0;
    char op_id[33] = "";
    if (!type_open(c, "document", &t, e) || !record_allows(c->access, t, NULL, RECORD_CREATE, NULL, e))
        return false;
    for (size_t i = 0; i < c->form.count; i++) {
        const struct form_field *f = &c->form.fields[i];
        if (!f->is_file || (f->file_name.size == 0 && f->value.size == 0))
            continue;
        if (count == UPLOADS_MAX)
            return err_set(e, ERR_LIMIT, "file: at most %d at once; nothing was stored", UPLOADS_MAX);
        if (!upload_one(c, f, t, &changes[count++], e))
            return false;
    }
    if (count == 0)
        return err_set(e, ERR_INVALID, "file: choose at least one");
    c->status = 422; /* for what follows, should it be refused */
    records_op_id(c, op_id);
    *ret_count = count;
    struct json *problems = record_try(c->view.db, c->arena, changes, count, c->access, e);
    const struct json *first = problems ? json_at(problems, 0) : NULL;
    if (first)
        err_set(e, ERR_INVALID, "%.*s: %.*s; nothing was stored", STR_ARGS(json_text(first, "field")), STR_ARGS(json_text(first, "why")));
    if (!problems || first)
        return false;
    c->status = 0;
    return records_submit_all(c, changes, count, op_id, ret_answer, e);
}

bool handle_documents_upload(struct call *c, struct err *e)
{
    struct json *answer;
    size_t count;
    struct str folder = form_value(&c->form, "folder");
    if (!upload(c, &answer, &count, e))
        return false;
    if (count == 1)
        return call_redirect(c, arena_printf(c->arena, "/documents/%.*s?done=created", STR_ARGS(records_answer_id(answer))));
    return call_redirect(c, folder.size ? arena_printf(c->arena, "/documents?f.folder=%.*s&done=created", STR_ARGS(folder)) : STR("/documents?done=created"));
}

bool handle_api_documents(struct call *c, struct err *e)
{
    struct json *answer;
    size_t count;
    if (c->form.count == 0) {
        c->status = 415;
        return err_set(e, ERR_UNSUPPORTED, "send multipart/form-data: file (up to %d of them), and folder, classification, owner", UPLOADS_MAX);
    }
    if (!upload(c, &answer, &count, e) || !call_json(c, answer, e))
        return false;
    c->response->status = 201;
    c->response->location = arena_printf(c->arena, "/api/v1/documents/%.*s", STR_ARGS(records_answer_id(answer)));
    return true;
}

/* ---- evidence: the document in one of its versions ---- */

static const struct json *version_wished(struct call *c, const struct record *r, struct json *page, struct err *e)
{
    int64_t n = 0;
    struct document_wish wish = {0};
    struct str text = form_text(c, "edition");
    if (text.size && !str_to_int64(text, &n))
        return err_set(e, ERR_INVALID, "edition: the number of a version"), NULL;
    json_put_object(page, "state");
    if (!view_document_put(&c->view, c->records, page, r->type, r->id, &wish, e))
        return NULL;
    const struct json *versions = json_get(json_get(page, "document"), "versions");
    const struct json *one = versions->count ? json_at(versions, n > 0 ? (size_t)n - 1 : versions->count - 1) : NULL;
    if (!one || json_bool(one, "is_erased"))
        return err_set(e, ERR_INVALID, versions->count ? "edition: there is no such version" : "edition: the document has no file yet"), NULL;
    return one;
}

bool handle_document_evidence(struct call *c, struct err *e)
{
    struct record *r;
    struct json *page = json_object(c->arena), *answer;
    const struct record_type *t;
    if (!document_open(c, c->parameters[0], &r, e) || !type_open(c, "evidence", &t, e))
        return false;
    const struct json *version = version_wished(c, r, page, e);
    if (!version)
        return false;
    struct record_change change = {.type = STR("evidence"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    struct str title = str_trim(form_value(&c->form, "title"));
    json_put_str(change.set, "title", title.size ? str_slice(title, 0, TITLE_BYTES_MAX) : record_title(r));
    json_put_cstr(change.set, "kind", "document");
    json_put_str(change.set, "document", r->id);
    json_put_int(change.set, "document_version", json_int(version, "n", 1));
    json_put_str(change.set, "document_digest", json_text(version, "digest"));
    json_put_str(change.set, "period_from", form_value(&c->form, "period_from"));
    json_put_str(change.set, "period_to", form_value(&c->form, "period_to"));
    const struct json *controls = json_get(r->values, "controls");
    if (controls && controls->count) {
        struct json *list = json_put_array(change.set, "controls");
        JSON_EACH (id, controls)
            json_push_str(list, id->text);
    }
    record_defaults(t, change.set, c->access, c->now_ms);
    return records_submit_all(c, &change, 1, NULL, &answer, e) && call_redirect(c, arena_printf(c->arena, "/records/evidence/%.*s?done=created", STR_ARGS(records_answer_id(answer))));
}

/* ---- disposition ---- */

static struct json *chosen_ids(struct call *c)
{
    struct json *ids = json_array(c->arena);
    struct strings chosen = form_list(c, "document");
    for (size_t i = 0; i < chosen.count && ids->count < DISPOSAL_MAX + 1; i++)
        json_push_str(ids, str_of(chosen.items[i]));
    return ids;
}

bool handle_disposition(struct call *c, struct err *e)
{
    struct json *ids = chosen_ids(c), *answer;
    struct due_document *d;
    size_t count;
    const struct record_type *t;
    struct buf BUF_AUTO text;
    struct str name = str_trim(form_text(c, "name"));
    buf_init(&text, 1 << 20);
    json_write(&text, ids);
    if (!type_open(c, "disposition", &t, e))
        return false;
    if (ids->count == 0 || ids->count > DISPOSAL_MAX)
        return err_set(e, ERR_INVALID, ids->count ? "document: at most %d at once" : "document: choose at least one", DISPOSAL_MAX);
    if (!documents_due(c->view.db, c->arena, call_today(c), arena_str(c->arena, buf_view(&text)), true, &d, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (d[i].fate != FATE_DUE && d[i].fate != FATE_REVIEW)
            return err_set(e, ERR_CONFLICT, "document: %.*s is not due: %.*s", STR_ARGS(d[i].id), STR_ARGS(d[i].why));
    if (count != ids->count)
        return err_set(e, ERR_INVALID, "document: one of them is not there");
    struct record_change change = {.type = STR("disposition"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    json_put_str(change.set, "name", name.size ? str_slice(name, 0, NAME_BYTES_MAX) : arena_printf(c->arena, "Due by %.*s", STR_ARGS(day_text(c->arena, call_today(c)))));
    struct json *list = json_put_array(change.set, "documents");
    for (size_t i = 0; i < count; i++)
        json_push_str(list, d[i].id);
    json_put_str(change.set, "digest", disposal_digest(c->arena, d, count));
    record_defaults(t, change.set, c->access, c->now_ms);
    if (!records_submit_all(c, &change, 1, NULL, &answer, e))
        return false;
    if (route_is_api(c->route)) {
        if (!call_json(c, answer, e))
            return false;
        c->response->status = 201;
        return true;
    }
    return call_redirect(c, arena_printf(c->arena, "/records/disposition/%.*s?done=created", STR_ARGS(records_answer_id(answer))));
}

/* ---- links for people outside ---- */

static const struct page page_share_made = {.nav = "documents", .render = page_document_shared};
static const struct page page_share = {.nav = "", .render = page_document_share};

static bool share_make(struct call *c, const struct record *r, struct str *ret_secret, struct json **ret_answer, struct err *e)
{
    uint8_t bytes[SECRET_BYTES];
    char hex[2 * SECRET_BYTES + 1], digest_hex[65];
    int64_t until_ms;
    const struct json *version = version_wished(c, r, json_object(c->arena), e);
    struct str recipient = str_trim(form_text(c, "recipient")), until = form_text(c, "expires_on"), allows = form_text(c, "allows");
    if (!version)
        return false;
    if (recipient.size == 0)
        return err_set(e, ERR_INVALID, "recipient: say for whom it is");
    if (until.size != 10 || !time_parse(until, 0, &until_ms) || day_of(until_ms) < call_today(c) || day_of(until_ms) > call_today(c) + SHARE_DAYS_MAX)
        return err_set(e, ERR_INVALID, "expires_on: a day from today on, within a year");
    env_random(c->site->env, bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), hex);
    *ret_secret = arena_str(c->arena, str_of(hex));
    struct sha256 digest = sha256_of(*ret_secret);
    hex_encode(digest.bytes, sizeof(digest.bytes), digest_hex);
    struct record_change change = {.type = STR("share_link"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    json_put_str(change.set, "document", r->id);
    json_put_int(change.set, "edition", json_int(version, "n", 1));
    json_put_str(change.set, "digest", json_text(version, "digest"));
    json_put_str(change.set, "recipient", str_slice(recipient, 0, NAME_BYTES_MAX));
    json_put_str(change.set, "expires_on", until);
    json_put_str(change.set, "allows", str_is(allows, "download") ? STR("download") : STR("preview"));
    json_put_str(change.set, "secret", arena_str(c->arena, str_of(digest_hex)));
    if (str_trim(form_text(c, "email")).size)
        json_put_str(change.set, "email", str_trim(form_text(c, "email")));
    return records_submit_all(c, &change, 1, NULL, ret_answer, e);
}

bool handle_document_share(struct call *c, struct err *e)
{
    struct record *r;
    struct str secret;
    struct json *answer;
    if (!document_open(c, c->parameters[0], &r, e))
        return false;
    if (str_is(r->state, "disposed"))
        return err_set(e, ERR_CONFLICT, "document %.*s: it is destroyed", STR_ARGS(r->id));
    if (!share_make(c, r, &secret, &answer, e))
        return false;
    struct json *v = json_object(c->arena), *nav = view_nav(&c->view, e);
    if (!nav)
        return false;
    json_put(v, "nav", nav);
    json_put_str(v, "title", STR("The link"));
    json_put_str(v, "recipient", str_trim(form_text(c, "recipient")));
    json_put_str(v, "expires", form_text(c, "expires_on"));
    json_put_str(v, "path", arena_printf(c->arena, "/s/%.*s", STR_ARGS(secret)));
    json_put_str(v, "id", records_answer_id(answer));
    json_put_str(v, "document", r->id);
    json_put_str(v, "document_title", record_title(r));
    if (route_is_api(c->route)) {
        struct json *o = json_object(c->arena);
        json_put_str(o, "id", records_answer_id(answer));
        json_put_str(o, "path", arena_printf(c->arena, "/s/%.*s", STR_ARGS(secret)));
        if (!call_json(c, o, e))
            return false;
        c->response->status = 201;
        return true;
    }
    return show_page(c, &page_share_made, v, 200, e);
}

/* The link of the address and the file that it shows. Whatever does not open looks the same. */
static bool share_open(struct call *c, struct share *s, struct document_blob *b, struct err *e)
{
    struct err failed = {0};
    bool is_open = c->parameters[0].size == 2 * SECRET_BYTES && call_view(c, &failed) && share_find(c->view.db, c->arena, c->parameters[0], c->now_ms, s, &failed);
    if (is_open) {
        struct str x = db_one_text(c->arena, c->view.db, &failed, "select x from record_file where type = 'document' and id = ?1 and digest = ?2 and x not in (select x from erasure) order by from_leaf limit 1",
                                   A(s->document), A(s->digest));
        is_open = x.data && document_blob_find(c->view.db, c->arena, s->document, x, b, &failed);
    }
    if (failed.code && failed.code != ERR_NOT_FOUND)
        return (*e = failed, false);
    return is_open || err_set(e, ERR_NOT_FOUND, "this link does not open: it is over, was taken back, or never was. Ask whoever gave it to you");
}

/* Nothing is given that is not in the ledger before. */
static bool share_tell(struct call *c, const struct share *s, const struct document_blob *b, const char *act, struct err *e)
{
    struct op op;
    struct json *answer;
    return share_view_op(c->site->env, c->arena, s, act, b->x, str_of(c->request->peer), c->request->user_agent, &op, e) && keeper_link_submit(c->site->keeper, c->arena, &op, &answer, e);
}

bool handle_share(struct call *c, struct err *e)
{
    struct share s;
    struct document_blob b;
    struct str text = STR("");
    if (!share_open(c, &s, &b, e) || !share_tell(c, &s, &b, "view", e))
        return false;
    const char *media = shown_media(&b);
    bool has_text = document_text_open(&c->view, b.x, &text);
    struct json *v = json_object(c->arena);
    json_put_cstr(v, "title", "Shared with you");
    json_put_str(v, "name", b.name);
    json_put_int(v, "size", b.size);
    json_put_str(v, "digest", b.digest);
    json_put_str(v, "recipient", s.recipient);
    json_put_bool(v, "may_download", s.may_download);
    json_put_bool(v, "is_image", media && strcmp(media, "application/pdf") != 0);
    json_put_bool(v, "is_pdf", media && strcmp(media, "application/pdf") == 0);
    json_put_str(v, "raw", arena_printf(c->arena, "/s/%.*s/raw", STR_ARGS(c->parameters[0])));
    json_put_str(v, "file", arena_printf(c->arena, "/s/%.*s/file", STR_ARGS(c->parameters[0])));
    bool is_cut = text.size > 128 << 10;
    text = str_slice(text, 0, 128 << 10);
    while (text.size && !str_is_utf8(text))
        text.size--;
    json_put_str(v, "text", has_text ? text : STR(""));
    json_put_bool(v, "is_cut", is_cut);
    c->response->cache = "no-store";
    return show_page(c, &page_share, v, 200, e);
}

bool handle_share_file(struct call *c, struct err *e)
{
    struct share s;
    struct document_blob b;
    if (!share_open(c, &s, &b, e))
        return false;
    if (!s.may_download)
        return err_set(e, ERR_DENIED, "this link is to look at the document, not to download it");
    if (!share_tell(c, &s, &b, "download", e) || !give(c, &b, false, e))
        return false;
    c->response->cache = "no-store";
    return true;
}

bool handle_share_raw(struct call *c, struct err *e)
{
    struct share s;
    struct document_blob b;
    if (!share_open(c, &s, &b, e) || !share_tell(c, &s, &b, "view", e) || !give(c, &b, true, e))
        return false;
    c->response->cache = "no-store";
    return true;
}
