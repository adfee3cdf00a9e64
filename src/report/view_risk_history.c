/* What remained of a risk, day by day: the records of each day with the states of the controls of each day. Days that are past never change again, so
 * that their controls are worked out once for a process. On a day on which it moved, and on the last one, it is looked at behind each leaf that may have
 * moved it, too: so what is told is the minute. */
#include "report/risk_book.h"

#include <pthread.h>

enum { CHART_WIDTH = 720, CHART_HEIGHT = 220, CHART_LEFT = 88, CHART_RIGHT = 12, CHART_TOP = 8, CHART_BOTTOM = 28, SCORE_MAX = 25, MOVES_SHOWN_MAX = 60, KEPT_DAYS = 400, WITHIN_DAY_MAX = 8, POINTS_MAX = WINDOW_DAYS * 4 };

/* ---- the controls of a day ---- */

struct control_now {
    char id[RECORD_ID_MAX + 1];
    enum live_state live;
    bool is_not_operating;
};
struct control_day {
    int64_t day, leaf;
    struct control_now *controls;
    size_t count;
};

static struct {
    pthread_mutex_t mutex;
    struct control_day days[KEPT_DAYS];
    const void *whose; /* the server's view_kept; commands keep nothing */
} kept = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static struct control_day day_of_assessment(const struct assessment *as, int64_t day)
{
    struct control_day d = {.day = day, .leaf = as->leaf_limit, .controls = calloc(as->control_count + 1, sizeof *d.controls)};
    for (size_t i = 0; d.controls && i < as->control_count; i++) {
        struct control_now *c = &d.controls[d.count++];
        snprintf(c->id, sizeof c->id, "%s", as->controls[i].control->id);
        c->live = as->controls[i].live;
        c->is_not_operating = as->controls[i].operation.conclusion == CONCLUSION_NOT_OPERATING;
    }
    return d;
}

static struct control_day day_copy(struct arena *a, const struct control_day *d)
{
    struct control_day copy = {d->day, d->leaf, arena_array(a, d->count + 1, sizeof *copy.controls), d->count};
    if (d->count)
        memcpy(copy.controls, d->controls, d->count * sizeof *copy.controls);
    return copy;
}

static bool day_find(const struct view *v, int64_t day, int64_t leaf, struct control_day *ret)
{
    if (!v->kept)
        return false;
    pthread_mutex_lock(&kept.mutex);
    const struct control_day *d = &kept.days[(uint64_t)day % KEPT_DAYS];
    bool is_there = d->controls && d->day == day && d->leaf == leaf && kept.whose == v->kept;
    if (is_there)
        *ret = day_copy(v->arena, d);
    pthread_mutex_unlock(&kept.mutex);
    return is_there;
}

/* Takes over what `d` holds. */
static void day_keep(const struct view *v, struct control_day *d)
{
    if (!v->kept) {
        free(d->controls);
        return;
    }
    pthread_mutex_lock(&kept.mutex);
    for (size_t i = 0; kept.whose != v->kept && i < KEPT_DAYS; i++) {
        free(kept.days[i].controls);
        kept.days[i] = (struct control_day){0};
    }
    kept.whose = v->kept;
    struct control_day *slot = &kept.days[(uint64_t)d->day % KEPT_DAYS];
    free(slot->controls);
    *slot = *d;
    pthread_mutex_unlock(&kept.mutex);
}

/* As of the end of the day; each assessment has an arena of its own, since ninety of them are much. */
static bool day_load(struct view *v, int64_t day, int64_t leaf, struct control_day *ret, struct err *e)
{
    if (day_find(v, day, leaf, ret))
        return true;
    struct arena *a = arena_new("risk day", 256 << 20);
    struct assessment *as = assessment_load(v->db, a, (day + 1) * MS_DAY - 1, leaf, e);
    struct control_day d = as ? day_of_assessment(as, day) : (struct control_day){0};
    bool is_loaded = as != NULL;
    arena_free(a);
    if (!d.controls)
        return is_loaded ? err_set(e, ERR_LIMIT, "no memory") : false;
    *ret = day_copy(v->arena, &d);
    day_keep(v, &d);
    return true;
}

static const struct control_now *day_control(const struct control_day *d, struct str id)
{
    for (size_t i = 0; i < d->count; i++)
        if (str_is(id, d->controls[i].id))
            return &d->controls[i];
    return NULL;
}

/* ---- the risk of a day ---- */

struct mapped {
    struct str id;
    struct risk_control effect;
};
struct point {
    int64_t day, at_ms;
    bool is_end; /* of its day, or the view's instant */
    bool is_there; /* the risk was known, with its values */
    struct risk_level inherent;
    struct mapped *controls;
    size_t count;
    struct risk_residual residual;
};

static void map_add(struct arena *a, struct point *p, struct str id, int l, int i)
{
    for (size_t k = 0; k < p->count; k++)
        if (str_equal(p->controls[k].id, id)) {
            struct risk_control *c = &p->controls[k].effect;
            c->likelihood = l > c->likelihood ? l : c->likelihood;
            c->impact = i > c->impact ? i : c->impact;
            return;
        }
    struct mapped *list = arena_array(a, p->count + 1, sizeof *list);
    if (p->count)
        memcpy(list, p->controls, p->count * sizeof *list);
    list[p->count++] = (struct mapped){arena_str(a, id), {.likelihood = l, .impact = i}};
    p->controls = list;
}

static bool point_read(struct view *v, struct str id, int64_t leaf, struct point *p, struct err *e)
{
    DB_EACH (row, v->db, e, "select r.inherent_l, r.inherent_i from risks_versions r where r.id = ?1 and r.from_leaf <= ?2 and (r.to_leaf is null or r.to_leaf > ?2) and r.is_deleted = 0",
             A(id), A(leaf))
        p->inherent = (struct risk_level){(int)db_int(row, 0), (int)db_int(row, 1)};
    DB_EACH (row, v->db, e,
             "select l.field, l.target from record_link l where l.type = 'risk' and l.id = ?1 and l.field in ('controls_l1', 'controls_l2', 'controls_i1', 'controls_i2') and "
             "l.from_leaf <= ?2 and (l.to_leaf is null or l.to_leaf > ?2) order by l.field, l.place", A(id), A(leaf)) {
        struct str field = db_text(row, 0);
        int steps = field.data[field.size - 1] - '0';
        bool is_impact = field.data[field.size - 2] == 'i';
        map_add(v->arena, p, db_text(row, 1), is_impact ? 0 : steps, is_impact ? steps : 0);
    }
    p->is_there = risk_score(p->inherent) > 0;
    return e->code == ERR_NONE;
}

static void point_judge(struct arena *a, struct point *p, const struct control_day *d)
{
    struct risk_control *effects = arena_array(a, p->count + 1, sizeof *effects);
    for (size_t i = 0; i < p->count; i++) {
        const struct control_now *c = day_control(d, p->controls[i].id);
        struct risk_control *effect = &p->controls[i].effect;
        effect->is_gone = c == NULL;
        effect->live = c ? c->live : LIVE_UNKNOWN;
        effect->is_not_operating = c && c->is_not_operating;
        effects[i] = *effect;
    }
    p->residual = risk_residual(p->inherent, effects, p->count);
}

/* ---- as JSON ---- */

static const char *effect_state(const struct risk_control *c)
{
    return c->is_gone ? "gone" : c->live != LIVE_FAILING && c->is_not_operating ? "Not operating" : live_state_words(c->live);
}

static const struct mapped *mapped_find(const struct point *p, struct str id)
{
    for (size_t i = 0; i < p->count; i++)
        if (str_equal(p->controls[i].id, id))
            return &p->controls[i];
    return NULL;
}

static void moved_control_put(const struct risk_book *b, struct json *list, struct str id, const struct risk_control *from, const struct risk_control *to)
{
    size_t i = assessment_control_index(b->as, id);
    struct json *o = json_push_object(list);
    json_put_str(o, "id", id);
    json_put_cstr(o, "title", i == SIZE_MAX ? "" : b->as->controls[i].control->title);
    json_put_str(o, "url", url_of(b->v, "controls", id));
    json_put_cstr(o, "from", from ? effect_state(from) : "not named");
    json_put_cstr(o, "to", to ? effect_state(to) : "no longer named");
    json_put_bool(o, "is_worse", to ? from && risk_effect_halves(to) < risk_effect_halves(from) : true);
}

/* Which controls count otherwise than the day before. */
static void move_put(const struct risk_book *b, struct json *moves, const struct point *before, const struct point *p)
{
    struct arena *a = b->v->arena;
    int from = risk_score(before->residual.level), to = risk_score(p->residual.level);
    struct json *o = json_push_object(moves), *why = json_array(a), *controls = json_array(a);
    json_put_str(o, "date", day_words(b->v, p->day));
    put_time(b->v, o, "at", p->is_end ? 0 : p->at_ms);
    json_put_int(o, "from", from);
    json_put_int(o, "to", to);
    json_put_bool(o, "is_up", to > from);
    json_put_cstr(o, "from_band", risk_band_words(risk_band_of(from)));
    json_put_cstr(o, "to_band", risk_band_words(risk_band_of(to)));
    if (before->inherent.likelihood != p->inherent.likelihood || before->inherent.impact != p->inherent.impact)
        json_push_str(why, arena_printf(a, "judged anew without controls: %d × %d, before %d × %d", p->inherent.likelihood, p->inherent.impact, before->inherent.likelihood, before->inherent.impact));
    for (size_t i = 0; i < p->count; i++) {
        const struct mapped *was = mapped_find(before, p->controls[i].id);
        const struct risk_control *now = &p->controls[i].effect;
        bool is_same = was && was->effect.likelihood == now->likelihood && was->effect.impact == now->impact && risk_effect_halves(&was->effect) == risk_effect_halves(now);
        if (is_same)
            continue;
        moved_control_put(b, controls, p->controls[i].id, was ? &was->effect : NULL, now);
        if (was && (was->effect.likelihood != now->likelihood || was->effect.impact != now->impact))
            json_push_str(why, arena_printf(a, "%.*s lowers it by other steps", STR_ARGS(p->controls[i].id)));
    }
    for (size_t i = 0; i < before->count; i++)
        if (!mapped_find(p, before->controls[i].id))
            moved_control_put(b, controls, before->controls[i].id, &before->controls[i].effect, NULL);
    json_put(o, "why", why);
    json_put(o, "controls", controls);
}

static int chart_x(const struct point *points, size_t count, size_t i)
{
    int64_t width = CHART_WIDTH - CHART_LEFT - CHART_RIGHT, from = points[0].at_ms, to = points[count - 1].at_ms;
    return (int)(CHART_LEFT + (to > from ? width * (points[i].at_ms - from) / (to - from) : width));
}

static int chart_y(int score)
{
    return CHART_HEIGHT - CHART_BOTTOM - (CHART_HEIGHT - CHART_TOP - CHART_BOTTOM) * score / SCORE_MAX;
}

static void chart_bands_put(struct json *chart)
{
    static const int tops[] = {0, 4, 9, 14, 25};
    struct json *list = json_put_array(chart, "bands");
    for (int b = RISK_BAND_LOW; b <= RISK_BAND_VERY_HIGH; b++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "band", risk_band_name((enum risk_band)b));
        json_put_cstr(o, "words", risk_band_words((enum risk_band)b));
        json_put_int(o, "x", CHART_LEFT);
        json_put_int(o, "width", CHART_WIDTH - CHART_LEFT - CHART_RIGHT);
        json_put_int(o, "y", chart_y(tops[b]));
        json_put_int(o, "height", chart_y(tops[b - 1]) - chart_y(tops[b]));
        json_put_int(o, "text_y", (chart_y(tops[b]) + chart_y(tops[b - 1])) / 2 + 4);
    }
}

static void chart_ticks_put(struct view *v, struct json *chart, const struct point *points, size_t count)
{
    struct json *list = json_put_array(chart, "ticks");
    int64_t from = points[0].at_ms, to = points[count - 1].at_ms, days = day_of(to) - day_of(from);
    int64_t ticks = days == 0 ? 1 : days < 6 ? 2 : 4;
    for (int64_t i = 0; i < ticks; i++) {
        struct json *o = json_push_object(list);
        json_put_int(o, "x", ticks == 1 ? CHART_WIDTH - CHART_RIGHT : CHART_LEFT + (CHART_WIDTH - CHART_LEFT - CHART_RIGHT) * i / (ticks - 1));
        json_put_str(o, "text", day_words(v, day_of(ticks == 1 ? to : from + (to - from) * i / (ticks - 1))));
        json_put_cstr(o, "anchor", i == ticks - 1 ? "end" : i == 0 ? "start" : "middle");
    }
}

static void chart_put(struct view *v, struct json *o, const struct point *points, size_t count, enum risk_band appetite)
{
    static const int tops[] = {0, 4, 9, 14, 25};
    struct json *chart = json_put_object(o, "chart"), *marks = json_put_array(chart, "marks");
    struct buf BUF_AUTO line;
    buf_init(&line, 64 << 10);
    int last = 0;
    for (size_t i = 0; i < count; i++) {
        int score = points[i].is_there ? risk_score(points[i].residual.level) : 0;
        if (score == 0)
            continue;
        if (last == 0) /* what one day knows of is a line, too */
            buf_printf(&line, "M%d %d", points[0].at_ms == points[count - 1].at_ms ? CHART_LEFT : chart_x(points, count, i), chart_y(score));
        buf_printf(&line, " H%d V%d", chart_x(points, count, i), chart_y(score));
        if (last && last != score) {
            struct json *mark = json_push_object(marks);
            json_put_int(mark, "x", chart_x(points, count, i));
            json_put_int(mark, "y", chart_y(score));
            json_put_str(mark, "words", arena_printf(v->arena, "%.*s: %d, before %d", STR_ARGS(day_words(v, points[i].day)), score, last));
            json_put_bool(mark, "is_up", score > last);
        }
        last = score;
    }
    json_put_int(chart, "width", CHART_WIDTH);
    json_put_int(chart, "height", CHART_HEIGHT);
    json_put_str(chart, "line", arena_str(v->arena, buf_view(&line)));
    json_put_int(chart, "left", CHART_LEFT);
    json_put_int(chart, "right", CHART_WIDTH - CHART_RIGHT);
    json_put_int(chart, "label_x", CHART_LEFT - 6);
    json_put_int(chart, "tick_y", CHART_HEIGHT - 8);
    json_put_int(chart, "appetite_y", chart_y(tops[appetite]));
    chart_bands_put(chart);
    chart_ticks_put(v, chart, points, count);
    json_put_str(chart, "words", arena_printf(v->arena, "What remained, %.*s to %.*s; %d of 25 on the last. The dashed line is the appetite, %d.",
                                              STR_ARGS(day_words(v, points[0].day)), STR_ARGS(day_words(v, points[count - 1].day)), last, tops[appetite]));
}

static void points_put(const struct risk_book *b, struct json *o, const struct point *points, size_t count, enum risk_band appetite)
{
    struct json *list = json_put_array(o, "points"), *moves = json_put_array(o, "moves");
    const struct point *before = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!points[i].is_there)
            continue;
        if (before && risk_score(before->residual.level) != risk_score(points[i].residual.level) && moves->count < MOVES_SHOWN_MAX)
            move_put(b, moves, before, &points[i]);
        before = &points[i];
        if (!points[i].is_end)
            continue;
        struct json *x = json_push_object(list);
        json_put_str(x, "date", day_words(b->v, points[i].day));
        json_put_int(x, "l", points[i].residual.level.likelihood);
        json_put_int(x, "i", points[i].residual.level.impact);
        json_put_int(x, "score", risk_score(points[i].residual.level));
        json_put_cstr(x, "band", risk_band_name(risk_band_of(risk_score(points[i].residual.level))));
    }
    chart_put(b->v, o, points, count, appetite);
}

static bool is_same_level(const struct point *a, const struct point *b)
{
    return a->is_there == b->is_there && a->residual.level.likelihood == b->residual.level.likelihood && a->residual.level.impact == b->residual.level.impact;
}

/* One instant within a day. */
static bool point_at(const struct risk_book *b, const struct risk_row *row, int64_t at_ms, int64_t leaf, struct point *p, struct err *e)
{
    *p = (struct point){.day = day_of(at_ms), .at_ms = at_ms};
    if (!point_read(b->v, row->id, leaf, p, e))
        return false;
    if (!p->is_there)
        return true;
    struct arena *a = arena_new("risk instant", 256 << 20);
    struct assessment *as = assessment_load(b->v->db, a, at_ms, leaf, e);
    struct control_day now = as ? day_of_assessment(as, p->day) : (struct control_day){0};
    if (as)
        point_judge(b->v->arena, p, &now);
    free(now.controls);
    bool ok = as != NULL;
    arena_free(a);
    return ok;
}

/* The points of a day behind the leaves that may have moved it, where they did: before the day's end. */
static bool within_load(const struct risk_book *b, const struct risk_row *row, int64_t day, int64_t leaf_max, struct point *points, size_t *count, struct err *e)
{
    struct {
        int64_t leaf, t;
    } found[WITHIN_DAY_MAX];
    size_t n = 0;
    DB_EACH (r, b->v->db, e,
             "select leaf, t from (select leaf, t from evaluation where c is not null and t >= ?2 and t < ?3 and leaf <= ?4 union select leaf, t from record_change where t >= ?2 and t < ?3 and leaf <= ?4 and "
             "((type = 'risk' and id = ?1) or type in ('control', 'occurrence', 'evidence'))) order by leaf desc limit 8", A(row->id), A(day * MS_DAY), A((day + 1) * MS_DAY), A(leaf_max)) {
        found[n].leaf = db_int(r, 0);
        found[n++].t = db_int(r, 1);
    }
    for (size_t i = n; i-- > 0 && !e->code && *count < POINTS_MAX - 1;) {
        struct point p;
        if (!point_at(b, row, found[i].t, found[i].leaf, &p, e))
            return false;
        if (p.is_there && (*count == 0 || !is_same_level(&points[*count - 1], &p)))
            points[(*count)++] = p;
    }
    return e->code == ERR_NONE;
}

static bool day_end_load(const struct risk_book *b, const struct risk_row *row, int64_t day, int64_t leaf, bool is_last, struct point *p, struct err *e)
{
    struct view *v = b->v;
    struct control_day controls = {0};
    *p = (struct point){.day = day, .at_ms = is_last ? v->at_ms : (day + 1) * MS_DAY - 1, .is_end = true};
    if (!point_read(v, row->id, leaf, p, e))
        return false;
    if (!p->is_there)
        return true;
    if (is_last) {
        struct control_day now = day_of_assessment(b->as, day);
        controls = day_copy(v->arena, &now);
        free(now.controls);
    } else if (!day_load(v, day, leaf, &controls, e)) {
        return false;
    }
    point_judge(v->arena, p, &controls);
    return true;
}

/* The days from the risk's first on, at most those of the window. */
static bool points_load(const struct risk_book *b, const struct risk_row *row, struct point *points, size_t *ret_count, struct err *e)
{
    struct view *v = b->v;
    int64_t today = day_of(v->at_ms), created_t = db_one_int(v->db, e, v->at_ms, "select min(created_t) from risks_versions where id = ?1", A(row->id));
    int64_t first = day_of(created_t) < today - WINDOW_DAYS + 1 ? today - WINDOW_DAYS + 1 : day_of(created_t);
    *ret_count = 0;
    for (int64_t day = first; day <= today && !e->code && *ret_count < POINTS_MAX; day++) {
        struct point end;
        int64_t leaf = day == today ? v->leaf_limit : leaf_limit_at(v->db, (day + 1) * MS_DAY - 1, e);
        if (e->code || !day_end_load(b, row, day, leaf, day == today, &end, e))
            return false;
        bool has_moved = day == first || day == today || !is_same_level(&points[*ret_count - 1], &end);
        if (has_moved && !within_load(b, row, day, leaf, points, ret_count, e))
            return false;
        points[(*ret_count)++] = end;
    }
    return e->code == ERR_NONE;
}

struct json *risk_history(const struct risk_book *b, const struct risk_row *row, struct err *e)
{
    struct json *o = json_object(b->v->arena);
    struct point *points = arena_array(b->v->arena, POINTS_MAX + 1, sizeof *points);
    size_t count;
    struct err inner = {0};
    if (!points_load(b, row, points, &count, &inner)) {
        *e = inner;
        return NULL;
    }
    json_put_str(o, "from", day_words(b->v, points[0].day));
    json_put_str(o, "to", day_words(b->v, points[count - 1].day));
    json_put_int(o, "days", (int64_t)count);
    points_put(b, o, points, count, row->appetite);
    return o;
}

struct json *view_risk_history(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct risk_book b;
    const struct risk_row *row = risk_book_load(v, r, &b, e) ? risk_book_find(&b, id, e) : NULL;
    struct json *page = row ? page_new(v, arena_printf(v->arena, "%.*s over time", STR_ARGS(id)), e) : NULL;
    struct json *history = page ? risk_history(&b, row, e) : NULL;
    if (history)
        json_put(page, "history", history);
    return history ? page : NULL;
}
