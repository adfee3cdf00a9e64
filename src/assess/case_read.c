#include "assess/case_read.h"

#include <stdarg.h>
#include <stdlib.h>

static bool is_among(struct str text, const char *words, bool or_empty)
{
    struct str rest = str_of(words), word;
    while (str_next_word(&rest, &word))
        if (str_equal(text, word))
            return true;
    return or_empty && text.size == 0;
}

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
    bool is_null = v && v->type == YAML_TEXT && v->is_plain && is_among(v->text, "null Null NULL ~", true);
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

/* "15.0" is the whole number 15. */
static struct str without_zeros(struct str text)
{
    size_t end = text.size;
    while (end > 0 && text.data[end - 1] == '0')
        end--;
    return end > 1 && end < text.size && text.data[end - 1] == '.' ? str_slice(text, 0, end - 1) : text;
}

bool case_int(struct case_reader *r, const struct yaml *map, const char *key, int64_t *ret)
{
    const struct yaml *v = case_get(map, key);
    struct str text;
    if (!v)
        return true;
    if (!text_of(r, v, &text))
        return false;
    return str_to_int64(without_zeros(text), ret) || case_fault(r, v, "%s: '%.*s' is no whole number", key, STR_ARGS(str_slice(text, 0, 40)));
}

bool case_number(struct case_reader *r, const struct yaml *map, const char *key, double *ret)
{
    const struct yaml *v = case_get(map, key);
    struct str text;
    if (!v)
        return true;
    if (!text_of(r, v, &text))
        return false;
    const char *digits = arena_str(r->a, text).data;
    char *end = NULL;
    bool is_number = text.size > 0 && text.size < 30 && strspn(digits, "0123456789.eE+-") == text.size;
    double value = is_number ? strtod(digits, &end) : 0;
    if (!is_number || end != digits + text.size || !(value >= -1e12 && value <= 1e12))
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
    bool is_true = is_among(text, "true True TRUE yes Yes YES on On ON", false);
    if (!is_true && !is_among(text, "false False FALSE no No NO off Off OFF", false))
        return case_fault(r, v, "%.*s: '%.*s' is neither true nor false", STR_ARGS(v->key), STR_ARGS(str_slice(text, 0, 40)));
    *ret = is_true;
    return true;
}

enum { TIME_TEXT_MAX = 40, DATE_SIZE = 10 };

/* What was written, as an instant of UTC; *ret_has_zone: it says its own offset. */
static bool time_read(struct case_reader *r, const struct yaml *v, int64_t *ret, bool *ret_is_date, bool *ret_has_zone)
{
    struct str text;
    if (!text_of(r, v, &text))
        return false;
    bool is_sound = text.size >= DATE_SIZE && text.size <= TIME_TEXT_MAX && text.data[0] >= '0' && text.data[0] <= '9';
    *ret_is_date = text.size == DATE_SIZE;
    is_sound = is_sound && (*ret_is_date || strchr("Tt ", text.data[DATE_SIZE]));
    *ret_has_zone = false;
    if (is_sound && !*ret_is_date) {
        struct str zone = str_trim(str_slice(text, DATE_SIZE, text.size)), date = str_slice(text, 0, DATE_SIZE);
        size_t at = 0;
        while (at < zone.size && !strchr("Zz+-", zone.data[at]))
            at++;
        struct str clock = str_trim(str_slice(zone, 0, at));
        if (clock.size && (clock.data[0] == 'T' || clock.data[0] == 't'))
            clock = str_slice(clock, 1, clock.size);
        zone = str_slice(zone, at, zone.size);
        *ret_has_zone = zone.size > 0;
        bool is_hours = zone.size == 3, is_joined = zone.size == 5; /* +02, +0200 */
        text = arena_printf(r->a, "%.*sT%.*s%s%.*s%s%.*s", STR_ARGS(date), STR_ARGS(clock), clock.size == 5 ? ":00" : "",
                            STR_ARGS(zone.size == 0 ? STR("Z") : str_slice(zone, 0, is_joined ? 3 : zone.size)), is_hours ? ":00" : is_joined ? ":" : "",
                            STR_ARGS(is_joined ? str_slice(zone, 3, 5) : STR("")));
    }
    return (is_sound && time_parse(text, 0, ret)) ||
           case_fault(r, v, "%.*s: '%.*s' is no date and no instant; write 2025-04-10 or 2025-04-10T12:00:00", STR_ARGS(v->key), STR_ARGS(str_slice(v->text, 0, 40)));
}

bool case_instant_of(struct case_reader *r, const struct yaml *v, bool is_end, int64_t *ret, bool *ret_is_date)
{
    bool is_date, has_zone;
    int64_t ms;
    if (!time_read(r, v, &ms, &is_date, &has_zone))
        return false;
    *ret = has_zone ? ms : zone_instant_ms(r->zone, ms + (is_date && is_end ? MS_DAY : 0));
    if (ret_is_date)
        *ret_is_date = is_date;
    return true;
}

bool case_local(struct case_reader *r, const struct yaml *map, const char *keys, bool is_end, int64_t *ret)
{
    const struct yaml *v = case_get_any(map, keys);
    bool is_date, has_zone;
    int64_t ms;
    if (!v)
        return true;
    if (!time_read(r, v, &ms, &is_date, &has_zone))
        return false;
    *ret = has_zone ? zone_local_ms(r->zone, ms) : ms + (is_date && is_end ? MS_DAY : 0);
    return true;
}

bool case_day_of(struct case_reader *r, const struct yaml *v, int64_t *ret)
{
    bool is_date, has_zone;
    int64_t ms;
    if (!time_read(r, v, &ms, &is_date, &has_zone))
        return false;
    *ret = day_of(has_zone ? zone_local_ms(r->zone, ms) : ms);
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

bool case_zone(struct case_reader *r, const struct yaml *map)
{
    const struct yaml *v = case_get_any(map, "time_zone timezone");
    struct str name;
    if (!v)
        return true;
    if (!text_of(r, v, &name))
        return false;
    struct named_zone *x = r->zones;
    while (x && !str_equal(x->name, name))
        x = x->next;
    if (!x) {
        x = ARENA_NEW(r->a, struct named_zone);
        *x = (struct named_zone){.name = name, .zone = zone_name_is_valid(name) ? zone_open(r->a, name) : NULL, .next = r->zones};
        if (!x->zone && !is_among(name, "UTC Z Etc/UTC", false))
            return case_fault(r, v, "%.*s: there is no zone '%.*s'; write a name such as Europe/Berlin", STR_ARGS(v->key), STR_ARGS(str_slice(name, 0, 40)));
        r->zones = x;
    }
    r->zone = x->zone;
    return true;
}

bool case_list(struct case_reader *r, const struct yaml *map, const char *keys, const struct yaml **ret)
{
    const struct yaml *v = case_get_any(map, keys);
    *ret = v;
    return !v || v->type == YAML_LIST || (*ret = NULL, case_fault(r, v, "%.*s: a list is wanted here", STR_ARGS(v->key)));
}

bool case_maps(struct case_reader *r, const struct yaml *map, const char *keys, const struct yaml **ret)
{
    if (!case_list(r, map, keys, ret))
        return false;
    YAML_EACH (v, *ret)
        if (v->type != YAML_MAP)
            return case_fault(r, v, "%.*s: a list of maps is wanted here", STR_ARGS((*ret)->key));
    return true;
}

bool case_map(struct case_reader *r, const struct yaml *map, const char *key, const struct yaml **ret)
{
    *ret = case_get(map, key);
    return !*ret || (*ret)->type == YAML_MAP || case_fault(r, *ret, "%s: a map is wanted here", key);
}

void case_word_note(struct case_reader *r, const struct yaml *v, const char *key, struct str word, const char *effect)
{
    json_push_str(r->notes, arena_printf(r->a, "%s:%d:%d: %s: '%.*s' is not known here; %s", r->file, v->line, v->column, key,
                                         STR_ARGS(str_slice(word, 0, 60)), effect));
}

bool case_word(struct case_reader *r, const struct yaml *map, const char *key, const char *known)
{
    const struct yaml *v = case_get(map, key);
    struct str word;
    if (!v)
        return true;
    if (!text_of(r, v, &word))
        return false;
    if (!is_among(word, known, false))
        case_word_note(r, v, key, word, "it changes nothing");
    return true;
}
