/* inspect_show.c - prints the text of files, and what stands against them: for tests with files that other programs made. */
#include "inspect/inspect.h"
#include "os/file.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    enum { BYTES_MAX = 64 << 20, ARENA_BYTES_MAX = 1 << 30 };
    for (int i = 1; i < argc; i++) {
        struct arena *a = arena_new("file", ARENA_BYTES_MAX);
        struct buf BUF_AUTO bytes;
        struct inspected found;
        FILE *f = fopen(argv[i], "rb");
        char piece[65536];
        buf_init(&bytes, BYTES_MAX);
        for (size_t n; f && (n = fread(piece, 1, sizeof(piece), f)) > 0;)
            buf_append(&bytes, piece, n);
        if (f)
            fclose(f);
        inspect(a, str_of(argv[i]), buf_view(&bytes), &found);
        printf("%.*s\n", STR_ARGS(found.text));
        for (int k = 0; k < INSPECT_CHECKS; k++)
            printf("-- %s %s: %.*s\n", inspect_check_name((enum inspect_check)k), inspect_status_name(found.checks[k].status), STR_ARGS(found.checks[k].why));
        arena_free(a);
    }
    return 0;
}
