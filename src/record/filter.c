/* filter.c - filter expressions: FIELD OP VALUE, separated by blanks, all of which have to hold.
 *
 *   OP      =  !=  <  <=  >  >=  ~ (holds the text, whatever its case)
 *   FIELD   a field of the type, or id, state, changed, created (when), changed_by, created_by (who)
 *   VALUE   a word, or a text in double quotes (a double quote in it is written twice). With = and != several, separated by commas
 *   words   none: no value · me: the person who asks · today, today+7d, today-2w, now, now-36h · state: open, closed
 *
 *     owner=me severity=high,critical due_on<today+14d title~"break glass"
 */
#include "base/times.h"
#include "record/internal.h"

enum { FILTER_BYTES_MAX = 4000, TERMS_MAX = 20, VALUES_MAX = 50 };

struct filter {
    const struct record_type *type;
    const struct access *access;
    int64_t now_ms, leaf_limit;
    struct query_text *q;
    struct str text; /* all of it, for messages */
    size_t at;
    struct err *e;
};

/* What stands on the left. */
struct operand {
    struct str name;
    const struct record_field *field; /* NULL: one that every record has */
    enum field_type type;
    int decimals;
};

enum comparison { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, HOLDS };
static const char *const comparison_sql[] = {"is", "is not", "<", "<=", ">", ">="};

static bool bad(const struct filter *f, const char *what, struct str which)
{
    return err_set(f->e, ERR_INVALID, "filter: at character %zu: %s: %.*s", f->at + 1, what, STR_ARGS(str_slice(which, 0, 60)));
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool operand_read(struct filter *f, struct operand *ret)
{
    static const struct {
        const char *name;
        enum field_type type;
    } common[] = {{"id", FIELD_TEXT}, {"state", FIELD_CHOICE}, {"changed", FIELD_INSTANT}, {"created", FIELD_INSTANT}, {"changed_by", FIELD_TEXT}, {"created_by", FIELD_TEXT}};
    size_t from = f->at;
    while (f->at < f->text.size && is_name(f->text.data[f->at]))
        f->at++;
    *ret = (struct operand){.name = str_slice(f->text, from, f->at)};
    ret->field = record_type_field(f->type, ret->name);
    if (ret->field) {
        ret->type = ret->field->type == FIELD_COMPUTED ? ret->field->sql_type : ret->field->type;
        ret->decimals = ret->field->decimals;
        return true;
    }
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        if (str_is(ret->name, common[i].name)) {
            ret->type = common[i].type;
            return true;
        }
    f->at = from;
    return bad(f, "there is no such field", str_slice(f->text, from, f->text.size));
}

static bool comparison_read(struct filter *f, enum comparison *ret)
{
    static const struct {
        const char *text;
        enum comparison comparison;
    } all[] = {{"!=", NOT_EQUAL}, {"<=", LESS_EQUAL}, {">=", GREATER_EQUAL}, {"=", EQUAL}, {"<", LESS}, {">", GREATER}, {"~", HOLDS}};
    struct str rest = str_slice(f->text, f->at, f->text.size);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (str_starts(rest, all[i].text)) {
            *ret = all[i].comparison;
            f->at += strlen(all[i].text);
            return true;
        }
    return bad(f, "behind a field stands =, !=, <, <=, >, >= or ~", rest);
}

/* One value; ret_is_word: it was not quoted, so that none, me and today have their meaning. */
static bool value_read(struct filter *f, struct str *ret, bool *ret_is_word)
{
    struct str rest = str_slice(f->text, f->at, f->text.size);
    *ret_is_word = rest.size == 0 || rest.data[0] != '"';
    if (*ret_is_word) {
        size_t end = 0;
        while (end < rest.size && rest.data[end] != ' ' && rest.data[end] != '\t' && rest.data[end] != ',')
            end++;
        *ret = str_slice(rest, 0, end);
        if (end == 0 || memchr(rest.data, '"', end))
            return bad(f, "a value is missing", rest);
        f->at += end;
        return true;
    }
    char *text = arena_alloc(f->q->arena, rest.size);
    size_t size = 0, i = 1;
    for (; i < rest.size; i++) {
        if (rest.data[i] == '"' && (i + 1 == rest.size || rest.data[i + 1] != '"'))
            break;
        i += rest.data[i] == '"';
        text[size++] = rest.data[i];
    }
    if (i >= rest.size)
        return bad(f, "a quote is not closed", rest);
    f->at += i + 1;
    *ret = str_make(text, size);
    return true;
}

/* "today+7d", "now-36h". */
static bool relative_time(struct str word, int64_t now_ms, int64_t *ret)
{
    bool is_today = str_starts(word, "today");
    if (!is_today && !str_starts(word, "now"))
        return false;
    struct str rest = str_slice(word, is_today ? 5 : 3, word.size);
    int64_t at = is_today ? day_of(now_ms) * MS_DAY : now_ms, n;
    *ret = at;
    if (rest.size == 0)
        return true;
    char unit = rest.data[rest.size - 1];
    int64_t ms = unit == 'd' ? MS_DAY : unit == 'w' ? 7 * MS_DAY : unit == 'h' ? MS_HOUR : 0;
    if (rest.size < 3 || rest.size > 8 || (rest.data[0] != '+' && rest.data[0] != '-') || !str_to_int64(str_slice(rest, 1, rest.size - 1), &n) || n < 0 || ms == 0)
        return false;
    *ret = rest.data[0] == '+' ? at + n * ms : at - n * ms;
    return true;
}

static bool date_arg(struct filter *f, struct str text, bool is_word, struct db_arg *ret)
{
    int64_t at;
    char day[TIME_TEXT_SIZE];
    if (!(is_word && relative_time(text, f->now_ms, &at)) && !(text.size == 10 && time_parse(text, 0, &at)))
        return bad(f, "is no date (2026-11-30, today, today+7d)", text);
    *ret = A(arena_str(f->q->arena, str_of(time_format_date(at, day))));
    return true;
}

static bool number_arg(struct filter *f, const struct operand *o, struct str text, struct db_arg *ret)
{
    size_t digits = 0, dots = 0;
    for (size_t i = text.size && text.data[0] == '-'; i < text.size; i++) {
        digits += text.data[i] >= '0' && text.data[i] <= '9';
        dots += text.data[i] == '.' && i + 1 < text.size;
    }
    if (digits == 0 || digits > 15 || dots > 1 || digits + dots + (text.data[0] == '-') != text.size)
        return bad(f, "is no number", text);
    char number[32];
    snprintf(number, sizeof(number), "%.*s", STR_ARGS(text));
    if (o->type == FIELD_MONEY) {
        double minor = strtod(number, NULL) * 100;
        *ret = A((int64_t)(minor < 0 ? minor - 0.5 : minor + 0.5));
        return true;
    }
    /* A column's type turns the text into its number; an expression has none, so whole numbers go as such. */
    int64_t whole;
    *ret = str_to_int64(text, &whole) ? A(whole) : A(arena_str(f->q->arena, str_of(number)));
    return true;
}

static bool arg_of(struct filter *f, const struct operand *o, struct str text, bool is_word, struct db_arg *ret)
{
    int64_t at;
    switch (o->type) {
    case FIELD_NUMBER:
    case FIELD_MONEY:
        return number_arg(f, o, text, ret);
    case FIELD_DATE:
        return date_arg(f, text, is_word, ret);
    case FIELD_INSTANT:
        if (!(is_word && relative_time(text, f->now_ms, &at)) && !time_parse(text, f->now_ms, &at))
            return bad(f, "is no instant (2026-11-30, today-7d, now-2h)", text);
        *ret = A(at);
        return true;
    case FIELD_DURATION: {
        struct err failed = {0};
        struct record_field field = {.type = FIELD_DURATION};
        struct record_type type = {.fields = &field, .field_count = 1};
        struct json *set = json_object(f->q->arena), *v = json_put_str(set, "d", text);
        field.id = "d";
        const struct json *problems = record_check_of(NULL, f->q->arena, &type, NULL, set, true, NULL, 0, &failed);
        if (!problems || problems->count)
            return bad(f, "is no duration (\"3 days\", 4h)", text);
        *ret = A(v->integer);
        return true;
    }
    case FIELD_YES_NO:
        if (!str_is(text, "yes") && !str_is(text, "no") && !str_is(text, "true") && !str_is(text, "false"))
            return bad(f, "is yes or no", text);
        *ret = A((int64_t)(str_is(text, "yes") || str_is(text, "true")));
        return true;
    default:
        break;
    }
    bool is_me = is_word && str_is(text, "me") && (o->type == FIELD_PERSON || o->type == FIELD_REFERENCE || o->type == FIELD_REFERENCES);
    bool is_my_act = is_word && str_is(text, "me") && (str_is(o->name, "changed_by") || str_is(o->name, "created_by"));
    if (is_me)
        *ret = A(f->access && f->access->person.size ? f->access->person : STR("\x01nobody"));
    else if (is_my_act)
        *ret = A(f->access ? access_who(f->access) : STR("\x01nobody"));
    else if (!str_is_utf8(text))
        return bad(f, "is not UTF-8", STR(""));
    else
        *ret = A(text);
    return true;
}

/* The expression on the left. Few different values are no way to find rows in an order: the plus keeps the engine off their index. */
static void put_operand(struct filter *f, const struct operand *o)
{
    struct buf *b = &f->q->sql;
    bool is_few = f->q->is_sorted && (o->type == FIELD_CHOICE || o->type == FIELD_YES_NO);
    if (o->field && o->field->type == FIELD_COMPUTED)
        buf_printf(b, "(%s)", o->field->sql);
    else if (o->field)
        buf_printf(b, "%sr.\"%s\"", is_few ? "+" : "", o->field->id);
    else if (str_is(o->name, "changed"))
        buf_cstr(b, "r.from_t");
    else if (str_is(o->name, "created"))
        buf_cstr(b, "r.created_t");
    else
        buf_printf(b, "%sr.%.*s", is_few ? "+" : "", STR_ARGS(o->name));
}

static bool put_list(struct filter *f, const struct operand *o, enum comparison c, const struct db_arg *args, size_t count, bool has_none)
{
    struct buf *b = &f->q->sql;
    bool is_files = o->type == FIELD_FILES;
    if (c != EQUAL && c != NOT_EQUAL && !(is_files && c == HOLDS))
        return bad(f, "a list is compared with = and != only", o->name);
    if (has_none && count > 0)
        return bad(f, "none stands alone", o->name);
    bool is_not = (c == NOT_EQUAL) != has_none;
    buf_printf(b, " and (%sexists(select 1 from %s l where l.type = ", is_not ? "not " : "", is_files ? "record_file" : "record_link");
    query_arg(f->q, A(f->type->id));
    buf_cstr(b, " and l.id = r.id and l.field = ");
    query_arg(f->q, A(o->field->id));
    buf_cstr(b, " and ");
    query_as_of(f->q, "l", f->leaf_limit);
    for (size_t i = 0; i < count; i++) {
        buf_printf(b, "%s%s = ", i ? " or " : " and (", is_files ? "l.name" : "l.target");
        query_arg(f->q, args[i]);
    }
    buf_cstr(b, count ? ")))" : "))");
    return true;
}

static bool put_state_group(struct filter *f, struct str word, bool is_not)
{
    bool wants_end = str_is(word, "closed"), is_first = true;
    buf_printf(&f->q->sql, " and (%sr.state %sin (", f->q->is_sorted ? "+" : "", is_not ? "not " : "");
    for (size_t i = 0; i < f->type->state_count; i++)
        if (f->type->states[i].is_end == wants_end) {
            buf_printf(&f->q->sql, "%s'%s'", is_first ? "" : ", ", f->type->states[i].id);
            is_first = false;
        }
    buf_cstr(&f->q->sql, "))");
    return true;
}

static void put_holds(struct filter *f, const struct operand *o, struct str text)
{
    struct buf BUF_AUTO pattern;
    buf_init(&pattern, 2 * FILTER_BYTES_MAX + 8);
    buf_char(&pattern, '%');
    for (size_t i = 0; i < text.size; i++) {
        if (strchr("%_\\", text.data[i]) && text.data[i])
            buf_char(&pattern, '\\');
        buf_char(&pattern, text.data[i]);
    }
    buf_char(&pattern, '%');
    buf_cstr(&f->q->sql, " and (");
    put_operand(f, o);
    buf_cstr(&f->q->sql, " like ");
    query_arg(f->q, A(arena_str(f->q->arena, buf_view(&pattern))));
    buf_cstr(&f->q->sql, " escape '\\')");
}

static bool put_scalar(struct filter *f, const struct operand *o, enum comparison c, const struct db_arg *args, size_t count, bool has_none)
{
    struct buf *b = &f->q->sql;
    bool is_equality = c == EQUAL || c == NOT_EQUAL;
    if (!is_equality && (has_none || count != 1))
        return bad(f, "this comparison takes one value", o->name);
    buf_cstr(b, " and (");
    for (size_t i = 0; i < count + has_none; i++) {
        buf_cstr(b, i == 0 ? "" : c == EQUAL ? " or " : " and ");
        put_operand(f, o);
        /* = finds rows by an index where `is` with an argument does, too; null is neither. */
        buf_printf(b, " %s ", c == EQUAL && i < count ? "=" : comparison_sql[c]);
        if (i < count)
            query_arg(f->q, args[i]);
        else
            buf_cstr(b, "null");
    }
    buf_char(b, ')');
    return true;
}

static bool term_read(struct filter *f)
{
    struct operand o;
    enum comparison c;
    struct db_arg args[VALUES_MAX];
    size_t count = 0;
    bool has_none = false, more = true;
    if (!operand_read(f, &o) || !comparison_read(f, &c))
        return false;
    bool is_list = field_is_list(o.type);
    while (more) {
        struct str text;
        bool is_word;
        if (!value_read(f, &text, &is_word))
            return false;
        more = f->at < f->text.size && f->text.data[f->at] == ',';
        f->at += more;
        if (c == HOLDS && !is_list) {
            if (!str_is_utf8(text) || (o.type != FIELD_TEXT && o.type != FIELD_MARKDOWN && o.type != FIELD_CHOICE && o.type != FIELD_DATE))
                return bad(f, "~ is for texts", o.name);
            if (more)
                return bad(f, "~ takes one value", o.name);
            put_holds(f, &o, text);
            return true;
        }
        bool is_group = is_word && !o.field && str_is(o.name, "state") && (str_is(text, "open") || str_is(text, "closed")) && !record_type_state(f->type, text);
        if (is_group && (c == EQUAL || c == NOT_EQUAL) && count == 0 && !has_none && !more)
            return put_state_group(f, text, c == NOT_EQUAL);
        if (is_word && str_is(text, "none")) {
            has_none = true;
            continue;
        }
        if (count >= VALUES_MAX)
            return bad(f, "too many values", o.name);
        if (!arg_of(f, &o, text, is_word, &args[count++]))
            return false;
    }
    return is_list ? put_list(f, &o, c, args, count, has_none) : put_scalar(f, &o, c, args, count, has_none);
}

bool filter_parse(const struct record_type *t, struct str where, const struct access *x, int64_t now_ms, int64_t leaf_limit, struct query_text *q, struct err *e)
{
    struct filter f = {.type = t, .access = x, .now_ms = now_ms, .leaf_limit = leaf_limit, .q = q, .text = where, .e = e};
    size_t terms = 0;
    if (where.size > FILTER_BYTES_MAX)
        return err_set(e, ERR_TOO_LARGE, "filter: %zu bytes, at most %d", where.size, FILTER_BYTES_MAX);
    for (;;) {
        while (f.at < where.size && (where.data[f.at] == ' ' || where.data[f.at] == '\t'))
            f.at++;
        if (f.at >= where.size)
            return !q->sql.full || err_set(e, ERR_LIMIT, "filter: too long");
        if (++terms > TERMS_MAX)
            return err_set(e, ERR_LIMIT, "filter: at most %d conditions", TERMS_MAX);
        if (!term_read(&f))
            return false;
        if (f.at < where.size && where.data[f.at] != ' ' && where.data[f.at] != '\t')
            return bad(&f, "conditions are separated by a blank", str_slice(where, f.at, where.size));
    }
}
