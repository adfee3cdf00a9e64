#include "web/session.h"
#include "base/limits.h"
#include "base/times.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "web/web.h"
#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ATTEMPTS_PER_MINUTE = 30 };

struct slot {
    bool is_used;
    struct sha256 hash;
    struct session session;
};

struct sessions {
    pthread_mutex_t mutex;        /* guards slots, attempts and db */
    pthread_mutex_t redeem_mutex; /* one sign-in at a time: a link is used once */
    const struct env *env;
    struct db *db;
    uint8_t secret[SHA256_SIZE];
    struct slot slots[SESSIONS_MAX];
    int64_t attempts_since_ms;
    int attempts;
};

static const char schema[] =
    "create table if not exists secret(id integer primary key, bytes blob not null) strict;"
    "create table if not exists link(hash text primary key, expires_at integer not null) strict, without rowid;"
    "create table if not exists session(hash text primary key, actor text not null, created_at integer not null,"
    " seen_at integer not null) strict, without rowid;";

static struct db *volatile_open(const char *data_dir, struct err *e)
{
    char path[PATH_MAX];
    int size = snprintf(path, sizeof(path), "%s/volatile.db", data_dir);
    if (size < 0 || (size_t)size >= sizeof(path)) {
        err_set(e, ERR_INVALID, "%s: the path is too long", data_dir);
        return NULL;
    }
    mode_t before = umask(0077);
    struct db *db = db_open(path, DB_WRITE, e);
    if (db && !db_script(db, schema, e))
        db = db_close(db);
    umask(before);
    return db;
}

static void token_new(const struct env *env, char ret[SESSION_TOKEN_SIZE])
{
    uint8_t bytes[32];
    env_random(env, bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), ret);
    memory_wipe(bytes, sizeof(bytes));
}

static bool token_hash(struct str token, struct sha256 *ret, char ret_hex[65])
{
    uint8_t bytes[32];
    if (!hex_decode(token, bytes, sizeof(bytes)))
        return false;
    *ret = sha256_of(token);
    if (ret_hex)
        hex_encode(ret->bytes, sizeof(ret->bytes), ret_hex);
    return true;
}

bool web_link_new(const char *data_dir, const struct env *env, char ret_token[WEB_TOKEN_SIZE], struct err *e)
{
    struct db *db = volatile_open(data_dir, e);
    if (!db)
        return false;
    char token[SESSION_TOKEN_SIZE], hex[65];
    struct sha256 hash;
    token_new(env, token);
    token_hash(str_of(token), &hash, hex);
    int64_t now_ms = env_now_ms(env);
    bool is_ok = db_run(db, e, "delete from link where expires_at < ?1", A(now_ms)) &&
                 db_run(db, e, "insert into link(hash, expires_at) values(?1, ?2)", A(hex), A(now_ms + LINK_LIFE_MS));
    db_close(db);
    if (!is_ok)
        return err_wrap(e, "sign-in link");
    memcpy(ret_token, token, sizeof(token));
    return true;
}

static void session_fill(struct sessions *s, struct session *ret, const struct sha256 *hash)
{
    char hex[65];
    uint8_t mac[SHA256_SIZE];
    hex_encode(hash->bytes, sizeof(hash->bytes), hex);
    memcpy(ret->id, hex, 16);
    ret->id[16] = 0;
    hmac_sha256(str_make(s->secret, sizeof(s->secret)), str_make(hash->bytes, sizeof(hash->bytes)), mac);
    hex_encode(mac, sizeof(mac), ret->csrf);
}

static bool is_over(const struct session *session, int64_t now_ms)
{
    return now_ms - session->seen_at_ms > SESSION_IDLE_MS || now_ms - session->created_at_ms > SESSION_LIFE_MS;
}

static bool secret_load(struct sessions *s, struct err *e)
{
    env_random(s->env, s->secret, sizeof(s->secret));
    if (!db_run(s->db, e, "insert or ignore into secret(id, bytes) values(1, ?1)", db_blob(s->secret, sizeof(s->secret))))
        return false;
    DB_EACH (row, s->db, e, "select bytes from secret where id = 1") {
        struct str bytes = db_bytes(row, 0);
        if (bytes.size != sizeof(s->secret))
            return err_set(e, ERR_CORRUPT, "volatile.db: the secret has %zu bytes", bytes.size);
        memcpy(s->secret, bytes.data, bytes.size);
    }
    return e->code == ERR_NONE;
}

static bool sessions_load(struct sessions *s, struct err *e)
{
    size_t n = 0;
    int64_t now_ms = env_now_ms(s->env);
    DB_EACH (row, s->db, e, "select hash, actor, created_at, seen_at from session order by seen_at desc") {
        struct slot *slot = &s->slots[n];
        if (n == SESSIONS_MAX || !hex_decode(db_text(row, 0), slot->hash.bytes, SHA256_SIZE))
            continue;
        slot->session.created_at_ms = db_int(row, 2);
        slot->session.seen_at_ms = db_int(row, 3);
        if (is_over(&slot->session, now_ms))
            continue;
        snprintf(slot->session.actor, sizeof(slot->session.actor), "%.*s", STR_ARGS(db_text(row, 1)));
        session_fill(s, &slot->session, &slot->hash);
        slot->is_used = true;
        n++;
    }
    return e->code == ERR_NONE;
}

struct sessions *sessions_open(const char *data_dir, const struct env *env, struct err *e)
{
    struct sessions *s = calloc(1, sizeof(*s));
    if (!s) {
        err_set(e, ERR_LIMIT, "no memory for sessions");
        return NULL;
    }
    pthread_mutex_init(&s->mutex, NULL);
    pthread_mutex_init(&s->redeem_mutex, NULL);
    s->env = env;
    s->db = volatile_open(data_dir, e);
    bool is_ok = s->db && secret_load(s, e) && sessions_load(s, e);
    if (!is_ok && e->code == ERR_CORRUPT) {
        char path[PATH_MAX];
        db_close(s->db);
        snprintf(path, sizeof(path), "%s/volatile.db", data_dir);
        unlink(path);
        *e = (struct err){0};
        s->db = volatile_open(data_dir, e);
        is_ok = s->db && secret_load(s, e);
    }
    if (is_ok)
        return s;
    err_wrap(e, "sessions");
    return sessions_close(s);
}

struct sessions *sessions_close(struct sessions *s)
{
    if (!s)
        return NULL;
    if (s->db) {
        sessions_tidy(s);
        db_close(s->db);
    }
    pthread_mutex_destroy(&s->mutex);
    pthread_mutex_destroy(&s->redeem_mutex);
    memory_wipe(s, sizeof(*s));
    free(s);
    return NULL;
}

static struct slot *slot_find(struct sessions *s, const struct sha256 *hash)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (s->slots[i].is_used && sha256_equal(s->slots[i].hash, *hash))
            return &s->slots[i];
    return NULL;
}

bool sessions_find(struct sessions *s, struct str token, struct session *ret)
{
    struct sha256 hash;
    if (!token_hash(token, &hash, NULL))
        return false;
    int64_t now_ms = env_now_ms(s->env);
    pthread_mutex_lock(&s->mutex);
    struct slot *slot = slot_find(s, &hash);
    bool is_found = slot && !is_over(&slot->session, now_ms);
    if (is_found) {
        if (now_ms > slot->session.seen_at_ms)
            slot->session.seen_at_ms = now_ms;
        *ret = slot->session;
    }
    pthread_mutex_unlock(&s->mutex);
    return is_found;
}

/* The link is there and not over. */
static bool link_check(struct sessions *s, const char *hex, int64_t now_ms, struct err *e)
{
    pthread_mutex_lock(&s->mutex);
    if (now_ms - s->attempts_since_ms >= MS_MINUTE) {
        s->attempts_since_ms = now_ms;
        s->attempts = 0;
    }
    bool is_ok = ++s->attempts <= ATTEMPTS_PER_MINUTE;
    if (!is_ok) {
        err_set(e, ERR_LIMIT, "more than %d sign-ins in a minute; wait a little", ATTEMPTS_PER_MINUTE);
    } else {
        int64_t expires_at = db_one_int(s->db, e, 0, "select expires_at from link where hash = ?1", A(hex));
        is_ok = e->code == ERR_NONE && expires_at >= now_ms;
        if (!is_ok && e->code == ERR_NONE)
            err_set(e, ERR_DENIED, "this sign-in link is not known, was used already, or is older than 15 minutes");
    }
    pthread_mutex_unlock(&s->mutex);
    return is_ok;
}

/* Free, else over, else least recently seen. */
static struct slot *slot_take(struct sessions *s, int64_t now_ms, struct err *e)
{
    struct slot *oldest = &s->slots[0];
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct slot *slot = &s->slots[i];
        if (!slot->is_used || is_over(&slot->session, now_ms)) {
            oldest = slot;
            break;
        }
        if (slot->session.seen_at_ms < oldest->session.seen_at_ms)
            oldest = slot;
    }
    char hex[65];
    hex_encode(oldest->hash.bytes, SHA256_SIZE, hex);
    if (oldest->is_used && !db_run(s->db, e, "delete from session where hash = ?1", A(hex)))
        return NULL;
    oldest->is_used = false;
    return oldest;
}

static bool session_store(struct sessions *s, const char *link_hex, const struct slot *fresh, struct err *e)
{
    char hex[65];
    hex_encode(fresh->hash.bytes, SHA256_SIZE, hex);
    pthread_mutex_lock(&s->mutex);
    struct slot *slot = slot_take(s, fresh->session.created_at_ms, e);
    bool is_ok = slot && db_run(s->db, e, "delete from link where hash = ?1", A(link_hex)) &&
                 db_run(s->db, e, "insert into session(hash, actor, created_at, seen_at) values(?1, ?2, ?3, ?3)", A(hex),
                        A(str_of(fresh->session.actor)), A(fresh->session.created_at_ms));
    if (is_ok)
        *slot = *fresh;
    pthread_mutex_unlock(&s->mutex);
    return is_ok;
}

bool sessions_redeem(struct sessions *s, struct str link_token,
                     bool (*record)(void *context, const struct session *session, struct err *e), void *context,
                     char ret_token[SESSION_TOKEN_SIZE], struct err *e)
{
    struct sha256 link_hash;
    char link_hex[65];
    if (!token_hash(link_token, &link_hash, link_hex))
        return err_set(e, ERR_DENIED, "this is no sign-in link: its token is 64 hex digits");
    int64_t now_ms = env_now_ms(s->env);
    struct slot fresh = {.is_used = true};
    char token[SESSION_TOKEN_SIZE];
    token_new(s->env, token);
    token_hash(str_of(token), &fresh.hash, NULL);
    session_fill(s, &fresh.session, &fresh.hash);
    snprintf(fresh.session.actor, sizeof(fresh.session.actor), "local:admin");
    fresh.session.created_at_ms = fresh.session.seen_at_ms = now_ms;

    pthread_mutex_lock(&s->redeem_mutex);
    bool is_ok =
        link_check(s, link_hex, now_ms, e) && record(context, &fresh.session, e) && session_store(s, link_hex, &fresh, e);
    pthread_mutex_unlock(&s->redeem_mutex);
    if (is_ok)
        memcpy(ret_token, token, sizeof(token));
    memory_wipe(token, sizeof(token));
    return is_ok;
}

bool sessions_end(struct sessions *s, struct str token)
{
    struct sha256 hash;
    char hex[65];
    if (!token_hash(token, &hash, hex))
        return false;
    struct err e = {0};
    pthread_mutex_lock(&s->mutex);
    struct slot *slot = slot_find(s, &hash);
    if (slot)
        memset(slot, 0, sizeof(*slot));
    bool is_gone = db_run(s->db, &e, "delete from session where hash = ?1", A(hex));
    pthread_mutex_unlock(&s->mutex);
    return slot && is_gone;
}

void sessions_tidy(struct sessions *s)
{
    struct err e = {0};
    int64_t now_ms = env_now_ms(s->env);
    pthread_mutex_lock(&s->mutex);
    for (size_t i = 0; i < SESSIONS_MAX && e.code == ERR_NONE; i++) {
        struct slot *slot = &s->slots[i];
        if (!slot->is_used)
            continue;
        char hex[65];
        hex_encode(slot->hash.bytes, SHA256_SIZE, hex);
        if (is_over(&slot->session, now_ms)) {
            slot->is_used = false;
            if (!db_run(s->db, &e, "delete from session where hash = ?1", A(hex)))
                break;
        } else if (!db_run(s->db, &e, "update session set seen_at = ?2 where hash = ?1 and seen_at < ?2", A(hex),
                           A(slot->session.seen_at_ms))) {
            break; /* tried again in a minute */
        }
    }
    if (e.code == ERR_NONE && !db_run(s->db, &e, "delete from link where expires_at < ?1", A(now_ms))) {
        /* likewise */
    }
    pthread_mutex_unlock(&s->mutex);
}
