/* check.c - asks both programs: assay verify by its function, assay-verify by its functions and, where it was built, as a
 * program. */
#include "tamper.h"

#include "verify/av.h"
#include "verify/crypto.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* Most signatures of a mutant are those of the one before, byte for byte, and cost most of the time: each is checked once by each
 * of the two programs. The linker puts these in between, see meson.build. */
struct signed_once {
    struct sha256 message;
    uint8_t key[ED25519_KEY_SIZE], signature[ED25519_SIGNATURE_SIZE];
    bool is_valid, is_known;
};
enum { SIGNED_KNOWN = 4096 };

static struct signed_once *signed_find(struct signed_once *known, struct str message, const uint8_t *key,
                                       const uint8_t *signature)
{
    struct signed_once asked = {.message = sha256_of(message)};
    memcpy(asked.key, key, sizeof(asked.key));
    memcpy(asked.signature, signature, sizeof(asked.signature));
    struct signed_once *there = &known[((size_t)asked.message.bytes[0] << 8 | signature[0]) % SIGNED_KNOWN];
    if (!there->is_known || memcmp(there, &asked, offsetof(struct signed_once, is_valid)) != 0)
        *there = asked;
    return there;
}

bool __real_ed25519_verify(const struct ed25519_public *key, struct str message, const uint8_t signature[ED25519_SIGNATURE_SIZE]);
bool __wrap_ed25519_verify(const struct ed25519_public *key, struct str message, const uint8_t signature[ED25519_SIGNATURE_SIZE]);
bool __wrap_ed25519_verify(const struct ed25519_public *key, struct str message, const uint8_t signature[ED25519_SIGNATURE_SIZE])
{
    static struct signed_once known[SIGNED_KNOWN];
    struct signed_once *s = signed_find(known, message, key->bytes, signature);
    if (!s->is_known)
        s->is_valid = __real_ed25519_verify(key, message, signature);
    s->is_known = true;
    return s->is_valid;
}

/* assay-verify has threads of its own. */
bool __real_av_ed25519_verify(const uint8_t key[32], const struct av_piece *message, int count, const uint8_t signature[64]);
bool __wrap_av_ed25519_verify(const uint8_t key[32], const struct av_piece *message, int count, const uint8_t signature[64]);
bool __wrap_av_ed25519_verify(const uint8_t key[32], const struct av_piece *message, int count, const uint8_t signature[64])
{
    static struct signed_once known[SIGNED_KNOWN];
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    struct buf BUF_AUTO whole;
    buf_init(&whole, 1 << 20);
    for (int i = 0; i < count; i++)
        buf_append(&whole, message[i].data, message[i].size);
    pthread_mutex_lock(&mutex);
    struct signed_once *s = signed_find(known, buf_view(&whole), key, signature);
    if (!s->is_known)
        s->is_valid = __real_av_ed25519_verify(key, message, count, signature);
    s->is_known = true;
    bool is_valid = s->is_valid;
    pthread_mutex_unlock(&mutex);
    return is_valid;
}

static void found_add(struct tamper_found *f, const char *code, const char *text)
{
    if (f->count == 0)
        snprintf(f->text, sizeof(f->text), "%s %s", code, text);
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->codes[i], code) == 0)
            return;
    if (f->count < sizeof(f->codes) / sizeof(f->codes[0]))
        snprintf(f->codes[f->count++], sizeof(f->codes[0]), "%s", code);
}

static const char *vkey_of(struct tamper *t, const struct note_key *key)
{
    return key ? vkey_text(t->arena, key).data : NULL;
}

static void ours_ask(struct tamper *t, const char *path, const struct tamper_trust *trust)
{
    struct tamper_found *f = &t->found[OURS];
    struct verify_report r;
    struct err e = {0};
    struct verify_options o = {.log_vkey = vkey_of(t, trust->log),
                               .root_vkey = vkey_of(t, trust->root),
                               .last_seen = trust->seen,
                               .threads = 1,
                               .is_tree_only = t->is_tree_only};
    f->was_asked = true;
    if (!verify_directory(path, &o, t->arena, &r, &e)) {
        found_add(f, "refused", e.text);
        f->is_refused = true;
        return;
    }
    for (size_t i = 0; i < r.finding_count && i < VERIFY_FINDINGS_MAX; i++)
        found_add(f, r.findings[i].code, r.findings[i].text);
    f->is_refused = r.finding_count > 0;
}

/* What the program prints and how it ends must be what its functions found. */
static void program_compare(const char *const arguments[], const struct av *v)
{
    int pipes[2], status = 0;
    char line[1024], *end;
    size_t n = 0;
    ck_assert(pipe(pipes) == 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        close(pipes[1]);
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(pipes[1]);
    FILE *out = fdopen(pipes[0], "r");
    for (; out && fgets(line, sizeof(line), out); n++)
        if (n < v->finding_count && n < AV_FINDINGS_MAX && (end = strstr(line, "  ")) != NULL) {
            *end = 0;
            ck_assert_str_eq(line, v->findings[n].code);
        }
    if (out)
        fclose(out);
    ck_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), av_answer(v));
    ck_assert_uint_gt(n, v->finding_count < AV_FINDINGS_MAX ? v->finding_count : AV_FINDINGS_MAX);
}

static void theirs_ask(struct tamper *t, const char *path, const struct tamper_trust *trust)
{
    struct tamper_found *f = &t->found[THEIRS];
    const char *program = getenv("ASSAY_VERIFY"), *arguments[12] = {program};
    struct av_options o = {.path = path, .log_vkey = vkey_of(t, trust->log), .root_vkey = vkey_of(t, trust->root), .explain = -1};
    char seen_path[64], seen[128], hex[65];
    int n = 1, fd = -1;
    if (trust->seen) {
        hex_encode(trust->seen->root.bytes, SHA256_SIZE, hex);
        int size = snprintf(seen, sizeof(seen), "%llu:%s\n", (unsigned long long)trust->seen->size, hex);
        fd = memfd_create("seen", 0); /* the program inherits it */
        ck_assert(fd >= 0 && write(fd, seen, (size_t)size) == size);
        snprintf(seen_path, sizeof(seen_path), "/proc/self/fd/%d", fd);
        o.seen_path = seen_path;
    }
    const struct av *v = av_check(&o);
    f->was_asked = true;
    for (size_t i = 0; i < v->finding_count && i < AV_FINDINGS_MAX; i++)
        found_add(f, v->findings[i].code, v->findings[i].text);
    f->is_refused = av_answer(v) != AV_OK;
    const char *const options[] = {"--log", o.log_vkey, "--root", o.root_vkey, "--last-seen", o.seen_path};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i += 2)
        if (options[i + 1]) {
            arguments[n++] = options[i];
            arguments[n++] = options[i + 1];
        }
    arguments[n++] = path;
    arguments[n] = NULL;
    if (program && t->number == 1)
        program_compare(arguments, v);
    if (fd >= 0)
        close(fd);
}

void tamper_check(struct tamper *t, const struct tamper_class *c, const char *path, const struct tamper_trust *trust)
{
    ours_ask(t, path, trust);
    if (!t->is_ours_only && (!c->theirs || strcmp(c->theirs, UNSEEN) != 0))
        theirs_ask(t, path, trust);
}

void tamper_check_bundle(struct tamper *t, const char *path, const struct tamper_trust *trust)
{
    theirs_ask(t, path, trust);
}
