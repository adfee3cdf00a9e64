/* shadow.c - the state of passwords (/etc/shadow) and the defaults for new ones (/etc/login.defs). */
#include "base/limits.h"
#include "base/times.h"
#include "collect/host/conf.h"
#include "collect/host/host.h"

static const struct column shadow_columns[] = {
    {"username", COLUMN_TEXT, "", "The account.", COLUMN_PERSONAL},
    {"state", COLUMN_TEXT, "",
     "password (a hash is set), locked (a hash with ! in front), no_password (* or !: never usable), empty "
     "(signs in without a password) or invalid."},
    {"hash_alg", COLUMN_TEXT, "",
     "yescrypt, gost_yescrypt, scrypt, sha512, sha256, bcrypt, md5, des, bsdi or unknown; null without a hash."},
    {"rounds", COLUMN_INTEGER, "", "Rounds or cost, where the method says it."},
    {"last_change", COLUMN_TIME, "",
     "Day of the last change of password; null if not known, 0 if it must be changed at the next sign-in."},
    {"must_change", COLUMN_BOOL, "", "A change is forced at the next sign-in."},
    {"min_days", COLUMN_INTEGER, "days", "Days before the password may be changed again."},
    {"max_days", COLUMN_INTEGER, "days", "Days after which it must be changed; null: never."},
    {"warn_days", COLUMN_INTEGER, "days", "Days of warning before."},
    {"inactive_days", COLUMN_INTEGER, "days", "Days after expiry until the account is closed; null: never."},
    {"expire", COLUMN_TIME, "", "Day on which the account closes; null: never."},
    {"source", COLUMN_TEXT, "", "file:line."},
};

static const struct table_schema shadow_schema = {
    .name = "shadow",
    .version = 1,
    .words = "A row is a line of /etc/shadow. The hash itself is dropped at reading: only its method and state stay.",
    .criteria = "CC6.1",
    .example = "SELECT username, hash_alg FROM shadow WHERE state = 'password' AND hash_alg NOT IN ('yescrypt', 'sha512')",
    .columns = shadow_columns,
    .column_count = COLUMN_COUNT(shadow_columns),
};

static const struct column login_defs_columns[] = {
    {"key", COLUMN_TEXT, "", "The setting."},
    {"value", COLUMN_TEXT, "", "As written."},
    {"source", COLUMN_TEXT, "", "file:line."},
};

static const struct table_schema login_defs_schema = {
    .name = "login_defs",
    .version = 1,
    .words = "A row is a setting of /etc/login.defs; of a key that is set twice the last one counts.",
    .criteria = "CC6.1",
    .example = "SELECT value FROM login_defs WHERE key = 'PASS_MAX_DAYS'",
    .columns = login_defs_columns,
    .column_count = COLUMN_COUNT(login_defs_columns),
};

/* ---- shadow ---- */

/* crypt(5). `hash` comes with salt and hash taken out already; a lock in front is cut off by the caller. */
static const char *hash_method(struct str hash)
{
    static const struct {
        const char *prefix, *name;
    } methods[] = {{"$y$", "yescrypt"}, {"$gy$", "gost_yescrypt"}, {"$7$", "scrypt"},
                   {"$6$", "sha512"},   {"$5$", "sha256"},         {"$2", "bcrypt"},
                   {"$1$", "md5"},      {"$md5", "md5"},           {"_", "bsdi"}};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (str_starts(hash, methods[i].prefix))
            return methods[i].name;
    return hash.data[0] == '$' ? "unknown" : "des";
}

/* rounds=N of SHA, the cost of bcrypt; the parameters of yescrypt are no plain number. */
static bool hash_rounds(struct str hash, int64_t *ret)
{
    struct str part;
    str_cut(&hash, '$', &part); /* the empty one in front */
    str_cut(&hash, '$', &part);
    bool is_bcrypt = str_starts(part, "2");
    bool is_sha = str_is(part, "5") || str_is(part, "6");
    str_cut(&hash, '$', &part);
    if (is_bcrypt)
        return str_to_int64(part, ret);
    if (is_sha && str_starts(part, "rounds="))
        return str_to_int64(str_slice(part, 7, part.size), ret);
    if (is_sha)
        *ret = 5000; /* the default of crypt(5) */
    return is_sha;
}

static void row_number(struct rows *r, struct str field, int64_t unit)
{
    int64_t value;
    if (str_to_int64(field, &value) && value >= 0 && value < INT64_MAX / MS_DAY)
        row_int(r, value * unit);
    else
        row_null(r);
}

static void row_password(struct rows *r, struct str field)
{
    struct str hash = field;
    while (hash.size && (hash.data[0] == '!' || hash.data[0] == '*'))
        hash = str_slice(hash, 1, hash.size);
    bool is_prefixed = hash.size < field.size;
    bool is_hash = hash.size && !str_is(hash, "x") && !str_is(hash, "NP") && !str_is(hash, "LK");
    int64_t rounds = 0;
    row_cstr(r, field.size == 0            ? "empty"
                : is_hash                  ? (is_prefixed ? "locked" : "password")
                : is_prefixed || hash.size ? "no_password"
                                           : "invalid");
    row_cstr(r, is_hash ? hash_method(hash) : NULL);
    is_hash &&hash_rounds(hash, &rounds) ? row_int(r, rounds) : row_null(r);
}

static void shadow_row(struct gather *g, struct str line, int64_t number)
{
    struct str f[9] = {{0}};
    size_t count = 0;
    bool has_more = true;
    while (has_more && count < 9)
        has_more = str_cut(&line, ':', &f[count++]);
    if (count < 8 || f[0].size == 0) {
        gather_missing(g, conf_origin(g->arena, STR("/etc/shadow"), number), "one line", "the line is malformed");
        return;
    }
    struct rows *r = g->rows;
    row_begin(r);
    row_text(r, f[0]);
    row_password(r, f[1]);
    row_number(r, f[2], MS_DAY);
    row_bool(r, str_is(f[2], "0"));
    row_number(r, f[3], 1);
    int64_t max_days;
    bool has_maximum = str_to_int64(f[4], &max_days) && max_days >= 0 && max_days < 10000; /* 99999 means never, shadow(5) */
    has_maximum ? row_int(r, max_days) : row_null(r);
    row_number(r, f[5], 1);
    row_number(r, f[6], 1);
    row_number(r, f[7], MS_DAY);
    row_text(r, conf_origin(g->arena, STR("/etc/shadow"), number));
    row_end(r);
}

static bool shadow_gather(struct gather *g, struct err *e)
{
    struct str text, line;
    if (!source_read(g->source, g->arena, "/etc/shadow", LIMIT_READ_FILE_BYTES, &text, e))
        return false;
    for (int64_t number = 1; str_next_line(&text, &line); number++)
        if (line.size && line.data[0] != '#' && line.data[0] != '+' && line.data[0] != '-')
            shadow_row(g, line, number);
    return true;
}

/* ---- login_defs ---- */

static bool login_defs_gather(struct gather *g, struct err *e)
{
    struct setting {
        struct str key, value;
        int64_t line;
    } *settings = NULL;
    size_t count = 0, capacity = 0;
    struct str text, line, key, value;
    if (!source_read(g->source, g->arena, "/etc/login.defs", LIMIT_READ_FILE_BYTES, &text, e))
        return e->code == ERR_NOT_FOUND;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        if (!conf_key_value(line, &key, &value))
            continue;
        size_t at = 0;
        while (at < count && !str_equal(settings[at].key, key))
            at++;
        if (at == count && count == capacity)
            settings = arena_grow(g->arena, settings, count, &capacity, sizeof(*settings));
        count += at == count;
        settings[at] = (struct setting){key, value, r.line};
    }
    for (size_t i = 0; i < count; i++) {
        row_begin(g->rows);
        row_text(g->rows, settings[i].key);
        row_text(g->rows, settings[i].value);
        row_text(g->rows, conf_origin(g->arena, STR("/etc/login.defs"), settings[i].line));
        row_end(g->rows);
    }
    return true;
}

const struct host_table shadow_table = {
    .schema = &shadow_schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = shadow_gather,
};

const struct host_table login_defs_table = {
    .schema = &login_defs_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = login_defs_gather,
};
