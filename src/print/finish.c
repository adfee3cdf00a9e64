/* finish.c - what cairo does not write: the version (all that is used is in PDF 1.7), the language and that the title is shown. As an update at the end of the file
 * (ISO 32000-1, 7.5.6). */
#include "print/internal.h"

static ptrdiff_t find_last(struct str s, const char *what)
{
    size_t n = strlen(what);
    for (size_t i = s.size >= n ? s.size - n + 1 : 0; i-- > 0;)
        if (memcmp(s.data + i, what, n) == 0)
            return (ptrdiff_t)i;
    return -1;
}

static int64_t number_behind(struct str s, const char *key)
{
    ptrdiff_t at = find_last(s, key);
    int64_t n = -1;
    struct str rest = at < 0 ? STR("") : str_trim(str_slice(s, (size_t)at + strlen(key), s.size)), digits = rest;
    for (size_t i = 0; i < rest.size; i++)
        if (rest.data[i] < '0' || rest.data[i] > '9') {
            digits = str_slice(rest, 0, i);
            break;
        }
    return str_to_int64(digits, &n) ? n : -1;
}

bool pdf_finish(struct buf *pdf, struct str language, struct str title, struct err *e)
{
    struct str s = buf_view(pdf);
    (void)title;
    ptrdiff_t trailer = find_last(s, "trailer"), start = find_last(s, "startxref"), at = -1;
    if (!str_starts(s, "%PDF-1.5") || trailer < 0 || start < trailer)
        return err_set(e, ERR_INTERNAL, "print: this version of cairo writes its file otherwise");
    struct str tail = str_slice(s, (size_t)trailer, s.size);
    int64_t root = number_behind(tail, "/Root"), info = number_behind(tail, "/Info"), size = number_behind(tail, "/Size"), table = number_behind(tail, "startxref");
    char mark[40];
    snprintf(mark, sizeof(mark), "\n%lld 0 obj", (long long)root);
    at = root > 0 ? find_last(str_slice(s, 0, (size_t)trailer), mark) : -1;
    struct str object = at < 0 ? STR("") : str_slice(s, (size_t)at + 1, s.size);
    ptrdiff_t open = str_find(object, STR("<<")), close = str_find(object, STR("endobj"));
    if (open < 0 || close < open || info < 0 || size < 0 || table < 0)
        return err_set(e, ERR_INTERNAL, "print: the catalogue was not found");
    bool is_word = language.size > 1 && language.size < 20;
    for (size_t i = 0; is_word && i < language.size; i++)
        is_word = (language.data[i] >= 'a' && language.data[i] <= 'z') || (language.data[i] >= 'A' && language.data[i] <= 'Z') || language.data[i] == '-';
    struct buf copy BUF_AUTO;
    buf_init(&copy, 64 << 10);
    buf_printf(&copy, "%lld 0 obj\n<< /Lang (%.*s)\n   /ViewerPreferences << /DisplayDocTitle true >>\n   ", (long long)root, is_word ? (int)language.size : 2, is_word ? language.data : "en");
    buf_str(&copy, str_trim(str_slice(object, (size_t)open + 2, (size_t)close)));
    buf_cstr(&copy, "\nendobj\n");
    long long here = (long long)pdf->size, where = here + (long long)copy.size;
    buf_str(pdf, buf_view(&copy));
    buf_printf(pdf, "xref\n%lld 1\n%010lld 00000 n \ntrailer\n<< /Size %lld\n   /Root %lld 0 R\n   /Info %lld 0 R\n   /Prev %lld\n>>\nstartxref\n%lld\n%%%%EOF\n", (long long)root, here,
               (long long)size, (long long)root, (long long)info, (long long)table, where);
    if (pdf->full || copy.full)
        return err_set(e, ERR_TOO_LARGE, "document: the PDF is over %d MiB", PRINT_PDF_BYTES >> 20);
    pdf->data[7] = '7';
    return true;
}
