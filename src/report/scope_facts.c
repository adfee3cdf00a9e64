/* What the pages of the Scope room look at, read once; and what is still missing before the scope can carry a system description. */
#include "report/view_scope_internal.h"

const struct json *scope_content(struct view *v, struct err *e)
{
    return json_parse(v->arena, str_of(content_scope_json), JSON_LIMITS_DEFAULT, e);
}

struct str scope_text(const struct record *record, const char *field)
{
    struct str s = record ? json_text(record->values, field) : STR("");
    return s.data ? s : STR("");
}

const struct json *scope_list(const struct record *record, const char *field)
{
    const struct json *value = record ? json_get(record->values, field) : NULL;
    return value && value->type == JSON_ARRAY ? value : NULL;
}

bool scope_has(const struct record *record, const char *field)
{
    const struct json *value = record ? json_get(record->values, field) : NULL;
    return value && value->type != JSON_NULL && (value->type != JSON_STRING || value->text.size > 0) && (value->type != JSON_ARRAY || value->count > 0);
}

int scope_flag(const struct record *record, const char *field)
{
    const struct json *value = record ? json_get(record->values, field) : NULL;
    if (!value || value->type == JSON_NULL)
        return -1;
    return value->type == JSON_BOOL ? value->boolean : value->integer != 0;
}

struct str scope_choice_label(const struct record *record, const char *field)
{
    const struct record_field *f = record_type_field(record->type, str_of(field));
    struct str id = scope_text(record, field);
    const struct field_choice *choice = f && id.size ? record_choice(f, id) : NULL;
    return choice ? str_of(choice->label) : id;
}

struct json *scope_person(struct view *v, struct str id)
{
    struct json *o = json_object(v->arena);
    struct err ignored = {0};
    struct str name = id.size ? db_one_text(v->arena, v->db, &ignored, "select name from people_versions where id = ?1 and to_leaf is null", A(id)) : STR("");
    json_put_str(o, "id", id);
    json_put_str(o, "name", name.size ? name : id);
    return o;
}

/* What is said of its place; a subservice organisation is inside when it is examined with us. */
bool scope_is_in(const struct record *record)
{
    if (strcmp(record->type->id, "subservice") == 0)
        return str_is(scope_text(record, "method"), "inclusive");
    return scope_flag(record, "is_in") == 1;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool scope_name_equal(struct str a, struct str b)
{
    a = str_trim(a);
    b = str_trim(b);
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

struct json *scope_item(const struct scope_facts *f, const struct record *record)
{
    struct view *v = f->v;
    const struct record_type *t = record->type;
    bool is_vendor = strcmp(t->id, "subservice") == 0;
    struct json *o = json_object(v->arena);
    json_put_cstr(o, "type", t->id);
    json_put_cstr(o, "type_label", t->label);
    json_put_str(o, "id", record->id);
    json_put_str(o, "title", record_title(record));
    json_put_str(o, "url", record_url(v, t->id, record->id));
    json_put_int(o, "version", record->version);
    json_put_bool(o, "is_in", scope_is_in(record));
    json_put_str(o, "reason", scope_text(record, is_vendor ? "rationale" : "reason"));
    json_put_str(o, "kind", scope_text(record, "kind"));
    json_put_str(o, "kind_words", is_vendor ? STR("Vendor") : scope_has(record, "kind") ? scope_choice_label(record, "kind") : str_of(t->label));
    json_put(o, "owner", scope_person(v, scope_text(record, "owner")));
    json_put(o, "state", record_state_json(v, t, record->state));
    return o;
}

bool scope_may_create(const struct scope_facts *f, const char *type)
{
    const struct record_type *t = record_types_find(f->r->types, str_of(type));
    struct err why = {0};
    return t && !f->v->is_past && f->r->access && record_allows(f->r->access, t, NULL, RECORD_CREATE, NULL, &why);
}

bool scope_may_approve(struct view *v, const struct view_records *r, const struct record *record)
{
    const struct record_transition *move = record_type_transition(record->type, STR("approve"));
    struct err why = {0};
    const char *other = NULL;
    if (!move || v->is_past || !r->access)
        return false;
    struct access later = *r->access;
    later.has_stepped_up = true; /* the confirmation comes after the click */
    return record_allows(&later, record->type, record, RECORD_MOVE, move, &why) &&
           record_other_eyes(v->db, v->arena, &later, record, move, &other, &why) && !other;
}

void scope_put_approvable(const struct scope_facts *f, struct json *page, const struct scope_rows *rows)
{
    int64_t proposed = 0, approvable = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (!str_is(rows->items[i].state, "proposed"))
            continue;
        proposed++;
        approvable += scope_may_approve(f->v, f->r, &rows->items[i]);
    }
    json_put_int(page, "proposed", proposed);
    json_put_int(page, "approvable", approvable);
}

/* ---- reading ---- */

static bool read_open(struct scope_facts *f, const char *type, struct scope_rows *rows, struct err *e)
{
    if (!scope_rows_read(f->v, f->r, type, view_record_limit(f->v), false, rows, e))
        return false;
    if (!record_may_read_type(f->r, rows->type)) /* an organisation may have closed it to some */
        rows->count = 0;
    return true;
}

bool scope_facts_read(struct view *v, const struct view_records *r, struct scope_facts *ret, struct err *e)
{
    struct scope_facts *f = ret;
    struct scope_rows organisations, scopes;
    *f = (struct scope_facts){.v = v, .r = r};
    if (!read_open(f, "organisation", &organisations, e) || !read_open(f, "scope", &scopes, e) || !read_open(f, "service", &f->services, e) ||
        !read_open(f, "system", &f->systems, e) || !read_open(f, "boundary_item", &f->items, e) || !read_open(f, "category", &f->categories, e) ||
        !read_open(f, "commitment", &f->commitments, e) || !read_open(f, "subservice", &f->subservices, e) || !read_open(f, "responsibility", &f->team, e))
        return false;
    f->organisation = organisations.count ? &organisations.items[0] : NULL;
    f->scope = scopes.count ? &scopes.items[0] : NULL;
    for (size_t i = 0; i < content_category_count && i < SCOPE_CATEGORIES; i++) {
        f->is_category_in[i] = content_categories[i].is_mandatory;
        for (size_t k = 0; k < f->categories.count; k++)
            if (str_is(scope_text(&f->categories.items[k], "category"), content_categories[i].id))
                f->is_category_in[i] |= scope_is_in(&f->categories.items[k]);
    }
    return true;
}

/* ---- what is missing ---- */

struct checking {
    const struct scope_facts *f;
    struct json *list;
    int64_t missing;
};

static struct json *check_put(struct checking *x, const char *id, const char *label, bool is_fine, struct str words, const char *url, const char *button)
{
    struct json *o = json_push_object(x->list);
    json_put_cstr(o, "id", id);
    json_put_cstr(o, "label", label);
    json_put_cstr(o, "status", is_fine ? "pass" : "fail");
    json_put_cstr(o, "status_words", is_fine ? "There" : "Missing");
    json_put_str(o, "words", words);
    json_put_cstr(o, "url", url);
    json_put_cstr(o, "button", is_fine ? "" : button);
    x->missing += !is_fine;
    return o;
}

static int64_t count_in(const struct scope_rows *rows)
{
    int64_t n = 0;
    for (size_t i = 0; i < rows->count; i++)
        n += scope_is_in(&rows->items[i]);
    return n;
}

/* The words of the first that is not as it should be; empty: all are. */
static struct str first_without(struct view *v, const struct scope_rows *rows, const char *field, const char *words, bool only_in)
{
    int64_t n = 0;
    const struct record *first = NULL;
    for (size_t i = 0; i < rows->count; i++)
        if (!scope_has(&rows->items[i], field) && (!only_in || scope_is_in(&rows->items[i]))) {
            first = first ? first : &rows->items[i];
            n++;
        }
    if (!first)
        return STR("");
    struct str title = record_title(first);
    return n == 1 ? arena_printf(v->arena, "%.*s %s", STR_ARGS(title), words)
                  : arena_printf(v->arena, "%.*s and %lld more %s", STR_ARGS(title), (long long)(n - 1), words);
}

static void check_organisation(struct checking *x)
{
    struct view *v = x->f->v;
    const struct record *o = x->f->organisation;
    bool is_whole = scope_has(o, "name") && scope_has(o, "what") && scope_has(o, "archetype") && scope_has(o, "data_flows");
    check_put(x, "organisation", "Organisation", is_whole,
              is_whole ? record_title(o)
              : !o     ? STR("Who is examined, what it does and for whom: the description begins with this")
                       : STR("What it does, its kind and the flows of customers' data belong to the profile"),
              "/scope/profile", o ? "Complete the profile" : "Describe the organisation");
    int64_t services = count_in(&x->f->services);
    struct str systemless = first_without(v, &x->f->services, "systems", "names no system that it needs", true);
    check_put(x, "services", "Services (DC 1)", services > 0 && systemless.size == 0,
              !services ? STR("What customers buy, and what the report is about") : systemless.size ? systemless : arena_printf(v->arena, "%lld in scope", (long long)services),
              services ? "/records/service" : "/records/service/new?back=/scope", services ? "See the services" : "Add a service");
    bool is_dated = str_is(scope_text(o, "report_type"), "type2") ? scope_has(o, "window_from") && scope_has(o, "window_to") : scope_has(o, "as_of");
    check_put(x, "period", "Date or window", o && is_dated,
              is_dated && o ? scope_choice_label(o, "report_type") : STR("A Type 1 report speaks of one date, a Type 2 of a window with a beginning and an end"), "/scope/profile",
              "Set it in the profile");
}

static void check_components(struct checking *x)
{
    static const struct {
        const char *id, *words;
    } parts[] = {{"infrastructure", "infrastructure"}, {"software", "software"}, {"people", "people"}, {"procedure", "procedures"}, {"data", "data"}, {"location", "locations"}};
    struct view *v = x->f->v;
    struct buf BUF_AUTO b;
    buf_init(&b, 1024);
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
        bool is_said = false;
        for (size_t i = 0; i < x->f->items.count; i++)
            is_said |= str_is(scope_text(&x->f->items.items[i], "kind"), parts[k].id);
        if (!is_said)
            buf_printf(&b, "%s%s", b.size ? ", " : "Nothing is said about ", parts[k].words);
    }
    check_put(x, "boundary", "Boundary (DC 3)", b.size == 0,
              b.size ? arena_str(v->arena, buf_view(&b)) : arena_printf(v->arena, "%zu components, in and out", x->f->items.count), "/scope/boundary", "Draw the boundary");
    int64_t systems = count_in(&x->f->systems);
    struct str ownerless = first_without(v, &x->f->systems, "owner", "has no owner", true), classless = first_without(v, &x->f->systems, "data_class", "has no class of data", true);
    check_put(x, "systems", "Systems", systems > 0 && !ownerless.size && !classless.size,
              !systems ? STR("Applications, databases, hosts and tools that the services need") : ownerless.size ? ownerless : classless.size ? classless
                       : arena_printf(v->arena, "%lld in scope, each with an owner and a class of data", (long long)systems),
              systems ? "/records/system" : "/scope/boundary", systems ? "See the systems" : "Register systems");
}

static void check_reasons(struct checking *x, int64_t suggestions)
{
    struct view *v = x->f->v;
    const struct scope_rows *all[] = {&x->f->services, &x->f->systems, &x->f->items};
    int64_t n = 0;
    struct str name = STR(""), url = STR("/scope/boundary");
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < all[k]->count; i++)
            if (scope_flag(&all[k]->items[i], "is_in") == 0 && !scope_has(&all[k]->items[i], "reason")) {
                name = n++ ? name : record_title(&all[k]->items[i]);
                url = n == 1 ? record_url(v, all[k]->type->id, all[k]->items[i].id) : url;
            }
    struct str edit = n ? arena_printf(v->arena, "%.*s/edit?back=/scope", STR_ARGS(url)) : url;
    check_put(x, "reasons", "Reasons for what is out", n == 0,
              n ? arena_printf(v->arena, "%.*s%s is out without a reason", STR_ARGS(name), n > 1 ? " and more" : "") : STR("Whatever is out says why"), edit.data, "Give the reason");
    if (suggestions)
        check_put(x, "unregistered", "Seen, not registered", false,
                  arena_printf(v->arena, "%lld %s observed on the hosts, and nobody said whether %s in or out", (long long)suggestions, suggestions == 1 ? "thing was" : "things were",
                               suggestions == 1 ? "it is" : "they are"),
                  "/scope/boundary#suggested", "Look at them");
}

static void check_categories(struct checking *x)
{
    size_t decided = 0, approved = 0;
    for (size_t i = 0; i < x->f->categories.count; i++) {
        const struct record *c = &x->f->categories.items[i];
        decided += !str_starts(scope_text(c, "rationale"), "Not decided yet");
        approved += str_is(c->state, "approved");
    }
    bool is_decided = decided >= content_category_count, is_approved = approved >= content_category_count;
    check_put(x, "categories", "Categories", is_decided && is_approved,
              is_approved  ? STR("All five are decided, with the reason, and approved")
              : is_decided ? STR("All five are decided; somebody else has to approve them")
                           : STR("Which of the five the report covers, and why"),
              "/scope/categories", is_decided ? "Have them approved" : "Answer the questions");
}

static void check_promises(struct checking *x)
{
    struct view *v = x->f->v;
    struct buf BUF_AUTO b;
    buf_init(&b, 1024);
    for (size_t k = 0; k < content_category_count && k < SCOPE_CATEGORIES; k++) {
        bool is_promised = !x->f->is_category_in[k];
        for (size_t i = 0; i < x->f->commitments.count; i++)
            is_promised |= str_is(scope_text(&x->f->commitments.items[i], "category"), content_categories[k].id) && scope_flag(&x->f->commitments.items[i], "is_principal") == 1;
        if (!is_promised)
            buf_printf(&b, "%s%s", b.size ? ", " : "No principal commitment for ", content_categories[k].name);
    }
    struct str bare = first_without(v, &x->f->commitments, "controls", "is kept by no control", false);
    bool is_fine = b.size == 0 && bare.size == 0;
    check_put(x, "commitments", "Commitments (DC 2)", is_fine,
              b.size ? arena_str(v->arena, buf_view(&b)) : bare.size ? bare : arena_printf(v->arena, "%zu, each kept by controls", x->f->commitments.count), "/scope/commitments",
              "Write down what is promised");
    const struct record *o = x->f->organisation;
    int relies = scope_flag(o, "relies_on_others");
    struct str monitorless = first_without(v, &x->f->subservices, "monitoring", "is watched by no control", false);
    struct str assumed = STR("");
    for (size_t i = 0; i < x->f->subservices.count; i++)
        if (!scope_is_in(&x->f->subservices.items[i]) && !scope_has(&x->f->subservices.items[i], "controls_assumed"))
            assumed = arena_printf(v->arena, "%.*s is carved out, and nothing says which of its controls are assumed", STR_ARGS(record_title(&x->f->subservices.items[i])));
    bool is_none = relies == 0 && x->f->subservices.count == 0;
    bool is_whole = is_none || (x->f->subservices.count && !monitorless.size && !assumed.size);
    check_put(x, "subservices", "Subservice organisations (DC 7)", is_whole,
              is_none                  ? STR("None: the profile says that no other organisation's controls are relied on")
              : !x->f->subservices.count ? STR("Clouds, data centres and services whose controls you rely on; or say in the profile that there are none")
              : assumed.size           ? assumed
              : monitorless.size       ? monitorless
                                       : arena_printf(v->arena, "%zu, each with method and reason", x->f->subservices.count),
              "/scope/subservices", x->f->subservices.count ? "See them" : "Name them");
}

/* Every area of content/scope.yaml has exactly one who answers for it. */
static bool check_team(struct checking *x, struct err *e)
{
    struct view *v = x->f->v;
    const struct json *content = scope_content(v, e);
    int64_t open = 0;
    JSON_EACH (area, json_get(content, "areas")) {
        struct str who = STR("");
        bool is_one = false;
        for (size_t i = 0; i < x->f->team.count; i++) {
            const struct record *t = &x->f->team.items[i];
            if (!scope_name_equal(scope_text(t, "work"), json_text(area, "work")))
                continue;
            is_one = who.size == 0 || str_equal(who, scope_text(t, "accountable"));
            who = scope_text(t, "accountable");
        }
        open += !is_one;
    }
    bool is_led = scope_has(x->f->organisation, "sponsor") && scope_has(x->f->organisation, "lead");
    check_put(x, "team", "Team", content && open == 0 && is_led,
              open     ? arena_printf(v->arena, "%lld %s not exactly one person who answers for it", (long long)open, open == 1 ? "area has" : "areas have")
              : is_led ? STR("Every area has one who answers for it")
                       : STR("The profile names no executive sponsor, or no compliance lead"),
              open || is_led ? "/scope/team" : "/scope/profile", open ? "Assign the work" : "Name them");
    return content != NULL;
}

struct json *scope_checklist(const struct scope_facts *f, int64_t suggestions, int64_t *ret_missing, struct err *e)
{
    struct checking x = {.f = f, .list = json_array(f->v->arena)};
    check_organisation(&x);
    check_components(&x);
    check_reasons(&x, suggestions);
    check_categories(&x);
    check_promises(&x);
    if (!check_team(&x, e))
        return NULL;
    int64_t waiting = 0;
    for (size_t i = 0; i < f->items.count; i++)
        waiting += str_is(f->items.items[i].state, "proposed");
    for (size_t i = 0; i < f->subservices.count; i++)
        waiting += str_is(f->subservices.items[i].state, "proposed");
    if (f->items.count + f->subservices.count)
        check_put(&x, "approval", "Approval of the parts", waiting == 0,
                  waiting ? arena_printf(f->v->arena, "%lld of the boundary and the subservice organisations wait for a second person", (long long)waiting)
                          : STR("Boundary and subservice organisations are approved"),
                  "/scope/boundary", "Have them approved");
    *ret_missing = x.missing;
    return x.list;
}
