#include "collect/host/dpkg.h"
#include "base/limits.h"
#include "base/times.h"

static const struct {
    const char *name;
    size_t size;
} field_names[DPKG_FIELD_COUNT] = {
    [DPKG_NAME] = {"Package", 7},       [DPKG_STATUS] = {"Status", 6},          [DPKG_VERSION] = {"Version", 7},
    [DPKG_ARCH] = {"Architecture", 12}, [DPKG_SOURCE] = {"Source", 6},          [DPKG_MAINTAINER] = {"Maintainer", 10},
    [DPKG_SECTION] = {"Section", 7},    [DPKG_MULTI_ARCH] = {"Multi-Arch", 10}, [DPKG_CONFFILES] = {"Conffiles", 9},
};

/* Which field a line starts, by its first byte first: this runs once a line of a file with ten thousands. */
static int field_of_line(const char *line, size_t size)
{
    static const char firsts[] = "PSVACM";
    if (size < 7 || !memchr(firsts, line[0], sizeof(firsts) - 1))
        return -1;
    for (int i = 0; i < DPKG_FIELD_COUNT; i++) {
        size_t name_size = field_names[i].size;
        if (field_names[i].name[0] == line[0] && size > name_size && line[name_size] == ':' &&
            memcmp(line, field_names[i].name, name_size) == 0)
            return i;
    }
    return -1;
}

bool dpkg_next_package(struct str *text, struct dpkg_package *ret)
{
    struct dpkg_package package = {0};
    const char *at = text->data, *end = text->data + text->size;
    int last = -1;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t size = line_end ? (size_t)(line_end - at) : (size_t)(end - at);
        if (size == 0 || (size == 1 && at[0] == '\r')) { /* end of the stanza */
            at = line_end ? line_end + 1 : end;
            last = -1;
            if (package.field[DPKG_NAME].data)
                break;
            package = (struct dpkg_package){0};
            continue;
        }
        if (at[0] == ' ' || at[0] == '\t') {
            if (last == DPKG_CONFFILES)
                package.field[last].size = (size_t)(at + size - package.field[last].data);
        } else {
            last = field_of_line(at, size);
            if (last >= 0) {
                size_t name_size = field_names[last].size + 1;
                package.field[last] = str_trim(str_make(at + name_size, size - name_size));
            }
        }
        at = line_end ? line_end + 1 : end;
    }
    *text = str_make(at, (size_t)(end - at));
    if (!package.field[DPKG_NAME].data)
        return false;
    *ret = package;
    return true;
}

void dpkg_source(const struct dpkg_package *p, struct str *ret_name, struct str *ret_version)
{
    struct str rest = p->field[DPKG_SOURCE], name;
    *ret_name = p->field[DPKG_NAME];
    *ret_version = p->field[DPKG_VERSION];
    if (!rest.data || !str_next_word(&rest, &name))
        return;
    *ret_name = name;
    rest = str_trim(rest);
    if (rest.size > 2 && rest.data[0] == '(' && rest.data[rest.size - 1] == ')')
        *ret_version = str_slice(rest, 1, rest.size - 1);
}

struct str dpkg_state(const struct dpkg_package *p)
{
    struct str rest = p->field[DPKG_STATUS], word = {0};
    if (!rest.data)
        return STR("installed"); /* status.d has no such field */
    for (int i = 0; i < 3; i++) {
        if (!str_next_word(&rest, &word))
            return (struct str){0};
    }
    return word;
}

bool dpkg_is_held(const struct dpkg_package *p)
{
    return p->field[DPKG_STATUS].data && str_starts(p->field[DPKG_STATUS], "hold ");
}

static bool dpkg_status_d_read(struct gather *g, struct str *ret_text, struct err *e)
{
    struct str *names;
    size_t count;
    if (!source_list(g->source, g->arena, "/var/lib/dpkg/status.d", &names, &count, e))
        return false;
    struct buf all;
    buf_init(&all, LIMIT_READ_FILE_BYTES);
    for (size_t i = 0; i < count; i++) {
        struct str text;
        struct err failed = {0};
        if (str_ends(names[i], ".md5sums"))
            continue;
        struct str path = arena_printf(g->arena, "/var/lib/dpkg/status.d/%.*s", STR_ARGS(names[i]));
        if (!source_read(g->source, g->arena, path.data, LIMIT_CAPTURED_FILE_BYTES, &text, &failed)) {
            gather_missing(g, path, "one package", arena_printf(g->arena, "%s", failed.text).data);
            continue;
        }
        buf_str(&all, text);
        buf_cstr(&all, "\n\n");
    }
    *ret_text = arena_str(g->arena, buf_view(&all));
    buf_release(&all);
    return true;
}

bool dpkg_status_read(struct gather *g, struct str *ret_text, struct err *e)
{
    if (source_read(g->source, g->arena, "/var/lib/dpkg/status", LIMIT_READ_FILE_BYTES, ret_text, e))
        return true;
    struct err other = {0};
    if (e->code == ERR_NOT_FOUND && dpkg_status_d_read(g, ret_text, &other)) {
        *e = (struct err){0};
        return true;
    }
    return false;
}

/* '~' sorts before the end, the end before letters, letters before everything else. */
static int version_order(struct str s, size_t at)
{
    if (at >= s.size)
        return 0;
    unsigned char c = (unsigned char)s.data[at];
    if (c >= '0' && c <= '9')
        return 0;
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return c;
    return c == '~' ? -1 : c + 256;
}

static bool is_digit(struct str s, size_t at)
{
    return at < s.size && s.data[at] >= '0' && s.data[at] <= '9';
}

static int version_part_compare(struct str a, struct str b)
{
    size_t i = 0, j = 0;
    while (i < a.size || j < b.size) {
        while ((i < a.size && !is_digit(a, i)) || (j < b.size && !is_digit(b, j))) {
            int x = version_order(a, i), y = version_order(b, j);
            if (x != y)
                return x - y;
            i++;
            j++;
        }
        while (i < a.size && a.data[i] == '0')
            i++;
        while (j < b.size && b.data[j] == '0')
            j++;
        int first = 0;
        while (is_digit(a, i) && is_digit(b, j)) {
            if (!first)
                first = a.data[i] - b.data[j];
            i++;
            j++;
        }
        if (is_digit(a, i))
            return 1;
        if (is_digit(b, j))
            return -1;
        if (first)
            return first;
    }
    return 0;
}

struct version {
    struct str epoch;
    struct str upstream;
    struct str revision;
};

static struct version version_split(struct str text)
{
    struct version v = {.epoch = str_make("", 0), .upstream = text, .revision = str_make("", 0)};
    ptrdiff_t colon = str_find_char(text, ':');
    if (colon >= 0) {
        v.epoch = str_slice(text, 0, (size_t)colon);
        v.upstream = str_slice(text, (size_t)colon + 1, text.size);
    }
    for (size_t i = v.upstream.size; i-- > 0;) {
        if (v.upstream.data[i] == '-') {
            v.revision = str_slice(v.upstream, i + 1, v.upstream.size);
            v.upstream.size = i;
            break;
        }
    }
    return v;
}

int dpkg_version_compare(struct str a, struct str b)
{
    struct version x = version_split(a), y = version_split(b);
    int order = version_part_compare(x.epoch, y.epoch);
    if (order == 0)
        order = version_part_compare(x.upstream, y.upstream);
    return order ? order : version_part_compare(x.revision, y.revision);
}

bool apt_date_parse(struct str text, int64_t *ret_at_ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct str weekday, day_text, month_text, year_text, clock, zone, part;
    int64_t day, year, clock_parts[3];
    if (!str_next_word(&text, &weekday) || !str_next_word(&text, &day_text) || !str_next_word(&text, &month_text) ||
        !str_next_word(&text, &year_text) || !str_next_word(&text, &clock) || !str_next_word(&text, &zone))
        return false;
    if (!str_is(zone, "UTC") && !str_is(zone, "GMT") && !str_is(zone, "Z") && !str_is(zone, "+0000"))
        return false;
    int month = 0;
    for (int i = 0; i < 12 && month_text.size == 3; i++) {
        if (memcmp(months + (size_t)i * 3, month_text.data, 3) == 0)
            month = i + 1;
    }
    if (!month || !str_to_int64(day_text, &day) || !str_to_int64(year_text, &year) || day < 1 || day > 31 || year < 1970 ||
        year > 9999)
        return false;
    for (int i = 0; i < 3; i++) {
        str_cut(&clock, ':', &part);
        if (!str_to_int64(part, &clock_parts[i]) || clock_parts[i] < 0 || clock_parts[i] > 60)
            return false;
    }
    *ret_at_ms = day_of_date((struct date){(int)year, month, (int)day}) * MS_DAY + clock_parts[0] * MS_HOUR +
                 clock_parts[1] * MS_MINUTE + clock_parts[2] * MS_SECOND;
    return true;
}
