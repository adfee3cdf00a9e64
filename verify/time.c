/*
 * time.c - when things were recorded: where the streams stand, as seals say it (E44), what was observed against when it was sealed
 * (E51, late), the clock, pauses, and beacons, which nobody could know before they were there (E54). No wall clock is asked here: the
 * same leaves give the same findings.
 */
#include "av.h"

#include <stdlib.h>

enum { LATE_MS = 15 * 60 * 1000, LATE_BY_HAND_MS = 7 * 24 * 3600 * 1000, SLACK_MS = 5000 }; /* slack: between two clocks that are both right */

/* ---- where the streams stand ---- */

static struct av *sorted_for; /* qsort takes no context */

static struct av_text name_of(const struct av *v, uint32_t at)
{
    return (struct av_text){v->stream_names + v->streams[at].name, v->streams[at].name_size};
}

static int name_compare(const void *pa, const void *pb)
{
    struct av_text a = name_of(sorted_for, *(const uint32_t *)pa), b = name_of(sorted_for, *(const uint32_t *)pb);
    int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

void av_time_moved(struct av *v, struct av_stream *s)
{
    if (!s->is_moved)
        v->time.moved[v->time.moved_count++] = (uint32_t)(s - v->streams);
    s->is_moved = true;
}

/* A new stream shifts the places: all are put in order, and all are made again. */
static void places_make(struct av *v)
{
    struct av_time *t = &v->time;
    for (t->ordered = 0; t->ordered < v->stream_count; t->ordered++) {
        struct av_text name = name_of(v, (uint32_t)t->ordered);
        t->order[t->ordered] = (uint32_t)t->ordered;
        if (memchr(name.data, '\\', name.size))
            av_lack(v, "where streams stand: a name has escapes");
    }
    sorted_for = v;
    qsort(t->order, t->ordered, sizeof(t->order[0]), name_compare);
    for (uint32_t i = 0; i < t->ordered; i++)
        v->streams[t->order[i]].place = i;
    memcpy(t->moved, t->order, t->ordered * sizeof(t->order[0]));
    t->moved_count = t->ordered;
}

static void line_make(struct av *v, struct av_stream *s)
{
    static char line[AV_LEAF_MAX + 128];
    char hex[65];
    av_hex_write(s->last.bytes, 32, hex);
    int size = snprintf(line, sizeof(line), "%.*s %lld %s\n", (int)s->name_size, v->stream_names + s->name, (long long)s->next - 1, hex);
    v->time.nodes[s->place] = av_leaf_hash(line, (size_t)size);
    s->is_moved = false;
}

/* The RFC 6962 root over the lines "st sq sp\n" in the order of their names; sq and sp: number and hash of the newest leaf. Only the
 * nodes above what moved are made: an odd last one goes up as it is. */
static struct av_hash heads_root(struct av *v)
{
    struct av_time *t = &v->time;
    size_t row = 0, room = AV_STREAMS_MAX;
    if (t->ordered != v->stream_count)
        places_make(v);
    if (v->stream_count == 0)
        return av_sha256_of("", 0);
    t->round++;
    for (size_t i = 0; i < t->moved_count; i++) {
        struct av_stream *s = &v->streams[t->moved[i]];
        line_make(v, s);
        t->moved[i] = s->place;
    }
    for (size_t n = t->ordered; n > 1; n = (n + 1) / 2, row += room, room /= 2) {
        struct av_hash *below = t->nodes + row, *above = below + room;
        size_t kept = 0;
        for (size_t i = 0; i < t->moved_count; i++) {
            uint32_t up = t->moved[i] / 2;
            if (t->made[row + room + up] == t->round)
                continue;
            t->made[row + room + up] = t->round;
            above[up] = 2 * up + 1 < n ? av_node_hash(&below[2 * up], &below[2 * up + 1]) : below[2 * up];
            t->moved[kept++] = up;
        }
        t->moved_count = kept;
    }
    t->moved_count = 0;
    return t->nodes[row];
}

static void heads_check(struct av *v, const struct av_leaf *seal)
{
    struct av_time *t = &v->time;
    struct av_hash said;
    int64_t count = -1, erased = 0;
    if (!av_hash_member(&seal->object, "heads", said.bytes)) {
        if (t->has_heads)
            av_find(v, "E50", "leaf %llu: the seal does not say where the streams stand, as seals before it do", (av_llu)seal->index);
        return;
    }
    t->has_heads = true;
    if (t->is_broken || !av_is_whole(v) || v->stream_count == AV_STREAMS_MAX)
        return;
    struct av_hash root = heads_root(v);
    av_integer(&seal->object, "streams", &count);
    av_integer(&seal->object, "erased", &erased);
    if (!av_hash_equal(&said, &root) || count != (int64_t)v->stream_count) {
        av_find(v, "E44", "leaf %llu: the streams do not stand where the seal says (%lld streams, here %zu)", (av_llu)seal->index, (long long)count,
                v->stream_count);
        t->is_broken = true; /* one finding, not one a seal */
    }
    if (erased != (int64_t)t->erased)
        av_find(v, "E50", "leaf %llu: the seal counts %lld erased blobs, there are %llu", (av_llu)seal->index, (long long)erased, (av_llu)t->erased);
}

/* ---- what was observed when ---- */

static void late_count(struct av *v, int64_t sealed_ms)
{
    for (size_t i = 0; i < v->time.observed_count; i++)
        v->late += sealed_ms > v->time.late_after[i];
    v->time.observed_count = 0;
}

void av_time_observed(struct av *v, const struct av_leaf *leaf, int64_t t)
{
    struct av_time *time = &v->time;
    struct av_object run;
    int64_t from = 0, to = -1;
    bool is_by_hand = leaf->type == AV_UPLOAD || leaf->type == AV_DECISION; /* what people bring may take a week */
    if (leaf->type == AV_RUN && !av_object_read(av_value(&leaf->object, "run"), &run))
        to = av_span_end(&run, "obs", &from);
    else
        to = av_span_end(&leaf->object, "obs", &from);
    time->erased += leaf->type == AV_ERASED;
    if (to < 0)
        return;
    if (time->observed_count == sizeof(time->late_after) / sizeof(time->late_after[0]))
        late_count(v, t); /* a very long batch: by the time of its leaf, which is not behind that of its seal */
    time->late_after[time->observed_count++] = to + (is_by_hand ? LATE_BY_HAND_MS : LATE_MS);
    if (to > time->newest_since_ms) {
        time->newest_since_ms = to;
        time->newest = leaf->index;
    }
    time->newest_ms = to > time->newest_ms ? to : time->newest_ms;
}

static void cadence_check(struct av *v, const struct av_leaf *seal, int64_t t)
{
    struct av_time *time = &v->time;
    int64_t mono = 0, every = 0;
    struct av_text boot = av_string(&seal->object, "boot_id");
    av_integer(&seal->object, "mono", &mono);
    av_integer(&seal->object, "every", &every);
    if (v->seal_count > 0) {
        int64_t wall = t - v->seals[v->seal_count - 1].t, machine = mono - time->mono;
        v->gaps += time->every > 0 && wall > 2 * time->every;
        v->clock_steps += av_is(boot, time->boot) && (machine < 0 || wall - machine > SLACK_MS || machine - wall > SLACK_MS);
    }
    time->mono = mono;
    time->every = every;
    snprintf(time->boot, sizeof(time->boot), "%.*s", AV_SHOWN(boot, 64));
}

/* ---- beacons ---- */

/* E54: a seal names what was newest from outside; that moves on and never back. */
static void beacon_check(struct av *v, const struct av_leaf *seal)
{
    struct av_time *t = &v->time;
    struct av_hash digest;
    bool is_there = av_hash_member(&seal->object, "bea", digest.bytes);
    if (!is_there && t->has_beacon)
        av_find(v, "E54", "leaf %llu: the seal names no beacon, as seals before it do", (av_llu)seal->index);
    if (!is_there || (t->has_beacon && av_hash_equal(&digest, &t->beacon)))
        return;
    if (av_map_find(&t->beacons, &digest))
        av_find(v, "E54", "leaf %llu: the seal names a beacon that an earlier one had already left behind", (av_llu)seal->index);
    else
        av_map_add(v, &t->beacons, (struct av_entry){.digest = digest, .index = seal->index});
    t->beacon = digest;
    t->has_beacon = true;
}

void av_time_seal(struct av *v, const struct av_leaf *seal, int64_t t)
{
    struct av_time *time = &v->time;
    heads_check(v, seal);
    if (time->newest_since_ms > t + SLACK_MS)
        av_find(v, "E51", "leaf %llu: it was observed %lld ms after it was sealed", (av_llu)time->newest, (long long)(time->newest_since_ms - t));
    late_count(v, t);
    time->newest_since_ms = 0;
    cadence_check(v, seal, t);
    beacon_check(v, seal);
}

/* What somebody outside saw at `at` was there by then: nothing in it can be observed later (E51), and no seal that names it can be
 * a part of it (E54). */
void av_time_anchor(struct av *v, const struct av_leaf *leaf, const struct av_seal *seal)
{
    struct av_hash digest;
    int64_t at = 0;
    av_integer(&leaf->object, "at", &at);
    if (seal->observed_ms > at + SLACK_MS)
        av_find(v, "E51", "leaf %llu: a checkpoint was seen %lld ms before something in it was observed", (av_llu)leaf->index,
                (long long)(seal->observed_ms - at));
    v->clock_steps += seal->observed_ms <= at + SLACK_MS && seal->t > at + SLACK_MS;
    const struct av_entry *b = av_hash_member(&leaf->object, "d", digest.bytes) ? av_map_find(&v->time.beacons, &digest) : NULL;
    if (b && b->index < seal->size)
        av_find(v, "E54", "leaf %llu: seal %llu names this anchor, which is about a later checkpoint", (av_llu)leaf->index, (av_llu)b->index);
}
