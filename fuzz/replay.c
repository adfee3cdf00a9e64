/*
 * replay TARGET'S-FOLDER - runs a target without libFuzzer over its committed corpus: every file as it is, cut at every eighth, and
 * with single bytes changed, so that the ordinary build keeps the property, too.
 */
#include "base/test.h"
#include "target.h"

#include <dirent.h>
#include <stdio.h>

static size_t inputs;

static void run(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1); /* so that reading behind the end is seen */
    assert(exact);
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    inputs++;
}

static void replay(uint8_t *data, size_t size)
{
    uint64_t seed = size;
    run(data, size);
    for (int eighth = 0; eighth < 8; eighth++)
        run(data, size * (size_t)eighth / 8);
    for (int n = 0; n < 200 && size > 0; n++) {
        size_t at = (size_t)(test_random(&seed) % size);
        uint8_t before = data[at];
        data[at] = (uint8_t)test_random(&seed);
        if (n % 2)
            data[at] = (uint8_t)(before ^ (1u << data[at] % 8));
        run(data, size);
        data[at] = before;
    }
}

int main(int argc, char **argv)
{
    enum { INPUT_MAX = 1 << 20 };
    uint8_t *data = malloc(INPUT_MAX);
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    size_t files = 0;
    if (!folder || !data) {
        fprintf(stderr, "usage: replay FOLDER\n");
        return 2;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
        ssize_t size = fd < 0 ? -1 : read(fd, data, INPUT_MAX);
        if (size < 0) {
            fprintf(stderr, "replay: %s cannot be read\n", entry->d_name);
            return 3;
        }
        close(fd);
        replay(data, (size_t)size);
        files++;
    }
    closedir(folder);
    free(data);
    printf("%zu files, %zu inputs\n", files, inputs);
    return files ? 0 : 1;
}
