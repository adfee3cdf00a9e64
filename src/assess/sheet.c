#include "assess/sheet.h"

#include "assess/sampling.h"

#include <ctype.h>

static const char *const MARKS[] = {"", "yes", "no", "na"};

const char *sheet_mark_name(enum sheet_mark m)
{
    return MARKS[m];
}

/* ---- the grid as text ---- */

static bool attributes_read(struct str text, struct sheet_grid *g, struct err *e)
{
    struct str line, letter;
    while (str_next_line(&text, &line)) {
        line = str_trim(line);
        if (line.size == 0)
            continue;
        struct str rest = line;
        if (!str_cut(&rest, ':', &letter) || letter.size != 1 || letter.data[0] < 'A' || letter.data[0] > 'Z')
            return err_set(e, ERR_INVALID, "attributes: '%.*s': write a letter, a colon and what has to hold: \"A: approved before the change\"", STR_ARGS(str_slice(line, 0, 60)));
        for (size_t i = 0; i < g->attribute_count; i++)
            if (g->attributes[i].letter == letter.data[0])
                return err_set(e, ERR_INVALID, "attributes: %c stands there twice", letter.data[0]);
        if (g->attribute_count == SHEET_ATTRIBUTES_MAX)
            return err_set(e, ERR_LIMIT, "attributes: at most %d", SHEET_ATTRIBUTES_MAX);
        g->attributes[g->attribute_count++] = (struct sheet_attribute){letter.data[0], str_trim(rest)};
    }
    return true;
}

static bool word_read(struct sheet_grid *g, struct sheet_row *r, struct str word)
{
    if (str_starts(word, "e=")) {
        r->evidence = str_slice(word, 2, word.size);
        return true;
    }
    if (word.size < 3 || word.data[1] != '=')
        return false;
    for (size_t i = 0; i < g->attribute_count; i++)
        for (int m = MARK_YES; m <= MARK_NA && g->attributes[i].letter == word.data[0]; m++)
            if (str_is(str_slice(word, 2, word.size), MARKS[m])) {
                r->marks[i] = (enum sheet_mark)m;
                return true;
            }
    return false;
}

static bool row_read(struct sheet_grid *g, struct str line, struct err *e)
{
    struct sheet_row *r = &g->rows[g->row_count];
    struct str rest = line, head, word;
    *r = (struct sheet_row){.evidence = STR(""), .note = STR("")};
    ptrdiff_t colon = str_find(line, STR(" : "));
    head = colon < 0 ? line : str_slice(line, 0, (size_t)colon);
    r->note = colon < 0 ? STR("") : str_trim(str_slice(line, (size_t)colon + 3, line.size));
    rest = head;
    if (!str_next_word(&rest, &word) || !str_to_int64(word, &r->item) || r->item < 1)
        return err_set(e, ERR_INVALID, "results: '%.*s' does not begin with the number of an item", STR_ARGS(str_slice(line, 0, 60)));
    if (sheet_row_find(g, r->item))
        return err_set(e, ERR_INVALID, "results: item %lld stands there twice", (long long)r->item);
    while (str_next_word(&rest, &word))
        if (!word_read(g, r, word))
            return err_set(e, ERR_INVALID, "results: item %lld: '%.*s' is no attribute with yes, no or na", (long long)r->item, STR_ARGS(str_slice(word, 0, 40)));
    g->row_count++;
    return true;
}

bool sheet_grid_read(struct arena *a, struct str attributes, struct str results, struct sheet_grid *ret, struct err *e)
{
    struct str line;
    *ret = (struct sheet_grid){.rows = arena_array(a, SHEET_ITEMS_MAX, sizeof(struct sheet_row))};
    if (!attributes_read(attributes, ret, e))
        return false;
    while (str_next_line(&results, &line)) {
        if (str_trim(line).size == 0)
            continue;
        if (ret->row_count == SHEET_ITEMS_MAX)
            return err_set(e, ERR_LIMIT, "results: at most %d items", SHEET_ITEMS_MAX);
        if (!row_read(ret, str_trim(line), e))
            return false;
    }
    return true;
}

struct str sheet_grid_write(struct arena *a, const struct sheet_grid *g)
{
    struct buf BUF_AUTO b;
    buf_init(&b, RECORD_BYTES_MAX);
    for (size_t i = 0; i < g->row_count; i++) {
        const struct sheet_row *r = &g->rows[i];
        buf_printf(&b, "%s%lld", i ? "\n" : "", (long long)r->item);
        for (size_t k = 0; k < g->attribute_count; k++)
            if (r->marks[k] != MARK_OPEN)
                buf_printf(&b, " %c=%s", g->attributes[k].letter, MARKS[r->marks[k]]);
        if (r->evidence.size)
            buf_printf(&b, " e=%.*s", STR_ARGS(r->evidence));
        if (r->note.size)
            buf_printf(&b, " : %.*s", STR_ARGS(r->note));
    }
    return arena_str(a, buf_view(&b));
}

const struct sheet_row *sheet_row_find(const struct sheet_grid *g, int64_t item)
{
    for (size_t i = 0; i < g->row_count; i++)
        if (g->rows[i].item == item)
            return &g->rows[i];
    return NULL;
}

bool sheet_row_is_done(const struct sheet_grid *g, const struct sheet_row *r)
{
    bool counts = false;
    for (size_t i = 0; i < g->attribute_count; i++) {
        if (r->marks[i] == MARK_OPEN)
            return false;
        counts |= r->marks[i] != MARK_NA;
    }
    return counts;
}

bool sheet_row_deviates(const struct sheet_grid *g, const struct sheet_row *r)
{
    for (size_t i = 0; i < g->attribute_count; i++)
        if (r->marks[i] == MARK_NO)
            return true;
    return false;
}

struct sheet_count sheet_count(const struct sheet_grid *g, const struct sample_items *items, double confidence)
{
    struct sheet_count c = {0};
    for (size_t i = 0; items && i < items->count; i++) {
        const struct sample_item *k = &items->items[i];
        const struct sheet_row *r = k->is_replaced ? NULL : sheet_row_find(g, k->item);
        c.planned += !k->is_replaced && k->from != SAMPLE_TARGETED;
        c.open += !k->is_replaced && !(r && sheet_row_is_done(g, r));
    }
    for (size_t i = 0; i < g->row_count; i++) {
        const struct sheet_row *r = &g->rows[i];
        const struct sample_item *k = items ? sample_item_find(items, r->item) : NULL;
        bool is_done = sheet_row_is_done(g, r), deviates = sheet_row_deviates(g, r);
        if (!items)
            c.open += !is_done;
        if (!is_done || (items && (!k || k->is_replaced)))
            continue;
        if (k && k->from == SAMPLE_TARGETED) {
            c.targeted++;
            c.targeted_deviations += deviates;
        } else {
            c.tested++;
            c.deviations += deviates;
        }
    }
    bool is_part = items && !items->is_all && c.tested > 0;
    c.upper_limit = is_part ? rate_upper_limit(c.tested, c.deviations, confidence) : 0;
    return c;
}

/* ---- one sheet ---- */

static bool sample_of(struct db *db, struct arena *a, struct sheet *s, struct err *e)
{
    struct str id = json_text(s->record->values, "sample"), population = json_text(s->record->values, "population");
    const struct record_type *t = id.size ? record_type_in_force(db, STR("sample"), e) : NULL;
    if (id.size && !t)
        return false;
    s->sample = t ? record_get(db, a, t, id, INT64_MAX, e) : NULL;
    if (t && (!s->sample || !sample_items_read(a, json_text(s->sample->values, "drawn"), &s->items, e)))
        return false;
    if (s->sample)
        population = json_text(s->sample->values, "population");
    return population.size == 0 || sampling_frame_read(db, a, population, &s->population, e);
}

static bool causes_of(struct db *db, struct arena *a, struct sheet *s, struct err *e)
{
    struct err failed = {0};
    s->cause = STR("");
    DB_EACH (row, db, &failed, "select coalesce(cause, ''), items from audit_exceptions where sheet = ?1 and state <> 'withdrawn' order by id", A(s->record->id)) {
        struct str cause = db_text(row, 0);
        s->exceptions++;
        s->exception_items += db_int(row, 1);
        bool is_graver = str_is(cause, "intentional") || (str_is(cause, "systematic") && !str_is(s->cause, "intentional")) || (cause.size && s->cause.size == 0);
        if (is_graver)
            s->cause = arena_str(a, cause);
    }
    s->is_unabsorbable = str_is(s->cause, "systematic") || str_is(s->cause, "intentional");
    return failed.code ? (*e = failed, false) : true;
}

/* What the counts come to; nobody chooses it. */
static const char *conclude(const struct sheet *s)
{
    bool is_none = s->population.record && s->population.rows == 0;
    if (str_trim(json_text(s->record->values, "reason")).size && s->count.tested + s->count.targeted == 0)
        return is_none ? "not_tested" : "could_not";
    if (is_none)
        return "not_tested";
    if (s->count.open || s->count.tested + s->count.targeted == 0)
        return "";
    return s->count.deviations + s->count.targeted_deviations ? "exceptions" : "no_exceptions";
}

bool sheet_read_record(struct db *db, struct arena *a, struct record *r, struct sheet *ret, struct err *e)
{
    struct err failed = {0};
    *ret = (struct sheet){.record = r, .engagement = json_text(r->values, "engagement"), .control = json_text(r->values, "control"), .confidence = 0.9, .tolerable = 0.1};
    DB_EACH (row, db, &failed, "select coalesce(confidence, 90), coalesce(tolerable_rate, 10) from engagements where id = ?1", A(ret->engagement)) {
        ret->confidence = (double)db_int(row, 0) / 100;
        ret->tolerable = (double)db_int(row, 1) / 100;
    }
    if (failed.code)
        return (*e = failed, false);
    if (!sheet_grid_read(a, json_text(r->values, "attributes"), json_text(r->values, "results"), &ret->grid, e) || !sample_of(db, a, ret, e) || !causes_of(db, a, ret, e))
        return false;
    ret->is_sample = ret->sample && !ret->items.is_all;
    ret->is_extended = ret->sample && json_int(ret->sample->values, "extended_to", 0) > 0;
    ret->count = sheet_count(&ret->grid, ret->sample ? &ret->items : NULL, ret->confidence);
    ret->conclusion = str_of(conclude(ret));
    return true;
}

bool sheet_read(struct db *db, struct arena *a, struct str id, struct sheet *ret, struct err *e)
{
    const struct record_type *t = record_type_in_force(db, STR("test_sheet"), e);
    struct record *r = t ? record_get(db, a, t, id, INT64_MAX, e) : NULL;
    if (r && r->is_deleted)
        return err_set(e, ERR_NOT_FOUND, "test sheet %.*s: there is none", STR_ARGS(str_slice(id, 0, 60)));
    return r && sheet_read_record(db, a, r, ret, e);
}

/* ---- words ---- */

/* A sentence's part: no full stop at its end. */
static struct str part_of(struct str text)
{
    text = str_trim(text);
    while (text.size && (text.data[text.size - 1] == '.' || text.data[text.size - 1] == ' '))
        text.size--;
    return text;
}

static bool exceptions_write(struct db *db, const struct sheet *s, struct buf *b, struct err *e)
{
    struct err failed = {0};
    DB_EACH (row, db, &failed, "select items, of_items, expected, facts from audit_exceptions where sheet = ?1 and state <> 'withdrawn' order by id", A(s->record->id))
        buf_printf(b, "%sException: for %lld of %lld items tested, %.*s did not happen (%.*s).", b->size ? "\n" : "", (long long)db_int(row, 0), (long long)db_int(row, 1),
                   STR_ARGS(part_of(db_text(row, 2))), STR_ARGS(part_of(db_text(row, 3))));
    return failed.code ? (*e = failed, false) : true;
}

bool sheet_words(struct db *db, struct arena *a, const struct sheet *s, struct str *ret, struct err *e)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 64 << 10);
    struct str reason = part_of(json_text(s->record->values, "reason"));
    int64_t found = s->count.deviations + s->count.targeted_deviations;
    if (str_is(s->conclusion, "no_exceptions")) {
        *ret = STR("No exceptions noted.");
    } else if (str_is(s->conclusion, "not_tested")) {
        *ret = STR("Not tested: nothing triggered this control in the period; design was assessed.");
    } else if (str_is(s->conclusion, "could_not")) {
        *ret = arena_printf(a, "Could not be tested: %.*s.", STR_ARGS(reason));
    } else if (str_is(s->conclusion, "exceptions")) {
        if (s->exception_items < found)
            return err_set(e, ERR_CONFLICT, "%lld items deviate, and exceptions tell of %lld: write down what was found, all of it", (long long)found, (long long)s->exception_items);
        if (!exceptions_write(db, s, &b, e))
            return false;
        *ret = arena_str(a, buf_view(&b));
    } else {
        return err_set(e, ERR_CONFLICT, "%lld items are not marked to the end", (long long)s->count.open);
    }
    return true;
}

bool sheet_prepared(struct db *db, struct arena *a, const struct sheet *s, struct str person, int64_t day, struct json *set, struct err *e)
{
    struct str words;
    if (!sheet_words(db, a, s, &words, e))
        return false;
    json_put_str(set, "conclusion", s->conclusion);
    json_put_str(set, "conclusion_words", words);
    json_put_int(set, "deviations_found", s->count.deviations);
    json_put_int(set, "items_tested", s->count.tested);
    json_put_int(set, "targeted", s->count.targeted);
    json_put_int(set, "targeted_deviations", s->count.targeted_deviations);
    json_put_str(set, "preparer", person);
    json_put_str(set, "prepared_on", day_text(a, day));
    if (s->is_sample && s->count.tested)
        json_put_str(set, "upper_limit", arena_printf(a, "%.1f %%", 100 * s->count.upper_limit));
    return true;
}

int64_t sheet_extension(struct arena *a, const struct sheet *s, struct str *ret_why)
{
    struct attributes t = {.population = s->population.rows, .tested = s->count.tested, .deviations = s->count.deviations, .is_sample = s->is_sample, .is_extended = s->is_extended,
                           .is_unabsorbable = s->is_unabsorbable};
    struct evaluation_limits limits = EVALUATION_LIMITS_DEFAULT;
    limits.confidence = s->confidence;
    limits.tolerable_rate = s->tolerable;
    struct evaluation v = attributes_evaluate(&t, &limits);
    if (s->count.open || !s->is_sample)
        *ret_why = s->is_sample ? STR("Items are still open.") : STR("No sample was drawn.");
    else if (s->is_extended)
        *ret_why = STR("It was extended once already.");
    else if (s->is_unabsorbable)
        *ret_why = STR("A systematic or intentional deviation is not absorbed by a rate.");
    else if (v.extend_to)
        *ret_why = arena_printf(a, "%lld of %lld deviate; with %lld items and no further deviation the upper limit is within what is tolerable.", (long long)t.deviations, (long long)t.tested,
                                (long long)v.extend_to);
    else
        *ret_why = t.deviations == 0 ? STR("Nothing deviates.") : v.conclusion == CONCLUSION_NOT_OPERATING ? STR("The rate is above what is tolerable, or it would take more than 65 items.") : STR("The upper limit is within what is tolerable.");
    return s->count.open || !s->is_sample ? 0 : v.extend_to;
}

/* ---- for others ---- */

bool sheets_of_control(struct db *db, struct arena *a, struct str engagement, struct str control, int64_t leaf_limit, struct sheet **ret, size_t *ret_count, struct attributes *ret_input,
                       struct err *e)
{
    const struct record_type *t = record_type_in_force(db, STR("test_sheet"), e);
    struct err failed = {0};
    struct str ids[SHEETS_OF_CONTROL_MAX];
    size_t count = 0;
    *ret_input = (struct attributes){0};
    *ret_count = 0;
    *ret = arena_array(a, SHEETS_OF_CONTROL_MAX, sizeof(**ret));
    DB_EACH (row, db, &failed,
             "select id from test_sheets_versions where engagement = ?1 and control = ?2 and state = 'locked' and is_deleted = 0 and from_leaf <= ?3 and (to_leaf is null or to_leaf > ?3) order by id",
             A(engagement), A(control), A(leaf_limit))
        if (count < SHEETS_OF_CONTROL_MAX)
            ids[count++] = arena_str(a, db_text(row, 0));
    if (!t || failed.code)
        return failed.code ? (*e = failed, false) : false;
    for (size_t i = 0; i < count; i++) {
        struct sheet *s = &(*ret)[i];
        struct record *r = record_get(db, a, t, ids[i], leaf_limit, e);
        if (!r || !sheet_read_record(db, a, r, s, e))
            return false;
        int64_t population = s->population.record ? s->population.rows : s->count.tested;
        ret_input->population = population > ret_input->population ? population : ret_input->population;
        ret_input->tested += s->count.tested;
        ret_input->deviations += s->count.deviations;
        ret_input->is_sample |= s->is_sample;
        ret_input->is_extended |= s->is_extended;
        ret_input->is_unabsorbable |= s->is_unabsorbable;
        ++*ret_count;
    }
    return true;
}

struct str sheet_attributes_of(struct arena *a, const struct control *c)
{
    struct buf BUF_AUTO b;
    struct err ignored = {0};
    char letter = 'A';
    buf_init(&b, 16 << 10);
    const struct json *computation = c->computation_json ? json_parse(a, str_of(c->computation_json), JSON_LIMITS_DEFAULT, &ignored) : NULL;
    JSON_EACH (v, json_get(computation, "attributes")) {
        if (v->type != JSON_STRING || letter > 'P')
            continue;
        buf_printf(&b, "%s%c: ", letter > 'A' ? "\n" : "", letter);
        for (size_t i = 0; i < v->text.size; i++)
            buf_char(&b, v->text.data[i] == '_' ? ' ' : i == 0 ? (char)toupper((unsigned char)v->text.data[i]) : v->text.data[i]);
        letter++;
    }
    if (b.size == 0)
        buf_cstr(&b, c->model == MODEL_CONFIG_STATE ? "A: The setting is as the control says" : c->model == MODEL_DOCUMENT ? "A: Approved, and reviewed within a year\nB: In force on every day of the period"
                                                    : c->model == MODEL_PERIODIC ? "A: Performed\nB: In time\nC: Evidenced, and complete" : "A: Performed\nB: In time\nC: Evidenced");
    return arena_str(a, buf_view(&b));
}
