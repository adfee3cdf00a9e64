/* assay policy: the policies on a terminal: what is in force, what a text still lacks, what changed, drafts from files, signatures from elsewhere, receipts. */
#include "cli/open_view.h"
#include "cli/room_cli.h"
#include "content/policy_text.h"
#include "ledger/ledger.h"
#include "report/text_diff.h"
#include "report/view_policies.h"

#include <unistd.h>

enum { FILE_BYTES_MAX = 100000, LINES_AROUND = 2 };

static struct str argument(const struct cli_context *c, int i)
{
    return i < c->argument_count ? str_of(c->arguments[i]) : STR("");
}

static int submit(struct room_cli *p, const struct record_change *changes, size_t count, struct str said, struct err *e)
{
    struct cli_context *c = p->c;
    struct json *answer;
    if (!room_submit(p, changes, count, &answer, e))
        return cli_fail(e);
    return c->json ? cli_print_json(answer) : cli_print(arena_printf(c->arena, "%.*s (leaf %lld)\n", STR_ARGS(said), (long long)json_int(answer, "leaf", -1)));
}

/* ---- looking ---- */

static void list_print(struct buf *b, const struct json *page)
{
    JSON_EACH (r, json_get(page, "rows")) {
        put_shape(b, json_text(r, "status"), isatty(1));
        buf_char(b, ' ');
        put_padded(b, json_text(r, "id"), 8);
        put_padded(b, json_text(r, "title"), 50);
        buf_char(b, ' ');
        put_padded(b, json_text(r, "status_words"), 15);
        if (json_int(r, "number", 0))
            buf_printf(b, " version %lld", (long long)json_int(r, "number", 0));
        if (json_int(r, "needed", 0))
            buf_printf(b, ", signed by %lld of %lld", (long long)json_int(r, "signed", 0), (long long)json_int(r, "needed", 0));
        if (json_get(r, "review") && json_get(r, "review")->type == JSON_OBJECT)
            buf_printf(b, ", review %.*s", STR_ARGS(json_text(json_get(r, "review"), "on")));
        buf_char(b, '\n');
    }
}

static void matrix_print(struct buf *b, const struct json *page)
{
    JSON_EACH (r, json_get(page, "rows")) {
        const struct json *policy = json_get(page, "policies")->first;
        put_shape(b, json_text(r, "status"), isatty(1));
        buf_char(b, ' ');
        put_padded(b, json_text(r, "id"), 8);
        JSON_EACH (cell, json_get(r, "cells")) {
            if (cell->text.size)
                buf_printf(b, " %.*s%s", STR_ARGS(json_text(policy, "id")), str_is(cell->text, "live") ? "" : "*");
            policy = policy->next;
        }
        buf_char(b, '\n');
    }
    buf_printf(b, "* not in force. %lld of %lld criteria in scope have no policy in force.\n", (long long)json_int(page, "open", 0), (long long)json_int(page, "in_scope", 0));
}

static void policy_print(struct buf *b, const struct json *page)
{
    const struct json *live = json_get(page, "live"), *progress = json_get(page, "progress");
    bool is_live = live && live->type == JSON_OBJECT;
    buf_printf(b, "%.*s %.*s\n%.*s\n", STR_ARGS(json_text(page, "id")), STR_ARGS(json_text(page, "name")), STR_ARGS(json_text(page, "purpose")));
    if (is_live)
        buf_printf(b, "In force: version %lld, sha256:%.*s\n", (long long)json_int(live, "number", 0), STR_ARGS(json_text(live, "digest")));
    if (json_bool(progress, "is_asked"))
        buf_printf(b, "Signed by %lld of %lld\n", (long long)json_int(progress, "signed", 0), (long long)json_int(progress, "needed", 0));
    JSON_EACH (d, json_get(page, "drift"))
        buf_printf(b, "The text says %.*s, the parameter %.*s is now %.*s: publish a new version\n", STR_ARGS(json_text(d, "then")), STR_ARGS(json_text(d, "name")), STR_ARGS(json_text(d, "now")));
    JSON_EACH (x, json_get(page, "versions"))
        buf_printf(b, "  version %lld: %.*s\n", (long long)json_int(x, "number", 0), STR_ARGS(json_text(json_get(x, "state"), "label")));
    struct str text = is_live ? json_text(live, "text") : json_text(page, "draft_text");
    buf_printf(b, "\n%.*s\n", STR_ARGS(text));
}

static void version_print(struct buf *b, const struct json *page)
{
    const struct json *one = json_get(page, "one");
    buf_printf(b, "%.*s\n", STR_ARGS(json_text(one, "text")));
}

static void diff_print(struct buf *b, const struct json *page)
{
    JSON_EACH (line, json_path(page, "diff.lines")) {
        struct str kind = json_text(line, "kind");
        if (str_is(kind, "skipped")) {
            buf_printf(b, "  … %lld the same\n", (long long)json_int(line, "count", 0));
            continue;
        }
        buf_cstr(b, str_is(kind, "added") ? "+ " : str_is(kind, "removed") ? "- " : str_is(kind, "changed") ? "~ " : "  ");
        JSON_EACH (part, json_get(line, "parts")) {
            bool is_marked = str_is(kind, "changed") && !str_is(json_text(part, "kind"), "same");
            buf_printf(b, is_marked ? str_is(json_text(part, "kind"), "added") ? "{+%.*s+}" : "[-%.*s-]" : "%.*s", STR_ARGS(json_text(part, "text")));
        }
        buf_char(b, '\n');
    }
    if (json_bool(json_get(page, "diff"), "is_same"))
        buf_cstr(b, "They say the same.\n");
}

static void receipt_print(struct buf *b, const struct json *page)
{
    const struct json *policy = json_get(page, "policy"), *person = json_get(page, "person");
    buf_printf(b, "%.*s: %.*s %.*s\n", STR_ARGS(json_text(page, "step_label")), STR_ARGS(json_text(page, "id")), STR_ARGS(json_text(page, "name")));
    if (person && person->type == JSON_OBJECT)
        buf_printf(b, "person     %.*s (%.*s)\n", STR_ARGS(json_text(person, "name")), STR_ARGS(json_text(person, "id")));
    buf_printf(b, "by         %.*s, with %.*s\n", STR_ARGS(json_text(json_get(page, "by"), "name")), STR_ARGS(json_text(page, "factor_words")));
    if (policy && policy->type == JSON_OBJECT)
        buf_printf(b, "policy     %.*s %.*s, version %lld\n", STR_ARGS(json_text(policy, "id")), STR_ARGS(json_text(policy, "title")), (long long)json_int(policy, "number", 0));
    buf_printf(b, "digest     sha256:%.*s\nat         %.*s\nleaf       %lld of %.*s\n", STR_ARGS(json_text(page, "digest")), STR_ARGS(json_text(json_get(page, "at"), "text")),
               (long long)json_int(page, "leaf", -1), STR_ARGS(json_text(page, "origin")));
    buf_printf(b, "proof      assay prove %lld\n", (long long)json_int(page, "leaf", -1));
}

static int show_run(struct room_cli *p)
{
    struct err e = {0};
    int64_t number;
    const char *typed = cli_option(p->c, "version");
    if (!typed)
        return cli_show(p->c, view_policy(&p->view, &p->shown, argument(p->c, 1), &e), policy_print, &e);
    if (!str_to_int64(str_of(typed), &number))
        return cli_wrong_use(p->c, "--version takes a number");
    return cli_show(p->c, view_policy_version(&p->view, &p->shown, argument(p->c, 1), number, &e), version_print, &e);
}

static int diff_run(struct room_cli *p)
{
    struct err e = {0};
    int64_t from = 0, to = 0;
    if ((argument(p->c, 2).size && !str_to_int64(argument(p->c, 2), &from)) || (argument(p->c, 3).size && !str_to_int64(argument(p->c, 3), &to)))
        return cli_wrong_use(p->c, "diff takes a policy and the numbers of two versions");
    return cli_show(p->c, view_policy_diff(&p->view, &p->shown, argument(p->c, 1), from, to, &e), diff_print, &e);
}

static int receipt_run(struct room_cli *p)
{
    struct err e = {0};
    int64_t leaf;
    struct str id = argument(p->c, 1);
    if (!str_to_int64(id, &leaf)) {
        leaf = db_one_int(p->view.db, &e, -1, "select min(created_leaf) from acknowledgements_versions where id = ?1", A(id));
        if (leaf < 0 && !e.code)
            err_set(&e, ERR_NOT_FOUND, "%.*s: no signature of this name; a leaf's number is taken as well", STR_ARGS(str_slice(id, 0, 60)));
    }
    int fd = e.code ? -1 : data_dir_ledger(&p->records.data, &e);
    p->view.ledger = fd >= 0 ? ledger_reader_open(fd, &e) : NULL;
    int status = cli_show(p->c, e.code ? NULL : view_receipt(&p->view, &p->shown, leaf, &e), receipt_print, &e);
    ledger_reader_close(p->view.ledger);
    if (fd >= 0)
        close(fd);
    return status;
}

/* ---- the rules of texts ---- */

static int64_t lint_one(struct room_cli *p, struct json *list, struct str name, const struct policy_entry *entry, struct str text)
{
    struct json *o = json_push_object(list), *problems = policy_problems(&p->view, entry, text);
    json_put_str(o, "name", name);
    json_put_int(o, "words", (int64_t)policy_words(text));
    json_put(o, "problems", problems);
    return (int64_t)problems->count;
}

static int lint_run(struct room_cli *p)
{
    struct cli_context *c = p->c;
    struct err e = {0};
    struct policy_book b;
    struct json *list = json_array(c->arena);
    struct str what = argument(c, 1), text;
    int64_t problems = 0;
    if (!policy_book_read(&p->view, false, &b, &e))
        return cli_fail(&e);
    const struct policy_entry *named = what.size ? policy_book_find(&b, what) : NULL;
    if (what.size && !named) {
        if (!cli_file_read(c, c->arguments[1], FILE_BYTES_MAX, &text, &e))
            return cli_fail(&e);
        problems = lint_one(p, list, what, NULL, text);
    }
    for (size_t i = 0; i < b.count && (!what.size || named); i++) {
        const struct policy_entry *x = &b.entries[i];
        const struct policy_version *version = x->open ? x->open : x->live;
        if (named && x != named)
            continue;
        struct record *r = version ? policy_version_read(&p->view, &p->shown, version->id, &e) : NULL;
        if (e.code)
            return cli_fail(&e);
        text = r ? json_text(r->values, "text") : x->library ? str_of(x->library->text) : STR("");
        if (text.size)
            problems += lint_one(p, list, x->id, x, text);
    }
    if (c->json)
        return cli_print_json(list) ? 3 : problems > 0;
    struct buf BUF_AUTO out;
    buf_init(&out, 4 << 20);
    JSON_EACH (o, list)
        JSON_EACH (x, json_get(o, "problems"))
            buf_printf(&out, "%.*s:%lld: %.*s\n", STR_ARGS(json_text(o, "name")), (long long)json_int(x, "line", 1), STR_ARGS(json_text(x, "text")));
    if (problems == 0)
        buf_printf(&out, "%zu texts keep all rules\n", list->count);
    return cli_print(buf_view(&out)) ? 3 : problems > 0;
}

/* ---- writing ---- */

static int take_run(struct room_cli *p)
{
    struct err e = {0};
    const struct policy *library = content_policy(argument(p->c, 1));
    struct record_change changes[POLICY_CHANGES_MAX];
    struct json *set = json_object(p->c->arena);
    const char *owner = cli_option(p->c, "owner"), *audience = cli_option(p->c, "audience");
    if (!library) {
        err_set(&e, ERR_NOT_FOUND, "policy %.*s: the library has none of this name; one of your own: assay record add policy ID title=…", STR_ARGS(argument(p->c, 1)));
        return cli_fail(&e);
    }
    if (!owner)
        return cli_wrong_use(p->c, "take needs --owner PERSON");
    json_put_cstr(set, "owner", owner);
    json_put_cstr(set, "audience", audience ? audience : library->audience);
    size_t count = policy_take(&p->view, library, set, changes);
    return submit(p, changes, count, arena_printf(p->c->arena, "%s taken over, its words are the draft of version 1", library->id), &e);
}

static int write_run(struct room_cli *p)
{
    struct cli_context *c = p->c;
    struct err e = {0};
    struct policy_book b;
    struct str text;
    struct json *set = json_object(c->arena);
    const char *what = cli_option(c, "what");
    if (c->argument_count != 3)
        return cli_wrong_use(c, "write takes a policy and a file, or - for what comes in");
    if (!cli_file_read(c, c->arguments[2], FILE_BYTES_MAX, &text, &e) || !policy_book_read(&p->view, false, &b, &e))
        return cli_fail(&e);
    const struct policy_entry *x = policy_book_find(&b, argument(c, 1));
    bool is_draft = x && x->open && str_is(x->open->state, "draft");
    if (!x || !x->version)
        err_set(&e, ERR_NOT_FOUND, "policy %.*s: there is none, or nobody has taken it over (assay policy take)", STR_ARGS(argument(c, 1)));
    else if (x->open && !is_draft)
        err_set(&e, ERR_CONFLICT, "version %lld waits for approval: what was sent is decided on as it is", (long long)x->open->number);
    if (e.code)
        return cli_fail(&e);
    int64_t number = is_draft ? x->open->number : x->version_count ? b.versions[x->first].number + 1 : 1;
    struct record_change change = {.type = STR("policy_version"), .id = is_draft ? x->open->id : STR(""), .act = is_draft ? RECORD_CHANGE : RECORD_CREATE,
                                   .version = is_draft ? x->open->version : 0, .set = set};
    json_put_str(set, "text", text);
    json_put_bool(set, "is_material", !cli_flag(c, "minor"));
    if (what)
        json_put_cstr(set, "what_changed", what);
    if (!is_draft) {
        json_put_str(set, "policy", x->id);
        json_put_int(set, "number", number);
        json_put_str(set, "title", x->title);
    }
    return submit(p, &change, 1, arena_printf(c->arena, "%.*s: the draft of version %lld is written", STR_ARGS(x->id), (long long)number), &e);
}

static int step_run(struct room_cli *p, bool is_publish)
{
    struct err e = {0};
    struct policy_book b;
    struct record_change changes[POLICY_CHANGES_MAX];
    if (!policy_book_read(&p->view, false, &b, &e))
        return cli_fail(&e);
    const struct policy_entry *x = policy_book_find(&b, argument(p->c, 1));
    if (!x || !x->open) {
        err_set(&e, ERR_NOT_FOUND, "policy %.*s: no version of it is being made", STR_ARGS(argument(p->c, 1)));
        return cli_fail(&e);
    }
    size_t count = is_publish ? policy_publish(&p->view, &p->shown, x->open->id, view_today(&p->view), changes, &e) : policy_submit(&p->view, &p->shown, x->open->id, STR(""), &changes[0], &e);
    if (count == 0)
        return cli_fail(&e);
    return submit(p, changes, count, arena_printf(p->c->arena, "%.*s version %lld %s", STR_ARGS(x->id), (long long)x->open->number, is_publish ? "is in force" : "is frozen and sent for approval"), &e);
}

static int acknowledge_run(struct room_cli *p)
{
    struct err e = {0};
    struct policy_book b;
    struct record_change change;
    bool is_signed;
    const char *person = cli_option(p->c, "person"), *elsewhere = cli_option(p->c, "elsewhere");
    if (!person || !elsewhere)
        return cli_wrong_use(p->c, "acknowledge needs --person PERSON and --elsewhere WORDS: on which day and where it was signed");
    if (!policy_book_read(&p->view, false, &b, &e))
        return cli_fail(&e);
    const struct policy_entry *x = policy_book_find(&b, argument(p->c, 1));
    if (!x || !x->live) {
        err_set(&e, ERR_NOT_FOUND, "policy %.*s: no version of it is in force", STR_ARGS(argument(p->c, 1)));
        return cli_fail(&e);
    }
    if (!policy_sign(&p->view, &p->shown, str_of(person), x->live->id, x->live->digest, &change, &is_signed, &e))
        return cli_fail(&e);
    if (is_signed)
        return cli_print(STR("signed already\n"));
    json_put_cstr(change.set, "elsewhere", elsewhere);
    return submit(p, &change, 1, arena_printf(p->c->arena, "%s has signed %.*s version %lld", person, STR_ARGS(x->id), (long long)x->live->number), &e);
}

static const struct {
    const char *verb;
    int arguments_min;
    bool writes;
} verbs[] = {{"list", 0, false},  {"show", 1, false},   {"diff", 1, false},    {"lint", 0, false},        {"matrix", 0, false}, {"receipt", 1, false},
             {"take", 1, true},   {"write", 2, true},   {"submit", 1, true},   {"publish", 1, true},      {"acknowledge", 1, true}};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static int verb_run(struct room_cli *p, const char *verb)
{
    struct err e = {0};
    struct view_filter everything = {.per_page = 1000};
    if (strcmp(verb, "list") == 0)
        return cli_show(p->c, view_policies(&p->view, &p->shown, &everything, &e), list_print, &e);
    if (strcmp(verb, "matrix") == 0)
        return cli_show(p->c, view_policy_matrix(&p->view, &p->shown, &e), matrix_print, &e);
    if (strcmp(verb, "submit") == 0 || strcmp(verb, "publish") == 0)
        return step_run(p, verb[0] == 'p');
    return strcmp(verb, "show") == 0      ? show_run(p)
           : strcmp(verb, "diff") == 0    ? diff_run(p)
           : strcmp(verb, "lint") == 0    ? lint_run(p)
           : strcmp(verb, "receipt") == 0 ? receipt_run(p)
           : strcmp(verb, "take") == 0    ? take_run(p)
           : strcmp(verb, "write") == 0   ? write_run(p)
                                          : acknowledge_run(p);
}

static int run(struct cli_context *c)
{
    struct room_cli p;
    struct err e = {0};
    const char *verb = c->argument_count > 0 ? c->arguments[0] : "list";
    size_t i = 0;
    while (i < VERBS && strcmp(verbs[i].verb, verb) != 0)
        i++;
    if (i == VERBS)
        return cli_wrong_use(c, "'%s' is none of list, show, diff, lint, matrix, receipt, take, write, submit, publish, acknowledge", verb);
    if (verbs[i].arguments_min > 0 && c->argument_count - 1 < verbs[i].arguments_min)
        return cli_wrong_use(c, "%s needs to know of which", verb);
    if (!room_open(c, verbs[i].writes, &p, &e))
        return cli_fail(&e);
    int status = verb_run(&p, verb);
    room_close(&p);
    return status;
}

static const struct cli_option options[] = {
    {"at", 0, "TIME", "list, show, diff, matrix: as it was known at TIME"},
    {"version", 0, "N", "show: the text of version N"},
    {"owner", 0, "PERSON", "take: who owns it"},
    {"audience", 0, "WHO", "take: who signs it (all, employees, contractors, board, none)"},
    {"what", 0, "TEXT", "write: what changed"},
    {"minor", 0, NULL, "write: earlier signatures go on to count"},
    {"person", 0, "PERSON", "acknowledge: who signed"},
    {"elsewhere", 0, "TEXT", "acknowledge: on which day and where the signature lies"},
    {0},
};

const struct cli_command cli_command_policy = {
    .name = "policy",
    .summary = "policies: texts, versions and what differs, rules of texts, approvals and signatures with receipts",
    .usage = "[list] | show ID | diff ID [FROM [TO]] | lint [ID|FILE] | matrix | receipt LEAF|ACK | take ID | write ID FILE | submit ID | publish ID | acknowledge ID",
    .example = "assay policy diff POL-08 1 2",
    .options = options,
    .details = "list         state, version, signatures and review of each\n"
               "show         what is in force, or --version N\n"
               "diff         what changed between two versions, by words\n"
               "lint         the rules that texts break, with their lines; exit status 1 when there are some\n"
               "matrix       which policy speaks to which criterion\n"
               "receipt      of a signature (ACK-0001) or of any approval (the number of its leaf)\n"
               "take         takes a policy of the library over, its words as the first draft\n"
               "write        makes a file the draft of the next version; submit freezes it and sends it; publish puts what is approved in force\n"
               "acknowledge  enters what a person signed elsewhere\n"
               "People approve and sign on the pages Policies and Handbook, where they are asked who they are.",
    .arguments_max = 4,
    .has_json = true,
    .run = run,
};
