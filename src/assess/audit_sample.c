#include "assess/audit_sample.h"

#include "assess/sampling.h"

/* ---- the population ---- */

static struct str hex_of(struct arena *a, struct sha256 h)
{
    char hex[65];
    hex_encode(h.bytes, SHA256_SIZE, hex);
    return arena_str(a, str_make(hex, 64));
}

/* What is asked of whom, for which days; not its title, its owner or what was found to be complete. */
static struct str definition_of(struct arena *a, const struct record *r, struct err *e)
{
    static const char *const texts[] = {"parameters", "period_from", "period_to", "query", "system"};
    struct json *o = json_object(a), *controls = json_put_array(o, "controls");
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    JSON_EACH (c, json_get(r->values, "controls"))
        json_push_str(controls, c->text);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        json_put_str(o, texts[i], json_text(r->values, texts[i]));
    return json_write_canonical(&b, o, e) ? hex_of(a, sha256_of(buf_view(&b))) : STR("");
}

int64_t audit_leaf_of(struct db *db, const char *kind, struct str subject, int64_t after, struct err *e)
{
    return db_one_int(db, e, -1, "select leaf from audit_leaf where kind = ?1 and subject = ?2 and leaf > ?3 order by leaf limit 1", A(kind), A(subject), A(after));
}

bool sampling_frame_read(struct db *db, struct arena *a, struct str id, struct sampling_frame *ret, struct err *e)
{
    const struct record_type *t = record_type_in_force(db, STR("population"), e);
    struct record *r = t ? record_get(db, a, t, id, INT64_MAX, e) : NULL;
    struct err failed = {0};
    if (!r)
        return false;
    if (r->is_deleted)
        return err_set(e, ERR_NOT_FOUND, "population %.*s: there is none", STR_ARGS(str_slice(id, 0, 60)));
    *ret = (struct sampling_frame){.record = r, .engagement = json_text(r->values, "engagement"), .digest = json_text(r->values, "digest"), .rows = json_int(r->values, "rows", -1), .close_leaf = -1,
                               .is_checked = str_is(r->state, "checked"), .is_gone = str_is(r->state, "replaced"), .c = STR(""), .x = STR("")};
    ret->freeze_leaf = db_one_int(db, &failed, -1, "select max(leaf) from record_change where type = 'population' and id = ?1 and transition = 'freeze' and act = 'move'", A(id));
    if (ret->freeze_leaf >= 0 && failed.code == ERR_NONE)
        ret->close_leaf = audit_leaf_of(db, "close", id, ret->freeze_leaf, &failed);
    DB_EACH (row, db, &failed, "select c, x, leaf from record_file where type = 'population' and id = ?1 and field = 'files' and to_leaf is null and media = 'application/x-ndjson' order by place limit 1",
             A(id)) {
        ret->c = arena_str(a, db_text(row, 0));
        ret->x = arena_str(a, db_text(row, 1));
        ret->file_leaf = db_int(row, 2);
    }
    if (failed.code)
        return (*e = failed, false);
    ret->definition = definition_of(a, r, e);
    return ret->definition.size > 0;
}

/* ---- the list of items ---- */

static const char *const FROM[] = {"draw", "instead", "extend", "target"};

const char *sample_from_name(enum sample_from f)
{
    return FROM[f];
}

static bool line_read(struct sample_items *s, struct str line, struct err *e)
{
    struct str number, word, rest = line, last;
    struct sample_item *k = &s->items[s->count];
    int64_t from = 0;
    *k = (struct sample_item){.stratum = STR("")};
    if (!str_next_word(&rest, &number) || !str_next_word(&rest, &word) || !str_to_int64(number, &k->item) || k->item < 1)
        return err_set(e, ERR_INVALID, "drawn: '%.*s' is no line of items", STR_ARGS(str_slice(line, 0, 60)));
    while (from < 4 && !str_is(word, FROM[from]))
        from++;
    if (from == 4)
        return err_set(e, ERR_INVALID, "drawn: '%.*s': draw, instead, extend or target", STR_ARGS(str_slice(line, 0, 60)));
    k->from = (enum sample_from)from;
    if (sample_item_find(s, k->item))
        return err_set(e, ERR_INVALID, "drawn: item %lld stands there twice", (long long)k->item);
    if (k->from == SAMPLE_INSTEAD) {
        struct sample_item *old = NULL;
        if (!str_next_word(&rest, &last) || !str_to_int64(last, &k->instead))
            return err_set(e, ERR_INVALID, "drawn: item %lld: instead of which?", (long long)k->item);
        for (size_t i = 0; i < s->count; i++)
            old = s->items[i].item == k->instead ? &s->items[i] : old;
        if (!old || old->is_replaced)
            return err_set(e, ERR_INVALID, "drawn: item %lld is not there to be replaced", (long long)k->instead);
        old->is_replaced = true;
        k->stratum = old->stratum;
    } else {
        k->stratum = str_trim(rest);
    }
    s->count++;
    return true;
}

bool sample_items_read(struct arena *a, struct str drawn, struct sample_items *ret, struct err *e)
{
    struct str rest = drawn, line;
    int64_t all = 0;
    *ret = (struct sample_items){.items = arena_array(a, SAMPLE_ITEMS_MAX, sizeof(struct sample_item))};
    if (str_starts(drawn, "all ")) {
        str_next_line(&rest, &line);
        if (!str_to_int64(str_trim(str_slice(line, 4, line.size)), &all) || all < 0)
            return err_set(e, ERR_INVALID, "drawn: all of how many?");
        ret->is_all = true;
        for (int64_t i = 0; i < all && i < SAMPLE_ITEMS_MAX; i++)
            ret->items[ret->count++] = (struct sample_item){.item = i + 1, .stratum = STR("")};
    }
    while (str_next_line(&rest, &line)) {
        if (str_trim(line).size == 0)
            continue;
        if (ret->count == SAMPLE_ITEMS_MAX)
            return err_set(e, ERR_LIMIT, "drawn: over %d items", SAMPLE_ITEMS_MAX);
        if (!line_read(ret, line, e))
            return false;
    }
    return true;
}

const struct sample_item *sample_item_find(const struct sample_items *s, int64_t item)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->items[i].item == item)
            return &s->items[i];
    return NULL;
}

/* ---- the draw ---- */

struct drawing {
    struct sampling_frame population;
    struct draw draw;
    struct draw_strata strata;
    bool has_strata, is_late;
    int64_t head_size;
    struct sha256 root;
};

static bool rows_read(const struct sample_source *s, struct arena *a, const struct sampling_frame *p, struct str *ret, struct err *e)
{
    if (p->x.size == 0)
        return err_set(e, ERR_CONFLICT, "population %.*s has no file of rows", STR_ARGS(p->record->id));
    if (!s->rows(s->context, a, p->file_leaf, p->c, p->x, ret, e))
        return false;
    struct str digest = hex_of(a, sha256_of(*ret));
    return str_equal(digest, p->digest) || err_set(e, ERR_CORRUPT, "population %.*s: its rows are not those of its digest", STR_ARGS(p->record->id));
}

static bool strata_read(const struct sample_source *s, struct arena *a, const struct record *sample, struct drawing *d, struct err *e)
{
    struct str file, column = str_trim(json_text(sample->values, "strata"));
    d->draw.strata = 1;
    d->has_strata = column.size > 0 && d->draw.method == DRAW_RANDOM;
    if (!d->has_strata)
        return true;
    if (!rows_read(s, a, &d->population, &file, e) || !draw_strata_read(a, file, d->population.rows, column, &d->strata, e))
        return false;
    d->draw.stratum = d->strata.of;
    d->draw.strata = d->strata.count ? d->strata.count : 1;
    return true;
}

/* The head from which the seed comes: the first seal behind both the close and the commitment. */
static bool head_find(struct db *db, const struct sample_source *s, const struct record *sample, struct drawing *d, int64_t *ret_draw, struct err *e)
{
    struct err failed = {0};
    const struct sampling_frame *p = &d->population;
    *ret_draw = audit_leaf_of(db, "draw", sample->id, -1, &failed);
    if (failed.code)
        return (*e = failed, false);
    if (*ret_draw < 0)
        return err_set(e, ERR_CONFLICT, "sample %.*s: nobody committed to it", STR_ARGS(sample->id));
    if (p->freeze_leaf < 0 || p->close_leaf < 0 || p->is_gone)
        return err_set(e, ERR_CONFLICT, "population %.*s is %s: the number is shown after it is frozen", STR_ARGS(p->record->id), p->is_gone ? "replaced by another one" : "not frozen yet");
    int64_t base = p->close_leaf > *ret_draw ? p->close_leaf : *ret_draw;
    int64_t seal = db_one_int(db, &failed, -1, "select idx from leaf where idx > ?1 and type = 'seal' order by idx limit 1", A(base));
    if (failed.code)
        return (*e = failed, false);
    if (seal < 0)
        return err_set(e, ERR_CONFLICT, "the head behind leaf %lld is not sealed yet; ask again in a second", (long long)base);
    d->head_size = seal + 1;
    d->is_late = p->freeze_leaf < *ret_draw;
    return s->root(s->context, (uint64_t)d->head_size, &d->root, e);
}

static bool drawing_begin(struct db *db, struct arena *a, const struct sample_source *s, const struct record *sample, struct str nonce, struct drawing *d, struct err *e)
{
    struct sha256 commitment;
    int64_t draw_leaf;
    const struct json *v = sample->values;
    *d = (struct drawing){.draw = {.size = json_int(v, "size", 0)}};
    if (!draw_commitment(nonce, &commitment) || !str_equal(hex_of(a, commitment), json_text(v, "commitment")))
        return err_set(e, ERR_INVALID, "nonce: is not the number that was committed to: 16 to 64 bytes in hex, whose SHA-256 is the commitment");
    if (!sampling_frame_read(db, a, json_text(v, "population"), &d->population, e) || !head_find(db, s, sample, d, &draw_leaf, e))
        return false;
    if (!str_equal(d->population.definition, json_text(v, "definition")))
        return err_set(e, ERR_CONFLICT, "population %.*s is not asked as it was when the auditor committed; make the sample void and commit again", STR_ARGS(d->population.record->id));
    if (d->population.rows < 0)
        return err_set(e, ERR_CONFLICT, "population %.*s does not say how many rows it has", STR_ARGS(d->population.record->id));
    d->draw.rows = d->population.rows;
    if (!draw_method_of(json_text(v, "method"), &d->draw.method) || str_is(json_text(v, "profile"), "full"))
        d->draw.method = DRAW_FULL;
    if (!draw_seed(nonce, d->root, &d->draw.seed))
        return err_set(e, ERR_INVALID, "nonce: malformed");
    return strata_read(s, a, sample, d, e);
}

static void items_write(struct buf *b, const struct drawing *d, const int64_t *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_printf(b, "%lld draw", (long long)items[i]);
        if (d->has_strata)
            buf_printf(b, " %.*s", STR_ARGS(d->strata.labels[d->strata.of[items[i] - 1]]));
        buf_char(b, '\n');
    }
}

struct json *sample_show(struct db *db, struct arena *a, const struct sample_source *s, const struct record *sample, struct str nonce, struct err *e)
{
    struct drawing d;
    struct buf BUF_AUTO b;
    int64_t *items;
    size_t count;
    buf_init(&b, RECORD_BYTES_MAX);
    if (!drawing_begin(db, a, s, sample, nonce, &d, e) || !draw_items(a, &d.draw, &items, &count, e))
        return NULL;
    if (d.draw.method != DRAW_FULL && count > SAMPLE_ITEMS_MAX) {
        err_set(e, ERR_LIMIT, "size: a sample has up to %d items", SAMPLE_ITEMS_MAX);
        return NULL;
    }
    if (d.draw.method == DRAW_FULL)
        buf_printf(&b, "all %lld\n", (long long)d.draw.rows);
    else
        items_write(&b, &d, items, count);
    struct json *o = json_object(a);
    json_put_int(o, "close_leaf", d.population.close_leaf);
    json_put_str(o, "digest", d.population.digest);
    json_put_str(o, "drawn", arena_str(a, str_trim(buf_view(&b))));
    json_put_int(o, "head_size", d.head_size);
    json_put_bool(o, "is_late", d.is_late);
    json_put_int(o, "items", (int64_t)count);
    json_put_str(o, "items_digest", hex_of(a, draw_digest(items, count)));
    json_put_str(o, "nonce", arena_str(a, nonce));
    json_put_str(o, "root", hex_of(a, d.root));
    json_put_int(o, "rows", d.population.rows);
    json_put_str(o, "seed", hex_of(a, d.draw.seed));
    return o;
}

/* ---- later ---- */

static struct json *drawn_more(struct arena *a, const struct record *sample, struct str more, size_t count)
{
    struct str drawn = json_text(sample->values, "drawn");
    struct json *o = json_object(a);
    json_put_str(o, "drawn", arena_printf(a, "%.*s\n%.*s", STR_ARGS(drawn), STR_ARGS(str_trim(more))));
    json_put_int(o, "items", json_int(sample->values, "items", 0) + (int64_t)count);
    return o;
}

static int64_t *taken_of(struct arena *a, const struct sample_items *s)
{
    int64_t *taken = arena_array(a, s->count + 1, sizeof(*taken));
    for (size_t i = 0; i < s->count; i++)
        taken[i] = s->items[i].item;
    return taken;
}

struct json *sample_replace(struct db *db, struct arena *a, const struct sample_source *s, const struct record *sample, int64_t item, struct err *e)
{
    struct drawing d;
    struct sample_items all;
    int64_t *next;
    size_t count;
    if (!sample_items_read(a, json_text(sample->values, "drawn"), &all, e))
        return NULL;
    const struct sample_item *old = sample_item_find(&all, item);
    if (!old || old->is_replaced || old->from == SAMPLE_TARGETED || all.is_all) {
        err_set(e, ERR_INVALID, "item %lld is not one that was drawn and still counts", (long long)item);
        return NULL;
    }
    if (!drawing_begin(db, a, s, sample, json_text(sample->values, "nonce"), &d, e) ||
        !draw_next(a, &d.draw, taken_of(a, &all), all.count, d.has_strata ? d.strata.of[item - 1] : UINT32_MAX, 1, &next, &count, e))
        return NULL;
    if (count == 0) {
        err_set(e, ERR_CONFLICT, "item %lld: no item is left that could take its place", (long long)item);
        return NULL;
    }
    return drawn_more(a, sample, arena_printf(a, "%lld instead %lld\n", (long long)next[0], (long long)item), 0);
}

struct json *sample_target(struct arena *a, const struct record *sample, const int64_t *items, size_t count, struct err *e)
{
    struct sample_items all;
    struct buf BUF_AUTO b;
    buf_init(&b, 64 << 10);
    if (!sample_items_read(a, json_text(sample->values, "drawn"), &all, e))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (items[i] < 1 || items[i] > json_int(sample->values, "rows", 0) || sample_item_find(&all, items[i])) {
            err_set(e, ERR_INVALID, "item %lld: is looked at already, or the population has no such row", (long long)items[i]);
            return NULL;
        }
        buf_printf(&b, "%lld target\n", (long long)items[i]);
    }
    struct json *o = drawn_more(a, sample, arena_str(a, buf_view(&b)), count);
    return count && sample_items_read(a, json_text(o, "drawn"), &all, e) ? o : count ? NULL : (err_set(e, ERR_INVALID, "items: name at least one"), (struct json *)NULL);
}

struct json *sample_extend(struct db *db, struct arena *a, const struct sample_source *s, const struct record *sample, int64_t to, struct err *e)
{
    struct drawing d;
    struct sample_items all;
    struct buf BUF_AUTO b;
    int64_t *next, counted = 0;
    size_t count;
    buf_init(&b, 64 << 10);
    if (!sample_items_read(a, json_text(sample->values, "drawn"), &all, e))
        return NULL;
    for (size_t i = 0; i < all.count; i++)
        counted += !all.items[i].is_replaced && all.items[i].from != SAMPLE_TARGETED;
    if (json_int(sample->values, "extended_to", 0) > 0 || all.is_all || to <= counted) {
        err_set(e, ERR_CONFLICT, "sample %.*s is extended once, and to more than it has", STR_ARGS(sample->id));
        return NULL;
    }
    if (!drawing_begin(db, a, s, sample, json_text(sample->values, "nonce"), &d, e) ||
        !draw_next(a, &d.draw, taken_of(a, &all), all.count, UINT32_MAX, (size_t)(to - counted), &next, &count, e))
        return NULL;
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%lld extend\n", (long long)next[i]);
    struct json *o = drawn_more(a, sample, arena_str(a, buf_view(&b)), count);
    json_put_int(o, "extended_to", counted + (int64_t)count);
    json_put_bool(o, "is_extension", true);
    return o;
}

/* ---- again ---- */

static void check_put(struct json *o, const char *what, bool is_ok, struct str words)
{
    struct json *k = json_push_object((struct json *)(uintptr_t)json_get(o, "checks"));
    json_put_cstr(k, "what", what);
    json_put_bool(k, "is_ok", is_ok);
    json_put_str(k, "words", words);
    if (!is_ok)
        json_push_str((struct json *)(uintptr_t)json_get(o, "differences"), arena_printf(o->arena, "%s: %.*s", what, STR_ARGS(words)));
}

/* The sample with another list. */
static struct record turn_of(struct arena *a, const struct record *sample, struct str drawn, int64_t items)
{
    struct record turn = *sample;
    turn.values = json_object(a);
    JSON_EACH (v, sample->values)
        if (!str_is(v->key, "drawn") && !str_is(v->key, "items") && !str_is(v->key, "extended_to")) {
            struct json *copy = ARENA_NEW(a, struct json);
            *copy = *v;
            copy->next = NULL;
            json_put(turn.values, arena_str(a, v->key).data, copy);
        }
    json_put_str(turn.values, "drawn", drawn);
    json_put_int(turn.values, "items", items);
    return turn;
}

/* Every line that came after the draw is the one that its step gives, in its turn. */
static bool later_again(struct db *db, struct arena *a, const struct sample_source *s, const struct record *sample, const struct json *now, struct json *o, struct err *e)
{
    struct sample_items said;
    struct err failed = {0};
    struct str drawn = json_text(now, "drawn"), stored = json_text(sample->values, "drawn");
    bool is_prefix = str_starts(stored, arena_str(a, drawn).data);
    int64_t items = json_int(now, "items", 0), counted = items;
    check_put(o, "items", is_prefix, is_prefix ? arena_printf(a, "the same %lld items in the same order", (long long)items) : STR("other items are drawn"));
    if (!is_prefix)
        return true;
    if (!sample_items_read(a, stored, &said, e))
        return false;
    for (size_t i = (size_t)items; i < said.count;) {
        const struct sample_item *k = &said.items[i];
        struct record turn = turn_of(a, sample, drawn, items);
        size_t run = 1;
        int64_t list[SAMPLE_ITEMS_MAX > 1000 ? 1000 : SAMPLE_ITEMS_MAX] = {k->item};
        while (k->from != SAMPLE_INSTEAD && i + run < said.count && said.items[i + run].from == k->from && run < 1000) {
            list[run] = said.items[i + run].item;
            run++;
        }
        const struct json *step = k->from == SAMPLE_INSTEAD     ? sample_replace(db, a, s, &turn, k->instead, &failed)
                                  : k->from == SAMPLE_EXTENSION ? sample_extend(db, a, s, &turn, counted + (int64_t)run, &failed)
                                                                : sample_target(a, &turn, list, run, &failed);
        if (!step || !str_starts(stored, arena_str(a, json_text(step, "drawn")).data)) {
            check_put(o, sample_from_name(k->from), false, step ? arena_printf(a, "another item than %lld has its turn", (long long)k->item) : arena_str(a, str_of(failed.text)));
            return true;
        }
        counted += k->from == SAMPLE_EXTENSION ? (int64_t)run : 0;
        drawn = json_text(step, "drawn");
        items = json_int(step, "items", items);
        i += run;
    }
    check_put(o, "later", str_equal(drawn, stored), arena_printf(a, "%zu lines came later, each in its turn", said.count - (size_t)json_int(now, "items", 0)));
    return true;
}

struct json *sample_again(struct db *db, struct arena *a, const struct sample_source *s, const struct record *sample, struct err *e)
{
    static const char *const texts[] = {"seed", "root", "digest", "items_digest"};
    static const char *const numbers[] = {"close_leaf", "head_size", "rows"};
    struct err failed = {0};
    struct json *o = json_object(a);
    json_put_str(o, "id", sample->id);
    json_put_array(o, "differences");
    json_put_array(o, "checks");
    if (!str_is(sample->state, "revealed")) {
        err_set(e, ERR_CONFLICT, "sample %.*s: its number has not been shown", STR_ARGS(sample->id));
        return NULL;
    }
    struct json *now = sample_show(db, a, s, sample, json_text(sample->values, "nonce"), &failed);
    if (!now && (failed.code == ERR_INTERNAL || failed.code == ERR_UNAVAILABLE))
        return (*e = failed, (struct json *)NULL);
    check_put(o, "commitment", now || failed.code != ERR_INVALID, now ? STR("the number is the one that was committed to") : arena_str(a, str_of(failed.text)));
    if (!now && failed.code != ERR_INVALID)
        check_put(o, "draw", false, arena_str(a, str_of(failed.text)));
    for (size_t i = 0; now && i < 4; i++)
        check_put(o, texts[i], str_equal(json_text(now, texts[i]), json_text(sample->values, texts[i])), json_text(now, texts[i]));
    for (size_t i = 0; now && i < 3; i++)
        check_put(o, numbers[i], json_int(now, numbers[i], -1) == json_int(sample->values, numbers[i], -2), arena_printf(a, "%lld", (long long)json_int(now, numbers[i], -1)));
    if (now && !later_again(db, a, s, sample, now, o, e))
        return NULL;
    json_put_bool(o, "is_late", json_bool(now, "is_late"));
    json_put_bool(o, "is_same", json_get(o, "differences")->count == 0);
    json_put_str(o, "drawn", now ? json_text(now, "drawn") : STR(""));
    return o;
}

/* ---- sizes ---- */

struct json *sample_propose(struct db *db, struct arena *a, struct str engagement, struct str profile, int64_t population, bool is_automated, struct err *e)
{
    struct sample_plan plan = {.profile = profile, .population = population < 0 ? 0 : population, .risk = RISK_MODERATE, .is_automated = is_automated};
    struct err failed = {0};
    int64_t size = 0;
    const char *risk_words = "moderate";
    DB_EACH (row, db, &failed, "select profile, risk from engagements where id = ?1", A(engagement)) {
        plan.profile = profile.size ? profile : arena_str(a, db_text(row, 0));
        plan.risk = str_is(db_text(row, 1), "low") ? RISK_LOW : str_is(db_text(row, 1), "high") ? RISK_HIGH : RISK_MODERATE;
    }
    if (failed.code)
        return (*e = failed, (struct json *)NULL);
    if (plan.profile.size == 0)
        plan.profile = STR("frequency_table");
    if (!sample_size(&plan, &size, e))
        return NULL;
    risk_words = plan.risk == RISK_LOW ? "low" : plan.risk == RISK_HIGH ? "high" : risk_words;
    struct json *o = json_object(a);
    json_put_int(o, "size", size);
    json_put_str(o, "profile", plan.profile);
    json_put_str(o, "why", is_automated ? arena_printf(a, "automated: %lld per configuration", (long long)size)
                                        : arena_printf(a, "%lld occurrences, %s risk, profile %.*s: %lld", (long long)plan.population, risk_words, STR_ARGS(plan.profile), (long long)size));
    return o;
}
