/* sshd.c - the configuration of the OpenSSH server as it is in effect. */
#include "collect/host/sshd.h"
#include "collect/host/conf.h"
#include <stdlib.h>

static const struct column sshd_effective_columns[] = {
    {"key", COLUMN_TEXT, "", "The keyword in lower case."},
    {"value", COLUMN_TEXT, "", "The value, as sshd -T writes it; of lists one row each has the order in position."},
    {"position", COLUMN_INTEGER, "",
     "Place among the values of a keyword that may stand more than once (Port, ListenAddress, HostKey, "
     "AcceptEnv, AllowUsers ...), from 1."},
    {"match", COLUMN_TEXT, "", "The condition of the Match block; empty for all."},
    {"is_default", COLUMN_BOOL, "", "Nothing sets it: the built-in default."},
    {"origin", COLUMN_TEXT, "", "file:line, or default."},
};

static const struct table_schema sshd_effective_schema = {
    .name = "sshd_effective",
    .version = 1,
    .words = "A row is a setting of the OpenSSH server as it is in effect: of each keyword the first value wins, "
             "Include is followed in lexical order, Match blocks are kept apart, and what is not set has the built-in "
             "default.",
    .criteria = "CC6.1, CC6.6, CC6.7",
    .example = "SELECT value, origin FROM sshd_effective WHERE key = 'permitrootlogin' AND match = ''",
    .columns = sshd_effective_columns,
    .column_count = COLUMN_COUNT(sshd_effective_columns),
};

/* ---- what OpenSSH knows ---- */

enum kind {
    ONE,       /* the first value counts */
    MANY,      /* each line adds its words: AcceptEnv, AllowUsers */
    EACH,      /* each line is one value: Port, ListenAddress, HostKey, Subsystem */
    SECONDS,   /* the first counts; a time as "2m" */
    ALGORITHMS /* the first counts; +, - and ^ change the default */
};

struct keyword {
    const char *name;
    enum kind kind;
    const char *value;   /* the built-in default of OpenSSH 9.2; NULL: none */
    bool is_global_only; /* does not count inside Match */
};

#define CIPHERS "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com"
#define MACS                                                                                                        \
    "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com," \
    "hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1"
#define KEX                                                                                                                    \
    "sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384," \
    "ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"     \
    "diffie-hellman-group14-sha256"
#define SIGNATURES                                                                                                        \
    "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com," \
    "ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com,"                                       \
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,"    \
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,"                 \
    "sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256"

/* By name. */
static const struct keyword keywords[] = {
    {"acceptenv", MANY, NULL, false},
    {"addressfamily", ONE, "any", true},
    {"allowagentforwarding", ONE, "yes", false},
    {"allowgroups", MANY, NULL, false},
    {"allowstreamlocalforwarding", ONE, "yes", false},
    {"allowtcpforwarding", ONE, "yes", false},
    {"allowusers", MANY, NULL, false},
    {"authenticationmethods", MANY, "any", false},
    {"authorizedkeyscommand", ONE, "none", false},
    {"authorizedkeyscommanduser", ONE, "none", false},
    {"authorizedkeysfile", MANY, ".ssh/authorized_keys .ssh/authorized_keys2", false},
    {"authorizedprincipalsfile", ONE, "none", false},
    {"banner", ONE, "none", false},
    {"casignaturealgorithms", ALGORITHMS,
     "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@"
     "openssh.com,"
     "rsa-sha2-512,rsa-sha2-256",
     false},
    {"chrootdirectory", ONE, "none", false},
    {"ciphers", ALGORITHMS, CIPHERS, true},
    {"clientalivecountmax", ONE, "3", false},
    {"clientaliveinterval", SECONDS, "0", false},
    {"compression", ONE, "yes", true},
    {"denygroups", MANY, NULL, false},
    {"denyusers", MANY, NULL, false},
    {"disableforwarding", ONE, "no", false},
    {"exposeauthinfo", ONE, "no", false},
    {"fingerprinthash", ONE, "SHA256", true},
    {"forcecommand", ONE, "none", false},
    {"gatewayports", ONE, "no", false},
    {"gssapiauthentication", ONE, "no", false},
    {"gssapicleanupcredentials", ONE, "yes", true},
    {"hostbasedacceptedalgorithms", ALGORITHMS, SIGNATURES, false},
    {"hostbasedauthentication", ONE, "no", false},
    {"hostcertificate", EACH, NULL, true},
    {"hostkey", EACH, "/etc/ssh/ssh_host_rsa_key /etc/ssh/ssh_host_ecdsa_key /etc/ssh/ssh_host_ed25519_key", true},
    {"hostkeyalgorithms", ALGORITHMS, SIGNATURES, true},
    {"ignorerhosts", ONE, "yes", true},
    {"ignoreuserknownhosts", ONE, "no", false},
    {"kbdinteractiveauthentication", ONE, "yes", false},
    {"kerberosauthentication", ONE, "no", false},
    {"kexalgorithms", ALGORITHMS, KEX, true},
    {"listenaddress", EACH, "[::]:22 0.0.0.0:22", true},
    {"logingracetime", SECONDS, "120", true},
    {"loglevel", ONE, "INFO", false},
    {"macs", ALGORITHMS, MACS, true},
    {"maxauthtries", ONE, "6", false},
    {"maxsessions", ONE, "10", false},
    {"maxstartups", ONE, "10:30:100", true},
    {"passwordauthentication", ONE, "yes", false},
    {"permitemptypasswords", ONE, "no", false},
    {"permitlisten", MANY, "any", false},
    {"permitopen", MANY, "any", false},
    {"permitrootlogin", ONE, "without-password", false},
    {"permittty", ONE, "yes", false},
    {"permittunnel", ONE, "no", false},
    {"permituserenvironment", ONE, "no", true},
    {"permituserrc", ONE, "yes", false},
    {"persourcemaxstartups", ONE, "none", true},
    {"pidfile", ONE, "/run/sshd.pid", true},
    {"port", EACH, "22", true},
    {"printlastlog", ONE, "yes", true},
    {"printmotd", ONE, "yes", true},
    {"pubkeyacceptedalgorithms", ALGORITHMS, SIGNATURES, false},
    {"pubkeyauthentication", ONE, "yes", false},
    {"rekeylimit", ONE, "0 0", false},
    {"requiredrsasize", ONE, "1024", false},
    {"revokedkeys", ONE, "none", false},
    {"setenv", MANY, NULL, false},
    {"streamlocalbindmask", ONE, "0177", false},
    {"streamlocalbindunlink", ONE, "no", false},
    {"strictmodes", ONE, "yes", true},
    {"subsystem", EACH, NULL, true},
    {"syslogfacility", ONE, "AUTH", true},
    {"tcpkeepalive", ONE, "yes", true},
    {"trustedusercakeys", ONE, "none", false},
    {"usedns", ONE, "no", true},
    {"usepam", ONE, "no", true},
    {"versionaddendum", ONE, "none", true},
    {"x11displayoffset", ONE, "10", false},
    {"x11forwarding", ONE, "no", false},
    {"x11uselocalhost", ONE, "yes", false},
    {"xauthlocation", ONE, "/usr/bin/xauth", true},
};
enum { KEYWORD_COUNT = sizeof(keywords) / sizeof(keywords[0]) };

/* Older names of the same thing. */
static const char *const synonyms[][2] = {
    {"challengeresponseauthentication", "kbdinteractiveauthentication"},
    {"skeyauthentication", "kbdinteractiveauthentication"},
    {"dsaauthentication", "pubkeyauthentication"},
    {"pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"},
    {"hostbasedacceptedkeytypes", "hostbasedacceptedalgorithms"},
    {"authorizedkeysfile2", "authorizedkeysfile"},
};

static int compare_keyword(const void *key, const void *item)
{
    return str_compare(*(const struct str *)key, str_of(((const struct keyword *)item)->name));
}

static const struct keyword *find_keyword(struct str name)
{
    for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++)
        if (str_is(name, synonyms[i][0]))
            name = str_of(synonyms[i][1]);
    return bsearch(&name, keywords, KEYWORD_COUNT, sizeof(keywords[0]), compare_keyword);
}

/* ---- reading ---- */

struct setting {
    const struct keyword *keyword;
    struct str value, match, origin;
};

struct reading {
    struct gather *gather;
    struct setting *settings;
    size_t count, capacity;
    size_t files;
};

enum { SSHD_DEPTH_MAX = 16, SSHD_FILES_MAX = 500, SSHD_SETTINGS_MAX = 5000 };

/* The file being read, and the ones that include it. */
struct config {
    struct str path;
    int depth;
    const struct config *up;
};

static void read_config(struct reading *r, const struct config *c, struct str *match);

/* The rest of the line as words with one space between, quotes gone. */
static struct str words_of(struct arena *a, struct str line)
{
    struct buf BUF_AUTO out;
    struct str word;
    buf_init(&out, line.size + 1);
    while (conf_next_word(a, &line, &word)) {
        if (word.size && word.data[0] == '#')
            break;
        buf_cstr(&out, out.size ? " " : "");
        buf_str(&out, word);
    }
    return arena_str(a, buf_view(&out));
}

static bool is_open(const struct config *c, struct str path)
{
    for (; c; c = c->up)
        if (str_equal(c->path, path))
            return true;
    return false;
}

/* Inside Match, Include holds for that block; a Match in an included file ends with the file. */
static void include(struct reading *r, const struct config *from, struct str arguments, struct str match)
{
    struct gather *g = r->gather;
    struct str word;
    while (str_next_word(&arguments, &word)) {
        struct str pattern = word.data[0] == '/' ? word : arena_printf(g->arena, "/etc/ssh/%.*s", STR_ARGS(word));
        struct conf_paths paths = {0};
        conf_glob(g, arena_strndup(g->arena, pattern.data, pattern.size), &paths);
        for (size_t i = 0; i < paths.count; i++) {
            struct str own = match;
            struct config c = {.path = paths.items[i], .depth = from->depth + 1, .up = from};
            if (is_open(from, c.path) || c.depth > SSHD_DEPTH_MAX || r->files >= SSHD_FILES_MAX)
                gather_missing(g, from->path, "what it includes", "includes are nested too deeply, or in a circle");
            else
                read_config(r, &c, &own);
        }
    }
}

static void add_setting(struct reading *r, const struct keyword *k, struct str value, struct str match, struct str origin)
{
    if (r->count == SSHD_SETTINGS_MAX)
        return;
    if (r->count == r->capacity)
        r->settings = arena_grow(r->gather->arena, r->settings, r->count, &r->capacity, sizeof(*r->settings));
    r->settings[r->count++] = (struct setting){k, value, match, origin};
}

static void take_line(struct reading *r, const struct config *c, struct str line, int64_t number, struct str *match)
{
    struct gather *g = r->gather;
    struct str key, rest;
    size_t i = 0;
    while (i < line.size && line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '=')
        i++;
    key = conf_lower(g->arena, str_slice(line, 0, i));
    rest = str_trim(str_slice(line, i, line.size));
    if (rest.size && rest.data[0] == '=')
        rest = str_trim(str_slice(rest, 1, rest.size));
    struct str value = words_of(g->arena, rest);
    if (str_is(key, "match"))
        *match = str_is(conf_lower(g->arena, value), "all") ? STR("") : value;
    else if (str_is(key, "include"))
        include(r, c, value, *match);
    else if (value.size && find_keyword(key))
        add_setting(r, find_keyword(key), value, *match, conf_origin(g->arena, c->path, number));
}

static void read_config(struct reading *r, const struct config *c, struct str *match)
{
    struct str text, line;
    r->files++;
    if (!conf_read(r->gather, c->path.data, &text))
        return;
    struct conf_reader reader = conf_reader_of(r->gather->arena, text, "#");
    while (conf_next_line(&reader, &line) && !gather_is_late(r->gather))
        take_line(r, c, line, reader.line, match);
}

/* ---- values as sshd -T writes them ---- */

/* "1h30m" in seconds; as written when it is none. "none" of LoginGraceTime is 0. */
static struct str seconds_of(struct arena *a, struct str value)
{
    int64_t total = 0, number = 0;
    bool has_digits = false;
    if (str_is(value, "none"))
        return STR("0");
    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i];
        if (c >= '0' && c <= '9') {
            number = number * 10 + (c - '0');
            has_digits = true;
            if (number > INT32_MAX)
                return value;
            continue;
        }
        int64_t unit = c == 's' || c == 'S'   ? 1
                       : c == 'm' || c == 'M' ? 60
                       : c == 'h' || c == 'H' ? 3600
                       : c == 'd' || c == 'D' ? 86400
                       : c == 'w' || c == 'W' ? 604800
                                              : 0;
        if (!unit || !has_digits)
            return value;
        total += number * unit;
        number = 0;
        has_digits = false;
    }
    return arena_printf(a, "%lld", (long long)(total + number));
}

static bool list_matches(struct str patterns, struct str name)
{
    struct str pattern;
    while (patterns.size) {
        str_cut(&patterns, ',', &pattern);
        if (conf_match(pattern, name, false))
            return true;
    }
    return false;
}

static void append_item(struct buf *out, struct str item)
{
    buf_cstr(out, out->size ? "," : "");
    buf_str(out, item);
}

/* +list adds, -list takes out, ^list puts in front. */
static struct str algorithms_of(struct arena *a, struct str value, const char *otherwise)
{
    char how = value.size ? value.data[0] : 0;
    if (how != '+' && how != '-' && how != '^')
        return value;
    struct str change = str_slice(value, 1, value.size), base = str_of(otherwise), item;
    struct buf BUF_AUTO out;
    buf_init(&out, 1 << 16);
    if (how == '^')
        buf_str(&out, change);
    while (base.size) {
        str_cut(&base, ',', &item);
        if (how == '+' || !list_matches(change, item))
            append_item(&out, item);
    }
    if (how == '+')
        append_item(&out, change);
    return arena_str(a, buf_view(&out));
}

static struct str value_of(struct arena *a, const struct setting *s)
{
    static const char *const switches[] = {"yes",    "no", "any", "none", "all", "local", "remote", "delayed", "clientspecified",
                                           "sandbox"};
    switch (s->keyword->kind) {
    case SECONDS:
        return seconds_of(a, s->value);
    case ALGORITHMS:
        return algorithms_of(a, s->value, s->keyword->value);
    case ONE:
        if (strcmp(s->keyword->name, "permitrootlogin") == 0)
            return conf_equal_nocase(s->value, "prohibit-password") ? STR("without-password") : conf_lower(a, s->value);
        if (strcmp(s->keyword->name, "loglevel") == 0 && conf_equal_nocase(s->value, "quiet"))
            return STR("QUIET");
        for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
            if (conf_equal_nocase(s->value, switches[i]))
                return str_of(switches[i]);
        return s->value;
    default:
        return s->value;
    }
}

/* ---- what is in effect ---- */

static void show(struct gather *g, const struct keyword *k, struct str value, int64_t position, struct str match, bool is_default,
                 struct str origin)
{
    row_begin(g->rows);
    row_cstr(g->rows, k->name);
    row_text(g->rows, value);
    row_int(g->rows, position);
    row_text(g->rows, match);
    row_bool(g->rows, is_default);
    row_text(g->rows, origin);
    row_end(g->rows);
}

static bool is_first_of(const struct reading *r, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (r->settings[i].keyword == r->settings[at].keyword && str_equal(r->settings[i].match, r->settings[at].match))
            return false;
    return true;
}

/* AllowUsers and the like take words from every line; AuthorizedKeysFile and AuthenticationMethods only from the first. */
static bool adds_up(const struct keyword *k)
{
    static const char *const adding[] = {"acceptenv", "allowgroups", "allowusers", "denygroups", "denyusers"};
    for (size_t i = 0; i < sizeof(adding) / sizeof(adding[0]); i++)
        if (strcmp(k->name, adding[i]) == 0)
            return true;
    return k->kind == EACH;
}

static void show_settings(struct reading *r)
{
    struct gather *g = r->gather;
    for (size_t i = 0; i < r->count; i++) {
        const struct setting *s = &r->settings[i];
        if (!is_first_of(r, i))
            continue;
        if (s->keyword->is_global_only && s->match.size)
            continue;
        if (!adds_up(s->keyword)) {
            show(g, s->keyword, value_of(g->arena, s), 1, s->match, false, s->origin);
            continue;
        }
        int64_t position = 0;
        for (size_t k = i; k < r->count; k++) {
            const struct setting *more = &r->settings[k];
            if (more->keyword != s->keyword || !str_equal(more->match, s->match))
                continue;
            struct str words = more->value, word;
            if (s->keyword->kind == EACH)
                show(g, s->keyword, more->value, ++position, s->match, false, more->origin);
            else
                while (str_next_word(&words, &word))
                    show(g, s->keyword, word, ++position, s->match, false, more->origin);
        }
    }
}

static void show_defaults(struct reading *r)
{
    for (size_t k = 0; k < KEYWORD_COUNT; k++) {
        bool is_set = false;
        for (size_t i = 0; i < r->count && !is_set; i++)
            is_set = r->settings[i].keyword == &keywords[k] && r->settings[i].match.size == 0;
        if (is_set || !keywords[k].value)
            continue;
        struct str values = str_of(keywords[k].value), word;
        int64_t position = 0;
        if (keywords[k].kind != EACH)
            show(r->gather, &keywords[k], values, 1, STR(""), true, STR("default"));
        else
            while (str_next_word(&values, &word))
                show(r->gather, &keywords[k], word, ++position, STR(""), true, STR("default"));
    }
}

/* Without the program nothing serves, whatever a left-over configuration says. */
static bool has_server(struct gather *g)
{
    return conf_exists(g, "/usr/sbin/sshd") || conf_exists(g, "/usr/local/sbin/sshd") || conf_exists(g, "/usr/bin/sshd");
}

size_t sshd_values(struct gather *g, const char *key, struct str **ret)
{
    struct reading r = {.gather = g};
    struct str match = STR("");
    const struct keyword *k = find_keyword(str_of(key));
    size_t count = 0;
    bool is_set = false;
    read_config(&r, &(struct config){.path = STR("/etc/ssh/sshd_config")}, &match);
    struct str *values = arena_array(g->arena, r.count + 1, sizeof(*values));
    for (size_t i = 0; i < r.count; i++) {
        if (r.settings[i].keyword != k || !is_first_of(&r, i))
            continue;
        values[count++] = r.settings[i].value;
        is_set = is_set || r.settings[i].match.size == 0;
    }
    if (!is_set && k->value)
        values[count++] = str_of(k->value);
    *ret = values;
    return count;
}

static bool sshd_effective_gather(struct gather *g, struct err *e)
{
    struct reading r = {.gather = g};
    struct str match = STR(""), text;
    struct err unread = {0};
    if (!has_server(g))
        return true;
    if (!source_read(g->source, g->arena, "/etc/ssh/sshd_config", CONF_FILE_BYTES_MAX, &text, &unread) &&
        unread.code != ERR_NOT_FOUND) {
        *e = unread;
        return false;
    }
    read_config(&r, &(struct config){.path = STR("/etc/ssh/sshd_config")}, &match);
    show_settings(&r);
    show_defaults(&r);
    if (r.count == SSHD_SETTINGS_MAX || gather_is_late(g))
        gather_missing(g, STR("/etc/ssh"), "further settings", "there are more settings than can be read");
    return true;
}

const struct host_table sshd_effective_table = {
    .schema = &sshd_effective_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = sshd_effective_gather,
};
