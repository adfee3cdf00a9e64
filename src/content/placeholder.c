#include "content/placeholder.h"

#include "base/buf.h"

enum { FILLED_BYTES_MAX = 1 << 20 };

bool placeholder_next(struct str *rest, struct str *ret_before, struct str *ret_name)
{
    ptrdiff_t open = str_find(*rest, STR("{{")), close;
    if (open < 0 || (close = str_find(str_slice(*rest, (size_t)open, rest->size), STR("}}"))) < 0)
        return false;
    if (ret_before)
        *ret_before = str_slice(*rest, 0, (size_t)open);
    *ret_name = str_slice(*rest, (size_t)open + 2, (size_t)(open + close));
    *rest = str_slice(*rest, (size_t)(open + close) + 2, rest->size);
    return true;
}

bool placeholder_in(const char *text, const char *name)
{
    struct str rest = text ? str_of(text) : STR(""), found;
    while (placeholder_next(&rest, NULL, &found))
        if (str_is(found, name))
            return true;
    return false;
}

struct str placeholder_fill(struct arena *a, struct str text, struct str (*value)(void *context, struct str name), void *context)
{
    struct str before, name;
    struct buf b BUF_AUTO;
    buf_init(&b, FILLED_BYTES_MAX);
    while (placeholder_next(&text, &before, &name)) {
        buf_str(&b, before);
        buf_str(&b, value(context, name));
    }
    buf_str(&b, text);
    return arena_str(a, buf_view(&b));
}

const char *cadence_words(struct str value)
{
    static const struct {
        const char *id, *words;
    } all[] = {{"weekly", "every week"}, {"monthly", "every month"}, {"quarterly", "every quarter"}, {"semiannual", "every half year"}, {"annual", "every year"}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (str_is(value, all[i].id))
            return all[i].words;
    return NULL;
}

struct str parameter_text(struct arena *a, const struct parameter *p, struct str value)
{
    const char *words = strcmp(p->type, "cadence") == 0 ? cadence_words(value) : NULL;
    if (words)
        return str_of(words);
    if (strcmp(p->type, "integer") != 0)
        return value;
    struct str unit = str_of(p->unit);
    if (str_is(unit, "band")) /* the name of a step, not so many of them */
        return arena_printf(a, "band %.*s", STR_ARGS(value));
    if (str_is(value, "1") && unit.size > 1 && unit.data[unit.size - 1] == 's')
        unit.size--;
    return arena_printf(a, "%.*s %.*s", STR_ARGS(value), STR_ARGS(unit));
}
