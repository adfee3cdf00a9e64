/* hand_over.c - keys of reporters, and how what they said becomes a record. */
#include "base/times.h"
#include "crypto/crypto.h"
#include "report/view_concern.h"
#include "web/concerns/concerns.h"
#include "web/records.h"

#include <stdio.h>

static const char ALPHABET[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"; /* without I, O, 0 and 1 */
enum { KEY_LETTERS = 20, DELIVERY_ARENA_BYTES = 64 << 20 };

void concern_key_new(const struct env *env, char ret[CONCERN_KEY_SIZE])
{
    uint8_t random[KEY_LETTERS];
    size_t n = 0;
    env_random(env, random, sizeof(random));
    for (size_t i = 0; i < KEY_LETTERS; i++) {
        if (i && i % 4 == 0)
            ret[n++] = '-';
        ret[n++] = ALPHABET[random[i] % 32];
    }
    ret[n] = 0;
}

bool concern_key_digest(struct str typed, char ret_hex[65])
{
    char key[KEY_LETTERS];
    size_t n = 0;
    for (size_t i = 0; i < typed.size; i++) {
        char c = typed.data[i] >= 'a' && typed.data[i] <= 'z' ? (char)(typed.data[i] - 'a' + 'A') : typed.data[i];
        if (c == '-' || c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        if (n == KEY_LETTERS || c == 0 || !strchr(ALPHABET, c))
            return false;
        key[n++] = c;
    }
    struct sha256 digest = sha256_of2(STR("assay/concern@v1\n"), str_make(key, n));
    hex_encode(digest.bytes, sizeof(digest.bytes), ret_hex);
    return n == KEY_LETTERS;
}

bool concern_change(struct view *v, const struct view_records *r, const struct json *entry, struct record_change *ret, struct err *e)
{
    *ret = (struct record_change){.type = STR("concern"), .set = json_object(v->arena)};
    if (str_is(json_text(entry, "kind"), "new")) {
        ret->act = RECORD_CREATE;
        ret->set = (struct json *)(uintptr_t)json_get(entry, "set");
        return ret->set || err_set(e, ERR_CORRUPT, "concern: an entry without values");
    }
    struct record *c = concern_by_key(v, r, json_text(entry, "key"), e);
    if (!c)
        return e->code == ERR_NONE ? err_set(e, ERR_NOT_FOUND, "concern: there is none of this key") : false;
    bool resumes = str_is(c->state, "answered") || str_is(c->state, "closed");
    struct str talk = concern_say(v->arena, json_text(c->values, "talk"), json_text(entry, "day"), "the reporter", json_text(entry, "text"));
    ret->act = resumes ? RECORD_MOVE : RECORD_CHANGE;
    ret->transition = resumes ? STR("resume") : STR("");
    ret->why = resumes ? STR("The reporter said more.") : STR("");
    ret->id = c->id;
    ret->version = c->version;
    json_put_str(ret->set, "talk", talk);
    return true;
}

/* ---- after midnight ---- */

static bool entry_submit(struct site *s, struct view *v, const struct view_records *r, const struct json *entry, struct err *e)
{
    struct record_change change;
    struct op op;
    struct json *answer;
    const struct access system = {.actor = STR("system:concern"), .is_system = true};
    if (!concern_change(v, r, entry, &change, e) || !record_op(s->env, v->arena, &change, 1, &system, &op, e))
        return false;
    op_id_of(arena_printf(v->arena, "concern/%.*s", STR_ARGS(json_text(entry, "n"))), op.id);
    return keeper_link_submit(s->keeper, v->arena, &op, &answer, e);
}

/* New ones first: what was added to one on the same day finds it. */
static bool pass(struct site *s, struct view *v, const struct view_records *r, const struct json *list, const char *kind, struct str today, struct err *e)
{
    static bool is_said; /* one thread tends */
    JSON_EACH (entry, list) {
        struct err why = {0};
        if (!str_is(json_text(entry, "kind"), kind) || str_compare(json_text(entry, "day"), today) >= 0)
            continue;
        if (entry_submit(s, v, r, entry, &why)) {
            if (!box_remove(s->box, json_text(entry, "n"), e))
                return false;
            continue;
        }
        if (why.code == ERR_UNAVAILABLE || why.code == ERR_UNCERTAIN)
            return *e = why, false;
        if (!is_said) /* it stays in the box; what is in it is said to nobody */
            fprintf(stderr, "assay: web: something that was reported could not be handed over (%s)\n", err_code_name(why.code));
        is_said = true;
    }
    return true;
}

void concerns_tend(struct site *s)
{
    struct err e = {0};
    char today[TIME_TEXT_SIZE];
    int64_t now_ms = env_now_ms(s->env);
    if (!s->box || box_is_empty(s->box) || !keeper_link_is_up(s->keeper))
        return;
    time_format_date(now_ms, today);
    struct arena *a = arena_new("concerns", DELIVERY_ARENA_BYTES);
    struct json *list = box_list(s->box, a, &e);
    bool is_due = false;
    JSON_EACH (entry, list)
        is_due |= str_compare(json_text(entry, "day"), str_of(today)) < 0;
    struct view v = {.db = is_due ? data_dir_projection(&s->dir, &e) : NULL, .arena = a, .now_ms = now_ms};
    struct view_records r = {.types = v.db ? record_types_open(v.db, &e) : NULL};
    bool ok = r.types && view_open(&v, 0, &e) && pass(s, &v, &r, list, "new", str_of(today), &e) && pass(s, &v, &r, list, "add", str_of(today), &e);
    if (!ok && is_due && e.code != ERR_UNAVAILABLE)
        fprintf(stderr, "assay: web: what was reported waits (%s)\n", err_code_name(e.code));
    record_types_close(r.types);
    db_close(v.db);
    arena_free(a);
}
