/*
 * assets.c - embeds files into the program: writes an assembler file of .incbin lines, a table in C, and the compressed copies.
 *
 *     assets OUTPUT.S OUTPUT.c DIRECTORY-FOR-COMPRESSED FILE...
 *
 * .incbin puts the bytes into read-only data under names of our choice and costs the compiler nothing (engineering.md 2). The
 * address of an asset carries 12 hex digits of its SHA-256. Compression is gzip at the best level without name or time, so builds
 * are reproducible.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

enum { FILE_BYTES_MAX = 4 << 20, HASH_DIGITS = 12 };

static const struct {
    const char *extension, *type;
} types[] = {
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".txt", "text/plain; charset=utf-8"},
};

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "assets: %s: %s\n", what, why);
    exit(2);
}

static uint8_t *read_file(const char *path, size_t *ret_size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(FILE_BYTES_MAX);
    if (!f || !data)
        fail(path, strerror(errno));
    *ret_size = fread(data, 1, FILE_BYTES_MAX, f);
    if (ferror(f) || *ret_size == FILE_BYTES_MAX)
        fail(path, "unreadable or over 4 MiB");
    fclose(f);
    return data;
}

static void hash_digits(const uint8_t *data, size_t size, char ret[HASH_DIGITS + 1])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (!EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL))
        fail("sha256", "OpenSSL refused");
    for (size_t i = 0; i < HASH_DIGITS / 2; i++)
        snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

/* Returns whether compression pays; then `path` holds the compressed bytes. */
static bool compress_file(const uint8_t *data, size_t size, const char *path)
{
    z_stream z = {0};
    uint8_t *out = malloc(FILE_BYTES_MAX + 1024);
    if (!out || deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        fail(path, "zlib");
    z.next_in = (Bytef *)(uintptr_t)data;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = FILE_BYTES_MAX + 1024;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        fail(path, "zlib");
    size_t compressed = FILE_BYTES_MAX + 1024 - z.avail_out;
    deflateEnd(&z);
    bool pays = compressed + 100 < size;
    FILE *f = fopen(path, "wb");
    if (!f || (pays && fwrite(out, 1, compressed, f) != compressed) || fclose(f) != 0)
        fail(path, strerror(errno));
    free(out);
    return pays;
}

static const char *type_of(const char *extension)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(extension, types[i].extension) == 0)
            return types[i].type;
    fail(extension, "no media type is known for it");
}

static void embed(FILE *assembler, FILE *table, const char *folder, const char *path, int n)
{
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const char *extension = strrchr(name, '.');
    if (!extension || strpbrk(name, "\"\\ "))
        fail(path, "a name without spaces and with an extension is needed");
    size_t size;
    uint8_t *data = read_file(path, &size);
    char hash[HASH_DIGITS + 1], compressed[4096];
    hash_digits(data, size, hash);
    snprintf(compressed, sizeof(compressed), "%s/%s.gz", folder, name);
    bool pays = compress_file(data, size, compressed);
    free(data);
    fprintf(assembler, "asset_%d:\n.incbin \"%s\"\nasset_%d_end:\n.byte 0\n.balign 16\n", n, path, n);
    fprintf(assembler, "asset_%d_gz:\n.incbin \"%s\"\nasset_%d_gz_end:\n.byte 0\n.balign 16\n", n, compressed, n);
    fprintf(assembler, ".globl asset_%d, asset_%d_end, asset_%d_gz, asset_%d_gz_end\n", n, n, n, n);
    fprintf(table, "extern const unsigned char asset_%d[], asset_%d_end[], asset_%d_gz[], asset_%d_gz_end[];\n", n, n, n, n);
    fprintf(table,
            "#define ASSET_%d {\"%s\", \"/a/%.*s.%s%s\", \"%s\", \"\\\"%s\\\"\", asset_%d, asset_%d_end, asset_%d_gz, "
            "asset_%d_gz%s}\n",
            n, name, (int)(extension - name), name, hash, extension, type_of(extension), hash, n, n, n, n, pays ? "_end" : "");
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: assets OUTPUT.S OUTPUT.c DIRECTORY FILE...\n");
        return 2;
    }
    FILE *assembler = fopen(argv[1], "w");
    FILE *table = fopen(argv[2], "w");
    if (!assembler || !table)
        fail(argv[1], strerror(errno));
    fprintf(assembler, ".section .rodata\n.balign 16\n");
    fprintf(table, "/* Made by tools/assets.c: do not edit. */\n#include \"web/asset.h\"\n");
    for (int i = 4; i < argc; i++)
        embed(assembler, table, argv[3], argv[i], i - 4);
    fprintf(assembler, ".section .note.GNU-stack,\"\",@progbits\n");
    fprintf(table, "const struct asset assets[] = {\n");
    for (int i = 4; i < argc; i++)
        fprintf(table, "    ASSET_%d,\n", i - 4);
    fprintf(table, "};\nconst size_t asset_count = sizeof(assets) / sizeof(assets[0]);\n");
    if (fclose(assembler) != 0 || fclose(table) != 0)
        fail(argv[1], "could not be written");
    return 0;
}
