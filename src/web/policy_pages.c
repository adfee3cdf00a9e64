/* The Policies room: its pages, the editor, the steps of a version from draft to what is in force; the handbook, where people read and sign; receipts. */
#include "base/times.h"
#include "pages.h"
#include "report/view_policies.h"
#include "web/accounts/accounts.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { TEXT_BYTES_MAX = 100000, WHAT_BYTES_MAX = 4000, APPROVERS_MAX = 20 };

static void put_words(struct call *c, struct json *v)
{
    static const char *const known[][2] = {{"taken", "Taken over. Read its words, change what is otherwise here, and send it for approval."},
                                           {"saved", "The draft is saved."},
                                           {"sent", "Sent for approval: its text is frozen now, with its digest."},
                                           {"approved", "Approved."},
                                           {"voted", "Your approval is recorded; others have to approve as well."},
                                           {"published", "Published. Whoever has to sign it finds it on their own page."},
                                           {"moved", "Done."},
                                           {"signed", "Signed. The receipt stays with you."}};
    put_done(c, v, known, sizeof(known) / sizeof(known[0]));
}

static struct json *with_done(struct call *c, struct json *v)
{
    if (v)
        put_words(c, v);
    return v;
}

static struct json *build_policies(struct call *c, struct err *e)
{
    return view_policies(&c->view, c->records, &c->filter, e);
}

static struct json *build_policy(struct call *c, struct err *e)
{
    return with_done(c, view_policy(&c->view, c->records, c->parameters[0], e));
}

static struct json *build_version(struct call *c, struct err *e)
{
    int64_t number = 0;
    if (!str_to_int64(c->parameters[1], &number))
        number = -1;
    return view_policy_version(&c->view, c->records, c->parameters[0], number, e);
}

static struct json *build_narratives(struct call *c, struct err *e)
{
    return view_narratives(&c->view, c->records, e);
}

static struct json *build_narrative(struct call *c, struct err *e)
{
    struct str text;
    int64_t version = 0;
    if (!call_query(c, "version", &text, e))
        return NULL;
    if (text.size && !str_to_int64(text, &version))
        version = -1;
    return view_narrative(&c->view, c->records, c->parameters[0], version, e);
}

static struct json *build_diff(struct call *c, struct err *e)
{
    struct str from, to;
    int64_t numbers[2] = {0, 0};
    if (!call_query(c, "from", &from, e) || !call_query(c, "to", &to, e))
        return NULL;
    if ((from.size && !str_to_int64(from, &numbers[0])) || (to.size && !str_to_int64(to, &numbers[1]))) {
        err_set(e, ERR_INVALID, "from, to: numbers of versions");
        return NULL;
    }
    return view_policy_diff(&c->view, c->records, c->parameters[0], numbers[0], numbers[1], e);
}

static struct json *build_edit(struct call *c, struct err *e)
{
    struct json *v = view_policy_edit(&c->view, c->records, c->parameters[0], NULL, e);
    if (v)
        json_put_cstr(v, "problem", "");
    return v;
}

static struct json *build_matrix(struct call *c, struct err *e)
{
    return view_policy_matrix(&c->view, c->records, e);
}

static struct json *build_handbook(struct call *c, struct err *e)
{
    return view_handbook(&c->view, c->records, &c->filter, e);
}

static struct json *build_handbook_page(struct call *c, struct err *e)
{
    return with_done(c, view_handbook_page(&c->view, c->records, c->parameters[0], e));
}

static struct json *build_receipt(struct call *c, struct err *e)
{
    int64_t leaf;
    if (!str_to_int64(c->parameters[0], &leaf))
        leaf = -1;
    bool is_parameter = call_may(c, PERMISSION_READ) && leaf >= 0 && db_one_int(c->view.db, e, 0, "select count(*) from parameter_proposal where decided_leaf = ?1", A(leaf)) > 0;
    return e->code ? NULL : is_parameter ? view_parameter_receipt(&c->view, leaf, e) : view_receipt(&c->view, c->records, leaf, e);
}

/* ---- what the handlers share ---- */

static struct str policy_url(struct call *c, const char *done)
{
    return arena_printf(c->arena, "/policies/%.*s?done=%s", STR_ARGS(c->parameters[0]), done);
}

static bool changes_submit(struct call *c, const struct record_change *changes, size_t count, struct json **ret_answer, struct err *e)
{
    return records_submit_all(c, changes, count, NULL, ret_answer, e);
}

static bool was_vote(const struct json *answer)
{
    return str_is(json_text(json_at(json_get(answer, "records"), 0), "act"), "vote");
}

/* Texts of forms come with CR LF; what is signed has LF. */
static struct str lines_of(struct call *c, struct str text)
{
    struct buf BUF_AUTO b;
    buf_init(&b, TEXT_BYTES_MAX * 2);
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != '\r')
            buf_char(&b, text.data[i]);
    return arena_str(c->arena, buf_view(&b));
}

/* ---- taking over ---- */

bool handle_policy_take(struct call *c, struct err *e)
{
    const struct policy *library = content_policy(c->parameters[0]);
    struct record_change changes[POLICY_CHANGES_MAX];
    struct json *answer, *set = json_object(c->arena);
    int64_t approvals = 1;
    if (!library)
        return err_set(e, ERR_NOT_FOUND, "policy %.*s: the library has none of this name", STR_ARGS(str_slice(c->parameters[0], 0, 60)));
    if (!call_view(c, e))
        return false;
    struct str owner = form_value(&c->form, "owner"), typed = form_value(&c->form, "approvals"), audience = form_value(&c->form, "audience"), departments = str_trim(form_value(&c->form, "departments"));
    if (owner.size == 0)
        return err_set(e, ERR_INVALID, "owner: choose a person");
    if (typed.size && (!str_to_int64(str_trim(typed), &approvals) || approvals < 1 || approvals > 9))
        return err_set(e, ERR_INVALID, "approvals: from 1 to 9");
    if (str_is(audience, "departments") && departments.size == 0)
        return err_set(e, ERR_INVALID, "departments: name those that have to sign it");
    json_put_str(set, "owner", owner);
    json_put_int(set, "approvals", approvals);
    json_put_str(set, "audience", audience.size ? audience : str_of(library->audience));
    if (departments.size)
        json_put_str(set, "departments", departments);
    struct json *approvers = json_put_array(set, "approvers");
    for (size_t i = 0; i < c->form.count && approvers->count < APPROVERS_MAX; i++)
        if (str_is(c->form.fields[i].name, "approver") && c->form.fields[i].value.size)
            json_push_str(approvers, c->form.fields[i].value);
    size_t count = policy_take(&c->view, library, set, changes);
    if (c->access->person.size)
        json_put_str(changes[1].set, "author", c->access->person);
    return changes_submit(c, changes, count, &answer, e) && call_redirect(c, policy_url(c, "taken"));
}

/* ---- the editor ---- */

static const struct page page_editor = {.nav = "policies", .render = page_policy_edit};

static bool editor_show(struct call *c, const struct policy_typed *typed, const char *problem, int status, struct err *e)
{
    struct json *v = view_policy_edit(&c->view, c->records, c->parameters[0], typed, e);
    if (!v)
        return false;
    json_put_cstr(v, "problem", problem);
    return show_page(c, &page_editor, v, status, e);
}

static bool document_put(struct call *c, struct record_change *change, struct op_blob *blob, struct err *e)
{
    const struct form_field *file = form_find(&c->form, "document");
    const char *why = NULL;
    if (!file || !file->is_file || file->value.size == 0) {
        if (!str_is(form_value(&c->form, "keep_document"), "1"))
            json_put_null(change->set, "document");
        return true;
    }
    if (file->value.size > RECORD_FILE_BYTES)
        return err_set(e, ERR_TOO_LARGE, "document: over %d MiB", RECORD_FILE_BYTES >> 20);
    const char *media = upload_media(file->file_name, file->value, &why);
    if (!media)
        return err_set(e, ERR_INVALID, "document: %s", why);
    struct json *value;
    if (!record_seal_file(c->site->env, c->arena, file->file_name, media, file->value, blob, &value, e))
        return false;
    json_push(json_put_array(change->set, "document"), value);
    change->files = blob;
    change->file_count = 1;
    return true;
}

/* The policy is called as the first line of its text says. */
static struct str title_of(struct str text, struct str otherwise)
{
    struct str line;
    bool has_title = str_next_line(&text, &line) && str_starts(line, "# ");
    struct str title = has_title ? str_trim(str_slice(line, 2, line.size)) : STR("");
    return title.size && title.size <= 200 ? title : otherwise;
}

static bool draft_change(struct call *c, const struct policy_typed *t, const struct policy_book *b, const struct policy_entry *p, struct record_change *ret, struct op_blob *blob, struct err *e)
{
    bool is_draft = p->open && str_is(p->open->state, "draft");
    struct str id = form_value(&c->form, "version_id");
    *ret = (struct record_change){.type = STR("policy_version"), .act = is_draft ? RECORD_CHANGE : RECORD_CREATE, .set = json_object(c->arena)};
    if (is_draft != (id.size > 0) || (is_draft && !str_equal(id, p->open->id)))
        return err_set(e, ERR_CONFLICT, "somebody else began, sent or ended a draft meanwhile; your text stands below: load the policy's page in another window and look");
    if (is_draft && (!str_to_int64(form_value(&c->form, "version"), &ret->version) || ret->version != p->open->version))
        return err_set(e, ERR_CONFLICT, "somebody else changed the draft meanwhile; your text stands below: compare it with the draft before you save");
    ret->id = is_draft ? id : STR("");
    json_put_str(ret->set, "title", title_of(t->text, p->title));
    if (str_trim(t->text).size)
        json_put_str(ret->set, "text", t->text);
    else
        json_put_null(ret->set, "text");
    json_put_str(ret->set, "what_changed", t->what_changed);
    json_put_bool(ret->set, "is_material", t->is_material);
    if (t->not_before.size)
        json_put_str(ret->set, "not_before", t->not_before);
    else
        json_put_null(ret->set, "not_before");
    if (!is_draft) {
        json_put_str(ret->set, "policy", p->id);
        json_put_int(ret->set, "number", p->version_count ? b->versions[p->first].number + 1 : 1);
        if (c->access->person.size)
            json_put_str(ret->set, "author", c->access->person);
    }
    return document_put(c, ret, blob, e);
}

static bool draft_save(struct call *c, const struct policy_typed *t, struct str *ret_id, struct err *e)
{
    struct policy_book b;
    struct record_change change;
    struct op_blob blob;
    struct json *answer;
    if (!policy_book_read(&c->view, false, &b, e))
        return false;
    const struct policy_entry *p = policy_book_find(&b, c->parameters[0]);
    if (!p || !p->version)
        return err_set(e, ERR_NOT_FOUND, "policy %.*s: take it over first", STR_ARGS(str_slice(c->parameters[0], 0, 60)));
    if (!draft_change(c, t, &b, p, &change, &blob, e))
        return false;
    *ret_id = change.id;
    if (change.act == RECORD_CHANGE) {
        struct record *r = policy_version_read(&c->view, c->records, change.id, e);
        if (!r)
            return false;
        change.set = record_reduce(c->arena, r, change.set);
        if (change.set->count == 0)
            return true;
    }
    if (!changes_submit(c, &change, 1, &answer, e))
        return false;
    *ret_id = change.id.size ? change.id : records_answer_id(answer);
    return true;
}

bool handle_policy_edit(struct call *c, struct err *e)
{
    struct str go = form_value(&c->form, "go"), id = STR("");
    struct err why = {0};
    struct policy_typed t = {.text = lines_of(c, form_value(&c->form, "text")), .what_changed = lines_of(c, form_value(&c->form, "what_changed")), .not_before = form_value(&c->form, "not_before"),
                             .is_material = str_is(form_value(&c->form, "is_material"), "1"), .is_preview = str_is(go, "preview")};
    if (!call_view(c, e))
        return false;
    if (t.is_preview)
        return editor_show(c, &t, "", 200, e);
    if (!draft_save(c, &t, &id, &why))
        return why.code == ERR_NOT_FOUND || why.code == ERR_UNAVAILABLE ? (*e = why, false) : editor_show(c, &t, why.text, why.code == ERR_CONFLICT ? 409 : why.code == ERR_DENIED ? 403 : 422, e);
    if (!str_is(go, "submit"))
        return call_redirect(c, policy_url(c, "saved"));
    struct record_change change;
    struct json *answer;
    if (!view_open(&c->view, 0, e) || !policy_submit(&c->view, c->records, id, STR(""), &change, e))
        return false;
    return changes_submit(c, &change, 1, &answer, e) && call_redirect(c, policy_url(c, "sent"));
}

/* ---- steps ---- */

static bool step_changes(struct call *c, const struct record *r, const struct record_transition *move, struct record_change changes[POLICY_CHANGES_MAX], size_t *ret_count, struct err *e)
{
    struct str why = str_trim(form_value(&c->form, "why"));
    bool is_version = strcmp(r->type->id, "policy_version") == 0;
    *ret_count = 1;
    if (is_version && strcmp(move->id, "submit") == 0)
        return policy_submit(&c->view, c->records, r->id, why, &changes[0], e);
    if (is_version && strcmp(move->id, "publish") == 0)
        return (*ret_count = policy_publish(&c->view, c->records, r->id, call_today(c), changes, e)) > 0;
    if (!is_version && strcmp(move->id, "reviewed") == 0)
        return policy_reviewed(&c->view, c->records, r->id, why, call_today(c), &changes[0], e);
    if (is_version && strcmp(move->id, "approve") == 0 && !str_equal(policy_digest(&c->view, r), json_text(r->values, "digest")))
        return err_set(e, ERR_CONFLICT, "its text is not the one that was frozen with its digest; send it back");
    changes[0] = (struct record_change){.type = str_of(r->type->id), .id = r->id, .act = RECORD_MOVE, .version = r->version, .transition = str_of(move->id), .set = json_object(c->arena), .why = why};
    return true;
}

bool handle_policy_step(struct call *c, struct err *e)
{
    const char *type = str_is(form_value(&c->form, "target"), "policy") ? "policy" : "policy_version";
    struct record_change changes[POLICY_CHANGES_MAX];
    struct json *answer;
    int64_t version = 0;
    size_t count;
    if (!call_view(c, e))
        return false;
    const struct record_type *t = record_types_find(c->records->types, str_of(type));
    struct record *r = t ? record_get(c->view.db, c->arena, t, form_value(&c->form, "record"), INT64_MAX, e) : NULL;
    const struct record_transition *move = r ? record_type_transition(t, form_value(&c->form, "step")) : NULL;
    if (!r)
        return false;
    if (!access_matches(c->access, &t->may_read, r))
        return err_set(e, ERR_NOT_FOUND, "%.*s: there is none that you may read", STR_ARGS(r->id));
    if (!move)
        return err_set(e, ERR_INVALID, "step: there is no such step");
    if (!str_to_int64(form_value(&c->form, "version"), &version) || version != r->version)
        return err_set(e, ERR_CONFLICT, "it was changed since this page was shown; load it again and look");
    if (!step_changes(c, r, move, changes, &count, e))
        return false;
    if (move->needs_step_up && !records_step_up(c))
        return true;
    if (!changes_submit(c, changes, count, &answer, e))
        return false;
    bool is_version = strcmp(type, "policy_version") == 0;
    const char *done = was_vote(answer) ? "voted" : strcmp(move->id, "submit") == 0 ? "sent" : is_version && strcmp(move->id, "approve") == 0 ? "approved" : strcmp(move->id, "publish") == 0 ? "published" : "moved";
    return call_redirect(c, policy_url(c, done));
}

/* ---- everybody's ---- */

bool handle_handbook_sign(struct call *c, struct err *e)
{
    struct record_change change;
    struct json *answer;
    bool is_signed;
    struct str back = call_own_path(form_value(&c->form, "back"));
    if (!call_view(c, e) || !policy_sign(&c->view, c->records, c->access->person, form_text(c, "version_id"), form_text(c, "digest"), &change, &is_signed, e))
        return false;
    if (!is_signed && !changes_submit(c, &change, 1, &answer, e))
        return false;
    if (!route_is_api(c->route))
        return call_redirect(c, arena_printf(c->arena, "%.*s?done=signed", STR_ARGS(str_is(back, "/") ? arena_printf(c->arena, "/handbook/%.*s", STR_ARGS(c->parameters[0])) : back)));
    struct json *v = json_object(c->arena);
    json_put_bool(v, "is_new", !is_signed);
    json_put_str(v, "digest", json_text(change.set, "digest"));
    json_put_int(v, "leaf", is_signed ? -1 : json_int(answer, "leaf", -1));
    json_put_str(v, "id", is_signed ? STR("") : records_answer_id(answer));
    return call_json(c, v, e);
}

/* The document of a version: one that is or was in force is everybody's, others are for who may read. */
bool handle_handbook_document(struct call *c, struct err *e)
{
    if (!call_view(c, e))
        return false;
    struct record *r = policy_version_read(&c->view, c->records, c->parameters[1], e);
    const struct json *file = r ? json_at(json_get(r->values, "document"), 0) : NULL;
    bool is_public = r && (str_is(r->state, "in_force") || str_is(r->state, "superseded"));
    if (!r)
        return false;
    if (!file || !str_equal(json_text(r->values, "policy"), c->parameters[0]) || (!is_public && !access_matches(c->access, &r->type->may_read, r)))
        return err_set(e, ERR_NOT_FOUND, "document: there is none");
    struct str bytes, x = arena_str(c->arena, json_text(file, "x"));
    int64_t leaf = db_one_int(c->view.db, e, -1, "select min(leaf) from record_file where type = 'policy_version' and id = ?1 and x = ?2", A(r->id), A(x));
    if (e->code || leaf < 0 || !call_blob(c, (uint64_t)leaf, arena_str(c->arena, json_text(file, "c")).data, x.data, &bytes, e))
        return e->code ? false : err_set(e, ERR_NOT_FOUND, "document: its bytes are not there");
    call_bytes(c, arena_str(c->arena, json_text(file, "media")).data, bytes);
    c->response->is_sandboxed = true;
    c->response->disposition = arena_printf(c->arena, "attachment; filename=\"%.*s-version-%lld.%s\"", STR_ARGS(c->parameters[0]), (long long)json_int(r->values, "number", 0),
                                            str_is(json_text(file, "media"), "application/pdf") ? "pdf" : "docx");
    c->response->cache = "private, no-cache";
    return true;
}

/* ---- narratives ---- */

static struct str url_part(struct call *c, struct str text)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 16 << 10);
    for (size_t i = 0; i < text.size && b.size < 3000; i++) {
        unsigned char x = (unsigned char)text.data[i];
        bool is_plain = (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x >= '0' && x <= '9') || x == '-' || x == '.';
        if (is_plain)
            buf_char(&b, (char)x);
        else
            buf_printf(&b, "%%%02X", x);
    }
    return arena_str(c->arena, buf_view(&b));
}

/* The narrative of a control; where there is none the template of one: what the library knows of the control, in the form's fields, to be rewritten. */
bool handle_narrative_new(struct call *c, struct err *e)
{
    const struct control *k = content_control(c->parameters[0]);
    if (!call_view(c, e))
        return false;
    struct str there = view_narrative_of(&c->view, c->parameters[0], e);
    if (e->code || there.size)
        return e->code == ERR_NONE && call_redirect(c, arena_printf(c->arena, "/narratives/%.*s", STR_ARGS(there)));
    if (!k)
        return err_set(e, ERR_NOT_FOUND, "control %.*s: the library has none of this name", STR_ARGS(str_slice(c->parameters[0], 0, 40)));
    struct buf BUF_AUTO evidence;
    buf_init(&evidence, 8 << 10);
    for (size_t i = 0; i < k->evidence.count; i++)
        buf_printf(&evidence, "- %s\n", k->evidence.items[i]);
    struct str who = arena_printf(c->arena, "The %s. While away, …", k->owner_role), what = arena_printf(c->arena, "%s\n\n1. …\n2. …", k->statement);
    struct str when = arena_printf(c->arena, "%s. Set off by …, done by …", k->frequency);
    return call_redirect(c, arena_printf(c->arena, "/records/narrative/new?v.control=%s&v.title=%.*s&v.who=%.*s&v.what=%.*s&v.when=%.*s&v.evidence=%.*s&back=/controls/%s", k->id,
                                         STR_ARGS(url_part(c, str_of(k->title))), STR_ARGS(url_part(c, who)), STR_ARGS(url_part(c, what)), STR_ARGS(url_part(c, when)),
                                         STR_ARGS(url_part(c, buf_view(&evidence))), k->id));
}

/* ---- kinds of page ---- */

static const struct list_column policy_columns[] = {{"status", "State", "", true, "status_words"}, {"id", "Policy", "", true, NULL},       {"title", "Title", "grow", true, NULL},
                                                    {"owner", "Owner", "wide", false, "owner.name"}, {"number", "Version", "n wide", false, NULL}, {"signed", "Signed", "n", true, NULL},
                                                    {"review", "Review", "n wide", true, "review.on"}};
const struct page page_kind_policies = {.nav = "policies", .build = build_policies, .render = page_policies, .columns = policy_columns,
                                        .column_count = sizeof policy_columns / sizeof policy_columns[0], .words = "The policies with their versions and signatures"};
const struct page page_kind_policy = {.nav = "policies", .build = build_policy, .render = page_policy, .words = "One policy: in force, in work, signed"};
const struct page page_kind_narratives = {.nav = "policies", .build = build_narratives, .render = page_narratives, .words = "Which adopted control has its narrative"};
const struct page page_kind_narrative = {.nav = "policies", .build = build_narrative, .render = page_narrative, .words = "How a control really happens, with its approved versions"};
const struct page page_kind_policy_version = {.nav = "policies", .build = build_version, .render = page_policy_version, .words = "One version of a policy"};
const struct page page_kind_policy_diff = {.nav = "policies", .build = build_diff, .render = page_policy_diff, .words = "What differs between two versions"};
const struct page page_kind_policy_edit = {.nav = "policies", .build = build_edit, .render = page_policy_edit, .words = "The draft of a policy, and the rules that it does not keep"};
const struct page page_kind_policy_matrix = {.nav = "policies", .build = build_matrix, .render = page_policy_matrix, .words = "Which policy speaks to which criterion"};
const struct page page_kind_handbook = {.nav = "handbook", .build = build_handbook, .render = page_handbook, .words = "The policies in force, and what one has to sign"};
const struct page page_kind_handbook_page = {.nav = "handbook", .build = build_handbook_page, .render = page_handbook_page, .words = "A policy in force, to be read and signed"};
const struct page page_kind_receipt = {.nav = "", .build = build_receipt, .render = page_receipt, .words = "That somebody approved or signed something, with its proof"};
