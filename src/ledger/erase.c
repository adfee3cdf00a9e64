#include "ledger/erase.h"

static bool copy_text(struct json *to, const struct json *from, const char *key)
{
    struct str text = json_text(from, key);
    if (text.size == 0)
        return false;
    json_put_str(to, key, text);
    return true;
}

static bool copy_int(struct json *to, const struct json *from, const char *key)
{
    const struct json *value = json_get(from, key);
    if (!value || value->type != JSON_NUMBER || !value->is_integer)
        return false;
    json_put_int(to, key, value->integer);
    return true;
}

bool erase_statement_text(struct arena *a, struct str origin, const struct json *leaf, struct buf *out, struct err *e)
{
    struct json *o = json_object(a);
    const struct json *also = json_get(leaf, "also");
    bool is_whole = also && also->type == JSON_ARRAY;
    struct json *list = json_put_array(o, "also");
    if (is_whole)
        JSON_EACH (index, also) {
            is_whole = is_whole && index->type == JSON_NUMBER && index->is_integer;
            json_push_int(list, index->integer);
        }
    if (!is_whole || !copy_text(o, leaf, "basis") || !copy_text(o, leaf, "c") || !copy_int(o, leaf, "hor") ||
        !copy_text(o, leaf, "lh") || !copy_int(o, leaf, "req") || !copy_int(o, leaf, "tgt") || !copy_text(o, leaf, "why") ||
        !copy_text(o, leaf, "x"))
        return err_set(e, ERR_INVALID, "erase: wants tgt, lh, c, x, also, basis, req, hor and why");
    buf_printf(out, "assay/erase@v1\n%.*s\n", STR_ARGS(origin));
    if (!json_write_canonical(out, o, e))
        return false;
    buf_char(out, '\n');
    return !out->full || err_set(e, ERR_TOO_LARGE, "erase: the statement is too large");
}

bool hold_statement_text(struct str origin, const struct json *hold, struct buf *out, struct err *e)
{
    buf_printf(out, "assay/hold@v1\n%.*s\n", STR_ARGS(origin));
    if (!json_write_canonical(out, hold, e))
        return false;
    buf_char(out, '\n');
    return !out->full || err_set(e, ERR_TOO_LARGE, "hold: the statement is too large");
}

static bool is_hex(struct str text, size_t digits)
{
    uint8_t bytes[32];
    return text.size == digits && hex_decode(text, bytes, digits / 2);
}

static bool is_number(const struct json *v)
{
    return v && v->type == JSON_NUMBER && v->is_integer && v->integer >= 0;
}

bool hold_check(const struct json *hold, struct err *e)
{
    const struct json *leaf = json_get(hold, "leaf"), *control = json_get(hold, "ctl"), *period = json_get(hold, "per"),
                      *tables = json_get(hold, "tbls");
    bool is_add = str_is(json_text(hold, "act"), "add"), is_release = str_is(json_text(hold, "act"), "release");
    size_t subjects = (leaf != NULL) + (control != NULL) + (period != NULL);
    bool is_ok = hold && hold->type == JSON_OBJECT && (is_add || is_release) && is_hex(json_text(hold, "id"), 16) &&
                 is_hex(json_text(hold, "why"), 64) && subjects == (is_add ? 1 : 0);
    is_ok = is_ok && (!leaf || is_number(leaf)) && (control != NULL) == (tables != NULL) &&
            (!control || (control->type == JSON_STRING && tables->type == JSON_ARRAY)) &&
            (!period || (period->type == JSON_ARRAY && period->count == 2 && is_number(json_at(period, 0)) &&
                         is_number(json_at(period, 1)) && json_at(period, 0)->integer <= json_at(period, 1)->integer));
    return is_ok || err_set(e, ERR_INVALID, "hold: wants act, id, why and what is held: a leaf, a control with its tables, a period");
}

bool hold_covers(const struct json *hold, uint64_t index, struct str type, const struct json *leaf)
{
    const struct json *held = json_get(hold, "leaf"), *tables = json_get(hold, "tbls"), *period = json_get(hold, "per");
    if (held)
        return (uint64_t)held->integer == index;
    if (period) {
        const struct json *seen = json_get(leaf, "obs");
        int64_t from = json_at(period, 0)->integer, to = json_at(period, 1)->integer, t = json_int(leaf, "t", 0);
        const struct json *first = json_at(seen, 0), *last = json_at(seen, 1);
        bool is_seen = first && last && first->integer < to && last->integer >= from;
        return (t >= from && t < to) || is_seen;
    }
    if (str_is(type, "eval") || str_is(type, "catalog"))
        return tables != NULL; /* results of every test, and the tests themselves */
    if (tables)
        JSON_EACH (table, tables)
            if (str_is(type, "item") && str_equal(table->text, json_text(leaf, "tbl")))
                return true;
    return false;
}

bool leaf_names_blob(const struct json *leaf, struct str x, struct str c)
{
    const struct json *list = json_get(leaf, "b");
    if (list && list->type == JSON_ARRAY)
        JSON_EACH (blob, list)
            if (str_equal(json_text(blob, "x"), x) && (c.size == 0 || str_equal(json_text(blob, "c"), c)))
                return true;
    return false;
}
