/* kind_anchor.c - who is asked from outside (a witness policy, time stamping authorities), and what they said: leaves of type anchor. */
#include "base/times.h"
#include "blob/blob.h"
#include "crypto/tst.h"
#include "keeper/kinds.h"
#include "ledger/anchor.h"

enum { EVERY_MIN_MS = 60 * 1000, URL_BYTES_MAX = 1024, CA_BYTES_MAX = 40 << 10, TSA_COUNT_MAX = 8 };

static bool one_draft(struct arena *a, const char *type, struct json *body, const struct op *op, struct leaf_drafts *ret)
{
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    *draft = (struct leaf_draft){.type = type, .stream = STR("anchor"), .body = body, .blob_count = op->blob_count};
    *ret = (struct leaf_drafts){.items = draft, .count = 1};
    return true;
}

/* ---- the policy ---- */

static bool lists_this_log(const struct policy *p, struct str origin)
{
    for (size_t i = 0; i < p->log_count; i++)
        if (str_is(origin, p->logs[i].key.name))
            return true;
    return p->log_count == 0;
}

static bool policy_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str text = json_text(op->body, "text");
    struct err failed = {0};
    struct str origin = db_one_text(a, projection, &failed, "select value from meta where key='origin'");
    struct str old = db_one_text(a, projection, &failed, "select text from anchor_policy order by leaf desc limit 1");
    if (failed.code)
        return (*e = failed, false);
    if (text.size > ANCHOR_POLICY_BYTES_MAX || !str_is_utf8(text))
        return err_set(e, ERR_TOO_LARGE, "policy: it has to be UTF-8 of at most %d bytes", ANCHOR_POLICY_BYTES_MAX);
    const struct policy *p = policy_parse(a, text, e);
    if (!p)
        return false;
    if (!lists_this_log(p, origin))
        return err_set(e, ERR_INVALID, "policy: it lists logs, but not this one, %.*s (assay key list)", STR_ARGS(origin));
    if (op->blob_count)
        return err_set(e, ERR_INVALID, "policy: takes no blobs");
    *ret = (struct leaf_drafts){.count = 0};
    if (old.data && str_equal(old, text))
        return true; /* nothing new */
    struct json *body = json_object(a);
    json_put_cstr(body, "type", "anchor_policy");
    json_put_str(body, "text", text);
    return one_draft(a, "record", body, op, ret);
}

static bool policy_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                         struct err *e)
{
    (void)a, (void)blobs;
    return db_run(projection, e, "insert into anchor_policy(leaf, t, text) values(?1, ?2, ?3)", A((int64_t)leaf->index), A(leaf->t),
                  A(json_text(leaf->json, "text")));
}

const struct op_kind kind_anchor_policy = {
    .kind = "anchor.policy", .leaf_type = "record", .make = policy_make, .apply = policy_apply};

/* ---- authorities ---- */

static bool name_check(struct str name, struct err *e)
{
    bool ok = name.size > 0 && name.size <= ANCHOR_NAME_MAX;
    for (size_t i = 0; ok && i < name.size; i++)
        ok = (name.data[i] >= 'a' && name.data[i] <= 'z') || (name.data[i] >= '0' && name.data[i] <= '9') || strchr("._-", name.data[i]);
    return ok || err_set(e, ERR_INVALID, "authority: a name is of a-z, 0-9, '.', '_' and '-', at most %d", ANCHOR_NAME_MAX);
}

static bool tsa_add_check(struct db *projection, const struct op *op, struct err *e)
{
    struct str url = json_text(op->body, "url"), ca = json_text(op->body, "ca");
    char subject[256];
    struct err failed = {0};
    int64_t every_ms = json_int(op->body, "every", 0);
    if (url.size > URL_BYTES_MAX || !(str_starts(url, "http://") || str_starts(url, "https://")))
        return err_set(e, ERR_INVALID, "authority: its address has to be http:// or https://, at most %d bytes", URL_BYTES_MAX);
    if (ca.size > CA_BYTES_MAX)
        return err_set(e, ERR_TOO_LARGE, "authority: its certificates are over %d bytes", CA_BYTES_MAX);
    if (every_ms < EVERY_MIN_MS || every_ms > 30 * MS_DAY)
        return err_set(e, ERR_INVALID, "authority: every is one minute to 30 days");
    if (db_one_int(projection, &failed, 0, "select count(*) from anchor_tsa") >= TSA_COUNT_MAX)
        return err_set(e, ERR_LIMIT, "authority: at most %d", TSA_COUNT_MAX);
    return failed.code ? (*e = failed, false) : tst_ca_check(ca, subject, e);
}

static bool tsa_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str act = json_text(op->body, "act"), name = json_text(op->body, "id");
    bool is_add = str_is(act, "add");
    struct err failed = {0};
    if (!name_check(name, e))
        return false;
    if (op->blob_count || !(is_add || str_is(act, "remove")))
        return err_set(e, ERR_INVALID, "authority: act is add or remove, without blobs");
    if (is_add && !tsa_add_check(projection, op, e))
        return false;
    int64_t known = db_one_int(projection, &failed, 0, "select count(*) from anchor_tsa where name=?1", A(name));
    if (failed.code)
        return (*e = failed, false);
    if (!is_add && !known)
        return err_set(e, ERR_NOT_FOUND, "authority %.*s: there is none of this name (assay anchor list)", STR_ARGS(name));
    if (is_add && known)
        return err_set(e, ERR_EXISTS, "authority %.*s: is there already; remove it first", STR_ARGS(name));
    struct json *body = json_object(a);
    json_put_cstr(body, "type", "anchor_tsa");
    json_put_str(body, "act", act);
    json_put_str(body, "id", name);
    if (is_add) {
        json_put_str(body, "url", json_text(op->body, "url"));
        json_put_str(body, "ca", json_text(op->body, "ca"));
        json_put_int(body, "every", json_int(op->body, "every", 0));
    }
    return one_draft(a, "record", body, op, ret);
}

static bool tsa_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                      struct err *e)
{
    (void)a, (void)blobs;
    if (!db_run(projection, e, "delete from anchor_tsa where name=?1", A(json_text(leaf->json, "id"))))
        return false;
    if (!str_is(json_text(leaf->json, "act"), "add"))
        return true;
    if (!db_run(projection, e, "insert into anchor_ca(leaf, name, ca) values(?1, ?2, ?3)", A((int64_t)leaf->index), A(json_text(leaf->json, "id")),
                A(json_text(leaf->json, "ca"))))
        return false;
    return db_run(projection, e, "insert into anchor_tsa(name, leaf, t, url, ca, every_ms) values(?1, ?2, ?3, ?4, ?5, ?6)",
                  A(json_text(leaf->json, "id")), A((int64_t)leaf->index), A(leaf->t), A(json_text(leaf->json, "url")),
                  A(json_text(leaf->json, "ca")), A(json_int(leaf->json, "every", 0)));
}

const struct op_kind kind_anchor_tsa = {.kind = "anchor.tsa", .leaf_type = "record", .make = tsa_make, .apply = tsa_apply};

/* ---- what they said ---- */

bool anchor_log_key(struct db *projection, struct str note, struct note_key *ret, struct err *e)
{
    struct checkpoint checkpoint;
    struct str text, lines;
    struct err failed = {0}, why = {0};
    bool is_found = false;
    if (!checkpoint_parse(note, &checkpoint, &text, &lines, e))
        return false;
    err_set(&why, ERR_CORRUPT, "no log key is registered");
    DB_EACH (row, projection, &failed, "select vkey from ledger_key where role='log' order by leaf desc") {
        struct note_key key;
        is_found = is_found || (note_key_parse(db_text(row, 0), &key, &why) && strcmp(key.name, checkpoint.origin) == 0 &&
                                note_verify(text, lines, &key, &why) && (*ret = key, true));
    }
    if (failed.code)
        return (*e = failed, false);
    return is_found || err_set(e, ERR_CORRUPT, "anchor: the checkpoint is not of this ledger: %s", why.text);
}

/* What is in the blob is not looked into: it came from outside, and the process that fetched it has checked it. */
static bool stamp_check(struct db *projection, struct arena *a, const struct op *op, const struct anchor *anchor, struct err *e)
{
    struct err failed = {0};
    struct str plain;
    if (op->blob_count != 1 || strcmp(op->blobs[0].media, ANCHOR_MEDIA_TST) != 0 || op->blobs[0].plain_size > TST_BYTES_MAX)
        return err_set(e, ERR_INVALID, "anchor: a time stamp is one blob of type " ANCHOR_MEDIA_TST);
    if (db_one_int(projection, &failed, 0, "select count(*) from anchor_tsa where name=?1", A(anchor->by)) != 1)
        return failed.code ? (*e = failed, false) : err_set(e, ERR_NOT_FOUND, "anchor: no authority %.*s", STR_ARGS(anchor->by));
    const struct op_blob *b = &op->blobs[0];
    if (!blob_open(a, b->ciphertext, b->c, b->x, b->dek, TST_BYTES_MAX, &plain, e))
        return err_wrap(e, "anchor");
    return sha256_equal(sha256_of(plain), anchor->digest) || err_set(e, ERR_INVALID, "anchor: d is not the digest of the time stamp");
}

static bool cosignatures_check(struct db *projection, struct arena *a, const struct op *op, const struct anchor *anchor, struct err *e)
{
    struct err failed = {0};
    struct policy_outcome outcome;
    struct str text = db_one_text(a, projection, &failed, "select text from anchor_policy order by leaf desc limit 1");
    if (failed.code)
        return (*e = failed, false);
    const struct policy *p = text.data ? policy_parse(a, text, e) : NULL;
    if (!p)
        return text.data ? false : err_set(e, ERR_NOT_FOUND, "anchor: no policy is set");
    if (op->blob_count || !policy_evaluate(p, anchor->note, NULL, &outcome, e))
        return op->blob_count ? err_set(e, ERR_INVALID, "anchor: cosignatures have no blobs") : false;
    return (outcome.is_satisfied && outcome.cosigned_count > 0) ||
           err_set(e, ERR_INVALID, "anchor: not cosigned as the policy in force asks");
}

static bool anchor_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct anchor anchor;
    struct note_key key;
    if (!anchor_leaf_read(op->body, &anchor, e) || anchor.note.size > ANCHOR_NOTE_BYTES_MAX ||
        !anchor_log_key(projection, anchor.note, &key, e))
        return e->code ? false : err_set(e, ERR_TOO_LARGE, "anchor: its note is over %d bytes", ANCHOR_NOTE_BYTES_MAX);
    if (!(anchor.is_tst ? stamp_check(projection, a, op, &anchor, e) : cosignatures_check(projection, a, op, &anchor, e)))
        return false;
    return one_draft(a, "anchor", anchor_leaf_body(a, &anchor), op, ret);
}

static bool anchor_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                         struct err *e)
{
    (void)a, (void)blobs;
    struct anchor anchor;
    if (!anchor_leaf_read(leaf->json, &anchor, e))
        return err_wrap(e, "leaf %llu", (unsigned long long)leaf->index);
    const struct json *blob = json_at(json_get(leaf->json, "b"), 0);
    return db_run(projection, e,
                  "insert into anchor(leaf, t, kind, name, size, at, digest, c, x) values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                  A((int64_t)leaf->index), A(leaf->t), A(json_text(leaf->json, "kind")), A(anchor.by), A((int64_t)anchor.checkpoint.size),
                  A(anchor.at_ms), A(json_text(leaf->json, "d")), A(json_text(blob, "c")), A(json_text(blob, "x")));
}

const struct op_kind kind_anchor = {.kind = "anchor", .leaf_type = "anchor", .make = anchor_make, .apply = anchor_apply};
