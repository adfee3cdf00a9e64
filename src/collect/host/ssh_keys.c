/* ssh_keys.c - public keys that let in, and the keys of the host. */
#include "base/cursor.h"
#include "base/limits.h"
#include "collect/host/accounts.h"
#include "collect/host/conf.h"
#include "collect/host/host.h"
#include "collect/host/sshd.h"
#include "crypto/crypto.h"

static const struct column ssh_authorized_keys_columns[] = {
    {"username", COLUMN_TEXT, "", "The account.", COLUMN_PERSONAL},
    {"path", COLUMN_TEXT, "", "The file."},
    {"line", COLUMN_INTEGER, "", "Line in it."},
    {"type", COLUMN_TEXT, "", "ssh-ed25519, ssh-rsa, ecdsa-sha2-nistp256 ...; null if the line is malformed."},
    {"bits", COLUMN_INTEGER, "bits", "Size of the key; null if not known."},
    {"fingerprint", COLUMN_TEXT, "", "SHA256:... as ssh-keygen -l writes it."},
    {"comment", COLUMN_TEXT, "", "Behind the key.", COLUMN_PERSONAL},
    {"options", COLUMN_TEXT, "", "In front of the key; empty if none."},
    {"mode", COLUMN_TEXT, "", "Permission bits of the file, octal."},
    {"owner", COLUMN_INTEGER, "", "uid of the file."},
    {"is_file_safe", COLUMN_BOOL, "", "File and folder belong to the account or root and nobody else may write them."},
};

static const struct table_schema ssh_authorized_keys_schema = {
    .name = "ssh_authorized_keys",
    .version = 1,
    .words = "A row is a public key that lets somebody sign in, from the files that AuthorizedKeysFile names for each "
             "account.",
    .criteria = "CC6.1, CC6.2, CC6.3",
    .example =
        "SELECT username, type, bits FROM ssh_authorized_keys WHERE type = 'ssh-dss' OR (type = 'ssh-rsa' AND bits < 3072)",
    .columns = ssh_authorized_keys_columns,
    .column_count = COLUMN_COUNT(ssh_authorized_keys_columns),
};

static const struct column ssh_host_keys_columns[] = {
    {"path", COLUMN_TEXT, "", "The public file."},
    {"type", COLUMN_TEXT, "", "Kind of the key."},
    {"bits", COLUMN_INTEGER, "bits", "Size."},
    {"fingerprint", COLUMN_TEXT, "", "SHA256:..."},
    {"mode", COLUMN_TEXT, "", "Permission bits of the public file, octal."},
    {"private_mode", COLUMN_TEXT, "", "Permission bits of the private file, octal; null if there is none."},
    {"private_owner", COLUMN_INTEGER, "", "uid of the private file."},
    {"private_group", COLUMN_INTEGER, "", "gid of the private file."},
};

static const struct table_schema ssh_host_keys_schema = {
    .name = "ssh_host_keys",
    .version = 1,
    .words = "A row is a host key, from its public half in /etc/ssh (private halves are looked at, never read).",
    .criteria = "CC6.7",
    .example = "SELECT path, type, bits FROM ssh_host_keys WHERE type = 'ssh-rsa' AND bits < 3072",
    .columns = ssh_host_keys_columns,
    .column_count = COLUMN_COUNT(ssh_host_keys_columns),
};

/* ---- public keys: "type base64 comment" ---- */

struct public_key {
    struct str type, comment, fingerprint;
    int64_t bits; /* 0: not known */
};

static bool is_key_type(struct str word)
{
    return str_starts(word, "ssh-") || str_starts(word, "ecdsa-sha2-") || str_starts(word, "sk-ssh-") ||
           str_starts(word, "sk-ecdsa-");
}

static struct str wire_string(struct cursor *c)
{
    return cursor_take(c, cursor_u32be(c));
}

static int64_t bits_of_number(struct str number)
{
    while (number.size && number.data[0] == 0)
        number = str_slice(number, 1, number.size);
    int64_t bits = (int64_t)number.size * 8;
    for (uint8_t top = number.size ? (uint8_t)number.data[0] : 0; number.size && !(top & 0x80); top = (uint8_t)(top << 1))
        bits--;
    return bits;
}

/* RFC 4253 6.6, RFC 5656, RFC 8709. The type inside must be the one in front. */
static bool read_blob(struct str blob, struct public_key *k)
{
    struct cursor c = cursor_of(blob);
    struct str inner = wire_string(&c);
    if (c.failed || !str_equal(inner, k->type))
        return false;
    if (str_is(k->type, "ssh-rsa")) {
        wire_string(&c);
        k->bits = bits_of_number(wire_string(&c));
    } else if (str_is(k->type, "ssh-dss")) {
        k->bits = bits_of_number(wire_string(&c));
    } else if (str_contains(k->type, "nistp521")) {
        k->bits = 521;
    } else if (str_contains(k->type, "nistp384")) {
        k->bits = 384;
    } else if (str_contains(k->type, "ed25519") || str_contains(k->type, "nistp256")) {
        k->bits = 256;
    }
    return !c.failed;
}

static bool read_key(struct arena *a, struct str line, struct public_key *ret)
{
    struct str encoded;
    struct buf BUF_AUTO blob, text;
    buf_init(&blob, 1 << 20);
    buf_init(&text, 128);
    *ret = (struct public_key){0};
    if (!str_next_word(&line, &ret->type) || !is_key_type(ret->type) || !str_next_word(&line, &encoded) ||
        !base64_decode(encoded, &blob) || !read_blob(buf_view(&blob), ret))
        return false;
    struct sha256 digest = sha256_of(buf_view(&blob));
    base64_encode(str_make(digest.bytes, sizeof(digest.bytes)), &text);
    while (text.size && text.data[text.size - 1] == '=')
        text.size--;
    ret->fingerprint = arena_printf(a, "SHA256:%.*s", STR_ARGS(buf_view(&text)));
    ret->comment = str_trim(line);
    return true;
}

/* Options end at the first space that is not quoted. */
static struct str cut_options(struct str *line)
{
    struct str look = *line, word;
    if (str_next_word(&look, &word) && is_key_type(word))
        return STR("");
    bool is_quoted = false;
    size_t i = 0;
    for (; i < line->size && (is_quoted || (line->data[i] != ' ' && line->data[i] != '\t')); i++) {
        if (line->data[i] == '\\' && i + 1 < line->size)
            i++;
        else if (line->data[i] == '"')
            is_quoted = !is_quoted;
    }
    struct str options = str_slice(*line, 0, i);
    *line = str_trim(str_slice(*line, i, line->size));
    return options;
}

static void row_mode(struct rows *r, mode_t mode)
{
    char octal[16];
    snprintf(octal, sizeof(octal), "%04o", (unsigned)mode & 07777);
    row_cstr(r, octal);
}

/* ---- ssh_authorized_keys ---- */

struct account {
    struct str name, home;
    int64_t uid;
};

/* %h, %u, %U and %% of AuthorizedKeysFile; what does not begin with / lies in the home directory. */
static struct str expand(struct arena *a, struct str pattern, const struct account *who)
{
    struct buf BUF_AUTO out;
    buf_init(&out, 8192);
    for (size_t i = 0; i < pattern.size; i++) {
        char c = pattern.data[i], next = i + 1 < pattern.size ? pattern.data[i + 1] : 0;
        if (c != '%' || !next) {
            buf_char(&out, c);
            continue;
        }
        i++;
        if (next == 'h')
            buf_str(&out, who->home);
        else if (next == 'u')
            buf_str(&out, who->name);
        else if (next == 'U')
            buf_printf(&out, "%lld", (long long)who->uid);
        else
            buf_char(&out, next);
    }
    if (out.size && out.data[0] == '/')
        return arena_str(a, buf_view(&out));
    return arena_printf(a, "%.*s/%.*s", STR_ARGS(who->home), STR_ARGS(buf_view(&out)));
}

static bool is_safe(struct gather *g, struct str path, int64_t uid)
{
    struct file_facts f;
    struct err e = {0};
    return source_stat(g->source, arena_strndup(g->arena, path.data, path.size), true, &f, &e) && (f.uid == uid || f.uid == 0) &&
           !(f.mode & 022);
}

static struct str folder_of(struct str path)
{
    size_t i = path.size;
    while (i > 1 && path.data[i - 1] != '/')
        i--;
    return str_slice(path, 0, i > 1 ? i - 1 : 1);
}

static void show_key(struct gather *g, const struct account *who, struct str path, int64_t number, struct str line,
                     const struct file_facts *f, bool is_file_safe)
{
    struct public_key k;
    struct str options = cut_options(&line);
    bool is_whole = read_key(g->arena, line, &k);
    struct str no = {0};
    row_begin(g->rows);
    row_text(g->rows, who->name);
    row_text(g->rows, path);
    row_int(g->rows, number);
    row_text(g->rows, is_whole ? k.type : no);
    is_whole &&k.bits ? row_int(g->rows, k.bits) : row_null(g->rows);
    row_text(g->rows, is_whole ? k.fingerprint : no);
    row_text(g->rows, is_whole ? k.comment : no);
    row_text(g->rows, options);
    row_mode(g->rows, f->mode);
    row_int(g->rows, f->uid);
    row_bool(g->rows, is_file_safe);
    row_end(g->rows);
    if (!is_whole)
        gather_missing(g, conf_origin(g->arena, path, number), "the key", "the line is malformed");
}

static void read_keys(struct gather *g, const struct account *who, struct str path)
{
    struct file_facts f;
    struct str text, line;
    struct err e = {0};
    if (!source_stat(g->source, path.data, true, &f, &e)) {
        if (e.code != ERR_NOT_FOUND && e.code != ERR_INVALID)
            gather_missing(g, path, "keys", e.text);
        return;
    }
    if (!source_read(g->source, g->arena, path.data, CONF_FILE_BYTES_MAX, &text, &e)) {
        gather_missing(g, path, "keys", e.text);
        return;
    }
    bool is_file_safe = is_safe(g, path, who->uid) && is_safe(g, folder_of(path), who->uid) && is_safe(g, who->home, who->uid);
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line))
        show_key(g, who, path, r.line, line, &f, is_file_safe);
}

static void read_account(struct gather *g, const struct account *who, const struct str *patterns, size_t count)
{
    struct str seen[32];
    size_t seen_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct str left = patterns[i], word;
        while (str_next_word(&left, &word) && seen_count < sizeof(seen) / sizeof(seen[0])) {
            struct str path = expand(g->arena, word, who);
            bool is_seen = str_is(word, "none");
            for (size_t k = 0; k < seen_count; k++)
                is_seen = is_seen || str_equal(seen[k], path);
            if (!is_seen)
                read_keys(g, who, seen[seen_count++] = path);
        }
    }
}

/* One line of passwd(5). A service repeats what the files have; two lines of a file are two accounts. */
static void read_keys_of_line(struct gather *g, struct names_met *met, struct str line, bool is_of_service,
                              struct str *patterns, size_t count)
{
    struct str f[7] = {{0}};
    for (size_t i = 0; i < 7 && str_cut(&line, ':', &f[i]); i++)
        ;
    struct account who = {.name = f[0], .home = f[5]};
    bool is_new = names_meet(g->arena, met, f[0]);
    if (f[5].size && f[5].data[0] == '/' && str_to_int64(f[2], &who.uid) && (is_new || !is_of_service))
        read_account(g, &who, patterns, count);
}

static bool ssh_authorized_keys_gather(struct gather *g, struct err *e)
{
    struct str text, line, *patterns, *commands;
    if (!source_read(g->source, g->arena, "/etc/passwd", LIMIT_READ_FILE_BYTES, &text, e))
        return false;
    size_t count = sshd_values(g, "authorizedkeysfile", &patterns),
           command_count = sshd_values(g, "authorizedkeyscommand", &commands);
    for (size_t i = 0; i < command_count; i++)
        if (!str_is(commands[i], "none"))
            gather_missing(g, commands[i], "keys that a command gives", "AuthorizedKeysCommand is set, and is not run");
    struct names_met met = {0};
    struct services services;
    while (str_next_line(&text, &line) && !gather_is_late(g))
        read_keys_of_line(g, &met, line, false, patterns, count);
    services_read(g, "passwd", &services);
    for (size_t i = 0; i < services.count; i++)
        if (service_lines(g, "passwd", services.names[i], &text))
            while (str_next_line(&text, &line) && !gather_is_late(g))
                read_keys_of_line(g, &met, line, true, patterns, count);
    if (gather_is_late(g))
        gather_missing(g, STR("/etc/passwd"), "keys of further accounts", "the time limit was reached");
    return true;
}

/* ---- ssh_host_keys ---- */

static void show_host_key(struct gather *g, struct str path)
{
    struct str text, private_path = arena_str(g->arena, str_slice(path, 0, path.size - 4));
    struct public_key k;
    struct file_facts f, private_facts;
    struct err e = {0}, unread = {0};
    if (!source_read(g->source, g->arena, path.data, CONF_FILE_BYTES_MAX, &text, &e) ||
        !source_stat(g->source, path.data, true, &f, &e)) {
        gather_missing(g, path, "the key", e.text);
        return;
    }
    if (!read_key(g->arena, str_trim(text), &k)) {
        gather_missing(g, path, "the key", "it is no public key of OpenSSH");
        return;
    }
    bool has_private = source_stat(g->source, private_path.data, true, &private_facts, &unread);
    row_begin(g->rows);
    row_text(g->rows, path);
    row_text(g->rows, k.type);
    k.bits ? row_int(g->rows, k.bits) : row_null(g->rows);
    row_text(g->rows, k.fingerprint);
    row_mode(g->rows, f.mode);
    if (has_private) {
        row_mode(g->rows, private_facts.mode);
        row_int(g->rows, private_facts.uid);
        row_int(g->rows, private_facts.gid);
    } else {
        row_null(g->rows);
        row_null(g->rows);
        row_null(g->rows);
    }
    row_end(g->rows);
}

static bool ssh_host_keys_gather(struct gather *g, struct err *e)
{
    (void)e;
    struct conf_paths paths = {0};
    conf_glob(g, "/etc/ssh/ssh_host_*_key.pub", &paths);
    for (size_t i = 0; i < paths.count; i++)
        show_host_key(g, paths.items[i]);
    return true;
}

const struct host_table ssh_authorized_keys_table = {
    .schema = &ssh_authorized_keys_schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = ssh_authorized_keys_gather,
};

const struct host_table ssh_host_keys_table = {
    .schema = &ssh_host_keys_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = ssh_host_keys_gather,
};
