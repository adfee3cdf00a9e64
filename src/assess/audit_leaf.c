/* audit_leaf.c - the leaves draw, close and opinion: what they say (ledger/verify_draw.c has the members), and their rows in the projection. */
#include "assess/audit_guard.h"

#include "base/limits.h"
#include "base/times.h"
#include "os/zone.h"

static void extra_put(struct audit_asking *q, const char *type, struct json *body)
{
    *q->extra = (struct leaf_draft){.type = type, .stream = str_of(type), .body = body, .blob_count = 0};
}

static struct json *draw_new(struct audit_asking *q, struct json *body, const char *act)
{
    const struct json *v = q->after->values;
    struct json *s = json_put_object(body, "draw");
    json_put_cstr(s, "act", act);
    if (q->access.person.size)
        json_put_str(s, "by", q->access.person);
    json_put_str(s, "eng", json_text(v, "engagement"));
    json_put_int(s, "n", json_int(v, "size", 0));
    json_put_str(s, "p", json_text(v, "population"));
    json_put_str(s, "pop", json_text(v, "definition"));
    json_put_str(s, "seed", json_text(v, "commitment"));
    json_put_str(s, "smp", q->id);
    return s;
}

bool audit_leaf_commit(struct audit_asking *q, struct err *e)
{
    struct json *body = json_object(q->a);
    (void)e;
    draw_new(q, body, "commit");
    json_put_int(body, "rec", q->leaf);
    extra_put(q, "draw", body);
    return true;
}

bool audit_leaf_show(struct audit_asking *q, const struct json *shown, struct err *e)
{
    struct err failed = {0};
    const struct json *v = q->after->values;
    struct json *body = json_object(q->a), *s = draw_new(q, body, "show");
    bool is_full = str_is(json_text(v, "method"), "full") || str_is(json_text(v, "profile"), "full");
    int64_t of = audit_leaf_of(q->db, "draw", q->id, -1, &failed);
    if (failed.code)
        return (*e = failed, false);
    json_put_int(s, "close", json_int(shown, "close_leaf", -1));
    json_put_str(s, "head", arena_printf(q->a, "%lld:%.*s", (long long)json_int(shown, "head_size", 0), STR_ARGS(json_text(shown, "root"))));
    json_put_str(s, "how", is_full ? STR("full") : json_text(v, "method"));
    json_put_str(s, "items", json_text(shown, "items_digest"));
    json_put_int(s, "k", json_int(shown, "items", 0));
    json_put_str(s, "nonce", json_text(shown, "nonce"));
    json_put_int(s, "of", of);
    json_put_int(s, "rows", json_int(shown, "rows", 0));
    json_put_bool(s, "st", !is_full && str_is(json_text(v, "method"), "random") && str_trim(json_text(v, "strata")).size > 0);
    json_put_int(body, "rec", q->leaf);
    extra_put(q, "draw", body);
    return true;
}

/* From the first to the last instant of two dates in the engagement's zone; false where they are none. */
static bool span_put(const struct audit_asking *q, struct json *o, struct str from, struct str to, int64_t most_ms)
{
    struct err ignored = {0};
    int64_t first = 0, last = 0;
    struct str name = db_one_text(q->a, q->db, &ignored, "select time_zone from engagements where id = ?1", A(json_text(q->after->values, "engagement")));
    struct zone *zone = zone_open(q->a, name.data ? name : STR("UTC"));
    if (!time_parse(from, 0, &first) || !time_parse(to, 0, &last))
        return false;
    first = zone_instant_ms(zone, first);
    last = zone_instant_ms(zone, last + MS_DAY) - 1;
    if (first < 0 || first > most_ms)
        return false;
    last = last > most_ms ? most_ms : last;
    struct json *per = json_put_array(o, "per");
    json_push_int(per, first);
    json_push_int(per, last < first ? first : last);
    return true;
}

bool audit_leaf_close(struct audit_asking *q, struct err *e)
{
    const struct json *v = q->after->values;
    struct json *body = json_object(q->a);
    struct sha256 digest;
    if (!hex_decode(json_text(v, "digest"), digest.bytes, SHA256_SIZE))
        return audit_refuse(q, e, ERR_INVALID, "digest: is the SHA-256 of its rows, 64 hex digits");
    json_put_str(body, "eng", json_text(v, "engagement"));
    json_put_str(body, "pop", q->id);
    json_put_int(body, "rec", q->leaf);
    json_put_str(body, "state", json_text(v, "digest"));
    if (!span_put(q, body, json_text(v, "period_from"), json_text(v, "period_to"), INT64_C(1) << 50))
        return audit_refuse(q, e, ERR_INVALID, "period_from, period_to: are dates");
    extra_put(q, "close", body);
    return true;
}

/* ---- opinions ---- */

/* The newest leaf that says something of a record: not who agreed to it, or took note of it. */
#define CONTENT_LEAF                                                                                                                                     \
    "select max(leaf) from record_change where type = ?1 and id = ?2 and act <> 'vote' and (act <> 'move' or difference <> '{}' or transition in ('freeze', 'check', " \
    "'reveal', 'accept')) and not (type = 'audit_exception' and act = 'move' and transition in ('agree', 'report')) and not (type = 'evidence' and act = 'move' and difference = '{}')"

struct citing {
    struct audit_asking *q;
    struct json *list;
    int64_t concluded, head;
    struct err *e;
};

static bool cite(struct citing *c, const char *type, struct str id)
{
    struct err failed = {0};
    int64_t leaf = db_one_int(c->q->db, &failed, -1, CONTENT_LEAF, A(type), A(id));
    if (failed.code)
        return (*c->e = failed, false);
    if (leaf < 0)
        return audit_refuse(c->q, c->e, ERR_INVALID, "it cites %.*s, which is not there", STR_ARGS(id));
    if (leaf >= c->concluded)
        return audit_refuse(c->q, c->e, ERR_CONFLICT, "%.*s (leaf %lld) is younger than the conclusion (leaf %lld): nothing is concluded before its evidence; send it back to the preparer", STR_ARGS(id),
                            (long long)leaf, (long long)c->concluded);
    if (leaf >= c->head)
        return audit_refuse(c->q, c->e, ERR_CONFLICT, "%.*s (leaf %lld) is not under a signed head yet; ask again in a second", STR_ARGS(id), (long long)leaf);
    JSON_EACH (known, c->list)
        if (known->integer == leaf)
            return true;
    json_push_int(c->list, leaf);
    return true;
}

static bool cite_all(struct citing *c, const struct sheet *s)
{
    const struct json *v = c->q->after->values;
    struct err failed = {0};
    JSON_EACH (id, json_get(v, "evidence"))
        if (!cite(c, "evidence", id->text))
            return false;
    for (size_t i = 0; i < s->grid.row_count; i++) {
        struct str rest = s->grid.rows[i].evidence, id;
        for (bool more = rest.size > 0; more;) {
            more = str_cut(&rest, ',', &id);
            if (!cite(c, "evidence", id))
                return false;
        }
    }
    if ((s->sample && !cite(c, "sample", s->sample->id)) || (s->population.record && !cite(c, "population", s->population.record->id)))
        return false;
    struct str ids[100];
    size_t count = 0;
    DB_EACH (row, c->q->db, &failed, "select id from audit_exceptions where sheet = ?1 and state <> 'withdrawn' order by id limit 100", A(s->record->id))
        ids[count++] = arena_str(c->q->a, db_text(row, 0));
    if (failed.code)
        return (*c->e = failed, false);
    for (size_t i = 0; i < count; i++)
        if (!cite(c, "audit_exception", ids[i]))
            return false;
    return true;
}

static struct str short_words(struct arena *a, const struct sheet *s)
{
    if (str_is(s->conclusion, "exceptions"))
        return arena_printf(a, "Exceptions noted: %lld of %lld items.", (long long)(s->count.deviations + s->count.targeted_deviations), (long long)(s->count.tested + s->count.targeted));
    return str_is(s->conclusion, "no_exceptions") ? STR("No exceptions noted.") : str_is(s->conclusion, "not_tested") ? STR("Not tested: nothing triggered it.") : STR("Could not be tested.");
}

/* The head that an auditor's key signed for: an earlier one than the newest, as everything that is cited lies before the conclusion. */
static bool head_named(const struct audit_asking *q, int64_t *head, struct err *e)
{
    struct checkpoint named;
    struct sha256 root;
    if (!checkpoint_name_parse(q->head, &named) || named.size == 0 || (int64_t)named.size > *head)
        return audit_refuse(q, e, ERR_INVALID, "what was signed names no head of this ledger");
    if (!q->leaves->root(q->leaves->context, named.size, &root, e))
        return false;
    if (!sha256_equal(root, named.root))
        return audit_refuse(q, e, ERR_INVALID, "what was signed names a head of %llu leaves that this ledger never had", (unsigned long long)named.size);
    *head = (int64_t)named.size;
    return true;
}

/* SHA-256 of all that the sheet says, as it was prepared. */
static bool sheet_digest_put(struct audit_asking *q, struct json *o, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, RECORD_BYTES_MAX + 4096);
    if (!json_write_canonical(&text, q->before->values, e))
        return false;
    struct sha256 digest = sha256_of(buf_view(&text));
    json_put_hex(o, "d", digest.bytes, SHA256_SIZE);
    return true;
}

bool audit_leaf_opinion(struct audit_asking *q, const struct sheet *s, struct err *e)
{
    struct err failed = {0};
    struct json *body = json_object(q->a), *o = json_put_object(body, "opinion");
    struct citing c = {.q = q, .list = json_array(q->a), .e = e};
    struct str from = STR(""), to = STR("");
    struct sha256 root;
    char hex[65];
    c.head = q->leaves && q->leaves->head ? (int64_t)q->leaves->head(q->leaves->context) : 0;
    if (q->head.size && !head_named(q, &c.head, e))
        return false;
    c.concluded = db_one_int(q->db, &failed, -1, "select max(leaf) from record_change where type = 'test_sheet' and id = ?1 and act = 'move' and transition = 'prepare'", A(q->id));
    DB_EACH (row, q->db, &failed, "select coalesce(window_from, as_of), coalesce(window_to, as_of) from engagements where id = ?1", A(s->engagement)) {
        from = arena_str(q->a, db_text(row, 0));
        to = arena_str(q->a, db_text(row, 1));
    }
    if (s->population.record) {
        from = json_text(s->population.record->values, "period_from");
        to = json_text(s->population.record->values, "period_to");
    }
    int64_t sealed_ms = db_one_int(q->db, &failed, 0, "select t from leaf where idx = ?1", A(c.head - 1));
    if (failed.code)
        return (*e = failed, false);
    if (!cite_all(&c, s))
        return false;
    if (c.head == 0 || !q->leaves->root(q->leaves->context, (uint64_t)c.head, &root, e))
        return e->code ? false : audit_refuse(q, e, ERR_CONFLICT, "no head is signed yet; ask again in a second");
    hex_encode(root.bytes, SHA256_SIZE, hex);
    struct sha256 words = sha256_of(json_text(q->after->values, "conclusion_words"));
    if (q->access.person.size)
        json_put_str(o, "by", q->access.person);
    json_put(o, "cites", c.list);
    json_put_int(o, "concl", c.concluded);
    json_put_str(o, "cp", arena_printf(q->a, "%lld:%s", (long long)c.head, hex));
    json_put_str(o, "ctl", s->control);
    if (!sheet_digest_put(q, o, e))
        return false;
    json_put_str(o, "eng", s->engagement);
    json_put_hex(o, "h", words.bytes, SHA256_SIZE);
    json_put_str(o, "sheet", q->id);
    json_put_str(o, "words", short_words(q->a, s));
    if (!span_put(q, o, from, to, sealed_ms))
        return audit_refuse(q, e, ERR_CONFLICT, "engagement %.*s has no days yet, or they have not begun", STR_ARGS(s->engagement));
    json_put_int(body, "rec", q->leaf);
    if (q->op && json_text(q->op->body, "step").size)
        json_put_str(body, "step", json_text(q->op->body, "step"));
    extra_put(q, "opinion", body);
    return true;
}

/* ---- in the projection ---- */

static bool leaf_apply(struct db *db, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    const struct json *s = json_get(leaf->json, leaf->type);
    struct buf BUF_AUTO text = {0};
    bool is_close = strcmp(leaf->type, "close") == 0, is_shown = str_is(json_text(s, "act"), "show");
    struct str subject = is_close ? json_text(leaf->json, "pop") : json_text(s, strcmp(leaf->type, "draw") == 0 ? "smp" : "sheet");
    (void)blobs, (void)a;
    if (subject.size == 0)
        return true; /* of another program's making: it has no row */
    buf_init(&text, LIMIT_LEAF_BYTES);
    json_write(&text, is_close ? leaf->json : s);
    return db_run(db, e, "insert into audit_leaf(leaf, kind, subject, engagement, t, statement) values(?1, ?2, ?3, ?4, ?5, ?6)", A((int64_t)leaf->index), A(is_shown ? "show" : leaf->type), A(subject),
                  A(json_text(is_close ? leaf->json : s, "eng")), A(leaf->t), A(buf_view(&text)));
}

/* The answer of the operation that it came with. */
static bool leaf_answer(struct db *db, struct arena *a, const struct leaf_view *leaf, struct json *ret, struct err *e)
{
    enum { SHOWN_MAX = 100 };
    struct err failed = {0};
    struct json *records = json_array(a);
    int64_t count = 0, last = (int64_t)leaf->index;
    DB_EACH (row, db, &failed, "select c.type, c.id, c.version, c.act from leaf l join record_change c on c.leaf = l.idx where l.idx >= ?1 and l.idx < ?2 and l.op = ?3 order by l.idx",
             A(last - 2 * RECORD_CHANGES_MAX), A(last), A(json_text(leaf->json, "op"))) {
        if (count++ >= SHOWN_MAX)
            continue;
        struct json *r = json_push_object(records);
        json_put_str(r, "type", arena_str(a, db_text(row, 0)));
        json_put_str(r, "id", arena_str(a, db_text(row, 1)));
        json_put_int(r, "ver", db_int(row, 2));
        json_put_str(r, "act", arena_str(a, db_text(row, 3)));
    }
    json_put_int(ret, "count", count);
    json_put(ret, "records", records);
    return failed.code ? (*e = failed, false) : true;
}

const struct op_kind op_audit_draw = {.kind = "draw", .leaf_type = "draw", .apply = leaf_apply, .answer = leaf_answer};
const struct op_kind op_audit_close = {.kind = "close", .leaf_type = "close", .apply = leaf_apply, .answer = leaf_answer};
const struct op_kind op_audit_opinion = {.kind = "opinion", .leaf_type = "opinion", .apply = leaf_apply, .answer = leaf_answer};
