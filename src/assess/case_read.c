#include "assess/case_read.h"

#include <stdarg.h>
#include <stdlib.h>

bool case_fault(struct case_reader *r, const struct yaml *at, const char *format, ...)
{
    char text[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return r->e->code ? false : err_set(r->e, ERR_INVALID, "%s:%d:%d: %s", r->file, at ? at->line : 1, at ? at->column : 1, text);
}

const struct yaml *case_get(const struct yaml *map, const char *key)
{
    const struct yaml *v = yaml_get(map, key);
    bool is_null = v && v->type == YAML_TEXT && v->is_plain && (v->text.size == 0 || str_is(v->text, "null") || str_is(v->text, "~"));
    return is_null ? NULL : v;
}

const struct yaml *case_get_any(const struct yaml *map, const char *keys)
{
    struct str rest = str_of(keys), key;
    while (map && str_next_word(&rest, &key))
        YAML_EACH (v, map->type == YAML_MAP ? map : NULL)
            if (str_equal(v->key, key) && case_get(map, v->key.data))
                return v;
    return NULL;
}

void case_known(struct case_reader *r, const struct yaml *map, const char *known)
{
    YAML_EACH (v, map && map->type == YAML_MAP ? map : NULL) {
        struct str rest = str_of(known), key;
        bool is_known = false;
        while (!is_known && str_next_word(&rest, &key))
            is_known = str_equal(key, v->key);
        if (!is_known)
            json_push_str(r->notes, arena_printf(r->a, "%s:%d:%d: %.*s: not a field that is known here; it changes nothing", r->file, v->key_line,
                                                 v->key_column, STR_ARGS(str_slice(v->key, 0, 60))));
    }
}

static bool text_of(struct case_reader *r, const struct yaml *v, struct str *ret)
{
    if (v->type != YAML_TEXT)
        return case_fault(r, v, "%.*s: a single value is wanted here", STR_ARGS(v->key));
    *ret = str_trim(v->text);
    return true;
}

bool case_int(struct case_reader *r, const struct yaml *map, const char *key, int64_t *ret)
{
    const struct yaml *v = case_get(map, key);
    struct str text;
    if (!v)
        return true;
    if (!text_of(r, v, &text))
        return false;
    return str_to_int64(text, ret) || case_fault(r, v, "%s: '%.*s' is no whole number", key, STR_ARGS(str_slice(text, 0, 40)));
}

bool case_number(struct case_reader *r, const struct yaml *map, const char *key, double *ret)
{
    const struct yaml *v = case_get(map, key);
    struct str text;
    if (!v)
        return true;
    if (!text_of(r, v, &text))
        return false;
    bool is_number = text.size > 0 && text.size < 30;
    for (size_t i = 0; is_number && i < text.size; i++)
        is_number = (text.data[i] >= '0' && text.data[i] <= '9') || text.data[i] == '.' || (i == 0 && text.data[i] == '-');
    char *end = NULL;
    double value = is_number ? strtod(v->text.data, &end) : 0;
    if (!is_number || value < -1e15 || value > 1e15)
        return case_fault(r, v, "%s: '%.*s' is no number", key, STR_ARGS(str_slice(text, 0, 40)));
    *ret = value;
    return true;
}

bool case_bool(struct case_reader *r, const struct yaml *map, const char *keys, bool *ret)
{
    const struct yaml *v = case_get_any(map, keys);
    struct str text;
    if (!v)
        return true;
    if (!text_of(r, v, &text))
        return false;
    bool is_true = str_is(text, "true") || str_is(text, "yes");
    if (!is_true && !str_is(text, "false") && !str_is(text, "no"))
        return case_fault(r, v, "%.*s: '%.*s' is neither true nor false", STR_ARGS(v->key), STR_ARGS(str_slice(text, 0, 40)));
    *ret = is_true;
    return true;
}

bool case_instant_of(struct case_reader *r, const struct yaml *v, bool is_end, int64_t *ret, bool *ret_is_date)
{
    struct str text;
    if (!text_of(r, v, &text))
        return false;
    bool is_date = text.size == 10, has_zone = text.size > 10 && (text.data[text.size - 1] == 'Z' || text.data[text.size - 1] == 'z');
    for (size_t i = 11; i < text.size; i++)
        has_zone |= text.data[i] == '+' || text.data[i] == '-';
    char seconds = text.size == 16; /* 2025-04-10T12:00 */
    struct str whole = is_date || has_zone ? text : arena_printf(r->a, "%.*s%sZ", STR_ARGS(text), seconds ? ":00" : "");
    int64_t at_ms;
    if (text.size < 10 || text.data[0] < '0' || text.data[0] > '9' || !time_parse(whole, 0, &at_ms))
        return case_fault(r, v, "%.*s: '%.*s' is no date and no instant; write 2025-04-10 or 2025-04-10T12:00:00", STR_ARGS(v->key),
                          STR_ARGS(str_slice(text, 0, 40)));
    *ret = at_ms + (is_date && is_end ? MS_DAY : 0);
    if (ret_is_date)
        *ret_is_date = is_date;
    return true;
}

bool case_day_of(struct case_reader *r, const struct yaml *v, int64_t *ret)
{
    int64_t at_ms;
    if (!case_instant_of(r, v, false, &at_ms, NULL))
        return false;
    *ret = day_of(at_ms);
    return true;
}

bool case_day(struct case_reader *r, const struct yaml *map, const char *keys, int64_t *ret)
{
    const struct yaml *v = case_get_any(map, keys);
    return !v || case_day_of(r, v, ret);
}

bool case_instant(struct case_reader *r, const struct yaml *map, const char *keys, bool is_end, int64_t *ret, bool *ret_is_date)
{
    const struct yaml *v = case_get_any(map, keys);
    return !v || case_instant_of(r, v, is_end, ret, ret_is_date);
}

bool case_list(struct case_reader *r, const struct yaml *map, const char *keys, const struct yaml **ret)
{
    const struct yaml *v = case_get_any(map, keys);
    *ret = v;
    return !v || v->type == YAML_LIST || (*ret = NULL, case_fault(r, v, "%.*s: a list is wanted here", STR_ARGS(v->key)));
}
