/*
 * witness_poll.c - see witness_poll.h. The proof that a head extends what was cosigned is made here, from tiles that the log shows;
 * the witness checks it like any other (ledger/witness.h), so tiles are trusted no further than their hashes. What goes out is the
 * note with our line: POST <log>/cosignature, which a ledger of ours takes under its policy (web/cosignature.c). Where the log takes
 * none, the cosignature is held here: heads/ and history/.
 */
#include "role/witness_poll.h"
#include "base/env.h"
#include "ledger/anchor.h"
#include "ledger/internal.h"
#include "ledger/witness.h"
#include "os/jail.h"
#include "os/spawn.h"
#include "role/asking.h"
#include "role/fetch_files.h"
#include "role/recipes.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOTE_BYTES_MAX = 256 << 10, TRIES_MAX = 3, LOGS_ARENA_BYTES = 8 << 20, WORDS_SIZE = 400, POST_MS = 20000 };

enum outcome { OUTCOME_KEPT, OUTCOME_HELD, OUTCOME_UNREACHED, OUTCOME_MISBEHAVED, OUTCOME_AGAIN };

/* What was said of a log last, so that only what is new is printed. */
struct said {
    struct said *next;
    char origin[256];
    enum outcome outcome;
    char words[WORDS_SIZE];
};

struct poller {
    const struct witness_poll *o;
    struct cosigner cosigner;
    struct witness *witness;
    struct log_list logs; /* of this round */
    struct said *said;
    char stage[PATH_MAX];
};

/* Whoever stands in between could show any head: only one that the log signed is held against it. */
static bool is_signed(const struct poller *p, const struct log_entry *log, struct str text, struct str lines)
{
    struct err e = {0};
    for (size_t i = 0; i < p->logs.count; i++)
        if (strcmp(p->logs.entries[i].origin, log->origin) == 0 && note_verify(text, lines, &p->logs.entries[i].key, &e))
            return true;
    return false;
}

/* The head of the log, the size that was cosigned before, and the request that asks for the next cosignature. */
static bool request_make(struct poller *p, const struct log_entry *log, struct fetch_files *files, int dir, struct buf *body,
                         struct checkpoint *head, uint64_t *old, struct err *e)
{
    struct buf BUF_AUTO shown, BUF_AUTO before;
    struct checkpoint known = {.size = 0};
    struct sha256 proof[128];
    size_t count = 0;
    struct str text, lines;
    struct err none = {0};
    buf_init(&shown, NOTE_BYTES_MAX);
    buf_init(&before, NOTE_BYTES_MAX);
    if (!os_file_read(&files->calls, dir, "checkpoint", &shown, e))
        return files->problem[0] ? err_set(e, ERR_UNAVAILABLE, "%s", files->problem) : false;
    if (!checkpoint_parse(buf_view(&shown), head, &text, &lines, e))
        return false;
    if (strcmp(head->origin, log->origin) != 0)
        return err_set(e, ERR_CORRUPT, "the log there is another one, %.200s", head->origin);
    if (!is_signed(p, log, text, lines))
        return err_set(e, ERR_DENIED, "its head is signed by none of the keys that are known for it");
    if (witness_note(p->witness, str_of(log->hash), &before, &none)) {
        if (!checkpoint_parse(buf_view(&before), &known, &text, &lines, e))
            return false;
    } else if (none.code != ERR_NOT_FOUND) {
        return *e = none, false;
    }
    *old = known.size;
    if (known.size > head->size)
        return err_set(e, ERR_CONFLICT, "it shows %llu leaves, and %llu were cosigned before: it was set back", (unsigned long long)head->size,
                       (unsigned long long)known.size);
    struct tile_store store;
    tile_store_init(&store, &files->calls, dir, head->size);
    struct merkle_nodes nodes = tile_store_nodes(&store);
    bool ok = merkle_consistency(&nodes, known.size, head->size, proof, &count, e);
    tile_store_release(&store);
    if (!ok)
        return files->problem[0] ? err_set(e, ERR_UNAVAILABLE, "%s", files->problem) : false;
    cosign_request(known.size, proof, count, buf_view(&shown), body);
    return true;
}

/* Brings the note as the witness keeps it, with its own line under it. */
static enum outcome bring(struct poller *p, const struct log_entry *log, struct http_client *client, const char *prefix, struct err *e)
{
    struct buf BUF_AUTO note;
    struct http_answer said = {.status = 0};
    char url[HTTP_CLIENT_URL_MAX];
    buf_init(&note, NOTE_BYTES_MAX);
    snprintf(url, sizeof(url), "%s/cosignature", prefix);
    struct http_call call = {.url = url,
                             .content_type = "text/plain; charset=utf-8",
                             .ca_file = p->o->ca_file,
                             .total_ms = POST_MS,
                             .answer_bytes_max = 64 << 10};
    if (!witness_note(p->witness, str_of(log->hash), &note, e))
        return OUTCOME_UNREACHED;
    call.body = buf_view(&note);
    bool ok = http_client_send(client, &call, &said, e);
    struct str words = str_trim(str_slice(buf_view(&said.body), 0, 150));
    enum outcome outcome = !ok ? OUTCOME_HELD : said.status == 200 ? OUTCOME_KEPT : said.status == 409 ? OUTCOME_AGAIN : OUTCOME_HELD;
    if (ok && outcome == OUTCOME_HELD)
        err_set(e, ERR_UNAVAILABLE, said.status == 404 || said.status == 405 || said.status == 501 ? "it takes no cosignatures from us (%d: %.*s)" : "it answers %d: %.*s",
                said.status, STR_ARGS(words));
    http_answer_release(&said);
    return outcome;
}

static enum outcome cosign(struct poller *p, const struct log_entry *log, struct fetch_files *files, int dir, struct checkpoint *head,
                           struct err *e)
{
    struct buf BUF_AUTO body;
    struct witness_answer answer;
    uint64_t old = 0;
    buf_init(&body, WITNESS_REQUEST_BYTES_MAX);
    if (!request_make(p, log, files, dir, &body, head, &old, e))
        return e->code == ERR_CONFLICT ? OUTCOME_MISBEHAVED : OUTCOME_UNREACHED;
    witness_answer_init(&answer);
    witness_add_checkpoint(p->witness, buf_view(&body), &answer);
    int status = answer.status;
    if (status == 422)
        err_set(e, ERR_CONFLICT, "by the tiles that it shows, its head of %llu leaves does not extend the one of %llu that was cosigned", (unsigned long long)head->size,
                (unsigned long long)old);
    else if (status != 200)
        err_set(e, ERR_UNAVAILABLE, "%s", answer.problem);
    witness_answer_release(&answer);
    if (status != 200)
        return status == 422 ? OUTCOME_MISBEHAVED : OUTCOME_UNREACHED;
    return bring(p, log, files->client, files->prefix, e);
}

/* One log, from its head to the cosignature that it has; what came along the way lies in DIR/stage for as long. */
static enum outcome ask(struct poller *p, const struct log_entry *log, struct checkpoint *head, struct err *e)
{
    char prefix[HTTP_CLIENT_URL_MAX - 100];
    snprintf(prefix, sizeof(prefix), "%.*s", STR_ARGS(log->url));
    for (size_t size = strlen(prefix); size && prefix[size - 1] == '/'; size--)
        prefix[size - 1] = 0;
    if (log->url.size >= sizeof(prefix) || !http_client_url_check(str_of(prefix), e))
        return e->code ? OUTCOME_UNREACHED : (err_set(e, ERR_INVALID, "its address is too long"), OUTCOME_UNREACHED);
    enum outcome outcome = OUTCOME_AGAIN;
    for (int n = 0; n < TRIES_MAX && outcome == OUTCOME_AGAIN; n++) {
        struct fetch_files files;
        *e = (struct err){0};
        fetch_stage_remove(p->stage);
        int dir = mkdir(p->stage, 0700) == 0 ? open(p->stage, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        if (dir < 0) {
            err_errno(e, errno, "%.200s", p->stage);
            return OUTCOME_UNREACHED;
        }
        outcome = OUTCOME_UNREACHED;
        if (fetch_files_open(&files, dir, prefix, p->o->ca_file, e)) {
            outcome = cosign(p, log, &files, dir, head, e);
            fetch_files_close(&files);
        }
        close(dir);
    }
    fetch_stage_remove(p->stage);
    if (outcome == OUTCOME_AGAIN)
        err_set(e, ERR_CONFLICT, "it moves on faster than we can follow");
    return outcome == OUTCOME_AGAIN ? OUTCOME_HELD : outcome;
}

static struct said *said_of(struct poller *p, const char *origin)
{
    struct said *s = p->said;
    while (s && strcmp(s->origin, origin) != 0)
        s = s->next;
    if (s || !(s = calloc(1, sizeof(*s))))
        return s;
    snprintf(s->origin, sizeof(s->origin), "%s", origin);
    s->outcome = OUTCOME_AGAIN; /* nothing yet */
    s->next = p->said;
    p->said = s;
    return s;
}

/* A line when something is another than before. */
static void tell(struct poller *p, const struct log_entry *log, enum outcome outcome, const struct checkpoint *head, const struct err *e)
{
    struct said *s = said_of(p, log->origin);
    unsigned long long size = head->size;
    if (s && s->outcome == outcome && strcmp(s->words, e->text) == 0)
        return;
    if (s) {
        s->outcome = outcome;
        snprintf(s->words, sizeof(s->words), "%.*s", (int)sizeof(s->words) - 1, e->text);
    }
    if (outcome == OUTCOME_KEPT)
        printf("%s: %llu leaves cosigned, and the log has it\n", log->origin, size);
    else if (outcome == OUTCOME_HELD)
        printf("%s: %llu leaves cosigned; held here, for %s\n", log->origin, size, e->text);
    else
        fprintf(stderr, "assay: witness: %s%s: %s\n", outcome == OUTCOME_MISBEHAVED ? "MISBEHAVIOUR: " : "", log->origin, e->text);
    fflush(stdout);
}

/* Every log once; the list is read again each time. Returns the exit status. */
static int round_make(struct poller *p, struct err *e)
{
    struct log_list logs;
    struct arena *kept = arena_new("logs", LOGS_ARENA_BYTES), *own = arena_new("logs", LOGS_ARENA_BYTES);
    int status = 0;
    size_t asked = 0;
    bool ok = cosigner_logs(&p->cosigner, own, &logs, e);
    if (!ok) {
        arena_free(kept);
        arena_free(own);
        return role_fail("witness", e);
    }
    struct log_list copy;
    ok = cosigner_logs(&p->cosigner, kept, &copy, e);
    if (ok)
        witness_set_logs(p->witness, kept, copy);
    else
        arena_free(kept);
    p->logs = logs;
    for (size_t i = 0; ok && i < logs.count; i++) {
        struct checkpoint head = {.size = 0};
        struct err why = {0};
        bool is_further_key = false;
        for (size_t k = 0; k < i; k++)
            is_further_key = is_further_key || (strcmp(logs.entries[k].origin, logs.entries[i].origin) == 0 && logs.entries[k].url.size);
        if (is_further_key || !logs.entries[i].url.size)
            continue;
        asked++;
        enum outcome outcome = ask(p, &logs.entries[i], &head, &why);
        tell(p, &logs.entries[i], outcome, &head, &why);
        status = outcome == OUTCOME_MISBEHAVED ? 1 : outcome == OUTCOME_UNREACHED && status == 0 ? 3 : status;
    }
    p->logs = (struct log_list){.count = 0};
    arena_free(own);
    if (!ok)
        return role_fail("witness", e);
    if (asked == 0) {
        err_set(e, ERR_INVALID, "no log of the list has an address: assay witness add VKEY URL");
        return role_fail("witness", e);
    }
    return status;
}

static bool poller_open(struct poller *p, struct err *e)
{
    const struct witness_poll *o = p->o;
    struct arena *a = arena_new("logs", LOGS_ARENA_BYTES);
    bool ok = cosigner_open(o->dir, "witness", o->name, true, &env_system, &p->cosigner, e) &&
              (o->logs.size == 0 || cosigner_logs_add(&p->cosigner, a, o->logs, NULL, e));
    arena_free(a);
    struct witness_options w = {.calls = &os_file_real,
                                .env = &env_system,
                                .dir = p->cosigner.dir,
                                .key = &p->cosigner.key,
                                .private_key = &p->cosigner.private_key};
    snprintf(p->stage, sizeof(p->stage), "%.*s/stage", (int)sizeof(p->stage) - 7, o->dir);
    return ok && (p->witness = witness_open(&w, e)) && asking_jail_enter(o->dir, o->ca_file, NULL, e);
}

int witness_poll_run(const struct witness_poll *o)
{
    struct err e = {0};
    struct poller p = {.o = o, .cosigner = {.dir = -1, .lock = -1}};
    int signals = os_signals_open(&e), status = 0;
    bool ok = signals >= 0 && poller_open(&p, &e);
    while (ok) {
        status = round_make(&p, &e);
        if (o->interval_ms == 0 || status == 2)
            break;
        struct pollfd fds = {.fd = signals, .events = POLLIN};
        if (poll(&fds, 1, (int)o->interval_ms) > 0 && os_signals_next(signals) != 0)
            break;
    }
    witness_close(p.witness);
    cosigner_close(&p.cosigner);
    while (p.said) {
        struct said *next = p.said->next;
        free(p.said);
        p.said = next;
    }
    if (signals >= 0)
        close(signals);
    return !ok ? role_fail("witness", &e) : o->interval_ms == 0 || status == 2 ? status : 0;
}
