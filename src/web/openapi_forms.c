/* openapi_forms.c - what the API's addresses take that are no records: the fields of each, for its description. The test of the API asks every one of
 * them with its examples, so each address that changes something has its lines here. */
#include "web/records.h"

struct field {
    const char *path, *name;
    const char *type; /* of JSON, or "texts": an array of texts, in a form the field several times; "file" */
    bool is_required;
    const char *example, *words;
};

/* An address without fields has one line without a name. */
#define SIGNED "By an auditor with a key of their own: all that `assay audit sign` wrote of the statement with which the same request without it is answered"
static const struct field fields[] = {
    {"/api/v1/tests/:id/run", NULL, NULL, false, NULL, NULL},
    {"/api/v1/risks/adopt", NULL, NULL, false, NULL, NULL},
    {"/api/v1/audit/:id/room/bundle", NULL, NULL, false, NULL, NULL},
    {"/api/v1/audit/:id/populations", "library", "string", true, "HR-01", "Which of the library's populations"},
    {"/api/v1/audit/:id/populations", "from", "string", false, NULL, "The first day; the engagement's window unless given"},
    {"/api/v1/audit/:id/populations", "to", "string", false, NULL, "The last day"},
    {"/api/v1/audit/:id/populations/:pop/freeze", "file", "file", false, NULL, "CSV, where it is an import"},
    {"/api/v1/audit/:id/populations/:pop/reconcile", "other", "string", true, "POP-0002", "The population of the other source"},
    {"/api/v1/audit/:id/populations/:pop/reconcile", "keys", "string", true, "id", "Columns that say which rows belong together: here=there, with commas between"},
    {"/api/v1/audit/:id/populations/:pop/reconcile", "values", "string", false, NULL, "Columns that have to be alike"},
    {"/api/v1/audit/:id/requests", "days", "string", false, "21", "Due so many days from today; nothing: by the milestones"},
    {"/api/v1/audit/:id/requests/import", "file", "file", true, NULL, "The firm's list: XLSX or CSV; or text/csv as the body. ?dry_run=1 only says what would happen"},
    {"/api/v1/audit/:id/requests/:request/submit", "answer", "string", false, "As of today there was none.", "In words"},
    {"/api/v1/audit/:id/requests/:request/submit", "evidence", "texts", false, NULL, "Ids of evidence; what is given already stays"},
    {"/api/v1/audit/:id/requests/:request/submit", "policy_versions", "texts", false, NULL, "Ids of versions of policies"},
    {"/api/v1/audit/:id/requests/:request/submit", "registers", "texts", false, NULL, "Types of records, given as CSV of what they hold now"},
    {"/api/v1/audit/:id/requests/:request/submit", "version", "integer", false, NULL, "Of the request; nothing: whatever it is"},
    {"/api/v1/audit/:id/requests/:request/accept", "version", "integer", false, NULL, "Of the request; nothing: whatever it is"},
    {"/api/v1/audit/:id/requests/:request/return", "why", "string", true, "The second quarter is missing.", "What has to come"},
    {"/api/v1/audit/:id/requests/:request/return", "version", "integer", false, NULL, "Of the request; nothing: whatever it is"},
    {"/api/v1/audit/:id/requests/:request/comments", "text", "string", true, "Until Friday, please.", "Stays as it is written"},
    {"/api/v1/audit/:id/requests/:request/files", "file", "file", true, NULL, "One or more"},
    {"/api/v1/parameters/:name", "value", "string", true, "14", "The new value, as the parameter's unit and limits ask for it"},
    {"/api/v1/parameters/:name", "why", "string", true, "Agreed with our insurer", "Stands in the history"},
    {"/api/v1/parameters/:name/decide", "proposal", "integer", true, "1", "The leaf that proposes it"},
    {"/api/v1/parameters/:name/decide", "act", "string", true, "refuse", "approve or refuse"},
    {"/api/v1/parameters/:name/decide", "why", "string", true, "Not yet", "Stands in the history"},
    {"/api/v1/notifications", "act", "string", true, "set", "set, remove or test"},
    {"/api/v1/notifications", "id", "string", true, "example", "mail, or a short name of a webhook"},
    {"/api/v1/notifications", "url", "string", false, "https://hooks.example.org/assay", "smtp:// or smtps:// for mail, https:// for a webhook"},
    {"/api/v1/notifications", "from", "string", false, NULL, "The sender of mail"},
    {"/api/v1/notifications", "user", "string", false, NULL, "The name at the mail server"},
    {"/api/v1/notifications", "base", "string", false, NULL, "With which links in messages begin"},
    {"/api/v1/notifications", "secret", "string", false, NULL, "Its password, or the key of the webhook's signature; kept sealed"},
    {"/api/v1/me/tokens", "label", "string", true, "Example", "What it is for"},
    {"/api/v1/me/tokens", "scope", "texts", true, "read", "Permissions, of those that the account has"},
    {"/api/v1/me/tokens", "days", "string", false, "30", "How long it lives"},
    {"/api/v1/me/tokens/revoke", "id", "string", true, "0000000000000000", "Which one"},
    {"/api/v1/users", "login", "string", true, "example@example.org", "The name to sign in with"},
    {"/api/v1/users", "name", "string", false, "Ann Example", "The full name"},
    {"/api/v1/users", "email", "string", false, NULL, "The mail address"},
    {"/api/v1/users", "person", "string", false, NULL, "The id of their record as a person"},
    {"/api/v1/users", "roles", "texts", true, "viewer", "Roles, by id"},
    {"/api/v1/users", "until", "string", false, NULL, "The last day; an auditor has one"},
    {"/api/v1/users/:id", "login", "string", true, "example@example.org", "The name to sign in with"},
    {"/api/v1/users/:id", "name", "string", false, "Ann Example", "The full name"},
    {"/api/v1/users/:id", "email", "string", false, NULL, "The mail address"},
    {"/api/v1/users/:id", "person", "string", false, NULL, "The id of their record as a person"},
    {"/api/v1/users/:id", "roles", "texts", true, "viewer", "Roles, by id"},
    {"/api/v1/users/:id", "until", "string", false, NULL, "The last day; an auditor has one"},
    {"/api/v1/users/:id", "state", "string", false, "active", "active or disabled"},
    {"/api/v1/sign-in-sources", "kind", "string", true, "ldap", "ldap, oidc, or site for the address of this program"},
    {"/api/v1/sign-in-sources", "id", "string", true, "example", "A short name; it stays"},
    {"/api/v1/sign-in-sources", "label", "string", false, "Company account", "Its name on the sign-in page"},
    {"/api/v1/sign-in-sources", "url", "string", false, "ldaps://ldap.example.org", "ldap: its address"},
    {"/api/v1/sign-in-sources", "base", "string", false, "ou=people,dc=example,dc=org", "ldap: where people are; site: the address"},
    {"/api/v1/sign-in-sources", "issuer", "string", false, NULL, "oidc: the issuer"},
    {"/api/v1/sign-in-sources", "client_id", "string", false, NULL, "oidc: the name under which the provider knows this program"},
    {"/api/v1/sign-in-sources", "secret", "string", false, NULL, "Its password or secret; kept sealed"},
    {"/api/v1/sign-in-sources", "roles", "string", false, NULL, "Lines of role: group"},
    {"/api/v1/sign-in-sources", "default_roles", "string", false, "employee", "Roles of everybody whom it lets in"},
    {"/api/v1/sign-in-sources/:id/remove", NULL, NULL, false, NULL, NULL},
    {"/api/v1/documents", "file", "file", true, NULL, "Up to 20; each becomes a document"},
    {"/api/v1/documents", "folder", "string", false, NULL, "The folder's id"},
    {"/api/v1/documents", "classification", "string", false, "internal", "public, internal, confidential or restricted"},
    {"/api/v1/documents", "owner", "string", false, NULL, "A person's id, where who asks is nobody's person"},
    {"/api/v1/documents/disposition", "document", "texts", true, "DOC-0001", "Ids of documents that are due"},
    {"/api/v1/documents/disposition", "name", "string", false, "Due this month", "What it is called"},
    {"/api/v1/documents/:id/share", "recipient", "string", true, "Example LLP", "For whom it is"},
    {"/api/v1/documents/:id/share", "expires_on", "string", true, "2031-01-31", "The last day on which it opens"},
    {"/api/v1/documents/:id/share", "allows", "string", false, "preview", "preview or download"},
    {"/api/v1/documents/:id/share", "edition", "string", false, NULL, "The number of a version; the newest unless given"},
    {"/api/v1/documents/:id/share", "email", "string", false, NULL, "Kept with the link"},
    {"/api/v1/handbook/:id/sign", "version_id", "string", true, "PV-0001", "The version that is signed"},
    {"/api/v1/handbook/:id/sign", "digest", "string", true, "0000000000000000000000000000000000000000000000000000000000000000", "SHA-256 of its text, as it was shown"},
    {"/api/v1/audit/:id/samples", "population", "string", true, "POP-0001", "Of which population"},
    {"/api/v1/audit/:id/samples", "commitment", "string", true, "0000000000000000000000000000000000000000000000000000000000000000", "SHA-256 of the secret number"},
    {"/api/v1/audit/:id/samples", "size", "integer", false, "25", "How many; as the profile says where the population is frozen"},
    {"/api/v1/audit/:id/samples", "profile", "string", false, "frequency_table", "frequency_table, ten_percent, attribute_90_10, attribute_95_5 or full"},
    {"/api/v1/audit/:id/samples", "method", "string", false, "random", "random, systematic or full"},
    {"/api/v1/audit/:id/samples", "strata", "string", false, NULL, "A column of the population, or the month of one: merged_on:month"},
    {"/api/v1/audit/:id/samples", "title", "string", false, NULL, "What it is called"},
    {"/api/v1/audit/:id/samples", "size_reason", "string", false, NULL, "Why so many"},
    {"/api/v1/audit/:id/samples", "signed", "string", false, NULL, SIGNED},
    {"/api/v1/audit/:id/samples/:one", "step", "string", true, "reveal", "reveal, replace, add or void"},
    {"/api/v1/audit/:id/samples/:one", "nonce", "string", false, NULL, "reveal: the secret number in hex"},
    {"/api/v1/audit/:id/samples/:one", "item", "integer", false, NULL, "replace: which row"},
    {"/api/v1/audit/:id/samples/:one", "items", "string", false, NULL, "add: which rows"},
    {"/api/v1/audit/:id/samples/:one", "why", "string", false, NULL, "The reason; not asked for to reveal"},
    {"/api/v1/audit/:id/samples/:one", "version", "integer", false, NULL, "The version that it is based on"},
    {"/api/v1/audit/:id/samples/:one", "signed", "string", false, NULL, "reveal: as for a sample that is made"},
    {"/api/v1/audit/:id/sheets", "control", "string", false, "CHG-02", "Of this control; of all in scope without a sheet unless given"},
    {"/api/v1/access/extracts", "file", "file", true, NULL, "CSV"},
    {"/api/v1/access/extracts", "system", "string", true, "SYS-0001", "Whose accounts these are"},
    {"/api/v1/access/extracts", "query", "string", true, "All users", "How they were asked for"},
    {"/api/v1/access/extracts", "complete", "string", true, "All of them", "Why the list is complete"},
    {"/api/v1/access/extracts", "taken_on", "string", false, NULL, "The day it was taken"},
    {"/api/v1/audit", "kind", "string", false, "type2", "type1 or type2; what is left out is proposed"},
    {"/api/v1/audit", "title", "string", false, "SOC 2 Type 2, 2026", "What it is called"},
    {"/api/v1/audit", "from", "string", false, "2026-01-01", "Type 2: the first day of the window"},
    {"/api/v1/audit", "to", "string", false, "2026-12-31", "Type 2: its last day"},
    {"/api/v1/audit", "as_of", "string", false, NULL, "Type 1: the day"},
    {"/api/v1/audit", "firm", "string", false, "Example LLP", "Who examines"},
    {"/api/v1/audit", "time_zone", "string", false, "UTC", "In which days begin and end"},
    {"/api/v1/audit", "short_reason", "string", false, NULL, "Why the window is under six months"},
    {"/api/v1/audit", "gap_reason", "string", false, "Example", "Why it does not begin the day after the last one, or shares days with another"},
    {"/api/v1/audit", "owner", "string", false, NULL, "The person who leads it"},
    {"/api/v1/audit", "follows", "string", false, NULL, "The engagement before"},
    {"/api/v1/audit", "report_on", "string", false, NULL, "When the report is expected"},
    {"/api/v1/audit", "evidence_until", "string", false, NULL, "Until when evidence of the window is taken"},
    {"/api/v1/audit/:id/begin", "why", "string", false, NULL, "Stands in the history"},
    {"/api/v1/audit/:id/intake", "file", "file", true, NULL, "The report, a PDF"},
    {"/api/v1/audit/:id/intake", "dated", "string", true, "2027-03-01", "The date of the report"},
    {"/api/v1/audit/:id/intake", "description", "string", true, "unqualified", "unqualified, qualified, adverse or disclaimer"},
    {"/api/v1/audit/:id/intake", "design", "string", true, "unqualified", "The same, on design"},
    {"/api/v1/audit/:id/intake", "operation", "string", false, "unqualified", "The same, on operation: Type 2"},
    {"/api/v1/audit/:id/intake", "words", "string", true, "In our opinion", "The opinion in its own words"},
    {"/api/v1/audit/:id/actions", "exception", "texts", true, "AEX-0001", "Exceptions that become gaps"},
    {"/api/v1/audit/:id/actions", "owner", "string", true, "P-0001", "Where the response names none"},
    {"/api/v1/audit/:id/actions", "due_on", "string", true, "2027-04-30", "Where the response names none"},
    {"/api/v1/evidence", "file", "file", false, NULL, "One or more"},
    {"/api/v1/evidence", "title", "string", true, "Review of access", "What it shows"},
    {"/api/v1/evidence", "period_from", "string", true, "2026-07-01", "The first day that it is about"},
    {"/api/v1/evidence", "period_to", "string", true, "2026-09-30", "The last one"},
    {"/api/v1/evidence", "controls", "string", false, "AC-06", "Ids, with commas"},
    {"/api/v1/evidence", "occurrence", "string", false, NULL, "The performance that it proves"},
    {"/api/v1/evidence", "link", "string", false, "https://example.org/review", "Where it lies elsewhere"},
    {"/api/v1/evidence", "source", "string", false, "Identity provider", "Where it comes from"},
};

static void put_type(struct json *o, const struct field *f)
{
    bool is_list = strcmp(f->type, "texts") == 0, is_file = strcmp(f->type, "file") == 0;
    json_put_cstr(o, "type", is_list || is_file ? "array" : f->type);
    if (is_list || is_file) {
        struct json *items = json_put_object(o, "items");
        json_put_cstr(items, "type", "string");
        if (is_file)
            json_put_cstr(items, "format", "binary");
    }
    json_put_cstr(o, "description", f->words);
    int64_t number = 0;
    if (f->example && is_list)
        json_push_str(json_put_array(o, "example"), str_of(f->example));
    else if (f->example && strcmp(f->type, "integer") == 0 && str_to_int64(str_of(f->example), &number))
        json_put_int(o, "example", number);
    else if (f->example)
        json_put_cstr(o, "example", f->example);
}

bool openapi_takes_file(const char *path)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (strcmp(fields[i].path, path) == 0 && fields[i].type && strcmp(fields[i].type, "file") == 0)
            return true;
    return false;
}

bool openapi_put_form(struct json *schema, const char *path)
{
    struct json *properties = NULL, *required = json_array(schema->arena);
    bool is_listed = false;
    json_put_cstr(schema, "type", "object");
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct field *f = &fields[i];
        if (strcmp(f->path, path) != 0)
            continue;
        is_listed = true;
        if (!f->name)
            continue;
        if (!properties)
            properties = json_put_object(schema, "properties");
        put_type(json_put_object(properties, f->name), f);
        if (f->is_required)
            json_push_str(required, str_of(f->name));
    }
    if (required->count)
        json_put(schema, "required", required);
    return is_listed;
}
