/*
 * libFuzzer target over all that assay-verify reads, and what assay reperform reads of a bundle: whatever the bytes, they answer.
 *
 *   CC=clang meson setup build-fuzz -Db_sanitize=address,undefined -Db_lundef=false
 *   build-fuzz/test/verify/verify_fuzz -max_total_time=60 CORPUS
 *
 * The corpus may be bundles (`assay bundle`), notes, proofs, policies and leaves as they are.
 */
#include "ledger/bundle_read.h"
#include "verify/av.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct av_policy policy;
    struct av_text text = {(const char *)data, size}, type, json, lines;
    struct av_object object;
    struct av_checkpoint checkpoint;
    struct av_key key;
    struct av_hash path[64];
    uint64_t index = 0;
    int count = 0;
    if (!av_leaf_split(text, &type, &json, &lines) && !av_object_read(json, &object))
        (void)av_string(&object, "log");
    (void)av_object_read(text, &object);
    (void)av_checkpoint_read(text, &checkpoint);
    (void)av_policy_read(text, &policy);
    (void)av_key_read(text, &key);
    (void)av_proof_read(text, &index, path, &count, &checkpoint);
    if (size >= 1024) {
        static int fd = -1;
        char name[64];
        if (fd < 0)
            fd = memfd_create("input", MFD_CLOEXEC);
        snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
        if (ftruncate(fd, (off_t)size) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size) {
            const struct av *v = av_check(&(struct av_options){.path = name, .explain = 1});
            FILE *out = fopen("/dev/null", "w");
            if (out) {
                av_print_text(v, out);
                av_print_json(v, out);
                fclose(out);
            }
            struct err e = {0};
            struct bundle_file *b = bundle_file_open(name, &e); /* the other reader, of assay reperform */
            struct str bytes;
            if (b && !bundle_file_member(b, "audit/records.jsonl", &bytes, &e))
                (void)!bundle_file_blob(b, bundle_file_facts(b)->origin, &bytes, &e);
            bundle_file_close(b);
        }
    }
    return 0;
}
