/*
 * mutants COUNT FILE.slb... - damages a bundle in COUNT ways and holds each mutant against assay-verify's checks: none may be taken for
 * good, none may crash. Bytes change (flip, zero, random), pieces move (cut, doubled, swapped), the end is cut off or grows; each
 * mutant must have another content than the original. With --each every single byte is flipped once.
 */
#include "base/test.h"

#include "verify/av.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE_MAX_BYTES = 64 << 20 };

static uint8_t *original, *mutant;
static size_t original_size;
static uint64_t seed = 42;
static uint64_t codes[100];

static size_t somewhere(size_t size)
{
    return (size_t)(test_random(&seed) % (size ? size : 1));
}

static size_t mutate(int what)
{
    size_t size = original_size, at = somewhere(size), length = 1 + somewhere(600), other = somewhere(size);
    memcpy(mutant, original, size);
    length = length < size - at ? length : size - at;
    switch (what) {
    case 0:
        mutant[at] ^= (uint8_t)(1u << somewhere(8));
        return size;
    case 1:
        memset(mutant + at, 0, length);
        return size;
    case 2:
        for (size_t i = 0; i < length; i++)
            mutant[at + i] = (uint8_t)test_random(&seed);
        return size;
    case 3: /* cut out */
        memmove(mutant + at, mutant + at + length, size - at - length);
        return size - length;
    case 4: /* doubled */
        memmove(mutant + at + length, mutant + at, size - at);
        return size + length;
    case 5: /* copied over another place */
        length = length < size - other ? length : size - other;
        memmove(mutant + other, original + at, length);
        return size;
    case 6: /* blocks of tar swapped */
        at = at / 512 * 512;
        other = other / 512 * 512;
        if (at + 512 <= size && other + 512 <= size) {
            memcpy(mutant + at, original + other, 512);
            memcpy(mutant + other, original + at, 512);
        }
        return size;
    case 7:
        return at; /* the end is gone */
    case 8:
        memset(mutant + size, 0, 512);
        return size + 512;
    default: /* a digit of text */
        for (size_t i = at; i < size; i++)
            if (mutant[i] >= '0' && mutant[i] <= '9') {
                mutant[i] = (uint8_t)('0' + (mutant[i] - '0' + 1 + somewhere(8)) % 10);
                break;
            }
        return size;
    }
}

/* True when it is refused. */
static bool is_refused(int fd, const char *path, size_t size)
{
    if (ftruncate(fd, (off_t)size) != 0 || pwrite(fd, mutant, size, 0) != (ssize_t)size)
        return false;
    const struct av *v = av_check(&(struct av_options){.path = path, .explain = 3});
    if (v->finding_count > 0) {
        const char *code = v->findings[0].code;
        codes[(code[1] - '0') * 10 + (code[2] - '0')]++;
    }
    return av_answer(v) != AV_OK && v->error_count > 0;
}

static bool original_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    bool ok = fd >= 0 && fstat(fd, &facts) == 0 && facts.st_size > 0 && facts.st_size < SIZE_MAX_BYTES;
    original_size = ok ? (size_t)facts.st_size : 0;
    ok = ok && read(fd, original, original_size) == (ssize_t)original_size;
    if (fd >= 0)
        close(fd);
    return ok;
}

static int file_check(const char *name, uint64_t count, bool is_each)
{
    char path[64];
    int fd = memfd_create("mutant", MFD_CLOEXEC), failed = 0;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (fd < 0 || !original_read(name))
        return fprintf(stderr, "mutants: %s cannot be read\n", name), 1;
    memcpy(mutant, original, original_size);
    if (is_refused(fd, path, original_size))
        return printf("%s: the undamaged bundle is refused\n", name), 1;
    uint64_t all = is_each ? original_size : count;
    for (uint64_t n = 0; n < all && failed < 5; n++) {
        size_t size = original_size;
        if (is_each) {
            memcpy(mutant, original, size);
            mutant[n] ^= (uint8_t)(1u << somewhere(8));
        } else {
            size = mutate((int)(n % 10));
        }
        if (size == original_size && memcmp(mutant, original, size) == 0)
            continue;
        if (!is_refused(fd, path, size)) {
            failed++;
            size_t first = 0;
            while (first < size && first < original_size && mutant[first] == original[first])
                first++;
            printf("%s: mutant %llu (kind %d, first change at %zu of %zu) was taken for good\n", name, (unsigned long long)n, (int)(n % 10),
                   first, original_size);
        }
    }
    close(fd);
    return failed;
}

int main(int argc, char **argv)
{
    bool is_each = argc > 1 && strcmp(argv[1], "--each") == 0;
    uint64_t count = argc > 1 && !is_each ? strtoull(argv[1], NULL, 10) : 0;
    int failed = 0;
    original = malloc(SIZE_MAX_BYTES);
    mutant = malloc((size_t)SIZE_MAX_BYTES + 1024);
    if (argc < 3 || !original || !mutant || (!count && !is_each))
        return fprintf(stderr, "usage: mutants COUNT|--each FILE.slb...\n"), 2;
    for (int i = 2; i < argc; i++)
        failed += file_check(argv[i], count, is_each);
    for (int i = 0; i < 100; i++)
        if (codes[i])
            printf("E%02d %llu\n", i, (unsigned long long)codes[i]);
    free(original);
    free(mutant);
    return failed ? 1 : 0;
}
