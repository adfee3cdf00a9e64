#include "notify/message.h"

#include "base/times.h"
#include "crypto/crypto.h"

enum { LINE_MAX = 76, WORD_BYTES_MAX = 42 }; /* 42 bytes are 56 of base64, which fit into an encoded word of 75 */

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] < ' ' || s.data[i] > '~' || s.data[i] == '"' || s.data[i] == '\\' || s.data[i] == '=')
            return false;
    return s.size <= 50;
}

/* How much of `s` one encoded word takes, without cutting a character. */
static size_t word_size(struct str s)
{
    size_t n = s.size < WORD_BYTES_MAX ? s.size : WORD_BYTES_MAX;
    while (n > 0 && n < s.size && ((uint8_t)s.data[n] & 0xc0) == 0x80)
        n--;
    return n ? n : s.size < WORD_BYTES_MAX ? s.size : WORD_BYTES_MAX;
}

static void words_put(struct buf *out, struct str s)
{
    while (s.size > 0) {
        struct str word = str_slice(s, 0, word_size(s));
        char clean[WORD_BYTES_MAX];
        for (size_t i = 0; i < word.size; i++)
            clean[i] = (uint8_t)word.data[i] < ' ' || word.data[i] == 0x7f ? ' ' : word.data[i];
        buf_cstr(out, "=?UTF-8?B?");
        base64_encode(str_make(clean, word.size), out);
        buf_cstr(out, "?=");
        s = str_slice(s, word.size, s.size);
        if (s.size > 0)
            buf_cstr(out, "\r\n ");
    }
}

static void text_put(struct buf *out, struct str s, bool is_name)
{
    if (!is_plain(s))
        words_put(out, s);
    else if (is_name)
        buf_printf(out, "\"%.*s\"", STR_ARGS(s));
    else
        buf_str(out, s);
}

static void address_put(struct buf *out, const char *header, struct str name, struct str address)
{
    buf_printf(out, "%s: ", header);
    if (name.size > 0) {
        text_put(out, name, true);
        buf_cstr(out, "\r\n ");
    }
    buf_printf(out, "<%.*s>\r\n", STR_ARGS(address));
}

/* RFC 5322 date: "Sun, 22 Nov 2026 04:30:00 +0000". */
static void date_put(struct buf *out, int64_t at_ms)
{
    static const char days[7][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t day = day_of(at_ms), rest = (at_ms - day * MS_DAY) / MS_SECOND;
    struct date d = date_of_day(day);
    buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[(day % 7 + 7) % 7], d.day, months[d.month - 1], d.year, (int)(rest / 3600),
               (int)(rest / 60 % 60), (int)(rest % 60));
}

static void quoted_put(struct buf *out, struct str line)
{
    size_t column = 0;
    for (size_t i = 0; i < line.size; i++) {
        uint8_t c = (uint8_t)line.data[i];
        bool is_last = i + 1 == line.size;
        bool is_direct = (c > ' ' && c < 0x7f && c != '=') || ((c == ' ' || c == '\t') && !is_last);
        size_t width = is_direct ? 1 : 3;
        if (column + width > LINE_MAX - 1) {
            buf_cstr(out, "=\r\n");
            column = 0;
        }
        if (is_direct && !(c == '.' && column == 0)) { /* a dot that begins a line is SMTP's own */
            buf_char(out, (char)c);
        } else {
            buf_printf(out, "=%02X", c);
            width = 3;
        }
        column += width;
    }
    buf_cstr(out, "\r\n");
}

void message_write(const struct message *m, struct buf *out)
{
    struct str rest = m->text, line, domain = m->from;
    struct str local;
    date_put(out, m->at_ms);
    address_put(out, "From", m->from_name, m->from);
    address_put(out, "To", m->to_name, m->to);
    buf_cstr(out, "Subject: ");
    text_put(out, m->subject, false);
    str_cut(&domain, '@', &local);
    buf_printf(out, "\r\nMessage-ID: <%.*s@%.*s>\r\n", STR_ARGS(m->id), STR_ARGS(domain));
    buf_cstr(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    while (str_next_line(&rest, &line))
        quoted_put(out, line);
}
