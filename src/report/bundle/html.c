/* html.c - the pages' shell and small parts. */
#include "report/bundle/html.h"

#include "base/times.h"
#include "report/reports/report.h"
#include "report/view_internal.h"

#include <stdarg.h>

static const char style[] =
    ":root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#555e68;--line:#d0d6dc;--shade:#f3f5f7;--link:#174a8b;--pass:#136c34;--fail:#a81c1c;--unknown:#7a4d00;--skip:#555e68}"
    "@media(prefers-color-scheme:dark){:root{--paper:#14181d;--ink:#e6eaee;--soft:#a9b3bd;--line:#39424c;--shade:#1d2329;--link:#8ab8f5;--pass:#5fce87;--fail:#ff8f87;--unknown:#e8b353;--skip:#a9b3bd}}"
    "*{box-sizing:border-box}html{background:var(--paper)}body{font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif;color:var(--ink);background:var(--paper);"
    "max-width:1080px;margin:0 auto;padding:24px 20px 60px;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}"
    "h1{font-size:27px;line-height:1.25;margin:14px 0 8px}h2{font-size:20px;line-height:1.3;margin:36px 0 8px;padding-top:14px;border-top:1px solid var(--line);break-after:avoid}"
    "h3{font-size:16px;margin:24px 0 6px;break-after:avoid}p{margin:0 0 10px;max-width:75ch}.lead{font-size:17px;color:var(--soft)}.soft{color:var(--soft)}"
    "a{color:var(--link)}td a,dd a,li a{display:inline-block;min-height:24px}a:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}.skip{position:absolute;left:-999px}.skip:focus{position:static}"
    "header{font-size:14px;padding-bottom:8px;border-bottom:1px solid var(--line)}"
    "pre,code{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:13px}pre{white-space:pre-wrap;background:var(--shade);border:1px solid var(--line);border-radius:6px;padding:10px 12px;margin:6px 0 14px}"
    ".t{overflow-x:auto;margin:6px 0 18px}table{border-collapse:collapse;width:100%}caption{text-align:left;color:var(--soft);font-size:13px;padding:0 0 4px}"
    "th{text-align:left;font-size:13px;background:var(--shade);vertical-align:bottom}th,td{padding:6px 9px;border-bottom:1px solid var(--line);vertical-align:top}th,td{overflow-wrap:normal}td{white-space:pre-line;min-width:5ch;max-width:70ch}"
    ".n{text-align:right}thead{display:table-header-group}tr{break-inside:avoid}:target{background:var(--shade)}"
    "dl{display:grid;grid-template-columns:minmax(130px,24%) 1fr;gap:4px 14px;margin:6px 0 18px}dt{color:var(--soft)}dd{margin:0;white-space:pre-line}"
    ".s{white-space:nowrap}.pass{color:var(--pass)}.fail{color:var(--fail)}.unknown{color:var(--unknown)}.skipped{color:var(--skip)}.h{font-size:12px;color:var(--soft);overflow-wrap:anywhere;display:inline-block;min-width:18ch}"
    "ul{padding-left:20px;margin:4px 0 14px}footer{margin-top:44px;padding-top:10px;border-top:1px solid var(--line);font-size:13px;color:var(--soft)}"
    "@media(max-width:640px){body{padding:16px 14px 40px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}h1{font-size:22px}}"
    "@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--shade:#f3f3f3;--link:#000;--pass:#000;--fail:#000;--unknown:#000;--skip:#444}"
    "body{max-width:none;padding:0;font-size:11px}.skip,header{display:none}.t{overflow:visible}a{text-decoration:none}}@page{size:A4;margin:16mm}";

void sheaf_text(struct html *h, struct str s)
{
    report_write_text(&h->out, s);
}

void sheaf_cstr(struct html *h, const char *s)
{
    sheaf_text(h, str_of(s));
}

static void __attribute__((format(printf, 2, 0))) say(struct html *h, const char *format, va_list list)
{
    va_list again;
    va_copy(again, list);
    int size = vsnprintf(NULL, 0, format, list);
    char *text = arena_alloc(h->a, (size_t)(size > 0 ? size : 0) + 1);
    vsnprintf(text, (size_t)(size > 0 ? size : 0) + 1, format, again);
    va_end(again);
    sheaf_text(h, str_of(text));
}

void sheaf_say(struct html *h, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say(h, format, list);
    va_end(list);
}

const char *sheaf_pages(const struct html *h)
{
    return h->is_root ? "pages/" : "";
}
const char *sheaf_up(const struct html *h)
{
    return h->is_root ? "" : "../";
}

void sheaf_begin(struct html *h, struct str title, struct str words)
{
    const struct engagement *g = &h->bundle->g;
    buf_cstr(&h->out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    sheaf_text(h, title);
    sheaf_say(h, " · %.*s", STR_ARGS(g->id));
    buf_printf(&h->out, "</title><style>%s</style></head><body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n", style);
    if (!h->is_root) {
        buf_cstr(&h->out, "<header><nav aria-label=\"Where you are\"><a href=\"../index.html\">");
        sheaf_say(h, "%.*s %.*s", STR_ARGS(g->id), STR_ARGS(g->title));
        buf_cstr(&h->out, "</a></nav></header>\n");
    }
    buf_cstr(&h->out, "<main id=\"main\"><h1>");
    sheaf_text(h, title);
    buf_cstr(&h->out, "</h1>\n");
    if (words.size) {
        buf_cstr(&h->out, "<p class=\"lead\">");
        sheaf_text(h, words);
        buf_cstr(&h->out, "</p>\n");
    }
}

void sheaf_end(struct html *h)
{
    const struct audit_bundle *b = h->bundle;
    buf_cstr(&h->out, "</main>\n<footer><p>");
    sheaf_say(h, "As of leaf %llu of the ledger, %.*s. What stands here is what the organisation's program says; whether it holds is checked with assay-verify and assay reperform, not by reading.",
             (unsigned long long)b->size - 1, STR_ARGS(sheaf_when(h->a, b->at_ms)));
    buf_cstr(&h->out, "</p></footer></body></html>\n");
}

/* ---- parts ---- */

void sheaf_heading(struct html *h, int level, const char *id, const char *format, ...)
{
    va_list list;
    buf_printf(&h->out, "<h%d", level);
    if (id) {
        buf_cstr(&h->out, " id=\"");
        sheaf_cstr(h, id);
        buf_char(&h->out, '"');
    }
    buf_char(&h->out, '>');
    va_start(list, format);
    say(h, format, list);
    va_end(list);
    buf_printf(&h->out, "</h%d>\n", level);
}

void sheaf_facts_begin(struct html *h)
{
    buf_cstr(&h->out, "<dl>\n");
}
void sheaf_facts_end(struct html *h)
{
    buf_cstr(&h->out, "</dl>\n");
}

void sheaf_fact(struct html *h, const char *name, const char *format, ...)
{
    va_list list;
    buf_cstr(&h->out, "<dt>");
    sheaf_cstr(h, name);
    buf_cstr(&h->out, "</dt><dd>");
    va_start(list, format);
    say(h, format, list);
    va_end(list);
    buf_cstr(&h->out, "</dd>\n");
}

void sheaf_table_begin(struct html *h, const char *caption, const char *columns)
{
    struct str rest = str_of(columns), one;
    buf_cstr(&h->out, "<div class=\"t\" tabindex=\"0\" role=\"region\" aria-label=\"");
    sheaf_cstr(h, caption);
    buf_cstr(&h->out, "\"><table><caption>");
    sheaf_cstr(h, caption);
    buf_cstr(&h->out, "</caption><thead><tr>");
    for (bool is_more = true; is_more;) {
        is_more = str_cut(&rest, '|', &one);
        bool is_number = str_starts(one, ">");
        buf_printf(&h->out, "<th scope=\"col\"%s>", is_number ? " class=\"n\"" : "");
        sheaf_text(h, str_slice(one, is_number, one.size));
        buf_cstr(&h->out, "</th>");
    }
    buf_cstr(&h->out, "</tr></thead><tbody>\n");
}

void sheaf_table_end(struct html *h)
{
    buf_cstr(&h->out, "</tbody></table></div>\n");
}

void sheaf_cell_begin(struct html *h)
{
    buf_cstr(&h->out, "<td>");
}
void sheaf_cell_end(struct html *h)
{
    buf_cstr(&h->out, "</td>");
}

void sheaf_cell(struct html *h, struct str text)
{
    sheaf_cell_begin(h);
    sheaf_text(h, text);
    sheaf_cell_end(h);
}

void sheaf_cell_int(struct html *h, int64_t n)
{
    buf_printf(&h->out, "<td class=\"n\">%lld</td>", (long long)n);
}

void sheaf_status(struct html *h, enum result_status s, const char *words)
{
    static const char *const shapes[] = {[RESULT_PASS] = "●", [RESULT_FAIL] = "■", [RESULT_UNKNOWN] = "◌", [RESULT_SKIP] = "–"};
    static const char *const classes[] = {[RESULT_PASS] = "pass", [RESULT_FAIL] = "fail", [RESULT_UNKNOWN] = "unknown", [RESULT_SKIP] = "skipped"};
    buf_printf(&h->out, "<span class=\"%s\"><span aria-hidden=\"true\">%s</span> ", classes[s], shapes[s]);
    sheaf_cstr(h, words);
    buf_cstr(&h->out, "</span>");
}

struct str sheaf_name(struct arena *a, struct str id)
{
    char *name = arena_strndup(a, id.data, id.size < 64 ? id.size : 64);
    for (char *c = name; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-'))
            *c = '_';
    return str_of(name);
}

struct str sheaf_when(struct arena *a, int64_t t)
{
    char text[TIME_TEXT_SIZE];
    return t > 0 ? arena_str(a, str_of(time_format(t - t % MS_SECOND, text))) : STR("");
}

static const char *const own[][2] = {{"population", "population-"}, {"sample", "sample-"}, {"test_sheet", "sheet-"}};

bool sheaf_has_own_page(const char *type)
{
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (strcmp(type, own[i][0]) == 0)
            return true;
    return false;
}

void sheaf_record(struct html *h, const char *type, struct str id, bool with_title)
{
    const struct seen_record *s = bundle_observed(h->bundle, str_of(type), id);
    const char *page = NULL;
    struct str name = sheaf_name(h->a, id);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        page = strcmp(type, own[i][0]) == 0 ? own[i][1] : page;
    bool is_control = strcmp(type, "control") == 0 && bundle_has_control_page(h->bundle, id);
    if (!s && !is_control) {
        sheaf_text(h, id);
        return;
    }
    if (is_control || page)
        buf_printf(&h->out, "<a href=\"%s%s%.*s.html\">", sheaf_pages(h), is_control ? "control-" : page, STR_ARGS(name));
    else
        buf_printf(&h->out, "<a href=\"%s%.*s#r-%.*s\">", sheaf_pages(h), STR_ARGS(bundle_type_page(h->a, type, s->place / HTML_RECORDS_A_PAGE)), STR_ARGS(name));
    sheaf_text(h, id);
    if (with_title && s && s->title.size && !str_equal(s->title, id))
        sheaf_say(h, " %.*s", STR_ARGS(s->title));
    buf_cstr(&h->out, "</a>");
}

void sheaf_blob(struct html *h, struct str c, const char *words)
{
    if (c.size != 64)
        return;
    buf_printf(&h->out, "<a href=\"%sblobs/%.*s\">", sheaf_up(h), STR_ARGS(c));
    sheaf_cstr(h, words);
    buf_cstr(&h->out, "</a>");
}

void sheaf_leaf(struct html *h, int64_t leaf, bool is_proven)
{
    struct err none = {0};
    struct str hash = STR("");
    DB_EACH (row, h->bundle->o.db, &none, "select lower(hex(hash)) from leaf where idx = ?1", A(leaf))
        hash = arena_str(h->a, db_text(row, 0));
    if (is_proven && (uint64_t)leaf < h->bundle->size && bundle_is_proven(h->bundle, leaf))
        buf_printf(&h->out, "<a href=\"%saudit/proofs/%09lld.leaf\">leaf %lld</a>, <a href=\"%saudit/proofs/%09lld.tlog-proof\" aria-label=\"proof of leaf %lld\">proof</a>", sheaf_up(h), (long long)leaf,
                   (long long)leaf, sheaf_up(h), (long long)leaf, (long long)leaf);
    else
        sheaf_say(h, "leaf %lld", (long long)leaf);
    buf_cstr(&h->out, " <span class=\"h\">");
    sheaf_text(h, hash);
    buf_cstr(&h->out, "</span>");
}
