#include "os/curl.h"

#include <pthread.h>

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
