/* play.c - see play.h. */
#include "demo/play.h"

#include <stdlib.h>

enum { ROWS_MAX = 400, FILES_MAX = 8 };

static int compare_steps(const void *a, const void *b)
{
    const struct demo_step *x = a, *y = b;
    return x->at_ms != y->at_ms ? (x->at_ms < y->at_ms ? -1 : 1) : x->place < y->place ? -1 : x->place > y->place;
}

bool steps_load(struct demo_world *w, struct demo_step **ret, size_t *ret_count, struct err *e)
{
    size_t capacity = 0, count = 0;
    struct demo_step *list = NULL;
    JSON_EACH (file, w->content)
        JSON_EACH (step, json_get(file, "steps")) {
            struct str at = json_text(step, "at");
            if (count == capacity)
                list = arena_grow(w->arena, list, count, &capacity, sizeof(*list));
            struct demo_step *s = &list[count];
            *s = (struct demo_step){.place = count, .json = step, .file = arena_str(w->arena, file->key).data};
            if (!world_instant(w, at, &s->at_ms, e))
                return err_wrap(e, "content/demo/%s.yaml: step %zu", s->file, count);
            if (s->at_ms <= w->end_ms) /* what lies behind the last day has not happened */
                count++;
        }
    qsort(list, count, sizeof(*list), compare_steps);
    *ret = list;
    *ret_count = count;
    return true;
}

bool target_read(struct demo_world *w, struct str text, struct str *ret_type, struct str *ret_id, struct err *e)
{
    struct str rest = text, type;
    if (!str_cut(&rest, '/', &type) || !record_types_find(w->types, type))
        return err_set(e, ERR_INVALID, "%.*s: names no record", STR_ARGS(text));
    struct str id = world_id(w, rest);
    *ret_type = arena_str(w->arena, type);
    *ret_id = id.size ? id : rest;
    return true;
}

static const char *media_of(struct str name)
{
    return str_ends(name, ".csv") ? "text/csv" : str_ends(name, ".md") ? "text/markdown" : str_ends(name, ".json") ? "application/json" : "text/plain";
}

bool file_seal(struct demo_world *w, struct str name, struct str text, struct op_blob *ret, struct json **ret_value, struct err *e)
{
    return record_seal_file(&w->env, w->step, name, media_of(name), text, ret, ret_value, e);
}

static bool files_seal(struct demo_world *w, const struct json *list, struct json *set, const char *key, struct record_change *ret, struct err *e)
{
    struct json *values = json_put_array(set, key);
    struct op_blob *blobs = arena_array(w->step, FILES_MAX, sizeof(*blobs));
    JSON_EACH (file, list) {
        struct json *value;
        if (ret->file_count == FILES_MAX || !file_seal(w, json_text(file, "name"), json_text(file, "text"), &blobs[ret->file_count], &value, e))
            return e->code ? false : err_set(e, ERR_LIMIT, "%s: too many files", key);
        ret->file_count++;
        json_push(values, value);
    }
    ret->files = blobs;
    return true;
}

bool row_change(struct demo_world *w, const char *type, const struct json *row, struct record_change *ret, struct err *e)
{
    const struct record_type *t = record_types_find(w->types, str_of(type));
    struct json *set = json_object(w->step);
    if (!t)
        return err_set(e, ERR_INVALID, "%s: no such type", type);
    *ret = (struct record_change){.type = str_of(type), .act = RECORD_CREATE, .id = json_text(row, "id"), .set = set};
    struct json *values = world_values(w, w->step, row, e);
    if (!values)
        return false;
    for (struct json *v = values->first, *next; v; v = next) {
        next = v->next;
        const struct record_field *f = record_type_field(t, v->key);
        if (str_is(v->key, "as") || str_is(v->key, "id"))
            continue;
        if (f && f->type == FIELD_FILES) {
            if (!files_seal(w, v, set, arena_str(w->step, v->key).data, ret, e))
                return false;
            continue;
        }
        v->next = NULL;
        json_put(set, arena_str(w->step, v->key).data, v);
    }
    return true;
}

static bool play_new(struct demo_world *w, const struct json *step, struct err *e)
{
    struct str type = arena_str(w->arena, json_text(step, "new"));
    const struct json *rows = json_get(step, "rows");
    struct record_change *changes = arena_array(w->step, ROWS_MAX, sizeof(*changes));
    size_t count = 0;
    struct json *answer;
    JSON_EACH (row, rows) {
        if (count == 100) /* as many as the answer names */
            return err_set(e, ERR_LIMIT, "more than 100 rows in a step");
        if (!row_change(w, type.data, row, &changes[count], e))
            return err_wrap(e, "row %zu", count + 1);
        changes[count++].why = json_text(step, "why");
    }
    if (!world_do(w, json_text(step, "who"), changes, count, &answer, e))
        return false;
    count = 0;
    JSON_EACH (row, rows) {
        struct str as = json_text(row, "as");
        if (as.size)
            world_name(w, as, type, world_answer_id(answer, count));
        count++;
    }
    world_step_done(w);
    return true;
}

static bool play_one(struct demo_world *w, const struct json *step, struct str target, enum record_act act, struct err *e)
{
    struct str type, id;
    struct record_change change, made;
    const struct json *given = json_get(step, "set");
    if (!target_read(w, target, &type, &id, e))
        return false;
    if (!row_change(w, type.data, given ? given : json_object(w->step), &made, e))
        return false;
    if (!world_change(w, type.data, act, id, arena_str(w->arena, json_text(step, "move")).data, made.set, arena_str(w->arena, json_text(step, "why")).data, &change, e))
        return err_wrap(e, "%.*s", STR_ARGS(target));
    change.files = made.files;
    change.file_count = made.file_count;
    return world_do(w, json_text(step, "who"), &change, 1, NULL, e) || err_wrap(e, "%.*s", STR_ARGS(target));
}

static bool play_move(struct demo_world *w, const struct json *step, struct err *e)
{
    JSON_EACH (target, json_get(step, "of"))
        if (!play_one(w, step, target->text, RECORD_MOVE, e))
            return false;
    return true;
}

static const struct demo_verb *verb_find(const struct demo_verb *list, struct str name)
{
    for (; list->name; list++)
        if (str_is(name, list->name))
            return list;
    return NULL;
}

static bool play_verb(struct demo_world *w, const struct json *step, struct err *e)
{
    struct str name = json_text(step, "do");
    const struct demo_verb *verb = verb_find(verbs_program, name);
    verb = verb ? verb : verb_find(verbs_audit, name);
    return verb ? verb->play(w, step, e) : err_set(e, ERR_INVALID, "there is nothing called \"%.*s\" to be done", STR_ARGS(name));
}

bool step_play(struct demo_world *w, const struct demo_step *s, struct err *e)
{
    world_clock(w, s->at_ms);
    *e = (struct err){0};
    bool ok = json_get(s->json, "new")      ? play_new(w, s->json, e)
              : json_get(s->json, "change") ? play_one(w, s->json, json_text(s->json, "change"), RECORD_CHANGE, e)
              : json_get(s->json, "move")   ? play_move(w, s->json, e)
                                            : play_verb(w, s->json, e);
    world_step_done(w);
    struct str what = json_get(s->json, "new") ? json_text(s->json, "new") : json_get(s->json, "do") ? json_text(s->json, "do") : json_get(s->json, "move") ? json_text(s->json, "move") : STR("change");
    return ok || err_wrap(e, "content/demo/%s.yaml: %.*s, %.*s", s->file, STR_ARGS(json_text(s->json, "at")), STR_ARGS(what));
}
