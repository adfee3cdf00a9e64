/*
 * compile.c - build tool: the made company's texts (content/demo/) as one JSON text in C.
 *
 *   demo_compile DIRECTORY OUTPUT.c OUTPUT.d
 *
 * Read by the same strict reader as other content; each value stays a text. What a step of the story asks for is checked by the keeper when it is played.
 */
#include "content/check_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILES_MAX = 100, FILE_BYTES_MAX = 4 << 20, ALL_BYTES_MAX = 32 << 20, LINE_BYTES = 100 };

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "demo_compile: %s: %s\n", what, why);
    exit(1);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t names_list(struct arena *a, const char *directory, const char **ret)
{
    DIR *d = opendir(directory);
    size_t count = 0;
    if (!d)
        stop(directory, strerror(errno));
    for (struct dirent *entry; (entry = readdir(d));)
        if (str_ends(str_of(entry->d_name), ".yaml") && entry->d_name[0] != '.' && count < FILES_MAX)
            ret[count++] = arena_str(a, str_of(entry->d_name)).data;
    closedir(d);
    qsort(ret, count, sizeof(*ret), compare_names);
    return count;
}

static struct str file_read(struct arena *a, const char *path)
{
    FILE *f = fopen(path, "re");
    char *bytes = arena_alloc(a, FILE_BYTES_MAX);
    size_t size = f ? fread(bytes, 1, FILE_BYTES_MAX, f) : 0;
    if (!f || ferror(f) || size == FILE_BYTES_MAX)
        stop(path, "cannot be read, or is too long");
    fclose(f);
    return str_make(bytes, size);
}

/* As bytes: a text literal of this length is more than C promises. */
static void put_bytes(FILE *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        fprintf(out, "%s%d,", i % LINE_BYTES ? "" : "\n", (signed char)text.data[i]);
}

int main(int argc, char **argv)
{
    const char *names[FILES_MAX];
    struct buf json;
    if (argc != 4)
        stop("usage", "DIRECTORY OUTPUT.c OUTPUT.d");
    struct arena *a = arena_new("demo_compile", 1 << 30);
    size_t count = names_list(a, argv[1], names);
    FILE *out = fopen(argv[2], "we"), *dependencies = fopen(argv[3], "we");
    if (!out || !dependencies)
        stop(argv[2], strerror(errno));
    fprintf(dependencies, "%s: %s", argv[2], argv[1]);
    buf_init(&json, ALL_BYTES_MAX);
    buf_char(&json, '{');
    for (size_t i = 0; i < count; i++) {
        struct err e = {0};
        const char *path = arena_printf(a, "%s/%s", argv[1], names[i]).data;
        const struct yaml *root = yaml_read(a, arena_printf(a, "content/demo/%s", names[i]).data, 1, file_read(a, path), &e);
        if (!root || root->type != YAML_MAP)
            stop(root ? names[i] : e.text, root ? "the outermost value must be a map" : "");
        fprintf(dependencies, " %s", path);
        buf_printf(&json, "%s\"%.*s\":", i ? "," : "", (int)strlen(names[i]) - 5, names[i]);
        json_of_yaml(&json, root);
    }
    buf_char(&json, '}');
    fprintf(out, "/* Made from content/demo/ by src/demo/compile.c. */\n#include \"demo/demo.h\"\nconst char demo_content_json[] = {");
    put_bytes(out, buf_view(&json));
    fprintf(out, "0};\nconst size_t demo_content_size = %zu;\n", json.size);
    fputc('\n', dependencies);
    if (json.full || fclose(out) != 0 || fclose(dependencies) != 0)
        stop(argv[2], "cannot be written");
    buf_release(&json);
    arena_free(a);
    return 0;
}
