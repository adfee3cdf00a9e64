/* again.c - the whole examination once more, from a bundle alone. */
#include "assess/audit_sample.h"
#include "base/times.h"
#include "keeper/projection.h"
#include "ledger/bundle_read.h"
#include "ledger/leaf_rules.h"
#include "report/bundle/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEAVES_AT_ONCE = 2000, HIDDEN_TYPES_MAX = 256 };
static const struct json_limits LINE_LIMITS = {.depth_max = 12, .nodes_max = 1 << 20};

struct evaluated {
    struct assessment *as;
    struct population_result *fed;
    struct bundle_observed *observed;
    enum criterion_status *signals;
    size_t signal_count;
    bool is_compared, are_signals_made;
};

struct again {
    struct evaluated now;
    const struct bundle_again_options *o;
    struct arena *a, *step;
    struct bundle_again_report *report;
    struct bundle_file *file;
    struct ledger_reader *ledger;
    struct projection projection;
    struct record_types *types;
    struct blob_opener opener;
    struct engagement g;
    int64_t at_ms, leaf_limit;
    bool is_missing;          /* of the leaf that is being applied: a blob is not here */
    uint64_t *hidden;         /* records of which some change is not here: hashes, open addressing */
    size_t hidden_count, hidden_room;
    struct str hidden_types[HIDDEN_TYPES_MAX];
    size_t hidden_type_count;
    struct sha256 *damaged;
    size_t damaged_count;
    struct reperform_difference *mine, *left, *not_done;
    size_t mine_count, left_count, not_done_count;
    bool has_performances; /* line by line; without them counts are taken as stated */
};

static void list_add(struct again *x, struct reperform_difference *list, size_t *count, const char *kind, const char *format, va_list arguments)
{
    char text[1024];
    vsnprintf(text, sizeof(text), format, arguments);
    if ((*count)++ < REPERFORM_DIFFERENCES_MAX)
        list[*count - 1] = (struct reperform_difference){kind, -1, arena_str(x->a, str_of(text))};
}

static void differ(struct again *x, const char *kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void differ(struct again *x, const char *kind, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    list_add(x, x->mine, &x->mine_count, kind, format, list);
    va_end(list);
}

static void leave(struct again *x, const char *kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void leave(struct again *x, const char *kind, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    list_add(x, x->left, &x->left_count, kind, format, list);
    va_end(list);
}

/* What came out otherwise because something that was told already is damaged. */
static void follow(struct again *x, const char *kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void follow(struct again *x, const char *kind, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (x->damaged_count > 0)
        list_add(x, x->left, &x->left_count, "damaged", format, list);
    else
        list_add(x, x->mine, &x->mine_count, kind, format, list);
    va_end(list);
}

/* What cannot be done from this file, and why: neither a difference nor damage. */
static void spare(struct again *x, const char *kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void spare(struct again *x, const char *kind, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    list_add(x, x->not_done, &x->not_done_count, kind, format, list);
    va_end(list);
}

/* ---- the container ---- */

static bool open_blob(void *context, struct arena *a, uint64_t leaf, const char *c, const char *x, struct str *ret, struct err *e)
{
    struct again *s = context;
    (void)a, (void)leaf, (void)x;
    return bundle_file_blob(s->file, str_of(c), ret, e);
}

static bool tiles_open(struct again *x, struct err *e)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/ledger", x->o->scratch);
    if (mkdir(path, 0700) != 0)
        return err_errno(e, errno, "%s", path);
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = dir >= 0 || err_errno(e, errno, "%s", path);
    ok = ok && bundle_file_extract(x->file, dir, e) && (x->ledger = ledger_reader_open(dir, e)) != NULL;
    if (dir >= 0)
        close(dir);
    return ok;
}

static void fault_tell(struct again *x, const struct bundle_fault *f)
{
    struct str text, words = STR("");
    struct leaf leaf;
    struct err none = {0};
    char hex[65];
    if (f->leaf < 0) {
        differ(x, "container", "%s: %s", f->member, f->text);
        return;
    }
    memcpy(x->damaged[x->damaged_count++].bytes, f->x, SHA256_SIZE);
    hex_encode(f->c, sizeof(f->c), hex);
    arena_reset(x->step);
    if (x->ledger && ledger_reader_leaf(x->ledger, x->step, (uint64_t)f->leaf, &text, &none) && leaf_parse(x->step, text, &leaf, &none))
        words = reperform_blob_words(x->step, f->leaf, leaf.type, leaf.json, str_of(hex));
    else
        words = arena_printf(x->step, "leaf %lld", (long long)f->leaf);
    differ(x, "bytes", "%.*s: %s (%s)", STR_ARGS(words), f->text, f->member);
}

static void faults_tell(struct again *x)
{
    size_t count = bundle_file_fault_count(x->file), kept = count < BUNDLE_FAULTS_MAX ? count : BUNDLE_FAULTS_MAX;
    x->damaged = arena_array(x->a, kept + 1, sizeof(*x->damaged));
    for (size_t i = 0; i < kept; i++)
        fault_tell(x, bundle_file_fault(x->file, i));
    x->mine_count += count - kept;
}

/* ---- the projection ---- */

static uint64_t record_key(struct str type, struct str id)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < type.size; i++)
        h = (h ^ (uint8_t)type.data[i]) * UINT64_C(1099511628211);
    h = (h ^ ' ') * UINT64_C(1099511628211);
    for (size_t i = 0; i < id.size; i++)
        h = (h ^ (uint8_t)id.data[i]) * UINT64_C(1099511628211);
    return h ? h : 1;
}

static bool is_hidden(const struct again *x, uint64_t key)
{
    for (size_t i = (size_t)key & (x->hidden_room - 1); x->hidden_room && x->hidden[i]; i = (i + 1) & (x->hidden_room - 1))
        if (x->hidden[i] == key)
            return true;
    return false;
}

static void hidden_add(struct again *x, uint64_t key)
{
    if (is_hidden(x, key))
        return;
    if (2 * (x->hidden_count + 1) > x->hidden_room) {
        uint64_t *old = x->hidden;
        size_t room = x->hidden_room;
        x->hidden_room = room ? 2 * room : 1024;
        x->hidden = arena_array(x->a, x->hidden_room, sizeof(*x->hidden));
        x->hidden_count = 0;
        for (size_t i = 0; i < room; i++)
            if (old[i])
                hidden_add(x, old[i]);
    }
    size_t i = (size_t)key & (x->hidden_room - 1);
    while (x->hidden[i])
        i = (i + 1) & (x->hidden_room - 1);
    x->hidden[i] = key;
    x->hidden_count++;
}

static void missing_note(struct again *x, struct str bytes)
{
    struct leaf leaf;
    struct err none = {0};
    if (str_starts(bytes, "assay/leaf@v1 item\n") || str_starts(bytes, "assay/leaf@v1 eval\n") || !leaf_parse(x->step, bytes, &leaf, &none) ||
        !leaf_is_record_change(leaf.type, leaf.json))
        return;
    struct str type = json_text(leaf.json, "type");
    hidden_add(x, record_key(type, json_text(leaf.json, "id")));
    for (size_t i = 0; i < x->hidden_type_count; i++)
        if (str_equal(x->hidden_types[i], type))
            return;
    if (x->hidden_type_count < HIDDEN_TYPES_MAX)
        x->hidden_types[x->hidden_type_count++] = arena_str(x->a, type);
}

/* What is withheld or damaged is as if it had been erased: the projection knows how to do without. */
static bool projection_blob(void *context, struct arena *a, struct str c, struct str blob_x, struct str *ret, struct err *e)
{
    struct again *x = context;
    struct err failed = {0};
    (void)a, (void)blob_x;
    if (bundle_file_blob(x->file, c, ret, &failed))
        return true;
    x->is_missing = true;
    return err_set(e, ERR_NOT_FOUND, "%s", failed.text);
}

static bool leaf_apply(void *context, uint64_t index, struct str bytes, struct err *e)
{
    struct again *x = context;
    struct projection *p = &x->projection;
    struct blob_reader blobs = {projection_blob, x};
    if (index % LEAVES_AT_ONCE == 0 && !((index == 0 || db_commit(p->db, e)) && db_begin(p->db, e)))
        return false;
    x->is_missing = false;
    arena_reset(x->step);
    bool ok = projection_apply(p, p->scratch, bytes, &blobs, NULL, e);
    arena_reset(p->scratch);
    if (ok && x->is_missing)
        missing_note(x, bytes);
    return ok;
}

static bool projection_make(struct again *x, struct err *e)
{
    char path[4096];
    struct str bytes;
    struct leaf leaf;
    uint64_t size = ledger_reader_head(x->ledger)->size;
    snprintf(path, sizeof(path), "%s/db", x->o->scratch);
    if (mkdir(path, 0700) != 0)
        return err_errno(e, errno, "%s", path);
    char *origin = arena_strndup(x->a, bundle_file_facts(x->file)->origin.data, bundle_file_facts(x->file)->origin.size);
    if (!projection_open(&x->projection, x->o->scratch, origin, x->o->kinds, x->o->kind_count, e))
        return false;
    if (!db_script(x->projection.db, "pragma synchronous=off", e) || !ledger_reader_each(x->ledger, 0, size, leaf_apply, x, e) || !projection_note_next(&x->projection, e) ||
        !db_commit(x->projection.db, e))
        return false;
    x->types = record_types_open(x->projection.db, e);
    x->leaf_limit = (int64_t)size - 1;
    arena_reset(x->step);
    if (!x->types || !ledger_reader_leaf(x->ledger, x->step, size - 1, &bytes, e) || !leaf_parse(x->step, bytes, &leaf, e))
        return false;
    x->at_ms = json_int(leaf.json, "t", 0);
    return true;
}

/* ---- comparing what is stated ---- */

static struct str canonical(struct arena *a, const struct json *v)
{
    struct buf BUF_AUTO b;
    struct err none = {0};
    buf_init(&b, 64 << 20);
    return v && json_write_canonical(&b, v, &none) ? arena_str(a, buf_view(&b)) : STR("nothing");
}

/* The first member that differs, as "member: stated …, computed …"; {NULL,0}: none does. */
static struct str difference_of(struct arena *a, const struct json *stated, const struct json *computed)
{
    enum { SHOWN = 200 };
    for (int side = 0; side < 2; side++)
        JSON_EACH (m, side == 0 ? stated : computed) {
            const char *key = arena_str(a, m->key).data;
            struct str was = canonical(a, json_get(stated, key)), is = canonical(a, json_get(computed, key));
            if (!str_equal(was, is))
                return arena_printf(a, "%s: stated %.*s, computed %.*s", key, STR_ARGS(str_slice(was, 0, SHOWN)), STR_ARGS(str_slice(is, 0, SHOWN)));
        }
    return (struct str){0};
}

/* Calls `each` for every line of a member. A line that is no JSON is a difference. */
static bool lines_each(struct again *x, const char *name, bool (*each)(struct again *x, const struct json *line, struct err *e), struct err *e)
{
    struct str all, line;
    struct err failed = {0};
    if (!bundle_file_member(x->file, name, &all, &failed)) {
        differ(x, "statement", "%s", failed.text);
        return true;
    }
    while (str_next_line(&all, &line)) {
        arena_reset(x->step);
        const struct json *o = json_parse(x->step, line, LINE_LIMITS, &failed);
        if (!o || o->type != JSON_OBJECT) {
            differ(x, "statement", "%s: %s", name, o ? "a line is no object" : failed.text);
            return true;
        }
        if (!each(x, o, e))
            return false;
    }
    return true;
}

static bool record_line(struct again *x, const struct json *line, struct err *e)
{
    struct str type = json_text(line, "type"), id = json_text(line, "id");
    const struct record_type *t = record_types_find(x->types, type);
    struct err failed = {0};
    struct record *r = t ? record_get(x->projection.db, x->step, t, id, INT64_MAX, &failed) : NULL;
    if (!r) {
        differ(x, "record", "%.*s %.*s: stated, and no leaf here makes it", STR_ARGS(str_slice(type, 0, 64)), STR_ARGS(str_slice(id, 0, 64)));
        return true;
    }
    x->report->records++;
    if (is_hidden(x, record_key(type, id))) {
        x->report->records_stated++;
        return record_values_lay(x->projection.db, x->step, r, json_get(line, "values"), e);
    }
    struct str text = difference_of(x->step, line, bundle_record_state(x->step, r));
    if (text.data)
        differ(x, "record", "%.*s %.*s: %.*s", STR_ARGS(type), STR_ARGS(id), STR_ARGS(text));
    return true;
}

/* What people performed. State, version and leaf are the ledger's; what else the line says is taken where the record's own words are withheld. */
static bool performance_line(struct again *x, const struct json *line, struct err *e)
{
    struct str type = json_text(line, "type"), id = json_text(line, "id");
    bool is_known = str_is(type, "occurrence") || str_is(type, "evidence");
    const struct record_type *t = is_known ? record_types_find(x->types, type) : NULL;
    struct err failed = {0};
    struct record *r = t ? record_get(x->projection.db, x->step, t, id, INT64_MAX, &failed) : NULL;
    x->report->performances += str_is(type, "occurrence");
    if (!r)
        return differ(x, "performance", "%.*s %.*s: stated, and no leaf here makes it", STR_ARGS(str_slice(type, 0, 64)), STR_ARGS(str_slice(id, 0, 64))), true;
    if (!str_equal(json_text(line, "state"), r->state) || json_int(line, "ver", -1) != r->version || json_int(line, "leaf", -1) != r->leaf)
        differ(x, "performance", "%.*s %.*s: stated as %.*s, version %lld, by leaf %lld; the ledger has it as %.*s, version %lld, by leaf %lld", STR_ARGS(type), STR_ARGS(id),
               STR_ARGS(str_slice(json_text(line, "state"), 0, 40)), (long long)json_int(line, "ver", -1), (long long)json_int(line, "leaf", -1), STR_ARGS(r->state), (long long)r->version, (long long)r->leaf);
    if (is_hidden(x, record_key(type, id)))
        return record_values_lay(x->projection.db, x->step, r, json_get(line, "values"), e);
    JSON_EACH (v, json_get(line, "values")) {
        const char *key = arena_str(x->step, v->key).data;
        struct str was = canonical(x->step, v), is = canonical(x->step, json_get(r->values, key));
        if (strcmp(key, "controls") != 0 && v->type != JSON_ARRAY && !str_equal(was, is)) /* of lists only what is seen is told */
            differ(x, "performance", "%.*s %.*s: %s: stated %.*s, its leaf has %.*s", STR_ARGS(type), STR_ARGS(id), key, STR_ARGS(str_slice(was, 0, 200)), STR_ARGS(str_slice(is, 0, 200)));
    }
    return true;
}

static bool performances_again(struct again *x, struct err *e)
{
    struct str all;
    struct err none = {0};
    x->has_performances = bundle_file_member(x->file, BUNDLE_PERFORMANCES, &all, &none) || none.code == ERR_CORRUPT;
    return !x->has_performances || lines_each(x, BUNDLE_PERFORMANCES, performance_line, e);
}

/* ---- the evaluation ---- */


static void window_line(struct again *x, const struct json *line)
{
    const struct json *w = json_get(line, "window");
    bool is_same = json_int(line, "at", -1) == x->at_ms && json_int(line, "leaf", -1) == x->leaf_limit && !x->now.as == !w &&
                   (!w || (json_at(w, 0) && json_at(w, 1) && json_at(w, 0)->integer == x->now.as->window.from_ms && json_at(w, 1)->integer == x->now.as->window.to_ms));
    x->now.is_compared = is_same && str_is(json_text(line, "rules"), EVALUATION_RULES);
    if (!is_same)
        follow(x, "evaluation", "evaluation: of another window or head than the engagement and the ledger here give");
    else if (!x->now.is_compared)
        leave(x, "rules", "the evaluation was made by rules of version %.*s, this program has " EVALUATION_RULES ": not compared", STR_ARGS(str_slice(json_text(line, "rules"), 0, 20)));
}

static int64_t at(const struct json *list, size_t i)
{
    const struct json *v = json_at(list, i);
    return v ? v->integer : 0;
}

/* Of bundles before there were lines of performances: counts are all that there is. They are taken, and whatever else the conclusion rests on is as computed. */
static void counts_take(struct control_state *c, const struct json *line, bool *ret_from_source)
{
    struct control_facts *f = &c->facts;
    const struct json *p = json_get(line, "performances");
    if (!p)
        return;
    struct performances stated = {at(p, 0), at(p, 1), at(p, 2), at(p, 3)};
    *ret_from_source = memcmp(&stated, &f->performances, sizeof(stated)) == 0 && f->first_occurrence_ms == json_int(line, "first", 0) && f->last_occurrence_ms == json_int(line, "last", 0);
    f->performances = stated;
    f->first_occurrence_ms = json_int(line, "first", 0);
    f->last_occurrence_ms = json_int(line, "last", 0);
    c->operation = control_operation(f);
}

static void control_line(struct again *x, const struct json *line)
{
    struct str id = json_text(line, "control");
    size_t i = x->now.as ? assessment_control_index(x->now.as, id) : SIZE_MAX;
    if (i == SIZE_MAX) {
        follow(x, "evaluation", "control %.*s: evaluated, and not in here", STR_ARGS(str_slice(id, 0, 64)));
        return;
    }
    bool is_from_source = true;
    if (!x->has_performances)
        counts_take(&x->now.as->controls[i], line, &is_from_source);
    if (!is_from_source)
        spare(x, "control", "%.*s: from the counts that are stated; this bundle does not say which performances they count", STR_ARGS(id));
    const struct json *counts = json_get(line, "performances");
    x->report->controls++;
    x->report->controls_from_source += is_from_source;
    x->report->controls_listed += is_from_source && (at(counts, 0) > 0 || json_int(line, "first", 0) > 0);
    struct str text = difference_of(x->step, line, bundle_control_state(x->step, x->now.as, x->now.fed, x->now.observed, i));
    if (text.data)
        follow(x, "evaluation", "control %.*s: %.*s", STR_ARGS(id), STR_ARGS(text));
}

static void criterion_line(struct again *x, const struct json *line)
{
    struct str id = json_text(line, "criterion");
    size_t i = assessment_criterion_index(id);
    if (!x->now.are_signals_made)
        assessment_signals(x->now.as);
    x->now.are_signals_made = true;
    x->report->criteria++;
    if (i == SIZE_MAX || !x->now.as->criteria[i].is_in_scope) {
        follow(x, "evaluation", "criterion %.*s: evaluated, and not in scope", STR_ARGS(str_slice(id, 0, 64)));
        return;
    }
    if (x->now.signal_count < content_criterion_count)
        x->now.signals[x->now.signal_count++] = x->now.as->criteria[i].signal;
    struct str text = difference_of(x->step, line, bundle_criterion_state(x->step, x->now.as, i));
    if (text.data)
        follow(x, "evaluation", "criterion %.*s: %.*s", STR_ARGS(id), STR_ARGS(text));
}

static bool evaluation_line(struct again *x, const struct json *line, struct err *e)
{
    (void)e;
    if (json_get(line, "engagement"))
        window_line(x, line);
    else if (!x->now.is_compared)
        return true;
    else if (json_get(line, "control"))
        control_line(x, line);
    else if (json_get(line, "criterion") && x->now.as)
        criterion_line(x, line);
    else if (x->now.as) {
        const char *signal = opinion_signal_name(opinion_evaluate(x->now.signals, x->now.signal_count, EVALUATION_LIMITS_DEFAULT.pervasive_share));
        if (!str_is(json_text(line, "signal"), signal))
            follow(x, "evaluation", "signal over all criteria: stated %.*s, computed %s", STR_ARGS(str_slice(json_text(line, "signal"), 0, 64)), signal);
    }
    return true;
}

static bool evaluation_again(struct again *x, struct err *e)
{
    x->now = (struct evaluated){.signals = arena_array(x->a, content_criterion_count + 1, sizeof(*x->now.signals))};
    struct err failed = {0};
    if (!bundle_assess(x->projection.db, x->a, &x->opener, &x->g, x->at_ms, x->leaf_limit, &x->now.as, &x->now.fed, &x->now.observed, &failed)) {
        follow(x, "evaluation", "the evaluation can't be made: %s", failed.text);
        return true;
    }
    return lines_each(x, "audit/evaluation.jsonl", evaluation_line, e);
}

/* ---- populations ---- */

static bool has_word(struct str text, const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= text.size; i++) {
        char before = i ? text.data[i - 1] : ' ', after = i + size < text.size ? text.data[i + size] : ' ';
        bool is_alone = !(before == '_' || (before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z')) &&
                        !(after == '_' || (after >= 'a' && after <= 'z') || (after >= 'A' && after <= 'Z') || (after >= '0' && after <= '9'));
        if (is_alone && memcmp(text.data + i, word, size) == 0)
            return true;
    }
    return false;
}

/* The tables of its query that are not whole in here, in words; "" where all are. */
static struct str withheld_of(const struct again *x, const struct population *p)
{
    struct str words = STR("");
    for (size_t i = 0; i < x->hidden_type_count; i++) {
        const struct record_type *t = record_types_find(x->types, x->hidden_types[i]);
        if (t && has_word(p->query, t->table))
            words = arena_printf(x->step, "%.*s%s%s", STR_ARGS(words), words.size ? ", " : "", t->table);
    }
    return words;
}

static bool select_at(struct again *x, const struct population *p, int64_t now_ms, int64_t captures_ms, char ret_digest[65], struct err *e)
{
    struct question q;
    struct access access;
    struct str rows;
    bool ok = access_read(x->projection.db, x->step, STR("local:admin"), x->at_ms, &access, e) &&
              population_question(x->projection.db, x->step, x->types, &access, p, now_ms, 0, &q, e);
    if (!ok)
        return false;
    struct captures *captures = captures_open(x->projection.db, &x->opener, &(struct captures_options){.at_ms = captures_ms}, e);
    q.captures = captures;
    q.leaf_limit = p->as_of_leaf;
    q.time_limit_ms = 60000;
    ok = captures && population_freeze_query(&q, p, x->step, &rows, e);
    captures_close(captures);
    struct sha256 digest = sha256_of(ok ? rows : STR(""));
    hex_encode(digest.bytes, SHA256_SIZE, ret_digest);
    return ok;
}

/* When it was asked is known to the leaf and to the second that its record says: one of both gives the same rows. */
static void population_select(struct again *x, const struct population *p)
{
    char digest[65] = "";
    struct err e = {0};
    int64_t leaf_ms = db_one_int(x->projection.db, &e, 0, "select t from leaf where idx = ?1", A(p->as_of_leaf)), asked[2] = {p->run_at, leaf_ms};
    for (int i = 0; i < 2 && !str_is(p->digest, digest); i++)
        if (!select_at(x, p, asked[i], leaf_ms, digest, &e)) {
            follow(x, "population", "population %.*s: it can't be selected again: %s", STR_ARGS(p->id), e.text);
            return;
        }
    if (str_is(p->digest, digest))
        x->report->populations_selected++;
    else
        follow(x, "population", "population %.*s: selected again from its source: stored digest %.*s, computed %s", STR_ARGS(p->id), STR_ARGS(p->digest), digest);
}

/* The file of the source system, as it came: read again, its rows have to be those that were frozen. */
static void population_import(struct again *x, const struct population *p)
{
    struct err e = {0};
    struct str c, csv, rows;
    char digest[65];
    c = db_one_text(x->step, x->projection.db, &e, "select c from record_file where type = 'population' and id = ?1 and field = 'source_file' and to_leaf is null order by place limit 1", A(p->id));
    if (!c.data) {
        spare(x, "population", "%.*s: no file of its source was kept with it", STR_ARGS(p->id));
        return;
    }
    if (!bundle_file_blob(x->file, c, &csv, &e) || !population_freeze_csv(csv, x->step, &rows, &e)) {
        follow(x, "population", "population %.*s: it can't be read again from the file of its source: %s", STR_ARGS(p->id), e.text);
        return;
    }
    struct sha256 now = sha256_of(rows);
    hex_encode(now.bytes, SHA256_SIZE, digest);
    if (str_is(p->digest, digest))
        x->report->populations_imported++;
    else
        follow(x, "population", "population %.*s: read again from the file of its source: stored digest %.*s, computed %s", STR_ARGS(p->id), STR_ARGS(p->digest), digest);
}

static void population_again(struct again *x, const struct population *p)
{
    struct err failed = {0};
    struct frozen rows;
    x->report->populations++;
    if (!population_rows(&x->opener, x->step, p, &rows, &failed)) {
        follow(x, "population", "population %.*s: %s", STR_ARGS(p->id), failed.text);
        return;
    }
    struct str withheld = withheld_of(x, p);
    if ((int64_t)rows.count != p->rows)
        follow(x, "population", "population %.*s: stated %lld rows, there are %zu", STR_ARGS(p->id), (long long)p->rows, rows.count);
    else if (!str_is(p->kind, "query"))
        population_import(x, p);
    else if (p->as_of_leaf < 0)
        spare(x, "population", "%.*s: its record does not say as of which leaf it was selected", STR_ARGS(p->id));
    else if (withheld.size)
        spare(x, "population", "%.*s: its query reads %.*s, of which an auditor does not see all", STR_ARGS(p->id), STR_ARGS(withheld));
    else
        population_select(x, p);
}

static bool populations_again(struct again *x, struct err *e)
{
    struct population *all;
    size_t count;
    if (!populations_of(x->projection.db, x->a, x->g.id, INT64_MAX, &all, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        arena_reset(x->step);
        if (population_is_frozen(&all[i]))
            population_again(x, &all[i]);
    }
    return true;
}

/* ---- samples ---- */

static bool root_of(void *context, uint64_t size, struct sha256 *ret, struct err *e)
{
    struct again *x = context;
    return ledger_reader_root(x->ledger, size, ret, e);
}

static bool rows_of(void *context, struct arena *a, int64_t leaf, struct str c, struct str blob_x, struct str *ret, struct err *e)
{
    struct again *x = context;
    (void)a, (void)leaf, (void)blob_x;
    return bundle_file_blob(x->file, c, ret, e);
}

static bool sample_draw(void *context, const struct record *r, struct err *e)
{
    struct again *x = context;
    struct sample_source source = {root_of, rows_of, x};
    struct err failed = {0};
    (void)e;
    if (!str_is(r->state, "revealed") || !str_equal(json_text(r->values, "engagement"), x->g.id))
        return true;
    struct json *o = sample_again(x->projection.db, x->step, &source, r, &failed);
    x->report->samples++;
    x->report->sample_items += o ? (uint64_t)json_int(r->values, "items", 0) : 0;
    if (!o)
        follow(x, "sample", "sample %.*s: %s", STR_ARGS(r->id), failed.text);
    JSON_EACH (d, json_get(o, "differences"))
        follow(x, "sample", "sample %.*s: %.*s", STR_ARGS(r->id), STR_ARGS(d->text));
    return true;
}

static bool samples_again(struct again *x, struct err *e)
{
    const struct record_type *t = record_types_find(x->types, STR("sample"));
    struct record_query q = {.sort = STR("id"), .per_page = 1000, .page = 1, .leaf_limit = INT64_MAX, .now_ms = x->at_ms};
    int64_t total = 0;
    arena_reset(x->step);
    return !t || record_list(x->projection.db, x->step, t, &q, sample_draw, x, &total, e);
}

/* ---- in order ---- */

static bool tests_again(struct again *x, struct err *e)
{
    struct reperform_options o = {.projection = x->projection.db, .blobs = &x->opener, .ledger = x->ledger, .last = x->o->last, .is_part = true, .damaged = x->damaged,
                                  .damaged_count = x->damaged_count, .progress = x->o->progress, .context = x->o->context};
    return reperform(&o, x->a, &x->report->tests, e);
}

static bool audit_again(struct again *x, struct err *e)
{
    struct err failed = {0};
    if (x->report->engagement.size == 0)
        return true;
    if (!lines_each(x, "audit/records.jsonl", record_line, e))
        return false;
    if (!engagement_read(x->projection.db, x->a, x->report->engagement, INT64_MAX, &x->g, &failed)) {
        follow(x, "record", "%s", failed.text);
        return true;
    }
    return populations_again(x, e) && samples_again(x, e) && performances_again(x, e) && evaluation_again(x, e);
}

/* Those of the container and of statements come first. */
static void lists_join(struct again *x)
{
    struct reperform_report *t = &x->report->tests;
    struct reperform_difference *all = arena_array(x->a, REPERFORM_DIFFERENCES_MAX, sizeof(*all)), *left = arena_array(x->a, REPERFORM_DIFFERENCES_MAX, sizeof(*left));
    size_t kept = 0, left_kept = 0;
    for (size_t i = 0; i < x->mine_count && kept < REPERFORM_DIFFERENCES_MAX && i < REPERFORM_DIFFERENCES_MAX; i++)
        all[kept++] = x->mine[i];
    for (size_t i = 0; i < t->kept && kept < REPERFORM_DIFFERENCES_MAX; i++)
        all[kept++] = t->differences[i];
    for (size_t i = 0; i < x->left_count && left_kept < REPERFORM_DIFFERENCES_MAX && i < REPERFORM_DIFFERENCES_MAX; i++)
        left[left_kept++] = x->left[i];
    for (size_t i = 0; i < t->erased_kept && left_kept < REPERFORM_DIFFERENCES_MAX; i++)
        left[left_kept++] = t->erased[i];
    x->report->not_done = x->not_done;
    x->report->not_done_count = x->not_done_count;
    x->report->not_done_kept = x->not_done_count < REPERFORM_DIFFERENCES_MAX ? x->not_done_count : REPERFORM_DIFFERENCES_MAX;
    t->difference_count += x->mine_count;
    t->erased_count += x->left_count;
    t->differences = all;
    t->kept = kept;
    t->erased = left;
    t->erased_kept = left_kept;
}

static void facts_copy(struct again *x)
{
    const struct bundle_facts *f = bundle_file_facts(x->file);
    *x->report = (struct bundle_again_report){.origin = arena_str(x->a, f->origin), .engagement = arena_str(x->a, f->engagement), .audience = arena_str(x->a, f->audience), .leaves = f->size,
                                              .members = f->members, .bytes = f->bytes, .blobs = f->disclosed, .withheld = f->withheld, .erased = f->erased,
                                              .is_part = !str_is(f->mode, "full"), .is_broken = !bundle_file_is_sound(x->file)};
}

bool bundle_again(const struct bundle_again_options *o, struct arena *a, struct bundle_again_report *ret, struct err *e)
{
    struct again x = {.o = o, .a = a, .report = ret, .step = arena_new("a line of a bundle", AUDIT_BUNDLE_BYTES_MAX)};
    x.mine = arena_array(a, REPERFORM_DIFFERENCES_MAX, sizeof(*x.mine));
    x.left = arena_array(a, REPERFORM_DIFFERENCES_MAX, sizeof(*x.left));
    x.not_done = arena_array(a, REPERFORM_DIFFERENCES_MAX, sizeof(*x.not_done));
    x.opener = (struct blob_opener){open_blob, &x};
    x.file = bundle_file_open(o->path, e);
    bool ok = x.file != NULL;
    if (ok)
        facts_copy(&x);
    bool is_whole = ok && bundle_file_is_sound(x.file) && !ret->is_part;
    ok = ok && (!is_whole || tiles_open(&x, e));
    if (ok)
        faults_tell(&x);
    ok = ok && (!is_whole || (projection_make(&x, e) && audit_again(&x, e) && tests_again(&x, e)));
    if (ok)
        lists_join(&x);
    record_types_close(x.types);
    projection_close(&x.projection);
    ledger_reader_close(x.ledger);
    bundle_file_close(x.file);
    arena_free(x.step);
    return ok;
}
