/* The feed for calendar programs (RFC 5545): what is due, as events of a whole day. */
#include "report/view_due.h"
#include "report/view_record_internal.h"

enum { ICS_LINE_OCTETS = 75 };

/* ---- lines ---- */

/* How many octets the character at `s` has; 0: they are no UTF-8. */
static size_t character_size(struct str s)
{
    for (size_t n = 1; n <= 4 && n <= s.size; n++)
        if (str_is_utf8(str_slice(s, 0, n)))
            return n;
    return 0;
}

/* One character, or an escape of two, that stays on one line. */
static void put_folded(struct buf *out, size_t *column, struct str piece)
{
    if (*column + piece.size > ICS_LINE_OCTETS) {
        buf_cstr(out, "\r\n ");
        *column = 1;
    }
    buf_str(out, piece);
    *column += piece.size;
}

void ics_line(struct buf *out, const char *name, struct str value, bool is_text)
{
    size_t column = 0;
    for (const char *p = name; *p; p++)
        put_folded(out, &column, str_make(p, 1));
    put_folded(out, &column, STR(":"));
    while (value.size) {
        size_t n = character_size(value);
        struct str piece = n ? str_slice(value, 0, n) : STR("\xEF\xBF\xBD");
        char c = n == 1 ? value.data[0] : 'x';
        bool is_crlf = c == '\r' && value.size > 1 && value.data[1] == '\n';
        value = str_slice(value, is_crlf ? 2 : n ? n : 1, value.size);
        if (c == '\n' || c == '\r')
            piece = STR("\\n");
        else if ((unsigned char)c < 0x20 || c == 0x7f)
            continue;
        else if (is_text && (c == '\\' || c == ';' || c == ','))
            piece = c == '\\' ? STR("\\\\") : c == ';' ? STR("\\;") : STR("\\,");
        if (is_text || (c != '\n' && c != '\r'))
            put_folded(out, &column, piece);
    }
    buf_cstr(out, "\r\n");
}

/* ---- events ---- */

static struct str ics_date(struct view *v, int64_t day)
{
    struct date d = date_of_day(day);
    return arena_printf(v->arena, "%04d%02d%02d", d.year, d.month, d.day);
}

static struct str ics_instant(struct view *v, int64_t at_ms)
{
    int64_t s = (at_ms - day_of(at_ms) * MS_DAY) / MS_SECOND;
    return arena_printf(v->arena, "%.*sT%02d%02d%02dZ", STR_ARGS(ics_date(v, day_of(at_ms))), (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
}

static void put_event(struct view *v, struct buf *out, struct str origin, struct str base_url, const struct due_item *d)
{
    struct str url = arena_printf(v->arena, "%.*s%.*s", STR_ARGS(base_url), STR_ARGS(record_url(v, d->type->id, d->id)));
    const struct record_state *state = record_type_state(d->type, d->state);
    struct str owner = d->owner_name.size ? d->owner_name : d->owner.size ? d->owner : STR("nobody");
    struct str words = arena_printf(v->arena, "%s %.*s\nState: %s\nWho: %.*s\n%.*s", d->type->label, STR_ARGS(d->id), state ? state->label : d->state.data,
                                    STR_ARGS(owner), STR_ARGS(url));
    ics_line(out, "BEGIN", STR("VEVENT"), false);
    /* One organisation has several days. */
    struct str which = d->is_milestone ? arena_printf(v->arena, "/%.*s", STR_ARGS(str_slice(d->title, (size_t)str_find(d->title, STR(" ")) + 1, d->title.size))) : STR("");
    ics_line(out, "UID", arena_printf(v->arena, "%s/%.*s%.*s@%.*s", d->type->id, STR_ARGS(d->id), STR_ARGS(which), STR_ARGS(origin)), true);
    ics_line(out, "DTSTAMP", ics_instant(v, d->changed_t), false); /* no METHOD: when it was last revised (3.8.7.2) */
    ics_line(out, "DTSTART;VALUE=DATE", ics_date(v, d->due_day), false);
    ics_line(out, "DTEND;VALUE=DATE", ics_date(v, d->due_day + 1), false);
    ics_line(out, "SUMMARY", arena_printf(v->arena, "%s%.*s", d->due_day < view_today(v) && !d->is_milestone ? "Overdue: " : "", STR_ARGS(d->title)), true);
    ics_line(out, "DESCRIPTION", words, true);
    ics_line(out, "URL", url, false);
    ics_line(out, "CATEGORIES", str_of(d->type->label), true);
    ics_line(out, "TRANSP", STR("TRANSPARENT"), false);
    ics_line(out, "END", STR("VEVENT"), false);
}

bool view_feed(struct view *v, const struct view_records *r, struct str base_url, struct buf *out, struct err *e)
{
    struct due_item *items;
    size_t count, type_count;
    struct err failed = {0};
    const struct record_type **types = due_types(v->arena, r->types, &type_count);
    int64_t day = view_today(v);
    struct due_query q = {.person = r->access->person, .from_day = day - FEED_BACK_DAYS, .to_day = day + FEED_AHEAD_DAYS,
                          .leaf_limit = view_record_limit(v), .access = r->access};
    struct str origin = db_one_text(v->arena, v->db, &failed, "select value from meta where key = 'origin'");
    if (failed.code) {
        *e = failed;
        return false;
    }
    if (!due_list(v->db, v->arena, types, type_count, &q, &items, &count, e))
        return false;
    if (!due_add_milestones(v, r, day - FEED_BACK_DAYS, day + FEED_AHEAD_DAYS, &items, &count, e))
        return false;
    ics_line(out, "BEGIN", STR("VCALENDAR"), false);
    ics_line(out, "VERSION", STR("2.0"), false);
    ics_line(out, "PRODID", STR("-//Assay//What is due//EN"), false);
    ics_line(out, "CALSCALE", STR("GREGORIAN"), false);
    ics_line(out, "X-WR-CALNAME", STR("Assay"), true);
    ics_line(out, "REFRESH-INTERVAL;VALUE=DURATION", STR("PT1H"), false);
    for (size_t i = 0; i < count; i++)
        put_event(v, out, origin.size ? origin : STR("assay"), base_url, &items[i]);
    ics_line(out, "END", STR("VCALENDAR"), false);
    return true;
}
