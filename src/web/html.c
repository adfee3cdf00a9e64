#include "web/html.h"
#include "report/reports/report.h"
#include "web/markdown.h"
#include "base/times.h"
#include "web/asset.h"
#include <assert.h>

void html_raw(struct html *h, const char *text, size_t size)
{
    buf_append(h->out, text, size);
}

void html_text_str(struct html *h, struct str s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.size; i++) {
        const char *replacement;
        switch (s.data[i]) {
        case '&':
            replacement = "&amp;";
            break;
        case '<':
            replacement = "&lt;";
            break;
        case '>':
            replacement = "&gt;";
            break;
        case '"':
            replacement = "&quot;";
            break;
        case '\'':
            replacement = "&#39;";
            break;
        case '\0':
            replacement = "\xef\xbf\xbd"; /* U+FFFD: HTML has no NUL */
            break;
        default:
            continue;
        }
        buf_append(h->out, s.data + from, i - from);
        buf_cstr(h->out, replacement);
        from = i + 1;
    }
    buf_append(h->out, s.data + from, s.size - from);
}

struct str html_string(const struct json *v)
{
    if (v && (v->type == JSON_STRING || v->type == JSON_NUMBER))
        return v->text;
    if (v && v->type == JSON_BOOL)
        return v->boolean ? STR("yes") : STR("no");
    return STR("");
}

/* Integers made by json_put_int may have no lexeme. */
static bool is_bare_integer(const struct json *v)
{
    return v && v->type == JSON_NUMBER && v->is_integer && v->text.size == 0;
}

bool html_equal(const struct json *a, const struct json *b)
{
    if (a && b && a->type == JSON_NUMBER && b->type == JSON_NUMBER && a->is_integer && b->is_integer)
        return a->integer == b->integer;
    return !is_bare_integer(a) && !is_bare_integer(b) && str_equal(html_string(a), html_string(b));
}

void html_text(struct html *h, const struct json *v)
{
    if (is_bare_integer(v))
        html_int(h, v->integer);
    else
        html_text_str(h, html_string(v));
}

void html_url_str(struct html *h, struct str s)
{
    bool is_own = s.size && (s.data[0] == '?' || s.data[0] == '#');
    if (s.size && s.data[0] == '/')
        is_own = s.size == 1 || (s.data[1] != '/' && s.data[1] != '\\');
    bool is_safe = is_own || str_starts(s, "https://") || str_starts(s, "http://") || str_starts(s, "mailto:");
    for (size_t i = 0; is_safe && i < s.size; i++)
        is_safe = (unsigned char)s.data[i] > 0x20;
    html_text_str(h, is_safe ? s : STR("#"));
}

void html_url(struct html *h, const struct json *v)
{
    html_url_str(h, html_string(v));
}

void html_url_part_str(struct html *h, struct str s)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                        c == '.' || c == '~';
        if (is_plain) {
            buf_char(h->out, (char)c);
        } else {
            char text[3] = {'%', digits[c >> 4], digits[c & 15]};
            buf_append(h->out, text, sizeof(text));
        }
    }
}

void html_url_part(struct html *h, const struct json *v)
{
    if (is_bare_integer(v))
        html_int(h, v->integer);
    else
        html_url_part_str(h, html_string(v));
}

void html_int(struct html *h, int64_t v)
{
    buf_printf(h->out, "%lld", (long long)v);
}

void html_asset(struct html *h, const char *name)
{
    const struct asset *a = asset_by_name(str_of(name));
    assert(a); /* a template names an asset that is not in web/assets */
    buf_cstr(h->out, a->url);
}

void html_keep_at(struct html *h)
{
    if (h->at.size == 0 && h->as.size == 0)
        return;
    bool has_query = false;
    for (size_t i = h->out->size; i > 0 && h->out->data[i - 1] != '"' && h->out->data[i - 1] != '\''; i--)
        has_query |= h->out->data[i - 1] == '?';
    if (h->at.size) {
        buf_cstr(h->out, has_query ? "&amp;at=" : "?at=");
        html_url_part_str(h, h->at);
        has_query = true;
    }
    if (h->as.size) { /* the lead goes on looking as the auditor */
        buf_cstr(h->out, has_query ? "&amp;as=auditor&amp;of=" : "?as=auditor&amp;of=");
        html_url_part_str(h, h->as);
    }
}

const struct json *html_get(struct html *h, const struct json *v, const char *key, const char *where)
{
    const struct json *found = json_get(v, key);
    if (!found) {
        h->missing_count++;
        if (!h->missing)
            h->missing = where;
    }
    return found;
}

const struct json *html_first(const struct json *v)
{
    return v && (v->type == JSON_ARRAY || v->type == JSON_OBJECT) ? v->first : NULL;
}

int64_t html_count(const struct json *v)
{
    return v && (v->type == JSON_ARRAY || v->type == JSON_OBJECT) ? (int64_t)v->count : 0;
}

struct str html_key(const struct json *v)
{
    return v && v->key.data ? v->key : STR("");
}

/* A number's value, decimals cut after the fourth: 0.25 gives 2500. */
static int64_t tenthousandths(const struct json *v)
{
    if (!v || v->type != JSON_NUMBER)
        return 0;
    if (v->is_integer)
        return v->integer * 10000;
    struct str rest = v->text, whole;
    bool is_negative = rest.size && rest.data[0] == '-';
    if (is_negative)
        rest = str_slice(rest, 1, rest.size);
    int64_t value = 0;
    if (!str_cut(&rest, '.', &whole) || !str_to_int64(whole, &value) || value > INT64_MAX / 20000)
        return 0;
    for (size_t i = 0; i < 4; i++) {
        bool is_digit = i < rest.size && rest.data[i] >= '0' && rest.data[i] <= '9';
        value = value * 10 + (is_digit ? rest.data[i] - '0' : 0);
    }
    return is_negative ? -value : value;
}

bool html_is_true(const struct json *v)
{
    if (!v)
        return false;
    switch (v->type) {
    case JSON_NULL:
        return false;
    case JSON_BOOL:
        return v->boolean;
    case JSON_NUMBER:
        return v->is_integer ? v->integer != 0 : tenthousandths(v) != 0;
    case JSON_STRING:
        return v->text.size > 0;
    case JSON_ARRAY:
    case JSON_OBJECT:
        return v->count > 0;
    }
    return false;
}

int64_t html_integer(const struct json *v)
{
    return v && v->type == JSON_NUMBER ? (v->is_integer ? v->integer : tenthousandths(v) / 10000) : 0;
}

const struct json *html_number_node(struct html *h, int64_t v)
{
    h->scratch = (struct json){.type = JSON_NUMBER, .is_integer = true, .integer = v};
    return &h->scratch;
}

/* ---- filters: plain text ---- */

static int64_t instant(const struct json *v)
{
    return v && v->type == JSON_OBJECT ? json_int(v, "t", 0) : html_integer(v);
}

void html_filter_day(struct html *h, const struct json *v)
{
    char text[TIME_TEXT_SIZE];
    if (html_is_true(v))
        buf_cstr(h->out, time_format_date(instant(v), text));
}

static void write_date(struct html *h, int64_t at_ms)
{
    char text[TIME_TEXT_SIZE];
    time_format(at_ms, text);
    buf_printf(h->out, "%.10s %.5s UTC", text, text + 11);
}

void html_filter_date(struct html *h, const struct json *v)
{
    if (html_is_true(v))
        write_date(h, instant(v));
}

/* "5 min 15 s" is read as "5 min": lists are for comparing, the title of the element has the instant. */
static const char *first_unit(char *text)
{
    char *space = strchr(text, ' ');
    space = space ? strchr(space + 1, ' ') : NULL;
    if (space)
        *space = 0;
    return text;
}

void html_filter_ago(struct html *h, const struct json *v)
{
    if (!html_is_true(v))
        return;
    int64_t ms = h->now_ms - instant(v);
    char text[TIME_TEXT_SIZE];
    if (ms < MS_SECOND)
        buf_cstr(h->out, "just now");
    else
        buf_printf(h->out, "%s ago", first_unit(duration_format(ms, text)));
}

static void write_grouped(struct html *h, int64_t v)
{
    char digits[24];
    int n = snprintf(digits, sizeof(digits), "%lld", (long long)v);
    for (int i = 0; i < n; i++) {
        bool is_group = i && (n - i) % 3 == 0 && digits[i - 1] != '-';
        if (is_group)
            buf_char(h->out, ',');
        buf_char(h->out, digits[i]);
    }
}

void html_filter_number(struct html *h, const struct json *v)
{
    if (v && v->type == JSON_NUMBER && !v->is_integer)
        html_text(h, v);
    else
        write_grouped(h, html_integer(v));
}

void html_filter_pct(struct html *h, const struct json *v)
{
    if (v && v->type == JSON_NUMBER)
        buf_printf(h->out, "%lld %%", (long long)((tenthousandths(v) + 50) / 100));
}

void html_filter_score(struct html *h, const struct json *v)
{
    if (!v || v->type != JSON_NUMBER)
        return;
    int64_t hundredths = (tenthousandths(v) + 50) / 100;
    buf_printf(h->out, "%lld.%02lld", (long long)(hundredths / 100), (long long)(hundredths % 100));
}

void html_filter_bytes(struct html *h, const struct json *v)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    int64_t n = html_integer(v);
    if (n < 1024) {
        buf_printf(h->out, "%lld %s", (long long)n, n == 1 ? "byte" : "bytes");
        return;
    }
    size_t unit = 0;
    int64_t tenths = n * 10;
    for (; tenths >= 10240 && unit < 4; unit++)
        tenths /= 1024;
    buf_printf(h->out, "%lld.%lld %s", (long long)(tenths / 10), (long long)(tenths % 10), units[unit]);
}

void html_filter_short(struct html *h, const struct json *v)
{
    struct str s = html_string(v);
    html_text_str(h, str_slice(s, 0, 12));
}

void html_filter_plural(struct html *h, const struct json *v, const char *one, const char *many)
{
    write_grouped(h, html_integer(v));
    buf_char(h->out, ' ');
    buf_cstr(h->out, html_integer(v) == 1 ? one : many);
}

void html_filter_upper(struct html *h, const struct json *v)
{
    struct str s = html_string(v);
    if (s.size && s.data[0] >= 'a' && s.data[0] <= 'z') {
        buf_char(h->out, (char)(s.data[0] - 'a' + 'A'));
        s = str_slice(s, 1, s.size);
    }
    html_text_str(h, s);
}

void html_filter_word(struct html *h, const struct json *v)
{
    struct str s = html_string(v);
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        if (c == '_')
            c = ' ';
        else if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        html_text_str(h, (struct str){&c, 1});
    }
}

void html_filter_slug(struct html *h, const struct json *v)
{
    struct str s = html_string(v);
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        if (c >= 'A' && c <= 'Z')
            buf_char(h->out, (char)(c - 'A' + 'a'));
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')
            buf_char(h->out, c);
    }
}

/* ---- filters: elements ---- */

static void time_open(struct html *h, int64_t at_ms, bool has_title)
{
    char text[TIME_TEXT_SIZE];
    buf_printf(h->out, "<time datetime=\"%s\"", time_format(at_ms, text));
    if (has_title) {
        buf_cstr(h->out, " title=\"");
        write_date(h, at_ms);
        buf_char(h->out, '"');
    }
    buf_char(h->out, '>');
}

void html_filter_time(struct html *h, const struct json *v)
{
    if (!html_is_true(v))
        return;
    time_open(h, instant(v), false);
    write_date(h, instant(v));
    buf_cstr(h->out, "</time>");
}

void html_filter_since(struct html *h, const struct json *v)
{
    if (!html_is_true(v))
        return;
    time_open(h, instant(v), true);
    html_filter_ago(h, v);
    buf_cstr(h->out, "</time>");
}

static struct str status_of(const struct json *v)
{
    struct str s = v && v->type == JSON_OBJECT ? json_text(v, "status") : html_string(v);
    static const char *const known[] = {"pass", "fail", "unknown", "skip"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (str_is(s, known[i]))
            return s;
    return STR("unknown");
}

static struct str words_of(const struct json *v)
{
    struct str words = v && v->type == JSON_OBJECT ? json_text(v, "status_words") : STR("");
    if (words.size)
        return words;
    struct str status = status_of(v);
    if (str_is(status, "pass"))
        return STR("Pass");
    if (str_is(status, "fail"))
        return STR("Fail");
    return str_is(status, "skip") ? STR("Not applicable") : STR("Unknown");
}

void html_filter_status(struct html *h, const struct json *v)
{
    if (!html_is_true(v))
        return;
    struct str status = status_of(v);
    buf_printf(h->out, "<span class=\"status %.*s\">", STR_ARGS(status));
    html_text_str(h, words_of(v));
    buf_cstr(h->out, "</span>");
}

void html_filter_mark(struct html *h, const struct json *v)
{
    if (!html_is_true(v))
        return;
    struct str status = status_of(v);
    buf_printf(h->out, "<span class=\"status %.*s bare\"><span class=\"hidden\">", STR_ARGS(status));
    html_text_str(h, words_of(v));
    buf_cstr(h->out, "</span></span>");
}

static void write_bar(struct html *h, int64_t hundredths)
{
    hundredths = hundredths < 0 ? 0 : hundredths > 100 ? 100 : hundredths;
    buf_printf(h->out,
               "<svg class=\"meter\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
               "<rect class=\"track\" width=\"100\" height=\"6\"/><rect class=\"fill\" width=\"%lld\" height=\"6\"/></svg>",
               (long long)hundredths);
}

void html_filter_meter(struct html *h, const struct json *v)
{
    write_bar(h, (tenthousandths(v) + 50) / 100);
}

void html_filter_gauge(struct html *h, const struct json *v)
{
    write_bar(h, html_integer(v));
}

/* `code` within a line. */
static void prose_line(struct html *h, struct str line)
{
    struct str part;
    bool is_code = false;
    while (str_cut(&line, '`', &part)) {
        html_text_str(h, part);
        buf_cstr(h->out, is_code ? "</code>" : "<code>");
        is_code = !is_code;
    }
    html_text_str(h, part);
    if (is_code)
        buf_cstr(h->out, "</code>");
}

enum prose { PROSE_NONE, PROSE_PARAGRAPH, PROSE_BLOCK };

static enum prose prose_switch(struct html *h, enum prose from, enum prose to)
{
    static const char *const closing[] = {"", "</p>", "</code></pre>"};
    static const char *const opening[] = {"", "<p>", "<pre class=\"code\" tabindex=\"0\"><code>"};
    if (from == to) {
        if (to != PROSE_NONE)
            buf_char(h->out, '\n');
        return to;
    }
    buf_cstr(h->out, closing[from]);
    buf_cstr(h->out, opening[to]);
    return to;
}

void html_filter_prose(struct html *h, const struct json *v)
{
    struct str text = html_string(v), line;
    enum prose state = PROSE_NONE;
    while (str_next_line(&text, &line)) {
        struct str trimmed = str_trim(line);
        if (trimmed.size == 0) {
            state = prose_switch(h, state, PROSE_NONE);
        } else if (str_starts(line, "  ") || str_starts(line, "$ ") || str_starts(line, "# ")) {
            state = prose_switch(h, state, PROSE_BLOCK);
            html_text_str(h, str_slice(line, 2, line.size));
        } else {
            state = prose_switch(h, state, PROSE_PARAGRAPH);
            prose_line(h, trimmed);
        }
    }
    prose_switch(h, state, PROSE_NONE);
}

void html_filter_blocks(struct html *h, const struct json *v)
{
    report_write_blocks(v, h->out);
}

void html_filter_markdown(struct html *h, const struct json *v)
{
    size_t from = h->out->size;
    if (markdown_write(html_string(v), h->out))
        return;
    h->out->size = from;
    html_filter_prose(h, v);
}
