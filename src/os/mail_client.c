#include "os/mail_client.h"

#include "os/curl.h"

#include <stdio.h>
#include <string.h>

bool mail_address_check(struct str address, struct err *e)
{
    size_t ats = 0;
    bool ok = address.size > 2 && address.size <= MAIL_ADDRESS_MAX;
    for (size_t i = 0; ok && i < address.size; i++) {
        char c = address.data[i];
        ats += c == '@';
        ok = c > ' ' && c < 0x7f && !strchr("<>()[]\\,;:\"", c);
    }
    if (ok && ats == 1 && address.data[0] != '@' && address.data[address.size - 1] != '@')
        return true;
    return err_set(e, ERR_INVALID, "\"%.*s\" is no mail address", STR_ARGS(str_slice(address, 0, 80)));
}

static struct str url_host(struct str url)
{
    size_t from = str_starts(url, "smtps://") ? 8 : str_starts(url, "smtp://") ? 7 : url.size, to = from;
    if (from < url.size && url.data[from] == '[')
        while (to < url.size && url.data[to] != ']')
            to++;
    while (to < url.size && url.data[to] != ':' && url.data[to] != '/')
        to++;
    return str_slice(url, from, to);
}

bool mail_url_check(struct str url, struct err *e)
{
    for (size_t i = 0; i < url.size; i++)
        if (url.data[i] <= ' ' || url.data[i] >= 0x7f || strchr("\\@?#", url.data[i]))
            return err_set(e, ERR_INVALID, "the mail server's address has a character that does not belong there");
    struct str host = url_host(url);
    if (host.size == 0 || url.size > 300)
        return err_set(e, ERR_INVALID, "\"%.*s\" is no smtp:// or smtps:// address", STR_ARGS(str_slice(url, 0, 80)));
    return true;
}

static bool is_this_machine(struct str url)
{
    struct str host = url_host(url);
    return str_is(host, "localhost") || str_is(host, "127.0.0.1") || str_is(host, "[::1]");
}

struct upload {
    struct str left;
};

static size_t on_read(char *data, size_t one, size_t count, void *context)
{
    struct upload *u = context;
    size_t size = one * count < u->left.size ? one * count : u->left.size;
    if (size)
        memcpy(data, u->left.data, size);
    u->left = str_slice(u->left, size, u->left.size);
    return size;
}

static bool options_set(CURL *h, const struct mail_server *server, const char *from, struct curl_slist *to, struct upload *upload, char *reason)
{
    int failed = 0;
    failed |= curl.easy_setopt(h, CURLOPT_URL, server->url);
    failed |= curl.easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    failed |= curl.easy_setopt(h, CURLOPT_PROXY, "");
    failed |= curl.easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    failed |= curl.easy_setopt(h, CURLOPT_ERRORBUFFER, reason);
    failed |= curl.easy_setopt(h, CURLOPT_MAIL_FROM, from);
    failed |= curl.easy_setopt(h, CURLOPT_MAIL_RCPT, to);
    failed |= curl.easy_setopt(h, CURLOPT_UPLOAD, 1L);
    failed |= curl.easy_setopt(h, CURLOPT_READFUNCTION, on_read);
    failed |= curl.easy_setopt(h, CURLOPT_READDATA, upload);
    failed |= curl.easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)MAIL_CONNECT_MS);
    failed |= curl.easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)MAIL_TOTAL_MS);
    failed |= curl.easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L);
    failed |= curl.easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L);
    failed |= curl.easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* Elsewhere TLS is demanded, and on this machine too when somebody says whom to trust. */
    failed |= curl.easy_setopt(h, CURLOPT_USE_SSL, (long)(is_this_machine(str_of(server->url)) && server->ca_pem.size == 0 ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    failed |= curl_authorities_set(h, NULL, server->ca_pem);
    if (server->user) {
        failed |= curl.easy_setopt(h, CURLOPT_USERNAME, server->user);
        failed |= curl.easy_setopt(h, CURLOPT_PASSWORD, server->password ? server->password : "");
    }
    return failed == 0;
}

static enum err_code code_of(CURLcode result)
{
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
        return ERR_TIMEOUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_LOGIN_DENIED:
        return ERR_DENIED;
    default:
        return ERR_UNAVAILABLE;
    }
}

bool mail_send(const struct mail_server *server, const char *from, const char *to, struct str message, struct err *e)
{
    char sender[MAIL_ADDRESS_MAX + 3], recipient[MAIL_ADDRESS_MAX + 3], reason[CURL_ERROR_SIZE] = "";
    struct upload upload = {message};
    if (!mail_url_check(str_of(server->url), e) || !mail_address_check(str_of(from), e) || !mail_address_check(str_of(to), e) || !curl_open(e))
        return false;
    snprintf(sender, sizeof(sender), "<%s>", from);
    snprintf(recipient, sizeof(recipient), "<%s>", to);
    CURL *h = curl.easy_init();
    struct curl_slist *list = h ? curl.slist_append(NULL, recipient) : NULL;
    CURLcode result = list && options_set(h, server, sender, list, &upload, reason) ? curl.easy_perform(h) : CURLE_FAILED_INIT;
    curl.slist_free_all(list);
    if (h)
        curl.easy_cleanup(h);
    if (result == CURLE_OK)
        return true;
    return err_set(e, code_of(result), "%s: %s", server->url, reason[0] ? reason : curl.easy_strerror(result));
}
