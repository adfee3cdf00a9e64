/* wire.c - operations as messages. */
#include "keeper/wire.h"
#include "base/cursor.h"
#include "base/limits.h"

enum { WIRE_JSON_BYTES_MAX = 64 << 20, WIRE_OP_ID_SIZE = 32, WIRE_HASH_SIZE = 64 };

bool wire_id_is_valid(struct str id)
{
    uint8_t bytes[WIRE_OP_ID_SIZE / 2];
    return id.size == WIRE_OP_ID_SIZE && hex_decode(id, bytes, sizeof(bytes));
}

bool wire_op_encode(const struct op *op, struct buf *out, struct err *e)
{
    struct arena *a = arena_new("operation", WIRE_JSON_BYTES_MAX);
    struct json *o = json_object(a);
    json_put_str(o, "id", str_of(op->id));
    json_put_str(o, "kind", str_of(op->kind));
    json_put_str(o, "actor", op->actor);
    struct json *blobs = json_put_array(o, "blobs");
    for (size_t i = 0; i < op->blob_count; i++) {
        struct json *blob = json_push_object(blobs);
        json_put_str(blob, "c", str_of(op->blobs[i].c));
        json_put_str(blob, "x", str_of(op->blobs[i].x));
        json_put_str(blob, "m", str_of(op->blobs[i].media));
        json_put_int(blob, "z", (int64_t)op->blobs[i].plain_size);
    }
    struct buf BUF_AUTO json;
    buf_init(&json, WIRE_JSON_BYTES_MAX);
    /* The body goes in as it is, so that building the header does not change the caller's tree. */
    json_write(&json, o);
    json.size--;
    buf_cstr(&json, ",\"body\":");
    bool ok = true;
    if (op->body)
        ok = json_write_canonical(&json, op->body, e);
    else
        buf_cstr(&json, "{}");
    buf_char(&json, '}');
    buf_u32be(out, (uint32_t)json.size);
    buf_str(out, buf_view(&json));
    for (size_t i = 0; i < op->blob_count; i++) {
        buf_append(out, op->blobs[i].dek, DEK_SIZE);
        buf_u32be(out, (uint32_t)op->blobs[i].ciphertext.size);
        buf_str(out, op->blobs[i].ciphertext);
    }
    arena_free(a);
    if (ok && (json.full || out->full))
        return err_set(e, ERR_TOO_LARGE, "operation %s: larger than a message of %d bytes", op->kind, LIMIT_MESSAGE_BYTES);
    return ok ? true : err_wrap(e, "operation %s", op->kind);
}

static bool blob_decode(struct arena *a, struct cursor *c, const struct json *json, struct op_blob *ret, struct err *e)
{
    struct str commitment = json_text(json, "c"), x = json_text(json, "x"), media = json_text(json, "m");
    uint8_t bytes[SHA256_SIZE];
    if (commitment.size != WIRE_HASH_SIZE || x.size != WIRE_HASH_SIZE || !hex_decode(commitment, bytes, sizeof(bytes)) ||
        !hex_decode(x, bytes, sizeof(bytes)) || media.size == 0 || media.size > 127 || json_int(json, "z", -1) < 0)
        return err_set(e, ERR_INVALID, "operation: a blob without c, x, m or z");
    memcpy(ret->c, commitment.data, WIRE_HASH_SIZE);
    memcpy(ret->x, x.data, WIRE_HASH_SIZE);
    ret->media = arena_strndup(a, media.data, media.size);
    ret->plain_size = (uint64_t)json_int(json, "z", 0);
    struct str dek = cursor_take(c, DEK_SIZE);
    ret->ciphertext = cursor_take(c, cursor_u32be(c));
    if (c->failed)
        return err_set(e, ERR_INVALID, "operation: the bytes of a blob are cut short");
    memcpy(ret->dek, dek.data, DEK_SIZE);
    struct sha256 name = sha256_of(ret->ciphertext);
    if (memcmp(name.bytes, bytes, SHA256_SIZE) != 0)
        return err_set(e, ERR_INVALID, "operation: blob %.16s…: its bytes have another digest", ret->x);
    return true;
}

bool wire_op_decode(struct arena *a, struct str body, struct op *ret, struct err *e)
{
    struct cursor c = cursor_of(body);
    struct str text = cursor_take(&c, cursor_u32be(&c));
    if (c.failed || text.size > WIRE_JSON_BYTES_MAX)
        return err_set(e, ERR_INVALID, "operation: the message is cut short");
    struct json *json = json_parse(a, text, JSON_LIMITS_DEFAULT, e);
    if (!json)
        return err_wrap(e, "operation");
    struct str id = json_text(json, "id"), kind = json_text(json, "kind");
    const struct json *blobs = json_get(json, "blobs");
    if (!wire_id_is_valid(id) || kind.size == 0 || kind.size > 32 || (blobs && blobs->count > WIRE_BLOBS_MAX))
        return err_set(e, ERR_INVALID, "operation: no id of 32 hex digits, no kind, or more than %d blobs", WIRE_BLOBS_MAX);
    memcpy(ret->id, id.data, id.size);
    ret->id[id.size] = 0;
    ret->kind = arena_strndup(a, kind.data, kind.size);
    ret->actor = json_text(json, "actor");
    ret->body = (struct json *)(uintptr_t)json_get(json, "body");
    ret->blob_count = blobs ? blobs->count : 0;
    ret->blobs = arena_array(a, ret->blob_count, sizeof(*ret->blobs));
    size_t i = 0;
    JSON_EACH (blob, blobs)
        if (!blob_decode(a, &c, blob, &ret->blobs[i++], e))
            return false;
    return cursor_at_end(&c) ? true : err_set(e, ERR_INVALID, "operation: bytes behind its end");
}

void wire_error_encode(const struct err *from, struct buf *out)
{
    buf_printf(out, "%s\n%s", err_code_name(from->code), from->text);
}

bool wire_error_decode(struct str body, struct err *e)
{
    struct str name;
    char code[32] = {0};
    if (!str_cut(&body, '\n', &name) || name.size >= sizeof(code))
        return err_set(e, ERR_INTERNAL, "keeper: an answer that does not read");
    memcpy(code, name.data, name.size);
    return err_set(e, err_code_from_name(code), "%.*s", STR_ARGS(body));
}
