#include "ledger/leaf_rules.h"

#include "base/cursor.h"
#include "base/limits.h"

static const char leaf_magic[] = "assay/leaf@v1 ";

enum { PROFILE_DEPTH_MAX = 6, PROFILE_KEY_MAX = 32 };
#define PROFILE_INTEGER_MAX (INT64_C(1) << 53)

static bool key_is_valid(struct str key)
{
    if (key.size == 0 || key.size > PROFILE_KEY_MAX)
        return false;
    for (size_t i = 0; i < key.size; i++) {
        char c = key.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

/* The restricted profile: what is wrong with `v`, or NULL. Recursion is bounded by PROFILE_DEPTH_MAX. */
static const char *profile_fault(const struct json *v, int depth)
{
    switch (v->type) {
    case JSON_NULL:
        return "null is not allowed";
    case JSON_BOOL:
        return NULL;
    case JSON_NUMBER:
        if (!v->is_integer || v->integer >= PROFILE_INTEGER_MAX || v->integer <= -PROFILE_INTEGER_MAX)
            return "a number is not an integer below 2^53";
        return NULL;
    case JSON_STRING:
        return str_is_utf8(v->text) ? NULL : "a string is not UTF-8";
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    if (depth >= PROFILE_DEPTH_MAX)
        return "nested deeper than 6";
    JSON_EACH (member, v) {
        if (v->type == JSON_OBJECT && !key_is_valid(member->key))
            return "a key is not of [a-z0-9_]{1,32}";
        const char *fault = profile_fault(member, depth + 1);
        if (fault)
            return fault;
    }
    return NULL;
}

/* Whole lines, and no more of them than a reader looks at: what nobody reads would be a place to hide something in. */
static bool signatures_are_framed(struct str lines)
{
    struct buf BUF_AUTO signature;
    struct cursor c = cursor_of(lines);
    buf_init(&signature, NOTE_SIGNATURE_BYTES_MAX);
    for (int n = 0; !cursor_at_end(&c); n++) {
        struct str line = cursor_line(&c), name;
        if (c.failed || n == NOTE_LINES_MAX || !note_line_parse(line, &name, &signature))
            return false;
    }
    return lines.size > 0;
}

bool leaf_parse(struct arena *a, struct str bytes, struct leaf *ret, struct err *e)
{
    if (bytes.size > LIMIT_LEAF_BYTES)
        return err_set(e, ERR_CORRUPT, "leaf: %zu bytes, at most %d", bytes.size, LIMIT_LEAF_BYTES);
    struct cursor c = cursor_of(bytes);
    struct str head = cursor_line(&c), body = cursor_line(&c);
    if (c.failed || !str_starts(head, leaf_magic))
        return err_set(e, ERR_CORRUPT, "leaf: not in the framing assay/leaf@v1");
    struct leaf leaf = {
        .type = str_slice(head, sizeof(leaf_magic) - 1, head.size), .text = str_slice(bytes, 0, c.offset), .signatures = STR("")};
    if (!leaf_type_is_known(leaf.type))
        return err_set(e, ERR_CORRUPT, "leaf: unknown type");
    if (!cursor_at_end(&c)) {
        leaf.signatures = str_slice(bytes, c.offset + 1, bytes.size);
        if (cursor_u8(&c) != '\n' || !signatures_are_framed(leaf.signatures))
            return err_set(e, ERR_CORRUPT, "leaf: what follows the JSON line is not signature lines");
    }
    struct json *json = json_parse(a, body, (struct json_limits){.depth_max = 16, .nodes_max = LIMIT_LEAF_BYTES}, e);
    if (!json) {
        e->code = ERR_CORRUPT;
        return err_wrap(e, "leaf");
    }
    const char *fault = json->type == JSON_OBJECT ? profile_fault(json, 0) : "not an object";
    if (fault)
        return err_set(e, ERR_CORRUPT, "leaf: %s", fault);
    struct buf BUF_AUTO again;
    buf_init(&again, LIMIT_LEAF_BYTES);
    (void)buf_reserve(&again, body.size);
    if (!json_write_canonical(&again, json, e) || !str_equal(buf_view(&again), body))
        return err_set(e, ERR_CORRUPT, "leaf: the JSON is not in canonical form (RFC 8785)");
    leaf.json = json;
    *ret = leaf;
    return true;
}

bool leaf_compose(const char *type, const struct json *body, struct str signatures, struct buf *out, struct err *e)
{
    if (!leaf_type_is_known(str_of(type)))
        return err_set(e, ERR_INVALID, "leaf: unknown type %s", type);
    const char *fault = body->type == JSON_OBJECT ? profile_fault(body, 0) : "not an object";
    if (fault)
        return err_set(e, ERR_INVALID, "leaf of type %s: %s", type, fault);
    if (signatures.size && !signatures_are_framed(signatures))
        return err_set(e, ERR_INVALID, "leaf of type %s: malformed signature lines", type);
    struct buf BUF_AUTO leaf;
    buf_init(&leaf, LIMIT_LEAF_BYTES);
    buf_printf(&leaf, "%s%s\n", leaf_magic, type);
    if (!json_write_canonical(&leaf, body, e))
        return err_wrap(e, "leaf of type %s", type);
    buf_char(&leaf, '\n');
    if (signatures.size) {
        buf_char(&leaf, '\n');
        buf_str(&leaf, signatures);
    }
    if (leaf.full)
        return err_set(e, ERR_TOO_LARGE, "leaf of type %s: over %d bytes", type, LIMIT_LEAF_BYTES);
    buf_str(out, buf_view(&leaf));
    return !out->full ||
           err_set(e, ERR_TOO_LARGE, "leaf of type %s: over the buffer's maximum of %zu bytes", type, out->size_max);
}
