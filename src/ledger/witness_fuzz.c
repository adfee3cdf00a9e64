/* clang -fsanitize=fuzzer: whatever is sent to a witness or a mirror gets an answer. The first byte chooses the address. */
#include "ledger/mirror.h"

#include <assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mirror *mirror;
static struct witness *witness;

static char path[] = "/tmp/assay-fuzz-XXXXXX";

static int remove_entry(const char *name, const struct stat *facts, int type, struct FTW *walk)
{
    (void)facts, (void)type, (void)walk;
    return remove(name);
}

static void clean_up(void)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void start(void)
{
    static struct ed25519_private private_key = {{1}};
    static struct note_key key;
    char folder[64];
    struct err e = {0};
    key = note_key_make_typed("fuzz", NOTE_KEY_COSIGNATURE, ed25519_public_of(&private_key));
    bool is_there = mkdtemp(path) != NULL;
    assert(is_there);
    atexit(clean_up);
    snprintf(folder, sizeof(folder), "%s/w", path);
    bool is_made = os_dir_make(&os_file_real, AT_FDCWD, folder, 0700, &e);
    int dir = open(path, O_RDONLY | O_DIRECTORY), sub = open(folder, O_RDONLY | O_DIRECTORY);
    struct witness_options o = {.calls = &os_file_real, .env = &env_system, .dir = dir, .key = &key, .private_key = &private_key};
    mirror = mirror_open(&o, &e);
    o.dir = sub;
    witness = witness_open(&o, &e);
    assert(is_made && mirror && witness);
    static const char list[] = "log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n";
    for (int i = 0; i < 2; i++) {
        struct log_list logs;
        struct arena *a = arena_new("logs", 1 << 20);
        bool is_read = log_list_parse(a, STR(list), &logs, &e);
        assert(is_read);
        if (i)
            witness_set_logs(witness, a, logs);
        else
            mirror_set_logs(mirror, a, logs);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!mirror)
        start();
    if (size == 0)
        return 0;
    struct witness_answer answer;
    struct str body = str_make(data + 1, size - 1);
    witness_answer_init(&answer);
    if (data[0] % 3 == 0)
        witness_add_checkpoint(witness, body, &answer);
    else if (data[0] % 3 == 1)
        mirror_add_checkpoint(mirror, body, &answer);
    else
        mirror_add_entries(mirror, body, &answer);
    assert(answer.status == 200 || (answer.status >= 400 && answer.status < 500));
    witness_answer_release(&answer);
    struct log_list logs;
    struct err e = {0};
    struct arena *a = arena_new("logs", 64 << 20);
    (void)!log_list_parse(a, body, &logs, &e);
    arena_free(a);
    return 0;
}
