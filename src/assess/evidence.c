/* evidence.c - conclusions about evidence from what its bytes say and what stands beside it. */
#include "assess/evidence.h"

#include "assess/calendar.h"
#include "content/content.h"

#include <stdarg.h>

struct concluding {
    struct db *db;
    struct arena *a;
    const struct record *r;
    const struct evidence_file *files;
    size_t count;
    int64_t from, to, received; /* days; INT64_MIN: not said */
    struct json *checks;
};

static void say(struct concluding *c, struct str x, const char *check, enum inspect_status status, const char *format, ...) __attribute__((format(printf, 5, 6)));
static void say(struct concluding *c, struct str x, const char *check, enum inspect_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct str why = str_prefix(arena_vprintf(c->a, format, arguments), 600);
    va_end(arguments);
    struct json *o = json_push_object(c->checks);
    json_put_str(o, "x", x);
    json_put_cstr(o, "check", check);
    json_put_cstr(o, "status", inspect_status_name(status));
    json_put_str(o, "why", why);
}

static int64_t day_of_text(struct str text)
{
    int64_t at_ms;
    return text.size >= 10 && time_parse(str_slice(text, 0, 10), 0, &at_ms) ? day_of(at_ms) : INT64_MIN;
}

static int64_t value_day(const struct record *r, const char *field)
{
    return day_of_text(json_text(r->values, field));
}

static const char *day_words(struct concluding *c, int64_t day)
{
    return day_text(c->a, day).data;
}

/* ---- outside its period ---- */

/* The claim itself: no time to come, and the one of the performance that it proves. False: a problem was said. */
static bool claim_check(struct concluding *c)
{
    struct str occurrence = json_text(c->r->values, "occurrence");
    if (c->to < c->from)
        return say(c, STR(""), "period", INSPECT_PROBLEM, "its period ends before it begins"), false;
    if (c->to > c->received)
        return say(c, STR(""), "period", INSPECT_PROBLEM, "it claims a time up to %s, and came on %s: that time had not passed", day_words(c, c->to), day_words(c, c->received)), false;
    if (!occurrence.size)
        return true;
    struct err e = {0};
    int64_t first = INT64_MIN, last = INT64_MIN;
    DB_EACH (row, c->db, &e, "select period_from, period_to from occurrences where id = ?1", A(occurrence)) {
        first = day_of_text(db_text(row, 0));
        last = day_of_text(db_text(row, 1));
    }
    if (first != INT64_MIN && last != INT64_MIN && (c->to < first || c->from > last))
        return say(c, STR(""), "period", INSPECT_PROBLEM, "it is about %s to %s; %.*s is about %s to %s", day_words(c, c->from), day_words(c, c->to), STR_ARGS(occurrence),
                   day_words(c, first), day_words(c, last)),
               false;
    return true;
}

static void period_check(struct concluding *c)
{
    int64_t lowest = INT64_MAX, highest = INT64_MIN;
    size_t inside = 0, dates = 0;
    if (c->from == INT64_MIN || c->to == INT64_MIN) {
        say(c, STR(""), "period", INSPECT_UNKNOWN, "it does not say which period it is about");
        return;
    }
    if (!claim_check(c))
        return;
    for (size_t i = 0; i < c->count; i++) {
        const struct inspected *f = &c->files[i].found;
        if (f->made_day != INT64_MIN && f->made_day < c->from) {
            say(c, STR(""), "period", INSPECT_PROBLEM, "%.*s says that it was made on %s, before the period begins (%s)", STR_ARGS(str_slice(c->files[i].name, 0, 80)),
                day_words(c, f->made_day), day_words(c, c->from));
            return;
        }
        inside += f->made_day != INT64_MIN && f->made_day <= c->to + EVIDENCE_LATE_DAYS;
        for (size_t k = 0; k < f->day_count; k++) {
            lowest = f->days[k] < lowest ? f->days[k] : lowest;
            highest = f->days[k] > highest ? f->days[k] : highest;
            inside += f->days[k] >= c->from && f->days[k] <= c->to + EVIDENCE_LATE_DAYS;
            dates++;
        }
    }
    if (inside)
        say(c, STR(""), "period", INSPECT_PASS, "it names days within the period");
    else if (dates)
        say(c, STR(""), "period", INSPECT_PROBLEM, "the dates in it run from %s to %s; none lies within %s to %s", day_words(c, lowest), day_words(c, highest),
            day_words(c, c->from), day_words(c, c->to));
    else
        say(c, STR(""), "period", INSPECT_UNKNOWN, "no date was found in it, so that only the claim says which period it is about");
}

/* ---- the same file elsewhere ---- */

/* Does the other record name the same controls? */
static bool same_controls(struct concluding *c, struct str other, struct err *e)
{
    static const char sql[] = "select count(*) from record_link a where a.type = 'evidence' and a.id = ?1 and a.field = 'controls' and a.to_leaf is null and not exists("
                              "select 1 from record_link b where b.type = 'evidence' and b.id = ?2 and b.field = 'controls' and b.to_leaf is null and b.target = a.target)";
    return db_one_int(c->db, e, 0, sql, A(c->r->id), A(other)) == 0 && db_one_int(c->db, e, 0, sql, A(other), A(c->r->id)) == 0;
}

static bool same_check(struct concluding *c, struct err *e)
{
    bool is_said = false;
    for (size_t i = 0; i < c->count && !e->code; i++) {
        const struct evidence_file *f = &c->files[i];
        struct str other = STR(""), from = STR(""), to = STR("");
        int64_t others = 0;
        DB_EACH (row, c->db, e,
                 "select distinct v.id, v.period_from, v.period_to from record_file r join evidence_items v on v.id = r.id "
                 "where r.digest = ?1 and r.type = 'evidence' and r.to_leaf is null and v.id <> ?2 and v.state <> 'withdrawn' order by v.id limit 100",
                 A(f->digest), A(c->r->id)) {
            if (others++ == 0) {
                other = arena_str(c->a, db_text(row, 0));
                from = arena_str(c->a, db_text(row, 1));
                to = arena_str(c->a, db_text(row, 2));
            }
        }
        if (e->code || !others)
            continue;
        bool is_same_time = str_equal(from, json_text(c->r->values, "period_from")) && str_equal(to, json_text(c->r->values, "period_to"));
        const char *what = !is_same_time ? "for another period" : !same_controls(c, other, e) ? "for other controls: attach one record to both instead" : "for the same";
        say(c, f->x, "same", INSPECT_PROBLEM, "the same file is in %.*s (%.*s to %.*s), %s%s", STR_ARGS(other), STR_ARGS(from), STR_ARGS(to), what,
            others > 1 ? ", and in others" : "");
        is_said = true;
    }
    if (!is_said && !e->code && c->count)
        say(c, STR(""), "same", INSPECT_PASS, "no other evidence has the same file");
    return e->code == ERR_NONE;
}

/* ---- unchanged since last time ---- */

/* What came before it: what it says it replaces, else all that proved the performance before, else the newest for one of its controls that is about an
 * earlier time. Returns how many. */
enum { BEFORE_MAX = 20 };

static size_t before_find(struct concluding *c, struct str ret[BEFORE_MAX], struct err *e)
{
    struct str replaces = json_text(c->r->values, "replaces"), occurrence = json_text(c->r->values, "occurrence");
    size_t count = 0;
    if (replaces.size) {
        ret[0] = replaces;
        return 1;
    }
    if (occurrence.size)
        DB_EACH (row, c->db, e,
                 "select v.id from evidence_items v where v.state <> 'withdrawn' and v.occurrence = (select p.id from occurrences o join occurrences p on p.control = o.control "
                 "and p.period_to < o.period_from where o.id = ?1 and exists(select 1 from evidence_items w where w.occurrence = p.id and w.state <> 'withdrawn') "
                 "order by p.period_to desc limit 1) order by v.id desc limit 20",
                 A(occurrence))
            ret[count++] = arena_str(c->a, db_text(row, 0));
    if (!count && !e->code)
        DB_EACH (row, c->db, e,
                 "select distinct v.id, v.period_to from record_link m join record_link o on o.type = 'evidence' and o.field = 'controls' and o.target = m.target and o.to_leaf is "
                 "null join evidence_items v on v.id = o.id and v.state <> 'withdrawn' where m.type = 'evidence' and m.id = ?1 and m.field = 'controls' and "
                 "m.to_leaf is null and v.id <> ?1 and v.period_to <= ?2 and v.period_from < ?2 order by v.period_to desc, v.id desc limit 1",
                 A(c->r->id), A(json_text(c->r->values, "period_from")))
            ret[count++] = arena_str(c->a, db_text(row, 0));
    return count;
}

/* Is one of the files in `before`, or does one have the text of one there? True: said. */
static bool is_repeated(struct concluding *c, struct str before, struct err *e)
{
    for (size_t i = 0; i < c->count && !e->code; i++) {
        const struct evidence_file *f = &c->files[i];
        if (db_one_int(c->db, e, 0, "select count(*) from record_file where type = 'evidence' and id = ?1 and digest = ?2 and to_leaf is null", A(before), A(f->digest))) {
            say(c, f->x, "unchanged", INSPECT_PROBLEM, "it is byte for byte what %.*s was", STR_ARGS(before));
            return true;
        }
        if (!e->code && f->text_digest.size && db_one_int(c->db, e, 0, "select count(*) from evidence_file where id = ?1 and text_digest = ?2", A(before), A(f->text_digest))) {
            say(c, f->x, "unchanged", INSPECT_PROBLEM, "another file than %.*s, with the very same text", STR_ARGS(before));
            return true;
        }
    }
    return false;
}

static bool unchanged_check(struct concluding *c, struct err *e)
{
    struct str before[BEFORE_MAX];
    size_t texts = 0, theirs = 0;
    if (c->count == 0)
        return true; /* no file that could be an old one: what came before is not looked for */
    size_t count = before_find(c, before, e);
    if (e->code)
        return false;
    if (!count) {
        say(c, STR(""), "unchanged", INSPECT_PASS, "there is nothing before it to compare it with");
        return true;
    }
    for (size_t i = 0; i < count; i++)
        if (is_repeated(c, before[i], e) || e->code)
            return e->code == ERR_NONE;
    for (size_t i = 0; i < c->count; i++)
        texts += c->files[i].text_digest.size > 0;
    for (size_t i = 0; i < count && !e->code; i++)
        theirs += db_one_int(c->db, e, 0, "select count(*) from evidence_file where id = ?1 and text_digest <> ''", A(before[i])) > 0;
    if (!e->code && texts == c->count && theirs == count)
        say(c, STR(""), "unchanged", INSPECT_PASS, "its text differs from %.*s", STR_ARGS(before[0]));
    else if (!e->code)
        say(c, STR(""), "unchanged", INSPECT_UNKNOWN, "its bytes differ from %.*s; whether what they show does cannot be told", STR_ARGS(before[0]));
    return e->code == ERR_NONE;
}

/* ---- a document that lies elsewhere ---- */

static void link_check(struct concluding *c)
{
    struct str link = json_text(c->r->values, "link"), digest = json_text(c->r->values, "link_digest");
    bool is_here = false;
    if (!link.size && c->count == 0)
        say(c, STR(""), "content", INSPECT_PROBLEM, "there is neither a file nor a link");
    if (!link.size)
        return;
    for (size_t i = 0; i < c->count; i++)
        is_here = is_here || str_equal(c->files[i].digest, digest);
    if (c->count == 0)
        say(c, STR(""), "snapshot", INSPECT_PROBLEM, "a link alone: whoever holds the other end can change what it shows; add a file of it");
    else if (digest.size && !is_here)
        say(c, STR(""), "snapshot", INSPECT_PROBLEM, "no file here has the digest that was noted of what lies there");
    else if (digest.size)
        say(c, STR(""), "snapshot", INSPECT_PASS, "the file here is the one that lay there");
    else
        say(c, STR(""), "snapshot", INSPECT_UNKNOWN, "a file of it is here; whether it is the same as there is not noted (SHA-256)");
}

struct json *evidence_conclude(struct db *db, struct arena *a, const struct record *r, const struct evidence_file *files, size_t count, struct err *e)
{
    struct json *o = json_object(a), *list;
    struct err inner = {0};
    struct concluding c = {.db = db, .a = a, .r = r, .files = files, .count = count, .from = value_day(r, "period_from"), .to = value_day(r, "period_to"), .received = day_of(r->t)};
    c.checks = json_put_array(o, "checks");
    list = json_put_array(o, "files");
    for (size_t i = 0; i < count; i++) {
        struct json *f = json_push_object(list);
        json_put_str(f, "x", files[i].x);
        json_put_cstr(f, "media", files[i].found.media ? files[i].found.media : "");
        json_put_cstr(f, "words", files[i].found.words ? files[i].found.words : "");
        json_put_str(f, "text_digest", files[i].text_digest.data ? files[i].text_digest : STR(""));
        json_put_int(f, "text_size", (int64_t)files[i].text_size);
        for (int k = 0; k < INSPECT_CHECKS; k++)
            say(&c, files[i].x, inspect_check_name((enum inspect_check)k), files[i].found.checks[k].status, "%.*s", STR_ARGS(files[i].found.checks[k].why));
    }
    link_check(&c);
    period_check(&c);
    if (!same_check(&c, &inner) || !unchanged_check(&c, &inner)) {
        *e = inner;
        return NULL;
    }
    return o;
}

/* ---- what is there, and until when ---- */

bool evidence_waiting(struct db *db, struct arena *a, int64_t since_t, size_t max, struct str **ret_ids, size_t *ret_count, struct err *e)
{
    struct str *ids = arena_array(a, max + 1, sizeof *ids);
    size_t count = 0;
    DB_EACH (row, db, e,
             "select v.id from evidence_items_versions v where v.to_leaf is null and v.from_t >= ?1 and v.is_deleted = 0 and v.state <> 'withdrawn' and not exists("
             "select 1 from evidence_checked k where k.id = v.id and k.version >= (select max(h.version) from record_change h where h.type = 'evidence' and h.id = v.id and "
             "h.act in ('create', 'change', 'undo'))) order by v.from_t limit ?2",
             A(since_t), A((int64_t)max))
        if (count < max)
            ids[count++] = arena_str(a, db_text(row, 0));
    *ret_ids = ids;
    *ret_count = count;
    return e->code == ERR_NONE;
}

bool evidence_files(struct db *db, struct arena *a, struct str id, struct evidence_file **ret, size_t *ret_count, struct err *e)
{
    enum { FILES_MAX = 20 };
    struct evidence_file *files = arena_array(a, FILES_MAX, sizeof *files);
    size_t count = 0;
    DB_EACH (row, db, e,
             "select x, c, name, digest, leaf from (select x, c, name, digest, leaf, place from record_file where type = 'evidence' and id = ?1 and field = 'files' and to_leaf is null "
             /* a document of ours, in the version that it names */
             "union all select f.x, f.c, f.name, f.digest, min(f.leaf), 1000 from evidence_items v join record_file f on f.type = 'document' and f.id = v.document and f.digest = v.document_digest "
             "where v.id = ?1 group by f.x) order by place limit 20",
             A(id))
        files[count++] = (struct evidence_file){.x = arena_str(a, db_text(row, 0)),
                                                .c = arena_str(a, db_text(row, 1)),
                                                .name = arena_str(a, db_text(row, 2)),
                                                .digest = arena_str(a, db_text(row, 3)),
                                                .leaf = db_int(row, 4),
                                                .found = {.made_day = INT64_MIN}};
    *ret = files;
    *ret_count = count;
    return e->code == ERR_NONE;
}

/* The shortest interval of the controls that it is for; 0: none says. */
static int64_t interval_days(struct db *db, const struct record *r, struct err *e)
{
    int64_t shortest = 0;
    DB_EACH (row, db, e,
             "select m.target, c.frequency from (select target from record_link where type = 'evidence' and id = ?1 and field = 'controls' and to_leaf is null union "
             "select control from occurrences where id = ?2) m left join control_records c on c.id = m.target",
             A(r->id), A(json_text(r->values, "occurrence"))) {
        const struct control *library = content_control(db_text(row, 0));
        char own[32];
        snprintf(own, sizeof(own), "%.*s", STR_ARGS(str_slice(db_text(row, 1), 0, 31)));
        enum cadence cadence = cadence_of(own[0] ? own : library ? library->frequency : "");
        int64_t days = cadence == CADENCE_NONE ? 0 : cadence_next(cadence, 0);
        if (days > 0 && (!shortest || days < shortest))
            shortest = days;
    }
    return shortest;
}

int64_t evidence_expires(struct db *db, const struct record *r, struct err *e)
{
    int64_t said = value_day(r, "expires_on"), to = value_day(r, "period_to");
    if (said != INT64_MIN || to == INT64_MIN)
        return said;
    int64_t days = interval_days(db, r, e);
    return to + (days ? days + days / 2 : EVIDENCE_VALID_DAYS);
}
