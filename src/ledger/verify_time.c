/*
 * verify_time.c - when things were recorded (ledger.md 2.4, 2.13 step 6): what seals say of the streams (E44) and of erasures (E50),
 * what was observed against when it was sealed (W51 late, E51 from the future), the clock (W52), stretches without a seal or a run
 * (W53), beacons, which nobody could know before (E54), and opinions (E71). No wall clock is asked here: the same leaves give the same findings.
 *
 * Warnings are not lies: they say what cannot be relied on. Of each kind the first ten are printed, then how many more there were.
 */
#include "base/times.h"
#include "ledger/heads.h"
#include "ledger/lateness.h"
#include "ledger/verify_internal.h"

#include <stdarg.h>

enum { WARNINGS_OF_A_KIND = 10 };
#define CLOCK_SLACK_MS (5 * MS_SECOND)  /* between two clocks that are both right */

struct observed {
    uint64_t leaf;
    int64_t to_ms;
    bool is_by_hand;
};

struct sealed {
    uint64_t size; /* its b */
    int64_t t;
    int64_t newest_ms; /* the newest observation of any leaf so far */
};

struct hole {
    int64_t from_ms, to_ms;
    uint64_t gap; /* the leaf that tells of it; UINT64_MAX: none */
    uint64_t explained;
};

/* A seal named it first at `first`. */
struct beacon {
    struct sha256 digest;
    uint64_t first;
    bool is_used;
};

struct verify_time {
    struct stream_heads *heads;
    bool is_heads_broken, has_heads;
    uint64_t erased;
    struct observed *observed; /* since the last seal */
    size_t observed_count, observed_capacity;
    int64_t newest_ms;
    struct sealed *seals;
    size_t seal_count, seal_capacity;
    int64_t last_t, last_mono, last_every;
    char last_boot[65];
    struct hole *holes; /* between seals */
    size_t hole_count, hole_capacity;
    struct hole *gaps; /* leaves, also of runs */
    size_t gap_count, gap_capacity;
    struct beacon *beacons; /* open addressing; capacity a power of two */
    size_t beacon_count, beacon_capacity;
    struct sha256 beacon; /* of the last seal */
    bool has_beacon;
    size_t warnings[3]; /* W51, W52, W53 */
};

static void time_free(void *context)
{
    stream_heads_free(((struct verify_time *)context)->heads);
}

bool verify_time_begin(struct verify *v)
{
    v->time = ARENA_NEW(v->kept, struct verify_time);
    *v->time = (struct verify_time){.heads = stream_heads_new()};
    arena_on_free(v->kept, time_free, v->time);
    return v->time->heads != NULL;
}

static void warn(struct verify *v, int kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void warn(struct verify *v, int kind, const char *format, ...)
{
    static const char *const codes[] = {"W51", "W52", "W53"};
    char text[400];
    va_list arguments;
    if (v->time->warnings[kind - 51]++ >= WARNINGS_OF_A_KIND)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    verify_find(v, codes[kind - 51], "%s", text);
}

/* ---- stream heads ---- */

static void heads_check(struct verify *v, uint64_t index, const struct json *seal)
{
    struct verify_time *time = v->time;
    struct sha256 said, root;
    if (!json_get(seal, "heads")) {
        if (time->has_heads)
            verify_find(v, "E50", "leaf %llu: the seal does not say where the streams stand, as seals before it do",
                        (unsigned long long)index);
        return;
    }
    time->has_heads = true;
    if (time->is_heads_broken || !stream_heads_root(time->heads, &root))
        return;
    if (!hex_decode(json_text(seal, "heads"), said.bytes, SHA256_SIZE) || !sha256_equal(said, root) ||
        json_int(seal, "streams", -1) != (int64_t)stream_heads_count(time->heads)) {
        verify_find(v, "E44", "leaf %llu: the streams do not stand where the seal says (%lld streams, here %zu)",
                    (unsigned long long)index, (long long)json_int(seal, "streams", -1), stream_heads_count(time->heads));
        time->is_heads_broken = true; /* one finding, not one a seal */
    }
    if (json_int(seal, "erased", 0) != (int64_t)time->erased)
        verify_find(v, "E50", "leaf %llu: the seal counts %lld erased blobs, there are %llu", (unsigned long long)index,
                    (long long)json_int(seal, "erased", 0), (unsigned long long)time->erased);
}

/* ---- lateness ---- */

static void observed_note(struct verify *v, uint64_t index, const struct leaf *leaf)
{
    struct verify_time *time = v->time;
    const struct json *obs = json_get(str_is(leaf->type, "run") ? json_get(leaf->json, "run") : leaf->json, "obs");
    const struct json *to = json_at(obs, 1);
    if (!to || to->type != JSON_NUMBER || !to->is_integer)
        return;
    if (time->observed_count == time->observed_capacity)
        time->observed =
            arena_grow(v->kept, time->observed, time->observed_count, &time->observed_capacity, sizeof(*time->observed));
    time->observed[time->observed_count++] = (struct observed){index, to->integer, lateness_is_by_hand(leaf->type)};
    time->newest_ms = to->integer > time->newest_ms ? to->integer : time->newest_ms;
}

/* Integrated is the time of the first seal behind the leaf. */
static void lateness_check(struct verify *v, int64_t sealed_ms)
{
    char by[TIME_TEXT_SIZE];
    for (size_t i = 0; i < v->time->observed_count; i++) {
        const struct observed *o = &v->time->observed[i];
        if (o->to_ms > sealed_ms + CLOCK_SLACK_MS)
            verify_find(v, "E51", "leaf %llu: it was observed %s after it was sealed", (unsigned long long)o->leaf,
                        duration_format(o->to_ms - sealed_ms, by));
        else if (sealed_ms - o->to_ms > (o->is_by_hand ? LATE_BY_HAND_MS : LATE_AUTOMATIC_MS))
            warn(v, 51, "leaf %llu: late by %s (observed, then sealed that much later%s)", (unsigned long long)o->leaf,
                 duration_format(sealed_ms - o->to_ms, by), o->is_by_hand ? "; what people bring may take a week" : "");
    }
    v->time->observed_count = 0;
}

/* ---- clock and cadence ---- */

static void cadence_check(struct verify *v, uint64_t index, const struct json *seal, int64_t t)
{
    struct verify_time *time = v->time;
    char by[TIME_TEXT_SIZE];
    int64_t mono = json_int(seal, "mono", 0), wall = t - time->last_t, machine = mono - time->last_mono;
    struct str boot = json_text(seal, "boot_id");
    bool is_gap = time->seal_count > 0 && time->last_every > 0 && wall > 2 * time->last_every;
    bool is_same_boot = time->seal_count > 0 && str_is(boot, time->last_boot);
    if (is_gap) {
        if (time->hole_count == time->hole_capacity)
            time->holes = arena_grow(v->kept, time->holes, time->hole_count, &time->hole_capacity, sizeof(*time->holes));
        time->holes[time->hole_count++] = (struct hole){time->last_t, t, UINT64_MAX, UINT64_MAX};
    }
    if (is_same_boot && machine < 0) /* within one boot it never does */
        warn(v, 52, "leaf %llu: the machine's own clock went back by %s since the seal before", (unsigned long long)index,
             duration_format(-machine, by));
    else if (is_same_boot && (wall - machine > CLOCK_SLACK_MS || machine - wall > CLOCK_SLACK_MS))
        warn(v, 52, "leaf %llu: since the seal before, the wall clock went %s %s than the machine's own", (unsigned long long)index,
             duration_format(wall > machine ? wall - machine : machine - wall, by), wall > machine ? "further" : "less far");
    if (time->seal_count == time->seal_capacity)
        time->seals = arena_grow(v->kept, time->seals, time->seal_count, &time->seal_capacity, sizeof(*time->seals));
    time->seals[time->seal_count++] = (struct sealed){index + 1, t, time->newest_ms};
    time->last_t = t;
    time->last_mono = mono;
    time->last_every = json_int(seal, "every", 0);
    snprintf(time->last_boot, sizeof(time->last_boot), "%.*s", STR_ARGS(str_slice(boot, 0, 64)));
}

/* ---- beacons ---- */

static struct beacon *beacon_slot(struct beacon *table, size_t capacity, struct sha256 digest)
{
    size_t i;
    memcpy(&i, digest.bytes, sizeof(i));
    for (i &= capacity - 1; table[i].is_used && !sha256_equal(table[i].digest, digest);)
        i = (i + 1) & (capacity - 1);
    return &table[i];
}

static struct beacon *beacon_get(struct verify *v, struct sha256 digest)
{
    struct verify_time *time = v->time;
    if (time->beacon_count * 2 >= time->beacon_capacity) {
        size_t capacity = time->beacon_capacity ? 2 * time->beacon_capacity : 64;
        struct beacon *grown = arena_array(v->kept, capacity, sizeof(*grown));
        for (size_t i = 0; i < time->beacon_capacity; i++)
            if (time->beacons[i].is_used)
                *beacon_slot(grown, capacity, time->beacons[i].digest) = time->beacons[i];
        time->beacons = grown;
        time->beacon_capacity = capacity;
    }
    return beacon_slot(time->beacons, time->beacon_capacity, digest);
}

/* E54: a seal names what was newest from outside; that moves on and never back. */
static void beacon_check(struct verify *v, uint64_t index, const struct json *seal)
{
    struct verify_time *time = v->time;
    struct sha256 digest;
    bool is_there = hex_decode(json_text(seal, "bea"), digest.bytes, SHA256_SIZE);
    if (!is_there && time->has_beacon)
        verify_find(v, "E54", "leaf %llu: the seal names no beacon, as seals before it do", (unsigned long long)index);
    if (!is_there || (time->has_beacon && sha256_equal(digest, time->beacon)))
        return;
    struct beacon *b = beacon_get(v, digest);
    if (b->is_used)
        verify_find(v, "E54", "leaf %llu: the seal names a beacon that an earlier one had already left behind",
                    (unsigned long long)index);
    else {
        *b = (struct beacon){digest, index, true};
        time->beacon_count++;
    }
    time->beacon = digest;
    time->has_beacon = true;
}

static const struct sealed *seal_of_size(const struct verify_time *time, uint64_t size)
{
    size_t from = 0, to = time->seal_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (time->seals[middle].size < size)
            from = middle + 1;
        else
            to = middle;
    }
    return from < time->seal_count && time->seals[from].size == size ? &time->seals[from] : NULL;
}

/* What somebody outside saw at `at` was there by then: nothing in it can be observed later (E51), and no seal that names it can be
 * a part of it (E54). */
static void anchor_check(struct verify *v, uint64_t index, const struct json *leaf)
{
    struct verify_time *time = v->time;
    struct str head = json_text(leaf, "cp"), size_text, by = str_slice(json_text(leaf, "by"), 0, 100);
    int64_t size = 0, at = json_int(leaf, "at", 0);
    struct sha256 digest;
    char text[TIME_TEXT_SIZE];
    if (!str_cut(&head, ':', &size_text) || !str_to_int64(size_text, &size) || size <= 0)
        return; /* E42 has it */
    const struct sealed *seal = seal_of_size(time, (uint64_t)size);
    if (!seal) {
        verify_find(v, "E54", "leaf %llu: an anchor of %lld leaves, a checkpoint that was not there yet", (unsigned long long)index,
                    (long long)size);
        return;
    }
    if (seal->newest_ms > at + CLOCK_SLACK_MS)
        verify_find(v, "E51", "leaf %llu: %.*s saw a checkpoint %s before something in it was observed", (unsigned long long)index,
                    STR_ARGS(by), duration_format(seal->newest_ms - at, text));
    else if (seal->t > at + CLOCK_SLACK_MS)
        warn(v, 52, "leaf %llu: the server's clock was %s ahead of %.*s", (unsigned long long)index, duration_format(seal->t - at, text),
             STR_ARGS(by));
    if (hex_decode(json_text(leaf, "d"), digest.bytes, SHA256_SIZE) && time->beacon_count > 0) {
        const struct beacon *b = beacon_get(v, digest);
        if (b->is_used && b->first < (uint64_t)size)
            verify_find(v, "E54", "leaf %llu: seal %llu names this anchor, which is about a later checkpoint", (unsigned long long)index,
                        (unsigned long long)b->first);
    }
}

/* E71: an opinion rests on a state that this ledger was in, which reaches to the end of the period that it is about. */
static void opinion_check(struct verify *v, uint64_t index, const struct json *opinion)
{
    struct str head = json_text(opinion, "cp"), size_text;
    const struct json *to = json_at(json_get(opinion, "per"), 1);
    int64_t size = 0;
    struct sha256 said, root;
    if (!str_cut(&head, ':', &size_text) || !str_to_int64(size_text, &size) || size < 0 || !to || !hex_decode(head, said.bytes, SHA256_SIZE))
        return; /* E42 has it */
    const struct sealed *seal = size ? seal_of_size(v->time, (uint64_t)size) : NULL; /* on nothing at all is not on a state either */
    if (!seal || !verify_seal_root(v, (uint64_t)size, &root) || !sha256_equal(said, root))
        verify_find(v, "E71", "leaf %llu: an opinion on %lld leaves, a state that this ledger was not in before", (unsigned long long)index,
                    (long long)size);
    else if (seal->t < to->integer)
        verify_find(v, "E71", "leaf %llu: an opinion on a period that was not over in the evidence it rests on", (unsigned long long)index);
}

/* ---- gaps ---- */

static void gap_note(struct verify *v, uint64_t index, const struct json *leaf)
{
    struct verify_time *time = v->time;
    if (str_is(json_text(leaf, "act"), "explain")) {
        int64_t of = json_int(leaf, "of", -1);
        bool is_known = false;
        for (size_t i = 0; i < time->gap_count; i++)
            if ((int64_t)time->gaps[i].gap == of) {
                time->gaps[i].explained = index;
                is_known = true;
            }
        if (!is_known)
            verify_find(v, "E42", "leaf %llu: it explains leaf %lld, which is no gap", (unsigned long long)index, (long long)of);
        return;
    }
    if (time->gap_count == time->gap_capacity)
        time->gaps = arena_grow(v->kept, time->gaps, time->gap_count, &time->gap_capacity, sizeof(*time->gaps));
    struct hole *g = &time->gaps[time->gap_count++];
    *g = (struct hole){json_int(leaf, "from", 0), json_int(leaf, "to", 0), index, UINT64_MAX};
    char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
    if (str_is(json_text(leaf, "kind"), "run"))
        warn(v, 53, "leaf %llu: no run of %.*s from %s to %s, where one was due", (unsigned long long)index,
             STR_ARGS(str_slice(json_text(leaf, "sub"), 0, 40)), time_format(g->from_ms, from), time_format(g->to_ms, to));
}

static void holes_tell(struct verify *v)
{
    struct verify_time *time = v->time;
    for (size_t i = 0; i < time->hole_count; i++) {
        struct hole *h = &time->holes[i];
        char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE], by[TIME_TEXT_SIZE], words[120] = "no gap leaf says why";
        for (size_t k = 0; k < time->gap_count; k++)
            if (time->gaps[k].from_ms == h->from_ms)
                *h = (struct hole){h->from_ms, h->to_ms, time->gaps[k].gap, time->gaps[k].explained};
        if (h->explained != UINT64_MAX)
            snprintf(words, sizeof(words), "gap leaf %llu, explained by leaf %llu", (unsigned long long)h->gap,
                     (unsigned long long)h->explained);
        else if (h->gap != UINT64_MAX)
            snprintf(words, sizeof(words), "gap leaf %llu, which nobody has explained", (unsigned long long)h->gap);
        warn(v, 53, "no seal from %s to %s (%s): %s", time_format(h->from_ms, from), time_format(h->to_ms, to),
             duration_format(h->to_ms - h->from_ms, by), words);
    }
}

/* ---- the order of things ---- */

void verify_time_seal(struct verify *v, uint64_t index, const struct json *seal)
{
    int64_t t = json_int(seal, "t", 0);
    heads_check(v, index, seal);
    lateness_check(v, t);
    cadence_check(v, index, seal, t);
    beacon_check(v, index, seal);
}

void verify_time_leaf(struct verify *v, uint64_t index, const struct leaf *leaf, struct sha256 hash)
{
    struct verify_time *time = v->time;
    int64_t sq = json_int(leaf->json, "sq", 0);
    if (!time->is_heads_broken && !stream_heads_set(time->heads, json_text(leaf->json, "st"), sq, hash))
        time->is_heads_broken = true;
    time->erased += str_is(leaf->type, "erased");
    observed_note(v, index, leaf);
    if (str_is(leaf->type, "gap"))
        gap_note(v, index, leaf->json);
    else if (str_is(leaf->type, "anchor"))
        anchor_check(v, index, leaf->json);
    else if (str_is(leaf->type, "opinion"))
        opinion_check(v, index, json_get(leaf->json, "opinion"));
}

void verify_time_end(struct verify *v)
{
    static const char *const codes[] = {"W51", "W52", "W53"};
    static const char *const words[] = {"leaves are late", "times the clock was moved or the machine slept", "gaps"};
    holes_tell(v);
    for (int i = 0; i < 3; i++)
        if (v->time->warnings[i] > WARNINGS_OF_A_KIND)
            verify_find(v, codes[i], "and more: %zu %s in all", v->time->warnings[i], words[i]);
}
