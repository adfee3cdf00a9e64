#include "role/anchor_peer.h"
#include "base/times.h"
#include "crypto/tst.h"
#include "os/http_client.h"

#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { ATTEMPTS_MAX = 4, LOG_KEYS_MAX = 4, ANSWER_BYTES_MAX = 64 << 10 };

static pthread_mutex_t peers_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t peers_wake = PTHREAD_COND_INITIALIZER;

struct peer {
    bool is_tsa;
    char name[ANCHOR_NAME_MAX + 200];
    char url[PEER_URL_MAX];
    char origin_url[PEER_URL_MAX + 100]; /* witness: where it shows what it has seen */
    struct note_key key;
    char *ca_pem;
    const char *tls_ca;
    struct note_key log[LOG_KEYS_MAX];
    size_t log_count;
    int ledger_dir; /* its own descriptor */
    int event_fd;
    const struct env *env;
    /* the thread's own */
    struct http_client *http;
    uint64_t known_size; /* where the witness stands, as far as we know */
    /* guarded by peers_mutex */
    bool has_work, is_busy, is_done, is_let_go;
    struct peer_outcome outcome;
};

void peer_outcome_release(struct peer_outcome *o)
{
    free(o->note);
    free(o->answer);
    *o = (struct peer_outcome){.state = PEER_NEW};
}

static char *copy(struct str s)
{
    char *bytes = malloc(s.size + 1);
    if (bytes) {
        memcpy(bytes, s.data ? s.data : "", s.size);
        bytes[s.size] = 0;
    }
    return bytes;
}

static void outcome_fail(struct peer_outcome *o, enum peer_state state, const struct err *e)
{
    o->state = state;
    snprintf(o->why, sizeof(o->why), "%.*s", (int)sizeof(o->why) - 1, e->text);
}

static void outcome_answer(struct peer_outcome *o, struct str answer)
{
    free(o->answer);
    o->answer = copy(answer);
    o->answer_size = o->answer ? answer.size : 0;
}

static void outcome_note(struct peer_outcome *o, struct ledger_reader *r)
{
    struct str note = ledger_reader_note(r);
    free(o->note);
    o->note = copy(note);
    o->note_size = o->note ? note.size : 0;
    o->size = ledger_reader_head(r)->size;
}

/* ---- a witness ---- */

/* A checkpoint that the log signed and that cannot be of this history. */
static bool is_fork(struct peer *p, struct ledger_reader *r, struct str other)
{
    struct checkpoint c;
    struct str text, lines;
    struct err e = {0};
    bool is_signed = false;
    if (!checkpoint_parse(other, &c, &text, &lines, &e) || strcmp(c.origin, ledger_reader_head(r)->origin) != 0)
        return false;
    for (size_t i = 0; i < p->log_count; i++)
        is_signed = is_signed || note_verify(text, lines, &p->log[i], &e);
    if (!is_signed || c.size > ledger_reader_head(r)->size)
        return is_signed;
    struct sha256 proof[128];
    size_t count;
    return !ledger_reader_consistency(r, c.size, ledger_reader_head(r)->size, proof, &count, &e) ||
           !merkle_consistency_holds(c.size, c.root, ledger_reader_head(r)->size, ledger_reader_head(r)->root, proof, count);
}

/* The witness has seen what we have not: either this ledger was set back, or there are two. What it shows is kept. */
static void look_for_fork(struct peer *p, struct ledger_reader *r, struct peer_outcome *o, const struct err *why)
{
    struct err e = {0};
    struct http_answer shown = {0};
    struct http_call call = {.url = p->origin_url,
                             .answer_bytes_max = ANCHOR_NOTE_BYTES_MAX,
                             .ca_file = p->tls_ca,
                             .connect_ms = PEER_CONNECT_MAX_MS,
                             .total_ms = PEER_TIME_MAX_MS};
    bool is_shown = http_client_send(p->http, &call, &shown, &e) && shown.status == 200;
    bool is_proven = is_shown && is_fork(p, r, buf_view(&shown.body));
    outcome_fail(o, PEER_FORK, why);
    if (is_proven)
        outcome_answer(o, buf_view(&shown.body));
    http_answer_release(&shown);
}

static enum cosign_verdict witness_ask(struct peer *p, struct ledger_reader *r, struct peer_outcome *o, uint64_t *ret_size,
                                        struct err *e)
{
    struct sha256 proof[128];
    size_t count = 0;
    struct http_answer answer = {0};
    struct cosign_answer read;
    struct buf BUF_AUTO body;
    buf_init(&body, ANCHOR_NOTE_BYTES_MAX + 8192);
    const struct checkpoint *head = ledger_reader_head(r);
    if (!ledger_reader_consistency(r, p->known_size, head->size, proof, &count, e))
        return COSIGN_REFUSED;
    cosign_request(p->known_size, proof, count, ledger_reader_note(r), &body);
    struct http_call call = {.url = p->url,
                             .body = buf_view(&body),
                             .content_type = "text/plain; charset=utf-8",
                             .answer_bytes_max = ANCHOR_NOTE_BYTES_MAX,
                             .ca_file = p->tls_ca,
                             .connect_ms = PEER_CONNECT_MAX_MS,
                             .total_ms = PEER_TIME_MAX_MS};
    if (!http_client_send(p->http, &call, &answer, e))
        return COSIGN_REFUSED;
    enum cosign_verdict verdict =
        cosign_answer_read(&p->key, ledger_reader_note(r), answer.status, buf_view(&answer.body), &read, e);
    *ret_size = read.size;
    if (verdict == COSIGN_DONE) {
        outcome_answer(o, read.line);
        o->says_ms = (int64_t)read.time_s * 1000;
    }
    http_answer_release(&answer);
    return verdict;
}

static void witness_work(struct peer *p, struct peer_outcome *o)
{
    struct err e = {0};
    struct ledger_reader *r = NULL;
    bool was_told = false; /* known_size is what the witness itself said just now */
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
        e = (struct err){0};
        r = ledger_reader_close(r);
        r = ledger_reader_open(p->ledger_dir, &e);
        if (!r)
            break;
        if (p->known_size > ledger_reader_head(r)->size) {
            err_set(&e, ERR_CONFLICT, "it has seen %llu leaves, this ledger has %llu: it was set back, or there is another one",
                    (unsigned long long)p->known_size, (unsigned long long)ledger_reader_head(r)->size);
            look_for_fork(p, r, o, &e);
            outcome_note(o, r);
            p->known_size = 0;
            ledger_reader_close(r);
            return;
        }
        uint64_t told = 0;
        enum cosign_verdict verdict = witness_ask(p, r, o, &told, &e);
        if (verdict == COSIGN_DONE) {
            o->state = PEER_OK;
            outcome_note(o, r);
            p->known_size = o->size;
            ledger_reader_close(r);
            return;
        }
        if (verdict == COSIGN_ELSEWHERE) {
            err_set(&e, ERR_CONFLICT, "it said again and again that it stands elsewhere");
            p->known_size = told;
            was_told = true;
            continue;
        }
        if (verdict == COSIGN_PROOF_FAILED && was_told) {
            err_set(&e, ERR_CONFLICT, "its checkpoint of %llu leaves is not one of this ledger", (unsigned long long)p->known_size);
            look_for_fork(p, r, o, &e);
            outcome_note(o, r);
            p->known_size = 0;
            ledger_reader_close(r);
            return;
        }
        p->known_size = 0; /* ask from nothing: it will say where it stands */
        if (verdict == COSIGN_REFUSED)
            break;
    }
    ledger_reader_close(r);
    outcome_fail(o, PEER_DOWN, &e);
}

/* ---- an authority ---- */

static bool stamp(struct peer *p, struct str note, struct peer_outcome *o, struct err *e)
{
    uint8_t nonce[TST_NONCE_SIZE];
    struct tst_info info;
    struct http_answer answer = {0};
    struct buf BUF_AUTO request;
    buf_init(&request, 4096);
    env_random(p->env, nonce, sizeof(nonce));
    tst_request(note, nonce, &request);
    struct http_call call = {.url = p->url,
                             .body = buf_view(&request),
                             .content_type = "application/timestamp-query",
                             .accept = ANCHOR_MEDIA_TST,
                             .answer_bytes_max = TST_BYTES_MAX,
                             .ca_file = p->tls_ca,
                             .connect_ms = PEER_CONNECT_MAX_MS,
                             .total_ms = PEER_TIME_MAX_MS};
    bool ok = http_client_send(p->http, &call, &answer, e);
    if (ok && answer.status != 200)
        ok = err_set(e, ERR_UNAVAILABLE, "it answered %d", answer.status);
    ok = ok && tst_read(buf_view(&answer.body), &info, e) && tst_answers(&info, note, nonce, e) &&
         tst_verify(buf_view(&answer.body), str_of(p->ca_pem), &info, e);
    if (ok) {
        outcome_answer(o, buf_view(&answer.body));
        o->says_ms = info.time_ms;
    }
    http_answer_release(&answer);
    return ok;
}

static void tsa_work(struct peer *p, struct peer_outcome *o)
{
    struct err e = {0};
    struct ledger_reader *r = ledger_reader_open(p->ledger_dir, &e);
    if (r)
        outcome_note(o, r);
    if (r && stamp(p, ledger_reader_note(r), o, &e))
        o->state = PEER_OK;
    else
        outcome_fail(o, PEER_DOWN, &e);
    ledger_reader_close(r);
}

/* ---- the thread ---- */

static void peer_destroy(struct peer *p)
{
    http_client_free(p->http);
    peer_outcome_release(&p->outcome);
    if (p->ledger_dir >= 0)
        close(p->ledger_dir);
    if (p->event_fd >= 0)
        close(p->event_fd);
    free(p->ca_pem);
    free(p);
}

/* Its address stands beside it wherever the reason is shown. */
static void why_shorten(struct peer_outcome *o, const char *url)
{
    size_t size = strlen(url);
    if (strncmp(o->why, url, size) == 0 && strncmp(o->why + size, ": ", 2) == 0)
        memmove(o->why, o->why + size + 2, strlen(o->why + size + 2) + 1);
}

static void *peer_loop(void *context)
{
    struct peer *p = context;
    pthread_mutex_lock(&peers_mutex);
    while (!p->is_let_go) {
        if (!p->has_work) {
            pthread_cond_wait(&peers_wake, &peers_mutex);
            continue;
        }
        p->has_work = false;
        pthread_mutex_unlock(&peers_mutex);
        struct peer_outcome o = {.state = PEER_NEW};
        int64_t from_ms = env_monotonic_ms(p->env);
        if (p->is_tsa)
            tsa_work(p, &o);
        else
            witness_work(p, &o);
        why_shorten(&o, p->url);
        o.at_ms = env_now_ms(p->env);
        o.took_ms = env_monotonic_ms(p->env) - from_ms;
        pthread_mutex_lock(&peers_mutex);
        peer_outcome_release(&p->outcome);
        p->outcome = o;
        p->is_busy = false;
        p->is_done = true;
        eventfd_write(p->event_fd, 1);
    }
    pthread_mutex_unlock(&peers_mutex);
    peer_destroy(p);
    return NULL;
}

/* "https://w.example/x/" and "https://w.example/x" are one prefix. */
static void urls_set(struct peer *p, const struct peer_options *o, struct str origin)
{
    struct str prefix = o->url;
    while (prefix.size && prefix.data[prefix.size - 1] == '/')
        prefix.size--;
    if (o->is_tsa) {
        snprintf(p->url, sizeof(p->url), "%.*s", STR_ARGS(o->url));
        return;
    }
    char hash[2 * SHA256_SIZE + 1];
    struct sha256 h = sha256_of(origin);
    hex_encode(h.bytes, SHA256_SIZE, hash);
    snprintf(p->url, sizeof(p->url), "%.*s/add-checkpoint", STR_ARGS(prefix));
    snprintf(p->origin_url, sizeof(p->origin_url), "%.*s/%s/checkpoint", STR_ARGS(prefix), hash);
}

struct peer *peer_new(const struct peer_options *o, struct err *e)
{
    struct peer *p = calloc(1, sizeof(*p));
    pthread_t thread;
    pthread_attr_t attributes;
    if (!p) {
        err_set(e, ERR_LIMIT, "anchor: no memory");
        return NULL;
    }
    p->is_tsa = o->is_tsa;
    p->key = o->key;
    p->env = o->env;
    p->tls_ca = o->tls_ca;
    p->log_count = o->log_count < LOG_KEYS_MAX ? o->log_count : LOG_KEYS_MAX;
    memcpy(p->log, o->log, p->log_count * sizeof(*p->log));
    snprintf(p->name, sizeof(p->name), "%.*s", STR_ARGS(o->name));
    urls_set(p, o, o->log_count ? str_of(o->log[0].name) : STR(""));
    p->ca_pem = copy(o->ca_pem);
    p->ledger_dir = fcntl(o->ledger_dir, F_DUPFD_CLOEXEC, 0);
    p->event_fd = fcntl(o->event_fd, F_DUPFD_CLOEXEC, 0);
    p->http = http_client_new(e);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 512 << 10);
    bool ok = p->http && p->ca_pem && p->ledger_dir >= 0 && p->event_fd >= 0;
    if (ok && pthread_create(&thread, &attributes, peer_loop, p) != 0)
        ok = err_set(e, ERR_LIMIT, "anchor: no thread");
    pthread_attr_destroy(&attributes);
    if (ok)
        return p;
    if (!e->code)
        err_set(e, ERR_LIMIT, "anchor: no memory or descriptors");
    peer_destroy(p);
    return NULL;
}

struct peer *peer_free(struct peer *p)
{
    if (!p)
        return NULL;
    pthread_mutex_lock(&peers_mutex);
    p->is_let_go = true;
    pthread_cond_broadcast(&peers_wake);
    pthread_mutex_unlock(&peers_mutex);
    return NULL;
}

bool peer_start(struct peer *p)
{
    pthread_mutex_lock(&peers_mutex);
    bool is_free = !p->is_busy && !p->is_done;
    if (is_free) {
        p->has_work = p->is_busy = true;
        pthread_cond_broadcast(&peers_wake);
    }
    pthread_mutex_unlock(&peers_mutex);
    return is_free;
}

bool peer_is_busy(struct peer *p)
{
    pthread_mutex_lock(&peers_mutex);
    bool is_busy = p->is_busy;
    pthread_mutex_unlock(&peers_mutex);
    return is_busy;
}

bool peer_take(struct peer *p, struct peer_outcome *ret)
{
    pthread_mutex_lock(&peers_mutex);
    bool is_done = p->is_done;
    if (is_done) {
        *ret = p->outcome;
        p->outcome = (struct peer_outcome){.state = PEER_NEW};
        p->is_done = false;
    }
    pthread_mutex_unlock(&peers_mutex);
    return is_done;
}
