/* cron_parse.c - lines of crontabs and anacrontabs. */
#include "collect/host/conf.h"
#include "collect/host/cron.h"

/* NAME=value, NAME = value, quoted names too; a schedule never has '=' in its first word. */
static bool is_assignment(struct str line)
{
    struct str word = line;
    for (size_t i = 0; i < line.size; i++) {
        char c = line.data[i];
        if (c == '=')
            return true;
        if (c == ' ' || c == '\t') {
            word = str_trim(str_slice(line, i, line.size));
            return word.size && word.data[0] == '=';
        }
    }
    return false;
}

static bool is_schedule_field(struct str field)
{
    for (size_t i = 0; i < field.size; i++) {
        char c = field.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("*,-/~", c))))
            return false;
    }
    return field.size > 0;
}

/* Joins the next `count` fields by single spaces. */
static bool take_fields(struct arena *a, struct str *line, int count, struct str *ret)
{
    char text[256];
    size_t size = 0;
    for (int i = 0; i < count; i++) {
        struct str field;
        if (!str_next_word(line, &field) || !is_schedule_field(field) || size + field.size + 2 > sizeof(text))
            return false;
        if (size)
            text[size++] = ' ';
        memcpy(text + size, field.data, field.size);
        size += field.size;
    }
    *ret = arena_str(a, str_make(text, size));
    return true;
}

static bool parse_anacron(struct arena *a, struct str line, struct cron_job *ret)
{
    struct str period, delay, name;
    if (!str_next_word(&line, &period) || !str_next_word(&line, &delay) || !str_next_word(&line, &name))
        return false;
    ret->schedule = arena_printf(a, "%.*s %.*s", STR_ARGS(period), STR_ARGS(delay));
    ret->command = str_trim(line);
    return ret->command.size > 0;
}

bool cron_parse_line(struct arena *a, struct str line, enum cron_format format, struct cron_job *ret)
{
    *ret = (struct cron_job){0};
    line = str_trim(line);
    if (line.size == 0 || is_assignment(line))
        return false;
    if (format == CRON_ANACRON)
        return parse_anacron(a, line, ret);
    if (line.data[0] == '-') /* "do not log", of some crons */
        line = str_slice(line, 1, line.size);
    if (line.size && line.data[0] == '@') {
        if (!str_next_word(&line, &ret->schedule))
            return false;
    } else if (!take_fields(a, &line, 5, &ret->schedule)) {
        return false;
    }
    if (format == CRON_SYSTEM && !str_next_word(&line, &ret->user))
        return false;
    ret->command = str_trim(line);
    return ret->command.size > 0;
}

struct str cron_user_name(struct gather *g, uid_t uid)
{
    struct str text, line;
    if (conf_read(g, "/etc/passwd", &text)) {
        while (str_next_line(&text, &line)) {
            struct str name, password, number;
            int64_t value;
            if (str_cut(&line, ':', &name) && str_cut(&line, ':', &password) && str_cut(&line, ':', &number) &&
                str_to_int64(number, &value) && value == (int64_t)uid)
                return name;
        }
    }
    return arena_printf(g->arena, "%u", uid);
}
