#include "report/text_diff.h"

enum op { OP_SAME, OP_REMOVED, OP_ADDED };

struct pieces {
    struct str *items;
    size_t count;
};

struct step {
    enum op op;
    struct str text;
};

struct steps {
    struct step *items;
    size_t count;
};

static struct pieces lines_of(struct arena *a, struct str text)
{
    struct pieces p = {arena_array(a, TEXT_DIFF_LINES_MAX + 1, sizeof(struct str)), 0};
    struct str line;
    while (p.count <= TEXT_DIFF_LINES_MAX && str_next_line(&text, &line))
        p.items[p.count++] = line;
    return p;
}

/* A word with the blanks before it. */
static struct pieces words_of(struct arena *a, struct str text)
{
    struct pieces p = {arena_array(a, TEXT_DIFF_WORDS_MAX + 1, sizeof(struct str)), 0};
    for (size_t i = 0, start = 0; i < text.size && p.count <= TEXT_DIFF_WORDS_MAX; start = i) {
        while (i < text.size && text.data[i] == ' ')
            i++;
        while (i < text.size && text.data[i] != ' ')
            i++;
        p.items[p.count++] = str_slice(text, start, i);
    }
    return p;
}

static void step_add(struct steps *s, enum op op, struct str text)
{
    s->items[s->count++] = (struct step){op, text};
}

/* The table of longest common subsequences, from the ends; then one way through it. What is equal at both ends needs no table. */
static struct steps compare(struct arena *a, struct pieces x, struct pieces y)
{
    struct steps s = {arena_array(a, x.count + y.count + 1, sizeof(struct step)), 0};
    size_t head = 0, tail = 0, i = 0, j = 0;
    while (head < x.count && head < y.count && str_equal(x.items[head], y.items[head]))
        step_add(&s, OP_SAME, x.items[head++]);
    while (head + tail < x.count && head + tail < y.count && str_equal(x.items[x.count - 1 - tail], y.items[y.count - 1 - tail]))
        tail++;
    const struct str *p = x.items + head, *q = y.items + head;
    size_t n = x.count - head - tail, m = y.count - head - tail, width = m + 1;
    uint16_t *longest = arena_array(a, (n + 1) * width, sizeof *longest);
    for (size_t r = n; r-- > 0;)
        for (size_t c = m; c-- > 0;) {
            uint16_t down = longest[(r + 1) * width + c], right = longest[r * width + c + 1];
            longest[r * width + c] = str_equal(p[r], q[c]) ? (uint16_t)(longest[(r + 1) * width + c + 1] + 1) : down > right ? down : right;
        }
    while (i < n || j < m) {
        if (i < n && j < m && str_equal(p[i], q[j])) {
            step_add(&s, OP_SAME, p[i++]);
            j++;
        } else if (j == m || (i < n && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
            step_add(&s, OP_REMOVED, p[i++]);
        } else {
            step_add(&s, OP_ADDED, q[j++]);
        }
    }
    for (size_t k = x.count - tail; k < x.count; k++)
        step_add(&s, OP_SAME, x.items[k]);
    return s;
}

static const char *const op_names[] = {"same", "removed", "added"};

static struct json *line_new(struct json *lines, const char *kind)
{
    struct json *o = json_push_object(lines);
    json_put_cstr(o, "kind", kind);
    return json_put_array(o, "parts");
}

static void part_put(struct json *parts, enum op op, struct str text)
{
    struct json *o = json_push_object(parts);
    json_put_cstr(o, "kind", op_names[op]);
    json_put_str(o, "text", text);
}

static void line_put(struct json *lines, enum op op, struct str text)
{
    part_put(line_new(lines, op_names[op]), op, text);
}

/* Neighbours of one kind are one part. */
static void words_put(struct arena *a, struct json *parts, const struct steps *s)
{
    for (size_t i = 0; i < s->count;) {
        struct buf BUF_AUTO b;
        buf_init(&b, 1 << 20);
        enum op op = s->items[i].op;
        for (; i < s->count && s->items[i].op == op; i++)
            buf_str(&b, s->items[i].text);
        part_put(parts, op, arena_str(a, buf_view(&b)));
    }
}

/* One line instead of another: by words where enough of them stay, so that it is the same line and not another one. */
static bool changed_put(struct arena *a, struct json *lines, struct str before, struct str after)
{
    struct pieces x = words_of(a, before), y = words_of(a, after);
    size_t same = 0;
    if (x.count > TEXT_DIFF_WORDS_MAX || y.count > TEXT_DIFF_WORDS_MAX)
        return false;
    struct steps s = compare(a, x, y);
    for (size_t i = 0; i < s.count; i++)
        same += s.items[i].op == OP_SAME;
    if (same * 3 < (x.count > y.count ? x.count : y.count))
        return false;
    words_put(a, line_new(lines, "changed"), &s);
    return true;
}

struct sums {
    int64_t added, removed, changed;
};

/* A run of lines that were taken out, and those that were put in behind them. */
static size_t run_put(struct arena *a, struct json *lines, const struct steps *s, size_t i, struct sums *sums)
{
    size_t removed = 0, added = 0;
    while (i + removed < s->count && s->items[i + removed].op == OP_REMOVED)
        removed++;
    while (i + removed + added < s->count && s->items[i + removed + added].op == OP_ADDED)
        added++;
    for (size_t k = 0; k < removed || k < added; k++) {
        const struct str *before = k < removed ? &s->items[i + k].text : NULL, *after = k < added ? &s->items[i + removed + k].text : NULL;
        if (before && after && changed_put(a, lines, *before, *after)) {
            sums->changed++;
            continue;
        }
        if (before)
            line_put(lines, OP_REMOVED, *before);
        if (after)
            line_put(lines, OP_ADDED, *after);
        sums->removed += before != NULL;
        sums->added += after != NULL;
    }
    return i + removed + added;
}

static bool is_near(const struct steps *s, size_t at, size_t around)
{
    size_t from = at > around ? at - around : 0;
    for (size_t i = from; i < s->count && i - from <= around + (at - from); i++)
        if (s->items[i].op != OP_SAME)
            return true;
    return false;
}

struct json *text_diff(struct arena *a, struct str before, struct str after, size_t around)
{
    struct json *o = json_object(a);
    struct pieces x = lines_of(a, before), y = lines_of(a, after);
    struct sums sums = {0};
    bool is_long = x.count > TEXT_DIFF_LINES_MAX || y.count > TEXT_DIFF_LINES_MAX;
    struct json *lines = json_array(a);
    struct steps s = {0};
    if (is_long) {
        line_put(lines, OP_REMOVED, before);
        line_put(lines, OP_ADDED, after);
    } else {
        s = compare(a, x, y);
    }
    for (size_t i = 0; i < s.count;) {
        if (s.items[i].op != OP_SAME) {
            i = run_put(a, lines, &s, i, &sums);
            continue;
        }
        size_t skipped = 0;
        while (around < s.count && i + skipped < s.count && s.items[i + skipped].op == OP_SAME && !is_near(&s, i + skipped, around))
            skipped++;
        if (skipped > 0) {
            struct json *line = json_push_object(lines);
            json_put_cstr(line, "kind", "skipped");
            json_put_int(line, "count", (int64_t)skipped);
            i += skipped;
        } else {
            line_put(lines, OP_SAME, s.items[i++].text);
        }
    }
    json_put_int(o, "added", sums.added);
    json_put_int(o, "removed", sums.removed);
    json_put_int(o, "changed", sums.changed);
    json_put_bool(o, "is_same", str_equal(before, after));
    json_put(o, "lines", lines);
    return o;
}
