#include "base/json.h"

#include "base/cursor.h"
#include <errno.h>

/* ---- building ---- */

static struct json *node_new(struct arena *a, enum json_type type)
{
    struct json *v = ARENA_NEW(a, struct json);
    v->type = type;
    v->arena = a;
    return v;
}

struct json *json_object(struct arena *a)
{
    return node_new(a, JSON_OBJECT);
}

struct json *json_array(struct arena *a)
{
    return node_new(a, JSON_ARRAY);
}

struct json *json_new_str(struct arena *a, struct str value)
{
    struct json *v = node_new(a, JSON_STRING);
    v->text = value;
    return v;
}

struct json *json_new_int(struct arena *a, int64_t value)
{
    struct json *v = node_new(a, JSON_NUMBER);
    v->is_integer = true;
    v->integer = value;
    return v;
}

struct json *json_new_bool(struct arena *a, bool value)
{
    struct json *v = node_new(a, JSON_BOOL);
    v->boolean = value;
    return v;
}

struct json *json_new_null(struct arena *a)
{
    return node_new(a, JSON_NULL);
}

static void append_member(struct json *container, struct json *value)
{
    if (container->last)
        container->last->next = value;
    else
        container->first = value;
    container->last = value;
    container->count++;
}

struct json *json_push(struct json *array, struct json *value)
{
    append_member(array, value);
    return value;
}

struct json *json_put(struct json *object, const char *key, struct json *value)
{
    value->key = str_of(key);
    append_member(object, value);
    return value;
}

struct json *json_put_str(struct json *object, const char *key, struct str value)
{
    return json_put(object, key, json_new_str(object->arena, value));
}

struct json *json_put_cstr(struct json *object, const char *key, const char *value)
{
    return json_put(object, key, value ? json_new_str(object->arena, str_of(value)) : json_new_null(object->arena));
}

struct json *json_put_int(struct json *object, const char *key, int64_t value)
{
    return json_put(object, key, json_new_int(object->arena, value));
}

struct json *json_put_bool(struct json *object, const char *key, bool value)
{
    return json_put(object, key, json_new_bool(object->arena, value));
}

struct json *json_put_null(struct json *object, const char *key)
{
    return json_put(object, key, json_new_null(object->arena));
}

struct json *json_put_hex(struct json *object, const char *key, const void *bytes, size_t size)
{
    char *hex = arena_alloc(object->arena, 2 * size + 1);
    hex_encode(bytes, size, hex);
    return json_put_str(object, key, str_make(hex, 2 * size));
}

struct json *json_put_object(struct json *object, const char *key)
{
    return json_put(object, key, json_object(object->arena));
}

struct json *json_put_array(struct json *object, const char *key)
{
    return json_put(object, key, json_array(object->arena));
}

struct json *json_push_str(struct json *array, struct str value)
{
    return json_push(array, json_new_str(array->arena, value));
}

struct json *json_push_int(struct json *array, int64_t value)
{
    return json_push(array, json_new_int(array->arena, value));
}

struct json *json_push_object(struct json *array)
{
    return json_push(array, json_object(array->arena));
}

/* ---- reading ---- */

const struct json *json_get(const struct json *object, const char *key)
{
    size_t size = strlen(key);
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    for (const struct json *v = object->first; v; v = v->next)
        if (v->key.size == size && memcmp(v->key.data, key, size) == 0)
            return v;
    return NULL;
}

const struct json *json_at(const struct json *array, size_t index)
{
    if (!array || array->type != JSON_ARRAY)
        return NULL;
    const struct json *v = array->first;
    while (v && index--)
        v = v->next;
    return v;
}

const struct json *json_path(const struct json *v, const char *path)
{
    struct str rest = str_of(path), part;
    while (v && rest.size) {
        str_cut(&rest, '.', &part);
        int64_t index;
        if (v->type == JSON_ARRAY) {
            v = str_to_int64(part, &index) && index >= 0 ? json_at(v, (size_t)index) : NULL;
            continue;
        }
        const struct json *found = NULL;
        if (v->type == JSON_OBJECT)
            for (const struct json *m = v->first; m && !found; m = m->next)
                if (str_equal(m->key, part))
                    found = m;
        v = found;
    }
    return v;
}

struct str json_text(const struct json *object, const char *key)
{
    const struct json *v = json_get(object, key);
    return v && v->type == JSON_STRING ? v->text : STR("");
}

int64_t json_int(const struct json *object, const char *key, int64_t otherwise)
{
    const struct json *v = json_get(object, key);
    return v && v->type == JSON_NUMBER && v->is_integer ? v->integer : otherwise;
}

bool json_bool(const struct json *object, const char *key)
{
    const struct json *v = json_get(object, key);
    return v && v->type == JSON_BOOL && v->boolean;
}

/* ---- parsing: a loop with its own stack, so that depth costs no C stack ---- */

struct parser {
    struct arena *arena;
    const unsigned char *start, *p, *end;
    struct json_limits limits;
    size_t nodes;
    struct err *e;
};

static bool fail(struct parser *s, const char *what)
{
    size_t line = 1, column = 1;
    for (const unsigned char *q = s->start; q < s->p && q < s->end; q++) {
        column++;
        if (*q == '\n')
            line++, column = 1;
    }
    return err_set(s->e, ERR_INVALID, "line %zu column %zu: %s", line, column, what);
}

static void skip_space(struct parser *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
        s->p++;
}

static bool parse_hex4(struct parser *s, unsigned *ret)
{
    uint64_t value;
    if (s->end - s->p < 4 || !str_to_uint64_base(str_make(s->p, 4), 16, &value))
        return fail(s, "\\u needs four hex digits");
    s->p += 4;
    *ret = (unsigned)value;
    return true;
}

static size_t put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static bool parse_unicode(struct parser *s, char *out, size_t *size)
{
    unsigned c = 0, low = 0;
    if (!parse_hex4(s, &c))
        return false;
    if (c >= 0xdc00 && c <= 0xdfff)
        return fail(s, "a lone low surrogate");
    if (c >= 0xd800 && c <= 0xdbff) {
        if (s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u')
            return fail(s, "a lone high surrogate");
        s->p += 2;
        if (!parse_hex4(s, &low))
            return false;
        if (low < 0xdc00 || low > 0xdfff)
            return fail(s, "a lone high surrogate");
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    *size += put_utf8(out + *size, c);
    return true;
}

/* From behind the opening quote on, when a backslash was met: decodes into the arena. */
static bool parse_escaped(struct parser *s, const unsigned char *from, const unsigned char *close, struct str *ret)
{
    char *out = arena_alloc(s->arena, (size_t)(close - from) + 1);
    size_t size = 0;
    s->p = from;
    while (s->p < close) {
        if (*s->p != '\\') {
            out[size++] = (char)*s->p++;
            continue;
        }
        unsigned char c = s->p[1];
        s->p += 2;
        static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
        const char *at = c ? strchr(names, c) : NULL;
        if (at)
            out[size++] = values[at - names];
        else if (c != 'u')
            return fail(s, "an unknown escape");
        else if (!parse_unicode(s, out, &size))
            return false;
    }
    *ret = str_make(out, size);
    return true;
}

/* How many bytes from `p` on are ASCII and stand in a string as they are: no control characters, quotes, backslashes. Eight at a time. */
static size_t plain_ascii(const unsigned char *p, const unsigned char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const unsigned char *q = p;
    for (uint64_t word; end - q >= 8; q += 8) {
        memcpy(&word, q, 8);
        uint64_t quote = word ^ '"' * ones, backslash = word ^ '\\' * ones;
        if ((word | ((word - 0x20 * ones) & ~word) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & 0x80 * ones)
            break;
    }
    while (q < end && *q >= 0x20 && *q < 0x80 && *q != '"' && *q != '\\')
        q++;
    return (size_t)(q - p);
}

static bool parse_string(struct parser *s, struct str *ret)
{
    const unsigned char *from = ++s->p;
    bool has_escape = false, has_high = false;
    for (s->p += plain_ascii(s->p, s->end); s->p < s->end && *s->p != '"'; s->p++, s->p += plain_ascii(s->p, s->end)) {
        if (*s->p < 0x20)
            return fail(s, "a control character in a string");
        has_high |= *s->p >= 0x80;
        if (*s->p == '\\') {
            has_escape = true;
            if (++s->p >= s->end)
                break;
        }
    }
    if (s->p >= s->end)
        return fail(s, "a string without end");
    const unsigned char *close = s->p;
    struct str raw = str_make(from, (size_t)(close - from));
    if (has_high && !str_is_utf8(raw))
        return fail(s, "a string that is not UTF-8");
    if (!has_escape)
        *ret = raw;
    else if (!parse_escaped(s, from, close, ret))
        return false;
    s->p = close + 1;
    return true;
}

static bool is_digit(const struct parser *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static bool parse_digits(struct parser *s)
{
    if (!is_digit(s))
        return fail(s, "a number needs a digit here");
    while (is_digit(s))
        s->p++;
    return true;
}

static bool parse_number(struct parser *s, struct json *v)
{
    const unsigned char *from = s->p;
    bool is_whole = true;
    if (*s->p == '-')
        s->p++;
    if (s->p < s->end && *s->p == '0') {
        s->p++;
        if (is_digit(s))
            return fail(s, "a number with a leading zero");
    } else if (!parse_digits(s)) {
        return false;
    }
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        is_whole = false;
        if (!parse_digits(s))
            return false;
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        is_whole = false;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
            s->p++;
        if (!parse_digits(s))
            return false;
    }
    v->text = str_make(from, (size_t)(s->p - from));
    v->is_integer = is_whole && !str_is(v->text, "-0") && str_to_int64(v->text, &v->integer);
    return true;
}

static bool parse_word(struct parser *s, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(s->end - s->p) < size || memcmp(s->p, word, size) != 0)
        return fail(s, "not a JSON value");
    s->p += size;
    return true;
}

/* A scalar, or an opened container (the caller goes on inside it). */
static struct json *parse_value(struct parser *s)
{
    if (s->p >= s->end) {
        fail(s, "a value is missing");
        return NULL;
    }
    if (++s->nodes > s->limits.nodes_max) {
        err_set(s->e, ERR_TOO_LARGE, "more than %zu JSON values", s->limits.nodes_max);
        return NULL;
    }
    struct json *v = node_new(s->arena, JSON_NULL);
    bool ok = true;
    switch (*s->p) {
    case '{':
        v->type = JSON_OBJECT;
        s->p++;
        break;
    case '[':
        v->type = JSON_ARRAY;
        s->p++;
        break;
    case '"':
        v->type = JSON_STRING;
        ok = parse_string(s, &v->text);
        break;
    case 't':
        v->type = JSON_BOOL;
        v->boolean = true;
        ok = parse_word(s, "true");
        break;
    case 'f':
        v->type = JSON_BOOL;
        ok = parse_word(s, "false");
        break;
    case 'n':
        ok = parse_word(s, "null");
        break;
    default:
        v->type = JSON_NUMBER;
        ok = *s->p == '-' || is_digit(s) ? parse_number(s, v) : fail(s, "not a JSON value");
    }
    return ok ? v : NULL;
}

struct key_slot {
    struct str key;
};

static uint64_t key_hash(struct str key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < key.size; i++)
        h = (h ^ (unsigned char)key.data[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* Few members: compare with each. Many: a table made once for the finished object, so that cost stays linear. */
static bool has_duplicate(struct parser *s, const struct json *object, struct str *ret_key)
{
    enum { FEW = 16 };
    const struct json *last = object->first;
    while (last && last->next && str_compare(last->key, last->next->key) < 0)
        last = last->next;
    if (!last || !last->next)
        return false; /* in order, as canonical JSON is */
    if (object->count <= FEW) {
        for (const struct json *m = object->first; m; m = m->next)
            for (const struct json *n = m->next; n; n = n->next)
                if (str_equal(m->key, n->key)) {
                    *ret_key = n->key;
                    return true;
                }
        return false;
    }
    size_t capacity = 64;
    while (capacity < object->count * 2)
        capacity *= 2;
    struct key_slot *slots = arena_array(s->arena, capacity, sizeof(*slots));
    for (const struct json *m = object->first; m; m = m->next) {
        size_t at = key_hash(m->key) & (capacity - 1);
        for (; slots[at].key.data; at = (at + 1) & (capacity - 1))
            if (str_equal(slots[at].key, m->key)) {
                *ret_key = m->key;
                return true;
            }
        slots[at].key = m->key.data ? m->key : STR("");
    }
    return false;
}

static bool parse_key(struct parser *s, struct str *ret_key)
{
    skip_space(s);
    if (s->p >= s->end || *s->p != '"')
        return fail(s, "a member name in quotes is missing");
    if (!parse_string(s, ret_key))
        return false;
    skip_space(s);
    if (s->p >= s->end || *s->p != ':')
        return fail(s, "':' is missing");
    s->p++;
    skip_space(s);
    return true;
}

/* Behind a finished value: closes containers as far as they end here. *depth 0 means the whole text is read. */
static bool close_containers(struct parser *s, struct json **stack, size_t *depth)
{
    while (*depth) {
        struct json *top = stack[*depth - 1];
        char close = top->type == JSON_OBJECT ? '}' : ']';
        skip_space(s);
        if (s->p < s->end && *s->p == ',') {
            s->p++;
            skip_space(s);
            return true;
        }
        if (s->p >= s->end || *s->p != close)
            return fail(s, top->type == JSON_OBJECT ? "',' or '}' is missing" : "',' or ']' is missing");
        s->p++;
        struct str key;
        if (top->type == JSON_OBJECT && has_duplicate(s, top, &key)) {
            char text[128];
            snprintf(text, sizeof(text), "the member \"%.*s\" stands twice", (int)(key.size > 60 ? 60 : key.size), key.data);
            return fail(s, text);
        }
        --*depth;
    }
    return true;
}

static bool is_empty_container(struct parser *s, const struct json *v)
{
    skip_space(s);
    char close = v->type == JSON_OBJECT ? '}' : ']';
    if (s->p < s->end && *s->p == close) {
        s->p++;
        return true;
    }
    return false;
}

static struct json *parse_tree(struct parser *s, struct json **stack)
{
    struct json *root = NULL;
    size_t depth = 0;
    do {
        struct str key = {0};
        struct json *parent = depth ? stack[depth - 1] : NULL;
        if (parent && parent->type == JSON_OBJECT && !parse_key(s, &key))
            return NULL;
        struct json *v = parse_value(s);
        if (!v)
            return NULL;
        v->key = key;
        if (parent)
            append_member(parent, v);
        else
            root = v;
        if ((v->type == JSON_OBJECT || v->type == JSON_ARRAY) && !is_empty_container(s, v)) {
            if (depth == s->limits.depth_max) {
                err_set(s->e, ERR_TOO_LARGE, "JSON deeper than %zu levels", s->limits.depth_max);
                return NULL;
            }
            stack[depth++] = v;
            continue;
        }
        if (!close_containers(s, stack, &depth))
            return NULL;
    } while (depth);
    return root;
}

struct json *json_parse(struct arena *a, struct str text, struct json_limits limits, struct err *e)
{
    const unsigned char *bytes = (const unsigned char *)(text.data ? text.data : "");
    struct parser s = {a, bytes, bytes, bytes + text.size, limits, 0, e};
    struct json **stack = arena_array(a, limits.depth_max + 1, sizeof(struct json *));
    skip_space(&s);
    struct json *root = parse_tree(&s, stack);
    if (!root)
        return NULL;
    skip_space(&s);
    if (s.p != s.end) {
        fail(&s, "something stands behind the value");
        return NULL;
    }
    return root;
}

/* ---- writing ---- */

/* What stands in a string as it is: plain, and what UTF-8 makes of more than one byte. */
static size_t plain_length(struct str s, size_t from)
{
    const unsigned char *p = (const unsigned char *)s.data;
    size_t i = from + plain_ascii(p + from, p + s.size);
    while (i < s.size && p[i] >= 0x80) {
        i++;
        i += plain_ascii(p + i, p + s.size);
    }
    return i - from;
}

void json_write_string(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789abcdef", names[] = "btn\0fr"; /* for 8, 9, 10, 12, 13 */
    bool is_utf8 = str_is_utf8(s);
    buf_char(b, '"');
    for (size_t i = 0; i < s.size;) {
        size_t plain = is_utf8 ? plain_length(s, i) : 0;
        buf_append(b, s.data + i, plain);
        i += plain;
        if (i == s.size)
            break;
        unsigned char c = (unsigned char)s.data[i++];
        if (c >= 0x80)
            buf_cstr(b, "\xef\xbf\xbd");
        else if (c == '"' || c == '\\')
            buf_append(b, (const char[]){'\\', (char)c}, 2);
        else if (c >= 8 && c <= 13 && c != 11)
            buf_append(b, (const char[]){'\\', names[c - 8]}, 2);
        else if (c < 0x20)
            buf_append(b, (const char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
        else
            buf_char(b, (char)c);
    }
    buf_char(b, '"');
}

static void write_scalar(struct buf *b, const struct json *v)
{
    switch (v->type) {
    case JSON_BOOL:
        buf_cstr(b, v->boolean ? "true" : "false");
        break;
    case JSON_NUMBER:
        if (v->is_integer)
            buf_int(b, v->integer);
        else
            buf_str(b, v->text);
        break;
    case JSON_STRING:
        json_write_string(b, v->text);
        break;
    default:
        buf_cstr(b, "null");
    }
}

static void indent(struct buf *b, int level)
{
    buf_char(b, '\n');
    for (int i = 0; i < level; i++)
        buf_cstr(b, "  ");
}

/* level < 0: compact. */
static void write_value(struct buf *b, const struct json *v, int level)
{
    if (v->type != JSON_ARRAY && v->type != JSON_OBJECT) {
        write_scalar(b, v);
        return;
    }
    bool is_object = v->type == JSON_OBJECT;
    buf_char(b, is_object ? '{' : '[');
    for (const struct json *m = v->first; m; m = m->next) {
        if (m != v->first)
            buf_char(b, ',');
        if (level >= 0)
            indent(b, level + 1);
        if (is_object) {
            json_write_string(b, m->key);
            buf_cstr(b, level >= 0 ? ": " : ":");
        }
        write_value(b, m, level >= 0 ? level + 1 : -1);
    }
    if (level >= 0 && v->first)
        indent(b, level);
    buf_char(b, is_object ? '}' : ']');
}

void json_write(struct buf *b, const struct json *v)
{
    write_value(b, v, -1);
}

void json_write_pretty(struct buf *b, const struct json *v)
{
    write_value(b, v, 0);
}

/* RFC 8785 section 3.2.3 orders names by UTF-16 code units. That differs from byte order only where one name has a character
 * beyond U+FFFF and the other one from U+E000 to U+FFFF: the surrogates of the first sort lower. */
static int utf16_compare(const struct json *a, const struct json *b)
{
    size_t n = a->key.size < b->key.size ? a->key.size : b->key.size;
    for (size_t i = 0; i < n; i++) {
        unsigned char x = (unsigned char)a->key.data[i], y = (unsigned char)b->key.data[i];
        if (x == y)
            continue;
        bool x_is_beyond = x >= 0xf0, y_is_beyond = y >= 0xf0;
        if (x_is_beyond != y_is_beyond && (x_is_beyond ? y : x) >= 0xee)
            return x_is_beyond ? -1 : 1;
        return x < y ? -1 : 1;
    }
    return a->key.size < b->key.size ? -1 : a->key.size > b->key.size;
}

static int member_compare(const void *a, const void *b)
{
    return utf16_compare(*(const struct json *const *)a, *(const struct json *const *)b);
}

static bool write_canonical(struct buf *b, const struct json *v, struct err *e);

static bool write_canonical_object(struct buf *b, const struct json *v, struct err *e)
{
    const struct json **sorted = arena_array(v->arena, v->count, sizeof(*sorted));
    size_t n = 0;
    bool is_sorted = true;
    for (const struct json *m = v->first; m; m = m->next) {
        sorted[n++] = m;
        is_sorted = is_sorted && (n < 2 || utf16_compare(sorted[n - 2], m) < 0);
    }
    if (!is_sorted)
        qsort(sorted, n, sizeof(*sorted), member_compare);
    buf_char(b, '{');
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_char(b, ',');
        json_write_string(b, sorted[i]->key);
        buf_char(b, ':');
        if (!write_canonical(b, sorted[i], e))
            return false;
    }
    buf_char(b, '}');
    return true;
}

static bool write_canonical(struct buf *b, const struct json *v, struct err *e)
{
    const int64_t exact_max = INT64_C(1) << 53;
    if (v->type == JSON_OBJECT)
        return write_canonical_object(b, v, e);
    if (v->type == JSON_NUMBER && (!v->is_integer || v->integer >= exact_max || v->integer <= -exact_max))
        return err_set(e, ERR_INVALID, "canonical JSON: only whole numbers below 2^53 are allowed");
    if (v->type == JSON_STRING && !str_is_utf8(v->text))
        return err_set(e, ERR_INVALID, "canonical JSON: a text is not UTF-8");
    if (v->type != JSON_ARRAY) {
        write_scalar(b, v);
        return true;
    }
    buf_char(b, '[');
    for (const struct json *m = v->first; m; m = m->next) {
        if (m != v->first)
            buf_char(b, ',');
        if (!write_canonical(b, m, e))
            return false;
    }
    buf_char(b, ']');
    return true;
}

bool json_write_canonical(struct buf *b, const struct json *v, struct err *e)
{
    return write_canonical(b, v, e);
}

struct json *json_copy(struct arena *a, const struct json *v)
{
    struct json *to = ARENA_NEW(a, struct json);
    *to = (struct json){.type = v->type, .boolean = v->boolean, .is_integer = v->is_integer, .integer = v->integer, .arena = v->arena ? a : NULL};
    if (v->text.size)
        to->text = arena_str(a, v->text);
    JSON_EACH (member, v) {
        struct json *one = json_copy(a, member);
        one->key = member->key.data ? arena_str(a, member->key) : member->key;
        one->next = NULL;
        to->last = to->first ? (to->last->next = one) : (to->first = one);
        to->count++;
    }
    return to;
}
