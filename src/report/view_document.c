/* One document: its versions, what the machine found in them, one of them to look at, how two differ, until when it is kept, who has a link. */
#include "report/view_documents.h"

#include "assess/documents.h"
#include "report/view_record_internal.h"

enum { TEXT_SHOWN = 128 << 10, LINES_MAX = 1500, CONTEXT = 2, VERSIONS_SHOWN = 100 };

static const char *check_label(struct str check)
{
    static const char *const words[][2] = {{"content", "Not empty"}, {"readable", "Readable"}, {"type", "Is what its name says"}, {"one", "One format only"}, {"active", "Runs nothing"}, {"expansion", "Expands within limits"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_is(check, words[i][0]))
            return words[i][1];
    return "Checked";
}

/* ---- files ---- */

static bool is_inert(const struct json *checks)
{
    bool ok = checks && checks->count > 0;
    JSON_EACH (c, checks)
        if (str_is(json_text(c, "check"), "active") || str_is(json_text(c, "check"), "readable"))
            ok = ok && str_is(json_text(c, "status"), "pass");
    return ok;
}

bool document_blob_find(struct db *db, struct arena *a, struct str id, struct str x, struct document_blob *ret, struct err *e)
{
    struct err failed = {0};
    *ret = (struct document_blob){.leaf = -1};
    DB_EACH (row, db, &failed,
             "select f.leaf, f.c, f.x, f.name, ifnull(t.media, ''), f.digest, f.size, t.checks from record_file f left join document_text t on t.x = f.x where f.type = 'document' and f.id = ?1 and f.x = ?2 "
             "order by f.from_leaf limit 1",
             A(id), A(x)) {
        *ret = (struct document_blob){db_int(row, 0), arena_str(a, db_text(row, 1)), arena_str(a, db_text(row, 2)), arena_str(a, db_text(row, 3)), arena_str(a, db_text(row, 4)),
                                      arena_str(a, db_text(row, 5)), db_int(row, 6), false};
        struct err bad = {0};
        ret->is_inert = !db_is_null(row, 7) && is_inert(json_parse(a, arena_str(a, db_text(row, 7)), JSON_LIMITS_DEFAULT, &bad));
    }
    if (failed.code)
        return (*e = failed, false);
    return ret->leaf >= 0 || err_set(e, ERR_NOT_FOUND, "document %.*s: there is no such file", STR_ARGS(str_slice(id, 0, RECORD_ID_MAX)));
}

bool document_text_open(struct view *v, struct str x, struct str *ret)
{
    struct err failed = {0};
    int64_t leaf = -1;
    struct str c = STR(""), text_x = STR("");
    DB_EACH (row, v->db, &failed, "select leaf, text_c, text_x from document_text where x = ?1 and text_x is not null", A(x)) {
        leaf = db_int(row, 0);
        c = arena_str(v->arena, db_text(row, 1));
        text_x = arena_str(v->arena, db_text(row, 2));
    }
    return leaf >= 0 && v->blobs.read && v->blobs.read(v->blobs.context, v->arena, (uint64_t)leaf, c.data, text_x.data, ret, &failed);
}

static void found_put(struct view *v, struct json *o, struct str checks)
{
    struct err bad = {0};
    const struct json *list = checks.size ? json_parse(v->arena, checks, JSON_LIMITS_DEFAULT, &bad) : NULL;
    struct json *found = json_put_array(o, "found");
    bool has_problem = false, is_unknown = false;
    JSON_EACH (c, list) {
        bool is_problem = str_is(json_text(c, "status"), "problem"), is_pass = str_is(json_text(c, "status"), "pass");
        has_problem |= is_problem;
        is_unknown |= !is_pass && !is_problem && (str_is(json_text(c, "check"), "active") || str_is(json_text(c, "check"), "readable"));
        if (is_pass)
            continue;
        struct json *one = json_push_object(found);
        json_put_cstr(one, "label", check_label(json_text(c, "check")));
        json_put_str(one, "why", json_text(c, "why"));
        put_status_as(one, is_problem ? RESULT_FAIL : RESULT_UNKNOWN, is_problem ? "Problem" : "Could not tell");
    }
    put_status_as(o, !list ? RESULT_SKIP : has_problem ? RESULT_FAIL : is_unknown ? RESULT_UNKNOWN : RESULT_PASS,
                  !list ? "Not looked at yet" : has_problem ? "Problem" : is_unknown ? "Could not tell" : "In order");
    json_put_bool(o, "is_checked", list != NULL);
    json_put_bool(o, "is_inert", is_inert(list));
}

/* Oldest first: their number is that of the version. */
static bool versions_put(struct view *v, struct json *o, struct str id, struct err *e)
{
    struct json *list = json_put_array(o, "versions");
    struct err failed = {0};
    int64_t n = 0;
    DB_EACH (row, v->db, &failed,
             "select f.x, f.name, f.size, f.digest, f.leaf, c.t, c.actor, max(f.to_leaf is null), t.words, t.checks, t.text_size, exists(select 1 from erasure r where r.x = f.x), f.from_leaf "
             "from record_file f join record_change c on c.leaf = f.from_leaf left join document_text t on t.x = f.x where f.type = 'document' and f.id = ?1 and f.field = 'file' and f.from_leaf <= ?2 "
             "group by f.x order by min(f.from_leaf) limit ?3",
             A(id), A(view_record_limit(v)), A((int64_t)VERSIONS_SHOWN)) {
        struct json *one = json_push_object(list);
        struct str x = arena_str(v->arena, db_text(row, 0));
        json_put_int(one, "n", ++n);
        json_put_str(one, "name", arena_str(v->arena, db_text(row, 1)));
        json_put_int(one, "size", db_int(row, 2));
        json_put_str(one, "digest", arena_str(v->arena, db_text(row, 3)));
        json_put_str(one, "x", x);
        json_put_str(one, "proof", arena_printf(v->arena, "/ledger/%lld", (long long)db_int(row, 4)));
        put_time(v, one, "received", db_int(row, 5));
        json_put(one, "by", actor_new(v, arena_str(v->arena, db_text(row, 6))));
        json_put_bool(one, "is_current", db_int(row, 7) == 1);
        json_put_str(one, "words", arena_str(v->arena, db_text(row, 8)));
        json_put_int(one, "text_size", db_int(row, 10));
        json_put_bool(one, "is_erased", db_int(row, 11) == 1);
        json_put_str(one, "url", arena_printf(v->arena, "/documents/%.*s?v=%lld#shown", STR_ARGS(id), (long long)n));
        json_put_str(one, "compare_url", n > 1 ? arena_printf(v->arena, "/documents/%.*s?v=%lld&compare=%lld#shown", STR_ARGS(id), (long long)n, (long long)n - 1) : STR(""));
        json_put_str(one, "download", arena_printf(v->arena, "/documents/%.*s/files/%.*s", STR_ARGS(id), STR_ARGS(x)));
        json_put_str(one, "raw", arena_printf(v->arena, "/documents/%.*s/files/%.*s/raw", STR_ARGS(id), STR_ARGS(x)));
        found_put(v, one, arena_str(v->arena, db_text(row, 9)));
    }
    return failed.code ? (*e = failed, false) : true;
}

/* ---- one version to look at ---- */

static struct str shown_text(struct view *v, struct str text, bool *ret_is_cut)
{
    *ret_is_cut = text.size > TEXT_SHOWN;
    text = str_slice(text, 0, TEXT_SHOWN);
    while (*ret_is_cut && text.size && !str_is_utf8(text))
        text.size--;
    char *out = arena_strndup(v->arena, text.data, text.size);
    for (size_t i = 0; i < text.size; i++)
        if (((unsigned char)out[i] < 0x20 && out[i] != '\n' && out[i] != '\t') || out[i] == 0x7f)
            out[i] = '?';
    return str_make(out, text.size);
}

static const struct json *version_of(const struct json *versions, int64_t n)
{
    return n > 0 ? json_at(versions, (size_t)n - 1) : versions->count ? json_at(versions, versions->count - 1) : NULL;
}

static void shown_put(struct view *v, struct json *o, const struct json *version)
{
    struct str words = json_text(version, "words"), text = STR("");
    bool is_cut = false;
    if (!version) {
        json_put_null(o, "shown");
        return;
    }
    struct json *s = json_put_object(o, "shown");
    bool has_text = !json_bool(version, "is_erased") && document_text_open(v, json_text(version, "x"), &text) && text.size > 0;
    bool is_image = str_contains(words, "image"), is_pdf = str_is(words, "PDF"), inert = json_bool(version, "is_inert") && !json_bool(version, "is_erased");
    json_put_int(s, "n", json_int(version, "n", 0));
    json_put_str(s, "name", json_text(version, "name"));
    json_put_bool(s, "is_pdf", is_pdf && inert);
    json_put_bool(s, "is_image", is_image && inert);
    json_put_str(s, "raw", json_text(version, "raw"));
    json_put_bool(s, "has_text", has_text);
    json_put_str(s, "text", shown_text(v, text, &is_cut));
    json_put_bool(s, "is_cut", is_cut);
    json_put_cstr(s, "why",
                  json_bool(version, "is_erased")    ? "Its bytes and its text are destroyed; the digest and the proof stay."
                  : !json_bool(version, "is_checked") ? "It is not looked at yet: that takes a few seconds after it came."
                  : has_text || (is_image && inert)   ? ""
                                                      : "No text was found in it.");
}

/* ---- how two versions differ: by lines ---- */

static size_t lines_of(struct view *v, struct str text, struct str **ret)
{
    struct str *lines = arena_array(v->arena, LINES_MAX, sizeof(*lines)), line;
    size_t n = 0;
    while (n < LINES_MAX && text.size) {
        if (!str_cut(&text, '\n', &line)) {
            line = text;
            text.size = 0;
        }
        lines[n++] = line;
    }
    *ret = lines;
    return n;
}

static void line_push(struct view *v, struct json *list, const char *kind, struct str text)
{
    bool ignored;
    struct json *o = json_push_object(list);
    json_put_cstr(o, "kind", kind);
    json_put_str(o, "text", shown_text(v, str_slice(text, 0, 4000), &ignored));
}

static void difference_put(struct view *v, struct json *o, struct str before, struct str after)
{
    struct str *a, *b;
    size_t n = lines_of(v, before, &a), m = lines_of(v, after, &b), i = 0, k = 0;
    int64_t added = 0, removed = 0;
    uint16_t *longest = arena_array(v->arena, (n + 1) * (m + 1), sizeof(*longest)); /* of what is behind both places */
    memset(longest, 0, (n + 1) * (m + 1) * sizeof(*longest));
    for (size_t y = n; y-- > 0;)
        for (size_t x = m; x-- > 0;) {
            uint16_t down = longest[(y + 1) * (m + 1) + x], right = longest[y * (m + 1) + x + 1];
            longest[y * (m + 1) + x] = str_equal(a[y], b[x]) ? (uint16_t)(longest[(y + 1) * (m + 1) + x + 1] + 1) : down > right ? down : right;
        }
    struct json *list = json_put_array(o, "lines");
    size_t same = 0;
    while (i < n || k < m) {
        if (i < n && k < m && str_equal(a[i], b[k])) {
            if (same++ < CONTEXT)
                line_push(v, list, "same", a[i]);
            else if (same == CONTEXT + 1)
                line_push(v, list, "skip", STR("…"));
            i++, k++;
            continue;
        }
        same = 0;
        if (i < n && (k == m || longest[(i + 1) * (m + 1) + k] >= longest[i * (m + 1) + k + 1])) {
            line_push(v, list, "old", a[i++]);
            removed++;
        } else {
            line_push(v, list, "new", b[k++]);
            added++;
        }
    }
    json_put_int(o, "added", added);
    json_put_int(o, "removed", removed);
}

static void compare_put(struct view *v, struct json *o, const struct json *versions, const struct document_wish *wish)
{
    const struct json *to = version_of(versions, wish->version), *from = wish->compare > 0 ? json_at(versions, (size_t)wish->compare - 1) : NULL;
    struct str before, after;
    if (!to || !from || !document_text_open(v, json_text(from, "x"), &before) || !document_text_open(v, json_text(to, "x"), &after)) {
        json_put_null(o, "difference");
        return;
    }
    struct json *d = json_put_object(o, "difference");
    json_put_int(d, "from", json_int(from, "n", 0));
    json_put_int(d, "to", json_int(to, "n", 0));
    difference_put(v, d, before, after);
}

/* ---- around it ---- */

static bool retention_put(struct view *v, struct json *o, struct str id, struct err *e)
{
    struct due_document *d;
    size_t count;
    struct json *r = json_put_object(o, "retention");
    if (!documents_due(v->db, v->arena, view_today(v), arena_printf(v->arena, "[\"%.*s\"]", STR_ARGS(id)), true, &d, &count, e))
        return false;
    json_put_cstr(r, "fate", count ? document_fate_name(d[0].fate) : "gone");
    json_put_str(r, "why", count ? d[0].why : STR("it is destroyed"));
    json_put_str(r, "label", count ? d[0].label_name : STR(""));
    json_put_str(r, "label_url", count && d[0].label.size ? record_url(v, "retention_label", d[0].label) : STR(""));
    json_put_str(o, "hold", count ? d[0].held_by : STR(""));
    json_put_str(o, "hold_url", count && d[0].held_by.size ? record_url(v, "legal_hold", d[0].held_by) : STR(""));
    return true;
}

static bool shares_put(struct view *v, const struct view_records *r, struct json *o, struct str id, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("share_link"));
    struct json *list = json_put_array(o, "shares");
    struct err failed = {0};
    char today[TIME_TEXT_SIZE];
    time_format_date(v->at_ms, today);
    DB_EACH (row, v->db, &failed,
             "select s.id, s.recipient, s.expires_on, s.allows, s.state, s.edition, s.created_by, s.version, (select count(*) from share_view w where w.id = s.id), (select max(t) from share_view w where w.id = s.id) "
             "from share_links s where s.document = ?1 order by s.created_leaf desc limit 50",
             A(id)) {
        struct record link = {.type = t, .values = json_object(v->arena), .created_by = arena_str(v->arena, db_text(row, 6))};
        struct str share = arena_str(v->arena, db_text(row, 0));
        if (!t || (r->access && !access_matches(r->access, &t->may_read, &link)))
            continue;
        bool is_over = str_compare(db_text(row, 2), str_of(today)) < 0, is_revoked = str_is(db_text(row, 4), "revoked");
        struct json *s = json_push_object(list);
        json_put_str(s, "id", share);
        json_put_str(s, "url", record_url(v, "share_link", share));
        json_put_str(s, "recipient", arena_str(v->arena, db_text(row, 1)));
        json_put_str(s, "expires", arena_str(v->arena, db_text(row, 2)));
        json_put_cstr(s, "allows", str_is(db_text(row, 3), "download") ? "to download" : "to look at");
        json_put_int(s, "edition", db_int(row, 5));
        json_put_int(s, "version", db_int(row, 7));
        json_put_int(s, "views", db_int(row, 8));
        json_put_bool(s, "is_active", !is_over && !is_revoked);
        put_status_as(s, is_over || is_revoked ? RESULT_SKIP : RESULT_PASS, is_revoked ? "Revoked" : is_over ? "Over" : "Active");
        if (db_is_null(row, 9))
            json_put_null(s, "last");
        else
            put_time(v, s, "last", db_int(row, 9));
    }
    return failed.code ? (*e = failed, false) : true;
}

static bool evidence_put(struct view *v, const struct view_records *r, struct json *o, struct str id, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("evidence"));
    struct json *list = json_put_array(o, "evidence");
    struct err failed = {0};
    DB_EACH (row, v->db, &failed, "select id, title, document_version from evidence_items where document = ?1 order by id desc limit 20", A(id)) {
        struct str item = arena_str(v->arena, db_text(row, 0));
        struct record *record = t ? record_get(v->db, v->arena, t, item, INT64_MAX, &failed) : NULL;
        if (!record || (r->access && !access_matches(r->access, &t->may_read, record)))
            continue;
        json_put_int(push_link(v, list, item.data, arena_str(v->arena, db_text(row, 1)).data, record_url(v, "evidence", item)), "version", db_int(row, 2));
    }
    return failed.code ? (*e = failed, false) : true;
}

bool view_document_put(struct view *v, const struct view_records *r, struct json *page, const struct record_type *t, struct str id, const struct document_wish *wish, struct err *e)
{
    struct json *o = json_put_object(page, "document");
    const struct record_type *link = record_types_find(r->types, STR("share_link"));
    struct err no = {0};
    (void)t;
    if (!versions_put(v, o, id, e) || !retention_put(v, o, id, e) || !shares_put(v, r, o, id, e) || !evidence_put(v, r, o, id, e))
        return false;
    const struct json *versions = json_get(o, "versions");
    shown_put(v, o, version_of(versions, wish->version));
    compare_put(v, o, versions, wish);
    bool is_gone = str_is(json_text(json_get(page, "state"), "id"), "disposed");
    json_put_bool(o, "may_share", link && versions->count && !is_gone && !v->is_past && (!r->access || record_allows(r->access, link, NULL, RECORD_CREATE, NULL, &no)));
    json_put_int(o, "newest", (int64_t)versions->count);
    json_put_str(o, "expires_min", day_text(v->arena, view_today(v)));
    json_put_str(o, "expires_default", day_text(v->arena, view_today(v) + 14));
    return true;
}
