/* Settings: one room with the state of everything that is set up, by page or by command. */
#include "report/view_settings.h"

#include "keeper/backup.h"
#include "os/file.h"
#include "report/view_internal.h"

enum { BACKUP_BYTES_MAX = 4096, BACKUP_FRESH_DAYS = 8, SENT_DAYS = 14 };

struct parts {
    struct view *v;
    struct json *list;
    struct err *e;
};

struct part {
    struct json *json, *facts, *links, *commands;
};

static struct part part_new(struct parts *p, const char *id, const char *title, const char *words)
{
    struct json *o = json_push_object(p->list);
    json_put_cstr(o, "id", id);
    json_put_cstr(o, "title", title);
    json_put_cstr(o, "words", words);
    return (struct part){o, json_put_array(o, "facts"), json_put_array(o, "links"), json_put_array(o, "commands")};
}

static void put_fact(struct part part, const char *name, struct str value)
{
    struct json *o = json_push_object(part.facts);
    json_put_cstr(o, "name", name);
    json_put_str(o, "value", value);
}

static void put_link_to(struct part part, const char *label, const char *url)
{
    struct json *o = json_push_object(part.links);
    json_put_cstr(o, "label", label);
    json_put_cstr(o, "url", url);
}

static void put_command(struct part part, const char *words, const char *command)
{
    struct json *o = json_push_object(part.commands);
    json_put_cstr(o, "words", words);
    json_put_cstr(o, "command", command);
}

static struct str number(struct parts *p, int64_t n, const char *one, const char *many)
{
    return arena_printf(p->v->arena, "%lld %s", (long long)n, n == 1 ? one : many);
}

static int64_t count(struct parts *p, const char *sql)
{
    return db_one_int(p->v->db, p->e, 0, sql);
}

#define HAS_SECOND "exists(select 1 from credential k where k.account = a.id and k.kind in ('totp', 'passkey') and k.removed_leaf is null)"

static void users_put(struct parts *p)
{
    struct part o = part_new(p, "users", "Users and roles", "Who may sign in, as what, and until when.");
    int64_t all = count(p, "select count(*) from account a where state = 'active'");
    int64_t weak = count(p, "select count(*) from account a where state = 'active' and kind = 'local' and not " HAS_SECOND);
    put_fact(o, "May sign in", number(p, all, "account", "accounts"));
    if (all > 0)
        put_fact(o, "Without a second factor", number(p, weak, "account", "accounts"));
    put_fact(o, "Roles of your own", number(p, count(p, "select count(*) from role"), "role", "roles"));
    put_link_to(o, "Users", "/settings/users");
    put_link_to(o, "Roles", "/settings/roles");
    put_link_to(o, "Activity", "/settings/activity");
    put_command(o, "Add somebody in the terminal", "assay user add LOGIN --roles compliance_lead --name NAME");
    put_status_as(o.json, all == 0 || weak > 0 ? RESULT_UNKNOWN : RESULT_PASS, all == 0 ? "Nobody yet" : weak > 0 ? "Weak sign-ins" : "In order");
}

static void hosts_put(struct parts *p)
{
    struct part o = part_new(p, "connections", "Connections", "Where evidence comes from. A host is read by the program on it; the server reads its own.");
    int64_t hosts = count(p, "select count(*) from subject where kind = 'host'");
    DB_EACH (row, p->v->db, p->e, "select s.name, max(r.taken_to) from subject s left join run r on r.subject = s.id group by s.id order by s.name limit 8") {
        char ago[TIME_TEXT_SIZE];
        put_fact(o, arena_str(p->v->arena, db_text(row, 0)).data,
                 db_int(row, 1) ? arena_printf(p->v->arena, "read %s ago", duration_format(p->v->at_ms - db_int(row, 1), ago)) : STR("not read yet"));
    }
    put_link_to(o, "Captures", "/evidence");
    put_command(o, "Read this host now", "assay collect");
    put_status_as(o.json, hosts ? RESULT_PASS : RESULT_UNKNOWN, hosts ? "Reading" : "Nothing is read");
}

static void notifications_put(struct parts *p)
{
    struct part o = part_new(p, "notifications", "Notifications", "Everybody with something due gets one digest a day, by mail or signed webhook.");
    int64_t channels = count(p, "select count(*) from notify_channel");
    int64_t failed = count(p, "select count(*) from notify_sent where outcome <> 'sent' and day = (select max(day) from notify_sent)");
    put_fact(o, "Goes over", number(p, channels, "channel", "channels"));
    put_fact(o, "Digests sent", number(p, count(p, "select count(*) from notify_sent where outcome = 'sent'"), "digest", "digests"));
    if (failed)
        put_fact(o, "Failed on the last day", number(p, failed, "digest", "digests"));
    put_link_to(o, "Set up and test", "/settings/notifications");
    put_command(o, "In the terminal", "assay notify mail smtp://HOST:587 --from ADDRESS");
    put_status_as(o.json, channels == 0 ? RESULT_UNKNOWN : failed ? RESULT_FAIL : RESULT_PASS, channels == 0 ? "Nobody is told" : failed ? "Failing" : "In order");
}

static void values_put(struct parts *p)
{
    struct part o = part_new(p, "parameters", "Parameters and calendar", "Values that policies, controls and tests share; days on which nobody works.");
    int64_t open = count(p, "select count(*) from parameter_proposal where decided_leaf is null");
    put_fact(o, "Parameters", number(p, (int64_t)content_parameter_count, "value", "values"));
    put_fact(o, "Changed from the default", number(p, count(p, "select count(distinct name) from parameter"), "value", "values"));
    if (open)
        put_fact(o, "Proposed", number(p, open, "change waits for a second person", "changes wait for a second person"));
    put_fact(o, "Holidays", number(p, count(p, "select count(*) from holidays"), "day", "days"));
    struct str zone = db_one_text(p->v->arena, p->v->db, p->e, "select time_zone from organisations where time_zone is not null order by id limit 1");
    put_fact(o, "Time zone", zone.data ? zone : STR("UTC"));
    put_link_to(o, "Parameters", "/parameters");
    put_link_to(o, "Holidays", "/records/holiday");
    put_link_to(o, "Policies", "/policies");
    put_status_as(o.json, open ? RESULT_UNKNOWN : RESULT_PASS, open ? "Waits for a decision" : "In order");
}

static void content_put(struct parts *p)
{
    struct part o = part_new(p, "content", "Content", "What is in force: criteria, controls, policies and tests of this program, and record types of your own beside them.");
    struct str recorded = db_one_text(p->v->arena, p->v->db, p->e, "select digest from catalog order by leaf desc limit 1");
    bool is_same = str_is(recorded, content_digest);
    put_fact(o, "Library", arena_printf(p->v->arena, "%zu criteria, %zu controls, %zu policies, %zu tests", content_criterion_count, content_control_count,
                                        content_policy_count, content_test_count));
    put_fact(o, "Digest of the tests", arena_printf(p->v->arena, "%.16s…", content_digest));
    put_fact(o, "In the ledger", !recorded.data ? STR("not yet: it is recorded with the first run") : is_same ? STR("the same") : STR("an older one: the next run records this one"));
    put_link_to(o, "Tests", "/tests");
    put_link_to(o, "Record types", "/records");
    put_link_to(o, "All as OSCAL", "/reports/oscal.tar");
    put_command(o, "The same in the terminal", "assay report oscal --output DIR");
    put_command(o, "Lay a record type of your own over it", "assay record type add FILE.yaml");
    put_status_as(o.json, is_same ? RESULT_PASS : RESULT_UNKNOWN, is_same ? "In force" : "Not recorded yet");
}

static bool keys_put(struct parts *p)
{
    struct part o = part_new(p, "keys", "Keys and witnesses", "Who signs the ledger, and who outside has seen it.");
    DB_EACH (row, p->v->db, p->e, "select role, count(*), max(t) from ledger_key where retired_leaf is null group by role order by role") {
        char day[TIME_TEXT_SIZE];
        put_fact(o, arena_printf(p->v->arena, "Key: %.*s", STR_ARGS(db_text(row, 0))).data,
                 arena_printf(p->v->arena, "%lld in force, newest of %s", (long long)db_int(row, 1), time_format_date(db_int(row, 2), day)));
    }
    struct json *anchor = view_anchor(p->v, p->e);
    if (!anchor)
        return false;
    put_fact(o, "Outside", json_text(anchor, "words"));
    put_link_to(o, "Who vouches", "/#anchor");
    put_command(o, "The keys", "assay key list --all");
    put_command(o, "Change the key of the log", "assay key --help");
    put_command(o, "Ask witnesses", "assay anchor policy FILE");
    put_command(o, "Have a time stamp every day", "assay anchor tsa add NAME URL --ca FILE");
    json_put_str(o.json, "status", json_text(anchor, "status"));
    json_put_str(o.json, "status_words", json_text(anchor, "status_words"));
    return true;
}

/* What `assay backup` leaves beside the ledger. */
static struct json *backup_read(struct view *v)
{
    struct err ignored = {0};
    struct buf BUF_AUTO b;
    buf_init(&b, BACKUP_BYTES_MAX);
    if (!v->data || v->is_past || !os_file_read(&os_file_real, v->data->fd, "private/" BACKUP_NOTE_FILE, &b, &ignored))
        return NULL;
    return json_parse(v->arena, arena_str(v->arena, buf_view(&b)), JSON_LIMITS_DEFAULT, &ignored);
}

int64_t view_backup_ms(struct view *v)
{
    return json_int(backup_read(v), "t", 0);
}

static void backup_put(struct parts *p)
{
    struct part o = part_new(p, "backup", "Backup", "One file with the whole data directory, written beside the running server; restoring checks it before anybody relies on it.");
    const struct json *b = backup_read(p->v);
    int64_t at_ms = json_int(b, "t", 0);
    bool is_fresh = at_ms && p->v->at_ms - at_ms < BACKUP_FRESH_DAYS * MS_DAY;
    char text[TIME_TEXT_SIZE];
    put_fact(o, "Last one", at_ms ? arena_str(p->v->arena, str_of(time_format(at_ms, text))) : STR("none that this directory knows of"));
    if (at_ms)
        put_fact(o, "It holds", arena_printf(p->v->arena, "%lld leaves, %lld bytes, keys of the blobs %s", (long long)json_int(b, "leaves", 0),
                                             (long long)json_int(b, "bytes", 0), json_bool(b, "keyring") ? "too" : "not"));
    put_command(o, "Make one", "assay backup /backup/assay-$(date +%F).tar");
    put_command(o, "The keys of the blobs, which expire", "assay keyring backup FILE");
    put_command(o, "Try it", "assay restore FILE --data DIRECTORY");
    put_status_as(o.json, is_fresh ? RESULT_PASS : RESULT_UNKNOWN, is_fresh ? "In order" : at_ms ? "Too old" : "None");
}

struct json *view_settings(struct view *v, struct err *e)
{
    struct err inner = {0};
    struct json *page = page_new(v, STR("Settings"), e);
    if (!page)
        return NULL;
    struct parts p = {v, json_put_array(page, "parts"), &inner};
    users_put(&p);
    struct part sign_in = part_new(&p, "sign-in", "Sign-in", "Passwords, passkeys, one-time codes, and other systems that vouch for people.");
    DB_EACH (row, v->db, &inner, "select kind, count(*) from account where state = 'active' group by kind order by kind")
        put_fact(sign_in, arena_str(v->arena, db_text(row, 0)).data, number(&p, db_int(row, 1), "account", "accounts"));
    put_link_to(sign_in, "My sign-in, sessions and tokens", "/settings/sign-in");
    put_link_to(sign_in, "Other systems that vouch", "/settings/sources");
    put_command(sign_in, "Encrypted connections", "assay serve --listen 0.0.0.0:443 --tls-cert FILE --tls-key FILE");
    put_status_as(sign_in.json, RESULT_PASS, "In order");
    hosts_put(&p);
    notifications_put(&p);
    values_put(&p);
    content_put(&p);
    if (!keys_put(&p))
        return *e = inner, NULL;
    backup_put(&p);
    return inner.code ? (*e = inner, NULL) : page;
}

/* ---- notifications ---- */

static void outcome_put(struct view *v, struct json *o, int64_t at_ms, struct str out)
{
    static const char *const words[][2] = {{"sent", "Sent"}, {"denied", "Refused"}, {"timeout", "No answer in time"}, {"unavailable", "Not reachable"}, {"invalid", "Not understood"}};
    const char *said = "Waits to be sent";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        said = str_is(out, words[i][0]) ? words[i][1] : said;
    put_time(v, o, "at", at_ms);
    json_put_str(o, "out", out);
    json_put_bool(o, "is_waiting", out.size == 0);
    put_status_as(o, out.size == 0 ? RESULT_UNKNOWN : str_is(out, "sent") ? RESULT_PASS : RESULT_FAIL, said);
}

static bool channel_put(struct view *v, struct json *o, struct str id, struct err *e)
{
    struct json *last = NULL, *trial = NULL;
    DB_EACH (row, v->db, e, "select t, outcome from notify_sent where channel = ?1 order by leaf desc limit 1", A(id))
        outcome_put(v, last = json_put_object(o, "last"), db_int(row, 0), arena_str(v->arena, db_text(row, 1)));
    if (!last)
        json_put_null(o, "last");
    DB_EACH (row, v->db, e, "select coalesce(done_t, t), coalesce(outcome, '') from notify_trial where channel = ?1 order by leaf desc limit 1", A(id))
        outcome_put(v, trial = json_put_object(o, "trial"), db_int(row, 0), arena_str(v->arena, db_text(row, 1)));
    if (!trial)
        json_put_null(o, "trial");
    return e->code == ERR_NONE;
}

static bool channels_put(struct view *v, struct json *page, struct err *e)
{
    static const char *const copied[] = {"url", "from", "user", "base"};
    struct json *list = json_put_array(page, "channels");
    bool has_mail = false;
    DB_EACH (row, v->db, e, "select id, settings, secret_c is not null from notify_channel order by id") {
        struct err inner = {0};
        struct json *o = json_push_object(list), *settings = json_parse(v->arena, arena_str(v->arena, db_text(row, 1)), JSON_LIMITS_DEFAULT, &inner);
        struct str id = arena_str(v->arena, db_text(row, 0));
        bool is_mail = str_is(id, "mail"); /* notify/channel.h */
        json_put_str(o, "id", id);
        json_put_bool(o, "is_mail", is_mail);
        for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++)
            json_put_str(o, copied[i], json_text(settings, copied[i]));
        json_put_bool(o, "has_secret", db_int(row, 2) != 0);
        has_mail |= is_mail;
        if (!channel_put(v, o, id, &inner))
            return *e = inner, false;
    }
    json_put_bool(page, "has_mail", has_mail);
    return e->code == ERR_NONE;
}

struct json *view_notifications(struct view *v, struct err *e)
{
    struct err inner = {0};
    struct json *page = page_new(v, STR("Notifications"), e);
    if (!page)
        return NULL;
    if (!channels_put(v, page, &inner))
        return *e = inner, NULL;
    struct json *sent = json_put_array(page, "sent");
    DB_EACH (row, v->db, &inner, "select day, channel, sum(outcome = 'sent'), sum(outcome <> 'sent') from notify_sent group by day, channel order by day desc, channel limit ?1",
             A((int64_t)SENT_DAYS)) {
        struct json *o = json_push_object(sent);
        json_put_str(o, "day", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "channel", arena_str(v->arena, db_text(row, 1)));
        json_put_int(o, "count", db_int(row, 2));
        json_put_int(o, "failed", db_int(row, 3));
    }
    return inner.code ? (*e = inner, NULL) : page;
}
