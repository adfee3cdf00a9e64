/* sudoers_spec.c - the right side of a sudoers rule: who else one may be, tags, commands. */
#include "collect/host/conf.h"
#include "collect/host/sudoers.h"

/* Each tag with the one that undoes it, in pairs. */
static const char *const tag_names[] = {"EXEC",      "NOEXEC",      "FOLLOW",     "NOFOLLOW",     "INTERCEPT", "NOINTERCEPT",
                                        "LOG_INPUT", "NOLOG_INPUT", "LOG_OUTPUT", "NOLOG_OUTPUT", "MAIL",      "NOMAIL",
                                        "PASSWD",    "NOPASSWD",    "SETENV",     "NOSETENV"};
enum { TAG_COUNT = sizeof(tag_names) / sizeof(tag_names[0]), TAG_PASSWD = 12, TAG_NOPASSWD = 13 };

struct spec {
    struct sudoers *sudoers;
    struct sudoers_permission now; /* what holds from here on: runas and tags are handed on from command to command */
    bool tags[TAG_COUNT];
    void (*each)(void *context, const struct sudoers_permission *p);
    void *context;
};

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || c == '_';
}

/* "NOPASSWD:" at the start of the text. */
static bool take_tag(struct spec *s, struct str *text)
{
    size_t i = 0;
    while (i < text->size && is_name_char(text->data[i]))
        i++;
    struct str name = str_slice(*text, 0, i), rest = str_trim(str_slice(*text, i, text->size));
    if (i == 0 || rest.size == 0 || rest.data[0] != ':')
        return false;
    for (size_t t = 0; t < TAG_COUNT; t++)
        if (str_is(name, tag_names[t])) {
            s->tags[t] = true;
            s->tags[t ^ 1] = false;
            *text = str_trim(str_slice(rest, 1, rest.size));
            return true;
        }
    return false;
}

/* "TIMEOUT=5m", "CWD=/tmp" and the like: they limit, and are not shown. */
static bool take_option(struct str *text)
{
    static const char *const names[] = {"ROLE",     "TYPE",    "PRIVS", "LIMITPRIVS", "NOTBEFORE",
                                        "NOTAFTER", "TIMEOUT", "CWD",   "CHROOT",     "APPARMOR_PROFILE"};
    size_t i = 0;
    while (i < text->size && is_name_char(text->data[i]))
        i++;
    struct str name = str_slice(*text, 0, i), rest = str_trim(str_slice(*text, i, text->size)), value;
    if (rest.size == 0 || rest.data[0] != '=')
        return false;
    for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
        if (str_is(name, names[k])) {
            rest = str_slice(rest, 1, rest.size);
            if (!str_next_word(&rest, &value))
                return false;
            *text = str_trim(rest);
            return true;
        }
    return false;
}

/* "(user, user : group)" */
static bool take_runas(struct spec *s, struct str *text)
{
    ptrdiff_t end = text->size && text->data[0] == '(' ? str_find_char(*text, ')') : -1;
    if (end < 0)
        return false;
    struct str inside = str_slice(*text, 1, (size_t)end), users;
    struct arena *a = s->sudoers->gather->arena;
    struct sudoers_list list = {0}, groups = {0};
    s->now.has_runas_group = sudoers_cut(&inside, ':', &users);
    sudoers_resolve_all(s->sudoers, "Runas_Alias", users, &list);
    sudoers_resolve_all(s->sudoers, "Runas_Alias", inside, &groups);
    s->now.runas = sudoers_join(a, &list);
    s->now.runas_group = sudoers_join(a, &groups);
    *text = str_trim(str_slice(*text, (size_t)end + 1, text->size));
    return true;
}

/* One command up to an unescaped comma or colon; digests in front keep their colon. */
static struct str take_command(struct str *text)
{
    static const char *const digests[] = {"sha224:", "sha256:", "sha384:", "sha512:"};
    size_t i = 0;
    for (size_t d = 0; d < sizeof(digests) / sizeof(digests[0]); d++)
        if (str_starts(*text, digests[d]))
            i = strlen(digests[d]);
    bool is_quoted = false;
    for (; i < text->size && (is_quoted || (text->data[i] != ',' && text->data[i] != ':')); i++) {
        if (text->data[i] == '"')
            is_quoted = !is_quoted;
        else if (text->data[i] == '\\' && i + 1 < text->size)
            i++;
    }
    struct str command = str_trim(str_slice(*text, 0, i));
    *text = str_slice(*text, i, text->size);
    return command;
}

static struct str tags_text(const struct spec *s)
{
    struct buf BUF_AUTO out;
    buf_init(&out, 4096);
    static const uint8_t by_name[TAG_COUNT] = {0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11, 13, 15, 12, 14};
    for (size_t i = 0; i < TAG_COUNT; i++) {
        size_t t = by_name[i];
        if (s->tags[t])
            buf_printf(&out, "%s%s", out.size ? "," : "", tag_names[t]);
    }
    return arena_str(s->sudoers->gather->arena, buf_view(&out));
}

static bool list_has(struct str list, const char *word)
{
    struct str item;
    while (list.size) {
        str_cut(&list, ',', &item);
        if (str_is(item, word))
            return true;
    }
    return false;
}

static void tell(struct spec *s, struct str word)
{
    struct sudoers_list commands = {0};
    sudoers_resolve(s->sudoers, "Cmnd_Alias", word, &commands);
    s->now.tags = tags_text(s);
    s->now.is_nopasswd = s->tags[TAG_NOPASSWD];
    for (size_t i = 0; i < commands.count; i++) {
        struct sudoers_permission p = s->now;
        p.command = commands.items[i].text;
        p.is_negated = commands.items[i].is_negated;
        p.is_all = !p.is_negated && str_is(p.command, "ALL") &&
                   (list_has(p.runas, "ALL") || list_has(p.runas, "root") || list_has(p.runas, "#0"));
        s->each(s->context, &p);
    }
}

/* The commands of one host; leaves *text behind the colon that begins the next host, or empty. */
static bool take_commands(struct spec *s, struct str *text)
{
    for (;;) {
        *text = str_trim(*text);
        while (take_runas(s, text) || take_tag(s, text) || take_option(text))
            ;
        struct str command = take_command(text);
        if (command.size == 0)
            return false;
        tell(s, command);
        if (text->size == 0)
            return true;
        bool is_next_host = text->data[0] == ':';
        *text = str_slice(*text, 1, text->size);
        if (is_next_host)
            return true;
    }
}

bool sudoers_permissions(struct sudoers *sudoers, struct str text,
                         void (*each)(void *context, const struct sudoers_permission *p), void *context)
{
    while (str_trim(text).size) {
        struct spec s = {.sudoers = sudoers, .now = {.runas = STR("root")}, .each = each, .context = context};
        struct str hosts;
        struct sudoers_list list = {0};
        if (!sudoers_cut(&text, '=', &hosts))
            return false;
        sudoers_resolve_all(sudoers, "Host_Alias", hosts, &list);
        s.now.host = sudoers_join(sudoers->gather->arena, &list);
        if (!take_commands(&s, &text))
            return false;
    }
    return true;
}
