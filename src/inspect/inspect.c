/* inspect.c - what it is, then the reader of its format, then what all have in common. */
#include "inspect/internal.h"
#include "base/times.h"
#include "crypto/crypto.h"
#include <stdarg.h>

enum { WHY_BYTES = 240 };

static const char *const check_names[INSPECT_CHECKS] = {"content", "readable", "type", "one", "active", "expansion"};
static const char *const status_names[] = {"unknown", "pass", "problem"};

const char *inspect_check_name(enum inspect_check check)
{
    return check_names[check];
}

const char *inspect_status_name(enum inspect_status status)
{
    return status_names[status];
}

bool inspect_status_parse(struct str name, enum inspect_status *ret)
{
    for (int i = 0; i < 3; i++)
        if (str_is(name, status_names[i])) {
            *ret = (enum inspect_status)i;
            return true;
        }
    return false;
}

/* What is said may hold pieces of the file: one line of UTF-8, whatever they are. */
static struct str say(struct job *j, const char *format, va_list arguments)
{
    char text[WHY_BYTES];
    vsnprintf(text, sizeof(text), format, arguments);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    struct str s = str_of(text);
    while (s.size && !str_is_utf8(s)) { /* a letter that was cut, or none at all */
        if (s.size < WHY_BYTES - 8)
            for (char *c = text; *c; c++)
                *c = (unsigned char)*c >= 0x80 ? '?' : *c;
        else
            s.size--;
    }
    return arena_str(j->a, s);
}

void check_set(struct job *j, enum inspect_check check, enum inspect_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    j->found->checks[check].status = status;
    j->found->checks[check].why = say(j, format, arguments);
    va_end(arguments);
}

void check_worsen(struct job *j, enum inspect_check check, enum inspect_status status, const char *format, ...)
{
    static const int rank[] = {[INSPECT_PASS] = 1, [INSPECT_UNKNOWN] = 2, [INSPECT_PROBLEM] = 3};
    bool is_said = j->found->checks[check].why.size > 0;
    if (is_said && rank[j->found->checks[check].status] >= rank[status])
        return;
    va_list arguments;
    va_start(arguments, format);
    j->found->checks[check].status = status;
    j->found->checks[check].why = say(j, format, arguments);
    va_end(arguments);
}

static void type_check(struct job *j)
{
    char ending[16];
    name_ending(j->name, ending);
    int fits = sniff_ending_fits(ending, &j->what);
    if (fits > 0)
        check_set(j, INSPECT_TYPE, INSPECT_PASS, "its name and its bytes say the same: %s", j->what.words);
    else if (fits == 0)
        check_set(j, INSPECT_TYPE, INSPECT_PROBLEM, "it is called .%s; by its bytes it is another kind: %s", ending, j->what.words);
    else if (sniff_runs(ending))
        check_set(j, INSPECT_TYPE, INSPECT_PROBLEM, "by its name (.%s) it is a program", ending);
    else
        check_set(j, INSPECT_TYPE, INSPECT_UNKNOWN, "its name does not say what it is; its bytes do: %s", j->what.words);
}

/* One file that two programs take for two different things: what was reviewed is then not what somebody else opens. */
static void one_check(struct job *j)
{
    struct str start = str_slice(j->bytes, 0, 1024);
    bool is_archive = j->what.family == FAMILY_ZIP;
    if (!is_archive && sniff_ends_as_zip(j->bytes))
        check_worsen(j, INSPECT_ONE, INSPECT_PROBLEM, "it is a ZIP archive as well");
    if (j->what.family != FAMILY_PDF && j->what.family != FAMILY_TEXT && str_find(start, STR("%PDF-")) >= 0)
        check_worsen(j, INSPECT_ONE, INSPECT_PROBLEM, "it is a PDF as well");
    if (j->what.family != FAMILY_TEXT && !is_archive && sniff_has_markup(start))
        check_worsen(j, INSPECT_ONE, INSPECT_PROBLEM, "a browser could take it for a page");
}

static void format_look(struct job *j)
{
    switch (j->what.family) {
    case FAMILY_TEXT:
        inspect_text(j);
        break;
    case FAMILY_PDF:
        inspect_pdf(j);
        break;
    case FAMILY_ZIP:
        inspect_zip(j);
        break;
    case FAMILY_PNG:
        inspect_png(j);
        break;
    case FAMILY_JPEG:
        inspect_jpeg(j);
        break;
    case FAMILY_GIF:
        inspect_gif(j);
        break;
    case FAMILY_WEBP:
        inspect_webp(j);
        break;
    case FAMILY_GZIP:
        inspect_gzip(j);
        break;
    case FAMILY_OLE:
        inspect_ole(j);
        break;
    case FAMILY_PROGRAM:
        check_set(j, INSPECT_CONTENT, INSPECT_PASS, "%zu bytes", j->bytes.size);
        check_set(j, INSPECT_ACTIVE, INSPECT_PROBLEM, "it is a %s", j->what.words);
        break;
    case FAMILY_CLOSED:
    case FAMILY_OTHER:
        check_set(j, INSPECT_CONTENT, INSPECT_PASS, "%zu bytes", j->bytes.size);
        check_set(j, INSPECT_READABLE, INSPECT_UNKNOWN, "a %s is not read here", j->what.words);
        break;
    }
}

void inspect(struct arena *a, struct str name, struct str bytes, struct inspected *ret)
{
    struct job j = {.a = a, .name = name, .bytes = bytes, .found = ret};
    struct err e = {0};
    *ret = (struct inspected){.made_day = INT64_MIN};
    buf_init(&j.text, INSPECT_TEXT_BYTES);
    if (bytes.size == 0) {
        j.what = sniff(a, name, bytes);
        check_set(&j, INSPECT_CONTENT, INSPECT_PROBLEM, "it is empty: 0 bytes");
    } else if (!gunzip_prepare(&e)) {
        j.what = sniff(a, name, bytes);
        check_set(&j, INSPECT_READABLE, INSPECT_UNKNOWN, "%s", e.text);
    } else {
        j.what = sniff(a, name, bytes);
        format_look(&j);
        type_check(&j);
        one_check(&j);
    }
    for (int i = 0; i < INSPECT_CHECKS; i++)
        if (ret->checks[i].why.size == 0)
            check_set(&j, (enum inspect_check)i, INSPECT_UNKNOWN, bytes.size ? "this cannot be told of a %s" : "there is nothing to look at", j.what.words);
    ret->media = j.what.media;
    ret->words = j.what.words;
    ret->is_cut = j.text.full;
    ret->text = str_trim(arena_str(a, buf_view(&j.text)));
    buf_release(&j.text);
    dates_find(a, ret->text, &ret->days, &ret->day_count);
}

struct json *inspected_json(struct arena *a, const struct inspected *found)
{
    struct json *o = json_object(a);
    struct sha256 digest = sha256_of(found->text);
    json_put_int(o, "v", INSPECT_VERSION);
    json_put_cstr(o, "media", found->media);
    json_put_cstr(o, "words", found->words);
    struct json *checks = json_put_array(o, "checks");
    for (int i = 0; i < INSPECT_CHECKS; i++) {
        struct json *c = json_push_object(checks);
        json_put_cstr(c, "check", check_names[i]);
        json_put_cstr(c, "status", status_names[found->checks[i].status]);
        json_put_str(c, "why", found->checks[i].why);
    }
    bool has_text = found->has_text && !found->is_cut && found->text.size;
    if (has_text)
        json_put_hex(o, "text_digest", digest.bytes, sizeof(digest.bytes));
    else
        json_put_cstr(o, "text_digest", "");
    json_put_int(o, "text_size", (int64_t)found->text.size);
    json_put_bool(o, "cut", found->is_cut);
    struct json *days = json_put_array(o, "days");
    for (size_t i = 0; i < found->day_count; i++)
        json_push_str(days, day_text(a, found->days[i]));
    json_put_str(o, "made", found->made_day == INT64_MIN ? STR("") : day_text(a, found->made_day));
    return o;
}

static bool day_read(struct str text, int64_t *ret)
{
    return text.size == 10 && date_compact(text, ret);
}

bool inspected_of_json(struct arena *a, const struct json *o, struct inspected *ret, struct str *ret_text_digest, struct err *e)
{
    struct inspected found = {.made_day = INT64_MIN, .words = "", .media = ""};
    const struct json *days = json_get(o, "days"), *checks = json_get(o, "checks");
    if (json_int(o, "v", 0) < 1 || !checks || !days || days->count > INSPECT_DATES_MAX || checks->count != INSPECT_CHECKS)
        return err_set(e, ERR_INVALID, "inspection: not an answer");
    found.media = arena_str(a, str_slice(json_text(o, "media"), 0, 100)).data;
    found.words = arena_str(a, str_slice(json_text(o, "words"), 0, 60)).data;
    for (size_t i = 0; i < INSPECT_CHECKS; i++) {
        const struct json *c = json_at(checks, i);
        if (!str_is(json_text(c, "check"), check_names[i]) || !inspect_status_parse(json_text(c, "status"), &found.checks[i].status) ||
            json_text(c, "why").size > WHY_BYTES)
            return err_set(e, ERR_INVALID, "inspection: not an answer");
        found.checks[i].why = arena_str(a, json_text(c, "why"));
    }
    struct str digest = json_text(o, "text_digest");
    uint8_t bytes[SHA256_SIZE];
    found.has_text = digest.size > 0;
    found.is_cut = json_bool(o, "cut");
    if ((found.has_text && !hex_decode(digest, bytes, sizeof(bytes))) || (json_text(o, "made").size && !day_read(json_text(o, "made"), &found.made_day)))
        return err_set(e, ERR_INVALID, "inspection: not an answer");
    found.days = arena_array(a, days->count + 1, sizeof *found.days);
    JSON_EACH (d, days)
        if (!day_read(d->text, &found.days[found.day_count++]))
            return err_set(e, ERR_INVALID, "inspection: not an answer");
    *ret_text_digest = arena_str(a, digest);
    *ret = found;
    return true;
}
