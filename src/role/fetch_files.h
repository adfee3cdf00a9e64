/*
 * fetch_files.h - file calls that fetch what is missing: a directory that fills itself from an HTTP prefix, as tiles are read.
 * Private to src/role.
 */
#ifndef ROLE_FETCH_FILES_H
#define ROLE_FETCH_FILES_H

#include "os/file.h"
#include "os/http_client.h"

struct fetch_files {
    struct os_file_calls calls; /* to read with, below `dir` */
    struct http_client *client;
    int dir;
    const char *prefix; /* without a slash at its end */
    const char *ca_file;
    uint64_t fetched;
    char problem[400]; /* of the last request that failed otherwise than by 404 */
};
/* `dir` is an empty directory for what is fetched. */
bool fetch_files_open(struct fetch_files *f, int dir, const char *prefix, const char *ca_file, struct err *e) MUST_USE;
void fetch_files_close(struct fetch_files *f);
/* Removes what lies in such a directory, and itself. */
void fetch_stage_remove(const char *path);

#endif
