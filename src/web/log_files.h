/*
 * log_files.h - the C2SP tlog-tiles layout over HTTP, from a directory that holds a log: for `/log/` of `assay serve`, and for
 * mirrors. Addresses are parsed to their parts and built again from those, so that nothing but a tile or a checkpoint can be
 * named.
 *
 *     checkpoint, checkpoint.witnessed       text/plain; charset=utf-8, not cached
 *     tile/<L>/<N>[.p/<W>], tile/entries/…   application/octet-stream; full ones immutable, partial ones an hour
 */
#ifndef WEB_LOG_FILES_H
#define WEB_LOG_FILES_H

#include "web/http.h"

enum { LOG_FILE_PATH_SIZE = 80 };

struct log_file {
    char path[LOG_FILE_PATH_SIZE]; /* below the log's directory */
    const char *type;
    const char *cache; /* Cache-Control */
};

/* Parses what stands behind the prefix, as "tile/0/x001/067.p/3". False: there is no such address. */
bool log_file_parse(struct str path, struct log_file *ret) MUST_USE;
/* Answers with the file below `log_dir`, or with 404. A partial tile that is gone because it is full now is cut from the full
 * one, as it was. Blocks on the disk; for workers. */
void log_file_answer(int log_dir, const struct log_file *file, struct http_request *r, struct http_response *ret);

#endif
