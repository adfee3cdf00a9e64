/* pages.c - reporting a concern, coming back with the key, and what those who receive concerns do. */
#include "base/times.h"
#include "pages.h"
#include "report/view_concern.h"
#include "web/accounts/accounts.h"
#include "web/concerns/concerns.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { REPORTS_FREE = 5, KEYS_FREE = 10, WHOM_MAX = 500 };

/* Beside a form that was refused: what it said. */
static bool show_form(struct call *c, struct json *channel, int status, const char *problem, struct err *e)
{
    struct json *v = json_object(c->arena);
    json_put_cstr(v, "title", "Report a concern");
    json_put(v, "channel", channel);
    json_put_bool(v, "must_sign_in", str_is(json_text(channel, "open_to"), "signed_in") && !c->is_signed_in);
    json_put_bool(v, "may_sign", c->is_signed_in && c->access->person.size > 0);
    json_put_cstr(v, "problem", problem);
    json_put_str(v, "about", form_value(&c->form, "about"));
    json_put_str(v, "whom", form_value(&c->form, "whom"));
    json_put_str(v, "text", form_value(&c->form, "text"));
    bool is_first = c->request->method != HTTP_POST;
    json_put_bool(v, "is_anonymous", is_first || form_find(&c->form, "anonymous") != NULL);
    JSON_EACH (h, json_get(channel, "handlers")) {
        bool is_out = false;
        for (size_t i = 0; i < c->form.count; i++)
            is_out |= str_is(c->form.fields[i].name, "without") && str_equal(c->form.fields[i].value, json_text(h, "id"));
        json_put_bool((struct json *)(uintptr_t)h, "is_out", is_out);
    }
    return show_page(c, &page_kind_concern_form, v, status, e);
}

static struct json *channel_open(struct call *c, struct err *e)
{
    c->at_ms = 0; /* there is no past to report to */
    c->at = STR("");
    return call_view(c, e) ? concern_channel(&c->view, c->records, e) : NULL;
}

bool handle_concern_form(struct call *c, struct err *e)
{
    struct json *channel = channel_open(c, e);
    return channel && show_form(c, channel, 200, "", e);
}

/* ---- a new one ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(struct str text, size_t i)
{
    unsigned char c = i < text.size ? (unsigned char)text.data[i] : 0;
    return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* As a word or words of its own: Ann is not named by "planning". */
static bool names(struct str text, struct str name)
{
    for (size_t i = 0; name.size && i + name.size <= text.size; i++) {
        size_t k = 0;
        while (k < name.size && lower(text.data[i + k]) == lower(name.data[k]))
            k++;
        if (k == name.size && !(i > 0 && is_letter(text, i - 1)) && !is_letter(text, i + k))
            return true;
    }
    return false;
}

/* Those who receive it: not whom the reporter leaves out, nor whom it is about by name, nor the reporter. */
static struct json *receivers(struct call *c, const struct json *channel, struct str whom, bool is_signed)
{
    struct json *list = json_array(c->arena);
    JSON_EACH (h, json_get(channel, "handlers")) {
        struct str id = json_text(h, "id");
        bool is_out = names(whom, json_text(h, "name")) || (is_signed && str_equal(id, c->access->person));
        for (size_t i = 0; i < c->form.count; i++)
            is_out |= str_is(c->form.fields[i].name, "without") && str_equal(c->form.fields[i].value, id);
        if (!is_out)
            json_push_str(list, id);
    }
    return list;
}

static const char *form_problem(const struct json *channel, struct str about, struct str whom, struct str text)
{
    bool is_known = false;
    JSON_EACH (k, json_get(channel, "kinds"))
        is_known |= str_equal(json_text(k, "id"), about);
    return !is_known                     ? "Say what kind of concern it is."
           : text.size == 0              ? "Say what happened: what you saw, when, where."
           : text.size > CONCERN_TEXT_MAX ? "What happened: at most 20,000 bytes. Add the rest afterwards, with your key."
           : whom.size > WHOM_MAX        ? "Who or what it is about: at most 500 bytes."
                                         : NULL;
}

static struct str kind_label(const struct json *channel, struct str about)
{
    JSON_EACH (k, json_get(channel, "kinds"))
        if (str_equal(json_text(k, "id"), about))
            return json_text(k, "label");
    return about;
}

static struct json *entry_new(struct call *c, const struct json *channel, struct json *handlers, bool is_signed, const char *digest)
{
    struct str about = form_value(&c->form, "about"), whom = str_trim(form_value(&c->form, "whom"));
    struct json *entry = json_object(c->arena);
    int64_t day = call_today(c);
    struct json *set = json_put_object(entry, "set");
    json_put_cstr(entry, "kind", "new");
    json_put_str(entry, "day", day_text(c->arena, day));
    json_put_str(set, "title", kind_label(channel, about));
    json_put_str(set, "about", about);
    if (whom.size)
        json_put_str(set, "whom", whom);
    json_put_str(set, "text", str_trim(form_value(&c->form, "text")));
    json_put_bool(set, "anonymous", !is_signed);
    if (is_signed)
        json_put_str(set, "reporter", c->access->person);
    json_put_str(set, "received_on", day_text(c->arena, day));
    json_put_str(set, "lead", handlers->first->text);
    json_put(set, "handlers", handlers);
    json_put_str(set, "answer_due", day_text(c->arena, day + json_int(channel, "answer_days", 7)));
    json_put_str(set, "key_digest", arena_str(c->arena, str_of(digest)));
    return entry;
}

/* Into the box, or, where it has a name, at once into the ledger: by the program in both cases. */
static bool entry_take(struct call *c, struct json *entry, bool is_signed, struct err *e)
{
    struct record_change change;
    struct json *answer;
    if (!is_signed)
        return c->site->box ? box_add(c->site->box, c->arena, entry, e) : err_set(e, ERR_UNAVAILABLE, "what is reported cannot be kept at the moment; say it in person");
    *c->access = (struct access){.actor = STR("system:concern"), .is_system = true};
    return concern_change(&c->view, c->records, entry, &change, e) && records_submit_all(c, &change, 1, NULL, &answer, e);
}

static bool is_too_often(struct call *c, const char *what, int free_tries, struct err *e)
{
    struct str key = arena_printf(c->arena, "%s %s", what, c->request->peer);
    int64_t wait_ms = guess_wait_ms(c->site->guesses, key, free_tries, env_monotonic_ms(c->site->env));
    return wait_ms > 0 && !err_set(e, ERR_LIMIT, "too many from your network for now; try again in %lld minutes", (long long)(wait_ms / MS_MINUTE + 1));
}

static void count_one(struct call *c, const char *what, int free_tries)
{
    guess_was_wrong(c->site->guesses, arena_printf(c->arena, "%s %s", what, c->request->peer), free_tries, env_monotonic_ms(c->site->env));
}

bool handle_concern_report(struct call *c, struct err *e)
{
    struct json *channel = channel_open(c, e);
    if (!channel)
        return false;
    bool must_sign_in = str_is(json_text(channel, "open_to"), "signed_in") && !c->is_signed_in;
    if (!json_bool(channel, "is_open") || must_sign_in)
        return show_form(c, channel, 403, "", e);
    if (is_too_often(c, "concern", REPORTS_FREE, e))
        return show_form(c, channel, 429, e->text, e);
    struct str whom = str_trim(form_value(&c->form, "whom"));
    bool is_signed = form_find(&c->form, "anonymous") == NULL && c->is_signed_in && c->access->person.size > 0;
    const char *problem = form_problem(channel, form_value(&c->form, "about"), whom, str_trim(form_value(&c->form, "text")));
    struct json *handlers = receivers(c, channel, whom, is_signed);
    if (!problem && handlers->count == 0)
        problem = "Nobody would be left to receive it. Leave out fewer people, or turn to somebody outside.";
    if (problem)
        return show_form(c, channel, 422, problem, e);
    char key[CONCERN_KEY_SIZE], digest[65];
    concern_key_new(c->site->env, key);
    if (!concern_key_digest(str_of(key), digest) || !entry_take(c, entry_new(c, channel, handlers, is_signed, digest), is_signed, e))
        return false;
    count_one(c, "concern", REPORTS_FREE);
    struct json *v = json_object(c->arena);
    json_put_cstr(v, "title", "It is reported");
    json_put_str(v, "key", arena_str(c->arena, str_of(key)));
    json_put_bool(v, "is_anonymous", !is_signed);
    json_put(v, "channel", channel);
    json_put_str(v, "due", day_text(c->arena, call_today(c) + json_int(channel, "answer_days", 7)));
    return show_page(c, &page_kind_concern_key, v, 200, e);
}

/* ---- coming back ---- */

static bool show_follow(struct call *c, struct json *channel, struct str key, const char *digest, int status, const char *problem, const char *done, struct err *e)
{
    struct json *v = json_object(c->arena), *waiting = json_array(c->arena);
    struct err none = {0};
    struct record *r = digest ? concern_by_key(&c->view, c->records, str_of(digest), &none) : NULL;
    struct json *box = digest && c->site->box ? box_list(c->site->box, c->arena, &none) : NULL;
    bool is_waiting = false;
    JSON_EACH (entry, box) {
        bool is_new = str_is(json_text(entry, "kind"), "new");
        if (!str_is(is_new ? json_text(json_get(entry, "set"), "key_digest") : json_text(entry, "key"), digest))
            continue;
        is_waiting |= is_new;
        if (!is_new)
            json_push_str(waiting, json_text(entry, "text"));
    }
    bool is_found = r || is_waiting;
    if (digest && !is_found && !*problem) {
        count_one(c, "concern-key", KEYS_FREE);
        status = 404;
        problem = "There is no concern of this key.";
    }
    json_put_cstr(v, "title", "Follow a concern");
    json_put(v, "channel", channel);
    json_put_str(v, "key", is_found ? key : STR(""));
    json_put_cstr(v, "problem", problem);
    json_put_cstr(v, "done", done);
    json_put_bool(v, "is_found", is_found);
    json_put_bool(v, "is_waiting", is_waiting);
    json_put(v, "waiting", waiting);
    const struct record_state *s = r ? record_type_state(r->type, r->state) : NULL;
    json_put_cstr(v, "state", s ? s->label : "Waits until its day is over");
    json_put_str(v, "received_on", r ? json_text(r->values, "received_on") : STR(""));
    json_put_str(v, "due", r ? json_text(r->values, "answer_due") : STR(""));
    json_put_str(v, "answered_on", r ? json_text(r->values, "answered_on") : STR(""));
    json_put_str(v, "talk", r ? json_text(r->values, "talk") : STR(""));
    return show_page(c, &page_kind_concern_follow, v, status, e);
}

bool handle_concern_follow_form(struct call *c, struct err *e)
{
    struct json *channel = channel_open(c, e);
    return channel && show_follow(c, channel, STR(""), NULL, 200, "", "", e);
}

bool handle_concern_follow(struct call *c, struct err *e)
{
    struct json *channel = channel_open(c, e);
    struct str key = str_trim(form_value(&c->form, "key")), text = str_trim(form_value(&c->form, "text"));
    char digest[65];
    if (!channel)
        return false;
    if (is_too_often(c, "concern-key", KEYS_FREE, e) || (text.size && is_too_often(c, "concern", REPORTS_FREE, e)))
        return show_follow(c, channel, key, NULL, 429, e->text, "", e);
    if (!concern_key_digest(key, digest)) {
        count_one(c, "concern-key", KEYS_FREE);
        return show_follow(c, channel, key, NULL, 422, "A key has twenty letters and digits, in fives of four.", "", e);
    }
    if (text.size == 0)
        return show_follow(c, channel, key, digest, 200, "", "", e);
    if (text.size > CONCERN_ADD_MAX)
        return show_follow(c, channel, key, digest, 422, "At most 8,000 bytes at once.", "", e);
    struct record *r = concern_by_key(&c->view, c->records, str_of(digest), e);
    bool is_signed = r && !json_bool(r->values, "anonymous");
    struct json *entry = json_object(c->arena), *box = c->site->box ? box_list(c->site->box, c->arena, e) : NULL;
    bool is_known = r != NULL;
    JSON_EACH (waiting, box)
        is_known |= str_is(json_text(json_get(waiting, "set"), "key_digest"), digest);
    if (!is_known)
        return show_follow(c, channel, key, digest, 404, "", "", e);
    json_put_cstr(entry, "kind", "add");
    json_put_str(entry, "key", arena_str(c->arena, str_of(digest)));
    json_put_str(entry, "day", day_text(c->arena, call_today(c)));
    json_put_str(entry, "text", text);
    if (!entry_take(c, entry, is_signed, e))
        return false;
    count_one(c, "concern", REPORTS_FREE);
    return show_follow(c, channel, key, digest, 200, "", is_signed ? "It is added." : "It is added, and is handed over when the day is over.", e);
}

/* ---- those who receive them ---- */

static struct json *build_concerns(struct call *c, struct err *e)
{
    struct json *v = view_concerns(&c->view, c->records, e);
    if (v)
        records_put_done(c, v);
    return v;
}

static struct json *build_concern(struct call *c, struct err *e)
{
    struct json *v = view_concern(&c->view, c->records, c->parameters[0], e);
    if (v)
        records_put_done(c, v);
    return v;
}

bool handle_concern_say(struct call *c, struct err *e)
{
    struct str text = str_trim(form_value(&c->form, "text")), today = day_text(c->arena, call_today(c));
    const struct record_type *t = call_view(c, e) ? record_types_find(c->records->types, STR("concern")) : NULL;
    struct record *r = t ? record_get(c->view.db, c->arena, t, c->parameters[0], INT64_MAX, e) : NULL;
    if (!r)
        return false;
    if (!access_matches(c->access, &t->may_read, r))
        return err_set(e, ERR_NOT_FOUND, "concern %.*s: there is none", STR_ARGS(str_slice(c->parameters[0], 0, RECORD_ID_MAX)));
    if (text.size == 0 || text.size > CONCERN_ADD_MAX)
        return err_set(e, ERR_INVALID, "text: %s", text.size ? "at most 8,000 bytes at once" : "say something to the reporter");
    bool moves = str_is(r->state, "received") || str_is(r->state, "in_review");
    struct record_change change = {.type = STR("concern"), .id = r->id, .act = moves ? RECORD_MOVE : RECORD_CHANGE, .transition = moves ? STR("answer") : STR(""), .set = json_object(c->arena)};
    struct json *answer;
    if (!str_to_int64(form_value(&c->form, "version"), &change.version))
        return err_set(e, ERR_INVALID, "version: the form does not say which version it was made from; load the page again");
    json_put_str(change.set, "talk", concern_say(c->arena, json_text(r->values, "talk"), today, "those who receive it", text));
    if (!json_text(r->values, "answered_on").size)
        json_put_str(change.set, "answered_on", today);
    return records_submit_all(c, &change, 1, NULL, &answer, e) && call_redirect(c, arena_printf(c->arena, "/concerns/%.*s?done=changed", STR_ARGS(r->id)));
}

const struct page page_kind_concern_form = {.nav = "", .render = page_concern_form};
const struct page page_kind_concern_key = {.nav = "", .render = page_concern_key};
const struct page page_kind_concern_follow = {.nav = "", .render = page_concern_follow};
const struct page page_kind_concerns = {.nav = "people", .build = build_concerns, .render = page_concerns, .words = "The concerns that one receives"};
const struct page page_kind_concern = {.nav = "people", .build = build_concern, .render = page_concern, .words = "One concern, what was said and what to do next"};
