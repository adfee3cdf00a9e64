/* redact.c - takes secrets out of bytes at the moment they are read, before anything keeps or parses them. */
#include "base/buf.h"
#include "collect/host/source_inner.h"

static const struct str redacted = {"redacted", 8};

/* crypt(5): the method and its parameters stay, salt and hash go. "!" and "*" in front (locked) stay; so do words that are no
 * hash. */
static void redact_crypt(struct buf *out, struct str hash)
{
    while (hash.size && (hash.data[0] == '!' || hash.data[0] == '*')) {
        buf_char(out, hash.data[0]);
        hash = str_slice(hash, 1, hash.size);
    }
    if (hash.size == 0 || str_is(hash, "x") || str_is(hash, "NP") || str_is(hash, "LK")) {
        buf_str(out, hash);
        return;
    }
    if (hash.data[0] == '_') {
        buf_char(out, '_');
    } else if (hash.data[0] == '$') {
        struct str left = str_slice(hash, 1, hash.size), method, parameters;
        bool has_more = str_cut(&left, '$', &method);
        buf_printf(out, "$%.*s$", STR_ARGS(method));
        bool is_yescrypt = str_is(method, "y") || str_is(method, "gy") || str_is(method, "7");
        bool has_cost = str_is(method, "2") || str_is(method, "2a") || str_is(method, "2b") || str_is(method, "2y");
        if (has_more && (str_starts(left, "rounds=") || is_yescrypt || has_cost) && str_cut(&left, '$', &parameters))
            buf_printf(out, "%.*s$", STR_ARGS(parameters));
    }
    buf_str(out, redacted);
}

/* Lines "name:hash:..." */
static void redact_second_field(struct buf *out, struct str text)
{
    while (text.size) {
        struct str line, name;
        bool has_end = str_cut(&text, '\n', &line);
        struct str left = line, hash;
        if (str_cut(&left, ':', &name)) {
            bool has_more = str_cut(&left, ':', &hash);
            buf_str(out, name);
            buf_char(out, ':');
            redact_crypt(out, hash);
            if (has_more)
                buf_char(out, ':');
            buf_str(out, left);
        } else if (str_find_char(line, '$') < 0) {
            buf_str(out, line);
        } else {
            buf_str(out, redacted); /* a malformed line that may be a hash */
        }
        if (has_end)
            buf_char(out, '\n');
    }
}

/* "user:uid:count:hash,hash" of pam_pwhistory, and whatever else holds nothing but secrets. */
static void redact_opasswd(struct buf *out, struct str text)
{
    while (text.size) {
        struct str line, field;
        bool has_end = str_cut(&text, '\n', &line);
        for (int i = 0; i < 3 && str_cut(&line, ':', &field); i++)
            buf_printf(out, "%.*s:", STR_ARGS(field));
        if (line.size)
            buf_str(out, redacted);
        if (has_end)
            buf_char(out, '\n');
    }
}

/* What stands between "BEGIN ... PRIVATE KEY" and "END ... PRIVATE KEY". */
static void redact_private_keys(struct buf *out, struct str text)
{
    const struct str mark = STR("PRIVATE KEY");
    for (ptrdiff_t at; (at = str_find(text, mark)) >= 0;) {
        struct str line;
        size_t behind = (size_t)at + mark.size;
        buf_str(out, str_slice(text, 0, behind));
        text = str_slice(text, behind, text.size);
        if (!str_cut(&text, '\n', &line)) {
            buf_str(out, line.size > redacted.size ? redacted : line);
            return;
        }
        buf_printf(out, "%.*s\nredacted\n", STR_ARGS(line));
        ptrdiff_t end = str_find(text, STR("-----END"));
        if (end < 0)
            return;
        text = str_slice(text, (size_t)end, text.size);
        ptrdiff_t last = str_find(text, mark);
        if (last >= 0) {
            buf_str(out, str_slice(text, 0, (size_t)last + mark.size));
            text = str_slice(text, (size_t)last + mark.size, text.size);
        }
    }
    buf_str(out, text);
}

/* "grub.pbkdf2.sha512.10000.SALT.HASH": method and rounds stay. */
static void redact_grub(struct buf *out, struct str text)
{
    const struct str mark = STR("grub.pbkdf2.");
    for (ptrdiff_t at; (at = str_find(text, mark)) >= 0;) {
        size_t keep = (size_t)at + mark.size, end = keep, dots = 0, second = 0;
        for (; end < text.size && text.data[end] > ' '; end++)
            if (text.data[end] == '.' && ++dots == 2)
                second = end + 1;
        keep = second ? second : keep;
        buf_str(out, str_slice(text, 0, keep));
        if (keep < end)
            buf_str(out, redacted);
        text = str_slice(text, end, text.size);
    }
    buf_str(out, text);
}

/* "https://user:password@host/": only the password goes. */
static void redact_urls(struct buf *out, struct str text)
{
    const struct str mark = STR("://");
    for (ptrdiff_t at; (at = str_find(text, mark)) >= 0;) {
        size_t start = (size_t)at + mark.size, i = start, colon = 0;
        for (; i < text.size && text.data[i] > ' ' && text.data[i] != '/' && text.data[i] != '@' && text.data[i] != '"' &&
               text.data[i] != '\'';
             i++)
            if (text.data[i] == ':' && !colon)
                colon = i;
        bool has_password = i < text.size && text.data[i] == '@' && colon;
        buf_str(out, str_slice(text, 0, has_password ? colon + 1 : i));
        if (has_password)
            buf_str(out, redacted);
        text = str_slice(text, i, text.size);
    }
    buf_str(out, text);
}

/* "password root SECRET" of a GRUB configuration. */
static void redact_grub_plain(struct buf *out, struct str text)
{
    while (text.size) {
        struct str line, words, word;
        bool has_end = str_cut(&text, '\n', &line);
        words = line;
        if (str_next_word(&words, &word) && str_is(word, "password") && str_next_word(&words, &word))
            buf_printf(out, "password %.*s redacted", STR_ARGS(word));
        else
            buf_str(out, line);
        if (has_end)
            buf_char(out, '\n');
    }
}

static struct str through(struct arena *a, struct str bytes, void (*step)(struct buf *out, struct str text))
{
    struct buf BUF_AUTO out;
    buf_init(&out, bytes.size * 10 + 64); /* a line of one byte may become "redacted" */
    step(&out, bytes);
    return arena_str(a, buf_view(&out));
}

static bool is_one_of(struct str path, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(path, paths[i]))
            return true;
    return false;
}

struct str redact(struct arena *a, struct str path, struct str bytes)
{
    static const char *const hashes[] = {"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-",
                                         "/etc/passwd", "/etc/passwd-", "/etc/group",   "/etc/group-"};
    if (is_one_of(path, hashes, sizeof(hashes) / sizeof(hashes[0])))
        return through(a, bytes, redact_second_field);
    if (str_starts(path, "/etc/security/opasswd"))
        return through(a, bytes, redact_opasswd);
    if (str_contains(bytes, "PRIVATE KEY"))
        bytes = through(a, bytes, redact_private_keys);
    if (str_contains(bytes, "grub.pbkdf2."))
        bytes = through(a, bytes, redact_grub);
    if (str_starts(path, "/boot/") || str_starts(path, "/etc/grub.d/"))
        bytes = through(a, bytes, redact_grub_plain);
    if (str_contains(bytes, "://"))
        bytes = through(a, bytes, redact_urls);
    return bytes;
}
