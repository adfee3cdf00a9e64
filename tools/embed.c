/*
 * embed.c - build tool: a file as a C array. `embed NAME FILE` prints `const char NAME[]` (a NUL behind it) and `const size_t NAME_size`.
 */
#include <stdio.h>

int main(int argc, char **argv)
{
    FILE *in = argc == 3 ? fopen(argv[2], "rb") : NULL;
    if (!in) {
        fprintf(stderr, "embed: NAME FILE: cannot read %s\n", argc == 3 ? argv[2] : "");
        return 2;
    }
    printf("#include <stddef.h>\nextern const char %s[];\nextern const size_t %s_size;\nconst char %s[] = {", argv[1], argv[1], argv[1]);
    size_t size = 0;
    for (int c; (c = getc(in)) != EOF; size++)
        printf("%s%d,", size % 32 ? "" : "\n", (signed char)c);
    printf("0};\nconst size_t %s_size = %zu;\n", argv[1], size);
    return fclose(in) == 0 && fflush(stdout) == 0 ? 0 : 3;
}
