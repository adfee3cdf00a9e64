#include "web/http.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool decode(struct arena *a, struct str s, bool plus_is_space, struct str *ret, struct err *e)
{
    char *out = arena_alloc(a, s.size + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            int high = i + 1 < s.size ? hex_digit(s.data[i + 1]) : -1;
            int low = i + 2 < s.size ? hex_digit(s.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return err_set(e, ERR_INVALID, "the address has a broken escape: %% needs two hex digits");
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == 0)
            return err_set(e, ERR_INVALID, "the address has a NUL");
        out[n++] = c;
    }
    *ret = (struct str){out, n};
    if (!str_is_utf8(*ret))
        return err_set(e, ERR_INVALID, "the address is not UTF-8");
    return true;
}

bool http_form_value(struct arena *a, struct str form, const char *name, struct str *ret, bool *ret_is_there, struct err *e)
{
    struct str pair;
    bool is_more = form.size > 0;
    while (is_more) {
        is_more = str_cut(&form, '&', &pair);
        struct str value = pair, key;
        str_cut(&value, '=', &key);
        struct str decoded;
        if (!decode(a, key, true, &decoded, e))
            return false;
        if (!str_is(decoded, name))
            continue;
        if (ret_is_there)
            *ret_is_there = true;
        return decode(a, value, true, ret, e);
    }
    *ret = STR("");
    if (ret_is_there)
        *ret_is_there = false;
    return true;
}

bool http_form_decode(struct arena *a, struct str text, struct str *ret, struct err *e)
{
    return decode(a, text, true, ret, e);
}

bool http_decode_segment(struct arena *a, struct str segment, struct str *ret, struct err *e)
{
    struct str decoded;
    if (!decode(a, segment, false, &decoded, e))
        return false;
    if (str_find_char(decoded, '/') >= 0)
        return err_set(e, ERR_INVALID, "a part of the address holds an escaped '/'");
    *ret = decoded;
    return true;
}

struct str http_cookie(const struct http_request *r, const char *name)
{
    struct str rest = r->cookie, pair;
    bool is_more = rest.size > 0;
    while (is_more) {
        is_more = str_cut(&rest, ';', &pair);
        struct str value = str_trim(pair), key;
        if (str_cut(&value, '=', &key) && str_is(key, name))
            return value;
    }
    return (struct str){0};
}

void http_query_add(struct buf *b, const char *name, struct str value)
{
    static const char digits[] = "0123456789ABCDEF";
    buf_char(b, str_find_char(buf_view(b), '?') >= 0 ? '&' : '?');
    buf_cstr(b, name);
    buf_char(b, '=');
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        bool is_plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (is_plain) {
            buf_char(b, (char)c);
        } else {
            char text[3] = {'%', digits[c >> 4], digits[c & 15]};
            buf_append(b, text, sizeof(text));
        }
    }
}

const char *http_status_words(int status)
{
    static const struct {
        int status;
        const char *words;
    } all[] = {{200, "OK"},
               {201, "Created"},
               {204, "Done"},
               {303, "See Other"},
               {304, "Not Modified"},
               {400, "The request is malformed"},
               {401, "Sign in first"},
               {403, "Not permitted"},
               {404, "There is nothing at this address"},
               {405, "This address does not take that method"},
               {409, "It does not go with what is there"},
               {411, "A length is needed"},
               {412, "Somebody else has changed it meanwhile"},
               {413, "Too large"},
               {414, "The address is too long"},
               {415, "Not a form that this address reads"},
               {422, "Something in it is not right"},
               {428, "Say which version is meant"},
               {429, "Too many requests"},
               {431, "The request's head is too large"},
               {499, "Cancelled"},
               {500, "Something broke here"},
               {501, "Not supported"},
               {503, "Not available at the moment"},
               {504, "It took too long"},
               {505, "Only HTTP/1.1 is spoken"}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].status == status)
            return all[i].words;
    return "Error";
}
