/* The first ten minutes: what is left to do for who asks. Each step is a question to the records. */
#include "content/content.h"
#include "record/record.h"
#include "report/view_internal.h"
#include "report/view_settings.h"

struct steps {
    struct view *v;
    const struct access *access;
    struct json *list;
    struct err *e;
    int64_t done;
};

static int64_t count(struct steps *s, const char *sql)
{
    return db_one_int(s->v->db, s->e, 0, sql);
}

static void step_put(struct steps *s, const char *id, const char *title, const char *why, bool is_done, struct str detail, const char *url, const char *label, const char *command)
{
    struct json *o = json_push_object(s->list);
    json_put_cstr(o, "id", id);
    json_put_cstr(o, "title", title);
    json_put_cstr(o, "why", why);
    json_put_bool(o, "is_done", is_done);
    put_status_as(o, is_done ? RESULT_PASS : RESULT_UNKNOWN, is_done ? "Done" : "To do");
    json_put_str(o, "detail", detail);
    json_put_cstr(o, "url", url);
    json_put_cstr(o, "label", label);
    json_put_cstr(o, "command", command);
    s->done += is_done;
}

static struct str of_total(struct steps *s, int64_t n, int64_t total, const char *words)
{
    return arena_printf(s->v->arena, "%lld of %lld %s", (long long)n, (long long)total, words);
}

static struct str of_count(struct steps *s, int64_t n, const char *words)
{
    return n ? arena_printf(s->v->arena, "%lld %s", (long long)n, words) : STR("");
}

/* ---- whoever leads ---- */

static void controls_step(struct steps *s)
{
    const struct assessment *as = view_assessment(s->v, s->e);
    int64_t core = 0, adopted = 0;
    for (size_t i = 0; as && i < content_control_count; i++) {
        const struct control_state *c = &as->controls[i];
        if (!control_is_starter(as, i))
            continue;
        core++;
        adopted += c->program->adoption == ADOPTION_NA || (c->program->adoption == ADOPTION_ADOPTED && c->program->owner.size > 0);
    }
    step_put(s, "controls", "Adopt the starter set of controls", "A control counts when somebody owns it. One form gives each kind of control to a person.", core > 0 && adopted == core,
             of_total(s, adopted, core, "have an owner"), "/controls/adopt", "Adopt controls", "");
}

static void outside_steps(struct steps *s)
{
    int64_t trials = count(s, "select count(*) from notify_trial where outcome = 'sent'") + count(s, "select count(*) from notify_sent where outcome = 'sent'");
    int64_t channels = count(s, "select count(*) from notify_channel");
    step_put(s, "notifications", "Let people be told", "Whoever has something due hears of it by mail or webhook; a test message shows that it arrives.", trials > 0,
             channels && !trials ? STR("set up, but nothing has arrived yet") : STR(""), "/settings/notifications", "Set up and test", "assay notify mail smtp://HOST:587 --from ADDRESS");
    int64_t outside = count(s, "select count(*) from anchor_policy") + count(s, "select count(*) from anchor_tsa");
    step_put(s, "witness", "Have somebody outside vouch for the ledger", "A witness or a time stamp shows an auditor that nobody here has written the history anew.", outside > 0, STR(""),
             "/settings#keys", "See how", "assay anchor tsa add NAME URL --ca FILE");
    char text[TIME_TEXT_SIZE];
    int64_t backup_ms = view_backup_ms(s->v);
    step_put(s, "backup", "Make a backup", "Evidence that is lost cannot be collected again.", backup_ms > 0,
             backup_ms ? arena_printf(s->v->arena, "last one %s", time_format(backup_ms, text)) : STR(""), "/settings#backup", "See how", "assay backup /backup/assay-$(date +%F).tar");
}

static void lead_steps(struct steps *s)
{
    struct str name = db_one_text(s->v->arena, s->v->db, s->e, "select name from organisations order by id limit 1");
    step_put(s, "organisation", "Say who is examined", "The report speaks of a legal entity, what it does and which kind of report customers ask for.", name.size > 0, name.data ? name : STR(""),
             "/scope/profile", "Name the organisation", "");
    int64_t hosts = count(s, "select count(distinct subject) from run");
    step_put(s, "collect", "Read the first host", "Settings of this very machine become evidence, and tests say what is missing.", hosts > 0, of_count(s, hosts, hosts == 1 ? "host is read" : "hosts are read"),
             "/evidence", "See the evidence", "assay collect");
    int64_t categories = count(s, "select count(*) from categories");
    step_put(s, "categories", "Choose the categories", "Security is always in; the others are what you promise to customers.", categories > 0, of_count(s, categories, "decided"), "/scope/categories", "Choose categories", "");
    int64_t people = count(s, "select count(*) from people where state = 'active'");
    step_put(s, "people", "List the people", "Controls, tasks and gaps need owners. Import the list from HR, or type the first few.", people >= 2, of_count(s, people, "listed"), "/records/person/import", "Import people", "");
    controls_step(s);
    int64_t leads = count(s, "select count(*) from account where state = 'active'");
    step_put(s, "accounts", "Invite a second person", "Approvals take two people, and one who is away must not stop the program.", leads >= 2, of_count(s, leads, leads == 1 ? "account" : "accounts"), "/settings/users",
             "Add an account", "assay user add LOGIN --roles compliance_lead --name NAME");
    outside_steps(s);
}

/* ---- everybody else ---- */

static bool has_second(struct steps *s)
{
    return db_one_int(s->v->db, s->e, 0, "select count(*) from credential where account = ?1 and kind in ('totp', 'passkey') and removed_leaf is null", A(s->access->account)) > 0;
}

static void second_step(struct steps *s)
{
    step_put(s, "second", "Add a second factor", "A password alone opens nothing but your own page.", has_second(s), STR(""), "/settings/sign-in", "My sign-in", "");
}

static void owner_steps(struct steps *s)
{
    second_step(s);
    struct str person = s->access->person;
    step_put(s, "person", "Be known as a person", "Whoever keeps the accounts joins yours to your entry among the people; then what is yours finds you.", person.size > 0, STR(""), "/my", "My page", "");
    int64_t mine = db_one_int(s->v->db, s->e, 0, "select count(*) from control_records where owner = ?1", A(person));
    int64_t worded = db_one_int(s->v->db, s->e, 0, "select count(*) from control_records where owner = ?1 and statement is not null", A(person));
    step_put(s, "statement", "Say in your own words what happens here", "The auditor asks whether the statement is true. The library's words are a beginning.", mine > 0 && worded > 0,
             of_total(s, worded, mine, "of your controls have words of your own"), "/records/control?where=owner%3Dme", "My controls", "");
    int64_t brought = db_one_int(s->v->db, s->e, 0, "select count(*) from evidence_items where owner = ?1", A(person));
    step_put(s, "evidence", "Bring one piece of evidence", "A screenshot, an export, minutes: with the period that it speaks of.", brought > 0, of_count(s, brought, "brought"), "/records/evidence/new", "Add evidence", "");
}

static void auditor_steps(struct steps *s)
{
    second_step(s);
    int64_t tokens = db_one_int(s->v->db, s->e, 0, "select count(*) from token where account = ?1", A(s->access->account));
    step_put(s, "token", "Make a token for your own tools", "Everything on these pages can be had as JSON, and the ledger be checked with a program that is not ours.", tokens > 0, STR(""), "/settings/sign-in", "My tokens",
             "assay-verify BUNDLE.slb");
}

static void employee_steps(struct steps *s)
{
    int64_t own = db_one_int(s->v->db, s->e, 0, "select count(*) from credential where account = ?1 and removed_leaf is null", A(s->access->account));
    step_put(s, "password", "Set a password or a passkey", "The link that you got works once.", own > 0, STR(""), "/settings/sign-in", "My sign-in", "");
    int64_t open = db_one_int(s->v->db, s->e, 0, "select count(*) from tasks where owner = ?1 and state = 'open' and due_on < date(?2 / 1000, 'unixepoch')", A(s->access->person), A(s->v->at_ms));
    step_put(s, "tasks", "Settle what is overdue", "Then nobody asks you for anything until the next thing is due.", s->access->person.size > 0 && open == 0, of_count(s, open, "overdue"), "/my", "My page", "");
}

struct str onboarding_id(struct arena *a, const struct access *x)
{
    struct str who = access_who(x);
    char *text = arena_strndup(a, who.data, who.size);
    for (char *p = text; *p; p++)
        if (*p == ':')
            *p = '-';
    return str_of(text);
}

struct json *view_onboarding(struct view *v, const struct access *x, struct err *e)
{
    struct err inner = {0};
    struct json *page = json_object(v->arena);
    bool is_lead = access_has_role(x, "administrator") || access_has_role(x, "compliance_lead"), is_auditor = access_has_role(x, "auditor");
    bool is_owner = access_has_role(x, "owner") || access_has_role(x, "consultant") || access_has_role(x, "viewer");
    struct steps s = {.v = v, .access = x, .list = json_put_array(page, "steps"), .e = &inner};
    if (is_lead)
        lead_steps(&s);
    else if (is_owner)
        owner_steps(&s);
    else if (is_auditor)
        auditor_steps(&s);
    else
        employee_steps(&s);
    json_put_cstr(page, "role", is_lead ? "lead" : is_owner ? "owner" : is_auditor ? "auditor" : "employee");
    int64_t total = (int64_t)s.list->count;
    json_put_int(page, "done", s.done);
    json_put_int(page, "total", total);
    json_put_bool(page, "is_done", s.done == total);
    const struct json *next = NULL;
    JSON_EACH (step, s.list)
        next = next || json_bool(step, "is_done") ? next : step;
    struct json *shown = json_put_object(page, "next");
    static const char *const copied[] = {"title", "why", "url", "command"};
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++)
        json_put_str(shown, copied[i], json_text(next, copied[i]));
    int64_t aside = db_one_int(v->db, &inner, 0, "select count(*) from onboarding_aside where id = ?1 and state = 'aside'", A(onboarding_id(v->arena, x)));
    json_put_bool(page, "is_aside", aside > 0);
    return inner.code ? (*e = inner, NULL) : page;
}
