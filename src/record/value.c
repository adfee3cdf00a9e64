/* value.c - values of fields: what is allowed, from typed text and back. */
#include "base/times.h"
#include "record/internal.h"

#include <ctype.h>
#include <stdarg.h>

enum { WHOLE_MAX_DIGITS = 15, FILES_NAME_MAX = 255 };
#define NUMBER_MAX ((INT64_C(1) << 53) - 1)

bool field_is_list(enum field_type type)
{
    return type == FIELD_CHOICES || type == FIELD_REFERENCES || type == FIELD_FILES;
}

bool field_is_stored(enum field_type type)
{
    return !field_is_list(type) && type != FIELD_COMPUTED;
}

struct json *value_copy(struct arena *a, const struct json *v)
{
    struct json *copy = ARENA_NEW(a, struct json);
    *copy = *v;
    copy->next = copy->first = copy->last = NULL;
    copy->count = 0;
    copy->arena = a;
    copy->key = arena_str(a, v->key);
    copy->text = arena_str(a, v->text);
    JSON_EACH (member, v)
        json_push(copy, value_copy(a, member));
    return copy;
}

static bool is_nothing(const struct json *v)
{
    return !v || v->type == JSON_NULL || (v->type == JSON_ARRAY && v->count == 0);
}

bool value_equal(const struct json *x, const struct json *y)
{
    if (is_nothing(x) || is_nothing(y))
        return is_nothing(x) && is_nothing(y);
    if (x->type != y->type || x->count != y->count)
        return false;
    if (x->type == JSON_BOOL)
        return x->boolean == y->boolean;
    if (x->type == JSON_NUMBER && x->is_integer && y->is_integer)
        return x->integer == y->integer;
    if (x->type == JSON_NUMBER || x->type == JSON_STRING)
        return str_equal(x->text, y->text);
    const struct json *other = y->first;
    JSON_EACH (member, x) {
        const struct json *match = x->type == JSON_ARRAY ? other : NULL;
        if (x->type == JSON_OBJECT)
            JSON_EACH (m, y)
                if (str_equal(m->key, member->key))
                    match = m;
        if (!match || !value_equal(member, match))
            return false;
        other = other->next;
    }
    return true;
}

/* ---- numbers ---- */

/* "12.5" with `decimals` 2 is 1250. */
static bool decimal_parse(struct str text, int decimals, int64_t *ret)
{
    bool is_negative = text.size && text.data[0] == '-';
    struct str rest = str_slice(text, is_negative, text.size);
    int64_t value = 0;
    int digits = 0, behind = -1;
    for (size_t i = 0; i < rest.size; i++) {
        char c = rest.data[i];
        if (c == '.' && behind < 0 && digits > 0 && decimals > 0) {
            behind = 0;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > WHOLE_MAX_DIGITS || (behind >= 0 && ++behind > decimals))
            return false;
        value = value * 10 + (c - '0');
    }
    if (digits == 0 || behind == 0)
        return false;
    for (int i = behind < 0 ? 0 : behind; i < decimals; i++)
        value *= 10;
    *ret = is_negative ? -value : value;
    return value <= NUMBER_MAX;
}

static struct str decimal_text(struct arena *a, int64_t value, int decimals)
{
    int64_t unit = 1;
    for (int i = 0; i < decimals; i++)
        unit *= 10;
    int64_t whole = value < 0 ? -(value / unit) : value / unit, rest = value < 0 ? -(value % unit) : value % unit;
    return decimals ? arena_printf(a, "%s%lld.%0*lld", value < 0 ? "-" : "", (long long)whole, decimals, (long long)rest)
                    : arena_printf(a, "%lld", (long long)value);
}

static int currency_decimals(struct str currency)
{
    static const char *const whole[] = {"JPY", "KRW", "VND", "CLP", "ISK", "XOF", "XAF", "PYG", "UGX"};
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        if (str_is(currency, whole[i]))
            return 0;
    return str_is(currency, "KWD") || str_is(currency, "BHD") || str_is(currency, "JOD") || str_is(currency, "OMR") || str_is(currency, "TND") ? 3 : 2;
}

static bool is_currency(struct str s)
{
    bool is_ok = s.size == 3;
    for (size_t i = 0; is_ok && i < 3; i++)
        is_ok = s.data[i] >= 'A' && s.data[i] <= 'Z';
    return is_ok;
}

/* ---- checking ---- */

struct checking {
    struct db *db;
    struct arena *a;
    const struct record_type *type;
    const struct record *record; /* NULL: a new one */
    const struct op_blob *files;
    size_t file_count;
    const struct record_siblings *siblings; /* NULL: none */
    bool is_text, is_create;
    struct json *problems;
    struct err *e; /* the database failed */
};

static const char *why(struct checking *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *why(struct checking *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct str text = arena_vprintf(c->a, format, arguments);
    va_end(arguments);
    return text.data;
}

static const char *check_bounds(struct checking *c, const struct record_field *f, int64_t value, const char *unit)
{
    if (f->min == f->max && f->min == 0)
        return NULL;
    if (value < f->min || value > f->max)
        return why(c, "has to be from %s to %s%s", decimal_text(c->a, f->min, f->decimals).data, decimal_text(c->a, f->max, f->decimals).data, unit);
    return NULL;
}

static bool has_control(struct str s, bool with_lines)
{
    for (size_t i = 0; i < s.size; i++)
        if (((unsigned char)s.data[i] < 0x20 && !(with_lines && (s.data[i] == '\n' || s.data[i] == '\t'))) || s.data[i] == 0x7f)
            return true;
    return false;
}

static const char *check_text(struct checking *c, const struct record_field *f, struct json *v)
{
    bool has_lines = f->type == FIELD_MARKDOWN;
    if (v->type != JSON_STRING)
        return "has to be a text";
    if (c->is_text && has_lines && memchr(v->text.data, '\r', v->text.size)) { /* forms send CR LF */
        char *clean = arena_alloc(c->a, v->text.size + 1);
        size_t size = 0;
        for (size_t i = 0; i < v->text.size; i++)
            if (v->text.data[i] != '\r')
                clean[size++] = v->text.data[i];
        v->text = str_make(clean, size);
    }
    if (!str_is_utf8(v->text))
        return "is not UTF-8";
    if (has_control(v->text, has_lines))
        return has_lines ? "has control characters" : "has to be one line, without control characters";
    if ((int64_t)v->text.size < f->min)
        return why(c, "has to be at least %lld characters long", (long long)f->min);
    return f->max > 0 && (int64_t)v->text.size > f->max ? why(c, "is %zu bytes, at most %lld", v->text.size, (long long)f->max) : NULL;
}

static void become_int(struct json *v, int64_t value)
{
    v->type = JSON_NUMBER;
    v->is_integer = true;
    v->integer = value;
    v->text = (struct str){0};
}

static const char *check_number(struct checking *c, const struct record_field *f, struct json *v)
{
    int64_t value = v->integer;
    bool is_whole = v->type == JSON_NUMBER && v->is_integer && value >= -NUMBER_MAX && value <= NUMBER_MAX;
    if (f->decimals && v->type == JSON_NUMBER) /* 12 for "12.00" */
        is_whole = decimal_parse(v->text.size ? v->text : decimal_text(c->a, v->integer, 0), f->decimals, &value);
    else if (v->type == JSON_STRING && (c->is_text || f->decimals))
        is_whole = decimal_parse(v->text, f->decimals, &value);
    if (!is_whole)
        return f->decimals ? why(c, "is no number of at most %d decimals, as \"12.50\"", f->decimals) : "is no whole number";
    const char *problem = check_bounds(c, f, value, "");
    if (problem)
        return problem;
    if (!f->decimals) {
        become_int(v, value);
        return NULL;
    }
    v->type = JSON_STRING;
    v->text = decimal_text(c->a, value, f->decimals);
    return NULL;
}

static const char *check_money(struct checking *c, const struct record_field *f, struct json *v)
{
    if (c->is_text && v->type == JSON_STRING) {
        struct str rest = v->text, first, second;
        int64_t minor;
        if (!str_next_word(&rest, &first) || !str_next_word(&rest, &second))
            return "is an amount and a currency, as \"12.50 EUR\"";
        struct str currency = is_currency(first) ? first : second, amount = is_currency(first) ? second : first;
        if (str_trim(rest).size || !is_currency(currency) || !decimal_parse(amount, currency_decimals(currency), &minor))
            return "is an amount and a currency, as \"12.50 EUR\"";
        v->type = JSON_OBJECT;
        v->arena = c->a;
        json_put_str(v, "currency", currency);
        json_put_int(v, "minor", minor);
    }
    const struct json *minor = json_get(v, "minor");
    if (v->type != JSON_OBJECT || v->count != 2 || !is_currency(json_text(v, "currency")) || !minor || minor->type != JSON_NUMBER ||
        !minor->is_integer || minor->integer > NUMBER_MAX || minor->integer < -NUMBER_MAX)
        return "is {\"currency\":\"EUR\",\"minor\":1250}";
    return check_bounds(c, f, minor->integer, " of the smallest unit");
}

static const char *check_date(struct json *v)
{
    int64_t at, year;
    if (v->type != JSON_STRING || v->text.size != 10 || v->text.data[4] != '-' || v->text.data[7] != '-' || !time_parse(v->text, 0, &at) ||
        !str_to_int64(str_slice(v->text, 0, 4), &year) || year < 1000)
        return "is no date, as 2026-11-30";
    return NULL;
}

static const char *check_instant(struct checking *c, struct json *v)
{
    int64_t at;
    if (c->is_text && v->type == JSON_STRING) {
        if (str_starts(v->text, "now") || !time_parse(v->text, 0, &at))
            return "is no instant, as 2026-11-30T12:00:00Z";
        become_int(v, at);
    }
    return v->type == JSON_NUMBER && v->is_integer && v->integer >= 0 && v->integer <= NUMBER_MAX ? NULL : "is milliseconds since 1970, UTC";
}

/* "3 days", "4 h 30 min", "PT4H". */
static bool duration_of_words(struct str text, int64_t *ret)
{
    static const struct {
        const char *word;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", MS_SECOND}, {"sec", MS_SECOND}, {"second", MS_SECOND}, {"seconds", MS_SECOND}, {"min", MS_MINUTE}, {"minute", MS_MINUTE},
                 {"minutes", MS_MINUTE}, {"h", MS_HOUR}, {"hour", MS_HOUR}, {"hours", MS_HOUR}, {"d", MS_DAY}, {"day", MS_DAY}, {"days", MS_DAY},
                 {"w", 7 * MS_DAY}, {"week", 7 * MS_DAY}, {"weeks", 7 * MS_DAY}};
    if (duration_parse(text, ret))
        return true;
    int64_t sum = 0;
    size_t parts = 0;
    struct str rest = str_trim(text), number, unit;
    for (; rest.size; parts++, rest = str_trim(rest)) {
        size_t digits = 0, letters;
        while (digits < rest.size && isdigit((unsigned char)rest.data[digits]))
            digits++;
        number = str_slice(rest, 0, digits);
        rest = str_trim(str_slice(rest, digits, rest.size));
        for (letters = 0; letters < rest.size && isalpha((unsigned char)rest.data[letters]); letters++)
            ;
        unit = str_slice(rest, 0, letters);
        rest = str_slice(rest, letters, rest.size);
        int64_t n, ms = 0;
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
            ms = str_is(unit, units[i].word) ? units[i].ms : ms;
        if (!str_to_int64(number, &n) || ms == 0 || n > NUMBER_MAX / ms || sum > NUMBER_MAX - n * ms)
            return false;
        sum += n * ms;
    }
    *ret = sum;
    return parts > 0;
}

static const char *check_duration(struct checking *c, const struct record_field *f, struct json *v)
{
    int64_t ms;
    if (c->is_text && v->type == JSON_STRING) {
        if (!duration_of_words(v->text, &ms))
            return "is no duration, as 3 days, 4 h or 90 min";
        become_int(v, ms);
    }
    if (v->type != JSON_NUMBER || !v->is_integer || v->integer < 0 || v->integer > NUMBER_MAX)
        return "is milliseconds";
    return check_bounds(c, f, v->integer, " ms");
}

static bool same_letters(struct str x, const char *y)
{
    bool is_same = x.size == strlen(y);
    for (size_t i = 0; is_same && i < x.size; i++)
        is_same = tolower((unsigned char)x.data[i]) == tolower((unsigned char)y[i]);
    return is_same;
}

static const char *check_choice(struct checking *c, const struct record_field *f, struct json *v)
{
    if (v->type != JSON_STRING)
        return "is the id of a choice";
    for (size_t i = 0; i < f->choice_count; i++)
        if (str_is(v->text, f->choices[i].id))
            return NULL;
    for (size_t i = 0; c->is_text && i < f->choice_count; i++)
        if (same_letters(v->text, f->choices[i].label) || same_letters(v->text, f->choices[i].id)) {
            v->text = str_of(f->choices[i].id);
            return NULL;
        }
    struct buf BUF_AUTO ids;
    buf_init(&ids, 250);
    for (size_t i = 0; i < f->choice_count; i++)
        buf_printf(&ids, "%s%s", i ? ", " : "", f->choices[i].id);
    return why(c, "is one of: %s", buf_view(&ids).data);
}

static const char *check_yes_no(struct checking *c, struct json *v)
{
    static const char *const words[][2] = {{"yes", "y"}, {"true", "y"}, {"1", "y"}, {"on", "y"}, {"no", "n"}, {"false", "n"}, {"0", "n"}, {"off", "n"}};
    if (v->type == JSON_BOOL)
        return NULL;
    for (size_t i = 0; c->is_text && v->type == JSON_STRING && i < sizeof(words) / sizeof(words[0]); i++)
        if (same_letters(v->text, words[i][0])) {
            v->type = JSON_BOOL;
            v->boolean = words[i][1][0] == 'y';
            return NULL;
        }
    return c->is_text ? "is yes or no" : "is true or false";
}

/* Those whose field says the text, whatever its case: how many, up to two; the first one becomes the value. */
static size_t reference_by_field(struct checking *c, const struct record_type *t, const struct record_field *f, struct json *v)
{
    struct query_text q;
    size_t found = 0;
    struct str first = {0};
    query_init(&q, c->a);
    buf_printf(&q.sql, "select id from %s_versions where to_leaf is null and is_deleted = 0 and \"%s\" = ", t->table, f->id);
    query_arg(&q, A(v->text));
    buf_cstr(&q.sql, f->is_unique ? " collate nocase limit 2" : " limit 2");
    struct db_row *row = query_run(&q, c->db, c->e);
    while (row && db_next(row, c->e))
        if (found++ == 0)
            first = arena_str(c->a, db_text(row, 0));
    db_row_release(&row);
    query_release(&q);
    if (found == 1)
        v->text = first;
    return found;
}

/* People type what they know: the e-mail address or the login of a person, the code or the name of a thing. Returns how many it may mean. */
static size_t reference_by_value(struct checking *c, const struct record_type *t, struct json *v)
{
    size_t found = 0;
    for (size_t i = 0; i < t->field_count && !c->e->code && found == 0; i++)
        if (t->fields[i].is_unique && t->fields[i].type == FIELD_TEXT)
            found = reference_by_field(c, t, &t->fields[i], v);
    if (found == 0 && !c->e->code && strcmp(t->id, "person") == 0) {
        struct str person = db_one_text(c->a, c->db, c->e, "select person from account where login = ?1 collate nocase and person <> ''", A(v->text));
        v->text = person.size ? person : v->text;
        found = person.size > 0;
    }
    const struct record_field *title = record_type_field(t, str_of(t->title_field));
    if (found == 0 && !c->e->code && title && title->type == FIELD_TEXT)
        found = reference_by_field(c, t, title, v);
    return found;
}

static const char *check_reference(struct checking *c, const struct record_field *f, struct json *v)
{
    const char *target = f->type == FIELD_PERSON ? "person" : f->target;
    if (v->type != JSON_STRING || v->text.size == 0 || (v->text.size > RECORD_ID_MAX && !c->is_text))
        return why(c, "is the id of a %s", target);
    struct err failed = {0};
    const struct record_type *t = record_type_in_force(c->db, str_of(target), &failed);
    bool is_there = false;
    if (!t && failed.code != ERR_NOT_FOUND) {
        *c->e = failed;
        return NULL;
    }
    if (!target_exists(c->db, t, target, v->text, &is_there, c->e))
        return NULL;
    is_there = (is_there && !siblings_take(c->siblings, c->a, target, v->text)) || siblings_make(c->siblings, c->a, target, v->text);
    size_t found = !is_there && c->is_text && t ? reference_by_value(c, t, v) : 0;
    if (found > 1)
        return why(c, "several are called %.*s: give the id", STR_ARGS(str_slice(v->text, 0, 60)));
    return is_there || found ? NULL : why(c, "there is no %s %.*s", target, STR_ARGS(str_slice(v->text, 0, 80)));
}

static bool is_hash(struct str s)
{
    uint8_t bytes[32];
    return s.size == 64 && hex_decode(s, bytes, sizeof(bytes));
}

static bool media_matches(const char *accepted, struct str media)
{
    size_t size = strlen(accepted);
    if (size > 1 && accepted[size - 1] == '*')
        return media.size >= size - 1 && memcmp(media.data, accepted, size - 1) == 0;
    return str_is(media, accepted);
}

static const char *check_file(struct checking *c, const struct record_field *f, struct json *v)
{
    static const char *const running[] = {"application/x-msdownload", "application/x-executable", "application/x-sharedlib", "application/x-sh",
                                          "application/java-archive", "text/html", "image/svg+xml", "application/xhtml+xml", "application/javascript", "text/javascript"};
    struct str name = json_text(v, "name"), media = json_text(v, "media"), x = json_text(v, "x");
    if (v->type != JSON_OBJECT || v->count != 6 || !is_hash(json_text(v, "c")) || !is_hash(json_text(v, "digest")) || !is_hash(x) || json_int(v, "size", -1) < 0)
        return "is {\"c\",\"digest\",\"media\",\"name\",\"size\",\"x\"} of a sealed file";
    if (name.size == 0 || name.size > FILES_NAME_MAX || !str_is_utf8(name) || has_control(name, false) || str_contains(name, "/") || str_contains(name, "\\"))
        return "has a name that no file should have";
    bool is_accepted = f->media.count == 0;
    for (size_t i = 0; i < f->media.count; i++)
        is_accepted = is_accepted || media_matches(f->media.items[i], media);
    for (size_t i = 0; f->media.count == 0 && i < sizeof(running) / sizeof(running[0]); i++)
        is_accepted = is_accepted && !str_is(media, running[i]);
    if (!is_accepted || media.size == 0 || media.size > 127)
        return why(c, "%.100s: files of type %.*s are not taken here", name.data, STR_ARGS(media));
    for (size_t i = 0; i < c->file_count; i++)
        if (str_is(x, c->files[i].x) && str_is(json_text(v, "c"), c->files[i].c))
            return NULL;
    JSON_EACH (there, c->record ? json_get(c->record->values, f->id) : NULL)
        if (str_equal(json_text(there, "x"), x) && str_equal(json_text(there, "c"), json_text(v, "c")))
            return NULL;
    return why(c, "%.*s: its bytes did not come with it", STR_ARGS(name));
}

static const char *check_list(struct checking *c, const struct record_field *f, struct json *v)
{
    if (c->is_text && v->type == JSON_STRING && f->type != FIELD_FILES) { /* "a, b; c" */
        struct str rest = v->text, item;
        v->type = JSON_ARRAY;
        v->arena = c->a;
        for (bool more = true; more;) {
            size_t end = 0;
            while (end < rest.size && !strchr(",;\n", rest.data[end]))
                end++;
            item = str_trim(str_slice(rest, 0, end));
            more = end < rest.size;
            rest = str_slice(rest, end + 1, rest.size);
            if (item.size)
                json_push_str(v, item);
        }
    }
    if (v->type != JSON_ARRAY)
        return "is a list";
    if ((int64_t)v->count < f->min || v->count > (size_t)(f->max > 0 ? f->max : 1000))
        return why(c, "is a list of %lld to %lld", (long long)f->min, (long long)(f->max > 0 ? f->max : 1000));
    struct name_set seen;
    name_set_init(&seen, c->a, v->count);
    JSON_EACH (item, v) {
        const char *problem = f->type == FIELD_FILES     ? check_file(c, f, item)
                              : f->type == FIELD_CHOICES ? check_choice(c, f, item)
                                                         : check_reference(c, f, item);
        if (problem || c->e->code)
            return problem;
        if (!name_set_add(&seen, f->type == FIELD_FILES ? json_text(item, "x") : item->text))
            return "names something twice";
    }
    return NULL;
}

static const char *check_value(struct checking *c, const struct record_field *f, struct json *v)
{
    if (v->type == JSON_STRING && c->is_text && f->type != FIELD_MARKDOWN)
        v->text = str_trim(v->text);
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_MARKDOWN:
        return check_text(c, f, v);
    case FIELD_NUMBER:
        return check_number(c, f, v);
    case FIELD_MONEY:
        return check_money(c, f, v);
    case FIELD_DATE:
        return check_date(v);
    case FIELD_INSTANT:
        return check_instant(c, v);
    case FIELD_DURATION:
        return check_duration(c, f, v);
    case FIELD_CHOICE:
        return check_choice(c, f, v);
    case FIELD_YES_NO:
        return check_yes_no(c, v);
    case FIELD_REFERENCE:
    case FIELD_PERSON:
        return check_reference(c, f, v);
    case FIELD_CHOICES:
    case FIELD_REFERENCES:
    case FIELD_FILES:
        return check_list(c, f, v);
    case FIELD_COMPUTED:
        break;
    }
    return "is computed";
}

static const char *check_unique(struct checking *c, const struct record_field *f, const struct json *v)
{
    struct query_text q;
    struct db_arg ignored;
    query_init(&q, c->a);
    buf_printf(&q.sql, "select id from %s_versions where to_leaf is null and is_deleted = 0 and \"%s\" = ", c->type->table, f->id);
    query_arg(&q, column_arg(f, v, c->a, &ignored));
    buf_cstr(&q.sql, f->type == FIELD_TEXT ? " collate nocase and id <> " : " and id <> ");
    query_arg(&q, A(c->record ? c->record->id : STR("")));
    buf_cstr(&q.sql, " limit 1");
    const char *problem = NULL;
    struct db_row *row = query_run(&q, c->db, c->e);
    if (row && db_next(row, c->e))
        problem = why(c, "%.*s has this one already", STR_ARGS(db_text(row, 0)));
    db_row_release(&row);
    query_release(&q);
    return problem;
}

static void problem_add(struct checking *c, struct str field, const char *text)
{
    struct json *p = json_push_object(c->problems);
    json_put_str(p, "field", arena_str(c->a, field));
    json_put_cstr(p, "why", text);
}

static void check_member(struct checking *c, struct json *v)
{
    const struct record_field *f = record_type_field(c->type, v->key);
    if (!f || f->type == FIELD_COMPUTED || f->is_retired) {
        problem_add(c, v->key, !f ? "there is no such field" : f->is_retired ? "is no longer in use" : "is computed");
        return;
    }
    if (c->is_text && v->type == JSON_STRING && str_trim(v->text).size == 0)
        v->type = JSON_NULL;
    const char *problem = v->type == JSON_NULL ? (f->is_required ? "is required" : NULL) : check_value(c, f, v);
    if (!problem && f->is_required && is_nothing(v))
        problem = "is required";
    if (!problem && f->is_required && v->type == JSON_STRING && str_trim(v->text).size == 0)
        problem = "is required";
    if (!problem && !c->e->code && f->is_unique && v->type != JSON_NULL && field_is_stored(f->type))
        problem = check_unique(c, f, v);
    if (problem)
        problem_add(c, v->key, problem);
}

static struct json *check_all(struct checking *c, struct json *set)
{
    c->problems = json_array(c->a);
    if (!set || set->type != JSON_OBJECT) {
        problem_add(c, STR(""), "values are an object");
        return c->problems;
    }
    JSON_EACH (v, set) {
        check_member(c, v);
        if (c->e->code)
            return NULL;
    }
    for (size_t i = 0; c->is_create && i < c->type->field_count; i++) {
        const struct record_field *f = &c->type->fields[i];
        if (f->is_required && !f->is_retired && f->type != FIELD_COMPUTED && !json_get(set, f->id))
            problem_add(c, str_of(f->id), "is required");
    }
    return c->problems;
}

struct json *record_check_of(struct db *db, struct arena *a, const struct record_type *t, const struct record *r, struct json *set, bool is_text,
                             const struct op_blob *files, size_t file_count, struct err *e)
{
    return record_check_among(db, a, t, r, set, is_text, files, file_count, NULL, e);
}

struct json *record_check_among(struct db *db, struct arena *a, const struct record_type *t, const struct record *r, struct json *set, bool is_text,
                                const struct op_blob *files, size_t file_count, const struct record_siblings *siblings, struct err *e)
{
    struct err failed = {0};
    struct checking c = {.db = db, .a = a, .type = t, .record = r, .files = files, .file_count = file_count, .siblings = siblings, .is_text = is_text,
                         .is_create = r == NULL, .e = &failed};
    struct json *problems = check_all(&c, set);
    if (!problems)
        *e = failed;
    return problems;
}

struct json *record_check(struct db *db, struct arena *a, const struct record_type *t, struct json *set, bool is_text, bool is_create, struct err *e)
{
    struct err failed = {0};
    struct checking c = {.db = db, .a = a, .type = t, .is_text = is_text, .is_create = is_create, .e = &failed};
    struct record anybody = {.type = t, .id = STR("")};
    struct record_type without_unique = *t;
    if (!is_create) { /* a value of its own would look taken: the operation asks */
        struct record_field *fields = arena_array(a, t->field_count, sizeof(*fields));
        memcpy(fields, t->fields, t->field_count * sizeof(*fields));
        for (size_t i = 0; i < t->field_count; i++)
            fields[i].is_unique = false;
        without_unique.fields = fields;
        c.type = &without_unique;
        c.record = &anybody;
    }
    struct json *problems = check_all(&c, set);
    if (!problems)
        *e = failed;
    return problems;
}

/* ---- defaults, differences, text ---- */

void record_defaults(const struct record_type *t, struct json *set, const struct access *x, int64_t now_ms)
{
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        const char *text = f->default_value;
        if (!text || !text[0] || f->is_retired || json_get(set, f->id))
            continue;
        char day[TIME_TEXT_SIZE];
        struct arena *a = set->arena;
        if (strcmp(text, "me") == 0 && f->type == FIELD_PERSON) {
            if (x && x->person.size)
                json_put_str(set, f->id, x->person);
        } else if (strcmp(text, "today") == 0 && f->type == FIELD_DATE) {
            json_put_str(set, f->id, arena_str(a, str_of(time_format_date(now_ms, day))));
        } else if (strcmp(text, "today") == 0 && f->type == FIELD_INSTANT) {
            json_put_int(set, f->id, now_ms);
        } else {
            struct err none = {0};
            struct checking c = {.a = a, .type = t, .is_text = true, .e = &none};
            struct json *v = json_new_str(a, str_of(text));
            bool needs_database = f->type == FIELD_PERSON || f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES || f->type == FIELD_FILES;
            if (!needs_database && !check_value(&c, f, v))
                json_put(set, f->id, v);
        }
    }
}

struct json *record_reduce(struct arena *a, const struct record *r, const struct json *set)
{
    struct json *reduced = json_object(a);
    JSON_EACH (v, set) {
        char *key = arena_strndup(a, v->key.data, v->key.size);
        if (!value_equal(v, json_get(r->values, key)))
            json_put(reduced, key, value_copy(a, v));
    }
    return reduced;
}

struct str record_value_text(struct arena *a, const struct record_field *f, const struct json *value)
{
    char text[TIME_TEXT_SIZE];
    enum field_type type = f->type == FIELD_COMPUTED ? f->sql_type : f->type;
    if (is_nothing(value))
        return STR("");
    if (value->type == JSON_BOOL)
        return value->boolean ? STR("yes") : STR("no");
    if (type == FIELD_INSTANT && value->is_integer)
        return arena_str(a, str_of(time_format(value->integer, text)));
    if (type == FIELD_DURATION && value->is_integer) {
        static const struct {
            int64_t ms;
            const char *word;
        } units[] = {{MS_DAY, "days"}, {MS_HOUR, "h"}, {MS_MINUTE, "min"}, {MS_SECOND, "s"}, {1, "ms"}};
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
            if (value->integer % units[i].ms == 0)
                return arena_printf(a, "%lld %s", (long long)(value->integer / units[i].ms), units[i].word);
    }
    if (type == FIELD_MONEY && value->type == JSON_OBJECT) {
        struct str currency = json_text(value, "currency");
        struct str amount = decimal_text(a, json_int(value, "minor", 0), currency_decimals(currency));
        return arena_printf(a, "%.*s %.*s", STR_ARGS(amount), STR_ARGS(currency));
    }
    if (value->type == JSON_NUMBER)
        return value->is_integer ? arena_printf(a, "%lld", (long long)value->integer) : value->text;
    if (value->type == JSON_ARRAY) {
        struct buf BUF_AUTO list;
        buf_init(&list, 1 << 20);
        JSON_EACH (item, value)
            buf_printf(&list, "%s%.*s", item == value->first ? "" : ", ", STR_ARGS(item->type == JSON_OBJECT ? json_text(item, "name") : item->text));
        return arena_str(a, buf_view(&list));
    }
    return value->text;
}
