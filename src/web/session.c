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
    size_t slots_touched; /* further ones were never used */
    int64_t attempts_since_ms;
    int attempts;
};

/* Tables of earlier versions go: sign-ins are not missed. */
static const char schema[] =
    "drop table if exists link; drop table if exists session;"
    "create table if not exists secret(id integer primary key, bytes blob not null) strict;"
    "create table if not exists one_time(hash text primary key, expires_at integer not null, actor text not null) strict, without rowid;"
    "create table if not exists signed_in(hash text primary key, actor text not null, how text not null, factors integer not null, peer text not null,"
    " agent text not null, created_at integer not null, seen_at integer not null, stepped_up_at integer not null) strict, without rowid;"
    "create table if not exists otp(credential text primary key, counter integer not null) strict, without rowid;";

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

bool web_link_new(const char *data_dir, const struct env *env, const char *actor, int64_t life_ms, char ret_token[WEB_TOKEN_SIZE], struct err *e)
{
    struct db *db = volatile_open(data_dir, e);
    if (!db)
        return false;
    char token[SESSION_TOKEN_SIZE], hex[65];
    struct sha256 hash;
    token_new(env, token);
    token_hash(str_of(token), &hash, hex);
    int64_t now_ms = env_now_ms(env);
    bool is_ok = db_run(db, e, "delete from one_time where expires_at < ?1", A(now_ms)) &&
                 db_run(db, e, "insert into one_time(hash, expires_at, actor) values(?1, ?2, ?3)", A(hex), A(now_ms + life_ms), A(actor));
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

static void text_copy(char *ret, size_t size, struct str text)
{
    snprintf(ret, size, "%.*s", STR_ARGS(text));
}

static bool sessions_load(struct sessions *s, struct err *e)
{
    int64_t now_ms = env_now_ms(s->env);
    DB_EACH (row, s->db, e,
             "select hash, actor, how, factors, peer, agent, created_at, seen_at, stepped_up_at from signed_in order by seen_at desc") {
        struct slot *slot = &s->slots[s->slots_touched];
        if (s->slots_touched == SESSIONS_MAX || !hex_decode(db_text(row, 0), slot->hash.bytes, SHA256_SIZE))
            continue;
        struct session *session = &slot->session;
        session->created_at_ms = db_int(row, 6);
        session->seen_at_ms = db_int(row, 7);
        session->stepped_up_at_ms = db_int(row, 8);
        if (is_over(session, now_ms))
            continue;
        text_copy(session->actor, sizeof(session->actor), db_text(row, 1));
        text_copy(session->how, sizeof(session->how), db_text(row, 2));
        session->factors = (int)db_int(row, 3);
        text_copy(session->peer, sizeof(session->peer), db_text(row, 4));
        text_copy(session->agent, sizeof(session->agent), db_text(row, 5));
        session_fill(s, session, &slot->hash);
        slot->is_used = true;
        s->slots_touched++;
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
    for (size_t i = 0; i < s->slots_touched; i++)
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

/* ---- beginning ---- */

/* The link is there and not over. */
static bool link_check(struct sessions *s, const char *hex, int64_t now_ms, char ret_actor[SESSION_ACTOR_SIZE], struct err *e)
{
    pthread_mutex_lock(&s->mutex);
    if (now_ms - s->attempts_since_ms >= MS_MINUTE) {
        s->attempts_since_ms = now_ms;
        s->attempts = 0;
    }
    bool is_ok = ++s->attempts <= ATTEMPTS_PER_MINUTE, is_found = false;
    if (!is_ok) {
        err_set(e, ERR_LIMIT, "more than %d sign-ins in a minute; wait a little", ATTEMPTS_PER_MINUTE);
    } else {
        DB_EACH (row, s->db, e, "select actor from one_time where hash = ?1 and expires_at >= ?2", A(hex), A(now_ms)) {
            text_copy(ret_actor, SESSION_ACTOR_SIZE, db_text(row, 0));
            is_found = true;
        }
        if (!is_found && e->code == ERR_NONE)
            err_set(e, ERR_DENIED, "this sign-in link is not known, was used already, or is over");
    }
    pthread_mutex_unlock(&s->mutex);
    return is_found;
}

/* Under the mutex. */
static bool slot_free(struct sessions *s, struct slot *slot, struct err *e)
{
    char hex[65];
    hex_encode(slot->hash.bytes, SHA256_SIZE, hex);
    memset(slot, 0, sizeof(*slot));
    return db_run(s->db, e, "delete from signed_in where hash = ?1", A(hex));
}

/* Free, else over, else least recently seen; and whoever has too many loses the one seen least recently. */
static struct slot *slot_take(struct sessions *s, const char *actor, int64_t now_ms, struct err *e)
{
    struct slot *oldest = NULL, *own = NULL, *empty = NULL;
    int own_count = 0;
    for (size_t i = 0; i < s->slots_touched; i++) {
        struct slot *slot = &s->slots[i];
        if (slot->is_used && is_over(&slot->session, now_ms) && !slot_free(s, slot, e))
            return NULL;
        if (!slot->is_used) {
            empty = slot;
            continue;
        }
        oldest = !oldest || slot->session.seen_at_ms < oldest->session.seen_at_ms ? slot : oldest;
        if (strcmp(slot->session.actor, actor) == 0) {
            own_count++;
            own = !own || slot->session.seen_at_ms < own->session.seen_at_ms ? slot : own;
        }
    }
    if (own_count >= SESSIONS_PER_ACTOR_MAX)
        return slot_free(s, own, e) ? own : NULL;
    if (empty)
        return empty;
    if (s->slots_touched < SESSIONS_MAX)
        return &s->slots[s->slots_touched++];
    return slot_free(s, oldest, e) ? oldest : NULL;
}

static bool session_store(struct sessions *s, const char *link_hex, const struct slot *fresh, struct err *e)
{
    char hex[65];
    const struct session *f = &fresh->session;
    hex_encode(fresh->hash.bytes, SHA256_SIZE, hex);
    pthread_mutex_lock(&s->mutex);
    struct slot *slot = slot_take(s, f->actor, f->seen_at_ms, e);
    bool is_ok = slot && (!link_hex || db_run(s->db, e, "delete from one_time where hash = ?1", A(link_hex))) &&
                 db_run(s->db, e,
                        "insert into signed_in(hash, actor, how, factors, peer, agent, created_at, seen_at, stepped_up_at)"
                        " values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                        A(hex), A(str_of(f->actor)), A(str_of(f->how)), A(f->factors), A(str_of(f->peer)), A(str_of(f->agent)), A(f->created_at_ms),
                        A(f->seen_at_ms), A(f->stepped_up_at_ms));
    if (is_ok)
        *slot = *fresh;
    pthread_mutex_unlock(&s->mutex);
    return is_ok;
}

static void session_new(struct sessions *s, const struct session *like, struct slot *ret, char ret_token[SESSION_TOKEN_SIZE])
{
    *ret = (struct slot){.is_used = true, .session = *like};
    token_new(s->env, ret_token);
    token_hash(str_of(ret_token), &ret->hash, NULL);
    session_fill(s, &ret->session, &ret->hash);
    int64_t now_ms = env_now_ms(s->env);
    ret->session.created_at_ms = ret->session.seen_at_ms = now_ms;
    ret->session.stepped_up_at_ms = like->is_unasked ? 0 : now_ms;
    ret->session.is_unasked = false;
}

bool sessions_begin(struct sessions *s, const struct session *like, session_record *record, void *context, char ret_token[SESSION_TOKEN_SIZE],
                    struct err *e)
{
    struct slot fresh;
    char token[SESSION_TOKEN_SIZE];
    session_new(s, like, &fresh, token);
    bool is_ok = record(context, &fresh.session, e) && session_store(s, NULL, &fresh, e);
    if (is_ok)
        memcpy(ret_token, token, sizeof(token));
    memory_wipe(token, sizeof(token));
    return is_ok;
}

static bool link_hash(struct str link_token, char ret_hex[65], struct err *e)
{
    struct sha256 hash;
    return token_hash(link_token, &hash, ret_hex) || err_set(e, ERR_DENIED, "this is no sign-in link: its token is 64 hex digits");
}

bool sessions_link_actor(struct sessions *s, struct str link_token, char ret_actor[SESSION_ACTOR_SIZE], struct err *e)
{
    char hex[65];
    return link_hash(link_token, hex, e) && link_check(s, hex, env_now_ms(s->env), ret_actor, e);
}

bool sessions_redeem(struct sessions *s, struct str link_token, const struct session *like, session_record *record, void *context,
                     char ret_token[SESSION_TOKEN_SIZE], struct err *e)
{
    char link_hex[65], token[SESSION_TOKEN_SIZE];
    struct slot fresh;
    if (!link_hash(link_token, link_hex, e))
        return false;
    session_new(s, like, &fresh, token);
    snprintf(fresh.session.how, sizeof(fresh.session.how), "link");

    pthread_mutex_lock(&s->redeem_mutex);
    bool is_ok = link_check(s, link_hex, fresh.session.created_at_ms, fresh.session.actor, e);
    /* Whoever may write the data directory has the machine; a link that was sent to somebody is one factor. */
    fresh.session.factors = strcmp(fresh.session.actor, "local:admin") == 0 ? 2 : 1;
    is_ok = is_ok && record(context, &fresh.session, e) && session_store(s, link_hex, &fresh, e);
    pthread_mutex_unlock(&s->redeem_mutex);
    if (is_ok)
        memcpy(ret_token, token, sizeof(token));
    memory_wipe(token, sizeof(token));
    return is_ok;
}

bool sessions_link_use(struct sessions *s, struct str link_token, struct str actor, struct err *e)
{
    char hex[65], whose[SESSION_ACTOR_SIZE];
    if (!link_hash(link_token, hex, e))
        return false;
    pthread_mutex_lock(&s->redeem_mutex);
    bool is_ok = link_check(s, hex, env_now_ms(s->env), whose, e);
    if (is_ok && !str_is(actor, whose))
        is_ok = err_set(e, ERR_DENIED, "this link is somebody else's");
    pthread_mutex_lock(&s->mutex);
    is_ok = is_ok && db_run(s->db, e, "delete from one_time where hash = ?1", A(hex));
    pthread_mutex_unlock(&s->mutex);
    pthread_mutex_unlock(&s->redeem_mutex);
    return is_ok;
}

bool sessions_renew(struct sessions *s, struct str token, const char *how, int factors, char ret_token[SESSION_TOKEN_SIZE], struct err *e)
{
    struct sha256 hash;
    struct session old;
    struct slot fresh;
    char fresh_token[SESSION_TOKEN_SIZE];
    if (!token_hash(token, &hash, NULL) || !sessions_find(s, token, &old))
        return err_set(e, ERR_DENIED, "your session is over");
    session_new(s, &old, &fresh, fresh_token);
    fresh.session.created_at_ms = old.created_at_ms; /* twelve hours stay twelve hours */
    fresh.session.factors = factors;
    snprintf(fresh.session.how, sizeof(fresh.session.how), "%s", how);
    if (!session_store(s, NULL, &fresh, e))
        return false;
    sessions_end(s, token);
    memcpy(ret_token, fresh_token, sizeof(fresh_token));
    memory_wipe(fresh_token, sizeof(fresh_token));
    return true;
}

void sessions_stepped_up(struct sessions *s, const char *id)
{
    struct err e = {0};
    int64_t now_ms = env_now_ms(s->env);
    pthread_mutex_lock(&s->mutex);
    for (size_t i = 0; i < s->slots_touched; i++) {
        struct slot *slot = &s->slots[i];
        char hex[65];
        if (!slot->is_used || strcmp(slot->session.id, id) != 0)
            continue;
        slot->session.stepped_up_at_ms = now_ms;
        hex_encode(slot->hash.bytes, SHA256_SIZE, hex);
        if (!db_run(s->db, &e, "update signed_in set stepped_up_at = ?2 where hash = ?1", A(hex), A(now_ms)))
            e.code = ERR_NONE; /* it is remembered until the next start */
    }
    pthread_mutex_unlock(&s->mutex);
}

static int newer_first(const void *a, const void *b)
{
    const struct session *x = a, *y = b;
    return (x->seen_at_ms < y->seen_at_ms) - (x->seen_at_ms > y->seen_at_ms);
}

struct session *sessions_list(struct sessions *s, struct arena *a, struct str actor, size_t *ret_count)
{
    struct session *list = arena_array(a, SESSIONS_MAX, sizeof(*list));
    size_t n = 0;
    int64_t now_ms = env_now_ms(s->env);
    pthread_mutex_lock(&s->mutex);
    for (size_t i = 0; i < s->slots_touched; i++)
        if (s->slots[i].is_used && !is_over(&s->slots[i].session, now_ms) && (actor.size == 0 || str_is(actor, s->slots[i].session.actor)))
            list[n++] = s->slots[i].session;
    pthread_mutex_unlock(&s->mutex);
    qsort(list, n, sizeof(*list), newer_first);
    *ret_count = n;
    return list;
}

int sessions_end_of(struct sessions *s, struct str actor, const char *id, const char *except)
{
    struct err e = {0};
    int n = 0;
    pthread_mutex_lock(&s->mutex);
    for (size_t i = 0; i < s->slots_touched; i++) {
        struct slot *slot = &s->slots[i];
        bool is_meant = slot->is_used && str_is(actor, slot->session.actor) && (!id || strcmp(slot->session.id, id) == 0) &&
                        (!except || strcmp(slot->session.id, except) != 0);
        if (is_meant && slot_free(s, slot, &e))
            n++;
    }
    pthread_mutex_unlock(&s->mutex);
    return n;
}

uint64_t sessions_otp_counter(struct sessions *s, const char *credential)
{
    struct err e = {0};
    pthread_mutex_lock(&s->mutex);
    int64_t counter = db_one_int(s->db, &e, 0, "select counter from otp where credential = ?1", A(credential));
    pthread_mutex_unlock(&s->mutex);
    return (uint64_t)counter;
}

bool sessions_otp_use(struct sessions *s, const char *credential, uint64_t counter)
{
    struct err e = {0};
    pthread_mutex_lock(&s->mutex);
    int64_t known = db_one_int(s->db, &e, 0, "select counter from otp where credential = ?1", A(credential));
    bool is_new = e.code == ERR_NONE && (int64_t)counter > known &&
                  db_run(s->db, &e, "insert into otp(credential, counter) values(?1, ?2) on conflict(credential) do update set counter = ?2",
                         A(credential), A((int64_t)counter));
    pthread_mutex_unlock(&s->mutex);
    return is_new;
}

/* ---- ending ---- */

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
    bool is_gone = db_run(s->db, &e, "delete from signed_in where hash = ?1", A(hex));
    pthread_mutex_unlock(&s->mutex);
    return slot && is_gone;
}

void sessions_tidy(struct sessions *s)
{
    struct err e = {0};
    int64_t now_ms = env_now_ms(s->env);
    pthread_mutex_lock(&s->mutex);
    for (size_t i = 0; i < s->slots_touched && e.code == ERR_NONE; i++) {
        struct slot *slot = &s->slots[i];
        if (!slot->is_used)
            continue;
        char hex[65];
        hex_encode(slot->hash.bytes, SHA256_SIZE, hex);
        if (is_over(&slot->session, now_ms)) {
            slot->is_used = false;
            if (!db_run(s->db, &e, "delete from signed_in where hash = ?1", A(hex)))
                break;
        } else if (!db_run(s->db, &e, "update signed_in set seen_at = ?2 where hash = ?1 and seen_at < ?2", A(hex),
                           A(slot->session.seen_at_ms))) {
            break; /* tried again in a minute */
        }
    }
    if (e.code == ERR_NONE && !db_run(s->db, &e, "delete from one_time where expires_at < ?1", A(now_ms))) {
        /* likewise */
    }
    pthread_mutex_unlock(&s->mutex);
}
