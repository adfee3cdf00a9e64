/* op_document.c - document.text: what was found in a document's file, and its text; share.view: that somebody looked at one by a link. See documents.h. */
#include "assess/documents.h"
#include "assess/evidence.h"

#include "base/limits.h"
#include "base/times.h"
#include "crypto/crypto.h"

enum { CONCLUSIONS_BYTES_MAX = 256 << 10, AGENT_BYTES_MAX = 300 };

/* ---- text ---- */

bool documents_waiting(struct db *db, struct arena *a, size_t max, struct document_file **ret, size_t *ret_count, struct err *e)
{
    struct document_file *files = arena_array(a, max, sizeof(*files));
    struct err failed = {0};
    size_t count = 0;
    DB_EACH (row, db, &failed,
             "select f.id, f.x, f.c, f.name, f.leaf, f.type from record_file f where f.type in ('document', 'policy_version') and f.to_leaf is null and not exists(select 1 from document_text t where t.x = f.x) and f.x not in (select x from erasure) "
             "order by f.leaf limit ?1",
             A((int64_t)max))
        files[count++] = (struct document_file){arena_str(a, db_text(row, 5)), arena_str(a, db_text(row, 0)), arena_str(a, db_text(row, 1)), arena_str(a, db_text(row, 2)), arena_str(a, db_text(row, 3)),
                                                db_int(row, 4)};
    *ret = files;
    *ret_count = count;
    return failed.code ? (*e = failed, false) : true;
}

static void counts_put(struct json *o, const struct inspected *found)
{
    int64_t counts[3] = {0};
    for (int i = 0; i < INSPECT_CHECKS; i++)
        counts[found->checks[i].status]++;
    struct json *count = json_put_object(o, "cnt");
    for (int i = 0; i < 3; i++)
        json_put_int(count, inspect_status_name((enum inspect_status)i), counts[i]);
}

bool document_text_op(const struct env *env, struct arena *a, const struct document_file *f, const struct inspected *found, struct str text, struct op *ret, struct err *e)
{
    struct buf BUF_AUTO conclusions;
    struct json *o = json_object(a), *checks = json_put_array(o, "checks");
    buf_init(&conclusions, CONCLUSIONS_BYTES_MAX);
    for (int i = 0; i < INSPECT_CHECKS; i++) {
        struct json *c = json_push_object(checks);
        json_put_cstr(c, "check", inspect_check_name((enum inspect_check)i));
        json_put_cstr(c, "status", inspect_status_name(found->checks[i].status));
        json_put_str(c, "why", found->checks[i].why);
    }
    json_put_bool(o, "cut", found->is_cut);
    json_put_cstr(o, "media", found->media);
    json_put_int(o, "text_size", (int64_t)text.size);
    json_put_cstr(o, "words", found->words);
    if (!json_write_canonical(&conclusions, o, e))
        return false;
    *ret = (struct op){.kind = "document.text", .actor = STR(EVIDENCE_ACTOR), .body = json_object(a)};
    json_put_str(ret->body, "fx", f->x);
    json_put_str(ret->body, "id", f->id);
    if (!str_is(f->type, "document"))
        json_put_str(ret->body, "of", f->type);
    counts_put(ret->body, found);
    op_id_of(arena_printf(a, "document.text %.*s %d", STR_ARGS(f->x), INSPECT_VERSION), ret->id);
    return op_blob_seal(env, a, ret, "application/json", buf_view(&conclusions), e) && (text.size == 0 || op_blob_seal(env, a, ret, "text/plain", text, e));
}

/* Which kind of record it is a file of: documents do not say it. */
static struct str text_of(const struct json *o)
{
    struct str of = json_text(o, "of");
    return of.size ? of : STR("document");
}

static bool text_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str id = json_text(op->body, "id"), x = json_text(op->body, "fx");
    const struct json *counts = json_get(op->body, "cnt");
    struct err failed = {0};
    if (!str_is(op->actor, EVIDENCE_ACTOR))
        return err_set(e, ERR_DENIED, "document.text: only the program says what it found");
    struct str type = text_of(op->body);
    if (op->blob_count < 1 || op->blob_count > 2 || !counts || (!str_is(type, "document") && !str_is(type, "policy_version")) || id.size == 0 || id.size > RECORD_ID_MAX || x.size != 64)
        return err_set(e, ERR_INVALID, "document.text: malformed");
    int64_t files = db_one_int(projection, &failed, 0, "select count(*) from record_file where type = ?3 and id = ?1 and x = ?2", A(id), A(x), A(type));
    int64_t known = db_one_int(projection, &failed, 0, "select count(*) from document_text where x = ?1", A(x));
    int64_t erased = db_one_int(projection, &failed, 0, "select count(*) from erasure where x = ?1", A(x));
    if (failed.code)
        return (*e = failed, false);
    if (!files || erased)
        return err_set(e, ERR_NOT_FOUND, "document %.*s: it has no such file", STR_ARGS(id));
    if (known)
        return err_set(e, ERR_EXISTS, "document %.*s: the text of this file is there", STR_ARGS(id));
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    *draft = (struct leaf_draft){.type = "record", .stream = STR("document"), .body = json_object(a), .blob_count = op->blob_count};
    json_put_str(draft->body, "by", arena_printf(a, "inspect %d", INSPECT_VERSION));
    struct json *count = json_put_object(draft->body, "cnt");
    for (int i = 0; i < 3; i++)
        json_put_int(count, inspect_status_name((enum inspect_status)i), json_int(counts, inspect_status_name((enum inspect_status)i), 0));
    json_put_str(draft->body, "fx", x);
    json_put_str(draft->body, "id", id);
    if (!str_is(type, "document"))
        json_put_str(draft->body, "of", type);
    json_put_cstr(draft->body, "type", "document_text");
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

/* The words go into the full text where this is the file that the document has now. */
static bool words_put(struct db *db, struct arena *a, struct str type, struct str id, struct str x, const struct json *b, const struct blob_reader *blobs, struct err *e)
{
    struct err failed = {0};
    struct str text;
    int64_t is_now = db_one_int(db, &failed, 0, "select count(*) from record_file where type = ?3 and id = ?1 and x = ?2 and to_leaf is null", A(id), A(x), A(type));
    if (failed.code)
        return (*e = failed, false);
    if (!is_now || !b)
        return true;
    if (!blobs->read(blobs->context, a, json_text(b, "c"), json_text(b, "x"), &text, &failed))
        return failed.code == ERR_NOT_FOUND || (*e = failed, false);
    return db_run(db, e, "update record_text set words = ?2 where rowid = (select n from record_head where type = ?3 and id = ?1)", A(id), A(text), A(type));
}

static bool text_apply(struct db *db, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    const struct json *list = json_get(leaf->json, "b"), *first = json_at(list, 0), *second = json_at(list, 1), *counts = json_get(leaf->json, "cnt");
    struct str id = json_text(leaf->json, "id"), x = json_text(leaf->json, "fx"), plain;
    struct err gone = {0};
    const struct json *found = NULL;
    if (blobs->read(blobs->context, a, json_text(first, "c"), json_text(first, "x"), &plain, &gone)) {
        found = json_parse(a, plain, (struct json_limits){.depth_max = 6, .nodes_max = 2000}, e);
        if (!found)
            return false;
    } else if (gone.code != ERR_NOT_FOUND) {
        return (*e = gone, false);
    }
    struct buf BUF_AUTO checks;
    buf_init(&checks, CONCLUSIONS_BYTES_MAX);
    json_write(&checks, json_get(found, "checks") ? json_get(found, "checks") : json_array(a));
    return db_run(db, e,
                  "insert into document_text(leaf, id, x, t, media, words, passes, problems, unknowns, text_size, is_cut, checks, text_c, text_x) "
                  "values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                  A((int64_t)leaf->index), A(id), A(x), A(leaf->t), A(json_text(found, "media")), A(json_text(found, "words")), A(json_int(counts, "pass", 0)),
                  A(json_int(counts, "problem", 0)), A(json_int(counts, "unknown", 0)), A(json_int(found, "text_size", 0)), A((int64_t)json_bool(found, "cut")),
                  A(buf_view(&checks)), second ? A(json_text(second, "c")) : DB_NULL, second ? A(json_text(second, "x")) : DB_NULL) &&
           words_put(db, a, text_of(leaf->json), id, x, second, blobs, e);
}

const struct op_kind op_document_text = {.kind = "document.text", .leaf_type = "record", .make = text_make, .apply = text_apply};

/* ---- views by a link ---- */

bool share_find(struct db *db, struct arena *a, struct str secret, int64_t now_ms, struct share *ret, struct err *e)
{
    struct sha256 digest = sha256_of(secret);
    struct err failed = {0};
    char hex[65];
    bool is_found = false;
    struct str author = STR("");
    *ret = (struct share){0};
    hex_encode(digest.bytes, sizeof(digest.bytes), hex);
    DB_EACH (row, db, &failed, "select id, document, edition, digest, recipient, allows, created_by from share_links where secret = ?1 collate nocase and state = 'active' and expires_on >= ?2", A(hex),
             A(day_text(a, day_of(now_ms)))) {
        *ret = (struct share){.id = arena_str(a, db_text(row, 0)), .document = arena_str(a, db_text(row, 1)), .edition = db_int(row, 2), .digest = arena_str(a, db_text(row, 3)),
                              .recipient = arena_str(a, db_text(row, 4)), .may_download = str_is(db_text(row, 5), "download")};
        author = arena_str(a, db_text(row, 6));
        is_found = true;
    }
    ret->author = author;
    struct access x;
    struct record_types *types = is_found && !failed.code ? record_types_open(db, &failed) : NULL;
    const struct record_type *t = types ? record_types_find(types, STR("document")) : NULL;
    struct record *r = t && access_read(db, a, author, now_ms, &x, &failed) ? record_get(db, a, t, ret->document, INT64_MAX, &failed) : NULL;
    is_found = r && !r->is_deleted && !str_is(r->state, "disposed") && access_matches(&x, &t->may_read, r);
    record_types_close(types);
    if (failed.code && failed.code != ERR_NOT_FOUND)
        *e = failed;
    return is_found;
}

bool share_view_op(const struct env *env, struct arena *a, const struct share *s, const char *act, struct str x, struct str address, struct str agent, struct op *ret, struct err *e)
{
    struct buf BUF_AUTO text;
    struct json *o = json_object(a);
    buf_init(&text, 4096);
    agent = str_slice(agent, 0, AGENT_BYTES_MAX);
    json_put_str(o, "address", str_is_utf8(address) ? address : STR(""));
    json_put_str(o, "agent", str_is_utf8(agent) ? agent : STR(""));
    if (!json_write_canonical(&text, o, e))
        return false;
    *ret = (struct op){.kind = "share.view", .actor = STR("system:share"), .body = json_object(a)};
    json_put_cstr(ret->body, "act", act);
    json_put_str(ret->body, "fx", x);
    json_put_str(ret->body, "id", s->id);
    op_id_new(env, ret->id);
    return op_blob_seal(env, a, ret, "application/json", buf_view(&text), e);
}

static bool view_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str id = json_text(op->body, "id"), x = json_text(op->body, "fx"), act = json_text(op->body, "act");
    struct err failed = {0};
    int64_t now_ms = op_now_ms(op);
    if (!str_is(op->actor, "system:share") || op->blob_count != 1 || id.size > RECORD_ID_MAX || x.size != 64 || (!str_is(act, "view") && !str_is(act, "download")))
        return err_set(e, ERR_INVALID, "share.view: malformed");
    int64_t links = db_one_int(projection, &failed, 0,
                               "select count(*) from share_links s join record_file f on f.type = 'document' and f.id = s.document and f.x = ?2 where s.id = ?1 and s.state = 'active' and "
                               "s.expires_on >= ?3 and (s.digest is null or s.digest = f.digest)",
                               A(id), A(x), A(day_text(a, day_of(now_ms))));
    int64_t today = db_one_int(projection, &failed, 0, "select count(*) from share_view where id = ?1 and t > ?2", A(id), A(now_ms - MS_DAY));
    if (failed.code)
        return (*e = failed, false);
    if (!links)
        return err_set(e, ERR_NOT_FOUND, "sharing link: it does not open any more");
    if (today >= SHARE_VIEWS_A_DAY)
        return err_set(e, ERR_LIMIT, "sharing link: it was looked at %d times within a day; try again tomorrow", SHARE_VIEWS_A_DAY);
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    *draft = (struct leaf_draft){.type = "record", .stream = STR("share"), .body = json_object(a), .blob_count = 1};
    json_put_str(draft->body, "act", act);
    json_put_str(draft->body, "fx", x);
    json_put_str(draft->body, "id", id);
    json_put_cstr(draft->body, "type", "share_view");
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool view_apply(struct db *db, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    const struct json *b = json_at(json_get(leaf->json, "b"), 0);
    (void)a, (void)blobs;
    return db_run(db, e, "insert into share_view(leaf, id, t, act, x, c, blob_x) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)", A((int64_t)leaf->index), A(json_text(leaf->json, "id")), A(leaf->t),
                  A(json_text(leaf->json, "act")), A(json_text(leaf->json, "fx")), A(json_text(b, "c")), A(json_text(b, "x")));
}

const struct op_kind op_share_view = {.kind = "share.view", .leaf_type = "record", .make = view_make, .apply = view_apply};
