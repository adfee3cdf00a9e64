/* curl.h - libcurl, opened by whoever asks first; private to http_client.c and mail_client.c. */
#ifndef OS_CURL_H
#define OS_CURL_H

#include "base/str.h"
#include "os/library.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#define CURL_FUNCTIONS(F)                                                                                                        \
    F(curl_, global_init) F(curl_, easy_init) F(curl_, easy_reset) F(curl_, easy_cleanup) F(curl_, easy_setopt)                  \
    F(curl_, easy_getinfo) F(curl_, easy_perform) F(curl_, easy_strerror) F(curl_, slist_append) F(curl_, slist_free_all)
struct curl_functions {
    CURL_FUNCTIONS(LIBRARY_POINTER)
};
extern struct curl_functions curl;

/* ERR_UNSUPPORTED: not installed, too old, or it does not start. Any thread. */
bool curl_open(struct err *e) MUST_USE;

/* Whom to trust: `pem` (copied) if it is not empty, else `file` if not NULL, else the system's. Not 0: it could not be set. */
int curl_authorities_set(CURL *h, const char *file, struct str pem);

#endif
