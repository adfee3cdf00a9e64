#include "os/curl.h"

#include <pthread.h>
#include <stdint.h>

struct curl_functions curl;
static const char *const curl_names[] = {CURL_FUNCTIONS(LIBRARY_NAME)};
static struct library curl_library = LIBRARY("libcurl.so.4", "libcurl4", curl_names, curl);
static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_started;

static void curl_start(void)
{
    curl_started = curl.global_init(CURL_GLOBAL_DEFAULT);
}

bool curl_open(struct err *e)
{
    if (!library_open(&curl_library, e))
        return false;
    pthread_once(&curl_once, curl_start);
    return curl_started == CURLE_OK || err_set(e, ERR_UNSUPPORTED, "libcurl does not start");
}

int curl_authorities_set(CURL *h, const char *file, struct str pem)
{
    int failed = 0;
    if (pem.size > 0) {
        struct curl_blob blob = {.data = (void *)(uintptr_t)pem.data, .len = pem.size, .flags = CURL_BLOB_COPY};
        failed |= curl.easy_setopt(h, CURLOPT_CAINFO_BLOB, &blob);
    } else if (file) {
        failed |= curl.easy_setopt(h, CURLOPT_CAINFO, file);
    } else {
        return 0;
    }
    return failed | curl.easy_setopt(h, CURLOPT_CAPATH, NULL);
}
