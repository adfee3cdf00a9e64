/*
 * audit.c - samples and opinions: what an auditor, or who keeps the ledger, could have the real writer write to steer a draw or to conclude before the
 * evidence. Tree, signatures and files are right, and what is said is not. Every other mutant is handed to assay-verify as a bundle.
 */
#include "tamper.h"

#include "ledger/bundle.h"
#include "ledger/draw.h"
#include <sys/mman.h>

enum lie {
    NONCE_OTHER,
    NONCE_MALFORMED,
    ITEMS_OTHER,
    ITEMS_COUNT,
    ROWS_OTHER,
    HOW_OTHER,
    HEAD_ROOT,
    HEAD_SIZE,
    HEAD_LATER,
    NOT_COMMITTED,
    WORDS_OTHER,
    CLOSE_OF_OTHERS,
    CLOSE_NOT_NAMED,
    CLOSE_OLDER,
    CLOSE_UNFROZEN,
    DRAW_SIGNATURE,
    DRAW_UNSIGNED,
    CITES_LATER,
    CITES_OVER_HEAD,
    CITES_OVER_CONCLUSION,
    CITES_NO_LEAF,
    CONCLUDED_LATER,
    ON_NOTHING,
    ON_ANOTHER_STATE,
    PERIOD_NOT_OVER,
    OPINION_SIGNATURE,
    OPINION_UNSIGNED,
    OPINION_CHANGED,
    OPINION_OF_ANOTHER,
    OPINION_RETIRED,
    OPINION_STRANGER
};

/* What one sample is about. */
struct sampling {
    enum lie lie;
    char nonce[2 * DRAW_NONCE_MAX + 1], definition[65];
    struct sha256 commitment, root; /* root and size: the head to draw from */
    int64_t size, rows, commit, close, head;
    enum draw_method how;
    bool has_key, says_by, is_by_strata; /* has_key: both auditors have one */
    struct ed25519_private private_key[2];
    struct note_key key[2];
};

enum handed { AS_FULL, AS_SELECTED, AS_RANGE, AS_LATE_RANGE, WAYS };
static enum handed handed; /* how the bundle of this mutant is made */

static void random_hex(struct tamper *t, size_t bytes, char *ret)
{
    for (size_t i = 0; i < 2 * bytes; i++)
        ret[i] = "0123456789abcdef"[draw(t, 16)];
    ret[2 * bytes] = 0;
}

static void others_append(struct tamper *t, struct tamper_world *w, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        test_directory_parameter(&w->d, (int64_t)draw(t, 100));
}

static struct json *period_put(struct json *o, int64_t to)
{
    struct json *per = json_put_array(o, "per");
    json_push_int(per, 1000);
    json_push_int(per, to);
    return per;
}

/* ---- keys of auditors ---- */

static void auditors_make(struct tamper *t, struct tamper_world *w, struct sampling *s)
{
    static const char *const names[2] = {TEST_ORIGIN "/auditor/P-0007", TEST_ORIGIN "/auditor/P-0008"};
    bool is_about_keys = s->lie == DRAW_SIGNATURE || s->lie == DRAW_UNSIGNED || (s->lie >= OPINION_SIGNATURE && s->lie <= OPINION_RETIRED);
    s->has_key = s->lie != OPINION_STRANGER && (is_about_keys || draw(t, 2));
    s->says_by = s->lie == OPINION_OF_ANOTHER || draw(t, 2);
    for (int i = 0; i < 2; i++) {
        s->private_key[i].seed[0] = (uint8_t)(77 + i);
        s->key[i] = note_key_make(names[i], ed25519_public_of(&s->private_key[i]));
        if (s->has_key)
            test_directory_key(&w->d, "auditor", &s->key[i]);
    }
}

static void key_retire(struct tamper_world *w, const struct note_key *key)
{
    struct json *leaf = json_object(w->d.arena), *o = json_put_object(leaf, "key");
    json_put_cstr(o, "act", "retire");
    json_put_cstr(o, "role", "auditor");
    json_put_str(o, "vkey", vkey_text(w->d.arena, key));
    test_directory_append(&w->d, "key", 0, leaf, test_statement_sign(&w->d, "assay/key@v1", o, &w->d.root, &w->d.root_private));
}

/* Of the first auditor, where they have a key. */
static struct str lines_of(struct tamper_world *w, const struct sampling *s, const char *label, const struct json *o)
{
    return s->has_key ? test_statement_sign(&w->d, label, o, &s->key[0], &s->private_key[0]) : STR("");
}

/* By a key that is another's, or over other words. */
static struct str lines_wrong(struct tamper *t, struct tamper_world *w, const struct sampling *s, const char *label, const struct json *o)
{
    switch (draw(t, 4)) {
    case 0:
        return test_statement_sign(&w->d, label, o, &w->officer, &w->officer_private);
    case 1:
        return test_statement_sign(&w->d, label, o, &w->d.collector, &w->d.collector_private);
    case 2:
        return test_statement_sign(&w->d, label, o, &w->d.root, &w->d.root_private);
    default:
        return test_statement_sign(&w->d, strstr(label, "draw") ? "assay/opinion@v1" : "assay/draw@v1", o, &s->key[0], &s->private_key[0]);
    }
}

/* ---- samples ---- */

static struct json *draw_statement(struct tamper_world *w, const struct sampling *s, const char *act, struct json **ret)
{
    struct json *leaf = json_object(w->d.arena), *o = json_put_object(leaf, "draw");
    json_put_cstr(o, "act", act);
    if (s->says_by)
        json_put_cstr(o, "by", "P-0007");
    json_put_int(o, "n", s->size);
    json_put_cstr(o, "p", "POP-0001");
    json_put_str(o, "pop", arena_str(w->d.arena, str_of(s->definition)));
    json_put_hex(o, "seed", s->commitment.bytes, SHA256_SIZE);
    json_put_cstr(o, "smp", "SMP-0001");
    *ret = o;
    return leaf;
}

static void commit(struct tamper_world *w, struct sampling *s)
{
    struct json *o, *leaf = draw_statement(w, s, "commit", &o);
    s->commit = (int64_t)ledger_size(w->d.writer);
    world_append(w, "draw", S_FREE, leaf, lines_of(w, s, "assay/draw@v1", o));
}

static void population_close(struct tamper *t, struct tamper_world *w, struct sampling *s)
{
    struct json *leaf = json_object(w->d.arena);
    uint8_t state[32] = {(uint8_t)draw(t, 256)};
    s->close = (int64_t)ledger_size(w->d.writer);
    json_put_cstr(leaf, "pop", s->lie == CLOSE_OF_OTHERS ? "POP-0002" : "POP-0001");
    json_put_int(leaf, "rec", s->lie == CLOSE_UNFROZEN ? s->close + (int64_t)draw(t, 9) : s->close - 1 - (int64_t)draw(t, (uint64_t)s->close));
    json_put_hex(leaf, "state", state, sizeof(state));
    period_put(leaf, 2000);
    world_append(w, "close", S_FREE, leaf, STR(""));
}

/* False: nothing to draw from. */
static bool items_digest(struct tamper *t, const struct sampling *s, struct sha256 *ret, int64_t *ret_count)
{
    struct draw plan = {.method = s->how, .rows = s->rows, .size = s->size, .strata = 1};
    struct err e = {0};
    int64_t *items;
    size_t count = 0;
    if (!draw_seed(str_of(s->nonce), s->root, &plan.seed))
        return false;
    ck_assert_msg(draw_items(t->arena, &plan, &items, &count, &e), "%s", e.text);
    *ret = draw_digest(items, count);
    *ret_count = (int64_t)count;
    return true;
}

/* What the leaf that shows the number says in place of the truth. False: the same by chance. */
static bool show_lie(struct tamper *t, struct tamper_world *w, struct sampling *s)
{
    struct sha256 truth = {{0}}, said = {{0}};
    struct sampling was = *s;
    int64_t count = 0;
    switch (s->lie) {
    case NONCE_OTHER:
        random_hex(t, DRAW_NONCE_MIN + draw(t, 49), s->nonce);
        return true;
    case NONCE_MALFORMED:
        random_hex(t, draw(t, 2) ? draw(t, DRAW_NONCE_MIN) : DRAW_NONCE_MAX, s->nonce);
        if (strlen(s->nonce) == 2 * (size_t)DRAW_NONCE_MAX)
            s->nonce[draw(t, 128)] = "ABg -\xc3"[draw(t, 5)];
        return true;
    case ROWS_OTHER:
        s->rows += 1 + (int64_t)draw(t, 500);
        break;
    case HOW_OTHER:
        s->how = (enum draw_method)((s->how + 1 + draw(t, 2)) % 3);
        break;
    case HEAD_ROOT:
        s->root.bytes[draw(t, 32)] ^= (uint8_t)(1 + draw(t, 255));
        return true;
    case HEAD_SIZE:
        s->head += draw(t, 2) ? -1 - (int64_t)draw(t, 4) : 1 + (int64_t)draw(t, 50);
        return true;
    case HEAD_LATER:
        others_append(t, w, draw(t, 3));
        world_seal(w);
        s->root = ledger_signed_root(w->d.writer);
        s->head = (int64_t)ledger_signed_size(w->d.writer);
        return true;
    case WORDS_OTHER:
        if (draw(t, 2))
            s->size += 1 + (int64_t)draw(t, 5);
        else
            s->definition[draw(t, 64)] ^= 1; /* hex stays hex, or the leaf is no leaf: both are refused */
        return true;
    default:
        return true;
    }
    return !items_digest(t, &was, &truth, &count) || !items_digest(t, s, &said, &count) || !sha256_equal(truth, said);
}

static bool show(struct tamper *t, struct tamper_world *w, struct sampling *s)
{
    struct sampling was = *s;
    struct sha256 digest = sha256_of(STR("none"));
    int64_t count = 1;
    if (!show_lie(t, w, s))
        return false;
    struct json *o, *leaf = draw_statement(w, s, "show", &o);
    /* Of rows and way the truth is told elsewhere; whoever lies of head or number drew from that. */
    (void)items_digest(t, s->lie == ROWS_OTHER || s->lie == HOW_OTHER ? &was : s, &digest, &count);
    if (s->lie == ITEMS_OTHER)
        digest.bytes[draw(t, 32)] ^= (uint8_t)(1 + draw(t, 255));
    char hex[65];
    hex_encode(s->root.bytes, SHA256_SIZE, hex);
    int64_t here = (int64_t)ledger_size(w->d.writer), another = (int64_t)draw(t, (uint64_t)here + 9);
    bool is_other_close = s->lie == CLOSE_NOT_NAMED, is_other_commit = s->lie == NOT_COMMITTED;
    if ((is_other_close && another == s->close) || (is_other_commit && another == s->commit))
        another = -1;
    json_put_int(o, "close", is_other_close ? another : s->close);
    json_put_str(o, "head", arena_printf(w->d.arena, "%lld:%s", (long long)s->head, hex));
    json_put_cstr(o, "how", draw_method_name(s->how));
    json_put_hex(o, "items", digest.bytes, SHA256_SIZE);
    json_put_int(o, "k", count + (s->lie == ITEMS_COUNT ? (draw(t, 2) ? 1 : -1) * (1 + (int64_t)draw(t, 9)) : 0));
    json_put_str(o, "nonce", arena_str(w->d.arena, str_of(s->nonce)));
    json_put_int(o, "of", is_other_commit ? another : s->commit);
    json_put_int(o, "rows", s->rows);
    json_put_bool(o, "st", s->is_by_strata);
    struct str lines = s->lie == DRAW_SIGNATURE ? lines_wrong(t, w, s, "assay/draw@v1", o) : s->lie == DRAW_UNSIGNED ? STR("") : lines_of(w, s, "assay/draw@v1", o);
    world_append(w, "draw", S_FREE, leaf, lines);
    return true;
}

static bool sample(struct tamper *t, struct tamper_world *w, struct sampling *s)
{
    s->size = 1 + (int64_t)draw(t, 20);
    s->rows = s->size + 1 + (int64_t)draw(t, 1000);
    s->how = s->lie == ROWS_OTHER ? DRAW_FULL : (enum draw_method)draw(t, 3);
    s->is_by_strata = s->lie == (enum lie)HONEST && draw(t, 4) == 0;
    random_hex(t, DRAW_NONCE_MIN + draw(t, 49), s->nonce);
    random_hex(t, 32, s->definition);
    ck_assert(draw_commitment(str_of(s->nonce), &s->commitment));
    bool is_closed_first = draw(t, 2);
    if (is_closed_first)
        population_close(t, w, s);
    if (s->lie == CLOSE_OLDER && is_closed_first) { /* and once more */
        int64_t older = s->close;
        population_close(t, w, s);
        s->close = older;
    }
    others_append(t, w, draw(t, 3));
    if (draw(t, 3) == 0)
        world_seal(w);
    commit(w, s);
    others_append(t, w, handed == AS_LATE_RANGE ? 270 : draw(t, 3));
    if (!is_closed_first)
        population_close(t, w, s);
    world_seal(w);
    s->root = ledger_signed_root(w->d.writer);
    s->head = (int64_t)ledger_signed_size(w->d.writer);
    if (s->lie == CLOSE_OLDER && !is_closed_first) {
        int64_t older = s->close;
        population_close(t, w, s);
        s->close = older;
    }
    return show(t, w, s);
}

/* ---- opinions ---- */

static int64_t cited(struct tamper *t, enum lie lie, int64_t head, int64_t here, int64_t concluded)
{
    if (lie == CITES_LATER)
        return here + (int64_t)draw(t, 50);
    if (lie == CITES_OVER_HEAD)
        return head + (int64_t)draw(t, (uint64_t)(here - head));
    if (lie == CITES_OVER_CONCLUSION)
        return concluded + (int64_t)draw(t, (uint64_t)(head - concluded));
    if (lie == CITES_NO_LEAF)
        return -1 - (int64_t)draw(t, 9);
    return (int64_t)draw(t, (uint64_t)concluded);
}

static void cites_put(struct tamper *t, struct json *o, enum lie lie, int64_t bad)
{
    struct json *cites = json_put_array(o, "cites");
    uint64_t before = draw(t, 3);
    for (uint64_t i = 0; i < before; i++)
        json_push_int(cites, (int64_t)draw(t, 4));
    if (lie == CITES_NO_LEAF && draw(t, 2))
        json_push_str(cites, draw(t, 2) ? STR("EV-0001") : STR("3"));
    else
        json_push_int(cites, bad);
    for (uint64_t i = 0, n = draw(t, 3); i < n; i++)
        json_push_int(cites, (int64_t)draw(t, 4));
}

static struct str opinion_lines(struct tamper *t, struct tamper_world *w, const struct sampling *s, struct json *o)
{
    static const char label[] = "assay/opinion@v1";
    struct str lines = lines_of(w, s, label, o);
    struct json *words = (struct json *)(uintptr_t)json_get(o, "words");
    switch ((int)s->lie) {
    case OPINION_SIGNATURE:
        return lines_wrong(t, w, s, label, o);
    case OPINION_UNSIGNED:
        return STR("");
    case OPINION_CHANGED:
        words->text = STR("Exceptions noted.");
        return lines;
    case OPINION_OF_ANOTHER:
        return test_statement_sign(&w->d, label, o, &s->key[1], &s->private_key[1]);
    case OPINION_STRANGER:
        return test_statement_sign(&w->d, label, o, &s->key[0], &s->private_key[0]);
    default:
        return lines;
    }
}

static void conclude(struct tamper *t, struct tamper_world *w, const struct sampling *s)
{
    enum lie lie = s->lie;
    struct json *leaf = json_object(w->d.arena), *o = json_put_object(leaf, "opinion");
    if (lie == OPINION_RETIRED)
        key_retire(w, &s->key[0]);
    if (lie == OPINION_RETIRED && !s->says_by)
        key_retire(w, &s->key[1]);
    world_seal(w);
    struct sha256 root = ledger_signed_root(w->d.writer);
    int64_t head = (int64_t)ledger_signed_size(w->d.writer), concluded = head - 1 - (int64_t)draw(t, 4), end = w->d.ledger.now_ms - 5000;
    others_append(t, w, 1 + draw(t, 3));
    int64_t here = (int64_t)ledger_size(w->d.writer);
    cites_put(t, o, lie, cited(t, lie, head, here, concluded));
    if (lie == CITES_OVER_HEAD || (lie == (enum lie)HONEST && draw(t, 3) == 0))
        concluded = head; /* that the conclusion lies behind the head is no matter */
    if (lie == CITES_OVER_HEAD)
        concluded = here - 1;
    if (lie == CONCLUDED_LATER)
        concluded = draw(t, 3) ? here + (int64_t)draw(t, 50) : -1;
    if (lie == ON_ANOTHER_STATE) {
        if (draw(t, 2))
            root.bytes[draw(t, 32)] ^= (uint8_t)(1 + draw(t, 255));
        else
            head += draw(t, 2) ? 1 + (int64_t)draw(t, 1000) : -1;
    }
    if (lie == ON_NOTHING) {
        head = 0;
        root = draw(t, 2) ? sha256_of(STR("")) : root;
    }
    if (lie == PERIOD_NOT_OVER)
        end += 6000 + (int64_t)draw(t, 1 << 30);
    char hex[65];
    hex_encode(root.bytes, SHA256_SIZE, hex);
    if (s->says_by)
        json_put_cstr(o, "by", "P-0007");
    json_put_int(o, "concl", concluded);
    json_put_str(o, "cp", arena_printf(w->d.arena, "%lld:%s", (long long)head, hex));
    period_put(o, end);
    json_put_cstr(o, "sheet", "TS-0001");
    json_put_cstr(o, "words", "No exceptions noted.");
    struct str lines = opinion_lines(t, w, s, o);
    world_append(w, "opinion", S_FREE, leaf, lines);
}

/* ---- the family ---- */

static bool make(struct tamper *t, const struct tamper_class *c)
{
    struct sampling s = {.lie = (enum lie)c->what};
    struct tamper_world *w = own_new(t, false);
    handed = c->what == HONEST ? (enum handed)(t->number % WAYS) : AS_FULL;
    others_append(t, w, 2 + draw(t, 4));
    auditors_make(t, w, &s);
    bool ok = sample(t, w, &s);
    conclude(t, w, &s);
    others_append(t, w, draw(t, 3));
    world_seal(w);
    return ok;
}

static void check(struct tamper *t, const struct tamper_class *c)
{
    struct tamper_world *w = t->own;
    char path[64];
    if (t->number % 2 && c->what != HONEST) {
        own_check(t, c);
        return;
    }
    struct buf BUF_AUTO bundle;
    uint64_t size = ledger_signed_size(w->d.writer);
    t->is_ours_only = true;
    own_check(t, c);
    t->is_ours_only = false;
    static const enum bundle_mode modes[WAYS] = {[AS_FULL] = BUNDLE_FULL, [AS_SELECTED] = BUNDLE_SELECTED, [AS_RANGE] = BUNDLE_RANGE, [AS_LATE_RANGE] = BUNDLE_RANGE};
    world_bundle(w, modes[handed], handed == AS_LATE_RANGE ? 256 : 0, size, &bundle);
    int fd = memfd_create("mutant", 0); /* the program inherits it */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ck_assert(fd >= 0 && write(fd, bundle.data, bundle.size) == (ssize_t)bundle.size);
    tamper_check_bundle(t, path, &(struct tamper_trust){&w->pinned, &w->d.root, NULL});
    close(fd);
}

static const struct tamper_class classes[] = {
    {"sample: another nonce than the one committed to", "E72", make, NONCE_OTHER, NULL, NULL},
    {"sample: a nonce that is none", "E72", make, NONCE_MALFORMED, NULL, NULL},
    {"sample: other items", "E72", make, ITEMS_OTHER, NULL, NULL},
    {"sample: another count of items", "E72", make, ITEMS_COUNT, NULL, NULL},
    {"sample: of another number of rows", "E72", make, ROWS_OTHER, NULL, NULL},
    {"sample: drawn in another way", "E72", make, HOW_OTHER, NULL, NULL},
    {"sample: from a head that never was", "E72", make, HEAD_ROOT, NULL, NULL},
    {"sample: from a head of another size", "E72", make, HEAD_SIZE, NULL, NULL},
    {"sample: from a later head", "E72", make, HEAD_LATER, NULL, NULL},
    {"sample: nobody committed to it", "E72", make, NOT_COMMITTED, NULL, NULL},
    {"sample: committed to in other words", "E72 E42", make, WORDS_OTHER, NULL, NULL},
    {"sample: its population was not closed", "E72", make, CLOSE_OF_OTHERS, NULL, NULL},
    {"sample: another leaf than the close", "E72", make, CLOSE_NOT_NAMED, NULL, NULL},
    {"sample: closed once more, and the older one named", "E72", make, CLOSE_OLDER, NULL, NULL},
    {"population: closed before it was frozen", "E72", make, CLOSE_UNFROZEN, NULL, NULL},
    {"sample: a signature that does not hold", "E43", make, DRAW_SIGNATURE, NULL, NULL},
    {"sample: unsigned, though its auditor has a key", "E43", make, DRAW_UNSIGNED, NULL, NULL},
    {"opinion: cites a leaf behind itself", "E71", make, CITES_LATER, NULL, NULL},
    {"opinion: cites a leaf behind the head it rests on", "E71", make, CITES_OVER_HEAD, NULL, NULL},
    {"opinion: cites a leaf behind its conclusion", "E71", make, CITES_OVER_CONCLUSION, NULL, NULL},
    {"opinion: cites what is no leaf", "E71", make, CITES_NO_LEAF, NULL, NULL},
    {"opinion: concluded after it was given", "E71", make, CONCLUDED_LATER, NULL, NULL},
    {"opinion: rests on nothing", "E71", make, ON_NOTHING, NULL, NULL},
    {"opinion: rests on a state that never was", "E71", make, ON_ANOTHER_STATE, NULL, NULL},
    {"opinion: given before its period was over", "E71", make, PERIOD_NOT_OVER, NULL, NULL},
    {"opinion: a signature that does not hold", "E43", make, OPINION_SIGNATURE, NULL, NULL},
    {"opinion: unsigned, though its auditor has a key", "E43", make, OPINION_UNSIGNED, NULL, NULL},
    {"opinion: changed behind its signature", "E43", make, OPINION_CHANGED, NULL, NULL},
    {"opinion: signed by another auditor", "E43", make, OPINION_OF_ANOTHER, NULL, NULL},
    {"opinion: by an auditor's key that was retired", "E43", make, OPINION_RETIRED, NULL, NULL},
    {"opinion: signed by a key that is not registered", "E43", make, OPINION_STRANGER, NULL, NULL},
};

const struct tamper_family tamper_audit = {
    "audit", classes, sizeof(classes) / sizeof(classes[0]), {"samples and opinions as they should be", FINE, make, HONEST, NULL, NULL}, NULL, NULL, check, own_restore};
