/*
 * conf.h - reading configuration files of a host: lines with comments and continuations, quoted words, drop-in directories,
 * wildcards, and the replacing of secrets in what people wrote on a command line.
 *
 * Everything lies in the arena of the table at hand. A missing file is silence; one that cannot be read is said with
 * gather_missing.
 *
 *     struct str text;
 *     if (conf_read(g, "/etc/fstab", &text)) {
 *         struct conf_reader r = conf_reader_of(g->arena, text, "#");
 *         struct str line, word;
 *         while (conf_next_line(&r, &line))
 *             while (conf_next_word(g->arena, &line, &word)) ...          // r.line is the number of the line
 *     }
 */
#ifndef COLLECT_HOST_CONF_H
#define COLLECT_HOST_CONF_H

#include "collect/host/host.h"

enum { CONF_FILE_BYTES_MAX = 8 << 20, CONF_GLOB_PATHS_MAX = 4096, CONF_INCLUDE_DEPTH_MAX = 16 };

/* The bytes of a configuration file. False if it is missing (silently) or cannot be read (said with gather_missing). */
bool conf_read(struct gather *g, const char *path, struct str *ret_text) MUST_USE;

struct conf_reader {
    struct arena *arena;
    struct str rest;
    const char *comments; /* a line that begins with one of these is a comment */
    bool is_joining;      /* a backslash at the end of a line continues it */
    int64_t line;         /* the first physical line of what was returned last, from 1 */
    int64_t lines_read;
};
/* Without continuations; set is_joining for them. */
struct conf_reader conf_reader_of(struct arena *a, struct str text, const char *comments);
/* The next line that is neither empty nor a comment, trimmed. False at the end. */
bool conf_next_line(struct conf_reader *r, struct str *ret_line);

/* The next word of a line as a shell would split it: '...' and "..." group, a backslash takes the next byte as it is. False at
 * the end. */
bool conf_next_word(struct arena *a, struct str *line, struct str *ret_word);
/* Cuts "key = value" or "key value" at the first '=' or white space; both trimmed, the value without quotes around it. False
 * without key. */
bool conf_key_value(struct str line, struct str *ret_key, struct str *ret_value);
/* Without one pair of quotes around it. */
struct str conf_unquote(struct str s);
/* Lower case (ASCII). */
struct str conf_lower(struct arena *a, struct str s);
bool conf_equal_nocase(struct str a, const char *b);
/* 1, yes, true, on. */
bool conf_is_true(struct str s);

/* Paths, sorted. */
struct conf_paths {
    struct str *items; /* NUL-terminated */
    size_t count;
    size_t capacity;
};
void conf_paths_add(struct arena *a, struct conf_paths *p, struct str path);
/* The paths that match a pattern with wildcards in any component, at most CONF_GLOB_PATHS_MAX. A pattern without wildcards is
 * returned as it stands, whether it exists or not. */
void conf_glob(struct gather *g, const char *pattern, struct conf_paths *ret);
/* The drop-ins `*suffix` of several directories, earlier ones winning by name, sorted by name; a link to /dev/null masks a name.
 */
void conf_dropins(struct gather *g, const char *const *directories, const char *suffix, struct conf_paths *ret);
/* As shell patterns match, '*' and '?' also over '/' unless is_path. Linear in practice: patterns with over 8 stars match
 * nothing. */
bool conf_match(struct str pattern, struct str text, bool is_path);
/* Names of a directory; an empty list if it is missing; gather_missing if it may not be read. */
void conf_list(struct gather *g, const char *path, struct str **ret_names, size_t *ret_count);
/* Whether anything stands at the path (links followed); gather_missing if that cannot be told. */
bool conf_exists(struct gather *g, const char *path);
/* Whether a directory, or a regular file, stands there (links followed); false, silently, if that cannot be told. */
bool conf_is_directory(struct gather *g, const char *path);
bool conf_is_regular(struct gather *g, const char *path);

/* A command line or URL without secrets: values behind words like password, token, secret, key become "[redacted]", and so does
 * what stands between the colon and the @ of a URL. Cut at 1024 bytes. */
struct str conf_redact(struct arena *a, struct str text);
/* "file:line". */
struct str conf_origin(struct arena *a, struct str file, int64_t line);

#endif
